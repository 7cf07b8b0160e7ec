//! What peers, sources and the machine can do to the daemon, and that it answers all the same: in
//! 10 ms, with the memory and descriptors it had before.
#![cfg(all(feature = "daemon", feature = "cli", target_os = "linux"))]

#[allow(dead_code, reason = "other tests use the rest")]
mod daemon;
#[path = "abuse/place.rs"]
mod place;
#[path = "abuse/source.rs"]
mod source;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::Shutdown;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use daemon::{Daemon, OWN, command, line, lives, soon};
use nix::sys::signal::Signal;

/// A line of the vendor's program.
const LINE: &str = "RAM 12/3964MB (lfb 3x4MB) CPU [1%@102,off] GR3D_FREQ 3% CPU@30C VDD_IN 5/6";

/// Sends what the daemon takes, and gives what it says until it closes.
fn say(daemon: &Daemon, bytes: &[u8]) -> Vec<u8> {
    let (mut stream, mut reply) = (daemon.connect(), Vec::new());
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let _ = stream.read_to_end(&mut reply);
    reply
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|part| part == text.as_bytes())
}

#[test]
fn garbage_of_every_kind() {
    let daemon = Daemon::start("garbage", &[]);
    daemon.ask("\"GetStats\"");
    let before = daemon.held();
    for first in 0..=255u8 {
        for rest in [&b""[..], b"x\n", &[first; 300], b"\xff\xff\xff\xff\xff\xff\xff\xff\xff"] {
            let reply = say(&daemon, &[&[first], rest].concat());
            let is_blank = matches!(first, b' ' | b'\t' | b'\r' | b'\n') && rest.iter().all(|b| *b == first);
            assert!(is_blank || contains(&reply, "bad_request"), "{first:#x} {rest:x?}");
        }
    }
    let long = format!("\"{}\"\n", "x".repeat(60_000));
    let deep = format!("{{\"a\":{}{}\n", "[".repeat(30_000), "]".repeat(30_000));
    for json in [&*long, &deep, &"{\"a\":".repeat(10_000)] {
        let reply = say(&daemon, json.as_bytes());
        assert!(contains(&reply, "bad_request") && reply.len() < 1000, "{} bytes", reply.len());
    }
    for cbor in [
        &b"\xa1\x61a\xbb\xff\xff\xff\xff\xff\xff\xff\xff"[..],
        b"\xbb\x7f\xff\xff\xff\xff\xff\xff\xff\x61a",
        b"\xa1\x61a\x9b\x00\x00\x00\xff\xff\xff\xff\xff\x01",
        b"\xa1\x61a\x5b\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x7a\xff\xff\xff\xff",
        b"\x79\xff\xffshort",
        b"\xa1\xff",
        &[0xa1; 30_000],
        &[[0xa1, 0x61, b'a'].as_slice(), &[0x81; 30_000]].concat(),
        &[[0xa1, 0x61, b'a'].as_slice(), &[0xd8, 0x18].repeat(30_000)].concat(),
    ] {
        let reply = say(&daemon, cbor);
        assert!(contains(&reply, "bad_request"), "{:x?}: {reply:x?}", &cbor[..cbor.len().min(20)]);
    }
    daemon.assert_as_before(before, "garbage");
}

#[test]
fn a_hundred_megabytes_without_an_end() {
    let daemon = Daemon::start("endless", &[]);
    daemon.ask("\"GetStats\"");
    let before = daemon.held();
    for first in [b'"', b'{', 0xbf, b'x'] {
        let mut stream = daemon.connect();
        let (mut sent, piece) = (0, [first; 65536]);
        while sent < 100 << 20 && stream.write_all(&piece).is_ok() {
            sent += piece.len();
        }
        assert!(sent < 2 << 20, "{sent} bytes of {first:#x} were taken");
    }
    // Blank lines are no message, and may go on.
    let mut stream = daemon.connect();
    for _ in 0..100 << 20 >> 16 {
        stream.write_all(&[b'\n'; 65536]).unwrap();
    }
    drop(stream);
    daemon.assert_as_before(before, "no line end");
}

#[test]
fn peers_that_come_and_go() {
    let daemon = Daemon::start("crowd", &[]);
    daemon.ask("\"GetStats\"");
    let before = daemon.held();
    let silent: Vec<_> = (0..2000).filter_map(|_| UnixStream::connect(daemon.socket()).ok()).collect();
    daemon.assert_answers("2000 connections");
    drop(silent);
    daemon.assert_as_before(before, "2000 connections ended");
    let half: Vec<_> = (0..500).map(|_| daemon.connect()).collect();
    for (number, stream) in half.iter().enumerate() {
        let side = if number % 2 == 0 { Shutdown::Write } else { Shutdown::Read };
        let _ = stream.shutdown(side);
    }
    daemon.assert_answers("500 half-open");
    drop(half);
    for number in 0..500 {
        let mut stream = daemon.connect();
        let _ = stream.write_all(b"\"GetStats\"\n\"GetStats\"\n\"GetMeta\"\n");
        let _ = stream.read(&mut vec![0; number % 5]);
    }
    daemon.assert_as_before(before, "gone in mid reply");
}

#[test]
fn readers_that_never_read() {
    let daemon = Daemon::start("deaf", &[]);
    let mut first = daemon.connect();
    first.write_all(b"\"GetStats\"\n").unwrap();
    line(&mut first);
    let before = daemon.held();
    let mut deaf: Vec<_> = (0..63).map(|_| daemon.connect()).collect();
    for stream in &mut deaf {
        stream.set_nonblocking(true).unwrap();
        while stream.write(b"\"GetStats\"\n\"GetMeta\"\n").is_ok() {}
    }
    // What they asked while they could is answered first.
    std::thread::sleep(Duration::from_secs(1));
    let (cpu, start) = (daemon.cpu_ms(), Instant::now());
    // One who is there already is served; there is no room for another while all hold replies.
    let mut times = Vec::new();
    for _ in 0..20 {
        let begin = Instant::now();
        first.write_all(b"\"Ping\"\n").unwrap();
        assert!(contains(&line(&mut first), "Pong"));
        times.push(begin.elapsed());
        std::thread::sleep(Duration::from_millis(25));
    }
    times.sort();
    assert!(times[10] < Duration::from_millis(10), "{times:?}");
    let (spent, elapsed) = (u128::from(daemon.cpu_ms() - cpu), start.elapsed());
    println!("{spent} ms of CPU in {elapsed:?} beside 63 who never read");
    assert!(spent < 150 + elapsed.as_millis() / 4, "{spent} ms of CPU in {elapsed:?}: it spins");
    let rss = daemon.held().anon_kb;
    assert!(rss < before.anon_kb + 8 * 1024, "{} kB, then {rss}", before.anon_kb);
    drop(deaf);
    drop(first);
    daemon.assert_as_before(before, "never reads");
}

#[test]
fn a_message_byte_by_byte() {
    let daemon = Daemon::start("drip", &[]);
    daemon.ask("\"GetStats\"");
    let before = daemon.held();
    // A map of one text and one list of 20000 small maps, 60 KB.
    let mut message = b"\xa1\x64Ping\x99\x4e\x20".to_vec();
    (0..20_000).for_each(|_| message.extend(b"\xa1\x01\x02"));
    let (mut stream, cpu) = (daemon.connect(), daemon.cpu_ms());
    for byte in &message {
        stream.write_all(&[*byte]).unwrap();
    }
    let reply = line(&mut BufReader::with_capacity(16, &stream).take(200));
    assert!(!reply.is_empty());
    let spent = daemon.cpu_ms() - cpu;
    println!("60000 writes of a byte: {spent} ms of CPU");
    assert!(spent < 3000, "{spent} ms of CPU");
    drop(stream);
    daemon.assert_as_before(before, "drip");
}

#[test]
fn peers_that_are_killed() {
    let daemon = Daemon::start("killed", &[]);
    daemon.ask("\"GetStats\"");
    let before = daemon.held();
    for _ in 0..3 {
        let watch = |_| {
            let mut child = command(OWN);
            child.args(["jscopectl", "watch", "--json", "--interval", "100", "--socket"]);
            child.arg(daemon.socket()).stdout(Stdio::piped()).stderr(Stdio::null());
            let mut child = child.spawn().unwrap();
            let mut text = String::new();
            BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut text).unwrap();
            assert!(text.contains("\"Stats\""), "{text}");
            child
        };
        for mut child in (0..8).map(watch).collect::<Vec<_>>() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
    daemon.assert_as_before(before, "kill -9 of peers");
}

#[test]
fn a_flood_on_one_connection() {
    let daemon = Daemon::start("flood", &[]);
    daemon.ask("\"GetStats\"");
    daemon.ask("\"GetProcesses\"");
    let before = daemon.held();
    for request in [&b"\"Ping\"\n"[..], b"\"GetStats\"\n", b"{\"GetProcesses\":{\"limit\":1024}}\n"] {
        let writer = daemon.connect();
        let mut reader = writer.try_clone().unwrap();
        let stop = std::sync::atomic::AtomicBool::new(false);
        let name = String::from_utf8_lossy(request);
        let (flooded, times) = std::thread::scope(|scope| {
            let flood = scope.spawn(|| {
                let piece = request.repeat(16_000 / request.len());
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    let _ = (&writer).write_all(&piece);
                }
                let _ = writer.shutdown(Shutdown::Both);
            });
            let taken = scope.spawn(move || {
                let (mut buffer, mut lines) = (vec![0; 1 << 16], 0);
                while let Ok(got @ 1..) = reader.read(&mut buffer) {
                    lines += buffer[..got].iter().filter(|byte| **byte == b'\n').count();
                }
                lines
            });
            std::thread::sleep(Duration::from_millis(100));
            let times = daemon.pings();
            stop.store(true, std::sync::atomic::Ordering::Relaxed);
            flood.join().unwrap();
            (taken.join().unwrap(), times)
        });
        println!("{flooded} replies to {name:?}, meanwhile a ping takes {:?}, {:?}", times[7], times[14]);
        assert!(times[7] < Duration::from_millis(50), "{name}: {times:?}");
    }
    daemon.assert_as_before(before, "flood");
}

/// Without descriptors for more it serves those it can, rests between, and says so once.
#[test]
fn out_of_descriptors() {
    let daemon = Daemon::prepared("emfile", &["max_clients = 200"], |command, directory| {
        let log = fs::File::create(directory.join("log")).unwrap();
        let mut shell = daemon::command("/bin/sh");
        shell.args(["-c", "ulimit -n 130; exec \"$0\" \"$@\"", OWN]).args(daemon::words(directory));
        shell.stderr(log);
        *command = shell;
    });
    let before = daemon.held();
    let silent: Vec<_> = (0..150).filter_map(|_| UnixStream::connect(daemon.socket()).ok()).collect();
    let cpu = daemon.cpu_ms();
    // The silent ones give way.
    let begin = Instant::now();
    assert!(daemon.ask("\"Ping\"")["Pong"].is_object());
    println!("a ping without descriptors: {:?}", begin.elapsed());
    assert!(begin.elapsed() < Duration::from_millis(500), "{:?}", begin.elapsed());
    drop(silent);
    // Those who wait for samples do not.
    let mut streams = Vec::new();
    for _ in 0..60 {
        let mut stream = daemon.connect();
        let _ = stream.write_all(b"{\"Subscribe\":{\"interval_ms\":3600000}}\n");
        streams.push(stream);
    }
    std::thread::sleep(Duration::from_millis(1500));
    let spent = daemon.cpu_ms() - cpu;
    println!("{spent} ms of CPU without descriptors");
    assert!(spent < 500, "{spent} ms of CPU: it spins");
    drop(streams);
    assert!(soon(3, || daemon.held().descriptors <= before.descriptors));
    let log = daemon.log();
    assert!(log.lines().count() < 8, "{log}");
    assert!(log.contains("accept: "), "{log}");
    daemon.assert_answers("descriptors are back");
}

#[test]
fn standard_error_is_a_closed_pipe() {
    let daemon = Daemon::prepared("pipe", &["nonsense = 1"], |command, _| {
        let (reader, writer) = nix::unistd::pipe().unwrap();
        drop(reader);
        command.stderr(writer);
    });
    daemon.signal(Signal::SIGHUP);
    fs::write(daemon.directory.join("conf"), "interval = x").unwrap();
    daemon.signal(Signal::SIGHUP);
    daemon.assert_answers("stderr is a closed pipe");
}

#[test]
fn many_silent_clients() {
    let daemon = Daemon::start("thousand", &["max_clients = 800"]);
    daemon.ask("\"GetStats\"");
    std::thread::sleep(Duration::from_millis(200));
    let (before, rss) = (daemon.held(), daemon.status("RssAnon"));
    let mut silent: Vec<_> = (0..799).map(|_| daemon.connect()).collect();
    daemon.assert_answers("799 silent clients");
    let cost = (daemon.status("RssAnon").saturating_sub(rss)) * 1024 / 799;
    println!("{cost} bytes for each silent client");
    assert!(cost <= 2048, "{cost} bytes each");
    for stream in &mut silent {
        stream.write_all(b"\"Ping\"\n").unwrap();
    }
    for stream in &mut silent {
        assert!(contains(&line(stream), "Pong"));
    }
    let cost = (daemon.status("RssAnon").saturating_sub(rss)) * 1024 / 799;
    println!("{cost} bytes for each that has asked something");
    assert!(cost <= 2048, "{cost} bytes each");
    drop(silent);
    daemon.assert_as_before(before, "many silent clients");
}

/// Who does not take his samples misses them, costs no more than one, and is dropped.
#[test]
fn a_subscriber_that_does_not_read() {
    let daemon = Daemon::start("sleeper", &[]);
    daemon.ask("\"GetStats\"");
    let before = daemon.held();
    let subscribe = || {
        let mut stream = daemon.connect();
        stream.write_all(b"{\"Subscribe\":{\"interval_ms\":100}}\n").unwrap();
        // So much has room in the socket that the first samples would all fit.
        (0..60).for_each(|_| stream.write_all(b"\"GetStats\"\n").unwrap());
        stream
    };
    let mut deaf: Vec<_> = (0..20).map(|_| subscribe()).collect();
    let mut slow = subscribe();
    std::thread::sleep(Duration::from_secs(1));
    let (early, cpu) = (daemon.held(), daemon.cpu_ms());
    std::thread::sleep(Duration::from_secs(4));
    let late = daemon.held();
    println!("{before:?}, then {early:?}, {late:?}, {} ms of CPU", daemon.cpu_ms() - cpu);
    assert!(
        late.anon_kb <= early.anon_kb + 512 && late.anon_kb < before.anon_kb + 4096,
        "{early:?}, {late:?}"
    );
    assert!(daemon.cpu_ms() - cpu < 1000);
    // Once he reads, samples are those of now: none was kept for him.
    let mut ages = Vec::new();
    for _ in 0..80 {
        let message: serde_json::Value = serde_json::from_slice(&line(&mut slow)).unwrap();
        ages.push(message["Stats"]["age_ms"].as_u64().unwrap());
    }
    assert!(ages.iter().all(|age| *age < 300), "{ages:?}");
    assert!(
        soon(12, || daemon.held().descriptors <= before.descriptors + 1),
        "not dropped: {:?}",
        daemon.held()
    );
    let _ = deaf.iter_mut().map(|stream| stream.read(&mut [0])).count();
    drop((deaf, slow));
    daemon.assert_as_before(before, "deaf subscribers");
}
