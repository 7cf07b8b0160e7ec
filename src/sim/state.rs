//! What the model shows: plain integers, no behaviour.

use super::board::{Board, EngineKind, MAX_CLUSTERS, MAX_GPCS};

/// What a person or a control may turn. Out-of-range values are bent, not refused:
/// an unknown mode is the default mode, a clock is held to the board's steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Knobs {
    /// Id of the nvpmodel mode, an index of [`Board::modes`].
    pub mode: usize,
    /// Fixed PWM 0 to 255; `None` leaves the fan to its curve.
    pub fan_pwm: Option<u8>,
    /// Upper bound for each CPU cluster; the mode's cap holds beside it.
    pub cpu_max_khz: [Option<u32>; MAX_CLUSTERS],
    /// Lower bound for each CPU cluster; loses against any upper bound.
    pub cpu_min_khz: [Option<u32>; MAX_CLUSTERS],
    /// Lower bound of the GPU clock; above 0 it also keeps the GPU powered.
    pub gpu_min_khz: Option<u32>,
    /// Upper bound of the GPU clock.
    pub gpu_max_khz: Option<u32>,
    /// Railgating is off: the GPU stays powered at idle.
    pub gpu_powered: bool,
    /// Lower bound of the memory clock; loses against any upper bound.
    pub emc_min_khz: Option<u32>,
    /// Upper bound of the memory clock; the mode's cap holds beside it.
    pub emc_max_khz: Option<u32>,
    /// Cores that somebody put on or off, bit n for core n; `None` leaves it to the
    /// mode. Core 0 is always on.
    pub online_mask: Option<u16>,
    /// jetson_clocks: CPU, GPU and memory at the highest clock allowed.
    pub clocks_locked: bool,
}

impl Knobs {
    /// As after boot: default mode, everything automatic.
    pub fn new(board: &Board) -> Knobs {
        Knobs {
            mode: board.default_mode,
            fan_pwm: None,
            cpu_max_khz: [None; MAX_CLUSTERS],
            cpu_min_khz: [None; MAX_CLUSTERS],
            gpu_min_khz: None,
            gpu_max_khz: None,
            gpu_powered: false,
            emc_min_khz: None,
            emc_max_khz: None,
            online_mask: None,
            clocks_locked: false,
        }
    }

    /// The cores that are on: those of the mode, unless somebody chose others.
    pub(super) fn online(&self, board: &Board) -> u16 {
        let possible = ((1u32 << board.cores) - 1) as u16;
        let of_mode = board.mode(self.mode).map_or(possible, |mode| mode.online_mask);
        (self.online_mask.unwrap_or(of_mode) | 1) & possible
    }
}

/// One possible CPU core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Core {
    /// Cores of a lower mode are offline.
    pub online: bool,
    /// 0 to 1000, of the present clock; 0 while offline.
    pub load_permille: u32,
    /// 0 while offline.
    pub freq_khz: u32,
}

/// The GPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gpu {
    /// 0 to 1000, of the present clock.
    pub load_permille: u32,
    /// devfreq clock; the lowest step while gated.
    pub freq_khz: u32,
    /// Clock of each GPC, 0 for one that is gated or not there.
    pub gpc_khz: [u32; MAX_GPCS],
}

/// Memory controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Emc {
    /// 0 to 1000, of the bandwidth at the present clock.
    pub load_permille: u32,
    /// A step of [`Board::emc_steps_khz`].
    pub freq_khz: u32,
}

/// A fixed-function engine, in the order of [`Board::engines`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Engine {
    /// Which engine.
    pub kind: EngineKind,
    /// Clocked and at work.
    pub on: bool,
    /// 0 to 1000; 0 while off.
    pub load_permille: u32,
    /// Present clock; the idle clock while off.
    pub freq_khz: u32,
}

/// A thermal zone, in the order of [`Board::zones`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Milli-degrees at the sensor's own resolution; the last reading while off.
    pub now_mc: i32,
    /// Highest reading since the start; `i32::MIN` while there was none.
    pub max_mc: i32,
    /// The block has no power, and so the sensor.
    pub off: bool,
}

/// A power rail, in the order of [`Board::rails`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rail {
    /// At the end of the last step.
    pub now_mw: i32,
    /// Mean of all steps since the start, as tegrastats keeps it.
    pub avg_mw: i32,
    /// Highest of all steps since the start.
    pub max_mw: i32,
}

/// All that can be read off the board after a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Sum of all steps.
    pub uptime_ms: u64,
    /// Always below the total.
    pub ram_used_mb: u32,
    /// [`Board::ram_total_mb`].
    pub ram_total_mb: u32,
    /// Largest free blocks: how many, of [`State::lfb_size_kb`] each.
    pub lfb_count: u32,
    /// A power of two, 128 to 4096.
    pub lfb_size_kb: u32,
    /// Above 0 only once memory was short.
    pub swap_used_mb: u32,
    /// [`Board::swap_total_mb`], also where the release prints no swap.
    pub swap_total_mb: u32,
    /// Part of the swap in use that is in memory as well.
    pub swap_cached_mb: u32,
    /// On-chip memory; nothing uses it.
    pub iram_used_kb: u32,
    /// 0 where the board reports none.
    pub iram_total_kb: u32,
    /// Largest free block of it.
    pub iram_lfb_kb: u32,
    /// [`Board::cores`] of them, offline ones included.
    pub cpus: Vec<Core>,
    /// Load and clocks of the GPU.
    pub gpu: Gpu,
    /// Load and clock of the memory.
    pub emc: Emc,
    /// One for each of [`Board::engines`].
    pub engines: Vec<Engine>,
    /// One for each of [`Board::zones`].
    pub zones: Vec<Zone>,
    /// One for each of [`Board::rails`].
    pub rails: Vec<Rail>,
    /// Share of time in code translation, foreground and background, whole percent;
    /// 0 on boards without translating cores.
    pub mts_fg_percent: u32,
    /// As above, in the background.
    pub mts_bg_percent: u32,
    /// 0 to 255.
    pub fan_pwm: u8,
    /// Also modelled where the board cannot report it ([`super::FanDef::has_tachometer`]).
    pub fan_rpm: u32,
    /// Clocks are held down because a zone is too hot.
    pub throttled: bool,
    /// Events since the start: input voltage too low, input current too high.
    pub oc_events: [u32; 2],
    /// At the power jack or the module's input.
    pub input_mv: u32,
    /// Drawn from there, whether or not the board measures it.
    pub input_mw: u32,
}

impl State {
    pub(super) fn new(board: &'static Board) -> State {
        let engine = |def: &super::board::EngineDef| Engine {
            kind: def.kind,
            on: false,
            load_permille: 0,
            freq_khz: def.idle_khz,
        };
        let zone = Zone { now_mc: 25_000, max_mc: i32::MIN, off: false };
        let rail = Rail { now_mw: 0, avg_mw: 0, max_mw: i32::MIN };
        let core = Core { online: true, load_permille: 0, freq_khz: 0 };
        State {
            uptime_ms: 0,
            ram_used_mb: 0,
            ram_total_mb: board.ram_total_mb,
            lfb_count: 0,
            lfb_size_kb: 4096,
            swap_used_mb: 0,
            swap_total_mb: board.swap_total_mb,
            swap_cached_mb: 0,
            iram_used_kb: 0,
            iram_total_kb: board.iram_total_kb,
            iram_lfb_kb: board.iram_total_kb,
            cpus: vec![core; board.cores],
            gpu: Gpu { load_permille: 0, freq_khz: 0, gpc_khz: [0; MAX_GPCS] },
            emc: Emc { load_permille: 0, freq_khz: 0 },
            engines: board.engines.iter().map(engine).collect(),
            zones: vec![zone; board.zones.len()],
            rails: vec![rail; board.rails.len()],
            mts_fg_percent: 0,
            mts_bg_percent: 0,
            fan_pwm: 0,
            fan_rpm: 0,
            throttled: false,
            oc_events: [0; 2],
            input_mv: 0,
            input_mw: 0,
        }
    }
}
