//! Fans: the `pwm-fan` device up to L4T R32, the hwmon sensor `pwmfan` from R34 on.
//!
//! From R34 on the service nvfancontrol sets the speed; whether it runs is seen by its control
//! group, without asking systemd.

use super::Collector;
use super::hwmon::{self, Sensor};
use super::thermal::unique;
use crate::board::fan as table;
use crate::root::{Node, Reader, Root};
use crate::snapshot::{FanOwner, Snapshot};

const OLD: &str = "sys/devices/pwm-fan";
/// Where control groups of services are, and the one of the fan's service: unified, hybrid and old
/// hierarchies.
const GROUPS: [(&str, &str); 3] = [
    ("sys/fs/cgroup/system.slice", "sys/fs/cgroup/system.slice/nvfancontrol.service"),
    ("sys/fs/cgroup/unified/system.slice", "sys/fs/cgroup/unified/system.slice/nvfancontrol.service"),
    ("sys/fs/cgroup/systemd/system.slice", "sys/fs/cgroup/systemd/system.slice/nvfancontrol.service"),
];
/// The service's table.
pub(crate) const TABLE: &str = "etc/nvfancontrol.conf";
/// Most of the service's table that is read.
pub(crate) const LARGEST: u64 = 64 * 1024;
/// The service's state.
pub(crate) const STATUS: &str = "var/lib/nvfancontrol/status";

/// Where a fan is; all paths are below the root.
pub(crate) struct Place {
    /// As the kernel names it, with `#2` behind it when another one has that name.
    pub(crate) name: String,
    /// What tells its duty, 0 to 255.
    pub(crate) pwm: String,
    /// What sets its duty.
    #[cfg_attr(not(any(feature = "daemon", feature = "cli", feature = "tui")), allow(dead_code))]
    pub(crate) target: String,
    /// `temp_control` (1 is the kernel's) or `pwm1_enable` (1 is manual, more is automatic).
    pub(crate) mode: String,
    /// What tells its rotations a minute.
    pub(crate) rpm: Option<String>,
    /// It is the device of releases up to R32.
    pub(crate) old: bool,
}

/// The fans of a board.
pub(crate) fn places(root: &Root) -> Vec<Place> {
    let sensors = hwmon::all(root);
    if root.has(&format!("{OLD}/cur_pwm")) {
        let own = format!("{OLD}/rpm_measured");
        let rpm = root.has(&own).then_some(own);
        return vec![Place {
            name: "pwm-fan".to_owned(),
            pwm: format!("{OLD}/cur_pwm"),
            target: format!("{OLD}/target_pwm"),
            mode: format!("{OLD}/temp_control"),
            rpm: rpm.or_else(|| sensors.iter().find_map(|sensor| tachometer(root, sensor))),
            old: true,
        }];
    }
    let mut places: Vec<Place> = Vec::new();
    let mut tachometers = sensors.iter().filter_map(|sensor| tachometer(root, sensor));
    for sensor in sensors.iter().filter(|sensor| sensor.name == "pwmfan") {
        let own = format!("{}/fan1_input", sensor.path);
        let own = root.has(&own).then_some(own);
        let pwm = format!("{}/pwm1", sensor.path);
        places.push(Place {
            name: unique(places.iter().map(|fan| fan.name.as_str()), &sensor.name),
            target: pwm.clone(),
            pwm,
            mode: format!("{}/pwm1_enable", sensor.path),
            rpm: own.or_else(|| tachometers.next()),
            old: false,
        });
    }
    places
}

pub(super) struct Fans {
    fans: Vec<Device>,
    /// The service's table is there, and the profile at start that it names.
    has_table: bool,
    default_profile: String,
}

struct Device {
    name: String,
    pwm: Node,
    rpm: Option<Node>,
    /// `temp_control` (1 is the kernel's) or `pwm1_enable` (1 is manual, more is automatic).
    mode: Node,
    old: bool,
    owner: FanOwner,
    profile: String,
}

impl Fans {
    pub(super) fn new() -> Fans {
        Fans { fans: Vec::new(), has_table: false, default_profile: String::new() }
    }
}

impl Collector for Fans {
    fn about(&self) -> (&'static str, &'static str) {
        ("fan", "/sys/class/hwmon: pwmfan, /sys/devices/pwm-fan")
    }

    fn probe(&mut self, reader: &mut Reader) {
        let root = &reader.root;
        let places = places(root);
        let text = if places.iter().any(|fan| fan.old) { None } else { root.read(TABLE, LARGEST).ok() };
        self.has_table = text.is_some();
        let text = text.unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let profile = table::parse(&text).fans.first().and_then(|fan| fan.default_profile);
        self.default_profile = profile.unwrap_or_default().to_owned();
        self.fans = places.into_iter().map(Device::new).collect();
    }

    fn refresh(&mut self, reader: &mut Reader) {
        for fan in &mut self.fans {
            let mode = reader.small(&mut fan.mode);
            fan.owner = if fan.old { old_owner(mode) } else { owner(&reader.root, mode, self.has_table) };
            if !fan.old {
                fan.profile.clear();
                let own = reader.once(STATUS, |text| {
                    let profile =
                        std::str::from_utf8(text).ok().and_then(|text| table::parse_status(text).profile);
                    profile.map(|profile| fan.profile.push_str(profile)).is_some()
                });
                if own != Some(true) {
                    fan.profile.push_str(&self.default_profile);
                }
            }
        }
    }

    fn read(&mut self, reader: &mut Reader, into: &mut Snapshot) {
        for fan in &mut self.fans {
            let pwm = reader.small(&mut fan.pwm).filter(|&pwm| pwm <= 255);
            let rpm = fan.rpm.as_mut().and_then(|node| reader.small(node));
            if pwm.is_none() && rpm.is_none() {
                continue;
            }
            let entry = into.fans.entry(&fan.name);
            (entry.pwm, entry.rpm, entry.owner) = (pwm, rpm, fan.owner);
            entry.profile.push_str(&fan.profile);
        }
    }
}

impl Device {
    fn new(place: Place) -> Device {
        Device {
            name: place.name,
            pwm: Node::new(place.pwm),
            rpm: place.rpm.map(Node::new),
            mode: Node::new(place.mode),
            old: place.old,
            owner: FanOwner::Unknown,
            profile: String::new(),
        }
    }
}

/// The speed file of a sensor that is nothing but a tachometer.
fn tachometer(root: &Root, sensor: &Sensor) -> Option<String> {
    let tachometer = sensor.name.contains("tach");
    let files = ["rpm", "fan1_input"].map(|file| format!("{}/{file}", sensor.path));
    files.into_iter().find(|path| tachometer && root.has(path))
}

/// Who sets the fan of releases up to R32, by its `temp_control`.
pub(crate) fn old_owner(temp_control: Option<u32>) -> FanOwner {
    match temp_control {
        Some(0) => FanOwner::Manual,
        Some(_) => FanOwner::Kernel,
        None => FanOwner::Unknown,
    }
}

/// The control group of the fan's service: where it is while the service runs. `Ok` when it is there;
/// `Err` with where it would be, when that is known.
pub(crate) fn group(root: &Root) -> Result<&'static str, Option<&'static str>> {
    let there = |directory: fn(&(&'static str, &'static str)) -> &'static str| {
        GROUPS.iter().find(|row| root.has(directory(row))).map(|(_, service)| *service)
    };
    there(|row| row.1).ok_or_else(|| there(|row| row.0))
}

/// Who sets a fan of later releases, by its `pwm1_enable` and whether the service's table is there.
pub(crate) fn owner(root: &Root, enable: Option<u32>, has_table: bool) -> FanOwner {
    let group = group(root);
    if group.is_ok() {
        return FanOwner::Nvfancontrol;
    }
    // Without its table the service cannot run; without any control group in sight, nobody can say.
    let stopped = (!has_table && root.has("etc")) || group != Err(None);
    match enable {
        Some(2..) => FanOwner::Kernel,
        Some(1) if stopped => FanOwner::Manual,
        None if stopped => FanOwner::Kernel,
        _ => FanOwner::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_owners() {
        for (mode, wanted) in [(Some(0), "manual"), (Some(1), "kernel"), (None, "unknown")] {
            assert_eq!(old_owner(mode).name(), wanted, "{mode:?}");
        }
        let nowhere = Root::at("/nonexistent");
        for (enable, wanted) in
            [(Some(0), "unknown"), (Some(1), "unknown"), (Some(2), "kernel"), (None, "unknown")]
        {
            assert_eq!(owner(&nowhere, enable, false).name(), wanted, "{enable:?}");
        }
    }
}
