use super::*;
use crate::view::keys::Key::*;
use crate::wire::json;

const NAMES: &str =
    r#""cpu.load_percent":[],"ram.used_bytes":[],"temps":[],"temps.cpu":[],"odd\u001b[2J":[]"#;

fn reply(step_ms: u64, end_ms: u64, series: &str) -> Value<'static> {
    let text = format!(r#"{{"History":{{"step_ms":{step_ms},"end_ms":{end_ms},"series":{{{series}}}}}}}"#);
    json::decode(&text).unwrap().into_owned()
}

/// With five series, of which the usual three have eleven points, the last one at second 100.
fn answered() -> State {
    let mut state = State::default();
    state.answered(Ok(reply(1000, 100_000, NAMES)));
    state.answered(Ok(points(100_000)));
    state
}

fn points(end_ms: u64) -> Value<'static> {
    let list = ["null,[1,2,3],"; 5].concat() + "[1,2,3]";
    let series = ["cpu.load_percent", "ram.used_bytes", "temps"].map(|name| format!(r#""{name}":[{list}]"#));
    reply(1000, end_ms, &series.join(","))
}

fn asks(state: &State) -> (String, u32, u64) {
    let (topic, request, every) = state.wants().unwrap();
    let Request::GetHistory { series, window_s } = request else { panic!("{request:?}") };
    assert_eq!(topic, Topic::History);
    (series.join(" "), window_s, every.as_secs())
}

const USUAL: &str = "cpu.load_percent ram.used_bytes temps";

#[test]
fn ok_names_come_before_points() {
    let mut state = State::default();
    assert_eq!(asks(&state), (String::new(), 300, 1));
    state.answered(Ok(reply(0, 0, "")));
    assert_eq!(asks(&state), (String::new(), 300, 1));
    state.answered(Ok(reply(1000, 5000, NAMES)));
    assert_eq!(asks(&state), (USUAL.to_owned(), 300, 1));
    // Whoever answers next may have others.
    state.answered(Err("no series \"temps\"".to_owned()));
    assert_eq!((asks(&state), state.trouble.is_some()), ((String::new(), 300, 1), true));
    state.answered(Ok(reply(1000, 5000, r#""temps.b":[],"temps.a":[]"#)));
    assert_eq!((asks(&state).0.as_str(), state.trouble.as_deref()), ("temps.b", None));
}

#[test]
fn err_replies_are_told() {
    for text in ["{}", r#"{"History":{}}"#, r#"{"History":{"step_ms":1,"end_ms":1,"series":{"a":[1]}}}"#] {
        let mut state = answered();
        state.answered(Ok(json::decode(text).unwrap().into_owned()));
        assert!(state.trouble.is_some() && state.past.series.len() == 3, "{text}");
    }
}

#[test]
fn ok_windows() {
    let mut state = State::default();
    state.answered(Ok(reply(1000, 5000, NAMES)));
    for (key, window_s, every_s) in [
        (']', 3600, 10),
        ('.', 21_600, 10),
        (']', 86_400, 10),
        (']', 86_400, 10),
        ('[', 21_600, 10),
        (',', 3600, 10),
        ('[', 300, 1),
        ('[', 60, 1),
        ('[', 60, 1),
    ] {
        assert_eq!(state.key(Char(key)), Act::Draw);
        assert_eq!(asks(&state), (USUAL.to_owned(), window_s, every_s), "{key}");
    }
}

#[test]
fn ok_keys() {
    let mut state = answered();
    for (key, act, number, at) in [
        (Right, Act::Draw, 10, 0),
        (Left, Act::Draw, 9, 0),
        (Left, Act::Draw, 8, 0),
        (Right, Act::Draw, 9, 0),
        (Home, Act::Draw, 0, 0),
        (Left, Act::Draw, 0, 0),
        (Char('}'), Act::Draw, 1, 0),
        (Char('{'), Act::Draw, 0, 0),
        (End, Act::Draw, 10, 0),
        (Up, Act::Draw, 10, 0),
        (Down, Act::Draw, 10, 1),
        (Char('j'), Act::Draw, 10, 2),
        (WheelDown, Act::Draw, 10, 2),
        (Char('k'), Act::Draw, 10, 1),
        (Tab, Act::Pass, 10, 1),
        (Esc, Act::Pass, 10, 1),
        (Char('v'), Act::Pass, 10, 1),
        (Char('1'), Act::Pass, 10, 1),
        (Click(0, 0), Act::Pass, 10, 1),
    ] {
        assert_eq!(state.key(key), act, "{key:?}");
        assert_eq!((state.number(), state.at), (number, at), "{key:?}");
    }
}

#[test]
fn ok_the_cursor_stays_at_its_moment() {
    let mut state = answered();
    state.key(Left);
    state.key(Left);
    for (end_ms, wanted) in
        [(100_000, 8), (101_000, 7), (101_400, 7), (108_000, 0), (500_000, 0), (99_000, 9), (0, 10)]
    {
        state.answered(Ok(points(end_ms)));
        assert_eq!(state.number(), wanted, "{end_ms}");
    }
    // The present step has no sample yet: the one before is the newest.
    let mut early = State::default();
    early.answered(Ok(reply(1000, 5000, r#""temps":[[1,2,3],null,[1,2,3],null]"#)));
    for (key, wanted) in [(End, 2), (Left, 1), (Right, 2), (Right, 2)] {
        early.key(key);
        assert_eq!((early.number(), early.cursor.is_none()), (wanted, wanted == 2), "{key:?}");
    }
    // Without points, and with one of them.
    for series in ["", r#""temps":[]"#, r#""temps":[[1,2,3]]"#] {
        state.answered(Ok(reply(0, i64::MAX as u64, series)));
        for key in [Left, Right, Char('{'), Char('}'), Home, Up, Down] {
            assert_eq!((state.key(key), state.number()), (Act::Draw, 0), "{series} {key:?}");
        }
    }
}

#[test]
fn ok_series_are_chosen() {
    let mut state = answered();
    let Act::Ask(Topic::History, Request::GetHistory { series, .. }) = state.key(Char('a')) else {
        panic!("names are asked for")
    };
    assert!(series.is_empty());
    for (key, act, wanted) in [
        (Up, Act::Draw, USUAL),
        (Char(' '), Act::Draw, "ram.used_bytes temps"),
        (Left, Act::Draw, "ram.used_bytes temps"),
        (Down, Act::Draw, "ram.used_bytes temps"),
        (Enter, Act::Draw, "temps"),
        (Char('j'), Act::Draw, "temps"),
        (Enter, Act::Draw, ""),
        (Down, Act::Draw, ""),
        (Enter, Act::Draw, "temps.cpu"),
        (Tab, Act::Pass, "temps.cpu"),
        (Down, Act::Draw, "temps.cpu"),
        (Down, Act::Draw, "temps.cpu"),
        (Char(' '), Act::Draw, "temps.cpu odd\u{1b}[2J"),
        (Esc, Act::Draw, "temps.cpu odd\u{1b}[2J"),
        (Esc, Act::Pass, "temps.cpu odd\u{1b}[2J"),
    ] {
        assert_eq!((state.key(key), asks(&state).0.as_str()), (act, wanted), "{key:?}");
    }
    // Names without points are no charts.
    state.chosen = Some(Vec::new());
    state.answered(Ok(reply(1000, 5000, NAMES)));
    assert!(state.past.series.is_empty());
}

#[test]
fn err_more_series_than_are_given() {
    let names: Vec<String> = (0..20).map(|number| format!("\"temps.{number}\":[]")).collect();
    let mut state = State::default();
    state.answered(Ok(reply(1000, 5000, &names.join(","))));
    state.key(Char('a'));
    for number in 1..20 {
        state.key(Down);
        let full = number >= MOST_ASKED;
        let act = state.key(Char(' '));
        assert_eq!(matches!(act, Act::Note(_)), full, "{number} {act:?}");
    }
    assert_eq!(asks(&state).0.split(' ').count(), MOST_ASKED);
    assert_eq!(State::default().key_of_list(Enter, 3), Act::Draw);
}

#[test]
fn ok_titles_and_units() {
    for (name, value, title, wanted) in [
        ("cpu.load_percent", 12.34, "CPU load", "12 %"),
        ("engines.EMC.freq_mhz", 3199.0, "memory clock", "3199 MHz"),
        ("ram.used_bytes", 3e9, "RAM used", "2861 MB"),
        ("total_power.mw", 12_345.0, "total power", "12.3 W"),
        ("temps", 45.67, "hottest zone", "45.6 C"),
        ("temps.tj", -0.5, "zone tj", "-0.5 C"),
        ("fans.pwmfan.percent", 30.5, "duty pwmfan", "31 %"),
        ("fans.pwmfan.rpm", 1800.4, "speed pwmfan", "1800 rpm"),
        ("power.VDD_IN.current_mw", 900.0, "rail VDD_IN", "900 mW"),
        ("overcurrent.oc1.count", 2.0, "events oc1", "2"),
        ("temps.", 1.6, "temps.", "2"),
        ("fans.rpm", f64::NAN, "fans.rpm", "0"),
        ("", f64::INFINITY, "", "9223372036854775807"),
        ("ram.used_bytes", f64::NEG_INFINITY, "RAM used", "0 kB"),
        ("temps", f64::MAX, "hottest zone", "2147483.6 C"),
    ] {
        let (found, kind) = kind(name);
        assert_eq!((found.as_str(), text(value, kind).as_str()), (title, wanted), "{name}");
    }
}
