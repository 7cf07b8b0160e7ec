//! A server as a source: its stream of samples, and this process when the server is gone.
//!
//! A server that closes, sends what is no sample, or falls silent is lost: its last values stay,
//! marked stale; after three intervals the board is read in this process, where that is allowed, and
//! nothing is shown where there is none: a simulated board never follows one that was served.
//! The server is looked for meanwhile, after a pause that doubles from one second to ten, and its
//! first sample ends the reading here. One that is not there at first is looked for in the same way,
//! without a word. Nothing waits: a server is at the other end of a socket.

use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use super::{Choice, Error as SourceError, KEPT, Served, Source, Status};
use crate::client::{Address, Connection, Encoding, Error, Why};
use crate::root::Root;
use crate::snapshot::Snapshot;
use crate::wire::message;
use crate::wire::request::Request;

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How much longer than three intervals a server may be silent: it may be busy, or stopped for a
/// moment.
const GRACE: Duration = Duration::from_secs(2);
/// Messages that are read in a turn; of more than one, the last counts.
const TAKEN_AT_ONCE: u32 = 16;

/// How the trouble begins.
const LOST: &str = "daemon lost";

/// The server and how it does.
pub struct Remote {
    addresses: Vec<Address>,
    encoding: Encoding,
    interval: Duration,
    link: Link,
    pause: Duration,
    served: Served,
    /// When a sample last came.
    heard: Option<Instant>,
    /// The time between the last two; a server may be slower than it was asked to be.
    gap: Duration,
    lost: Option<Lost>,
    fallback: Option<(Choice, Root)>,
    here: Option<Box<dyn Source>>,
    /// The last sample was read here.
    read_here: bool,
}

enum Link {
    /// Connected since then.
    Up(Connection, Instant),
    /// Not connected, until the next attempt.
    Down(Instant),
}

/// The server is lost, or was not there.
struct Lost {
    /// Empty while there has been none: nothing is wrong then.
    why: String,
    /// When to read in this process.
    until: Instant,
}

impl Remote {
    /// Asks for samples on a connection that is open. Later ones are made to `addresses`; what
    /// `fallback` chooses is read while there is none. A server that takes no request is lost.
    pub fn subscribe(
        connection: Connection,
        addresses: Vec<Address>,
        encoding: Encoding,
        interval: Duration,
        fallback: Option<(Choice, Root)>,
    ) -> Remote {
        let now = Instant::now();
        let mut remote = Remote::new(addresses, encoding, interval, now);
        remote.fallback = fallback;
        if let Err(error) = remote.ask(connection, now) {
            remote.lose(now, &error.text);
        }
        remote
    }

    /// Reads `choice` in this process until there is a server at one of `addresses`.
    ///
    /// # Errors
    /// What was chosen cannot be opened.
    pub fn wait(
        addresses: Vec<Address>,
        encoding: Encoding,
        interval: Duration,
        (mut choice, root): (Choice, Root),
    ) -> Result<Remote, SourceError> {
        let now = Instant::now();
        let mut remote = Remote::new(addresses, encoding, interval, now);
        remote.here = Some(choice.open(&root, interval, now)?);
        remote.fallback = Some((choice, root));
        (remote.lost, remote.read_here) = (Some(Lost { why: String::new(), until: now }), true);
        remote.rest(now);
        Ok(remote)
    }

    fn new(addresses: Vec<Address>, encoding: Encoding, interval: Duration, now: Instant) -> Remote {
        Remote {
            addresses,
            encoding,
            interval,
            link: Link::Down(now),
            pause: FIRST_PAUSE,
            served: Served { source: "unknown".to_owned(), empty: true, ..Served::default() },
            heard: None,
            gap: interval,
            lost: None,
            fallback: None,
            here: None,
            read_here: false,
        }
    }

    fn ask(&mut self, mut connection: Connection, now: Instant) -> Result<(), Error> {
        let interval_ms = u32::try_from(self.interval.as_millis()).unwrap_or(u32::MAX);
        connection.send(&Request::Subscribe { interval_ms: interval_ms.into(), select: Vec::new() }, now)?;
        self.link = Link::Up(connection, now);
        Ok(())
    }

    /// Connects again when it is time.
    fn connect(&mut self, now: Instant) {
        match self.link {
            Link::Down(again) if now >= again => {}
            _ => return,
        }
        if self.open(now).is_err() {
            self.rest(now);
        }
    }

    /// Connects; a connection that is there stays unless another one takes its place.
    fn open(&mut self, now: Instant) -> Result<(), Error> {
        let connection = Connection::open(&self.addresses, self.encoding, now)?;
        self.ask(connection, now)
    }

    fn rest(&mut self, now: Instant) {
        self.link = Link::Down(now + self.pause);
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }

    /// Gives the server up, for a reason.
    fn lose(&mut self, now: Instant, why: &str) {
        self.served.stale = true;
        // Who has seen a board must not be shown an invented one in its place.
        self.fallback.take_if(|(choice, _)| self.heard.is_some() && choice.simulated());
        if self.lost.is_none() {
            // Without last values there is nothing to keep.
            let kept = self.heard.map_or(now, |heard| heard + (self.interval * 3).min(KEPT));
            self.lost = Some(Lost { why: [LOST, ": ", why].concat(), until: kept });
        }
        self.rest(now);
    }

    fn patience(&self) -> Duration {
        self.gap.max(self.interval) * 3 + GRACE
    }

    /// Takes what the server has sent; true when there was a sample in it.
    fn listen(&mut self, now: Instant, into: &mut Snapshot) -> bool {
        let Link::Up(connection, since) = &mut self.link else { return false };
        let since = *since;
        let mut new = false;
        let mut failed = None;
        for _ in 0..TAKEN_AT_ONCE {
            match next(connection, &mut self.served, into) {
                Ok(true) => new = true,
                Ok(false) => break,
                Err(error) => {
                    failed = Some(error.text);
                    break;
                }
            }
        }
        if new {
            let before = self.heard.replace(now).filter(|_| self.lost.is_none());
            self.gap = before.map_or(self.interval, |before| now.saturating_duration_since(before));
            (self.lost, self.here, self.read_here, self.pause) = (None, None, false, FIRST_PAUSE);
        }
        if let Some(why) = failed {
            self.lose(now, &why);
        } else if now.saturating_duration_since(self.heard.map_or(since, |heard| heard.max(since)))
            >= self.patience()
        {
            self.lose(now, "it is silent");
        }
        new
    }

    /// Reads the board in this process while the server is lost.
    fn stand_in(&mut self, now: Instant, into: &mut Snapshot) -> bool {
        let Some(lost) = self.lost.as_mut().filter(|lost| now >= lost.until) else { return false };
        if let (None, Some((choice, root))) = (&self.here, &mut self.fallback) {
            match choice.open(root, self.interval, now) {
                Ok(source) => {
                    self.here = Some(source);
                    // What matters comes first, for the rest may be cut.
                    let reason = lost.why.strip_prefix(LOST).unwrap_or_default();
                    lost.why = [LOST, ", read in this process", reason].concat();
                }
                Err(error) => {
                    lost.why.extend(["; ", &error.to_string()]);
                    self.fallback = None;
                }
            }
        }
        let new = self.here.as_mut().is_some_and(|here| here.turn(now, into));
        self.read_here |= new;
        new
    }
}

/// Reads the next message, when there is one.
fn next(connection: &mut Connection, served: &mut Served, into: &mut Snapshot) -> Result<bool, Error> {
    if !connection.take()? {
        return Ok(false);
    }
    let wrong = |text: &str| connection.error(Why::Broken, text);
    let message = connection.message()?;
    let stats = message.member("Stats").ok_or_else(|| wrong("reply has no Stats"))?;
    let (about, snapshot) = message::read_stats(stats).map_err(|error| wrong(&error.to_string()))?;
    *served = Served {
        source: about.source.into_owned(),
        simulated: about.simulated,
        board: about.board.into_owned(),
        stale: about.stale,
        age: Duration::from_millis(about.age_ms.unwrap_or(0)),
        empty: snapshot.is_none(),
    };
    if let Some(snapshot) = snapshot {
        *into = snapshot;
    }
    Ok(true)
}

impl Source for Remote {
    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        match &self.link {
            Link::Up(connection, _) => Some(connection.as_fd()),
            Link::Down(_) => self.here.as_ref()?.descriptor(),
        }
    }

    fn due(&self) -> Option<Instant> {
        let link = match &self.link {
            Link::Up(_, since) => self.heard.map_or(*since, |heard| heard.max(*since)) + self.patience(),
            Link::Down(again) => *again,
        };
        let here = match (&self.here, &self.lost, &self.fallback) {
            (Some(here), ..) => here.due(),
            (None, Some(lost), Some(_)) => Some(lost.until),
            _ => None,
        };
        Some(here.map_or(link, |here| here.min(link)))
    }

    fn turn(&mut self, now: Instant, into: &mut Snapshot) -> bool {
        self.connect(now);
        self.listen(now, into) || self.stand_in(now, into)
    }

    fn trouble(&self) -> Option<&str> {
        match self.lost.as_ref()?.why.as_str() {
            "" => self.here.as_ref()?.trouble(),
            why => Some(why),
        }
    }

    #[cfg(feature = "tui")]
    fn reconnect(&mut self, now: Instant) -> Result<(), String> {
        self.pause = FIRST_PAUSE;
        self.open(now).map_err(|error| error.to_string())
    }

    fn served(&self) -> Option<&Served> {
        (!self.read_here).then_some(&self.served)
    }

    fn instead(&self) -> Option<&Choice> {
        self.fallback.as_ref().map(|(choice, _)| choice)
    }

    fn statuses(&self) -> Vec<&Status> {
        self.here.as_ref().map_or_else(Vec::new, |here| here.statuses())
    }

    fn take_news(&mut self) -> Vec<String> {
        self.here.as_mut().map_or_else(Vec::new, |here| here.take_news())
    }
}
