//! What memory is used for: RAM by its parts, swap by its areas, compressed swap by what it saves.

use super::page::{Item, Page};
use super::paint::{Share, Tone};
use super::sheet::{Head, Kind, Sheet};
use super::text::free_block;
use super::unit::{of_memory, or_dash, percent, ratio, size};
use crate::snapshot::{Memory, Pool, Snapshot, Zram};

/// What the help says of the page.
pub const HELP: &[&str] = &[
    "processes is what is none of the others: the kernel, too.",
    "GPU is held by the GPU and the engines (NvMap), by whom is",
    "known to root; shared by processes or a tmpfs; buffers and",
    "cached are given back when needed. The largest free block",
    "says what a DMA buffer may have in one piece. zram: what is",
    "stored against the RAM that it takes.",
];

/// The parts of RAM: name, and its mark in ASCII and in blocks.
const PARTS: [(&str, &str, &str); 6] = [
    ("processes", "#", "\u{2588}"),
    ("GPU", "g", "\u{2593}"),
    ("shared", "s", "\u{2592}"),
    ("buffers", "b", "\u{2591}"),
    ("cached", "c", "\u{b7}"),
    ("free", " ", " "),
];
/// From here on, parts are shown with their share.
const SHARES: u16 = 32;

const AREAS: [Head; 5] = [
    ("area", Kind::Left),
    ("kind", Kind::Left),
    ("size", Kind::Right),
    ("used", Kind::Right),
    ("priority", Kind::Right),
];
const DEVICES: [Head; 6] = [
    ("zram", Kind::Left),
    ("size", Kind::Right),
    ("stored", Kind::Right),
    ("compressed", Kind::Right),
    ("takes", Kind::Right),
    ("ratio", Kind::Right),
];

/// Draws the page.
pub fn draw(page: &mut Page, s: &Snapshot) {
    if let Some(memory) = s.ram {
        page.heading("RAM");
        ram(page, s, memory);
    }
    let more = page.more;
    if !more.simulated {
        more.held.draw(page);
    }
    if let Some(pool) = s.swap {
        self::pool(page, "Swap", pool, "also in RAM");
    } else if s.ram.is_some() {
        page.heading("Swap");
        page.note("no swap is on");
    }
    swap(page, s);
    if let Some(pool) = s.iram {
        self::pool(page, "IRAM", pool, "largest free block");
    }
    if s.ram.is_none() && s.swap.is_none() && s.iram.is_none() {
        page.note("no memory is read (jscopectl sources)");
    }
}

fn ram(page: &mut Page, s: &Snapshot, memory: Memory) {
    let parts = parts(s, memory);
    if parts.is_none() {
        used(page, memory);
    }
    page.fact("used", Some(of_memory(memory.used_bytes, memory.total_bytes)));
    page.fact("available", s.ram_parts.available_bytes.map(size));
    page.fact("largest free block", Some(or_dash(s.free_block.map(free_block))));
    let Some(parts) = parts else { return };
    let mut shares: Vec<Share> = Vec::new();
    let mut items = Vec::new();
    for (number, (bytes, (name, ascii, block))) in (0u8..).zip(parts.iter().zip(&PARTS)) {
        let mark = if page.paint.ascii { ascii } else { block };
        let part = bytes.map_or(0, |bytes| share(bytes, memory.total_bytes).unwrap_or(0));
        let mut value = or_dash(bytes.map(size));
        if page.width >= SHARES {
            value = format!("{value:>8} {:>5}", or_dash(bytes.map(|_| percent(part))));
        }
        shares.push((part, mark, Tone::Part(number)));
        items.push(Item { group: "", name: [mark, " ", name].concat(), value, tone: Tone::Plain });
    }
    page.shares(&shares);
    page.grid(&items);
}

/// Bytes of each of [`PARTS`]; `None` where the source tells nothing of them.
fn parts(s: &Snapshot, memory: Memory) -> Option<[Option<u64>; 6]> {
    let parts = &s.ram_parts;
    let (free, cached) = (parts.free_bytes?, parts.cached_bytes?);
    // The kernel counts shared memory as cached, but cannot give it back.
    let cached = cached.saturating_sub(parts.shared_bytes.unwrap_or(0));
    let others = [parts.gpu_bytes, parts.shared_bytes, parts.buffers_bytes, Some(cached), Some(free)];
    let taken = others.iter().flatten().fold(0u64, |sum, bytes| sum.saturating_add(*bytes));
    let [gpu, shared, buffers, cached, free] = others;
    Some([Some(memory.total_bytes.saturating_sub(taken)), gpu, shared, buffers, cached, free])
}

fn used(page: &mut Page, memory: Memory) {
    let share = share(memory.used_bytes, memory.total_bytes);
    page.meter("used", share, &format!("{:>5}", or_dash(share.map(percent))));
}

/// Each in a unit of its own: a few MB of a large swap are not 0.0 GB.
fn of(memory: Memory) -> String {
    [size(memory.used_bytes), size(memory.total_bytes)].join(" of ")
}

fn share(used: u64, total: u64) -> Option<u32> {
    let share = u128::from(used).saturating_mul(1000).checked_div(u128::from(total))?;
    Some(u32::try_from(share.min(1000)).unwrap_or(1000))
}

fn pool(page: &mut Page, name: &str, pool: Pool, extra: &str) {
    page.heading(name);
    used(page, pool.memory);
    page.fact("used", Some(of(pool.memory)));
    page.fact(extra, pool.extra_bytes.map(size));
}

fn swap(page: &mut Page, s: &Snapshot) {
    let mut areas = Sheet::new(&AREAS);
    // Compressed ones stand below, with what they hold.
    let is_zram = |name: &str| s.zram.iter().any(|zram| name.strip_prefix("/dev/") == Some(&zram.name));
    for area in s.swap_areas.iter().filter(|area| !is_zram(&area.name)) {
        areas.row(&area.name);
        areas.word(&area.kind);
        areas.text(Some(size(area.size_bytes)));
        areas.text(Some(size(area.used_bytes)));
        areas.text(Some(area.priority.to_string()));
    }
    areas.draw("", page);
    let mut all = Zram { size_bytes: Some(0), ..Zram::default() };
    for zram in s.zram.iter() {
        all.size_bytes = all.size_bytes.zip(zram.size_bytes).map(|(all, own)| all.saturating_add(own));
        all.stored_bytes = all.stored_bytes.saturating_add(zram.stored_bytes);
        all.compressed_bytes = all.compressed_bytes.saturating_add(zram.compressed_bytes);
        all.memory_bytes = all.memory_bytes.saturating_add(zram.memory_bytes);
    }
    let mut devices = Sheet::new(&DEVICES);
    if s.zram.len() > 1 {
        device(&mut devices, "all", &all);
    }
    for zram in s.zram.iter() {
        device(&mut devices, &zram.name, zram);
    }
    devices.draw("", page);
}

fn device(devices: &mut Sheet, name: &str, zram: &Zram) {
    devices.row(name);
    devices.text(zram.size_bytes.map(size));
    for bytes in [zram.stored_bytes, zram.compressed_bytes, zram.memory_bytes] {
        devices.text(Some(size(bytes)));
    }
    devices.text(ratio(zram.stored_bytes, zram.memory_bytes));
}

#[cfg(test)]
mod tests {
    use super::super::page::test::{all, shown};
    use super::*;
    use crate::snapshot::Ram;

    const MB: u64 = 1 << 20;

    fn ram(used: u64, total: u64, ram_parts: Ram) -> Snapshot {
        let memory = Memory { used_bytes: used, total_bytes: total, ..Memory::default() };
        Snapshot { ram: Some(memory), ram_parts, ..Snapshot::default() }
    }

    #[test]
    fn ok_parts() {
        let some = |free, buffers, cached, shared, gpu: Option<u64>| Ram {
            free_bytes: Some(free * MB),
            buffers_bytes: Some(buffers * MB),
            cached_bytes: Some(cached * MB),
            shared_bytes: Some(shared * MB),
            gpu_bytes: gpu.map(|mb| mb * MB),
            ..Ram::default()
        };
        for (total, parts, wanted) in [
            (1000, some(500, 50, 150, 50, Some(100)), "[####gs b ccc         ]"),
            (1000, some(500, 50, 150, 50, None), "[##### s b cc         ]"),
            (1000, some(1000, 0, 0, 0, None), "[                     ]"),
            // More than there is: the kernel's numbers are not of one moment.
            (1000, some(900, 900, 900, 0, Some(900)), "[ggggggggggggggggggbbb]"),
            (0, some(1, 1, 1, 1, None), "[                     ]"),
        ] {
            let s = ram(0, total * MB, parts);
            let page = all(&|page| draw(page, &s), 23);
            let bar = page.iter().find(|row| row.starts_with('[')).expect("a bar");
            let count = |text: &str| "#gsbc".chars().map(|c| text.matches(c).count()).collect::<Vec<_>>();
            let near = count(bar).iter().zip(count(wanted)).all(|(a, b)| a.abs_diff(b) < 2);
            assert!(near && bar.len() == wanted.len(), "{parts:?}: {bar}");
        }
    }

    #[test]
    fn ok_without_anything() {
        let nothing = ["no memory is read (jscopectl", "sources)"];
        assert_eq!(all(&|page| draw(page, &Snapshot::default()), 30), nothing);
        let wanted = [
            "RAM",
            "used [###                     ]  13 %",
            "used 1/8 MB   largest free block -",
            "Swap",
            "no swap is on",
        ];
        assert_eq!(all(&|page| draw(page, &ram(MB, 8 * MB, Ram::default())), 37), wanted);
        let of_none = all(&|page| draw(page, &ram(0, 0, Ram::default())), 37);
        assert_eq!(of_none.get(1).map(String::as_str), Some("used                                -"));
    }

    #[test]
    fn ok_swap_of_all_kinds() {
        let mut s = Snapshot::default();
        let memory = Memory { used_bytes: 100 * MB, total_bytes: 32 << 30, ..Memory::default() };
        s.swap = Some(Pool { memory, extra_bytes: None });
        s.swap_areas.entry(&["/", &"long".repeat(30)].concat()).priority = i32::MIN;
        let area = s.swap_areas.entry("/dev/zram0");
        (area.size_bytes, area.used_bytes) = (u64::MAX, u64::MAX);
        area.kind.push_str("partition");
        let zram = s.zram.entry("zram0");
        (zram.stored_bytes, zram.compressed_bytes, zram.memory_bytes) = (u64::MAX, 74, 1);
        s.zram.entry("zram1");
        for width in [36, 40, 80, 120, 200] {
            let text = shown(&|page| draw(page, &s), 0, (width, 60)).0.join("\n");
            let text: String = text.split_whitespace().collect();
            for wanted in ["100MBof32.0GB", "17179869183.9GB", "-2147483648", "zram1", "74B"] {
                assert!(text.contains(wanted), "{width}: no {wanted} in {text}");
            }
        }
    }
}
