//! Temperatures against their trip points, what the kernel does about them, and fans.

use ratatui::style::Style;

use super::line::Line;
use super::paint::{Level, Paint};
use super::sheet::{self, Head, Kind, Value, fact, flow};
use super::unit::{celsius, percent};
use crate::health::{board, limit};
use crate::snapshot::{Cooling, Fan, FanOwner, OverCurrent, OverCurrentReason, Snapshot, Temp, TripKind};

/// What the help says of the page.
pub const HELP: &[&str] = &[
    "The margin is the way to the next trip point: the kernel",
    "lowers clocks at passive, tells programs at hot, shuts the",
    "board down at critical; at active it turns the fan. Zones",
    "that are off have no power. Over-current events count since",
    "boot: some peaks are usual under load, a low voltage is not.",
    "Fans belong to nvfancontrol, the kernel, or who set them.",
];

const ZONES: [Head; 9] = [
    ("zone", Kind::Left),
    ("now", Kind::Right),
    ("margin", Kind::Right),
    ("", Kind::Bar),
    ("passive", Kind::Right),
    ("hot", Kind::Right),
    ("critical", Kind::Right),
    ("active", Kind::Right),
    ("highest", Kind::Right),
];
const FANS: [Head; 7] = [
    ("fan", Kind::Left),
    ("duty", Kind::Right),
    ("", Kind::Bar),
    ("speed", Kind::Right),
    ("pwm", Kind::Right),
    ("owner", Kind::Left),
    ("profile", Kind::Left),
];
const DEVICES: [Head; 3] = [("device", Kind::Left), ("state", Kind::Right), ("", Kind::Left)];
const EVENTS: [Head; 4] =
    [("event", Kind::Left), ("count", Kind::Right), ("meaning", Kind::Left), ("throttles", Kind::Left)];

/// Wider than this, temperatures stand beside the rest.
const WIDE: u16 = 110;

/// The page.
pub fn lines(paint: Paint, s: &Snapshot, width: u16) -> Vec<Line> {
    let right = width / 2 + 1;
    let half = if width < WIDE { width } else { width.saturating_sub(right) };
    let zones = part("Temperatures", zones(paint, s, half));
    let events = s.overcurrent.iter().map(|e| event(paint, e)).collect();
    let others = [
        part("Fans", table(paint, &FANS, s.fans.iter().map(|f| fan(paint, f)).collect(), half)),
        part("Cooling devices", cooling(paint, s, half)),
        part("Over-current events since boot", table(paint, &EVENTS, events, half)),
    ];
    let mut others = others.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>();
    match (zones.is_empty(), others.is_empty()) {
        (true, true) => {
            let why = "no temperatures: the source tells of none";
            vec![Line::default().text(0, width, why, Style::new())]
        }
        (false, false) if width >= WIDE => beside(zones, right, others.join(&Line::default())),
        (true, _) => others.join(&Line::default()),
        (false, _) => {
            others.insert(0, zones);
            others.join(&Line::default())
        }
    }
}

/// Two lists of lines side by side.
fn beside(left: Vec<Line>, x: u16, right: Vec<Line>) -> Vec<Line> {
    let rows = left.len().max(right.len());
    let mut left = left.into_iter();
    let mut right = right.into_iter();
    let row = |_| left.next().unwrap_or_default().beside(x, right.next().unwrap_or_default());
    (0..rows).map(row).collect()
}

/// A heading above what there is.
fn part(heading: &str, mut lines: Vec<Line>) -> Vec<Line> {
    if !lines.is_empty() {
        lines.insert(0, Line::heading(heading));
    }
    lines
}

fn table(paint: Paint, heads: &[Head], rows: Vec<Vec<Value>>, width: u16) -> Vec<Line> {
    if rows.is_empty() { Vec::new() } else { sheet::lines(paint, heads, &rows, width) }
}

fn name(paint: Paint, name: &str) -> Value {
    Value::Text(name.to_owned(), paint.name())
}

/// Zones, those that are off, and drives.
fn zones(paint: Paint, s: &Snapshot, width: u16) -> Vec<Line> {
    let bare = |zone: &str, now: String| vec![name(paint, zone), Value::of(Some(now))];
    let on = s.temps.iter().filter_map(|temp| Some(zone(paint, temp, temp.reading_mc()?)));
    let off = s.temps_off.iter().map(|zone| bare(zone, "off".to_owned()));
    let drives = s.drives.iter().map(|drive| bare(&drive.name, celsius(drive.temp_mc)));
    table(paint, &ZONES, on.chain(off).chain(drives).collect(), width)
}

fn zone(paint: Paint, temp: &Temp, now_mc: i32) -> Vec<Value> {
    let next = next_mc(temp, now_mc);
    let margin = match (next, temp.trips.iter().any(|trip| trip.kind != TripKind::Active)) {
        (Some(next_mc), _) => Some(celsius(next_mc.saturating_sub(now_mc))),
        (None, true) => Some("none".to_owned()),
        (None, false) => None,
    };
    let style = paint.level(level(temp, now_mc));
    vec![
        name(paint, &temp.name),
        Value::styled(Some(celsius(now_mc)), style),
        Value::styled(margin, style),
        Value::bar(next.map(|next_mc| share_pm(now_mc, next_mc))),
        trip(paint, temp, now_mc, TripKind::Passive),
        trip(paint, temp, now_mc, TripKind::Hot),
        trip(paint, temp, now_mc, TripKind::Critical),
        trip(paint, temp, now_mc, TripKind::Active),
        Value::of(temp.max_mc.map(celsius)),
    ]
}

/// The lowest trip point above the temperature; a fan that turns is none to fear.
fn next_mc(temp: &Temp, now_mc: i32) -> Option<i32> {
    let above = temp.trips.iter().filter(|trip| trip.kind != TripKind::Active && trip.mc > now_mc);
    above.map(|trip| trip.mc).min()
}

fn share_pm(now_mc: i32, of_mc: i32) -> u32 {
    let share = i64::from(now_mc.max(0)).saturating_mul(1000).checked_div(i64::from(of_mc));
    share.and_then(|share| u32::try_from(share).ok()).unwrap_or(0)
}

/// The next trip point of a kind; the highest, marked, when all are passed.
fn trip(paint: Paint, temp: &Temp, now_mc: i32, kind: TripKind) -> Value {
    let all = temp.trips.iter().filter(|trip| trip.kind == kind).map(|trip| trip.mc);
    let next = all.clone().filter(|&mc| mc > now_mc).min();
    let passed = paint.level(if kind == TripKind::Active { Level::Calm } else { Level::Full });
    let style = if next.is_some() { Style::new() } else { passed };
    Value::styled(next.or(all.max()).map(celsius), style)
}

/// How near a zone is to where it is no longer well; without a limit, as zones are in general.
fn level(temp: &Temp, now_mc: i32) -> Level {
    match board::limit_mc(temp).map(|limit_mc| limit_mc.saturating_sub(now_mc)) {
        Some(..=0) => Level::Full,
        Some(1..=limit::NEAR_MC) => Level::High,
        Some(_) => Level::Calm,
        None => Level::of_temperature(now_mc),
    }
}

fn fan(paint: Paint, fan: &Fan) -> Vec<Value> {
    let style = match board::is_stalled(fan) {
        true => paint.alarm(),
        false => Style::new(),
    };
    let owner = (fan.owner != FanOwner::Unknown).then(|| fan.owner.name().to_owned());
    vec![
        name(paint, &fan.name),
        Value::of(fan.duty_pm().map(percent)),
        Value::bar(fan.duty_pm()),
        Value::styled(fan.rpm.map(|rpm| format!("{rpm} rpm")), style),
        Value::of(fan.pwm.map(|pwm| format!("{pwm}/255"))),
        Value::of(owner),
        Value::of((!fan.profile.is_empty()).then(|| fan.profile.clone())),
    ]
}

/// Whether the board is throttled, the devices that act, and the names of the others.
fn cooling(paint: Paint, s: &Snapshot, width: u16) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut throttles =
        s.cooling.iter().filter(|device| device.throttles() && !device.is_surface()).peekable();
    if throttles.peek().is_some() {
        let (text, style) = match throttles.any(|device| device.state > 0) {
            true => ("YES: clocks are lowered", paint.alarm()),
            false => ("none", paint.level(Level::Calm)),
        };
        lines.push(fact(paint, "throttling", text, style));
    }
    let acting = s.cooling.iter().filter(|device| device.state > 0);
    lines.extend(table(paint, &DEVICES, acting.map(|d| device(paint, d)).collect(), width));
    let resting: Vec<&str> =
        s.cooling.iter().filter(|device| device.state == 0).map(|device| device.name.as_str()).collect();
    lines.extend(flow(paint, "at rest", &resting, width));
    lines
}

fn device(paint: Paint, device: &Cooling) -> Vec<Value> {
    let state = match device.max {
        Some(max) => format!("{}/{max}", device.state),
        None => device.state.to_string(),
    };
    let style = if device.throttles() { paint.level(Level::Full) } else { Style::new() };
    vec![
        name(paint, &device.name),
        Value::styled(Some(state), style),
        Value::Text(effect(device).to_owned(), style),
    ]
}

/// What a device does when it acts.
fn effect(device: &Cooling) -> &'static str {
    match () {
        () if device.is_surface() => "the case is hot",
        () if device.throttles() => "lowers clocks",
        () if device.name.contains("fan") => "turns the fan",
        () => "cools",
    }
}

fn event(paint: Paint, event: &OverCurrent) -> Vec<Value> {
    let meaning = match event.reason {
        OverCurrentReason::Unknown => "not known",
        OverCurrentReason::UnderVoltage => "input voltage low",
        OverCurrentReason::Average => "mean current high",
        OverCurrentReason::Instantaneous => "peak current high",
        OverCurrentReason::Critical => "above critical",
        OverCurrentReason::Warning => "above warning",
    };
    let serious = event.count > 0 && event.reason == OverCurrentReason::UnderVoltage;
    let style = if serious { paint.level(Level::Full) } else { Style::new() };
    vec![
        name(paint, &event.name),
        Value::styled(Some(event.count.to_string()), style),
        Value::Text(meaning.to_owned(), style),
        Value::of(event.throttles.map(|yes| if yes { "yes" } else { "no" }.to_owned())),
    ]
}
