//! What nobody may overlook on a board, whatever the page: in short what the checks of its health warn
//! of, by the same limits. Over-current counters mean something from sample to sample alone: [`Peaks`]
//! remembers for a minute that they have risen.

use std::time::{Duration, Instant};

use crate::health::{Level, board, current};
use crate::snapshot::Snapshot;

/// How long a peak is told.
const TOLD: Duration = Duration::from_secs(60);

/// Over-current events, as samples follow one another.
#[derive(Default)]
pub struct Peaks {
    /// Those of the last sample, since boot.
    count: Option<u64>,
    /// Those of late, and when the last one was seen.
    late: Option<(u64, Instant)>,
}

impl Peaks {
    /// Takes note of a new sample.
    pub fn see(&mut self, s: &Snapshot, now: Instant) {
        let count = s.overcurrent.iter().fold(0u64, |sum, event| sum.saturating_add(event.count));
        let before = self.count.replace(count).unwrap_or(count);
        self.late = self.late.take_if(|(_, at)| now.saturating_duration_since(*at) < TOLD);
        // Counters that are lower than they were have begun anew.
        if count > before {
            let late = self.late.map_or(0, |(late, _)| late);
            self.late = Some((late.saturating_add(count - before), now));
        }
    }

    fn alert(&self) -> Option<(Level, String)> {
        let (late, _) = self.late?;
        let events = if late == 1 { " event" } else { " events" };
        Some((Level::Warn, ["over-current: ", &late.to_string(), events, " of late"].concat()))
    }
}

/// The alerts of a sample, the most serious one first.
pub fn alerts(s: &Snapshot, peaks: &Peaks) -> Vec<String> {
    let mut found: Vec<(Level, String)> = Vec::new();
    for (level, text) in s.rails.iter().filter_map(current::alarm) {
        found.push((level, text));
    }
    // Less than a failure of these is for the checks alone: it may stay so for weeks.
    let only_fail = |level| if level == Level::Fail { level } else { Level::Ok };
    let (level, text) = board::temperature(s);
    let what = if level == Level::Fail { "too hot: " } else { "near its limit: " };
    found.push((level, [what, &text].concat()));
    let (level, text) = board::fan(s);
    found.push((only_fail(level), ["fan ", &text].concat()));
    let (level, text) = board::memory(s);
    found.push((only_fail(level), ["memory is low: ", &text].concat()));
    found.extend(throttling(s));
    found.extend(peaks.alert());
    let (level, text) = board::disk(s);
    found.push((only_fail(level), ["disk ", &text].concat()));
    let of = |wanted| found.iter().filter(move |(level, _)| *level == wanted);
    of(Level::Fail).chain(of(Level::Warn)).map(|(_, text)| text.clone()).collect()
}

/// A hot case throttles nothing, but burns fingers.
fn throttling(s: &Snapshot) -> Vec<(Level, String)> {
    let acting = |surface: bool| {
        let devices = s.cooling.iter().filter(move |d| d.throttles() && d.state > 0);
        let names = devices.filter(move |d| d.is_surface() == surface).map(|d| d.name.as_str());
        names.collect::<Vec<_>>().join(", ")
    };
    let (clocks, surface) = (acting(false), acting(true));
    let mut found = Vec::new();
    if !clocks.is_empty() {
        found.push((Level::Warn, ["throttled: ", &clocks].concat()));
    }
    if !surface.is_empty() {
        found.push((Level::Warn, "the case is hot".to_owned()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Memory, Trip, TripKind};

    /// What a sample has, and its alerts; limits are those of the checks.
    type Row = (fn(&mut Snapshot), &'static [&'static str]);

    fn memory(s: &mut Snapshot, available_bytes: u64) {
        s.ram = Some(Memory { used_bytes: 1, total_bytes: 8000 << 20, ..Memory::default() });
        s.ram_parts.available_bytes = Some(available_bytes);
    }

    fn disk(s: &mut Snapshot, used_bytes: u64) {
        let disk = s.file_systems.entry("/");
        (disk.total_bytes, disk.used_bytes, disk.available_bytes) = (1000, used_bytes, 1000 - used_bytes);
    }

    fn zone(s: &mut Snapshot, now_mc: i32) {
        let temp = s.temps.entry("cpu");
        temp.now_mc = now_mc;
        temp.trips.push(Trip { kind: TripKind::Passive, mc: 99_000 });
    }

    fn fan(s: &mut Snapshot, pwm: Option<u32>, rpm: Option<u32>) {
        let fan = s.fans.entry("pwmfan");
        (fan.pwm, fan.rpm) = (pwm, rpm);
    }

    const ROWS: [Row; 16] = [
        (|_| (), &[]),
        (|s| memory(s, 401 << 20), &[]),
        (|s| memory(s, 399 << 20), &["memory is low: 5 % available, 399/8000 MB"]),
        (|s| disk(s, 970), &[]),
        (|s| disk(s, 971), &["disk / 97 % full"]),
        (|s| zone(s, 93_999), &[]),
        (|s| zone(s, 94_000), &["near its limit: cpu 94.0 C, limit 99.0 C"]),
        (|s| zone(s, 99_000), &["too hot: cpu 99.0 C, limit 99.0 C"]),
        (|s| fan(s, Some(128), Some(0)), &["fan pwmfan at 50 %, 0 rpm: it stands still"]),
        // Off, slow, turning, or not measured.
        (|s| fan(s, Some(0), Some(0)), &[]),
        (|s| fan(s, Some(51), Some(0)), &[]),
        (|s| fan(s, Some(255), Some(900)), &[]),
        (|s| fan(s, Some(255), None), &[]),
        // Counters since boot say nothing by themselves.
        (|s| s.overcurrent.entry("oc3").count = u64::MAX, &[]),
        (
            |s| {
                s.cooling.entry("pwm-fan").state = 4;
                s.cooling.entry("hot-surface-alert#2").state = 1;
                s.cooling.entry("devfreq-17000000.gpu").state = 3;
                s.cooling.entry("cpu-throttle-alert").state = 1;
            },
            &["throttled: devfreq-17000000.gpu, cpu-throttle-alert", "the case is hot"],
        ),
        (
            |s| {
                s.rails.entry("VDD_SOC").alarm = Some(true);
                let rail = s.rails.entry("VDD_IN");
                (rail.alarm, rail.ma, rail.critical_ma) = (Some(true), Some(6000), Some(6000));
                s.cooling.entry("gpu-throttle-alert").state = 1;
                disk(s, 999);
                zone(s, 95_000);
            },
            &[
                "VDD_IN: current above the critical limit",
                "disk / 100 % full",
                "VDD_SOC: current alarm",
                "near its limit: cpu 95.0 C, limit 99.0 C",
                "throttled: gpu-throttle-alert",
            ],
        ),
    ];

    #[test]
    fn ok_alerts() {
        for (number, (fill, wanted)) in ROWS.iter().enumerate() {
            let mut s = Snapshot::default();
            fill(&mut s);
            assert_eq!(alerts(&s, &Peaks::default()), *wanted, "row {number}");
        }
    }

    #[test]
    fn ok_peaks() {
        let (mut peaks, start) = (Peaks::default(), Instant::now());
        for (second, counts, wanted) in [
            (0, [12, 0], None),
            (1, [12, 0], None),
            (2, [13, 0], Some("over-current: 1 event of late")),
            (3, [13, 4], Some("over-current: 5 events of late")),
            (62, [13, 4], Some("over-current: 5 events of late")),
            (63, [13, 4], None),
            (64, [13, 5], Some("over-current: 1 event of late")),
            // After a boot of the board that is served.
            (65, [0, 0], Some("over-current: 1 event of late")),
            (200, [0, 0], None),
            (201, [u64::MAX, 7], Some("over-current: 18446744073709551615 events of late")),
        ] {
            let mut s = Snapshot::default();
            for (name, count) in ["oc1", "oc2"].into_iter().zip(counts) {
                s.overcurrent.entry(name).count = count;
            }
            peaks.see(&s, start + Duration::from_secs(second));
            assert_eq!(alerts(&s, &peaks).first().map(String::as_str), wanted, "{second} s: {counts:?}");
        }
    }
}
