//! What the reply `Health` holds: what a server has counted, and what was looked at.

use super::Value;
use super::message::map;
use crate::health::{Check, Counters, Level};

/// The reply `{"Health": {...}}`.
pub fn health<'a>(counters: &'a Counters, checks: &'a [Check]) -> Value<'a> {
    let check = |check: &'a Check| {
        map([
            ("name", Value::text(check.name)),
            ("level", Value::text(check.level.name())),
            ("text", Value::text(&check.text)),
        ])
    };
    let members = map([
        ("uptime_secs", counters.uptime_secs.into()),
        ("total_requests", counters.total_requests.into()),
        ("errors", counters.errors.into()),
        ("last_error", counters.last_error.as_deref().map_or(Value::Null, Value::text)),
        ("connected_clients", counters.connected_clients.into()),
        ("stats_collected", counters.stats_collected.into()),
        (
            "changes",
            map([
                ("done", counters.changes.done.into()),
                ("refused", counters.changes.refused.into()),
                ("failed", counters.changes.failed.into()),
                ("undone", counters.changes.undone.into()),
            ]),
        ),
        ("checks", Value::List(checks.iter().map(check).collect())),
    ]);
    Value::variant("Health", members)
}

/// The most serious level of a reply's checks, whoever has sent it; `None` when it has none, or a
/// level that nobody knows.
pub fn worst(reply: &Value) -> Option<Level> {
    let Value::List(checks) = reply.member("Health")?.member("checks")? else { return None };
    let mut worst = None;
    for check in checks {
        let Value::Text(word) = check.member("level")? else { return None };
        let level = Level::parse(word)?;
        worst = worst.filter(|worst: &Level| worst.exit_code() >= level.exit_code()).or(Some(level));
    }
    worst
}

/// Adds the time, as [`crate::utc::stamp`] gives it, to what a reply holds: a line of a log needs it.
pub fn add_time(reply: &mut Value, stamp: String) {
    let Value::Map(variant) = reply else { return };
    if let Some((_, Value::Map(members))) = variant.first_mut() {
        members.push(("time".into(), Value::Text(stamp.into())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{cbor, json};

    #[test]
    fn ok_in_both_encodings() {
        let counters =
            Counters { uptime_secs: 7, errors: 1, last_error: Some("x".into()), ..Counters::default() };
        let checks = [
            Check { name: "disk", level: Level::Warn, text: "/ 91 % \"full\"".into() },
            Check { name: "fan", level: Level::Skip, text: "no fan".into() },
        ];
        let mut reply = health(&counters, &checks);
        add_time(&mut reply, "2026-11-21T08:36:32Z".into());
        let text = concat!(
            r#"{"Health":{"uptime_secs":7,"total_requests":0,"errors":1,"last_error":"x","connected_clients":0,"#,
            r#""stats_collected":0,"changes":{"done":0,"refused":0,"failed":0,"undone":0},"#,
            r#""checks":[{"name":"disk","level":"WARN","text":"/ 91 % \"full\""},"#,
            r#"{"name":"fan","level":"SKIP","text":"no fan"}],"time":"2026-11-21T08:36:32Z"}}"#
        );
        assert_eq!(json::encode(&reply), text);
        assert_eq!(json::encode(&cbor::decode(&cbor::encode(&reply)).unwrap().0), text);
        assert_eq!(worst(&reply), Some(Level::Warn));
    }

    #[test]
    fn err_replies() {
        for (text, wanted) in [
            (
                r#"{"Health":{"checks":[{"level":"OK"},{"level":"FAIL"},{"level":"WARN"}]}}"#,
                Some(Level::Fail),
            ),
            (r#"{"Health":{"checks":[{"level":"SKIP"}]}}"#, Some(Level::Skip)),
            (r#"{"Health":{"checks":[]}}"#, None),
            (r#"{"Health":{"checks":[{"level":"bad"}]}}"#, None),
            (r#"{"Health":{"checks":[{"level":1}]}}"#, None),
            (r#"{"Health":{"checks":{}}}"#, None),
            (r#"{"Health":{}}"#, None),
            (r#"{"Stats":{}}"#, None),
            ("[]", None),
        ] {
            assert_eq!(worst(&json::decode(text).unwrap()), wanted, "{text}");
        }
    }
}
