//! The memory controller and the engines.
//!
//! Their clocks are in debugfs, which only root may read: below `bpmp/debug/clk` (T186 and later)
//! or `clk`. An ordinary user gets those that have a devfreq entry, with the state of the device's
//! power management. Loads are in `load` files of the host1x units.

use super::Collector;
use super::gpu::khz;
use crate::root::{Node, Reader};
use crate::snapshot::{Emc, Snapshot};

/// Where the kernel shows its inner state to root.
pub(super) const DEBUG: &str = "sys/kernel/debug";
const DEVFREQ: &str = "sys/class/devfreq";
/// Where the units of the multimedia bus are: T210, T186, T194, T234, and with the bus of Linux 6.
const HOST1X: [&str; 6] = [
    "sys/devices/50000000.host1x",
    "sys/devices/13e10000.host1x",
    "sys/devices/platform/13e10000.host1x",
    "sys/devices/platform/13e40000.host1x",
    "sys/devices/platform/bus@0/13e00000.host1x",
    "sys/devices/platform/bus@0/8181200000.host1x",
];
/// Names of clocks and units, and the engine's name as tegrastats prints it. Of several clocks of
/// one engine the first that is there counts.
const ENGINES: [(&str, &str); 29] = [
    ("vic", "VIC"),
    ("msenc", "MSENC"),
    ("nvenc", "NVENC"),
    ("nvenc0", "NVENC"),
    ("nvenc1", "NVENC1"),
    ("nvdec", "NVDEC"),
    ("nvdec0", "NVDEC"),
    ("nvdec1", "NVDEC1"),
    ("nvjpg", "NVJPG"),
    ("nvjpg0", "NVJPG"),
    ("nvjpg1", "NVJPG1"),
    ("ofa", "OFA"),
    ("se", "SE"),
    ("cvnas", "CVNAS"),
    ("dla0_core", "NVDLA0"),
    ("dla0", "NVDLA0"),
    ("nvdla0", "NVDLA0"),
    ("dla1_core", "NVDLA1"),
    ("dla1", "NVDLA1"),
    ("nvdla1", "NVDLA1"),
    ("pva0_vps", "PVA0"),
    ("pva0_vps0", "PVA0"),
    ("pva0", "PVA0"),
    ("pva1_vps", "PVA1"),
    ("pva1_vps0", "PVA1"),
    ("pva1", "PVA1"),
    ("ape", "APE"),
    ("isp", "ISP"),
    ("nvcsi", "NVCSI"),
];

pub(super) struct Engines {
    emc: EmcNodes,
    engines: Vec<EngineNodes>,
}

/// The memory controller's files.
#[derive(Default)]
struct EmcNodes {
    freq: Option<Node>,
    min: Option<Node>,
    max: Option<Node>,
    locked: Option<Node>,
    activity: Option<Node>,
    cap: Option<Node>,
    slow: Emc,
}

struct EngineNodes {
    name: &'static str,
    /// Is the clock on: a count of its users, a state of 0 or 1, or `active`.
    on: Node,
    rate: Node,
    load: Option<Node>,
    /// The power state of its device: a count of 0 was seen while PVA and others were at work.
    awake: Option<Node>,
}

impl Engines {
    pub(super) fn new() -> Engines {
        Engines { emc: EmcNodes::default(), engines: Vec::new() }
    }
}

impl Collector for Engines {
    fn about(&self) -> (&'static str, &'static str) {
        ("engine", "/sys/kernel/debug/bpmp/debug/clk, /sys/kernel/debug/clk, /sys/class/devfreq")
    }

    fn probe(&mut self, reader: &mut Reader) {
        self.emc = EmcNodes::find(reader);
        self.engines.clear();
        let root = &reader.root;
        // Closed to this user, every path below it would look as if it might be there.
        let debug = root.open(DEBUG).is_ok();
        let devfreq = root.names(DEVFREQ);
        for (unit, name) in ENGINES {
            if self.engines.iter().any(|engine| engine.name == name) {
                continue;
            }
            let found = if debug { clock(reader, unit) } else { None };
            let found = found.or_else(|| device(reader, &devfreq, unit));
            let Some((on, rate)) = found else { continue };
            let (load, awake) = (load(reader, unit), of_unit(reader, unit, "power/runtime_status"));
            let awake = awake.filter(|_| debug).map(Node::new);
            self.engines.push(EngineNodes { name, on, rate, load, awake });
        }
    }

    fn refresh(&mut self, reader: &mut Reader) {
        let emc = &mut self.emc;
        let mut clock = |node: &mut Option<Node>| khz(reader, node.as_mut()?);
        // A minimum or a cap of nothing is none.
        emc.slow.min_khz = clock(&mut emc.min);
        emc.slow.max_khz = clock(&mut emc.max);
        emc.slow.cap_khz = emc.cap.as_mut().and_then(|node| {
            let cap = reader.number(node)?.checked_div(1000).filter(|&cap| cap > 0)?;
            u32::try_from(cap).ok()
        });
        let devfreq = emc.is_devfreq();
        emc.slow.locked = match &mut emc.locked {
            Some(node) => reader.small(node).map(|locked| locked != 0),
            // Thor's is a devfreq device, which is held by its limits.
            None if devfreq => emc.slow.min_khz.zip(emc.slow.max_khz).map(|(min, max)| min >= max),
            None => None,
        };
    }

    fn read(&mut self, reader: &mut Reader, into: &mut Snapshot) {
        self.emc.read(reader, into);
        for engine in &mut self.engines {
            engine.read(reader, into);
        }
    }
}

impl EmcNodes {
    fn is_devfreq(&self) -> bool {
        self.freq.as_ref().is_some_and(|freq| freq.path().starts_with(DEVFREQ))
    }

    fn find(reader: &Reader) -> EmcNodes {
        let first =
            |paths: &[&str]| paths.iter().find(|path| reader.root.has(path)).map(|path| Node::new(*path));
        let bpmp = |file: &str| format!("{DEBUG}/bpmp/debug/clk/emc/{file}");
        let bwmgr = |file: &str| format!("{DEVFREQ}/bwmgr/{file}_freq");
        let clk = |file: &str| format!("{DEBUG}/clk/{file}");
        EmcNodes {
            freq: first(&[&bwmgr("cur"), &bpmp("rate"), &clk("emc/clk_rate"), &clk("override.emc/clk_rate")]),
            min: first(&[&bwmgr("min"), &bpmp("min_rate"), &format!("{DEBUG}/tegra_bwmgr/emc_min_rate")]),
            max: first(&[&bwmgr("max"), &bpmp("max_rate"), &format!("{DEBUG}/tegra_bwmgr/emc_max_rate")]),
            locked: first(&[&bpmp("mrq_rate_locked"), &clk("override.emc/clk_state")]),
            activity: first(&[
                &format!("{DEBUG}/cactmon/mc_all"),
                &format!("{DEBUG}/bpmp/debug/actmon/mc_all_avg_activity"),
                "sys/kernel/actmon_avg_activity/mc_all",
            ]),
            cap: first(&["sys/kernel/nvpmodel_clk_cap/emc", "sys/kernel/nvpmodel_emc_cap/emc_iso_cap"]),
            slow: Emc::default(),
        }
    }

    fn read(&mut self, reader: &mut Reader, into: &mut Snapshot) {
        into.emc = self.slow;
        let Some(freq_khz) = self.freq.as_mut().and_then(|node| khz(reader, node)) else { return };
        let engine = into.engines.entry("EMC");
        engine.freq_khz = Some(freq_khz);
        // The activity is in kHz of the clock, for each percent of it.
        let active_khz = self.activity.as_mut().and_then(|node| reader.unsigned(node));
        engine.load_pm = active_khz.and_then(|active| load_pm(active, freq_khz));
    }
}

fn load_pm(active_khz: u64, freq_khz: u32) -> Option<u32> {
    let load = active_khz.checked_mul(10)?.checked_div(u64::from(freq_khz))?;
    u32::try_from(load.min(1000)).ok()
}

/// The clock of debugfs: on or off, and its rate.
fn clock(reader: &Reader, unit: &str) -> Option<(Node, Node)> {
    let places = [
        (format!("{DEBUG}/clk/{unit}"), "clk_enable_count", "clk_rate"),
        (format!("{DEBUG}/bpmp/debug/clk/{unit}"), "state", "rate"),
    ];
    places.iter().find_map(|(place, on, rate)| {
        let (on, rate) = (format!("{place}/{on}"), format!("{place}/{rate}"));
        (reader.root.has(&on) && reader.root.has(&rate)).then(|| (Node::new(on), Node::new(rate)))
    })
}

/// The devfreq entry of a unit: its power state, and its clock.
fn device(reader: &Reader, devfreq: &[String], unit: &str) -> Option<(Node, Node)> {
    let entry = devfreq.iter().find(|entry| entry.split_once('.').is_some_and(|(_, name)| name == unit))?;
    let on = format!("{DEVFREQ}/{entry}/device/power/runtime_status");
    reader.root.has(&on).then(|| (Node::new(on), Node::new(format!("{DEVFREQ}/{entry}/cur_freq"))))
}

/// The file with a unit's load, per mille.
fn load(reader: &Reader, unit: &str) -> Option<Node> {
    let actmon = format!("{DEBUG}/{unit}/actmon_avg_norm");
    let path = of_unit(reader, unit, "load");
    path.or_else(|| reader.root.open(&actmon).is_ok().then_some(actmon)).map(Node::new)
}

/// A file of a unit of the multimedia bus.
fn of_unit(reader: &Reader, unit: &str, file: &str) -> Option<String> {
    let root = &reader.root;
    let of_bus = |bus: &&str| {
        let names = root.names(bus);
        let entry = names.iter().find(|entry| entry.split_once('.').is_some_and(|(_, name)| name == unit))?;
        Some(format!("{bus}/{entry}/{file}")).filter(|path| root.has(path))
    };
    HOST1X.iter().find_map(of_bus)
}

impl EngineNodes {
    fn read(&mut self, reader: &mut Reader, into: &mut Snapshot) {
        let Some(mut on) = reader.value(&mut self.on, is_on) else { return };
        if let (false, Some(awake)) = (on, &mut self.awake) {
            on = reader.value(awake, is_on).unwrap_or(false);
        }
        let freq_khz = if on { khz(reader, &mut self.rate).filter(|&khz| khz > 0) } else { None };
        let engine = into.engines.entry(self.name);
        engine.freq_khz = freq_khz;
        engine.load_pm = if on {
            self.load.as_mut().and_then(|node| reader.small(node)).filter(|&load| load <= 1000)
        } else {
            Some(0)
        };
        if self.name == "APE" {
            engine.raw = freq_khz.map(|khz| khz / 1000);
        }
    }
}

/// A count of users, a state, or the word of the device's power management.
fn is_on(text: &[u8]) -> Option<bool> {
    match text.trim_ascii() {
        b"active" | b"resuming" => Some(true),
        b"suspended" | b"suspending" | b"unsupported" => Some(false),
        digits => {
            let (count, rest) = crate::scan::apart::number(digits)?;
            rest.is_empty().then_some(count > 0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_loads_of_the_memory() {
        for (active, khz, wanted) in [
            (0, 2_133_000, Some(0)),
            (26_662_500, 2_133_000, Some(125)),
            (9_999_999_999, 2_133_000, Some(1000)),
            (1, 0, None),
            (u64::MAX, 1, None),
        ] {
            assert_eq!(load_pm(active, khz), wanted, "{active} of {khz}");
        }
    }

    #[test]
    fn ok_on_or_off() {
        for (text, wanted) in [
            ("0\n", Some(false)),
            ("3\n", Some(true)),
            ("active\n", Some(true)),
            ("suspended\n", Some(false)),
            ("", None),
            ("-1", None),
            ("on", None),
            ("1 2", None),
        ] {
            assert_eq!(is_on(text.as_bytes()), wanted, "{text}");
        }
    }
}
