//! The dashboard drawn into a buffer: what has to stand there, what must never, at any size.

#![cfg(all(feature = "tui", feature = "emulator"))]

use std::path::Path;
use std::time::{Duration, Instant};

use jetsonscope::root::Root;
use jetsonscope::sim::print::{self, Stamp};
use jetsonscope::sim::{BOARDS, Board, Release, Scenario, Sim};
use jetsonscope::snapshot::Snapshot;
use jetsonscope::source::{Choice, Feed, Sample, Surroundings};
use jetsonscope::tegrastats::fill::{self, Reading};
use jetsonscope::view::frame::{self, View};
use jetsonscope::view::more::More;
use jetsonscope::view::paint::Paint;
use jetsonscope::view::{help, text};
use ratatui::backend::{Backend, TermionBackend};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::Color;

const PLAIN: Paint = Paint { ascii: false, color: false };
const ASCII: Paint = Paint { ascii: true, color: false };
const COLOR: Paint = Paint { ascii: false, color: true };
const SIZES: [(u16, u16); 11] =
    [(20, 5), (40, 12), (80, 24), (200, 50), (500, 200), (1, 1), (3, 1), (0, 0), (0, 24), (80, 0), (71, 6)];

fn choice(source: &str) -> Choice {
    let from = Surroundings { option: Some(source.to_owned()), ..Surroundings::default() };
    Choice::make(&from).expect("a source")
}

/// The last sample of a line.
fn read(line: &str) -> Snapshot {
    let (mut scratch, mut last) = (Snapshot::default(), Snapshot::default());
    let how = Reading { complete: true, lenient: false };
    fill::samples(line.as_bytes(), how, &mut scratch, |sample| last = sample.clone());
    last
}

fn simulated(board: &'static Board, release: Release, user: bool, steps: u32) -> Snapshot {
    let mut sim = Sim::new(board, Scenario::Inference, 1);
    (0..steps).for_each(|_| sim.step(1000));
    let mut line = Vec::new();
    let stamp = Stamp { year: 2026, month: 2, day: 3, hour: 4, minute: 5, second: 6 };
    print::line(&sim, release, user, stamp, &mut line);
    read(&String::from_utf8(line).expect("ASCII"))
}

fn fresh(snapshot: &Snapshot) -> Sample<'_> {
    Sample { snapshot: Some(snapshot), age: Some(Duration::from_millis(5)), stale: false, trouble: None }
}

fn drawn(source: &str, sample: Sample, paint: Paint, (width, height): (u16, u16)) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    frame::draw(
        &View {
            origin: choice(source).origin(),
            sample,
            paint,
            notice: None,
            page: 0,
            scroll: 0,
            more: &More::default(),
        },
        buffer.area,
        &mut buffer,
    );
    buffer
}

/// The rows of a buffer, without the blanks at their ends.
fn rows(buffer: &Buffer) -> Vec<String> {
    let width = usize::from(buffer.area.width).max(1);
    let row = |cells: &[Cell]| cells.iter().map(Cell::symbol).collect::<String>().trim_end().to_owned();
    buffer.content.chunks(width).map(row).collect()
}

fn shown(line: &str, paint: Paint, size: (u16, u16)) -> String {
    rows(&drawn("file:x", fresh(&read(line)), paint, size)).join("\n")
}

/// What a terminal would get.
fn bytes(buffer: &Buffer) -> Vec<u8> {
    let mut bytes = Vec::new();
    let cells = buffer.content.iter().enumerate();
    let placed = cells.map(|(at, cell)| {
        let (x, y) = buffer.pos_of(at);
        (x, y, cell)
    });
    TermionBackend::new(&mut bytes).draw(placed).expect("a vector takes all");
    bytes
}

#[test]
fn each_board_at_each_size() {
    for board in &BOARDS {
        for release in board.layouts.iter().map(|layout| layout.release) {
            for user in [false, true] {
                let snapshot = simulated(board, release, user, 2);
                for (size, paint) in SIZES.iter().flat_map(|size| [PLAIN, ASCII, COLOR].map(|p| (*size, p))) {
                    let name = format!("{} {} {user} {size:?}", board.name, release.name());
                    let source = format!("synthetic:{}", board.name);
                    let rows = rows(&drawn(&source, fresh(&snapshot), paint, size));
                    if size.0 >= 20 && size.1 > 0 {
                        assert!(rows[0].contains("SIMULATED"), "{name}: {:?}", rows[0]);
                    }
                    let screen = rows.concat();
                    let open = |word: &str| word == "PMIC" || word == "NC" || word.starts_with("NC#");
                    let found = rows.iter().flat_map(|row| row.split_whitespace()).find(|word| open(word));
                    assert_eq!(found, None, "{name}: {screen}");
                    assert!(!paint.ascii || screen.is_ascii(), "{name}: {screen}");
                }
            }
        }
    }
}

#[test]
fn nothing_is_drawn_outside_of_the_area() {
    let snapshot = simulated(&BOARDS[6], Release::R36, false, 2);
    let choice = choice("synthetic:agx-orin");
    for (width, height) in SIZES.into_iter().filter(|size| size.0 < 500) {
        let whole = Rect::new(0, 0, width + 8, height + 5);
        let area = Rect::new(5, 2, width, height);
        for with_help in [false, true] {
            let mut buffer = Buffer::filled(whole, Cell::new("~"));
            if with_help {
                let _ = help::draw(PLAIN, 0, 0, area, &mut buffer);
            } else {
                let sample = Sample { trouble: Some("all gone"), ..fresh(&snapshot) };
                frame::draw(
                    &View {
                        origin: choice.origin(),
                        sample,
                        paint: PLAIN,
                        notice: None,
                        page: 0,
                        scroll: 0,
                        more: &More::default(),
                    },
                    area,
                    &mut buffer,
                );
            }
            for (at, cell) in buffer.content.iter().enumerate() {
                let position = buffer.pos_of(at);
                let outside = !area.contains(position.into());
                assert!(!outside || cell.symbol() == "~", "{width}x{height}: {position:?} {cell:?}");
            }
        }
    }
}

/// A line, a size, what the screen must show, and what it must not.
type Case = (&'static str, (u16, u16), &'static [&'static str], &'static [&'static str]);

const LARGE: (u16, u16) = (80, 24);
const CASES: [Case; 16] = [
    (
        "RAM 1224/7620MB (lfb 3x4MB) SWAP 7/3810MB (cached 0MB)",
        LARGE,
        &["1224/7620 MB", "Swap", "7/3810 MB", "source file"],
        &["SIMULATED", "GPU", "EMC", "Engines", "Temperatures", "Power", "0 MHz"],
    ),
    (
        "RAM 1/9MB CPU [12%@729,off,100%@1510]",
        LARGE,
        &["12 %  729 MHz", "1  off", "100 % 1510 MHz"],
        &["  0 %"],
    ),
    ("RAM 1/9MB CPU [12%@729,off,7%@1510]", (40, 12), &["12 %", "1  off"], &[" 0 %", " 0%"]),
    ("RAM 1/9MB CPU [12%,0%]", LARGE, &["12 %        -", " 0 %        -"], &["MHz", "off"]),
    // What was not understood is no core that is off.
    ("RAM 1/9MB CPU [12%@729,zz]", LARGE, &["1  -"], &["off"]),
    ("RAM 1/9MB EMC_FREQ 0% GR3D_FREQ 0%", LARGE, &["GPU", "0 %"], &["EMC"]),
    ("RAM 1/9MB EMC_FREQ 0%@204", LARGE, &["EMC", "0 %   204 MHz"], &[]),
    ("RAM 1/9MB GR3D_FREQ @[1575,1575]", LARGE, &["GPU", "-  1575 MHz"], &[" 0 %"]),
    ("RAM 1/9MB GR3D_FREQ 45%@[1575,1410,1200]", (20, 5), &["GPU", "45 %"], &[]),
    // A clock of zero beside a load is what a user gets on R35: no reading.
    ("RAM 1/9MB GR3D_FREQ 99% GR3D2_FREQ 99%@0", LARGE, &["99 %"], &[" 0 MHz"]),
    ("RAM 1/9MB NVENC off NVDEC 3%@115 VIC 7", LARGE, &["NVENC", "off", "3 %", "115 MHz"], &[" 0 %"]),
    ("RAM 1/9MB PMIC@100C CPU@46.5C CV0@-256C", LARGE, &["CPU", "46.5 C", "CV0", "off"], &["PMIC", "-256"]),
    ("RAM 1/9MB PMIC@50C tj@-0.5C", (40, 12), &["tj", "-0.5 C"], &["PMIC", "50"]),
    ("RAM 1/9MB tj@84.95C", (40, 12), &["tj", "84.9 C"], &[]),
    (
        "RAM 1/9MB VDD_IN 4824mW/4900mW NC 0mW/0mW NC 7mW/7mW VDD_SOC -12mW/-3mW",
        LARGE,
        &["VDD_IN", "4.8 W", "VDD_SOC", "-12 mW"],
        &["NC", " 0 mW", "7 mW", "sum of rails"],
    ),
    ("RAM 1/9MB NCT_RAIL 55mW/55mW VDD_GPU 5mW/5mW", LARGE, &["NCT_RAIL", "55 mW", "60 mW"], &[]),
];

#[test]
fn what_the_screen_says() {
    let mut faults = String::new();
    for (line, size, wanted, unwanted) in CASES {
        let screen = shown(line, PLAIN, size);
        for part in wanted.iter().filter(|part| !screen.contains(**part)) {
            faults += &format!("{line} at {size:?} lacks {part:?}:\n{screen}\n");
        }
        for part in unwanted.iter().filter(|part| screen.contains(**part)) {
            faults += &format!("{line} at {size:?} says {part:?}:\n{screen}\n");
        }
    }
    assert!(faults.is_empty(), "{faults}");
}

#[test]
fn every_reading_of_every_board_is_on_a_screen_of_80_by_24() {
    for board in &BOARDS {
        let snapshot = simulated(board, board.default_release(), false, 2);
        let screen = rows(&drawn("synthetic:x", fresh(&snapshot), PLAIN, LARGE)).join("\n");
        let temps = snapshot.temps.iter().filter(|t| t.reading_mc().is_some()).map(|t| &t.name);
        let rails = snapshot.rails.iter().map(|rail| &rail.name).filter(|name| !name.starts_with("NC"));
        let engines = snapshot.engines.iter().map(|e| &e.name).filter(|name| *name != "GR3D");
        for name in temps.chain(rails).chain(engines).chain(&snapshot.temps_off.to_vec()) {
            assert!(screen.contains(name.as_str()), "{}: no {name} in\n{screen}", board.name);
        }
        for number in 0..snapshot.cpus.len() {
            let found =
                screen.contains(&format!("{number:<2} [")) || screen.contains(&format!("{number:<2} off"));
            assert!(found, "{}: no core {number} in\n{screen}", board.name);
        }
    }
}

/// More than the screen holds must not look like all there is: whoever sees no hot zone takes the
/// board for cool.
#[test]
fn what_does_not_fit_is_told() {
    let zones: String = (0..40).map(|n| format!(" zone{n}@{}C", 30 + n)).collect();
    let cores = vec!["7%@1984"; 64].join(",");
    let line = format!("RAM 1/9MB CPU [{cores}]{zones} VDD_IN 4824mW/4900mW");
    let all = shown(&line, PLAIN, (200, 50));
    assert_eq!(all.matches("1984 MHz").count(), 64, "{all}");
    assert!((0..40).all(|n| all.contains(&format!("zone{n} "))), "{all}");
    let line = line.replace(&cores, &vec!["7%@1984"; 14].join(","));
    for size in [(80, 24), (40, 12)] {
        let some = shown(&line, PLAIN, size);
        assert!(some.contains("69.0 C") || some.contains("more"), "{size:?}: all seems cool:\n{some}");
    }
}

#[test]
fn the_power_of_each_board_is_on_a_small_screen() {
    for board in &BOARDS {
        let snapshot = simulated(board, board.default_release(), false, 2);
        let screen = rows(&drawn("synthetic:x", fresh(&snapshot), PLAIN, (40, 12))).join("\n");
        assert!(screen.contains(" W"), "{}: no power in\n{screen}", board.name);
    }
}

#[test]
fn names_that_are_cut_can_still_be_told_apart() {
    let line = "RAM 1/9MB NVDEC0 36%@793 NVENC0 36%@794 NVDLA0 1%@1395 NVDLA1 2%@1396";
    let screen = shown(line, PLAIN, (40, 12));
    for name in ["NVDEC0", "NVENC0", "NVDLA0", "NVDLA1"] {
        assert!(screen.contains(name), "no {name} in\n{screen}");
    }
}

/// Names out of a log may hold anything.
const NASTY: [&str; 12] = [
    "a\x1b[31mred",
    "\x1b]0;title\x07",
    "c1\u{9b}31m",
    "del\u{7f}\u{8}\r\n\tx",
    "osc\u{9d}0;x\u{9c}",
    "\u{202e}lrbidi",
    "温度センサー",
    "e\u{301}o\u{308}\u{200d}\u{200b}",
    "👩\u{200d}👩\u{200d}👧",
    "\u{fffd}\u{feff}",
    "ZeroWidth\u{ad}",
    "long_name_that_goes_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on",
];

fn nasty() -> Snapshot {
    let mut snapshot = read("RAM 1/9MB CPU [3%@729] VDD_IN 4824mW/4900mW");
    for name in NASTY {
        let zone = snapshot.temps.add();
        zone.name.push_str(name);
        zone.now_mc = 41_000;
        snapshot.rails.add().name.push_str(name);
        let engine = snapshot.engines.add();
        engine.name.push_str(name);
        engine.freq_khz = Some(7000);
        snapshot.temps_off.add().push_str(name);
        snapshot.unknown.add().push_str(name);
    }
    snapshot.timestamp = "02-03-2026 \x1b[2J".into();
    snapshot
}

#[test]
fn names_never_control_the_terminal() {
    let snapshot = nasty();
    let unsafe_for_terminals = |c: char| c.is_control() || "\u{202a}\u{202b}\u{202d}\u{202e}".contains(c);
    for (size, paint) in SIZES.iter().flat_map(|size| [PLAIN, COLOR].map(|paint| (*size, paint))) {
        for trouble in NASTY {
            let sample = Sample { trouble: Some(trouble), ..fresh(&snapshot) };
            let buffer = drawn("file:x", sample, paint, size);
            for cell in &buffer.content {
                assert!(!cell.symbol().contains(unsafe_for_terminals), "{size:?}: {:?}", cell.symbol());
            }
            let sent = String::from_utf8(bytes(&buffer)).expect("UTF-8");
            let escapes = sent.split('\x1b').skip(1);
            let mut only_styles_and_places = escapes.map(|rest| {
                let end = rest.find(|c: char| c.is_ascii_alphabetic()).expect("an end");
                rest.starts_with('[') && matches!(&rest[end..=end], "H" | "m")
            });
            assert!(only_styles_and_places.all(|one| one), "{size:?}: {sent:?}");
        }
    }
}

#[test]
fn text_never_controls_the_terminal() {
    let snapshot = nasty();
    let sample = Sample { trouble: Some("a\x1b[31m\u{9b}2J"), ..fresh(&snapshot) };
    let page = text::page(&choice("file:x").origin(), &sample, &[]);
    let found: Vec<char> = page.chars().filter(|&c| c != '\n' && c.is_control()).collect();
    assert!(found.is_empty(), "{found:?} in {page:?}");
}

#[test]
fn ascii_is_only_ascii_whatever_the_names() {
    let snapshot = nasty();
    for size in SIZES {
        let sample =
            Sample { trouble: Some("/opt/gr\u{f6}\u{df}e: not found"), stale: true, ..fresh(&snapshot) };
        let sent = bytes(&drawn("file:x", sample, ASCII, size));
        let text = String::from_utf8_lossy(&sent);
        assert!(
            text.is_ascii(),
            "{size:?}: {:?}",
            text.chars().filter(|c| !c.is_ascii()).collect::<String>()
        );
    }
}

#[test]
fn a_silent_source_says_so_with_its_age() {
    let snapshot = read("RAM 1224/7620MB CPU [3%@729]");
    let age = Some(Duration::from_millis(12_345));
    let long = "/usr/local/bin/tegrastats-wrapper: ended with status 127";
    for (source, trouble, size) in ["file:x", "command:x", "emulator:agx-xavier", "tegrastats"]
        .into_iter()
        .flat_map(|source| [None, Some(long)].map(|trouble| (source, trouble)))
        .flat_map(|(source, trouble)| [(80, 24), (40, 12)].map(|size| (source, trouble, size)))
    {
        let sample = Sample { snapshot: Some(&snapshot), age, stale: true, trouble };
        let rows = rows(&drawn(source, sample, PLAIN, size));
        let screen = rows.join("\n");
        assert!(screen.contains("STALE") && screen.contains("12 s"), "{source} {size:?}:\n{screen}");
        assert!(screen.contains("1224/7620 MB"), "the last values stay:\n{screen}");
        // Old values are grey, whatever they are; below the title and what is wrong, above the keys.
        let grey = drawn(source, sample, COLOR, size);
        let page = usize::from(size.0) * 3..usize::from(size.0) * usize::from(size.1 - 1);
        let looks = |cell: &Cell| cell.fg == Color::Indexed(4) && cell.modifier.is_empty();
        assert!(grey.content[page].iter().all(looks), "{source} {size:?}");
        let none = Sample { snapshot: None, age: None, stale: true, trouble };
        let screen = self::rows(&drawn(source, none, PLAIN, size)).join("\n");
        assert!(screen.contains("no data") && !screen.contains("MB"), "{source} {size:?}:\n{screen}");
    }
}

/// The whole way: a log that ends.
#[test]
fn a_log_that_ends_becomes_stale_and_then_nothing() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("screen-one-sample.log");
    std::fs::write(&path, "RAM 1224/7620MB CPU [3%@729]\n").expect("a writable directory");
    let start = Instant::now();
    let second = Duration::from_secs(1);
    let mut feed = Feed::open(choice(&format!("file:{}", path.display())), &Root::system(), second, start)
        .expect("a log");
    assert!(feed.turn(start));
    for (seconds, wanted, unwanted) in [
        (1, "1224/7620 MB", "STALE"),
        (12, "STALE", "no data"),
        (59, "59 s", "no data"),
        (61, "no data", "MB"),
    ] {
        let now = start + second * seconds;
        feed.turn(now);
        let screen = rows(&drawn("file:x", feed.sample(now), PLAIN, LARGE)).join("\n");
        assert!(screen.contains(wanted) && !screen.contains(unwanted), "after {seconds} s:\n{screen}");
    }
}
