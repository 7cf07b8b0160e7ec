//! `jscope` in a window of a terminal multiplexer, used by its keys from start to end: a shell before and
//! after it, a daemon behind it, and a simulated board that lives.
#![cfg(all(feature = "tui", feature = "emulator", feature = "daemon", feature = "cli"))]

#[allow(dead_code, reason = "other tests use the rest")]
mod daemon;
#[path = "tmux/mod.rs"]
mod window;

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use daemon::{Daemon, OWN};
use jetsonscope::view::frame::PAGES;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use window::{Tmux, has};

const SCREEN: &str = "jscope --socket s --interval 500";
/// What stands in the first line of every page.
const TITLE: &str = "sysfs of jscoped";
/// The pages by their keys, and what none but they say of this board.
const WORDS: [(&str, &str); 10] = [
    ("1", "Swap ["),
    ("2", "processes, by CPU %"),
    ("3", "Decoders"),
    ("4", "clock   cores"),
    ("5", "GPU memory by process"),
    ("6", "(VDD_IN)"),
    ("7", "margin"),
    ("8", "> CPU load"),
    ("9", "cpu_governor"),
    ("0", "is jetson"),
];
/// Sizes of the window, each reached from two others but the first.
const SIZES: [(usize, usize); 8] =
    [(40, 12), (120, 40), (20, 5), (80, 24), (20, 5), (120, 40), (40, 12), (80, 24)];

/// A simulated board that lives, and a daemon on it; both gone when this is dropped.
struct Live {
    simulator: Child,
    daemon: Daemon,
}

impl Live {
    fn start(name: &str) -> Live {
        let directory = daemon::directory(name, &[]);
        let board = directory.join("board");
        fs::remove_dir_all(&board).expect("a directory");
        let mut simulator = daemon::command(OWN);
        simulator.args(["simulate", "--board", "orin-nx", "--interval", "200", "--dir"]).arg(board);
        let mut simulator = simulator.stdout(Stdio::piped()).spawn().expect("a process");
        // Its first line comes when all files are there.
        let beat = BufReader::new(simulator.stdout.take().expect("a pipe")).lines().next();
        let live = Live { simulator, daemon: Daemon { child: serve(&directory), directory } };
        assert!(beat.is_some_and(|line| line.is_ok()), "the simulated board ends");
        live.daemon.wait();
        live
    }

    /// The power mode, as the daemon lists it.
    fn mode(&self) -> String {
        let words = ["jscopectl", "list", "--json", "--socket"];
        let output = daemon::command(OWN).args(words).arg(self.daemon.socket()).output().expect("a process");
        let reply: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let controls = reply["Controls"].as_array().expect("a list");
        let control = controls.iter().find(|control| control["name"] == "nvpmodel").expect("the control");
        control["value"].as_str().expect("a name").to_owned()
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let _ = self.simulator.kill();
        let _ = self.simulator.wait();
    }
}

fn serve(directory: &Path) -> Child {
    let mut command = daemon::command(OWN);
    command.args(daemon::words(directory)).args(["--source", "sysfs"]);
    let log = File::create(directory.join("log")).expect("a file");
    command.stderr(log).spawn().expect("a process")
}

/// Waits for a page, and for nothing that another one says.
fn page(tmux: &Tmux, number: usize) {
    let own = WORDS[number].1;
    let is_alone = |lines: &[String]| WORDS.iter().all(|(_, text)| has(lines, text) == (*text == own));
    tmux.until(own, |lines| lines[0].contains(TITLE) && is_alone(lines));
}

/// Every page by its digit, its help, and all pages by `v`.
fn leaf_through(tmux: &Tmux) {
    for (number, (key, _)) in WORDS.iter().enumerate() {
        tmux.keys(&[key]);
        page(tmux, number);
        tmux.keys(&["h"]);
        let (name, help) = (PAGES[number].name, PAGES[number].help);
        tmux.until(name, |lines| {
            has(lines, "Keys") && lines.iter().any(|line| line == name) && has(lines, help[0])
        });
        tmux.keys(&["Escape"]);
        page(tmux, number);
    }
    for number in 0..WORDS.len() {
        tmux.keys(&["v"]);
        page(tmux, number);
    }
    tmux.keys(&["1"]);
    page(tmux, 0);
}

/// The seconds that a change is still on trial.
fn countdown(lines: &[String]) -> Option<u32> {
    let own = |line: &&String| line.contains("taken back") || line.contains("keep");
    lines.iter().filter(own).find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = words.windows(2).find(|pair| pair[1].trim_end_matches([',', '.', ';']) == "s")?;
        number[0].parse().ok()
    })
}

/// Has another power mode on trial, once its plan was seen, and sees the time run.
fn try_mode(live: &Live, tmux: &Tmux, mode: &str, step: &str) {
    let before = live.mode();
    tmux.keys(&["m"]);
    tmux.until("choice", |lines| {
        has(lines, "nvpmodel") && ["MAXN", "10W", "25W"].iter().all(|own| has(lines, own))
    });
    tmux.keys(&[mode, "Enter"]);
    let plan = tmux.see(step);
    assert!(has(&plan, mode) && live.mode() == before, "{}", plan.join("\n"));
    tmux.keys(&["t"]);
    let mut first = None;
    tmux.until("countdown", |lines| {
        let left = countdown(lines);
        first = first.or(left);
        left < first && left.is_some()
    });
    assert_eq!(live.mode(), mode);
    // The page goes on beside it.
    tmux.see(&format!("mode {} {mode}", step.rsplit(' ').next().expect("a number")));
    tmux.keys(&["4"]);
    assert!(countdown(&tmux.see(WORDS[3].1)).is_some());
    tmux.keys(&["1"]);
    assert!(countdown(&tmux.see(WORDS[0].1)).is_some());
}

/// Closes what tells the end of a change.
fn close(tmux: &Tmux) {
    tmux.keys(&["Enter"]);
    tmux.until("page alone", |lines| !has(lines, "nvpmodel") && has(lines, WORDS[0].1));
}

/// One change that is kept, and two that are not. Thirty seconds are the screen's only trial, too long to be
/// waited for here.
fn change(live: &Live, tmux: &Tmux) {
    assert_eq!(live.mode(), "15W");
    try_mode(live, tmux, "10W", "nvpmodel -m 1");
    tmux.keys(&["y"]);
    tmux.until("end of the trial", |lines| countdown(lines).is_none() && has(lines, "kept"));
    close(tmux);
    for (mode, step, key) in [("25W", "nvpmodel -m 3", "u"), ("15W", "nvpmodel -m 2", "Escape")] {
        try_mode(live, tmux, mode, step);
        tmux.keys(&[key]);
        let is_back = |line: &String| line.contains("taken back") && !line.contains("being");
        tmux.until("way back", |lines| countdown(lines).is_none() && lines.iter().any(is_back));
        assert_eq!(live.mode(), "10W", "{key}");
        close(tmux);
        tmux.see("mode 1 10W");
    }
}

/// While it stands still: below the title, the same is shown at the same size, whatever the size before was.
fn resize(tmux: &mut Tmux) {
    let foot = |lines: &[String]| lines.last().cloned().unwrap_or_default();
    tmux.keys(&["p"]);
    let mut seen = vec![((80, 24), tmux.until("pause", |lines| lines[0].contains("PAUSED")))];
    for size in SIZES {
        tmux.resize(size.0, size.1);
        // The last line is drawn last; low windows have no bar of pages, narrow ones no bars at all.
        let lines = tmux.until("frame of that size", |lines| {
            let (foot, is_low) = (foot(lines), lines[1].starts_with("RAM "));
            match size.0 {
                20 => is_low && !has(lines, "[") && !foot.is_empty(),
                40 => is_low && foot.starts_with(" q quit"),
                80 => !is_low && foot.starts_with(" q quit") && foot.len() > 40,
                _ => !is_low && foot.starts_with(" q quit") && foot.len() > 80,
            }
        });
        assert!(lines[0].contains("PAUSED") && lines[0].contains("sysfs"), "{}", lines.join("\n"));
        match seen.iter().find(|(own, _)| *own == size) {
            Some((_, before)) => assert_eq!(lines, *before, "{size:?}"),
            None => seen.push((size, lines)),
        }
    }
    tmux.keys(&["p"]);
    tmux.until("end of the pause", |lines| !lines[0].contains("PAUSED"));
}

/// The shell has the window as it was, and works; `fg` brings the screen back. Gives its process.
fn suspend(tmux: &mut Tmux) -> Pid {
    tmux.keys(&["C-z"]);
    tmux.prompt();
    assert!(!tmux.is_taken_over());
    assert!(has(&tmux.shell("echo between"), "before"));
    let job = tmux.output("jobs -p").trim().parse().expect("a number");
    tmux.line("fg");
    page(tmux, 0);
    assert!(tmux.is_taken_over());
    Pid::from_raw(job)
}

/// Killed, the daemon is missed at once; its last values stay until it is back, which needs no key.
fn lose_the_daemon(live: &mut Live, tmux: &Tmux) {
    tmux.keys(&["6"]);
    page(tmux, 5);
    live.daemon.child.kill().expect("a signal");
    live.daemon.child.wait().expect("our child");
    let start = Instant::now();
    let lost = |lines: &[String]| lines[1].contains("STALE: ") && lines[1].contains("daemon lost");
    let lines = tmux.until("word of it", lost);
    assert!(start.elapsed() < Duration::from_secs(5) && has(&lines, WORDS[5].1), "{}", lines.join("\n"));
    // Where this machine is a board, it is read instead of that one.
    let here = |lines: &[String]| has(lines, "read in this process");
    let old =
        |lines: &[String]| lines[1].split_once("STALE: ")?.1.split_once(" s old")?.0.parse::<u32>().ok();
    let first = tmux.until("age", |lines| old(lines) >= Some(2) || here(lines));
    let later = tmux.until("more age", |lines| old(lines) >= Some(4) || here(lines));
    assert!(first[2..] == later[2..] || here(&later), "{first:#?}\n{later:#?}");
    live.daemon.child = serve(&live.daemon.directory);
    tmux.until("daemon", |lines| !has(lines, "STALE") && !has(lines, "lost") && lines[0].contains(TITLE));
    page(tmux, 5);
    // It would have put back what nobody had kept.
    assert_eq!(live.mode(), "10W");
    tmux.keys(&["1"]);
    page(tmux, 0);
}

/// Starts it and waits for its first page.
fn open(tmux: &mut Tmux) -> String {
    let settings = tmux.output("stty -a");
    tmux.shell("echo before");
    assert!(!tmux.is_taken_over());
    tmux.line(SCREEN);
    page(tmux, 0);
    assert!(tmux.is_taken_over());
    settings
}

/// It has ended with that code, and the window is as it was.
fn is_given_back(tmux: &mut Tmux, settings: &str, code: u8) {
    tmux.prompt();
    assert!(!tmux.is_taken_over());
    let lines = tmux.shell("echo code $?");
    assert!(has(&lines, "before") && lines.contains(&format!("code {code}")), "{}", lines.join("\n"));
    assert!(WORDS.iter().all(|(_, text)| !has(&lines, text)), "{}", lines.join("\n"));
    assert_eq!(tmux.output("stty -a"), settings);
}

fn from_start_to_end(name: &str, variables: &[&str], ascii: bool) {
    let mut live = Live::start(name);
    let Some(mut tmux) = Tmux::start(&live.daemon.directory, variables, ascii) else { return };
    let settings = open(&mut tmux);
    assert_eq!(tmux.lines().concat().is_ascii(), ascii);
    leaf_through(&tmux);
    change(&live, &tmux);
    resize(&mut tmux);
    suspend(&mut tmux);
    lose_the_daemon(&mut live, &tmux);
    tmux.keys(&["q"]);
    is_given_back(&mut tmux, &settings, 0);
    let settings = open(&mut tmux);
    let own = suspend(&mut tmux);
    kill(own, Signal::SIGTERM).expect("a signal");
    is_given_back(&mut tmux, &settings, 143);
}

#[test]
fn from_start_to_end_as_it_is() {
    from_start_to_end("tmux", &["LC_ALL=C.UTF-8"], false);
}

#[test]
fn from_start_to_end_like_a_console() {
    from_start_to_end("tmux-console", &["TERM=linux", "LC_ALL=C"], true);
}
