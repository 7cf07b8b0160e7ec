//! `jetsonscope simulate` as a program: a tree that lives, obeys what is written into it, and ends
//! as it is told.
#![cfg(feature = "emulator")]

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("jetsonscope-simulate-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The program at work; ended with the test.
struct Running(Child);

impl Running {
    /// Starts it and waits for its first beat.
    fn start(board: &str, directory: &Path, more: &[&str]) -> Running {
        let mut child = command(board, directory, more).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with(directory.to_str().unwrap()) && line.contains(board), "{line:?}");
        Running(child)
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.0.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    fn code(&mut self) -> Option<i32> {
        self.0.wait().unwrap().code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn command(board: &str, directory: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jetsonscope"));
    command.args(["simulate", "--board", board, "--dir"]).arg(directory).args(more);
    command.stdin(Stdio::null()).stderr(Stdio::piped());
    command
}

fn run(board: &str, directory: &Path, more: &[&str]) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = command(board, directory, more).output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn number(path: &Path) -> i64 {
    text(path).trim().parse().unwrap_or_else(|_| panic!("{}: {:?}", path.display(), text(path)))
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !done() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

const ZONE: &str = "sys/class/thermal/thermal_zone0/temp";
const FAN: &str = "sys/devices/platform/pwm-fan/hwmon/hwmon5/pwm1";

#[test]
fn ok_a_board_lives_obeys_and_ends() {
    let scratch = Scratch::new("lives");
    let directory = scratch.0.join("board");
    let mut running = Running::start(
        "orin-nano",
        &directory,
        &["--scenario", "training", "--speed", "100", "--interval", "20"],
    );
    let (zone, fan) = (directory.join(ZONE), directory.join(FAN));
    let uptime = |text: &str| text.split('.').next().unwrap().parse::<u64>().unwrap();
    let start = uptime(&text(&directory.join("proc/uptime")));
    fs::write(&fan, "0\n").unwrap();
    until("values move", || uptime(&text(&directory.join("proc/uptime"))) > start + 300);
    let still_mc = number(&zone);
    assert_eq!(number(&fan), 0);
    fs::write(&fan, "255\n").unwrap();
    until("a fan cools", || number(&zone) < still_mc - 5000);
    fs::write(directory.join("var/lib/nvpmodel/status"), "pmode:0003\n").unwrap();
    until("a mode acts", || text(&directory.join("sys/devices/system/cpu/online")).trim() == "0-3");
    fs::write(&fan, "garbage").unwrap();
    until("garbage goes", || text(&fan).trim() == "255");
    running.signal("-TERM");
    assert_eq!(running.code(), Some(128 + 15));
    assert!(zone.exists(), "the files stay");
}

/// Controls act on a board that lives, by its own tools.
#[test]
#[cfg(any(feature = "daemon", feature = "cli"))]
fn ok_controls_act() {
    use jetsonscope::control::desk::{Change, Desk};
    use jetsonscope::root::Root;
    let scratch = Scratch::new("controls");
    let directory = scratch.0.join("board");
    let _running = Running::start("orin-nx", &directory, &["--speed", "10", "--interval", "20"]);
    let mut desk = Desk::open(Root::at(&directory));
    let mut set = |control: &str, value: &str| {
        let change = Change { control: control.into(), value: value.into(), ..Change::default() };
        let begun = desk.set(change, None, Instant::now()).map_err(|refusal| refusal.why)?;
        let end = Instant::now() + Duration::from_secs(60);
        match begun {
            Some(outcome) => Ok(outcome),
            None => desk.finish(end).map_err(|refusal| refusal.why),
        }
    };
    let khz = |file: &str| number(&directory.join(format!("sys/devices/system/cpu/cpufreq/policy0/{file}")));
    let highest_khz = khz("cpuinfo_max_freq");
    set("nvpmodel", "MAXN").unwrap();
    assert_eq!(khz("scaling_max_freq"), highest_khz);
    set("jetson_clocks", "on").unwrap();
    until("pinned clocks run at their limit", || khz("scaling_cur_freq") == highest_khz);
    let outcome = set("nvpmodel", "15w").unwrap();
    assert_eq!((outcome.old.as_str(), outcome.new.as_str()), ("MAXN", "15W"));
    until("a mode lowers clocks", || khz("scaling_cur_freq") < highest_khz);
    assert!(khz("scaling_max_freq") < highest_khz);
    assert_eq!(khz("scaling_min_freq"), khz("scaling_max_freq"), "and they are pinned again");
    set("jetson_clocks", "off").unwrap();
    until("clocks follow the load", || khz("scaling_cur_freq") < khz("scaling_max_freq"));
    assert!(set("nvpmodel", "7").unwrap_err().starts_with("nvpmodel: no such value"));
}

/// A reader that keeps a file open sees a whole value at every moment.
#[test]
fn ok_no_reader_sees_half_a_value() {
    let scratch = Scratch::new("whole");
    let mut running =
        Running::start("agx-orin", &scratch.0.join("board"), &["--interval", "1", "--speed", "50"]);
    let open = |name: &str| File::open(scratch.0.join("board").join(name)).unwrap();
    let files = [ZONE, "sys/devices/platform/gpu.0/load", "sys/devices/platform/gpu.0/devfreq_dev/cur_freq"];
    let values = files.map(open);
    let (mut seen, mut bytes) = (std::collections::BTreeSet::new(), [0; 64]);
    let start = Instant::now();
    while seen.len() < 30 || start.elapsed() < Duration::from_secs(2) {
        assert!(start.elapsed() < Duration::from_secs(20), "{seen:?}");
        for (file, name) in values.iter().zip(files) {
            let length = file.read_at(&mut bytes, 0).unwrap();
            let text = std::str::from_utf8(&bytes[..length]).unwrap();
            let value: i64 = text.trim_end().parse().unwrap_or_else(|_| panic!("{name}: {text:?}"));
            assert!(text.ends_with('\n') && (-256_000..2_000_000_000).contains(&value), "{name}: {text:?}");
            seen.insert(value);
        }
    }
    running.signal("-INT");
    assert_eq!(running.code(), Some(128 + 2));
}

#[test]
fn ok_a_count_ends_it() {
    let scratch = Scratch::new("count");
    let directory = scratch.0.join("a/b");
    assert_eq!(run("nano", &directory, &["--count", "1"]), (Some(0), String::new()));
    assert_eq!(text(&directory.join("proc/uptime")).split(' ').next(), Some("1.00"));
    assert_eq!(number(&directory.join("sys/devices/gpu.0/devfreq/57000000.gpu/max_freq")), 921_600_000);
    assert_eq!(run("nano", &directory, &["--count", "3", "--interval", "10"]), (Some(0), String::new()));
    assert_eq!(text(&directory.join("proc/uptime")).split(' ').next(), Some("0.03"));
}

#[test]
fn err_wrong_use() {
    let scratch = Scratch::new("use");
    let directory = scratch.0.join("board");
    fs::create_dir(scratch.0.join("mine")).unwrap();
    fs::write(scratch.0.join("mine/file"), "mine").unwrap();
    let mine = scratch.0.join("mine");
    for (board, directory, more, code, why) in [
        ("jetson", &directory, &[][..], 64, "no simulated board \"jetson\""),
        ("nano", &directory, &["--scenario", "party"], 64, "no scenario \"party\""),
        ("nano", &directory, &["--speed", "0"], 64, "--speed: \"0\" is not a number from 1 to 1000"),
        ("nano", &directory, &["--interval", "3600001"], 64, "--interval"),
        ("nano", &directory, &["--speed", "1000", "--interval", "3601"], 64, "more than an hour a beat"),
        ("nano", &directory, &["--count", "x"], 64, "--count"),
        ("nano", &directory, &["--frobnicate"], 64, "invalid option '--frobnicate'"),
        ("nano", &directory, &["word"], 64, "unexpected argument \"word\""),
        ("nano", &PathBuf::new(), &[], 64, "--dir: no directory given"),
        ("nano", &mine, &["--count", "1"], 73, "not made by simulate"),
        ("nano", &mine.join("file"), &["--count", "1"], 73, "file"),
    ] {
        let (found, message) = run(board, directory, more);
        assert_eq!(found, Some(code), "{more:?} {message}");
        assert!(message.starts_with("simulate: ") && message.contains(why), "{message:?} without {why:?}");
        assert_eq!(message.lines().count(), 1, "{message:?}");
    }
    assert!(!directory.exists());
    assert_eq!(text(&mine.join("file")), "mine");
}

#[test]
fn err_two_in_one_directory() {
    let scratch = Scratch::new("two");
    let directory = scratch.0.join("board");
    let _running = Running::start("nano", &directory, &[]);
    let (code, message) = run("nano", &directory, &["--count", "1"]);
    assert_eq!((code, message.contains("another simulator")), (Some(75), true), "{message}");
}

#[test]
fn err_a_directory_that_goes() {
    let scratch = Scratch::new("goes");
    let directory = scratch.0.join("board");
    let mut running = Running::start("nano", &directory, &["--interval", "200"]);
    fs::rename(&directory, scratch.0.join("away")).unwrap();
    assert_eq!(running.code(), Some(74));
    let mut message = String::new();
    running.0.stderr.take().unwrap().read_to_string(&mut message).unwrap();
    assert_eq!(message, format!("simulate: {}: the directory is gone\n", directory.display()));
    assert!(!directory.exists());
}

/// A limit on the size of files stands for a full disk: a write fails.
#[test]
fn err_a_full_disk() {
    let scratch = Scratch::new("full");
    let directory = scratch.0.join("board");
    let script = "trap '' XFSZ; ulimit -f 1; exec \"$@\"";
    let command = command("nano", &directory, &["--count", "1"]);
    let words = [command.get_program()].into_iter().chain(command.get_args());
    let Output { status, stderr, .. } =
        Command::new("sh").args(["-c", script, "sh"]).args(words).output().unwrap();
    let message = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(74), "{message}");
    assert!(message.starts_with(&format!("simulate: {}", directory.display())), "{message}");
    assert!(message.ends_with("file too large\n"), "{message}");
}

#[test]
fn ok_a_command_that_is_no_program() {
    let program = env!("CARGO_BIN_EXE_jetsonscope");
    let output = Command::new(program).arg("--list").output().unwrap();
    assert!(!String::from_utf8(output.stdout).unwrap().contains("simulate"));
    let help = Command::new(program).args(["simulate", "--help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    assert!(help.starts_with("usage: jetsonscope simulate") && help.lines().count() <= 24, "{help}");
}
