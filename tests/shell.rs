//! What keys set for the screen as a whole, on a (pseudo-)terminal: pause, interval, theme, files, what is
//! remembered; and that neither a slow terminal nor much input holds it up.

#![cfg(all(feature = "tui", feature = "emulator"))]

#[allow(dead_code, reason = "other tests use the rest")]
mod pty;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pty::Pty;

const NORMAL: (u16, u16) = (80, 24);
const SOURCE: &str = "synthetic:orin-nano:inference:1";

fn ms(time: u64) -> Duration {
    Duration::from_millis(time)
}

/// A directory of the test's own.
fn directory(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("a directory");
    path
}

/// The time that the simulated tegrastats prints.
fn time(pty: &Pty) -> String {
    pty.text().lines().next().expect("a title").chars().rev().take(8).collect()
}

/// Whether the time of the title is the source's or ours.
#[test]
fn what_is_paused_stands_still_and_goes_on() {
    let log = directory("paused").join("log");
    fs::write(&log, "RAM 1224/7620MB CPU [3%@729] NVDEC 3%@115\n".repeat(1000)).expect("a log");
    for (source, mark) in
        [(SOURCE.to_owned(), "PAUSED  SIMULATED"), (format!("file:{}", log.display()), "PAUSED")]
    {
        let words = [env!("CARGO_BIN_EXE_jscope"), "--source", &source, "--interval", "1000"];
        let mut pty = Pty::start(&words, &[], NORMAL);
        pty.see("RAM");
        pty.send(b"p");
        pty.see(mark);
        let (then, text) = (time(&pty), pty.text());
        pty.take(ms(2500));
        assert_eq!(pty.text(), text);
        pty.send(b"3");
        pty.see("Decoders");
        assert_eq!(time(&pty), then);
        pty.send(b"p");
        pty.until("another time", |pty| time(pty) != then && !pty.text().contains("PAUSED"));
        assert!(!pty.text().contains("STALE") && !pty.text().contains("no data"), "{}", pty.text());
        pty.send(b"q");
        pty.ends(0);
    }
}

#[test]
fn longer_and_shorter_intervals() {
    let mut pty = Pty::jscope(&[], &[], NORMAL);
    for (key, wanted) in [
        (b"-", "interval 100 ms"),
        (b"+", "interval 200 ms"),
        (b"+", "interval 500 ms"),
        (b"=", "interval 1000 ms"),
        (b"-", "interval 500 ms"),
    ] {
        pty.send(key);
        pty.see(wanted);
        assert!(pty.text().contains("RAM"), "its values stay: {}", pty.text());
    }
    pty.send(b"q");
    pty.ends(0);
}

#[test]
fn standard_input_has_no_interval() {
    let script = format!(
        "(while echo 'RAM 1224/7620MB CPU [3%@729]'; do sleep 0.1; done) | {} --source file:-",
        env!("CARGO_BIN_EXE_jscope")
    );
    let mut pty = Pty::start(&["/bin/sh", "-c", &script], &[], NORMAL);
    pty.see("1224/7620 MB");
    pty.send(b"+");
    pty.see("standard input has no interval");
    pty.send(b"q");
}

#[test]
fn what_is_shown_is_written() {
    let directory = directory("shell-write");
    let script = format!(
        "cd {} && exec {} --source {SOURCE} --interval 100",
        directory.display(),
        env!("CARGO_BIN_EXE_jscope")
    );
    let mut pty = Pty::start(&["/bin/sh", "-c", &script], &[], NORMAL);
    pty.see("RAM");
    pty.send(b"pw");
    pty.see("written: jetsonscope-");
    let mut names: Vec<String> = fs::read_dir(&directory)
        .expect("a directory")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect();
    names.sort();
    let [json, text] = names.as_slice() else { panic!("{names:?}") };
    let shape = |name: &str| name.replace(|c: char| c.is_ascii_digit(), "0");
    assert_eq!(shape(json), "jetsonscope-00000000-000000.json");
    assert_eq!(shape(text), "jetsonscope-00000000-000000.txt");
    let text = fs::read_to_string(directory.join(text)).expect("a text");
    assert!(text.contains("PAUSED") && text.contains("RAM") && !text.contains('\x1b'), "{text}");
    let json = fs::read(directory.join(json)).expect("JSON");
    let json: serde_json::Value = serde_json::from_slice(&json).expect("a message");
    assert_eq!(json["Stats"]["board"], "orin-nano", "{json}");
    assert!(json["Stats"]["data"]["timestamp"].as_str().is_some_and(|time| text.contains(time)), "{json}");
    fs::remove_dir_all(&directory).expect("it goes");
    pty.send(b"w");
    pty.see(".txt: no such file or directory");
    pty.send(b"q");
    pty.ends(0);
}

/// Nothing that was there is written over: the second and the third within a second are refused.
#[test]
fn no_file_is_written_over() {
    let directory = directory("shell-twice");
    let script =
        format!("cd {} && exec {} --source {SOURCE}", directory.display(), env!("CARGO_BIN_EXE_jscope"));
    let mut pty = Pty::start(&["/bin/sh", "-c", &script], &[], NORMAL);
    pty.see("RAM");
    for _ in 0..5 {
        pty.send(b"w");
        pty.take(ms(60));
    }
    assert!(pty.wrote("file exists").is_some(), "{}", pty.text());
    pty.send(b"q");
    pty.ends(0);
}

#[test]
fn themes_follow_each_other() {
    let mut pty = Pty::jscope(&["--theme", "mono"], &[], NORMAL);
    assert!(pty.wrote("\x1b[0;1m JetsonScope").is_some() && pty.wrote(";32m").is_none(), "{}", pty.tail());
    for name in ["default", "neon", "light", "safe", "mono", "default"] {
        pty.forget();
        pty.send(b"t");
        pty.see(&["theme ", name].concat());
        pty.take(ms(20));
        let ground = pty.screen.screen().cell(20, 70).map(vt100::Cell::bgcolor);
        let wanted = if name == "neon" { vt100::Color::Idx(0) } else { vt100::Color::Default };
        assert_eq!(ground, Some(wanted), "{name}");
    }
    pty.send(b"q");
    pty.ends(0);
    let mut pty = Pty::jscope(&[], &[("NO_COLOR", "1")], NORMAL);
    pty.send(b"t");
    pty.see("no colours on this terminal");
}

#[test]
fn settings_are_remembered_when_told_so() {
    let directory = directory("shell-remember");
    let home = directory.to_str().expect("UTF-8");
    let variables = [("XDG_CONFIG_HOME", home)];
    let file = directory.join("jetsonscope/jscope.conf");
    let mut pty = Pty::jscope(&["--theme", "neon", "--page", "Memory"], &variables, NORMAL);
    pty.send(b"t");
    assert!(!file.exists());
    pty.send(b"W");
    pty.see("remembered in ");
    pty.send(b"q");
    pty.ends(0);
    let text = fs::read_to_string(&file).expect("a file");
    assert!(text.ends_with("theme = light\npage = Memory\ninterval = 100\nascii = no\n"), "{text}");
    fs::write(&file, text.replace("interval = 100", "interval = never")).expect("a file");
    let words = [env!("CARGO_BIN_EXE_jscope"), "--source", SOURCE];
    let mut pty = Pty::start(&words, &variables, (160, 24));
    pty.see("jscope.conf: line 4: interval = \"never\" is no setting");
    pty.see("largest free block");
    pty.send(b"t");
    pty.see("theme safe");
    pty.send(b"q");
    pty.ends(0);
    let mut pty = Pty::start(&[&words[..], &["--page", "1", "--theme", "mono"]].concat(), &variables, NORMAL);
    pty.see("GPU");
    pty.send(b"t");
    pty.see("theme default");
    let mut pty = Pty::jscope(&[], &[("XDG_CONFIG_HOME", "/dev/null")], NORMAL);
    pty.send(b"W");
    pty.see("/dev/null/jetsonscope/jscope.conf: not a directory");
}

#[test]
fn a_terminal_that_takes_nothing_holds_up_no_key() {
    let mut pty = Pty::jscope(&[], &[], (500, 200));
    for _ in 0..60 {
        pty.send_blindly(b"\x0c"); // draws all of it again
        std::thread::sleep(ms(10));
    }
    pty.send_blindly(b"q");
    pty.ends_unread(ms(2000));
}

/// What a terminal did not take in time is not drawn later.
#[test]
fn frames_are_left_out_and_not_kept() {
    let mut pty = Pty::jscope(&[], &[], (500, 200));
    for _ in 0..100 {
        pty.send_blindly(b"\x0cv"); // another page, all of it
        std::thread::sleep(ms(10));
    }
    pty.send_blindly(b"1h");
    pty.forget();
    pty.see("Keys");
    let frames = pty.bytes.windows(3).filter(|part| part == b"\x1b[m").count();
    println!("{frames} frames");
    assert!(frames < 40, "{frames} frames");
    pty.send(b"q");
    pty.ends(0);
}

#[test]
fn much_input_is_few_frames() {
    let mut pty = Pty::jscope(&["--source", SOURCE, "--interval", "60000"], &[], NORMAL);
    pty.forget();
    for _ in 0..200 {
        pty.send(b"vvvvv");
    }
    pty.send(b"h");
    pty.see("Keys");
    let frames = pty.bytes.windows(3).filter(|part| part == b"\x1b[m").count();
    println!("{frames} frames for 1000 keys");
    assert!(frames < 60, "{frames} frames for 1000 keys");
    pty.send(b"q");
    pty.ends(0);
}
