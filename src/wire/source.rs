//! What the reply `Sources` holds: how the parts of a source do.

use super::Value;
use super::message::map;
use crate::source::Status;

/// The reply `{"Sources": [...]}`.
pub fn sources<'a>(statuses: &[&'a Status]) -> Value<'a> {
    let source = |status: &&'a Status| {
        map([
            ("name", Value::text(status.name)),
            ("path", Value::text(status.path)),
            ("state", Value::text(status.health().name())),
            ("files", (status.last.good + status.slow.good).into()),
            ("reads", status.last.reads.into()),
            ("absent", (status.last.absent + status.slow.absent).into()),
            ("denied", status.denied().into()),
            ("failing", (status.last.failing + status.slow.failing).into()),
            ("failures", status.failures.into()),
            ("cost_us", u64::try_from(status.cost.as_micros()).unwrap_or(u64::MAX).into()),
            ("last_error", status.error.as_deref().map_or(Value::Null, Value::text)),
        ])
    };
    Value::variant("Sources", Value::List(statuses.iter().map(source).collect()))
}
