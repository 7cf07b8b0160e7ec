//! Requests: read from a message, and written for a server.

use super::Value;
use super::history::MOST_ASKED;
use super::message::map;
use super::reply::Code;
use crate::history::{LONGEST_S, SHORTEST_S};
use crate::process::{MOST_LISTED, Sort};
use crate::quote::quoted;

/// The shortest and the longest time between samples, ms.
pub const INTERVALS_MS: std::ops::RangeInclusive<u64> = 100..=3_600_000;
/// Most processes of one reply.
pub const MOST_PROCESSES: u32 = MOST_LISTED as u32;
/// Most members that a subscription may select.
const MOST_SELECTED: usize = 64;

/// What a peer asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// The last sample.
    GetStats,
    /// What board it is.
    GetMeta,
    /// What may be controlled.
    ListControls,
    /// How the server and the board do.
    GetHealth,
    /// How the collectors do.
    GetSources,
    /// Whether anybody is there.
    Ping,
    /// The processes with the most of something.
    GetProcesses {
        /// Of what.
        sort: Sort,
        /// So many.
        limit: u32,
    },
    /// Samples, again and again.
    Subscribe {
        /// Time between them, ms.
        interval_ms: u64,
        /// Members of the data, by name or dotted name; all when empty.
        select: Vec<String>,
    },
    /// What was before now.
    GetHistory {
        /// Of these values; the names of all when empty.
        series: Vec<String>,
        /// Over so many seconds.
        window_s: u32,
    },
    /// A change.
    SetControl {
        /// Of what.
        control: String,
        /// To what.
        value: String,
        /// The token, where the server wants one.
        token: Option<String>,
        /// How it is to be made.
        manner: Manner,
    },
    /// Takes changes back.
    Undo {
        /// Those of that control; the last one when there is none.
        control: Option<String>,
        /// All of them.
        all: bool,
        /// The token, where the server wants one.
        token: Option<String>,
    },
    /// Keeps what waits to be confirmed.
    Confirm {
        /// The token, where the server wants one.
        token: Option<String>,
    },
    /// Does not set a control at each start any more.
    Forget {
        /// That control; all when there is none.
        control: Option<String>,
        /// The token, where the server wants one.
        token: Option<String>,
    },
}

/// How a change is to be made; each member is left out of a message where it has its default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manner {
    /// Only tell what would be done.
    pub dry_run: bool,
    /// Boot again at once if the change takes that.
    pub reboot: bool,
    /// Leave it to the next boot if the change takes one.
    pub at_next_boot: bool,
    /// Do it again at each start of the server.
    pub persist: bool,
    /// Take it back unless it is confirmed within so many seconds, 1 to 3600; 0 keeps it.
    pub confirm_s: u32,
}

/// Why a request is not understood: the code, and one line.
pub type Refusal = (Code, String);

/// Those without members, by name.
pub const UNITS: [(&str, Request); 6] = [
    ("GetStats", Request::GetStats),
    ("GetMeta", Request::GetMeta),
    ("ListControls", Request::ListControls),
    ("GetHealth", Request::GetHealth),
    ("GetSources", Request::GetSources),
    ("Ping", Request::Ping),
];

impl Request {
    /// Reads a request: the name of one without members as text or as a map with null, others as a
    /// map of their name to their members. Members that are not known are passed over.
    ///
    /// # Errors
    /// `bad_request`, naming what was not understood.
    pub fn read(message: &Value) -> Result<Request, Refusal> {
        let (name, members) = match message {
            Value::Text(name) => (name.as_ref(), &Value::Null),
            Value::Map(entries) => match entries.as_slice() {
                [(name, members)] => (name.as_ref(), members),
                _ => return Err(bad("a request is a map of one name", "")),
            },
            _ => return Err(bad("a request is a text or a map", "")),
        };
        if let Some((_, request)) = UNITS.iter().find(|(known, _)| *known == name) {
            let empty = matches!(members, Value::Null) || *members == Value::Map(Vec::new());
            return if empty { Ok(request.clone()) } else { Err(bad("takes no members:", name)) };
        }
        match name {
            "GetProcesses" => processes(members),
            "Subscribe" => subscribe(members),
            "GetHistory" => history(members),
            "SetControl" => Ok(Request::SetControl {
                control: text(members, "control")?.ok_or_else(|| bad("missing member", "control"))?,
                value: text(members, "value")?.ok_or_else(|| bad("missing member", "value"))?,
                token: text(members, "token")?,
                manner: manner(members)?,
            }),
            "Undo" => Ok(Request::Undo {
                control: text(members, "control")?,
                all: flag(members, "all")?,
                token: text(members, "token")?,
            }),
            "Confirm" => Ok(Request::Confirm { token: text(members, "token")? }),
            "Forget" => {
                Ok(Request::Forget { control: text(members, "control")?, token: text(members, "token")? })
            }
            _ => Err(bad("no request", name)),
        }
    }

    /// The message that asks for it.
    pub fn write(&self) -> Value<'_> {
        if let Some((name, _)) = UNITS.iter().find(|(_, request)| request == self) {
            return Value::text(name);
        }
        match self {
            Request::GetProcesses { sort, limit } => Value::variant(
                "GetProcesses",
                map([("sort", Value::text(sort.name())), ("limit", (*limit).into())]),
            ),
            Request::Subscribe { interval_ms, select } => {
                let mut members = vec![("interval_ms".into(), (*interval_ms).into())];
                if !select.is_empty() {
                    members.push(("select".into(), list(select)));
                }
                Value::variant("Subscribe", Value::Map(members))
            }
            Request::GetHistory { series, window_s } => Value::variant(
                "GetHistory",
                map([("series", list(series)), ("window_s", (*window_s).into())]),
            ),
            Request::SetControl { control, value, token, manner } => {
                let mut members = vec![
                    ("control".into(), Value::text(control)),
                    ("value".into(), Value::text(value)),
                    ("token".into(), optional(token)),
                ];
                members.extend(
                    manner
                        .flags()
                        .into_iter()
                        .filter(|flag| flag.1)
                        .map(|(name, _)| (name.into(), true.into())),
                );
                if manner.confirm_s > 0 {
                    members.push(("confirm_s".into(), manner.confirm_s.into()));
                }
                Value::variant("SetControl", Value::Map(members))
            }
            Request::Undo { control, all, token } => Value::variant(
                "Undo",
                map([("control", optional(control)), ("all", (*all).into()), ("token", optional(token))]),
            ),
            Request::Confirm { token } => Value::variant("Confirm", map([("token", optional(token))])),
            Request::Forget { control, token } => {
                Value::variant("Forget", map([("control", optional(control)), ("token", optional(token))]))
            }
            _ => Value::Null, // the others stand in the table
        }
    }
}

impl Manner {
    fn flags(&self) -> [(&'static str, bool); 4] {
        [
            ("dry_run", self.dry_run),
            ("reboot", self.reboot),
            ("at_next_boot", self.at_next_boot),
            ("persist", self.persist),
        ]
    }
}

fn manner(members: &Value) -> Result<Manner, Refusal> {
    let confirm_s = whole(members, "confirm_s", 0)?;
    let confirm_s = u32::try_from(confirm_s).ok().filter(|seconds| *seconds <= 3600);
    Ok(Manner {
        dry_run: flag(members, "dry_run")?,
        reboot: flag(members, "reboot")?,
        at_next_boot: flag(members, "at_next_boot")?,
        persist: flag(members, "persist")?,
        confirm_s: confirm_s.ok_or_else(|| bad("confirm_s is not 1 to 3600", ""))?,
    })
}

fn optional(text: &Option<String>) -> Value<'_> {
    text.as_deref().map_or(Value::Null, Value::text)
}

fn flag(members: &Value, name: &'static str) -> Result<bool, Refusal> {
    match members.member(name) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(bad("neither true nor false in member", name)),
    }
}

/// `bad_request`: what is wrong, and the name that it is about, if any.
pub fn bad(what: &str, name: &str) -> Refusal {
    (Code::BadRequest, if name.is_empty() { what.to_owned() } else { [what, " ", &quoted(name)].concat() })
}

fn text(members: &Value, name: &'static str) -> Result<Option<String>, Refusal> {
    match members.member(name) {
        None => Ok(None),
        Some(Value::Text(text)) => Ok(Some(text.as_ref().to_owned())),
        Some(_) => Err(bad("no text in member", name)),
    }
}

fn whole(members: &Value, name: &'static str, otherwise: u64) -> Result<u64, Refusal> {
    match members.member(name) {
        None => Ok(otherwise),
        Some(Value::Int(value)) if *value >= 0 => Ok(value.unsigned_abs()),
        Some(_) => Err(bad("no whole number in member", name)),
    }
}

fn processes(members: &Value) -> Result<Request, Refusal> {
    let sort = match text(members, "sort")? {
        None => Sort::default(),
        Some(word) => Sort::named(&word).ok_or_else(|| bad("no sort", &word))?,
    };
    let limit = whole(members, "limit", 20)?.min(u64::from(MOST_PROCESSES));
    Ok(Request::GetProcesses { sort, limit: u32::try_from(limit).unwrap_or(MOST_PROCESSES) })
}

fn subscribe(members: &Value) -> Result<Request, Refusal> {
    let interval_ms = whole(members, "interval_ms", 1000)?;
    if !INTERVALS_MS.contains(&interval_ms) {
        return Err(bad("interval_ms is not 100 to 3600000", ""));
    }
    let select = names(members.member("select"), MOST_SELECTED)
        .ok_or_else(|| bad("select is a list of names, at most 64", ""))?;
    Ok(Request::Subscribe { interval_ms, select })
}

fn history(members: &Value) -> Result<Request, Refusal> {
    let series = names(members.member("series"), MOST_ASKED)
        .ok_or_else(|| bad("series is a list of names, at most 16", ""))?;
    let window_s = u32::try_from(whole(members, "window_s", 300)?).ok();
    let window_s = window_s.filter(|seconds| (SHORTEST_S..=LONGEST_S).contains(seconds));
    Ok(Request::GetHistory {
        series,
        window_s: window_s.ok_or_else(|| bad("window_s is not 10 to 86400", ""))?,
    })
}

/// A list of names, empty where there is none; `None` for anything else, and for more than `most`.
fn names(value: Option<&Value>, most: usize) -> Option<Vec<String>> {
    let Some(value) = value else { return Some(Vec::new()) };
    let Value::List(names) = value else { return None };
    let name = |value: &Value| match value {
        Value::Text(name) => Some(name.as_ref().to_owned()),
        _ => None,
    };
    names.iter().map(name).collect::<Option<Vec<String>>>().filter(|names| names.len() <= most)
}

fn list(names: &[String]) -> Value<'_> {
    Value::List(names.iter().map(|name| Value::text(name)).collect())
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
