//! Processor cores: time and load from `/proc/stat`, clocks and governors from cpufreq.

use super::Collector;
use crate::order;
use crate::root::{Node, Reader, Root};
use crate::scan;
use crate::snapshot::{Core, Snapshot, Ticks};

/// The directory of the cores.
pub(crate) const CPU: &str = "sys/devices/system/cpu";
/// More cores than any board has; numbers beyond it are lies.
const MOST_CORES: usize = 256;

pub(super) struct Cpu {
    stat: Node,
    cores: usize,
    policies: Vec<Policy>,
}

/// Cores that share a clock.
struct Policy {
    name: String,
    cores: Vec<u16>,
    freq: Node,
    min: Node,
    max: Node,
    governor: Node,
    hardware_min_khz: Option<u32>,
    hardware_max_khz: Option<u32>,
    min_khz: Option<u32>,
    max_khz: Option<u32>,
    governor_name: String,
}

impl Cpu {
    pub(super) fn new() -> Cpu {
        Cpu { stat: Node::new("proc/stat"), cores: 0, policies: Vec::new() }
    }
}

impl Collector for Cpu {
    fn about(&self) -> (&'static str, &'static str) {
        ("cpu", "/proc/stat, /sys/devices/system/cpu")
    }

    fn probe(&mut self, reader: &mut Reader) {
        self.cores = present(&reader.root);
        self.policies.clear();
        self.policies.extend(places(&reader.root).into_iter().map(|place| policy(reader, place)));
    }

    fn refresh(&mut self, reader: &mut Reader) {
        for policy in &mut self.policies {
            policy.min_khz = reader.small(&mut policy.min);
            policy.max_khz = reader.small(&mut policy.max);
            reader.text(&mut policy.governor, &mut policy.governor_name);
        }
    }

    fn read(&mut self, reader: &mut Reader, into: &mut Snapshot) {
        into.cpus.resize(self.cores, Core::default());
        if let Some(text) = reader.bytes(&mut self.stat) {
            read_stat(text, &mut into.cpus);
        }
        for policy in &mut self.policies {
            policy.read(reader, into);
        }
    }
}

/// Where the clock of some cores is set.
pub(crate) struct Place {
    /// `policy0`.
    pub name: String,
    /// Its directory.
    pub directory: String,
    /// The cores; never none.
    pub cores: Vec<u16>,
}

/// The clocks of the cores; a policy whose cores are all off may answer nothing, and is left out.
pub(crate) fn places(root: &Root) -> Vec<Place> {
    let mut places = Vec::new();
    for name in root.names(&[CPU, "/cpufreq"].concat()) {
        if name.starts_with("policy") {
            let found = place(root, [CPU, "/cpufreq/", &name].concat(), name);
            places.extend(found.filter(|place| !place.cores.is_empty()));
        }
    }
    if places.is_empty() {
        each_core(root, &mut places);
    }
    places
}

/// Kernels that have cpufreq below each core and no directory of policies.
fn each_core(root: &Root, places: &mut Vec<Place>) {
    for core in 0..present(root) {
        let Ok(core) = u16::try_from(core) else { break };
        if places.iter().any(|place| place.cores.contains(&core)) {
            continue;
        }
        if let Some(mut place) = place(root, format!("{CPU}/cpu{core}/cpufreq"), format!("policy{core}")) {
            if place.cores.is_empty() {
                place.cores.push(core);
            }
            places.push(place);
        }
    }
}

fn place(root: &Root, directory: String, name: String) -> Option<Place> {
    let file = |name: &str| [&directory, "/", name].concat();
    let related = ["related_cpus", "affected_cpus"].iter().find_map(|name| root.text(&file(name)));
    let cores = related.map(|list| cores(list.as_bytes())).unwrap_or_default();
    let there = root.has(&file("scaling_cur_freq"));
    there.then_some(Place { name, directory, cores })
}

/// How many cores the board has, those that are off included.
pub(crate) fn present(root: &Root) -> usize {
    let listed = ["present", "possible"].iter().find_map(|file| root.text(&format!("{CPU}/{file}")));
    listed.map_or(0, |list| cores(list.as_bytes()).last().map_or(0, |&last| usize::from(last) + 1))
}

fn policy(reader: &Reader, place: Place) -> Policy {
    let file = |name: &str| [&place.directory, "/", name].concat();
    let khz = |name| reader.root.number(&file(name)).and_then(|khz| u32::try_from(khz).ok());
    Policy {
        freq: Node::new(file("scaling_cur_freq")),
        min: Node::new(file("scaling_min_freq")),
        max: Node::new(file("scaling_max_freq")),
        governor: Node::new(file("scaling_governor")),
        hardware_min_khz: khz("cpuinfo_min_freq"),
        hardware_max_khz: khz("cpuinfo_max_freq"),
        min_khz: None,
        max_khz: None,
        governor_name: String::new(),
        name: place.name,
        cores: place.cores,
    }
}

impl Policy {
    fn read(&mut self, reader: &mut Reader, into: &mut Snapshot) {
        let Ok(place) = u16::try_from(into.clusters.len()) else { return };
        let offline =
            |core: &u16| into.cpus.get(usize::from(*core)).is_some_and(|core| core.online == Some(false));
        let freq_khz = match self.cores.iter().all(offline) {
            true => None,
            false => reader.small(&mut self.freq),
        };
        let cluster = into.clusters.entry(&self.name);
        cluster.cores.extend_from_slice(&self.cores);
        cluster.freq_khz = freq_khz;
        (cluster.min_khz, cluster.max_khz) = (self.min_khz, self.max_khz);
        (cluster.hardware_min_khz, cluster.hardware_max_khz) = (self.hardware_min_khz, self.hardware_max_khz);
        cluster.governor.push_str(&self.governor_name);
        for &core in &self.cores {
            if let Some(core) = into.cpus.get_mut(usize::from(core)) {
                core.cluster = Some(place);
                core.freq_khz = if core.online == Some(false) { None } else { freq_khz };
            }
        }
    }
}

/// The numbers in a list of the kernel: `0-3,8` and `0 1 2 3` are both used.
pub(crate) fn cores(list: &[u8]) -> Vec<u16> {
    let mut cores = Vec::new();
    for part in list.split(|byte| b", \n".contains(byte)).filter(|part| !part.is_empty()) {
        let Some((first, rest)) = scan::apart::number(part) else { continue };
        let last = match rest {
            [b'-', rest @ ..] => scan::apart::number(rest).map_or(first, |(last, _)| last),
            _ => first,
        };
        let range = first..=last.min(MOST_CORES as u64 - 1);
        cores.extend(range.filter_map(|core| u16::try_from(core).ok()));
    }
    order::sort(&mut cores, |a, b| a < b);
    cores.dedup();
    cores
}

/// Reads the `cpuN` lines. Cores that have none are off.
fn read_stat(text: &[u8], cpus: &mut Vec<Core>) {
    for line in text.split(|&byte| byte == b'\n') {
        let Some(rest) = line.strip_prefix(b"cpu") else {
            // The lines of the cores stand first.
            if line.starts_with(b"intr") { break } else { continue }
        };
        let Some((number, ticks)) = core_line(rest) else { continue };
        if number >= cpus.len() {
            cpus.resize(number + 1, Core::default());
        }
        if let Some(core) = cpus.get_mut(number) {
            (core.online, core.ticks) = (Some(true), Some(ticks));
        }
    }
    if cpus.iter().any(|core| core.online.is_some()) {
        for core in cpus {
            core.online.get_or_insert(false);
        }
    }
}

/// `N user nice system idle iowait irq softirq steal ...` of a core; `None` for the sum of all.
fn core_line(rest: &[u8]) -> Option<(usize, Ticks)> {
    let (number, mut rest) = scan::apart::number(rest)?;
    let number = usize::try_from(number).ok().filter(|&number| number < MOST_CORES)?;
    let mut ticks = Ticks::default();
    let mut columns = 0;
    while let Some((value, tail)) = scan::apart::number(rest.trim_ascii_start()).filter(|_| columns < 8) {
        ticks.total = ticks.total.saturating_add(value);
        if columns != 3 && columns != 4 {
            ticks.busy = ticks.busy.saturating_add(value);
        }
        columns += 1;
        rest = tail;
    }
    (columns >= 4).then_some((number, ticks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_lists_of_cores() {
        for (list, wanted) in [
            ("0-3", vec![0, 1, 2, 3]),
            ("0", vec![0]),
            ("0 1 2 3\n", vec![0, 1, 2, 3]),
            ("0,3-5", vec![0, 3, 4, 5]),
            ("3-1", vec![]),
            ("5,0-3", vec![0, 1, 2, 3, 5]),
            ("0-1,0-1 1", vec![0, 1]),
            ("", vec![]),
            ("x-3,5", vec![5]),
            ("2-", vec![2]),
        ] {
            assert_eq!(cores(list.as_bytes()), wanted, "{list:?}");
        }
        assert_eq!(cores(b"0-4294967295").len(), MOST_CORES, "a lie is bounded");
    }

    #[test]
    fn ok_lines_of_stat() {
        let ticks = |busy, total| Some(Ticks { busy, total });
        for (text, wanted) in [
            ("cpu  9 9 9 9\ncpu0 10 1 2 100 5 3 4 0 0 0\ncpu2 1 0 0 9\nintr 5\ncpu1 1 1 1 1", {
                vec![ticks(20, 125), None, ticks(1, 10)]
            }),
            ("cpu0 1 2 3\n", vec![]),
            ("cpu0 -1 2 3 4\n", vec![]),
            ("cpu99999 1 2 3 4", vec![]),
            ("cpu0 1 1 1 18446744073709551615", vec![ticks(3, u64::MAX)]),
            ("", vec![]),
            ("\0\0\0", vec![]),
        ] {
            let mut cpus = Vec::new();
            read_stat(text.as_bytes(), &mut cpus);
            assert_eq!(cpus.iter().map(|core| core.ticks).collect::<Vec<_>>(), wanted, "{text:?}");
            assert!(cpus.iter().all(|core| core.online == Some(core.ticks.is_some())), "{text:?}");
        }
    }
}
