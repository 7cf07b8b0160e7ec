//! Short constructors, so that the board tables read as tables.

use super::{Domain, EngineDef, EngineKind, Gate, Mode, RailDef, Resolution, Sensing, ZoneDef};

/// A zone with a sensor that steps by `step_mc`, or by 1/32 degree where that is 0.
pub(super) const fn near(
    name: &'static str,
    domain: Domain,
    local_mc: i64,
    offset_mc: i64,
    step_mc: i64,
) -> ZoneDef {
    ZoneDef {
        name,
        sensing: Sensing::Near { domain, local_mc, offset_mc },
        gate: Gate::Never,
        resolution: match step_mc {
            0 => Resolution::Thirtysecond,
            step => Resolution::Milli(step),
        },
    }
}

/// A zone with a sensor of 1/32 degree that may lose its power.
pub(super) const fn fine(
    name: &'static str,
    domain: Domain,
    local_mc: i64,
    offset_mc: i64,
    gate: Gate,
) -> ZoneDef {
    ZoneDef { gate, ..near(name, domain, local_mc, offset_mc, 0) }
}

/// The hottest of the others.
pub(super) const fn junction() -> ZoneDef {
    ZoneDef { name: "tj", sensing: Sensing::Hottest, gate: Gate::Never, resolution: Resolution::Thirtysecond }
}

/// A second sensor at the spot of another, `of` being `&[(its index, 100)]`.
pub(super) const fn twin(name: &'static str, of: &'static [(usize, i64)]) -> ZoneDef {
    ZoneDef { name, ..estimate(of) }
}

/// The fan's estimate. 50 milli-degrees are the finest step that the weights
/// give from sensors of half a degree.
pub(super) const fn estimate(weights: &'static [(usize, i64)]) -> ZoneDef {
    ZoneDef {
        name: "thermal",
        sensing: Sensing::Weighted(weights),
        gate: Gate::Never,
        resolution: Resolution::Milli(50),
    }
}

pub(super) const fn rail(
    name: &'static str,
    domains: &'static [Domain],
    base_mw: i64,
    loss_permille: i64,
    parent: Option<usize>,
) -> RailDef {
    RailDef { name, domains, base_mw, loss_permille, parent }
}

pub(super) const fn engine(kind: EngineKind, idle_khz: u32, max_khz: u32) -> EngineDef {
    EngineDef { kind, idle_khz, max_khz }
}

pub(super) const fn mode(
    name: &'static str,
    online_mask: u16,
    cpu_max_khz: u32,
    gpu_max_khz: u32,
    emc_max_khz: u32,
) -> Mode {
    Mode { name, online_mask, cpu_max_khz, gpu_max_khz, emc_max_khz }
}
