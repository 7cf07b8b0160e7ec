//! Looks after a fan that is ours: keeps its duty or follows its curve, raises it when it gets hot, and
//! sees that it turns.
//!
//! Owned by the desk, turned with each sample, and by itself when no sample comes. It writes without a
//! plan, the only one who does: what it writes is the files that the plan has taken over, whose old texts
//! are in the journal, and a step for each turn would end in a journal without end. Only changes are
//! written.

use std::time::{Duration, Instant};

use super::regulator::Regulator;
use super::{FLOOR_PM, FLOOR_TEMP_MC, floored, hand, pwm_of};
use crate::board::fan as table;
use crate::control::curve::{self, Curve};
use crate::control::plan::Hold;
use crate::root::Root;
use crate::snapshot::Snapshot;
use crate::source::sysfs::fan::{self as files, Place};
use crate::source::sysfs::thermal;
use crate::sys;

/// Without a sample for so long the files are read here.
const STALE: Duration = Duration::from_secs(3);
/// How much cooler than its limit it must be before the floor goes, milli-degrees Celsius.
const FLOOR_BACK_MC: i32 = 5000;
/// How often a duty that somebody else has changed is written again.
const REWRITE: Duration = Duration::from_secs(5);
/// A fan that stands for so long, at a duty at which it turns, is stuck.
const STALLED: Duration = Duration::from_secs(5);
/// How long it then gets full duty.
const KICK: Duration = Duration::from_secs(3);
/// How long it is left alone after that, at first and at last.
const PAUSE: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(600));
/// The duty, 0 to 255, at which a fan turns for sure, where the service's table has none: a quarter.
const TURNS_PWM: u32 = 64;

/// Looks after the fans.
pub struct Holder {
    regulator: Regulator,
    fans: Vec<Held>,
    /// The floor is in force.
    is_hot: bool,
    state: State,
    seen: Instant,
}

/// What the duty comes from, told when it changes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Asked,
    Floor,
    Blind,
}

/// One fan.
struct Held {
    place: Place,
    /// What was written last, 0 to 255.
    pwm: u32,
    /// A write has failed since.
    failed: bool,
    /// When somebody else's duty was last replaced.
    rewritten: Option<Instant>,
    /// At or above this it turns.
    turns_pwm: u32,
    stands: Option<Instant>,
    kick: Option<Instant>,
    /// Not kicked again before.
    again: Option<Instant>,
    pause: Duration,
    is_stuck: bool,
}

impl Holder {
    /// Holds the fan from now on; `None` when there is none. A curve that cannot be read is full speed.
    pub fn new(root: &Root, hold: Hold) -> Option<Holder> {
        let places = files::places(root);
        let start_pm = hand::duty_now(root, places.first()?).unwrap_or_default();
        let curve = match hold {
            Hold::Duty(duty_pm) => Curve::flat(duty_pm),
            Hold::Curve(name) => curve::load(root, &name).unwrap_or_else(|_| Curve::flat(1000)),
        };
        let bytes = root.read(files::TABLE, files::LARGEST).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let turns = table::parse(&text).fans.first().and_then(|fan| fan.kickstart_pwm);
        let turns_pwm = turns.filter(|pwm| (1..=255).contains(pwm)).unwrap_or(TURNS_PWM);
        let fans = places.into_iter().map(|place| Held {
            pwm: root.number(&place.target).and_then(|pwm| u32::try_from(pwm).ok()).unwrap_or(u32::MAX),
            place,
            failed: false,
            rewritten: None,
            turns_pwm,
            stands: None,
            kick: None,
            again: None,
            pause: PAUSE.0,
            is_stuck: false,
        });
        Some(Holder {
            regulator: Regulator::new(curve, start_pm),
            fans: fans.collect(),
            is_hot: false,
            state: State::Asked,
            seen: Instant::now(),
        })
    }

    /// When to come again at the latest, with a sample or without.
    pub fn due(&self) -> Instant {
        self.seen + STALE
    }

    /// Sets the fan by the files when no sample came for too long; lines that are to be told.
    pub fn watch(&mut self, root: &Root, now: Instant) -> Vec<String> {
        if now < self.due() {
            return Vec::new();
        }
        let mut sample = Snapshot::default();
        for (name, mc) in thermal::zones(root) {
            if let Some(mc) = mc {
                sample.temps.entry(&name).now_mc = mc;
            }
        }
        for fan in &self.fans {
            let number = |path: &str| root.number(path).and_then(|value| u32::try_from(value).ok());
            let entry = sample.fans.entry(&fan.place.name);
            entry.pwm = number(&fan.place.pwm);
            entry.rpm = fan.place.rpm.as_deref().and_then(number);
        }
        self.turn(root, &sample, now)
    }

    /// Sets the fan by what the sample says; lines that are to be told.
    pub fn turn(&mut self, root: &Root, sample: &Snapshot, now: Instant) -> Vec<String> {
        self.seen = now;
        let mut news = Vec::new();
        let duty_pm = self.duty(sample, now, &mut news);
        for fan in &mut self.fans {
            let seen = sample.fans.iter().find(|seen| seen.name == fan.place.name);
            fan.turn(
                root,
                duty_pm,
                seen.and_then(|seen| seen.pwm),
                seen.and_then(|seen| seen.rpm),
                now,
                &mut news,
            );
        }
        news
    }

    fn duty(&mut self, sample: &Snapshot, now: Instant, news: &mut Vec<String>) -> u32 {
        let hottest_mc = sample.hottest().map(|(_, mc)| mc);
        let curve = self.regulator.curve();
        let chosen = sample.temps.iter().filter(|temp| curve.counts(&temp.name));
        let chosen_mc = chosen.filter_map(|temp| temp.reading_mc()).max();
        let asked = self.regulator.duty(chosen_mc, now);
        self.is_hot = match hottest_mc {
            Some(mc) if self.is_hot => mc >= FLOOR_TEMP_MC - FLOOR_BACK_MC,
            Some(mc) => mc > FLOOR_TEMP_MC,
            None => true,
        };
        let mut duty_pm = floored(asked, hottest_mc);
        if self.is_hot {
            duty_pm = duty_pm.max(FLOOR_PM);
        }
        let state = match chosen_mc.and(hottest_mc) {
            None => State::Blind,
            Some(_) if duty_pm > asked => State::Floor,
            Some(_) => State::Asked,
        };
        if state != self.state {
            self.state = state;
            let degrees = hottest_mc.unwrap_or_default() / 1000;
            news.push(match state {
                State::Blind => "fan: no temperature can be read, full speed".to_owned(),
                State::Floor => format!("fan: {degrees} C, raised to {} %", duty_pm / 10),
                State::Asked => format!("fan: {degrees} C, back at {} %", duty_pm / 10),
            });
        }
        duty_pm
    }
}

impl Held {
    fn turn(
        &mut self,
        root: &Root,
        duty_pm: u32,
        seen_pwm: Option<u32>,
        rpm: Option<u32>,
        now: Instant,
        news: &mut Vec<String>,
    ) {
        let kicked = self.kick(rpm, now, news);
        let pwm = if kicked { 255 } else { pwm_of(duty_pm) };
        if pwm != self.pwm || self.failed {
            self.write(root, pwm, news);
        } else if seen_pwm.is_some_and(|seen| seen != pwm) {
            self.write_again(root, now, news);
        }
    }

    fn write(&mut self, root: &Root, pwm: u32, news: &mut Vec<String>) {
        let written = root.write(&self.place.target, pwm.to_string().as_bytes());
        match &written {
            Ok(()) if self.failed => news.push(["fan: /", &self.place.target, ": is written again"].concat()),
            Err(error) if !self.failed => {
                news.push(["fan: /", &self.place.target, ": ", &sys::reason(error)].concat());
            }
            _ => {}
        }
        self.failed = written.is_err();
        self.pwm = pwm;
    }

    /// Another duty is in force than the one that was written. Up to R32 it may be on its way there.
    fn write_again(&mut self, root: &Root, now: Instant, news: &mut Vec<String>) {
        if self.rewritten.is_some_and(|at| now < at + REWRITE) {
            return;
        }
        let manual = if self.place.old { "0" } else { "1" };
        let mode = root.text(&self.place.mode);
        let is_ours = mode.is_none_or(|mode| mode == manual);
        if is_ours && root.number(&self.place.target) == Some(i64::from(self.pwm)) {
            return;
        }
        if self.rewritten.replace(now).is_none() {
            news.push("fan: somebody else writes its pwm".to_owned());
        }
        if !is_ours {
            let _ = root.write(&self.place.mode, manual.as_bytes());
        }
        self.write(root, self.pwm, news);
    }

    /// Whether the fan is given all there is because it stands.
    fn kick(&mut self, rpm: Option<u32>, now: Instant, news: &mut Vec<String>) -> bool {
        if rpm != Some(0) || self.pwm < self.turns_pwm {
            self.stands = None;
            if rpm.is_some_and(|rpm| rpm > 0) && self.is_stuck {
                (self.is_stuck, self.again, self.pause) = (false, None, PAUSE.0);
                news.push(["fan: ", &self.place.name, " turns again"].concat());
            }
        }
        let stands = *self.stands.get_or_insert(now);
        let is_due = rpm == Some(0) && self.pwm >= self.turns_pwm && now >= stands + STALLED;
        if is_due && self.again.is_none_or(|again| now >= again) {
            self.kick = Some(now + KICK);
            self.again = Some(now + KICK + self.pause);
            self.pause = (self.pause * 2).min(PAUSE.1);
            if !self.is_stuck {
                self.is_stuck = true;
                let duty = self.pwm * 100 / 255;
                news.push(format!("fan: {} stands still at {duty} %, full speed", self.place.name));
            }
        }
        self.kick = self.kick.filter(|until| now < *until);
        self.kick.is_some()
    }
}

/// Sets all fans to full speed, the last thing to do when nobody takes them; lines that are to be told.
pub fn full_speed(root: &Root) -> Vec<String> {
    let mut news = Vec::new();
    for fan in files::places(root) {
        if root.has(&fan.mode) {
            let _ = root.write(&fan.mode, if fan.old { b"0" } else { b"1" });
        }
        news.push(match root.write(&fan.target, b"255") {
            Ok(()) => ["fan: ", &fan.name, " could not be handed back, full speed"].concat(),
            Err(error) => ["fan: /", &fan.target, ": ", &sys::reason(&error)].concat(),
        });
    }
    news
}
