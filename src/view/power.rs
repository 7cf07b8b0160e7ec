//! Rails: what they take, of which share of the whole, and how near their limits.

use ratatui::style::Style;

use super::line::Line;
use super::paint::{Level, Paint};
use super::sheet::{self, Head, Kind, Value, fact};
use super::unit::{amps, energy, percent, power, volts};
use crate::snapshot::{PowerMode, Rail, Snapshot};

/// What the help says of the page.
pub const HELP: &[&str] = &[
    "The total is the input rail's, else the sum of the rails",
    "that no other one feeds. Averages and energy count from the",
    "start of what reads the board. Above warn the sensor raises",
    "its alarm, above critical the board is throttled; a limit",
    "far above the current (32.76 A) is none.",
];

const HEADS: [Head; 12] = [
    ("rail", Kind::Left),
    ("now", Kind::Right),
    ("average", Kind::Right),
    ("share", Kind::Right),
    ("", Kind::Bar),
    ("energy", Kind::Right),
    ("voltage", Kind::Right),
    ("current", Kind::Right),
    ("warn", Kind::Right),
    ("critical", Kind::Right),
    ("alarm", Kind::Right),
    ("highest", Kind::Right),
];

/// The page.
pub fn lines(paint: Paint, s: &Snapshot, width: u16) -> Vec<Line> {
    let mut lines = vec![Line::heading("Power")];
    totals(paint, s, &mut lines);
    let shown: Vec<&Rail> = s.rails.iter().filter(|rail| !rail.is_open()).collect();
    if shown.is_empty() {
        let why = match s.rails.is_empty() {
            true => "no rails: the source tells of none",
            false => "no rails: all channels are open",
        };
        lines.push(Line::default().text(0, width, why, Style::new()));
        return lines;
    }
    lines.push(Line::default());
    let total = s.total_mw();
    let rows: Vec<Vec<Value>> = shown.iter().map(|rail| row(paint, rail, total)).collect();
    lines.extend(sheet::lines(paint, &HEADS, &rows, width));
    lines
}

/// What is of the whole board.
fn totals(paint: Paint, s: &Snapshot, lines: &mut Vec<Line>) {
    let mut add = |name, value: Option<String>| {
        if let Some(value) = value {
            lines.push(fact(paint, name, value, Style::new()));
        }
    };
    let average = s.total(|rail| Some(i64::from(rail.avg_mw)));
    add("total", s.total_mw().map(|(name, mw)| [&power(mw), " (", name, ")"].concat()));
    add("average", average.map(|(_, mw)| power(mw)));
    add("energy", s.total(|rail| rail.energy_mj).map(|(_, mj)| energy(mj) + " since the start"));
    add("mode", mode(&s.power_mode));
    add("EDP limit", s.edp_limit_mhz.map(|mhz| format!("{mhz} MHz")));
}

fn mode(mode: &PowerMode) -> Option<String> {
    let name = match mode.name.as_str() {
        "" => "(not in the table)",
        name => name,
    };
    match mode.id {
        Some(id) => Some([&id.to_string(), " ", name].concat()),
        None => (!mode.name.is_empty()).then(|| mode.name.clone()),
    }
}

fn row(paint: Paint, rail: &Rail, total: Option<(&str, i64)>) -> Vec<Value> {
    let is_total = total.is_some_and(|(name, _)| name == rail.name);
    let share = total.and_then(|(_, mw)| share_pm(rail.now_mw, mw));
    let limit = |ma: Option<i32>| Value::of(ma.filter(|&ma| ma > 0).map(amps));
    let alarm = match rail.alarm {
        Some(true) => Value::Text("ALARM".to_owned(), paint.alarm()),
        alarm => Value::of(alarm.map(|_| "no".to_owned())),
    };
    vec![
        Value::Text(rail.name.clone(), paint.name()),
        Value::of(Some(power(i64::from(rail.now_mw)))),
        Value::of(Some(power(i64::from(rail.avg_mw)))),
        Value::of(share.map(percent)),
        // The whole of itself is no news.
        Value::bar(share.filter(|_| !is_total)),
        Value::of(rail.energy_mj.map(energy)),
        Value::of(rail.mv.map(volts)),
        Value::styled(rail.ma.map(amps), paint.level(level(rail))),
        limit(rail.warn_ma),
        limit(rail.critical_ma),
        alarm,
        Value::of(rail.max_mw.map(|mw| power(i64::from(mw)))),
    ]
}

/// The share of the total, per mille; none where one of the two is below zero.
fn share_pm(mw: i32, total_mw: i64) -> Option<u32> {
    let share = i64::from(mw).checked_mul(1000)?.checked_div(total_mw)?;
    u32::try_from(share).ok().filter(|_| total_mw > 0)
}

/// How near the current is to its limits.
fn level(rail: &Rail) -> Level {
    let above = |limit: Option<i32>| rail.ma.zip(limit).is_some_and(|(ma, limit)| limit > 0 && ma >= limit);
    match () {
        () if above(rail.critical_ma) => Level::Full,
        () if above(rail.warn_ma) || rail.alarm == Some(true) => Level::High,
        () => Level::Calm,
    }
}
