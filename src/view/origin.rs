//! Where values come from, as text: `jscopectl stats --origin` and `jscopectl sources`.

use std::borrow::Cow;

use super::text::line;
use crate::snapshot::Snapshot;
use crate::source::Feed;
use crate::wire::{Value, json, message};

/// The collector that reads a member of the data object.
const COLLECTORS: [(&str, &str); 14] = [
    ("cpus", "cpu"),
    ("clusters", "cpu"),
    ("ram", "memory"),
    ("swap", "memory"),
    ("iram", "memory"),
    ("zram", "memory"),
    ("gpus", "gpu"),
    ("engines", "engine"),
    ("emc", "engine"),
    ("temps", "thermal"),
    ("trips", "thermal"),
    ("cooling", "thermal"),
    ("power", "power"),
    ("total_power", "power"),
];

/// A line for each value: its name, the value, and where it is from.
pub fn page(feed: &Feed, snapshot: &Snapshot) -> String {
    let mut text = String::new();
    leaves("", &message::data(snapshot), &mut |name, value| {
        let of = origin(feed, name);
        line(&mut text, format_args!("{name:<40} {:<24} {of}", json::encode(value)));
    });
    text
}

fn origin(feed: &Feed, name: &str) -> Cow<'static, str> {
    let second = feed.marks().iter().any(|mark| {
        name.strip_prefix(mark.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    });
    if second || matches!(name, "timestamp" | "raw") {
        return "tegrastats".into();
    }
    let (first, _) = name.split_once('.').unwrap_or((name, ""));
    let collector = COLLECTORS.iter().find(|(member, _)| *member == first).map(|(_, collector)| *collector);
    let collector = if name.starts_with("engines.GR3D") { Some("gpu") } else { collector };
    let statuses = feed.statuses();
    let path = statuses.iter().find(|status| Some(status.name) == collector).map(|status| status.path);
    match (statuses.is_empty(), path) {
        (true, _) => feed.choice.name().into(),
        (false, Some(path)) => format!("sysfs ({path})").into(),
        (false, None) => "sysfs".into(),
    }
}

/// Calls `each` with every value that is no list or map of others, and its name.
fn leaves(name: &str, value: &Value, each: &mut dyn FnMut(&str, &Value)) {
    let within = |part: &str| if name.is_empty() { part.to_owned() } else { format!("{name}.{part}") };
    match value {
        Value::Map(members) => members.iter().for_each(|(part, value)| leaves(&within(part), value, each)),
        Value::List(values) if values.iter().any(|value| matches!(value, Value::Map(_))) => {
            for (number, value) in values.iter().enumerate() {
                leaves(&within(&number.to_string()), value, each);
            }
        }
        Value::Null => {}
        Value::List(values) if values.is_empty() => {}
        Value::Text(text) if text.is_empty() => {}
        _ => each(name, value),
    }
}

/// The parts of a source as a table, from the reply `Sources`.
pub fn table(reply: &Value) -> String {
    let mut text = format!(
        "{:<10} {:<8} {:>5} {:>6} {:>9}  {}\n",
        "collector", "state", "files", "denied", "cost", "path"
    );
    let Some(Value::List(sources)) = reply.member("Sources") else { return text };
    for source in sources {
        let word = |name| match source.member(name) {
            Some(Value::Text(text)) => text.as_ref(),
            _ => "",
        };
        let number = |name| match source.member(name) {
            Some(Value::Int(number)) => *number,
            _ => 0,
        };
        let (name, state, path) = (word("name"), word("state"), word("path"));
        let (files, denied, cost) = (number("files"), number("denied"), number("cost_us"));
        line(&mut text, format_args!("{name:<10} {state:<8} {files:>5} {denied:>6} {cost:>6} us  {path}"));
        if !word("last_error").is_empty() {
            line(&mut text, format_args!("{:<10} last error: {}", "", word("last_error")));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Status;

    #[test]
    #[allow(clippy::field_reassign_with_default)] // some of its fields are its own
    fn ok_no_line_is_more_than_one() {
        for (before, after) in [
            ("cpu", "cpu\n"),
            ("cpu\nforged  row", "cpuforged  row\n"),
            ("a\x1b[31mb\u{9b}c\r\0\x07", "a[31mbc\n"),
            ("", "\n"),
        ] {
            let mut text = "first\n".to_owned();
            line(&mut text, format_args!("{before}"));
            assert_eq!(text, format!("first\n{after}"), "{before:?}");
        }
        let error = Some("policy\x1b]0;x\x07: no value".to_owned());
        let mut status = Status::default();
        status.error = error;
        let reply = crate::wire::source::sources(&[&status]);
        assert!(!table(&reply).contains(|c: char| c.is_control() && c != '\n'));
    }
}
