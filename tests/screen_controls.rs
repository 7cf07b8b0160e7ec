//! The page of controls and its dialog: as they look, at any size, and on a terminal beside a daemon.

#![cfg(all(feature = "tui", feature = "daemon", feature = "cli", target_os = "linux"))]
#![allow(clippy::duplicate_mod, reason = "each harness starts children")]

#[allow(dead_code, reason = "other tests use the rest")]
mod daemon;
#[allow(dead_code, reason = "other tests use the rest")]
mod pty;

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use daemon::{Daemon, SYSTEMCTL, copy, tool};
use jetsonscope::control::Wishes;
use jetsonscope::control::desk::{Change, Desk};
use jetsonscope::root::Root;
use jetsonscope::snapshot::Snapshot;
use jetsonscope::source::{Choice, Sample};
use jetsonscope::view::frame::{self, PAGES, View};
use jetsonscope::view::keys::Key;
use jetsonscope::view::more::{Act, More, Topic};
use jetsonscope::view::paint::Paint;
use jetsonscope::wire::{Value, control, json};
use pty::Pty;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;

const PLAIN: Paint = Paint { ascii: false, color: false };
const ASCII: Paint = Paint { ascii: true, color: false };

/// A copied board, gone with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn of(board: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("jetsonscope-ctl-{}-{board}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        copy::board(board, &path);
        Scratch(path)
    }

    fn desk(&self) -> Desk {
        Desk::open(Root::at(self.0.join("board")))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn page() -> usize {
    frame::page_named("Controls").expect("a page")
}

fn frame(more: &More, paint: Paint, (width, height): (u16, u16)) -> Vec<String> {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    let snapshot = Snapshot::default();
    let sample = Sample { snapshot: Some(&snapshot), age: Some(Duration::ZERO), stale: false, trouble: None };
    let origin = Choice::Sysfs.origin();
    let view = View { origin, sample, paint, notice: None, page: page(), scroll: 0, more };
    frame::draw(&view, buffer.area, &mut buffer);
    let row = |cells: &[Cell]| cells.iter().map(Cell::symbol).collect::<String>().trim_end().to_owned();
    buffer.content.chunks(usize::from(width).max(1)).map(row).collect()
}

fn type_into(more: &mut More, keys: &str) -> Act {
    let mut act = Act::Pass;
    for c in keys.chars() {
        let key = match c {
            '\r' => Key::Enter,
            '\x1b' => Key::Esc,
            '_' => Key::Down,
            c => Key::Char(c),
        };
        act = more.key(key);
        if act == Act::Pass {
            act = (PAGES[page()].key)(more, key);
        }
    }
    act
}

fn picture(name: &str, more: &More, width: u16) {
    let text = frame(more, PLAIN, (width, 24)).join("\n").trim_end().to_owned() + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/pages/{name}-{width}.txt"));
    if std::env::var_os("JETSONSCOPE_BLESS").is_some_and(|value| value == "1") {
        return fs::write(&path, text).expect("a writable directory");
    }
    let wanted = fs::read_to_string(&path).unwrap_or_default();
    assert!(text == wanted, "{}:\n{wanted}\nis now\n{text}", path.display());
}

#[test]
fn pictures_of_controls() {
    for board in ["orin-nx-r36", "nano-r32", "pc"] {
        let scratch = Scratch::of(board);
        tool(&scratch.0.join("board"), "nvpmodel", "exit 0");
        let mut desk = scratch.desk();
        let mut more = More::default();
        more.dialog.served = true;
        let list = control::controls(&desk.scene(Wishes::default()));
        more.answered(Topic::Controls, Ok(list));
        type_into(&mut more, "__________");
        for width in [40, 80, 120] {
            picture(&format!("controls-{board}"), &more, width);
        }
        if board == "pc" {
            continue;
        }
        let pictures = |name: &str, more: &More| {
            [40, 80, 120]
                .into_iter()
                .for_each(|width| picture(&format!("dialog-{name}-{board}"), more, width));
        };
        (PAGES[page()].key)(&mut more, Key::End);
        type_into(&mut more, "kkkkk\r");
        pictures("choice", &more);
        type_into(&mut more, "\x1bjjjjj\rpow\r");
        more.answered(Topic::Change, plan(&mut desk, "preset", "powersave"));
        pictures("plan", &more);
        type_into(&mut more, "t");
        let tried =
            r#"{"ControlState":{"control":"preset","old":"performance","value":"powersave","confirm_s":30}}"#;
        more.answered(Topic::Change, Ok(json::decode(tried).expect("JSON").into_owned()));
        pictures("trial", &more);
    }
}

fn plan(desk: &mut Desk, control: &str, value: &str) -> Result<Value<'static>, String> {
    let (control, value) = (control.to_owned(), value.to_owned());
    let change = Change { control, value, dry_run: true, ..Change::default() };
    let outcome = desk.set(change, None, Instant::now()).map_err(|refusal| refusal.why)?;
    Ok(control::state(&outcome.expect("a plan")).into_owned())
}

#[test]
fn controls_before_and_without_an_answer() {
    for (answer, wanted) in [
        (None, "asking what may be controlled"),
        (Some(Err("the board is simulated: there is nothing to change".to_owned())), "nothing to change"),
        (Some(Ok(Value::Null)), "there is nothing to control"),
        (Some(Ok(json::decode(r#"{"Controls":[]}"#).expect("JSON"))), "there is nothing to control"),
        (Some(Ok(json::decode(r#"{"Controls":[{"name":"fan"}]}"#).expect("JSON"))), "> fan     -"),
    ] {
        let mut more = More::default();
        if let Some(answer) = answer {
            more.answered(Topic::Controls, answer);
        }
        let rows = frame(&more, PLAIN, (80, 24));
        assert!(rows.iter().any(|row| row.contains(wanted)), "{wanted}: {rows:?}");
        assert!(type_into(&mut more, "\x1b") == Act::Pass, "Esc is none of its keys");
    }
}

#[test]
fn any_size_and_any_words() {
    let odd = "a\u{1b}[31m\u{9b}2J\u{202e}\u{6e29}\u{5ea6}\r\n";
    let long = "long/".repeat(60);
    let controls = (0..300).map(|number| {
        let name = format!("{odd}{number}");
        let text = |text: &str| Value::Text(text.to_owned().into());
        let options = Value::List((0..90).map(|n| text(&format!("{n}{odd}{long}"))).collect());
        let members = [("name", text(&name)), ("value", text(&long)), ("description", text(odd))];
        let mut members: Vec<_> = members.into_iter().map(|(name, value)| (name.into(), value)).collect();
        members.push(("options".into(), options));
        Value::Map(members)
    });
    let list = Value::variant("Controls", Value::List(controls.collect())).into_owned();
    let states = [
        ("", Ok(Value::Null)),
        ("\r", Ok(Value::Null)),
        ("\r_____x_", Ok(Value::Null)),
        ("\r\r", Err(long.clone())),
        ("\r\r", Err(odd.repeat(9))),
        ("u", Ok(Value::Null)),
    ];
    for (keys, answer) in states {
        for (width, height) in
            [(20, 5), (40, 12), (80, 24), (500, 200), (1, 1), (3, 2), (0, 9), (25, 8), (24, 9)]
        {
            for paint in [PLAIN, ASCII] {
                let mut more = More::default();
                more.answered(Topic::Controls, Ok(list.clone()));
                type_into(&mut more, "__");
                type_into(&mut more, keys);
                more.answered(Topic::Change, answer.clone());
                let text = frame(&more, paint, (width, height)).concat();
                assert!(!paint.ascii || text.is_ascii(), "{keys:?} {width}x{height}: {text}");
                let is_odd = |c: char| c.is_control() || c == '\u{202e}';
                assert!(!text.contains(is_odd), "{keys:?} {width}x{height}: {text:?}");
            }
        }
    }
}

/// The smallest screen still has what a change is and the keys that decide.
#[test]
fn a_small_dialog_has_its_keys() {
    let mut more = More::default();
    more.key_of_all(Key::Char('c'));
    let plan = r#"{"ControlState":{"control":"jetson_clocks","old":"off","value":"on","steps":["write 1 to all"],
        "dry_run":true}}"#;
    more.answered(Topic::Change, Ok(json::decode(plan).expect("JSON").into_owned()));
    let rows = frame(&more, PLAIN, (20, 5));
    assert_eq!(
        rows[1..],
        [" jetson_clocks", "jetson_clocks: off", "y do it   Esc back", "P kept over reboots:"],
        "{rows:?}"
    );
}

fn start(name: &str) -> Daemon {
    Daemon::prepared(name, &[], |command, directory| {
        let board = directory.join("board");
        tool(&board, "systemctl", SYSTEMCTL);
        command.args(["--source", "sysfs"]);
    })
}

fn scaling(daemon: &Daemon) -> String {
    let controls = daemon.ask("\"ListControls\"");
    let all = controls["Controls"].as_array().unwrap();
    all.iter().find(|own| own["name"] == "gpu_3d_scaling").unwrap()["value"].as_str().unwrap().to_owned()
}

fn jscope(socket: &Path, page: &str) -> Pty {
    let socket = socket.to_str().unwrap();
    Pty::start(&[env!("CARGO_BIN_EXE_jscope"), "--socket", socket, "--page", page], &[], (80, 24))
}

#[test]
fn a_change_and_its_undo_on_the_terminal() {
    let daemon = start("screen-change");
    let mut pty = jscope(&daemon.socket(), "Controls");
    pty.see("gpu_3d_scaling");
    pty.send(b"jjjjjjjjjj\r");
    pty.see("whether the GPU clock follows its load\n");
    pty.see("Enter see the plan");
    pty.send(b"21f");
    pty.see(" gpu_3d_scaling: 21f_ ");
    assert!(!pty.text().contains("> on") && !pty.text().contains("> off"), "{}", pty.text());
    pty.send(b"\r");
    pty.see("Esc, Enter close");
    assert!(!pty.text().contains("invalid_control"), "{}", pty.text());
    pty.send(b"\r");
    pty.see(" gpu_3d_scaling: 21f_ ");
    pty.send(b"\x7f\x7f\x7fon\r");
    pty.see("gpu_3d_scaling: on already");
    assert!(!pty.text().contains("y do it"), "{}", pty.text());
    pty.send(b"y");
    pty.until("close", |pty| !pty.text().contains("already"));
    pty.send(b"\r");
    pty.see("Enter see the plan");
    pty.send(b"off\r");
    pty.see("gpu_3d_scaling: on -> off");
    assert_eq!(scaling(&daemon), "on", "only planned");
    pty.send(b"y");
    pty.see("done  ");
    assert_eq!(scaling(&daemon), "off");
    pty.send(b"\r");
    pty.see("> gpu_3d_scaling off");
    pty.send(b"u");
    pty.see("Take back the last change?");
    pty.see("the last one from here: gpu_3d_scaling: on -> off");
    pty.send(b"y");
    pty.see("taken back  ");
    assert_eq!(scaling(&daemon), "on");
    pty.send(b"\r1");
    pty.see("source sysfs");
    // From any page.
    pty.send(b"f");
    pty.see("curve silent");
    pty.send(b"\x1b");
    pty.until("close", |pty| !pty.text().contains("curve silent"));
    pty.send(b"q");
    pty.ends(0);
}

/// Between the screen and the daemon: a trial of 30 seconds is asked for as one of three.
fn hurry(daemon: &Daemon) -> PathBuf {
    let (to, path) = (daemon.socket(), daemon.directory.join("hurried"));
    let listener = UnixListener::bind(&path).unwrap();
    std::thread::spawn(move || {
        for from in listener.incoming().map_while(Result::ok) {
            let to = UnixStream::connect(&to).unwrap();
            let (back, again) = (to.try_clone().unwrap(), from.try_clone().unwrap());
            std::thread::spawn(move || pass(from, to));
            std::thread::spawn(move || pass(back, again));
        }
    });
    path
}

fn pass(mut from: UnixStream, mut to: UnixStream) {
    let mut piece = [0; 65536];
    while let Ok(got @ 1..) = from.read(&mut piece) {
        let text = String::from_utf8_lossy(&piece[..got]).replace("\"confirm_s\":30", "\"confirm_s\":3");
        if to.write_all(text.as_bytes()).is_err() {
            return;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Both);
}

#[test]
fn a_trial_that_runs_out_and_one_that_is_kept() {
    let daemon = start("screen-trial");
    let mut pty = jscope(&hurry(&daemon), "Controls");
    pty.see("gpu_3d_scaling");
    pty.send(b"jjjjjjjjjj\r");
    pty.see("Enter see the plan");
    pty.send(b"off\r");
    pty.see("t try it for 30 s");
    pty.send(b"t");
    pty.see("taken back in 3 s unless you keep it");
    pty.see("not kept in time: taken back, now on");
    assert_eq!(scaling(&daemon), "on", "{}", daemon.log());
    assert!(daemon.log().contains("\"on\" -> \"off\""), "{}", daemon.log());
    pty.send(b"\r");
    pty.see("> gpu_3d_scaling on");
    pty.send(b"\roff\r");
    pty.see("t try it for 30 s");
    pty.send(b"t");
    pty.see("unless you keep it");
    pty.send(b"y");
    pty.see("kept  ");
    std::thread::sleep(Duration::from_millis(3500));
    assert_eq!(scaling(&daemon), "off");
}

#[test]
fn without_a_server_the_reason_is_shown() {
    let words = [env!("CARGO_BIN_EXE_jscope"), "--source", "synthetic", "--page", "Controls"];
    let mut pty = Pty::start(&words, &[], (80, 24));
    pty.see("the board is simulated: there is nothing to change");
    pty.send(b"c");
    pty.see("Esc, Enter close");
    pty.send(b"\r");
    pty.until("close", |pty| !pty.text().contains("Enter close"));
    pty.send(b"q");
    pty.ends(0);
}
