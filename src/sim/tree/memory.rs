//! Memory, swap, and what the GPU's clients hold.

use std::fmt::Write;

use super::Scene;
use super::process;
use super::sheet::Sheet;

/// Part of what is available that the page cache holds.
const CACHED_PART: u64 = 4;
/// Pages compress to a third.
const COMPRESSION: u64 = 3;
/// Orders of free blocks, of 4 kB to 4 MB.
const ORDERS: usize = 11;

/// What has swap on: zram devices, one a core, or a file.
fn swap_total_kb(scene: &Scene) -> u64 {
    if scene.layout.swap { u64::from(scene.state.swap_total_mb) * 1024 } else { 0 }
}

fn swap_used_kb(scene: &Scene) -> u64 {
    u64::from(scene.state.swap_used_mb) * 1024
}

/// All of the memory as it stands.
pub(super) fn draw(scene: &Scene, sheet: &mut Sheet) {
    draw_meminfo(scene, sheet);
    draw_buddyinfo(scene, sheet);
    draw_swaps(scene, sheet);
    draw_nvmap(scene, sheet);
}

fn draw_meminfo(scene: &Scene, sheet: &mut Sheet) {
    let state = scene.state;
    let total_kb = u64::from(state.ram_total_mb) * 1024;
    let available_kb = total_kb - u64::from(state.ram_used_mb.min(state.ram_total_mb)) * 1024;
    let (cached_kb, buffers_kb) = (available_kb / CACHED_PART, available_kb / 32);
    let (swap_kb, used_kb) = (swap_total_kb(scene), swap_used_kb(scene));
    let mut text = String::with_capacity(1024);
    let mut line = |name: &str, kb: u64| writeln!(text, "{name:<15} {kb:>8} kB");
    let rows = [
        ("MemTotal:", total_kb),
        ("MemFree:", available_kb - cached_kb - buffers_kb),
        ("MemAvailable:", available_kb),
        ("Buffers:", buffers_kb),
        ("Cached:", cached_kb - cached_kb / 8),
        ("SwapCached:", u64::from(state.swap_cached_mb) * 1024),
        ("Active:", cached_kb),
        ("Inactive:", cached_kb / 2),
        ("SwapTotal:", swap_kb),
        ("SwapFree:", swap_kb.saturating_sub(used_kb)),
        ("Dirty:", 128),
        ("AnonPages:", (total_kb - available_kb) / 2),
        ("Shmem:", total_kb / 256),
        ("Slab:", cached_kb / 4),
        ("SReclaimable:", cached_kb / 8),
    ];
    for (name, kb) in rows {
        // Writing to a String cannot fail.
        let _ = line(name, kb);
    }
    if !scene.place.is_thor() {
        let held_kb = process::gpu_kb(scene).iter().map(|(_, kb)| kb).sum();
        let _ = line("NvMapMemFree:", 0).and_then(|()| line("NvMapMemUsed:", held_kb));
    }
    sheet.enter(format_args!("proc"));
    sheet.bytes("meminfo", text.as_bytes());
}

/// Free blocks: the highest order that has any is the one of the state, the rest is smaller.
fn draw_buddyinfo(scene: &Scene, sheet: &mut Sheet) {
    let state = scene.state;
    let top = (state.lfb_size_kb / 4).max(1).ilog2() as usize;
    let mut text = String::with_capacity(256);
    // A quarter of the blocks is in the zone below 4 GB.
    let low = state.lfb_count / 4;
    for (zone, count) in [("DMA", low), ("Normal", state.lfb_count - low)] {
        let _ = write!(text, "Node 0, zone {zone:>8} ");
        for order in 0..ORDERS {
            let blocks = match order {
                order if order == top => count,
                order if order > top => 0,
                order => count / 2 + (40 >> order),
            };
            let _ = write!(text, "{blocks:>6} ");
        }
        text.push('\n');
    }
    sheet.enter(format_args!("proc"));
    sheet.bytes("buddyinfo", text.as_bytes());
}

/// The share of unit `n` of `units`; the last one has what is left.
fn share(whole: u64, units: u64, n: u64) -> u64 {
    let part = whole / units.max(1);
    if n + 1 == units { whole - part * n } else { part }
}

fn draw_swaps(scene: &Scene, sheet: &mut Sheet) {
    let (total_kb, used_kb) = (swap_total_kb(scene), swap_used_kb(scene));
    let mut text = String::from("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
    let units = if total_kb == 0 { 0 } else { scene.board.cores as u64 };
    for n in 0..units {
        let (size_kb, used_kb) = (share(total_kb, units, n), share(used_kb, units, n));
        let _ = writeln!(
            text,
            "/dev/zram{n}                              partition\t{size_kb}\t\t{used_kb}\t\t5"
        );
        let stored = used_kb * 1024;
        sheet.enter(format_args!("sys/block/zram{n}"));
        sheet.number("disksize", (size_kb * 1024) as i64);
        let compressed = stored / COMPRESSION;
        let memory = compressed + compressed / 16;
        sheet.put("mm_stat", format_args!("{stored:>8} {compressed:>8} {memory:>8} 0 {memory:>8} 0 0 0\n"));
    }
    sheet.enter(format_args!("proc"));
    sheet.bytes("swaps", text.as_bytes());
}

fn draw_nvmap(scene: &Scene, sheet: &mut Sheet) {
    if scene.place.is_thor() {
        return;
    }
    let mut text = format!("{:<18} {:>18} {:>8} {:>11}\n", "CLIENT", "PROCESS", "PID", "SIZE");
    let mut total_kb = 0;
    for (process, kb) in process::gpu_kb(scene) {
        let _ = writeln!(text, "{:<18} {:>18} {:>8} {kb:>10}K", "user", process.name, process.pid);
        total_kb += kb;
    }
    let _ = writeln!(text, "{:<18} {:>18} {:>8} {total_kb:>10}K", "total", "", "");
    sheet.enter(format_args!("sys/kernel/debug/nvmap"));
    sheet.bytes("iovmm/clients", text.as_bytes());
    sheet.number("stats/total_memory", (total_kb * 1024) as i64);
    if scene.state.iram_total_kb > 0 {
        let used_kb = scene.state.iram_used_kb;
        sheet.number("iram/size", scene.state.iram_total_kb * 1024);
        sheet.put(
            "iram/clients",
            format_args!(
                "{:<18} {:>18} {:>8} {:>11}\n{:<18} {used_kb:>38}K\n",
                "CLIENT", "PROCESS", "PID", "SIZE", "total"
            ),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up() {
        for (whole, units) in [(0, 4), (7, 4), (3810 * 1024, 6), (5, 12)] {
            let sum: u64 = (0..units).map(|n| share(whole, units, n)).sum();
            assert_eq!(sum, whole, "{whole} in {units}");
        }
    }
}
