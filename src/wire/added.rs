//! The members of the object `data` that the original did not have. Those without a value are
//! left out, so that a source that knows less sends less.

use std::borrow::Cow;

use super::Value;
use super::message::{Members, degrees, map, mhz, named, percent, texts};
use crate::snapshot::{Cluster, Emc, Fan, Gpu, Interface, Pinned, Ram, Snapshot, Temp};

/// Adds a member, unless it is null or empty.
fn add<'a>(to: &mut Members<'a>, name: &'static str, value: Value<'a>) {
    let empty = match &value {
        Value::Null => true,
        Value::Map(members) => members.is_empty(),
        Value::List(values) => values.is_empty(),
        Value::Text(text) => text.is_empty(),
        _ => false,
    };
    if !empty {
        to.push((Cow::Borrowed(name), value));
    }
}

/// A map of those of the members that have a value.
fn given<'a, const N: usize>(members: [(&'static str, Value<'a>); N]) -> Value<'a> {
    let mut to = Members::new();
    for (name, value) in members {
        add(&mut to, name, value);
    }
    Value::Map(to)
}

fn clock(khz: Option<u32>) -> Value<'static> {
    khz.map(mhz).into()
}

/// What RAM is used for: members of `ram`.
pub(super) fn ram<'a>(parts: &Ram, to: &mut Members<'a>) {
    for (name, bytes) in [
        ("free_bytes", parts.free_bytes),
        ("available_bytes", parts.available_bytes),
        ("buffers_bytes", parts.buffers_bytes),
        ("cached_bytes", parts.cached_bytes),
        ("shared_bytes", parts.shared_bytes),
        ("gpu_bytes", parts.gpu_bytes),
    ] {
        add(to, name, bytes.into());
    }
}

/// The members beside those of the original.
pub(super) fn members<'a>(s: &'a Snapshot, to: &mut Members<'a>) {
    hardware(s, to);
    add(to, "uptime_s", s.uptime_ms.map(|ms| Value::Float(ms as f64 / 1000.0)).into());
    let load =
        s.load_average.map(|loads| Value::List(loads.map(|l| Value::Float(f64::from(l) / 100.0)).into()));
    add(to, "load_average", load.into());
    add(to, "swaps", Value::List(s.swap_areas.iter().map(area).collect()));
    let zram = s.zram.iter().map(|z| {
        let sizes = [
            ("size_bytes", z.size_bytes.into()),
            ("stored_bytes", z.stored_bytes.into()),
            ("compressed_bytes", z.compressed_bytes.into()),
            ("memory_bytes", z.memory_bytes.into()),
        ];
        (&z.name, given(sizes))
    });
    add(to, "zram", named(zram));
    let disks = s.file_systems.iter().map(|f| {
        let sizes = [
            ("total_bytes", f.total_bytes.into()),
            ("used_bytes", f.used_bytes.into()),
            ("available_bytes", f.available_bytes.into()),
        ];
        (&f.name, map(sizes))
    });
    add(to, "disks", named(disks));
    let devices = s.block_devices.iter().map(|d| {
        let counts = [
            ("read_bytes", d.read_bytes.into()),
            ("written_bytes", d.written_bytes.into()),
            ("read_bytes_per_s", d.read_rate.into()),
            ("written_bytes_per_s", d.write_rate.into()),
        ];
        (&d.name, given(counts))
    });
    add(to, "block_io", named(devices));
    add(to, "drives", named(s.drives.iter().map(|drive| (&drive.name, degrees(drive.temp_mc)))));
    add(to, "network", named(s.interfaces.iter().map(|i| (&i.name, interface(i)))));
}

fn hardware<'a>(s: &'a Snapshot, to: &mut Members<'a>) {
    add(to, "clusters", named(s.clusters.iter().map(|c| (&c.name, cluster(c)))));
    add(to, "gpus", named(s.gpus.iter().map(|g| (&g.name, gpu(g)))));
    add(to, "emc", emc(s));
    let trips = s.temps.iter().filter(|temp| !temp.trips.is_empty());
    add(to, "trips", named(trips.map(|temp| (&temp.name, self::trips(temp)))));
    let total = s.total_mw().filter(|_| s.raw.is_empty() || s.rails.iter().any(|rail| rail.mv.is_some()));
    let total = total.map(|(name, mw)| map([("name", Value::text(name)), ("mw", Value::Int(mw))]));
    add(to, "total_power", total.into());
    add(to, "fans", named(s.fans.iter().map(|f| (&f.name, fan(f)))));
    let cooling =
        s.cooling.iter().map(|c| (&c.name, given([("state", c.state.into()), ("max", c.max.into())])));
    add(to, "cooling", named(cooling));
    let events = s.overcurrent.iter().map(|event| {
        let members = [
            ("count", event.count.into()),
            ("reason", Value::text(event.reason.name())),
            ("throttles", event.throttles.into()),
        ];
        (&event.name, given(members))
    });
    add(to, "overcurrent", named(events));
    add(
        to,
        "nvpmodel",
        s.power_mode
            .id
            .map(|id| {
                let name = &s.power_mode.name;
                let name = if name.is_empty() { Value::Null } else { Value::text(name) };
                map([("id", id.into()), ("name", name)])
            })
            .into(),
    );
    add(to, "jetson_clocks", s.pinned.map(|pinned| clocks(pinned, s)).into());
}

fn clocks(pinned: Pinned, s: &Snapshot) -> Value<'_> {
    given([("state", Value::text(pinned.name())), ("differs", texts(s.unpinned.iter()))])
}

fn cluster(c: &Cluster) -> Value<'_> {
    given([
        ("cores", Value::List(c.cores.iter().map(|&core| u32::from(core).into()).collect())),
        ("freq_mhz", clock(c.freq_khz)),
        ("min_mhz", clock(c.min_khz)),
        ("max_mhz", clock(c.max_khz)),
        ("hardware_min_mhz", clock(c.hardware_min_khz)),
        ("hardware_max_mhz", clock(c.hardware_max_khz)),
        ("governor", Value::text(&c.governor)),
    ])
}

fn gpu(g: &Gpu) -> Value<'_> {
    given([
        ("load_percent", g.load_pm.map(percent).into()),
        ("freq_mhz", clock(g.freq_khz)),
        ("min_mhz", clock(g.min_khz)),
        ("max_mhz", clock(g.max_khz)),
        ("hardware_max_mhz", clock(g.hardware_max_khz)),
        ("governor", Value::text(&g.governor)),
        ("railgate", g.railgate.into()),
        ("scaling_3d", g.scaling_3d.into()),
        ("power_control", Value::text(&g.power_control)),
        ("tpc_pg_mask", g.tpc_pg_mask.into()),
        ("fbp_pg_mask", g.fbp_pg_mask.into()),
    ])
}

/// Only a source that knows limits has this member; load and clock are those of the engine EMC.
fn emc(s: &Snapshot) -> Value<'_> {
    if s.emc == Emc::default() {
        return Value::Null;
    }
    let engine = s.engine("EMC");
    given([
        ("load_percent", engine.and_then(|emc| emc.load_pm).map(percent).into()),
        ("freq_mhz", clock(engine.and_then(|emc| emc.freq_khz))),
        ("min_mhz", clock(s.emc.min_khz)),
        ("max_mhz", clock(s.emc.max_khz)),
        ("cap_mhz", clock(s.emc.cap_khz)),
        ("locked", s.emc.locked.into()),
    ])
}

fn trips(temp: &Temp) -> Value<'_> {
    let trip = |trip: &crate::snapshot::Trip| {
        map([("kind", Value::text(trip.kind.name())), ("celsius", degrees(trip.mc))])
    };
    Value::List(temp.trips.iter().map(trip).collect())
}

fn fan(f: &Fan) -> Value<'_> {
    given([
        ("pwm", f.pwm.into()),
        ("percent", f.duty_pm().map(percent).into()),
        ("rpm", f.rpm.into()),
        ("owner", Value::text(f.owner.name())),
        ("profile", Value::text(&f.profile)),
    ])
}

fn area(area: &crate::snapshot::Area) -> Value<'_> {
    map([
        ("name", Value::text(&area.name)),
        ("kind", Value::text(&area.kind)),
        ("size_bytes", area.size_bytes.into()),
        ("used_bytes", area.used_bytes.into()),
        ("priority", area.priority.into()),
    ])
}

fn interface(i: &Interface) -> Value<'_> {
    given([
        ("rx_bytes", i.rx_bytes.into()),
        ("tx_bytes", i.tx_bytes.into()),
        ("rx_bytes_per_s", i.rx_rate.into()),
        ("tx_bytes_per_s", i.tx_rate.into()),
        (
            "addresses",
            Value::List(i.addresses.split(' ').filter(|a| !a.is_empty()).map(Value::text).collect()),
        ),
    ])
}
