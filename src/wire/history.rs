//! What the reply `History` holds: points by name, and back.

use super::message::{degrees, map, members, mhz, optional, percent, unsigned};
use super::request::{Refusal, bad};
use super::{Error, Value};
use crate::history::ring::Point;
use crate::history::series::Unit;
use crate::history::{self as kept, Moment, Series, Span};

/// Most series of one request.
pub const MOST_ASKED: usize = 16;

/// The reply `{"History": {"step_ms": N, "end_ms": N, "series": {...}}}`.
pub fn history<'a>(step_ms: i64, end_ms: i64, series: Value<'a>) -> Value<'a> {
    let members = [("step_ms", Value::Int(step_ms)), ("end_ms", Value::Int(end_ms)), ("series", series)];
    Value::variant("History", map(members))
}

/// What a request for the history is answered with.
pub struct Asked<'a> {
    /// The time between two points, ms; 0 before the first sample.
    pub step_ms: i64,
    /// The moment of the last points, ms since 1970.
    pub end_ms: i64,
    /// The series, each once.
    pub series: Vec<&'a Series>,
    history: &'a kept::History,
    span: Option<Span>,
}

/// The series of these names with their points of the last `window_s` seconds; of no name, all without
/// points.
///
/// # Errors
/// There is none of a name.
pub fn asked<'a>(
    history: &'a kept::History,
    names: &[String],
    window_s: u32,
    now: Moment,
) -> Result<Asked<'a>, Refusal> {
    let mut series: Vec<&Series> = Vec::new();
    for name in names {
        let found = history.find(name).ok_or_else(|| bad("no series", name))?;
        // A map has each name once.
        if !series.iter().any(|known| std::ptr::eq(*known, found)) {
            series.push(found);
        }
    }
    let span = history.span(window_s, now);
    let (step_ms, end_ms) = span.map_or((0, now.unix_ms), |span| (span.step_ms, span.end_ms));
    if names.is_empty() {
        series.extend(history.series());
    }
    Ok(Asked { step_ms, end_ms, series, history, span: span.filter(|_| !names.is_empty()) })
}

impl Asked<'_> {
    /// The points of one of its series.
    pub fn points(&self, series: &Series) -> Value<'static> {
        let Some(span) = &self.span else { return Value::List(Vec::new()) };
        let point = |number| point(self.history.point(series, span, number), series.unit());
        Value::List((0..span.points).map(point).collect())
    }

    /// The whole reply.
    pub fn reply(&self) -> Value<'static> {
        let all = self.series.iter().map(|series| (series.name().into(), self.points(series)));
        history(self.step_ms, self.end_ms, Value::Map(all.collect()))
    }
}

/// `[lowest, mean, highest]`, or null.
fn point(point: Option<Point>, unit: Unit) -> Value<'static> {
    let Some(point) = point else { return Value::Null };
    let values = [point.low, point.mean, point.high];
    Value::List(values.into_iter().map(|value| shown(value, unit)).collect())
}

fn shown(value: i32, unit: Unit) -> Value<'static> {
    let whole = u32::try_from(value).unwrap_or(0); // shares, clocks and sizes are above zero
    match unit {
        Unit::Share => percent(whole),
        Unit::Clock => mhz(whole.saturating_mul(50)),
        Unit::Size => Value::Int(i64::from(whole) << 10),
        Unit::Temperature => degrees(value.saturating_mul(10)),
        Unit::Plain => value.into(),
    }
}

/// A reply as a reader has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// The time between two points, ms.
    pub step_ms: u64,
    /// The moment of the last points, ms since 1970.
    pub end_ms: u64,
    /// Points by name.
    pub series: Vec<(String, Vec<Option<[f64; 3]>>)>,
}

/// Reads the reply `History` (the object inside its variant).
///
/// # Errors
/// A member of the wrong kind, or a point that is none.
pub fn read_history(reply: &Value) -> Result<History, Error> {
    let time = |name| optional(reply, name, unsigned)?.ok_or(Error::Member(name));
    let mut history = History { step_ms: time("step_ms")?, end_ms: time("end_ms")?, series: Vec::new() };
    for (name, points) in members(reply, "series")? {
        let Value::List(points) = points else { return Err(Error::Member("series")) };
        let points: Option<Vec<_>> = points.iter().map(read_point).collect();
        history.series.push((name.to_string(), points.ok_or(Error::Member("series"))?));
    }
    Ok(history)
}

/// A point or none; `None` for what is neither.
fn read_point(value: &Value) -> Option<Option<[f64; 3]>> {
    let Value::List(values) = value else { return (*value == Value::Null).then_some(None) };
    let [low, mean, high] = values.as_slice() else { return None };
    Some(Some([number(low)?, number(mean)?, number(high)?]))
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(value) => Some(*value as f64),
        Value::Float(value) => Some(*value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{cbor, json};

    const JSON: &str =
        r#"{"History":{"step_ms":1000,"end_ms":1800000000000,"series":{"a":[null,[1.5,2,30]],"b":[]}}}"#;

    #[test]
    fn ok_there_and_back_in_both_encodings() {
        let tree = json::decode(JSON).unwrap();
        let read = read_history(tree.member("History").unwrap()).unwrap();
        let series = vec![("a".to_owned(), vec![None, Some([1.5, 2.0, 30.0])]), ("b".to_owned(), vec![])];
        assert_eq!(read, History { step_ms: 1000, end_ms: 1_800_000_000_000, series });
        let point = |low, mean, high| super::point(Some(Point { low, mean, high }), Unit::Share);
        let list = vec![super::point(None, Unit::Share), point(15, 20, 300)];
        let series = Value::Map(vec![("a".into(), Value::List(list)), ("b".into(), Value::List(vec![]))]);
        let tree = history(1000, 1_800_000_000_000, series);
        assert_eq!(json::encode(&tree), JSON);
        assert_eq!(json::encode(&cbor::decode(&cbor::encode(&tree)).unwrap().0), JSON);
    }

    #[test]
    fn ok_units() {
        for (unit, value, wanted) in [
            (Unit::Share, 1000, "100"),
            (Unit::Share, 5, "0.5"),
            (Unit::Clock, 2295, "114.75"),
            (Unit::Size, i32::MAX, "2199023254528"),
            (Unit::Temperature, -150, "-1.5"),
            (Unit::Plain, -7, "-7"),
        ] {
            assert_eq!(json::encode(&shown(value, unit)), wanted, "{unit:?} {value}");
        }
    }

    #[test]
    fn err_replies() {
        for text in [
            "{}",
            r#"{"step_ms":-1,"end_ms":1,"series":{}}"#,
            r#"{"step_ms":1,"end_ms":1,"series":[]}"#,
            r#"{"step_ms":1,"end_ms":1,"series":{"a":1}}"#,
            r#"{"step_ms":1,"end_ms":1,"series":{"a":[1]}}"#,
            r#"{"step_ms":1,"end_ms":1,"series":{"a":[[1,2]]}}"#,
            r#"{"step_ms":1,"end_ms":1,"series":{"a":[[1,2,"3"]]}}"#,
        ] {
            assert!(read_history(&json::decode(text).unwrap()).is_err(), "{text}");
        }
    }
}
