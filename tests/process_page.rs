//! The page of processes of `jscope` on a (pseudo-)terminal: signals reach a process of this machine, and
//! no other.
#![cfg(all(feature = "tui", feature = "emulator", feature = "daemon"))]
#![allow(clippy::duplicate_mod, reason = "each harness starts children")]

#[allow(dead_code, reason = "other tests use the rest")]
mod daemon;
#[allow(dead_code, reason = "other tests use the rest")]
mod pty;

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command};

use daemon::Daemon;
use pty::Pty;

const JSCOPE: &str = env!("CARGO_BIN_EXE_jscope");
const SIZE: (u16, u16) = (100, 24);

/// A process that does nothing, and what finds it.
struct Idle(Child, String);

impl Idle {
    fn start(number: u32) -> Idle {
        let time = format!("{number}{}", std::process::id());
        Idle(Command::new("sleep").arg(&time).spawn().expect("sleep"), format!("sleep {time}"))
    }

    /// Writes into a directory what a kernel would say of it, with that command.
    fn write(&self, root: &Path, command: &str) {
        let (pid, board) = (self.0.id(), root.join(format!("proc/{}", self.0.id())));
        fs::create_dir_all(&board).unwrap();
        let stat = format!("{pid} (sleep) S 1 1 1 0 -1 4194304 0 0 0 0 1 0 0 0 20 0 1 0 5 9 18 1 1 0\n");
        fs::write(board.join("stat"), stat).unwrap();
        fs::write(board.join("cmdline"), command).unwrap();
    }
}

impl Drop for Idle {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The page, with nothing but that process on it, chosen.
fn page(words: &[&str], idle: &Idle) -> Pty {
    let words = [&[JSCOPE, "--page", "proc", "--interval", "100"], words].concat();
    let mut pty = Pty::start(&words, &[], SIZE);
    pty.see("COMMAND");
    pty.send(format!("/{}\r", idle.1).as_bytes());
    pty.see("1 shown");
    pty.send(b"j");
    pty
}

/// Sends a signal, and sees what comes of it.
fn signal(pty: &mut Pty, idle: &Idle, keys: &[u8], wanted: &str) {
    pty.send(b"k");
    pty.see(&format!("signal to {} of ", idle.0.id()));
    pty.send(keys);
    pty.see(&format!("process {}: {wanted}", idle.0.id()));
    assert!(!pty.text().contains("signal to"), "{}", pty.text());
}

fn log(name: &str) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, "RAM 1224/7620MB CPU [3%@729] tj@40C\n".repeat(1000)).expect("a log");
    format!("file:{}", path.display())
}

#[test]
fn a_signal_reaches_the_chosen_one() {
    let source = log("process-page.log");
    for (keys, name, number) in [(&b"y"[..], "TERM", 15), (b"\x1b[C\r", "KILL", 9)] {
        let mut idle = Idle::start(1000);
        let mut pty = page(&["--source", &source], &idle);
        let _ = Idle::start(2000);
        signal(&mut pty, &idle, keys, &format!("got {name}"));
        assert_eq!(idle.0.wait().expect("our child").signal(), Some(number));
        pty.see("0 shown");
        pty.send(b"k");
        pty.see("no process is chosen");
        pty.send(b"\x1bq");
        pty.ends(0);
    }
}

#[test]
fn a_signal_that_is_not_wanted_is_not_sent() {
    let mut idle = Idle::start(3000);
    let mut pty = page(&["--source", &log("process-page-not.log")], &idle);
    for keys in [&b"n"[..], b"\x1b", b"q"] {
        pty.send(b"k");
        pty.see("signal to");
        pty.send(keys);
        pty.until("no dialog", |pty| !pty.text().contains("signal to"));
    }
    assert_eq!(idle.0.try_wait().expect("our child"), None);
    pty.send(b"\x03");
    pty.ends(0);
}

#[test]
fn none_is_sent_for_a_board_that_is_not_this_machine() {
    let mut idle = Idle::start(4000);
    let mut pty = page(&["--source", "synthetic"], &idle);
    signal(&mut pty, &idle, b"y", "the board is simulated");
    let daemon = Daemon::start("process-page", &[]);
    let board = daemon.directory.join("board");
    idle.write(&board, &idle.1);
    let root = board.to_str().expect("a path");
    let mut pty = page(&["--root", root, "--source", "sysfs"], &idle);
    signal(&mut pty, &idle, b"y", "is none of this machine, but");
    // A server does not say what its root is, but the commands tell.
    idle.write(&board, &[&idle.1, " more"].concat());
    let socket = daemon.directory.join("s");
    let mut pty = page(&["--socket", socket.to_str().expect("a path")], &idle);
    assert!(pty.text().contains("of jscoped"), "{}", pty.text());
    signal(&mut pty, &idle, b"y", "has ended, or is none of this machine");
    assert_eq!(idle.0.try_wait().expect("our child"), None);
}

/// Writes two thousand processes, with commands as a stranger would choose them.
fn crowd(board: &Path, command: &str) {
    for pid in 1..=2000 {
        let place = board.join(format!("proc/{pid}"));
        fs::create_dir_all(&place).unwrap();
        let stat = format!("{pid} (x) S 1 1 1 0 -1 4194304 0 0 0 0 1 0 0 0 20 0 1 0 5 9 18 1 1 0\n");
        fs::write(place.join("stat"), stat).unwrap();
        fs::write(place.join("cmdline"), format!("{command} {pid}\0")).unwrap();
    }
}

#[test]
fn two_thousand_are_scrolled_through() {
    let daemon = Daemon::start("process-crowd", &[]);
    crowd(&daemon.directory.join("board"), "/usr/bin/worker --number");
    let socket = daemon.directory.join("s");
    let words = [JSCOPE, "--page", "proc", "--socket", socket.to_str().expect("a path")];
    let mut pty = Pty::start(&words, &[], SIZE);
    pty.see("2000 processes, by CPU");
    // CPU, memory, GPU, then by number.
    pty.send(b"sss");
    pty.see("2000 processes, by PID");
    for (key, wanted) in
        [(&b"\x1b[F"[..], "--number 2000"), (b"\x1b[H", "      1 - "), (b"\x1b[6~\x1b[6~", "--number 30")]
    {
        pty.send(key);
        pty.see(wanted);
    }
    pty.send(b"q");
    pty.ends(0);
}

/// Commands of control characters, six bytes each in JSON, make a list shorter and not too long to be
/// taken; what it costs is given back, whether it is taken or not.
#[test]
fn a_list_is_never_too_long() {
    let daemon = Daemon::start("process-long", &[]);
    let board = daemon.directory.join("board");
    let request = r#"{"GetProcesses":{"sort":"pid","limit":9999}}"#;
    let none = daemon.ask(request)["Processes"]["processes"].as_array().expect("a list").len();
    let before = daemon.held();
    crowd(&board, &"\u{1}".repeat(200));
    std::thread::sleep(std::time::Duration::from_millis(150));
    let reply = daemon.ask(request);
    let listed = reply["Processes"]["processes"].as_array().expect("a list").len();
    assert!(listed > none + 400 && listed < 2000, "{listed} listed, {none} before");
    assert!(reply["Processes"]["total"].as_u64() >= Some(2000) && reply.to_string().len() <= 1 << 20);
    // Who asks and does not read keeps the others from theirs for a while, and no more room than two replies.
    let deaf: Vec<_> = (0..8)
        .map(|_| {
            let mut stream = daemon.connect();
            std::io::Write::write_all(&mut stream, format!("{request}\n").as_bytes()).expect("a request");
            std::thread::sleep(std::time::Duration::from_millis(120));
            stream
        })
        .collect();
    let held = daemon.held();
    assert!(held.anon_kb < before.anon_kb + 6 * 1024, "{before:?}, then {held:?}");
    drop(deaf);
    assert!(daemon::soon(5, || daemon.held().anon_kb <= before.anon_kb + 1536), "{:?}", daemon.held());
}

/// Keys of the page stand below those of all: with few rows they are scrolled to.
#[test]
fn help_scrolls_where_it_has_no_room() {
    let mut pty = Pty::jscope(&[], &[], (60, 10));
    pty.send(b"2h");
    pty.see("more below");
    assert!(!pty.text().contains("signal to the chosen"), "{}", pty.text());
    pty.send(b"\x1b[F");
    pty.see("signal to the chosen");
    assert!(!pty.text().contains("more below"), "{}", pty.text());
    pty.send(b"q");
    pty.ends(0);
}
