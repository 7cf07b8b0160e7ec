//! On the live simulated tree.

use super::*;

/// The simulator at work in a directory; ended with the test.
struct Live(std::process::Child);

impl Live {
    fn start(board: &Board, name: &str) -> Live {
        use std::io::BufRead;
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_jetsonscope"));
        command.args([
            "simulate",
            "--board",
            name,
            "--scenario",
            "training",
            "--speed",
            "100",
            "--interval",
            "20",
        ]);
        command.arg("--dir").arg(&board.0).stdin(std::process::Stdio::null());
        let mut child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        std::io::BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Live(child)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The live tree: a fan that is taken cools, and after a sudden end its service has it again.
#[test]
fn ok_on_a_live_board() {
    for (name, pwm) in [
        ("orin-nano", "sys/devices/platform/pwm-fan/hwmon/hwmon5/pwm1"),
        ("nano", "sys/devices/pwm-fan/target_pwm"),
    ] {
        let board = Board::empty(&format!("live-{name}"));
        let live = Live::start(&board, name);
        std::fs::create_dir_all(board.0.join("run")).unwrap();
        let number = |path: &str| board.text(path).trim().parse::<i64>().unwrap_or(i64::MIN);
        let zones = board.root().names("sys/class/thermal");
        let hottest = || {
            let zones = zones.iter().filter(|zone| zone.starts_with("thermal_zone"));
            let zones =
                zones.filter(|zone| !board.text(&format!("sys/class/thermal/{zone}/type")).contains("PMIC"));
            zones.map(|zone| number(&format!("sys/class/thermal/{zone}/temp"))).max().unwrap()
        };
        let until = |what: &str, done: &mut dyn FnMut() -> bool| {
            let deadline = Instant::now() + Duration::from_secs(120);
            while !done() {
                assert!(Instant::now() < deadline, "{name}: {what}, {} mC at {}", hottest(), number(pwm));
                std::thread::sleep(Duration::from_millis(10));
            }
        };
        let mut desk = Desk::open(board.root());
        set(&mut desk, "fan", "30").unwrap();
        let mut highest = 0;
        let pause = Instant::now() + Duration::from_secs(3);
        until("it warms up", &mut || {
            highest = highest.max(hottest());
            Instant::now() > pause
        });
        set(&mut desk, "fan", "100").unwrap();
        until("a fan cools", &mut || number(pwm) == 255 && hottest() < highest - 3000);
        drop(desk);
        let is_automatic = || match name {
            "nano" => number("sys/devices/pwm-fan/temp_control") == 1,
            _ => board.0.join(GROUP).join("cgroup.procs").exists(),
        };
        assert!(!is_automatic(), "{name}");
        let mut desk = Desk::open(board.root());
        assert_eq!(desk.recover().len(), 1, "{name}");
        desk.finish(Instant::now() + Duration::from_secs(20)).unwrap();
        until("it is automatic again", &mut || is_automatic() && number(pwm) < 255);
        drop(live);
    }
}
