//! Tables of the Xavier boards: Xavier NX and AGX Xavier.
//!
//! Clock steps, names, orders and memory sizes are those printed by real boards;
//! power figures are chosen so that idle and full load land where those boards
//! were seen.

use super::super::release::Release;
use super::table::{engine, estimate, mode, near, rail};
use super::{Board, Cluster, Domain, EngineKind, EngineStyle, FanDef, GpuDef, Gr3d, Layout, PMIC};
use Domain::{Cpu, Cv, Ddr, Gpu, Soc, Sys};

/// Every Xavier mode sets 1190400 as the lower bound, so lower steps never show.
const XAVIER_CPU: &[u32] =
    &[1190400, 1267200, 1344000, 1420800, 1497600, 1574400, 1651200, 1728000, 1804800, 1907200];

const XAVIER_FAN: &[(i64, u8)] = &[(0, 0), (45_000, 77), (55_000, 120), (65_000, 170), (75_000, 255)];

/// Jetson Xavier NX 8GB. The 10 W and 15 W caps are from the stock table; the
/// 20 W modes came with R32.6 and are taken as the 15 W ones with full memory clock.
pub(super) const XAVIER_NX: Board = Board {
    name: "xavier-nx",
    title: "NVIDIA Jetson Xavier NX Developer Kit",
    releases: &[Release::R32, Release::R35],
    layouts: &[
        Layout {
            release: Release::R32,
            temps: &[("AO", 3), ("GPU", 2), ("PMIC", PMIC), ("AUX", 0), ("CPU", 1), ("thermal", 4)],
            rails: &[("VDD_IN", 0), ("VDD_CPU_GPU_CV", 1), ("VDD_SOC", 2)],
            swap: true,
            ape_mhz: 150,
            gr3d: Gr3d::Single,
            engines: EngineStyle::WhileOn,
        },
        Layout {
            release: Release::R35,
            temps: &[("AUX", 0), ("CPU", 1), ("thermal", 4), ("AO", 3), ("GPU", 2), ("PMIC", PMIC)],
            rails: &[("VDD_IN", 0), ("VDD_CPU_GPU_CV", 1), ("VDD_SOC", 2)],
            swap: true,
            ape_mhz: 150,
            gr3d: Gr3d::List,
            engines: EngineStyle::WhileOn,
        },
    ],
    modes: &[
        mode("MODE_15W_2CORE", 0b000011, 1907200, 1109250, 1600000),
        mode("MODE_15W_4CORE", 0b001111, 1420800, 1109250, 1600000),
        mode("MODE_15W_6CORE", 0b111111, 1420800, 1109250, 1600000),
        mode("MODE_10W_2CORE", 0b000011, 1497600, 803250, 1600000),
        mode("MODE_10W_4CORE", 0b001111, 1190400, 803250, 1600000),
        mode("MODE_10W_DESKTOP", 0b001111, 1907200, 510000, 1600000),
        mode("MODE_20W_2CORE", 0b000011, 1907200, 1109250, 1866000),
        mode("MODE_20W_4CORE", 0b001111, 1420800, 1109250, 1866000),
        mode("MODE_20W_6CORE", 0b111111, 1420800, 1109250, 1866000),
    ],
    default_mode: 2,
    cores: 6,
    clusters: &[
        Cluster { name: "CPU_DENVER_0", core_mask: 0b000011, steps_khz: XAVIER_CPU },
        Cluster { name: "CPU_DENVER_1", core_mask: 0b001100, steps_khz: XAVIER_CPU },
        Cluster { name: "CPU_DENVER_2", core_mask: 0b110000, steps_khz: XAVIER_CPU },
    ],
    translating_mask: 0b111111,
    gpu: GpuDef {
        steps_khz: &[
            114750, 204000, 306000, 408000, 510000, 599250, 701250, 803250, 905250, 1007250, 1109250,
        ],
        gpcs: 1,
        gpc_below_khz: 0,
        gates: false,
    },
    emc_steps_khz: &[204000, 408000, 665600, 800000, 1065600, 1331200, 1600000, 1866000],
    engines: &[
        engine(EngineKind::Nvenc0, 115200, 614400),
        engine(EngineKind::Nvdec0, 115200, 793600),
        engine(EngineKind::Vic, 115200, 601600),
        engine(EngineKind::Dla0, 115200, 1100800),
    ],
    zones: &[
        near("AUX", Soc, 4000, 3000, 500),
        near("CPU", Cpu, 9000, 4000, 500),
        near("GPU", Gpu, 9000, 3000, 500),
        near("AO", Soc, 3000, 2500, 500),
        estimate(&[(1, 30), (2, 30), (0, 40)]),
    ],
    rails: &[
        rail("VDD_IN", &[Cpu, Gpu, Cv, Soc, Ddr, Sys], 300, 70, None),
        rail("VDD_CPU_GPU_CV", &[Cpu, Gpu, Cv], 0, 0, Some(0)),
        rail("VDD_SOC", &[Soc], 0, 0, Some(0)),
    ],
    idle_mw: [350, 120, 0, 640, 420, 900],
    full_mw: [6000, 7000, 2500, 2600, 2500, 1500],
    carrier_mw: 300,
    fan: FanDef { curve: XAVIER_FAN, hysteresis_mc: 6000, max_rpm: 6000, has_tachometer: true },
    throttle_mc: 95_500,
    supply_mv: 19_000,
    ram_total_mb: 7771,
    swap_total_mb: 3885,
    iram_total_kb: 0,
};

const AGX_RAILS: &[(&str, usize)] =
    &[("GPU", 0), ("CPU", 1), ("SOC", 2), ("CV", 3), ("VDDRQ", 4), ("SYS5V", 5)];

/// AGX Xavier has further steps above those of the NX.
const AGX_CPU: &[u32] = &[
    1190400, 1267200, 1344000, 1420800, 1497600, 1574400, 1651200, 1728000, 1804800, 1881600, 1958400,
    2035200, 2112000, 2188800, 2265600,
];

/// Jetson AGX Xavier 32GB. Boots in MODE_15W with four of eight cores. None of
/// its rails feeds another, and no input rail is measured.
pub(super) const AGX_XAVIER: Board = Board {
    name: "agx-xavier",
    title: "NVIDIA Jetson AGX Xavier Developer Kit",
    releases: &[Release::R31, Release::R32, Release::R35],
    layouts: &[
        Layout {
            release: Release::R31,
            temps: &[
                ("AO", 3),
                ("GPU", 2),
                ("Tboard", 4),
                ("Tdiode", 5),
                ("AUX", 0),
                ("CPU", 1),
                ("thermal", 6),
                ("PMIC", PMIC),
            ],
            rails: AGX_RAILS,
            swap: false,
            ape_mhz: 150,
            gr3d: Gr3d::Single,
            engines: EngineStyle::WhileOn,
        },
        Layout {
            release: Release::R32,
            temps: &[
                ("AO", 3),
                ("GPU", 2),
                ("Tdiode", 5),
                ("PMIC", PMIC),
                ("AUX", 0),
                ("CPU", 1),
                ("thermal", 6),
                ("Tboard", 4),
            ],
            rails: AGX_RAILS,
            swap: true,
            ape_mhz: 150,
            gr3d: Gr3d::Single,
            engines: EngineStyle::WhileOn,
        },
        Layout {
            release: Release::R35,
            temps: &[
                ("AUX", 0),
                ("CPU", 1),
                ("thermal", 6),
                ("Tboard", 4),
                ("AO", 3),
                ("GPU", 2),
                ("Tdiode", 5),
                ("PMIC", PMIC),
            ],
            rails: AGX_RAILS,
            swap: true,
            ape_mhz: 150,
            gr3d: Gr3d::List,
            engines: EngineStyle::WhileOn,
        },
    ],
    modes: &[
        mode("MAXN", 0b1111_1111, 2265600, 1377000, 2133000),
        mode("MODE_10W", 0b0000_0011, 1190400, 522750, 1065600),
        mode("MODE_15W", 0b0000_1111, 1190400, 675750, 1331200),
        mode("MODE_30W_ALL", 0b1111_1111, 1190400, 905250, 1600000),
        mode("MODE_30W_6CORE", 0b0011_1111, 1420800, 905250, 1600000),
        mode("MODE_30W_4CORE", 0b0000_1111, 1804800, 905250, 1600000),
        mode("MODE_30W_2CORE", 0b0000_0011, 2112000, 905250, 1600000),
        mode("MODE_15W_DESKTOP", 0b0000_1111, 2188800, 675750, 1331200),
    ],
    default_mode: 2,
    cores: 8,
    clusters: &[
        Cluster { name: "CPU_DENVER_0", core_mask: 0b0000_0011, steps_khz: AGX_CPU },
        Cluster { name: "CPU_DENVER_1", core_mask: 0b0000_1100, steps_khz: AGX_CPU },
        Cluster { name: "CPU_DENVER_2", core_mask: 0b0011_0000, steps_khz: AGX_CPU },
        Cluster { name: "CPU_DENVER_3", core_mask: 0b1100_0000, steps_khz: AGX_CPU },
    ],
    translating_mask: 0b1111_1111,
    gpu: GpuDef {
        steps_khz: &[
            114750, 216750, 318750, 420750, 522750, 624750, 675750, 828750, 905250, 1032750, 1198500,
            1236750, 1338750, 1377000,
        ],
        gpcs: 1,
        gpc_below_khz: 0,
        gates: false,
    },
    emc_steps_khz: &[204000, 408000, 665600, 800000, 1065600, 1331200, 1600000, 2133000],
    engines: &[
        engine(EngineKind::Nvenc0, 115200, 1075200),
        engine(EngineKind::Nvdec0, 115200, 1190400),
        engine(EngineKind::Vic, 115200, 1036800),
        engine(EngineKind::Dla0, 115200, 1395200),
    ],
    zones: &[
        near("AUX", Soc, 4000, 2000, 500),
        near("CPU", Cpu, 9000, 3500, 500),
        near("GPU", Gpu, 11000, 2500, 500),
        near("AO", Soc, 3500, 2000, 500),
        near("Tboard", Sys, 1500, 2000, 1000),
        near("Tdiode", Soc, 5000, 4500, 250),
        estimate(&[(1, 30), (2, 30), (0, 40)]),
    ],
    rails: &[
        rail("GPU", &[Gpu], 0, 0, None),
        rail("CPU", &[Cpu], 0, 0, None),
        rail("SOC", &[Soc], 0, 0, None),
        rail("CV", &[Cv], 0, 0, None),
        rail("VDDRQ", &[Ddr], 0, 0, None),
        rail("SYS5V", &[Sys], 0, 0, None),
    ],
    idle_mw: [380, 160, 0, 900, 150, 1850],
    full_mw: [10000, 18500, 5000, 4800, 3000, 4600],
    carrier_mw: 1500,
    fan: FanDef { curve: XAVIER_FAN, hysteresis_mc: 6000, max_rpm: 4000, has_tachometer: true },
    throttle_mc: 86_000,
    supply_mv: 19_000,
    ram_total_mb: 31919,
    swap_total_mb: 15959,
    iram_total_kb: 0,
};
