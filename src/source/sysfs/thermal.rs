//! Thermal zones with their trip points, and cooling devices.
//!
//! The numbers of zones differ per board and release; their types name them, cut as tegrastats
//! does it: `cpu-thermal` and `CPU-therm` are `cpu` and `CPU`. A block without power answers
//! EAGAIN, an error, 0 or -256000: its zone is off.

use super::Collector;
#[cfg(any(feature = "daemon", feature = "cli", feature = "tui"))]
use crate::root::Root;
use crate::root::{Node, Reader, State};
use crate::snapshot::{Snapshot, Trip, TripKind};

const PLACES: [&str; 2] = ["sys/class/thermal", "sys/devices/virtual/thermal"];
/// More zones and cooling devices than any board has; what is beyond would cost a file each.
const MOST: usize = 256;
/// A zone without power (R34, R35).
const OFF_MC: i64 = -256_000;

pub(super) struct Thermal {
    zones: Vec<Zone>,
    cooling: Vec<Device>,
}

struct Zone {
    name: String,
    temp: Node,
    trips: Vec<Trip>,
}

struct Device {
    name: String,
    state_node: Node,
    state: Option<u32>,
    max: Option<u32>,
    /// It throttles the board: read each time.
    alert: bool,
}

impl Thermal {
    pub(super) fn new() -> Thermal {
        Thermal { zones: Vec::new(), cooling: Vec::new() }
    }
}

impl Collector for Thermal {
    fn about(&self) -> (&'static str, &'static str) {
        ("thermal", "/sys/class/thermal")
    }

    fn probe(&mut self, reader: &mut Reader) {
        let root = &reader.root;
        self.zones.clear();
        self.cooling.clear();
        let Some(place) = PLACES.into_iter().find(|place| root.has(place)) else { return };
        for entry in root.names(place).into_iter().take(MOST) {
            let directory = format!("{place}/{entry}");
            let Some(kind) = root.text(&format!("{directory}/type")) else { continue };
            if entry.starts_with("thermal_zone") {
                let name = unique(self.zones.iter().map(|zone| zone.name.as_str()), short(&kind));
                let temp = Node::new(format!("{directory}/temp"));
                self.zones.push(Zone { name, temp, trips: trips(reader, &directory) });
            } else if entry.starts_with("cooling_device") {
                let name = unique(self.cooling.iter().map(|device| device.name.as_str()), &kind);
                let max =
                    root.number(&format!("{directory}/max_state")).and_then(|max| u32::try_from(max).ok());
                let state_node = Node::new(format!("{directory}/cur_state"));
                self.cooling.push(Device {
                    alert: name.contains("-alert"),
                    name,
                    state_node,
                    state: None,
                    max,
                });
            }
        }
    }

    fn refresh(&mut self, reader: &mut Reader) {
        for device in self.cooling.iter_mut().filter(|device| !device.alert) {
            device.state = reader.small(&mut device.state_node);
        }
    }

    fn read(&mut self, reader: &mut Reader, into: &mut Snapshot) {
        for zone in &mut self.zones {
            let read = reader.number(&mut zone.temp);
            let Some(now_mc) = read.and_then(|mc| reading(&zone.name, mc)) else {
                if read.is_some() || matches!(zone.temp.state(), State::Off | State::Failing) {
                    into.temps_off.entry(&zone.name);
                }
                continue;
            };
            let temp = into.temps.entry(&zone.name);
            temp.now_mc = now_mc;
            temp.trips.extend_from_slice(&zone.trips);
        }
        for device in &mut self.cooling {
            if device.alert {
                device.state = reader.small(&mut device.state_node);
            }
            if let Some(state) = device.state {
                let entry = into.cooling.entry(&device.name);
                (entry.state, entry.max) = (state, device.max);
            }
        }
    }
}

/// The zones as they are now, by name, once: milli-degrees Celsius, `None` for a zone that is off or
/// does not answer.
#[cfg(any(feature = "daemon", feature = "cli", feature = "tui"))]
pub(crate) fn zones(root: &Root) -> Vec<(String, Option<i32>)> {
    let Some(place) = PLACES.into_iter().find(|place| root.has(place)) else { return Vec::new() };
    let mut zones: Vec<(String, Option<i32>)> = Vec::new();
    for entry in root.names(place).into_iter().filter(|name| name.starts_with("thermal_zone")).take(MOST) {
        let directory = [place, "/", &entry].concat();
        let Some(kind) = root.text(&[&directory, "/type"].concat()) else { continue };
        let name = unique(zones.iter().map(|zone| zone.0.as_str()), short(&kind));
        let mc = root.number(&[&directory, "/temp"].concat()).and_then(|mc| reading(&name, mc));
        zones.push((name, mc));
    }
    zones
}

/// A temperature, unless it is what a zone without power says.
fn reading(name: &str, mc: i64) -> Option<i32> {
    let gated = |prefix: &str| name.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
    let off = mc <= OFF_MC || (mc == 0 && (gated("cv") || gated("gpu")));
    i32::try_from(mc).ok().filter(|mc| !off && *mc < 1_000_000)
}

/// A zone's type up to its first dash or underscore, as tegrastats prints it.
fn short(kind: &str) -> &str {
    kind.split(['-', '_']).next().filter(|name| !name.is_empty()).unwrap_or(kind)
}

/// The name, with `#2`, `#3`... behind it when others have it.
pub(super) fn unique<'a>(others: impl Iterator<Item = &'a str> + Clone, name: &str) -> String {
    let taken = |name: &str| others.clone().any(|other| other == name);
    let mut free = name.to_owned();
    let mut number = 2;
    while taken(&free) {
        free = format!("{name}#{number}");
        number += 1;
    }
    free
}

fn trips(reader: &Reader, directory: &str) -> Vec<Trip> {
    let root = &reader.root;
    let mut trips = Vec::new();
    for number in 0..32 {
        let Some(kind) = root.text(&format!("{directory}/trip_point_{number}_type")) else { break };
        let mc = root.number(&format!("{directory}/trip_point_{number}_temp"));
        let mc = mc.and_then(|mc| i32::try_from(mc).ok());
        trips.extend(TripKind::parse(&kind).zip(mc).map(|(kind, mc)| Trip { kind, mc }));
    }
    trips
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_names_of_zones() {
        for (kind, wanted) in [
            ("cpu-thermal", "cpu"),
            ("CPU-therm", "CPU"),
            ("Tboard_tegra", "Tboard"),
            ("PMIC-Die", "PMIC"),
            ("thermal-fan-est", "thermal"),
            ("soc012-thermal", "soc012"),
            ("iwlwifi_1", "iwlwifi"),
            ("acpitz", "acpitz"),
            ("-odd", "-odd"),
        ] {
            assert_eq!(short(kind), wanted);
        }
        assert_eq!(unique(["a", "a#2"].into_iter(), "a"), "a#3");
        assert_eq!(unique(["b"].into_iter(), "a"), "a");
    }

    #[test]
    fn ok_what_is_a_reading() {
        for (name, mc, wanted) in [
            ("cpu", 45_250, Some(45_250)),
            ("cpu", -5_000, Some(-5_000)),
            ("cpu", 0, Some(0)),
            ("cv0", 0, None),
            ("CV1", 0, None),
            ("GPU", 0, None),
            ("gpu", 100, Some(100)),
            ("GPU", -256_000, None),
            ("cpu", -300_000, None),
            ("tj", 5_000_000_000, None),
            ("tj", i64::MIN, None),
            ("é", 0, Some(0)),
        ] {
            assert_eq!(reading(name, mc), wanted, "{name} {mc}");
        }
    }

    #[test]
    fn ok_zones_without_end_are_bounded() {
        let path = std::env::temp_dir().join(format!("jetsonscope-zones-{}", std::process::id()));
        for number in 0..1000 {
            let zone = path.join(format!("sys/class/thermal/thermal_zone{number}"));
            std::fs::create_dir_all(&zone).unwrap();
            std::fs::write(zone.join("type"), "cpu-thermal").unwrap();
        }
        let mut thermal = Thermal::new();
        let root = crate::root::Root::at(&path);
        thermal.probe(&mut Reader::new(root, std::time::Instant::now()));
        assert_eq!(thermal.zones.len(), MOST);
        let _ = std::fs::remove_dir_all(&path);
    }
}
