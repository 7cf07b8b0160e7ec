//! Two sources in one: the kernel's files and a tegrastats (a script here), and on Thor nvidia-smi.

use std::fs;
use std::os::fd::BorrowedFd;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jetsonscope::root::Root;
use jetsonscope::source::{Choice, Feed};
use jetsonscope::sys;
use jetsonscope::wire::{json, message};
use serde_json::Value;

const INTERVAL: Duration = Duration::from_millis(100);

/// A board with a program in it, gone afterwards.
struct Board(PathBuf);

impl Board {
    fn of(board: &str, program: &str, script: &str) -> Board {
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let to = std::env::temp_dir().join(format!("jetsonscope-merge-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&to);
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/boards").join(board);
        copy(&from, &to);
        let program = to.join("usr/bin").join(program);
        fs::create_dir_all(program.parent().unwrap()).unwrap();
        let started = to.join("started");
        fs::write(&program, format!("#!/bin/sh\necho $$ \"$@\" >>{}\n{script}\n", started.display()))
            .unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        Board(to)
    }

    fn feed(&self, choice: Choice) -> Feed {
        Feed::open(choice, &Root::at(&self.0), INTERVAL, Instant::now()).unwrap()
    }

    /// How often the program was started, and with what.
    fn starts(&self) -> Vec<String> {
        let text = fs::read_to_string(self.0.join("started")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => copy(&entry.path(), &to),
            kind if kind.is_symlink() => symlink(fs::read_link(entry.path()).unwrap(), to).unwrap(),
            _ => drop(fs::copy(entry.path(), to).unwrap()),
        }
    }
}

/// Turns the feed as programs do, for so long; gives the samples and how often it woke.
fn run(feed: &mut Feed, time: Duration) -> (Vec<Value>, usize) {
    let (end, mut samples, mut wakes) = (Instant::now() + time, Vec::new(), 0);
    while Instant::now() < end {
        let now = Instant::now();
        if feed.turn(now) {
            let sample = feed.sample(now);
            let text = json::encode(&message::data(sample.snapshot.unwrap()));
            samples.push(serde_json::from_str(&text).unwrap());
        }
        let due = feed.due(Instant::now()).min(end);
        sys::wait::<1>([feed.descriptor().map(|fd: BorrowedFd| fd)], due).unwrap();
        wakes += 1;
    }
    (samples, wakes)
}

const LINE: &str = "07-23-2026 15:29:26 RAM 1/2MB (lfb 1x4MB) CPU [99%@1,99%@1] GR3D_FREQ 5%@[77,77] \
                    NVDEC 44%@1 VDD_IN 1mW/1mW NEW_RAIL 7mW/8mW cpu@1C extra@33C MTS fg 1% bg 2%";

fn printing(line: &str) -> String {
    format!("while :; do echo '{line}'; sleep 0.1; done")
}

#[test]
fn the_kernel_wins_and_tegrastats_fills() {
    let board = Board::of("orin-nx-r36", "tegrastats", &printing(LINE));
    let mut feed = board.feed(Choice::Auto);
    feed.mark();
    let alone = run(&mut board.feed(Choice::Sysfs), INTERVAL * 2).0.pop().unwrap();
    let (samples, wakes) = run(&mut feed, INTERVAL * 12);
    let last = samples.last().unwrap();
    for same in ["ram", "clusters", "jetson_clocks", "fans"] {
        assert_eq!(last[same], alone[same], "{same}");
    }
    assert_eq!(last["temps"]["cpu"], alone["temps"]["cpu"]);
    assert_eq!(last["power"]["VDD_IN"]["current_mw"], alone["power"]["VDD_IN"]["current_mw"]);
    assert_eq!(last["engines"]["GR3D"]["usage_percent"], alone["engines"]["GR3D"]["usage_percent"]);
    assert_eq!(last["engines"]["GR3D"]["freqs_mhz"], serde_json::json!([77, 77]));
    assert_eq!(last["temps"]["extra"], 33.0);
    assert_eq!(last["power"]["NEW_RAIL"]["average_mw"], 8);
    assert_eq!(last["mts"]["bg_percent"], 2);
    assert_eq!(last["raw"], LINE);
    assert_eq!(last["timestamp"], "07-23-2026 15:29:26");
    let marks = feed.marks();
    assert!(
        marks.iter().any(|mark| mark == "temps.extra") && marks.iter().any(|mark| mark == "mts"),
        "{marks:?}"
    );
    assert!(!marks.iter().any(|mark| mark.starts_with("ram")), "{marks:?}");
    assert!(feed.statuses().iter().any(|status| status.name == "tegrastats"));
    assert_eq!(board.starts().len(), 1, "one child that stays");
    assert!(board.starts()[0].ends_with("--interval 100"), "{:?}", board.starts());
    // One wake-up serves both; the start and a late line may cost some more.
    assert!(wakes <= samples.len() * 3 / 2 + 4, "{wakes} wake-ups for {} samples", samples.len());
}

#[test]
fn tegrastats_wins_when_it_is_asked_for() {
    let board = Board::of("orin-nx-r36", "tegrastats", &printing(LINE));
    // On a busy machine a line may come late: the last sample that had one.
    let samples = run(&mut board.feed(Choice::Tegrastats), INTERVAL * 12).0;
    let last = samples.into_iter().rfind(|sample| sample["raw"] != "").unwrap();
    assert_eq!(last["ram"]["total_bytes"], 2 << 20);
    assert_eq!(last["temps"]["cpu"], 1.0);
    assert_eq!(last["power"]["VDD_IN"]["current_mw"], 1);
    assert_eq!(last["cpus"][0]["load_percent"], 99);
    assert!(last["clusters"]["policy0"]["governor"].is_string(), "the kernel completes it");
}

#[test]
fn a_tegrastats_that_fills_nothing_is_ended() {
    let board = Board::of("orin-nx-r36", "tegrastats", &printing("RAM 1/2MB (lfb 1x4MB) cpu@1C"));
    let mut feed = board.feed(Choice::Auto);
    let runs = |feed: &Feed| feed.statuses().iter().any(|status| status.name == "tegrastats");
    let mut samples = run(&mut feed, INTERVAL * 5).0.len();
    // On a busy machine the five lines take longer.
    for _ in 0..100 {
        if runs(&feed) {
            samples += run(&mut feed, INTERVAL * 2).0.len();
        }
    }
    assert!(!runs(&feed) && samples >= 5, "{samples} samples");
    assert_eq!(board.starts().len(), 1);
}

#[test]
fn the_kernels_files_carry_on() {
    for (what, script) in [
        ("ends", "exit 3"),
        ("hangs", "sleep 60"),
        ("floods", "cat /dev/zero | tr '\\\\0' x"),
        ("prints garbage", "while :; do head -c 300 /dev/urandom; echo; sleep 0.1; done"),
        ("is no program", ""),
    ] {
        let board = Board::of("orin-nx-r36", "tegrastats", script);
        if what == "is no program" {
            fs::write(board.0.join("usr/bin/tegrastats"), "\u{7f}ELF").unwrap();
        }
        for choice in [Choice::Auto, Choice::Tegrastats] {
            let mut feed = board.feed(choice.clone());
            // Whoever asks for tegrastats waits for its first line, for two seconds.
            let silent = what == "hangs" || what == "prints garbage";
            let time = INTERVAL * if silent && choice == Choice::Tegrastats { 40 } else { 10 };
            let (samples, _) = run(&mut feed, time);
            assert!(samples.len() >= 4, "{what} {choice:?}: {} samples", samples.len());
            assert!(samples.last().unwrap()["temps"]["cpu"].is_number(), "{what}");
        }
    }
}

#[test]
fn the_kernels_files_start_no_child() {
    let board = Board::of("orin-nx-r36", "tegrastats", "exit 0");
    fs::copy(board.0.join("usr/bin/tegrastats"), board.0.join("usr/bin/nvidia-smi")).unwrap();
    run(&mut board.feed(Choice::Sysfs), INTERVAL * 5);
    assert_eq!(board.starts(), [""; 0]);
}

#[test]
fn thor_has_its_load_from_one_nvidia_smi() {
    let board = Board::of("thor-r38", "nvidia-smi", "while :; do echo '37, 1377'; sleep 0.1; done");
    let mut feed = board.feed(Choice::Sysfs);
    let last = run(&mut feed, INTERVAL * 10).0.pop().unwrap();
    assert_eq!(last["engines"]["GR3D"]["usage_percent"], 37);
    assert_eq!(last["gpus"]["gpu-gpc-0"]["load_percent"], 37);
    assert_eq!(board.starts().len(), 1, "{:?}", board.starts());
    assert!(board.starts()[0].contains("--loop-ms="), "{:?}", board.starts());
    let gone = Board::of("thor-r38", "other", "");
    let last = run(&mut gone.feed(Choice::Sysfs), INTERVAL * 3).0.pop().unwrap();
    assert_eq!(last["engines"]["GR3D"]["usage_percent"], Value::Null, "its absence is fine");
}
