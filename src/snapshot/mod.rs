//! What is known of a board at one moment: plain owned data, no input or output, no text for
//! people.
//!
//! A snapshot is filled again for each sample and keeps the room of its lists and names, so a
//! steady board costs no allocation. Every value is optional: what was not read is `None` (an
//! empty text for names and stamps), never zero. Units: bytes, kHz, milli-degrees Celsius,
//! milliwatts, per mille. Values are kept as their source gave them; [`Engine::is_reading`] and
//! [`Temp::reading_mc`] tell which of them say something about the board.

mod hardware;
mod part;
mod system;

pub use hardware::{
    Cluster, Cooling, Emc, Fan, FanOwner, Gpu, OverCurrent, OverCurrentReason, Pinned, Trip, TripKind,
};
pub use part::{Engine, Rail, Temp};
pub use system::{Area, BlockDevice, Drive, FileSystem, Interface, PowerMode, Ram, Zram};

use crate::recycled::Recycled;

/// The name of a total that no rail measures.
pub const SUM_OF_RAILS: &str = "sum of rails";

/// The unit in which a memory size was printed; sizes here are in bytes all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Unit {
    /// 1024 * 1024 bytes.
    #[default]
    Mb,
    /// 1024 bytes.
    Kb,
}

impl Unit {
    /// Bytes of one unit.
    pub fn bytes(self) -> u64 {
        match self {
            Unit::Mb => 1024 * 1024,
            Unit::Kb => 1024,
        }
    }
}

/// Use of a memory, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Memory {
    /// In use.
    pub used_bytes: u64,
    /// There is.
    pub total_bytes: u64,
    /// The unit of the source.
    pub unit: Unit,
}

/// The largest free block of RAM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FreeBlock {
    /// So many blocks of that size each.
    Blocks {
        /// How many.
        count: u64,
        /// Bytes of one.
        size_bytes: u64,
    },
    /// One block of that size.
    Size {
        /// Its bytes.
        size_bytes: u64,
    },
}

/// Binary translation (Denver and Carmel cores), percent of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mts {
    /// In the foreground.
    pub fg_percent: u32,
    /// In the background.
    pub bg_percent: u32,
}

/// One processor core; loads and clocks are `None` when it is off. Its number is its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Core {
    /// Load, per mille.
    pub load_pm: Option<u32>,
    /// Clock, kHz.
    pub freq_khz: Option<u32>,
    /// The source said something of it that nobody understood; it may be on or off.
    pub unread: bool,
    /// The kernel runs it; `None` when the source does not say.
    pub online: Option<bool>,
    /// Its cluster, an index of [`Snapshot::clusters`].
    pub cluster: Option<u16>,
    /// Time since boot, from which the load is derived.
    pub ticks: Option<Ticks>,
}

/// Time of a core since boot, in ticks of the kernel (`/proc/stat`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Ticks {
    /// Not idle and not waiting for a disk.
    pub busy: u64,
    /// All of it.
    pub total: u64,
}

/// Swap or IRAM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Pool {
    /// Use.
    pub memory: Memory,
    /// Of swap: bytes also held in RAM. Of IRAM: the largest free block.
    pub extra_bytes: Option<u64>,
}

/// One sample of a board.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Snapshot {
    /// Local time as tegrastats prints it; empty when it printed none.
    pub timestamp: String,
    /// RAM.
    pub ram: Option<Memory>,
    /// Its largest free block.
    pub free_block: Option<FreeBlock>,
    /// What RAM is used for.
    pub ram_parts: Ram,
    /// Swap, zram included; `None` when none is on.
    pub swap: Option<Pool>,
    /// Swap files and partitions.
    pub swap_areas: Recycled<Area>,
    /// Compressed swap in RAM.
    pub zram: Recycled<Zram>,
    /// On-chip memory of T210.
    pub iram: Option<Pool>,
    /// Binary translation.
    pub mts: Option<Mts>,
    /// Limit of the current regulator (R21 to R24), MHz.
    pub edp_limit_mhz: Option<u32>,
    /// The cores, in order of their numbers.
    pub cpus: Vec<Core>,
    /// Cores that share a clock.
    pub clusters: Recycled<Cluster>,
    /// Graphics processors; their load and clock also stand among the engines, as GR3D.
    pub gpus: Recycled<Gpu>,
    /// Limits of the memory controller; its load and clock stand among the engines, as EMC.
    pub emc: Emc,
    /// Engines and clocks, in the source's order.
    pub engines: Recycled<Engine>,
    /// Thermal zones, in the source's order.
    pub temps: Recycled<Temp>,
    /// Zones whose sensor is without power.
    pub temps_off: Recycled<String>,
    /// Power rails, in the source's order.
    pub rails: Recycled<Rail>,
    /// Fans.
    pub fans: Recycled<Fan>,
    /// Cooling devices of the kernel, throttle alerts among them.
    pub cooling: Recycled<Cooling>,
    /// Over-current events.
    pub overcurrent: Recycled<OverCurrent>,
    /// The power mode.
    pub power_mode: PowerMode,
    /// Whether clocks are pinned, as jetson_clocks does; `None` when nothing says so.
    pub pinned: Option<Pinned>,
    /// Under [`Pinned::Partial`]: what is not.
    pub unpinned: Recycled<String>,
    /// Time since boot, ms.
    pub uptime_ms: Option<u64>,
    /// Runnable processes over 1, 5 and 15 minutes, in hundredths.
    pub load_average: Option<[u32; 3]>,
    /// Mounted file systems.
    pub file_systems: Recycled<FileSystem>,
    /// Disks.
    pub block_devices: Recycled<BlockDevice>,
    /// Temperatures of NVMe drives.
    pub drives: Recycled<Drive>,
    /// Network interfaces, without the loopback.
    pub interfaces: Recycled<Interface>,
    /// What the source said and nobody understood, as printed.
    pub unknown: Recycled<String>,
    /// The line of tegrastats; empty for other sources.
    pub raw: String,
}

impl Snapshot {
    /// Empties it; names and lists keep their room.
    pub fn clear(&mut self) {
        self.timestamp.clear();
        (self.ram, self.free_block, self.swap, self.iram) = (None, None, None, None);
        (self.mts, self.edp_limit_mhz, self.pinned, self.power_mode.id) = (None, None, None, None);
        self.power_mode.name.clear();
        (self.ram_parts, self.uptime_ms, self.load_average) = (Ram::default(), None, None);
        self.emc = Emc::default();
        self.cpus.clear();
        self.clear_lists();
        self.raw.clear();
    }

    fn clear_lists(&mut self) {
        self.swap_areas.clear();
        self.zram.clear();
        self.clusters.clear();
        self.gpus.clear();
        self.engines.clear();
        self.temps.clear();
        self.temps_off.clear();
        self.rails.clear();
        self.fans.clear();
        self.cooling.clear();
        self.overcurrent.clear();
        self.unpinned.clear();
        self.file_systems.clear();
        self.block_devices.clear();
        self.drives.clear();
        self.interfaces.clear();
        self.unknown.clear();
    }

    /// The engine of that name.
    pub fn engine(&self, name: &str) -> Option<&Engine> {
        self.engines.iter().find(|engine| engine.name == name)
    }

    /// The hottest zone that gives a reading.
    pub fn hottest(&self) -> Option<(&str, i32)> {
        let zones = self.temps.iter().filter_map(|t| Some((t.name.as_str(), t.reading_mc()?)));
        zones.max_by_key(|&(_, mc)| mc)
    }

    /// Mean load of the cores that are on, per mille.
    pub fn cpu_load_pm(&self) -> Option<u32> {
        let (sum, count) = self
            .cpus
            .iter()
            .filter_map(|c| c.load_pm)
            .fold((0u64, 0u64), |(s, n), l| (s + u64::from(l), n + 1));
        u32::try_from(sum.checked_div(count)?).ok()
    }

    /// Power that the board takes now, mW, with the name of the rail when one measures it.
    pub fn total_mw(&self) -> Option<(&str, i64)> {
        self.total(&|rail| Some(i64::from(rail.now_mw)))
    }

    /// The board's total of some value of its rails; `None` when a rail that counts lacks it. Boards
    /// without an input rail (AGX) give the sum of the rails that are not fed by another measured one:
    /// VDDQ_VDD2_1V8AO hangs on VIN_SYS_5V0, and NC channels are open (energymon's rail lists).
    pub fn total(&self, value: &dyn Fn(&Rail) -> Option<i64>) -> Option<(&str, i64)> {
        let inputs = ["VDD_IN", "VIN", "POM_5V_IN"];
        if let Some(rail) = self.rails.iter().find(|rail| inputs.contains(&rail.name.as_str())) {
            return Some((&rail.name, value(rail)?));
        }
        let fed = |rail: &Rail| rail.name == "VDDQ_VDD2_1V8AO" || rail.is_open();
        let mut parts = self.rails.iter().filter(|rail| !fed(rail)).peekable();
        parts.peek()?;
        let sum = parts.try_fold(0i64, |sum, rail| Some(sum.saturating_add(value(rail)?)))?;
        Some((SUM_OF_RAILS, sum))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_total_power_by_the_rule_of_the_board() {
        let total = |rails: &[(&str, i32)]| {
            let mut s = Snapshot::default();
            for (name, now_mw) in rails {
                let rail = s.rails.add();
                rail.name.push_str(name);
                rail.now_mw = *now_mw;
            }
            s.total_mw().map(|(name, mw)| (name.to_owned(), mw))
        };
        let found = |name: &str, mw| Some((name.to_owned(), mw));
        assert_eq!(total(&[]), None);
        assert_eq!(total(&[("NC", 5)]), None);
        assert_eq!(total(&[("VDD_CPU_GPU_CV", 1), ("VDD_IN", 9)]), found("VDD_IN", 9));
        assert_eq!(total(&[("VDD_GPU", 1), ("VIN_SYS_5V0", 3), ("VIN", 20)]), found("VIN", 20));
        let agx = [
            ("VDD_GPU_SOC", 2),
            ("VDD_CPU_CV", -1),
            ("VIN_SYS_5V0", 4),
            ("NC", 7),
            ("VDDQ_VDD2_1V8AO", 8),
            ("NC#2", 9),
        ];
        assert_eq!(total(&agx), found(SUM_OF_RAILS, 5));
    }

    #[test]
    fn ok_a_total_is_of_all_parts_or_none() {
        let mut s = Snapshot::default();
        for (name, energy_mj) in [("VDD_GPU_SOC", Some(5)), ("VDD_CPU_CV", Some(-2)), ("NC", None)] {
            s.rails.entry(name).energy_mj = energy_mj;
        }
        assert_eq!(s.total(&|rail| rail.energy_mj), Some((SUM_OF_RAILS, 3)));
        s.rails.entry("VIN_SYS_5V0").energy_mj = None;
        assert_eq!(s.total(&|rail| rail.energy_mj), None);
    }
}
