//! RAM, swap, compressed swap and on-chip memory.

use super::Collector;
use crate::recycled::Recycled;
use crate::root::{Node, Reader};
use crate::scan;
use crate::snapshot::{Area, FreeBlock, Memory as Use, Pool, Snapshot, Unit};

const NVMAP: &str = "sys/kernel/debug/nvmap";
/// More block orders than any kernel has.
const ORDERS: usize = 20;

pub(super) struct Memory {
    meminfo: Node,
    buddyinfo: Node,
    swaps: Node,
    iram_size: Node,
    iram_clients: Node,
    has_iram: bool,
    clients: Node,
    zram: Vec<ZramNodes>,
    areas: Recycled<Area>,
    page_bytes: u64,
}

struct ZramNodes {
    name: String,
    stat: Node,
    disk: Node,
    disk_bytes: Option<u64>,
}

impl Memory {
    pub(super) fn new() -> Memory {
        Memory {
            meminfo: Node::new("proc/meminfo"),
            buddyinfo: Node::new("proc/buddyinfo"),
            swaps: Node::new("proc/swaps"),
            iram_size: Node::new(format!("{NVMAP}/iram/size")),
            iram_clients: Node::new(format!("{NVMAP}/iram/clients")),
            has_iram: false,
            clients: Node::new(format!("{NVMAP}/iovmm/clients")),
            zram: Vec::new(),
            areas: Recycled::default(),
            page_bytes: 4096,
        }
    }
}

impl Collector for Memory {
    fn about(&self) -> (&'static str, &'static str) {
        ("memory", "/proc/meminfo, /proc/buddyinfo, /sys/block/zram*")
    }

    fn probe(&mut self, reader: &mut Reader) {
        let root = &reader.root;
        self.page_bytes = root.page_bytes();
        self.has_iram = root.open(self.iram_size.path()).is_ok();
        self.zram.clear();
        for name in root.names("sys/block").into_iter().filter(|name| name.starts_with("zram")) {
            self.zram.push(ZramNodes {
                stat: Node::new(format!("sys/block/{name}/mm_stat")),
                disk: Node::new(format!("sys/block/{name}/disksize")),
                disk_bytes: None,
                name,
            });
        }
    }

    fn refresh(&mut self, reader: &mut Reader) {
        for zram in &mut self.zram {
            zram.disk_bytes = reader.unsigned(&mut zram.disk);
        }
        let text = reader.lines(&mut self.swaps).unwrap_or_default();
        read_swaps(text, &mut self.areas);
    }

    fn read(&mut self, reader: &mut Reader, into: &mut Snapshot) {
        let info = reader.bytes(&mut self.meminfo).map(Info::read).unwrap_or_default();
        info.put(into);
        if info.gpu.is_none() {
            // On Thor the file is there, and every row says 0.
            let total = reader.lines(&mut self.clients).and_then(clients_total);
            into.ram_parts.gpu_bytes = total.filter(|&bytes| bytes > 0);
        }
        let page_bytes = self.page_bytes;
        into.free_block = reader.lines(&mut self.buddyinfo).and_then(|text| largest_free(text, page_bytes));
        for zram in self.zram.iter_mut().filter(|zram| zram.disk_bytes != Some(0)) {
            if let Some([stored, compressed, memory]) = reader.value(&mut zram.stat, three_numbers) {
                let entry = into.zram.entry(&zram.name);
                (entry.size_bytes, entry.stored_bytes) = (zram.disk_bytes, stored);
                (entry.compressed_bytes, entry.memory_bytes) = (compressed, memory);
            }
        }
        if self.has_iram {
            into.iram = self.read_iram(reader);
        }
        for area in self.areas.iter() {
            let entry = into.swap_areas.entry(&area.name);
            entry.kind.push_str(&area.kind);
            (entry.size_bytes, entry.used_bytes, entry.priority) =
                (area.size_bytes, area.used_bytes, area.priority);
        }
    }
}

impl Memory {
    fn read_iram(&mut self, reader: &mut Reader) -> Option<Pool> {
        let total_bytes = reader.value(&mut self.iram_size, size)?;
        let used_bytes = reader.bytes(&mut self.iram_clients).and_then(clients_total)?;
        Some(Pool { memory: Use { used_bytes, total_bytes, unit: Unit::Kb }, extra_bytes: None })
    }
}

/// What `/proc/meminfo` tells, bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Info {
    total: Option<u64>,
    free: Option<u64>,
    available: Option<u64>,
    buffers: Option<u64>,
    cached: Option<u64>,
    reclaimable: Option<u64>,
    shared: Option<u64>,
    swap_total: Option<u64>,
    swap_free: Option<u64>,
    swap_cached: Option<u64>,
    gpu: Option<u64>,
}

impl Info {
    fn read(text: &[u8]) -> Info {
        let mut info = Info::default();
        for line in text.split(|&byte| byte == b'\n') {
            let (name, rest) = scan::until(line, |byte| byte == b':');
            let value = match name {
                b"MemTotal" => &mut info.total,
                b"MemFree" => &mut info.free,
                b"MemAvailable" => &mut info.available,
                b"Buffers" => &mut info.buffers,
                b"Cached" => &mut info.cached,
                b"SReclaimable" => &mut info.reclaimable,
                b"Shmem" => &mut info.shared,
                b"SwapTotal" => &mut info.swap_total,
                b"SwapFree" => &mut info.swap_free,
                b"SwapCached" => &mut info.swap_cached,
                b"NvMapMemUsed" => &mut info.gpu,
                _ => continue,
            };
            *value = kilobytes(rest);
        }
        info
    }

    fn put(&self, into: &mut Snapshot) {
        let parts = &mut into.ram_parts;
        parts.cached_bytes = self.cached.map(|cached| cached.saturating_add(self.reclaimable.unwrap_or(0)));
        (parts.free_bytes, parts.available_bytes) = (self.free, self.available);
        (parts.buffers_bytes, parts.shared_bytes, parts.gpu_bytes) = (self.buffers, self.shared, self.gpu);
        let given = [self.free, self.buffers, self.cached];
        let given = given.into_iter().try_fold(0u64, |sum, part| Some(sum.saturating_add(part?)));
        if let (Some(total_bytes), Some(left)) = (self.total, self.available.or(given)) {
            let used_bytes = total_bytes.saturating_sub(left);
            into.ram = Some(Use { used_bytes, total_bytes, unit: Unit::Kb });
        }
        if let (Some(total_bytes @ 1..), Some(free)) = (self.swap_total, self.swap_free) {
            let memory = Use { used_bytes: total_bytes.saturating_sub(free), total_bytes, unit: Unit::Kb };
            into.swap = Some(Pool { memory, extra_bytes: self.swap_cached });
        }
    }
}

/// `:   1234 kB`, in bytes.
fn kilobytes(rest: &[u8]) -> Option<u64> {
    let (value, unit) = scan::apart::number(rest.strip_prefix(b":")?.trim_ascii())?;
    if unit.trim_ascii() == b"kB" { value.checked_mul(1024) } else { None }
}

/// The blocks of the highest order that has any, over all zones: what the next large allocation
/// can have (`lfb` of tegrastats).
fn largest_free(text: &[u8], page_bytes: u64) -> Option<FreeBlock> {
    let mut counts = [0u64; ORDERS];
    for line in text.split(|&byte| byte == b'\n') {
        let Some(at) = line.windows(5).position(|window| window == b"zone ") else { continue };
        let columns = line.get(at..).unwrap_or_default().split(|&byte| byte == b' ');
        let columns = columns.filter(|column| !column.is_empty()).skip(2);
        for (count, column) in counts.iter_mut().zip(columns) {
            *count = count.saturating_add(scan::apart::number(column).map_or(0, |(count, _)| count));
        }
    }
    let order = counts.iter().rposition(|&count| count > 0)?;
    let size_bytes = page_bytes.checked_shl(u32::try_from(order).ok()?)?;
    Some(FreeBlock::Blocks { count: *counts.get(order)?, size_bytes })
}

/// The first three numbers of `mm_stat`: stored, compressed, taken.
fn three_numbers(text: &[u8]) -> Option<[u64; 3]> {
    let mut numbers = [0; 3];
    let mut rest = text;
    for number in &mut numbers {
        (*number, rest) = scan::apart::number(rest.trim_ascii_start())?;
    }
    Some(numbers)
}

/// A size in bytes, decimal or with `0x`.
fn size(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?.trim();
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// The `total` line of an nvmap clients file, in bytes.
fn clients_total(text: &[u8]) -> Option<u64> {
    let line = text.split(|&byte| byte == b'\n').rfind(|line| line.starts_with(b"total"))?;
    let (value, unit) = scan::apart::number(line.strip_prefix(b"total")?.trim_ascii())?;
    let scale = match unit {
        b"" | b"B" => 1,
        b"K" => 1 << 10,
        b"M" => 1 << 20,
        b"G" => 1 << 30,
        _ => return None,
    };
    value.checked_mul(scale)
}

/// The lines of `/proc/swaps` behind its heading.
fn read_swaps(text: &[u8], areas: &mut Recycled<Area>) {
    areas.clear();
    for line in text.split(|&byte| byte == b'\n').skip(1) {
        let mut columns = line.split(u8::is_ascii_whitespace).filter(|column| !column.is_empty());
        let mut column = || columns.next().and_then(|column| std::str::from_utf8(column).ok());
        let (Some(name), Some(kind)) = (column(), column()) else { continue };
        let mut kilobytes = || column()?.parse::<u64>().ok()?.checked_mul(1024);
        let (Some(size_bytes), Some(used_bytes)) = (kilobytes(), kilobytes()) else { continue };
        let Some(priority) = column().and_then(|priority| priority.parse().ok()) else { continue };
        let area = areas.entry(name);
        area.kind.push_str(kind);
        (area.size_bytes, area.used_bytes, area.priority) = (size_bytes, used_bytes, priority);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_meminfo() {
        let info = Info::read(b"MemTotal:        7802136 kB\nMemFree: 100 kB\nCached:  7 MB\nBuffers: -1 kB\nNvMapMemUsed:  12 kB\nShmem:\n");
        let wanted = Info {
            total: Some(7802136 << 10),
            free: Some(100 << 10),
            gpu: Some(12 << 10),
            ..Info::default()
        };
        assert_eq!(info, wanted);
    }

    #[test]
    fn ok_used_ram() {
        for (text, used) in [
            ("MemTotal: 100 kB\nMemAvailable: 60 kB\nMemFree: 5 kB", Some(40)),
            ("MemTotal: 100 kB\nMemFree: 5 kB\nBuffers: 10 kB\nCached: 15 kB", Some(70)),
            ("MemTotal: 100 kB\nMemFree: 5 kB", None),
            ("MemTotal: 100 kB\nMemAvailable: 200 kB", Some(0)),
            ("", None),
        ] {
            let mut snapshot = Snapshot::default();
            Info::read(text.as_bytes()).put(&mut snapshot);
            assert_eq!(snapshot.ram.map(|ram| ram.used_bytes >> 10), used, "{text}");
        }
    }

    #[test]
    fn ok_largest_free_blocks() {
        for (text, wanted) in [
            (
                "Node 0, zone      DMA      1      0      2\nNode 0, zone   Normal      9      9      3 \n",
                Some((5, 16384)),
            ),
            ("Node 0, zone DMA 7 0 0", Some((7, 4096))),
            ("Node 0, zone DMA 0 0 0", None),
            ("Node 0, zone DMA x -1", None),
            ("", None),
        ] {
            let found = largest_free(text.as_bytes(), 4096);
            let wanted = wanted.map(|(count, size_bytes)| FreeBlock::Blocks { count, size_bytes });
            assert_eq!(found, wanted, "{text}");
        }
    }

    #[test]
    fn ok_totals_of_clients() {
        for (text, wanted) in [
            ("CLIENT PROCESS PID SIZE\nuser x 1 5K\ntotal      141896K\n", Some(141896 << 10)),
            ("total 3M", Some(3 << 20)),
            ("total 0", Some(0)),
            ("total", None),
            ("total x", None),
            ("total 99999999999999999999K", None),
            ("", None),
        ] {
            assert_eq!(clients_total(text.as_bytes()), wanted, "{text}");
        }
    }

    #[test]
    fn ok_swaps() {
        let mut areas = Recycled::default();
        let text = "Filename\tType\tSize\tUsed\tPriority\n/dev/zram0   partition 495488 1024 5\n/swap\\040file file 10 0 -2\nbroken line\n\n";
        read_swaps(text.as_bytes(), &mut areas);
        let found: Vec<_> = areas
            .iter()
            .map(|a| (a.name.as_str(), a.kind.as_str(), a.size_bytes, a.used_bytes, a.priority))
            .collect();
        assert_eq!(
            found,
            [
                ("/dev/zram0", "partition", 495488 << 10, 1024 << 10, 5),
                ("/swap\\040file", "file", 10 << 10, 0, -2),
            ]
        );
    }
}
