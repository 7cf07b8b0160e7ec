use super::super::tests::In::{Answer, Error, Keys, List, Serve, Wait};
use super::super::tests::{
    CONFIRM, DONE, DRY, PLAN, Row, SET, TRIED, TRY, UNDO, UNDONE, follow, key, opened,
};
use super::super::{Key, Stage};
use super::*;
use crate::wire::json;

/// A list in which the fan is something else than before and after a trial.
const OTHER: &str = r#"{"Controls":[{"name":"fan","value":"60"}]}"#;

/// A fan on trial, and what then comes.
fn tried(more: &[Row]) {
    let mut rows = vec![
        (Keys("60\r"), DRY, "looking", ""),
        (Answer(PLAN), DRY, "-> 60", "t try"),
        (Keys("t"), TRY, "being set", ""),
        (Answer(TRIED), TRY, "taken back in 30 s", "y keep it"),
    ];
    rows.extend_from_slice(more);
    follow("fan", true, &rows);
}

const GONE: &str = "fan: cool -> 60\nthe daemon is gone: if it has not taken this back, it stays until jscoped runs \
    again, whose start takes it back";

#[test]
fn ok_and_err_a_trial_without_its_server() {
    tried(&[
        (Serve(false), "pass", GONE, "Esc, Enter close"),
        (Wait(99), "pass", GONE, "close"),
        (Error("late"), "pass", GONE, "close"),
        (Keys("\r"), "draw", "", ""),
    ]);
    // The list tells more.
    tried(&[
        (Serve(false), "pass", GONE, "close"),
        (List, "pass", "the daemon is gone: taken back, now cool", "close"),
        (Keys("x"), "draw", "", ""),
    ]);
    // A new server takes it back.
    tried(&[
        (Serve(false), "pass", GONE, "close"),
        (Serve(true), "pass", GONE, "close"),
        (List, "pass", "the daemon is gone: taken back, now cool", "close"),
    ]);
    // An answer that does not come tells it, too; a refusal does not.
    let closed = "socket /run/s: closed the connection";
    tried(&[(Keys("y"), CONFIRM, "-> 60", ""), (Error(closed), CONFIRM, GONE, "close")]);
    tried(&[(Keys("u"), UNDO, "being taken", ""), (Error("no answer in time"), UNDO, GONE, "close")]);
    tried(&[(Keys("y"), CONFIRM, "-> 60", ""), (Error("busy: x"), CONFIRM, "x", "close")]);
    // Its time was over, and it dies before it has taken it back.
    tried(&[
        (Wait(30), TRY, "not kept in time: the server takes it back ...", "close"),
        (Serve(false), "pass", GONE, "close"),
    ]);
}

#[test]
fn ok_what_the_list_says_of_a_trial() {
    let now = Instant::now();
    for (served, value, wanted) in [
        (true, OTHER, "fan: cool -> 60\nnot kept in time: the server takes it back, now 60"),
        (
            false,
            OTHER,
            "fan: cool -> 60\nthe daemon is gone: not taken back, it stays until jscoped runs again, whose start \
             takes it back",
        ),
        (true, "{}", "fan: cool -> 60\nnot kept in time: the server takes it back ..."),
        (false, "{}", GONE),
        (false, r#"{"Controls":[{"name":"fan"}]}"#, GONE),
    ] {
        let (mut dialog, _) = opened("fan", true);
        let answer = |text: &str| Ok(json::decode(text).expect(text).into_owned());
        "60".chars().for_each(|c| _ = dialog.key(Key::Char(c)));
        dialog.key(Key::Enter);
        dialog.answered(&answer(PLAN), now);
        dialog.key(Key::Char('t'));
        dialog.answered(&answer(TRIED), now);
        assert_eq!(dialog.wants(now), None);
        let over = now + Duration::from_secs(30);
        match served {
            true => assert!(dialog.tick(over)),
            false => _ = dialog.serve(false, over),
        }
        let asked = Some((Topic::Controls, Request::ListControls, EVERY));
        dialog.listed(&answer(value));
        assert_eq!(dialog.shown(over), wanted, "{served} {value}");
        assert_eq!((dialog.wants(over), dialog.wants(over + ASKED)), (asked, None), "{served} {value}");
        dialog.key(Key::Enter);
        assert_eq!((dialog.stage, dialog.wants(over)), (Stage::Closed, None), "{served} {value}");
    }
}

/// What was chosen or planned on one board is not done on another.
#[test]
fn ok_a_dialog_is_of_one_board() {
    let (lost, found) = ("daemon lost: nothing was changed", "daemon found: nothing was changed");
    for (how, served, rows) in [
        ("m", true, &[][..]),
        ("fan", true, &[]),
        ("", true, &[]),
        ("fan", true, &[(Keys("60\r"), DRY, "looking", "")]),
        ("fan", true, &[(Keys("60\r"), DRY, "looking", ""), (Answer(PLAN), DRY, "-> 60", "y do it")]),
        ("fan", false, &[(Keys("60\r"), DRY, "looking", ""), (Answer(PLAN), DRY, "-> 60", "y do it")]),
    ] {
        let said = if served { lost } else { found };
        let mut rows = rows.to_vec();
        rows.extend([
            (Serve(served), "pass", " ", ""),
            (Serve(!served), said, "", ""),
            (Keys("y"), "pass", "", ""),
        ]);
        follow(how, served, &[rows, vec![(List, "pass", "", ""), (Answer(PLAN), "pass", "", "")]].concat());
    }
}

/// What is being done has its answer, and what was told stays until it is read.
#[test]
fn ok_a_server_that_moves_takes_no_answer_away() {
    let (planned, set) = ((Answer(PLAN), DRY, "-> 60", "y do it"), (Keys("y"), SET, "being set", ""));
    follow(
        "fan",
        true,
        &[
            (Keys("60\r"), DRY, "looking", ""),
            planned,
            set,
            (Serve(false), "pass", "being set", ""),
            (
                Error("socket /run/s: closed the connection"),
                "pass",
                "socket /run/s: closed the connection",
                "close",
            ),
            (Serve(true), "pass", "closed", "close"),
            (Keys("\r"), "draw", "", ""),
        ],
    );
    // A refusal does not lead back to the choice of another board.
    follow(
        "fan",
        true,
        &[
            (
                Keys("6x\r"),
                r#"{"SetControl":{"control":"fan","value":"6x","token":null,"dry_run":true}}"#,
                "look",
                "",
            ),
            (
                Error("invalid_control: no"),
                r#"{"SetControl":{"control":"fan","value":"6x","token":null,"dry_run":true}}"#,
                "no",
                "",
            ),
            (Serve(false), "pass", "no", "close"),
            (Keys("\r"), "draw", "", ""),
        ],
    );
}

/// An undo names the last change that was made from here, if that is still known.
#[test]
fn ok_an_undo_names_the_change() {
    let plain = "Take back the last change?";
    let named = "Take back the last change?\nthe last one from here: fan: cool -> 60";
    let now = Instant::now();
    for (case, steps, wanted) in [
        ("nothing", &[][..], plain),
        ("made", &[(None, PLAN), (Some("y"), DONE), (Some("\r"), "")], named),
        ("planned", &[(None, PLAN), (Some("\x1b"), "")], plain),
        ("kept", &[(None, PLAN), (Some("t"), TRIED), (Some("y"), KEPT), (Some("\r"), "")], named),
        ("not kept", &[(None, PLAN), (Some("t"), TRIED), (Some("u"), UNDONE), (Some("\r"), "")], plain),
        ("nothing to do", &[(None, PLAN), (Some("y"), ALREADY), (Some("\r"), "")], plain),
        ("lost since", &[(None, PLAN), (Some("y"), DONE), (Some("\r"), ""), (None, "lost")], plain),
    ] {
        let (mut dialog, _) = opened("c", true);
        for (keys, answer) in steps {
            keys.unwrap_or("").chars().for_each(|c| _ = dialog.key(key(c)));
            match *answer {
                "" => {}
                "lost" => _ = dialog.serve(false, now),
                text => dialog.answered(&Ok(json::decode(text).expect(text).into_owned()), now),
            }
        }
        (dialog.stage, dialog.asked) = (Stage::Closed, 0);
        dialog.undo();
        assert_eq!(dialog.shown(now), wanted, "{case}");
        // It is taken back once.
        dialog.key(Key::Char('y'));
        dialog.answered(&Ok(json::decode(UNDONE).expect("JSON").into_owned()), now);
        dialog.key(Key::Enter);
        dialog.undo();
        assert_eq!(dialog.shown(now), plain, "{case}, twice");
    }
}

const KEPT: &str = r#"{"ControlState":{"control":"confirm","old":"","value":""}}"#;
const ALREADY: &str = r#"{"ControlState":{"control":"fan","old":"60","value":"60","steps":[]}}"#;
