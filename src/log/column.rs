//! The columns of a table of samples.
//!
//! A column is called by the way to its value in the JSON object, `engines.GR3D.freq_mhz`.

use std::fmt;

use super::number::push_scaled;
use crate::snapshot::{Engine, FreeBlock, Rail, Snapshot};

/// A value of an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EnginePart {
    /// Load.
    Usage,
    /// Clock.
    Freq,
    /// Bare number.
    Raw,
    /// Clocks of its parts, separated by blanks.
    Freqs,
    /// Loads of its parts, separated by blanks.
    Loads,
}

/// A value of a rail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RailPart {
    /// Now.
    Current,
    /// Mean.
    Average,
    /// Highest.
    Max,
}

/// One column. The order of the variants is that of the columns.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// The printed stamp.
    Timestamp,
    /// One of the single numbers of a sample.
    Single(Single),
    /// Load of a core.
    CoreLoad(usize),
    /// Clock of a core.
    CoreFreq(usize),
    /// A value of an engine.
    Engine(String, EnginePart),
    /// A zone.
    Temp(String),
    /// The highest value of a zone.
    TempMax(String),
    /// A value of a rail.
    Rail(String, RailPart),
    /// What nobody understood, separated by `; `.
    Unknown,
}

/// The numbers that a sample holds once at the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Single {
    /// RAM in use.
    RamUsed,
    /// RAM that there is.
    RamTotal,
    /// Largest free blocks: how many.
    BlockCount,
    /// Largest free block: its size.
    BlockSize,
    /// Swap in use.
    SwapUsed,
    /// Swap that there is.
    SwapTotal,
    /// Swap also held in RAM.
    SwapCached,
    /// IRAM in use.
    IramUsed,
    /// IRAM that there is.
    IramTotal,
    /// Its largest free block.
    IramBlock,
    /// Binary translation in the foreground.
    MtsFg,
    /// Binary translation in the background.
    MtsBg,
    /// Limit of the current regulator.
    EdpLimit,
}

pub(super) const SINGLES: [(Single, &str); 13] = [
    (Single::RamUsed, "ram.used_bytes"),
    (Single::RamTotal, "ram.total_bytes"),
    (Single::BlockCount, "ram.largest_free_block.count"),
    (Single::BlockSize, "ram.largest_free_block.size_bytes"),
    (Single::SwapUsed, "swap.used_bytes"),
    (Single::SwapTotal, "swap.total_bytes"),
    (Single::SwapCached, "swap.cached_bytes"),
    (Single::IramUsed, "iram.used_bytes"),
    (Single::IramTotal, "iram.total_bytes"),
    (Single::IramBlock, "iram.lfb_bytes"),
    (Single::MtsFg, "mts.fg_percent"),
    (Single::MtsBg, "mts.bg_percent"),
    (Single::EdpLimit, "edp_limit_mhz"),
];

pub(super) const ENGINE_PARTS: [(EnginePart, &str); 5] = [
    (EnginePart::Usage, "usage_percent"),
    (EnginePart::Freq, "freq_mhz"),
    (EnginePart::Raw, "raw_value"),
    (EnginePart::Freqs, "freqs_mhz"),
    (EnginePart::Loads, "loads_percent"),
];

pub(super) const RAIL_PARTS: [(RailPart, &str); 3] =
    [(RailPart::Current, "current_mw"), (RailPart::Average, "average_mw"), (RailPart::Max, "max_mw")];

impl Single {
    pub(super) fn value(self, s: &Snapshot) -> Option<u64> {
        match self {
            Single::RamUsed => s.ram.map(|ram| ram.used_bytes),
            Single::RamTotal => s.ram.map(|ram| ram.total_bytes),
            Single::BlockCount => s.free_block.and_then(|block| match block {
                FreeBlock::Blocks { count, .. } => Some(count),
                FreeBlock::Size { .. } => None,
            }),
            Single::BlockSize => s.free_block.map(|block| match block {
                FreeBlock::Blocks { size_bytes, .. } | FreeBlock::Size { size_bytes } => size_bytes,
            }),
            Single::SwapUsed => s.swap.map(|swap| swap.memory.used_bytes),
            Single::SwapTotal => s.swap.map(|swap| swap.memory.total_bytes),
            Single::SwapCached => s.swap.and_then(|swap| swap.extra_bytes),
            Single::IramUsed => s.iram.map(|iram| iram.memory.used_bytes),
            Single::IramTotal => s.iram.map(|iram| iram.memory.total_bytes),
            Single::IramBlock => s.iram.and_then(|iram| iram.extra_bytes),
            Single::MtsFg => s.mts.map(|mts| u64::from(mts.fg_percent)),
            Single::MtsBg => s.mts.map(|mts| u64::from(mts.bg_percent)),
            Single::EdpLimit => s.edp_limit_mhz.map(u64::from),
        }
    }
}

impl EnginePart {
    pub(super) fn is_in(self, engine: &Engine) -> bool {
        match self {
            EnginePart::Usage => engine.load_pm.is_some(),
            EnginePart::Freq => engine.freq_khz.is_some(),
            EnginePart::Raw => engine.raw.is_some(),
            EnginePart::Freqs => !engine.freqs_khz.is_empty(),
            EnginePart::Loads => !engine.loads_pm.is_empty(),
        }
    }

    pub(super) fn push(self, engine: &Engine, out: &mut Vec<u8>) {
        match self {
            EnginePart::Usage => push_optional::<10>(out, engine.load_pm),
            EnginePart::Freq => push_optional::<1000>(out, engine.freq_khz),
            EnginePart::Raw => push_optional::<1>(out, engine.raw),
            EnginePart::Freqs => push_list::<1000>(out, &engine.freqs_khz),
            EnginePart::Loads => push_list::<10>(out, &engine.loads_pm),
        }
    }
}

impl RailPart {
    pub(super) fn value(self, rail: &Rail) -> Option<i32> {
        match self {
            RailPart::Current => Some(rail.now_mw),
            RailPart::Average => Some(rail.avg_mw),
            RailPart::Max => rail.max_mw,
        }
    }
}

pub(super) fn push_optional<const SCALE: u64>(out: &mut Vec<u8>, value: Option<u32>) {
    if let Some(value) = value {
        push_scaled::<SCALE>(out, i64::from(value));
    }
}

fn push_list<const SCALE: u64>(out: &mut Vec<u8>, values: &[u32]) {
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            out.push(b' ');
        }
        push_scaled::<SCALE>(out, i64::from(*value));
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Column::Timestamp => f.write_str("timestamp"),
            Column::Single(single) => f.write_str(label(&SINGLES, single)),
            Column::CoreLoad(core) => write!(f, "cpus.{core}.load_percent"),
            Column::CoreFreq(core) => write!(f, "cpus.{core}.freq_mhz"),
            Column::Engine(name, part) => write!(f, "engines.{name}.{}", label(&ENGINE_PARTS, part)),
            Column::Temp(name) => write!(f, "temps.{name}"),
            Column::TempMax(name) => write!(f, "temps_max.{name}"),
            Column::Rail(name, part) => write!(f, "power.{name}.{}", label(&RAIL_PARTS, part)),
            Column::Unknown => f.write_str("unknown"),
        }
    }
}

fn label<T: PartialEq>(labels: &[(T, &'static str)], of: &T) -> &'static str {
    labels.iter().find(|(item, _)| item == of).map_or("", |(_, label)| label)
}

impl std::str::FromStr for Column {
    type Err = ();

    /// Reads the name of a column as the header has it.
    fn from_str(text: &str) -> Result<Self, ()> {
        if let Some(single) = part(&SINGLES, text) {
            return Ok(Column::Single(single));
        }
        let (head, rest) = text.split_once('.').unwrap_or((text, ""));
        let (name, tail) = rest.rsplit_once('.').unwrap_or((rest, ""));
        let column = match head {
            "timestamp" if rest.is_empty() => Some(Column::Timestamp),
            "unknown" if rest.is_empty() => Some(Column::Unknown),
            "temps" if !rest.is_empty() => Some(Column::Temp(rest.to_owned())),
            "temps_max" if !rest.is_empty() => Some(Column::TempMax(rest.to_owned())),
            "cpus" => name.parse().ok().and_then(|core| match tail {
                "load_percent" => Some(Column::CoreLoad(core)),
                "freq_mhz" => Some(Column::CoreFreq(core)),
                _ => None,
            }),
            "engines" if !name.is_empty() => {
                part(&ENGINE_PARTS, tail).map(|part| Column::Engine(name.to_owned(), part))
            }
            "power" if !name.is_empty() => {
                part(&RAIL_PARTS, tail).map(|part| Column::Rail(name.to_owned(), part))
            }
            _ => None,
        };
        column.ok_or(())
    }
}

fn part<T: Copy>(labels: &[(T, &str)], text: &str) -> Option<T> {
    labels.iter().find(|(_, label)| *label == text).map(|(item, _)| *item)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_names_there_and_back() {
        for name in [
            "timestamp",
            "ram.largest_free_block.count",
            "edp_limit_mhz",
            "cpus.13.load_percent",
            "cpus.0.freq_mhz",
            "engines.PVA0.loads_percent",
            "temps.gpu",
            "temps_max.soc012",
            "power.NC#2.average_mw",
            "power.odd.name.max_mw",
            "unknown",
        ] {
            assert_eq!(name.parse::<Column>().map(|c| c.to_string()), Ok(name.to_owned()));
        }
    }

    #[test]
    fn err_names() {
        for name in [
            "",
            "ram",
            "cpus.x.load_percent",
            "cpus.0",
            "engines..freq_mhz",
            "temps.",
            "timestamp.x",
            "power.VDD_IN",
        ] {
            assert_eq!(name.parse::<Column>(), Err(()), "{name}");
        }
    }
}
