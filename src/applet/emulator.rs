//! `tegrastats-emulator`: the simulated board, printed as its tegrastats prints it.
//!
//! It takes tegrastats' own options as well, so that under the name `tegrastats` it stands in for
//! the vendor's program.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::{Applet, Failure, Outcome, background, code, written_to};
use crate::beat;
use crate::sim::print;
use crate::sim::{Board, Release, Scenario, Sim};
use crate::source::simulator::{DEFAULT_BOARD, DEFAULT_SCENARIO, DEFAULT_SEED, no_board, no_scenario};
use crate::sys;

/// The applet. It answers to the vendor's name, but is never installed under it.
pub static APPLET: Applet = Applet {
    name: "tegrastats-emulator",
    aliases: &[],
    answers_to: &["tegrastats"],
    help: HELP,
    verbs: &[],
    run,
};

const HELP: &str = "\
usage: tegrastats-emulator [--board B] [--release R] [--user] [--scenario S]
                           [--seed N] [--count N] [--interval MS] [--logfile F]

Prints a simulated Jetson in the line format of its tegrastats.
  --board B      nano, tx2, xavier-nx, agx-xavier, orin-nano, orin-nx, agx-orin
                 or thor (orin-nano)
  --release R    R28, R31, R32, R34, R35, R36, R38 or R39, as far as the board
                 has it (its newest)
  --user         what an ordinary user is shown; without it, what root is shown
  --scenario S   idle, inference, training, thermal-stress or brown-out
                 (inference)
  --seed N       the same seed prints the same lines; the time begins at
                 01-01-2026 00:00:00 then, instead of now
  --count N      end after N lines
of tegrastats:
  --interval MS  time between lines, 1 to 3600000 (1000)
  --logfile F    append the lines to F
  --start        go on in the background
  --stop         end the one in the background
  --readall, --verbose, --load_cfg F, --save_cfg F   taken and without effect
  --help, --version
";

struct Options {
    board: &'static Board,
    release: Option<Release>,
    scenario: Scenario,
    user: bool,
    seed: Option<u64>,
    count: Option<u64>,
    interval: Duration,
    logfile: Option<PathBuf>,
}

fn run(args: lexopt::Parser) -> Outcome {
    let mut args = args;
    let raw: Vec<OsString> = args.raw_args()?.collect();
    let has = |option: &str| raw.iter().any(|word| word == option);
    let rest: Vec<OsString> =
        raw.iter().filter(|word| *word != "--start" && *word != "--stop").cloned().collect();
    let options = options(lexopt::Parser::from_args(&rest))?;
    if has("--stop") {
        return background::stop();
    }
    let release = options.release.unwrap_or(options.board.default_release());
    if !options.board.releases.contains(&release) {
        return Err(Failure::usage(no_release(options.board, release)));
    }
    // Opened before it goes to the background, where nobody hears of a failure.
    let cannot = |path: &PathBuf, error| Failure::io(code::CANNOT_CREATE, path.display(), &error);
    let log = match &options.logfile {
        None => None,
        Some(path) => {
            let file = File::options().append(true).create(true).open(path);
            Some((path, file.map_err(|error| cannot(path, error))?))
        }
    };
    if has("--start") {
        return background::start(APPLET.name, &rest);
    }
    match log {
        None => print_lines(&options, release, "standard output", &mut io::stdout()),
        Some((path, mut file)) => print_lines(&options, release, path.display(), &mut file),
    }
}

fn options(mut args: lexopt::Parser) -> Result<Options, Failure> {
    use lexopt::prelude::*;
    let board = Board::find(DEFAULT_BOARD).ok_or_else(|| Failure::usage(no_board(DEFAULT_BOARD)))?;
    let mut options = Options {
        board,
        release: None,
        scenario: DEFAULT_SCENARIO,
        user: false,
        seed: None,
        count: None,
        interval: Duration::from_millis(1000),
        logfile: None,
    };
    while let Some(arg) = args.next()? {
        match arg {
            Long("board") => {
                let name = args.value()?.string()?;
                options.board = Board::find(&name).ok_or_else(|| Failure::usage(no_board(&name)))?;
            }
            Long("release") => options.release = Some(release(&args.value()?.string()?)?),
            Long("scenario") => {
                let name = args.value()?.string()?;
                options.scenario =
                    Scenario::parse(&name).ok_or_else(|| Failure::usage(no_scenario(&name)))?;
            }
            Long("user") => options.user = true,
            Long("seed") => options.seed = Some(number("--seed", &args.value()?.string()?, 0..=u64::MAX)?),
            Long("count") => options.count = Some(number("--count", &args.value()?.string()?, 1..=u64::MAX)?),
            Long("interval") => {
                let ms = number("--interval", &args.value()?.string()?, 1..=3_600_000)?;
                options.interval = Duration::from_millis(ms);
            }
            Long("logfile") => options.logfile = Some(args.value()?.into()),
            Long("load_cfg" | "save_cfg") => drop(args.value()?),
            Long("readall" | "verbose") => {}
            _ => return Err(arg.unexpected().into()),
        }
    }
    Ok(options)
}

pub(super) fn number(option: &str, text: &str, range: std::ops::RangeInclusive<u64>) -> Result<u64, Failure> {
    let wrong = || {
        let (least, most) = (range.start(), range.end());
        Failure::usage(format_args!("{option}: \"{text}\" is not a number from {least} to {most}"))
    };
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|value| digits && range.contains(value)).ok_or_else(wrong)
}

fn release(text: &str) -> Result<Release, Failure> {
    Release::parse(text).ok_or_else(|| {
        let names: Vec<&str> = Release::all().map(Release::name).collect();
        Failure::usage(format_args!("--release: no release \"{text}\" ({})", names.join(", ")))
    })
}

fn no_release(board: &Board, release: Release) -> String {
    let names: Vec<&str> = board.releases.iter().map(|release| release.name()).collect();
    format!("--release: {} is not simulated with {} ({})", board.name, release.name(), names.join(", "))
}

/// Prints line after line until there are enough or nobody reads any more.
fn print_lines(
    options: &Options,
    release: Release,
    name: impl std::fmt::Display,
    out: &mut impl Write,
) -> Outcome {
    let mut sim = Sim::new(options.board, options.scenario, options.seed.unwrap_or(DEFAULT_SEED));
    let step_ms = u32::try_from(options.interval.as_millis()).unwrap_or(u32::MAX);
    let mut line = Vec::with_capacity(2048);
    let mut next = Instant::now();
    let mut printed = 0;
    while options.count.is_none_or(|count| printed < count) {
        if printed > 0 {
            next = beat::next(next, options.interval, Instant::now());
            std::thread::sleep(next.saturating_duration_since(Instant::now()));
        }
        sim.step(step_ms);
        line.clear();
        let stamp = if options.seed.is_some() {
            print::seeded_stamp(u64::from(step_ms) * printed)
        } else {
            sys::local_time()
        };
        print::line(&sim, release, options.user, stamp, &mut line);
        line.push(b'\n');
        if !written_to(&name, out.write_all(&line))? {
            return Ok(0);
        }
        printed += 1;
    }
    Ok(0)
}
