//! What the kernel says of memory, disks and the network.

use super::hardware::recycle;
use crate::recycled::Recycle;

/// What RAM is used for, bytes (`/proc/meminfo`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Ram {
    /// Not used at all.
    pub free_bytes: Option<u64>,
    /// To be had without swapping.
    pub available_bytes: Option<u64>,
    /// Buffers of block devices.
    pub buffers_bytes: Option<u64>,
    /// Cached files and what else is given back when needed.
    pub cached_bytes: Option<u64>,
    /// Shared memory and tmpfs.
    pub shared_bytes: Option<u64>,
    /// Held by the GPU and the engines (NvMap).
    pub gpu_bytes: Option<u64>,
}

/// A swap file or partition (`/proc/swaps`).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Area {
    /// Its path.
    pub name: String,
    /// `file` or `partition`.
    pub kind: String,
    /// There is.
    pub size_bytes: u64,
    /// In use.
    pub used_bytes: u64,
    /// Higher ones are used first.
    pub priority: i32,
}

/// A compressed block device in RAM (`/sys/block/zramN`).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Zram {
    /// As the kernel names it.
    pub name: String,
    /// What it may hold, bytes.
    pub size_bytes: Option<u64>,
    /// What it holds, bytes before compression.
    pub stored_bytes: u64,
    /// The same after compression.
    pub compressed_bytes: u64,
    /// RAM that it takes, bytes.
    pub memory_bytes: u64,
}

/// An nvpmodel power mode.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct PowerMode {
    /// Its number in the table; `None` when it is not known.
    pub id: Option<u32>,
    /// Its name; empty when the table does not have it.
    pub name: String,
}

/// A mounted file system, bytes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct FileSystem {
    /// Where it is mounted.
    pub name: String,
    /// There is.
    pub total_bytes: u64,
    /// In use.
    pub used_bytes: u64,
    /// To be had for ordinary users.
    pub available_bytes: u64,
}

/// A disk; partitions are part of it (`/proc/diskstats`).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct BlockDevice {
    /// As the kernel names it.
    pub name: String,
    /// Read since boot, bytes.
    pub read_bytes: u64,
    /// Written since boot, bytes.
    pub written_bytes: u64,
    /// Read, bytes a second.
    pub read_rate: Option<u64>,
    /// Written, bytes a second.
    pub write_rate: Option<u64>,
}

/// An NVMe drive.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Drive {
    /// As the kernel names it (`nvme0`).
    pub name: String,
    /// Milli-degrees Celsius.
    pub temp_mc: i32,
}

/// A network interface (`/proc/net/dev`).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Interface {
    /// As the kernel names it.
    pub name: String,
    /// Received since boot, bytes.
    pub rx_bytes: u64,
    /// Sent since boot, bytes.
    pub tx_bytes: u64,
    /// Received, bytes a second.
    pub rx_rate: Option<u64>,
    /// Sent, bytes a second.
    pub tx_rate: Option<u64>,
    /// Its addresses, with a blank between them.
    pub addresses: String,
}

recycle! {
    Area: [size_bytes, used_bytes, priority] [kind];
    Zram: [size_bytes, stored_bytes, compressed_bytes, memory_bytes] [];
    FileSystem: [total_bytes, used_bytes, available_bytes] [];
    BlockDevice: [read_bytes, written_bytes, read_rate, write_rate] [];
    Drive: [temp_mc] [];
    Interface: [rx_bytes, tx_bytes, rx_rate, tx_rate] [addresses];
}
