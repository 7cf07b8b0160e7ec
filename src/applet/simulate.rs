//! `jetsonscope simulate`: a simulated board as a directory of files.
//!
//! A command of the executable, not a program of its own: it is neither listed nor linked. It runs
//! in the foreground until a signal or the last beat ends it, and leaves the directory as it is.

use std::os::fd::AsFd;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::emulator::number;
use super::{Applet, Failure, Outcome, code, print};
use crate::beat;
use crate::sim::tree::{Error, Tree};
use crate::sim::{Board, Scenario};
use crate::source::simulator::{DEFAULT_SCENARIO, DEFAULT_SEED, no_board, no_scenario};
use crate::sys::{self, Signals};

/// The command.
pub static APPLET: Applet =
    Applet { name: "simulate", aliases: &[], answers_to: &[], help: HELP, verbs: &[], run };

const HELP: &str = "\
usage: jetsonscope simulate --board B --dir DIR [--scenario S] [--seed N]
                            [--interval MS] [--speed N] [--count N]

Keeps the directory DIR as the /sys, /proc and /etc of a simulated Jetson, with
values that move. What is written there acts: fan speed, power mode, bounds of
the clocks, cores. Ends with a signal, and leaves the directory behind.
  --board B      nano, tx2, xavier-nx, agx-xavier, orin-nano, orin-nx, agx-orin
                 or thor
  --dir DIR      a new or empty directory, or one of the same board
  --scenario S   idle, inference, training, thermal-stress or brown-out
                 (inference)
  --seed N       the same seed gives the same values (1)
  --interval MS  time between beats, 1 to 3600000 (1000)
  --speed N      simulated seconds in one second, 1 to 1000 (1); no beat may
                 simulate more than an hour
  --count N      end after N beats; 1 writes the files once
  --help, --version
";

/// The signals that end it.
const ENDING: [Signal; 3] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP];
/// Most of the board's time in one beat, in milliseconds.
const LONGEST_MS: u64 = 3_600_000;

struct Options {
    board: Option<&'static Board>,
    directory: Option<PathBuf>,
    scenario: Scenario,
    seed: u64,
    interval_ms: u64,
    speed: u64,
    count: Option<u64>,
}

fn options(mut args: lexopt::Parser) -> Result<Options, Failure> {
    use lexopt::prelude::*;
    let mut options = Options {
        board: None,
        directory: None,
        scenario: DEFAULT_SCENARIO,
        seed: DEFAULT_SEED,
        interval_ms: 1000,
        speed: 1,
        count: None,
    };
    while let Some(arg) = args.next()? {
        match arg {
            Long("board") => {
                let name = args.value()?.string()?;
                let board = Board::find(&name).ok_or_else(|| Failure::usage(no_board(&name)))?;
                options.board = Some(board);
            }
            Long("dir") => options.directory = Some(args.value()?.into()),
            Long("scenario") => {
                let name = args.value()?.string()?;
                options.scenario =
                    Scenario::parse(&name).ok_or_else(|| Failure::usage(no_scenario(&name)))?;
            }
            Long("seed") => options.seed = number("--seed", &args.value()?.string()?, 0..=u64::MAX)?,
            Long("interval") => {
                options.interval_ms = number("--interval", &args.value()?.string()?, 1..=3_600_000)?;
            }
            Long("speed") => options.speed = number("--speed", &args.value()?.string()?, 1..=1000)?,
            Long("count") => options.count = Some(number("--count", &args.value()?.string()?, 1..=u64::MAX)?),
            _ => return Err(arg.unexpected().into()),
        }
    }
    Ok(options)
}

fn run(args: lexopt::Parser) -> Outcome {
    let options = options(args)?;
    let board = options.board.ok_or_else(|| Failure::usage("--board: no board given"))?;
    let directory = options.directory.filter(|path| !path.as_os_str().is_empty());
    let directory = directory.ok_or_else(|| Failure::usage("--dir: no directory given"))?;
    let step_ms = options.interval_ms * options.speed;
    if step_ms > LONGEST_MS {
        let (speed, ms) = (options.speed, options.interval_ms);
        let message = format_args!("--speed: {speed} times {ms} ms is more than an hour a beat");
        return Err(Failure::usage(message));
    }
    let signals = Signals::watch(&ENDING).map_err(|error| Failure::io(code::IO, "signals", &error))?;
    let mut tree = Tree::new(board, options.scenario, options.seed, &directory).map_err(failure)?;
    let interval = Duration::from_millis(options.interval_ms);
    // At most an hour, by the check above.
    let step_ms = u32::try_from(step_ms).unwrap_or(u32::MAX);
    let mut next = Instant::now();
    let mut beats = 0;
    loop {
        tree.beat(step_ms).map_err(failure)?;
        beats += 1;
        if beats == 1 {
            let (name, scenario) = (board.name, options.scenario.name());
            print(&format!("{}: {name}, {scenario}\n", directory.display()))?;
        }
        if options.count.is_some_and(|count| beats >= count) {
            return Ok(0);
        }
        next = beat::next(next, interval, Instant::now());
        if let Some(signal) = wait(&signals, next)? {
            return Ok(128 + signal as u8);
        }
    }
}

/// Waits for the next beat; gives the signal that comes first.
fn wait(signals: &Signals, next: Instant) -> Result<Option<Signal>, Failure> {
    loop {
        if let Some(signal) = signals.take() {
            return Ok(Some(signal));
        }
        if Instant::now() >= next {
            return Ok(None);
        }
        sys::wait([Some(signals.as_fd())], next).map_err(|error| Failure::io(code::IO, "signals", &error))?;
    }
}

fn failure(error: Error) -> Failure {
    let code = match &error {
        Error::Create(..) | Error::Foreign(_) | Error::Other(..) => code::CANNOT_CREATE,
        Error::Busy(_) => code::TRY_AGAIN,
        Error::NoPlace(_) => code::UNAVAILABLE,
        Error::Gone(_) | Error::Write(..) => code::IO,
    };
    Failure::new(code, error)
}
