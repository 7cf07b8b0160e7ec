//! `jscope` by SSH: a client on a (pseudo-)terminal here, the screen at the far end of a connection, between
//! them a server of the test's own.

#![cfg(all(feature = "tui", feature = "emulator"))]

mod sshd;

use std::fs;
use std::time::Instant;

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::WaitStatus;
use nix::unistd::Pid;
use sshd::pty::{PATIENCE, Pty, settings_equal};
use sshd::{FAR, Server, ms};

const UTF8: &[&str] = &["LC_ALL=C.UTF-8"];

/// The pages by their keys, and what only they say.
const PAGES: [(&str, &str); 10] = [
    ("1", "jetson_clocks off"),
    ("2", "of this machine, by"),
    ("3", "Decoders"),
    ("4", "clock   cores"),
    ("5", "no swap is on"),
    ("6", "(VDD_IN)"),
    ("7", "margin"),
    ("8", "24 h"),
    ("9", "nothing to change"),
    ("0", "is jetson"),
];

/// Whether a process has ended, whoever should take note of that.
fn is_gone(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_none_or(|(_, state)| state.starts_with('Z'))
}

/// Types the keys of all pages, of the help and of a theme.
fn leaf_through(pty: &mut Pty) {
    for (key, text) in PAGES.iter().rev() {
        pty.send(key.as_bytes());
        pty.see(text);
    }
    for (_, text) in &PAGES[1..] {
        pty.send(b"v");
        pty.see(text);
    }
    pty.send(b"h");
    pty.see("Keys");
    pty.send(b"\x1b");
    pty.until("page", |pty| !pty.text().contains("Keys"));
    pty.send(b"8");
    pty.see("> CPU load");
    pty.send(b"\x1b[B\x1b[B\x1b[B\x1b[B");
    pty.see("> hottest zone");
    pty.send(b"1t");
    pty.see("theme neon");
}

#[test]
fn pages_in_blocks_and_colors() {
    let Some(server) = Server::start("pages") else { return };
    let mut pty = server.screen("shell", UTF8);
    pty.until("bar", |pty| pty.text().contains('\u{2588}'));
    assert!(!pty.text().contains('\u{fffd}'), "{}", pty.text());
    leaf_through(&mut pty);
    assert!(pty.wrote(";38;5;").is_some() && pty.wrote(";38;2;").is_none(), "{:?}", pty.tail());
    pty.send(b"q");
    server.ends(pty, 0);
}

#[test]
fn only_ascii_without_a_locale() {
    let Some(server) = Server::start("ascii") else { return };
    for locale in [&["LC_ALL=C"][..], &["LANG=C.UTF-8", "LC_ALL=C"], &["LANG=de_DE.ISO-8859-1"], &[]] {
        let mut pty = server.screen("shell", locale);
        leaf_through(&mut pty);
        pty.send(b"q");
        let bytes = server.ends(pty, 0);
        assert!(bytes.is_ascii(), "{locale:?}: {}", String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn another_size() {
    let Some(server) = Server::start("size") else { return };
    let mut pty = server.screen("shell", UTF8);
    for (columns, rows, wanted) in
        [(200, 50, "9 Controls"), (40, 12, "GPU"), (120, 40, "VDD_SOC"), (80, 24, "RAM")]
    {
        pty.resize(columns, rows);
        pty.until("redraw", |pty| pty.wrote("\x1b[m").is_some() && pty.text().contains(wanted));
        let widest = pty.text().lines().map(|line| line.chars().count()).max().unwrap_or(0);
        assert!(widest <= usize::from(columns), "{columns}x{rows}:\n{}", pty.text());
        assert_eq!(widest > 80, columns > 80, "{columns}x{rows}:\n{}", pty.text());
    }
    pty.send(b"q");
    server.ends(pty, 0);
}

#[test]
fn it_gives_both_terminals_back() {
    let Some(server) = Server::start("end") else { return };
    let mut pty = server.screen("shell", UTF8);
    pty.send(b"\x03");
    server.ends(pty, 0);
    let pty = server.screen("shell", UTF8);
    kill(Pid::from_raw(server.note("pid").parse().expect("a number")), Signal::SIGTERM).expect("a signal");
    server.ends(pty, 143);
}

/// The client is killed, is told by `~.` to close the connection, or loses its terminal.
#[test]
fn nothing_is_left_of_a_connection_that_is_lost() {
    let Some(server) = Server::start("lost") else { return };
    for lost in ["killed", "closed", "hung up"] {
        for (way, _) in FAR {
            let mut pty = server.screen(way, UTF8);
            let session = server.session();
            let start = Instant::now();
            match lost {
                "killed" => pty.signal(Signal::SIGKILL),
                "closed" => pty.send(b"~."),
                _ => pty.hang_up(),
            }
            let status = pty.wait();
            assert!(!matches!(status, WaitStatus::Exited(_, 0)), "{lost}, {way}: {status:?}");
            assert!(lost != "closed" || settings_equal(&pty.settings(), &pty.before), "{:?}", pty.settings());
            while !session.iter().all(|pid| is_gone(*pid)) {
                assert!(start.elapsed() < PATIENCE, "{lost}, {way}: of {session:?} something goes on");
                std::thread::sleep(ms(5));
            }
            println!("{lost}, {way}: {} ms, {session:?}", start.elapsed().as_millis());
        }
    }
}

/// No shell is there that could continue it: what stops then would hang.
#[test]
fn ctrl_z_does_not_stop_what_nobody_continues() {
    let Some(server) = Server::start("stop") else { return };
    for (way, _) in FAR {
        let mut pty = server.screen(way, UTF8);
        pty.forget();
        pty.send(b"\x1a");
        pty.send(b"3");
        pty.see("Decoders");
        pty.is_taken_over();
        pty.send(b"q");
        assert_eq!(pty.wait(), WaitStatus::Exited(pty.pid, 0), "{way}");
    }
}
