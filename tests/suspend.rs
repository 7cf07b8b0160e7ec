//! `jscope` on a (pseudo-)terminal is stopped and goes on: it gives the terminal back and takes it over again.

#![cfg(all(feature = "tui", feature = "emulator"))]

#[allow(dead_code, reason = "other tests use the rest")]
mod pty;

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::WaitStatus;
use nix::unistd::Pid;
use pty::Pty;

const JSCOPE: &str = env!("CARGO_BIN_EXE_jscope");
const NORMAL: (u16, u16) = (80, 24);

/// Under a shell that can continue it.
fn stops_and_comes_back(stop: impl FnOnce(&mut Pty)) {
    let script = format!("set -m; {JSCOPE} --source synthetic; echo the shell is back; read go; fg");
    let mut pty = Pty::start(&["/bin/sh", "-c", &script], &[], NORMAL);
    pty.see("RAM");
    stop(&mut pty);
    pty.until("shell", |pty| pty.wrote("the shell is back").is_some());
    pty.is_given_back();
    pty.forget();
    pty.send(b"\n");
    pty.until("redraw", |pty| pty.wrote("\x1b[?1049h").is_some() && pty.text().contains("RAM"));
    pty.is_taken_over();
    pty.send(b"q");
    pty.ends(0);
}

#[test]
fn suspended_by_key() {
    stops_and_comes_back(|pty| pty.send(b"\x1a"));
}

#[test]
fn suspended_by_signal() {
    stops_and_comes_back(|pty| {
        let jscope =
            std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", pty.pid)).expect("children");
        kill(Pid::from_raw(jscope.trim().parse().expect("a child")), Signal::SIGTSTP).expect("a signal");
    });
}

/// Without one, it would stand for ever.
#[test]
fn who_cannot_be_continued_does_not_stop() {
    let mut pty = Pty::jscope(&[], &[], NORMAL);
    pty.send(b"\x1a3");
    pty.see("Decoders");
    pty.is_taken_over();
    pty.send(b"q");
    pty.ends(0);
}

/// SIGSTOP gives no chance to give the terminal back, but others may use it meanwhile.
#[test]
fn stopped_hard_it_comes_back() {
    let mut pty = Pty::jscope(&[], &[], NORMAL);
    pty.signal(Signal::SIGSTOP);
    assert!(matches!(pty.wait(), WaitStatus::Stopped(..)));
    pty.forget();
    pty.signal(Signal::SIGCONT);
    pty.until("redraw", |pty| pty.wrote("RAM").is_some());
    pty.is_taken_over();
    pty.signal(Signal::SIGTERM);
    pty.ends(143);
}

/// Ctrl-Z at a terminal stops the whole job. If a part of it goes on, as in
/// `tegrastats | jscope --source file:-`, the shell waits for that part and never prompts.
#[test]
fn the_key_suspends_the_whole_job() {
    let script =
        format!("set -m; sleep 30 | {JSCOPE} --source synthetic; echo the shell is back; fg; exit 7");
    let mut pty = Pty::start(&["/bin/sh", "-c", &script], &[], NORMAL);
    pty.see("RAM");
    pty.forget();
    pty.send(b"\x1a");
    pty.until("shell", |pty| pty.wrote("the shell is back").is_some());
    pty.see("RAM");
    pty.is_taken_over();
}
