//! Tables of the Orin modules for the small carrier: Orin Nano and Orin NX.
//!
//! Clock steps, names, orders and memory sizes are those printed by real boards;
//! power figures are chosen so that idle and full load land where those boards
//! were seen. R35 stands for R35.1 to R35.3: GR3D and GR3D2, no rails for users.

use super::super::release::Release;
use super::table::{engine, fine, junction, mode, rail};
use super::{
    Board, Cluster, Domain, EngineDef, EngineKind, EngineStyle, FanDef, Gate, GpuDef, Gr3d, Layout, RailDef,
    ZoneDef,
};
use Domain::{Cpu, Cv, Ddr, Gpu, Soc, Sys};

const NX_CPU: &[u32] = &[
    729600, 806400, 883200, 960000, 1036800, 1113600, 1190400, 1267200, 1344000, 1420800, 1497600, 1574400,
    1651200, 1728000, 1804800, 1881600, 1984000,
];
const NANO_CPU: &[u32] = &[
    729600, 806400, 883200, 960000, 1036800, 1113600, 1190400, 1267200, 1344000, 1420800, 1510400, 1574400,
    1651200, 1728000,
];
const NANO_GPU: &[u32] = &[306000, 408000, 510000, 612000, 714000, 816000, 918000, 1020000];
const NX_GPU: &[u32] = &[306000, 408000, 510000, 612000, 714000, 816000, 918000];
pub(super) const EMC: &[u32] = &[204000, 665600, 2133000, 3199000];

const NANO_ENGINES: &[EngineDef] = &[
    engine(EngineKind::Nvdec0, 115200, 793600),
    engine(EngineKind::Nvjpg0, 115200, 499200),
    engine(EngineKind::Nvjpg1, 115200, 499200),
    engine(EngineKind::Vic, 115200, 435200),
    engine(EngineKind::Ofa, 115200, 460800),
];

const NX_ENGINES: &[EngineDef] = &[
    engine(EngineKind::Nvenc0, 115200, 793600),
    engine(EngineKind::Nvdec0, 115200, 793600),
    engine(EngineKind::Nvjpg0, 115200, 499200),
    engine(EngineKind::Nvjpg1, 115200, 499200),
    engine(EngineKind::Vic, 115200, 601600),
    engine(EngineKind::Ofa, 115200, 627200),
    engine(EngineKind::Dla0, 115200, 614400),
    engine(EngineKind::Dla1, 115200, 614400),
    engine(EngineKind::Pva0, 115200, 512000),
];

/// Orin Nano and NX: `gpu` stays readable at idle, and so do the `cv` zones on the NX.
const MODULE_ZONES: &[ZoneDef] = &[
    fine("cv0", Cv, 5000, 5500, Gate::Never),
    fine("cpu", Cpu, 9000, 8000, Gate::Never),
    fine("soc2", Soc, 5000, 5700, Gate::Never),
    fine("soc0", Soc, 5000, 6600, Gate::Never),
    fine("cv1", Cv, 5000, 6000, Gate::Never),
    fine("gpu", Gpu, 9000, 7800, Gate::Never),
    junction(),
    fine("soc1", Soc, 5000, 7000, Gate::Never),
    fine("cv2", Cv, 5000, 5000, Gate::Never),
];

const MODULE_RAILS: &[RailDef] = &[
    rail("VDD_IN", &[Cpu, Gpu, Cv, Soc, Ddr, Sys], 400, 70, None),
    rail("VDD_CPU_GPU_CV", &[Cpu, Gpu, Cv], 0, 0, Some(0)),
    rail("VDD_SOC", &[Soc], 0, 0, Some(0)),
];
const MODULE_RAIL_ORDER: &[(&str, usize)] = &[("VDD_IN", 0), ("VDD_CPU_GPU_CV", 1), ("VDD_SOC", 2)];

const MODULE_R35_TEMPS: &[(&str, usize)] = &[
    ("CV0", 0),
    ("CPU", 1),
    ("SOC2", 2),
    ("SOC0", 3),
    ("CV1", 4),
    ("GPU", 5),
    ("tj", 6),
    ("SOC1", 7),
    ("CV2", 8),
];
const NX_TEMPS: &[(&str, usize)] = &[
    ("cv0", 0),
    ("cpu", 1),
    ("soc2", 2),
    ("soc0", 3),
    ("cv1", 4),
    ("gpu", 5),
    ("tj", 6),
    ("soc1", 7),
    ("cv2", 8),
];
/// R36 and later show no `cv` zones on the Nano, which has no such blocks.
const NANO_TEMPS: &[(&str, usize)] =
    &[("cpu", 1), ("soc2", 2), ("soc0", 3), ("gpu", 5), ("tj", 6), ("soc1", 7)];

/// Every Orin kit.
pub(super) const FAN: FanDef = FanDef {
    curve: &[(0, 0), (45_000, 62), (54_000, 88), (63_000, 125), (72_000, 180), (82_000, 255)],
    hysteresis_mc: 6000,
    max_rpm: 6000,
    has_tachometer: true,
};

/// What all Orin layouts share.
pub(super) const fn layout(
    release: Release,
    temps: &'static [(&'static str, usize)],
    rails: &'static [(&'static str, usize)],
    ape_mhz: u32,
    gr3d: Gr3d,
) -> Layout {
    Layout {
        release,
        temps,
        rails,
        // R39 installs come without zram.
        swap: !matches!(release, Release::R39),
        ape_mhz,
        gr3d,
        engines: match release {
            Release::R39 => EngineStyle::Numbered,
            Release::R36 => EngineStyle::Listed,
            _ => EngineStyle::WhileOn,
        },
    }
}

/// Jetson Orin Nano 8GB with the Super power table, and the 7 W mode of the first
/// table (four cores) behind it. One GPC, hence no GR3D2 in R35.
pub(super) const ORIN_NANO: Board = Board {
    name: "orin-nano",
    title: "NVIDIA Jetson Orin Nano Developer Kit Super",
    releases: &[Release::R35, Release::R36, Release::R39],
    layouts: &[
        layout(Release::R35, MODULE_R35_TEMPS, MODULE_RAIL_ORDER, 174, Gr3d::Single),
        layout(Release::R36, NANO_TEMPS, MODULE_RAIL_ORDER, 200, Gr3d::List),
        layout(Release::R39, NANO_TEMPS, MODULE_RAIL_ORDER, 200, Gr3d::List),
    ],
    modes: &[
        mode("15W", 0b111111, 1510400, 612000, 2133000),
        mode("25W", 0b111111, 1344000, 918000, 3199000),
        mode("MAXN_SUPER", 0b111111, 1728000, 1020000, 3199000),
        mode("7W", 0b001111, 960000, 408000, 2133000),
    ],
    default_mode: 1,
    cores: 6,
    clusters: &[
        Cluster { name: "CPU_A78_0", core_mask: 0b001111, steps_khz: NANO_CPU },
        Cluster { name: "CPU_A78_1", core_mask: 0b110000, steps_khz: NANO_CPU },
    ],
    translating_mask: 0,
    gpu: GpuDef { steps_khz: NANO_GPU, gpcs: 1, gpc_below_khz: 400, gates: false },
    emc_steps_khz: EMC,
    engines: NANO_ENGINES,
    zones: MODULE_ZONES,
    rails: MODULE_RAILS,
    idle_mw: [240, 220, 0, 1050, 600, 1600],
    full_mw: [5000, 8500, 0, 5200, 3000, 2200],
    carrier_mw: 400,
    fan: FAN,
    throttle_mc: 99_000,
    supply_mv: 19_000,
    ram_total_mb: 7620,
    swap_total_mb: 3810,
    iram_total_kb: 0,
};

/// Jetson Orin NX 16GB with its first power table. R35 prints a GR3D2 for the GPC
/// that it lacks, always at 0.
pub(super) const ORIN_NX: Board = Board {
    name: "orin-nx",
    title: "NVIDIA Jetson Orin NX Engineering Reference Developer Kit",
    releases: &[Release::R35, Release::R36, Release::R39],
    layouts: &[
        layout(Release::R35, MODULE_R35_TEMPS, MODULE_RAIL_ORDER, 174, Gr3d::Pair),
        layout(Release::R36, NX_TEMPS, MODULE_RAIL_ORDER, 200, Gr3d::List),
        layout(Release::R39, NX_TEMPS, MODULE_RAIL_ORDER, 200, Gr3d::List),
    ],
    modes: &[
        mode("MAXN", 0b1111_1111, 1984000, 918000, 3199000),
        mode("10W", 0b0000_1111, 1190400, 612000, 2133000),
        mode("15W", 0b0000_1111, 1651200, 612000, 3199000),
        mode("25W", 0b1111_1111, 1497600, 408000, 3199000),
    ],
    default_mode: 2,
    cores: 8,
    clusters: &[
        Cluster { name: "CPU_A78_0", core_mask: 0b0000_1111, steps_khz: NX_CPU },
        Cluster { name: "CPU_A78_1", core_mask: 0b1111_0000, steps_khz: NX_CPU },
    ],
    translating_mask: 0,
    gpu: GpuDef { steps_khz: NX_GPU, gpcs: 1, gpc_below_khz: 400, gates: false },
    emc_steps_khz: EMC,
    engines: NX_ENGINES,
    zones: MODULE_ZONES,
    rails: MODULE_RAILS,
    idle_mw: [300, 220, 0, 1150, 650, 1700],
    full_mw: [8000, 9500, 4000, 5000, 3500, 2400],
    carrier_mw: 400,
    fan: FAN,
    throttle_mc: 99_000,
    supply_mv: 19_000,
    ram_total_mb: 15656,
    swap_total_mb: 7828,
    iram_total_kb: 0,
};
