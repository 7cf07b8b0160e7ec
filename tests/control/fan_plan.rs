//! The steps of each change on each board, and refusals, which leave nothing.

use super::*;

pub const TAKE_NX: [&str; 5] = [
    "note that an undo starts nvfancontrol.service",
    "run systemctl stop nvfancontrol.service",
    "wait until /sys/fs/cgroup/system.slice/nvfancontrol.service is gone",
    "write /sys/class/hwmon/hwmon1/pwm1_enable 1",
    "write /sys/class/hwmon/hwmon1/pwm1 153",
];

#[test]
fn ok_steps_by_board() {
    let with = |steps: &[&'static str], more: &[&'static str]| [steps, more].concat();
    let profile = [
        "note that an undo starts nvfancontrol.service",
        "run systemctl stop nvfancontrol.service",
        "wait until /sys/fs/cgroup/system.slice/nvfancontrol.service is gone",
        "replace /etc/nvfancontrol.conf (455 bytes)",
        "remove /var/lib/nvfancontrol/status",
        "note that an undo stops nvfancontrol.service",
        "run systemctl start nvfancontrol.service",
        "wait until /sys/fs/cgroup/system.slice/nvfancontrol.service is there",
        "run systemctl is-active nvfancontrol.service",
    ];
    // The state says cool, the table quiet, which is to win.
    let quiet = [&profile[..3], &profile[4..]].concat();
    let rows: &[(&str, &str, Vec<&str>)] = &[
        ("orin-nx-r36", "60", with(&TAKE_NX, &["hold the fan at 60 %"])),
        ("orin-nx-r36", " 60% ", with(&TAKE_NX, &["hold the fan at 60 %"])),
        ("orin-nx-r36", "curve flat", with(&TAKE_NX, &["hold the fan on curve flat"])),
        ("orin-nx-r36", "auto", vec![]),
        ("orin-nx-r36", "cool", vec![]),
        ("orin-nx-r36", "QUIET", quiet.clone()),
        ("thor-r38", "cool", profile.to_vec()),
        (
            "thor-r38",
            "0",
            vec![
                TAKE_NX[0],
                TAKE_NX[1],
                TAKE_NX[2],
                "write /sys/class/hwmon/hwmon0/pwm1_enable 1",
                "write /sys/class/hwmon/hwmon0/pwm1 0",
                "hold the fan at 0 %",
            ],
        ),
        (
            "agx-orin-r36",
            "80",
            vec![
                "write /sys/class/hwmon/hwmon0/pwm1_enable 1",
                "note that /sys/class/hwmon/hwmon0/pwm1 is 204",
                "hold the fan at 80 %",
            ],
        ),
        (
            "agx-orin-r36",
            "auto",
            vec![
                "release the fan",
                "run systemctl start nvfancontrol.service",
                "wait until /sys/fs/cgroup/system.slice/nvfancontrol.service is there",
                "run systemctl is-active nvfancontrol.service",
                "forget the undo of fan",
            ],
        ),
        (
            "nano-r32",
            "50",
            vec![
                "write /sys/devices/pwm-fan/temp_control 0",
                "write /sys/devices/pwm-fan/target_pwm 128",
                "hold the fan at 50 %",
            ],
        ),
        ("nano-r32", "auto", vec![]),
        (
            "tx1-r32",
            "auto",
            vec!["release the fan", "write /sys/devices/pwm-fan/temp_control 1", "forget the undo of fan"],
        ),
        (
            "tx2-r32",
            "cool",
            vec![
                "note that an undo sets fan quiet",
                "run nvpmodel -d cool",
                "wait until /var/lib/nvpmodel/status is pmode:0002 fmode:cool",
            ],
        ),
        ("xavier-nx-r35", "100", vec!["write /sys/class/hwmon/hwmon0/pwm1 255", "hold the fan at 100 %"]),
        ("xavier-nx-r35", "auto", vec![]),
        (
            "container-r36",
            "60",
            vec![
                "write /sys/class/hwmon/hwmon0/pwm1_enable 1",
                "write /sys/class/hwmon/hwmon0/pwm1 153",
                "hold the fan at 60 %",
            ],
        ),
    ];
    for (name, value, wanted) in rows {
        let board = served(name, "steps");
        board.tool("nvpmodel", "exit 1");
        board.write("usr/share/jetsonscope/curves/flat.conf", "points = 20:60 90:60\n");
        let before = board.files(&[]);
        let found = steps(&mut Desk::open(board.root()), "fan", value);
        assert_eq!(found, Ok(wanted.iter().map(|line| (*line).to_owned()).collect()), "{name} {value}");
        assert_eq!(board.changed(&before), [], "{name} {value}");
    }
}

#[test]
fn err_refusals_leave_nothing() {
    let takes =
        "(0-100, auto, quiet, cool, curve balanced, curve broken, curve cold, curve gone, curve silent)";
    let rows: &[(&str, &str, i32, &str)] = &[
        ("orin-nx-r36", "101", 50, &format!("Invalid fan: no such value \"101\" {takes}")),
        ("orin-nx-r36", "-1", 50, "Invalid fan: no such value \"-1\""),
        ("orin-nx-r36", "", 50, "Invalid fan: no such value \"\""),
        ("orin-nx-r36", "6 0", 50, "Invalid fan: no such value \"6 0\""),
        ("orin-nx-r36", "fast\n", 50, "Invalid fan: no such value \"fast\""),
        ("orin-nx-r36", "curve ", 50, "Invalid fan: no such value \"curve\""),
        ("orin-nx-r36", "curve nobody", 50, "Invalid fan: curve \"nobody\": no such curve"),
        ("orin-nx-r36", "curve ../x", 50, "Invalid fan: curve \"../x\": no such curve"),
        (
            "orin-nx-r36",
            "curve broken",
            50,
            "Invalid fan: /usr/share/jetsonscope/curves/broken.conf:2: points: bad value \"40:20 80:0\"",
        ),
        ("orin-nx-r36", "curve gone", 50, "Conflict fan: curve gone: this board has no zone \"attic\""),
        ("orin-nx-r36", "20", 78, "Conflict fan: 20 % is too little at 78 C (at least 30 % above 70 C)"),
        ("orin-nx-r36", "0", 71, "Conflict fan: 0 % is too little at 71 C (at least 30 % above 70 C)"),
        ("thor-r38", "29", 90, "Conflict fan: 29 % is too little at 90 C (at least 30 % above 70 C)"),
        ("nano-r32", "0", 90, "Conflict fan: 0 % is too little at 90 C (at least 30 % above 70 C)"),
        (
            "nano-r32",
            "quiet",
            50,
            "Invalid fan: no such value \"quiet\" (0-100, auto, curve balanced, curve broken, curve cold, curve gone, curve silent)",
        ),
        ("container-r36", "auto", 50, "Unsupported fan: nothing here would set it"),
        ("container-r36", "quiet", 50, "Invalid fan: no such value \"quiet\""),
        ("no-ina3221", "50", 50, "Unsupported fan: this board has none that can be set"),
        ("no-ina3221", "auto", 50, "Unsupported fan: this board has none that can be set"),
        ("pc", "50", 50, "Unsupported fan: this is no Jetson"),
    ];
    for (name, value, celsius, wanted) in rows {
        let board = served(name, "refused");
        board.write("usr/share/jetsonscope/curves/broken.conf", "# mine\npoints = 40:20 80:0\n");
        board.write("usr/share/jetsonscope/curves/gone.conf", "points = 40:20 80:90\nzones = attic\n");
        heat(&board, *celsius);
        let before = board.files(&[]);
        let mut desk = Desk::open(board.root());
        let refusal = set(&mut desk, "fan", value).expect_err(&format!("{name} {value:?}"));
        let found = format!("{:?} {}", refusal.kind, refusal.why);
        assert!(found.starts_with(wanted), "{name} {value:?}: {found}");
        assert_eq!((board.changed(&before), desk.is_holding()), (vec![], false), "{name} {value:?}");
        assert!(!board.0.join("run/jetsonscope/undo").exists() && !board.0.join("run/calls").exists());
    }
}

#[test]
fn err_what_is_missing() {
    let unattended = Wishes::default();
    for (name, value, gone, wishes, wanted) in [
        (
            "orin-nx-r36",
            "60",
            "",
            unattended,
            "fan: needs the daemon, which hands the fan back (start jscoped)",
        ),
        (
            "nano-r32",
            "curve flat",
            "",
            unattended,
            "fan: needs the daemon, which hands the fan back (start jscoped)",
        ),
        (
            "orin-nx-r36",
            "60",
            "usr/sbin/systemctl",
            change("", "").wishes,
            "fan: nvfancontrol runs and would set it again (there is no systemctl to stop it)",
        ),
        (
            "orin-nx-r36",
            "quiet",
            "usr/sbin/systemctl",
            unattended,
            "fan: there is no systemctl to choose a profile with",
        ),
        ("tx2-r32", "cool", "", unattended, "fan: there is no nvpmodel to choose a profile with"),
        (
            "agx-orin-r36",
            "auto",
            "usr/sbin/systemctl",
            unattended,
            "fan: nvfancontrol does not run (there is no systemctl to start it)",
        ),
        (
            "orin-nx-r36",
            "20",
            "sys/class/thermal",
            change("", "").wishes,
            "fan: 20 % is too little where no temperature can be read (at least 30 %)",
        ),
    ] {
        let board = served(name, "missing");
        board.write("usr/share/jetsonscope/curves/flat.conf", "points = 20:60 90:60\n");
        board.remove(if gone.is_empty() { "nothing" } else { gone });
        let before = board.files(&[]);
        let asked = jetsonscope::control::desk::Change { wishes, ..change("fan", value) };
        let found = Desk::open(board.root()).set(asked, None, Instant::now());
        assert_eq!(found.expect_err(name).why, wanted, "{name} {value}");
        assert_eq!(board.changed(&before), [], "{name} {value}");
    }
}

#[test]
fn ok_what_it_is_and_may_be() {
    let curves = ["curve balanced", "curve cold", "curve own", "curve silent"];
    for (name, value, options) in [
        ("orin-nx-r36", Some("cool"), &["auto", "quiet", "cool"][..]),
        ("orin-nano-r36-super", Some("quiet"), &["auto", "quiet", "cool"]),
        ("agx-orin-r36", Some("80"), &["auto", "quiet", "cool"]),
        ("thor-r38", Some("quiet"), &["auto", "quiet", "cool"]),
        ("nano-r32", Some("auto"), &["auto"]),
        ("tx1-r32", Some("100"), &["auto"]),
        ("tx2-r32", Some("quiet"), &["auto", "quiet", "cool"]),
        ("xavier-nx-r35", Some("auto"), &["auto"]),
        ("container-r36", None, &["auto"]),
    ] {
        let board = Board::copy(name, "look");
        if name != "container-r36" {
            board.write("etc/jetsonscope/curves/own.conf", "");
        }
        board.write("usr/share/jetsonscope/curves/own.conf", "");
        board.write("usr/share/jetsonscope/curves/balanced.conf", "");
        let desk = Desk::open(board.root());
        let range = (fan().look)(&desk.scene(Wishes::default())).unwrap();
        assert_eq!(range.value.as_deref(), value, "{name}");
        assert_eq!(range.options, [options, &curves].concat(), "{name}");
        assert_eq!(range.bounds, Some((0, 100)), "{name}");
    }
}
