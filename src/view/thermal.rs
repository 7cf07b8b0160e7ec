//! Temperatures against their trip points, what the kernel does about them, and fans.

use super::fan_curve;
use super::page::Page;
use super::paint::Tone;
use super::sheet::{Head, Kind, Sheet};
use super::unit::{celsius, percent, rpm, yes_no};
use crate::health::{board, limit};
use crate::snapshot::{Cooling, Fan, FanOwner, OverCurrent, OverCurrentReason, Snapshot, Temp, TripKind};

/// What the help says of the page.
pub const HELP: &[&str] = &[
    "The margin is the way to the next trip point: the kernel",
    "lowers clocks at passive, tells programs at hot, shuts the",
    "board down at critical; at active it turns the fan. Zones",
    "that are off have no power. Over-current events count since",
    "boot: some peaks are usual under load, a low voltage is not.",
    "Fans are nvfancontrol's, the kernel's, or ours: o is now.",
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

/// Draws the page.
pub fn draw(page: &mut Page, s: &Snapshot) {
    let others = !(s.fans.is_empty() && s.cooling.is_empty() && s.overcurrent.is_empty());
    let zones = zones(s);
    if zones.is_empty() && !others {
        return page.note("no temperature is read (jscopectl sources)");
    }
    let whole = page.width;
    if whole >= WIDE && others && !zones.is_empty() {
        page.width = whole / 2;
        zones.draw("Temperatures", page);
        page.beside(whole / 2 + 1);
    } else {
        zones.draw("Temperatures", page);
    }
    let mut fans = Sheet::new(&FANS);
    s.fans.iter().for_each(|one| fan(&mut fans, one));
    fans.draw("Fans", page);
    let more = page.more;
    if let Some(control) = more.controls.named("fan") {
        fan_curve::draw(page, control, s);
    }
    let mut events = Sheet::new(&EVENTS);
    s.overcurrent.iter().for_each(|one| event(&mut events, one));
    events.draw("Over-current events since boot", page);
    cooling(page, s);
}

/// Zones, those that are off, and drives.
fn zones(s: &Snapshot) -> Sheet {
    let mut sheet = Sheet::new(&ZONES);
    for temp in s.temps.iter() {
        if let Some(now_mc) = temp.reading_mc() {
            zone(&mut sheet, temp, now_mc);
        }
    }
    for name in s.temps_off.iter() {
        sheet.row(name);
        sheet.toned(Some("off".to_owned()), Tone::Off);
    }
    for drive in s.drives.iter() {
        sheet.row(&drive.name);
        sheet.text(Some(celsius(drive.temp_mc)));
    }
    sheet
}

fn zone(sheet: &mut Sheet, temp: &Temp, now_mc: i32) {
    let next = next_mc(temp, now_mc);
    let has_limits = temp.trips.iter().any(|trip| trip.kind != TripKind::Active);
    let margin = match next {
        Some(next_mc) => Some(celsius(next_mc.saturating_sub(now_mc))),
        None => has_limits.then(|| "none".to_owned()),
    };
    let tone = tone(temp, now_mc);
    sheet.row(&temp.name);
    sheet.toned(Some(celsius(now_mc)), tone);
    sheet.toned(margin, tone);
    sheet.bar(next.map(|next_mc| share_pm(now_mc, next_mc)));
    for kind in [TripKind::Passive, TripKind::Hot, TripKind::Critical, TripKind::Active] {
        trip(sheet, temp, now_mc, kind);
    }
    sheet.text(temp.max_mc.map(celsius));
}

/// The lowest trip point above the temperature; a fan that turns is none to fear.
pub(super) fn next_mc(temp: &Temp, now_mc: i32) -> Option<i32> {
    let above = temp.trips.iter().filter(|trip| trip.kind != TripKind::Active && trip.mc > now_mc);
    above.map(|trip| trip.mc).min()
}

fn share_pm(now_mc: i32, of_mc: i32) -> u32 {
    let share = i64::from(now_mc.max(0)).saturating_mul(1000).checked_div(i64::from(of_mc));
    share.and_then(|share| u32::try_from(share).ok()).unwrap_or(0)
}

/// The next trip point of a kind; the highest, marked, when all are passed; nothing without any.
fn trip(sheet: &mut Sheet, temp: &Temp, now_mc: i32, kind: TripKind) {
    let (mut next, mut last) = (None, None);
    for trip in temp.trips.iter().filter(|trip| trip.kind == kind) {
        last = last.max(Some(trip.mc));
        if trip.mc > now_mc && next.is_none_or(|next| trip.mc < next) {
            next = Some(trip.mc);
        }
    }
    let tone = match (next, kind) {
        (Some(_), _) => Tone::Plain,
        (None, TripKind::Active) => Tone::Calm,
        (None, _) => Tone::Full,
    };
    match next.or(last) {
        Some(mc) => sheet.toned(Some(celsius(mc)), tone),
        None => sheet.blank(),
    }
}

/// How near a zone is to where it is no longer well; without a limit, as zones are in general.
pub(super) fn tone(temp: &Temp, now_mc: i32) -> Tone {
    match board::limit_mc(temp).map(|limit_mc| limit_mc.saturating_sub(now_mc)) {
        Some(..=0) => Tone::Full,
        Some(1..=limit::NEAR_MC) => Tone::High,
        Some(_) => Tone::Calm,
        None => Tone::of_temperature(now_mc),
    }
}

fn fan(sheet: &mut Sheet, fan: &Fan) {
    sheet.row(&fan.name);
    sheet.text(fan.duty_pm().map(percent));
    sheet.bar(fan.duty_pm());
    let tone = if board::is_stalled(fan) { Tone::Alarm } else { Tone::Plain };
    sheet.toned(fan.rpm.map(|speed| rpm(i64::from(speed))), tone);
    sheet.text(fan.pwm.map(|pwm| format!("{pwm}/255")));
    sheet.word(if fan.owner == FanOwner::Unknown { "" } else { fan.owner.name() });
    // A profile is nvfancontrol's: nobody else follows it.
    sheet.word(if fan.owner == FanOwner::Manual { "" } else { &fan.profile });
}

/// Whether the board is throttled, the devices that act, and the names of the others.
fn cooling(page: &mut Page, s: &Snapshot) {
    if s.cooling.is_empty() {
        return;
    }
    page.heading("Cooling devices");
    let (mut throttles, mut throttled) = (false, false);
    let mut acting = Sheet::new(&DEVICES);
    let mut resting = String::new();
    for device in s.cooling.iter() {
        if device.throttles() && !device.is_surface() {
            throttles = true;
            throttled |= device.state > 0;
        }
        match device.state {
            0 => resting.extend([if resting.is_empty() { "at rest " } else { ", " }, &device.name]),
            _ => self::device(&mut acting, device),
        }
    }
    let (text, tone) = match throttled {
        true => ("YES: clocks are lowered", Tone::Alarm),
        false => ("none", Tone::Calm),
    };
    page.toned("throttling", throttles.then(|| text.to_owned()), tone);
    acting.draw("", page);
    page.note(&resting);
}

fn device(sheet: &mut Sheet, device: &Cooling) {
    let tone = if device.throttles() { Tone::Full } else { Tone::Plain };
    let state = match device.max {
        Some(max) => format!("{}/{max}", device.state),
        None => device.state.to_string(),
    };
    sheet.row(&device.name);
    sheet.toned(Some(state), tone);
    sheet.toned(Some(effect(device).to_owned()), tone);
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

fn event(sheet: &mut Sheet, event: &OverCurrent) {
    let meaning = match event.reason {
        OverCurrentReason::Unknown => "not known",
        OverCurrentReason::UnderVoltage => "input voltage low",
        OverCurrentReason::Average => "mean current high",
        OverCurrentReason::Instantaneous => "peak current high",
        OverCurrentReason::Critical => "above critical",
        OverCurrentReason::Warning => "above warning",
    };
    let serious = event.count > 0 && event.reason == OverCurrentReason::UnderVoltage;
    let tone = if serious { Tone::Full } else { Tone::Plain };
    sheet.row(&event.name);
    sheet.toned(Some(event.count.to_string()), tone);
    sheet.toned(Some(meaning.to_owned()), tone);
    sheet.text(event.throttles.map(yes_no));
}
