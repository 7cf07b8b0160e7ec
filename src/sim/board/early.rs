//! Tables of the boards before Xavier: Nano and TX2.
//!
//! Clock steps, names, orders and memory sizes are those printed by real boards;
//! power figures are chosen so that idle and full load land where those boards
//! were seen.

use super::super::release::Release;
use super::table::{engine, estimate, mode, near, rail, twin};
use super::{Board, Cluster, Domain, EngineKind, EngineStyle, FanDef, GpuDef, Gr3d, Layout, PMIC};
use Domain::{Cpu, Ddr, Gpu, Soc, Sys};

/// Jetson Nano 4GB. Its kernel has the fan off below 51 degrees.
pub(super) const NANO: Board = Board {
    name: "nano",
    title: "NVIDIA Jetson Nano Developer Kit",
    releases: &[Release::R32],
    layouts: &[Layout {
        release: Release::R32,
        temps: &[("PLL", 0), ("CPU", 1), ("PMIC", PMIC), ("GPU", 2), ("AO", 3), ("thermal", 4)],
        rails: &[("POM_5V_IN", 0), ("POM_5V_GPU", 1), ("POM_5V_CPU", 2)],
        swap: true,
        ape_mhz: 25,
        gr3d: Gr3d::Single,
        engines: EngineStyle::WhileOn,
    }],
    modes: &[mode("MAXN", 0b1111, 1479000, 921600, 1600000), mode("5W", 0b0011, 921600, 614400, 1600000)],
    default_mode: 0,
    cores: 4,
    clusters: &[Cluster {
        name: "CPU_A57",
        core_mask: 0b1111,
        steps_khz: &[
            102000, 204000, 307200, 403200, 518400, 614400, 710400, 825600, 921600, 1036800, 1132800,
            1224000, 1326000, 1428000, 1479000,
        ],
    }],
    translating_mask: 0,
    gpu: GpuDef {
        steps_khz: &[
            76800, 153600, 230400, 307200, 384000, 460800, 537600, 614400, 691200, 768000, 844800, 921600,
        ],
        gpcs: 1,
        gpc_below_khz: 0,
        gates: false,
    },
    emc_steps_khz: &[204000, 408000, 665600, 800000, 1065600, 1331200, 1600000],
    engines: &[
        engine(EngineKind::Nvenc0, 192000, 716800),
        engine(EngineKind::Nvdec0, 192000, 716800),
        engine(EngineKind::Vic, 192000, 627200),
    ],
    zones: &[
        near("PLL", Soc, 3000, 2000, 500),
        near("CPU", Cpu, 9000, 3000, 500),
        near("GPU", Gpu, 8000, 2500, 500),
        near("AO", Soc, 3000, 8000, 500),
        estimate(&[(1, 50), (2, 50)]),
    ],
    rails: &[
        rail("POM_5V_IN", &[Cpu, Gpu, Soc, Ddr, Sys], 250, 60, None),
        rail("POM_5V_GPU", &[Gpu], 0, 0, Some(0)),
        rail("POM_5V_CPU", &[Cpu], 0, 0, Some(0)),
    ],
    idle_mw: [140, 40, 0, 230, 180, 480],
    full_mw: [4200, 4300, 0, 900, 1200, 900],
    carrier_mw: 250,
    fan: FanDef {
        curve: &[(0, 0), (51_000, 80), (61_000, 120), (71_000, 160), (82_000, 255)],
        hysteresis_mc: 8000,
        max_rpm: 5000,
        has_tachometer: false,
    },
    throttle_mc: 97_000,
    supply_mv: 5_000,
    ram_total_mb: 3964,
    swap_total_mb: 1982,
    iram_total_kb: 252,
};

const TX2_CPU: &[u32] =
    &[345600, 499200, 652800, 806400, 960000, 1113600, 1267200, 1420800, 1574400, 1728000, 1881600, 2035200];

/// Jetson TX2 8GB. Boots in MAXP_CORE_ARM: entries 1 and 2, the Denver cores, off.
pub(super) const TX2: Board = Board {
    name: "tx2",
    title: "NVIDIA Jetson TX2 Developer Kit",
    releases: &[Release::R28, Release::R32],
    layouts: &[
        Layout {
            release: Release::R28,
            temps: &[
                ("BCPU", 0),
                ("MCPU", 1),
                ("GPU", 2),
                ("PLL", 3),
                ("Tboard", 4),
                ("Tdiode", 5),
                ("PMIC", PMIC),
                ("thermal", 6),
            ],
            rails: &[
                ("VDD_IN", 3),
                ("VDD_CPU", 4),
                ("VDD_GPU", 0),
                ("VDD_SOC", 1),
                ("VDD_WIFI", 2),
                ("VDD_DDR", 5),
            ],
            swap: false,
            ape_mhz: 150,
            gr3d: Gr3d::Single,
            engines: EngineStyle::WhileOn,
        },
        Layout {
            release: Release::R32,
            temps: &[
                ("PLL", 3),
                ("MCPU", 1),
                ("PMIC", PMIC),
                ("Tboard", 4),
                ("GPU", 2),
                ("BCPU", 0),
                ("thermal", 6),
                ("Tdiode", 5),
            ],
            rails: &[
                ("VDD_SYS_GPU", 0),
                ("VDD_SYS_SOC", 1),
                ("VDD_4V0_WIFI", 2),
                ("VDD_IN", 3),
                ("VDD_SYS_CPU", 4),
                ("VDD_SYS_DDR", 5),
            ],
            swap: true,
            ape_mhz: 150,
            gr3d: Gr3d::Single,
            engines: EngineStyle::WhileOn,
        },
    ],
    modes: &[
        mode("MAXN", 0b111111, 2035200, 1300500, 1866000),
        mode("MAXQ", 0b111001, 1267200, 854250, 1331200),
        mode("MAXP_CORE_ALL", 0b111111, 1420800, 1134750, 1600000),
        mode("MAXP_CORE_ARM", 0b111001, 2035200, 1134750, 1600000),
    ],
    default_mode: 3,
    cores: 6,
    clusters: &[
        Cluster { name: "CPU_A57", core_mask: 0b111001, steps_khz: TX2_CPU },
        Cluster { name: "CPU_DENVER", core_mask: 0b000110, steps_khz: TX2_CPU },
    ],
    translating_mask: 0b000110,
    gpu: GpuDef {
        steps_khz: &[
            114750, 216750, 318750, 420750, 522750, 624750, 726750, 854250, 930750, 1032750, 1134750,
            1236750, 1300500,
        ],
        gpcs: 1,
        gpc_below_khz: 0,
        gates: false,
    },
    emc_steps_khz: &[
        40800, 68000, 102000, 204000, 408000, 665600, 800000, 1062400, 1331200, 1600000, 1866000,
    ],
    engines: &[
        engine(EngineKind::Nvenc0, 115200, 1113600),
        engine(EngineKind::Nvdec0, 115200, 1203200),
        engine(EngineKind::Vic, 115200, 1024000),
    ],
    // BCPU, MCPU and PLL share a spot: equal to the half degree in every capture.
    zones: &[
        near("BCPU", Cpu, 9000, 3000, 500),
        twin("MCPU", &[(0, 100)]),
        near("GPU", Gpu, 10000, 2000, 500),
        twin("PLL", &[(0, 100)]),
        near("Tboard", Sys, 1000, 500, 1000),
        near("Tdiode", Soc, 4000, 1000, 250),
        estimate(&[(0, 40), (2, 60)]),
    ],
    rails: &[
        rail("VDD_SYS_GPU", &[Gpu], 0, 0, Some(3)),
        rail("VDD_SYS_SOC", &[Soc], 0, 0, Some(3)),
        rail("VDD_4V0_WIFI", &[], 38, 0, Some(3)),
        rail("VDD_IN", &[Cpu, Gpu, Soc, Ddr, Sys], 250, 70, None),
        rail("VDD_SYS_CPU", &[Cpu], 0, 0, Some(3)),
        rail("VDD_SYS_DDR", &[Ddr], 0, 0, Some(3)),
    ],
    idle_mw: [200, 130, 0, 360, 180, 400],
    full_mw: [5500, 7500, 0, 1500, 2700, 1000],
    carrier_mw: 250,
    fan: FanDef {
        curve: &[(0, 0), (51_000, 80), (61_000, 120), (71_000, 160), (82_000, 255)],
        hysteresis_mc: 8000,
        max_rpm: 4200,
        has_tachometer: true,
    },
    throttle_mc: 95_500,
    supply_mv: 19_000,
    ram_total_mb: 7860,
    swap_total_mb: 3930,
    iram_total_kb: 0,
};
