use super::*;
use crate::wire::json;

/// What comes in.
#[derive(Clone, Copy)]
pub(super) enum In {
    /// A key, by its character; `\r` Enter, `\x1b` Esc, `<` Backspace, `^` and `_` arrows.
    Keys(&'static str),
    /// An answer to a change, or to the list.
    Answer(&'static str),
    List,
    /// A refusal.
    Error(&'static str),
    /// So many seconds pass.
    Wait(u64),
    /// A server is there from now on, or is not; what is said comes out.
    Serve(bool),
}
use In::{Answer, Error, Keys, List, Serve, Wait};

const CONTROLS: &str = r#"{"Controls":[
    {"name":"fan","description":"fan: automatic or a duty","value":"cool","options":["auto","quiet","cool",
    "curve cold"],"min":0,"max":100,"unit":"%","supported":true},
    {"name":"nvpmodel","description":"power mode","value":"MAXN","options":["MAXN","10W","15W"],"supported":true},
    {"name":"emc","value":"1","supported":false,"why":"emc: there is none"},
    {"name":"cpu_cores","value":"0-7","options":["all"],"supported":true},
    {"name":"odd","supported":true}]}"#;
pub(super) const PLAN: &str = r#"{"ControlState":{"control":"fan","old":"cool","value":"60","steps":["write 153 to pwm1"],
    "notes":["the service is stopped"],"dry_run":true}}"#;
const LATER: &str = r#"{"ControlState":{"control":"nvpmodel","old":"MAXN","value":"15W","steps":["x"],
    "dry_run":true,"at_next_boot":true}}"#;
pub(super) const DONE: &str = r#"{"ControlState":{"control":"fan","old":"cool","value":"60","notes":["n"]}}"#;
pub(super) const TRIED: &str =
    r#"{"ControlState":{"control":"fan","old":"cool","value":"60","confirm_s":30}}"#;
pub(super) const UNDONE: &str =
    r#"{"ControlState":{"control":"undo","old":"","value":"","steps":["write 99"]}}"#;
const CONFIRMED: &str = r#"{"ControlState":{"control":"confirm","old":"","value":""}}"#;
const BOOT: &str = "reboot_required: nvpmodel: 15W needs a reboot";
const NEEDS: &str = "nvpmodel: 15W needs a reboot";

pub(super) fn key(c: char) -> Key {
    match c {
        '\r' => Key::Enter,
        '\x1b' => Key::Esc,
        '<' => Key::Backspace,
        '^' => Key::Up,
        '_' => Key::Down,
        c => Key::Char(c),
    }
}

pub(super) fn words(act: &Act) -> String {
    match act {
        Act::Pass => "pass".to_owned(),
        Act::Draw => "draw".to_owned(),
        Act::Ask(_, request) => json::encode(&request.write()),
        Act::Note(text) => text.clone(),
        Act::Signal { .. } => "signal".to_owned(),
    }
}

pub(super) fn list() -> Value<'static> {
    json::decode(CONTROLS).expect("JSON").into_owned()
}

pub(super) fn opened(how: &str, served: bool) -> (Dialog, Act) {
    let mut dialog = Dialog { served, ..Dialog::default() };
    let act = match how {
        "" => dialog.undo(),
        "c" => dialog.set("jetson_clocks", "toggle"),
        "m" => dialog.list("nvpmodel"),
        name => {
            let list = list();
            let control = controls::each(&list).iter().find(|own| controls::word(own, "name") == name);
            dialog.open(control.expect("a control"))
        }
    };
    (dialog, act)
}

/// What comes in, and what then is asked or done, shown, and offered.
pub(super) type Row = (In, &'static str, &'static str, &'static str);

pub(super) fn follow(how: &str, served: bool, rows: &[Row]) {
    let (mut dialog, mut act) = opened(how, served);
    let mut now = Instant::now();
    for (number, (input, wanted, shown, keys)) in rows.iter().enumerate() {
        let answer = |text: &str| Ok(json::decode(text).expect(text).into_owned());
        match input {
            Keys(all) => all.chars().for_each(|c| act = dialog.key(key(c))),
            Answer(text) => dialog.answered(&answer(text), now),
            List => dialog.listed(&answer(CONTROLS)),
            Error(why) => dialog.answered(&Err((*why).to_owned()), now),
            Wait(seconds) => {
                now += Duration::from_secs(*seconds);
                dialog.tick(now);
            }
            Serve(served) => {
                act = dialog.serve(*served, now).map_or(Act::Pass, |note| Act::Note(note.to_owned()));
            }
        }
        let found = (words(&act), dialog.shown(now), dialog.keys());
        assert_eq!(found.0, *wanted, "{how} {number}: {found:?}");
        assert!(found.1.contains(shown) && found.2.contains(keys), "{how} {number} {shown:?}: {found:?}");
        assert!(!shown.is_empty() || dialog.stage == Stage::Closed, "{how} {number}: {found:?}");
    }
}

pub(super) const DRY: &str = r#"{"SetControl":{"control":"fan","value":"60","token":null,"dry_run":true}}"#;
pub(super) const SET: &str = r#"{"SetControl":{"control":"fan","value":"60","token":null}}"#;
pub(super) const TRY: &str = r#"{"SetControl":{"control":"fan","value":"60","token":null,"confirm_s":30}}"#;
pub(super) const UNDO: &str = r#"{"Undo":{"control":null,"all":false,"token":null}}"#;
pub(super) const CONFIRM: &str = r#"{"Confirm":{"token":null}}"#;
pub(super) const LISTED: &str = "\"ListControls\"";

#[test]
fn ok_a_value_is_typed_shown_and_set() {
    follow(
        "fan",
        true,
        &[
            (Keys(""), "draw", "now cool, or type 0 to 100 %", "Enter see"),
            (Keys("60\r"), DRY, "looking", "Esc leave"),
            (
                Answer(PLAN),
                DRY,
                "fan: cool -> 60\n  write 153 to pwm1\nnote: the service",
                "t try it for 30 s",
            ),
            (Keys("P"), "draw", "cool -> 60", "kept over reboots: yes"),
            (Keys("P"), "draw", "cool -> 60", "kept over reboots: no"),
            (Keys("y"), SET, "being set to 60 ...", ""),
            (Keys("q"), "wait: it is being changed", "being set", ""),
            (Keys("3"), "draw", "being set", ""),
            (Answer(DONE), "draw", "done\nfan: cool -> 60\nnote: n", "close"),
            (Keys("\r"), "draw", "", ""),
            (Keys("y"), "pass", "", ""),
        ],
    );
}

#[test]
fn ok_and_err_on_trial() {
    let tried = |more: &[Row]| {
        let mut rows = vec![
            (Keys("60\r"), DRY, "looking", ""),
            (Answer(PLAN), DRY, "-> 60", "t try"),
            (Keys("t"), TRY, "being set", ""),
            (Answer(TRIED), TRY, "fan: cool -> 60\ntaken back in 30 s unless", "y keep it"),
            (Wait(3), TRY, "back in 27 s", "u take it back"),
            (Keys("2"), "pass", "back in 27 s", ""),
        ];
        for (input, act, shown, keys) in more {
            rows.push((*input, act, shown, keys));
        }
        follow("fan", true, &rows);
    };
    tried(&[
        (Keys("y"), CONFIRM, "cool -> 60", ""),
        (Answer(CONFIRMED), CONFIRM, "kept\nfan: cool -> 60", "close"),
    ]);
    tried(&[
        (Keys("u"), UNDO, "being taken back", ""),
        (Answer(UNDONE), UNDO, "taken back\n  write 99", "close"),
    ]);
    tried(&[(Keys("\x1b"), UNDO, "being taken back", ""), (Error("busy: x"), UNDO, "x", "close")]);
    tried(&[
        (Wait(26), "pass", "back in 1 s", "keep"),
        (Wait(1), "pass", "not kept in time: the server takes it back ...", "close"),
        (List, "pass", "not kept in time: taken back, now cool", "close"),
        (Keys("q"), "draw", "", ""),
    ]);
}

#[test]
fn ok_a_mode_that_needs_a_boot() {
    let dry = r#"{"SetControl":{"control":"nvpmodel","value":"15W","token":null,"dry_run":true}}"#;
    let later = r#"{"SetControl":{"control":"nvpmodel","value":"15W","token":null,"dry_run":true,"at_next_boot":true}}"#;
    follow(
        "m",
        true,
        &[
            (Keys(""), LISTED, "asking", "Esc"),
            (List, LISTED, "now MAXN", ""),
            (Keys("__\r"), dry, "looking", ""),
            (Error(BOOT), dry, NEEDS, "b at the next boot  R boot now"),
            (Keys("yt"), "draw", NEEDS, "b at"),
            (Keys("b"), later, "looking", ""),
            (
                Answer(LATER),
                later,
                "MAXN -> 15W\n  x\nnote: in force with the next boot",
                "y do it  Esc back  P",
            ),
            (Keys("t"), "draw", "next boot", ""),
            (
                Keys("y"),
                r#"{"SetControl":{"control":"nvpmodel","value":"15W","token":null,"at_next_boot":true}}"#,
                "being set",
                "",
            ),
        ],
    );
}

#[test]
fn ok_a_mode_that_boots_now() {
    let dry = r#"{"SetControl":{"control":"nvpmodel","value":"15W","token":null,"dry_run":true}}"#;
    let now =
        r#"{"SetControl":{"control":"nvpmodel","value":"15W","token":null,"dry_run":true,"reboot":true}}"#;
    follow(
        "m",
        true,
        &[
            (List, LISTED, "now MAXN", ""),
            (Keys("15\r"), dry, "looking", ""),
            (Error(BOOT), dry, NEEDS, "R boot now"),
            (Keys("R"), now, "looking", ""),
            (Answer(LATER), now, "MAXN -> 15W", "y do it"),
            (Keys("y"), "draw", "boots again at once", "y do it"),
            (Keys("\x1b"), LISTED, "asking", ""),
            (List, LISTED, "now MAXN", ""),
            (Keys("15w\r"), dry, "looking", ""),
            (Error(BOOT), dry, NEEDS, "R boot now"),
            (Keys("R"), now, "looking", ""),
            (Answer(LATER), now, "MAXN -> 15W", "y do it"),
            (
                Keys("yy"),
                r#"{"SetControl":{"control":"nvpmodel","value":"15W","token":null,"reboot":true}}"#,
                "being set",
                "",
            ),
            (
                Error("control_error: no"),
                r#"{"SetControl":{"control":"nvpmodel","value":"15W","token":null,"reboot":true}}"#,
                "no",
                "close",
            ),
        ],
    );
}

#[test]
fn ok_without_a_choice_and_back() {
    let toggle = r#"{"SetControl":{"control":"jetson_clocks","value":"toggle","token":null,"dry_run":true}}"#;
    follow(
        "c",
        false,
        &[(Answer(PLAN), toggle, "cool -> 60", "y do it  Esc back  P"), (Keys("\x1b"), "draw", "", "")],
    );
    follow("c", false, &[(Error("unsupported: no"), toggle, "no", "close"), (Keys(" "), "draw", "", "")]);
    // What was left meanwhile comes to nothing.
    follow("c", true, &[(Keys("\x1b"), "draw", "", ""), (Answer(PLAN), "draw", "", "")]);
    follow(
        "",
        true,
        &[
            (Keys(""), "draw", "Take back the last change?", "y take it back"),
            (Keys("y"), UNDO, "being taken back", ""),
            (Error("unsupported: nothing to undo"), UNDO, "nothing to undo", "close"),
        ],
    );
    follow("", true, &[(Keys("\x1b"), "draw", "", "")]);
    follow(
        "fan",
        false,
        &[
            (Keys("60\r"), DRY, "looking", ""),
            (Answer(PLAN), DRY, "-> 60", "y do it"),
            (Keys("t"), "draw", "-> 60", "y do it"),
            (Keys("\x1b"), LISTED, "asking", ""),
            (Keys("\x1b"), "draw", "", ""),
            (List, "draw", "", ""),
        ],
    );
}

#[test]
fn err_what_cannot_be_set() {
    follow("emc", true, &[(Keys(""), "draw", "emc: there is none", "close"), (Keys("\x1b"), "draw", "", "")]);
    follow("odd", true, &[(Keys("\r"), "nothing is chosen", "now -", "Enter")]);
    let (mut dialog, _) = opened("m", true);
    dialog.listed(&Err("the board is simulated".to_owned()));
    assert_eq!(dialog.shown(Instant::now()), "the board is simulated");
    let (mut dialog, _) = opened("c", true);
    dialog.list("x");
    assert_eq!(words(&dialog.list("nvpmodel")), "another change comes first");
    let (mut dialog, _) = opened("m", true);
    dialog.listed(&Ok(Value::Null));
    assert_eq!(dialog.shown(Instant::now()), "there is no such control");
}

#[test]
fn ok_what_is_chosen() {
    for (name, keys, wanted) in [
        ("fan", "", "cool"),
        ("fan", "^", "quiet"),
        ("fan", "____", "curve cold"),
        ("fan", "c", "cool"),
        ("fan", "CUR", "curve cold"),
        ("fan", "curve  cold", "curve  cold"),
        ("fan", "60", "60"),
        ("fan", "60<", "6"),
        ("fan", "60<<", "cool"),
        ("fan", "60^", "quiet"),
        ("nvpmodel", "1", "10W"),
        ("nvpmodel", "15", "15W"),
        ("nvpmodel", "2", "2"),
        ("cpu_cores", "", "all"),
        ("cpu_cores", "0-3", "0-3"),
        ("odd", "x", "x"),
    ] {
        let (mut dialog, _) = opened(name, true);
        keys.chars().for_each(|c| _ = dialog.key(key(c)));
        assert_eq!(dialog.chosen().as_deref(), Some(wanted), "{name} {keys:?}");
    }
}

/// Answers come in the order of the questions: that of a dialog that was left is not one of the next.
#[test]
fn ok_late_answers() {
    let now = Instant::now();
    let (mut dialog, _) = opened("c", true);
    dialog.key(Key::Esc);
    dialog.set("jetson_clocks", "toggle");
    dialog.answered(&Err("late".to_owned()), now);
    assert_eq!(dialog.stage, Stage::Planning);
    dialog.answered(&Err("own".to_owned()), now);
    assert_eq!((dialog.stage, dialog.text.as_str()), (Stage::Told(true), "own"));
}

#[test]
fn ok_and_err_words_of_a_refusal() {
    for (why, wanted) in [
        ("invalid_control: no mode", Some("no mode")),
        ("busy: busy: fan is being changed", Some("busy: fan is being changed")),
        ("invalid_control: ", None),
        ("invalid_control", None),
        ("a_new_code: x", Some("x")),
        ("no answer in time", None),
        ("socket /run/s: closed the connection", None),
        ("the board is simulated: there is nothing to change", None),
        ("", None),
    ] {
        assert_eq!(refusal(why), wanted, "{why:?}");
        let (mut dialog, _) = opened("c", true);
        dialog.answered(&Err(why.to_owned()), Instant::now());
        assert_eq!(dialog.text, wanted.unwrap_or(why));
    }
}

/// Keys that were meant for the dialog do nothing else while something is being changed.
#[test]
fn ok_keys_while_it_is_changed() {
    let (mut dialog, _) = opened("fan", true);
    "60\r".chars().for_each(|c| _ = dialog.key(key(c)));
    dialog.answered(&Ok(json::decode(PLAN).expect("JSON").into_owned()), Instant::now());
    dialog.key(Key::Char('y'));
    let wait = "wait: it is being changed";
    for (key, wanted) in [
        (Key::Char('t'), "draw"),
        (Key::Char('y'), "draw"),
        (Key::Char('n'), "draw"),
        (Key::Char('4'), "draw"),
        (Key::Char(' '), "draw"),
        (Key::Enter, "draw"),
        (Key::Backspace, "draw"),
        (Key::Char('q'), wait),
        (Key::Esc, wait),
        (Key::Ctrl('c'), "pass"),
        (Key::Tab, "pass"),
        (Key::Down, "pass"),
        (Key::Click(1, 1), "pass"),
    ] {
        assert_eq!(words(&dialog.key(key)), wanted, "{key:?}");
    }
}
