//! Running the executable from outside: a directory for each test, a limit on every run, and what
//! all failures have in common.

#[allow(dead_code, reason = "other tests use the rest")]
#[path = "../child/mod.rs"]
mod child;
mod emulator;
mod env;
mod snapshot;
mod stats;
mod swap;

use serde_json::Value;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub const OWN: &str = env!("CARGO_BIN_EXE_jetsonscope");
pub const LINE: &str = "RAM 12/3964MB (lfb 3x4MB) CPU [1%@102,off] GR3D_FREQ 3% CPU@30C VDD_IN 5/6";
/// Nothing that a test runs may take longer; a program that does is killed and has no exit code.
pub const LIMIT: Duration = Duration::from_secs(4);

/// A directory of one test, with a log of three samples in it.
pub struct Scratch(pub PathBuf);

impl Scratch {
    pub fn new(test: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("jetsonscope-cli-{test}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("empty")).unwrap();
        fs::write(path.join("log"), format!("{LINE}\n").repeat(3)).unwrap();
        fs::write(path.join("nothing"), "").unwrap();
        Scratch(path)
    }

    pub fn at(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap_or_default()
    }

    /// Processes that have this directory in their command line: what a test has left behind.
    pub fn processes(&self) -> Vec<u32> {
        let own = self.0.to_str().unwrap().as_bytes();
        let has = |number: &u32| {
            let line = fs::read(format!("/proc/{number}/cmdline")).unwrap_or_default();
            line.windows(own.len()).any(|part| part == own)
        };
        let all = fs::read_dir("/proc").unwrap().flatten();
        all.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(has).collect()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        for number in self.processes() {
            signal("KILL", number);
        }
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// How a program ended, and what it printed.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
    pub took: Duration,
}

impl Ran {
    /// It failed as every program here fails: that code, one line of errors, no result.
    pub fn assert_failed(&self, code: i32, case: &dyn std::fmt::Debug) {
        assert_eq!(self.code, Some(code), "{case:?}: {self:?}");
        assert_eq!(self.out, "", "{case:?}: a failure prints no result");
        let lines: Vec<&str> = self.err.split_inclusive('\n').collect();
        assert!(lines.len() == 1 && self.err.ends_with('\n'), "{case:?}: one line, not {lines:?}");
        let odd = self.err.trim_end().chars().any(char::is_control);
        assert!(!odd, "{case:?}: control characters reach the terminal: {:?}", self.err);
    }

    pub fn assert_ok(&self, case: &dyn std::fmt::Debug) {
        assert_eq!((self.code, self.err.as_str()), (Some(0), ""), "{case:?}: {self:?}");
    }

    pub fn stats(&self, case: &dyn std::fmt::Debug) -> Value {
        self.assert_ok(case);
        assert_eq!(self.out.lines().count(), 1, "{case:?}: one message, one line");
        let message: Value = serde_json::from_str(&self.out).expect("JSON");
        assert_eq!(message.as_object().map(|object| object.len()), Some(1), "{case:?}: the envelope");
        message["Stats"].clone()
    }
}

/// A program without the variables that it heeds and without signals that are ignored, so that the
/// caller's do not count.
pub fn program(path: impl AsRef<Path>, words: &[&str]) -> Command {
    let mut command = Command::new(path.as_ref());
    command.args(words).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let stats = ["JETSONSCOPE_STATS_CMD", "TEGRASTATS_CMD", "JETSONSCOPE_TUI_MODE", "TEGRA_TUI_MODE"];
    for name in stats.into_iter().chain(["XDG_RUNTIME_DIR", "JETSONSCOPE_ROOT"]) {
        command.env_remove(name);
    }
    child::ignoring(&mut command, &[]);
    command
}

/// Waits for a child up to the limit, and kills it then.
pub fn finish(mut child: Child, limit: Duration) -> Ran {
    fn reader(from: Option<impl Read + Send + 'static>) -> std::thread::JoinHandle<String> {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            from.map(|mut from| from.read_to_end(&mut bytes));
            String::from_utf8_lossy(&bytes).into_owned()
        })
    }
    let start = Instant::now();
    let (out, err) = (reader(child.stdout.take()), reader(child.stderr.take()));
    while child.try_wait().unwrap().is_none() && start.elapsed() < limit {
        std::thread::sleep(Duration::from_millis(2));
    }
    let took = start.elapsed();
    let _ = child.kill();
    let code = child.wait().unwrap().code();
    Ran { code, out: out.join().unwrap(), err: err.join().unwrap(), took }
}

pub fn run(mut command: Command) -> Ran {
    finish(command.spawn().unwrap(), LIMIT)
}

pub fn jetsonscope(words: &[&str]) -> Ran {
    run(program(OWN, words))
}

pub fn jscopectl(words: &[&str]) -> Ran {
    jetsonscope(&[&["jscopectl"], words].concat())
}

pub fn signal(name: &str, number: u32) {
    let kill = format!("kill -{name} {number}");
    let _ = Command::new("/bin/sh").args(["-c", &kill]).stderr(Stdio::null()).status();
}

/// Waits until something holds, for a second at most.
pub fn soon(holds: impl Fn() -> bool) -> bool {
    let start = Instant::now();
    while !holds() && start.elapsed() < Duration::from_secs(1) {
        std::thread::sleep(Duration::from_millis(5));
    }
    holds()
}

/// A zombie counts as gone: whose child it is now does not matter here.
pub fn gone(number: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{number}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_none_or(|rest| rest.is_empty() || rest.starts_with(['Z', 'X']))
}
