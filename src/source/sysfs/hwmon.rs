//! Sensors of the kernel's hwmon class: where they are. Their numbers change from boot to boot,
//! so they are known by the text in their file `name`, and by the device that they belong to.

use crate::root::Root;

/// A sensor: its directory below the root, and its name.
pub(super) struct Sensor {
    /// Directory, relative to the root.
    pub(super) path: String,
    /// What its driver calls itself.
    pub(super) name: String,
}

/// More sensors than any board has.
const MOST: usize = 256;
/// Devices whose sensors are looked for, should the class directory not show them.
const DEVICES: [&str; 5] = [
    "sys/devices/platform/39c0000.tachometer",
    "sys/devices/platform/bus@0/39c0000.tachometer",
    "sys/devices/platform/pwm-fan",
    "sys/devices/platform/soctherm-oc-event",
    "sys/devices/platform/generic_pwm_tachometer",
];

/// All sensors: those on I2C first, in the order of their addresses.
pub(super) fn all(root: &Root) -> Vec<Sensor> {
    let mut sensors: Vec<Sensor> = Vec::new();
    let mut add = |place: &str| {
        for entry in root.names(place).into_iter().filter(|entry| entry.starts_with("hwmon")) {
            // One sensor is reached by several ways; its number is the same.
            let known = sensors.iter().any(|sensor| sensor.path.rsplit('/').next() == Some(&entry));
            let path = format!("{place}/{entry}");
            if sensors.len() >= MOST {
                return;
            }
            if let (false, Some(name)) = (known, root.text(&format!("{path}/name"))) {
                sensors.push(Sensor { path, name });
            }
        }
    };
    for device in root.names("sys/bus/i2c/devices") {
        add(&format!("sys/bus/i2c/devices/{device}/hwmon"));
    }
    add("sys/class/hwmon");
    for device in DEVICES {
        add(&format!("{device}/hwmon"));
    }
    sensors
}
