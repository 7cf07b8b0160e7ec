//! Reads the members of the object `data` that the original did not have: the way back of what
//! `added` writes, so that a snapshot shows the same wherever it was read. A member of the wrong
//! kind is an error; one that is missing, or not known, is passed over. What follows from other
//! values (total power, a fan's share, load and clock of the memory controller) is not read.

use super::message::{khz, list, members as of, optional, per_mille, read_texts, signed, small, text};
use super::message::{scaled, thousandths, unsigned};
use super::{Error, Value};
use crate::recycled::{Recycle, Recycled};
use crate::snapshot::{
    Area, BlockDevice, Cluster, Cooling, Drive, Emc, Fan, FanOwner, FileSystem, Gpu, Interface, OverCurrent,
    OverCurrentReason, Pinned, Rail, Ram, Snapshot, Trip, TripKind, Zram,
};

type Read<T = ()> = Result<T, Error>;

/// All of them.
pub(super) fn members(data: &Value, s: &mut Snapshot) -> Read {
    each(data, "clusters", &mut s.clusters, cluster)?;
    each(data, "gpus", &mut s.gpus, gpu)?;
    each(data, "fans", &mut s.fans, fan)?;
    each(data, "cooling", &mut s.cooling, cooling)?;
    each(data, "overcurrent", &mut s.overcurrent, overcurrent)?;
    each(data, "zram", &mut s.zram, zram)?;
    each(data, "disks", &mut s.file_systems, file_system)?;
    each(data, "block_io", &mut s.block_devices, block_device)?;
    each(data, "drives", &mut s.drives, drive)?;
    each(data, "network", &mut s.interfaces, interface)?;
    for value in list(data, "swaps")? {
        area(value, s.swap_areas.add())?;
    }
    cores(data, s)?;
    trips(data, s)?;
    board(data, s)
}

/// Fills a list from the members of the map `name`.
fn each<T: Recycle>(
    data: &Value,
    name: &'static str,
    into: &mut Recycled<T>,
    read: fn(&Value, &mut T) -> Read,
) -> Read {
    for (name, value) in of(data, name)? {
        let entry = into.add();
        entry.name_mut().push_str(name);
        read(value, entry)?;
    }
    Ok(())
}

fn clock(value: &Value, name: &'static str) -> Read<Option<u32>> {
    optional(value, name, khz)
}

fn count(value: &Value, name: &'static str) -> Read<Option<u32>> {
    optional(value, name, small)
}

fn milli(value: &Value, name: &'static str) -> Read<Option<i32>> {
    optional(value, name, signed)
}

fn bytes(value: &Value, name: &'static str) -> Read<Option<u64>> {
    optional(value, name, unsigned)
}

/// Bytes that are always written.
fn all_bytes(value: &Value, name: &'static str) -> Read<u64> {
    bytes(value, name)?.ok_or(Error::Member(name))
}

fn flag(value: &Value, name: &'static str) -> Read<Option<bool>> {
    optional(value, name, |value| match value {
        Value::Bool(value) => Some(*value),
        _ => None,
    })
}

/// What the original's parts have beside its own members: cores, RAM, rails.
fn cores(data: &Value, s: &mut Snapshot) -> Read {
    for (core, value) in s.cpus.iter_mut().zip(list(data, "cpus")?) {
        core.unread = flag(value, "unread")? == Some(true);
        core.online = flag(value, "online")?;
        let cluster = text(value, "cluster")?;
        let place = s.clusters.iter().position(|other| !cluster.is_empty() && other.name == cluster);
        core.cluster = place.and_then(|place| u16::try_from(place).ok());
    }
    if let Some(ram) = data.member("ram") {
        s.ram_parts = Ram {
            free_bytes: bytes(ram, "free_bytes")?,
            available_bytes: bytes(ram, "available_bytes")?,
            buffers_bytes: bytes(ram, "buffers_bytes")?,
            cached_bytes: bytes(ram, "cached_bytes")?,
            shared_bytes: bytes(ram, "shared_bytes")?,
            gpu_bytes: bytes(ram, "gpu_bytes")?,
        };
    }
    Ok(())
}

/// What a rail has beside its power.
pub(super) fn rail(value: &Value, rail: &mut Rail) -> Read {
    rail.mv = milli(value, "voltage_mv")?;
    rail.ma = milli(value, "current_ma")?;
    rail.warn_ma = milli(value, "warn_ma")?;
    rail.critical_ma = milli(value, "critical_ma")?;
    rail.alarm = flag(value, "alarm")?;
    rail.energy_mj = optional(value, "energy_mj", |value| match value {
        Value::Int(value) => Some(*value),
        _ => None,
    })?;
    Ok(())
}

/// What the board has once.
fn board(data: &Value, s: &mut Snapshot) -> Read {
    if let Some(emc) = data.member("emc") {
        s.emc = Emc {
            min_khz: clock(emc, "min_mhz")?,
            max_khz: clock(emc, "max_mhz")?,
            cap_khz: clock(emc, "cap_mhz")?,
            locked: flag(emc, "locked")?,
        };
    }
    if let Some(mode) = data.member("nvpmodel") {
        s.power_mode.id = count(mode, "id")?;
        s.power_mode.name.push_str(text(mode, "name")?);
    }
    if let Some(clocks) = data.member("jetson_clocks") {
        s.pinned = Pinned::parse(text(clocks, "state")?);
        read_texts(clocks, "differs", &mut s.unpinned)?;
    }
    let positive = |value: &Value, scale| u64::try_from(scaled(value, scale)?).ok();
    s.uptime_ms = optional(data, "uptime_s", |value| positive(value, 1000))?;
    s.load_average = optional(data, "load_average", |value| {
        let Value::List(loads) = value else { return None };
        let [one, five, fifteen] = loads.as_slice() else { return None };
        let load = |value| u32::try_from(positive(value, 100)?).ok();
        Some([load(one)?, load(five)?, load(fifteen)?])
    })?;
    Ok(())
}

fn trips(data: &Value, s: &mut Snapshot) -> Read {
    const WRONG: Error = Error::Member("trips");
    for (zone, value) in of(data, "trips")? {
        let Value::List(values) = value else { return Err(WRONG) };
        let Some(temp) = s.temps.iter_mut().find(|temp| temp.name == *zone) else { continue };
        for value in values {
            let mc = value.member("celsius").and_then(thousandths).ok_or(WRONG)?;
            // A kind that a later version has is passed over.
            temp.trips.extend(TripKind::parse(text(value, "kind")?).map(|kind| Trip { kind, mc }));
        }
    }
    Ok(())
}

fn cluster(value: &Value, c: &mut Cluster) -> Read {
    for core in list(value, "cores")? {
        let core = small(core).and_then(|core| u16::try_from(core).ok());
        c.cores.push(core.ok_or(Error::Member("cores"))?);
    }
    c.freq_khz = clock(value, "freq_mhz")?;
    c.min_khz = clock(value, "min_mhz")?;
    c.max_khz = clock(value, "max_mhz")?;
    c.hardware_min_khz = clock(value, "hardware_min_mhz")?;
    c.hardware_max_khz = clock(value, "hardware_max_mhz")?;
    c.governor.push_str(text(value, "governor")?);
    Ok(())
}

fn gpu(value: &Value, g: &mut Gpu) -> Read {
    g.load_pm = optional(value, "load_percent", per_mille)?;
    g.freq_khz = clock(value, "freq_mhz")?;
    g.min_khz = clock(value, "min_mhz")?;
    g.max_khz = clock(value, "max_mhz")?;
    g.hardware_max_khz = clock(value, "hardware_max_mhz")?;
    g.governor.push_str(text(value, "governor")?);
    g.railgate = flag(value, "railgate")?;
    g.scaling_3d = flag(value, "scaling_3d")?;
    g.power_control.push_str(text(value, "power_control")?);
    g.tpc_pg_mask = count(value, "tpc_pg_mask")?;
    g.fbp_pg_mask = count(value, "fbp_pg_mask")?;
    Ok(())
}

fn fan(value: &Value, f: &mut Fan) -> Read {
    f.pwm = count(value, "pwm")?;
    f.rpm = count(value, "rpm")?;
    f.owner = FanOwner::parse(text(value, "owner")?);
    f.profile.push_str(text(value, "profile")?);
    Ok(())
}

fn cooling(value: &Value, c: &mut Cooling) -> Read {
    c.state = count(value, "state")?.ok_or(Error::Member("state"))?;
    c.max = count(value, "max")?;
    Ok(())
}

fn overcurrent(value: &Value, event: &mut OverCurrent) -> Read {
    event.count = all_bytes(value, "count")?;
    event.reason = OverCurrentReason::parse(text(value, "reason")?);
    event.throttles = flag(value, "throttles")?;
    Ok(())
}

fn zram(value: &Value, z: &mut Zram) -> Read {
    z.size_bytes = bytes(value, "size_bytes")?;
    z.stored_bytes = all_bytes(value, "stored_bytes")?;
    z.compressed_bytes = all_bytes(value, "compressed_bytes")?;
    z.memory_bytes = all_bytes(value, "memory_bytes")?;
    Ok(())
}

fn file_system(value: &Value, f: &mut FileSystem) -> Read {
    f.total_bytes = all_bytes(value, "total_bytes")?;
    f.used_bytes = all_bytes(value, "used_bytes")?;
    f.available_bytes = all_bytes(value, "available_bytes")?;
    Ok(())
}

fn block_device(value: &Value, d: &mut BlockDevice) -> Read {
    d.read_bytes = all_bytes(value, "read_bytes")?;
    d.written_bytes = all_bytes(value, "written_bytes")?;
    d.read_rate = bytes(value, "read_bytes_per_s")?;
    d.write_rate = bytes(value, "written_bytes_per_s")?;
    Ok(())
}

fn drive(value: &Value, drive: &mut Drive) -> Read {
    drive.temp_mc = thousandths(value).ok_or(Error::Member("drives"))?;
    Ok(())
}

fn interface(value: &Value, i: &mut Interface) -> Read {
    i.rx_bytes = all_bytes(value, "rx_bytes")?;
    i.tx_bytes = all_bytes(value, "tx_bytes")?;
    i.rx_rate = bytes(value, "rx_bytes_per_s")?;
    i.tx_rate = bytes(value, "tx_bytes_per_s")?;
    for address in list(value, "addresses")? {
        let Value::Text(address) = address else { return Err(Error::Member("addresses")) };
        let between = if i.addresses.is_empty() { "" } else { " " };
        i.addresses.extend([between, address]);
    }
    Ok(())
}

fn area(value: &Value, area: &mut Area) -> Read {
    area.name.push_str(text(value, "name")?);
    area.kind.push_str(text(value, "kind")?);
    area.size_bytes = all_bytes(value, "size_bytes")?;
    area.used_bytes = all_bytes(value, "used_bytes")?;
    area.priority = milli(value, "priority")?.unwrap_or(0);
    Ok(())
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
