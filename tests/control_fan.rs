//! The control `fan` on copies of boards, with stand-ins for systemctl, nvfancontrol and nvpmodel, and on
//! the live simulated tree.
#![cfg(any(feature = "daemon", feature = "cli"))]

#[path = "control/fan_board.rs"]
mod board;
#[path = "control/fan_hold.rs"]
mod hold;
#[cfg(feature = "emulator")]
#[path = "control/fan_live.rs"]
mod live;
#[path = "control/fan_plan.rs"]
mod plan;
#[path = "control/fan_tools.rs"]
mod tools;

use std::time::{Duration, Instant};

use board::{Board, change, set, steps};
use jetsonscope::control::desk::{Desk, Which};
use jetsonscope::control::journal::PATH as JOURNAL;
use jetsonscope::control::{Control, Wishes, named};
use jetsonscope::snapshot::Snapshot;
use plan::TAKE_NX;

fn fan() -> &'static Control {
    named("fan").unwrap()
}

const GROUP: &str = "sys/fs/cgroup/system.slice/nvfancontrol.service";
const NX_PWM: &str = "sys/devices/platform/pwm-fan/hwmon/hwmon1/pwm1";
const PWM: &str = "sys/devices/platform/pwm-fan/hwmon/hwmon0/pwm1";

/// systemctl as the board has it, for the one service: it comes up with the default profile of its
/// table, if there is one of that name, and then writes its state.
const SYSTEMCTL: &str = r#"
[ "$2" = nvfancontrol.service ] || exit 5
group=$JETSONSCOPE_ROOT/sys/fs/cgroup/system.slice/nvfancontrol.service
state=$JETSONSCOPE_ROOT/var/lib/nvfancontrol
echo "$1" >>"$JETSONSCOPE_ROOT/run/calls"
case $1 in
stop) rm -rf "$group" ;;
start)
  profile=$(sed -n 's/^.*FAN_DEFAULT_PROFILE *//p' "$JETSONSCOPE_ROOT/etc/nvfancontrol.conf")
  grep -q "FAN_PROFILE $profile " "$JETSONSCOPE_ROOT/etc/nvfancontrol.conf" || exit 0
  mkdir -p "$group" "$state"
  echo 1187 >"$group/cgroup.procs"
  [ -e "$state/status" ] || echo "FAN1:FAN_PROFILE:$profile" >"$state/status"
  ;;
is-active) [ -e "$group" ] || exit 3 ;;
esac"#;

/// A board with that systemctl.
fn served(name: &str, test: &str) -> Board {
    let board = Board::copy(name, test);
    board.tool("systemctl", SYSTEMCTL);
    board.write("run/.keep", "");
    board
}

/// The hottest zone of a board at so many degrees.
fn heat(board: &Board, celsius: i32) {
    board.write("sys/class/thermal/thermal_zone0/temp", &format!("{}\n", celsius * 1000));
}

fn sample(board: &Board, pwm: u32, rpm: Option<u32>, celsius: Option<i32>) -> Snapshot {
    let mut sample = Snapshot::default();
    if let Some(celsius) = celsius {
        sample.temps.entry("tj").now_mc = celsius * 1000;
    }
    let name = if board.0.join("sys/devices/pwm-fan").exists() { "pwm-fan" } else { "pwmfan" };
    let fan = sample.fans.entry(name);
    (fan.pwm, fan.rpm) = (Some(pwm), rpm);
    sample
}

/// Taken, set again, handed back or undone: files and calls, to the last byte.
#[test]
fn ok_taken_and_put_back() {
    for (name, group, pwm, changes) in [
        ("orin-nx-r36", true, NX_PWM, &[(NX_PWM, "153")][..]),
        ("thor-r38", true, PWM, &[(PWM, "153")]),
        ("agx-orin-r36", false, PWM, &[(PWM, "153")]),
        ("xavier-nx-r35", false, PWM, &[(PWM, "153")]),
        ("container-r36", false, PWM, &[(PWM, "153")]),
        (
            "nano-r32",
            false,
            "sys/devices/pwm-fan/target_pwm",
            &[("sys/devices/pwm-fan/target_pwm", "153"), ("sys/devices/pwm-fan/temp_control", "0")],
        ),
    ] {
        let board = served(name, "taken");
        let state = ["var/lib/nvfancontrol", GROUP];
        let before = board.files(&[]);
        let most = board.files(&state);
        let old = board.text(pwm);
        let mut desk = Desk::open(board.root());
        let outcome = set(&mut desk, "fan", "60").unwrap();
        assert_eq!(outcome.new, "60", "{name}");
        let mut wanted: Vec<_> =
            changes.iter().map(|(path, text)| ((*path).to_owned(), Some((*text).to_owned()))).collect();
        if group {
            wanted.extend([(format!("{GROUP}/"), None), (format!("{GROUP}/cgroup.procs"), None)]);
        }
        assert_eq!(board.changed(&before), wanted, "{name}");
        assert!(desk.is_holding(), "{name}");
        let look = |desk: &Desk| (fan().look)(&desk.scene(Wishes::default())).unwrap().value;
        assert_eq!(look(&desk).as_deref(), Some("60"), "{name}");
        assert_eq!(steps(&mut desk, "fan", "60"), Ok(vec![]), "{name}: it is so already");
        // To another duty and back.
        assert_eq!(set(&mut desk, "fan", "80").unwrap().old, "60", "{name}");
        assert_eq!(board.text(pwm), "204", "{name}");
        desk.undo(&Which::Last, None).unwrap();
        desk.finish(Instant::now() + Duration::from_secs(20)).unwrap();
        assert_eq!((board.text(pwm).as_str(), look(&desk).as_deref()), ("153", Some("60")), "{name}");
        set(&mut desk, "fan", "80").unwrap();
        // And back to what it was.
        desk.restore(false, Duration::from_secs(20)).unwrap();
        assert!(!desk.is_holding() && desk.journal().records().is_empty(), "{name}");
        assert_eq!(board.text(pwm).trim(), old.trim(), "{name}");
        assert_eq!(board.0.join(GROUP).exists(), group, "{name}");
        let trimmed = |files: std::collections::BTreeMap<String, Vec<u8>>| -> Vec<_> {
            files.into_iter().map(|(name, bytes)| (name, bytes.trim_ascii().to_vec())).collect()
        };
        assert_eq!(trimmed(board.files(&state)), trimmed(most), "{name}");
        let calls = if group { "stop\nstart\n" } else { "" };
        let made = std::fs::read_to_string(board.0.join("run/calls")).unwrap_or_default();
        assert_eq!(made, calls, "{name}");
    }
}

#[test]
fn ok_handed_back_by_auto() {
    for (name, calls) in [
        ("orin-nx-r36", "stop\nstart\nis-active\n"),
        ("thor-r38", "stop\nstart\nis-active\n"),
        ("agx-orin-r36", "start\nis-active\n"),
        ("xavier-nx-r35", ""),
        ("container-r36", ""),
        ("nano-r32", ""),
        ("tx1-r32", ""),
    ] {
        let board = served(name, "auto");
        let mut desk = Desk::open(board.root());
        set(&mut desk, "fan", "60").unwrap();
        let outcome = set(&mut desk, "fan", "auto").unwrap();
        assert_eq!((outcome.old.as_str(), outcome.new.as_str()), ("60", "auto"), "{name}");
        assert!(!desk.is_holding() && desk.journal().records().is_empty(), "{name}");
        let made = std::fs::read_to_string(board.0.join("run/calls")).unwrap_or_default();
        assert_eq!(made, calls, "{name}");
        let control = board.0.join("sys/devices/pwm-fan/temp_control");
        assert!(!control.exists() || board.text("sys/devices/pwm-fan/temp_control").trim() == "1", "{name}");
    }
}

#[test]
fn ok_a_profile_and_back() {
    let board = served("orin-nx-r36", "profile");
    // As the vendor has it: a link to the table.
    let table = board.text("etc/nvfancontrol.conf").replace("DEFAULT_PROFILE quiet", "DEFAULT_PROFILE cool");
    board.remove("etc/nvfancontrol.conf");
    board.write("etc/nvpower/nvfancontrol/nvfancontrol_p3767_0000.conf", &table);
    let link = "/etc/nvpower/nvfancontrol/nvfancontrol_p3767_0000.conf";
    std::os::unix::fs::symlink(&link[5..], board.0.join("etc/nvfancontrol.conf")).unwrap();
    let before = board.files(&[GROUP]);
    let mut desk = Desk::open(board.root());
    let outcome = set(&mut desk, "fan", "quiet").unwrap();
    assert_eq!((outcome.old.as_str(), outcome.new.as_str()), ("cool", "quiet"));
    assert_eq!(board.text(&link[1..]), table.replace("PROFILE cool\n", "PROFILE quiet\n"));
    assert_eq!(board.text("var/lib/nvfancontrol/status"), "FAN1:FAN_PROFILE:quiet\n");
    assert_eq!(board.text("run/calls"), "stop\nstart\nis-active\n");
    assert_eq!(steps(&mut desk, "fan", "quiet"), Ok(vec![]));
    assert_eq!(steps(&mut desk, "fan", "auto"), Ok(vec![]));
    // It is the vendor's own, and stays at an end.
    desk.restore(false, Duration::from_secs(20)).unwrap();
    assert!(Desk::open(board.root()).recover().iter().all(|news| news.contains("can be undone")));
    assert_eq!(board.text("run/calls"), "stop\nstart\nis-active\n");
    desk.undo(&Which::Last, None).unwrap();
    desk.finish(Instant::now() + Duration::from_secs(20)).unwrap();
    assert_eq!(board.text("run/calls"), "stop\nstart\nis-active\nstop\nstart\n");
    assert_eq!(board.files(&[GROUP]), before);
    assert!(board.0.join(GROUP).exists());
    // From a duty that is held.
    set(&mut desk, "fan", "60").unwrap();
    set(&mut desk, "fan", "quiet").unwrap();
    assert!(!desk.is_holding() && board.0.join(GROUP).exists());
    assert!(desk.journal().records().iter().all(|record| !desk.journal().took_fan(record)));
}

#[test]
fn ok_and_err_profiles_of_nvpmodel() {
    let says = "echo \"$*\" >>\"$JETSONSCOPE_ROOT/run/calls\"\n";
    let sets = "printf 'pmode:0002 fmode:%s\\n' \"$2\" >\"$JETSONSCOPE_ROOT/var/lib/nvpmodel/status\"";
    for (script, wanted) in [
        (format!("{says}{sets}"), None),
        (format!("{says}exit 0"), Some("nvpmodel: was told to use fan profile cool and does not")),
        (
            format!("{says}echo 'no such mode' >&2; exit 234"),
            Some("nvpmodel: ended with status 234 \"no such mode\""),
        ),
    ] {
        let board = served("tx2-r32", "nvpmodel");
        board.tool("nvpmodel", &script);
        let mut desk = Desk::open(board.root());
        let found = set(&mut desk, "fan", "cool");
        assert_eq!(found.as_ref().err().map(|refusal| refusal.why.as_str()), wanted, "{script}");
        assert!(board.text("run/calls").starts_with("-d cool\n"));
        if found.is_ok() {
            assert_eq!(board.text("var/lib/nvpmodel/status").trim(), "pmode:0002 fmode:cool");
            desk.undo(&Which::Last, None).unwrap();
            desk.finish(Instant::now() + Duration::from_secs(20)).unwrap();
            assert_eq!(board.text("run/calls"), "-d cool\n-d quiet\n");
        }
        assert_eq!(board.text("var/lib/nvpmodel/status").trim(), "pmode:0002 fmode:quiet");
    }
}

/// The table is there and no control group in sight: the service is stopped, for it may run.
#[test]
fn ok_whether_the_service_runs_cannot_be_seen() {
    let board = served("orin-nx-r36", "unseen");
    board.remove("sys/fs/cgroup");
    let mut desk = Desk::open(board.root());
    let taken = set(&mut desk, "fan", "60").unwrap();
    assert_eq!(taken.steps[..2], [TAKE_NX[0], TAKE_NX[1]]);
    assert_eq!(taken.steps[2..], [TAKE_NX[3], TAKE_NX[4], "hold the fan at 60 %"]);
    assert!(!set(&mut desk, "fan", "70").unwrap().steps.concat().contains("systemctl"));
    board.remove("sys/fs/cgroup");
    let back = set(&mut desk, "fan", "auto").unwrap();
    let start = ["run systemctl start nvfancontrol.service", "run systemctl is-active nvfancontrol.service"];
    assert_eq!(back.steps[2..4], start);
    assert_eq!(board.text("run/calls"), "stop\nstart\nis-active\n");
}

#[test]
fn ok_several_fans() {
    let board = served("orin-nx-r36", "several");
    let second = "sys/class/hwmon/hwmon9";
    for (file, text) in
        [("name", "pwmfan\n"), ("pwm1", "20\n"), ("pwm1_enable", "2\n"), ("fan1_input", "900\n")]
    {
        board.write(&format!("{second}/{file}"), text);
    }
    let mut desk = Desk::open(board.root());
    let taken = set(&mut desk, "fan", "60").unwrap();
    assert_eq!(taken.steps[..5], TAKE_NX);
    let more = ["write /sys/class/hwmon/hwmon9/pwm1_enable 1", "write /sys/class/hwmon/hwmon9/pwm1 153"];
    assert_eq!(taken.steps[5..7], more);
    // One of them stands.
    let start = Instant::now();
    let mut seen = sample(&board, 153, Some(900), Some(50));
    let fan = seen.fans.entry("pwmfan#2");
    (fan.pwm, fan.rpm) = (Some(153), Some(0));
    desk.turn(Some(&seen), start);
    desk.turn(Some(&seen), start + Duration::from_secs(5));
    assert_eq!((board.text(NX_PWM).as_str(), board.text(&format!("{second}/pwm1")).as_str()), ("153", "255"));
    assert_eq!(desk.take_news(), ["fan: pwmfan#2 stands still at 60 %, full speed"]);
    desk.restore(false, Duration::from_secs(20)).unwrap();
    assert_eq!(board.text(&format!("{second}/pwm1")), "20");
    assert_eq!(board.text(&format!("{second}/pwm1_enable")), "2");
    assert_eq!(board.text(NX_PWM).trim(), "110");
}

/// A fan that Thor had switched off is not switched off again.
#[test]
fn ok_thor_is_never_switched_off() {
    let board = served("thor-r38", "off");
    let enable = format!("{PWM}_enable");
    board.write(&enable, "0\n");
    let mut desk = Desk::open(board.root());
    set(&mut desk, "fan", "60").unwrap();
    assert_eq!(board.text(&enable), "1");
    desk.undo(&Which::All, None).unwrap();
    let outcome = desk.finish(Instant::now() + Duration::from_secs(20)).unwrap();
    assert!(outcome.notes.iter().any(|note| note.ends_with("0 would stop the fan, and is not written")));
    assert_eq!(board.text(&enable), "1");
    board.write(&enable, "0\n");
    set(&mut desk, "fan", "60").unwrap();
    set(&mut desk, "fan", "auto").unwrap();
    assert_eq!(board.text(&enable), "1");
}

/// The program is gone without a word: the next one hands the fan back.
#[test]
fn ok_after_a_sudden_end() {
    for name in ["orin-nx-r36", "nano-r32", "agx-orin-r36"] {
        let board = served(name, "sudden");
        let before = board.files(&["var/lib/nvfancontrol", GROUP]);
        let runs = board.0.join(GROUP).exists();
        let mut desk = Desk::open(board.root());
        set(&mut desk, "fan", "60").unwrap();
        drop(desk);
        assert!(board.0.join(JOURNAL).exists() && !board.0.join(GROUP).exists(), "{name}");
        let mut desk = Desk::open(board.root());
        assert_eq!(desk.recover(), ["an earlier daemon ended without putting back what it held; doing so"]);
        desk.finish(Instant::now() + Duration::from_secs(20)).unwrap();
        let trim = |text: &Vec<u8>| text.trim_ascii().to_vec();
        let after = board.files(&["var/lib/nvfancontrol", GROUP]);
        assert!(
            after.iter().map(|(n, b)| (n, trim(b))).eq(before.iter().map(|(n, b)| (n, trim(b)))),
            "{name}"
        );
        assert_eq!(board.0.join(GROUP).exists(), runs, "{name}");
        assert!(!board.0.join(JOURNAL).exists(), "{name}");
    }
}
