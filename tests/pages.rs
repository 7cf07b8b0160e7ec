//! The pages of captured boards: as they look, and that they never lose or garble a value.

#![cfg(feature = "tui")]

#[path = "pages/mod.rs"]
mod harness;
#[path = "pages/history.rs"]
mod history;
#[path = "pages/power.rs"]
mod power;

use harness::{PLAIN, board, page, pictures};
use jetsonscope::snapshot::{Memory, Pinned, Pool, Snapshot};
use jetsonscope::view::paint::Paint;

const PAGES: [&str; 5] = ["GPU Engines", "Clocks/Governors", "Memory", "Power", "Thermal/Fan"];
const ASCII: Paint = Paint { ascii: true, color: false };
const COLOR: Paint = Paint { ascii: false, color: true };
/// Names out of a log or of a path may hold anything.
const NAMES: [&str; 6] = [
    "",
    "a\x1b[31m\u{9b}2J\r\n",
    "\u{6e29}\u{5ea6}\u{30bb}\u{30f3}\u{30b5}\u{30fc}",
    "e\u{301}\u{200d}\u{1f469}",
    "\u{202e}lrbidi",
    "long_name_that_goes_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on",
];

#[test]
fn pictures_of_engines() {
    pictures("GPU Engines", "engines");
}

#[test]
fn pictures_of_clocks() {
    pictures("Clocks/Governors", "clocks");
}

#[test]
fn pictures_of_memory() {
    pictures("Memory", "memory");
}

#[test]
fn pictures_of_power() {
    pictures("Power", "power");
}

#[test]
fn pictures_of_heat() {
    pictures("Thermal/Fan", "thermal");
}

/// All that there may be, under odd names and as large as it gets.
fn extremes(large: u64) -> Snapshot {
    let mut s = Snapshot::default();
    let khz = u32::try_from(large).unwrap_or(u32::MAX);
    let memory = Memory { used_bytes: large, total_bytes: large / 2, ..Memory::default() };
    (s.ram, s.pinned) = (Some(memory), Some(Pinned::Partial));
    (s.swap, s.iram) = (Some(Pool { memory, extra_bytes: Some(large) }), Some(Pool::default()));
    (s.ram_parts.free_bytes, s.ram_parts.cached_bytes, s.ram_parts.shared_bytes) =
        (Some(large), Some(large), Some(large / 2));
    s.emc.locked = Some(false);
    s.cpus.resize(3, jetsonscope::snapshot::Core { freq_khz: Some(khz), ..Default::default() });
    for name in NAMES {
        let cluster = s.clusters.entry(name);
        (cluster.freq_khz, cluster.min_khz, cluster.max_khz) = (Some(khz), Some(0), Some(khz));
        cluster.cores.extend([0, u16::MAX]);
        cluster.governor.push_str(name);
        let gpu = s.gpus.entry(name);
        (gpu.load_pm, gpu.tpc_pg_mask, gpu.min_khz, gpu.max_khz) = (Some(khz), Some(khz), Some(0), Some(khz));
        gpu.governor.push_str(name);
        gpu.power_control.push_str(name);
        let engine = s.engines.entry(name);
        (engine.load_pm, engine.freq_khz) = (Some(khz), Some(khz));
        engine.loads_pm.extend([khz, 1]);
        let area = s.swap_areas.entry(name);
        (area.size_bytes, area.used_bytes) = (large, large);
        let zram = s.zram.entry(name);
        (zram.stored_bytes, zram.memory_bytes) = (large, 1);
        s.unpinned.entry(name);
    }
    s
}

#[test]
fn any_board_at_any_width() {
    let boards = ["orin-nx-r36", "nano-r32", "pc", "unknown-l4t"].map(board);
    let made = [Snapshot::default(), extremes(0), extremes(u64::from(u32::MAX) - 1), extremes(u64::MAX)];
    let unsafe_for_terminals = |c: char| c.is_control() || "\u{202a}\u{202b}\u{202d}\u{202e}".contains(c);
    for (number, s) in boards.iter().chain(&made).enumerate() {
        for width in (1..48).step_by(3).chain([80, 200]) {
            for (name, paint) in
                PAGES.iter().flat_map(|name| [PLAIN, ASCII, COLOR].map(|paint| (name, paint)))
            {
                let text = page(name, s, paint, width).concat();
                assert!(!text.contains(unsafe_for_terminals), "{name} of {number} at {width}: {text:?}");
                assert!(!paint.ascii || text.is_ascii(), "{name} of {number} at {width}: {text}");
                assert!(!text.is_empty(), "{name} of {number} at {width}");
            }
        }
    }
}

#[test]
fn an_empty_page_says_why() {
    for name in PAGES {
        let rows = page(name, &Snapshot::default(), PLAIN, 80);
        assert!(rows.len() == 1 && rows[0].contains("jscopectl sources"), "{name}: {rows:?}");
    }
}
