//! Power rails: the INA3221 and INA238 monitors of module and carrier.
//!
//! Up to L4T R32 the vendor's IIO driver names the rails and computes power; from R34 on it is the
//! kernel's hwmon driver, which gives millivolts and milliamperes. Channels named `NC` are open,
//! and those behind the third are sums of shunt voltages, which are no rail.

use super::Collector;
use super::hwmon;
use super::thermal::unique;
use crate::root::{Node, Reader, Root};
use crate::snapshot::Snapshot;

const IIO: &str = "sys/bus/i2c/drivers/ina3221x";

pub(super) struct Power {
    rails: Vec<Channel>,
}

/// One channel of a monitor.
struct Channel {
    name: String,
    voltage: Node,
    current: Node,
    /// Where the driver gives power itself, and in how many parts of a milliwatt.
    power: Option<(Node, i64)>,
    warn: Option<Node>,
    critical: Option<Node>,
    alarms: Vec<Node>,
    warn_ma: Option<i32>,
    critical_ma: Option<i32>,
    alarm: Option<bool>,
}

impl Power {
    pub(super) fn new() -> Power {
        Power { rails: Vec::new() }
    }
}

impl Collector for Power {
    fn about(&self) -> (&'static str, &'static str) {
        ("power", "/sys/bus/i2c: ina3221, ina3221x, ina238")
    }

    fn probe(&mut self, reader: &mut Reader) {
        let root = &reader.root;
        self.rails.clear();
        for sensor in hwmon::all(root) {
            match sensor.name.as_str() {
                "ina3221" => (1..=3).for_each(|channel| self.add_ina3221(root, &sensor.path, channel)),
                "ina238" => self.add_ina238(root, &sensor.path),
                _ => {}
            }
        }
        for device in root.names(IIO).into_iter().filter(|name| name.contains('-')) {
            for entry in root.names(&format!("{IIO}/{device}")).iter().filter(|name| name.starts_with("iio:"))
            {
                (0..=2).for_each(|channel| self.add_iio(root, &format!("{IIO}/{device}/{entry}"), channel));
            }
        }
    }

    fn refresh(&mut self, reader: &mut Reader) {
        for rail in &mut self.rails {
            rail.warn_ma = rail.warn.as_mut().and_then(|node| milli(reader, node));
            rail.critical_ma = rail.critical.as_mut().and_then(|node| milli(reader, node));
            rail.alarm = None;
            for node in &mut rail.alarms {
                if let Some(alarm) = reader.small(node) {
                    rail.alarm = Some(rail.alarm.unwrap_or(false) || alarm != 0);
                }
            }
        }
    }

    fn read(&mut self, reader: &mut Reader, into: &mut Snapshot) {
        for rail in &mut self.rails {
            let (mv, ma) = (milli(reader, &mut rail.voltage), milli(reader, &mut rail.current));
            let product =
                mv.zip(ma).and_then(|(mv, ma)| i32::try_from(i64::from(mv) * i64::from(ma) / 1000).ok());
            let now_mw = match &mut rail.power {
                Some((node, parts)) => {
                    reader.number(node).and_then(|power| i32::try_from(power / *parts).ok()).or(product)
                }
                None => product,
            };
            let Some(now_mw) = now_mw else { continue };
            let entry = into.rails.entry(&rail.name);
            (entry.now_mw, entry.avg_mw, entry.mv, entry.ma) = (now_mw, now_mw, mv, ma);
            (entry.warn_ma, entry.critical_ma, entry.alarm) = (rail.warn_ma, rail.critical_ma, rail.alarm);
        }
    }
}

fn milli(reader: &mut Reader, node: &mut Node) -> Option<i32> {
    i32::try_from(reader.number(node)?).ok()
}

impl Power {
    fn add_ina3221(&mut self, root: &Root, path: &str, n: u32) {
        let label = root.text(&format!("{path}/in{n}_label"));
        let Some(label) = label.filter(|label| label != "NC" && !label.starts_with("sum of")) else { return };
        let file = |file: String| format!("{path}/{file}");
        let there = |name: String| Some(file(name)).filter(|path| root.has(path)).map(Node::new);
        let alarms = [format!("curr{n}_max_alarm"), format!("curr{n}_crit_alarm")];
        self.add(Channel {
            name: label,
            voltage: Node::new(file(format!("in{n}_input"))),
            current: Node::new(file(format!("curr{n}_input"))),
            power: None,
            warn: there(format!("curr{n}_max")),
            critical: there(format!("curr{n}_crit")),
            alarms: alarms.into_iter().filter_map(there).collect(),
            warn_ma: None,
            critical_ma: None,
            alarm: None,
        });
    }

    /// The monitor of Thor's input; its power is in microwatts.
    fn add_ina238(&mut self, root: &Root, path: &str) {
        let file = |name: &str| format!("{path}/{name}");
        let alarms = ["power1_max_alarm", "curr1_max_alarm"].map(file);
        let label = ["power1_label", "in1_label"].iter().find_map(|name| root.text(&file(name)));
        self.add(Channel {
            name: label.unwrap_or_else(|| "VIN".to_owned()),
            voltage: Node::new(file("in1_input")),
            current: Node::new(file("curr1_input")),
            power: Some((Node::new(file("power1_input")), 1000)),
            warn: None,
            critical: None,
            alarms: alarms.into_iter().filter(|path| root.has(path)).map(Node::new).collect(),
            warn_ma: None,
            critical_ma: None,
            alarm: None,
        });
    }

    fn add_iio(&mut self, root: &Root, path: &str, n: u32) {
        let name = root.text(&format!("{path}/rail_name_{n}"));
        let Some(name) = name.filter(|name| name != "NC") else { return };
        let file = |file: String| format!("{path}/{file}");
        let there = |name: String| Some(file(name)).filter(|path| root.has(path)).map(Node::new);
        self.add(Channel {
            name,
            voltage: Node::new(file(format!("in_voltage{n}_input"))),
            current: Node::new(file(format!("in_current{n}_input"))),
            power: there(format!("in_power{n}_input")).map(|node| (node, 1)),
            warn: there(format!("warn_current_limit_{n}")),
            critical: there(format!("crit_current_limit_{n}")),
            alarms: Vec::new(),
            warn_ma: None,
            critical_ma: None,
            alarm: None,
        });
    }

    fn add(&mut self, channel: Channel) {
        let name = unique(self.rails.iter().map(|rail| rail.name.as_str()), &channel.name);
        self.rails.push(Channel { name, ..channel });
    }
}
