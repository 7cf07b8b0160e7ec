//! Keys and what comes of them, and the page as text.

use std::fmt::Write;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;

use super::super::more::More;
use super::super::page::Page;
use super::super::paint::Paint;
use super::*;
use crate::quote::is_odd;
use crate::snapshot::Snapshot;
use crate::wire::json;

/// An answer with a process for each row: number, parent, user, load in percent, memory in MB, command.
type Row = (u32, u32, &'static str, u32, u32, &'static str);

const ROWS: [Row; 5] = [
    (1, 0, "root", 0, 12, "/sbin/init splash"),
    (700, 1, "nano", 3, 40, "bash"),
    (710, 700, "nano", 250, 900, "python3 Train.py"),
    (711, 710, "nano", 40, 900, "python3 worker"),
    (800, 1, "gdm", 1, 70, "Xorg"),
];

fn reply(rows: &[Row], total: usize) -> Result<Value<'static>, String> {
    let mut text = String::from("{\"Processes\":{\"processes\":[");
    for (at, (pid, ppid, user, load, mb, command)) in rows.iter().enumerate() {
        let command = serde_json::to_string(command).unwrap();
        let _ = write!(
            text,
            r#"{}{{"pid":{pid},"ppid":{ppid},"user":"{user}","threads":2,"state":"S","cpu_percent":{load}.0,
            "rss_bytes":{},"gpu_bytes":null,"container":null,"command":{command}}}"#,
            if at == 0 { "" } else { "," },
            mb << 20
        );
    }
    let _ = write!(text, "],\"total\":{total}}}}}");
    Ok(json::decode(&text).expect(&text).into_owned())
}

fn of(rows: &[Row]) -> More {
    let mut more = More::default();
    more.processes.own = "nano".to_owned();
    more.answered(Topic::Processes, reply(rows, rows.len()));
    more
}

/// The rows of the screen.
fn drawn(more: &More, paint: Paint, (width, height): (u16, u16)) -> Vec<String> {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    let area = buffer.area;
    draw(&mut Page::new(paint, more, area, &mut buffer), &Snapshot::default());
    let row = |cells: &[Cell]| cells.iter().map(Cell::symbol).collect::<String>().trim_end().to_owned();
    let mut rows: Vec<String> = buffer.content.chunks(usize::from(width).max(1)).map(row).collect();
    let used = rows.iter().rposition(|row| !row.is_empty()).map_or(0, |last| last + 1);
    rows.truncate(used);
    rows
}

fn shown(more: &More, size: (u16, u16)) -> Vec<String> {
    drawn(more, Paint { ascii: true, color: false }, size)
}

/// The numbers of the rows, and of who was chosen.
fn numbers(state: &State) -> (Vec<u32>, Option<u32>) {
    ((0..state.rows.len()).map(|row| state.at(row).unwrap().pid).collect(), state.chosen)
}

fn typed(state: &mut State, keys: &str) -> Act {
    keys.chars().map(|c| state.key(Key::Char(c))).last().unwrap_or(Act::Draw)
}

#[test]
fn ok_orders_and_filters() {
    for (keys, wanted) in [
        ("", &[710, 711, 700, 800, 1][..]),
        ("s", &[710, 711, 800, 700, 1]),
        ("ss", &[710, 711, 800, 700, 1]),
        ("sss", &[1, 700, 710, 711, 800]),
        ("ssss", &[800, 710, 711, 700, 1]),
        ("ssssss", &[710, 711, 800, 700, 1]),
        ("S", &[1, 800, 700, 710, 711]),
        ("SS", &[710, 711, 800, 700, 1]),
        ("sssssssss", &[710, 711, 700, 800, 1]),
        ("T", &[1, 700, 710, 711, 800]),
        ("TT", &[710, 711, 700, 800, 1]),
        ("u", &[710, 711, 700]),
        ("uu", &[710, 711, 700, 800, 1]),
        ("/", &[710, 711, 700, 800, 1]),
        ("/TRAIN", &[710]),
        ("/71", &[710, 711]),
        ("/ROO", &[1]),
        ("/k", &[711]),
        ("/nobody", &[]),
        ("uT/python", &[710, 711]),
    ] {
        let mut more = of(&ROWS);
        assert_eq!(typed(&mut more.processes, keys), Act::Draw, "{keys}");
        assert_eq!(numbers(&more.processes).0, wanted, "{keys}");
    }
}

#[test]
fn ok_the_line_of_the_filter() {
    let mut more = of(&ROWS);
    let state = &mut more.processes;
    typed(state, "/xorgq");
    assert_eq!((numbers(state).0.len(), state.key(Key::Backspace)), (0, Act::Draw));
    assert_eq!(numbers(state).0, [800]);
    assert_eq!((state.key(Key::Enter), state.typing), (Act::Draw, false));
    assert_eq!((state.key(Key::Char('q')), numbers(state).0.len()), (Act::Pass, 1));
    assert_eq!((state.key(Key::Esc), numbers(state).0.len()), (Act::Draw, 5));
    assert_eq!(state.key(Key::Esc), Act::Pass);
    typed(state, "/y");
    assert_eq!((state.key(Key::Esc), numbers(state).0.len(), state.typing), (Act::Draw, 5, false));
    typed(state, &["/", &"x".repeat(LONGEST + 9)].concat());
    assert_eq!((state.filter.len(), state.key(Key::Ctrl('c'))), (LONGEST, Act::Pass));
    (0..LONGEST + 2).for_each(|_| assert_eq!(state.key(Key::Backspace), Act::Draw));
    assert_eq!(state.key(Key::Tab), Act::Pass);
}

#[test]
fn ok_what_is_asked() {
    let mut more = of(&ROWS);
    for sort in [
        Sort::Cpu,
        Sort::Memory,
        Sort::Gpu,
        Sort::Pid,
        Sort::Cpu,
        Sort::Threads,
        Sort::Cpu,
        Sort::Cpu,
        Sort::Cpu,
    ] {
        let (topic, request, every) = more.processes.wants().unwrap();
        assert_eq!((topic, every), (Topic::Processes, SOON));
        assert_eq!(request, Request::GetProcesses { sort, limit: 2048 }, "{:?}", more.processes.sort);
        more.processes.key(Key::Char('s'));
    }
    more.answered(Topic::Processes, reply(&ROWS, 5));
    assert_eq!(more.processes.wants().unwrap().2, EVERY);
}

#[test]
fn ok_the_chosen_one_stays() {
    let mut more = of(&ROWS);
    let _ = shown(&more, (80, 5));
    for (key, wanted) in [
        (Key::Down, Some(710)),
        (Key::Down, Some(711)),
        (Key::Char('j'), Some(700)),
        (Key::Up, Some(711)),
        (Key::PageDown, Some(1)),
        (Key::PageUp, Some(711)),
        (Key::WheelDown, Some(1)),
        (Key::WheelUp, Some(711)),
        (Key::End, Some(1)),
        (Key::Home, Some(710)),
        (Key::Up, Some(710)),
        (Key::Char('s'), Some(710)),
        (Key::Char('T'), Some(710)),
    ] {
        assert_eq!((more.processes.key(key), more.processes.chosen), (Act::Draw, wanted), "{key:?}");
    }
    assert_eq!(numbers(&more.processes).0.get(more.processes.cursor), Some(&710));
    let _ = typed(&mut more.processes, "TS");
    // It sinks to the end of the list, and then it is gone: nobody is chosen in its place.
    let mut rows = ROWS;
    (rows[2].3, rows[2].4) = (0, 1);
    more.answered(Topic::Processes, reply(&rows, 5));
    assert_eq!((more.processes.cursor, more.processes.chosen), (4, Some(710)));
    rows[2].0 = 999;
    more.answered(Topic::Processes, reply(&rows, 5));
    assert_eq!((more.processes.cursor, more.processes.chosen), (4, None));
    assert!(matches!(more.processes.key(Key::Char('k')), Act::Note(_)));
    more.answered(Topic::Processes, reply(&[], 0));
    for key in [Key::Down, Key::Up, Key::End, Key::Home, Key::PageDown, Key::WheelUp] {
        assert_eq!((more.processes.key(key), more.processes.chosen), (Act::Draw, None), "{key:?}");
    }
    assert_eq!(more.processes.key(Key::Click(0, 3)), Act::Pass);
}

#[test]
fn ok_clicks_choose_what_they_hit() {
    let mut more = of(&ROWS);
    let rows = shown(&more, (80, 24));
    assert!(rows[2].contains("Train.py"), "{rows:?}");
    for (y, wanted) in [(0, None), (1, None), (2, Some(710)), (6, Some(1)), (7, None), (23, None)] {
        more.processes.chosen = None;
        let act = more.processes.key(Key::Click(3, y));
        let passed = if wanted.is_some() { Act::Draw } else { Act::Pass };
        assert_eq!((act, more.processes.chosen), (passed, wanted), "{y}");
    }
}

#[test]
fn ok_signals_are_sent_after_a_word() {
    let command = || "python3 Train.py".to_owned();
    for (keys, wanted) in [
        (&[Key::Char('y')][..], Some(0)),
        (&[Key::Enter], Some(0)),
        (&[Key::Right, Key::Enter], Some(1)),
        (&[Key::Left, Key::Char('y')], Some(5)),
        (&[Key::Tab, Key::Down, Key::Down, Key::Up, Key::Enter], Some(2)),
        (&[Key::Char('n')], None),
        (&[Key::Esc], None),
        (&[Key::Char('q'), Key::Char('y')], None),
        (&[Key::Char('k'), Key::Char('y')], None),
        (&[Key::Other, Key::Enter], None),
    ] {
        let mut more = of(&ROWS);
        assert!(matches!(more.processes.key(Key::Char('k')), Act::Note(_)));
        more.processes.key(Key::Down);
        assert_eq!(more.processes.key(Key::Char('k')), Act::Draw);
        // What comes meanwhile changes nobody's mind.
        more.answered(Topic::Processes, reply(&ROWS[..2], 2));
        let acts: Vec<Act> = keys.iter().map(|key| more.processes.key(*key)).collect();
        let sent = |act: &Act| matches!(act, Act::Signal { .. });
        match wanted {
            Some(place) => {
                let signal = SIGNALS[place];
                assert_eq!(
                    acts.last(),
                    Some(&Act::Signal { pid: 710, command: command(), signal }),
                    "{keys:?}"
                );
            }
            None => assert!(!acts.iter().any(sent), "{keys:?}"),
        }
        assert!(more.processes.dialog.is_none(), "{keys:?}");
    }
}

#[test]
fn ok_pages() {
    let mut more = of(&ROWS);
    let _ = typed(&mut more.processes, "T");
    assert_eq!(
        shown(&more, (80, 24)),
        [
            "5 processes, by CPU %, as a tree",
            "    PID USER      THR S  CPU %       RSS       GPU COMMAND",
            "      1 root        2 S      0     12 MB         - /sbin/init splash",
            "    700 nano        2 S      3     40 MB         - `-bash",
            "    710 nano        2 S    250    900 MB         -   `-python3 Train.py",
            "    711 nano        2 S     40    900 MB         -     `-python3 worker",
            "    800 gdm         2 S      1     70 MB         - `-Xorg",
        ]
    );
    let _ = typed(&mut more.processes, "Tsu/tr");
    assert_eq!(
        shown(&more, (40, 24)),
        [
            "/tr_ 5 processes, 1 shown, by RSS, of",
            "nano",
            "    PID  CPU %       RSS COMMAND",
            "    710    250    900 MB python3 Train.+",
        ]
    );
    for key in [Key::Esc, Key::Char('u'), Key::Down, Key::Char('k'), Key::Right] {
        more.processes.key(key);
    }
    assert_eq!(
        shown(&more, (50, 7)),
        [
            " signal to 710 of nano: python3 Train.py",
            "TERM [KILL] INT HUP STOP CONT",
            "y or Enter sends it, arrows choose another, any",
            "other key does nothing",
            "5 processes, by RSS",
            "    PID S  CPU %       RSS COMMAND",
            "    710 S    250    900 MB python3 Train.py",
        ]
    );
    let [wide, narrow] = [120, 20].map(|width| shown(&of(&ROWS), (width, 24)));
    assert!(wide[2].ends_with(" python3 Train.py"), "{wide:?}");
    assert_eq!(narrow[2..4], ["    PID  CPU % COMMA", "    710    250 pyth+"]);
}

#[test]
fn ok_answers_of_all_kinds() {
    let mut more = More::default();
    assert_eq!(shown(&more, (80, 24)), ["processes: asked for"]);
    more.answered(Topic::Processes, Err("no answer in time".to_owned()));
    assert_eq!(shown(&more, (80, 24)), ["processes: no answer in time"]);
    more.answered(Topic::Processes, reply(&[], 0));
    let rows = shown(&more, (80, 24));
    assert_eq!((rows[0].as_str(), rows[2].as_str()), ("0 processes, by CPU %", "none of them is shown"));
    more.answered(Topic::Processes, reply(&ROWS[..1], 2077));
    assert_eq!(shown(&more, (80, 24))[0], "2077 processes, 1 listed, by CPU %");
    more.simulated = true;
    assert_eq!(shown(&more, (80, 24))[0], "2077 processes of this machine, 1 listed, by CPU %");
    more.answered(Topic::Processes, reply(&ROWS[..1], 1));
    assert_eq!(shown(&more, (80, 24))[0], "1 process of this machine, by CPU %");
    for text in ["{}", r#"{"Processes":{"processes":5}}"#, r#"{"Processes":{"processes":[{"pid":-1}]}}"#] {
        more.answered(Topic::Processes, Ok(json::decode(text).unwrap().into_owned()));
        assert!(shown(&more, (80, 24))[0].starts_with("processes: "), "{text}");
    }
}

#[test]
fn ok_two_thousand_rows() {
    let rows: Vec<Row> = (1..2001).map(|pid| (pid, pid / 2, "nano", 0, 1, "sleep")).collect();
    for tree in [false, true] {
        let mut more = of(&rows);
        more.processes.is_tree = tree;
        more.processes.arrange();
        let count = more.processes.rows.len();
        let height = 20;
        let _ = shown(&more, (80, height));
        more.processes.key(Key::End);
        for (key, first) in [
            (Key::Other, count - 18),
            (Key::Up, count - 18),
            (Key::PageUp, count - 20),
            (Key::PageUp, count - 38),
            (Key::PageDown, count - 37),
            (Key::Down, count - 36),
            (Key::Home, 0),
        ] {
            more.processes.key(key);
            let rows = shown(&more, (80, height));
            assert_eq!((rows.len(), more.processes.top.get()), (20, first), "{key:?}");
            let wanted = more.processes.at(first).unwrap().pid.to_string();
            assert_eq!(rows[2].split_whitespace().next(), Some(wanted.as_str()), "{key:?}");
        }
    }
}

#[test]
fn ok_any_names_at_any_size() {
    let rows: [Row; 6] = [
        (u32::MAX, 1, "a name that is long", u32::MAX / 10, 4000, "x\u{1b}[31m\u{9b}2J\r\n"),
        (2, u32::MAX, "", 0, 0, ""),
        (3, 2, "\u{65e5}\u{672c}\u{65e5}\u{672c}\u{65e5}", 0, 0, "\u{65e5}\u{672c}\u{65e5}\u{672c}"),
        (4, 3, "x", 0, 0, "\u{202e}lrbidi"),
        (5, 4, "x", 0, 0, "e\u{301}\u{200d}\u{1f469}"),
        (
            6,
            5,
            "x",
            0,
            0,
            "a command that goes on and on and on and on and on and on and on and on and on and on",
        ),
    ];
    let mut more = of(&rows);
    for keys in ["", "T", "/", "e"] {
        typed(&mut more.processes, keys);
        for chosen in [Key::Home, Key::End] {
            more.processes.key(chosen);
            for (width, height) in (0..60).chain([80, 120, 200, 500]).flat_map(|w| [(w, 0), (w, 3), (w, 30)])
            {
                for (ascii, color) in [(true, false), (false, true)] {
                    let text = drawn(&more, Paint { ascii, color }, (width, height)).concat();
                    assert!(!text.contains(is_odd_here), "{width}x{height}: {text:?}");
                    assert!(!ascii || text.is_ascii(), "{width}x{height}: {text:?}");
                }
            }
        }
    }
}

/// A joiner between two characters of one cell is part of them.
fn is_odd_here(c: char) -> bool {
    is_odd(c) && c != '\u{200d}'
}

#[test]
fn ok_help_is_narrow() {
    assert!(HELP.iter().all(|line| line.chars().count() <= 60), "{HELP:?}");
}
