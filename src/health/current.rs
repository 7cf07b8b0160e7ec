//! Over-current: counters of the chip, which only mean something from look to look, and alarms of
//! the sensors.

use std::time::Duration;

use super::limit::{TOLD_MS, USUAL_EVENTS_PER_S};
use super::{Level, Verdict, verdict};
use crate::snapshot::{OverCurrentReason, Rail, Snapshot};

/// Looks that are nearer to each other count as one, ms: several may ask.
const APART_MS: u64 = 1000;

/// What the last look found.
#[derive(Debug, Default)]
pub struct Before {
    counts: Vec<(String, u64)>,
    /// Time since boot, ms.
    at_ms: Option<u64>,
    /// When the input voltage was last seen too low, with the name of its counter.
    low: Option<(u64, String)>,
    verdict: Option<Verdict>,
}

impl Before {
    /// Judges the counters by how they have grown since the last look, and the alarms as they are.
    /// Without the time since boot, `interval` is taken to have passed.
    pub(super) fn look(&mut self, s: &Snapshot, interval: Duration) -> Verdict {
        let measured = s.rails.iter().any(|rail| rail.alarm.is_some());
        let alarms: Vec<_> = s.rails.iter().filter_map(alarm).collect();
        let events = (!s.overcurrent.is_empty()).then(|| self.events(s, interval));
        match (events, alarms.as_slice()) {
            (None, []) if !measured => verdict(Level::Skip, "no counters and no alarms"),
            (None, []) => verdict(Level::Ok, "no alarm"),
            (Some(events), []) => events,
            (events, _) => {
                let (level, text) = events.unwrap_or((Level::Warn, String::new()));
                let level = alarms.iter().fold(level, |level, alarm| level.or(alarm.0));
                let mut texts: Vec<_> = alarms.into_iter().map(|(_, text)| text).collect();
                texts.extend((!text.is_empty()).then_some(text));
                (level, texts.join("; "))
            }
        }
    }

    fn events(&mut self, s: &Snapshot, interval: Duration) -> Verdict {
        let interval_ms = u64::try_from(interval.as_millis()).unwrap_or(u64::MAX);
        let now_ms = s.uptime_ms.unwrap_or(self.at_ms.unwrap_or_default().saturating_add(interval_ms));
        let passed_ms = match self.at_ms.map(|at_ms| now_ms.checked_sub(at_ms)) {
            None => None,
            Some(Some(passed_ms)) => Some(passed_ms),
            Some(None) => {
                // Booted since then.
                *self = Before::default();
                None
            }
        };
        if let (Some(0..APART_MS), Some(verdict)) = (passed_ms, &self.verdict) {
            return verdict.clone();
        }
        let verdict = self.judge(s, now_ms, passed_ms);
        self.counts = s.overcurrent.iter().map(|event| (event.name.clone(), event.count)).collect();
        (self.at_ms, self.verdict) = (Some(now_ms), Some(verdict.clone()));
        verdict
    }

    fn grown(&self, name: &str, count: u64) -> u64 {
        let before = self.counts.iter().find(|(old, _)| old == name);
        before.map_or(0, |(_, before)| count.saturating_sub(*before))
    }

    fn judge(&mut self, s: &Snapshot, now_ms: u64, passed_ms: Option<u64>) -> Verdict {
        let mut many = String::new();
        let mut counts = Vec::new();
        for event in s.overcurrent.iter().filter(|event| event.count > 0) {
            let grown = self.grown(&event.name, event.count);
            let per_s = grown.saturating_mul(1000).checked_div(passed_ms.unwrap_or_default()).unwrap_or(0);
            if event.reason == OverCurrentReason::UnderVoltage && grown > 0 {
                self.low = Some((now_ms, event.name.clone()));
            } else if per_s > USUAL_EVENTS_PER_S {
                let comma = if many.is_empty() { "" } else { ", " };
                let reason = event.reason.name();
                let parts = [comma, &event.name, " ", &per_s.to_string(), " a second (", reason, ")"];
                many.push_str(&parts.concat());
            }
            counts.push([&event.name, " ", &event.count.to_string()].concat());
        }
        self.low.take_if(|(seen_ms, _)| now_ms.saturating_sub(*seen_ms) >= TOLD_MS);
        match (&self.low, many.is_empty(), counts.is_empty()) {
            (Some((_, name)), ..) => (Level::Fail, [name, ": the input voltage was too low"].concat()),
            (None, false, _) => (Level::Warn, many),
            (None, true, false) => (Level::Ok, counts.join(", ") + " since boot"),
            (None, true, true) => verdict(Level::Ok, "none since boot"),
        }
    }
}

/// A rail above a limit: a failure above the one at which the board is throttled.
pub(crate) fn alarm(rail: &Rail) -> Option<Verdict> {
    match (rail.ma, rail.critical_ma) {
        (Some(ma), Some(critical)) if critical > 0 && ma >= critical => {
            Some((Level::Fail, [&rail.name, ": current above the critical limit"].concat()))
        }
        _ if rail.alarm == Some(true) => Some((Level::Warn, [&rail.name, ": current alarm"].concat())),
        _ => None,
    }
}
