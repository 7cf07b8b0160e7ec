//! Where each board has its files: names, addresses and numbers of the release that the tree
//! shows. The newest L4T of JetPack 4 for Nano and TX2, of 5 for the Xaviers, of 6 for the Orins,
//! of 7 for Thor.

use super::super::board::{Board, Layout, NC};
use super::super::release::Release;

/// A power monitor: bus and address, and a rail's index or [`NC`] for each channel.
pub(super) type Chip = (&'static str, &'static [usize]);

/// What the tree knows of a board beside [`Board`].
#[derive(Debug)]
pub(super) struct Place {
    board: &'static str,
    /// The release that the tree shows.
    pub release: Release,
    /// Revision of that release, and its package's build.
    pub revision: &'static str,
    pub build: &'static str,
    /// JetPack's package, where it is installed.
    pub jetpack: &'static str,
    /// Kernel of that revision.
    pub kernel: &'static str,
    /// The device tree: `compatible` with NULs, and the source's name on R32.
    pub compatible: &'static str,
    /// `etc/nv_boot_control.conf`: TNSPEC and chip.
    pub tnspec: &'static str,
    pub chip_id: &'static str,
    /// Part of the names of the power table and of the fan's table.
    pub table: &'static str,
    pub fan_table: &'static str,
    /// CPU's implementer and part, as in /proc/cpuinfo.
    pub implementer: &'static str,
    pub part: &'static str,
    /// The GPU's directory, its devfreq entry, and links to the directory.
    pub gpu: &'static str,
    pub devfreq: &'static str,
    pub gpu_links: &'static [&'static str],
    /// Masks of graphics processors that are switched off.
    pub tpc_pg_mask: u32,
    pub i2c: &'static str,
    /// Monitors of three channels.
    pub chips: &'static [Chip],
    /// Wired interface and disk.
    pub interface: &'static str,
    pub disk: &'static str,
    /// Total of that disk, in sectors of 512 bytes.
    pub disk_sectors: u64,
}

impl Place {
    /// The place of a board; `None` for one that has none, of which there is none.
    pub(super) fn of(board: &Board) -> Option<&'static Place> {
        PLACES.iter().find(|place| place.board == board.name)
    }

    /// Names and orders of that release.
    pub(super) fn layout(&self, board: &Board) -> Option<&'static Layout> {
        board.layout(self.release)
    }

    /// Whether the tree has the files of JetPack 4.
    pub(super) fn is_r32(&self) -> bool {
        self.release == Release::R32
    }

    /// Whether it has those of Thor, whose GPU is behind PCI.
    pub(super) fn is_thor(&self) -> bool {
        self.release == Release::R38
    }
}

const NANO: Place = Place {
    board: "nano",
    release: Release::R32,
    revision: "7.3",
    build: "20221122092935",
    jetpack: "4.6.3-b17",
    kernel: "4.9.299-tegra",
    compatible: "nvidia,p3449-0000-b00+p3448-0000-b00\0nvidia,jetson-nano\0nvidia,tegra210\0",
    tnspec: "3448-400---1-0-jetson-nano-qspi-sd-mmcblk0p1",
    chip_id: "0x21",
    table: "t210_jetson-nano",
    fan_table: "",
    implementer: "0x41",
    part: "0xd07",
    gpu: "sys/devices/57000000.gpu",
    devfreq: "57000000.gpu",
    gpu_links: &["sys/devices/gpu.0"],
    tpc_pg_mask: 0,
    i2c: "7000c000.i2c",
    chips: &[("6-0040", &[0, 1, 2])],
    interface: "eth0",
    disk: "mmcblk0",
    disk_sectors: 62_333_952,
};

const TX2: Place = Place {
    board: "tx2",
    compatible: "nvidia,quill\0nvidia,p2597-0000+p3310-1000\0nvidia,tegra186\0",
    tnspec: "3310-1000-C03-L.0-1-0-jetson-tx2-devkit-mmcblk0p1",
    chip_id: "0x18",
    table: "t186",
    gpu: "sys/devices/17000000.gp10b",
    devfreq: "17000000.gp10b",
    i2c: "c240000.i2c",
    chips: &[("0-0040", &[0, 1, 2]), ("0-0041", &[3, 4, 5])],
    disk_sectors: 61_071_360,
    ..NANO
};

const XAVIER_NX: Place = Place {
    board: "xavier-nx",
    release: Release::R35,
    revision: "6.1",
    build: "20250304113020",
    jetpack: "5.1.5-b16",
    kernel: "5.10.216-tegra",
    compatible: "nvidia,p3509-0000+p3668-0000\0nvidia,p3668-0000\0nvidia,tegra194\0",
    tnspec: "3668-301-0000-G.0-1-0-jetson-xavier-nx-devkit-mmcblk0p1",
    chip_id: "0x19",
    table: "t194_p3668",
    fan_table: "p3668",
    implementer: "0x4e",
    part: "0x004",
    gpu: "sys/devices/platform/17000000.gv11b",
    devfreq: "17000000.gv11b",
    gpu_links: &["sys/devices/gpu.0", "sys/devices/platform/gpu.0"],
    i2c: "c240000.i2c",
    chips: &[("7-0040", &[0, 1, 2])],
    ..NANO
};

const AGX_XAVIER: Place = Place {
    board: "agx-xavier",
    compatible: "nvidia,p2822-0000+p2888-0004\0nvidia,p2888-0004\0nvidia,tegra194\0",
    tnspec: "2888-400-0004-L.0-1-2-jetson-agx-xavier-devkit-mmcblk0p1",
    table: "t194",
    fan_table: "p2888",
    chips: &[("1-0040", &[0, 1, 2]), ("1-0041", &[3, 4, 5])],
    disk_sectors: 61_071_360,
    ..XAVIER_NX
};

const ORIN_NANO: Place = Place {
    board: "orin-nano",
    release: Release::R36,
    revision: "4.7",
    build: "20250918154033",
    jetpack: "6.2.1+b38",
    kernel: "5.15.148-tegra",
    compatible: "nvidia,p3768-0000+p3767-0005-super\0nvidia,p3767-0005\0nvidia,tegra234\0",
    tnspec: "3767-300-0005-R.1-1-1-jetson-orin-nano-devkit-super-",
    chip_id: "0x23",
    table: "p3767_0003_super",
    fan_table: "p3767_0000",
    implementer: "0x41",
    part: "0xd42",
    gpu: "sys/devices/platform/bus@0/17000000.gpu",
    devfreq: "17000000.gpu",
    gpu_links: &["sys/devices/platform/17000000.gpu", "sys/devices/platform/gpu.0"],
    tpc_pg_mask: 240,
    chips: &[("1-0040", &[0, 1, 2])],
    interface: "enP8p1s0",
    disk: "nvme0n1",
    disk_sectors: 500_118_192,
    ..XAVIER_NX
};

const ORIN_NX: Place = Place {
    board: "orin-nx",
    compatible: "nvidia,p3768-0000+p3767-0000\0nvidia,p3767-0000\0nvidia,tegra234\0",
    tnspec: "3767-300-0000-M.1-1-1-jetson-orin-nano-devkit-",
    table: "p3767_0000",
    ..ORIN_NANO
};

const AGX_ORIN: Place = Place {
    board: "agx-orin",
    compatible: "nvidia,p3737-0000+p3701-0005\0nvidia,p3701-0005\0nvidia,tegra234\0",
    tnspec: "3701-500-0005-M.0-1-1-jetson-agx-orin-devkit-",
    table: "p3701_0000",
    fan_table: "p3701_0000",
    tpc_pg_mask: 0,
    chips: &[("1-0040", &[0, 1, 2]), ("1-0041", &[NC, 3, NC])],
    interface: "eth0",
    disk: "mmcblk0",
    disk_sectors: 124_321_792,
    ..ORIN_NANO
};

const THOR: Place = Place {
    board: "thor",
    release: Release::R38,
    revision: "2.0",
    build: "20250821174705",
    jetpack: "7.0-b128",
    kernel: "6.8.12-tegra",
    compatible: "nvidia,p4071-0000+p3834-0008\0nvidia,p3834-0008\0nvidia,tegra264\0",
    tnspec: "3834-400-0008-J.0-1-1-jetson-agx-thor-devkit-",
    chip_id: "0x26",
    table: "p3834_0008",
    fan_table: "p3834_0008_p4071_0000",
    implementer: "0x41",
    part: "0xd83",
    gpu: "sys/devices/platform/bus@0/d0b0000000.pcie/pci0000:00/0000:00:00.0/0000:01:00.0",
    devfreq: "gpu-gpc-0",
    gpu_links: &["sys/bus/pci/devices/0000:01:00.0"],
    tpc_pg_mask: 0,
    chips: &[("2-0040", &[0, 1, 2])],
    interface: "mgbe0_0",
    disk: "nvme0n1",
    disk_sectors: 2_000_409_264,
    ..AGX_ORIN
};

static PLACES: [Place; 8] = [NANO, TX2, XAVIER_NX, AGX_XAVIER, ORIN_NANO, ORIN_NX, AGX_ORIN, THOR];
