//! Samples as CSV (RFC 4180): one header, a record for each sample, an empty field for what a
//! sample does not hold.
//!
//! The columns are the union over all samples, in an order that does not depend on theirs: the
//! parts of the JSON object one after the other, names sorted inside each. [`Columns`] gathers
//! the union in a first pass, of what [`super::Reader::for_columns`] gives; [`Writer`] writes. Both
//! expect a sample to look like the ones before it, and look a name up only when it does not stand
//! where it stood.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::column::{Column, ENGINE_PARTS, RAIL_PARTS, SINGLES, push_optional};
use super::number::{push_int, push_scaled, push_unsigned};
use crate::snapshot::Snapshot;

/// How many shapes of samples are remembered; gated sensors make a log go back and forth between
/// a few.
const SHAPES: usize = 8;

/// The union of the columns of samples.
#[derive(Default)]
pub struct Columns {
    found: BTreeSet<Column>,
    shapes: Vec<Snapshot>,
    next: usize,
}

impl Columns {
    /// Adds the columns of a sample.
    pub fn add(&mut self, sample: &Snapshot) {
        if self.shapes.iter().any(|shape| same_shape(shape, sample)) {
            return;
        }
        self.found.extend(columns_of(sample));
        if self.shapes.len() < SHAPES {
            self.shapes.push(sample.clone());
        } else if let Some(shape) = self.shapes.get_mut(self.next) {
            shape.clone_from(sample);
            self.next = (self.next + 1) % SHAPES;
        }
    }

    /// The columns, in order.
    pub fn into_list(self) -> Vec<Column> {
        self.found.into_iter().collect()
    }

    /// The columns that `header` lacks, in order.
    pub fn beyond(&self, header: &[Column]) -> Vec<String> {
        self.found.iter().filter(|column| !header.contains(column)).map(Column::to_string).collect()
    }
}

fn columns_of(s: &Snapshot) -> Vec<Column> {
    let mut columns = Vec::new();
    columns.extend((!s.timestamp.is_empty()).then_some(Column::Timestamp));
    columns.extend(
        SINGLES
            .iter()
            .filter(|(single, _)| single.value(s).is_some())
            .map(|(single, _)| Column::Single(*single)),
    );
    for (number, _) in s.cpus.iter().enumerate() {
        columns.extend([Column::CoreLoad(number), Column::CoreFreq(number)]);
    }
    for engine in s.engines.iter() {
        let parts = ENGINE_PARTS.iter().filter(|(part, _)| part.is_in(engine));
        columns.extend(parts.map(|(part, _)| Column::Engine(engine.name.clone(), *part)));
    }
    for temp in s.temps.iter() {
        columns.push(Column::Temp(temp.name.clone()));
        columns.extend(temp.max_mc.map(|_| Column::TempMax(temp.name.clone())));
    }
    for rail in s.rails.iter() {
        let parts = RAIL_PARTS.iter().filter(|(part, _)| part.value(rail).is_some());
        columns.extend(parts.map(|(part, _)| Column::Rail(rail.name.clone(), *part)));
    }
    columns.extend((!s.unknown.is_empty()).then_some(Column::Unknown));
    columns
}

/// Whether two samples have the same columns, for those that stand in the same order.
fn same_shape(a: &Snapshot, b: &Snapshot) -> bool {
    a.timestamp.is_empty() == b.timestamp.is_empty()
        && a.unknown.is_empty() == b.unknown.is_empty()
        && a.cpus.len() == b.cpus.len()
        && SINGLES.iter().all(|(single, _)| single.value(a).is_some() == single.value(b).is_some())
        && same(&a.engines, &b.engines, |a, b| {
            a.name == b.name && ENGINE_PARTS.iter().all(|(part, _)| part.is_in(a) == part.is_in(b))
        })
        && same(&a.temps, &b.temps, |a, b| a.name == b.name && a.max_mc.is_some() == b.max_mc.is_some())
        && same(&a.rails, &b.rails, |a, b| a.name == b.name && a.max_mw.is_some() == b.max_mw.is_some())
}

fn same<T>(a: &[T], b: &[T], like: impl Fn(&T, &T) -> bool) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| like(a, b))
}

/// Writes records.
pub struct Writer {
    columns: Vec<(Column, usize)>,
    record: Vec<u8>,
}

impl Writer {
    /// A writer of these columns.
    pub fn new(columns: Vec<Column>) -> Self {
        Writer { columns: columns.into_iter().map(|column| (column, 0)).collect(), record: Vec::new() }
    }

    /// Writes the header.
    pub fn header(&mut self, out: &mut impl Write) -> io::Result<()> {
        self.record.clear();
        for (column, _) in &self.columns {
            push_text(&mut self.record, &column.to_string());
            self.record.push(b',');
        }
        self.end(out)
    }

    /// Writes the record of a sample.
    pub fn sample(&mut self, sample: &Snapshot, out: &mut impl Write) -> io::Result<()> {
        self.record.clear();
        for (column, place) in &mut self.columns {
            push_field(column, place, sample, &mut self.record);
            self.record.push(b',');
        }
        self.end(out)
    }

    fn end(&mut self, out: &mut impl Write) -> io::Result<()> {
        self.record.pop();
        self.record.extend_from_slice(b"\r\n");
        out.write_all(&self.record)
    }
}

/// Adds the value of a column; `place` is where its name stood in the last sample.
fn push_field(column: &Column, place: &mut usize, s: &Snapshot, out: &mut Vec<u8>) {
    match column {
        Column::Timestamp => push_text(out, &s.timestamp),
        Column::Single(single) => {
            if let Some(value) = single.value(s) {
                push_unsigned(out, value);
            }
        }
        Column::CoreLoad(core) => push_optional::<10>(out, s.cpus.get(*core).and_then(|core| core.load_pm)),
        Column::CoreFreq(core) => {
            push_optional::<1000>(out, s.cpus.get(*core).and_then(|core| core.freq_khz))
        }
        Column::Engine(name, part) => {
            if let Some(engine) = entry(&s.engines, place, |engine| engine.name == *name) {
                part.push(engine, out);
            }
        }
        Column::Temp(name) => {
            if let Some(temp) = entry(&s.temps, place, |temp| temp.name == *name) {
                push_scaled::<1000>(out, i64::from(temp.now_mc));
            }
        }
        Column::TempMax(name) => {
            if let Some(max_mc) =
                entry(&s.temps, place, |temp| temp.name == *name).and_then(|temp| temp.max_mc)
            {
                push_scaled::<1000>(out, i64::from(max_mc));
            }
        }
        Column::Rail(name, part) => {
            if let Some(mw) =
                entry(&s.rails, place, |rail| rail.name == *name).and_then(|rail| part.value(rail))
            {
                push_int(out, i64::from(mw));
            }
        }
        Column::Unknown => push_text(out, &s.unknown.join("; ")),
    }
}

/// The entry that `is` the one: where it stood before, or else wherever it stands.
fn entry<'s, T>(entries: &'s [T], place: &mut usize, is: impl Fn(&T) -> bool) -> Option<&'s T> {
    if let Some(entry) = entries.get(*place).filter(|entry| is(entry)) {
        return Some(entry);
    }
    *place = entries.iter().position(is)?;
    entries.get(*place)
}

/// Adds text, in quotes when it holds a character that would end the field.
pub fn push_text(out: &mut Vec<u8>, text: &str) {
    if !text.bytes().any(|byte| matches!(byte, b'"' | b',' | b'\r' | b'\n')) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    out.push(b'"');
    out.extend_from_slice(text.replace('"', "\"\"").as_bytes());
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::super::Reader;
    use super::*;

    fn convert(log: &str) -> String {
        let mut columns = Columns::default();
        Reader::new(true)
            .read(log.as_bytes(), |sample| {
                columns.add(sample);
                Ok(())
            })
            .unwrap();
        let mut writer = Writer::new(columns.into_list());
        let mut out = Vec::new();
        writer.header(&mut out).unwrap();
        Reader::new(true).read(log.as_bytes(), |sample| writer.sample(sample, &mut out)).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn ok_union_of_columns_in_stable_order() {
        let log = "RAM 1/2MB (lfb 3x4MB) CPU [5%@6,off] VIC off tj@50.5C VDD_IN 7mW/-8mW\n\
                   RAM 1/2kB GR3D_FREQ 9%@[10,0] cpu@45C/46C tj@50C/51C VDD_IN 7mW/8mW/9mW a,b\"\n";
        let head = "ram.used_bytes,ram.total_bytes,ram.largest_free_block.count,\
                    ram.largest_free_block.size_bytes,cpus.0.load_percent,cpus.1.load_percent,\
                    cpus.0.freq_mhz,cpus.1.freq_mhz,engines.GR3D.usage_percent,engines.GR3D.freq_mhz,\
                    engines.GR3D.freqs_mhz,engines.VIC.usage_percent,temps.cpu,temps.tj,temps_max.cpu,temps_max.tj,\
                    power.VDD_IN.current_mw,power.VDD_IN.average_mw,power.VDD_IN.max_mw,unknown";
        let first = "1048576,2097152,3,4194304,5,,6,,,,,0,,50.5,,,7,-8,,";
        let second = "1024,2048,,,,,,,9,10,10 0,,45,50,46,51,7,8,9,\"a,b\"\"\"";
        assert_eq!(convert(log), format!("{head}\r\n{first}\r\n{second}\r\n"));
        // The order of the samples does not change that of the columns.
        let swapped: String = log.lines().rev().map(|line| format!("{line}\n")).collect();
        assert_eq!(convert(&swapped), format!("{head}\r\n{second}\r\n{first}\r\n"));
    }

    #[test]
    fn ok_more_shapes_than_are_remembered() {
        let log: String = (0..100).map(|n| format!("RAM 1/2MB Z{:02}@{n}C\n", n % 40)).collect();
        let csv = convert(&log);
        assert_eq!(csv.lines().next().unwrap().split(',').count(), 42);
        assert!(csv.lines().all(|record| record.split(',').count() == 42));
    }
}
