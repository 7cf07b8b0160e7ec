//! From the fields of a line to snapshots: where a sample begins and ends, and what is noise.
//!
//! A sample is what holds `RAM n/n` with its unit. Writers that lose line ends join several on
//! one line, and a stamp, or a second RAM, begins the next. Text without RAM (the tool's help, a
//! password prompt, the rest of a wrapped line) is noise unless fragments are asked for.

use super::{Core, Engine, Field, fields};
use crate::recycled::{Recycle, Recycled};
use crate::snapshot::{self, Mts, Pool, Snapshot};

/// The printed temperature of a sensor without power (R34, R35), milli-degrees.
const SENSOR_OFF_MC: i32 = -256_000;

/// How a line is read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reading {
    /// The line's end was seen; without it the last token is not trusted.
    pub complete: bool,
    /// Text without RAM is a sample too, when it holds a field at all.
    pub lenient: bool,
}

/// What a line was found to hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Samples given to the caller.
    pub samples: u32,
    /// Parts with text that were no sample.
    pub noise: u32,
}

/// Reads one line (without its end) into `scratch`, once for each sample on it, and calls `each`
/// with each. A blank line is neither sample nor noise.
pub fn samples(
    line: &[u8],
    how: Reading,
    scratch: &mut Snapshot,
    mut each: impl FnMut(&mut Snapshot),
) -> Found {
    let mut found = Found::default();
    let mut tokens = fields(line, how.complete);
    let mut part = Part::open(scratch, line);
    loop {
        let before = tokens.rest();
        let field = tokens.next();
        if field.is_none_or(|field| part.ends_before(&field)) {
            match part.verdict(how.lenient) {
                Verdict::Blank => {}
                Verdict::Noise => found.noise += 1,
                Verdict::Sample => {
                    part.keep_text(line, before);
                    found.samples += 1;
                    each(part.snapshot);
                }
            }
            part = Part::open(part.snapshot, before);
        }
        let Some(field) = field else { return found };
        part.add(field);
    }
}

/// The part of a line that belongs to one sample.
struct Part<'a, 's> {
    snapshot: &'s mut Snapshot,
    start: &'a [u8],
    fields: u32,
    unknown: u32,
}

enum Verdict {
    Blank,
    Noise,
    Sample,
}

impl<'a, 's> Part<'a, 's> {
    fn open(snapshot: &'s mut Snapshot, start: &'a [u8]) -> Self {
        snapshot.clear();
        Part { snapshot, start, fields: 0, unknown: 0 }
    }

    /// A stamp comes first in a sample, and a sample has one RAM.
    fn ends_before(&self, field: &Field) -> bool {
        match field {
            Field::Stamp { .. } => self.fields > 0,
            Field::Ram(..) => self.snapshot.ram.is_some(),
            _ => false,
        }
    }

    fn add(&mut self, field: Field<'a>) {
        match field {
            Field::Unknown { .. } => self.unknown += 1,
            Field::Stamp { .. } => {}
            _ => self.fields += 1,
        }
        take(self.snapshot, field);
    }

    fn verdict(&self, lenient: bool) -> Verdict {
        match self.snapshot.ram {
            Some(_) => Verdict::Sample,
            None if lenient && self.fields > 0 => Verdict::Sample,
            None if self.fields + self.unknown > 0 || !self.snapshot.timestamp.is_empty() => Verdict::Noise,
            None => Verdict::Blank,
        }
    }

    /// Keeps the text up to `rest` as printed: the line, or the sample's part of it.
    fn keep_text(&mut self, line: &[u8], rest: &[u8]) {
        let text = self.start.get(..self.start.len() - rest.len()).unwrap_or_default();
        let whole = text.len() == line.len();
        push_text(&mut self.snapshot.raw, if whole { text } else { text.trim_ascii() });
    }
}

/// Adds one field to a snapshot.
fn take(snapshot: &mut Snapshot, field: Field) {
    match field {
        Field::Stamp { date, time } => stamp(snapshot, date, time),
        Field::Ram(memory, block) => (snapshot.ram, snapshot.free_block) = (Some(memory), block),
        Field::Swap(memory, extra_bytes) => snapshot.swap = Some(Pool { memory, extra_bytes }),
        Field::Iram(memory, extra_bytes) => snapshot.iram = Some(Pool { memory, extra_bytes }),
        Field::Mts { fg_percent, bg_percent } => snapshot.mts = Some(Mts { fg_percent, bg_percent }),
        Field::EdpLimit(mhz) => snapshot.edp_limit_mhz = Some(mhz),
        Field::Cores(cores) => cores.for_each(|core| take_core(snapshot, core)),
        Field::Engine(engine) => take_engine(&mut snapshot.engines, &engine),
        Field::Temp { name, now_mc: SENSOR_OFF_MC, .. } => push_text(snapshot.temps_off.add(), name),
        Field::Temp { name, now_mc, max_mc } => {
            let temp = unique(&mut snapshot.temps, name);
            (temp.now_mc, temp.max_mc) = (now_mc, max_mc);
        }
        Field::Rail { name, now_mw, avg_mw, max_mw } => {
            let rail = unique(&mut snapshot.rails, name);
            (rail.now_mw, rail.avg_mw, rail.max_mw) = (now_mw, avg_mw, max_mw);
        }
        Field::Unknown { name, text } => push_unknown(snapshot, name, text),
    }
}

/// The stamp nearest to the values counts; one that a log wrapper put before it is kept as text.
fn stamp(snapshot: &mut Snapshot, date: &[u8], time: &[u8]) {
    let Snapshot { timestamp, unknown, .. } = snapshot;
    if !timestamp.is_empty() {
        unknown.add().push_str(timestamp);
        timestamp.clear();
    }
    push_text(timestamp, date);
    timestamp.push(' ');
    push_text(timestamp, time);
}

fn take_core(snapshot: &mut Snapshot, core: Core) {
    match core {
        Core::On { load_percent, freq_mhz } => {
            let (load_pm, freq_khz) = (Some(per_mille(load_percent)), freq_mhz.map(khz));
            snapshot.cpus.push(snapshot::Core { load_pm, freq_khz, ..Default::default() });
        }
        Core::Off => snapshot.cpus.push(snapshot::Core::default()),
        Core::Unknown(text) => {
            snapshot.cpus.push(snapshot::Core { unread: true, ..snapshot::Core::default() });
            push_unknown(snapshot, b"CPU", text);
        }
        Core::Cut(text) => push_unknown(snapshot, b"CPU", text),
    }
}

fn take_engine(engines: &mut Recycled<snapshot::Engine>, token: &Engine) {
    if engines.expects(token.name) {
        return set_engine(engines.add_again(), token);
    }
    match engines.iter_mut().find(|engine| joins(engine, token)) {
        Some(engine) if token.util => engine.load_pm = token.load_percent.map(per_mille),
        Some(engine) => engine.freq_khz = token.freq_mhz.map(khz),
        None => set_engine(unique(engines, token.name), token),
    }
}

/// A `NAME_UTIL` belongs to the `NAME_FREQ` before it, and a clock alone to the load before it;
/// otherwise a second one of a name is another engine.
fn joins(engine: &snapshot::Engine, token: &Engine) -> bool {
    engine.name.as_bytes() == token.name
        && (token.util || (token.load_percent.is_none() && engine.freq_khz.is_none()))
}

fn set_engine(engine: &mut snapshot::Engine, token: &Engine) {
    engine.load_pm = token.load_percent.map(per_mille);
    engine.freq_khz = token.freq_mhz.map(khz);
    engine.raw = token.raw;
    engine.freqs_khz.extend(token.freqs_mhz.map(khz));
    engine.loads_pm.extend(token.loads_percent.map(per_mille));
}

fn per_mille(percent: u32) -> u32 {
    percent.saturating_mul(10)
}

fn khz(mhz: u32) -> u32 {
    mhz.saturating_mul(1000)
}

/// Adds an entry of that name; the second of a name is called `NAME#2`, the third `NAME#3`.
fn unique<'l, T: Recycle>(list: &'l mut Recycled<T>, name: &[u8]) -> &'l mut T {
    if list.expects(name) {
        return list.add_again();
    }
    let is_twin = |rest: &[u8]| rest.is_empty() || rest.starts_with(b"#");
    let twins =
        list.iter().filter(|entry| entry.name().as_bytes().strip_prefix(name).is_some_and(is_twin)).count();
    let entry = list.add();
    push_text(entry.name_mut(), name);
    if twins > 0 {
        entry.name_mut().push('#');
        push_number(entry.name_mut(), twins + 1);
    }
    entry
}

fn push_number(to: &mut String, value: usize) {
    if value >= 10 {
        push_number(to, value / 10);
    }
    to.push(char::from(b'0' + (value % 10) as u8));
}

fn push_unknown(snapshot: &mut Snapshot, name: &[u8], text: &[u8]) {
    let unknown = snapshot.unknown.add();
    push_text(unknown, name);
    if !text.is_empty() {
        unknown.push(' ');
        push_text(unknown, text);
    }
}

/// Adds text of any bytes; what is not UTF-8 becomes the replacement character.
fn push_text(to: &mut String, text: &[u8]) {
    if let Ok(text) = std::str::from_utf8(text) {
        return to.push_str(text);
    }
    for chunk in text.utf8_chunks() {
        to.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            to.push(char::REPLACEMENT_CHARACTER);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str, lenient: bool) -> (Vec<Snapshot>, Found) {
        let mut samples_found = Vec::new();
        let how = Reading { complete: true, lenient };
        let mut scratch = Snapshot::default();
        let found = samples(line.as_bytes(), how, &mut scratch, |sample| samples_found.push(sample.clone()));
        (samples_found, found)
    }

    #[test]
    fn ok_samples_of_a_line() {
        let (a, b) = ("RAM 1/9MB (lfb 1x4MB) CPU@3C VDD_IN 1mW/2mW", "07-23-2026 15:29:26 RAM 2/9MB GPU@4C");
        for (line, wanted, noise) in [
            (format!("{a} {a}"), vec![a, a], 0),
            (format!("{a}{a}"), vec![a, a], 0),
            (format!("{a}{b}{a}"), vec![a, b, a], 0),
            (format!("{b} {b}"), vec![b, b], 0),
            (format!("GPU@5C {b}"), vec![b], 1),
            (format!("  {a}"), vec![&format!("  {a}")], 0),
            ("password: ".into(), vec![], 1),
            ("07-23-2026 15:29:26".into(), vec![], 1),
            (" ".into(), vec![], 0),
        ] {
            let (samples, found) = read(&line, false);
            let raw: Vec<&str> = samples.iter().map(|sample| sample.raw.as_str()).collect();
            assert_eq!((raw, found.noise), (wanted, noise), "{line}");
        }
    }

    #[test]
    fn ok_order_does_not_matter() {
        let (one, _) = read("RAM 1/9MB SWAP 3/4MB (cached 5MB) CPU@3C NVENC 7 VDD_IN 1mW/2mW", false);
        let (other, _) = read("VDD_IN 1mW/2mW CPU@3C NVENC 7 SWAP 3/4MB (cached 5MB) RAM 1/9MB", false);
        let bare = |sample: &Snapshot| Snapshot { raw: String::new(), ..sample.clone() };
        assert_eq!(bare(&one[0]), bare(&other[0]));
    }

    #[test]
    fn ok_fragments_only_when_asked_for() {
        for (line, strict, lenient) in [("GPU@5C CPU@4C", 0, 1), ("hello", 0, 0), ("hello VIC off", 0, 1)] {
            assert_eq!((read(line, false).0.len(), read(line, true).0.len()), (strict, lenient), "{line}");
        }
    }

    #[test]
    fn ok_names_that_stand_twice() {
        let line =
            "RAM 1/9MB NC 0mW/0mW VDDQ 3mW/3mW NC 1mW/1mW NC 2mW/2mW gpu@4C gpu@5C CV0@-256C VIC off VIC off";
        let sample = &read(line, false).0[0];
        let rails: Vec<_> = sample.rails.iter().map(|rail| (rail.name.as_str(), rail.now_mw)).collect();
        assert_eq!(rails, [("NC", 0), ("VDDQ", 3), ("NC#2", 1), ("NC#3", 2)]);
        let temps: Vec<_> = sample.temps.iter().map(|temp| (temp.name.as_str(), temp.now_mc)).collect();
        assert_eq!(temps, [("gpu", 4000), ("gpu#2", 5000)]);
        assert_eq!(*sample.temps_off, ["CV0"]);
        let engines: Vec<_> = sample.engines.iter().map(|engine| engine.name.as_str()).collect();
        assert_eq!(engines, ["VIC", "VIC#2"]);
    }

    #[test]
    fn ok_loads_join_their_engine() {
        for (line, load, freq) in [
            ("RAM 1/9MB EMC_FREQ @1600 EMC_UTIL 11%", 110, Some(1_600_000)),
            ("RAM 1/9MB EMC_UTIL 11% EMC_FREQ @1600", 110, Some(1_600_000)),
            ("RAM 1/9MB EMC_FREQ 3%@1600 EMC_UTIL 11%", 110, Some(1_600_000)),
            ("RAM 1/9MB EMC_UTIL 11%", 110, None),
        ] {
            let sample = &read(line, false).0[0];
            let engine = &sample.engines[0];
            assert_eq!(
                (sample.engines.len(), engine.load_pm, engine.freq_khz),
                (1, Some(load), freq),
                "{line}"
            );
        }
    }

    #[test]
    fn ok_nothing_is_lost() {
        let line = "2026-07-23 x RAM 1/9MB FOO 12 CPU [1%@2,zz,...] GPU@4 \u{2026} B\u{e4}r";
        let sample = &read(line, false).0[0];
        let wanted = ["2026-07-23", "x", "FOO 12", "CPU zz", "CPU ...", "GPU@4", "\u{2026}", "B\u{e4}r"];
        assert_eq!(*sample.unknown, wanted);
        assert_eq!(sample.cpus.len(), 2);
        assert_eq!(
            read("01-01-2026 00:00:00 07-23-2026 15:29:26 RAM 1/2MB", false).0[0].unknown[0],
            "01-01-2026 00:00:00"
        );
    }
}
