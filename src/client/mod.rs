//! The client side of the protocol: where the server is, and how it is asked.
//!
//! Nothing here waits beyond a deadline, whatever the other end does: it may be gone, silent, slow,
//! or send garbage or without end. A reply has at most [`LONGEST`] bytes. What went wrong is one
//! line that names the socket.

mod address;
mod connection;

pub use crate::wire::reply::LONGEST;
pub use address::{Address, addresses};
pub use connection::Connection;

use std::fmt;

use crate::env;

/// How messages are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Encoding {
    /// A line each.
    #[default]
    Json,
    /// RFC 8949.
    Cbor,
}

impl Encoding {
    /// That of JETSONSCOPE_PROTO, or else JSON.
    ///
    /// # Errors
    /// What is wrong with the variable.
    pub fn chosen() -> Result<Encoding, String> {
        let Some((name, value)) = env::variable(env::PROTO) else { return Ok(Encoding::Json) };
        let known = Encoding::named(&value);
        known.ok_or_else(|| format!("{name}: no encoding \"{value}\" (json, cbor)"))
    }

    /// That of a name.
    pub fn named(name: &str) -> Option<Encoding> {
        match name {
            "json" => Some(Encoding::Json),
            "cbor" => Some(Encoding::Cbor),
            _ => None,
        }
    }
}

/// What kind of thing went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// There is no server, or none that may be used.
    Absent,
    /// Nothing came in time.
    Silent,
    /// What came is no reply, or ended in the middle.
    Broken,
    /// The server says no, with that code.
    Refused(String),
}

/// Why there is no reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The kind.
    pub why: Why,
    /// The path of the socket.
    pub socket: String,
    /// A few words.
    pub text: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let missing = self.text.starts_with("no such") || self.text.ends_with("refused");
        let hint = if self.why == Why::Absent && missing { " (is jscoped running?)" } else { "" };
        write!(f, "socket {}: {}{hint}", self.socket, self.text)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_encodings() {
        for (name, wanted) in [
            ("json", Some(Encoding::Json)),
            ("cbor", Some(Encoding::Cbor)),
            ("", None),
            ("JSON", None),
            ("cbor ", None),
        ] {
            assert_eq!(Encoding::named(name), wanted, "{name}");
        }
    }
}
