//! A daemon as a process, on a board of the fixtures, and what it costs.

#[path = "../child/mod.rs"]
pub mod child;
#[path = "../copy/mod.rs"]
pub mod copy;

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

pub const OWN: &str = env!("CARGO_BIN_EXE_jetsonscope");

/// systemctl for the fan's service, whose control group says that it runs.
pub const SYSTEMCTL: &str = r#"
group=$JETSONSCOPE_ROOT/sys/fs/cgroup/system.slice/nvfancontrol.service
case $1 in
stop) rm -rf "$group" ;;
start) mkdir -p "$group"; echo 1187 >"$group/cgroup.procs" ;;
is-active) [ -e "$group" ] ;;
esac"#;

/// Puts a stand-in for one of the vendor's tools on a board.
pub fn tool(board: &Path, name: &str, script: &str) {
    let path = board.join("usr/sbin").join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Has the command start with a limit, soft, or soft and hard.
#[cfg(target_os = "linux")]
pub fn limit(command: &mut Command, resource: libc::__rlimit_resource_t, soft: u64, hard: u64) {
    let limit = libc::rlimit { rlim_cur: soft, rlim_max: hard };
    // SAFETY: setrlimit may be called between fork and exec, and reads but the limit.
    unsafe {
        command.pre_exec(move || match libc::setrlimit(resource, &limit) {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        });
    }
}

/// A directory with a daemon in it, both gone afterwards.
pub struct Daemon {
    pub directory: PathBuf,
    pub child: Child,
}

/// What a daemon holds.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    pub anon_kb: u64,
    pub descriptors: usize,
}

/// A directory for a daemon that every user may look into, with its configuration in it.
pub fn directory(name: &str, settings: &[&str]) -> PathBuf {
    let path = std::env::temp_dir().join(format!("jetsonscope-daemon-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(path.join("conf"), settings.join("\n")).unwrap();
    copy::board("orin-nx-r36", &path);
    path
}

/// The words after the program's name: all in that directory, each sample 100 ms after the last.
pub fn words(directory: &Path) -> Vec<String> {
    let text = |path: PathBuf| path.to_str().unwrap().to_owned();
    let board = directory.join("board");
    let paths = [("--root", board), ("--config", directory.join("conf")), ("--socket", directory.join("s"))];
    let mut words = vec!["jscoped".to_owned()];
    paths.into_iter().for_each(|(option, path)| words.extend([option.to_owned(), text(path)]));
    words.extend(["--interval".to_owned(), "100".to_owned()]);
    words
}

/// A command that neither the caller's variables reach nor the signals that he ignores.
pub fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    let is_ours =
        |name: &[u8]| name.starts_with(b"JETSONSCOPE_") || name.windows(5).any(|part| part == b"TEGRA");
    let names = std::env::vars_os().map(|(name, _)| name);
    for name in names.filter(|name| is_ours(name.as_encoded_bytes())) {
        command.env_remove(name);
    }
    for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID"] {
        command.env_remove(name);
    }
    child::ignoring(&mut command, &[]);
    command.stdin(Stdio::null());
    command
}

impl Daemon {
    pub fn start(name: &str, settings: &[&str]) -> Daemon {
        Daemon::prepared(name, settings, |command, _| _ = command.args(["--source", "sysfs"]))
    }

    pub fn with_source(name: &str, settings: &[&str], source: &str) -> Daemon {
        Daemon::prepared(name, settings, |command, _| _ = command.args(["--source", source]))
    }

    pub fn prepared(name: &str, settings: &[&str], prepare: impl FnOnce(&mut Command, &Path)) -> Daemon {
        let daemon = Daemon::launched(name, settings, prepare);
        daemon.wait();
        daemon
    }

    /// The same without waiting until it answers.
    pub fn launched(name: &str, settings: &[&str], prepare: impl FnOnce(&mut Command, &Path)) -> Daemon {
        let directory = directory(name, settings);
        let mut own = command(OWN);
        own.args(words(&directory)).stderr(fs::File::create(directory.join("log")).unwrap());
        prepare(&mut own, &directory);
        Daemon { child: own.spawn().unwrap(), directory }
    }

    /// Starts a command that was made elsewhere, and waits until it answers.
    pub fn spawned(directory: PathBuf, mut command: Command) -> Daemon {
        let daemon = Daemon { child: command.spawn().unwrap(), directory };
        daemon.wait();
        daemon
    }

    pub fn wait(&self) {
        let answers = || {
            let mut stream = UnixStream::connect(self.socket()).ok()?;
            stream.set_read_timeout(Some(Duration::from_secs(2))).ok()?;
            stream.write_all(b"\"Ping\"\n").ok()?;
            (stream.read(&mut [0; 64]).ok()? > 0).then_some(())
        };
        assert!(soon(10, || answers().is_some()), "it does not start: {}", self.log());
    }

    pub fn socket(&self) -> PathBuf {
        self.directory.join("s")
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.join("log")).unwrap_or_default()
    }

    pub fn connect(&self) -> UnixStream {
        let stream = UnixStream::connect(self.socket()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        stream.set_write_timeout(Some(Duration::from_secs(5))).unwrap();
        stream
    }

    /// One line of JSON for one line of JSON.
    pub fn ask(&self, request: &str) -> Value {
        let mut stream = self.connect();
        stream.write_all(format!("{request}\n").as_bytes()).unwrap();
        serde_json::from_slice(&line(&mut stream)).unwrap_or_else(|error| panic!("{request}: {error}"))
    }

    /// A number of its /proc/PID/status.
    pub fn status(&self, name: &str) -> u64 {
        let text = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
    }

    pub fn held(&self) -> Held {
        let descriptors = fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count();
        Held { anon_kb: self.status("RssAnon"), descriptors }
    }

    /// CPU time of the process and of the children that it has waited for, ms.
    pub fn cpu_ms(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields = stat.rsplit(") ").next().unwrap().split(' ').skip(11).take(2);
        fields.map(|field| field.parse::<u64>().unwrap() * 10).sum()
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id() as i32), signal).unwrap();
    }

    pub fn end(&mut self) -> Option<i32> {
        self.signal(Signal::SIGTERM);
        assert!(soon(5, || self.child.try_wait().unwrap().is_some()), "SIGTERM does not end it");
        self.child.wait().unwrap().code()
    }

    /// Times of some pings, each on a connection of its own, sorted.
    pub fn pings(&self) -> Vec<Duration> {
        let ping = |_| {
            let start = Instant::now();
            assert!(self.ask("\"Ping\"")["Pong"].is_object());
            start.elapsed()
        };
        let mut times: Vec<Duration> = (0..15).map(ping).collect();
        times.sort();
        times
    }

    /// It answers as fast as ever.
    pub fn assert_answers(&self, case: &str) {
        let times = self.pings();
        println!("{case}: ping {:?} in the middle, {:?} at most", times[7], times[14]);
        assert!(times[7] < Duration::from_millis(10), "{case}: a ping takes {:?}", times[7]);
    }

    /// It answers, and holds no more than it did, once it has noticed that its peers are gone.
    pub fn assert_as_before(&self, before: Held, case: &str) {
        self.assert_answers(case);
        soon(3, || self.held().descriptors <= before.descriptors);
        let after = self.held();
        println!("{case}: {before:?}, then {after:?}");
        assert!(after.descriptors <= before.descriptors, "{case}: {before:?}, then {after:?}");
        // What the allocator keeps, and code that had not run before.
        assert!(after.anon_kb <= before.anon_kb + 1536, "{case}: {before:?}, then {after:?}");
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Whether it becomes true within so many seconds.
pub fn soon(seconds: u64, mut is_so: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + Duration::from_secs(seconds);
    loop {
        if is_so() {
            return true;
        }
        if Instant::now() >= end {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// What comes up to the end of the line.
pub fn line(stream: &mut impl Read) -> Vec<u8> {
    let (mut found, mut byte) = (Vec::new(), [0]);
    while stream.read(&mut byte).unwrap_or(0) == 1 && byte[0] != b'\n' {
        found.push(byte[0]);
    }
    found
}

/// Whether a process is there that is no zombie.
pub fn lives(number: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", number.trim())).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
}
