//! What the chip and the board have, beyond what tegrastats prints.

use crate::recycled::Recycle;

/// Cores that share a clock and its governor: a cpufreq policy.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Cluster {
    /// As the kernel names it (`policy0`).
    pub name: String,
    /// Numbers of its cores.
    pub cores: Vec<u16>,
    /// Clock now, kHz (`scaling_cur_freq`).
    pub freq_khz: Option<u32>,
    /// Lower limit in force, kHz.
    pub min_khz: Option<u32>,
    /// Upper limit in force, kHz.
    pub max_khz: Option<u32>,
    /// Lowest clock of the hardware, kHz.
    pub hardware_min_khz: Option<u32>,
    /// Highest clock of the hardware, kHz.
    pub hardware_max_khz: Option<u32>,
    /// What chooses the clock; empty when unknown.
    pub governor: String,
}

/// A graphics processor: a devfreq device.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Gpu {
    /// As the kernel names it (`17000000.gpu`).
    pub name: String,
    /// Load, per mille.
    pub load_pm: Option<u32>,
    /// Clock now, kHz.
    pub freq_khz: Option<u32>,
    /// Lower limit in force, kHz.
    pub min_khz: Option<u32>,
    /// Upper limit in force, kHz.
    pub max_khz: Option<u32>,
    /// Highest clock that it has, kHz.
    pub hardware_max_khz: Option<u32>,
    /// What chooses the clock; empty when unknown.
    pub governor: String,
    /// It may be switched off when idle.
    pub railgate: Option<bool>,
    /// Its clock follows the load of 3D work.
    pub scaling_3d: Option<bool>,
    /// Runtime power management: `auto` or `on`; empty when unknown.
    pub power_control: String,
    /// Texture processing clusters that are switched off, a bit each.
    pub tpc_pg_mask: Option<u32>,
    /// Frame buffer partitions that are switched off, a bit each.
    pub fbp_pg_mask: Option<u32>,
}

/// Limits of the memory controller's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Emc {
    /// Lower limit, kHz.
    pub min_khz: Option<u32>,
    /// Upper limit, kHz.
    pub max_khz: Option<u32>,
    /// Upper limit of the power mode, kHz.
    pub cap_khz: Option<u32>,
    /// The clock is held, as jetson_clocks does.
    pub locked: Option<bool>,
}

/// What the kernel does at a trip point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TripKind {
    /// Turns a fan on.
    Active,
    /// Lowers clocks.
    Passive,
    /// Tells user space.
    Hot,
    /// Shuts the board down.
    Critical,
}

impl TripKind {
    /// The kernel's word (`trip_point_N_type`).
    pub fn name(self) -> &'static str {
        match self {
            TripKind::Active => "active",
            TripKind::Passive => "passive",
            TripKind::Hot => "hot",
            TripKind::Critical => "critical",
        }
    }

    /// Reads the kernel's word.
    pub fn parse(word: &str) -> Option<TripKind> {
        use TripKind::*;
        [Active, Passive, Hot, Critical].into_iter().find(|kind| kind.name() == word)
    }
}

/// A temperature at which the kernel acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trip {
    /// What it does.
    pub kind: TripKind,
    /// Milli-degrees Celsius.
    pub mc: i32,
}

/// Who sets a fan's speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum FanOwner {
    /// Nothing says so.
    #[default]
    Unknown,
    /// The vendor's service (L4T R34 and later).
    Nvfancontrol,
    /// The kernel's thermal framework.
    Kernel,
    /// Somebody has set a speed.
    Manual,
}

impl FanOwner {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            FanOwner::Unknown => "unknown",
            FanOwner::Nvfancontrol => "nvfancontrol",
            FanOwner::Kernel => "kernel",
            FanOwner::Manual => "manual",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> FanOwner {
        use FanOwner::*;
        [Nvfancontrol, Kernel, Manual].into_iter().find(|owner| owner.name() == word).unwrap_or_default()
    }
}

/// A fan.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Fan {
    /// As the kernel names it (`pwmfan`).
    pub name: String,
    /// Duty, 0 to 255.
    pub pwm: Option<u32>,
    /// Measured speed, rotations a minute.
    pub rpm: Option<u32>,
    /// Who sets it.
    pub owner: FanOwner,
    /// Profile of the vendor's service; empty when unknown.
    pub profile: String,
}

impl Fan {
    /// Duty, per mille.
    pub fn duty_pm(&self) -> Option<u32> {
        self.pwm.map(|pwm| (pwm.min(255) * 1000 + 127) / 255)
    }
}

/// A cooling device of the kernel.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Cooling {
    /// Its type (`cpu-throttle-alert`).
    pub name: String,
    /// 0 is at rest.
    pub state: u32,
    /// The strongest.
    pub max: Option<u32>,
}

impl Cooling {
    /// Whether it throttles the board, rather than turns a fan.
    pub fn is_alert(&self) -> bool {
        self.name.contains("-alert")
    }

    /// Whether it tells that the board is too hot to be touched.
    pub fn is_surface(&self) -> bool {
        self.name.starts_with("hot-surface")
    }

    /// Whether it lowers clocks when it acts: an alert, up to R32 the governor of that name, or a limit
    /// of a clock that the kernel has set itself (`cpufreq-cpu0`, `devfreq-17000000.gpu`; before Linux
    /// 5.12 with `thermal-` in front).
    pub fn throttles(&self) -> bool {
        let name = self.name.strip_prefix("thermal-").unwrap_or(&self.name);
        let is_limit = name.starts_with("cpufreq-") || name.starts_with("devfreq-");
        is_limit || self.is_alert() || name.ends_with("-balanced")
    }
}

/// What an over-current event means; that differs from chip to chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum OverCurrentReason {
    /// Nobody has said.
    #[default]
    Unknown,
    /// The input voltage was too low.
    UnderVoltage,
    /// The mean current was too high.
    Average,
    /// The current was too high for a moment.
    Instantaneous,
    /// The current was above the critical limit.
    Critical,
    /// The current was above the warning limit.
    Warning,
}

impl OverCurrentReason {
    const ALL: [(OverCurrentReason, &'static str); 6] = [
        (OverCurrentReason::Unknown, "unknown"),
        (OverCurrentReason::UnderVoltage, "undervoltage"),
        (OverCurrentReason::Average, "average_overcurrent"),
        (OverCurrentReason::Instantaneous, "instantaneous_overcurrent"),
        (OverCurrentReason::Critical, "critical_overcurrent"),
        (OverCurrentReason::Warning, "warning_overcurrent"),
    ];

    /// The word for it.
    pub fn name(self) -> &'static str {
        OverCurrentReason::ALL.iter().find(|(reason, _)| *reason == self).map_or("unknown", |(_, name)| name)
    }

    /// Reads the word.
    pub fn parse(word: &str) -> OverCurrentReason {
        OverCurrentReason::ALL
            .iter()
            .find(|(_, name)| *name == word)
            .map(|(reason, _)| *reason)
            .unwrap_or_default()
    }
}

/// A counter of over-current events since boot.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct OverCurrent {
    /// As the kernel names it (`oc1`).
    pub name: String,
    /// So many.
    pub count: u64,
    /// What it means on this chip.
    pub reason: OverCurrentReason,
    /// The event throttles the board.
    pub throttles: Option<bool>,
}

/// Whether clocks are pinned to their upper limit, as jetson_clocks does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pinned {
    /// All of them.
    On,
    /// None.
    Off,
    /// Some; [`super::Snapshot::unpinned`] names the others.
    Partial,
}

impl Pinned {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Pinned::On => "on",
            Pinned::Off => "off",
            Pinned::Partial => "partial",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Pinned> {
        [Pinned::On, Pinned::Off, Pinned::Partial].into_iter().find(|pinned| pinned.name() == word)
    }
}

/// Emptying an entry: everything but the name, and the room of its texts and lists is kept.
macro_rules! recycle {
    ($($kind:ty: [$($value:ident),*] [$($room:ident),*];)*) => {$(
        impl Recycle for $kind {
            fn name(&self) -> &str {
                &self.name
            }

            fn name_mut(&mut self) -> &mut String {
                &mut self.name
            }

            fn recycle(&mut self) {
                $(self.$value = Default::default();)*
                $(self.$room.clear();)*
            }
        }
    )*};
}
pub(super) use recycle;

recycle! {
    Cluster: [freq_khz, min_khz, max_khz, hardware_min_khz, hardware_max_khz] [cores, governor];
    Gpu: [load_pm, freq_khz, min_khz, max_khz, hardware_max_khz, railgate, scaling_3d, tpc_pg_mask, fbp_pg_mask]
        [governor, power_control];
    Fan: [pwm, rpm, owner] [profile];
    Cooling: [state, max] [];
    OverCurrent: [count, reason, throttles] [];
}
