//! What memory is used for: RAM by its parts, swap by its areas, compressed swap by what it saves.

use ratatui::style::{Color, Style};

use super::flow::{Grid, facts, meter, note, records};
use super::line::{Cell, Column, Line, plain};
use super::paint::{Paint, Share};
use super::text::free_block;
use super::unit::{of_memory, or_dash, percent, ratio, size};
use crate::snapshot::{Memory, Pool, Snapshot};

/// What the help says of the page.
pub const HELP: &[&str] = &[
    "processes is what is none of the others: the kernel, too.",
    "GPU is held by the GPU and the engines (NvMap); shared by",
    "several processes or a tmpfs; buffers and cached are given",
    "back when needed. The largest free block says what a DMA",
    "buffer may have in one piece. zram: what is stored against",
    "the RAM that it takes.",
];

/// The parts of RAM: name, its mark in ASCII and in blocks, its colour.
const PARTS: [(&str, &str, &str, Color); 6] = [
    ("processes", "#", "\u{2588}", Color::Cyan),
    ("GPU", "g", "\u{2593}", Color::Green),
    ("shared", "s", "\u{2592}", Color::Magenta),
    ("buffers", "b", "\u{2591}", Color::Blue),
    ("cached", "c", "\u{b7}", Color::Yellow),
    ("free", " ", " ", Color::Reset),
];
/// No bar is longer.
const BAR: u16 = 100;
/// From here on, parts are shown with their share.
const SHARES: u16 = 32;

const AREAS: [Column; 5] = [
    Column::left("area", 48),
    Column::left("kind", 12),
    Column::right("size", 18),
    Column::right("used", 18),
    Column::right("priority", 11),
];
const DEVICES: [Column; 6] = [
    Column::left("zram", 20),
    Column::right("size", 18),
    Column::right("stored", 18),
    Column::right("compressed", 18),
    Column::right("takes", 18),
    Column::right("ratio", 22),
];

/// The page.
pub fn lines(paint: Paint, snapshot: &Snapshot, width: u16) -> Vec<Line> {
    let mut lines = Vec::new();
    if let Some(memory) = snapshot.ram {
        ram(paint, snapshot, memory, width, &mut lines);
    }
    swap(paint, snapshot, width, &mut lines);
    if let Some(pool) = snapshot.iram {
        iram(paint, pool, width, &mut lines);
    }
    if lines.is_empty() {
        return note("no memory is read (jscopectl sources)", width);
    }
    lines
}

fn ram(paint: Paint, s: &Snapshot, memory: Memory, width: u16, lines: &mut Vec<Line>) {
    lines.push(Line::heading("RAM"));
    let mut known = vec![("used", plain(of_memory(memory.used_bytes, memory.total_bytes)))];
    known.extend(s.ram_parts.available_bytes.map(|bytes| ("available", plain(size(bytes)))));
    known.push(("largest free block", plain(or_dash(s.free_block.map(free_block)))));
    let Some(parts) = parts(s, memory) else {
        lines.push(used(paint, memory, width));
        lines.extend(facts(paint, &known, width));
        return;
    };
    lines.extend(facts(paint, &known, width));
    let share = |bytes: Option<u64>| share(bytes.unwrap_or(0), memory.total_bytes).unwrap_or(0);
    let marked = |(bytes, part): (&Option<u64>, &(&str, &'static str, &'static str, Color))| -> Share {
        let style = if paint.color { Style::new().fg(part.3) } else { Style::new() };
        (share(*bytes), if paint.ascii { part.1 } else { part.2 }, style)
    };
    lines.push(Line::default().shares(0, width.min(BAR), parts.iter().zip(&PARTS).map(marked).collect()));
    let item = |(bytes, part): (&Option<u64>, &(&str, &str, &str, Color))| {
        let mark = if paint.ascii { part.1 } else { part.2 };
        let of_all = bytes.map(|bytes| percent(share(Some(bytes))));
        let value = match width < SHARES {
            true => or_dash(bytes.map(size)),
            false => format!("{:>8} {:>5}", or_dash(bytes.map(size)), or_dash(of_all)),
        };
        ([mark, " ", part.0].concat(), plain(value))
    };
    let items: Vec<(String, Cell)> = parts.iter().zip(&PARTS).map(item).collect();
    lines.extend(Grid::of(&items, width).lines(paint, &items));
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

fn used(paint: Paint, memory: Memory, width: u16) -> Line {
    let share = share(memory.used_bytes, memory.total_bytes);
    meter(paint, "used", share, &format!("{:>5}", or_dash(share.map(percent))), width)
}

/// Each in a unit of its own: a few MB of a large swap are not 0.0 GB.
fn of(memory: Memory) -> String {
    [size(memory.used_bytes), size(memory.total_bytes)].join(" of ")
}

fn share(used: u64, total: u64) -> Option<u32> {
    let share = u128::from(used).saturating_mul(1000).checked_div(u128::from(total))?;
    Some(u32::try_from(share.min(1000)).unwrap_or(1000))
}

fn swap(paint: Paint, s: &Snapshot, width: u16, lines: &mut Vec<Line>) {
    if let Some(pool) = s.swap {
        lines.push(Line::heading("Swap"));
        let memory = pool.memory;
        let mut known = vec![("used", plain(of(memory)))];
        known.extend(pool.extra_bytes.map(|bytes| ("also in RAM", plain(size(bytes)))));
        lines.push(used(paint, memory, width));
        lines.extend(facts(paint, &known, width));
    } else if s.ram.is_some() {
        lines.push(Line::heading("Swap"));
        lines.extend(note("no swap is on", width));
    }
    let areas = s.swap_areas.iter().map(|area| {
        let kind = or_dash(Some(area.kind.as_str()).filter(|kind| !kind.is_empty()));
        let row = [
            area.name.clone(),
            kind,
            size(area.size_bytes),
            size(area.used_bytes),
            area.priority.to_string(),
        ];
        row.into_iter().map(plain).collect()
    });
    table(paint, &AREAS, areas.collect(), width, lines);
    let devices = s.zram.iter().map(|zram| {
        let [stored, compressed, takes] =
            [zram.stored_bytes, zram.compressed_bytes, zram.memory_bytes].map(size);
        let ratio = or_dash(ratio(zram.stored_bytes, zram.memory_bytes));
        let row = [zram.name.clone(), or_dash(zram.size_bytes.map(size)), stored, compressed, takes, ratio];
        row.into_iter().map(plain).collect()
    });
    table(paint, &DEVICES, devices.collect(), width, lines);
}

fn table(paint: Paint, columns: &[Column], rows: Vec<Vec<Cell>>, width: u16, lines: &mut Vec<Line>) {
    if !rows.is_empty() {
        lines.extend(records(paint, columns, &rows, width));
    }
}

fn iram(paint: Paint, pool: Pool, width: u16, lines: &mut Vec<Line>) {
    lines.push(Line::heading("IRAM"));
    let memory = pool.memory;
    let mut known = vec![("used", plain(of(memory)))];
    known.extend(pool.extra_bytes.map(|bytes| ("largest free block", plain(size(bytes)))));
    lines.push(used(paint, memory, width));
    lines.extend(facts(paint, &known, width));
}

#[cfg(test)]
mod tests {
    use super::super::line::test::{PLAIN, all};
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
            let page = all(&lines(PLAIN, &s, 23), 23);
            let bar = page.iter().find(|row| row.starts_with('[')).expect("a bar");
            let count = |text: &str| "#gsbc".chars().map(|c| text.matches(c).count()).collect::<Vec<_>>();
            let near = count(bar).iter().zip(count(wanted)).all(|(a, b)| a.abs_diff(b) < 2);
            assert!(near && bar.len() == wanted.len(), "{parts:?}: {bar}");
        }
    }

    #[test]
    fn ok_without_anything() {
        let nothing = ["no memory is read (jscopectl", "sources)"];
        assert_eq!(all(&lines(PLAIN, &Snapshot::default(), 30), 30), nothing);
        let wanted = [
            "RAM",
            "used [###                     ]  13 %",
            "used 1/8 MB   largest free block -",
            "Swap",
            "no swap is on",
        ];
        assert_eq!(all(&lines(PLAIN, &ram(MB, 8 * MB, Ram::default()), 37), 37), wanted);
        let of_none = all(&lines(PLAIN, &ram(0, 0, Ram::default()), 37), 37);
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
        for width in [20, 40, 80, 120, 200] {
            let text = super::super::line::test::shown(&lines(PLAIN, &s, width), 0, (width, 60)).0.join("\n");
            let text: String = text.split_whitespace().collect();
            for wanted in ["100MBof32.0GB", "17179869183.9GB", "-2147483648", "zram1", "74B"] {
                assert!(text.contains(wanted), "{width}: no {wanted} in {text}");
            }
        }
    }
}
