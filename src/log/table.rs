//! Samples as a short table for people: what one looks for first, a line for each sample.

use std::io::{self, Write};

use super::number::{push_scaled, push_unsigned};
use crate::snapshot::{Engine, Snapshot};

/// Titles of the columns, and their widths; the text of the first stands at the left.
const COLUMNS: [(&str, usize); 10] = [
    ("TIME", 19),
    ("RAM MB", 13),
    ("SWAP MB", 12),
    ("CPU %", 5),
    ("MHZ", 4),
    ("GPU %", 5),
    ("MHZ", 4),
    ("EMC %", 5),
    ("HOTTEST C", 11),
    ("POWER W", 17),
];

/// Writes the table, line by line, in one buffer.
#[derive(Default)]
pub struct Table {
    line: Vec<u8>,
    column: usize,
}

impl Table {
    /// Writes the heading.
    pub fn header(&mut self, out: &mut impl Write) -> io::Result<()> {
        for (title, _) in COLUMNS {
            self.cell(|cell| cell.extend_from_slice(title.as_bytes()));
        }
        self.end(out)
    }

    /// Writes the line of a sample; what it does not hold is a dash.
    pub fn sample(&mut self, s: &Snapshot, out: &mut impl Write) -> io::Result<()> {
        let gpu = s.engine("GR3D");
        let emc = s.engine("EMC").filter(|emc| emc.is_reading());
        self.cell(|cell| cell.extend_from_slice(s.timestamp.as_bytes()));
        self.sizes(s.ram.map(|ram| (ram.used_bytes, ram.total_bytes)));
        self.sizes(s.swap.map(|swap| (swap.memory.used_bytes, swap.memory.total_bytes)));
        self.number(s.cpu_load_pm().map(percent));
        self.number(s.cpus.iter().filter_map(|core| core.freq_khz).max().map(mhz));
        self.number(gpu.and_then(load));
        self.number(gpu.and_then(|gpu| gpu.freq_khz).map(mhz));
        self.number(emc.and_then(load));
        self.named(s.hottest().map(|(name, mc)| (name, i64::from(mc) / 100)), push_scaled::<10>);
        self.named(s.total_mw().map(|(name, mw)| (name, mw / 10)), push_scaled::<100>);
        self.end(out)
    }

    fn end(&mut self, out: &mut impl Write) -> io::Result<()> {
        self.line.push(b'\n');
        let written = out.write_all(&self.line);
        self.line.clear();
        self.column = 0;
        written
    }

    /// Adds a cell with what `fill` writes, or a dash.
    fn cell(&mut self, fill: impl FnOnce(&mut Vec<u8>)) {
        let line = &mut self.line;
        if self.column > 0 {
            line.push(b' ');
        }
        let start = line.len();
        fill(line);
        if line.len() == start {
            line.push(b'-');
        }
        let width = COLUMNS.get(self.column).map_or(0, |(_, width)| *width);
        let missing = width.saturating_sub(line.len() - start);
        line.resize(line.len() + missing, b' ');
        if self.column > 0 {
            line.get_mut(start..).unwrap_or_default().rotate_right(missing);
        }
        self.column += 1;
    }

    fn number(&mut self, value: Option<u32>) {
        self.cell(|cell| {
            if let Some(value) = value {
                push_unsigned(cell, u64::from(value));
            }
        });
    }

    /// Two sizes in MB of 1024 * 1024 bytes.
    fn sizes(&mut self, sizes: Option<(u64, u64)>) {
        self.cell(|cell| {
            if let Some((used, total)) = sizes {
                push_unsigned(cell, used >> 20);
                cell.push(b'/');
                push_unsigned(cell, total >> 20);
            }
        });
    }

    /// A name, and a number as `push` writes it.
    fn named(&mut self, value: Option<(&str, i64)>, push: fn(&mut Vec<u8>, i64)) {
        self.cell(|cell| {
            if let Some((name, value)) = value {
                cell.extend_from_slice(name.as_bytes());
                cell.push(b' ');
                push(cell, value);
            }
        });
    }
}

fn percent(per_mille: u32) -> u32 {
    (per_mille + 5) / 10
}

fn load(engine: &Engine) -> Option<u32> {
    engine.load_pm.map(percent)
}

fn mhz(khz: u32) -> u32 {
    khz / 1000
}

#[cfg(test)]
mod tests {
    use super::super::Reader;
    use super::*;

    #[test]
    fn ok_lines_up() {
        let log = "RAM 1/2MB\n07-23-2026 15:29:26 RAM 43359/125772MB SWAP 1/2048MB (cached 0MB) \
                   CPU [10%@972,off,20%@1620] EMC_FREQ 7%@3200 GR3D_FREQ 31%@[305,305] PMIC@100C soc345@37.312C \
                   VIN_SYS_5V0 6471mW/6471mW VIN 28576mW/28576mW\nRAM 1/2MB EMC_FREQ 0% VDD_GPU_SOC -1990mW\n";
        let (mut out, mut table) = (Vec::new(), Table::default());
        table.header(&mut out).unwrap();
        Reader::new(false).read(log.as_bytes(), |s| table.sample(s, &mut out)).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(lines[1]), ["-", "1/2", "-", "-", "-", "-", "-", "-", "-", "-"]);
        let wanted = "07-23-2026 15:29:26 43359/125772 1/2048 15 1620 31 305 7 soc345 37.3 VIN 28.57";
        assert_eq!(words(lines[2]).join(" "), wanted);
        assert!(lines[3].ends_with("sum of rails -1.99"), "{}", lines[3]);
        assert_eq!(lines[0].len(), lines[1].len());
        assert_eq!(lines[0].len(), lines[2].len());
    }
}
