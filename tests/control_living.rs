//! The controls of the clocks on a simulated board that lives: it takes what is written, follows it, and
//! is itself again after an undo.
#![cfg(all(feature = "daemon", feature = "emulator"))]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use jetsonscope::control::desk::{Change, Desk, Outcome, Which};
use jetsonscope::control::{self, Refusal, Wishes};
use jetsonscope::root::Root;

const LONG: Duration = Duration::from_secs(20);

/// A board at work, ended with the test.
struct Living {
    child: Child,
    path: PathBuf,
}

impl Living {
    fn start(board: &str) -> Living {
        let path = std::env::temp_dir().join(format!("jetsonscope-living-{board}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        let mut command = Command::new(env!("CARGO_BIN_EXE_jetsonscope"));
        command.args(["simulate", "--board", board, "--scenario", "training"]);
        command.args(["--interval", "20", "--speed", "10", "--dir"]).arg(&path);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Living { child, path }
    }

    fn number(&self, file: &str) -> i64 {
        let text = fs::read_to_string(self.path.join(file)).unwrap_or_default();
        text.trim().parse().unwrap_or(-1)
    }
}

impl Drop for Living {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn set(desk: &mut Desk, control: &str, value: &str) -> Result<Outcome, Refusal> {
    let change = Change { control: control.to_owned(), value: value.to_owned(), ..Change::default() };
    match desk.set(change, None, Instant::now())? {
        Some(outcome) => Ok(outcome),
        None => desk.finish(Instant::now() + LONG),
    }
}

fn value(desk: &Desk, name: &str) -> Option<String> {
    let scene = desk.scene(Wishes::default());
    (control::named(name)?.look)(&scene).ok()?.value
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + LONG;
    while !done() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

const POLICY: &str = "sys/devices/system/cpu/cpufreq/policy0";

fn gpu(board: &Path) -> String {
    let root = Root::at(board);
    let mut names = root.names("sys/class/devfreq");
    names.retain(|name| name.contains("gpu-gpc") || name.contains('.'));
    format!("sys/class/devfreq/{}", names[0])
}

#[test]
fn ok_boards_follow_and_come_back() {
    for name in ["nano", "orin-nano", "thor"] {
        let board = Living::start(name);
        let mut desk = Desk::open(Root::at(&board.path));
        let gpu = gpu(&board.path);
        let controls = ["cpu_governor", "cpu_min_freq", "cpu_max_freq", "gpu_max_freq", "cpu_cores", "emc"];
        let before: Vec<_> = controls.map(|control| value(&desk, control)).to_vec();

        let done = |desk: &mut Desk, control: &str, value: &str| {
            let outcome = set(desk, control, value);
            outcome.unwrap_or_else(|refusal| panic!("{name}: {refusal}"))
        };
        done(&mut desk, "cpu_governor", "performance");
        done(&mut desk, "cpu_min_freq", "min");
        let lowest: i64 = done(&mut desk, "cpu_max_freq", "min").new.parse().unwrap();
        until("the cores follow", || board.number(&format!("{POLICY}/scaling_cur_freq")) <= lowest);
        done(&mut desk, "gpu_min_freq", "min");
        let lowest: i64 = done(&mut desk, "gpu_max_freq", "min").new.parse().unwrap();
        until("the GPU follows", || board.number(&format!("{gpu}/cur_freq")) / 1000 <= lowest);
        done(&mut desk, "cpu_cores", "0-1");
        until("cores are off", || value(&desk, "cpu_cores").as_deref() == Some("0-1"));
        if value(&desk, "emc").is_some() {
            let scene = desk.scene(Wishes::default());
            let (least, most) = (control::named("emc").unwrap().look)(&scene).unwrap().bounds.unwrap();
            assert!(least < most);
            done(&mut desk, "emc", &most.to_string());
            assert_eq!(value(&desk, "emc"), Some(most.to_string()), "{name}");
            done(&mut desk, "emc", "auto");
        }
        desk.undo(&Which::All, None).unwrap();
        desk.finish(Instant::now() + LONG).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
        let after = || controls.map(|control| value(&desk, control)).to_vec();
        until(&format!("{name}: all is as it was, {before:?}"), || before == after());
    }
}
