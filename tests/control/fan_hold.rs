//! A fan that is held, in time.

use super::*;

/// One row of a held fan's life: milliseconds, the duty and speed that are seen, degrees (none that can
/// be read), what is written then, and what is told.
type Row = (u64, u32, Option<u32>, Option<i32>, &'static str, &'static [&'static str]);

fn follow(board: &Board, pwm: &str, value: &str, rows: &[Row]) {
    let mut desk = Desk::open(board.root());
    set(&mut desk, "fan", value).unwrap();
    desk.take_news();
    let start = Instant::now();
    for row in rows {
        let sample = sample(board, row.1, row.2, row.3);
        desk.turn(Some(&sample), start + Duration::from_millis(row.0));
        assert_eq!(board.text(pwm).trim(), row.4, "{value}: {row:?}");
        assert_eq!(desk.take_news(), row.5, "{value}: {row:?}");
    }
}

#[test]
fn ok_a_duty_is_kept_and_raised() {
    let board = served("orin-nx-r36", "kept");
    let rows: &[Row] = &[
        (0, 51, Some(900), Some(50), "51", &[]),
        (1000, 51, Some(900), Some(70), "51", &[]),
        (2000, 51, Some(900), Some(71), "77", &["fan: 71 C, raised to 30 %"]),
        (3000, 77, Some(900), Some(68), "77", &[]),
        (4000, 77, Some(900), Some(64), "51", &["fan: 64 C, back at 20 %"]),
        (5000, 51, Some(900), None, "255", &["fan: no temperature can be read, full speed"]),
        (6000, 255, Some(900), None, "255", &[]),
        (7000, 255, Some(900), Some(40), "51", &["fan: 40 C, back at 20 %"]),
    ];
    follow(&board, NX_PWM, "20", rows);
}

#[test]
fn ok_a_curve_is_followed() {
    let board = served("orin-nx-r36", "followed");
    board.write(
        "etc/jetsonscope/curves/mine.conf",
        "points = 40:0 60:50 80:100\nminimum = 20\nkick_start = 80 for 2s\nslew = 10\nhysteresis = 5\nzones = TJ\n",
    );
    let rows: &[Row] = &[
        (0, 99, Some(900), Some(60), "128", &[]),
        (1000, 128, Some(900), Some(57), "128", &[]),
        (2000, 128, Some(900), Some(30), "102", &[]),
        (4000, 102, Some(900), Some(30), "51", &[]),
        (5000, 51, Some(900), Some(30), "0", &[]),
        (6000, 0, Some(0), Some(50), "204", &[]),
        (8000, 204, Some(900), Some(50), "64", &[]),
        (9000, 64, Some(900), None, "255", &["fan: no temperature can be read, full speed"]),
    ];
    follow(&board, NX_PWM, "curve mine", rows);
}

#[test]
fn ok_a_fan_that_stands_is_kicked() {
    let board = served("orin-nx-r36", "stands");
    let rows: &[Row] = &[
        (0, 153, Some(0), Some(50), "153", &[]),
        (4900, 153, Some(0), Some(50), "153", &[]),
        (5000, 153, Some(0), Some(50), "255", &["fan: pwmfan stands still at 60 %, full speed"]),
        (7900, 255, Some(0), Some(50), "255", &[]),
        (8000, 255, Some(0), Some(50), "153", &[]),
        (17_900, 153, Some(0), Some(50), "153", &[]),
        (18_000, 153, Some(0), Some(50), "255", &[]),
        (21_000, 255, Some(0), Some(50), "153", &[]),
        (40_900, 153, Some(0), Some(50), "153", &[]),
        (41_000, 153, Some(0), Some(50), "255", &[]),
        (42_000, 255, Some(900), Some(50), "255", &["fan: pwmfan turns again"]),
        (44_000, 255, Some(900), Some(50), "153", &[]),
        (45_000, 153, Some(0), Some(50), "153", &[]),
        (46_000, 153, None, Some(50), "153", &[]),
        (60_000, 153, None, Some(50), "153", &[]),
        (61_000, 153, Some(0), Some(50), "153", &[]),
        (66_000, 153, Some(0), Some(50), "255", &["fan: pwmfan stands still at 60 %, full speed"]),
    ];
    follow(&board, NX_PWM, "60", rows);
    // Below the duty at which it turns for sure, standing is no news.
    let board = served("orin-nx-r36", "slow");
    follow(
        &board,
        NX_PWM,
        "20",
        &[(0, 51, Some(0), Some(50), "51", &[]), (9000, 51, Some(0), Some(50), "51", &[])],
    );
}

/// A service that fights back, and a kernel that has the fan on its way.
#[test]
fn ok_somebody_else_writes() {
    let board = served("orin-nx-r36", "fights");
    let mut desk = Desk::open(board.root());
    set(&mut desk, "fan", "60").unwrap();
    let start = Instant::now();
    let mut news = Vec::new();
    for (seconds, wanted) in [(1, "153"), (2, "40"), (5, "40"), (6, "153"), (7, "40"), (11, "153")] {
        board.write(NX_PWM, "40\n");
        desk.turn(Some(&sample(&board, 40, Some(900), Some(50))), start + Duration::from_secs(seconds));
        assert_eq!(board.text(NX_PWM).trim(), wanted, "after {seconds} s");
        news.extend(desk.take_news());
    }
    assert_eq!(news, ["fan: somebody else writes its pwm"]);
    let board = served("nano-r32", "ramp");
    let target = "sys/devices/pwm-fan/target_pwm";
    let rows: &[Row] = &[(0, 20, None, Some(50), "153", &[]), (1000, 90, None, Some(50), "153", &[])];
    follow(&board, target, "60", rows);
}

/// Nobody samples: the holder looks for itself.
#[test]
fn ok_without_a_sample() {
    let board = served("orin-nx-r36", "alone");
    let mut desk = Desk::open(board.root());
    set(&mut desk, "fan", "20").unwrap();
    let due = desk.due().expect("it wants to look");
    heat(&board, 80);
    assert!(desk.turn(None, due - Duration::from_millis(1)).is_none());
    assert_eq!(board.text(NX_PWM), "51");
    desk.turn(None, due);
    assert_eq!(board.text(NX_PWM), "77");
    assert_eq!(desk.take_news(), ["fan: 80 C, raised to 30 %"]);
    board.remove("sys/class/thermal");
    desk.turn(None, due + Duration::from_secs(5));
    assert_eq!(board.text(NX_PWM), "255");
}
