//! The daemon as those run it that start services: systemd with its variables, scripts with a pid file,
//! and shells. Stand-ins take their places.
#![cfg(all(feature = "daemon", feature = "cli", target_os = "linux"))]

#[path = "service/background.rs"]
mod background;
#[path = "service/check.rs"]
mod check;
#[allow(dead_code, reason = "other tests use the rest")]
mod daemon;
#[path = "service/handed.rs"]
mod handed;
#[path = "service/notify.rs"]
mod notify;
#[path = "service/pidfile.rs"]
mod pidfile;
#[path = "service/reload.rs"]
mod reload;

use std::cell::RefCell;
use std::fs;
use std::io::ErrorKind;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use daemon::{Daemon, OWN, command, soon};

fn ms(time: u64) -> Duration {
    Duration::from_millis(time)
}

/// A directory for daemons that end by themselves or are not our children; gone afterwards, with the
/// processes that have it in their command line.
struct Scratch(PathBuf);

/// How a program ended, and what it said.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Scratch {
    fn new(name: &str, settings: &[&str]) -> Scratch {
        Scratch(daemon::directory(name, settings))
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.at(name)).unwrap_or_default()
    }

    /// The daemon of this directory, with more options.
    fn jscoped(&self, more: &[&str]) -> Command {
        let mut own = command(OWN);
        own.args(daemon::words(&self.0)).args(["--source", "sysfs"]).args(more);
        own
    }

    /// Runs it to its end. It writes into files, not pipes, which a daemon could keep open.
    fn run(&self, mut command: Command) -> Ran {
        let [out, err] = ["said.out", "said.err"].map(|name| fs::File::create(self.at(name)).unwrap());
        let mut child = command.stdout(out).stderr(err).spawn().unwrap();
        let ends = soon(10, || child.try_wait().unwrap().is_some());
        let _ = child.kill();
        let code = child.wait().unwrap().code();
        let ran = Ran { code, out: self.read("said.out"), err: self.read("said.err") };
        assert!(ends, "it does not end: {ran:?}");
        ran
    }

    /// The names of what is in it, but for the board and what [`Scratch::run`] writes.
    fn names(&self) -> Vec<String> {
        let names = fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
        names.retain(|name| name != "board" && !name.starts_with("said."));
        names.sort();
        names
    }

    /// The processes that have this directory in their command line.
    fn processes(&self) -> Vec<i32> {
        let own = [self.0.to_str().unwrap(), "/"].concat();
        let has = |number: &i32| {
            let line = fs::read(format!("/proc/{number}/cmdline")).unwrap_or_default();
            line.windows(own.len()).any(|part| part == own.as_bytes())
        };
        let all = fs::read_dir("/proc").unwrap().flatten();
        all.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(has).collect()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        for number in self.processes() {
            let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(number), nix::sys::signal::SIGKILL);
        }
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Ran {
    /// It failed with that code and one line.
    fn assert_failed(&self, code: i32, case: &str) {
        assert_eq!(self.code, Some(code), "{case}: {self:?}");
        assert_eq!((self.err.lines().count(), &*self.out), (1, ""), "{case}: {self:?}");
        assert!(self.err.starts_with("jscoped: ") && self.err.ends_with('\n'), "{case}: {self:?}");
    }
}

/// A service manager that hears what it is told.
struct Manager {
    socket: UnixDatagram,
    /// For NOTIFY_SOCKET.
    address: String,
    heard: RefCell<Vec<String>>,
}

impl Manager {
    /// At a path, or for a name that begins with `@` at an abstract one.
    fn new(name: &str) -> Manager {
        let own = format!("jetsonscope-manager-{}-{}", std::process::id(), name.trim_start_matches('@'));
        let (address, at) = match name.strip_prefix('@') {
            Some(_) => (format!("@{own}"), SocketAddr::from_abstract_name(&own)),
            None => {
                let path = std::env::temp_dir().join(own);
                let _ = fs::remove_file(&path);
                (path.to_str().unwrap().to_owned(), SocketAddr::from_pathname(&path))
            }
        };
        let socket = UnixDatagram::bind_addr(&at.unwrap()).unwrap();
        Manager { socket, address, heard: RefCell::default() }
    }

    /// What is said next, if anything is within that time.
    fn next(&self, within: Duration) -> Option<String> {
        self.socket.set_read_timeout(Some(within.max(ms(1)))).unwrap();
        let mut bytes = [0; 4096];
        let got = match self.socket.recv(&mut bytes) {
            Ok(got) => got,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return None,
            Err(error) => panic!("{error}"),
        };
        let said = String::from_utf8(bytes[..got].to_vec()).unwrap();
        self.heard.borrow_mut().push(said.clone());
        Some(said)
    }

    /// What is said next besides the watchdog.
    fn news(&self) -> String {
        let end = Instant::now() + Duration::from_secs(10);
        while Instant::now() < end {
            match self.next(ms(200)) {
                Some(said) if said != "WATCHDOG=1" => return said,
                _ => {}
            }
        }
        panic!("nothing is said; before that {:?}", self.heard.borrow());
    }

    fn expect(&self, wanted: &str) {
        assert_eq!(self.news(), wanted, "after {:?}", self.heard.borrow());
    }

    /// Takes what was said already, and forgets it.
    fn forget(&self) {
        while self.next(ms(1)).is_some() {}
    }

    /// A daemon under this manager that has said that it is ready.
    fn starts(&self, name: &str, settings: &[&str], variables: &[(&str, &str)]) -> Daemon {
        let daemon = Daemon::launched(name, settings, |command, _| {
            command.args(["--source", "sysfs"]).env("NOTIFY_SOCKET", &self.address);
            command.envs(variables.iter().copied());
        });
        self.expect("READY=1\nSTATUS=serving");
        daemon
    }
}

impl Drop for Manager {
    fn drop(&mut self) {
        if self.address.starts_with('/') {
            let _ = fs::remove_file(&self.address);
        }
    }
}

/// A program in the place of the daemon's command: a shell that sets what only it can, and becomes the
/// daemon.
fn through_shell(command: &mut Command, directory: &Path, script: &str) {
    let mut shell = daemon::command("/bin/sh");
    shell.args(["-c", script, OWN]).args(daemon::words(directory)).args(["--source", "sysfs"]);
    shell.stderr(fs::File::options().append(true).open(directory.join("log")).unwrap());
    *command = shell;
}
