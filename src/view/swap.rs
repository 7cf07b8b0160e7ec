//! The swap areas as a table.

use std::fmt::Write;

use super::unit::{mb, of_memory, ratio};
use crate::snapshot::{Snapshot, Zram};

/// A line for each area, and for each device that compresses one for what it holds.
pub fn table(s: &Snapshot) -> String {
    if s.swap_areas.is_empty() {
        return "no swap is on\n".to_owned();
    }
    let mut text = String::new();
    let width = s.swap_areas.iter().map(|area| area.name.chars().count()).max().unwrap_or(0).clamp(4, 40);
    let _ = writeln!(text, "{:width$}  {:9} {:>10} {:>10} {:>8}", "NAME", "KIND", "SIZE", "USED", "PRIORITY");
    for area in s.swap_areas.iter() {
        let (size, used) = (mb(area.size_bytes), mb(area.used_bytes));
        let row = (&area.name, &area.kind, area.priority);
        let _ = writeln!(text, "{:width$}  {:9} {size:>10} {used:>10} {:>8}", row.0, row.1, row.2);
    }
    if let Some(swap) = s.swap {
        let _ = writeln!(text, "in all {}", of_memory(swap.memory.used_bytes, swap.memory.total_bytes));
    }
    for zram in s.zram.iter() {
        let _ = writeln!(text, "{}: {}", zram.name, compressed(zram));
    }
    // Names of files may hold anything.
    text.retain(|c| c == '\n' || !c.is_control());
    text
}

fn compressed(zram: &Zram) -> String {
    let (stored, taken) = (mb(zram.stored_bytes), mb(zram.memory_bytes));
    let ratio =
        ratio(zram.stored_bytes, zram.memory_bytes).map_or(String::new(), |ratio| format!(" ({ratio})"));
    format!("{stored} stored in {taken} of RAM{ratio}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Memory, Pool};

    #[test]
    fn ok_tables() {
        let mut s = Snapshot::default();
        assert_eq!(table(&s), "no swap is on\n");
        let area = s.swap_areas.entry("/dev/zram0");
        (area.size_bytes, area.used_bytes, area.priority) = (966 << 20, 100 << 20, 5);
        area.kind.push_str("partition");
        let area = s.swap_areas.entry("/swap\u{1b}[31mfile");
        (area.size_bytes, area.priority) = (4 << 30, -2);
        area.kind.push_str("file");
        let memory = Memory { used_bytes: 100 << 20, total_bytes: 5062 << 20, ..Memory::default() };
        s.swap = Some(Pool { memory, extra_bytes: None });
        let zram = s.zram.entry("zram0");
        (zram.stored_bytes, zram.memory_bytes) = (100 << 20, 32 << 20);
        s.zram.entry("zram1");
        let wanted = "\
NAME            KIND            SIZE       USED PRIORITY
/dev/zram0      partition     966 MB     100 MB        5
/swap[31mfile  file         4096 MB       0 MB       -2
in all 100/5062 MB
zram0: 100 MB stored in 32 MB of RAM (1:3.1)
zram1: 0 MB stored in 0 MB of RAM
";
        assert_eq!(table(&s), wanted);
    }
}
