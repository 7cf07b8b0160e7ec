//! `jscope` under everything that may be typed, and on a line that is slow: no panic, no hang, nothing
//! written but where it may, and the terminal is given back.

#![cfg(all(feature = "tui", feature = "emulator", target_os = "linux"))]

#[allow(dead_code, reason = "other tests use the rest")]
mod copy;
#[allow(dead_code, reason = "other tests use the rest")]
mod pty;

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use nix::sys::wait::WaitStatus;
use pty::Pty;

const JSCOPE: &str = env!("CARGO_BIN_EXE_jscope");
const SIZES: [(u16, u16); 6] = [(80, 24), (200, 50), (40, 12), (20, 5), (1, 1), (132, 43)];
/// How long each storm takes unless JETSONSCOPE_STORM says another number of seconds.
const STORM_S: u64 = 3;
/// Ctrl-C ends it within this time, whatever is open.
const ENDS: Duration = Duration::from_secs(1);

/// Whole keys: pages, dialogs, filters, lists, clicks and the wheel; `w`, `W` and Ctrl-Z included.
const KEYS: &[&[u8]] = &[
    b"\x1b[A",
    b"\x1b[B",
    b"\x1b[C",
    b"\x1b[D",
    b"\x1b[5~",
    b"\x1b[6~",
    b"\x1b[H",
    b"\x1b[F",
    b"\x1b[Z",
    b"\r",
    b"\t",
    b" ",
    b"\x7f",
    b"1",
    b"2",
    b"8",
    b"9",
    b"0",
    b"h",
    b"v",
    b"/orin\r",
    b"/\xc3\xa9\r",
    b"s",
    b"S",
    b"T",
    b"u",
    b"kKy",
    b"k\r",
    b"a  ",
    b"[",
    b"]",
    b"{",
    b"}",
    b"c\r\ry",
    b"m\r\rt",
    b"f\r55\ry",
    b"P",
    b"b",
    b"n",
    b"p",
    b"p",
    b"+",
    b"-",
    b"w",
    b"W",
    b"t",
    b"z",
    b"r",
    b"\x0c",
    b"\x1a",
    b"q",
    b"\x1b[<0;10;1M\x1b[<0;10;1m",
    b"\x1b[<0;70;23M",
    b"\x1b[<64;5;5M",
    b"\x1b[<65;5;5M",
];
/// What is no key, or only the beginning of one.
const BROKEN: &[&[u8]] = &[
    b"\x1b[<0;",
    b"\x1b[<99999999999999999999;0;-1M",
    b"\x1b[<0;0;0M",
    b"\x1b[<0;65536;65536M",
    b"\x1b[M\xff\xff\xff",
    b"\x1b[M",
    b"\x1b[1;1R",
    b"\x1b[?1;2c",
    b"\x1b[I\x1b[O",
    b"\x1b[",
    b"\x1bO",
    b"\x1b]0;title\x07",
    b"\x1bP",
    b"\x1b[99999999999999999999999999999999999999",
    b"\xff\xfe\xc3",
    b"\xf0\x9f",
    b"\xed\xa0\x80",
    b"\0",
    b"\x1b[200~pasted\r\n",
    b"\x1b[201~",
];

/// Numbers that are the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % bound
    }

    fn of<'a>(&mut self, list: &[&'a [u8]]) -> &'a [u8] {
        list[self.below(list.len())]
    }

    /// A handful of keys, broken sequences and bytes of any kind.
    fn typed(&mut self) -> Vec<u8> {
        let mut typed = Vec::new();
        for _ in 0..1 + self.below(40) {
            match self.below(8) {
                0 => typed.extend_from_slice(self.of(BROKEN)),
                // All but Ctrl-C, which is for the end, and Ctrl-\, which quits while the terminal is given back.
                1 => typed.extend(
                    (0..self.below(20))
                        .map(|_| self.below(256) as u8)
                        .filter(|byte| ![3, 0x1c].contains(byte)),
                ),
                _ => typed.extend_from_slice(self.of(KEYS)),
            }
        }
        typed
    }
}

/// A directory where the screen may write, gone with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("jetsonscope-storm-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("work")).expect("a directory");
        Scratch(path)
    }

    /// The screen, in that directory; its settings go there, too.
    fn start(&self, words: &[&str], size: (u16, u16)) -> Pty {
        let home = self.0.to_str().expect("a path");
        let script = "cd \"$XDG_CONFIG_HOME/work\" && exec \"$@\"";
        let words = [&["/bin/sh", "-c", script, "sh", JSCOPE], words].concat();
        let mut pty = Pty::start(&words, &[("XDG_CONFIG_HOME", home), ("HOME", home)], size);
        resize(&mut pty, size);
        pty.until("frame", |pty| pty.wrote("\x1b[?1049h").is_some());
        pty
    }

    /// `w` may write as often as it likes, but not all of it is wanted.
    fn tidy(&self) {
        for entry in fs::read_dir(self.0.join("work")).expect("a directory").flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            assert!(name.starts_with("jetsonscope-"), "{name} was written");
            fs::remove_file(entry.path()).expect("a file");
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Another size, for the program alone: what judges its output does not stand a cursor beyond its last column.
fn resize(pty: &mut Pty, (columns, rows): (u16, u16)) {
    pty.set_size(columns, rows);
    pty.screen.screen_mut().set_size(50, 200);
}

fn storm_time() -> Duration {
    let seconds = std::env::var("JETSONSCOPE_STORM").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(STORM_S))
}

/// What has become of the screen without waiting for it: goes on, or has quit by a key.
fn has_quit(pty: &mut Pty, typed: &[u8]) -> bool {
    match pty.look() {
        WaitStatus::StillAlive => false,
        WaitStatus::Stopped(..) => {
            pty.signal(Signal::SIGCONT);
            false
        }
        status => {
            let text = String::from_utf8_lossy(typed);
            assert_eq!(status, WaitStatus::Exited(pty.pid, 0), "after {text:?}: {:?}", pty.tail());
            pty.drain();
            pty.is_given_back();
            true
        }
    }
}

/// Ctrl-C ends it soon, whatever was typed.
fn ends_soon(mut pty: Pty) {
    // Half a sequence at the end of what was typed would take it in, and a stop is still to come.
    for _ in 0..15 {
        pty.take(Duration::from_millis(20));
        if has_quit(&mut pty, b"") {
            return;
        }
    }
    let start = Instant::now();
    pty.send(b"\x03");
    pty.ends(0);
    assert!(start.elapsed() < ENDS, "{:?}", start.elapsed());
}

fn storm(name: &str, seed: u64, words: &[&str]) {
    let (scratch, mut random) = (Scratch::new(name), Random(seed));
    let (start, mut screens, mut bytes) = (Instant::now(), 0, 0);
    while start.elapsed() < storm_time() {
        let size = SIZES[random.below(SIZES.len())];
        let mut pty = scratch.start(words, size);
        screens += 1;
        let mut quit = false;
        // Some of them end by Ctrl-C in the midst of it.
        for _ in 0..1 + random.below(200) {
            let typed = random.typed();
            bytes += typed.len();
            pty.send(&typed);
            pty.take(Duration::from_millis(random.below(4) as u64 * 5));
            pty.forget();
            if random.below(20) == 0 {
                let (columns, rows) = SIZES[random.below(SIZES.len())];
                resize(&mut pty, (columns, rows));
            }
            quit = has_quit(&mut pty, &typed);
            if quit || start.elapsed() > storm_time() {
                break;
            }
        }
        if !quit {
            ends_soon(pty);
        }
        scratch.tidy();
    }
    println!("{name}: {screens} screens, {bytes} bytes");
}

#[test]
fn whatever_is_typed_at_a_simulated_board() {
    storm("simulated", 0x5eed_0001, &["--interval", "100", "--source", "synthetic:agx-orin:training"]);
}

/// Here dialogs change something: files of a copied board. It has no programs, and no process but in name.
#[test]
fn whatever_is_typed_at_a_board() {
    let scratch = Scratch::new("root");
    let board = copy::board("agx-orin-r36", &scratch.0);
    let board = board.to_str().expect("a path");
    storm("board", 0x5eed_0002, &["--interval", "100", "--source", "sysfs", "--root", board]);
}

/// A paste of a megabyte, with and without brackets around it, on each page.
#[test]
fn a_megabyte_is_pasted() {
    let scratch = Scratch::new("paste");
    let paste: Vec<u8> = b"Some lines of a program, all of them keys.\r\n/\t".repeat(22_000);
    // Nothing that quits: the whole of it is to be read.
    let paste: Vec<u8> = paste.into_iter().filter(|byte| !b"qwW".contains(byte)).collect();
    assert!(paste.len() > 1_000_000);
    for (page, before, after) in
        [("1", &b""[..], &b""[..]), ("2", b"\x1b[200~", b"\x1b[201~"), ("8", b"a", b"")]
    {
        let mut pty = scratch.start(&["--source", "synthetic:agx-orin"], SIZES[0]);
        pty.send(page.as_bytes());
        pty.send(before);
        pty.send(&paste);
        pty.send(after);
        ends_soon(pty);
    }
    scratch.tidy();
}

/// 9600 baud: the terminal is read 960 bytes a second, and shows what came of a key within a second. A frame
/// that was drawn meanwhile would stand in front of that; so would what the kernel holds, which nobody sees.
#[test]
fn a_slow_line_shows_soon_what_a_key_does() {
    let scratch = Scratch::new("line");
    let mut pty = scratch.start(&["--interval", "1000", "--source", "synthetic:agx-orin:training"], SIZES[0]);
    slowly(&mut pty, Duration::from_secs(4), |_| false);
    let mut all = Vec::new();
    for _ in 0..4 {
        for paused in [true, false] {
            pty.send_blindly(b"p");
            let took = slowly(&mut pty, 2 * pty::PATIENCE, |text| text.contains("PAUSED") == paused);
            println!("p at 9600 baud: {} ms", took.as_millis());
            all.push(took);
            slowly(&mut pty, Duration::from_millis(700), |_| false);
        }
    }
    all.sort();
    // The machine has other things to do, too, and the line may have a frame to take before.
    assert!(all[all.len() / 2] < Duration::from_secs(1), "{all:?}\n{}", pty.text());
    ends_soon(pty);
}

/// Takes 960 bytes a second, until `done` or for that time; gives the time that it took.
fn slowly(pty: &mut Pty, time: Duration, done: impl Fn(&str) -> bool) -> Duration {
    let start = Instant::now();
    let mut due = start;
    while start.elapsed() < time && !done(&pty.text()) {
        pty.take_some(24);
        due += Duration::from_millis(25);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    start.elapsed()
}
