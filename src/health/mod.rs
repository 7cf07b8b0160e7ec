//! Whether the board and what watches it are well: a list of checks, each with a level and a line.
//!
//! [`checks`] judges one sample and how it came; it reads nothing. A warning asks for a look, a failure
//! for an action. What a source does not tell is skipped, never taken for good.

pub(crate) mod board;
pub(crate) mod current;
pub mod limit;
pub mod telemetry;

pub use current::Before;

use std::time::Duration;

use crate::snapshot::Snapshot;
use crate::source::{Feed, Health, Sample, Status};
use crate::view::unit;

/// How serious something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// As it should be.
    Ok,
    /// Worth a look.
    Warn,
    /// Something is to be done.
    Fail,
    /// Nothing is known of it.
    Skip,
}

impl Level {
    /// The word for it, as on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Level::Ok => "OK",
            Level::Warn => "WARN",
            Level::Fail => "FAIL",
            Level::Skip => "SKIP",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Level> {
        use Level::*;
        [Ok, Warn, Fail, Skip].into_iter().find(|level| level.name() == word)
    }

    /// The exit code: 0, 1 for a warning, 2 for a failure.
    pub fn exit_code(self) -> u8 {
        match self {
            Level::Ok | Level::Skip => 0,
            Level::Warn => 1,
            Level::Fail => 2,
        }
    }

    /// The more serious of two.
    fn or(self, other: Level) -> Level {
        if other.exit_code() > self.exit_code() { other } else { self }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Its name.
    pub name: &'static str,
    /// How it is.
    pub level: Level,
    /// Why, in a line for people.
    pub text: String,
}

/// What a server counts since its start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Its age, s.
    pub uptime_secs: u64,
    /// Requests that came.
    pub total_requests: u64,
    /// Those that were answered with an error.
    pub errors: u64,
    /// The last of these errors.
    pub last_error: Option<String>,
    /// Clients that are connected now.
    pub connected_clients: u64,
    /// Samples that were taken.
    pub stats_collected: u64,
    /// Changes of the board.
    pub changes: Changes,
}

/// Changes of the board since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Made.
    pub done: u64,
    /// Refused before anything was written.
    pub refused: u64,
    /// Failed and put back.
    pub failed: u64,
    /// Taken back: asked for, or not confirmed.
    pub undone: u64,
}

/// What is judged.
pub struct Input<'a> {
    /// The last values, if there are any.
    pub snapshot: Option<&'a Snapshot>,
    /// Time since they were taken.
    pub age: Option<Duration>,
    /// The source has fallen silent.
    pub stale: bool,
    /// The values are those of a simulated board.
    pub simulated: bool,
    /// The source's name.
    pub source: &'a str,
    /// Why it gives no samples, if it knows.
    pub trouble: Option<&'a str>,
    /// How its collectors do.
    pub statuses: &'a [&'a Status],
    /// Time between samples.
    pub interval: Duration,
    /// A server asks, not a program that reads by itself.
    pub is_daemon: bool,
}

impl<'a> Input<'a> {
    /// What a feed knows at some moment.
    pub fn of(feed: &'a Feed, sample: &Sample<'a>, statuses: &'a [&'a Status], is_daemon: bool) -> Input<'a> {
        Input {
            snapshot: sample.snapshot,
            age: sample.age,
            stale: sample.stale,
            simulated: feed.choice.simulated(),
            source: feed.choice.name(),
            trouble: sample.trouble,
            statuses,
            interval: feed.interval(),
            is_daemon,
        }
    }
}

/// A level and its reason.
pub(crate) type Verdict = (Level, String);

/// Looks at everything; always the same checks, in the same order. `before` is of the last look
/// at the same board.
pub fn checks(input: &Input, before: &mut Before) -> Vec<Check> {
    let check = |name, (level, text): Verdict| Check { name, level, text };
    let mut checks =
        vec![check("daemon", daemon(input)), check("sample", sample(input)), check("source", source(input))];
    type Judge = fn(&Snapshot) -> Verdict;
    let judges: [(&'static str, Judge); 7] = [
        ("temperature", board::temperature),
        ("throttling", board::throttling),
        ("memory", board::memory),
        ("swap", board::swap),
        ("disk", board::disk),
        ("fan", board::fan),
        ("mode", board::mode),
    ];
    for (name, judge) in judges {
        checks.push(check(name, input.snapshot.map_or_else(no_sample, judge)));
        if name == "throttling" {
            let verdict = input.snapshot.map_or_else(no_sample, |s| before.look(s, input.interval));
            checks.push(check("overcurrent", verdict));
        }
    }
    checks
}

/// The most serious level among the checks.
pub fn worst(checks: &[Check]) -> Level {
    checks.iter().fold(Level::Ok, |worst, check| worst.or(check.level))
}

fn verdict(level: Level, text: impl Into<String>) -> Verdict {
    (level, text.into())
}

fn no_sample() -> Verdict {
    verdict(Level::Skip, "no sample")
}

fn daemon(input: &Input) -> Verdict {
    match input.is_daemon {
        true => verdict(Level::Ok, "answers"),
        false => verdict(Level::Skip, "not asked: read in this process"),
    }
}

fn sample(input: &Input) -> Verdict {
    let age = unit::span(input.age.unwrap_or_default().as_millis());
    match input.snapshot {
        None => verdict(Level::Fail, ["none: ", input.trouble.unwrap_or("none came in time")].concat()),
        Some(_) if input.stale => {
            verdict(Level::Warn, ["stale: the last values are ", &age, " old"].concat())
        }
        Some(_) => (Level::Ok, [&age, " old"].concat()),
    }
}

fn source(input: &Input) -> Verdict {
    if input.simulated {
        return (Level::Warn, ["SIMULATED: ", input.source].concat());
    }
    if let Some(trouble) = input.trouble {
        return (Level::Warn, [input.source, ": ", trouble].concat());
    }
    let failing = input.statuses.iter().filter(|status| status.health() == Health::Failing);
    let lines: Vec<_> = failing
        .map(|status| [status.name, ": ", status.error.as_deref().unwrap_or("fails")].concat())
        .collect();
    if !lines.is_empty() {
        return (Level::Warn, lines.join("; "));
    }
    let denied: Vec<_> =
        input.statuses.iter().filter(|status| status.denied() > 0).map(|status| status.name).collect();
    match denied.as_slice() {
        [] => verdict(Level::Ok, input.source),
        _ => (Level::Ok, [input.source, "; needs root for all of ", &denied.join(", ")].concat()),
    }
}

#[cfg(test)]
mod tests;
