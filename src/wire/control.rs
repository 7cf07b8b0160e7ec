//! What the replies `Controls` and `ControlState` hold, and how a desk is asked for a change.

use std::time::{Duration, Instant};

use super::Value;
use super::message::{degrees, map, percent};
use super::reply::Code;
use super::request::{Manner, Request};
use crate::control::desk::{Change, Desk, Outcome, Which};
use crate::control::persist::Persisted;
use crate::control::{CONTROLS, Control, Kind, Range, Refusal, Scene, Wishes, whole};

/// The reply `{"Controls": [...]}`: each control as it is on this board.
pub fn controls(scene: &Scene) -> Value<'static> {
    let look =
        |control: &&'static Control| info(control, whole(scene.root, control.name, || (control.look)(scene)));
    Value::variant("Controls", Value::List(CONTROLS.iter().map(look).collect()))
}

fn info(control: &'static Control, found: Result<Range, Refusal>) -> Value<'static> {
    let (range, why) = match found {
        Ok(range) => (range, None),
        Err(refusal) => (Range::default(), Some(refusal.why)),
    };
    let (min, max) = range.bounds.unzip();
    let number = |number: Option<i64>| number.map_or(Value::Null, Value::Int);
    let mut members = map([
        ("name", Value::text(control.name)),
        ("description", Value::text(control.description)),
        ("value", owned(range.value)),
        ("options", texts(range.options)),
        ("readonly", false.into()),
        ("min", number(min)),
        ("max", number(max)),
        ("step", Value::Null),
        ("requires_sudo", true.into()),
        ("supported", why.is_none().into()),
        ("unit", control.unit.map_or(Value::Null, Value::text)),
    ]);
    if let Value::Map(members) = &mut members {
        if !range.curve.is_empty() {
            let point = |(mc, pm)| Value::List(vec![degrees(mc), percent(pm)]);
            members.push(("curve".into(), Value::List(range.curve.into_iter().map(point).collect())));
            members.push(("zones".into(), texts(range.zones)));
        }
        let more = [("next_boot", range.next_boot), ("why", why)];
        members.extend(
            more.into_iter().filter_map(|(name, text)| Some((name.into(), Value::Text(text?.into())))),
        );
    }
    members
}

/// The reply `{"ControlState": {...}}`: what came of a change.
pub fn state(outcome: &Outcome) -> Value<'_> {
    let lines = |lines: &'_ [String]| {
        Value::List(lines.iter().map(|line| Value::Text(line.clone().into())).collect())
    };
    let confirm = outcome.confirm.and_then(|within| u32::try_from(within.as_secs()).ok());
    let state = map([
        ("control", Value::text(&outcome.control)),
        ("old", Value::text(&outcome.old)),
        ("value", Value::text(&outcome.new)),
        ("steps", lines(&outcome.steps)),
        ("notes", lines(&outcome.notes)),
        ("dry_run", outcome.dry_run.into()),
        ("at_next_boot", outcome.at_next_boot.into()),
        ("confirm_s", confirm.into()),
    ]);
    Value::variant("ControlState", state)
}

/// Begins at a desk what a request wants changed; what came of it, where it has ended.
///
/// # Errors
/// Why nothing was begun.
pub fn begin(
    desk: &mut Desk,
    request: Request,
    asker: Option<u64>,
    now: Instant,
) -> Result<Option<Outcome>, Refusal> {
    let done = |name: &str| Some(Outcome { control: name.to_owned(), ..Outcome::default() });
    match request {
        Request::SetControl { control, value, manner, .. } => {
            let Manner { dry_run, reboot, at_next_boot, persist, confirm_s } = manner;
            let wishes = Wishes { reboot, at_next_boot, attended: desk.attended };
            let confirm = (confirm_s > 0).then(|| Duration::from_secs(u64::from(confirm_s)));
            desk.set(Change { control, value, wishes, dry_run, confirm, persist }, asker, now)
        }
        Request::Undo { control, all, .. } => desk.undo(&Which::of(control, all), asker).map(|()| None),
        Request::Forget { control, .. } => desk.forget(control.as_deref()).map(|()| done("forget")),
        _ => desk.confirm().map(|()| done("confirm")),
    }
}

/// What is set at each start, as `{"Persisted": {...}}`.
pub fn persisted(persisted: &Persisted) -> Value<'_> {
    let wish = |(control, value): &'_ (String, String)| {
        map([("control", Value::Text(control.clone().into())), ("value", Value::Text(value.clone().into()))])
    };
    let odd = persisted.odd.iter().map(|line| Value::text(line)).collect();
    let held = map([
        ("board", persisted.board.as_deref().map_or(Value::Null, Value::text)),
        ("controls", Value::List(persisted.wishes.iter().map(wish).collect())),
        ("odd", Value::List(odd)),
    ]);
    Value::variant("Persisted", held)
}

/// The code that a refusal has on the wire.
pub fn code(kind: Kind) -> Code {
    match kind {
        Kind::Invalid => Code::InvalidControl,
        Kind::Unsupported => Code::Unsupported,
        Kind::Conflict | Kind::Failed => Code::ControlError,
        Kind::Denied => Code::PermissionDenied,
        Kind::Timeout => Code::Timeout,
        Kind::Busy | Kind::Want => Code::Busy,
        Kind::Reboot => Code::RebootRequired,
    }
}

fn texts(texts: Vec<String>) -> Value<'static> {
    Value::List(texts.into_iter().map(|text| Value::Text(text.into())).collect())
}

fn owned(text: Option<String>) -> Value<'static> {
    text.map_or(Value::Null, |text| Value::Text(text.into()))
}
