//! What messages hold of a source: of its sample, and in the reply `Sources` how its parts do.

use super::Value;
use super::message::{self, map};
use crate::source::{Origin, Sample, Status};

/// What goes with the values of a sample on the wire.
pub fn about<'a>(origin: Origin<'a>, sample: &Sample) -> message::Stats<'a> {
    message::Stats {
        source: origin.source.into(),
        age_ms: sample.age.and_then(|age| u64::try_from(age.as_millis()).ok()),
        stale: sample.stale,
        simulated: origin.simulated,
        board: origin.board.into(),
    }
}

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
