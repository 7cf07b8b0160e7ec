//! Changes while the process has no descriptor left: those that are kept for them do, and where there are
//! too few, it is said that it may be tried again, and the board is as it was.
#![cfg(all(feature = "daemon", feature = "cli", target_os = "linux"))]

#[allow(dead_code, reason = "other tests use the rest")]
mod daemon;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use daemon::{Daemon, SYSTEMCTL, command, limit, line, soon, tool};
use jetsonscope::control::desk::{Change, Desk};
use jetsonscope::control::{CONTROLS, Kind, Wishes, whole};
use jetsonscope::root::Root;

const PWM: &str = "sys/devices/platform/pwm-fan/hwmon/hwmon1/pwm1";

fn set(control: &str, value: &str, more: &str) -> String {
    format!("{{\"SetControl\":{{\"control\":\"{control}\",\"value\":\"{value}\"{more}}}}}")
}

/// A daemon with so many descriptors, whose sensors take all they get; `None` where it does not start.
fn with_descriptors(name: &str, count: u64) -> Option<Daemon> {
    let mut daemon = Daemon::launched(&format!("{name}{count}"), &["max_clients = 100"], |own, directory| {
        tool(&directory.join("board"), "systemctl", SYSTEMCTL);
        own.args(["--source", "sysfs"]);
        limit(own, libc::RLIMIT_NOFILE, count, count);
    });
    let mut ended = false;
    let socket = daemon.socket();
    let answers = || {
        let mut stream = UnixStream::connect(&socket).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(1))).ok()?;
        stream.write_all(b"\"Ping\"\n").ok()?;
        (!line(&mut stream).is_empty()).then_some(())
    };
    let settled = || {
        ended = daemon.child.try_wait().unwrap().is_some();
        ended || answers().is_some()
    };
    assert!(soon(10, settled), "{count}: neither serves nor ends");
    (!ended).then_some(daemon)
}

/// The files of a board, but for what is only locked.
fn files(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut found, mut left) = (BTreeMap::new(), vec![directory.to_owned()]);
    while let Some(directory) = left.pop() {
        for path in fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
            match path.symlink_metadata().unwrap().file_type() {
                kind if kind.is_dir() => left.push(path),
                kind if kind.is_file() && !path.ends_with("run/jetsonscope/lock") => {
                    _ = found.insert(path.clone(), fs::read(path).unwrap());
                }
                _ => {}
            }
        }
    }
    found
}

fn supported(daemon: &Daemon) -> Vec<bool> {
    let reply = daemon.ask("\"ListControls\"");
    let controls = reply["Controls"].as_array().unwrap();
    controls.iter().map(|control| control["supported"].as_bool().unwrap()).collect()
}

/// Forty are fewer than the sensors want: all that is left is what is kept for others, five peers among
/// them, and that does for each change.
#[test]
fn what_is_kept_does_for_a_change() {
    let free = with_descriptors("free", 4096).unwrap();
    let daemon = with_descriptors("kept", 40).unwrap();
    assert_eq!(supported(&daemon), supported(&free));
    let pwm = || fs::read_to_string(daemon.directory.join("board").join(PWM)).unwrap().trim().to_owned();
    let before = pwm();
    let mut peers: Vec<UnixStream> = (0..4).map(|_| daemon.connect()).collect();
    for peer in &mut peers {
        peer.write_all(b"{\"Subscribe\":{\"interval_ms\":3600000}}\n").unwrap();
        assert!(!line(peer).is_empty());
    }
    for (request, wanted) in [
        (set("gpu_3d_scaling", "off", ",\"persist\":true"), "off"),
        (set("fan", "60", ""), "60"),
        (set("gpu_3d_scaling", "on", ",\"dry_run\":true"), "on"),
        (set("fan", "70", ""), "70"),
        ("{\"Undo\":{\"all\":true}}".to_owned(), ""),
        ("{\"Forget\":null}".to_owned(), ""),
        (set("gpu_3d_scaling", "off", ",\"confirm_s\":1"), "off"),
    ] {
        let reply = daemon.ask(&request);
        assert_eq!(reply["ControlState"]["value"], wanted, "{request}: {reply}\n{}", daemon.log());
    }
    assert!(soon(5, || daemon.log().contains("undo: done")), "{}", daemon.log());
    assert_eq!(pwm(), before);
    assert_eq!(supported(&daemon), supported(&free));
    drop(peers);
    daemon.assert_answers("after changes");
}

/// With hardly any, a change is made or it is said why it is not; a board lacks nothing for that.
#[test]
fn a_change_without_descriptors_may_be_tried_again() {
    let (mut made, mut refused) = (0, 0);
    for count in 9..=17 {
        let Some(daemon) = with_descriptors("few", count) else { continue };
        let board = daemon.directory.join("board");
        for (control, value) in [("fan", "60"), ("gpu_3d_scaling", "off"), ("cpu_cores", "0-3")] {
            let before = files(&board);
            let reply = daemon.ask(&set(control, value, ",\"persist\":true"));
            if reply["ControlState"].is_object() {
                made += 1;
                continue;
            }
            refused += 1;
            let error = &reply["Error"];
            println!("{count} descriptors: {error}");
            let why = error["message"].as_str().unwrap();
            assert!(error["code"] == "busy" && why.contains("too many open files"), "{count}: {reply}");
            assert!(why.contains("try again"), "{count}: {reply}");
            let differs = files(&board);
            let differs = differs.iter().filter(|(path, text)| before.get(*path) != Some(*text));
            assert_eq!(differs.count(), 0, "{count} {control}");
            let mut ctl = command(daemon::OWN);
            ctl.args(["jscopectl", "set", control, value, "--wait", "1", "--socket"]).arg(daemon.socket());
            let output = ctl.output().unwrap();
            let errors = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(75), "{count} {control}: {errors}");
        }
    }
    println!("{made} changes made, {refused} refused");
    assert!(made > 0 && refused > 0, "{made} made, {refused} refused");
}

/// Whatever a control looks at, and wherever in a plan there is nothing left to look with.
#[test]
fn what_was_not_opened_is_not_absent() {
    let directory = daemon::directory("absent", &[]);
    let board = directory.join("board");
    tool(&board, "systemctl", SYSTEMCTL);
    let root = Root::at(&board);
    let before = files(&board);
    for (number, fault) in [
        (libc::EMFILE, (|path: &str| path.starts_with("sys/").then_some(libc::EMFILE)) as fn(&str) -> _),
        (libc::ENFILE, |path| path.starts_with("sys/").then_some(libc::ENFILE)),
        (libc::ENOMEM, |path| path.starts_with("sys/").then_some(libc::ENOMEM)),
        (libc::EMFILE, |path| path.starts_with("proc/").then_some(libc::EMFILE)),
        (libc::EMFILE, |path| path.starts_with("run/").then_some(libc::EMFILE)),
    ] {
        for (control, value) in [("gpu_3d_scaling", "off"), ("fan", "60")] {
            let mut desk = Desk::open(root.failing(fault));
            let wishes = Wishes { attended: true, ..Wishes::default() };
            let change = Change { control: control.into(), value: value.into(), wishes, ..Change::default() };
            let begun = desk.set(change, None, Instant::now());
            let refusal = match begun {
                Ok(_) => desk.finish(Instant::now() + Duration::from_secs(5)).err(),
                Err(refusal) => Some(refusal),
            };
            let Some(refusal) = refusal else { panic!("{control} {number}: was done") };
            assert_eq!(refusal.kind, Kind::Want, "{control} {number}: {refusal}");
            assert!(refusal.why.contains("try again"), "{refusal}");
            drop(desk);
            assert_eq!(files(&board), before, "{control} {number}");
        }
        for control in CONTROLS {
            let desk = Desk::open(root.failing(fault));
            let scene = desk.scene(Wishes::default());
            let found = whole(scene.root, control.name, || (control.look)(&scene));
            let unsupported = found.is_err_and(|refusal| refusal.kind == Kind::Unsupported);
            let lacks = (control.look)(&Desk::open(root.clone()).scene(Wishes::default()))
                .is_err_and(|refusal| refusal.kind == Kind::Unsupported);
            assert!(!unsupported || lacks, "{} {number}", control.name);
        }
    }
    fs::remove_dir_all(directory).unwrap();
}

/// Nobody writes what is kept for each start while another program changes the board.
#[test]
fn what_is_kept_is_written_under_the_lock() {
    let directory = daemon::directory("locked", &[]);
    let root = Root::at(directory.join("board"));
    let mut desk = Desk::open(root.clone());
    assert_eq!(desk.forget(None).unwrap_err().kind, Kind::Unsupported);
    assert!(!root.has("run/jetsonscope/lock"));
    root.replace("etc/jetsonscope/persist.conf", b"fan = 60\n", 0o644).unwrap();
    let other = root.lock("run/jetsonscope/lock").unwrap();
    assert_eq!(desk.forget(None).unwrap_err().kind, Kind::Busy);
    assert!(root.has("etc/jetsonscope/persist.conf"));
    drop(other);
    desk.forget(None).unwrap();
    assert!(!root.has("etc/jetsonscope/persist.conf"));
    assert!(root.lock("run/jetsonscope/lock").unwrap().is_some(), "it is let go");
    fs::remove_dir_all(directory).unwrap();
}
