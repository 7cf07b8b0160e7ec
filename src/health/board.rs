//! What a sample says of the board.

use super::{Level, Verdict, limit, verdict};
use crate::order;
use crate::snapshot::{Fan, FileSystem, Snapshot, Temp, TripKind};
use crate::view::unit::{celsius, of_memory, percent};

/// The share of a whole, per mille; `None` of nothing.
fn share_pm(part: u64, whole: u64) -> Option<u32> {
    u32::try_from(part.saturating_mul(1000).checked_div(whole)?).ok()
}

/// The levels of something that is bad when there is much of it.
fn above(value: u32, warn: u32, fail: u32) -> Level {
    match value {
        _ if value > fail => Level::Fail,
        _ if value > warn => Level::Warn,
        _ => Level::Ok,
    }
}

/// The temperature at which a zone is no longer well: where clocks are lowered, or just below where
/// the board is shut down.
pub(crate) fn limit_mc(temp: &Temp) -> Option<i32> {
    let limits = temp.trips.iter().filter_map(|trip| match trip.kind {
        TripKind::Passive | TripKind::Hot if trip.mc >= limit::LOWEST_TRIP_MC => Some(trip.mc),
        TripKind::Critical if trip.mc > 0 => Some(trip.mc.saturating_sub(limit::BEFORE_SHUTDOWN_MC)),
        _ => None,
    });
    limits.min()
}

/// Warns near a zone's limit, fails at it.
pub(crate) fn temperature(s: &Snapshot) -> Verdict {
    let Some((hottest, hottest_mc)) = s.hottest() else { return verdict(Level::Skip, "no temperature") };
    let left = |temp: &Temp| Some(limit_mc(temp)?.saturating_sub(temp.reading_mc()?));
    let zones = s.temps.iter().filter_map(|temp| Some((temp, left(temp)?)));
    let Some((temp, left_mc)) = zones.min_by_key(|(_, left_mc)| *left_mc) else {
        let text = ["no limit is known; hottest ", hottest, " ", &celsius(hottest_mc)];
        return (Level::Skip, text.concat());
    };
    let limit_mc = limit_mc(temp).unwrap_or_default();
    let level = match left_mc {
        ..=0 => Level::Fail,
        1..=limit::NEAR_MC => Level::Warn,
        _ => Level::Ok,
    };
    (level, [&temp.name, " ", &celsius(temp.now_mc), ", limit ", &celsius(limit_mc)].concat())
}

/// Warns while a device of the kernel lowers clocks.
pub(crate) fn throttling(s: &Snapshot) -> Verdict {
    let mut devices = s.cooling.iter().filter(|device| device.throttles()).peekable();
    if devices.peek().is_none() {
        return verdict(Level::Skip, "no throttle alerts");
    }
    let acting: Vec<_> = devices
        .filter(|device| device.state > 0)
        .map(|device| [&device.name, " ", &device.state.to_string()].concat())
        .collect();
    match acting.is_empty() {
        true => verdict(Level::Ok, "none"),
        false => (Level::Warn, acting.join(", ")),
    }
}

/// Warns, then fails when there is little RAM to be had.
pub(crate) fn memory(s: &Snapshot) -> Verdict {
    let Some(ram) = s.ram else { return verdict(Level::Skip, "not known") };
    let available = s.ram_parts.available_bytes.unwrap_or(ram.total_bytes.saturating_sub(ram.used_bytes));
    let Some(available_pm) = share_pm(available, ram.total_bytes) else {
        return verdict(Level::Skip, "not known");
    };
    let level = match available_pm {
        ..limit::MEMORY_FAIL_PM => Level::Fail,
        limit::MEMORY_FAIL_PM..limit::MEMORY_WARN_PM => Level::Warn,
        _ => Level::Ok,
    };
    (level, [&percent(available_pm), " available, ", &of_memory(available, ram.total_bytes)].concat())
}

/// Warns when much of it is in use.
pub(crate) fn swap(s: &Snapshot) -> Verdict {
    let Some(swap) = s.swap.map(|swap| swap.memory).filter(|swap| swap.total_bytes > 0) else {
        return verdict(Level::Skip, "none is on");
    };
    let used_pm = share_pm(swap.used_bytes, swap.total_bytes).unwrap_or_default();
    let text = [&percent(used_pm), " used, ", &of_memory(swap.used_bytes, swap.total_bytes)].concat();
    (above(used_pm, limit::SWAP_WARN_PM, u32::MAX), text)
}

/// Use as df counts it: what is kept for root is neither used nor to be had.
fn used_pm(disk: &FileSystem) -> Option<u32> {
    share_pm(disk.used_bytes, disk.used_bytes.saturating_add(disk.available_bytes))
}

/// Warns, then fails when any file system is full.
pub(crate) fn disk(s: &Snapshot) -> Verdict {
    let disks = s.file_systems.iter().enumerate();
    let mut full: Vec<_> = disks.filter_map(|(at, disk)| Some((disk, used_pm(disk)?, at))).collect();
    order::sort(&mut full, |(_, a, a_at), (_, b, b_at)| (b, a_at) < (a, b_at));
    let Some((_, highest, _)) = full.first() else { return verdict(Level::Skip, "no file system") };
    let level = above(*highest, limit::DISK_WARN_PM, limit::DISK_FAIL_PM);
    let shown =
        full.iter().enumerate().filter(|(at, (_, used_pm, _))| *at == 0 || *used_pm > limit::DISK_WARN_PM);
    let texts: Vec<_> = shown
        .map(|(_, (disk, used_pm, _))| [&disk.name, " ", &percent(*used_pm), " full"].concat())
        .collect();
    (level, texts.join(", "))
}

/// Told to turn, and stands still.
pub(crate) fn is_stalled(fan: &Fan) -> bool {
    fan.rpm == Some(0) && fan.duty_pm().is_some_and(|duty_pm| duty_pm > limit::FAN_TURNS_PM)
}

/// Fails when a fan that is told to turn stands still.
pub(crate) fn fan(s: &Snapshot) -> Verdict {
    let mut result: Option<Verdict> = None;
    for fan in s.fans.iter() {
        let (Some(duty_pm), Some(rpm)) = (fan.duty_pm(), fan.rpm) else { continue };
        let text = [&fan.name, " at ", &percent(duty_pm), ", ", &rpm.to_string(), " rpm"].concat();
        if is_stalled(fan) {
            return (Level::Fail, text + ": it stands still");
        }
        result.get_or_insert((Level::Ok, text));
    }
    let why = if s.fans.is_empty() { "no fan" } else { "its speed is not measured" };
    result.unwrap_or_else(|| verdict(Level::Skip, why))
}

/// Tells the power mode.
pub(crate) fn mode(s: &Snapshot) -> Verdict {
    let Some(id) = s.power_mode.id else { return verdict(Level::Skip, "not known") };
    let name = match s.power_mode.name.as_str() {
        "" => "not in the table",
        name => name,
    };
    let clocks = s.pinned.map_or(String::new(), |pinned| [", jetson_clocks ", pinned.name()].concat());
    (Level::Ok, [&id.to_string(), " ", name, &clocks].concat())
}
