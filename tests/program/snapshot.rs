//! `jetson_scope_snapshot`: what is in its files, and that it is whole whatever happens meanwhile.

use super::{OWN, Ran, Scratch, finish, program, run};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const SOURCE: [&str; 2] = ["--source", "synthetic:orin-nano"];

fn command(words: &[&str]) -> Command {
    let mut command = program(OWN, &[&["jetson_scope_snapshot"], words].concat());
    command.env("JETSONSCOPE_SOCKET_PATH", "/nowhere/s");
    command
}

fn snapshot(words: &[&str]) -> Ran {
    run(command(words))
}

fn synthetic(words: &[&str]) -> Ran {
    snapshot(&[&SOURCE, words].concat())
}

/// Nothing printed, nothing wrong.
fn silent(ran: &Ran, case: &dyn std::fmt::Debug) {
    ran.assert_ok(case);
    assert_eq!(ran.out, "", "{case:?}: silent on success");
}

/// The text consists of whole records; gives how many.
fn records(text: &str) -> usize {
    assert!(text.is_empty() || text.ends_with('\n'), "ends in the middle: {text:?}");
    for line in text.lines() {
        let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(value["Stats"]["time"].as_str().is_some_and(|time| time.ends_with('Z')), "{line}");
        assert!(value["Stats"]["data"]["ram"]["total_bytes"].is_u64(), "{line}");
    }
    text.lines().count()
}

#[test]
fn ok_one_file_as_a_whole() {
    let scratch = Scratch::new("snapshot");
    let mut default = command(&SOURCE);
    default.current_dir(&scratch.0);
    silent(&run(default), &"the default name");
    assert_eq!(records(&scratch.read("snapshot.json")), 1);
    let before = fs::read_dir(&scratch.0).unwrap().count();
    for times in 0..2 {
        silent(&synthetic(&[&scratch.at("snapshot.json")]), &times);
        assert_eq!(records(&scratch.read("snapshot.json")), 1, "replaced");
    }
    assert_eq!(fs::read_dir(&scratch.0).unwrap().count(), before, "nothing is left beside it");
    for (format, lines, begins) in
        [("json", 1, "{\"Stats\":{\"source\":"), ("csv", 2, "timestamp,"), ("text", 2, "TIME")]
    {
        let ran = synthetic(&["--format", format, "-"]);
        ran.assert_ok(&format);
        assert!(ran.out.starts_with(begins) && ran.out.lines().count() == lines, "{format}: {}", ran.out);
    }
}

#[test]
fn ok_never_simulates_by_itself() {
    let board = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/boards/pc");
    for words in [&["-"][..], &["--source", "auto", "-"], &["-", "--root", board.to_str().unwrap()]] {
        let ran = snapshot(words);
        let stats = ran.stats(&words);
        assert_eq!((&stats["simulated"], &stats["source"]), (&false.into(), &"sysfs".into()), "{words:?}");
    }
    assert_eq!(synthetic(&["-"]).stats(&"synthetic")["simulated"], true);
}

#[test]
fn ok_appends() {
    let scratch = Scratch::new("append");
    for (format, header) in [("json", 0), ("csv", 1), ("text", 1)] {
        for times in 1..=3 {
            silent(&synthetic(&["--append", "--format", format, &scratch.at(format)]), &format);
            assert_eq!(scratch.read(format).lines().count(), header + times, "{format}: one header");
        }
    }
    assert_eq!(records(&scratch.read("json")), 3);
    let csv = scratch.read("csv");
    assert_eq!((csv.matches("timestamp").count(), csv.matches("\r\n").count()), (1, 4));
    // A board with other sensors keeps to the columns of the file.
    silent(
        &snapshot(&["--source", "synthetic:thor", "--append", "--format", "csv", &scratch.at("csv")]),
        &"thor",
    );
    let fields: Vec<usize> = scratch.read("csv").lines().map(|line| line.split(',').count()).collect();
    assert!(fields.len() == 5 && fields.iter().all(|count| *count == fields[0]), "{fields:?}");
    // What was cut off is gone, what is a stranger's stays.
    for (before, wanted) in [("{\"Stats\":{\"sou", 1), ("{\"St", 1)] {
        fs::write(scratch.at("cut"), before).unwrap();
        silent(&synthetic(&["--append", &scratch.at("cut")]), &before);
        assert_eq!(records(&scratch.read("cut")), wanted, "{before}");
    }
    fs::write(scratch.at("csv"), scratch.read("csv").split_at(20).0).unwrap();
    silent(&synthetic(&["--append", "--format", "csv", &scratch.at("csv")]), &"half a header");
    assert_eq!(
        (scratch.read("csv").lines().count(), scratch.read("csv").matches("timestamp").count()),
        (2, 1)
    );
}

#[test]
fn ok_rotates() {
    let scratch = Scratch::new("rotate");
    let line = scratch.at("line");
    silent(&synthetic(&[&line]), &"a line");
    let size = (scratch.read("line").len() * 5 / 2).to_string();
    let words = ["--append", "--max-size", &size, "--keep", "2", &scratch.at("file")];
    for _ in 0..9 {
        silent(&synthetic(&words), &words);
    }
    let counts = ["file", "file.1", "file.2", "file.3"].map(|name| records(&scratch.read(name)));
    assert_eq!(counts, [1, 2, 2, 0]);
    // A record that is larger than a file may be gets one of its own; and none are kept with 0.
    let words = ["--append", "--max-size", "1K", "--keep", "0", "--format", "csv", &scratch.at("small")];
    for _ in 0..3 {
        silent(&synthetic(&words), &words);
        assert_eq!(scratch.read("small").lines().count(), 2, "a header in each file");
    }
    assert!(!Path::new(&scratch.at("small.1")).exists());
}

#[test]
fn err_csv_behind_something_else() {
    let scratch = Scratch::new("other");
    silent(&synthetic(&["--append", &scratch.at("lines")]), &"JSON");
    let before = scratch.read("lines");
    let ran = synthetic(&["--append", "--format", "csv", &scratch.at("lines")]);
    ran.assert_failed(65, &"CSV behind JSON");
    assert!(ran.err.contains("lines: its first line is no header of columns"), "{}", ran.err);
    assert_eq!(scratch.read("lines"), before);
}

/// Eight at once, a hundred records each, and files that are begun anew meanwhile.
#[test]
fn ok_many_at_once() {
    let scratch = Scratch::new("crowd");
    for (name, rotation) in [("crowd", ""), ("turned", "--max-size 300K --keep 20")] {
        let script = format!(
            "i=0; while [ $i -lt 100 ]; do i=$((i+1)); \
             \"$0\" jetson_scope_snapshot --append {rotation} --source synthetic \"$1\" || exit 1; done"
        );
        let file = scratch.at(name);
        let start = || program("/bin/sh", &["-c", &script, OWN, &file]).spawn().unwrap();
        let all: Vec<_> = (0..8).map(|_| start()).collect();
        for child in all {
            silent(&finish(child, Duration::from_secs(120)), &name);
        }
        let files = (1..=20).map(|number| format!("{name}.{number}")).chain([name.to_owned()]);
        let counts: Vec<usize> = files.map(|file| records(&scratch.read(&file))).collect();
        assert_eq!(counts.iter().sum::<usize>(), 800, "{counts:?}");
        assert_eq!(counts.iter().filter(|count| **count > 0).count() > 1, name == "turned", "{counts:?}");
    }
}

#[test]
fn ok_killed_in_the_middle() {
    let scratch = Scratch::new("killed");
    let file = scratch.at("lines");
    for round in 0..60 {
        let mut child =
            command(&[&SOURCE[..], &["--append", &file]].concat()).stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(200 * round));
        let _ = child.kill();
        let _ = child.wait();
    }
    silent(&synthetic(&["--append", &file]), &"after them");
    assert!(records(&scratch.read("lines")) >= 1);
}

#[test]
fn err_a_full_disk_leaves_whole_records() {
    let scratch = Scratch::new("full");
    let file = scratch.at("lines");
    silent(&synthetic(&["--append", &file]), &"one record");
    let one = scratch.read("lines");
    // The limit of a shell's ulimit is in blocks of 512 bytes: it falls into the second record.
    let blocks = (one.len() / 512 + 1).to_string();
    let script =
        "ulimit -f \"$1\"; exec \"$0\" jetson_scope_snapshot --append --source synthetic:orin-nano \"$2\"";
    for _ in 0..2 {
        let ran = run(program("/bin/sh", &["-c", script, OWN, &blocks, &file]));
        ran.assert_failed(74, &"ulimit");
        assert!(ran.err.contains("lines: file too large"), "{}", ran.err);
        assert_eq!(scratch.read("lines"), one, "cut back");
    }
    for words in [&["--append", "/dev/full"][..], &["/dev/full"]] {
        let ran = synthetic(words);
        ran.assert_failed(74, &words);
        assert!(ran.err.contains("/dev/full: no space left on device"), "{}", ran.err);
    }
}

#[test]
fn err_a_small_file_system_is_full() {
    let scratch = Scratch::new("tmpfs");
    let place = scratch.at("empty");
    let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=64k", "none", &place]).output();
    if !mount.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: needs mount");
        return;
    }
    let file = scratch.at("empty/log");
    let mut wrote = 0;
    let failed = loop {
        let ran = synthetic(&["--append", &file]);
        if ran.code != Some(0) || wrote > 100 {
            break ran;
        }
        wrote += 1;
    };
    let whole = records(&scratch.read("empty/log"));
    let replaced = synthetic(&[&scratch.at("empty/other")]);
    let left: Vec<_> = fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    let _ = Command::new("umount").arg(&place).status();
    failed.assert_failed(74, &"tmpfs");
    assert!(wrote > 3 && whole == wrote, "{whole} of {wrote} are whole");
    assert!(left.iter().all(|name| name == "log" || name == "other"), "{left:?}");
    assert!([Some(0), Some(74)].contains(&replaced.code), "{replaced:?}");
}

#[test]
fn err_exit_codes() {
    let scratch = Scratch::new("codes");
    let (missing, file) = (scratch.at("missing/file"), scratch.at("file"));
    for (words, code) in [
        (&["--append", &missing][..], 73),
        (&[&missing], 73),
        (&["--append", &scratch.at("empty")], 73),
        (&[&scratch.at("empty")], 73),
        (&["--append", "-"], 64),
        (&["--max-size", "1M", &file], 64),
        (&["--append", "--keep", "2", &file], 64),
        (&["--append", "--max-size", "0", &file], 64),
        (&["--append", "--max-size", "1T", &file], 64),
        (&["--append", "--max-size", "1M", "--keep", "-1", &file], 64),
        (&["--format", "xml", &file], 64),
        (&[&file, &file], 64),
        (&[""], 64),
        (&["--nothing", &file], 64),
        (&["--source", "nothing", &file], 64),
        (&["--socket", "", &file], 64),
        (&["--timeout", "0", &file], 64),
        (&["--source", &format!("file:{missing}"), &file], 66),
        (&["--source", &format!("file:{}", scratch.at("nothing")), &file], 65),
        (&["--source", "command:/no/such/program", &file], 69),
        (&["--root", &missing, &file], 66),
    ] {
        let sourced = words.contains(&"--source") || words.contains(&"--root");
        let ran = if sourced { snapshot(words) } else { synthetic(words) };
        ran.assert_failed(code, &words);
        assert!(!Path::new(&file).exists(), "{words:?}: nothing is made");
    }
}

#[test]
fn err_a_lock_that_is_never_given_back() {
    let scratch = Scratch::new("held");
    let file = scratch.at("lines");
    let held = fs::File::create(&file).unwrap();
    let lock = nix::fcntl::Flock::lock(held, nix::fcntl::FlockArg::LockExclusive).unwrap();
    let child = command(&[&SOURCE[..], &["--append", &file]].concat()).spawn().unwrap();
    let ran = finish(child, Duration::from_secs(20));
    ran.assert_failed(75, &"locked");
    assert!(ran.err.contains("locked by another program"), "{}", ran.err);
    drop(lock);
    silent(&synthetic(&["--append", &file]), &"given back");
}
