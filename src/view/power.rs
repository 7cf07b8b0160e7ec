//! Rails: what they take, of which share of the whole, and how near their limits.

use super::page::Page;
use super::paint::Tone;
use super::sheet::{Head, Kind, Sheet};
use super::unit::{amps, energy, percent, power, volts, yes_no};
use crate::snapshot::{PowerMode, Rail, Snapshot};

/// What the help says of the page.
pub const HELP: &[&str] = &[
    "The total is the input rail's, else the sum of the rails",
    "that no other one feeds. Averages and energy count from the",
    "start of what reads the board; z also counts from now on.",
    "Above warn the sensor raises its alarm, above critical the",
    "board is throttled; where the sensor has no limit, nothing",
    "stands there.",
];

const HEADS: [Head; 13] = [
    ("rail", Kind::Left),
    ("now", Kind::Right),
    ("average", Kind::Right),
    ("share", Kind::Right),
    ("", Kind::Bar),
    ("energy", Kind::Right),
    ("since z", Kind::Right),
    ("voltage", Kind::Right),
    ("current", Kind::Right),
    ("warn", Kind::Right),
    ("critical", Kind::Right),
    ("alarm", Kind::Right),
    ("highest", Kind::Right),
];

/// What an INA3221 that was given no limit says (163.8 mV), by its shunt of 1 to 100 mOhm, mA.
const NO_LIMITS: [i32; 10] = [163_800, 81_900, 54_600, 40_950, 32_760, 20_475, 16_380, 8_190, 3_276, 1_638];

/// Draws the page.
pub fn draw(page: &mut Page, s: &Snapshot) {
    let total = s.total_mw();
    page.fact("total", total.map(|(name, mw)| [&power(mw), " (", name, ")"].concat()));
    page.fact("average", s.total(&|rail| Some(i64::from(rail.avg_mw))).map(|(_, mw)| power(mw)));
    page.fact("energy", s.total(&|rail| rail.energy_mj).map(|(_, mj)| energy(mj) + " since the start"));
    let zero = &page.more.zero;
    page.fact("since z", s.total(&|rail| since(rail, zero)).map(|(_, mj)| energy(mj)));
    page.fact("mode", mode(&s.power_mode));
    page.fact("EDP limit", s.edp_limit_mhz.map(|mhz| format!("{mhz} MHz")));
    page.end();
    let mut sheet = Sheet::new(&HEADS);
    for rail in s.rails.iter().filter(|rail| !rail.is_open()) {
        row(&mut sheet, rail, total, since(rail, zero));
    }
    if sheet.is_empty() {
        page.note(match s.rails.is_empty() {
            true => "no rail is read (jscopectl sources)",
            false => "no rails: all channels are open",
        });
    }
    sheet.draw("", page);
}

/// The energy of a rail since its zero; none where it has begun again since.
fn since(rail: &Rail, zero: &[(String, i64)]) -> Option<i64> {
    let (_, from) = zero.iter().find(|(name, _)| *name == rail.name)?;
    rail.energy_mj.filter(|mj| mj.unsigned_abs() >= from.unsigned_abs())?.checked_sub(*from)
}

/// The power mode: its id and its name.
pub(super) fn mode(mode: &PowerMode) -> Option<String> {
    let name = match mode.name.as_str() {
        "" => "(not in the table)",
        name => name,
    };
    match mode.id {
        Some(id) => Some([&id.to_string(), " ", name].concat()),
        None => (!mode.name.is_empty()).then(|| mode.name.clone()),
    }
}

fn row(sheet: &mut Sheet, rail: &Rail, total: Option<(&str, i64)>, since_mj: Option<i64>) {
    let is_total = total.is_some_and(|(name, _)| name == rail.name);
    let share = total.and_then(|(_, mw)| share_pm(rail.now_mw, mw));
    sheet.row(&rail.name);
    sheet.text(Some(power(i64::from(rail.now_mw))));
    sheet.text(Some(power(i64::from(rail.avg_mw))));
    sheet.text(share.map(percent));
    // The whole of itself is no news.
    sheet.bar(share.filter(|_| !is_total));
    sheet.text(rail.energy_mj.map(energy));
    sheet.text(since_mj.map(energy));
    sheet.text(rail.mv.map(volts));
    sheet.toned(rail.ma.map(amps), tone(rail));
    for limit_ma in [rail.warn_ma, rail.critical_ma] {
        match limit_ma {
            Some(ma) if NO_LIMITS.contains(&ma) => sheet.blank(),
            _ => sheet.text(limit_ma.filter(|&ma| ma > 0).map(amps)),
        }
    }
    match rail.alarm {
        Some(true) => sheet.toned(Some("ALARM".to_owned()), Tone::Alarm),
        alarm => sheet.text(alarm.map(yes_no)),
    }
    sheet.text(rail.max_mw.map(|mw| power(i64::from(mw))));
}

/// The share of the total, per mille; none where one of the two is below zero.
pub(super) fn share_pm(mw: i32, total_mw: i64) -> Option<u32> {
    let share = i64::from(mw).checked_mul(1000)?.checked_div(total_mw)?;
    u32::try_from(share).ok().filter(|_| total_mw > 0)
}

/// How near the current is to its limits.
fn tone(rail: &Rail) -> Tone {
    let above = |limit: Option<i32>| rail.ma.zip(limit).is_some_and(|(ma, limit)| limit > 0 && ma >= limit);
    match () {
        () if above(rail.critical_ma) => Tone::Full,
        () if above(rail.warn_ma) || rail.alarm == Some(true) => Tone::High,
        () => Tone::Calm,
    }
}
