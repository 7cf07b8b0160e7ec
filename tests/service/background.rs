//! `--daemonize`, as scripts of init systems call it.

use std::fs;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::Path;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::daemon::{OWN, command, line, lives, soon};
use super::{Ran, Scratch, ms};

fn daemonized(scratch: &Scratch, more: &[&str]) -> Ran {
    let pid = scratch.at("pid");
    let words = ["--daemonize", "--pidfile", pid.to_str().unwrap()];
    scratch.run(scratch.jscoped(&[&words, more].concat()))
}

/// Its number, from the pid file.
fn number(scratch: &Scratch) -> i32 {
    scratch.read("pid").trim().parse().unwrap_or_else(|_| panic!("pid file {:?}", scratch.read("pid")))
}

fn ask(scratch: &Scratch, request: &str) -> serde_json::Value {
    let mut stream = UnixStream::connect(scratch.at("s")).unwrap();
    stream.set_read_timeout(Some(ms(5000))).unwrap();
    stream.write_all(format!("{request}\n").as_bytes()).unwrap();
    serde_json::from_slice(&line(&mut stream)).unwrap()
}

fn end(scratch: &Scratch, signal: Signal) {
    let own = number(scratch);
    kill(Pid::from_raw(own), signal).unwrap();
    assert!(soon(5, || !lives(&own.to_string())), "{signal} does not end it");
    assert!(!scratch.at("s").exists() && !scratch.at("pid").exists(), "{:?}", scratch.names());
}

#[test]
fn the_caller_returns_when_it_answers() {
    let scratch = Scratch::new("background", &[]);
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let ran = daemonized(&scratch, &[]);
        assert_eq!((ran.code, &*ran.out, &*ran.err), (Some(0), "", ""));
        let reply = ask(&scratch, "\"GetStats\"");
        assert!(reply["Stats"]["data"].is_object(), "{reply}");
        assert_eq!(scratch.processes(), [number(&scratch)], "there is no other");
        end(&scratch, signal);
    }
}

#[test]
fn what_it_keeps_of_its_caller() {
    let scratch = Scratch::new("background-keeps", &[]);
    assert_eq!(daemonized(&scratch, &[]).code, Some(0));
    let own = format!("/proc/{}", number(&scratch));
    // pid (comm) state ppid pgrp session tty_nr, proc(5)
    let stat = |path: &str| {
        let stat = fs::read_to_string(format!("{path}/stat")).unwrap();
        let fields = stat.rsplit(") ").next().unwrap().split(' ').skip(1).take(4);
        fields.map(|field| field.parse().unwrap()).collect::<Vec<i32>>()
    };
    let (here, there) = (stat("/proc/self"), stat(&own));
    assert_ne!(there[0], std::process::id() as i32, "it is no child of ours");
    assert_ne!(there[2], number(&scratch), "it leads no session");
    assert!(there[2] != here[2] && there[1] == there[2], "a session of its own: {there:?}, {here:?}");
    assert_eq!(there[3], 0, "it has no terminal");
    for fd in 0..3 {
        let leads = fs::read_link(format!("{own}/fd/{fd}")).unwrap();
        assert_eq!(leads, Path::new("/dev/null"), "descriptor {fd}");
    }
    assert_eq!(fs::read_link(format!("{own}/cwd")).unwrap(), Path::new("/"));
    let status = fs::read_to_string(format!("{own}/status")).unwrap();
    assert!(status.lines().any(|line| line == "Threads:\t1"), "{status}");
    end(&scratch, Signal::SIGTERM);
}

/// It leaves the caller's directory, and finds what it was told all the same, also at a reload.
#[test]
fn relative_paths_are_those_of_the_caller() {
    let scratch = Scratch::new("background-relative", &[]);
    let mut own = command(OWN);
    own.args(["jscoped", "--daemonize", "--config", "conf", "--pidfile", "./pid", "--source", "sysfs"]);
    own.arg("--root").arg(scratch.at("")).env("JETSONSCOPE_SOCKET_PATH", "s").current_dir(&scratch.0);
    own.env("JETSONSCOPE_TELEMETRY_LOG", "health").env("JETSONSCOPE_TELEMETRY_INTERVAL", "1s");
    let ran = scratch.run(own);
    assert_eq!((ran.code, &*ran.err), (Some(0), ""));
    assert!(ask(&scratch, "\"Ping\"")["Pong"].is_object());
    assert!(soon(5, || scratch.at("health").exists()), "{:?}", scratch.names());
    fs::write(scratch.at("conf"), "max_clients = 1\n").unwrap();
    kill(Pid::from_raw(number(&scratch)), Signal::SIGHUP).unwrap();
    assert!(soon(5, || is_full_with_one(&scratch)), "the file is not read again");
    fs::remove_file(scratch.at("health")).unwrap();
    assert!(soon(5, || scratch.at("health").exists()), "{:?}", scratch.names());
    end(&scratch, Signal::SIGTERM);
}

/// Whether a second client waits while the first is there.
fn is_full_with_one(scratch: &Scratch) -> bool {
    let ask = |request: &[u8], within| {
        let mut stream = UnixStream::connect(scratch.at("s")).unwrap();
        stream.set_read_timeout(Some(ms(within))).unwrap();
        // One that gives way to a newcomer hears nothing either.
        let said = if stream.write_all(request).is_ok() { line(&mut stream) } else { Vec::new() };
        (stream, said)
    };
    let (_first, said) = ask(b"{\"Subscribe\":{\"interval_ms\":3600000}}\n", 5000);
    !said.is_empty() && ask(b"\"Ping\"\n", 100).1.is_empty()
}

/// The caller ends with the code of the daemon that does not start, and with its one line.
#[test]
fn the_caller_knows_why_not() {
    let first = Scratch::new("background-first", &[]);
    assert_eq!(daemonized(&first, &[]).code, Some(0));
    let held = number(&first);
    daemonized(&first, &["--pidfile", first.at("other").to_str().unwrap()]).assert_failed(75, "a second one");
    let scratch = Scratch::new("background-why", &[]);
    let pid = first.at("pid");
    for (case, more, code) in [
        ("a pid file that is held", ["--pidfile", pid.to_str().unwrap()], 73),
        ("a pid file nowhere", ["--pidfile", "/nonexistent/pid"], 73),
        ("a source that is not there", ["--source", "file:/nonexistent/log"], 66),
        ("a socket nowhere", ["--socket", "/nonexistent/s"], 73),
        ("a root that is not there", ["--root", "/nonexistent"], 66),
        ("a wrong option", ["--interval", "1"], 64),
        ("a configuration that is not there", ["--config", "/nonexistent/conf"], 78),
    ] {
        daemonized(&scratch, &more).assert_failed(code, case);
        assert!(soon(5, || scratch.processes().is_empty()), "{case}: {:?}", scratch.processes());
        let mut names = scratch.names();
        names.retain(|name| name != "s.lock");
        assert_eq!(names, ["conf"], "{case}");
    }
    assert_eq!(number(&first), held);
    assert!(ask(&first, "\"Ping\"")["Pong"].is_object(), "the first one goes on");
    end(&first, Signal::SIGTERM);
}
