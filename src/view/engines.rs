//! The GPUs, the memory controller, and the engines in the groups that people think of. Engines that the
//! source does not have are not there; of those it has, what was not read is a dash.

use super::page::{Item, Page};
use super::paint::Tone;
use super::text::{clock, engine_short};
use super::unit::{limits, mhz, on_off, or_dash, percent, word, yes_no};
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
/// From here on, engines are shown with their state.
const LONG: u16 = 38;
const NOTHING: &str = "no engine is read: debugfs belongs to root (jscopectl sources)";

/// Draws the page.
pub fn draw(page: &mut Page, s: &Snapshot) {
    gpus(page, s);
    emc(page, s);
    let mut items = Vec::new();
    for (number, (group, _)) in GROUPS.iter().enumerate() {
        for engine in s.engines.iter() {
            if !is_gpu(engine) && engine.name != "EMC" && group_of(&engine.name) == number {
                let value = if page.width >= LONG { long(engine) } else { short(engine) };
                let tone = if engine.is_off() { Tone::Off } else { Tone::Plain };
                items.push(Item { group, name: engine.name.clone(), value, tone });
            }
        }
    }
    if !page.is_empty() {
        page.heading("Engines");
    }
    match items.is_empty() {
        true => page.note(NOTHING),
        false => page.grid(&items),
    }
}

fn is_gpu(engine: &Engine) -> bool {
    engine.name.starts_with("GR3D")
}

/// The GPUs of the kernel; those of tegrastats where the kernel tells none.
fn gpus(page: &mut Page, s: &Snapshot) {
    for gpu in s.gpus.iter() {
        page.heading(&["GPU ", &gpu.name].concat());
        let read = s.engine("GR3D").filter(|_| s.gpus.len() == 1);
        let load = gpu.load_pm.or_else(|| read?.load_pm);
        load_and_clock(page, load, gpu.freq_khz.or_else(|| clock(read?)));
        state(page, gpu);
        clusters(page, read);
    }
    for engine in s.engines.iter().filter(|engine| is_gpu(engine)) {
        if engine.name != "GR3D" || s.gpus.is_empty() {
            page.heading(if engine.name == "GR3D" { "GPU" } else { &engine.name });
            load_and_clock(page, engine.load_pm, clock(engine));
            clusters(page, Some(engine));
        }
    }
}

fn load_and_clock(page: &mut Page, load: Option<u32>, khz: Option<u32>) {
    let value = format!("{:>5} {:>9}", or_dash(load.map(percent)), or_dash(khz.map(mhz)));
    page.meter("load", load, &value);
}

/// What holds for a GPU; switches that the chip does not have are left out.
fn state(page: &mut Page, gpu: &Gpu) {
    page.fact("limits", Some(limits(gpu.min_khz, gpu.max_khz)));
    page.fact("hardware up to", gpu.hardware_max_khz.filter(|khz| Some(*khz) != gpu.max_khz).map(mhz));
    page.fact("governor", Some(or_dash(word(&gpu.governor))));
    page.fact("railgate", gpu.railgate.map(on_off));
    page.fact("3D scaling", gpu.scaling_3d.map(on_off));
    page.fact("runtime power", word(&gpu.power_control));
    for (name, mask) in [("TPC off", gpu.tpc_pg_mask), ("FBP off", gpu.fbp_pg_mask)] {
        let mask = mask.filter(|&mask| mask != 0);
        page.fact(name, mask.map(|mask| format!("{} (mask {mask:#x})", mask.count_ones())));
    }
    page.end();
}

/// The clock of each graphics cluster, or of all, when the source lists them.
fn clusters(page: &mut Page, engine: Option<&Engine>) {
    let clocks = engine.map_or(&[][..], |engine| &engine.freqs_khz);
    for (number, khz) in clocks.iter().enumerate() {
        let number = if clocks.len() > 1 { number.to_string() } else { String::new() };
        page.fact(&["GPC", &number].concat(), Some(mhz(*khz)));
    }
    page.end();
}

fn emc(page: &mut Page, s: &Snapshot) {
    let engine = s.engine("EMC").filter(|engine| engine.is_reading());
    if engine.is_none() && s.emc == Emc::default() {
        return;
    }
    page.heading("EMC");
    load_and_clock(page, engine.and_then(|engine| engine.load_pm), engine.and_then(|engine| engine.freq_khz));
    let known = s.emc.min_khz.or(s.emc.max_khz);
    page.fact("limits", known.map(|_| limits(s.emc.min_khz, s.emc.max_khz)));
    page.fact("cap", s.emc.cap_khz.map(mhz));
    page.fact("locked", s.emc.locked.map(yes_no));
}

/// The number of an engine's group: a name with digits or an underscore behind it.
fn group_of(name: &str) -> usize {
    let is = |start: &&str| {
        let rest = name.strip_prefix(*start);
        start.is_empty() || rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphabetic()))
    };
    GROUPS.iter().position(|(_, starts)| starts.iter().any(is)).unwrap_or(GROUPS.len() - 1)
}

/// State, load and clock.
fn long(engine: &Engine) -> String {
    let clock = clock(engine);
    let load = match engine.loads_pm.as_slice() {
        // Two units of one engine, as PVA has.
        [one, other] if one != other => {
            [&(one.saturating_add(5) / 10).to_string(), ", ", &percent(*other)].concat()
        }
        _ => or_dash(engine.load_pm.map(percent)),
    };
    if engine.is_off() {
        return format!("{:<18}", "off");
    }
    if let (None, None, Some(raw)) = (clock, engine.load_pm, engine.raw) {
        return format!("{:<9} {raw:>8}", "-");
    }
    let on = clock.is_some() || engine.load_pm.is_some_and(|load| load > 0);
    format!("{:<3} {load:>5} {:>8}", if on { "on" } else { "-" }, or_dash(clock.map(mhz)))
}

/// The same with the least room.
fn short(engine: &Engine) -> String {
    match (engine.load_pm, clock(engine)) {
        (Some(load), Some(khz)) => [&percent(load), " ", &mhz(khz)].concat(),
        (Some(load), None) if !engine.is_off() => percent(load),
        (None, None) => or_dash(engine.raw),
        _ => engine_short(engine),
    }
}

#[cfg(test)]
mod tests {
    use super::super::page::test::{all, shown};
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
            assert_eq!(all(&|page| draw(page, &s), 80), [wide], "{name} {load:?} {khz:?}");
            assert_eq!(all(&|page| draw(page, &s), 20), [narrow], "{name} {load:?} {khz:?}");
        }
    }

    #[test]
    fn ok_parts_and_bare_numbers() {
        let mut s = one("PVA0", Some(110), Some(512_000));
        s.engines.iter_mut().for_each(|engine| engine.loads_pm.extend([30, 110]));
        assert_eq!(all(&|page| draw(page, &s), 80), ["Vision   PVA0 on  3, 11 %  512 MHz"]);
        let mut s = one("NVCSI_ERR", None, None);
        s.engines.iter_mut().for_each(|engine| engine.raw = Some(3));
        assert_eq!(all(&|page| draw(page, &s), 80), ["Camera   NVCSI_ERR -                3"]);
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
        assert_eq!(all(&|page| draw(page, &s), 53), wanted);
    }

    #[test]
    fn ok_without_anything() {
        assert_eq!(all(&|page| draw(page, &Snapshot::default()), 80), [NOTHING]);
        // What a user gets: a load of 0 that says nothing, and no clock.
        assert_eq!(all(&|page| draw(page, &one("EMC", Some(0), None)), 80), [NOTHING]);
        let text = all(&|page| draw(page, &one("EMC", None, None)), 20);
        assert_eq!(text.get(..2), Some(&["EMC".to_owned(), "load     -         -".to_owned()][..]));
        let mut s = Snapshot::default();
        s.gpus.entry("gpu-gpc-0");
        s.gpus.entry("gpu-nvd-0").tpc_pg_mask = Some(u32::MAX);
        let text = all(&|page| draw(page, &s), 60).join("\n");
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
            let text = all(&|page| draw(page, &s), width).join("\n");
            let missing = (0..40).find(|n| !text.contains(&format!("{} MHz", 1000 + n)));
            assert_eq!(missing, None, "{width}:\n{text}");
        }
        s.engines.entry(&"long".repeat(40)).freq_khz = Some(7000);
        let text = shown(&|page| draw(page, &s), 0, (30, 41)).0;
        assert_eq!(text.last().map(String::as_str), Some("longlonglonglon          7 MHz"));
    }
}
