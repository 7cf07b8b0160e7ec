//! `jscope` on a (pseudo-)terminal with a server that comes and goes.
#![cfg(all(feature = "tui", feature = "emulator", feature = "daemon"))]
#![allow(clippy::duplicate_mod, reason = "each harness starts children")]

#[allow(dead_code, reason = "other tests use the rest")]
mod daemon;
#[allow(dead_code, reason = "other tests use the rest")]
mod pty;
#[allow(dead_code, reason = "other tests use the rest")]
mod served;

use std::path::Path;
use std::time::{Duration, Instant};

use daemon::Daemon;
use jetsonscope::client::{Address, Connection, Encoding};
use jetsonscope::root::Root;
use jetsonscope::source::{Choice, Feed, Remote, Simulated};
use pty::Pty;
use served::{Peer, Scratch, Server, stats};

const JSCOPE: &str = env!("CARGO_BIN_EXE_jscope");

/// A sample ten times a second: 3 GB of RAM are used.
fn stream(peer: &mut Peer) {
    if !peer.hear().starts_with(b"{\"Subscribe\":") {
        return peer.linger(); // what a page asks
    }
    while peer.say(stats(3 << 10).as_bytes()) && peer.goes_on(Duration::from_millis(100)) {}
}

fn jscope(socket: &str, interval: &str) -> Pty {
    Pty::start(&[JSCOPE, "--socket", socket, "--interval", interval], &[], (80, 24))
}

#[test]
fn the_server_goes_and_comes_back() {
    let scratch = Scratch::new("comes-back");
    let socket = scratch.at("s");
    let server = Server::start(Path::new(&socket), stream);
    let mut pty = jscope(&socket, "300");
    pty.see("source sysfs of jscoped");
    pty.see("45.5");
    let text = pty.text();
    assert!(!text.contains("SIMULATED") && !text.contains("lost"), "{text}");
    drop(server);
    pty.see("STALE");
    pty.see("daemon lost");
    assert!(pty.text().contains("45.5"), "last values are kept: {}", pty.text());
    // This machine is no board, and what was shown is not followed by an invented one.
    pty.see("STALE: 4 s old");
    assert!(!pty.text().contains("SIMULATED") && pty.text().contains("45.5"), "{}", pty.text());
    let _server = Server::start(Path::new(&socket), stream);
    pty.until("the server", |pty| !pty.text().contains("lost") && !pty.text().contains("STALE"));
    assert!(pty.text().contains("source sysfs of jscoped"), "{}", pty.text());
    pty.send(b"q");
    pty.ends(0);
}

#[test]
fn a_server_that_falls_silent() {
    let scratch = Scratch::new("silent");
    let socket = scratch.at("s");
    let _server = Server::start(Path::new(&socket), |peer| {
        peer.hear();
        peer.say(stats(3 << 10).as_bytes());
        peer.linger();
    });
    let addresses = vec![Address { path: socket.into(), open_to_all: false }];
    let board = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/boards/orin-nx-r36");
    for (choice, stands_in) in [(Choice::Sysfs, true), (Choice::Synthetic(Simulated::default()), false)] {
        let start = Instant::now();
        let connection = Connection::open(&addresses, Encoding::Json, start).expect("a connection");
        let (every, fallback) = (Duration::from_millis(100), Some((choice.clone(), Root::at(&board))));
        let remote = Remote::subscribe(connection, addresses.clone(), Encoding::Json, every, fallback);
        let mut feed = Feed::serve(remote, choice, every);
        // By a clock of its own: silent for three intervals and two seconds.
        let (mut heard, mut lost) = (false, String::new());
        for tenth in 0..30 {
            let now = start + every * tenth;
            feed.turn(now);
            std::thread::sleep(Duration::from_millis(2));
            let sample = feed.sample(now);
            heard |= sample.snapshot.is_some() && feed.origin().served;
            lost = sample.trouble.unwrap_or_default().to_owned();
            if !lost.is_empty() && !feed.origin().served {
                break;
            }
        }
        assert!(heard && lost.contains("it is silent"), "{lost}");
        assert_eq!((lost.contains("read in this process"), !feed.origin().served), (stands_in, stands_in));
    }
}

/// Garbage, an error, nothing: the board is read here at once, and the screen stays whole.
#[test]
fn servers_that_have_no_samples() {
    for (name, answer) in [
        ("garbage", &b"\x1b[2Jhello\n"[..]),
        ("error", b"{\"Error\":{\"code\":\"bad_request\",\"message\":\"\\u001b[2J\"}}\n"),
        ("other", b"{\"Pong\":1}\n"),
        ("member", b"{\"Stats\":{\"source\":\"x\",\"data\":{\"ram\":5}}}\n"),
    ] {
        let scratch = Scratch::new(name);
        let socket = scratch.at("s");
        let _server = Server::answering(Path::new(&socket), answer);
        let mut pty = jscope(&socket, "100");
        pty.see("read in this process");
        pty.see("RAM");
        pty.send(b"q");
        pty.ends(0);
    }
}

#[test]
fn a_server_without_values() {
    let scratch = Scratch::new("null");
    let socket = scratch.at("s");
    let text = b"{\"Stats\":{\"source\":\"tegrastats\",\"age_ms\":null,\"stale\":true,\"data\":null}}\n";
    let _server = Server::answering(Path::new(&socket), text);
    let mut pty = jscope(&socket, "1000");
    pty.see("source tegrastats of jscoped");
    pty.see("no data");
    pty.send(b"q");
    pty.ends(0);
}

/// A server that closes each connection is asked again, but not often.
#[test]
fn a_server_that_closes_is_not_flooded() {
    let scratch = Scratch::new("closes");
    let socket = scratch.at("s");
    let server = Server::start(Path::new(&socket), |_| {});
    let mut pty = jscope(&socket, "100");
    pty.see("read in this process");
    let start = Instant::now();
    pty.take(Duration::from_millis(3500));
    let asked = server.connections.load(std::sync::atomic::Ordering::Relaxed);
    assert!((2..=4).contains(&asked), "{asked} connections in {:?}", start.elapsed());
    pty.send(b"q");
    pty.ends(0);
}

/// No server, or a source that was given: nothing is said of a server.
#[test]
fn without_a_server_it_is_read_here() {
    let scratch = Scratch::new("without");
    let socket = scratch.at("s");
    let mut pty = jscope(&socket, "100");
    pty.see("RAM");
    assert!(!pty.text().contains("jscoped") && !pty.text().contains("lost"), "{}", pty.text());
    pty.send(b"q");
    pty.ends(0);
    let server = Server::start(Path::new(&socket), stream);
    let words = [JSCOPE, "--socket", &socket, "--source", "synthetic:thor"];
    let mut given = Pty::start(&words, &[], (80, 24));
    given.see("SIMULATED thor");
    given.send(b"r");
    given.see("no daemon is asked: the source was given");
    given.send(b"h");
    given.see("r                  reconnect");
    assert_eq!(server.connections.load(std::sync::atomic::Ordering::Relaxed), 0);
}

/// A daemon that is started later is used, and one that is started again at once when it is asked for.
#[test]
fn a_daemon_that_starts_later() {
    let socket = daemon::directory("later", &[]).join("s");
    let mut pty = jscope(socket.to_str().unwrap(), "100");
    pty.see("SIMULATED");
    pty.see("RAM");
    pty.send(b"r");
    pty.see("/s: no such file or directory");
    pty.send(b"x");
    pty.see("q quit");
    let daemon = Daemon::start("later", &[]);
    pty.see("source sysfs of jscoped");
    let text = pty.text();
    assert!(!text.contains("SIMULATED") && !text.contains("lost"), "{text}");
    pty.send(b"r");
    pty.take(Duration::from_millis(300));
    assert!(pty.text().contains("of jscoped") && !pty.text().contains("lost"), "{}", pty.text());
    drop(daemon);
    pty.see("daemon lost: closed the connection");
    // By now the pause between its own attempts is four seconds.
    pty.take(Duration::from_millis(3500));
    let _daemon = Daemon::start("later", &[]);
    let start = Instant::now();
    pty.send(b"r");
    pty.until("the server", |pty| !pty.text().contains("lost") && !pty.text().contains("STALE"));
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    pty.send(b"q");
    pty.ends(0);
}

/// A daemon that simulates says which board.
#[test]
fn the_board_of_a_daemon_that_simulates() {
    for source in ["synthetic:thor", "emulator:thor"] {
        let daemon = Daemon::with_source("board", &[], source);
        let mut pty = jscope(daemon.socket().to_str().unwrap(), "100");
        pty.see("SIMULATED thor");
        pty.see("of jscoped");
        assert!(pty.text().contains("SIMULATED thor"), "{source}: {}", pty.text());
    }
}
