//! The GPUs, the memory controller, and the engines in the groups that people think of. Engines that the
//! source does not have are not there; of those it has, what was not read is a dash.

use ratatui::style::Style;

use super::flow::{Grid, facts, meter, note};
use super::line::{Cell, Line, plain};
use super::paint::Paint;
use super::text::engine_short;
use super::unit::{limits, mhz, or_dash, percent};
use crate::snapshot::{Emc, Engine, Gpu, Snapshot};

/// What the help says of the page.
pub const HELP: &[&str] = &[
    "Engines are on while they have a clock; only some tell a",
    "load. TPC and FBP are parts of the GPU that are switched",
    "off. Most clocks are in debugfs, which only root may read;",
    "jscopectl sources says what is closed to you. EMC is the",
    "memory controller, its cap the limit of the power mode.",
];

/// The groups with the beginnings of their engines' names; what is in none of them comes last.
const GROUPS: [(&str, &[&str]); 12] = [
    ("Encoders", &["NVENC", "MSENC"]),
    ("Decoders", &["NVDEC", "VDE"]),
    ("JPEG", &["NVJPG"]),
    ("VIC", &["VIC"]),
    ("OFA", &["OFA"]),
    ("DLA", &["NVDLA", "DLA"]),
    ("Vision", &["PVA", "CVNAS"]),
    ("Audio", &["APE", "AVP"]),
    ("Security", &["SE", "TSEC"]),
    ("Camera", &["ISP", "NVCSI", "VI"]),
    ("Buses", &["AXI", "MC", "PCIE", "NVLINK"]),
    ("Others", &[""]),
];
/// Room for the name of a group, and the width from which there is some.
const LABEL: u16 = 9;
const LABELLED: u16 = 38;
const NOTHING: &str = "no engine is read: debugfs belongs to root (jscopectl sources)";

/// The page.
pub fn lines(paint: Paint, snapshot: &Snapshot, width: u16) -> Vec<Line> {
    let mut lines = Vec::new();
    gpus(paint, snapshot, width, &mut lines);
    emc(paint, snapshot, width, &mut lines);
    let mine = |engine: &&Engine| !engine.name.starts_with("GR3D") && engine.name != "EMC";
    let engines: Vec<&Engine> = snapshot.engines.iter().filter(mine).collect();
    if !lines.is_empty() {
        lines.push(Line::heading("Engines"));
    }
    match engines.is_empty() {
        true => lines.extend(note(NOTHING, width)),
        false => groups(paint, &engines, width, &mut lines),
    }
    lines
}

/// The GPUs of the kernel; those of tegrastats where the kernel tells none.
fn gpus(paint: Paint, s: &Snapshot, width: u16, lines: &mut Vec<Line>) {
    for gpu in s.gpus.iter() {
        lines.push(Line::heading(&["GPU ", &gpu.name].concat()));
        let read = s.engine("GR3D").filter(|_| s.gpus.len() == 1);
        let load = gpu.load_pm.or_else(|| read?.load_pm);
        lines.push(load_and_clock(paint, load, gpu.freq_khz.or_else(|| clock(read?)), width));
        lines.extend(facts(paint, &state(gpu), width));
        lines.extend(read.into_iter().flat_map(|engine| clusters(paint, engine, width)));
    }
    let known =
        |engine: &&Engine| engine.name.starts_with("GR3D") && (engine.name != "GR3D" || s.gpus.is_empty());
    for engine in s.engines.iter().filter(known) {
        let name = if engine.name == "GR3D" { "GPU" } else { &engine.name };
        lines.push(Line::heading(name));
        lines.push(load_and_clock(paint, engine.load_pm, clock(engine), width));
        lines.extend(clusters(paint, engine, width));
    }
}

fn load_and_clock(paint: Paint, load: Option<u32>, khz: Option<u32>, width: u16) -> Line {
    let value = format!("{:>5} {:>9}", or_dash(load.map(percent)), or_dash(khz.map(mhz)));
    meter(paint, "load", load, &value, width)
}

/// What holds for a GPU; switches that the chip does not have are left out.
fn state(gpu: &Gpu) -> Vec<(&'static str, Cell)> {
    let word = |on: bool| plain(if on { "on" } else { "off" });
    let governor = Some(gpu.governor.as_str()).filter(|governor| !governor.is_empty());
    let mut facts = vec![("limits", plain(limits(gpu.min_khz, gpu.max_khz)))];
    if let Some(khz) = gpu.hardware_max_khz.filter(|khz| Some(*khz) != gpu.max_khz) {
        facts.push(("hardware up to", plain(mhz(khz))));
    }
    facts.push(("governor", plain(or_dash(governor))));
    facts.extend(gpu.railgate.map(|on| ("railgate", word(on))));
    facts.extend(gpu.scaling_3d.map(|on| ("3D scaling", word(on))));
    if !gpu.power_control.is_empty() {
        facts.push(("runtime power", plain(gpu.power_control.as_str())));
    }
    for (name, mask) in [("TPC off", gpu.tpc_pg_mask), ("FBP off", gpu.fbp_pg_mask)] {
        if let Some(mask) = mask.filter(|&mask| mask != 0) {
            facts.push((name, plain(format!("{} (mask {mask:#x})", mask.count_ones()))));
        }
    }
    facts
}

/// The clock of each graphics cluster, when the source lists them.
fn clusters(paint: Paint, engine: &Engine, width: u16) -> Vec<Line> {
    let part = |(number, khz): (u32, &u32)| (format!("GPC{number}"), plain(mhz(*khz)));
    let parts: Vec<(String, Cell)> = (0..).zip(&engine.freqs_khz).map(part).collect();
    Grid::of(&parts, width).lines(paint, &parts)
}

fn emc(paint: Paint, s: &Snapshot, width: u16, lines: &mut Vec<Line>) {
    let engine = s.engine("EMC").filter(|engine| engine.is_reading());
    if engine.is_none() && s.emc == Emc::default() {
        return;
    }
    lines.push(Line::heading("EMC"));
    let clock = engine.and_then(|engine| engine.freq_khz);
    lines.push(load_and_clock(paint, engine.and_then(|engine| engine.load_pm), clock, width));
    let mut known = Vec::new();
    if s.emc.min_khz.or(s.emc.max_khz).is_some() {
        known.push(("limits", plain(limits(s.emc.min_khz, s.emc.max_khz))));
    }
    known.extend(s.emc.cap_khz.map(|khz| ("cap", plain(mhz(khz)))));
    known.extend(s.emc.locked.map(|locked| ("locked", plain(if locked { "yes" } else { "no" }))));
    lines.extend(facts(paint, &known, width));
}

/// The number of an engine's group: a name with digits or an underscore behind it.
fn group_of(name: &str) -> usize {
    let is = |start: &&str| {
        let rest = name.strip_prefix(*start);
        start.is_empty() || rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphabetic()))
    };
    GROUPS.iter().position(|(_, starts)| starts.iter().any(is)).unwrap_or(GROUPS.len() - 1)
}

/// A line for each group, or more where its engines do not fit on one.
fn groups(paint: Paint, engines: &[&Engine], width: u16, lines: &mut Vec<Line>) {
    let labelled = width >= LABELLED;
    let item = |engine: &&Engine| {
        let style = if engine.is_off() { paint.off() } else { Style::new() };
        (engine.name.clone(), (if labelled { long(engine) } else { short(engine) }, style))
    };
    let all: Vec<(String, Cell)> = engines.iter().map(item).collect();
    let mut grid = Grid::of(&all, width);
    if labelled {
        grid.x = LABEL;
    }
    // A name gives way to the value.
    grid.name =
        grid.name.min(width.saturating_sub(grid.x).saturating_sub(grid.value).saturating_sub(1)).min(24);
    for (number, (label, _)) in GROUPS.iter().enumerate() {
        let of_group = engines.iter().filter(|engine| group_of(&engine.name) == number);
        let items: Vec<(String, Cell)> = of_group.map(item).collect();
        let mut rows = grid.lines(paint, &items).into_iter();
        if let Some(first) = rows.next() {
            lines.push(if labelled { first.text(0, LABEL, *label, paint.name()) } else { first });
        }
        lines.extend(rows);
    }
}

/// The clock; that of what a user gets on R35 (`99%@0`) is none.
fn clock(engine: &Engine) -> Option<u32> {
    engine.freq_khz.filter(|&khz| khz > 0)
}

/// State, load and clock.
fn long(engine: &Engine) -> String {
    let clock = clock(engine);
    let load = match engine.loads_pm.as_slice() {
        // Two units of one engine, as PVA has.
        [one, other] if one != other => [percent(*one).trim_end_matches(" %"), &percent(*other)].join(", "),
        _ => or_dash(engine.load_pm.map(percent)),
    };
    match (engine.is_off(), clock, engine.load_pm, engine.raw) {
        (true, ..) => format!("{:<18}", "off"),
        (_, None, None, Some(raw)) => format!("{:<9} {raw:>8}", "-"),
        _ => {
            let on = clock.is_some() || engine.load_pm.is_some_and(|load| load > 0);
            format!("{:<3} {load:>5} {:>8}", if on { "on" } else { "-" }, or_dash(clock.map(mhz)))
        }
    }
}

/// The same with the least room.
fn short(engine: &Engine) -> String {
    let clock = clock(engine);
    match (engine.load_pm, clock) {
        (Some(load), Some(khz)) => [percent(load), mhz(khz)].join(" "),
        (None, None) => or_dash(engine.raw),
        _ => engine_short(engine).trim_end_matches(" -").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::line::test::{PLAIN, all, shown};
    use super::*;

    /// A snapshot with one engine.
    fn one(name: &str, load_pm: Option<u32>, freq_khz: Option<u32>) -> Snapshot {
        let mut s = Snapshot::default();
        let engine = s.engines.entry(name);
        (engine.load_pm, engine.freq_khz) = (load_pm, freq_khz);
        s
    }

    #[test]
    fn ok_groups_by_name() {
        for (name, wanted) in [
            ("NVENC", "Encoders"),
            ("NVENC1", "Encoders"),
            ("MSENC", "Encoders"),
            ("NVDEC0", "Decoders"),
            ("NVJPG1", "JPEG"),
            ("NVDLA0", "DLA"),
            ("DLA1", "DLA"),
            ("PVA0_AXI", "Vision"),
            ("SE", "Security"),
            ("SENSOR", "Others"),
            ("VIC", "VIC"),
            ("VI", "Camera"),
            ("NVCSI_ERR", "Camera"),
            ("MC", "Buses"),
            ("MCP", "Others"),
            ("NVLINK0", "Buses"),
            ("", "Others"),
            ("\u{6e29}", "Others"),
        ] {
            assert_eq!(GROUPS[group_of(name)].0, wanted, "{name:?}");
        }
    }

    #[test]
    fn ok_states_of_engines() {
        for (name, load, khz, wide, narrow) in [
            ("VIC", Some(590), Some(704_000), "VIC      VIC on   59 %  704 MHz", "VIC 59 % 704 MHz"),
            ("VIC", Some(0), None, "VIC      VIC off", "VIC off"),
            ("VIC", Some(0), Some(115_200), "VIC      VIC on    0 %  115 MHz", "VIC 0 % 115 MHz"),
            ("VIC", None, Some(115_200), "VIC      VIC on      -  115 MHz", "VIC 115 MHz"),
            // No clock is known; a share of nothing would be off.
            ("VIC", Some(990), Some(0), "VIC      VIC on   99 %        -", "VIC 99 %"),
            ("VIC", None, None, "VIC      VIC -       -        -", "VIC -"),
            ("OFA", None, Some(u32::MAX), "OFA      OFA on      - 4294967 MHz", "OFA 4294967 MHz"),
        ] {
            let s = one(name, load, khz);
            assert_eq!(all(&lines(PLAIN, &s, 80), 80), [wide], "{name} {load:?} {khz:?}");
            assert_eq!(all(&lines(PLAIN, &s, 20), 20), [narrow], "{name} {load:?} {khz:?}");
        }
    }

    #[test]
    fn ok_parts_and_bare_numbers() {
        let mut s = one("PVA0", Some(110), Some(512_000));
        s.engines.iter_mut().for_each(|engine| engine.loads_pm.extend([30, 110]));
        assert_eq!(all(&lines(PLAIN, &s, 80), 80), ["Vision   PVA0 on  3, 11 %  512 MHz"]);
        let mut s = one("NVCSI_ERR", None, None);
        s.engines.iter_mut().for_each(|engine| engine.raw = Some(3));
        assert_eq!(all(&lines(PLAIN, &s, 80), 80), ["Camera   NVCSI_ERR -                3"]);
        let mut s = one("GR3D", Some(450), Some(1_575_000));
        s.engines.iter_mut().for_each(|engine| engine.freqs_khz.extend([1_575_000, 1_410_000]));
        let wanted = [
            "GPU",
            "load [##############                ]  45 %  1575 MHz",
            "GPC0 1575 MHz   GPC1 1410 MHz",
            "Engines",
            "no engine is read: debugfs belongs to root (jscopectl",
            "sources)",
        ];
        assert_eq!(all(&lines(PLAIN, &s, 53), 53), wanted);
    }

    #[test]
    fn ok_without_anything() {
        assert_eq!(all(&lines(PLAIN, &Snapshot::default(), 80), 80), [NOTHING]);
        // What a user gets: a load of 0 that says nothing, and no clock.
        assert_eq!(all(&lines(PLAIN, &one("EMC", Some(0), None), 80), 80), [NOTHING]);
        let text = all(&lines(PLAIN, &one("EMC", None, None), 20), 20);
        assert_eq!(text.get(..2), Some(&["EMC".to_owned(), "load     -         -".to_owned()][..]));
        let mut s = Snapshot::default();
        s.gpus.entry("gpu-gpc-0");
        s.gpus.entry("gpu-nvd-0").tpc_pg_mask = Some(u32::MAX);
        let text = all(&lines(PLAIN, &s, 60), 60).join("\n");
        for wanted in ["limits - to - MHz   governor -\n", "TPC off 32 (mask 0xffffffff)", "GPU gpu-nvd-0"] {
            assert!(text.contains(wanted), "no {wanted} in\n{text}");
        }
    }

    #[test]
    fn ok_forty_engines() {
        let mut s = Snapshot::default();
        for number in 0..40 {
            let engine = s.engines.entry(&format!("ENGINE_{number}"));
            (engine.load_pm, engine.freq_khz) = (Some(1000), Some(1_000_000 + number * 1000));
        }
        for width in [20, 38, 40, 80, 200] {
            let text = all(&lines(PLAIN, &s, width), width).join("\n");
            let missing = (0..40).find(|n| !text.contains(&format!("{} MHz", 1000 + n)));
            assert_eq!(missing, None, "{width}:\n{text}");
        }
        s.engines.entry(&"long".repeat(40)).freq_khz = Some(7000);
        let (text, _) = shown(&lines(PLAIN, &s, 30), 0, (30, 41));
        assert_eq!(text.last().map(String::as_str), Some("longlonglonglon          7 MHz"));
    }
}
