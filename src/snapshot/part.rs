//! The parts of a board that a source names: engines, thermal zones, power rails.

use super::Trip;
use crate::recycled::Recycle;

/// An engine, the memory controller or another clock.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Engine {
    /// As tegrastats names it, without `_FREQ` and `_UTIL`.
    pub name: String,
    /// Load, per mille; 0 when the engine is off.
    pub load_pm: Option<u32>,
    /// Clock, kHz; the highest of several.
    pub freq_khz: Option<u32>,
    /// A bare number, as printed.
    pub raw: Option<u32>,
    /// Clocks of the parts (graphics clusters), kHz, when the source lists them.
    pub freqs_khz: Vec<u32>,
    /// Loads of the parts, per mille, when the source lists them.
    pub loads_pm: Vec<u32>,
}

impl Engine {
    /// Whether the values are a reading. Tools without root print `EMC_FREQ 0%` on R31 to R35
    /// whatever the memory does: a load of nothing without a clock says nothing for the EMC.
    pub fn is_reading(&self) -> bool {
        self.name != "EMC" || self.freq_khz.is_some() || self.load_pm != Some(0)
    }

    /// Listed as `off`: at rest and without a clock.
    pub fn is_off(&self) -> bool {
        self.load_pm == Some(0) && self.freq_khz.is_none() && self.name != "GR3D" && self.is_reading()
    }
}

impl Recycle for Engine {
    fn name(&self) -> &str {
        &self.name
    }

    fn name_mut(&mut self) -> &mut String {
        &mut self.name
    }

    fn recycle(&mut self) {
        (self.load_pm, self.freq_khz, self.raw) = (None, None, None);
        self.freqs_khz.clear();
        self.loads_pm.clear();
    }
}

/// A thermal zone.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Temp {
    /// As the source names it.
    pub name: String,
    /// Milli-degrees Celsius.
    pub now_mc: i32,
    /// The highest since the source's start (R39).
    pub max_mc: Option<i32>,
    /// Where the kernel acts on it, in the kernel's order.
    pub trips: Vec<Trip>,
}

impl Temp {
    /// The temperature, unless it is none: the PMIC zone is a constant on every release.
    pub fn reading_mc(&self) -> Option<i32> {
        (self.name != "PMIC").then_some(self.now_mc)
    }
}

impl Recycle for Temp {
    fn name(&self) -> &str {
        &self.name
    }

    fn name_mut(&mut self) -> &mut String {
        &mut self.name
    }

    fn recycle(&mut self) {
        (self.now_mc, self.max_mc) = (0, None);
        self.trips.clear();
    }
}

/// A power rail, milliwatts; below zero is real on an idle AGX Orin.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Rail {
    /// As the source names it.
    pub name: String,
    /// Now.
    pub now_mw: i32,
    /// Mean since the source's start.
    pub avg_mw: i32,
    /// The highest since the source's start (R39).
    pub max_mw: Option<i32>,
    /// Voltage, mV.
    pub mv: Option<i32>,
    /// Current, mA.
    pub ma: Option<i32>,
    /// Current above which the sensor warns, mA.
    pub warn_ma: Option<i32>,
    /// Current above which the board is throttled, mA.
    pub critical_ma: Option<i32>,
    /// One of the two limits was exceeded when the sensor was last asked.
    pub alarm: Option<bool>,
    /// Energy since this program began to read the rail, mJ.
    pub energy_mj: Option<i64>,
}

impl Rail {
    /// A channel of the sensor that measures nothing: it is not connected.
    pub fn is_open(&self) -> bool {
        self.name == "NC" || self.name.starts_with("NC#")
    }
}

impl Recycle for Rail {
    fn name(&self) -> &str {
        &self.name
    }

    fn name_mut(&mut self) -> &mut String {
        &mut self.name
    }

    fn recycle(&mut self) {
        let name = std::mem::take(&mut self.name);
        *self = Rail { name, ..Rail::default() };
    }
}
