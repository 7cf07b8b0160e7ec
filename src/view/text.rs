//! A sample as text for people: what `jscopectl stats` prints, and the program off a terminal.

use std::fmt::Write;

use super::board;
use super::unit::{block, celsius, mhz, of_memory, or_dash, percent, power, span};
use crate::snapshot::{Engine, FreeBlock, Snapshot};
use crate::source::{Origin, Sample, Status};

/// Where the values come from, and whether they are real, in a few words.
pub fn origin(origin: &Origin, sample: &Sample) -> String {
    let mut text = String::new();
    if origin.simulated {
        let between = if origin.board.is_empty() { "" } else { " " };
        text.extend(["SIMULATED", between, origin.board, ", "]);
    }
    text.extend(["source ", origin.source, if origin.served { " of jscoped" } else { "" }]);
    match sample.age {
        Some(age) if sample.stale => {
            let _ = write!(text, ", STALE: last values are {} old", span(age.as_millis()));
        }
        Some(age) => {
            let _ = write!(text, ", {} old", span(age.as_millis()));
        }
        None => text.push_str(", no data"),
    }
    if let Some(trouble) = sample.trouble {
        let _ = write!(text, " ({trouble})");
    }
    text
}

/// The whole sample, a line for each thing.
pub fn page(origin: &Origin, sample: &Sample, statuses: &[&Status]) -> String {
    let mut text = String::new();
    line(&mut text, format_args!("{}", self::origin(origin, sample)));
    if let Some(snapshot) = sample.snapshot {
        memory(snapshot, &mut text);
        processors(snapshot, &mut text);
        engines(snapshot, &mut text);
        temperatures(snapshot, &mut text);
        rails(snapshot, &mut text);
        board::rows(snapshot, &mut text);
        for unknown in snapshot.unknown.iter() {
            row(&mut text, "unknown", unknown);
        }
    }
    let denied: Vec<&str> = statuses.iter().filter(|s| s.denied() > 0).map(|s| s.name).collect();
    if !denied.is_empty() {
        row(&mut text, "needs root", denied.join(", "));
    }
    // Names and troubles may hold anything, and this may be read on a terminal.
    text.retain(|c| c == '\n' || !c.is_control());
    text
}

pub(super) fn row(text: &mut String, name: &str, value: impl AsRef<str>) {
    line(text, format_args!("{name:<16} {}", value.as_ref()));
}

/// Adds a line. Names may hold anything, and this may be read on a terminal: no escape sequences,
/// and no line end that makes one row look like two.
pub(super) fn line(text: &mut String, what: std::fmt::Arguments) {
    let start = text.len();
    let _ = text.write_fmt(what);
    let clean = text.get(start..).is_none_or(|line| !line.contains(char::is_control));
    if !clean {
        let line = text.split_off(start);
        text.extend(line.chars().filter(|c| !c.is_control()));
    }
    text.push('\n');
}

fn memory(s: &Snapshot, text: &mut String) {
    if !s.timestamp.is_empty() {
        row(text, "time", &s.timestamp);
    }
    if let Some(ram) = s.ram {
        let free =
            s.free_block.map_or(String::new(), |free| format!(", largest free block {}", free_block(free)));
        row(text, "RAM", format!("{}{free}", of_memory(ram.used_bytes, ram.total_bytes)));
    }
    if let Some(swap) = s.swap {
        let cached = swap.extra_bytes.map_or(String::new(), |bytes| format!(", {} cached", block(bytes)));
        row(text, "swap", format!("{}{cached}", of_memory(swap.memory.used_bytes, swap.memory.total_bytes)));
    }
    if let Some(iram) = s.iram {
        row(text, "IRAM", format!("{} of {}", block(iram.memory.used_bytes), block(iram.memory.total_bytes)));
    }
}

/// The largest free block in words.
pub fn free_block(free: FreeBlock) -> String {
    match free {
        FreeBlock::Blocks { count, size_bytes } => format!("{count} x {}", block(size_bytes)),
        FreeBlock::Size { size_bytes } => block(size_bytes),
    }
}

fn processors(s: &Snapshot, text: &mut String) {
    row(text, "CPU", or_dash(s.cpu_load_pm().map(percent)));
    for (number, core) in s.cpus.iter().enumerate() {
        let value = match (core.load_pm, core.freq_khz) {
            (None, None) if !core.unread => "off".to_owned(),
            (load, freq) => format!("{:>6} {:>9}", or_dash(load.map(percent)), or_dash(freq.map(mhz))),
        };
        row(text, &format!("  {number}"), value);
    }
    if let Some(mts) = s.mts {
        row(text, "MTS", format!("foreground {} %, background {} %", mts.fg_percent, mts.bg_percent));
    }
}

fn engines(s: &Snapshot, text: &mut String) {
    for engine in s.engines.iter().filter(|engine| engine.is_reading()) {
        row(text, label(engine), engine_value(engine));
    }
}

/// The engine's name for people: GR3D is the GPU.
pub fn label(engine: &Engine) -> &str {
    match engine.name.as_str() {
        "GR3D" => "GPU",
        name => name,
    }
}

/// The clock of an engine; what a user gets on R35 (`99%@0`) is none.
pub fn clock(engine: &Engine) -> Option<u32> {
    engine.freq_khz.filter(|&khz| khz > 0)
}

/// Load and clock of an engine where there is little room.
pub fn engine_short(engine: &Engine) -> String {
    let clock = or_dash(clock(engine).map(mhz));
    match engine.load_pm {
        _ if engine.is_off() => "off".to_owned(),
        Some(load) => [&percent(load), " ", &clock].concat(),
        None => clock,
    }
}

/// Load and clock of an engine; the clocks of its parts where they differ.
pub fn engine_value(engine: &Engine) -> String {
    if engine.is_off() {
        return "off".to_owned();
    }
    let load = or_dash(engine.load_pm.map(percent));
    let parts = &engine.freqs_khz;
    let clock = if parts.windows(2).all(|pair| pair.first() == pair.last()) {
        or_dash(clock(engine).map(mhz))
    } else {
        let clocks: Vec<String> = parts.iter().map(|khz| (khz / 1000).to_string()).collect();
        format!("{} MHz", clocks.join(", "))
    };
    format!("{load:>6} {clock:>9}")
}

fn temperatures(s: &Snapshot, text: &mut String) {
    for temp in s.temps.iter() {
        if let Some(mc) = temp.reading_mc() {
            let max = temp.max_mc.map_or(String::new(), |max| format!("  max {}", celsius(max)));
            row(text, &format!("{} temp", temp.name), format!("{:>8}{max}", celsius(mc)));
        }
    }
    for name in s.temps_off.iter() {
        row(text, &format!("{name} temp"), "off");
    }
}

fn rails(s: &Snapshot, text: &mut String) {
    for rail in s.rails.iter().filter(|rail| !rail.is_open()) {
        let (now, avg) = (power(i64::from(rail.now_mw)), power(i64::from(rail.avg_mw)));
        let max = rail.max_mw.map_or(String::new(), |max| format!("  max {}", power(i64::from(max))));
        row(text, &rail.name, format!("{now:>8}  average {avg}{max}"));
    }
    if let Some((name, mw)) = s.total_mw() {
        row(text, "total power", format!("{:>8}  ({name})", power(mw)));
    }
}
