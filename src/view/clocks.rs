//! The clocks and who chooses them: clusters, GPU and memory with their limits, each core, and what
//! jetson_clocks would change.

use std::fmt::Write;

use ratatui::style::Style;

use super::flow::{Grid, facts, note, records};
use super::line::{Cell, Column, Line, plain};
use super::paint::{Level, Paint};
use super::unit::{limits, mhz, or_dash};
use crate::snapshot::{Cluster, Core, Emc, Gpu, Pinned, Snapshot};

/// What the help says of the page.
pub const HELP: &[&str] = &[
    "min and max are the limits in force, hardware those of the",
    "chip where they differ: the power mode or a user lowered",
    "them. The cap is the power mode's, for the memory.",
    "jetson_clocks holds clocks at their upper limit: it raises",
    "the lower limit to it, and locks the memory's clock.",
];

const COLUMNS: [Column; 7] = [
    Column::left("clock", 20),
    Column::left("cores", 12),
    Column::right("now", 12),
    Column::right("min", 12),
    Column::right("max", 12),
    Column::left("governor", 20),
    Column::left("hardware", 24),
];

/// The page.
pub fn lines(paint: Paint, snapshot: &Snapshot, width: u16) -> Vec<Line> {
    let rows = rows(snapshot);
    if rows.is_empty() && snapshot.cpus.is_empty() {
        return note("no clock is read (jscopectl sources)", width);
    }
    let mut lines = Vec::new();
    if !rows.is_empty() {
        lines.extend(records(paint, &COLUMNS, &rows, width));
        lines.extend(facts(paint, &others(snapshot), width));
    }
    if !snapshot.cpus.is_empty() {
        lines.push(Line::heading("Cores"));
        let cell = |core: &Core| match clock(core) {
            Some(text) => plain(text),
            None => ("off".to_owned(), paint.off()),
        };
        let cores = (0..).zip(&snapshot.cpus).map(|(n, core): (u32, &Core)| (n.to_string(), cell(core)));
        let cores: Vec<(String, Cell)> = cores.collect();
        lines.extend(Grid::of(&cores, width).lines(paint, &cores));
    }
    lines.push(Line::heading("jetson_clocks"));
    held(paint, snapshot, width, &mut lines);
    lines
}

/// Clusters, GPUs, and the memory.
fn rows(s: &Snapshot) -> Vec<Vec<Cell>> {
    let clusters = s.clusters.iter().map(|cluster| of_cluster(s, cluster));
    let gpus = s.gpus.iter().map(|gpu| {
        let hardware = gpu.hardware_max_khz.filter(|khz| Some(*khz) != gpu.max_khz);
        let hardware = hardware.map_or(String::new(), |khz| ["up to ", &mhz(khz)].concat());
        let clock =
            [or_dash(gpu.freq_khz.map(mhz)), or_dash(gpu.min_khz.map(mhz)), or_dash(gpu.max_khz.map(mhz))];
        row(gpu_name(s, gpu), String::new(), clock, known(&gpu.governor), hardware)
    });
    let mut rows: Vec<Vec<Cell>> = clusters.chain(gpus).collect();
    let now = s.engine("EMC").and_then(|engine| engine.freq_khz);
    if now.is_some() || s.emc.min_khz.or(s.emc.max_khz).is_some() {
        let clock = [now, s.emc.min_khz, s.emc.max_khz].map(|khz| or_dash(khz.map(mhz)));
        rows.push(row("EMC", String::new(), clock, String::new(), String::new()));
    }
    rows
}

fn row(
    name: &str,
    cores: String,
    [now, min, max]: [String; 3],
    governor: String,
    hardware: String,
) -> Vec<Cell> {
    [name.to_owned(), cores, now, min, max, governor, hardware].into_iter().map(plain).collect()
}

fn of_cluster(s: &Snapshot, cluster: &Cluster) -> Vec<Cell> {
    let own = (cluster.min_khz, cluster.max_khz);
    let hardware = (cluster.hardware_min_khz, cluster.hardware_max_khz);
    let differs = hardware != (None, None) && hardware != own;
    let now = match cluster.freq_khz {
        None if !is_on(s, cluster) => "off".to_owned(),
        khz => or_dash(khz.map(mhz)),
    };
    let clock = [now, or_dash(cluster.min_khz.map(mhz)), or_dash(cluster.max_khz.map(mhz))];
    let hardware = if differs { limits(hardware.0, hardware.1) } else { String::new() };
    row(&cluster.name, ranges(&cluster.cores), clock, known(&cluster.governor), hardware)
}

fn known(governor: &str) -> String {
    or_dash(Some(governor).filter(|governor| !governor.is_empty()))
}

/// Whether a core of it may be on.
fn is_on(s: &Snapshot, cluster: &Cluster) -> bool {
    let core = |number: &u16| s.cpus.get(usize::from(*number));
    cluster.cores.iter().any(|number| core(number).is_none_or(|core| core.online != Some(false)))
}

/// One GPU is the GPU; of several, each has its name.
fn gpu_name<'a>(s: &Snapshot, gpu: &'a Gpu) -> &'a str {
    if s.gpus.len() == 1 { "GPU" } else { &gpu.name }
}

/// What there is of other limits.
fn others(s: &Snapshot) -> Vec<(&'static str, Cell)> {
    let mut facts = Vec::new();
    facts.extend(s.emc.cap_khz.map(|khz| ("EMC cap", plain(mhz(khz)))));
    facts.extend(s.emc.locked.map(|locked| ("EMC locked", plain(if locked { "yes" } else { "no" }))));
    facts.extend(s.edp_limit_mhz.map(|limit| ("EDP limit", plain(format!("{limit} MHz")))));
    if !s.power_mode.name.is_empty() {
        facts.push(("power mode", plain(s.power_mode.name.as_str())));
    }
    facts
}

/// The clock of a core, unless it is off.
fn clock(core: &Core) -> Option<String> {
    let on = core.online == Some(true) || core.unread || core.load_pm.is_some();
    (on || core.freq_khz.is_some()).then(|| or_dash(core.freq_khz.map(mhz)))
}

/// Numbers as the kernel lists them: `0-3,6`.
fn ranges(numbers: &[u16]) -> String {
    let mut text = String::new();
    for run in numbers.chunk_by(|a, b| a.checked_add(1) == Some(*b)) {
        let comma = if text.is_empty() { "" } else { "," };
        let _ = match run {
            [first, .., last] => write!(text, "{comma}{first}-{last}"),
            [one] => write!(text, "{comma}{one}"),
            [] => Ok(()),
        };
    }
    if text.is_empty() { "-".to_owned() } else { text }
}

/// Whether clocks are held, and what would become of those that are not.
fn held(paint: Paint, s: &Snapshot, width: u16, lines: &mut Vec<Line>) {
    let (word, text) = match s.pinned {
        None => ("-", "nothing tells whether clocks are held"),
        Some(Pinned::On) => ("on", "all clocks are held at their upper limits"),
        Some(Pinned::Off) => ("off", "no clock is held; it would raise lower limits to the upper ones:"),
        Some(Pinned::Partial) => ("partial", "some clocks are not held; it would raise their lower limits:"),
    };
    let level = if s.pinned == Some(Pinned::Partial) { Level::High } else { Level::Calm };
    let style = if s.pinned.is_some() { paint.level(level) } else { Style::new() };
    lines.extend(facts(paint, &[("state", (word.to_owned(), style))], width));
    lines.extend(note(text, width));
    if let Some(Pinned::Off | Pinned::Partial) = s.pinned {
        let changes = changes(s);
        let changes: Vec<(&str, Cell)> =
            changes.iter().map(|(name, text)| (*name, plain(text.as_str()))).collect();
        lines.extend(facts(paint, &changes, width));
    }
}

/// What jetson_clocks would change; under [`Pinned::Partial`] also what is not held for reasons that are
/// not seen here.
fn changes(s: &Snapshot) -> Vec<(&str, String)> {
    let raise = |min: Option<u32>, max: Option<u32>| {
        let (min, max) = (min?, max?);
        (min < max).then(|| format!("{} -> {}", min / 1000, mhz(max)))
    };
    let clusters = s.clusters.iter().filter(|cluster| is_on(s, cluster));
    let clusters = clusters.map(|c| (c.name.as_str(), c.name.as_str(), raise(c.min_khz, c.max_khz)));
    let gpus =
        s.gpus.iter().map(|gpu| (gpu.name.as_str(), gpu_name(s, gpu), raise(gpu.min_khz, gpu.max_khz)));
    let memory = ("EMC", "EMC", lock(&s.emc));
    let mut found: Vec<(&str, &str, Option<String>)> = clusters.chain(gpus).chain([memory]).collect();
    found.retain(|(_, _, change)| change.is_some());
    let mut changes: Vec<(&str, String)> = Vec::new();
    for name in s.unpinned.iter().filter(|name| !found.iter().any(|(kernel, ..)| kernel == name)) {
        changes.push((name, "not held".to_owned()));
    }
    let found = found.into_iter().filter_map(|(_, name, change)| Some((name, change?)));
    found.chain(changes).collect()
}

fn lock(emc: &Emc) -> Option<String> {
    let top = match (emc.max_khz, emc.cap_khz) {
        (Some(max), Some(cap)) => Some(max.min(cap)),
        (max, cap) => max.or(cap),
    };
    (emc.locked == Some(false)).then(|| ["locked at ", &or_dash(top.map(mhz))].concat())
}

#[cfg(test)]
mod tests {
    use super::super::line::test::{PLAIN, all};
    use super::*;

    fn cores(count: u16) -> Snapshot {
        let mut s = Snapshot::default();
        let cluster = s.clusters.entry("policy0");
        cluster.cores.extend(0..count);
        (cluster.freq_khz, cluster.min_khz, cluster.max_khz) =
            (Some(729_600), Some(729_600), Some(1_497_600));
        s.cpus.resize(usize::from(count), Core { freq_khz: Some(729_600), ..Core::default() });
        s
    }

    #[test]
    fn ok_ranges() {
        for (numbers, wanted) in [
            (&[][..], "-"),
            (&[0], "0"),
            (&[0, 1], "0-1"),
            (&[0, 1, 2, 3, 6], "0-3,6"),
            (&[0, 2, 4, 5], "0,2,4-5"),
            (&[3, 1], "3,1"),
            (&[u16::MAX - 1, u16::MAX, 0], "65534-65535,0"),
        ] {
            assert_eq!(ranges(numbers), wanted, "{numbers:?}");
        }
    }

    #[test]
    fn ok_without_anything() {
        let nothing = ["no clock is read (jscopectl sources)"];
        assert_eq!(all(&lines(PLAIN, &Snapshot::default(), 80), 80), nothing);
        let mut s = Snapshot::default();
        s.clusters.entry("policy0");
        // A cluster without cores is off, as far as one can tell.
        let wanted = [
            "clock   cores now min max governor hardware",
            "policy0 -     off   -   - -",
            "jetson_clocks",
            "state -",
            "nothing tells whether clocks are held",
        ];
        assert_eq!(all(&lines(PLAIN, &s, 80), 80), wanted);
    }

    #[test]
    fn ok_cores_fold() {
        let one = all(&lines(PLAIN, &cores(1), 40), 40);
        assert!(one.contains(&"0 729 MHz".to_owned()), "{one:?}");
        for (width, rows) in [(20, 14), (22, 14), (23, 7), (80, 3), (200, 1)] {
            let text = all(&lines(PLAIN, &cores(14), width), width);
            let found = text
                .iter()
                .skip_while(|row| *row != "Cores")
                .skip(1)
                .take_while(|row| *row != "jetson_clocks");
            assert_eq!(found.count(), rows, "{width}: {text:?}");
        }
    }

    #[test]
    fn ok_states_of_cores() {
        let core =
            |online, freq_khz, load_pm, unread| Core { online, freq_khz, load_pm, unread, ..Core::default() };
        for (core, wanted) in [
            (core(Some(true), Some(729_600), None, false), Some("729 MHz")),
            (core(Some(true), None, None, false), Some("-")),
            (core(None, None, Some(0), false), Some("-")),
            (core(None, None, None, true), Some("-")),
            (core(Some(false), None, None, false), None),
            (core(None, None, None, false), None),
        ] {
            assert_eq!(clock(&core).as_deref(), wanted, "{core:?}");
        }
    }

    #[test]
    fn ok_what_jetson_clocks_would_change() {
        let mut s = cores(4);
        (s.emc.locked, s.emc.max_khz, s.emc.cap_khz) = (Some(false), Some(3_199_000), Some(2_133_000));
        let gpu = s.gpus.entry("17000000.gpu");
        (gpu.min_khz, gpu.max_khz) = (Some(918_000), Some(918_000));
        for (pinned, unpinned, wanted) in [
            (None, &[][..], &["state -", "nothing tells whether clocks are held"][..]),
            (Some(Pinned::On), &[], &["state on", "all clocks are held at their upper limits"]),
            (
                Some(Pinned::Off),
                &[],
                &[
                    "state off",
                    "no clock is held; it would raise lower limits to the upper ones:",
                    "policy0 729 -> 1497 MHz   EMC locked at 2133 MHz",
                ],
            ),
            (
                Some(Pinned::Partial),
                &["policy0", "EMC", "DLA0_CORE"],
                &[
                    "state partial",
                    "some clocks are not held; it would raise their lower limits:",
                    "policy0 729 -> 1497 MHz   EMC locked at 2133 MHz   DLA0_CORE not held",
                ],
            ),
        ] {
            s.pinned = pinned;
            s.unpinned.clear();
            unpinned.iter().for_each(|name| {
                s.unpinned.entry(name);
            });
            let text = all(&lines(PLAIN, &s, 80), 80);
            let found: Vec<_> = text.iter().skip_while(|row| *row != "jetson_clocks").skip(1).collect();
            assert_eq!(found, wanted, "{pinned:?}");
        }
        // Clusters that are off are not touched.
        s.cpus.iter_mut().for_each(|core| core.online = Some(false));
        assert_eq!(changes(&s).first().map(|(name, _)| *name), Some("EMC"));
    }
}
