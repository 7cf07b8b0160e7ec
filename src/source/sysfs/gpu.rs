//! The GPU: a devfreq device, with its load in the device's own directory.
//!
//! Up to L4T R36 it is nvgpu, found by the name of its device tree node (`gpu`, `gp10b`, `gv11b`,
//! `ga10b`) or by the entry's name where that is missing. Thor's is a PCI device whose entries are
//! named after its clock domains; its load is not in sysfs at all. The clocks of the graphics clusters
//! (GPC) are in debugfs, for root: they are not the devfreq clock, and read 0 while a cluster is gated.

use super::Collector;
use super::engine::DEBUG;
use super::smi::Smi;
use crate::root::{Node, Reader, Root};
use crate::snapshot::Snapshot;

/// The directory of the devfreq devices.
pub(crate) const DEVFREQ: &str = "sys/class/devfreq";
/// Files with a clock of the graphics clusters: T234 has one for each, T186 and T194, and T210 one for all.
const CLUSTERS: [&str; 6] = [
    "bpmp/debug/clk/nafll_gpc0/pto_counter",
    "bpmp/debug/clk/nafll_gpc1/pto_counter",
    "bpmp/debug/clk/nafll_gpc2/pto_counter",
    "bpmp/debug/clk/nafll_gpc3/pto_counter",
    "bpmp/debug/clk/gpcclk/rate",
    "clk/gpcclk/clk_rate",
];
const NODES: [&str; 6] = ["gpu", "gm20b", "gp10b", "gv11b", "ga10b", "gb10b"];

pub(super) struct Gpus {
    gpus: Vec<Device>,
    clusters: Vec<Node>,
    programs: bool,
    smi: Option<Smi>,
}

struct Device {
    name: String,
    load: Option<Node>,
    freq: Node,
    min: Node,
    max: Node,
    governor: Node,
    railgate: Option<Node>,
    scaling_3d: Option<Node>,
    power_control: Option<Node>,
    tpc_pg_mask: Option<Node>,
    fbp_pg_mask: Option<Node>,
    slow: Slow,
}

/// What changes only when somebody changes it.
#[derive(Default)]
struct Slow {
    min_khz: Option<u32>,
    max_khz: Option<u32>,
    hardware_max_khz: Option<u32>,
    governor: String,
    railgate: Option<bool>,
    scaling_3d: Option<bool>,
    power_control: String,
    tpc_pg_mask: Option<u32>,
    fbp_pg_mask: Option<u32>,
}

impl Gpus {
    pub(super) fn new(programs: bool) -> Gpus {
        Gpus { gpus: Vec::new(), clusters: Vec::new(), programs, smi: None }
    }
}

impl Collector for Gpus {
    fn about(&self) -> (&'static str, &'static str) {
        ("gpu", "/sys/class/devfreq; on Thor nvidia-smi")
    }

    fn probe(&mut self, reader: &mut Reader) {
        self.gpus = names(&reader.root).iter().map(|name| device(reader, name)).collect();
        let places = CLUSTERS.iter().map(|file| [DEBUG, "/", file].concat());
        let places = places.filter(|place| reader.root.open(place).is_ok());
        self.clusters = if self.gpus.is_empty() { Vec::new() } else { places.map(Node::new).collect() };
        let without_load = !self.gpus.is_empty() && self.gpus.iter().all(|gpu| gpu.load.is_none());
        if without_load && self.programs && self.smi.is_none() {
            self.smi = Smi::find(&reader.root);
        }
    }

    fn refresh(&mut self, reader: &mut Reader) {
        for gpu in &mut self.gpus {
            gpu.refresh(reader);
        }
    }

    fn read(&mut self, reader: &mut Reader, into: &mut Snapshot) {
        for gpu in &mut self.gpus {
            gpu.read(reader, into);
        }
        if let Some(smi) = &mut self.smi {
            smi.turn(reader.now(), into);
        }
        // tegrastats speaks of the first as GR3D.
        if let Some((load_pm, freq_khz)) = into.gpus.first().map(|gpu| (gpu.load_pm, gpu.freq_khz)) {
            let engine = into.engines.entry("GR3D");
            (engine.load_pm, engine.freq_khz) = (load_pm, freq_khz);
            engine.freqs_khz.extend(self.clusters.iter_mut().map_while(|node| khz(reader, node)));
        }
    }

    fn trouble(&self) -> Option<&str> {
        self.smi.as_ref()?.trouble()
    }
}

/// The names of the devfreq devices that are GPUs.
pub(crate) fn names(root: &Root) -> Vec<String> {
    let mut names = root.names(DEVFREQ);
    names.retain(|name| is_gpu(root, name));
    names
}

fn is_gpu(root: &Root, name: &str) -> bool {
    let node = root.text(&format!("{DEVFREQ}/{name}/device/of_node/name"));
    let node = node.as_deref().or_else(|| name.split_once('.').map(|(_, unit)| unit));
    name.starts_with("gpu-gpc-") || node.is_some_and(|node| NODES.contains(&node))
}

/// Where a file of a GPU's own device is: releases have it in different places.
pub(crate) fn of_device(root: &Root, name: &str, file: &str) -> Option<String> {
    let places = [
        [DEVFREQ, "/", name, "/device/", file].concat(),
        ["sys/devices/gpu.0/", file].concat(),
        ["sys/devices/platform/gpu.0/", file].concat(),
        ["sys/devices/platform/", name, "/", file].concat(),
        ["sys/devices/", name, "/", file].concat(),
    ];
    places.into_iter().find(|path| root.has(path))
}

fn device(reader: &Reader, name: &str) -> Device {
    let root = &reader.root;
    let file = |file: &str| format!("{DEVFREQ}/{name}/{file}");
    let of_device = |file: &str| of_device(root, name, file).map(Node::new);
    Device {
        name: name.to_owned(),
        load: of_device("load"),
        freq: Node::new(file("cur_freq")),
        min: Node::new(file("min_freq")),
        max: Node::new(file("max_freq")),
        governor: Node::new(file("governor")),
        railgate: of_device("railgate_enable"),
        scaling_3d: of_device("enable_3d_scaling"),
        power_control: of_device("power/control"),
        tpc_pg_mask: of_device("tpc_pg_mask"),
        fbp_pg_mask: of_device("fbp_pg_mask"),
        slow: Slow {
            hardware_max_khz: highest(root.text(&file("available_frequencies"))),
            ..Slow::default()
        },
    }
}

/// The highest of the frequencies in Hz, in kHz.
fn highest(list: Option<String>) -> Option<u32> {
    let highest = list?.split_ascii_whitespace().filter_map(|hz| hz.parse::<u64>().ok()).max()?;
    u32::try_from(highest / 1000).ok()
}

/// A clock in Hz, in kHz.
pub(super) fn khz(reader: &mut Reader, node: &mut Node) -> Option<u32> {
    u32::try_from(reader.unsigned(node)? / 1000).ok()
}

impl Device {
    fn refresh(&mut self, reader: &mut Reader) {
        let slow = &mut self.slow;
        slow.min_khz = khz(reader, &mut self.min);
        slow.max_khz = khz(reader, &mut self.max);
        reader.text(&mut self.governor, &mut slow.governor);
        let mut small = |node: &mut Option<Node>| reader.small(node.as_mut()?);
        slow.railgate = small(&mut self.railgate).map(|value| value != 0);
        slow.scaling_3d = small(&mut self.scaling_3d).map(|value| value != 0);
        slow.tpc_pg_mask = small(&mut self.tpc_pg_mask);
        slow.fbp_pg_mask = small(&mut self.fbp_pg_mask);
        if let Some(node) = &mut self.power_control {
            reader.text(node, &mut slow.power_control);
        }
    }

    fn read(&mut self, reader: &mut Reader, into: &mut Snapshot) {
        let gpu = into.gpus.entry(&self.name);
        let load = self.load.as_mut().and_then(|node| reader.small(node));
        gpu.load_pm = load.filter(|&load| load <= 1000);
        gpu.freq_khz = khz(reader, &mut self.freq);
        let slow = &self.slow;
        (gpu.min_khz, gpu.max_khz, gpu.hardware_max_khz) =
            (slow.min_khz, slow.max_khz, slow.hardware_max_khz);
        (gpu.railgate, gpu.scaling_3d) = (slow.railgate, slow.scaling_3d);
        (gpu.tpc_pg_mask, gpu.fbp_pg_mask) = (slow.tpc_pg_mask, slow.fbp_pg_mask);
        gpu.governor.push_str(&slow.governor);
        gpu.power_control.push_str(&slow.power_control);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_highest_of_a_list() {
        for (list, wanted) in [
            (Some("306000000 408000000 624750000"), Some(624_750)),
            (Some("9 x 1000"), Some(1)),
            (Some(""), None),
            (Some("99999999999999999"), None),
            (None, None),
        ] {
            assert_eq!(highest(list.map(str::to_owned)), wanted, "{list:?}");
        }
    }
}
