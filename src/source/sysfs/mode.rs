//! The power mode and over-current events.

use super::Collector;
use super::hwmon;
use crate::board::nvpmodel;
use crate::root::{Node, Reader};
use crate::snapshot::{OverCurrentReason, PowerMode, Snapshot};

pub(super) struct Mode {
    modes: Vec<(u32, String)>,
    mode: PowerMode,
    events: Vec<Event>,
}

struct Event {
    name: String,
    count: Node,
    throttles: Node,
    throttles_now: Option<bool>,
    reason: OverCurrentReason,
}

impl Mode {
    pub(super) fn new() -> Mode {
        Mode { modes: Vec::new(), mode: PowerMode::default(), events: Vec::new() }
    }
}

impl Collector for Mode {
    fn about(&self) -> (&'static str, &'static str) {
        ("mode", "/etc/nvpmodel.conf, /var/lib/nvpmodel/status, /sys/class/hwmon: soctherm_oc")
    }

    fn probe(&mut self, reader: &mut Reader) {
        let root = &reader.root;
        let table = nvpmodel::read(root).unwrap_or_default();
        let table = nvpmodel::Table::parse(&table);
        self.modes = table.modes.iter().map(|mode| (mode.id, mode.name.to_owned())).collect();
        self.events.clear();
        let soc = root.read("proc/device-tree/compatible", 4096).unwrap_or_default();
        let sensors = hwmon::all(root);
        let Some(sensor) = sensors.iter().find(|sensor| sensor.name == "soctherm_oc") else { return };
        for number in 1..=6 {
            let file = |end: &str| format!("{}/oc{number}_{end}", sensor.path);
            if root.has(&file("event_cnt")) {
                self.events.push(Event {
                    name: format!("oc{number}"),
                    count: Node::new(file("event_cnt")),
                    throttles: Node::new(file("throt_en")),
                    throttles_now: None,
                    reason: reason(&soc, number),
                });
            }
        }
    }

    fn refresh(&mut self, reader: &mut Reader) {
        // The tool writes the file anew, so it is opened each time.
        let id = reader
            .once(nvpmodel::STATUS, |text| nvpmodel::parse_status(std::str::from_utf8(text).ok()?).mode);
        self.mode.id = id.flatten();
        self.mode.name.clear();
        if let Some((_, name)) = self.modes.iter().find(|(id, _)| Some(*id) == self.mode.id) {
            self.mode.name.push_str(name);
        }
        for event in &mut self.events {
            event.throttles_now = reader.small(&mut event.throttles).map(|on| on != 0);
        }
    }

    fn read(&mut self, reader: &mut Reader, into: &mut Snapshot) {
        into.power_mode.id = self.mode.id;
        into.power_mode.name.push_str(&self.mode.name);
        for event in &mut self.events {
            if let Some(count) = reader.unsigned(&mut event.count) {
                let entry = into.overcurrent.entry(&event.name);
                (entry.count, entry.reason, entry.throttles) = (count, event.reason, event.throttles_now);
            }
        }
    }
}

/// What the counters mean: on Orin under-voltage, mean and momentary current; on Xavier NX
/// critical current, under-voltage, warning current. NVIDIA documents no other chip.
fn reason(compatible: &[u8], number: u32) -> OverCurrentReason {
    use OverCurrentReason::*;
    let is = |soc: &[u8]| compatible.windows(soc.len()).any(|window| window == soc);
    match number {
        1 if is(b"tegra234") => UnderVoltage,
        2 if is(b"tegra234") => Average,
        3 if is(b"tegra234") => Instantaneous,
        1 if is(b"p3668") => Critical,
        2 if is(b"p3668") => UnderVoltage,
        3 if is(b"p3668") => Warning,
        _ => Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_reasons() {
        for (compatible, number, wanted) in [
            ("nvidia,p3767-0003\0nvidia,tegra234\0", 1, "undervoltage"),
            ("nvidia,p3767-0003\0nvidia,tegra234\0", 3, "instantaneous_overcurrent"),
            ("nvidia,p3668-0000\0nvidia,tegra194\0", 1, "critical_overcurrent"),
            ("nvidia,p2888-0001\0nvidia,tegra194\0", 1, "unknown"),
            ("nvidia,p3834-0008\0nvidia,tegra264\0", 1, "unknown"),
            ("nvidia,tegra234", 4, "unknown"),
            ("", 1, "unknown"),
        ] {
            assert_eq!(reason(compatible.as_bytes(), number).name(), wanted, "{compatible} {number}");
        }
    }
}
