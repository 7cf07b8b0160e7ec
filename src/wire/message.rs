//! What the messages hold: the stats of a snapshot, and back.

use std::borrow::Cow;

use super::{Error, Value, added, read};
use crate::recycled::Recycled;
use crate::snapshot::{Core, Engine, FreeBlock, Memory, Mts, Pool, Snapshot, Temp, Unit};

/// Members of a map, in order.
pub(super) type Members<'a> = Vec<(Cow<'a, str>, Value<'a>)>;

/// What goes with the values of a sample in the reply `Stats`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stats<'a> {
    /// The source's name.
    pub source: Cow<'a, str>,
    /// Time since the values were sampled; `None` without values.
    pub age_ms: Option<u64>,
    /// The source has fallen silent; the values are its last ones.
    pub stale: bool,
    /// The values come from the simulated board.
    pub simulated: bool,
    /// The name of that board; empty when it is not known, or a real one.
    pub board: Cow<'a, str>,
}

/// The reply `{"Stats": {...}}`; without a snapshot its data is null.
pub fn stats<'a>(about: &'a Stats, snapshot: Option<&'a Snapshot>) -> Value<'a> {
    stats_with(about, snapshot.map_or(Value::Null, data))
}

/// The same with that data.
pub fn stats_with<'a>(about: &'a Stats, data: Value<'a>) -> Value<'a> {
    let Value::Map(mut members) = map([
        ("source", Value::text(&about.source)),
        ("age_ms", about.age_ms.into()),
        ("stale", about.stale.into()),
        ("simulated", about.simulated.into()),
    ]) else {
        return Value::Null;
    };
    if !about.board.is_empty() {
        members.push((Cow::Borrowed("board"), Value::text(&about.board)));
    }
    members.push((Cow::Borrowed("data"), data));
    Value::variant("Stats", Value::Map(members))
}

/// The object `data`: the values as the source printed them.
pub fn data(snapshot: &Snapshot) -> Value<'_> {
    let s = snapshot;
    let Value::Map(mut members) = map([
        ("timestamp", if s.timestamp.is_empty() { Value::Null } else { Value::text(&s.timestamp) }),
        ("ram", s.ram.map_or(Value::Null, |ram| ram_members(ram, s))),
        (
            "swap",
            s.swap.map_or(Value::Null, |swap| memory(swap.memory, ("cached_bytes", swap.extra_bytes.into()))),
        ),
        (
            "iram",
            s.iram.map_or(Value::Null, |iram| memory(iram.memory, ("lfb_bytes", iram.extra_bytes.into()))),
        ),
        ("mts", s.mts.map(mts).into()),
        ("cpus", Value::List(s.cpus.iter().map(|core| self::core(core, s)).collect())),
        ("engines", named(s.engines.iter().map(|engine| (&engine.name, self::engine(engine))))),
        ("temps", named(s.temps.iter().map(|temp| (&temp.name, degrees(temp.now_mc))))),
        ("power", named(s.rails.iter().map(|rail| (&rail.name, power(rail))))),
        ("raw", Value::text(&s.raw)),
        ("temps_off", texts(s.temps_off.iter())),
        ("temps_max", named(s.temps.iter().filter_map(|temp| Some((&temp.name, degrees(temp.max_mc?)))))),
        ("edp_limit_mhz", s.edp_limit_mhz.into()),
        ("unknown", texts(s.unknown.iter())),
    ]) else {
        return Value::Null;
    };
    added::members(s, &mut members);
    Value::Map(members)
}

fn ram_members(ram: Memory, s: &Snapshot) -> Value<'_> {
    let mut ram = memory(ram, ("largest_free_block", s.free_block.map(block).into()));
    if let Value::Map(members) = &mut ram {
        added::ram(&s.ram_parts, members);
    }
    ram
}

/// A map of these members.
pub fn map<'a, const N: usize>(members: [(&'static str, Value<'a>); N]) -> Value<'a> {
    Value::Map(members.into_iter().map(|(name, value)| (Cow::Borrowed(name), value)).collect())
}

pub(super) fn named<'a>(members: impl Iterator<Item = (&'a String, Value<'a>)>) -> Value<'a> {
    Value::Map(members.map(|(name, value)| (Cow::Borrowed(name.as_str()), value)).collect())
}

pub(super) fn texts<'a>(texts: impl Iterator<Item = &'a String>) -> Value<'a> {
    Value::List(texts.map(|text| Value::text(text)).collect())
}

fn memory<'a>(memory: Memory, extra: (&'static str, Value<'a>)) -> Value<'a> {
    let unit = match memory.unit {
        Unit::Mb => "MB",
        Unit::Kb => "KB",
    };
    let sizes = [("used_bytes", memory.used_bytes.into()), ("total_bytes", memory.total_bytes.into())];
    map([sizes[0].clone(), sizes[1].clone(), extra, ("unit", Value::text(unit))])
}

fn block(block: FreeBlock) -> Value<'static> {
    match block {
        FreeBlock::Blocks { count, size_bytes } => {
            Value::variant("Blocks", map([("count", count.into()), ("size_bytes", size_bytes.into())]))
        }
        FreeBlock::Size { size_bytes } => Value::variant("Size", map([("size_bytes", size_bytes.into())])),
    }
}

fn mts(mts: Mts) -> Value<'static> {
    map([("fg_percent", mts.fg_percent.into()), ("bg_percent", mts.bg_percent.into())])
}

fn core<'a>(core: &Core, s: &'a Snapshot) -> Value<'a> {
    let mut members: Members = vec![
        (Cow::Borrowed("load_percent"), core.load_pm.map(percent).into()),
        (Cow::Borrowed("freq_mhz"), core.freq_khz.map(mhz).into()),
    ];
    if core.unread {
        members.push((Cow::Borrowed("unread"), true.into()));
    }
    if let Some(online) = core.online {
        members.push((Cow::Borrowed("online"), online.into()));
    }
    if let Some(cluster) = core.cluster.and_then(|place| s.clusters.get(usize::from(place))) {
        members.push((Cow::Borrowed("cluster"), Value::text(&cluster.name)));
    }
    Value::Map(members)
}

fn engine(engine: &Engine) -> Value<'static> {
    let mut members: Members = vec![
        (Cow::Borrowed("usage_percent"), engine.load_pm.map(percent).into()),
        (Cow::Borrowed("freq_mhz"), engine.freq_khz.map(mhz).into()),
        (Cow::Borrowed("raw_value"), engine.raw.into()),
    ];
    let mut list = |name, values: &[u32], shown: fn(u32) -> Value<'static>| {
        if !values.is_empty() {
            members.push((Cow::Borrowed(name), Value::List(values.iter().map(|&v| shown(v)).collect())));
        }
    };
    list("freqs_mhz", &engine.freqs_khz, mhz);
    list("loads_percent", &engine.loads_pm, percent);
    Value::Map(members)
}

fn power(rail: &crate::snapshot::Rail) -> Value<'static> {
    let mut members: Members = vec![
        (Cow::Borrowed("current_mw"), rail.now_mw.into()),
        (Cow::Borrowed("average_mw"), rail.avg_mw.into()),
    ];
    let mut optional =
        |name, value: Option<i64>| members.extend(value.map(|v| (Cow::Borrowed(name), Value::Int(v))));
    optional("max_mw", rail.max_mw.map(i64::from));
    optional("voltage_mv", rail.mv.map(i64::from));
    optional("current_ma", rail.ma.map(i64::from));
    optional("warn_ma", rail.warn_ma.map(i64::from));
    optional("critical_ma", rail.critical_ma.map(i64::from));
    optional("energy_mj", rail.energy_mj);
    members.extend(rail.alarm.map(|alarm| (Cow::Borrowed("alarm"), alarm.into())));
    Value::Map(members)
}

/// A tenth of `value`, an integer where it is one.
pub(super) fn percent(per_mille: u32) -> Value<'static> {
    if per_mille.is_multiple_of(10) {
        (per_mille / 10).into()
    } else {
        Value::Float(f64::from(per_mille) / 10.0)
    }
}

/// A thousandth of `value`, an integer where it is one.
pub(super) fn mhz(khz: u32) -> Value<'static> {
    if khz.is_multiple_of(1000) { (khz / 1000).into() } else { Value::Float(f64::from(khz) / 1000.0) }
}

pub(super) fn degrees(milli: i32) -> Value<'static> {
    Value::Float(f64::from(milli) / 1000.0)
}

/// Reads the reply `Stats` (the object inside its variant); the snapshot is `None` where data is null.
pub fn read_stats<'a>(stats: &Value<'a>) -> Result<(Stats<'a>, Option<Snapshot>), Error> {
    let Some(Value::Text(source)) = stats.member("source") else { return Err(Error::Member("source")) };
    let flag = |name| matches!(stats.member(name), Some(Value::Bool(true)));
    let age_ms = optional(stats, "age_ms", unsigned)?;
    let simulated = flag("simulated");
    let board = match stats.member("board") {
        Some(Value::Text(board)) if simulated => board.clone(),
        _ => Cow::Borrowed(""),
    };
    let about = Stats { source: source.clone(), age_ms, stale: flag("stale"), simulated, board };
    Ok((about, stats.member("data").map(read_data).transpose()?))
}

/// Reads the object `data`. Members that are not known are passed over.
pub fn read_data(data: &Value) -> Result<Snapshot, Error> {
    let mut s = Snapshot::default();
    s.timestamp.push_str(text(data, "timestamp")?);
    s.raw.push_str(text(data, "raw")?);
    s.edp_limit_mhz = optional(data, "edp_limit_mhz", small)?;
    if let Some(ram) = data.member("ram") {
        s.ram = Some(read_memory(ram)?);
        s.free_block = optional(ram, "largest_free_block", read_block)?;
    }
    s.swap = optional(data, "swap", |swap| read_pool(swap, "cached_bytes"))?;
    s.iram = optional(data, "iram", |iram| read_pool(iram, "lfb_bytes"))?;
    s.mts = optional(data, "mts", |mts| {
        Some(Mts {
            fg_percent: small(mts.member("fg_percent")?)?,
            bg_percent: small(mts.member("bg_percent")?)?,
        })
    })?;
    s.cpus = list(data, "cpus")?.iter().map(read_core).collect::<Result<_, _>>()?;
    for (name, engine) in members(data, "engines")? {
        read_engine(name, engine, s.engines.add())?;
    }
    read_temps(data, &mut s)?;
    for (name, power) in members(data, "power")? {
        let rail = s.rails.add();
        rail.name.push_str(name);
        rail.now_mw = optional(power, "current_mw", signed)?.ok_or(Error::Member("current_mw"))?;
        rail.avg_mw = optional(power, "average_mw", signed)?.unwrap_or(rail.now_mw);
        rail.max_mw = optional(power, "max_mw", signed)?;
        read::rail(power, rail)?;
    }
    read_texts(data, "unknown", &mut s.unknown)?;
    read::members(data, &mut s)?;
    Ok(s)
}

pub(super) fn read_texts(data: &Value, name: &'static str, to: &mut Recycled<String>) -> Result<(), Error> {
    for value in list(data, name)? {
        let Value::Text(text) = value else { return Err(Error::Member(name)) };
        to.add().push_str(text);
    }
    Ok(())
}

fn read_temps(data: &Value, s: &mut Snapshot) -> Result<(), Error> {
    for (name, now) in members(data, "temps")? {
        let now_mc = thousandths(now).ok_or(Error::Member("temps"))?;
        *s.temps.add() = Temp { name: name.to_string(), now_mc, ..Temp::default() };
    }
    read_texts(data, "temps_off", &mut s.temps_off)?;
    for (name, max) in members(data, "temps_max")? {
        let max_mc = Some(thousandths(max).ok_or(Error::Member("temps_max"))?);
        if let Some(temp) = s.temps.iter_mut().find(|temp| temp.name == *name) {
            temp.max_mc = max_mc;
        }
    }
    Ok(())
}

fn read_memory(value: &Value) -> Result<Memory, Error> {
    let size = |name| value.member(name).and_then(unsigned).ok_or(Error::Member(name));
    let unit = match value.member("unit") {
        Some(Value::Text(unit)) if unit == "KB" => Unit::Kb,
        _ => Unit::Mb,
    };
    Ok(Memory { used_bytes: size("used_bytes")?, total_bytes: size("total_bytes")?, unit })
}

fn read_pool(value: &Value, extra: &'static str) -> Option<Pool> {
    let extra_bytes = optional(value, extra, unsigned).ok()?;
    Some(Pool { memory: read_memory(value).ok()?, extra_bytes })
}

fn read_block(value: &Value) -> Option<FreeBlock> {
    if let Some(size) = value.member("Size") {
        return Some(FreeBlock::Size { size_bytes: unsigned(size.member("size_bytes")?)? });
    }
    let blocks = value.member("Blocks")?;
    let (count, size_bytes) = (unsigned(blocks.member("count")?)?, unsigned(blocks.member("size_bytes")?)?);
    Some(FreeBlock::Blocks { count, size_bytes })
}

fn read_core(value: &Value) -> Result<Core, Error> {
    Ok(Core {
        load_pm: optional(value, "load_percent", per_mille)?,
        freq_khz: optional(value, "freq_mhz", khz)?,
        ..Core::default()
    })
}

fn read_engine(name: &str, value: &Value, engine: &mut Engine) -> Result<(), Error> {
    engine.name.push_str(name);
    engine.load_pm = optional(value, "usage_percent", per_mille)?;
    engine.freq_khz = optional(value, "freq_mhz", khz)?;
    engine.raw = optional(value, "raw_value", small)?;
    for freq in list(value, "freqs_mhz")? {
        engine.freqs_khz.push(khz(freq).ok_or(Error::Member("freqs_mhz"))?);
    }
    for load in list(value, "loads_percent")? {
        engine.loads_pm.push(per_mille(load).ok_or(Error::Member("loads_percent"))?);
    }
    Ok(())
}

/// The member `name` as `read` understands it; missing and null are `None`, any other kind an error.
pub(super) fn optional<'v, 'a, T>(
    value: &'v Value<'a>,
    name: &'static str,
    read: impl Fn(&'v Value<'a>) -> Option<T>,
) -> Result<Option<T>, Error> {
    value.member(name).map(|member| read(member).ok_or(Error::Member(name))).transpose()
}

pub(super) fn text<'v>(value: &'v Value, name: &'static str) -> Result<&'v str, Error> {
    match value.member(name) {
        None => Ok(""),
        Some(Value::Text(text)) => Ok(text),
        Some(_) => Err(Error::Member(name)),
    }
}

pub(super) fn list<'v, 'a>(value: &'v Value<'a>, name: &'static str) -> Result<&'v [Value<'a>], Error> {
    match value.member(name) {
        None => Ok(&[]),
        Some(Value::List(values)) => Ok(values),
        Some(_) => Err(Error::Member(name)),
    }
}

pub(super) fn members<'v, 'a>(
    value: &'v Value<'a>,
    name: &'static str,
) -> Result<&'v [(Cow<'a, str>, Value<'a>)], Error> {
    match value.member(name) {
        None => Ok(&[]),
        Some(Value::Map(members)) => Ok(members),
        Some(_) => Err(Error::Member(name)),
    }
}

pub(super) fn unsigned(value: &Value) -> Option<u64> {
    let Value::Int(value) = value else { return None };
    u64::try_from(*value).ok()
}

pub(super) fn small(value: &Value) -> Option<u32> {
    u32::try_from(unsigned(value)?).ok()
}

pub(super) fn signed(value: &Value) -> Option<i32> {
    let Value::Int(value) = value else { return None };
    i32::try_from(*value).ok()
}

pub(super) fn thousandths(value: &Value) -> Option<i32> {
    scaled(value, 1000).and_then(|value| i32::try_from(value).ok())
}

pub(super) fn khz(value: &Value) -> Option<u32> {
    scaled(value, 1000).and_then(|value| u32::try_from(value).ok())
}

pub(super) fn per_mille(value: &Value) -> Option<u32> {
    scaled(value, 10).and_then(|value| u32::try_from(value).ok())
}

/// A number times `scale`, rounded; beyond 2^53 there is none.
pub(super) fn scaled(value: &Value, scale: i64) -> Option<i64> {
    match value {
        Value::Int(value) => value.checked_mul(scale),
        Value::Float(value) => {
            let product = (value * scale as f64).round();
            (product.abs() < 9e15).then_some(product as i64)
        }
        _ => None,
    }
}
