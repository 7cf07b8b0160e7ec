//! The dialog of a change on a terminal, beside a daemon that closes what is idle, is started again, or dies.

#![cfg(all(feature = "tui", feature = "daemon", feature = "cli", target_os = "linux"))]
#![allow(clippy::duplicate_mod, reason = "each harness starts children")]

#[allow(dead_code, reason = "other tests use the rest")]
mod daemon;
#[allow(dead_code, reason = "other tests use the rest")]
mod pty;
#[allow(dead_code, reason = "other tests use the rest")]
mod served;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use daemon::{Daemon, OWN, SYSTEMCTL, command, soon, tool, words};
use pty::Pty;
use served::{Peer, Scratch, Server, stats};

fn start(name: &str, settings: &[&str]) -> Daemon {
    Daemon::prepared(name, settings, |command, directory| {
        tool(&directory.join("board"), "systemctl", SYSTEMCTL);
        command.args(["--source", "sysfs"]);
    })
}

fn kill(daemon: &mut Daemon) {
    daemon.child.kill().unwrap();
    daemon.child.wait().unwrap();
}

/// A new daemon, in the place of one that has ended.
fn start_again(daemon: &mut Daemon) {
    daemon.child =
        command(OWN).args(words(&daemon.directory)).args(["--source", "sysfs"]).spawn().expect("a daemon");
    daemon.wait();
}

fn jscope(socket: &Path, more: &[&str]) -> Pty {
    let words =
        [&[env!("CARGO_BIN_EXE_jscope"), "--socket", socket.to_str().expect("a path")], more].concat();
    let mut pty = Pty::start(&words, &[], (80, 24));
    pty.see("of jscoped");
    pty
}

/// Opens the dialog of the modes; the first question must have its answer.
fn opens(pty: &mut Pty) {
    pty.send(b"m");
    pty.until("an answer", |pty| !pty.text().contains("asking") && pty.text().contains(" nvpmodel "));
    assert!(pty.text().contains("Enter see the plan"), "{}", pty.text());
    pty.send(b"\x1b");
    pty.until("close", |pty| !pty.text().contains(" nvpmodel "));
}

#[test]
fn the_first_question_after_a_pause_is_answered() {
    let mut daemon = start("dialog-idle", &["idle_timeout = 1s"]);
    tool(&daemon.directory.join("board"), "nvpmodel", "exit 0");
    let mut pty = jscope(&daemon.socket(), &["--page", "Dashboard"]);
    opens(&mut pty);
    std::thread::sleep(Duration::from_millis(2500));
    opens(&mut pty);
    assert_eq!(daemon.end(), Some(0), "{}", daemon.log());
    pty.see("daemon lost");
    start_again(&mut daemon);
    pty.until("the new one", |pty| !pty.text().contains("daemon lost"));
    opens(&mut pty);
    pty.send(b"q");
    pty.ends(0);
}

/// Turns the scaling of the GPU's clock off, on trial.
fn begins_trial(pty: &mut Pty) {
    pty.see("gpu_3d_scaling");
    pty.send(b"jjjjjjjjjj\r");
    pty.see("Enter see the plan");
    pty.send(b"off\r");
    pty.see("t try it for 30 s");
    pty.send(b"t");
    pty.see("unless you keep it");
}

#[test]
fn a_trial_whose_daemon_dies() {
    let mut daemon = start("dialog-dies", &[]);
    let mut pty = jscope(&daemon.socket(), &["--page", "Controls", "--interval", "200"]);
    begins_trial(&mut pty);
    kill(&mut daemon);
    pty.see("the daemon is gone: if it has not taken this back, it stays until");
    pty.see("jscoped runs again");
    pty.see("STALE");
    std::thread::sleep(Duration::from_millis(1500));
    assert!(pty.text().contains("the daemon is gone: "), "{}", pty.text());
    start_again(&mut daemon);
    pty.see("the daemon is gone: taken back, now on");
    pty.send(b"\r");
    pty.until("close", |pty| !pty.text().contains("is gone"));
    pty.see("> gpu_3d_scaling on");
    pty.send(b"q");
    pty.ends(0);
}

#[test]
fn a_plan_is_not_carried_to_another_board() {
    let mut daemon = start("dialog-plan", &[]);
    let mut pty = jscope(&daemon.socket(), &["--page", "Controls"]);
    pty.see("gpu_3d_scaling");
    pty.send(b"jjjjjjjjjj\r");
    pty.see("Enter see the plan");
    pty.send(b"off\r");
    pty.see("y do it");
    kill(&mut daemon);
    pty.see(" daemon lost: nothing was changed");
    assert!(!pty.text().contains("y do it"), "{}", pty.text());
}

/// A stand-in that streams samples until it falls silent, plans changes, and tells nothing else; what it heard.
fn stand_in(socket: &str, after: &'static [u8]) -> (Server, Arc<Mutex<String>>, Arc<AtomicBool>) {
    let (heard, silent) = (Arc::new(Mutex::new(String::new())), Arc::new(AtomicBool::new(false)));
    let (ears, quiet) = (heard.clone(), silent.clone());
    let server = Server::start(Path::new(socket), move |peer: &mut Peer| {
        loop {
            let asked = String::from_utf8_lossy(&peer.hear()).into_owned();
            ears.lock().unwrap().push_str(&asked);
            let plan =
                br#"{"ControlState":{"control":"jetson_clocks","old":"off","value":"on","dry_run":true}}"#;
            match () {
                () if asked.contains("Subscribe") => {
                    while !quiet.load(Ordering::Relaxed) && peer.goes_on(Duration::from_millis(100)) {
                        peer.say(stats(3 << 10).as_bytes());
                    }
                    return peer.linger();
                }
                () if asked.contains("dry_run") => _ = peer.say(&[&plan[..], b"\n", after].concat()),
                () if asked.contains("GetProcesses") => {}
                () => return,
            }
        }
    });
    (server, heard, silent)
}

/// What a key has asked for while another question waits is not asked of the board that is read next.
#[test]
fn a_change_that_waits_is_of_one_board() {
    let scratch = Scratch::new("dialog-waits");
    let (server, heard, silent) = stand_in(&scratch.at("s"), b"");
    let mut pty = jscope(&server.path, &["--page", "proc", "--interval", "100"]);
    assert!(soon(5, || heard.lock().unwrap().contains("GetProcesses")), "it is asked");
    pty.send(b"c");
    // The question before has no answer within five seconds.
    pty.see("jetson_clocks: off -> on");
    assert!(soon(5, || heard.lock().unwrap().matches("GetProcesses").count() > 1), "it is asked again");
    silent.store(true, Ordering::Relaxed);
    pty.send(b"y");
    pty.see("daemon lost: nothing was changed");
    assert_eq!(heard.lock().unwrap().matches("SetControl").count(), 1, "{heard:?}");
    pty.send(b"\r");
    pty.until("close", |pty| !pty.text().contains("nothing was changed"));
}

/// A question that was sent is not sent again, whatever becomes of it; bytes that nobody asked for end a
/// connection.
#[test]
fn a_change_is_asked_for_once() {
    let scratch = Scratch::new("dialog-once");
    let (server, heard, _) = stand_in(&scratch.at("s"), b"{\"Unasked\":");
    let mut pty = jscope(&server.path, &["--page", "Dashboard"]);
    pty.send(b"c");
    pty.see("jetson_clocks: off -> on");
    pty.send(b"y");
    pty.see("Esc, Enter close");
    std::thread::sleep(Duration::from_millis(300));
    let heard = heard.lock().unwrap().clone();
    assert_eq!(heard.matches("SetControl").count(), 2, "{heard}");
    assert_eq!(heard.matches("dry_run").count(), 1, "{heard}");
}
