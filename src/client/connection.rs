//! A connection to the server: requests out, whole replies in.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags};

use super::{Address, Encoding, Error, Why};
use crate::sys;
use crate::wire::reply::LONGEST;
use crate::wire::request::Request;
use crate::wire::{self, Value, cbor, json, reply};

/// How long to wait for a server that is busy with others before the next attempt.
const CROWDED: Duration = Duration::from_millis(10);

/// A connection.
#[derive(Debug)]
pub struct Connection {
    stream: UnixStream,
    path: PathBuf,
    encoding: Encoding,
    input: Vec<u8>,
    /// Bytes of the whole message that the input begins with; 0 when there is none.
    whole: usize,
    /// The other end has closed.
    ended: bool,
}

impl Connection {
    /// Connects to the first of the places where a server answers that may be trusted.
    ///
    /// # Errors
    /// [`Why::Absent`], with the first place where there is anything, or else the first of all.
    pub fn open(addresses: &[Address], encoding: Encoding, deadline: Instant) -> Result<Connection, Error> {
        let mut failed: Option<(bool, Error)> = None;
        for address in addresses {
            let (found, text) = match connect(address, deadline) {
                Ok(stream) => {
                    let path = address.path.clone();
                    return Ok(Connection {
                        stream,
                        path,
                        encoding,
                        input: Vec::new(),
                        whole: 0,
                        ended: false,
                    });
                }
                Err(error) => (error.kind() != io::ErrorKind::NotFound, sys::reason(&error)),
            };
            if failed.as_ref().is_none_or(|(before, _)| found && !before) {
                failed = Some((found, error(&address.path, Why::Absent, &text)));
            }
        }
        let nowhere = || error(Path::new(""), Why::Absent, "no place to look for it");
        Err(failed.map_or_else(nowhere, |(_, error)| error))
    }

    /// Asks and waits for the reply.
    ///
    /// # Errors
    /// Whatever kept the reply from coming whole and in time; a reply that is an error.
    pub fn request(&mut self, request: &Request, deadline: Instant) -> Result<Value<'_>, Error> {
        self.send(request, deadline)?;
        while !self.take()? {
            if Instant::now() >= deadline {
                return Err(self.error(Why::Silent, "no reply in time"));
            }
            self.wait(PollFlags::POLLIN, deadline)?;
        }
        self.message()
    }

    /// Sends a request.
    ///
    /// # Errors
    /// The server does not take it, or is gone.
    pub fn send(&mut self, request: &Request, deadline: Instant) -> Result<(), Error> {
        let bytes = match self.encoding {
            Encoding::Json => (json::encode(&request.write()) + "\n").into_bytes(),
            Encoding::Cbor => cbor::encode(&request.write()),
        };
        let mut left = bytes.as_slice();
        while !left.is_empty() {
            match self.stream.write(left) {
                Ok(written) => left = left.get(written..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if Instant::now() >= deadline {
                        return Err(self.error(Why::Silent, "takes no request"));
                    }
                    self.wait(PollFlags::POLLOUT, deadline)?;
                }
                Err(error) => return Err(self.error(Why::Broken, &sys::reason(&error))),
            }
        }
        Ok(())
    }

    /// Takes what has come, without waiting; true when [`Connection::message`] has the next one.
    ///
    /// # Errors
    /// The end of the connection; what is no message.
    pub fn take(&mut self) -> Result<bool, Error> {
        self.input.drain(..std::mem::take(&mut self.whole));
        let mut piece = [0; 16 * 1024];
        let mut looked = 0;
        loop {
            self.look(looked)?;
            if self.whole > 0 {
                return Ok(true);
            }
            if self.ended {
                let middle = !self.input.trim_ascii().is_empty();
                let what = if middle { "closed in the middle of a reply" } else { "closed the connection" };
                return Err(self.error(Why::Broken, what));
            }
            if self.input.len() > LONGEST {
                return Err(self.error(Why::Broken, "reply is longer than 1 MB"));
            }
            looked = self.input.len();
            match self.stream.read(&mut piece) {
                Ok(0) => self.ended = true,
                Ok(got) => self.input.extend_from_slice(piece.get(..got).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.error(Why::Broken, &sys::reason(&error))),
            }
        }
    }

    /// Whether a request can follow: the other end has not closed, and nothing has come that nobody asked
    /// for. Forgets the last message, and waits for nothing.
    pub fn is_quiet(&mut self) -> bool {
        matches!(self.take(), Ok(false)) && self.input.is_empty()
    }

    /// Looks whether the input begins with a whole message; no line ends before `looked`.
    fn look(&mut self, looked: usize) -> Result<(), Error> {
        let blank = self.input.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        if self.encoding == Encoding::Json && blank > 0 {
            self.input.drain(..blank);
        }
        let looked = looked.saturating_sub(blank);
        match (self.encoding, self.input.first()) {
            (_, None) => {}
            (Encoding::Json, Some(b'{')) => {
                let rest = self.input.get(looked..).unwrap_or_default();
                let line = rest.iter().position(|byte| *byte == b'\n').map(|at| looked + at + 1);
                // The original has no line ends; there, the end of the connection is that of the message.
                let last = || (self.ended && self.input.ends_with(b"}")).then_some(self.input.len());
                self.whole = line.or_else(last).unwrap_or(0);
            }
            (Encoding::Cbor, Some(0xa0..=0xbf)) => match cbor::decode(&self.input) {
                Ok((_, length)) => self.whole = length,
                Err(wire::Error::Incomplete) => {}
                Err(_) => return Err(self.error(Why::Broken, "reply is no CBOR")),
            },
            (Encoding::Json, _) => return Err(self.error(Why::Broken, "reply is no JSON")),
            (Encoding::Cbor, _) => return Err(self.error(Why::Broken, "reply is no CBOR")),
        }
        Ok(())
    }

    /// The message that [`Connection::take`] has found.
    ///
    /// # Errors
    /// It is none, or it is the server's error.
    pub fn message(&self) -> Result<Value<'_>, Error> {
        let bytes = self.input.get(..self.whole).unwrap_or_default();
        let value = match self.encoding {
            Encoding::Json => std::str::from_utf8(bytes).ok().and_then(|text| json::decode(text.trim()).ok()),
            Encoding::Cbor => cbor::decode(bytes).ok().map(|(value, _)| value),
        };
        let value = value.ok_or_else(|| self.error(Why::Broken, "reply is no valid message"))?;
        match reply::read_error(&value) {
            None => Ok(value),
            Some((code, message)) => {
                let text = [code, ": ", message].concat();
                Err(self.error(Why::Refused(code.to_owned()), &text))
            }
        }
    }

    /// That what came is not what was asked for.
    pub fn error(&self, why: Why, text: &str) -> Error {
        error(&self.path, why, text)
    }

    fn wait(&self, events: PollFlags, deadline: Instant) -> Result<(), Error> {
        let mut polled = [PollFd::new(self.stream.as_fd(), events)];
        match nix::poll::poll(&mut polled, sys::until(deadline)) {
            Ok(_) | Err(nix::errno::Errno::EINTR) => Ok(()),
            Err(errno) => Err(self.error(Why::Broken, &sys::reason(&errno.into()))),
        }
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

fn error(path: &Path, why: Why, text: &str) -> Error {
    Error { why, socket: path.to_string_lossy().into_owned(), text: text.to_owned() }
}

fn connect(address: &Address, deadline: Instant) -> io::Result<UnixStream> {
    let stream = loop {
        match sys::connect(&address.path) {
            Err(error)
                if error.kind() == io::ErrorKind::WouldBlock && Instant::now() + CROWDED < deadline =>
            {
                std::thread::sleep(CROWDED);
            }
            result => break result?,
        }
    };
    if address.open_to_all {
        let peer = sys::peer_uid(&stream)?;
        if peer != 0 && peer != nix::unistd::geteuid().as_raw() {
            return Err(io::Error::other("belongs to another user, who is not trusted"));
        }
    }
    Ok(stream)
}
