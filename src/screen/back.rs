//! What pages show beside the samples: asked of the server through a connection of its own, or answered
//! in this process where the samples are read here. One question at a time, and nobody waits for it.

use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use super::here::Here;
use crate::client::{Address, Connection, Encoding, Error, Why};
use crate::root::Root;
use crate::source::Feed;
use crate::view::more::Topic;
use crate::wire::Value;
use crate::wire::request::Request;

/// How long connecting and sending may keep the screen: the socket is on this machine.
const SENDING: Duration = Duration::from_millis(50);
/// How long a reply may take. Changes end when they end.
const WITHIN: Duration = Duration::from_secs(5);
const CHANGING: Duration = Duration::from_secs(180);

/// An answer, or why there is none, in a line.
pub type Answer = (Topic, Result<Value<'static>, String>);

/// Where pages ask.
pub struct Back {
    addresses: Vec<Address>,
    connection: Option<Connection>,
    asked: Option<(Topic, Instant)>,
    here: Here,
}

impl Back {
    /// Asks the server at one of the addresses, or looks at the root itself.
    pub fn new(addresses: Vec<Address>, root: Root) -> Back {
        Back { addresses, connection: None, asked: None, here: Here::new(root) }
    }

    /// What is taken for the board, where no server reads it.
    pub fn root(&self) -> &Root {
        &self.here.root
    }

    /// Whether something can be asked now.
    pub fn is_free(&self) -> bool {
        self.asked.is_none()
    }

    /// Remembers a new sample, where no server does.
    pub fn record(&mut self, feed: &Feed, now: Instant) {
        match feed.sample(now).snapshot.filter(|_| !feed.origin().served) {
            Some(snapshot) => self.here.record(snapshot, feed.interval()),
            None => self.here.forget(),
        }
    }

    /// Asks; the answer is given by [`Back::turn`].
    pub fn ask(&mut self, topic: Topic, request: Request, feed: &Feed, now: Instant) -> Option<Answer> {
        let within = if topic == Topic::Change { CHANGING } else { WITHIN };
        if feed.origin().served {
            self.asked = Some((topic, now + within));
            return self.send(&request, now).err().map(|error| self.fail(topic, error.to_string()));
        }
        self.connection = None;
        match self.here.answer(topic, request, feed, now) {
            Some(result) => Some((topic, result)),
            None => {
                self.asked = Some((topic, now + within));
                None
            }
        }
    }

    /// Sends it on the connection that was kept, unless that was closed meanwhile: a server closes what is
    /// idle, or was started again. What one that is there does not take is not sent another time.
    fn send(&mut self, request: &Request, now: Instant) -> Result<(), Error> {
        let deadline = now + SENDING;
        if let Some(kept) = &mut self.connection
            && kept.is_quiet()
        {
            match kept.send(request, deadline) {
                Err(Error { why: Why::Broken, .. }) => {}
                sent => return sent,
            }
        }
        let new = Connection::open(&self.addresses, Encoding::Json, deadline)?;
        self.connection.insert(new).send(request, deadline)
    }

    fn fail(&mut self, topic: Topic, why: String) -> Answer {
        (self.connection, self.asked) = (None, None);
        (topic, Err(why))
    }

    /// What to wait on.
    pub fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        let served = self.connection.as_ref().filter(|_| self.asked.is_some());
        served.map(Connection::as_fd).or_else(|| self.here.descriptor())
    }

    /// When to come again at the latest.
    pub fn due(&self) -> Option<Instant> {
        let late = self.asked.map(|(_, until)| until);
        [late, self.here.due()].into_iter().flatten().min()
    }

    /// Takes what has come.
    pub fn turn(&mut self, now: Instant) -> Option<Answer> {
        let (topic, until) = self.asked?;
        let answer = match &mut self.connection {
            None => self.here.turn(now),
            Some(connection) => match connection.take() {
                Ok(false) => None,
                // A refusal is an answer, and no fault of the connection.
                Ok(true) => Some(connection.message().map(Value::into_owned).map_err(|error| error.text)),
                Err(error) => return Some(self.fail(topic, error.to_string())),
            },
        };
        match answer {
            Some(result) => {
                self.asked = None;
                Some((topic, result))
            }
            None if now >= until => Some(self.fail(topic, "no answer in time".to_owned())),
            None => None,
        }
    }
}
