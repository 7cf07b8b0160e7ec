//! The pages Power and Thermal/Fan, and the alerts above each page, of samples that no board gives.

use std::time::Duration;

use super::harness::{PLAIN, board};
use jetsonscope::snapshot::{FanOwner, OverCurrentReason, Snapshot, Trip, TripKind};
use jetsonscope::source::{Choice, Sample};
use jetsonscope::view::frame::{self, PAGES, View};
use jetsonscope::view::more::More;
use jetsonscope::view::paint::Paint;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;

const ASCII: Paint = Paint { ascii: true, color: false };
const COLOR: Paint = Paint { ascii: false, color: true };

/// The screen with a page, as tall as it needs, without blanks at the ends.
fn shown(page: &str, sample: Sample, paint: Paint, (width, height): (u16, u16)) -> String {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    let origin = Choice::Sysfs;
    let page = frame::page_named(page).expect("a page");
    let more = More::default();
    let view = View { origin: origin.origin(), sample, paint, notice: None, page, scroll: 0, more: &more };
    frame::draw(&view, area, &mut buffer);
    let rows = buffer.content.chunks(usize::from(width).max(1));
    let row = |cells: &[Cell]| cells.iter().map(Cell::symbol).collect::<String>().trim_end().to_owned();
    let mut text = rows.map(row).collect::<Vec<_>>().join("\n");
    text.push('\n');
    text
}

fn fresh(snapshot: &Snapshot) -> Sample<'_> {
    Sample { snapshot: Some(snapshot), age: Some(Duration::from_millis(5)), stale: false, trouble: None }
}

fn page(name: &str, snapshot: &Snapshot, width: u16) -> String {
    shown(name, fresh(snapshot), PLAIN, (width, 200))
}

fn rail<'a>(s: &'a mut Snapshot, name: &str, now_mw: i32) -> &'a mut jetsonscope::snapshot::Rail {
    let rail = s.rails.add();
    rail.name.push_str(name);
    (rail.now_mw, rail.avg_mw) = (now_mw, now_mw);
    rail
}

fn zone(s: &mut Snapshot, name: &str, now_mc: i32, trips: &[(TripKind, i32)]) {
    let temp = s.temps.add();
    temp.name.push_str(name);
    temp.now_mc = now_mc;
    temp.trips.extend(trips.iter().map(|&(kind, mc)| Trip { kind, mc }));
}

fn device(s: &mut Snapshot, name: &str, state: u32) {
    let device = s.cooling.add();
    device.name.push_str(name);
    (device.state, device.max) = (state, Some(2));
}

/// What is done to an empty sample, the page, and what must and must not stand there.
type Case = (fn(&mut Snapshot), &'static str, &'static [&'static str], &'static [&'static str]);

const CASES: [Case; 17] = [
    (|_| (), "Power", &["no rail is read"], &["total", "mode", " 0"]),
    (|_| (), "Thermal", &["no temperature is read"], &["Fans", "C "]),
    (|s| _ = rail(s, "NC", 7), "Power", &["no rails: all channels are open"], &["NC", "7 mW", "total"]),
    (
        |s| {
            rail(s, "VDD_IN", 4824).energy_mj = Some(36_000_000);
            rail(s, "NC#2", 5).energy_mj = Some(1);
            rail(s, "VDD_SOC", -398).energy_mj = Some(-7_200);
        },
        "Power",
        &["4.8 W (VDD_IN)", "10.00 Wh", "100 %", "-398 mW     -", "-2 mWh"],
        &["NC", "sum of", "voltage", "alarm", "warn", "0 mA"],
    ),
    // A total that lacks a part is none.
    (
        |s| {
            rail(s, "VDD_GPU_SOC", 3000).energy_mj = Some(36_000_000);
            rail(s, "VDD_CPU_CV", 1000);
        },
        "Power",
        &["4.0 W (sum of rails)", "75 %", "25 %", "10.00 Wh", "1.0 W   1.0 W  25 %", "]        -"],
        &["energy 10.00 Wh"],
    ),
    (
        |s| {
            let rail = rail(s, "VDD_IN", i32::MAX);
            (rail.avg_mw, rail.max_mw, rail.energy_mj) = (i32::MIN, Some(i32::MAX), Some(i64::MIN));
            (rail.mv, rail.ma) = (Some(i32::MIN), Some(i32::MAX));
            (rail.warn_ma, rail.critical_ma, rail.alarm) = (Some(0), Some(i32::MIN), Some(true));
            s.edp_limit_mhz = Some(u32::MAX);
            (s.power_mode.id, s.power_mode.name) = (Some(u32::MAX), String::new());
        },
        "Power",
        &["2147483.6 W", "-2562047788015.21 Wh", "ALARM", "4294967295 (not in the table)", "4294967295 MHz"],
        &["warn ", "critical"],
    ),
    (|s| _ = rail(s, "VDD_IN", 0), "Power", &["0 mW (VDD_IN)"], &["100 %"]),
    (
        |s| zone(s, "cpu", 97_000, &[(TripKind::Passive, 99_000), (TripKind::Critical, 104_500)]),
        "Thermal",
        &["97.0 C  2.0 C", "99.0 C", "104.5 C", "near its limit: cpu 97.0 C, limit 99.0 C"],
        &[" hot", "active"],
    ),
    // Trips that are passed: the next one counts, and in the end none is left.
    (
        |s| zone(s, "cpu", 100_000, &[(TripKind::Passive, 99_000), (TripKind::Critical, 104_500)]),
        "Thermal",
        &["100.0 C  4.5 C", "too hot: cpu 100.0 C"],
        &[],
    ),
    (
        |s| zone(s, "cpu", 110_000, &[(TripKind::Passive, 99_000), (TripKind::Critical, 104_500)]),
        "Thermal",
        &["110.0 C   none"],
        &["-5.5"],
    ),
    // Of several trips of a kind the next one is shown; the one of a fan is no limit.
    (
        |s| zone(s, "cpu", 55_000, &[(TripKind::Active, 51_000), (TripKind::Active, 61_000)]),
        "Thermal",
        &["55.0 C", "61.0 C"],
        &["51.0 C", "margin", "limit"],
    ),
    (
        |s| zone(s, "cpu", i32::MIN, &[(TripKind::Hot, i32::MAX), (TripKind::Critical, 0)]),
        "Thermal",
        &["-2147483.6 C", "2147483.6 C"],
        &[],
    ),
    (
        |s| {
            zone(s, "PMIC", 100_000, &[]);
            s.temps_off.add().push_str("cv0");
            s.drives.entry("nvme0").temp_mc = 41_850;
        },
        "Thermal",
        &["cv0      off", "nvme0 41.8 C"],
        &["PMIC", "100.0 C"],
    ),
    (
        |s| {
            device(s, "cpu-throttle-alert", 0);
            device(s, "pwm-fan", 2);
            device(s, "hot-surface-alert", 1);
        },
        "Thermal",
        &["throttling none", "2/2 turns the fan", "1/2 the case is hot", "at rest cpu-throttle-alert\n"],
        &["YES", "throttled"],
    ),
    (
        |s| {
            device(s, "cpu-throttle-alert", 1);
            s.cooling.entry("gpu-balanced").state = u32::MAX;
        },
        "Thermal",
        &["YES", "1/2 lowers clocks", "4294967295 lowers clocks", "throttled: cpu-throttle-alert, gpu-bal"],
        &["at rest"],
    ),
    (
        |s| {
            for (name, count, reason) in
                [("oc1", u64::MAX, OverCurrentReason::UnderVoltage), ("oc2", 0, OverCurrentReason::Unknown)]
            {
                let event = s.overcurrent.entry(name);
                (event.count, event.reason) = (count, reason);
            }
        },
        "Thermal",
        &["18446744073709551615 input voltage low", "0 not known"],
        &["throttles", "Cooling", "Fans"],
    ),
    (
        |s| {
            let fan = s.fans.entry("pwmfan");
            (fan.pwm, fan.rpm, fan.owner) = (Some(128), Some(0), FanOwner::Manual);
            s.fans.entry("other").pwm = Some(u32::MAX);
        },
        "Thermal",
        &["50 %", "0 rpm", "128/255", "manual", "100 %", "it stands still"],
        &["profile", "unknown"],
    ),
];

#[test]
fn what_the_pages_say() {
    let mut faults = String::new();
    for (number, (fill, name, wanted, unwanted)) in CASES.iter().enumerate() {
        let mut snapshot = Snapshot::default();
        fill(&mut snapshot);
        let screen = page(name, &snapshot, 100);
        for part in wanted.iter().filter(|part| !screen.contains(**part)) {
            faults += &format!("case {number} lacks {part:?}:\n{}\n", screen.trim_end());
        }
        let body = screen.split_once("Thm\n").or(screen.split_once("Fan\n")).map_or("", |(_, body)| body);
        for part in unwanted.iter().filter(|part| body.contains(**part)) {
            faults += &format!("case {number} says {part:?}:\n{}\n", screen.trim_end());
        }
    }
    assert!(faults.is_empty(), "{faults}");
}

/// Many of everything, with names that are long, wide or hostile.
fn crowd() -> Snapshot {
    let mut s = Snapshot::default();
    let long = "long_name_that_goes_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on";
    let names = [
        long,
        "\u{6e29}\u{5ea6}\u{30bb}\u{30f3}\u{30b5}\u{30fc}",
        "a\x1b[31mred",
        "e\u{301}\u{200b}",
        "",
        "\u{9b}2J",
    ];
    for name in names {
        let rail = rail(&mut s, name, -1);
        (rail.alarm, rail.mv, rail.ma) = (Some(true), Some(1), Some(1));
        device(&mut s, &[name, "-alert"].concat(), 1);
        device(&mut s, name, 0);
        s.temps_off.add().push_str(name);
        s.drives.add().name.push_str(name);
        let fan = s.fans.add();
        (fan.name, fan.profile, fan.pwm, fan.rpm) = (name.into(), name.into(), Some(255), Some(0));
        s.overcurrent.add().name.push_str(name);
    }
    for number in 0..40 {
        zone(&mut s, &format!("zone{number}"), 30_000 + number * 1000, &[(TripKind::Passive, 71_000)]);
    }
    s
}

#[test]
fn nothing_breaks_a_page() {
    let crowd = crowd();
    let all = page("Thermal", &crowd, 80);
    assert!((0..40).all(|number| all.contains(&format!("zone{number} "))), "{all}");
    for width in (0..=200).step_by(4).chain([1, 3, 19, 21, 79, 109, 110, 111]) {
        for (name, snapshot) in ["Power", "Thermal", "Dashboard"]
            .iter()
            .flat_map(|name| [(name, &crowd)])
            .chain([(&"Power", &Snapshot::default())])
        {
            for paint in [PLAIN, ASCII, COLOR] {
                for height in [0, 1, 5, 24, 120] {
                    let screen = shown(name, fresh(snapshot), paint, (width, height));
                    assert!(!paint.ascii || screen.is_ascii(), "{name} {width}: {screen}");
                    let control = screen.chars().find(|&c| c.is_control() && c != '\n');
                    assert_eq!(control, None, "{name} {width}: {screen}");
                }
            }
        }
    }
}

/// What stands in the row under the title.
fn alarm(s: &Snapshot, stale: bool, width: u16) -> String {
    let age = Some(Duration::from_secs(12));
    let screen = shown("Power", Sample { stale, age, ..fresh(s) }, PLAIN, (width, 24));
    screen.lines().nth(1).unwrap_or_default().to_owned()
}

#[test]
fn alerts_are_cut_and_counted() {
    let mut s = Snapshot::default();
    device(&mut s, "cpu-throttle-alert", 1);
    let throttled = alarm(&s, false, 80);
    assert_eq!(throttled, " throttled: cpu-throttle-alert");
    rail(&mut s, "VDD_IN", 5).alarm = Some(true);
    let fan = s.fans.entry("pwmfan");
    (fan.pwm, fan.rpm) = (Some(255), Some(0));
    for (width, stale, wanted) in [
        (
            120,
            false,
            " fan pwmfan at 100 %, 0 rpm: it stands still; VDD_IN: current alarm; throttled: cpu-throttle-alert",
        ),
        (80, false, " fan pwmfan at 100 %, 0 rpm: it stands still; VDD_IN: current alarm +1 more"),
        (60, false, " fan pwmfan at 100 %, 0 rpm: it stands still +2 more"),
        (40, false, " fan pwmfan at 100 %, 0 rpm: it +2 more"),
        (20, false, " fan pwmfan +2 more"),
        (40, true, " STALE: 12 s old +3 more"),
    ] {
        assert_eq!(alarm(&s, stale, width), wanted, "{width} {stale}");
    }
}

/// Each page has them, and a board that is well has none.
#[test]
fn alerts_stand_on_each_page_of_a_board_that_is_not_well() {
    for (name, wanted) in [
        ("agx-orin-r36", Some("throttled: gpu-throttle-alert")),
        ("agx-orin-r35", Some("the case is hot")),
        ("tx2nx-r32", Some("disk / 98 % full")),
        ("xavier-nx-r35", Some("VDD_IN: current alarm")),
        ("orin-nx-r36", None),
        ("thor-r38", None),
        ("nano-r32", None),
    ] {
        let snapshot = board(name);
        for page in PAGES {
            let screen = shown(page.name, fresh(&snapshot), PLAIN, (80, 24));
            let row = screen.lines().nth(1).unwrap_or_default();
            match wanted {
                Some(wanted) => assert!(row.contains(wanted), "{name} {}: {row}", page.name),
                None => assert!(row.contains("1 Dash"), "{name} {}: {row}", page.name),
            }
        }
    }
}

#[test]
fn energy_counts_from_zero() {
    let mut s = Snapshot::default();
    rail(&mut s, "VDD_GPU_SOC", 3000).energy_mj = Some(36_000_000);
    rail(&mut s, "VDD_CPU_CV", 1000).energy_mj = Some(7_200_000);
    let zero = |gpu, cpu| [("VDD_GPU_SOC".to_owned(), gpu), ("VDD_CPU_CV".to_owned(), cpu)];
    for (zero, wanted, unwanted) in [
        (&[][..], "energy 12.00 Wh since the start", "since z"),
        (&zero(28_800_000, 7_200_000), "since z 2.00 Wh", "never"),
        (&zero(0, 3_600_000), "since z 11.00 Wh", "never"),
        // One of them has begun again since.
        (&zero(28_800_000, 9_000_000), "2.00 Wh", "since z 2"),
    ] {
        let area = Rect::new(0, 0, 120, 20);
        let mut buffer = Buffer::empty(area);
        let page = frame::page_named("Power").expect("a page");
        let origin = Choice::Sysfs.origin();
        let more = More { zero: zero.to_vec(), ..More::default() };
        let view =
            View { origin, sample: fresh(&s), paint: PLAIN, notice: None, page, scroll: 0, more: &more };
        frame::draw(&view, area, &mut buffer);
        let screen: String = buffer.content.iter().map(Cell::symbol).collect();
        assert!(screen.contains(wanted) && !screen.contains(unwanted), "{zero:?}: {screen}");
    }
}

#[test]
fn help_fits() {
    for page in PAGES {
        assert!(page.help.len() <= 6, "{}", page.name);
        for line in page.help {
            assert!(line.len() <= 60, "{}: {line}", page.name);
        }
    }
}
