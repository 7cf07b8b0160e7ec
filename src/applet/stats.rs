//! `jscopectl stats`: the board's values, from the server or read in this process.

use std::ffi::OsString;
use std::time::{Duration, Instant};

use lexopt::{Parser, ValueExt};
use nix::sys::signal::Signal;

use super::ask::{Asking, milliseconds, put};
use super::{Failure, Outcome, code, feed, print};
use crate::env;
use crate::root::Root;
use crate::source::{Choice, Feed, Origin, Sample, Surroundings};
use crate::sys::{self, Signals};
use crate::view::{origin, text};
use crate::wire::request::Request;
use crate::wire::{self, Value, message};

/// What `--help` prints.
pub const HELP: &str = "\
usage: jscopectl [stats] [--json] [--cbor] [--socket PATH] [--no-fallback]
                 [--source S] [--root DIR] [--instant] [--origin]
                 [--interval MS] [--timeout MS] [--watch [SECONDS]]

Prints the board's values: those of the server, or read in this process.
  --json, --cbor    one message per sample, as on the wire
  --socket PATH     the server's socket
  --no-fallback     do not read in this process
  --source S        read here: auto, sysfs, tegrastats, command[:CMD],
                    file:FILE (- is stdin), emulator[:BOARD[:SCENARIO]],
                    synthetic[:BOARD[:SCENARIO]]
  --root DIR        take a directory for the board
  --instant         do not wait 200 ms for loads and rates
  --origin          where each value comes from
  --interval MS     sampling interval, 100 to 3600000 (1000)
  --timeout MS      how long to wait for a reply or sample (5000)
  --watch [SECONDS] print again every SECONDS (1) until interrupted
";

/// Sampling interval unless another is given, milliseconds.
pub const INTERVAL_MS: u64 = 1000;
/// The time between the two samples that rates need.
const RATES: Duration = Duration::from_millis(200);
/// Signals that end the program; they do it here, so that a child is ended first.
const ENDING: [Signal; 3] = [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP];

/// What the options ask for.
pub struct Options {
    /// Those of all verbs.
    pub asking: Asking,
    /// Print where values come from.
    pub origin: bool,
    /// Do not wait for rates.
    pub instant: bool,
    /// The source that was given.
    pub source: Option<String>,
    /// The variable that forces a source, with its name.
    pub mode: Option<(&'static str, String)>,
    /// Time between samples.
    pub interval: Duration,
    /// Print again and again, at that period.
    pub watch: Option<Duration>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            asking: Asking::default(),
            origin: false,
            instant: false,
            source: None,
            mode: None,
            interval: Duration::from_millis(INTERVAL_MS),
            watch: None,
        }
    }
}

/// One look for a log, read in this process. It is never simulated unasked: off a Jetson, it is what
/// the kernel's files give. `Ok(Err(code))` is the exit code of a signal that ended the wait.
pub fn look(source: Option<String>, timeout: Duration, root: &Root) -> Result<Result<Feed, u8>, Failure> {
    let mut options = Options { source, ..Options::default() };
    options.asking.timeout = timeout;
    let mut feed = open_choice(choose(options.source.clone(), None, true)?, root, &options)?;
    Ok(match take(&mut feed, &options)? {
        Some(code) => Err(code),
        None => Ok(feed),
    })
}

impl Options {
    /// Reads the arguments of a verb that has the shared options and those in `own`.
    pub fn read(
        &mut self,
        mut args: Parser,
        own: &[&str],
        values: Option<&mut Vec<String>>,
    ) -> Result<(), Failure> {
        let Options { asking, origin, instant, source, interval, watch, .. } = self;
        let take = &mut |name: &str, args: &mut Parser| {
            match name {
                _ if !own.contains(&name) => return Ok(false),
                "origin" => *origin = true,
                "instant" => *instant = true,
                "source" => *source = Some(args.value()?.string()?),
                "interval" => *interval = self::interval(&args.value()?.string()?)?,
                "watch" => {
                    let value = args.optional_value().or_else(|| next_number(args));
                    let value = value.as_deref().and_then(|value| value.to_str());
                    *watch = Some(super::time::seconds(value.unwrap_or("1"))?);
                }
                _ => return Ok(false),
            }
            Ok(true)
        };
        asking.read(&mut args, take, values)?;
        self.read_here();
        Ok(())
    }

    /// A source that was given, by an option or a variable, is read in this process.
    pub fn read_here(&mut self) {
        let given = self.source.is_some() || self.mode.is_some() || self.origin;
        self.asking.here |= given || env::variable(env::STATS_CMD).is_some();
    }
}

/// Runs the verb on what follows it.
pub fn run(args: Parser) -> Outcome {
    let mut options = Options::default();
    options.read(args, &["source", "instant", "origin", "interval", "watch"], None)?;
    if options.watch.is_some() && (options.instant || options.origin) {
        return Err(Failure::usage("--instant, --origin: not with --watch"));
    }
    let Some(period) = options.watch else { return once(&mut options) };
    options.interval = options.interval.min(period).max(Duration::from_millis(100));
    watch(feed::open(&mut options)?, &options, period)
}

/// One sample: that of the server, or one that is read here.
pub fn once(options: &mut Options) -> Outcome {
    let asking = &options.asking;
    let mut show = |reply: &Value| {
        let bare = asking.json || asking.cbor;
        let page = if bare { String::new() } else { page_of(reply)? };
        asking.show(reply, &|_| page.clone())
    };
    if let Some(code) = asking.ask(&Request::GetStats, "Stats", &mut show)? {
        return Ok(code);
    }
    let root = options.asking.root()?;
    show_once(open_once(&root, options)?, options)
}

/// What the program prints that is called by its own name, without a terminal.
pub fn here() -> Outcome {
    let mut options = Options::default();
    options.asking.quiet = true;
    options.asking.take_root(None);
    options.read_here();
    once(&mut options)
}

/// The text of a server's sample.
fn page_of(reply: &Value) -> Result<String, Failure> {
    let read = message::read_stats(reply.member("Stats").unwrap_or(&Value::Null));
    let (about, snapshot) = read.map_err(|error| Failure::new(code::DATA, error))?;
    let origin =
        Origin { source: &about.source, simulated: about.simulated, board: &about.board, served: true };
    let snapshot = snapshot.as_ref();
    let age = about.age_ms.filter(|_| snapshot.is_some()).map(Duration::from_millis);
    Ok(text::page(&origin, &Sample { snapshot, age, stale: about.stale, trouble: None }, &[]))
}

/// The reply `Stats` of the server or of this process, given to `take`.
pub fn reply(
    options: &mut Options,
    request: &Request,
    take: &mut dyn FnMut(&Asking, &Value) -> Outcome,
) -> Outcome {
    let asking = &options.asking;
    if let Some(code) = asking.ask(request, "Stats", &mut |reply| take(asking, reply))? {
        return Ok(code);
    }
    let root = options.asking.root()?;
    let mut feed = open_once(&root, options)?;
    if let Some(code) = self::take(&mut feed, options)? {
        return Ok(code);
    }
    let sample = feed.sample(Instant::now());
    take(&options.asking, &message::stats(&about(&feed, &sample), sample.snapshot))
}

/// The number that may stand behind `--watch`.
fn next_number(args: &mut Parser) -> Option<OsString> {
    let mut raw = args.try_raw_args()?;
    raw.next_if(|word| {
        word.to_str().is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit() || c == '.'))
    })
}

/// Reads a sampling interval: 100 ms to an hour.
pub fn interval(text: &str) -> Result<Duration, Failure> {
    milliseconds("--interval", text, 100)
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
pub(super) fn is_board(root: &Root) -> bool {
    !root.is_system() || root.is_jetson()
}

pub(super) fn choose(
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
        _ => put(&shown(&feed, &sample, options)).map(|_| 0),
    }
}

/// Waits for the samples of one look (one alone with `instant`); gives the exit code of a signal that ends the program.
pub fn take(feed: &mut Feed, options: &Options) -> Result<Option<u8>, Failure> {
    let signals = watch_signals()?;
    let deadline = Instant::now() + options.asking.timeout;
    // The time is up here before the source gives its program up.
    feed.wait_for(options.asking.timeout + Duration::from_secs(1));
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
            let ms = options.asking.timeout.as_millis();
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

/// Why there is no sample, when the source knows.
fn trouble(feed: &Feed, now: Instant) -> Option<Failure> {
    let why = feed.sample(now).trouble?;
    let code = if feed.ended() { code::DATA } else { code::UNAVAILABLE };
    Some(Failure::new(code, format_args!("source {}: {why}", feed.choice.name())))
}

/// Prints the sample of each period until a signal comes or nobody reads any more.
pub fn watch(mut feed: Feed, options: &Options, period: Duration) -> Outcome {
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
            if !put(&shown(&feed, &feed.sample(now), options))? {
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

fn shown(feed: &Feed, sample: &Sample, options: &Options) -> Vec<u8> {
    let page = |_: &Value| text::page(&feed.origin(), sample, &feed.statuses());
    options.asking.bytes(&message::stats(&about(feed, sample), sample.snapshot), &page)
}

/// What goes with the values of a sample on the wire.
pub fn about<'a>(feed: &'a Feed, sample: &Sample) -> message::Stats<'a> {
    wire::source::about(feed.origin(), sample)
}
