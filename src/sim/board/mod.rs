//! What is fixed about a board: clocks, power modes, zones, rails, layouts.
//!
//! Only plain static data and the look-ups on it; the tables are in the other
//! files here. Clock steps and mode caps are the ones of the stock power tables; where
//! a table asks for a clock that the hardware does not have, the nearest step
//! stands here, as the kernel reads it back (R32: 918 MHz asked, 921.6 read;
//! 2000 asked, 2035.2 read; GPU 640 asked, 614.4 read).

mod agx_orin;
mod early;
mod orin;
mod table;
mod thor;
mod xavier;

use super::release::Release;

/// Most CPU cores on any board (Thor).
pub const MAX_CORES: usize = 14;
/// Most CPU clusters on any board (Thor: seven pairs).
pub const MAX_CLUSTERS: usize = 7;
/// Most graphics clusters on any board (Thor).
pub const MAX_GPCS: usize = 3;
/// Number of [`Domain`]s.
pub const DOMAINS: usize = 6;

/// A consumer of power and a source of heat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// All CPU cores.
    Cpu,
    /// The GPU.
    Gpu,
    /// DLA and PVA.
    Cv,
    /// Fabric, codecs, VIC, always-on parts.
    Soc,
    /// Memory and its controller.
    Ddr,
    /// What hangs on the 5 V side of the module, the fan included.
    Sys,
}

/// One nvpmodel power mode.
#[derive(Debug)]
pub struct Mode {
    /// As printed by `nvpmodel -q`.
    pub name: &'static str,
    /// Bit n is set when core n is online.
    pub online_mask: u16,
    /// Highest CPU clock, every cluster.
    pub cpu_max_khz: u32,
    /// Highest GPU clock.
    pub gpu_max_khz: u32,
    /// Highest memory clock.
    pub emc_max_khz: u32,
}

/// Cores that share a clock.
#[derive(Debug)]
pub struct Cluster {
    /// Name in the power table.
    pub name: &'static str,
    /// Bit n is set when core n belongs here.
    pub core_mask: u16,
    /// Clock steps, rising.
    pub steps_khz: &'static [u32],
}

/// The GPU of a board.
#[derive(Debug)]
pub struct GpuDef {
    /// devfreq steps, rising.
    pub steps_khz: &'static [u32],
    /// Graphics clusters, 1 to [`MAX_GPCS`].
    pub gpcs: usize,
    /// How far a GPC clock reads below the devfreq clock (Orin and Thor: 306 MHz
    /// set, 305 printed).
    pub gpc_below_khz: u32,
    /// Power is cut at idle, and the second GPC under light load (AGX Orin only;
    /// Orin NX and Nano show their GPU zone at idle too).
    pub gates: bool,
}

/// A fixed-function engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineKind {
    /// Video encoder.
    Nvenc0,
    /// Second video encoder.
    Nvenc1,
    /// Video decoder.
    Nvdec0,
    /// Second video decoder.
    Nvdec1,
    /// JPEG engine.
    Nvjpg0,
    /// Second JPEG engine.
    Nvjpg1,
    /// Video image compositor: scaling and conversion.
    Vic,
    /// Optical flow accelerator.
    Ofa,
    /// Deep learning accelerator.
    Dla0,
    /// Second deep learning accelerator.
    Dla1,
    /// Programmable vision accelerator.
    Pva0,
}

/// An engine and its clocks.
#[derive(Debug)]
pub struct EngineDef {
    /// Which engine.
    pub kind: EngineKind,
    /// Clock that is read while it does nothing.
    pub idle_khz: u32,
    /// Clock under full load.
    pub max_khz: u32,
}

/// Where a zone's temperature comes from.
#[derive(Debug)]
pub enum Sensing {
    /// A sensor beside a domain: heat-sink temperature, plus `offset_mc`, plus
    /// `local_mc` when that domain draws all it can.
    Near {
        /// What it sits beside.
        domain: Domain,
        /// Rise at that domain's full power.
        local_mc: i64,
        /// Constant rise over the sink.
        offset_mc: i64,
    },
    /// Weighted sum of zones that are `Near`, in percent (`thermal`, the fan's
    /// estimate, or a second sensor at the same spot).
    Weighted(&'static [(usize, i64)]),
    /// The hottest of the zones that are on (`tj`).
    Hottest,
}

/// What may switch a sensor off together with its block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Always powered.
    Never,
    /// Goes with the last GPC.
    Gpu,
    /// Goes with DLA and PVA.
    Cv,
}

/// Finest step of a sensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// Whole multiples of this many milli-degrees.
    Milli(i64),
    /// 1/32 degree cut to milli-degrees: 47.968, not 47.96875 or 47.969.
    Thirtysecond,
}

/// A thermal zone.
#[derive(Debug)]
pub struct ZoneDef {
    /// Name in the newest release of the board; [`Layout`] has the others.
    pub name: &'static str,
    /// Where the value comes from.
    pub sensing: Sensing,
    /// What takes the sensor's power.
    pub gate: Gate,
    /// How fine it reads.
    pub resolution: Resolution,
}

/// A power rail with a monitor.
#[derive(Debug)]
pub struct RailDef {
    /// Name in the newest release of the board; [`Layout`] has the others.
    pub name: &'static str,
    /// Who draws from it.
    pub domains: &'static [Domain],
    /// Constant part.
    pub base_mw: i64,
    /// Lost in conversion, per mille of the rest.
    pub loss_permille: i64,
    /// The rail that feeds it, if that one is measured.
    pub parent: Option<usize>,
}

/// Fan and its automatic curve.
#[derive(Debug)]
pub struct FanDef {
    /// (hottest zone in milli-degrees, PWM 0 to 255), both rising.
    pub curve: &'static [(i64, u8)],
    /// A step is left again this far below its temperature.
    pub hysteresis_mc: i64,
    /// Speed at PWM 255.
    pub max_rpm: u32,
    /// Whether the board reports a speed (Nano does not).
    pub has_tachometer: bool,
}

/// How the GPU is printed to root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gr3d {
    /// `GR3D_FREQ 95%@1377`
    Single,
    /// `GR3D_FREQ 0%@305 GR3D2_FREQ 0%@0`
    Pair,
    /// `GR3D_FREQ 31%@[305,305]`
    List,
    /// `GR3D_FREQ @[314,314,314]`
    ClocksOnly,
}

/// How engines are printed to root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineStyle {
    /// Only while on, a bare MHz: `NVENC 716`.
    WhileOn,
    /// Always: `NVENC off`, `NVENC 79%@166`.
    Listed,
    /// Always, numbered from 0: `NVENC0 off`.
    Numbered,
    /// Thor: `NVENC0_FREQ @314`.
    Clocks,
}

/// Index in [`Layout::temps`] for the constant `PMIC` zone, which no state holds.
pub const PMIC: usize = usize::MAX;
/// Index in [`Layout::rails`] for an open channel, always 0 mW.
pub const NC: usize = usize::MAX;

/// What one release prints on one board.
#[derive(Debug)]
pub struct Layout {
    /// The release that prints so.
    pub release: Release,
    /// Printed name and index of the zone, in printed order.
    pub temps: &'static [(&'static str, usize)],
    /// Printed name and index of the rail, in printed order.
    pub rails: &'static [(&'static str, usize)],
    /// Whether the stock install has swap on, hence a `SWAP` token.
    pub swap: bool,
    /// The audio engine's clock, a constant.
    pub ape_mhz: u32,
    /// Form of the GPU tokens for root.
    pub gr3d: Gr3d,
    /// Form of the engine tokens for root.
    pub engines: EngineStyle,
}

/// One board: a Jetson module on its developer kit.
#[derive(Debug)]
pub struct Board {
    /// Short name: `nano`, `agx-orin`.
    pub name: &'static str,
    /// Marketing name, for people.
    pub title: &'static str,
    /// Releases it can print, oldest first, never empty.
    pub releases: &'static [Release],
    /// One for each release, same order.
    pub layouts: &'static [Layout],
    /// Index is the mode's id, never empty.
    pub modes: &'static [Mode],
    /// Id of the mode the board boots with.
    pub default_mode: usize,
    /// Number of possible cores.
    pub cores: usize,
    /// Every core belongs to exactly one.
    pub clusters: &'static [Cluster],
    /// Cores that translate code (Denver, Carmel): bit n for core n.
    pub translating_mask: u16,
    /// The GPU and its clocks.
    pub gpu: GpuDef,
    /// Memory clock steps, rising.
    pub emc_steps_khz: &'static [u32],
    /// In printed order.
    pub engines: &'static [EngineDef],
    /// Zones that hold a reading; [`PMIC`] is not one.
    pub zones: &'static [ZoneDef],
    /// Rails with a monitor.
    pub rails: &'static [RailDef],
    /// Power of each [`Domain`], in the order of that enum, doing nothing.
    pub idle_mw: [i64; DOMAINS],
    /// The same with everything at the highest clock and full load.
    pub full_mw: [i64; DOMAINS],
    /// Carrier and converter, drawn from the input beside the domains.
    pub carrier_mw: i64,
    /// Fan and curve.
    pub fan: FanDef,
    /// Clocks are stepped down from here.
    pub throttle_mc: i64,
    /// Nominal input voltage.
    pub supply_mv: i64,
    /// As tegrastats shows it: less than what is soldered on.
    pub ram_total_mb: u32,
    /// zram of a stock install, half of the memory (Thor: a file).
    pub swap_total_mb: u32,
    /// On-chip memory, 0 where it is not reported.
    pub iram_total_kb: u32,
}

use agx_orin::AGX_ORIN;
use early::{NANO, TX2};
use orin::{ORIN_NANO, ORIN_NX};
use thor::THOR;
use xavier::{AGX_XAVIER, XAVIER_NX};

/// Every board, oldest first.
pub static BOARDS: [Board; 8] = [NANO, TX2, XAVIER_NX, AGX_XAVIER, ORIN_NANO, ORIN_NX, AGX_ORIN, THOR];

impl Board {
    /// The board called `name`, exactly as in [`Board::name`].
    pub fn find(name: &str) -> Option<&'static Board> {
        BOARDS.iter().find(|board| board.name == name)
    }

    /// The newest release of the board.
    pub fn default_release(&self) -> Release {
        self.releases.last().copied().unwrap_or(Release::R39)
    }

    /// The layout of `release`; of a release that the board never had, the one
    /// before it, or else the oldest. `None` only for a board without layouts,
    /// of which there is none.
    pub fn layout(&self, release: Release) -> Option<&'static Layout> {
        self.layouts.iter().rfind(|layout| layout.release <= release).or(self.layouts.first())
    }

    /// The mode with this id, or the default mode for an id out of range. `None`
    /// only for a board without modes, of which there is none.
    pub fn mode(&self, id: usize) -> Option<&'static Mode> {
        self.modes.get(id).or(self.modes.get(self.default_mode))
    }

    /// Sum of [`Board::full_mw`]: what the cooler was made for.
    pub fn full_sum_mw(&self) -> i64 {
        self.full_mw.iter().sum()
    }
}
