//! `tegrastats-emulator`, alone, in the background, and in the place of the vendor's program.

use super::{LIMIT, OWN, Ran, Scratch, finish, jscopectl, program, run, signal, soon};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Every release that a board has; the first is none of its.
const CLAIMS: [(&str, &str, &[&str]); 8] = [
    ("nano", "R36", &["R32"]),
    ("tx2", "R35", &["R28", "R32"]),
    ("xavier-nx", "R36", &["R32", "R35"]),
    ("agx-xavier", "R28", &["R31", "R32", "R35"]),
    ("orin-nano", "R34", &["R35", "R36", "R39"]),
    ("orin-nx", "R32", &["R35", "R36", "R39"]),
    ("agx-orin", "R38", &["R34", "R35", "R36", "R39"]),
    ("thor", "R36", &["R38", "R39"]),
];

fn emulator(words: &[&str]) -> Ran {
    super::jetsonscope(&[&["tegrastats-emulator"], words].concat())
}

#[test]
fn ok_boards_and_releases() {
    let scratch = Scratch::new("boards");
    let (mut all, mut lines) = (String::new(), 0);
    for (board, none, releases) in CLAIMS {
        let refused = emulator(&["--board", board, "--release", none]);
        refused.assert_failed(64, &(board, none));
        let listed = releases.iter().all(|release| refused.err.contains(release));
        assert!(listed, "{board}: what it has: {}", refused.err);
        for release in releases {
            for user in [&[][..], &["--user"]] {
                let small = release.to_lowercase();
                let words = [&["--board", board, "--release", &small, "--count", "1"], user].concat();
                let ran = emulator(&words);
                ran.assert_ok(&words);
                assert_eq!(ran.out.lines().count(), 1, "{words:?}");
                (all, lines) = (all + &ran.out, lines + 1);
            }
        }
        // The same seed makes the newest release comparable with no release given.
        let newest = releases.last().unwrap();
        let plain = emulator(&["--board", board, "--seed", "7", "--count", "1"]);
        let named = emulator(&["--board", board, "--seed", "7", "--count", "1", "--release", newest]);
        assert_eq!(plain.out, named.out, "{board}: its newest release unless told");
    }
    fs::write(scratch.at("all"), all).unwrap();
    let parsed = jscopectl(&["parse", &scratch.at("all")]);
    parsed.assert_ok(&"every line is understood to its last token");
    assert_eq!(parsed.out.lines().count(), lines);
}

#[test]
fn ok_seed_count_and_logfile() {
    let scratch = Scratch::new("emulator");
    let seeded = |seed: &str, scenario: &str| {
        let words = ["--seed", seed, "--count", "20", "--interval", "1", "--scenario", scenario];
        let ran = emulator(&words);
        ran.assert_ok(&words);
        assert_eq!(ran.out.lines().count(), 20, "{words:?}");
        ran.out
    };
    for scenario in ["idle", "inference", "training", "thermal-stress", "brown-out"] {
        assert_eq!(seeded("42", scenario), seeded("42", scenario), "{scenario}: the same bytes");
        assert_ne!(seeded("42", scenario), seeded("43", scenario), "{scenario}: the seed matters");
    }
    let log = scratch.at("new.log");
    for times in 1..=2 {
        let ran = emulator(&["--count", "2", "--interval", "1", "--logfile", &log]);
        ran.assert_ok(&"--logfile");
        assert_eq!(ran.out, "", "the lines go to the file alone");
        assert_eq!(scratch.read("new.log").lines().count(), 2 * times, "appended");
    }
    for path in [scratch.at("empty"), scratch.at("missing/log")] {
        emulator(&["--count", "1", "--logfile", &path]).assert_failed(73, &path);
    }
}

#[test]
fn ok_a_closed_pipe_ends_it_quietly() {
    let mut child = program(OWN, &["tegrastats-emulator", "--interval", "20"]).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut String::new()).unwrap();
    drop(out);
    finish(child, LIMIT).assert_ok(&"the reader went away");
}

/// A file that is opened later must not take the place of a standard descriptor.
#[cfg(target_os = "linux")]
#[test]
fn ok_closed_descriptors_are_opened() {
    for closed in [&[0][..], &[2], &[0, 2]] {
        let close: String = closed.iter().map(|fd| format!("{fd}>&- ")).collect();
        let script = format!("exec \"$0\" tegrastats-emulator --interval 20 {close}");
        let mut child = program("/bin/sh", &["-c", &script, OWN]).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut String::new()).unwrap();
        for fd in closed {
            let file = fs::read_link(format!("/proc/{}/fd/{fd}", child.id())).unwrap_or_default();
            assert_eq!(file.to_str(), Some("/dev/null"), "{fd} of {closed:?}");
        }
        drop(out);
        assert_eq!(finish(child, LIMIT).code, Some(0), "{closed:?}");
    }
}

/// A full disk is reported with the name of what is on it.
#[test]
fn err_write_errors_name_their_file() {
    if !std::path::Path::new("/dev/full").exists() {
        eprintln!("skipped: no /dev/full");
        return;
    }
    let ran = emulator(&["--count", "1", "--logfile", "/dev/full"]);
    ran.assert_failed(74, &"--logfile /dev/full");
    assert!(ran.err.contains("/dev/full"), "{}", ran.err);
    for words in [&["jscopectl", "--source", "synthetic"][..], &["tegrastats", "--count", "1"], &["--list"]] {
        let mut command = program(OWN, words);
        command.stdout(fs::File::create("/dev/full").unwrap());
        run(command).assert_failed(74, &words);
    }
}

#[test]
fn ok_in_the_place_of_tegrastats() {
    let scratch = Scratch::new("place");
    symlink(OWN, scratch.at("empty/tegrastats")).unwrap();
    for (path, code) in [(scratch.at("empty"), 0), (scratch.at("missing"), 69)] {
        let mut command = program(OWN, &["jscopectl", "stats", "--json", "--source", "tegrastats"]);
        command.env("PATH", &path);
        let ran = run(command);
        if code != 0 {
            ran.assert_failed(code, &path);
            continue;
        }
        let message = ran.stats(&path);
        assert_eq!((&message["source"], &message["simulated"]), (&"tegrastats".into(), &false.into()));
        assert!(message["data"]["raw"].as_str().is_some_and(|raw| raw.contains("RAM ")), "{message}");
    }
}

/// The emulator with a runtime directory of its own, known by its log.
struct Background {
    scratch: Scratch,
    log: String,
}

impl Background {
    fn new(test: &str) -> Background {
        let scratch = Scratch::new(test);
        let log = scratch.at("background.log");
        Background { scratch, log }
    }

    fn command(&self, option: &str) -> Command {
        let words = ["tegrastats", option, "--interval", "50", "--logfile", &self.log];
        let words = if option == "--stop" { &words[..2] } else { &words };
        let mut command = program(OWN, words);
        command.env("XDG_RUNTIME_DIR", &self.scratch.0);
        command
    }

    fn run(&self, option: &str) -> Ran {
        run(self.command(option))
    }

    fn running(&self) -> usize {
        self.scratch.processes().len()
    }
}

#[test]
fn ok_start_and_stop() {
    let background = Background::new("background");
    background.run("--stop").assert_ok(&"--stop of none");
    for round in 1..=2 {
        background.run("--start").assert_ok(&(round, "--start"));
        assert!(soon(|| !background.scratch.read("background.log").is_empty()), "{round}: it prints");
        assert_eq!(background.running(), 1, "{round}");
        background.run("--start").assert_failed(75, &(round, "a second --start"));
        assert_eq!(background.running(), 1, "{round}");
        background.run("--stop").assert_ok(&(round, "--stop"));
        assert!(soon(|| background.running() == 0), "{round}: --stop ends it");
        background.run("--stop").assert_ok(&(round, "--stop again"));
        fs::remove_file(&background.log).unwrap();
    }
    // One that was killed leaves its file, and nothing but that.
    background.run("--start").assert_ok(&"--start");
    assert!(soon(|| !background.scratch.read("background.log").is_empty()), "it prints");
    background.scratch.processes().into_iter().for_each(|number| signal("KILL", number));
    assert!(soon(|| background.running() == 0), "killed");
    background.run("--stop").assert_ok(&"--stop of one that was killed");
    background.run("--start").assert_ok(&"--start after one that was killed");
}

/// `--start` that has returned has started: what comes next, however soon, finds it running.
#[test]
fn ok_stop_at_once_after_start() {
    let background = Background::new("at-once");
    for round in 1..=20 {
        background.run("--start").assert_ok(&(round, "--start"));
        background.run("--stop").assert_ok(&(round, "--stop"));
        assert!(soon(|| background.running() == 0), "{round}: {} go on", background.running());
    }
}

#[test]
fn ok_two_starts_at_the_same_time() {
    for round in 1..=5 {
        let background = Background::new("two");
        let starts = [(); 2].map(|()| background.command("--start").spawn().unwrap());
        let mut codes = starts.map(|child| finish(child, LIMIT).code);
        codes.sort();
        std::thread::sleep(Duration::from_millis(50));
        assert_eq!((codes, background.running()), ([Some(0), Some(75)], 1), "{round}: one wins");
    }
}

/// What stops it from running at all is said while somebody listens.
#[test]
fn err_start_with_a_log_that_cannot_be() {
    let mut background = Background::new("no-log");
    background.log = background.scratch.at("missing/log");
    background.run("--start").assert_failed(73, &"--start --logfile");
    let mut quiet = background.command("--start");
    quiet.stdout(Stdio::null());
    assert_eq!(run(quiet).code, Some(73));
}
