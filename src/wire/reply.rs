//! Replies that are not data: errors, and the answer to `Ping`.

use super::Value;
use super::message::map;

/// The version of the protocol; it grows when a client has to know.
pub const PROTOCOL: u32 = 1;

/// The longest reply, bytes: a server sends none that is longer, and a client takes none.
pub const LONGEST: usize = 1024 * 1024;

/// What kind of error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The token is missing or wrong.
    AuthFailed,
    /// There is no control of that name.
    InvalidControl,
    /// The change did not succeed.
    ControlError,
    /// The request was not understood.
    BadRequest,
    /// The request was larger than 64 KiB.
    TooLarge,
    /// Another change is going on, or there is no descriptor or memory for it now.
    Busy,
    /// This board or this server cannot do it.
    Unsupported,
    /// It took too long.
    Timeout,
    /// The change takes a reboot.
    RebootRequired,
    /// This user may not.
    PermissionDenied,
}

impl Code {
    /// All of them, with their words on the wire.
    pub const ALL: [(Code, &'static str); 10] = [
        (Code::AuthFailed, "auth_failed"),
        (Code::InvalidControl, "invalid_control"),
        (Code::ControlError, "control_error"),
        (Code::BadRequest, "bad_request"),
        (Code::TooLarge, "too_large"),
        (Code::Busy, "busy"),
        (Code::Unsupported, "unsupported"),
        (Code::Timeout, "timeout"),
        (Code::RebootRequired, "reboot_required"),
        (Code::PermissionDenied, "permission_denied"),
    ];

    /// The word on the wire.
    pub fn name(self) -> &'static str {
        Code::ALL.iter().find(|(code, _)| *code == self).map_or("bad_request", |(_, name)| name)
    }

    /// Reads the word.
    pub fn named(word: &str) -> Option<Code> {
        Code::ALL.iter().find(|(_, name)| *name == word).map(|(code, _)| *code)
    }
}

/// The reply `{"Error": {"code": ..., "message": ...}}`.
pub fn error(code: Code, message: &str) -> Value<'_> {
    Value::variant("Error", map([("code", Value::text(code.name())), ("message", Value::text(message))]))
}

/// The reply to `Ping`.
pub fn pong() -> Value<'static> {
    let version = Value::text(env!("CARGO_PKG_VERSION"));
    Value::variant("Pong", map([("version", version), ("protocol", PROTOCOL.into())]))
}

/// The code and the message of an error, when the reply is one.
pub fn read_error<'v>(reply: &'v Value) -> Option<(&'v str, &'v str)> {
    let error = reply.member("Error")?;
    let text = |name| match error.member(name) {
        Some(Value::Text(text)) => text.as_ref(),
        _ => "",
    };
    Some((text("code"), text("message")))
}
