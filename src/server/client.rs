//! One peer: what it has sent and not been read, what it is to get and has not taken.
//!
//! Both have a limit. A peer that sends more than one request can hold, or does not take its
//! replies, is not read any more until it does; one that does nothing for too long is dropped by
//! the loop. Nothing here waits.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use crate::sys::daemon::{self, Peer};
use crate::wire::frame::{Encoding, Finder, Found, LARGEST};

/// A reply that is longer, or several of them, is long.
const LONG: usize = 4 * 1024;
/// Room that an idle client keeps.
const KEPT: usize = 1024;
/// Bytes taken by one read.
const PIECE: usize = 16 * 1024;

/// A stream of samples that the peer asked for.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// Time between samples.
    pub interval: Duration,
    /// Members of the data; all when empty.
    pub select: Vec<String>,
    /// When the next one is due.
    pub next: Instant,
}

/// A connection.
pub struct Client {
    stream: UnixStream,
    /// The number of this connection, which no other has.
    pub number: u64,
    /// Its request is being worked on: nothing else of it is looked at meanwhile.
    pub waiting: bool,
    encoding: Option<Encoding>,
    input: Vec<u8>,
    finder: Finder,
    output: Vec<u8>,
    sent: usize,
    /// It has closed its side for writing.
    ended: bool,
    /// Close it once the output is taken.
    closing: bool,
    /// It has sent something at some time.
    spoke: bool,
    /// There is input that was not looked at, or its end.
    fresh: bool,
    /// When it last sent or took something.
    pub active: Instant,
    /// Its stream of samples.
    pub subscription: Option<Subscription>,
}

/// What stands at the front of the input.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing that can be answered now.
    Nothing,
    /// A message of so many bytes.
    Message(Encoding, usize),
    /// It closed its side without a word: it gets the stats, as ever.
    Silent,
    /// The first byte is that of no encoding, or the item is none.
    Garbage,
    /// The message is larger than any.
    TooLarge,
}

impl Client {
    /// Takes over a connection that never blocks.
    pub fn new(stream: UnixStream, number: u64, now: Instant) -> Client {
        Client {
            stream,
            number,
            waiting: false,
            encoding: None,
            input: Vec::new(),
            finder: Finder::default(),
            output: Vec::new(),
            sent: 0,
            ended: false,
            closing: false,
            spoke: false,
            fresh: false,
            active: now,
            subscription: None,
        }
    }

    /// Who it is, as of when it connected; nobody where the system does not tell.
    pub fn peer(&self) -> Peer {
        daemon::peer(&self.stream).unwrap_or(Peer { uid: u32::MAX, gid: u32::MAX, pid: 0 })
    }

    /// Whether there is anything to be taken by the peer.
    pub fn has_output(&self) -> bool {
        self.sent < self.output.len()
    }

    /// Keeps no more room than what waits.
    pub fn tighten(&mut self) {
        self.output.drain(..std::mem::take(&mut self.sent));
        self.output.shrink_to_fit();
    }

    /// Bytes of a long reply that it has not taken yet; of a short one, none.
    pub fn waits(&self) -> usize {
        let bytes = self.output.len();
        if bytes > LONG { bytes } else { 0 }
    }

    /// Whether its input is wanted.
    pub fn wants_input(&self) -> bool {
        !self.ended && !self.closing && !self.waiting && !self.has_output() && self.input.len() <= LARGEST
    }

    /// Whether there may be another request in what was read.
    pub fn may_ask(&self) -> bool {
        self.fresh && !self.closing && !self.waiting && !self.has_output()
    }

    /// Whether nothing is left to be done for it.
    pub fn is_done(&self) -> bool {
        let heard = self.ended && !self.may_ask() && self.subscription.is_none();
        !self.waiting && !self.has_output() && (self.closing || heard)
    }

    /// Whether it may be dropped for another one: not who has come or spoken in this very turn.
    pub fn gives_way(&self, now: Instant) -> bool {
        let silent = !self.waiting && !self.has_output() && !self.may_ask();
        self.active < now && self.subscription.is_none() && silent
    }

    /// The encoding of its replies.
    pub fn encoding(&self) -> Encoding {
        self.encoding.unwrap_or(Encoding::Json)
    }

    /// Takes what it has sent, one piece; false when the connection is gone.
    pub fn read(&mut self, now: Instant) -> bool {
        let room = (LARGEST + 1).saturating_sub(self.input.len()).min(PIECE);
        // Whoever has sent little costs little: only what came is kept.
        let mut piece = [0; PIECE];
        let got = match self.stream.read(piece.get_mut(..room).unwrap_or_default()) {
            Ok(got) => got,
            Err(error) => {
                return matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted);
            }
        };
        self.input.extend_from_slice(piece.get(..got).unwrap_or_default());
        self.ended = got == 0 && room > 0;
        self.spoke |= got > 0;
        self.fresh = true;
        self.active = now;
        true
    }

    /// What the input holds. Blank lines are skipped.
    pub fn front(&mut self) -> Next {
        let next = self.look();
        self.fresh = next != Next::Nothing;
        next
    }

    fn look(&mut self) -> Next {
        loop {
            let Some(&first) = self.input.first() else {
                return if self.ended && !self.spoke { Next::Silent } else { Next::Nothing };
            };
            let Some(encoding) = self.encoding.or_else(|| Encoding::of(first)) else { return Next::Garbage };
            self.encoding = Some(encoding);
            let length = match (self.finder.find(encoding, &self.input), encoding) {
                (Found::Whole(length), _) => length,
                (Found::Wrong, _) => return Next::Garbage,
                (Found::Part, Encoding::Json) if self.ended => self.input.len(),
                (Found::Part, _) if self.ended => return Next::Garbage,
                (Found::Part, _) if self.input.len() > LARGEST => return Next::TooLarge,
                (Found::Part, _) => return Next::Nothing,
            };
            if length > LARGEST {
                return Next::TooLarge;
            }
            let blank = self.message(length).trim_ascii().is_empty();
            if encoding == Encoding::Cbor || !blank {
                return Next::Message(encoding, length);
            }
            self.take(length);
        }
    }

    /// The bytes of the message that [`Client::front`] found.
    pub fn message(&self, length: usize) -> &[u8] {
        self.input.get(..length).unwrap_or_default()
    }

    /// Takes a message off the input.
    pub fn take(&mut self, length: usize) {
        self.input.drain(..length.min(self.input.len()));
        self.finder = Finder::default();
        if self.input.is_empty() && self.input.capacity() > KEPT {
            self.input = Vec::new();
        }
    }

    /// Takes everything off the input, and closes the connection once its replies are taken.
    pub fn close(&mut self) {
        self.input = Vec::new();
        self.closing = true;
    }

    /// The connection ends with the reply to a silent peer.
    pub fn answer_once(&mut self) {
        self.spoke = true;
        self.closing = true;
    }

    /// Sends bytes behind those that still wait; false when the connection is gone.
    pub fn send(&mut self, parts: &[&[u8]], now: Instant) -> bool {
        for part in parts {
            self.output.extend_from_slice(part);
        }
        self.flush(now)
    }

    /// Sends what waits, as much as the peer takes; false when the connection is gone.
    pub fn flush(&mut self, now: Instant) -> bool {
        while self.has_output() {
            match self.stream.write(self.output.get(self.sent..).unwrap_or_default()) {
                Ok(0) => return false,
                Ok(sent) => {
                    self.sent += sent;
                    self.active = now;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return true,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return false,
            }
        }
        self.sent = 0;
        self.output.clear();
        if self.output.capacity() > KEPT {
            self.output = Vec::new();
        }
        true
    }
}

impl AsFd for Client {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}
