//! What only the kernel's files tell, as rows of text.

use super::text::row;
use super::unit::{block, celsius, mhz, of_memory, or_dash, percent, rate, span};
use crate::snapshot::{Pinned, Snapshot};

/// The rows behind those that tegrastats has, too.
pub(super) fn rows(s: &Snapshot, text: &mut String) {
    clocks(s, text);
    cooling(s, text);
    system(s, text);
}

fn clocks(s: &Snapshot, text: &mut String) {
    if let Some(id) = s.power_mode.id {
        row(
            text,
            "power mode",
            format!(
                "{id} {}",
                if s.power_mode.name.is_empty() { "(not in the table)" } else { &s.power_mode.name }
            ),
        );
    }
    if let Some(pinned) = s.pinned {
        let names: Vec<&str> = s.unpinned.iter().map(String::as_str).collect();
        let not =
            if pinned == Pinned::Partial { format!(" (not: {})", names.join(", ")) } else { String::new() };
        row(text, "jetson_clocks", format!("{}{not}", pinned.name()));
    }
    for cluster in s.clusters.iter() {
        let range = format!("{} to {}", or_dash(cluster.min_khz.map(mhz)), or_dash(cluster.max_khz.map(mhz)));
        row(text, &cluster.name, format!("{range}, {}", governor(&cluster.governor)));
    }
    for gpu in s.gpus.iter() {
        let range = format!("{} to {}", or_dash(gpu.min_khz.map(mhz)), or_dash(gpu.max_khz.map(mhz)));
        row(text, &gpu.name, format!("{range}, {}", governor(&gpu.governor)));
    }
    if let Some(cap) = s.emc.cap_khz {
        row(text, "EMC cap", mhz(cap));
    }
}

fn governor(name: &str) -> &str {
    if name.is_empty() { "governor unknown" } else { name }
}

fn cooling(s: &Snapshot, text: &mut String) {
    for fan in s.fans.iter() {
        let duty = or_dash(fan.duty_pm().map(percent));
        let rpm = fan.rpm.map_or(String::new(), |rpm| format!(", {rpm} rpm"));
        let profile = if fan.profile.is_empty() { String::new() } else { format!(" ({})", fan.profile) };
        row(text, &fan.name, format!("{duty}{rpm}, {}{profile}", fan.owner.name()));
    }
    for device in s.cooling.iter().filter(|device| device.is_alert() && device.state > 0) {
        row(text, "THROTTLED", format!("{} {} of {}", device.name, device.state, or_dash(device.max)));
    }
    for event in s.overcurrent.iter().filter(|event| event.count > 0) {
        row(text, "over-current", format!("{} {} times: {}", event.name, event.count, event.reason.name()));
    }
    for rail in s.rails.iter().filter(|rail| rail.alarm == Some(true)) {
        row(text, "CURRENT ALARM", &rail.name);
    }
}

fn system(s: &Snapshot, text: &mut String) {
    if let Some(ms) = s.uptime_ms {
        let load = s.load_average.map_or(String::new(), |loads| {
            let loads = loads.map(|load| format!(" {}.{:02}", load / 100, load % 100));
            format!(", load{}", loads.concat())
        });
        row(text, "uptime", format!("{}{load}", span(u128::from(ms))));
    }
    for zram in s.zram.iter().filter(|zram| zram.stored_bytes > 0) {
        row(text, &zram.name, format!("{} stored in {}", block(zram.stored_bytes), block(zram.memory_bytes)));
    }
    for disk in s.file_systems.iter() {
        row(text, &disk.name, of_memory(disk.used_bytes, disk.total_bytes));
    }
    for device in s.block_devices.iter().filter(|device| device.read_rate.is_some()) {
        row(
            text,
            &device.name,
            format!("reads {}, writes {}", rate(device.read_rate), rate(device.write_rate)),
        );
    }
    for drive in s.drives.iter() {
        row(text, &format!("{} temp", drive.name), format!("{:>8}", celsius(drive.temp_mc)));
    }
    for interface in s.interfaces.iter().filter(|interface| interface.rx_bytes > 0 || interface.tx_bytes > 0)
    {
        let rates = format!("in {}, out {}", rate(interface.rx_rate), rate(interface.tx_rate));
        row(text, &interface.name, format!("{rates}  {}", interface.addresses));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_interfaces_that_moved_something() {
        for (rx, tx, shown) in [(0, 0, false), (0, 1, true), (1, 0, true), (u64::MAX, u64::MAX, true)] {
            let mut s = Snapshot::default();
            let interface = s.interfaces.entry("eth0");
            (interface.rx_bytes, interface.tx_bytes) = (rx, tx);
            let mut text = String::new();
            rows(&s, &mut text);
            assert_eq!(text.contains("eth0"), shown, "{rx} {tx}");
        }
    }
}
