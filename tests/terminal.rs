//! `jscope` on a real (pseudo-)terminal: keys, signals, sizes, and that the terminal is always given
//! back as it was.

#![cfg(all(feature = "tui", feature = "emulator"))]

#[allow(dead_code, reason = "other tests use the rest")]
mod pty;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use nix::sys::wait::WaitStatus;
use pty::Pty;

const JSCOPE: &str = env!("CARGO_BIN_EXE_jscope");
const NORMAL: (u16, u16) = (80, 24);

fn ms(time: u64) -> Duration {
    Duration::from_millis(time)
}

#[test]
fn keys_that_quit() {
    for key in [&b"q"[..], b"\x1b", b"\x03"] {
        let mut pty = Pty::jscope(&[], &[], NORMAL);
        pty.is_taken_over();
        assert!(pty.text().contains("SIMULATED"), "{}", pty.text());
        pty.send(key);
        pty.ends(0);
    }
}

#[test]
fn the_program_without_arguments_is_the_screen() {
    let variables = [("JETSONSCOPE_TUI_MODE", "synthetic")];
    let mut pty = Pty::start(&[env!("CARGO_BIN_EXE_jetsonscope")], &variables, NORMAL);
    pty.see("SIMULATED orin-nano");
    pty.is_taken_over();
    pty.send(b"q");
    pty.ends(0);
}

#[test]
fn help_comes_and_goes() {
    for (open, close) in [(&b"h"[..], &b"\x1b"[..]), (b"?", b"h")] {
        let mut pty = Pty::jscope(&[], &[], NORMAL);
        pty.send(open);
        pty.see("Keys");
        assert!(!pty.text().contains("RAM"), "{}", pty.text());
        pty.send(close);
        pty.see("RAM");
        assert!(!pty.text().contains("Keys"), "{}", pty.text());
        pty.send(b"\x1b");
        pty.ends(0);
    }
}

/// Without a server, the samples that were read here are the past.
#[test]
fn the_past_of_this_process() {
    let mut pty =
        Pty::start(&[JSCOPE, "--source", "synthetic", "--interval", "100", "--page", "History"], &[], NORMAL);
    pty.see("CPU load");
    pty.see("1 of 5");
    pty.send(b"\x1b[B\x1b[B\x1b[B\x1b[B");
    pty.see("> hottest zone");
    pty.send(b"a ");
    pty.see("[ ] CPU load");
    pty.send(b"a[[");
    pty.see("4 of 4");
    pty.send(b"q");
    pty.ends(0);
}

#[test]
fn signals_that_end() {
    for (signal, code) in [(Signal::SIGTERM, 143), (Signal::SIGINT, 130), (Signal::SIGHUP, 129)] {
        let pty = Pty::jscope(&[], &[], NORMAL);
        pty.signal(signal);
        pty.ends(code);
    }
}

#[test]
fn the_peer_of_the_terminal_vanishes() {
    for size in [NORMAL, (500, 200)] {
        let mut pty = Pty::jscope(&[], &[], size);
        pty.hang_up();
        let start = Instant::now();
        let status = pty.wait();
        assert!(matches!(status, WaitStatus::Exited(_, 74 | 129)), "{status:?}");
        assert!(start.elapsed() < ms(2000), "{:?}", start.elapsed());
    }
}

/// Nobody reads what is written, as on a stalled connection: it must end nevertheless.
#[test]
fn a_signal_ends_it_while_nobody_reads() {
    let mut pty = Pty::jscope(&[], &[], (500, 200));
    for _ in 0..60 {
        pty.send_blindly(b"\x0c"); // draws all of it again
        std::thread::sleep(ms(10));
    }
    pty.signal(Signal::SIGTERM);
    pty.ends_unread(ms(2000));
}

#[test]
fn sizes_while_it_runs() {
    let mut pty = Pty::jscope(&[], &[], NORMAL);
    for (columns, rows, wanted) in [
        (20, 5, "SIMULATED"),
        (200, 50, "largest free"),
        (1, 1, ""),
        (500, 200, "Power"),
        (40, 12, "GPU"),
        (80, 24, "Engines"),
    ] {
        pty.resize(columns, rows);
        pty.until("redraw", |pty| pty.wrote("\x1b[m").is_some() && pty.text().contains(wanted));
        let width = pty.text().lines().map(|line| line.chars().count()).max().unwrap_or(0);
        assert!(width <= usize::from(columns), "{columns}x{rows}:\n{}", pty.text());
    }
    pty.send(b"q");
    pty.ends(0);
}

/// A terminal that was small for a moment has cut off what it showed.
#[test]
fn a_size_that_comes_back_is_drawn_anew() {
    let mut pty = Pty::start(&[JSCOPE, "--source", "synthetic", "--interval", "60000"], &[], NORMAL);
    pty.see("RAM");
    pty.forget();
    pty.signal(Signal::SIGWINCH);
    pty.until("redraw", |pty| pty.wrote("\x1b[2J").is_some() && pty.wrote("RAM").is_some());
    pty.send(b"q");
    pty.ends(0);
}

/// A serial console does not know its size and says 0 x 0.
#[test]
fn a_terminal_without_a_size_gets_a_usual_one() {
    let mut pty = Pty::start(&[JSCOPE, "--source", "synthetic"], &[], (0, 0));
    pty.screen = vt100::Parser::new(24, 80, 0);
    pty.see("RAM");
    pty.send(b"q");
    pty.ends(0);
}

/// Everything but the keys that quit, suspend or write files, and escapes only in front of a bracket.
fn noise(length: usize) -> Vec<u8> {
    let mut seed = 7u32;
    let mut random = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 24) as u8
    };
    let mut bytes = Vec::new();
    while bytes.len() < length {
        match random() {
            b'q' | b'w' | 0x03 | 0x1a => {}
            0x1b => bytes.extend_from_slice(if random() < 128 { b"\x1b[9;" } else { b"\x1bO" }),
            byte => bytes.push(byte),
        }
    }
    bytes
}

#[test]
fn nonsense_is_typed_and_much_is_pasted() {
    let mut pty = Pty::jscope(&[], &[], NORMAL);
    pty.send(&noise(20_000));
    pty.send(
        b"\x1b[200~\x1b[<35;10;10M\x1b[I\x1b[1;1R\x1b[?1;2c\x1bOP\xff\xc3\x1b[99999999999999999999999999999m",
    );
    pty.send(
        &b"The quick brown fox. "
            .repeat(50_000)
            .iter()
            .map(|b| b | 0x20)
            .filter(|b| !b"qw".contains(b))
            .collect::<Vec<_>>(),
    );
    std::thread::sleep(ms(100));
    pty.is_taken_over();
    // Any other key may have become a part of a filter, or of a dialog.
    pty.send(b"\x03");
    pty.ends(0);
}

/// The parameters of all sequences that set a style.
fn styles(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let sequences = text.split("\x1b[").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != ';')?;
        rest[end..].starts_with('m').then(|| rest[..end].to_owned())
    });
    sequences.flat_map(|all| all.split(';').map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[test]
fn no_colors_when_not_wanted() {
    for (arguments, variables, colored) in [
        (&[][..], &[("NO_COLOR", "1")][..], false),
        (&[], &[("NO_COLOR", "")], true),
        (&["--color", "never"], &[], false),
        (&["--color", "always"], &[("NO_COLOR", "1")], true),
        (&[], &[("TERM", "vt220")], false),
    ] {
        let mut pty = Pty::jscope(arguments, variables, NORMAL);
        pty.take(ms(300));
        let is_color = |code: &String| {
            code.parse()
                .is_ok_and(|n: u32| (30..=49).contains(&n) && n != 39 && n != 49 || (90..=107).contains(&n))
        };
        let found: Vec<String> = styles(&pty.bytes).into_iter().filter(is_color).collect();
        assert_eq!(!found.is_empty(), colored, "{arguments:?} {variables:?}: {found:?}");
    }
}

#[test]
fn only_ascii_where_nothing_else_can_be_shown() {
    for (arguments, variables, ascii) in [
        (&[][..], &[("LC_ALL", "C")][..], true),
        (&[], &[("LANG", "de_DE.ISO-8859-1")], true),
        (&["--ascii"], &[], true),
        (&[], &[], false),
    ] {
        let mut pty = Pty::jscope(arguments, variables, NORMAL);
        pty.send(b"h");
        pty.see("Keys");
        pty.send(b"h");
        pty.see("RAM");
        assert_eq!(pty.bytes.is_ascii(), ascii, "{arguments:?} {variables:?}");
    }
}

#[test]
fn without_a_screen_one_text_snapshot() {
    for term in ["dumb", ""] {
        let mut pty = Pty::start(&[JSCOPE, "--source", "synthetic"], &[("TERM", term)], NORMAL);
        let status = pty.wait();
        assert_eq!(status, WaitStatus::Exited(pty.pid, 69));
        let hint = "cannot move its cursor (jscope --once prints one frame)";
        assert_eq!(pty.tail(), format!("jscope: terminal \"{term}\" {hint}\r\n"));
    }
    for program in [JSCOPE, env!("CARGO_BIN_EXE_jetsonscope")] {
        let mut command = Command::new(program);
        command.env("TERM", "xterm").env("JETSONSCOPE_TUI_MODE", "synthetic").stdin(Stdio::null());
        let output = command.output().expect("a process");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(output.status.success() && output.stderr.is_empty(), "{program}: {output:?}", output = text);
        assert!(text.contains("RAM") && !text.contains('\x1b'), "{program}: {text}");
    }
}

/// The budget of the screen: 4 KB a second for 80 x 24 at 1 Hz, and one write a frame.
#[test]
fn few_bytes_and_one_write_a_second() {
    let words = [JSCOPE, "--source", "synthetic:agx-orin", "--interval", "1000"];
    let mut pty = Pty::start(&words, &[], NORMAL);
    pty.see("RAM");
    pty.take(ms(1500));
    let writes = pty.figure("io", "syscw");
    pty.forget();
    pty.take(ms(4000));
    let per_second = pty.bytes.len() / 4;
    println!("{per_second} bytes a second");
    assert!((50..4096).contains(&per_second), "{per_second} bytes a second");
    if let (Some(before), Some(after)) = (writes, pty.figure("io", "syscw")) {
        let frames = pty.bytes.windows(3).filter(|part| part == b"\x1b[m").count();
        println!("{} writes for {frames} frames", after - before);
        assert!(after - before <= frames as u64, "{} writes for {frames} frames", after - before);
    }
    // It promises to have one thread, and asks the terminal nothing: who knows what answers.
    assert_eq!(pty.figure("status", "Threads"), Some(1));
    let asks = ["\x1b[6n", "\x1b[c", "\x1b[>c", "\x1b[18t"].map(|query| pty.wrote(query));
    assert_eq!(asks, [None; 4]);
}

#[test]
fn a_steady_board_costs_almost_nothing() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("terminal-steady.log");
    std::fs::write(&path, "RAM 1224/7620MB CPU [3%@729] tj@40C\n".repeat(100)).expect("a log");
    let source = format!("file:{}", path.display());
    let mut pty = Pty::start(&[JSCOPE, "--source", &source, "--interval", "100"], &[], NORMAL);
    pty.see("RAM");
    pty.take(ms(300));
    pty.forget();
    pty.take(ms(1000));
    println!("{} bytes for ten frames", pty.bytes.len());
    assert!(pty.bytes.len() < 500, "{:?}", pty.tail());
}

const PANIC: &str = "JETSONSCOPE_TEST_PANIC";

/// Not a test of its own: what [`a_panic_gives_the_terminal_back`] runs on a terminal.
#[test]
fn panics_on_the_terminal() {
    if std::env::var_os(PANIC).is_none() {
        return;
    }
    // As in a release: nothing is unwound, so only the hook can give the terminal back.
    std::panic::set_hook(Box::new(|info| {
        eprintln!("message: {info}");
        std::process::abort();
    }));
    use jetsonscope::view::{
        terminal::Terminal,
        theme::{Depth, Palette},
    };
    let mut terminal = Terminal::take_over(Palette::new(0, true, Depth::Many)).expect("a terminal");
    terminal
        .draw(|_, buffer| buffer.set_string(0, 0, "drawn", ratatui::style::Style::new()))
        .expect("a frame");
    terminal.draw(|_, _| panic!("in the middle of a frame")).expect("a frame");
}

#[test]
fn a_panic_gives_the_terminal_back() {
    let own = std::env::current_exe().expect("this executable");
    let words = [
        own.to_str().expect("a path"),
        "--exact",
        "panics_on_the_terminal",
        "--nocapture",
        "--test-threads=1",
    ];
    let mut pty = Pty::start(&words, &[(PANIC, "1")], NORMAL);
    let status = pty.wait();
    assert!(matches!(status, WaitStatus::Signaled(_, Signal::SIGABRT, _)), "{status:?} {:?}", pty.tail());
    pty.take(ms(20));
    pty.is_given_back();
    let (left, message) = (pty.wrote("\x1b[?1049l"), pty.wrote("in the middle of a frame"));
    assert!(pty.wrote("drawn").is_some() && left.is_some() && left < message, "{:?}", pty.tail());
    assert!(pty.wrote("\x1b[?25h") < message && pty.text().contains("in the middle of a frame"));
}
