//! Table of the Thor board: AGX Thor developer kit (T5000).
//!
//! Clock steps and names are those printed by real boards on R38 and R39. The
//! facts hold two modes, MAXN and 120W, and no caps: those of 120W are ours.

use super::super::release::Release;
use super::table::{engine, fine, junction, mode, rail};
use super::{Board, Cluster, Domain, EngineDef, EngineKind, EngineStyle, FanDef, Gate, GpuDef, Gr3d, Layout};
use Domain::{Cpu, Cv, Ddr, Gpu, Soc, Sys};

/// Steps of 54 MHz, as seen between 972 and 2430.
const CPU: &[u32] = &[
    972000, 1026000, 1080000, 1134000, 1188000, 1242000, 1296000, 1350000, 1404000, 1458000, 1512000,
    1566000, 1620000, 1674000, 1728000, 1782000, 1836000, 1890000, 1944000, 1998000, 2052000, 2106000,
    2160000, 2214000, 2268000, 2322000, 2376000, 2430000, 2484000, 2538000, 2601000,
];

/// Engines share one clock source: 314 at rest, 1556 at work.
const ENGINES: &[EngineDef] = &[
    engine(EngineKind::Nvenc0, 314000, 1556000),
    engine(EngineKind::Nvenc1, 314000, 1556000),
    engine(EngineKind::Nvdec0, 314000, 1556000),
    engine(EngineKind::Nvdec1, 314000, 1556000),
    engine(EngineKind::Nvjpg0, 314000, 1556000),
    engine(EngineKind::Vic, 115000, 423000),
    engine(EngineKind::Ofa, 315000, 1556000),
    engine(EngineKind::Pva0, 115000, 1215000),
];

const TEMPS: &[(&str, usize)] = &[("cpu", 0), ("tj", 1), ("soc012", 2), ("gpu", 3), ("soc345", 4)];
const RAILS: &[(&str, usize)] = &[("VDD_GPU", 0), ("VDD_CPU_SOC_MSS", 1), ("VIN_SYS_5V0", 2), ("VIN", 3)];

/// Cores that share a clock come in pairs: loads differ inside a pair, clocks do not.
const fn pair(name: &'static str, number: u16) -> Cluster {
    Cluster { name, core_mask: 0b11 << (2 * number), steps_khz: CPU }
}

const fn layout(release: Release, swap: bool) -> Layout {
    Layout {
        release,
        temps: TEMPS,
        rails: RAILS,
        swap,
        ape_mhz: 300,
        gr3d: Gr3d::ClocksOnly,
        engines: EngineStyle::Clocks,
    }
}

/// Jetson AGX Thor 128GB, boots in 120W.
pub(super) const THOR: Board = Board {
    name: "thor",
    title: "NVIDIA Jetson AGX Thor Developer Kit",
    releases: &[Release::R38, Release::R39],
    layouts: &[layout(Release::R38, false), layout(Release::R39, true)],
    modes: &[
        mode("MAXN", 0x3fff, 2601000, 1575000, 4266000),
        mode("120W", 0x3fff, 2430000, 1365000, 4266000),
    ],
    default_mode: 1,
    cores: 14,
    clusters: &[
        pair("CPU_0", 0),
        pair("CPU_1", 1),
        pair("CPU_2", 2),
        pair("CPU_3", 3),
        pair("CPU_4", 4),
        pair("CPU_5", 5),
        pair("CPU_6", 6),
    ],
    translating_mask: 0,
    gpu: GpuDef {
        steps_khz: &[
            315000, 420000, 525000, 630000, 735000, 840000, 945000, 1050000, 1155000, 1260000, 1365000,
            1470000, 1575000,
        ],
        gpcs: 3,
        gpc_below_khz: 400,
        gates: false,
    },
    emc_steps_khz: &[665600, 2750000, 3200000, 4266000],
    engines: ENGINES,
    zones: &[
        fine("cpu", Cpu, 9000, 2000, Gate::Never),
        junction(),
        fine("soc012", Soc, 5000, 1700, Gate::Never),
        fine("gpu", Gpu, 12000, 2500, Gate::Never),
        fine("soc345", Soc, 5000, 1800, Gate::Never),
    ],
    rails: &[
        rail("VDD_GPU", &[Gpu], 0, 0, Some(3)),
        rail("VDD_CPU_SOC_MSS", &[Cpu, Soc, Ddr], 0, 0, Some(3)),
        rail("VIN_SYS_5V0", &[Sys], 0, 0, Some(3)),
        rail("VIN", &[Cpu, Gpu, Cv, Soc, Ddr, Sys], 6000, 60, None),
    ],
    idle_mw: [1200, 2200, 0, 3000, 1600, 5600],
    full_mw: [25000, 62000, 6000, 11000, 11000, 9000],
    carrier_mw: 6000,
    fan: FanDef {
        curve: &[(0, 40), (45_000, 70), (55_000, 100), (65_000, 150), (75_000, 200), (85_000, 255)],
        hysteresis_mc: 5000,
        max_rpm: 4500,
        has_tachometer: true,
    },
    throttle_mc: 101_000,
    supply_mv: 28_000,
    ram_total_mb: 125772,
    swap_total_mb: 2048,
    iram_total_kb: 0,
};
