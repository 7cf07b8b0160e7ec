//! What a steady sample of the kernel's files costs, and what a whole command does: system calls
//! are counted, times are printed.
#![cfg(feature = "cli")]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use jetsonscope::root::Root;
use jetsonscope::source::{Choice, Feed};
use jetsonscope::sys;

const OWN: &str = env!("CARGO_BIN_EXE_jetsonscope");
/// The variable that makes a test the program that is looked at.
const CHILD: &str = "JETSONSCOPE_TEST_STEADY";
const SECOND: Duration = Duration::from_secs(1);
const TICKS: u32 = 9;

fn board(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/boards").join(name)
}

/// Files that the collectors read for each sample.
fn files_read(feed: &Feed) -> u32 {
    feed.statuses().iter().map(|status| status.last.reads).sum()
}

fn missing(tool: &str) -> bool {
    let found = Command::new(tool).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if found.is_err() {
        eprintln!("skipped: needs {tool}");
    }
    found.is_err()
}

/// What is looked at from outside: ticks of 20 ms with a poll between them.
#[test]
fn child_that_samples() {
    let Ok(name) = std::env::var(CHILD) else { return };
    let start = Instant::now();
    let mut feed = Feed::open(Choice::Sysfs, &Root::at(board(&name)), SECOND, start).unwrap();
    for tick in 0..TICKS {
        // A descriptor of its own, so that the poll is one.
        sys::wait([None], Instant::now() + Duration::from_millis(20)).unwrap();
        assert!(feed.turn(start + SECOND * tick));
    }
    sys::wait([None], Instant::now() + Duration::from_millis(20)).unwrap();
}

/// The system calls between the polls, by name.
fn calls_between_polls(trace: &str) -> Vec<BTreeMap<String, u32>> {
    let mut ticks = vec![BTreeMap::new()];
    for line in trace.lines() {
        let call = line.split_once(' ').map_or(line, |(_, call)| call.trim_start());
        let Some((name, _)) = call.split_once('(') else { continue };
        if name == "poll" || name == "ppoll" {
            ticks.push(BTreeMap::new());
        } else if let Some(tick) = ticks.last_mut() {
            *tick.entry(name.to_owned()).or_default() += 1;
        }
    }
    ticks
}

#[test]
fn a_steady_sample_is_one_read_a_file() {
    if cfg!(not(target_os = "linux")) || missing("strace") {
        return;
    }
    for name in ["agx-orin-r36", "orin-nx-r36", "nano-r32", "thor-r38"] {
        let trace = std::env::temp_dir().join(format!("jetsonscope-trace-{}-{name}", std::process::id()));
        let status = Command::new("strace")
            .args(["-f", "-o"])
            .arg(&trace)
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "child_that_samples", "--test-threads=1"])
            .env(CHILD, name)
            .stdout(Stdio::null())
            .status();
        assert!(status.unwrap().success());
        let text = fs::read_to_string(&trace).unwrap();
        fs::remove_file(&trace).unwrap();
        let ticks = calls_between_polls(&text);
        let start = Instant::now();
        let mut feed = Feed::open(Choice::Sysfs, &Root::at(board(name)), SECOND, start).unwrap();
        (0..3).for_each(|tick| assert!(feed.turn(start + SECOND * tick)));
        let files = files_read(&feed);
        // The first reads what is slow, too; the last is the end of the test.
        for tick in &ticks[3..TICKS as usize] {
            let (all, reads) = (tick.values().sum::<u32>() + 1, tick.get("pread64").copied().unwrap_or(0));
            assert_eq!(reads, files, "{name}: {tick:?}");
            assert!(all <= files + 3, "{name}: {all} system calls for {files} files: {tick:?}");
        }
        println!("{name}: {files} files, {} system calls a sample", ticks[4].values().sum::<u32>() + 1);
    }
}

/// The floor: a program that keeps as many descriptors and reads each of them.
fn floor(files: u32) -> Duration {
    let path = std::env::temp_dir().join(format!("jetsonscope-floor-{}", std::process::id()));
    fs::write(&path, "1234\n").unwrap();
    let open: Vec<File> = (0..files).map(|_| File::open(&path).unwrap()).collect();
    fs::remove_file(&path).unwrap();
    let mut buffer = [0; 4096];
    let begin = cpu();
    for _ in 0..200 {
        for file in &open {
            std::hint::black_box(file.read_at(&mut buffer, 0).unwrap());
        }
    }
    (cpu() - begin) / 200
}

/// Time that this thread has run (Linux).
fn cpu() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(text.split(' ').next().and_then(|ns| ns.parse().ok()).unwrap_or(0))
}

#[test]
fn cpu_of_a_steady_sample_beside_the_floor() {
    let start = Instant::now();
    let mut feed = Feed::open(Choice::Sysfs, &Root::at(board("agx-orin-r36")), SECOND, start).unwrap();
    (0..3).for_each(|tick| assert!(feed.turn(start + SECOND * tick)));
    let begin = cpu();
    for tick in 3..203 {
        assert!(feed.turn(start + SECOND * tick));
    }
    let sample = (cpu() - begin) / 200;
    let floor = floor(files_read(&feed));
    println!("agx-orin-r36: {sample:?} of CPU a sample, floor {floor:?} (instructions: no counters used)");
}

/// The descriptors of the sensors are kept, and no more than those.
#[test]
fn descriptors_are_those_of_the_files() {
    if cfg!(not(target_os = "linux")) {
        return;
    }
    // Other tests of this process open files, too: those of this board are counted.
    let board = board("agx-orin-r39");
    let open = || {
        let links =
            fs::read_dir("/proc/self/fd").unwrap().filter_map(|fd| fs::read_link(fd.ok()?.path()).ok());
        links.filter(|link| link.starts_with(&board)).count()
    };
    let start = Instant::now();
    let mut feed = Feed::open(Choice::Sysfs, &Root::at(&board), SECOND, start).unwrap();
    assert!(feed.turn(start));
    let first = open();
    for tick in 1..1000 {
        assert!(feed.turn(start + SECOND * tick));
    }
    assert!(open() <= first, "{} descriptors, at first {first}", open());
    let files: u32 = feed.statuses().iter().map(|status| status.last.good + status.slow.good).sum();
    assert!(first <= files as usize + 8, "{first} descriptors for {files} files");
}

/// The fastest of some runs of a whole command.
fn fastest(arguments: &[&str]) -> Duration {
    let run = || {
        let begin = Instant::now();
        let status = Command::new(OWN).args(arguments).stdout(Stdio::null()).status().unwrap();
        assert!(status.success(), "{arguments:?}");
        begin.elapsed()
    };
    (0..20).map(|_| run()).min().unwrap()
}

#[test]
fn whole_commands_are_quick() {
    let board = board("agx-orin-r36");
    let board = board.to_str().unwrap();
    for arguments in [
        &["jscopectl", "stats", "--instant", "--root", board][..],
        &["jscopectl", "stats", "--instant", "--json", "--root", board],
        &["jetson_scope_release", "--root", board],
    ] {
        let time = fastest(arguments);
        println!("{arguments:?}: {time:?}");
        // Built for debugging it takes several times as long.
        assert!(
            time < Duration::from_millis(if cfg!(debug_assertions) { 200 } else { 10 }),
            "{arguments:?}: {time:?}"
        );
    }
}

/// An ordinary user reads what is open to everybody, and is told once what is not.
#[test]
fn an_ordinary_user_without_debugfs() {
    use std::os::unix::fs::PermissionsExt;
    if !nix::unistd::geteuid().is_root() {
        eprintln!("skipped: not root, so already an ordinary user");
        return;
    }
    let copy = std::env::temp_dir().join(format!("jetsonscope-user-{}", std::process::id()));
    let status = Command::new("cp").arg("-r").arg(board("orin-nx-r36")).arg(&copy).status().unwrap();
    assert!(status.success());
    let program = copy.join("jetsonscope");
    fs::copy(OWN, &program).unwrap();
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(copy.join("sys/kernel/debug"), fs::Permissions::from_mode(0o700)).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(&program);
        command.args(arguments).arg("--root").arg(&copy).uid(65534).gid(65534);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let page = run(&["jscopectl", "stats", "--instant"]);
    for shown in ["CPU", "GPU", "cpu temp", "VDD_IN", "pwmfan", "policy0", "power mode"] {
        assert!(page.contains(shown), "{shown} in {page}");
    }
    assert_eq!(page.matches("needs root").count(), 1, "{page}");
    let line = page.lines().find(|line| line.starts_with("needs root")).unwrap();
    assert!(line.contains("engine"), "{line}");
    assert!(!page.contains("EMC  "), "{page}");
    let sources = run(&["jscopectl", "sources"]);
    assert!(sources.lines().any(|line| line.starts_with("thermal    ok")), "{sources}");
    assert!(sources.contains("permission denied"), "{sources}");
    fs::remove_dir_all(&copy).unwrap();
}
