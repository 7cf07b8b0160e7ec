//! How fast the daemon answers, and what it costs. Prints a table, and fails beyond a limit.
//!
//! Run by `cargo bench --bench server`. The daemon serves a board of the fixtures to a driver without
//! threads: each connection has one request under way. A machine that is shared is slow at times and
//! never too fast, so the best of several rounds counts, for each figure by itself.

#[allow(dead_code, reason = "other tests use the rest")]
#[path = "../daemon/mod.rs"]
mod daemon;

use std::fs;
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use daemon::Daemon;
use jetsonscope::sys;
use jetsonscope::wire::Value;
use jetsonscope::wire::frame::{Encoding, Finder, Found};

const ROUNDS: usize = 20;
const REQUESTS: usize = 2000;
const STARTS: usize = 10;
const SILENT: usize = 1000;

/// The limits of one client: 50 and 99 of 100 answers are there in that time, us.
const KEPT_US: [f64; 2] = [30.0, 1000.0];
const NEW_US: [f64; 2] = [60.0, 1000.0];
/// CPU until the first answer, ms.
const FIRST_MS: f64 = 10.0;
/// Memory of a client that says nothing, bytes.
const CLIENT_BYTES: f64 = 2048.0;

/// What all rows of the table share.
struct Table {
    failed: bool,
}

impl Table {
    /// Prints a row; a figure beyond its limit fails.
    fn row(&mut self, name: &str, text: &str, limits: &[(f64, f64)]) {
        let beyond = limits.iter().any(|(figure, limit)| figure > limit);
        self.failed |= beyond;
        let limits: Vec<String> = limits.iter().map(|(_, limit)| limit.to_string()).collect();
        let limits =
            if limits.is_empty() { String::new() } else { format!("  (limit {})", limits.join(", ")) };
        println!("{name:<22}{text}{limits}{}", if beyond { "  BEYOND THE LIMIT" } else { "" });
    }
}

/// CPU time that the process has had, ns: to the nanosecond where the kernel counts so.
fn cpu_ns(daemon: &Daemon) -> u64 {
    let path = format!("/proc/{}/schedstat", daemon.child.id());
    let exact = fs::read_to_string(path).ok().and_then(|text| text.split(' ').next()?.parse().ok());
    exact.unwrap_or_else(|| daemon.cpu_ms() * 1_000_000)
}

/// A daemon with the interval of the default configuration.
fn start(name: &str) -> Daemon {
    Daemon::prepared(name, &["max_clients = 2000"], |command, _| {
        command.args(["--source", "sysfs", "--interval", "1000"]);
    })
}

/// Requests as a number of clients send them.
#[derive(Clone, Copy)]
struct Load {
    clients: usize,
    /// The connection is kept from request to request.
    kept: bool,
    encoding: Encoding,
}

/// A client: its connection, and since when it waits.
struct Waiting {
    stream: UnixStream,
    since: Instant,
}

/// What a round took.
#[derive(Clone, Copy)]
struct Figures {
    per_second: f64,
    p50_us: f64,
    p99_us: f64,
    cpu_us: f64,
}

impl Load {
    fn request(self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.encoding.write(&Value::Text("GetStats".into()), &mut bytes);
        bytes
    }

    /// Asks anew, on the connection of before if there is one.
    fn ask(self, path: &Path, request: &[u8], stream: Option<UnixStream>) -> Waiting {
        let since = Instant::now();
        let mut stream = stream.unwrap_or_else(|| UnixStream::connect(path).expect("a connection"));
        stream.write_all(request).expect("a request is taken");
        Waiting { stream, since }
    }

    /// Reads one reply to its end; gives the time when that was there.
    fn read(self, stream: &mut UnixStream, buffer: &mut [u8]) -> Instant {
        let mut held = 0;
        loop {
            let got = stream.read(&mut buffer[held..]).expect("a reply");
            let now = Instant::now();
            assert!(got > 0, "the connection ends after {held} bytes");
            held += got;
            if let Found::Whole(length) = Finder::default().find(self.encoding, &buffer[..held]) {
                assert!(length == held && held > 500, "a reply of {held} bytes");
                return now;
            }
        }
    }

    fn round(self, daemon: &Daemon, buffer: &mut [u8]) -> Figures {
        let (path, request) = (daemon.socket(), self.request());
        let (mut times, mut asked) = (Vec::with_capacity(REQUESTS), self.clients);
        let (begin, cpu) = (Instant::now(), cpu_ns(daemon));
        let ask = |stream| self.ask(&path, &request, stream);
        let mut waiting: Vec<Option<Waiting>> = (0..self.clients).map(|_| Some(ask(None))).collect();
        while times.len() < REQUESTS {
            for number in ready(&waiting) {
                let Some(Waiting { mut stream, since }) = waiting[number].take() else { continue };
                times.push(self.read(&mut stream, buffer) - since);
                if asked < REQUESTS {
                    asked += 1;
                    waiting[number] = Some(ask(Some(stream).filter(|_| self.kept)));
                }
            }
        }
        let spent = begin.elapsed();
        let cpu = cpu_ns(daemon) - cpu;
        times.sort();
        let us = |percent: usize| times[REQUESTS * percent / 100].as_nanos() as f64 / 1e3;
        Figures {
            per_second: REQUESTS as f64 / spent.as_secs_f64(),
            p50_us: us(50),
            p99_us: us(99),
            cpu_us: cpu as f64 / 1e3 / REQUESTS as f64,
        }
    }

    fn best(self, daemon: &Daemon) -> Figures {
        let mut buffer = vec![0; 1 << 17];
        self.round(daemon, &mut buffer);
        let rounds = (0..ROUNDS).map(|_| self.round(daemon, &mut buffer));
        let better = |a: Figures, b: Figures| Figures {
            per_second: a.per_second.max(b.per_second),
            p50_us: a.p50_us.min(b.p50_us),
            p99_us: a.p99_us.min(b.p99_us),
            cpu_us: a.cpu_us.min(b.cpu_us),
        };
        rounds.reduce(better).expect("there are rounds")
    }
}

/// The clients whose reply has begun to come; one that is alone waits in its read.
fn ready(waiting: &[Option<Waiting>]) -> Vec<usize> {
    if let [_] = waiting {
        return vec![0];
    }
    let fd = |client: &Option<Waiting>| client.as_ref().map_or(-1, |client| client.stream.as_raw_fd());
    let entry = |client| libc::pollfd { fd: fd(client), events: libc::POLLIN, revents: 0 };
    let mut polled: Vec<libc::pollfd> = waiting.iter().map(entry).collect();
    sys::daemon::poll(&mut polled, Instant::now() + Duration::from_secs(10)).expect("poll");
    let is_ready = |(number, polled): (usize, &libc::pollfd)| (polled.revents != 0).then_some(number);
    let ready: Vec<usize> = polled.iter().enumerate().filter_map(is_ready).collect();
    assert!(!ready.is_empty(), "no answer in ten seconds");
    ready
}

fn answers(table: &mut Table) {
    let daemon = start("bench");
    println!("{:<22}{:>9}{:>9}{:>9}{:>9}", "GetStats, clients", "/s", "p50 us", "p99 us", "CPU us");
    for (name, clients, kept, encoding) in [
        ("kept, 1", 1, true, Encoding::Json),
        ("kept, 1, CBOR", 1, true, Encoding::Cbor),
        ("kept, 16", 16, true, Encoding::Json),
        ("kept, 64", 64, true, Encoding::Json),
        ("new, 1", 1, false, Encoding::Json),
        ("new, 16", 16, false, Encoding::Json),
        ("new, 64", 64, false, Encoding::Json),
    ] {
        let figures = Load { clients, kept, encoding }.best(&daemon);
        let Figures { per_second, p50_us, p99_us, cpu_us } = figures;
        let text = format!("{per_second:>9.0}{p50_us:>9.1}{p99_us:>9.1}{cpu_us:>9.1}");
        let [p50, p99] = if kept { KEPT_US } else { NEW_US };
        let limits = [(p50_us, p50), (p99_us, p99)];
        table.row(name, &text, if clients == 1 { &limits } else { &[] });
    }
}

/// From the start of the process to the first reply with values.
fn first_answer(table: &mut Table) {
    let cpu_ms = |_| {
        let directory = daemon::directory("first", &[]);
        let mut own = daemon::command(daemon::OWN);
        own.args(daemon::words(&directory)).args(["--source", "sysfs"]).stderr(std::process::Stdio::null());
        let daemon = Daemon { child: own.spawn().expect("a daemon"), directory };
        let load = Load { clients: 1, kept: true, encoding: Encoding::Json };
        let connected = daemon::soon(10, || UnixStream::connect(daemon.socket()).is_ok());
        assert!(connected, "it does not start");
        let mut waiting = load.ask(&daemon.socket(), &load.request(), None);
        load.read(&mut waiting.stream, &mut vec![0; 1 << 17]);
        cpu_ns(&daemon) as f64 / 1e6
    };
    let best = (0..STARTS).map(cpu_ms).fold(f64::INFINITY, f64::min);
    table.row("first answer", &format!("{best:>9.1} ms of CPU"), &[(best, FIRST_MS)]);
}

fn silent_clients(table: &mut Table) {
    let daemon = start("silent");
    daemon.ask("\"GetStats\"");
    let held = |name| daemon.status(name) as f64 * 1024.0;
    let (anonymous, resident) = (held("RssAnon"), held("VmRSS"));
    let mut clients: Vec<UnixStream> = (0..SILENT).map(|_| daemon.connect()).collect();
    // Whoever came before the one that is answered was taken.
    daemon.ask("\"Ping\"");
    assert!(daemon.held().descriptors >= SILENT, "{:?}", daemon.held());
    let mut row = |name, limit: &[f64]| {
        let each = |now: f64, then: f64| (now - then).max(0.0) / SILENT as f64;
        let (own, all) = (each(held("RssAnon"), anonymous), each(held("VmRSS"), resident));
        let limits: Vec<(f64, f64)> = limit.iter().map(|limit| (own, *limit)).collect();
        table.row(name, &format!("{own:>9.0} bytes each, {all:.0} with files"), &limits);
    };
    row("1000 silent clients", &[CLIENT_BYTES]);
    for client in &mut clients {
        client.write_all(b"\"GetStats\"\n").expect("a request is taken");
        daemon::line(&mut std::io::BufReader::new(client));
    }
    row("once they have asked", &[]);
}

/// Keeps this process and the daemon on one processor. Otherwise one wakes the other on a processor that
/// sleeps, and what is measured is how long a virtual machine takes to wake one: 40 us and more.
fn share_a_processor() {
    // SAFETY: a set of zeros is a value, CPU_SET writes to nothing but it, and the call reads it.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(0, &mut set);
        libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &set);
    }
}

fn main() {
    share_a_processor();
    if !Path::new("/proc/self/status").exists() {
        return println!("skipped: needs /proc");
    }
    sys::daemon::raise_descriptors();
    let mut table = Table { failed: false };
    answers(&mut table);
    first_answer(&mut table);
    silent_clients(&mut table);
    std::process::exit(i32::from(table.failed));
}
