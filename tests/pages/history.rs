//! The page History: charts with gaps and a cursor at any size, and what stands there without any.

use jetsonscope::snapshot::Snapshot;
use jetsonscope::source::{Choice, Sample};
use jetsonscope::sys::LocalTime;
use jetsonscope::view::frame::{self, View};
use jetsonscope::view::keys::Key;
use jetsonscope::view::more::{More, Topic};
use jetsonscope::view::paint::Paint;
use jetsonscope::wire::json;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;

use super::harness::{PLAIN, compare};

const ASCII: Paint = Paint { ascii: true, color: false };
/// The last point: 2026-11-21T08:36:32Z.
const END_MS: u64 = 1_795_250_192_000;

fn utc(unix_s: u64) -> LocalTime {
    let [hour, minute, second] =
        [unix_s / 3600 % 24, unix_s / 60 % 60, unix_s % 60].map(|n| u8::try_from(n).unwrap());
    LocalTime { year: 2026, month: 11, day: 21, hour, minute, second }
}

fn lines(more: &More, paint: Paint, (width, height): (u16, u16)) -> Vec<String> {
    let page = frame::page_named("History").expect("a page");
    let snapshot = Snapshot::default();
    let sample = Sample { snapshot: Some(&snapshot), age: None, stale: false, trouble: None };
    let view = View { origin: Choice::Sysfs.origin(), sample, paint, notice: None, page, scroll: 0, more };
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    frame::draw(&view, buffer.area, &mut buffer);
    let row = |cells: &[Cell]| cells.iter().map(Cell::symbol).collect::<String>().trim_end().to_owned();
    buffer.content.chunks(usize::from(width).max(1)).map(row).collect()
}

fn answer(more: &mut More, step_ms: u64, series: &[(&str, String)]) {
    let list: Vec<String> =
        series.iter().map(|(name, points)| format!("{}:[{points}]", serde_json::json!(name))).collect();
    let text =
        format!(r#"{{"History":{{"step_ms":{step_ms},"end_ms":{END_MS},"series":{{{}}}}}}}"#, list.join(","));
    more.answered(Topic::History, Ok(json::decode(&text).unwrap().into_owned()));
}

/// The page once it has these series.
fn shown(step_ms: u64, series: &[(&str, String)]) -> More {
    let mut more = More { local: utc, ..More::default() };
    let names: Vec<(&str, String)> = series.iter().map(|(name, _)| (*name, String::new())).collect();
    answer(&mut more, step_ms, &names);
    answer(&mut more, step_ms, series);
    more
}

/// Points that rise and fall, with a gap of a tenth.
fn wave(count: i64, low: i64, high: i64) -> String {
    let point = |n: i64| {
        if (count / 2..count / 2 + count / 10).contains(&n) {
            return "null".to_owned();
        }
        let part = (n * 12 % count).min(count - n * 12 % count);
        let mean = low + (high - low) * part * 2 / count;
        format!("[{},{mean},{}]", (mean - (high - low) / 20).max(low), (mean + (high - low) / 20).min(high))
    };
    (0..count).map(point).collect::<Vec<_>>().join(",")
}

fn usual(count: i64) -> Vec<(&'static str, String)> {
    vec![
        ("cpu.load_percent", wave(count, 3, 97)),
        ("engines.GR3D.usage_percent", wave(count, 0, 100)),
        ("ram.used_bytes", wave(count, 3 << 30, 5 << 30)),
        ("total_power.mw", wave(count, 4000, 21_000)),
        ("temps", wave(count, 44, 71)),
    ]
}

#[test]
fn pictures_of_the_past() {
    for (width, count, step_ms) in [(40, 60, 1000), (80, 300, 1000), (120, 360, 240_000)] {
        let mut more = shown(step_ms, &usual(count));
        for key in [Key::Home, Key::Char('}'), Key::Char('}'), Key::Right, Key::Down] {
            more.history.key(key);
        }
        for (paint, name) in [(PLAIN, "utf8"), (ASCII, "ascii")] {
            let picture = lines(&more, paint, (width, 24)).join("\n") + "\n";
            assert!(name == "utf8" || picture.is_ascii(), "{picture}");
            compare(&format!("history-{name}-{width}.txt"), &picture);
        }
    }
}

#[test]
fn a_list_of_all_series() {
    let mut more = shown(1000, &usual(60));
    more.history.key(Key::Char('a'));
    more.history.key(Key::Char(' '));
    more.history.key(Key::Down);
    compare("history-list.txt", &(lines(&more, PLAIN, (80, 14)).join("\n") + "\n"));
    (0..9).for_each(|_| drop(more.history.key(Key::Down)));
    let rows = lines(&more, PLAIN, (80, 6)).join("\n");
    assert!(rows.contains("hottest zone") && !rows.contains("CPU load"), "{rows}");
}

#[test]
fn what_stands_there_without_points() {
    let mut more = More { local: utc, ..More::default() };
    let has = |more: &More, text: &str| {
        let rows = lines(more, ASCII, (40, 10)).join("\n");
        assert!(rows.contains(text), "{text}:\n{rows}");
    };
    has(&more, "nothing is remembered yet");
    more.answered(Topic::History, Err("unsupported: no history \u{1b}[2J is kept".to_owned()));
    has(&more, "unsupported: no history [2J is kept");
    answer(&mut more, 1000, &[("temps", String::new())]);
    has(&more, "asked for");
    answer(&mut more, 1000, &[("temps", "[45,45,45]".to_owned())]);
    has(&more, "08:36:32");
    has(&more, "min 45.0 C");
    answer(&mut more, 1000, &[("temps", "null,null".to_owned())]);
    has(&more, "no values");
    for key in [Key::Char('a'), Key::Char(' '), Key::Char('a')] {
        more.history.key(key);
    }
    answer(&mut more, 1000, &[("temps", String::new())]);
    has(&more, "no series is chosen");
}

#[test]
fn any_size() {
    let odd = "\u{1b}[31m\u{202e}\u{6e29}\u{5ea6}";
    let many: Vec<String> = (0..14).map(|n| format!("temps.zone{n}")).chain([odd.to_owned()]).collect();
    let many: Vec<(&str, String)> = many.iter().map(|name| (name.as_str(), wave(360, -20, 90))).collect();
    let one = [("temps", "[1e300,-1e300,0]".to_owned())];
    for series in [&usual(300)[..], &many, &one, &[]] {
        let mut more = shown(1000, series);
        for size in [(20, 5), (1, 1), (7, 3), (20, 6), (33, 9), (80, 24), (500, 200)] {
            for keys in [&[][..], &[Key::Down, Key::Down, Key::Left], &[Key::Char('a')], &[Key::Char('a')]] {
                keys.iter().for_each(|&key| drop(more.history.key(key)));
                for paint in [PLAIN, ASCII] {
                    let text = lines(&more, paint, size).concat();
                    assert!(
                        !text.contains(|c: char| c.is_control() || c == '\u{202e}'),
                        "{size:?}: {text:?}"
                    );
                    assert!(!paint.ascii || text.is_ascii(), "{size:?}: {text}");
                }
            }
        }
    }
}
