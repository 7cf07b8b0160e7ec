//! Listening sockets that a service manager hands over, and variables that lie about them.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::Path;

use nix::sys::signal::Signal;

use super::daemon::{Daemon, OWN, line, soon};
use super::{Scratch, ms, through_shell};

/// The variables of a service manager.
const MANAGERS: [&str; 6] =
    ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"];
/// Descriptor 3 is what was standard input.
const HAND_OVER: &str = "LISTEN_PID=$$ LISTEN_FDS=1 exec \"$0\" \"$@\" 3<&0 </dev/null";

fn ping(path: &Path, within: u64) -> bool {
    let Ok(mut stream) = UnixStream::connect(path) else { return false };
    stream.set_read_timeout(Some(ms(within))).unwrap();
    stream.write_all(b"\"Ping\"\n").unwrap();
    String::from_utf8_lossy(&line(&mut stream)).contains("Pong")
}

/// Started on a socket of the manager's, at the place where [`Daemon`] looks for it.
fn on(listener: &UnixListener, name: &str) -> Daemon {
    let listener = listener.try_clone().unwrap();
    Daemon::launched(name, &[], |command, directory| {
        through_shell(command, directory, HAND_OVER);
        command.arg("--socket").arg(directory.join("own")).stdin(OwnedFd::from(listener));
    })
}

/// It serves the socket, and neither makes one of its own nor takes the manager's away.
#[test]
fn a_socket_that_is_handed_over() {
    let place = Scratch::new("handed-socket", &[]);
    let listener = UnixListener::bind(place.at("m")).unwrap();
    let number = fs::metadata(place.at("m")).unwrap().ino();
    for round in 0..2 {
        // Who comes before the daemon waits for it.
        let mut early = UnixStream::connect(place.at("m")).unwrap();
        early.write_all(b"\"GetStats\"\n").unwrap();
        let mut daemon = on(&listener, &format!("handed-{round}"));
        early.set_read_timeout(Some(ms(10_000))).unwrap();
        let reply: serde_json::Value = serde_json::from_slice(&line(&mut early)).unwrap();
        assert!(reply["Stats"]["data"].is_object(), "{reply}");
        assert!(ping(&place.at("m"), 5000));
        assert!(!daemon.socket().exists() && !daemon.directory.join("own").exists());
        daemon.signal(Signal::SIGHUP);
        assert!(soon(5, || daemon.log().contains("read again")), "{}", daemon.log());
        assert_eq!(daemon.end(), Some(0), "{}", daemon.log());
        assert_eq!(fs::metadata(place.at("m")).unwrap().ino(), number, "the file stays");
    }
    let daemon = on(&listener, "handed-removed");
    assert!(soon(10, || ping(&place.at("m"), 5000)), "{}", daemon.log());
    fs::remove_file(place.at("m")).unwrap();
    daemon.signal(Signal::SIGHUP);
    assert!(soon(5, || daemon.log().contains("read again")), "{}", daemon.log());
    assert!(!place.at("m").exists(), "it is the manager's to make");
}

/// More than one, and what is no listening socket in between.
#[test]
fn several_sockets() {
    let place = Scratch::new("handed-several", &[]);
    let listener = [place.at("a"), place.at("b")].map(|path| UnixListener::bind(path).unwrap());
    let [first, second] = listener.map(OwnedFd::from);
    let script =
        "LISTEN_PID=$$ LISTEN_FDS=4 exec \"$0\" \"$@\" 3<&0 4</dev/null 5<&- 6<&1 </dev/null >/dev/null";
    let mut daemon = Daemon::launched("handed-both", &[], |command, directory| {
        through_shell(command, directory, script);
        command.stdin(first).stdout(second);
    });
    for name in ["a", "b"] {
        assert!(soon(10, || ping(&place.at(name), 5000)), "{name}: {}", daemon.log());
    }
    assert!(!daemon.socket().exists());
    assert_eq!(daemon.end(), Some(0));
    assert!(place.at("a").exists() && place.at("b").exists());
}

/// Then it makes its own socket, and what was handed over is left alone.
#[test]
fn variables_that_lie() {
    let place = Scratch::new("handed-lies", &[]);
    fs::write(place.at("file"), "precious").unwrap();
    let manager = UnixListener::bind(place.at("m")).unwrap();
    let file = || OwnedFd::from(fs::File::options().read(true).write(true).open(place.at("file")).unwrap());
    let listener = || OwnedFd::from(manager.try_clone().unwrap());
    for (number, (process, count, descriptor)) in [
        ("1", "1", listener()),
        ("", "1", listener()),
        ("x", "1", listener()),
        ("$PPID", "1", listener()),
        ("$$", "0", listener()),
        ("$$", "-1", listener()),
        ("$$", "x", listener()),
        ("$$", "1 ", listener()),
        ("$$", "99999999999999999999", listener()),
        ("$$", "1", file()),
        ("$$", "2", file()),
        ("$$", "4294967295", file()),
        ("$$", "1", UnixDatagram::unbound().unwrap().into()),
        ("$$", "1", UnixStream::pair().unwrap().0.into()),
        ("$$", "1", TcpListener::bind("127.0.0.1:0").unwrap().into()),
    ]
    .into_iter()
    .enumerate()
    {
        let case = format!("{number}: LISTEN_PID={process} LISTEN_FDS={count}");
        let script = format!("LISTEN_PID={process} LISTEN_FDS='{count}' exec \"$0\" \"$@\" 3<&0 </dev/null");
        let mut daemon = Daemon::launched(&format!("lies-{number}"), &[], |command, directory| {
            through_shell(command, directory, &script);
            command.stdin(descriptor);
        });
        assert!(soon(10, || ping(&daemon.socket(), 5000)), "{case}: {}", daemon.log());
        assert!(!ping(&place.at("m"), 20), "{case}: the other one's socket is served");
        assert_eq!(daemon.end(), Some(0), "{case}");
        assert!(!daemon.socket().exists() && place.at("m").exists(), "{case}");
        assert_eq!(place.read("file"), "precious", "{case}");
    }
}

#[test]
fn no_descriptor_is_there_at_all() {
    for (number, count) in ["1", "64", "4294967295"].into_iter().enumerate() {
        let script = format!("LISTEN_PID=$$ LISTEN_FDS={count} exec \"$0\" \"$@\" 3<&-");
        let mut daemon = Daemon::prepared(&format!("closed-{number}"), &[], |command, directory| {
            through_shell(command, directory, &script);
        });
        assert!(daemon.ask("\"Ping\"")["Pong"].is_object());
        assert_eq!(daemon.end(), Some(0), "{count}");
    }
}

/// The manager means the daemon, not what the daemon runs.
#[test]
fn children_are_told_nothing() {
    let place = Scratch::new("handed-child", &[]);
    let listener = UnixListener::bind(place.at("m")).unwrap();
    let note = place.at("note");
    let source = format!(
        "command:sh -c 'env >{0}.new; echo >>{0}.new; ls -l /proc/$$/fd >>{0}.new; mv {0}.new {0}; exec sleep 60'",
        note.display()
    );
    let script = "WATCHDOG_PID=$$ LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=a:b exec \"$0\" \"$@\" 3<&0 4<\"$0\" </dev/null";
    let daemon = Daemon::launched("handed-environment", &[], |command, directory| {
        through_shell(command, directory, script);
        command.args(["--source", &source]).stdin(OwnedFd::from(listener));
        command.env("NOTIFY_SOCKET", "@jetsonscope-nobody").env("WATCHDOG_USEC", "1000000");
        command.env("ANOTHER", "stays");
    });
    assert!(soon(10, || note.exists()), "{}", daemon.log());
    let text = place.read("note");
    let (environment, descriptors) = text.rsplit_once("\n\n").unwrap();
    assert!(environment.lines().any(|line| line == "ANOTHER=stays"), "{text}");
    for name in MANAGERS {
        assert!(!environment.lines().any(|line| line.starts_with(&format!("{name}="))), "{name}: {text}");
    }
    // A shell may hold descriptors of its own.
    assert!(!descriptors.contains("socket:") && !descriptors.contains(OWN), "{descriptors}");
}
