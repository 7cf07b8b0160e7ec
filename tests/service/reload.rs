//! What SIGHUP has it read again, and whom it tells.

use std::fs;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::Path;

use nix::sys::signal::Signal;

use super::daemon::{Daemon, OWN, child, command, line, soon};
use super::{Manager, ms};

const REFUSED: &str = "READY=1\nSTATUS=serving; configuration refused, the old one stays";

fn configure(daemon: &Daemon, settings: &[&str]) {
    fs::write(daemon.directory.join("conf"), settings.join("\n")).unwrap();
}

/// A subscriber, who never gives way to a newcomer.
fn subscriber(daemon: &Daemon) -> UnixStream {
    let mut stream = daemon.connect();
    stream.write_all(b"{\"Subscribe\":{\"interval_ms\":3600000}}\n").unwrap();
    assert!(!line(&mut stream).is_empty());
    stream
}

#[test]
fn a_reload_is_told() {
    let manager = Manager::new("reload");
    let daemon = manager.starts("reload-told", &[], &[]);
    for _ in 0..2 {
        daemon.signal(Signal::SIGHUP);
        manager.expect("RELOADING=1");
        manager.expect("READY=1\nSTATUS=serving");
    }
    assert!(daemon.ask("\"GetStats\"")["Stats"]["data"].is_object());
}

/// The old configuration goes on until a right one comes.
#[test]
fn a_broken_configuration_is_refused() {
    let manager = Manager::new("refused");
    let daemon = manager.starts("reload-refused", &["max_clients = 2"], &[]);
    let full = [subscriber(&daemon), subscriber(&daemon)];
    let mut third = daemon.connect();
    third.write_all(b"\"Ping\"\n").unwrap();
    for (settings, place) in
        [(&["max_clients = 9", "interval = never"][..], "conf:2: "), (&["", "", "max_clients"], "conf:3: ")]
    {
        configure(&daemon, settings);
        daemon.signal(Signal::SIGHUP);
        manager.expect("RELOADING=1");
        manager.expect(REFUSED);
        assert!(daemon.log().contains(place), "{settings:?}: {}", daemon.log());
        third.set_read_timeout(Some(ms(100))).unwrap();
        assert!(line(&mut third).is_empty(), "{settings:?}: two clients are still the most");
    }
    configure(&daemon, &["max_clients = 9"]);
    daemon.signal(Signal::SIGHUP);
    manager.expect("RELOADING=1");
    manager.expect("READY=1\nSTATUS=serving");
    third.set_read_timeout(Some(ms(5000))).unwrap();
    assert!(String::from_utf8_lossy(&line(&mut third)).contains("Pong"), "{}", daemon.log());
    drop(full);
}

/// A daemon all of whose settings stand in its file.
fn by_file(name: &str, more: &[&str]) -> Daemon {
    Daemon::prepared(name, &[], |own, directory| {
        fs::write(directory.join("conf"), settings(directory, more)).unwrap();
        let board = directory.join("board");
        let mut bare = command(OWN);
        bare.args(["jscoped", "--root"]).arg(board).arg("--config");
        bare.arg(directory.join("conf")).stderr(fs::File::create(directory.join("log")).unwrap());
        *own = bare;
    })
}

fn settings(directory: &Path, more: &[&str]) -> String {
    format!("socket = {}\nsource = sysfs\n{}\n", directory.join("s").display(), more.join("\n"))
}

#[test]
fn a_new_interval_counts_at_once() {
    let daemon = by_file("reload-interval", &["interval = 1h", "idle_interval = 1h"]);
    let age = || daemon.ask("\"GetStats\"")["Stats"]["age_ms"].as_u64().unwrap();
    assert!(soon(5, || age() >= 300), "a sample an hour grows old");
    fs::write(daemon.directory.join("conf"), settings(&daemon.directory, &["interval = 100ms"])).unwrap();
    daemon.signal(Signal::SIGHUP);
    assert!(soon(5, || age() < 100), "{}", daemon.log());
    for _ in 0..3 {
        std::thread::sleep(ms(150));
        assert!(age() < 150, "{} ms", age());
    }
}

/// So is one that is right, but names a source that is not there.
#[test]
fn a_source_that_is_not_there_is_refused() {
    let daemon = by_file("reload-source", &["interval = 100ms"]);
    let text = settings(&daemon.directory, &["source = file:/nonexistent/log"]);
    fs::write(daemon.directory.join("conf"), text).unwrap();
    daemon.signal(Signal::SIGHUP);
    assert!(soon(5, || daemon.log().contains("the old one stays")), "{}", daemon.log());
    assert!(daemon.log().contains("/nonexistent/log"), "{}", daemon.log());
    let stats = &daemon.ask("\"GetStats\"")["Stats"];
    assert_eq!(stats["source"], "sysfs");
    assert!(stats["age_ms"].as_u64().unwrap() < 200, "{stats}");
}

#[test]
fn a_new_socket_waits_for_the_next_start() {
    let daemon = by_file("reload-socket", &[]);
    let other = daemon.directory.join("other");
    let text = format!("source = sysfs\nsocket = {}\nmax_clients = 9\n", other.display());
    fs::write(daemon.directory.join("conf"), text).unwrap();
    daemon.signal(Signal::SIGHUP);
    assert!(soon(5, || daemon.log().contains("configuration read again")), "{}", daemon.log());
    assert!(daemon.log().contains("socket: changes with the next start"), "{}", daemon.log());
    assert!(!other.exists() && daemon.socket().exists());
    assert!(daemon.ask("\"Ping\"")["Pong"].is_object());
}

/// As nohup and the background of a shell start it: a reload is no end, and the end is SIGTERM.
#[test]
fn started_with_signals_ignored() {
    let mut daemon = Daemon::prepared("ignored", &[], |command, _| {
        command.args(["--source", "sysfs"]);
        child::ignoring(command, &[Signal::SIGHUP, Signal::SIGINT]);
    });
    for times in 1..=3 {
        let settings = format!("max_clients = {times}\nnonsense{times} = 1\n");
        fs::write(daemon.directory.join("conf"), settings).unwrap();
        daemon.signal(Signal::SIGHUP);
        let warned = format!("no such key \"nonsense{times}\"");
        assert!(soon(5, || daemon.log().contains(&warned)), "SIGHUP {times}: {}", daemon.log());
    }
    daemon.signal(Signal::SIGINT);
    std::thread::sleep(ms(100));
    assert!(daemon.ask("\"Ping\"")["Pong"].is_object());
    assert_eq!(daemon.end(), Some(0));
    assert!(!daemon.socket().exists());
}

/// However often it is told, each time is answered in the end, and nobody is forgotten meanwhile.
#[test]
fn a_storm_of_reloads() {
    let daemon = Daemon::start("storm", &[]);
    let before = daemon.held();
    for _ in 0..300 {
        daemon.signal(Signal::SIGHUP);
        assert!(daemon.ask("\"Ping\"")["Pong"].is_object());
    }
    assert!(daemon.log().lines().count() < 40, "{}", daemon.log());
    daemon.assert_as_before(before, "300 reloads");
}
