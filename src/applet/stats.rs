//! `jscopectl stats`: the board's values, read in this process.

use std::ffi::OsString;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::{Failure, Outcome, code, print};
use crate::env;
use crate::root::Root;
use crate::source::{Choice, Feed, Sample, Surroundings};
use crate::sys::{self, Signals};
use crate::view::{origin, text};
use crate::wire::{json, message, source};

/// What `--help` prints.
pub const HELP: &str = "\
usage: jscopectl [stats] [--json] [--source S] [--root DIR] [--instant]
                 [--origin] [--interval MS] [--timeout MS] [--watch [SECONDS]]

Reads the board and prints its values.
  --json            one JSON message per sample, as on the wire
  --source S        auto, sysfs, tegrastats, command[:CMD],
                    file:FILE (- is stdin), emulator[:BOARD[:SCENARIO]],
                    synthetic[:BOARD[:SCENARIO]]
  --root DIR        take a directory for the board
  --instant         do not wait 200 ms for loads and rates
  --origin          where each value comes from
  --interval MS     sampling interval, 100 to 3600000 (1000)
  --timeout MS      how long to wait for the first sample (5000)
  --watch [SECONDS] print again every SECONDS (1) until interrupted
";
/// What `sources --help` prints.
pub const SOURCES_HELP: &str = "\
usage: jscopectl sources [--json] [--source S] [--root DIR] [--timeout MS]

Prints how each collector of the source does: state, files, errors, cost.
  --json            one JSON message
  --source S        as of stats
  --root DIR        take a directory for the board
  --timeout MS      how long to wait for the first sample (5000)
";

/// Sampling interval unless another is given, milliseconds.
pub const INTERVAL_MS: u64 = 1000;
const TIMEOUT_MS: u64 = 5000;
/// The time between the two samples that rates need.
const RATES: Duration = Duration::from_millis(200);
/// Signals that end the program; they do it here, so that a child is ended first.
const ENDING: [Signal; 3] = [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP];

/// What the options ask for.
pub struct Options {
    json: bool,
    origin: bool,
    instant: bool,
    source: Option<String>,
    mode: Option<(&'static str, String)>,
    root: Option<OsString>,
    interval: Duration,
    timeout: Duration,
    watch: Option<Duration>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            json: false,
            origin: false,
            instant: false,
            source: None,
            mode: None,
            root: None,
            interval: Duration::from_millis(INTERVAL_MS),
            timeout: Duration::from_millis(TIMEOUT_MS),
            watch: None,
        }
    }
}

/// Runs the verb on what follows it.
pub fn run(args: lexopt::Parser) -> Outcome {
    let mut options = options(args)?;
    let root = super::root::root(options.root.take())?;
    match options.watch {
        None => show_once(open_once(&root, &options)?, &options),
        Some(period) => watch(open(options.source.clone(), None, &root, options.interval)?, &options, period),
    }
}

/// One look for a log, read in this process. It is never simulated unasked: off a Jetson, it is what
/// the kernel's files give. `Ok(Err(code))` is the exit code of a signal that ended the wait.
pub fn look(source: Option<String>, root: &Root) -> Result<Result<Feed, u8>, Failure> {
    let options = Options { source, ..Options::default() };
    let mut feed = open_choice(choose(options.source.clone(), None, true)?, root, &options)?;
    Ok(match take(&mut feed, &options)? {
        Some(code) => Err(code),
        None => Ok(feed),
    })
}

/// One text snapshot, as the programs print off a terminal.
pub fn once(source: Option<String>, mode: Option<(&'static str, String)>, root: &Root) -> Outcome {
    let options = Options { source, mode, ..Options::default() };
    show_once(open_once(root, &options)?, &options)
}

fn options(mut args: lexopt::Parser) -> Result<Options, Failure> {
    use lexopt::prelude::*;
    let mut options = Options::default();
    while let Some(arg) = args.next()? {
        match arg {
            Long("json") => options.json = true,
            Long("origin") => options.origin = true,
            Long("instant") => options.instant = true,
            Long("source") => options.source = Some(args.value()?.string()?),
            Long("root") => options.root = Some(args.value()?),
            Long("interval") => options.interval = interval(&args.value()?.string()?)?,
            Long("timeout") => options.timeout = milliseconds("--timeout", &args.value()?.string()?, 1)?,
            Long("watch") => {
                let value = args.optional_value().or_else(|| next_number(&mut args));
                options.watch =
                    Some(seconds(value.as_deref().and_then(|value| value.to_str()).unwrap_or("1"))?);
            }
            _ => return Err(arg.unexpected().into()),
        }
    }
    if options.watch.is_some() && (options.instant || options.origin) {
        return Err(Failure::usage("--instant, --origin: not with --watch"));
    }
    if let Some(period) = options.watch {
        options.interval = options.interval.min(period).max(Duration::from_millis(100));
    }
    Ok(options)
}

/// The number that may stand behind `--watch`.
fn next_number(args: &mut lexopt::Parser) -> Option<std::ffi::OsString> {
    let mut raw = args.try_raw_args()?;
    raw.next_if(|word| {
        word.to_str().is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit() || c == '.'))
    })
}

/// Reads a sampling interval: 100 ms to an hour.
pub fn interval(text: &str) -> Result<Duration, Failure> {
    milliseconds("--interval", text, 100)
}

fn milliseconds(option: &str, text: &str, least: u64) -> Result<Duration, Failure> {
    let wrong =
        || Failure::usage(format_args!("{option}: \"{text}\" is not {least} to 3600000 milliseconds"));
    let value: u64 = text.parse().map_err(|_| wrong())?;
    if (least..=3_600_000).contains(&value) { Ok(Duration::from_millis(value)) } else { Err(wrong()) }
}

fn seconds(text: &str) -> Result<Duration, Failure> {
    let value: Option<f64> = text.parse().ok().filter(|value| (0.1..=3600.0).contains(value));
    let wrong = || Failure::usage(format_args!("--watch: \"{text}\" is not 0.1 to 3600 seconds"));
    value.map(Duration::from_secs_f64).ok_or_else(wrong)
}

/// Opens the source that the option, the variables and the board make.
pub fn open(
    option: Option<String>,
    mode: Option<(&'static str, String)>,
    root: &Root,
    interval: Duration,
) -> Result<Feed, Failure> {
    let choice = choose(option, mode, is_board(root))?;
    Feed::open(choice, root, interval, Instant::now()).map_err(Failure::from)
}

/// The same for one look: off the kernel's files there is no waiting for a program's first line,
/// unless it is the origin of values that is asked for.
pub fn open_once(root: &Root, options: &Options) -> Result<Feed, Failure> {
    open_choice(choose(options.source.clone(), options.mode.clone(), is_board(root))?, root, options)
}

fn open_choice(mut choice: Choice, root: &Root, options: &Options) -> Result<Feed, Failure> {
    let mut interval = options.interval;
    if choice == Choice::Auto && !options.origin {
        choice = Choice::Sysfs;
    }
    if choice == Choice::Sysfs {
        interval = RATES;
    }
    Feed::open(choice, root, interval, Instant::now()).map_err(Failure::from)
}

/// A directory that was given is taken for a board, this machine if it is one.
fn is_board(root: &Root) -> bool {
    !root.is_system() || root.is_jetson()
}

fn choose(
    option: Option<String>,
    mode: Option<(&'static str, String)>,
    jetson: bool,
) -> Result<Choice, Failure> {
    let from = Surroundings { option, mode, command: env::variable(env::STATS_CMD), jetson };
    Choice::make(&from).map_err(Failure::from)
}

/// Waits for the first sample, or for the second where rates come with it, and prints it.
pub fn show_once(mut feed: Feed, options: &Options) -> Outcome {
    if options.origin {
        feed.mark();
    }
    if let Some(code) = take(&mut feed, options)? {
        return Ok(code);
    }
    let now = Instant::now();
    let sample = feed.sample(now);
    if let (Some(trouble), Choice::Tegrastats) = (sample.trouble, &feed.choice) {
        super::say("jscopectl", &format!("{trouble}; the values are those of the kernel's files"));
    }
    match sample.snapshot {
        Some(snapshot) if options.origin => print(&origin::page(&feed, snapshot)),
        _ => print(&shown(&feed, &sample, options.json)),
    }
}

/// Waits for the samples of one look; gives the exit code of a signal that ends the program.
fn take(feed: &mut Feed, options: &Options) -> Result<Option<u8>, Failure> {
    let signals = watch_signals()?;
    let deadline = Instant::now() + options.timeout;
    // The time is up here before the source gives its program up.
    feed.wait_for(options.timeout + Duration::from_secs(1));
    let mut wanted = if feed.choice == Choice::Sysfs && !options.instant { 2 } else { 1 };
    loop {
        let now = Instant::now();
        if feed.turn(now) {
            wanted -= 1;
        }
        if wanted == 0 {
            return Ok(None);
        }
        if let Some(failure) = trouble(feed, now) {
            return Err(failure);
        }
        if now >= deadline {
            let ms = options.timeout.as_millis();
            return Err(Failure::new(
                code::TRY_AGAIN,
                format_args!("source {}: no sample within {ms} ms", feed.choice.name()),
            ));
        }
        if let Some(code) = wait(feed, &signals, feed.due(now).min(deadline))? {
            return Ok(Some(code));
        }
    }
}

/// How the parts of a source do.
pub fn sources(args: lexopt::Parser) -> Outcome {
    let mut options = options(args)?;
    let root = super::root::root(options.root.take())?;
    let mut feed = open_once(&root, &options)?;
    if let Some(code) = take(&mut feed, &Options { instant: true, ..options })? {
        return Ok(code);
    }
    let statuses = feed.statuses();
    match options.json {
        true => print(&format!("{}\n", json::encode(&source::sources(&statuses)))),
        false => print(&origin::table(&statuses)),
    }
}

/// Why there is no sample, when the source knows.
fn trouble(feed: &Feed, now: Instant) -> Option<Failure> {
    let why = feed.sample(now).trouble?;
    let code = if feed.ended() { code::DATA } else { code::UNAVAILABLE };
    Some(Failure::new(code, format_args!("source {}: {why}", feed.choice.name())))
}

/// Prints the sample of each period until a signal comes or nobody reads any more.
fn watch(mut feed: Feed, options: &Options, period: Duration) -> Outcome {
    let signals = watch_signals()?;
    let mut next: Option<Instant> = None;
    let mut told = false;
    loop {
        let now = Instant::now();
        let new = feed.turn(now);
        if feed.ended() && !new {
            return if next.is_some() { Ok(0) } else { trouble(&feed, now).map_or(Ok(0), Err) };
        }
        for news in feed.take_news() {
            super::say("jscopectl", &news);
        }
        // Once there are samples, they show the trouble.
        if let (None, false, Some(failure)) = (next, told, trouble(&feed, now)) {
            super::say("jscopectl", &failure.message);
            told = true;
        }
        // The first print waits for the first sample, the others keep the period.
        if next.map_or(new, |next| now >= next || feed.ended()) {
            next = Some(crate::beat::next(next.unwrap_or(now), period, now));
            if !print_on(&shown(&feed, &feed.sample(now), options.json))? {
                return Ok(0);
            }
        }
        if feed.ended() {
            return Ok(0);
        }
        let due = next.map_or(feed.due(now), |next| next.min(feed.due(now)));
        if let Some(code) = wait(&feed, &signals, due)? {
            return Ok(code);
        }
    }
}

/// Prints; false when nobody reads any more.
fn print_on(text: &str) -> Result<bool, Failure> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    super::written(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

fn watch_signals() -> Result<Signals, Failure> {
    Signals::watch(&ENDING).map_err(|error| Failure::io(code::IO, "signals", &error))
}

/// Waits for the source or the deadline; gives the exit code of a signal that ends the program.
fn wait(feed: &Feed, signals: &Signals, deadline: Instant) -> Result<Option<u8>, Failure> {
    use std::os::fd::AsFd;
    let descriptors = [Some(signals.as_fd()), feed.descriptor()];
    sys::wait(descriptors, deadline).map_err(|error| Failure::io(code::IO, "poll", &error))?;
    Ok(signals.take().map(|signal| 128 + signal as u8))
}

fn shown(feed: &Feed, sample: &Sample, as_json: bool) -> String {
    if !as_json {
        return text::page(&feed.choice, sample, &feed.statuses());
    }
    let about = about(feed, sample);
    let mut line = json::encode(&message::stats(&about, sample.snapshot));
    line.push('\n');
    line
}

/// What goes with the values of a sample on the wire.
pub fn about<'a>(feed: &Feed, sample: &Sample) -> message::Stats<'a> {
    message::Stats {
        source: feed.choice.name().into(),
        age_ms: sample.age.and_then(|age| u64::try_from(age.as_millis()).ok()),
        stale: sample.stale,
        simulated: feed.choice.simulated(),
    }
}
