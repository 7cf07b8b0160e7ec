//! Which values of a sample have a history, what they are called, and in which unit they are kept.

use super::ring::rounded;
use crate::snapshot::Snapshot;

/// The longest name of a part, bytes; one that is longer has no history.
const LONGEST: usize = 64;

/// The unit that a series is kept in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Per mille, shown as percent.
    Share,
    /// 50 kHz, of which all clocks of Jetsons are multiples, shown as MHz.
    Clock,
    /// 1024 bytes, shown as bytes.
    Size,
    /// Hundredths of a degree Celsius, shown as degrees.
    Temperature,
    /// As it is shown: mW, rotations a minute, events.
    Plain,
}

/// What a series is of, in the order of their names in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Mean load of the cores that are on.
    CpuLoad,
    /// The highest clock of a core that is on.
    CpuClock,
    /// Load of the GPU.
    GpuLoad,
    /// Clock of the GPU.
    GpuClock,
    /// Load of the memory controller.
    EmcLoad,
    /// Its clock.
    EmcClock,
    /// RAM in use.
    Ram,
    /// RAM in use by the GPU.
    RamOfGpu,
    /// Swap in use.
    Swap,
    /// Power that the board takes.
    Total,
    /// Temperature of the hottest zone.
    Hottest,
    /// Duty of a fan.
    FanShare,
    /// Speed of a fan.
    FanSpeed,
    /// Power of a rail.
    Rail,
    /// Over-current events since boot.
    Events,
    /// Temperature of a zone.
    Zone,
}

/// All of them.
const KINDS: [Kind; 16] = [
    Kind::CpuLoad,
    Kind::CpuClock,
    Kind::GpuLoad,
    Kind::GpuClock,
    Kind::EmcLoad,
    Kind::EmcClock,
    Kind::Ram,
    Kind::RamOfGpu,
    Kind::Swap,
    Kind::Total,
    Kind::Hottest,
    Kind::FanShare,
    Kind::FanSpeed,
    Kind::Rail,
    Kind::Events,
    Kind::Zone,
];

/// What is shown unless series are named, of those that there are: the first of the name, or of that and
/// a part.
const USUAL: [&str; 5] =
    ["cpu.load_percent", "engines.GR3D.usage_percent", "ram.used_bytes", "total_power.mw", "temps"];

/// The names of what is shown unless series are named.
pub fn usual(names: &[String]) -> Vec<String> {
    let found = USUAL.iter().filter_map(|word| names.iter().find(|name| begins(name, word)).cloned());
    found.collect()
}

/// Whether a name is that word, or that and a part.
pub fn begins(name: &str, word: &str) -> bool {
    name.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

impl Kind {
    /// The kind of a series, and the name of its part.
    pub fn of(name: &str) -> Option<(Kind, &str)> {
        KINDS.into_iter().find_map(|kind| {
            let part = kind.part(name)?;
            let has_part = kind.form().0.ends_with('.');
            (part.is_empty() != has_part).then_some((kind, part))
        })
    }

    /// What a name has between what stands before and behind the name of a part.
    fn part(self, name: &str) -> Option<&str> {
        let (before, behind, _) = self.form();
        name.strip_prefix(before)?.strip_suffix(behind)
    }

    /// What stands before and behind the name of the part, and the unit.
    fn form(self) -> (&'static str, &'static str, Unit) {
        use Unit::*;
        match self {
            Kind::CpuLoad => ("cpu.load_percent", "", Share),
            Kind::CpuClock => ("cpu.freq_mhz", "", Clock),
            Kind::GpuLoad => ("engines.GR3D.usage_percent", "", Share),
            Kind::GpuClock => ("engines.GR3D.freq_mhz", "", Clock),
            Kind::EmcLoad => ("engines.EMC.usage_percent", "", Share),
            Kind::EmcClock => ("engines.EMC.freq_mhz", "", Clock),
            Kind::Ram => ("ram.used_bytes", "", Size),
            Kind::RamOfGpu => ("ram.gpu_bytes", "", Size),
            Kind::Swap => ("swap.used_bytes", "", Size),
            Kind::Total => ("total_power.mw", "", Plain),
            Kind::Hottest => ("temps", "", Temperature),
            Kind::FanShare => ("fans.", ".percent", Share),
            Kind::FanSpeed => ("fans.", ".rpm", Plain),
            Kind::Rail => ("power.", ".current_mw", Plain),
            Kind::Events => ("overcurrent.", ".count", Plain),
            Kind::Zone => ("temps.", "", Temperature),
        }
    }

    /// The unit of its values.
    pub fn unit(self) -> Unit {
        self.form().2
    }

    /// The name of the series of a part: the way to the value in the JSON object.
    pub fn name(self, part: &str) -> String {
        let (before, behind, _) = self.form();
        [before, part, behind].concat()
    }

    /// Whether that is the name.
    pub fn is_named(self, part: &str, name: &str) -> bool {
        self.part(name) == Some(part)
    }
}

/// Gives each value that was read and has a history, in the same order each time. Where there are more
/// than a history keeps, the last ones have none.
pub fn each(s: &Snapshot, put: &mut dyn FnMut(Kind, &str, i32)) {
    let mut one = |kind: Kind, part: &str, value: Option<i64>| {
        let units = |value: i64| match kind.unit() {
            Unit::Clock => rounded(value, 50),
            Unit::Temperature => rounded(value, 10),
            _ => value,
        };
        let value = value.and_then(|value| i32::try_from(units(value)).ok());
        if let Some(value) = value.filter(|_| part.len() <= LONGEST) {
            put(kind, part, value);
        }
    };
    one(Kind::CpuLoad, "", s.cpu_load_pm().map(i64::from));
    let clocks = s.cpus.iter().filter(|core| core.online != Some(false)).filter_map(|core| core.freq_khz);
    one(Kind::CpuClock, "", clocks.max().map(i64::from));
    for (name, load, clock) in
        [("GR3D", Kind::GpuLoad, Kind::GpuClock), ("EMC", Kind::EmcLoad, Kind::EmcClock)]
    {
        let engine = s.engine(name).filter(|engine| engine.is_reading());
        one(load, "", engine.and_then(|engine| engine.load_pm).map(i64::from));
        one(clock, "", engine.and_then(|engine| engine.freq_khz).map(i64::from));
    }
    let size = |bytes: u64| i64::try_from(bytes >> 10).ok();
    one(Kind::Ram, "", s.ram.and_then(|ram| size(ram.used_bytes)));
    one(Kind::RamOfGpu, "", s.ram_parts.gpu_bytes.and_then(size));
    one(Kind::Swap, "", s.swap.and_then(|swap| size(swap.memory.used_bytes)));
    one(Kind::Total, "", s.total_mw().map(|(_, mw)| mw));
    one(Kind::Hottest, "", s.hottest().map(|(_, mc)| i64::from(mc)));
    for fan in s.fans.iter() {
        one(Kind::FanShare, &fan.name, fan.duty_pm().map(i64::from));
        one(Kind::FanSpeed, &fan.name, fan.rpm.map(i64::from));
    }
    for rail in s.rails.iter().filter(|rail| !rail.is_open()) {
        one(Kind::Rail, &rail.name, Some(i64::from(rail.now_mw)));
    }
    for event in s.overcurrent.iter() {
        one(Kind::Events, &event.name, i64::try_from(event.count).ok());
    }
    for temp in s.temps.iter() {
        one(Kind::Zone, &temp.name, temp.reading_mc().map(i64::from));
    }
}
