//! The messages of the protocol, in JSON and in CBOR.
//!
//! [`message`] (and [`process`]) says once, as a tree of [`Value`]s, what a reply holds; [`json`] and [`cbor`] write
//! and read such trees. So both encodings have the same members, and adding one is one line.
//! Decoding is bounded: depth by [`MAX_DEPTH`], size by the text that the caller holds.

mod added;
pub mod cbor;
#[cfg(any(feature = "daemon", feature = "cli", feature = "tui"))]
pub mod control;
pub mod frame;
pub mod health;
pub mod history;
pub mod json;
pub mod message;
pub mod meta;
pub mod process;
mod read;
pub mod reply;
pub mod request;
pub mod source;

use std::borrow::Cow;
use std::fmt;

/// How deep lists and maps may be nested; our own messages need six levels.
pub const MAX_DEPTH: u8 = 16;

/// A value of either encoding. Maps keep their order.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// Known to be unknown.
    Null,
    /// Yes or no.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    Text(Cow<'a, str>),
    /// A list.
    List(Vec<Value<'a>>),
    /// Members by name.
    Map(Vec<(Cow<'a, str>, Value<'a>)>),
}

impl<'a> Value<'a> {
    /// Text that the caller keeps.
    pub fn text(text: &'a str) -> Self {
        Value::Text(Cow::Borrowed(text))
    }

    /// A map with the one member `name`, as an enum's variant is written.
    pub fn variant(name: &'a str, value: Value<'a>) -> Self {
        Value::Map(vec![(Cow::Borrowed(name), value)])
    }

    /// The same without what it borrows.
    pub fn into_owned(self) -> Value<'static> {
        let text = |text: Cow<str>| Cow::Owned(text.into_owned());
        match self {
            Value::Null => Value::Null,
            Value::Bool(value) => Value::Bool(value),
            Value::Int(value) => Value::Int(value),
            Value::Float(value) => Value::Float(value),
            Value::Text(value) => Value::Text(text(value)),
            Value::List(values) => Value::List(values.into_iter().map(Value::into_owned).collect()),
            Value::Map(members) => Value::Map(
                members.into_iter().map(|(name, value)| (text(name), value.into_owned())).collect(),
            ),
        }
    }

    /// The member of a map; one that is null counts as missing.
    pub fn member(&self, name: &str) -> Option<&Value<'a>> {
        let Value::Map(members) = self else { return None };
        let (_, value) = members.iter().rev().find(|(key, _)| key == name)?;
        (*value != Value::Null).then_some(value)
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}

impl From<u32> for Value<'_> {
    fn from(value: u32) -> Self {
        Value::Int(i64::from(value))
    }
}

impl From<i32> for Value<'_> {
    fn from(value: i32) -> Self {
        Value::Int(i64::from(value))
    }
}

/// Byte counts beyond 2^63 do not exist; they would come out as the largest integer.
impl From<u64> for Value<'_> {
    fn from(value: u64) -> Self {
        Value::Int(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

/// Why a message could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// Not the encoding that it was taken for, or nested too deep.
    Syntax(&'static str),
    /// CBOR that ends in the middle: more bytes may make it whole.
    Incomplete,
    /// A member of the wrong kind.
    Member(&'static str),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Error::Syntax(encoding) => write!(f, "message: not valid {encoding}"),
            Error::Incomplete => write!(f, "message: ends in the middle"),
            Error::Member(name) => write!(f, "message: member \"{name}\" has the wrong kind of value"),
        }
    }
}

impl std::error::Error for Error {}
