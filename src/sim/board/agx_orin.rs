//! Table of the AGX Orin board, the only one that cuts its GPU's power at idle.
//!
//! Clock steps, names, orders and memory sizes are those printed by real boards;
//! power figures are chosen so that idle and full load land where those boards
//! were seen.

use super::super::release::Release;
use super::orin::{EMC, FAN, layout};
use super::table::{engine, fine, junction, mode, near, rail};
use super::{Board, Cluster, Domain, EngineDef, EngineKind, Gate, GpuDef, Gr3d, NC};
use Domain::{Cpu, Cv, Ddr, Gpu, Soc, Sys};

const AGX_CPU: &[u32] = &[
    729600, 806400, 883200, 960000, 1036800, 1113600, 1190400, 1267200, 1344000, 1420800, 1497600, 1574400,
    1651200, 1728000, 1804800, 1881600, 1958400, 2035200, 2112000, 2201600,
];

const AGX_GPU: &[u32] =
    &[306000, 408000, 510000, 612000, 714000, 816000, 918000, 1020000, 1122000, 1224000, 1300500];

/// R35 prints `VIC_FREQ 729` on an idle AGX Orin.
const AGX_ENGINES: &[EngineDef] = &[
    engine(EngineKind::Nvenc0, 166400, 1241600),
    engine(EngineKind::Nvdec0, 166400, 1267200),
    engine(EngineKind::Nvjpg0, 115200, 729600),
    engine(EngineKind::Nvjpg1, 115200, 729600),
    engine(EngineKind::Vic, 729600, 729600),
    engine(EngineKind::Ofa, 115200, 729600),
    engine(EngineKind::Dla0, 115200, 1369600),
    engine(EngineKind::Dla1, 115200, 1369600),
    engine(EngineKind::Pva0, 115200, 704000),
];

/// In R36 and R39 as well, where a zone without power is left out.
const AGX_TEMPS: &[(&str, usize)] = &[
    ("cv0", 0),
    ("cpu", 1),
    ("tboard", 2),
    ("soc2", 3),
    ("tdiode", 4),
    ("soc0", 5),
    ("cv1", 6),
    ("gpu", 7),
    ("tj", 8),
    ("soc1", 9),
    ("cv2", 10),
];
const AGX_R34_TEMPS: &[(&str, usize)] = &[
    ("CV0", 0),
    ("CPU", 1),
    ("Tboard", 2),
    ("SOC2", 3),
    ("Tdiode", 4),
    ("SOC0", 5),
    ("CV1", 6),
    ("GPU", 7),
    ("tj", 8),
    ("SOC1", 9),
    ("CV2", 10),
];
/// A kit on R39.2 was seen without the two board sensors and the memory rail.
const AGX_R39_TEMPS: &[(&str, usize)] = &[
    ("cv0", 0),
    ("cpu", 1),
    ("soc2", 3),
    ("soc0", 5),
    ("cv1", 6),
    ("gpu", 7),
    ("tj", 8),
    ("soc1", 9),
    ("cv2", 10),
];
const AGX_R34_RAILS: &[(&str, usize)] = &[
    ("VDD_GPU_SOC", 0),
    ("VDD_CPU_CV", 1),
    ("VIN_SYS_5V0", 2),
    ("NC", NC),
    ("VDDQ_VDD2_1V8AO", 3),
    ("NC", NC),
];
const AGX_RAILS: &[(&str, usize)] =
    &[("VDD_GPU_SOC", 0), ("VDD_CPU_CV", 1), ("VIN_SYS_5V0", 2), ("VDDQ_VDD2_1V8AO", 3)];
const AGX_R39_RAILS: &[(&str, usize)] = &[("VDD_GPU_SOC", 0), ("VDD_CPU_CV", 1), ("VIN_SYS_5V0", 2)];

/// Jetson AGX Orin 64GB. No input rail is measured; the memory rail hangs on the
/// 5 V one. R35 as R35.1 to R35.3, whose second GPC is GR3D2.
pub(super) const AGX_ORIN: Board = Board {
    name: "agx-orin",
    title: "NVIDIA Jetson AGX Orin Developer Kit",
    releases: &[Release::R34, Release::R35, Release::R36, Release::R39],
    layouts: &[
        layout(Release::R34, AGX_R34_TEMPS, AGX_R34_RAILS, 233, Gr3d::Pair),
        layout(Release::R35, AGX_R34_TEMPS, AGX_R34_RAILS, 174, Gr3d::Pair),
        layout(Release::R36, AGX_TEMPS, AGX_RAILS, 174, Gr3d::List),
        layout(Release::R39, AGX_R39_TEMPS, AGX_R39_RAILS, 174, Gr3d::List),
    ],
    modes: &[
        mode("MAXN", 0b1111_1111_1111, 2201600, 1300500, 3199000),
        mode("MODE_15W", 0b0000_0000_1111, 1113600, 408000, 2133000),
        mode("MODE_30W", 0b0000_1111_1111, 1728000, 612000, 3199000),
        mode("MODE_50W", 0b1111_1111_1111, 1497600, 816000, 3199000),
    ],
    default_mode: 2,
    cores: 12,
    clusters: &[
        Cluster { name: "CPU_A78_0", core_mask: 0b0000_0000_1111, steps_khz: AGX_CPU },
        Cluster { name: "CPU_A78_1", core_mask: 0b0000_1111_0000, steps_khz: AGX_CPU },
        Cluster { name: "CPU_A78_2", core_mask: 0b1111_0000_0000, steps_khz: AGX_CPU },
    ],
    translating_mask: 0,
    gpu: GpuDef { steps_khz: AGX_GPU, gpcs: 2, gpc_below_khz: 400, gates: true },
    emc_steps_khz: EMC,
    engines: AGX_ENGINES,
    zones: &[
        fine("cv0", Cv, 6000, 9500, Gate::Cv),
        fine("cpu", Cpu, 9000, 12500, Gate::Never),
        near("tboard", Sys, 2000, 1500, 250),
        fine("soc2", Soc, 5000, 9300, Gate::Never),
        near("tdiode", Soc, 4000, 2000, 250),
        fine("soc0", Soc, 5000, 10000, Gate::Never),
        fine("cv1", Cv, 6000, 9800, Gate::Cv),
        fine("gpu", Gpu, 11000, 9000, Gate::Gpu),
        junction(),
        fine("soc1", Soc, 5000, 9600, Gate::Never),
        fine("cv2", Cv, 6000, 9200, Gate::Cv),
    ],
    rails: &[
        rail("VDD_GPU_SOC", &[Gpu, Soc], 0, 0, None),
        rail("VDD_CPU_CV", &[Cpu, Cv], 0, 0, None),
        rail("VIN_SYS_5V0", &[Ddr, Sys], 0, 60, None),
        rail("VDDQ_VDD2_1V8AO", &[Ddr], 0, 0, Some(2)),
    ],
    idle_mw: [400, 300, 0, 2050, 400, 2450],
    full_mw: [14000, 26000, 8000, 8000, 6000, 4000],
    carrier_mw: 1800,
    fan: FAN,
    throttle_mc: 99_000,
    supply_mv: 19_000,
    ram_total_mb: 62841,
    swap_total_mb: 31420,
    iram_total_kb: 0,
};
