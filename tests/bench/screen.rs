//! What the screen costs: bytes to the terminal, CPU, memory, wake-ups and writes. Prints a table, and fails
//! beyond a limit.
//!
//! Run by `cargo bench --bench screen`. The program runs on a pseudo-terminal
//! of its own that takes all at once, with a simulated board once a second, and is looked at for some seconds
//! after its first frame.

#[allow(dead_code, reason = "other tests use the rest")]
#[path = "../pty/mod.rs"]
mod pty;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use jetsonscope::view::frame::PAGES;
use pty::Pty;

const PROGRAM: &str = env!("CARGO_BIN_EXE_jetsonscope");
const SMALL: (u16, u16) = (80, 24);
const LARGE: (u16, u16) = (200, 50);
const STEADY: &str = "idle";
const BUSY: &str = "training";
/// The page that sends most at 200 x 50, of those that are of the sample alone.
const WIDEST: &str = "Thermal/Fan";

/// These ask for what is not in the sample, once a second and together with it. The list of processes reads as
/// many files as there are processes, for which there is a limit of its own (tests/bench/processes.rs).
const ASKING: [&str; 2] = ["History", "Processes"];

/// Before it is looked at: two samples and the answers to what the page asks.
const SETTLED: Duration = Duration::from_millis(2500);
/// How long it is looked at, in samples and in seconds; it neither begins nor ends at one.
const SAMPLES: u64 = 5;

/// A case is beyond its limit when it is so each of that many times.
const LOOKS: u32 = 3;

/// Bytes a second, Dashboard at 80 x 24.
const BYTES: f64 = 4096.0;
/// CPU at 200 x 50, ms a second.
const CPU_MS: f64 = 3.0;
/// Resident memory at 200 x 50, kB.
const RESIDENT_KB: f64 = 4096.0;
/// Wake-ups, and writes, for each sample.
const EACH: f64 = 1.0;

/// What a process has done so far.
struct Done {
    cpu_ns: u64,
    wakes: u64,
    writes: u64,
}

impl Done {
    fn by(pty: &Pty) -> Done {
        let figure = |file, name| pty.figure(file, name).unwrap_or_else(|| panic!("no {name}"));
        let text = fs::read_to_string(format!("/proc/{}/schedstat", pty.pid)).unwrap_or_default();
        let exact = text.split(' ').next().and_then(|text| text.parse().ok());
        Done {
            cpu_ns: exact.unwrap_or_else(|| ticks_ns(pty)),
            wakes: figure("status", "voluntary_ctxt_switches"),
            writes: figure("io", "syscw"),
        }
    }
}

/// CPU time to the tick, where the kernel does not count more exactly.
fn ticks_ns(pty: &Pty) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pty.pid)).expect("a process");
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).map(|ticks| ticks.parse::<u64>().expect("a number") * 10_000_000).sum()
}

/// A screen that is looked at.
struct Case<'a> {
    size: (u16, u16),
    scenario: &'a str,
    page: &'a str,
}

impl Case<'_> {
    /// Looks at it, and prints a row; true where a figure is beyond its limit.
    fn is_beyond(&self) -> bool {
        let source = format!("synthetic:agx-orin:{}", self.scenario);
        let words = [PROGRAM, "jscope", "--source", &source, "--page", self.page];
        let mut pty = Pty::start(&words, &[], self.size);
        pty.see("SIMULATED");
        pty.take(SETTLED);
        pty.forget();
        let before = Done::by(&pty);
        pty.take(Duration::from_secs(SAMPLES));
        let (after, bytes) = (Done::by(&pty), pty.bytes.len());
        let resident = resident_kb(&pty).expect("VmRSS");
        pty.send(b"q");
        pty.ends(0);
        let each = |after: u64, before: u64| (after - before) as f64 / SAMPLES as f64;
        self.row([
            bytes as f64 / SAMPLES as f64,
            each(after.cpu_ns, before.cpu_ns) / 1e6,
            resident as f64,
            each(after.wakes, before.wakes),
            each(after.writes, before.writes),
        ])
    }

    fn row(&self, figures: [f64; 5]) -> bool {
        let (large, first) = (self.size == LARGE, self.page == PAGES[0].name);
        let lists = self.page == ASKING[1];
        let limit = |is: bool, limit: f64| if is { limit } else { f64::INFINITY };
        let limits = [
            limit(first && !large, BYTES),
            limit(large && !lists, CPU_MS),
            limit(large, RESIDENT_KB),
            limit(large, EACH),
            limit(large, EACH),
        ];
        let beyond = figures.iter().zip(&limits).any(|(figure, limit)| figure > limit);
        let [bytes, cpu, resident, wakes, writes] = figures;
        let (columns, rows) = self.size;
        println!(
            "{:<18}{:<10}{columns:>4}x{rows}{bytes:>9.0}{cpu:>9.2}{resident:>9.0}{wakes:>9.1}{writes:>9.1}{}",
            self.page,
            self.scenario,
            if beyond { "  BEYOND THE LIMIT" } else { "" }
        );
        beyond
    }
}

fn resident_kb(pty: &Pty) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{}/status", pty.pid)).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

/// What a frame costs in system calls where nothing has changed: a log of the same line, ten times a second.
fn unchanged() {
    if Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_err() {
        return println!("skipped: needs strace");
    }
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (log, trace) = (directory.join("screen-bench.log"), directory.join("screen-bench.trace"));
    fs::write(&log, "RAM 1224/7620MB CPU [3%@729] tj@40C\n".repeat(1000)).expect("a log");
    let source = format!("file:{}", log.display());
    let own = [PROGRAM, "jscope", "--source", &source, "--interval", "100"];
    let trace_name = trace.to_str().expect("a path");
    let mut pty = Pty::start(&[&["strace", "-o", trace_name], &own[..]].concat(), &[], LARGE);
    pty.see("RAM");
    pty.take(SETTLED);
    let calls =
        || fs::read_to_string(&trace).expect("a trace").lines().map(str::to_owned).collect::<Vec<_>>();
    let (before, _) = (calls().len(), pty.forget());
    pty.take(Duration::from_secs(2));
    let frames = calls().split_off(before);
    let of = |name| frames.iter().filter(|call| call.starts_with(name)).count() as f64 / 20.0;
    println!(
        "unchanged frame: {:.1} system calls (poll {:.1}, write {:.1}, ioctl {:.1}), {} bytes",
        of(""),
        of("poll") + of("ppoll"),
        of("write"),
        of("ioctl"),
        pty.bytes.len() / 20
    );
    pty.send(b"q");
    pty.ends(0);
}

/// Instructions for each frame of a busy board, user and kernel, where the machine counts them.
fn instructions() {
    let source = format!("synthetic:agx-orin:{BUSY}");
    let mut pty = Pty::start(&[PROGRAM, "jscope", "--source", &source], &[], LARGE);
    pty.see("SIMULATED");
    let pid = pty.pid.to_string();
    let words = ["stat", "-x", ",", "-e", "instructions", "-p", &pid, "sleep", "5"];
    let perf = Command::new("perf").args(words).stdin(Stdio::null()).output();
    let text = perf.map(|output| String::from_utf8_lossy(&output.stderr).into_owned()).unwrap_or_default();
    match text.split(',').next().and_then(|count| count.trim().parse::<u64>().ok()) {
        Some(count) => println!("{} instructions a frame (200x50, {BUSY})", count / 5),
        None => println!("instructions of a frame: no counters here (perf stat)"),
    }
    pty.send(b"q");
    pty.ends(0);
}

fn main() {
    if !Path::new("/proc/self/io").exists() {
        return println!("skipped: needs /proc");
    }
    let names = ["B/s", "CPU ms/s", "RSS kB", "wakes", "writes"].map(|name| format!("{name:>9}")).concat();
    println!("{:<18}{:<10}{:>7}{names}", "page", "board", "size");
    let mut beyond = false;
    for size in [SMALL, LARGE] {
        for page in [PAGES[0].name, WIDEST, ASKING[0], ASKING[1]] {
            for scenario in [STEADY, BUSY] {
                // What a neighbour of this machine costs is not there each time.
                beyond |= (0..LOOKS).all(|_| Case { size, scenario, page }.is_beyond());
            }
        }
    }
    println!(
        "limits: {BYTES} B/s (80x24, Dashboard); 200x50: {CPU_MS} ms/s, {RESIDENT_KB} kB, {EACH} and {EACH} a sample"
    );
    unchanged();
    instructions();
    std::process::exit(i32::from(beyond));
}
