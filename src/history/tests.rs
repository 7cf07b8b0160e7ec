//! Histories of hours in no time: the clocks are numbers.

use super::*;

const MINUTE: i64 = 60_000;

fn at(boot_ms: i64) -> Moment {
    Moment { boot_ms, unix_ms: 1_800_000_000_000 + boot_ms }
}

/// A sample with that much load, and a temperature in hundredths of a degree.
fn sample(load_pm: u32, temp: i32) -> Snapshot {
    let mut s = Snapshot::default();
    s.engines.entry("GR3D").load_pm = Some(load_pm);
    s.temps.entry("cpu").now_mc = temp * 10;
    s
}

/// The points as text: the mean of each, `-` for none.
fn means(history: &History, name: &str, window_s: u32, now: Moment) -> Vec<String> {
    let (series, span) = (history.find(name).unwrap(), history.span(window_s, now).unwrap());
    let point = |number| history.point(series, &span, number);
    (0..span.points).map(|n| point(n).map_or("-".to_owned(), |point| point.mean.to_string())).collect()
}

#[test]
fn ok_names_are_ways_in_the_object() {
    use crate::wire::{Value, message};
    let mut s = sample(1, 2);
    s.cpus.push(crate::snapshot::Core { load_pm: Some(5), freq_khz: Some(7), ..Default::default() });
    s.ram = Some(crate::snapshot::Memory { used_bytes: 5 << 20, ..Default::default() });
    s.ram_parts.gpu_bytes = Some(4096);
    s.swap = Some(Default::default());
    s.rails.entry("VDD_IN").mv = Some(5000);
    s.rails.entry("NC");
    s.temps.entry("PMIC");
    let fan = s.fans.entry("pwm.fan");
    (fan.pwm, fan.rpm) = (Some(255), Some(3000));
    s.overcurrent.entry("oc1");
    s.engines.entry("EMC").load_pm = Some(0);
    let mut history = History::new(1000);
    history.record(at(0), &s);
    let data = message::data(&s);
    let names: Vec<String> = history.series().iter().map(Series::name).collect();
    for name in &names {
        let way = |value: &Value, name: &str| -> bool {
            fn find(value: &Value, name: &str) -> bool {
                let Value::Map(members) = value else { return false };
                members.iter().any(|(key, value)| match name.strip_prefix(key.as_ref()) {
                    Some("") => *value != Value::Null,
                    Some(rest) => rest.strip_prefix('.').is_some_and(|rest| find(value, rest)),
                    None => false,
                })
            }
            find(value, name)
        };
        // The cores together have no member of their own.
        assert!(way(&data, name) || name.starts_with("cpu."), "{name}");
    }
    assert_eq!(
        names.join(" "),
        "cpu.load_percent cpu.freq_mhz engines.GR3D.usage_percent ram.used_bytes ram.gpu_bytes \
         swap.used_bytes total_power.mw temps fans.pwm.fan.percent fans.pwm.fan.rpm power.VDD_IN.current_mw \
         overcurrent.oc1.count temps.cpu"
    );
    for name in &names {
        let (kind, part) = Kind::of(name).unwrap_or_else(|| panic!("{name}"));
        assert_eq!((history.find(name).unwrap().name(), kind.name(part)), (name.clone(), name.clone()));
    }
    for name in ["", "temps.", "temps ", "cpu.load_percent.", "fans.percent"] {
        assert!(Kind::of(name).is_none(), "{name}");
    }
    for name in ["", "temps.", "temps.CPU", "cpu", "power.VDD_IN", "temps.cpu.", "fans..percent"] {
        assert!(history.find(name).is_none(), "{name}");
    }
}

#[test]
fn ok_five_minutes_at_the_interval() {
    let mut history = History::new(1000);
    assert!(history.span(60, at(0)).is_none() && history.series().is_empty());
    for second in 0..1000 {
        // A beat that is up to 300 ms late stays in its step.
        history.record(at(second * 1000 + 700 + second % 4 * 100), &sample(0, second as i32));
    }
    let now = at(1_000_100);
    let points = means(&history, "temps.cpu", 300, now);
    let wanted: Vec<String> = (700..1000).map(|n: i32| n.to_string()).collect();
    assert_eq!(points, wanted);
    assert_eq!(means(&history, "temps.cpu", 10, now).first().unwrap(), "990");
    let span = history.span(10, now).unwrap();
    assert_eq!((span.points, span.step_ms, span.end_ms), (10, 1000, at(999_700).unix_ms));
}

#[test]
fn ok_gaps_are_gaps() {
    let mut history = History::new(1000);
    let mut one = |second: i64| history.record(at(second * 1000), &sample(0, second as i32));
    [0, 1, 2, 5, 6].into_iter().for_each(&mut one);
    assert_eq!(means(&history, "temps.cpu", 10, at(8000)).join(" "), "- 0 1 2 - - 5 6 - -");
    // Asleep for longer than the rings reach: nothing of before is left, and nothing is made up.
    let mut one = |second: i64| history.record(at(second * 1000), &sample(0, second as i32));
    [100_000, 100_001].into_iter().for_each(&mut one);
    let points = means(&history, "temps.cpu", 300, at(100_001_000));
    assert_eq!(points.iter().filter(|point| *point != "-").count(), 2);
    let day = means(&history, "temps.cpu", LONGEST_S, at(100_001_000));
    assert_eq!(day.iter().filter(|point| *point != "-").count(), 1);
    // Without a sample, time goes on.
    assert!(means(&history, "temps.cpu", 300, at(101_000_000)).iter().all(|point| point == "-"));
    // A value that is not read any more.
    history.record(at(101_000_000), &Snapshot::default());
    assert!(means(&history, "temps.cpu", 10, at(101_000_000)).iter().all(|point| point == "-"));
}

#[test]
fn ok_a_day_by_the_minute() {
    let mut history = History::new(1000);
    for second in 0..2 * 86_400 {
        let minute = second / 60;
        let (load, temp) = (if second % 60 == 7 { 1000 } else { 40 }, minute as i32);
        history.record(at(second * 1000), &sample(load, temp));
    }
    let now = at(2 * 86_400_000 - 1);
    let hour = history.span(3600, now).unwrap();
    assert_eq!((hour.points, hour.step_ms), (60, MINUTE));
    let load = history.find("engines.GR3D.usage_percent").unwrap();
    for number in 0..60 {
        assert_eq!(history.point(load, &hour, number), Some(Point { low: 40, mean: 56, high: 1000 }));
    }
    for (window_s, points, joined) in
        [(301, 6, 1), (6 * 3600, 360, 1), (6 * 3600 + 60, 181, 2), (12 * 3600, 360, 2), (86_400, 360, 4)]
    {
        let span = history.span(window_s, now).unwrap();
        assert_eq!((span.points, span.step_ms), (points, joined * MINUTE), "{window_s}");
        // Minutes are those of the clock.
        assert_eq!(span.end_ms % span.step_ms, 0, "{window_s}");
    }
    let temps = history.find("temps.cpu").unwrap();
    let day = history.span(86_400, now).unwrap();
    let first = history.point(temps, &day, 0).unwrap();
    assert_eq!((first.low, first.mean, first.high), (1440, 1442, 1443));
    assert_eq!(history.point(temps, &day, 359).unwrap().high, 2879);
    assert_eq!(history.point(temps, &day, 360), None);
}

/// The wall clock is set; the points stay where they are, under other names.
#[test]
fn ok_clocks_that_are_set() {
    let mut history = History::new(1000);
    for second in 0..20 {
        let unix_ms = if second < 10 { 0 } else { 1_800_000_000_000 - second * 9_000_000 };
        history.record(Moment { boot_ms: second * 1000, unix_ms }, &sample(0, second as i32));
    }
    let now = Moment { boot_ms: 19_000, unix_ms: 5_000_000 };
    assert_eq!(means(&history, "temps.cpu", 20, now), (0..20).map(|n| n.to_string()).collect::<Vec<_>>());
    assert_eq!(history.span(20, now).unwrap().end_ms, 5_000_000);
}

#[test]
fn ok_other_intervals() {
    for (interval, fine, points, coarse) in [
        (100, 1000, 300, MINUTE),
        (700, 1000, 300, MINUTE),
        (2000, 2000, 150, MINUTE),
        (60_000, 60_000, 5, MINUTE),
        (600_000, 600_000, 2, 600_000),
        (3_600_000, 3_600_000, 2, 3_600_000),
    ] {
        let mut history = History::new(interval);
        assert_eq!(history.grids.each_ref().map(|grid| grid.step_ms), [fine, coarse], "{interval}");
        assert_eq!(history.grids[0].points, points, "{interval}");
        (0..3000).for_each(|n| history.record(at(n * interval), &sample(0, n as i32)));
        let now = at(2999 * interval);
        for window in [300, 3600, LONGEST_S] {
            let seen = means(&history, "temps.cpu", window, now);
            let wanted = (i64::from(window) * 1000).min(2999 * interval);
            let step = history.span(window, now).unwrap().step_ms;
            let gaps = seen.iter().rev().take((wanted / step) as usize).filter(|point| *point == "-").count();
            assert_eq!(gaps, 0, "{interval} {window}: {seen:?}");
        }
    }
}

/// Idle: a sample every half minute at the latest leaves no minute out.
#[test]
fn ok_the_idle_interval_keeps_the_minutes() {
    for pause in [10_000, History::longest_pause_ms() as i64] {
        let mut history = History::new(1000);
        (0..2000).for_each(|n| history.record(at(n * pause + n % 7), &sample(0, 1)));
        let points = means(&history, "temps.cpu", 3600, at(1999 * pause));
        assert!(points.iter().all(|point| point == "1"), "{pause}: {points:?}");
    }
}

#[test]
fn ok_bounds() {
    let mut s = Snapshot::default();
    for number in 0..100 {
        s.temps.entry(&format!("zone{number}")).now_mc = number * 10;
    }
    s.temps.entry("zone3").now_mc = 990;
    s.temps.entry(&"x".repeat(65)).now_mc = 1;
    let mut history = History::new(1000);
    (0..10).for_each(|n| history.record(at(n * 1000), &s));
    assert_eq!(history.series().len(), MOST_SERIES);
    assert_eq!(means(&history, "temps.zone3", 10, at(9000)), ["3"; 10], "the first of two has the name");
    assert!(history.find("temps.zone60").is_none());
    let mut reply = 0;
    for window in [0, 1, 10, 299, 300, 301, 86_399, 86_400, u32::MAX] {
        let span = history.span(window, at(9000)).unwrap();
        assert!((1..=MOST_POINTS).contains(&span.points), "{window}");
        reply = reply.max(span.points);
    }
    assert_eq!(reply, MOST_POINTS);
}

#[test]
fn ok_the_hottest_zone() {
    let mut history = History::new(1000);
    let mut s = sample(0, 4500);
    s.temps.entry("gpu").now_mc = 46_120;
    s.temps.entry("PMIC").now_mc = 100_000;
    history.record(at(0), &s);
    s.temps.entry("cpu").now_mc = 47_000;
    history.record(at(1000), &s);
    assert_eq!(means(&history, "temps", 10, at(1000))[8..], ["4612", "4700"]);
}
