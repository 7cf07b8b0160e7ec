//! The desk where changes are asked for: what waits to be confirmed, what an end of the program leaves,
//! and what two programs do to each other.
#![cfg(any(feature = "daemon", feature = "cli"))]

#[path = "control/fan_board.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod board;

use std::time::{Duration, Instant};

use board::{Board, change, set};
use jetsonscope::control::desk::{Change, Desk, Outcome, Which};
use jetsonscope::control::journal::PATH as JOURNAL;
use jetsonscope::control::{Kind, Refusal, Wishes, persist};

const GROUP: &str = "sys/fs/cgroup/system.slice/nvfancontrol.service";
const PWM: &str = "sys/devices/platform/pwm-fan/hwmon/hwmon0/pwm1";
const STATUS: &str = "var/lib/nvpmodel/status";

/// systemctl for the fan's service.
const SYSTEMCTL: &str = r#"
group=$JETSONSCOPE_ROOT/sys/fs/cgroup/system.slice/nvfancontrol.service
echo "$*" >>"$JETSONSCOPE_ROOT/run/calls"
case $1 in
stop) rm -rf "$group" ;;
start) mkdir -p "$group"; echo 1187 >"$group/cgroup.procs" ;;
is-active) [ -e "$group" ] ;;
esac"#;

fn served(name: &str, test: &str) -> Board {
    let board = Board::copy(name, &format!("desk-{test}"));
    board.tool("systemctl", SYSTEMCTL);
    board.write("run/.keep", "");
    // Without masks of the GPU, no mode needs a reboot.
    let table = board.text("etc/nvpmodel.conf");
    let table: Vec<&str> = table.lines().filter(|line| !line.contains("PG_MASK")).collect();
    board.write("etc/nvpmodel.conf", &table.join("\n"));
    board
}

fn made(desk: &mut Desk, change: Change) -> Result<Outcome, Refusal> {
    match desk.set(change, None, Instant::now())? {
        Some(outcome) => Ok(outcome),
        None => desk.finish(Instant::now() + Duration::from_secs(20)),
    }
}

fn value(desk: &Desk, control: &str) -> String {
    let control = jetsonscope::control::named(control).unwrap();
    (control.look)(&desk.scene(Wishes::default())).unwrap().value.unwrap_or_default()
}

fn unconfirmed(control: &str, value: &str) -> Change {
    Change { confirm: Some(Duration::from_secs(5)), persist: true, ..change(control, value) }
}

/// Lets the time to confirm go by.
fn wait_out(desk: &mut Desk) {
    desk.turn(None, Instant::now() + Duration::from_secs(6));
    let _ = desk.finish(Instant::now() + Duration::from_secs(20));
}

#[test]
fn ok_what_is_not_confirmed_is_not_kept_for_each_start() {
    let board = served("orin-nx-r36", "kept");
    let mut desk = Desk::open(board.root());
    made(&mut desk, unconfirmed("gpu_3d_scaling", "off")).unwrap();
    assert_eq!(persist::read(&board.root()).wishes, []);
    wait_out(&mut desk);
    assert_eq!(value(&desk, "gpu_3d_scaling"), "on");
    assert_eq!(persist::read(&board.root()).wishes, []);
    made(&mut desk, unconfirmed("gpu_3d_scaling", "off")).unwrap();
    desk.confirm().unwrap();
    assert_eq!(persist::read(&board.root()).wishes, [("gpu_3d_scaling".into(), "off".into())]);
}

#[test]
fn ok_an_undo_of_something_else_confirms_nothing() {
    let board = served("orin-nx-r36", "else");
    let mut desk = Desk::open(board.root());
    set(&mut desk, "gpu_3d_scaling", "off").unwrap();
    made(&mut desk, unconfirmed("gpu_railgate", "auto")).unwrap();
    desk.undo(&Which::Control("gpu_3d_scaling".into()), None).unwrap();
    desk.finish(Instant::now() + Duration::from_secs(20)).unwrap();
    assert_eq!((value(&desk, "gpu_3d_scaling"), value(&desk, "gpu_railgate")), ("on".into(), "auto".into()));
    wait_out(&mut desk);
    assert_eq!(value(&desk, "gpu_railgate"), "on");
}

#[test]
fn ok_nothing_is_due_that_cannot_be_done_yet() {
    let board = served("orin-nx-r36", "due");
    let mut desk = Desk::open(board.root());
    set(&mut desk, "fan", "60").unwrap();
    made(&mut desk, unconfirmed("gpu_railgate", "auto")).unwrap();
    board.tool("systemctl", "sleep 1");
    desk.undo(&Which::Control("fan".into()), None).unwrap();
    let start = Instant::now();
    desk.turn(None, start);
    // The time to confirm is over while the tool runs.
    let now = start + Duration::from_millis(5500);
    desk.turn(None, now);
    assert!(desk.due().unwrap() > now, "it would spin");
}

/// A change that takes itself back, but holds nothing that could be, says so.
#[test]
fn ok_nothing_to_confirm_where_nothing_can_be_taken_back() {
    let board = served("agx-orin-r36", "auto");
    let mut desk = Desk::open(board.root());
    set(&mut desk, "fan", "60").unwrap();
    let outcome = made(&mut desk, unconfirmed("fan", "auto")).unwrap();
    assert_eq!(outcome.confirm, None);
    assert_eq!(desk.confirm().unwrap_err().kind, Kind::Unsupported);
    assert!(set(&mut desk, "gpu_3d_scaling", "off").is_ok());
}

/// A tool that hangs while something is put back does not keep the fan.
#[test]
fn ok_the_fan_is_handed_back_first() {
    let board = served("orin-nx-r36", "first");
    board.tool(
        "nvpmodel",
        "printf 'pmode:%04d\\n' \"$2\" >\"$JETSONSCOPE_ROOT/var/lib/nvpmodel/status\"\nsleep 60",
    );
    let mut desk = Desk::open(board.root());
    set(&mut desk, "fan", "40").unwrap();
    assert!(desk.set(change("nvpmodel", "25W"), None, Instant::now()).unwrap().is_none());
    let old = board.text(STATUS);
    let until = Instant::now() + Duration::from_secs(10);
    while board.text(STATUS) == old && Instant::now() < until {
        desk.turn(None, Instant::now());
        std::thread::sleep(Duration::from_millis(10));
    }
    let refusal = desk.restore(false, Duration::from_secs(2)).unwrap_err();
    assert_eq!(refusal.kind, Kind::Timeout);
    assert!(board.0.join(GROUP).exists() && !desk.is_holding());
}

/// systemctl that hangs at the end: full speed, and it is told.
#[test]
fn err_a_hand_back_that_hangs_is_full_speed() {
    let board = served("orin-nx-r36", "hangs");
    let mut desk = Desk::open(board.root());
    set(&mut desk, "fan", "40").unwrap();
    board.tool("systemctl", "exec sleep 60");
    let refusal = desk.restore(false, Duration::from_millis(500)).unwrap_err();
    assert_eq!(refusal.kind, Kind::Timeout);
    assert_eq!(board.text("sys/devices/platform/pwm-fan/hwmon/hwmon1/pwm1"), "255");
    assert_eq!(desk.take_news(), ["fan: pwmfan could not be handed back, full speed"]);
}

/// Whatever the fan was at before, when it is hot it gets no less than the floor.
#[test]
fn ok_a_hot_board_is_not_put_back_to_a_low_duty() {
    for (temp, by_auto, least) in
        [("85000\n", false, 77), ("85000\n", true, 77), ("x\n", false, 255), ("50000\n", false, 10)]
    {
        let board = served("agx-orin-r36", "hot");
        board.remove("usr/sbin/systemctl");
        board.remove("etc/nvfancontrol.conf");
        board.write(PWM, "10\n");
        for n in 0..20 {
            let zone = format!("sys/class/thermal/thermal_zone{n}");
            if board.0.join(&zone).exists() {
                board.write(&format!("{zone}/temp"), "50000\n");
            }
        }
        let mut desk = Desk::open(board.root());
        set(&mut desk, "fan", "60").unwrap();
        for n in 0..20 {
            let zone = format!("sys/class/thermal/thermal_zone{n}");
            if board.0.join(&zone).exists() && (n == 0 || temp.starts_with('x')) {
                board.write(&format!("{zone}/temp"), temp);
            }
        }
        if by_auto {
            set(&mut desk, "fan", "auto").unwrap();
        } else {
            desk.undo(&Which::All, None).unwrap();
            desk.finish(Instant::now() + Duration::from_secs(20)).unwrap();
        }
        assert_eq!(board.text(PWM).trim(), least.to_string(), "{temp:?} {by_auto}");
        assert!(!desk.is_holding());
    }
}

/// What it was in between does not matter, and may not be allowed any more.
#[test]
fn ok_a_hot_fan_that_was_set_twice_is_handed_back() {
    let board = served("orin-nx-r36", "twice");
    let mut desk = Desk::open(board.root());
    for duty in ["20", "50", "25", "70"] {
        set(&mut desk, "fan", duty).unwrap();
    }
    board.write("sys/class/thermal/thermal_zone0/temp", "85000\n");
    desk.restore(false, Duration::from_secs(20)).unwrap();
    assert!(board.0.join(GROUP).exists() && desk.journal().records().is_empty());
    let calls = board.text("run/calls");
    assert_eq!(calls.lines().filter(|call| call.starts_with("st")).count(), 2, "{calls}");
}

/// Nobody stays who would hold the fan.
#[test]
fn ok_an_undo_without_the_daemon_takes_no_fan() {
    let board = served("orin-nx-r36", "unattended");
    let mut desk = Desk::open(board.root());
    for duty in ["40", "60"] {
        set(&mut desk, "fan", duty).unwrap();
    }
    drop(desk);
    let mut desk = Desk::open(board.root());
    desk.attended = false;
    desk.undo(&Which::Last, None).unwrap();
    desk.finish(Instant::now() + Duration::from_secs(20)).unwrap();
    assert!(board.0.join(GROUP).exists() && !desk.is_holding());
    assert!(!board.0.join(JOURNAL).exists());
}

/// A mode that waits for the next boot is not taken back by the end that comes before it.
#[test]
fn ok_the_next_boot_gets_its_mode() {
    let board = served("orin-nx-r36", "boot");
    board.tool("nvpmodel", "exit 1");
    let wishes = Wishes { at_next_boot: true, attended: true, reboot: false };
    let mut desk = Desk::open(board.root());
    set(&mut desk, "gpu_3d_scaling", "off").unwrap();
    let change = Change { wishes, ..change("nvpmodel", "25W") };
    made(&mut desk, change.clone()).unwrap();
    let mode = board.text(STATUS);
    desk.restore(true, Duration::from_secs(20)).unwrap();
    assert_eq!((board.text(STATUS), value(&desk, "gpu_3d_scaling")), (mode, "on".into()));
    desk.undo(&Which::Last, None).unwrap();
    desk.finish(Instant::now() + Duration::from_secs(20)).unwrap();
    let wishes = Wishes { reboot: true, at_next_boot: false, ..wishes };
    // Nobody would be there to take it back.
    let text = board.text("etc/nvpmodel.conf");
    board.write("etc/nvpmodel.conf", &text);
    let confirm = Some(Duration::from_secs(5));
    let refusal =
        made(&mut desk, Change { wishes: Wishes { at_next_boot: true, ..wishes }, confirm, ..change });
    assert_eq!(refusal.unwrap_err().kind, Kind::Conflict);
}

/// Thousands of changes leave a journal that can be read again, and the first state in it.
#[test]
fn ok_a_journal_has_an_end() {
    let board = served("orin-nx-r36", "long");
    let mut desk = Desk::open(board.root());
    set(&mut desk, "fan", "60").unwrap();
    for n in 0..400 {
        set(&mut desk, "fan", if n % 2 == 0 { "50" } else { "60" }).unwrap();
        set(&mut desk, "gpu_3d_scaling", if n % 2 == 0 { "off" } else { "on" }).unwrap();
        set(&mut desk, "gpu_railgate", if n % 2 == 0 { "auto" } else { "on" }).unwrap();
    }
    set(&mut desk, "gpu_railgate", "auto").unwrap();
    let bytes = board.text(JOURNAL).len();
    assert!(bytes < 100_000, "{bytes}");
    drop(desk);
    let mut desk = Desk::open(board.root());
    assert_eq!(desk.journal().odd_lines, 0);
    desk.undo(&Which::Last, None).unwrap();
    desk.finish(Instant::now() + Duration::from_secs(20)).unwrap();
    assert_eq!(value(&desk, "gpu_railgate"), "on");
    desk.undo(&Which::All, None).unwrap();
    desk.finish(Instant::now() + Duration::from_secs(20)).unwrap();
    assert!(board.0.join(GROUP).exists() && desk.journal().records().is_empty());
    assert_eq!(value(&desk, "gpu_3d_scaling"), "on");
}

/// Two programs change the same board: the second waits for its turn, and neither loses what the other
/// has written down.
#[test]
fn ok_and_err_two_at_once() {
    let board = served("orin-nx-r36", "two");
    let (mut one, mut other) = (Desk::open(board.root()), Desk::open(board.root()));
    set(&mut one, "gpu_3d_scaling", "off").unwrap();
    set(&mut other, "gpu_railgate", "auto").unwrap();
    let controls = |desk: &Desk| -> Vec<String> {
        desk.journal().records().iter().map(|record| record.control.clone()).collect()
    };
    assert_eq!(controls(&Desk::open(board.root())), ["gpu_3d_scaling", "gpu_railgate"]);
    set(&mut one, "fan", "60").unwrap();
    assert_eq!(set(&mut other, "gpu_railgate", "on").unwrap_err().kind, Kind::Busy);
    assert_eq!(other.undo(&Which::All, None).unwrap_err().kind, Kind::Busy);
    assert_eq!(other.restore(false, Duration::from_secs(1)).unwrap_err().kind, Kind::Busy);
    assert!(one.is_holding() && !board.0.join(GROUP).exists());
    set(&mut one, "fan", "auto").unwrap();
    other.undo(&Which::All, None).unwrap();
    other.finish(Instant::now() + Duration::from_secs(20)).unwrap();
    assert_eq!(value(&one, "gpu_3d_scaling"), "on");
    assert_eq!(one.undo(&Which::All, None).unwrap_err().kind, Kind::Unsupported);
}

/// A journal that cannot be read is not taken for an empty one.
#[test]
fn err_a_journal_that_cannot_be_read() {
    let board = served("orin-nx-r36", "unread");
    let mut desk = Desk::open(board.root());
    set(&mut desk, "gpu_3d_scaling", "off").unwrap();
    drop(desk);
    let before = board.text(JOURNAL);
    let mut desk = Desk::open(board.root().failing(|path| (path == JOURNAL).then_some(libc::EIO)));
    assert_eq!(set(&mut desk, "gpu_railgate", "auto").unwrap_err().kind, Kind::Failed);
    assert_eq!(desk.undo(&Which::All, None).unwrap_err().kind, Kind::Failed);
    assert_eq!(board.text(JOURNAL), before);
}

/// The next record does not end up on a line that was cut off.
#[test]
fn ok_a_torn_journal_goes_on() {
    let board = served("orin-nx-r36", "torn");
    let mut desk = Desk::open(board.root());
    set(&mut desk, "gpu_3d_scaling", "off").unwrap();
    drop(desk);
    let whole = board.text(JOURNAL);
    board.write(JOURNAL, &(whole + "2\tfan\tset\t5"));
    let mut desk = Desk::open(board.root());
    set(&mut desk, "gpu_railgate", "auto").unwrap();
    let desk = Desk::open(board.root());
    assert_eq!((desk.journal().records().len(), desk.journal().odd_lines), (2, 0));
}
