//! The file with the number of the process.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};

use super::Scratch;
use super::daemon::{Daemon, soon};

/// A daemon with a pid file, once it answers.
fn with_pidfile(name: &str, before: Option<&str>) -> Daemon {
    let daemon = Daemon::launched(name, &[], |command, directory| {
        if let Some(text) = before {
            fs::write(directory.join("pid"), text).unwrap();
        }
        command.args(["--source", "sysfs", "--pidfile"]).arg(directory.join("pid"));
    });
    daemon.wait();
    daemon
}

fn text(daemon: &Daemon) -> String {
    fs::read_to_string(daemon.directory.join("pid")).unwrap_or_default()
}

#[test]
fn it_is_written_and_removed() {
    // The number of a process that runs proves nothing; the lock does.
    for (name, before) in
        [("pid-new", None), ("pid-stale", Some("1\n")), ("pid-long", Some("a long line\n\n\n"))]
    {
        let mut daemon = with_pidfile(name, before);
        assert!(
            soon(5, || text(&daemon) == format!("{}\n", daemon.child.id())),
            "{name}: {:?}",
            text(&daemon)
        );
        assert_eq!(fs::metadata(daemon.directory.join("pid")).unwrap().mode() & 0o7022, 0, "{name}");
        assert_eq!(daemon.end(), Some(0), "{name}");
        assert!(!daemon.directory.join("pid").exists(), "{name}");
    }
}

#[test]
fn one_that_is_held_stays() {
    let mut first = with_pidfile("pid-first", None);
    let pid = first.directory.join("pid");
    let second = Scratch::new("pid-second", &[]);
    let try_it = || second.run(second.jscoped(&["--pidfile", pid.to_str().unwrap()]));
    let refused = try_it();
    refused.assert_failed(73, "held");
    assert!(refused.err.contains(&*pid.to_string_lossy()), "{refused:?}");
    assert!(refused.err.contains("another process holds it"), "{refused:?}");
    assert_eq!(second.names(), ["conf", "s.lock"], "its socket is gone again");
    assert_eq!(text(&first), format!("{}\n", first.child.id()));
    assert!(first.ask("\"Ping\"")["Pong"].is_object());
    // Killed, it leaves its file, but no lock.
    first.child.kill().unwrap();
    first.child.wait().unwrap();
    assert!(pid.exists());
    let mut third = Daemon::launched("pid-third", &[], |command, _| {
        command.args(["--source", "sysfs", "--pidfile"]).arg(&pid);
    });
    third.wait();
    assert!(soon(5, || text(&first) == format!("{}\n", third.child.id())), "{}", text(&first));
    assert_eq!(third.end(), Some(0));
    assert!(!pid.exists());
}

#[test]
fn places_where_it_cannot_be() {
    let scratch = Scratch::new("pid-places", &[]);
    fs::write(scratch.at("target"), "precious").unwrap();
    symlink(scratch.at("target"), scratch.at("link")).unwrap();
    symlink(scratch.at("nothing"), scratch.at("dangling")).unwrap();
    fs::create_dir(scratch.at("directory")).unwrap();
    nix::unistd::mkfifo(&scratch.at("fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let before = scratch.names();
    for name in ["link", "dangling", "directory", "fifo", "absent/pid", "target/pid", "/proc/pid", ""] {
        let path = if name.is_empty() { name.into() } else { scratch.at(name) };
        let ran = scratch.run(scratch.jscoped(&["--pidfile", path.to_str().unwrap()]));
        ran.assert_failed(73, name);
        assert!(ran.err.contains(&*path.to_string_lossy()), "{name}: {ran:?}");
        let mut after = scratch.names();
        after.retain(|name| name != "s.lock");
        assert_eq!(after, before, "{name}: its socket is gone again, and nothing came");
        assert_eq!(scratch.read("target"), "precious", "{name}");
    }
}
