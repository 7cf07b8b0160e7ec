//! How a part of a source does: what `jscopectl sources` shows.

use std::time::Duration;

use crate::root::Tally;

/// A part of a source.
#[derive(Clone, Debug, Default)]
pub struct Status {
    /// Its name.
    pub name: &'static str,
    /// Where it reads.
    pub path: &'static str,
    /// How the files did that are read every ten seconds.
    pub slow: Tally,
    /// How the files did that are read at each sample.
    pub last: Tally,
    /// Time of the last run.
    pub cost: Duration,
    /// Runs in which a file failed.
    pub failures: u64,
    /// What is wrong now, or was wrong last.
    pub error: Option<String>,
    /// Something is wrong now: with files, or besides them.
    wrong: bool,
    troubled: bool,
    news: Option<String>,
}

/// A part's state in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// All files give values.
    Ok,
    /// Some files may not be read by this user.
    Partial,
    /// Files may not be read, and none can.
    Denied,
    /// A file that is there gives no value.
    Failing,
    /// There is nothing to read.
    Absent,
}

impl Health {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Health::Ok => "ok",
            Health::Partial => "partial",
            Health::Denied => "denied",
            Health::Failing => "failing",
            Health::Absent => "absent",
        }
    }
}

impl Status {
    /// A part that has not run yet.
    pub fn new(name: &'static str, path: &'static str) -> Status {
        Status { name, path, ..Status::default() }
    }

    /// Its state.
    pub fn health(&self) -> Health {
        let sum = |count: fn(&Tally) -> u32| count(&self.slow) + count(&self.last);
        match (sum(|t| t.good), sum(|t| t.denied), sum(|t| t.failing)) {
            (_, _, 1..) => Health::Failing,
            _ if self.troubled => Health::Failing,
            (0, 0, 0) => Health::Absent,
            (0, _, 0) => Health::Denied,
            (_, 1.., 0) => Health::Partial,
            (_, 0, 0) => Health::Ok,
        }
    }

    /// Files that may not be read.
    pub fn denied(&self) -> u32 {
        self.slow.denied + self.last.denied
    }

    /// Takes down a run; true when files are gone that were there in the run before.
    pub(super) fn finish(&mut self, tally: Tally, trouble: Option<&str>, cost: Duration) -> bool {
        let lost = tally.absent > self.last.absent && tally.good < self.last.good;
        let why = trouble.or(tally.why.as_deref()).or(self.slow.why.as_deref());
        self.troubled = trouble.is_some();
        if self.troubled || tally.failing > 0 {
            self.failures += 1;
        }
        if why.is_some() && self.error.as_deref() != why {
            self.error = why.map(str::to_owned);
        }
        if why.is_some() != self.wrong {
            let state = why.unwrap_or("read again");
            self.news = Some(format!("{}: {state}", self.name));
            self.wrong = why.is_some();
        }
        (self.last, self.cost) = (tally, cost);
        lost
    }

    /// What has begun or ended to fail since this was last asked: told once.
    pub(super) fn take_news(&mut self) -> Option<String> {
        self.news.take()
    }
}
