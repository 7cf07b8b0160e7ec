use std::fs;
use std::path::Path;
use std::time::Instant;

use super::*;
use crate::root::Root;
use crate::snapshot::{Memory, OverCurrentReason, Pool, Trip, TripKind};
use crate::source::{Choice, Feed};

const SECOND: Duration = Duration::from_secs(1);

/// Kinds of trips, and their temperatures.
type Trips<'a> = &'a [(TripKind, i32)];
/// Cooling devices with their states.
type Devices<'a> = &'a [(&'a str, u32)];
/// File systems: what is used, and what is to be had.
type Disks<'a> = &'a [(&'a str, u64, u64)];
/// Duties and speeds.
type Fans<'a> = &'a [(Option<u32>, Option<u32>)];
/// Time since boot, counts of two counters, and what comes of them.
type Looks<'a> = &'a [(u64, u64, u64, Level)];

fn input(snapshot: Option<&Snapshot>) -> Input<'_> {
    Input {
        snapshot,
        age: snapshot.map(|_| SECOND),
        stale: false,
        simulated: false,
        source: "sysfs",
        trouble: None,
        statuses: &[],
        interval: SECOND,
        is_daemon: true,
    }
}

fn find(checks: &[Check], name: &str) -> (Level, String) {
    let check = checks.iter().find(|check| check.name == name).expect(name);
    (check.level, check.text.clone())
}

/// The verdict on a sample that `fill` makes.
fn judged(name: &str, fill: impl Fn(&mut Snapshot)) -> (Level, String) {
    let mut s = Snapshot::default();
    fill(&mut s);
    find(&checks(&input(Some(&s)), &mut Before::default()), name)
}

use Level::{Fail, Ok as Good, Skip, Warn};

#[test]
fn ok_the_checks_and_their_order() {
    let wanted = [
        "daemon",
        "sample",
        "source",
        "temperature",
        "throttling",
        "overcurrent",
        "memory",
        "swap",
        "disk",
        "fan",
        "mode",
    ];
    let empty = Snapshot::default();
    for snapshot in [None, Some(&empty)] {
        let checks = checks(&input(snapshot), &mut Before::default());
        assert_eq!(checks.iter().map(|check| check.name).collect::<Vec<_>>(), wanted);
        // What is not known is neither well nor ill.
        assert!(checks.iter().skip(3).all(|check| check.level == Skip), "{checks:?}");
        assert_eq!(worst(&checks), if snapshot.is_none() { Fail } else { Good });
    }
}

#[test]
fn ok_levels() {
    for (level, word, code) in [(Good, "OK", 0), (Warn, "WARN", 1), (Fail, "FAIL", 2), (Skip, "SKIP", 0)] {
        assert_eq!((level.name(), level.exit_code(), Level::parse(word)), (word, code, Some(level)));
    }
    for word in ["", "ok", "Fail", "OK "] {
        assert_eq!(Level::parse(word), None, "{word}");
    }
}

#[test]
fn ok_daemon_sample_and_source() {
    let s = Snapshot::default();
    let judged = |name: &str, statuses: &[&Status], change: fn(&mut Input)| {
        let mut input = Input { statuses, ..input(Some(&s)) };
        change(&mut input);
        find(&checks(&input, &mut Before::default()), name)
    };
    let of = |name: &str, change: fn(&mut Input)| judged(name, &[], change);
    assert_eq!(of("daemon", |_| {}).0, Good);
    assert_eq!(of("daemon", |i| i.is_daemon = false).0, Skip);
    assert_eq!(of("sample", |_| {}), (Good, "1000 ms old".into()));
    assert_eq!(
        of("sample", |i| (i.stale, i.age) = (true, Some(SECOND * 40))),
        (Warn, "stale: the last values are 40 s old".into())
    );
    assert_eq!(of("sample", |i| i.snapshot = None).0, Fail);
    let gone = of("sample", |i| (i.snapshot, i.trouble) = (None, Some("tegrastats: not found")));
    assert_eq!(gone, (Fail, "none: tegrastats: not found".into()));
    assert_eq!(of("source", |_| {}), (Good, "sysfs".into()));
    assert_eq!(of("source", |i| i.simulated = true), (Warn, "SIMULATED: sysfs".into()));
    assert_eq!(of("source", |i| i.trouble = Some("why")), (Warn, "sysfs: why".into()));
    let mut denied = Status::new("thermal", "sys/class/thermal");
    denied.last.denied = 2;
    let mut failing = Status::new("power", "sys/class/hwmon");
    (failing.last.failing, failing.error) = (1, Some("curr1_input: input/output error".into()));
    let absent = Status::new("fan", "sys/class/hwmon");
    assert_eq!(
        judged("source", &[&denied, &absent], |_| {}),
        (Good, "sysfs; needs root for all of thermal".into())
    );
    assert_eq!(
        judged("source", &[&denied, &failing, &absent], |_| {}),
        (Warn, "power: curr1_input: input/output error".into())
    );
}

#[test]
fn ok_temperatures() {
    use TripKind::{Active, Critical, Hot, Passive};
    let orin = [(Passive, 99_000), (Critical, 104_500)];
    let rows: [(i32, Trips, Level); 18] = [
        (60_000, &orin, Good),
        (93_999, &orin, Good),
        (94_000, &orin, Warn),
        (98_999, &orin, Warn),
        (99_000, &orin, Fail),
        (110_000, &orin, Fail),
        (-2_000, &orin, Good),
        // A zone that has no more than a critical trip.
        (96_499, &[(Critical, 104_500)], Good),
        (96_500, &[(Critical, 104_500)], Warn),
        (101_500, &[(Critical, 104_500)], Fail),
        // A passive trip above what is left below the critical one.
        (97_500, &[(Passive, 99_000), (Critical, 100_000)], Fail),
        (95_000, &[(Hot, 95_000), (Critical, 120_000)], Fail),
        // Trips of fans, and those that are there for a case's skin.
        (70_000, &[(Active, 51_000), (Passive, 97_000)], Good),
        (55_000, &[(Passive, 50_000), (Critical, 104_500)], Good),
        (55_000, &[(Passive, 50_000)], Skip),
        (70_000, &[(Active, 51_000)], Skip),
        (70_000, &[(Critical, 0), (Passive, -274_000)], Skip),
        (70_000, &[], Skip),
    ];
    for (now_mc, trips, wanted) in rows {
        let (level, text) = judged("temperature", |s| {
            let temp = s.temps.entry("cpu");
            temp.now_mc = now_mc;
            temp.trips.extend(trips.iter().map(|&(kind, mc)| Trip { kind, mc }));
        });
        assert_eq!(level, wanted, "{now_mc} {trips:?}: {text}");
        assert!(text.contains("cpu "), "{text}");
    }
    // The zone that is nearest to its limit counts, and a PMIC's constant does not.
    let (level, text) = judged("temperature", |s| {
        for (name, now_mc, limit) in
            [("PMIC", 100_000, 99_000), ("cpu", 90_000, 99_000), ("gpu", 80_000, 84_000)]
        {
            let temp = s.temps.entry(name);
            temp.now_mc = now_mc;
            temp.trips.push(Trip { kind: Passive, mc: limit });
        }
    });
    assert_eq!((level, text.as_str()), (Warn, "gpu 80.0 C, limit 84.0 C"));
}

#[test]
fn ok_throttling() {
    let rows: [(Devices, Level, &str); 8] = [
        (&[("cpu-throttle-alert", 0), ("pwm-fan", 3)], Good, "none"),
        (&[("cpu-throttle-alert", 0), ("gpu-throttle-alert", 2)], Warn, "gpu-throttle-alert 2"),
        (&[("a-alert", 1), ("hot-surface-alert#2", 1)], Warn, "a-alert 1, hot-surface-alert#2 1"),
        (&[("cpu-balanced", 4)], Warn, "cpu-balanced 4"),
        (&[("cpufreq-cpu0", 0), ("devfreq-17000000.gpu", 5)], Warn, "devfreq-17000000.gpu 5"),
        (&[("thermal-cpufreq-0", 1), ("xcpufreq-0", 1)], Warn, "thermal-cpufreq-0 1"),
        (&[("pwm-fan", 3), ("Processor", 2)], Skip, "no throttle alerts"),
        (&[], Skip, "no throttle alerts"),
    ];
    for (devices, level, text) in rows {
        let found = judged("throttling", |s| {
            for (name, state) in devices {
                s.cooling.entry(name).state = *state;
            }
        });
        assert_eq!(found, (level, text.into()), "{devices:?}");
    }
}

#[test]
fn ok_memory_and_swap() {
    let rows = [(1000, Good), (100, Good), (99, Warn), (50, Warn), (49, Fail), (0, Fail), (u64::MAX, Good)];
    for (available, wanted) in rows {
        let memory = |used_bytes| Some(Memory { used_bytes, total_bytes: 1000 << 20, ..Memory::default() });
        let told = judged("memory", |s| {
            s.ram = memory(1);
            s.ram_parts.available_bytes = Some(available.saturating_mul(1 << 20));
        });
        let derived = judged("memory", |s| s.ram = memory(1000u64.saturating_sub(available) << 20));
        // More than there is comes from a file that lies.
        assert!(told.0 == wanted || available == u64::MAX, "{available}: {told:?}");
        assert_eq!(derived.0, wanted, "{available}: {}", derived.1);
    }
    assert_eq!(judged("memory", |s| s.ram = Some(Memory::default())).0, Skip);
    let rows = [(0, 1000, Good), (800, 1000, Good), (801, 1000, Warn), (1000, 1000, Warn), (0, 0, Skip)];
    for (used_bytes, total_bytes, wanted) in rows {
        let memory = Memory { used_bytes, total_bytes, ..Memory::default() };
        let found = judged("swap", |s| s.swap = Some(Pool { memory, extra_bytes: None }));
        assert_eq!(found.0, wanted, "{used_bytes} of {total_bytes}: {}", found.1);
    }
}

#[test]
fn ok_disks() {
    let rows: [(Disks, Level, &str); 7] = [
        (&[("/", 40, 60)], Good, "/ 40 % full"),
        (&[("/", 40, 60), ("/data", 90, 10)], Good, "/data 90 % full"),
        (&[("/", 901, 99), ("/data", 10, 10)], Warn, "/ 90 % full"),
        (&[("/", 95, 5), ("/data", 97, 3)], Warn, "/data 97 % full, / 95 % full"),
        (&[("/", 10, 5), ("/data", 98, 2)], Fail, "/data 98 % full"),
        (&[("/", 0, 0)], Skip, "no file system"),
        (&[], Skip, "no file system"),
    ];
    for (disks, level, text) in rows {
        let found = judged("disk", |s| {
            for &(name, used, available) in disks {
                let disk = s.file_systems.entry(name);
                (disk.used_bytes, disk.available_bytes) = (used, available);
                // What is kept for root counts for nobody.
                disk.total_bytes = used + available + 50;
            }
        });
        assert_eq!(found, (level, text.into()), "{disks:?}");
    }
}

#[test]
fn ok_fans_and_mode() {
    let rows: [(Fans, Level); 8] = [
        (&[(Some(110), Some(2200))], Good),
        (&[(Some(0), Some(0))], Good),
        (&[(Some(51), Some(0))], Good), // 20 %
        (&[(Some(52), Some(0))], Fail),
        (&[(Some(110), Some(2200)), (Some(255), Some(0))], Fail),
        (&[(Some(255), None)], Skip),
        (&[(None, Some(0))], Skip),
        (&[], Skip),
    ];
    for (fans, wanted) in rows {
        let found = judged("fan", |s| {
            for (pwm, rpm) in fans {
                let fan = s.fans.entry("pwmfan");
                (fan.pwm, fan.rpm) = (*pwm, *rpm);
            }
        });
        assert_eq!(found.0, wanted, "{fans:?}: {}", found.1);
    }
    let mode = |id, name: &str| {
        judged("mode", |s| {
            s.power_mode.id = id;
            s.power_mode.name.push_str(name);
        })
    };
    assert_eq!(mode(Some(1), "25W"), (Good, "1 25W".into()));
    assert_eq!(mode(Some(7), ""), (Good, "7 not in the table".into()));
    assert_eq!(mode(None, "").0, Skip);
}

/// Looks one after the other: time since boot in ms, counts of oc1 (low voltage) and oc3, what comes.
#[test]
fn ok_over_current_from_look_to_look() {
    let rows: [(&str, Looks); 8] = [
        ("the first look only has sums", &[(10_000, 5, 90_000, Good)]),
        ("some oc3 are normal", &[(10_000, 0, 0, Good), (20_000, 0, 500, Good), (30_000, 0, 800, Good)]),
        ("more are not", &[(10_000, 0, 0, Good), (20_000, 0, 511, Warn), (30_000, 0, 511, Good)]),
        ("any low voltage is bad", &[(10_000, 1, 0, Good), (20_000, 2, 0, Fail)]),
        (
            "and is told for a minute",
            &[(0, 0, 0, Good), (9_000, 1, 0, Fail), (68_999, 1, 0, Fail), (69_999, 1, 0, Good)],
        ),
        ("also beside others", &[(0, 0, 0, Good), (1_000, 1, 1_000, Fail)]),
        ("looks in a second are one", &[(0, 0, 0, Good), (999, 9, 900, Good), (1_000, 9, 900, Fail)]),
        ("booted meanwhile", &[(90_000, 0, 9, Good), (5_000, 3, 8_000, Good), (7_000, 3, 8_000, Good)]),
    ];
    for (case, looks) in rows {
        let mut before = Before::default();
        for &(uptime_ms, low, high, wanted) in looks {
            let mut s = Snapshot { uptime_ms: Some(uptime_ms), ..Snapshot::default() };
            for (name, count, reason) in [
                ("oc1", low, OverCurrentReason::UnderVoltage),
                ("oc3", high, OverCurrentReason::Instantaneous),
            ] {
                let event = s.overcurrent.entry(name);
                (event.count, event.reason) = (count, reason);
            }
            let (level, text) = find(&checks(&input(Some(&s)), &mut before), "overcurrent");
            assert_eq!(level, wanted, "{case}: at {uptime_ms}: {text}");
        }
    }
}

#[test]
fn ok_current_alarms() {
    let rows = [
        (None, None, None, Skip),
        (Some(false), Some(100), Some(4000), Good),
        (Some(true), Some(100), Some(4000), Warn),
        (Some(false), Some(4000), Some(4000), Fail),
        (Some(true), Some(5000), Some(4000), Fail),
        (Some(true), None, None, Warn),
        (Some(false), Some(0), Some(0), Good),
    ];
    for (alarm, ma, critical_ma, wanted) in rows {
        let found = judged("overcurrent", |s| {
            let rail = s.rails.entry("VDD_IN");
            (rail.alarm, rail.ma, rail.critical_ma) = (alarm, ma, critical_ma);
        });
        assert_eq!(found.0, wanted, "{alarm:?} {ma:?} {critical_ma:?}: {}", found.1);
    }
}

/// What is not well on the boards of the fixtures; a board that is not named is well.
#[test]
fn ok_boards() {
    let wanted: &[(&str, &[&str])] = &[
        ("agx-orin-r35", &["WARN throttling: hot-surface-alert 1"]),
        ("agx-orin-r36", &["WARN throttling: gpu-throttle-alert 2, devfreq-17000000.gpu 5"]),
        ("agx-xavier-r35", &["WARN overcurrent: CPU: current alarm"]),
        ("gated-sensors", &["WARN throttling: hot-surface-alert#2 1"]),
        (
            "tx2nx-r32",
            &[
                "WARN temperature: GPU 91.0 C, limit 95.5 C",
                "WARN throttling: cpu-balanced 4, gpu-balanced 1, cpu-throttle-alert 1",
                "FAIL disk: / 98 % full",
            ],
        ),
        ("xavier-nx-r35", &["WARN overcurrent: VDD_IN: current alarm; oc2 2, oc3 5 since boot"]),
    ];
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/boards");
    let mut seen = 0;
    for board in fs::read_dir(place).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir())
    {
        let name = board.file_name().unwrap().to_string_lossy().into_owned();
        let now = Instant::now();
        let mut feed = Feed::open(Choice::Sysfs, &Root::at(&board), SECOND, now).unwrap();
        assert!(feed.turn(now));
        let sample = feed.sample(now);
        let statuses = feed.statuses();
        let input = Input { statuses: &statuses, ..input(sample.snapshot) };
        let bad: Vec<_> = checks(&input, &mut Before::default())
            .iter()
            .filter(|check| check.level.exit_code() > 0 && check.name != "source")
            .map(|check| format!("{} {}: {}", check.level.name(), check.name, check.text))
            .collect();
        let wanted = wanted.iter().find(|(board, _)| *board == name).map_or(&[][..], |(_, wanted)| wanted);
        assert_eq!(bad, wanted, "{name}");
        seen += 1;
    }
    assert!(seen >= 19, "{seen} boards");
}
