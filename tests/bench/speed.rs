//! How fast the parser, the formats and the emulator are. Prints a table and fails below a limit.
//!
//! Run by `cargo bench`, or `cargo bench -- parse` for the rows of that name. A machine that is shared is slow at times and never too fast, so the
//! best of several rounds counts.

use std::hint::black_box;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use jetsonscope::log::Reader;
use jetsonscope::log::csv::{Columns, Writer};
use jetsonscope::sim::print::{self, Stamp};
use jetsonscope::sim::{Board, Scenario, Sim};
use jetsonscope::snapshot::Snapshot;
use jetsonscope::tegrastats::fields;
use jetsonscope::tegrastats::fill::{self, Reading};
use jetsonscope::wire::{json, message};

const STAMP: Stamp = Stamp { year: 2026, month: 1, day: 2, hour: 3, minute: 4, second: 5 };
const LINES: usize = 500;
const ROUNDS: usize = 300;

/// A log of a board, one line for each second.
fn log(board: &str, user: bool) -> Vec<u8> {
    let board = Board::find(board).expect("a board of the simulator");
    let mut sim = Sim::new(board, Scenario::Inference, 1);
    let mut log = Vec::new();
    for _ in 0..LINES {
        sim.step(1000);
        print::line(&sim, board.default_release(), user, STAMP, &mut log);
        log.push(b'\n');
    }
    log
}

/// The shortest time of a round.
fn best(mut round: impl FnMut()) -> Duration {
    round();
    let time = |round: &mut dyn FnMut()| {
        let start = Instant::now();
        round();
        start.elapsed()
    };
    (0..ROUNDS).map(|_| time(&mut round)).min().expect("there are rounds")
}

struct Table {
    /// Only the rows of that name.
    only: Option<String>,
    failed: bool,
}

impl Table {
    /// Prints a row; `least` is the limit in MB/s, 0 for none.
    fn row(&mut self, name: &str, board: &str, bytes: usize, least: f64, round: impl FnMut()) {
        if self.only.as_ref().is_some_and(|only| only != name) {
            return;
        }
        let time = best(round);
        let rate = bytes as f64 / time.as_secs_f64() / 1e6;
        let line_ns = time.as_nanos() / LINES as u128;
        let verdict = if rate < least { "  BELOW THE LIMIT" } else { "" };
        self.failed |= rate < least;
        let length = bytes / LINES;
        let text = format!(
            "{name:<9} {board:<10}{rate:>6.0} MB/s {line_ns:>6} ns/line {length:>4} bytes/line  (limit {least:.0}){verdict}\n"
        );
        let _ = io::stdout().write_all(text.as_bytes());
    }
}

/// The parser alone: whoever has lines has found their ends. Not inlined, so that its instructions
/// can be counted.
#[inline(never)]
fn parse(lines: &[&[u8]]) {
    for line in lines {
        for field in fields(line, true) {
            black_box(field);
        }
    }
}

fn fill(log: &[u8], scratch: &mut Snapshot) {
    for line in log.split(|&byte| byte == b'\n') {
        let how = Reading { complete: true, lenient: false };
        fill::samples(line, how, scratch, |sample| {
            black_box(sample);
        });
    }
}

fn to_json(log: &[u8]) {
    let read = Reader::new(false).read(log, |sample| {
        black_box(json::encode(&message::data(sample)));
        Ok(())
    });
    read.expect("memory can be read");
}

fn to_csv(log: &[u8]) {
    let mut columns = Columns::default();
    let first = Reader::for_columns(false).read(log, |sample| {
        columns.add(sample);
        Ok(())
    });
    first.expect("memory can be read");
    let mut writer = Writer::new(columns.into_list());
    let mut out = io::sink();
    Reader::new(false).read(log, |sample| writer.sample(sample, &mut out)).expect("memory can be read");
}

fn emulate(board: &str, line: &mut Vec<u8>) {
    let board = Board::find(board).expect("a board of the simulator");
    let mut sim = Sim::new(board, Scenario::Inference, 1);
    for _ in 0..LINES {
        sim.step(1000);
        line.clear();
        print::line(&sim, board.default_release(), false, STAMP, line);
        black_box(&line);
    }
}

fn main() {
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let mut table = Table { only, failed: false };
    let mut scratch = Snapshot::default();
    for board in ["nano", "orin-nano", "agx-orin", "thor"] {
        let log = log(board, false);
        let lines: Vec<&[u8]> = log.split(|&byte| byte == b'\n').collect();
        table.row("parse", board, log.len(), 400.0, || parse(&lines));
        table.row("fill", board, log.len(), 200.0, || fill(&log, &mut scratch));
        table.row("json", board, log.len(), 60.0, || to_json(&log));
        table.row("csv", board, log.len(), 150.0, || to_csv(&log));
        let mut line = Vec::with_capacity(2048);
        table.row("emulator", board, log.len(), 0.0, || emulate(board, &mut line));
    }
    std::process::exit(i32::from(table.failed));
}
