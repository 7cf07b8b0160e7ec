//! What the service manager is told, and when.

use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::daemon::{Daemon, soon};
use super::{Manager, ms, through_shell};

#[test]
fn ready_once_it_answers() {
    for name in ["ready", "@ready"] {
        let manager = Manager::new(name);
        let daemon = manager.starts(name, &[], &[]);
        assert_eq!(manager.heard.borrow().len(), 1, "it is the first that is said");
        let reply = daemon.ask("\"GetStats\"");
        assert!(reply["Stats"]["data"].is_object(), "{name}: {reply}");
        assert_eq!(manager.next(ms(200)), None, "{name}: nobody asked for a watchdog");
    }
}

/// It waits for a program's first line, but not for one that does not come.
#[test]
fn ready_with_the_first_sample_of_a_program() {
    let line = "RAM 12/3964MB (lfb 3x4MB) CPU [1%@102,off] GR3D_FREQ 3% CPU@30C VDD_IN 5/6";
    let late = format!("command:sh -c 'sleep 0.3; echo \"{line}\"; exec sleep 60'");
    for (name, source, comes) in [
        ("late", &*late, true),
        ("missing", "command:/nonexistent/program", false),
        ("dead", "command:false", false),
    ] {
        let manager = Manager::new(name);
        let start = Instant::now();
        let daemon = Daemon::launched(&format!("ready-{name}"), &[], |command, _| {
            command.args(["--source", source]).env("NOTIFY_SOCKET", &manager.address);
        });
        manager.expect("READY=1\nSTATUS=serving");
        assert!(start.elapsed() < Duration::from_secs(8), "{name}: {:?}", start.elapsed());
        let reply = daemon.ask("\"GetStats\"");
        assert_eq!(reply["Stats"]["data"].is_object(), comes, "{name}: {reply}");
    }
}

#[test]
fn stopping_before_the_end() {
    for (name, signal) in [("term", Signal::SIGTERM), ("int", Signal::SIGINT)] {
        let manager = Manager::new(name);
        let mut daemon = manager.starts(name, &[], &[]);
        daemon.signal(signal);
        manager.expect("STOPPING=1");
        assert!(soon(5, || daemon.child.try_wait().unwrap().is_some()), "{signal} does not end it");
        assert_eq!(daemon.child.wait().unwrap().code(), Some(0), "{signal}");
        assert!(!daemon.socket().exists(), "{signal}");
        assert_eq!(manager.next(ms(1)), None, "it is the last that is said");
    }
}

fn state(daemon: &Daemon) -> char {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", daemon.child.id())).unwrap();
    stat.rsplit(") ").next().and_then(|rest| rest.chars().next()).unwrap()
}

/// The watchdog hears of it twice in its time, also when nobody else has it wake up.
#[test]
fn the_watchdog_is_fed_while_the_loop_lives() {
    let manager = Manager::new("watchdog");
    let settings = ["idle_interval = 3600000"];
    let daemon = manager.starts("watchdog", &settings, &[("WATCHDOG_USEC", "200000")]);
    let fed = |within| assert_eq!(manager.next(within).as_deref(), Some("WATCHDOG=1"));
    fed(Duration::from_secs(5));
    let six = || {
        let start = Instant::now();
        (0..6).for_each(|_| fed(Duration::from_secs(5)));
        start.elapsed()
    };
    let times = [(); 3].map(|()| six());
    assert!(times.iter().max() >= Some(&ms(500)), "more often than every 100 ms: {times:?}");
    assert!(times.iter().min() < Some(&ms(900)), "later than the watchdog wants: {times:?}");
    daemon.signal(Signal::SIGSTOP);
    assert!(soon(5, || state(&daemon) == 'T'));
    manager.forget();
    assert_eq!(manager.next(ms(300)), None, "it stands still");
    daemon.signal(Signal::SIGCONT);
    fed(Duration::from_secs(5));
}

#[test]
fn whom_the_watchdog_means() {
    for (name, process, wanted) in [("own", "$$", true), ("another", "1", false), ("none", "x", false)] {
        let manager = Manager::new(name);
        let daemon = Daemon::launched(&format!("dog-{name}"), &[], |command, directory| {
            let script = format!("WATCHDOG_PID={process} exec \"$0\" \"$@\"");
            through_shell(command, directory, &script);
            command.env("NOTIFY_SOCKET", &manager.address).env("WATCHDOG_USEC", "100000");
        });
        manager.expect("READY=1\nSTATUS=serving");
        let fed = manager.next(if wanted { Duration::from_secs(5) } else { ms(250) });
        assert_eq!(fed.is_some(), wanted, "WATCHDOG_PID of {name}: {fed:?}");
        drop(daemon);
    }
}

/// A manager that never reads, one that is gone, and what is no address at all.
#[test]
fn nobody_needs_to_listen() {
    let deaf = Manager::new("deaf");
    let dead = {
        let path = std::env::temp_dir().join(format!("jetsonscope-dead-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        drop(UnixDatagram::bind(&path).unwrap());
        path
    };
    let dead = dead.to_str().unwrap();
    for (name, address) in [
        ("deaf", &*deaf.address),
        ("dead", dead),
        ("gone", "/nonexistent/notify"),
        ("abstract", "@jetsonscope-nobody"),
        ("relative", "notify"),
        ("empty", ""),
        ("long", &"/x".repeat(200)),
        ("vsock", "vsock:2:1234"),
    ] {
        let mut daemon = Daemon::launched(&format!("nobody-{name}"), &[], |command, _| {
            command.args(["--source", "sysfs"]).env("NOTIFY_SOCKET", address);
            // A hundred times in a tenth of a second, which fills any socket.
            command.env("WATCHDOG_USEC", "2000");
        });
        daemon.wait();
        std::thread::sleep(ms(100));
        daemon.signal(Signal::SIGHUP);
        daemon.assert_answers(name);
        assert_eq!(daemon.end(), Some(0), "{name}");
    }
    std::fs::remove_file(dead).unwrap();
}
