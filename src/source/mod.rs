//! Where samples come from: one file an origin.
//!
//! A [`Source`] never blocks. Its owner waits on the descriptor and the deadline that it names,
//! then calls [`Source::turn`], which takes what is there. [`Feed`] holds a source with its last
//! sample and the sample's age. No source ends the program: one that fails says why by
//! [`Source::trouble`], tries again after a growing pause, and its last values age meanwhile.

mod choice;
mod lines;
mod merge;
mod process;
#[cfg(any(feature = "cli", feature = "tui"))]
mod remote;
mod replay;
#[cfg(feature = "emulator")]
pub mod simulator;
mod status;
pub(crate) mod sysfs;
mod words;

pub use choice::{Choice, Error, Simulated, Surroundings};
#[cfg(any(feature = "cli", feature = "tui"))]
pub use remote::Remote;
pub use status::{Health, Status};

use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use crate::root::Root;
use crate::snapshot::Snapshot;

/// How long last values are shown with their age before there are none.
pub const KEPT: Duration = Duration::from_secs(60);

/// An origin of samples.
pub trait Source {
    /// The descriptor that becomes readable when there is something to take.
    fn descriptor(&self) -> Option<BorrowedFd<'_>>;

    /// When to call [`Source::turn`] even if nothing is readable.
    fn due(&self) -> Option<Instant>;

    /// Takes what is there, without waiting; true when `into` holds a new sample.
    fn turn(&mut self, now: Instant, into: &mut Snapshot) -> bool;

    /// Does not give up for its silence before that time.
    fn wait_for(&mut self, _least: Duration) {}

    /// Why there are no samples at present.
    fn trouble(&self) -> Option<&str>;

    /// Whether no sample will come any more, whatever the time.
    fn ended(&self) -> bool {
        false
    }

    /// What a server says of the last sample, when that came from one.
    fn served(&self) -> Option<&Served> {
        None
    }

    /// Connects to its server now, whatever the time.
    ///
    /// # Errors
    /// Why it has not: in a line.
    #[cfg(feature = "tui")]
    fn reconnect(&mut self, _now: Instant) -> Result<(), String> {
        Err("no daemon is asked: the source was given".to_owned())
    }

    /// What it has chosen to read instead of a server.
    fn instead(&self) -> Option<&Choice> {
        None
    }

    /// How its parts do.
    fn statuses(&self) -> Vec<&Status> {
        Vec::new()
    }

    /// What has begun or ended to fail since this was last asked, a line each.
    fn take_news(&mut self) -> Vec<String> {
        Vec::new()
    }

    /// Reads with the next sample what is read now and then only: somebody has changed it.
    fn look_again(&mut self) {}

    /// Remembers from now on which values come from a second source.
    fn mark(&mut self) {}

    /// The names of those values in the last sample, as in the JSON object.
    fn marks(&self) -> &[String] {
        &[]
    }
}

/// Where values come from, as it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin<'a> {
    /// The source's name.
    pub source: &'a str,
    /// They are those of a simulated board.
    pub simulated: bool,
    /// The name of that board; empty when it is not known.
    pub board: &'a str,
    /// A server has read them.
    pub served: bool,
}

/// What a server says of a sample.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Served {
    /// The name of the server's source.
    pub source: String,
    /// The values are those of a simulated board.
    pub simulated: bool,
    /// The name of that board; empty when it is not known.
    pub board: String,
    /// The server's source has fallen silent, or the server has.
    pub stale: bool,
    /// Age of the values when they came.
    pub age: Duration,
    /// There are no values.
    pub empty: bool,
}

/// Takes one look at the kernel's files, and runs nothing: what has no rate.
pub fn look(root: &Root, into: &mut Snapshot) {
    let now = Instant::now();
    sysfs::Sysfs::new(root.clone(), false, Duration::from_secs(1), now).sample(now, into);
}

/// A source, its last sample, and that sample's age.
pub struct Feed {
    /// What was chosen.
    pub choice: Choice,
    source: Box<dyn Source>,
    interval: Duration,
    last: Snapshot,
    taken: Option<Instant>,
}

/// What a feed knows at some moment.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    /// The last values, unless they are older than [`KEPT`].
    pub snapshot: Option<&'a Snapshot>,
    /// Time since they were taken.
    pub age: Option<Duration>,
    /// They are older than three intervals: the source has fallen silent.
    pub stale: bool,
    /// Why, if the source knows.
    pub trouble: Option<&'a str>,
}

impl Feed {
    /// Opens what was chosen. A program that is missing or fails is no error: it is a source in
    /// trouble. A file that cannot be opened is one, and so is a source that this build lacks.
    pub fn open(mut choice: Choice, root: &Root, interval: Duration, now: Instant) -> Result<Feed, Error> {
        let source = choice.open(root, interval, now)?;
        Ok(Feed { choice, source, interval, last: Snapshot::default(), taken: None })
    }

    /// Takes samples from a server; `choice` is what is read in this process when it is gone.
    #[cfg(any(feature = "cli", feature = "tui"))]
    pub fn serve(remote: Remote, choice: Choice, interval: Duration) -> Feed {
        Feed { choice, source: Box::new(remote), interval, last: Snapshot::default(), taken: None }
    }

    /// Where the last values come from.
    pub fn origin(&self) -> Origin<'_> {
        self.source.served().map_or_else(
            || self.source.instead().unwrap_or(&self.choice).origin(),
            |served| {
                let Served { source, simulated, board, .. } = served;
                Origin { source, simulated: *simulated, board, served: true }
            },
        )
    }

    /// Takes what there is; true when a new sample came.
    pub fn turn(&mut self, now: Instant) -> bool {
        let new = self.source.turn(now, &mut self.last);
        if new {
            self.taken = Some(now);
        }
        new
    }

    /// Gives its last values away, so that it has none until the next ones come.
    #[cfg(feature = "tui")]
    pub fn give_away(&mut self) -> Snapshot {
        self.taken = None;
        std::mem::take(&mut self.last)
    }

    /// Connects to the server now, without waiting; its next sample comes with a later turn.
    ///
    /// # Errors
    /// Why there is no new connection, in a line; one that was there stays.
    #[cfg(feature = "tui")]
    pub fn reconnect(&mut self, now: Instant) -> Result<(), String> {
        self.source.reconnect(now)
    }

    /// Has a source that is silent wait at least so long.
    pub fn wait_for(&mut self, least: Duration) {
        self.source.wait_for(least);
    }

    /// The descriptor to wait on.
    pub fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.source.descriptor()
    }

    /// When to call [`Feed::turn`] at the latest.
    pub fn due(&self, now: Instant) -> Instant {
        self.source.due().unwrap_or(now + self.interval)
    }

    /// The time between samples.
    pub fn interval(&self) -> Duration {
        self.interval
    }

    /// Whether no sample will come any more.
    pub fn ended(&self) -> bool {
        self.source.ended()
    }

    /// How the source's parts do.
    pub fn statuses(&self) -> Vec<&Status> {
        self.source.statuses()
    }

    /// What has begun or ended to fail since this was last asked, a line each.
    pub fn take_news(&mut self) -> Vec<String> {
        self.source.take_news()
    }

    /// Reads limits, governors and owners with the next sample: somebody has changed them.
    pub fn look_again(&mut self) {
        self.source.look_again();
    }

    /// Remembers from now on which values come from a second source.
    pub fn mark(&mut self) {
        self.source.mark();
    }

    /// The names of those values, as in the JSON object.
    pub fn marks(&self) -> &[String] {
        self.source.marks()
    }

    /// The last sample as of `now`.
    pub fn sample(&self, now: Instant) -> Sample<'_> {
        let mut age = self.taken.map(|taken| now.saturating_duration_since(taken));
        let mut stale = age.is_some_and(|age| age > self.interval * 3);
        if let Some(served) = self.source.served() {
            age = age.filter(|_| !served.empty).map(|age| age.saturating_add(served.age));
            stale = served.stale;
        }
        let snapshot = age.filter(|&age| age <= KEPT).map(|_| &self.last);
        Sample { snapshot, age: snapshot.and(age), stale, trouble: self.source.trouble() }
    }
}
