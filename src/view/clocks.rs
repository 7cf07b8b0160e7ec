//! The clocks and who chooses them: clusters, GPU and memory with their limits, each core, and what
//! jetson_clocks would change.

use std::fmt::Write;

use super::page::{Item, Page};
use super::paint::Tone;
use super::sheet::{Head, Kind, Sheet};
use super::unit::{limits, mhz, or_dash, word, yes_no};
use crate::snapshot::{Cluster, Core, Emc, Gpu, Pinned, Snapshot};

/// What the help says of the page.
pub const HELP: &[&str] = &[
    "min and max are the limits in force, hardware those of the",
    "chip where they differ: the power mode or a user lowered",
    "them. The cap is the power mode's, for the memory.",
    "jetson_clocks holds clocks at their upper limit: it raises",
    "the lower limit to it, and locks the memory's clock.",
];

const HEADS: [Head; 7] = [
    ("clock", Kind::Left),
    ("cores", Kind::Left),
    ("now", Kind::Right),
    ("min", Kind::Right),
    ("max", Kind::Right),
    ("governor", Kind::Left),
    ("hardware", Kind::Left),
];

/// Draws the page.
pub fn draw(page: &mut Page, s: &Snapshot) {
    let sheet = sheet(s);
    if sheet.is_empty() && s.cpus.is_empty() {
        return page.note("no clock is read (jscopectl sources)");
    }
    sheet.draw("", page);
    page.fact("EMC cap", s.emc.cap_khz.map(mhz));
    page.fact("EMC locked", s.emc.locked.map(yes_no));
    page.fact("EDP limit", s.edp_limit_mhz.map(|limit| format!("{limit} MHz")));
    page.fact("power mode", word(&s.power_mode.name));
    if !s.cpus.is_empty() {
        page.heading("Cores");
        let mut items = Vec::new();
        for (number, core) in s.cpus.iter().enumerate() {
            let clock = clock(core);
            let tone = if clock.is_some() { Tone::Plain } else { Tone::Off };
            let value = clock.unwrap_or_else(|| "off".to_owned());
            items.push(Item { group: "", name: number.to_string(), value, tone });
        }
        page.grid(&items);
    }
    page.heading("jetson_clocks");
    held(page, s);
}

/// Clusters, GPUs, and the memory.
fn sheet(s: &Snapshot) -> Sheet {
    let mut sheet = Sheet::new(&HEADS);
    for cluster in s.clusters.iter() {
        sheet.row(&cluster.name);
        sheet.text(Some(ranges(&cluster.cores)));
        match cluster.freq_khz {
            None if !is_on(s, cluster) => sheet.toned(Some("off".to_owned()), Tone::Off),
            khz => sheet.text(khz.map(mhz)),
        }
        sheet.text(cluster.min_khz.map(mhz));
        sheet.text(cluster.max_khz.map(mhz));
        sheet.text(word(&cluster.governor));
        let hardware = (cluster.hardware_min_khz, cluster.hardware_max_khz);
        if hardware != (None, None) && hardware != (cluster.min_khz, cluster.max_khz) {
            sheet.text(Some(limits(hardware.0, hardware.1)));
        }
    }
    for gpu in s.gpus.iter() {
        sheet.row(gpu_name(s, gpu));
        sheet.blank();
        clock_and_limits(&mut sheet, [gpu.freq_khz, gpu.min_khz, gpu.max_khz]);
        sheet.text(word(&gpu.governor));
        if let Some(khz) = gpu.hardware_max_khz.filter(|khz| Some(*khz) != gpu.max_khz) {
            sheet.text(Some(["up to ", &mhz(khz)].concat()));
        }
    }
    let now = s.engine("EMC").and_then(|engine| engine.freq_khz);
    if now.or(s.emc.min_khz).or(s.emc.max_khz).is_some() {
        sheet.row("EMC");
        sheet.blank();
        clock_and_limits(&mut sheet, [now, s.emc.min_khz, s.emc.max_khz]);
    }
    sheet
}

fn clock_and_limits(sheet: &mut Sheet, clocks: [Option<u32>; 3]) {
    for khz in clocks {
        sheet.text(khz.map(mhz));
    }
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
fn held(page: &mut Page, s: &Snapshot) {
    let (state, tone, text) = match s.pinned {
        None => ("-", Tone::Plain, "nothing tells whether clocks are held"),
        Some(Pinned::On) => ("on", Tone::Calm, "all clocks are held at their upper limits"),
        Some(Pinned::Off) => {
            ("off", Tone::Calm, "no clock is held; it would raise lower limits to the upper ones:")
        }
        Some(Pinned::Partial) => {
            ("partial", Tone::High, "some clocks are not held; it would raise their lower limits:")
        }
    };
    page.toned("state", Some(state.to_owned()), tone);
    page.note(text);
    if let Some(Pinned::Off | Pinned::Partial) = s.pinned {
        changes(page, s);
    }
}

/// What jetson_clocks would change; under [`Pinned::Partial`] also what is not held for reasons that are
/// not seen here.
fn changes(page: &mut Page, s: &Snapshot) {
    let mut found: Vec<&str> = Vec::new();
    for cluster in s.clusters.iter().filter(|cluster| is_on(s, cluster)) {
        if raise(page, &cluster.name, cluster.min_khz, cluster.max_khz) {
            found.push(&cluster.name);
        }
    }
    for gpu in s.gpus.iter() {
        if raise(page, gpu_name(s, gpu), gpu.min_khz, gpu.max_khz) {
            found.push(&gpu.name);
        }
    }
    if s.emc.locked == Some(false) {
        page.fact("EMC", Some(["locked at ", &or_dash(top(&s.emc).map(mhz))].concat()));
        found.push("EMC");
    }
    for name in s.unpinned.iter().filter(|name| !found.contains(&name.as_str())) {
        page.fact(name, Some("not held".to_owned()));
    }
    page.end();
}

fn raise(page: &mut Page, name: &str, min_khz: Option<u32>, max_khz: Option<u32>) -> bool {
    let (Some(min), Some(max)) = (min_khz, max_khz) else { return false };
    if min < max {
        page.fact(name, Some([&(min / 1000).to_string(), " -> ", &mhz(max)].concat()));
    }
    min < max
}

/// Where the memory's clock would be held.
fn top(emc: &Emc) -> Option<u32> {
    match (emc.max_khz, emc.cap_khz) {
        (Some(max), Some(cap)) => Some(max.min(cap)),
        (max, cap) => max.or(cap),
    }
}

#[cfg(test)]
mod tests {
    use super::super::page::test::all;
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
        assert_eq!(all(&|page| draw(page, &Snapshot::default()), 80), nothing);
        let mut s = Snapshot::default();
        s.clusters.entry("policy0");
        // A cluster without cores is off, as far as one can tell.
        let wanted = [
            "clock   cores now",
            "policy0 -     off",
            "jetson_clocks",
            "state -",
            "nothing tells whether clocks are held",
        ];
        assert_eq!(all(&|page| draw(page, &s), 80), wanted);
    }

    #[test]
    fn ok_cores_fold() {
        let one = all(&|page| draw(page, &cores(1)), 40);
        assert!(one.contains(&"0 729 MHz".to_owned()), "{one:?}");
        for (width, rows) in [(20, 14), (22, 14), (23, 7), (80, 3), (200, 1)] {
            let text = all(&|page| draw(page, &cores(14)), width);
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
            let text = all(&|page| draw(page, &s), 80);
            let found: Vec<_> = text.iter().skip_while(|row| *row != "jetson_clocks").skip(1).collect();
            assert_eq!(found, wanted, "{pinned:?}");
        }
        // Clusters that are off are not touched.
        s.cpus.iter_mut().for_each(|core| core.online = Some(false));
        let text = all(&|page| changes(page, &s), 80);
        assert_eq!(text, ["EMC locked at 2133 MHz   policy0 not held   DLA0_CORE not held"]);
    }
}
