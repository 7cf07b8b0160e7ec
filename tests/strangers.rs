//! What strangers, odd surroundings and impatient people may not cause to changes.
#![cfg(all(feature = "daemon", feature = "cli", target_os = "linux"))]

#[allow(dead_code, reason = "other tests use the rest")]
mod daemon;

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

use daemon::{Daemon, OWN, SYSTEMCTL, command, line, soon, tool};
use nix::sys::signal::Signal;

const PWM: &str = "sys/devices/platform/pwm-fan/hwmon/hwmon1/pwm1";
const GROUP: &str = "sys/fs/cgroup/system.slice/nvfancontrol.service";
const STATUS: &str = "var/lib/nvpmodel/status";

fn start(name: &str, source: &str) -> Daemon {
    Daemon::prepared(name, &[], |command, directory| {
        tool(&directory.join("board"), "systemctl", SYSTEMCTL);
        command.args(["--source", source]);
    })
}

fn text(daemon: &Daemon, file: &str) -> String {
    fs::read_to_string(daemon.directory.join("board").join(file)).unwrap_or_default().trim().to_owned()
}

/// `jscopectl` without a daemon, under that umask.
fn ctl(directory: &Path, umask: &str, words: &str) -> Output {
    let mut shell = command("/bin/sh");
    shell.args(["-c", &format!("umask {umask}; exec \"$0\" jscopectl {words} --root \"$1\"")]);
    shell.arg(OWN).arg(directory.join("board")).output().unwrap()
}

/// Whatever umask the service manager or an administrator has, others may read what they could.
#[test]
fn files_keep_their_modes() {
    let directory = daemon::directory("umask", &[]);
    let file = directory.join("board/etc/jetsonscope/persist.conf");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for (umask, value, before, wanted) in
        [("077", "off", None, 0o644), ("077", "on", Some(0o664), 0o664), ("000", "off", Some(0o640), 0o640)]
    {
        if let Some(before) = before {
            fs::set_permissions(&file, fs::Permissions::from_mode(before)).unwrap();
        }
        let output = ctl(&directory, umask, &format!("set gpu_3d_scaling {value} --persist"));
        assert!(output.status.success(), "{output:?}");
        assert_eq!(mode(&file), wanted, "{umask}");
        assert_eq!(mode(file.parent().unwrap()), 0o755, "{umask}");
    }
    assert_eq!(mode(&directory.join("board/run/jetsonscope/undo")), 0o600);
    fs::remove_dir_all(directory).unwrap();
}

/// Who does not wait any longer leaves no half of a change.
#[test]
fn a_change_that_takes_too_long_is_taken_back() {
    let directory = daemon::directory("wait", &[]);
    let board = directory.join("board");
    let table = fs::read_to_string(board.join("etc/nvpmodel.conf")).unwrap();
    let table: Vec<&str> = table.lines().filter(|line| !line.contains("PG_MASK")).collect();
    fs::write(board.join("etc/nvpmodel.conf"), table.join("\n")).unwrap();
    let sets = "printf 'pmode:%04d\\n' \"$2\" >\"$JETSONSCOPE_ROOT/var/lib/nvpmodel/status\"";
    tool(&board, "nvpmodel", &format!("{sets}\n[ $2 = 0 ] || sleep 30"));
    let output = ctl(&directory, "022", "set nvpmodel 25W --wait 1");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(75), "{errors}");
    assert!(errors.contains("gave up waiting; taken back"), "{errors}");
    assert_eq!(fs::read_to_string(board.join(STATUS)).unwrap(), "pmode:0000\n");
    assert!(!board.join("run/jetsonscope/undo").exists());
    fs::remove_dir_all(directory).unwrap();
}

/// Samples of a log or of a command are not of this board: its fan follows its own zones.
#[test]
fn a_fan_follows_no_replayed_temperature() {
    let line = "RAM 1000/7620MB (lfb 4x4MB) CPU [1%@729] cpu@20C tj@20C";
    let daemon =
        start("replayed", &format!("command:sh -c 'while echo {}; do sleep 0.1; done'", quoted(line)));
    let reply = daemon.ask("{\"SetControl\":{\"control\":\"fan\",\"value\":\"10\"}}");
    assert_eq!(reply["ControlState"]["value"], "10", "{reply}");
    fs::write(daemon.directory.join("board/sys/class/thermal/thermal_zone0/temp"), "85000\n").unwrap();
    assert!(soon(8, || text(&daemon, PWM) == "77"), "{}: {}", text(&daemon, PWM), daemon.log());
}

fn quoted(text: &str) -> String {
    ["\"", text, "\""].concat()
}

/// Nobody writes a line of the log but the daemon: what a peer has chosen stands between quotes.
#[test]
fn nobody_forges_the_log() {
    let daemon = start("forged", "sysfs");
    let by = format!("by uid {} pid {}", nix::unistd::geteuid(), std::process::id());
    let (long, cut) = ("x".repeat(5000), "x".repeat(40));
    for (evil, shown) in [
        ("x result=ok", r#""x result=ok""#),
        ("x by uid 0 pid 1: done, on -> off", r#""x by uid 0 pid 1: done, on -> off""#),
        (r#"x" by uid 0 pid 1: done, "a" -> ""#, r#""x\" by uid 0 pid 1: done, \"a\" -> \"""#),
        (r#"\" by"#, r#""\\\" by""#),
        ("x\n<5>set \"fan\"", r#""x\n<5>set \"fan\"""#),
        ("x\r\u{1b}[2K\u{7}\0", r#""x\r\u{1b}[2K\u{7}\u{0}""#),
        ("\u{202e}ffo\u{2028}\u{9b}", r#""\u{202e}ffo\u{2028}\u{9b}""#),
        ("", r#""""#),
        (&long, &format!("\"{cut}\"...")),
    ] {
        let set = |control: &str, value: &str| {
            let asked = serde_json::json!({"SetControl": {"control": control, "value": value}});
            let reply = daemon.ask(&asked.to_string());
            assert_eq!(reply["Error"]["code"], "invalid_control", "{asked}: {reply}");
        };
        set(evil, "1");
        set("gpu_3d_scaling", evil);
        daemon.ask(&serde_json::json!({"Undo": {"control": evil}}).to_string());
        for wanted in [
            format!("set {shown} \"1\" {by}: no control {shown} (jscopectl list)"),
            format!("set \"gpu_3d_scaling\" {shown} {by}: gpu_3d_scaling: no such value {shown} (on or off)"),
            format!("undo {shown} {by}: undo: nothing to undo"),
        ] {
            let is_line = |line: &str| line.strip_prefix("jscoped: ") == Some(&wanted);
            let said = || daemon.log().lines().any(is_line);
            assert!(soon(5, said), "{evil:?}: {wanted}\n{}", daemon.log());
        }
        assert!(!daemon.log().contains(|c: char| c.is_control() && c != '\n'), "{evil:?}");
    }
}

/// What an earlier daemon has left is put back before anybody is served, not when the source is ready.
#[test]
fn a_fan_that_was_left_waits_for_no_source() {
    let mut daemon = start("left", "sysfs");
    let reply = daemon.ask("{\"SetControl\":{\"control\":\"fan\",\"value\":\"60\"}}");
    assert_eq!(reply["ControlState"]["value"], "60", "{reply}");
    daemon.signal(Signal::SIGKILL);
    daemon.child.wait().unwrap();
    let mut next = command(OWN);
    next.args(daemon::words(&daemon.directory)).args(["--source", "command:sleep 60", "--interval", "3000"]);
    daemon.child = next.stderr(fs::File::create(daemon.directory.join("log")).unwrap()).spawn().unwrap();
    daemon.wait();
    assert!(soon(4, || daemon.directory.join("board").join(GROUP).exists()), "{}", daemon.log());
}

/// To look at all controls takes a while; who asks again and again gets what was found just now.
#[test]
fn many_lists_of_controls_hold_nobody_up() {
    let daemon = start("lists", "sysfs");
    let mut peers: Vec<_> = (0..32).map(|_| daemon.connect()).collect();
    let begin = Instant::now();
    for peer in &mut peers {
        peer.write_all("\"ListControls\"\n".repeat(16).as_bytes()).unwrap();
    }
    let mut other = daemon.connect();
    other.write_all(b"\"Ping\"\n").unwrap();
    assert!(line(&mut other).starts_with(b"{\"Pong\""));
    let taken = begin.elapsed();
    println!("a ping behind 512 lists of controls: {taken:?}");
    assert!(taken < Duration::from_millis(400), "{taken:?}");
}

/// The same of processes, which are sampled once for all who ask: counted by the daemon's reads.
#[test]
fn many_lists_of_processes_are_one_look() {
    let daemon = start("processes", "sysfs");
    let proc = daemon.directory.join("board/proc");
    let stat = |pid: u32| {
        let zeros = " 0".repeat(30);
        format!("{pid} (x) S 1 1 1 0 -1 0 0 0 0 0 5 5 0 0 20 0 1 0 100 1000 10{zeros}\n")
    };
    for pid in 10_000..10_300 {
        fs::create_dir_all(proc.join(pid.to_string())).unwrap();
        fs::write(proc.join(format!("{pid}/stat")), stat(pid)).unwrap();
    }
    let reads = || {
        let text = fs::read_to_string(format!("/proc/{}/io", daemon.child.id())).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("syscr: ")).unwrap();
        line.parse::<u64>().unwrap()
    };
    let request = b"{\"GetProcesses\":{\"limit\":5}}\n";
    let reply = daemon.ask("{\"GetProcesses\":{\"limit\":5}}");
    assert!(reply["Processes"]["total"].as_u64().unwrap() >= 300, "{reply}");
    std::thread::sleep(Duration::from_millis(150));
    let mut peers: Vec<_> = (0..16).map(|_| daemon.connect()).collect();
    let (begin, before) = (Instant::now(), reads());
    for peer in &mut peers {
        peer.write_all(&request.repeat(4)).unwrap();
    }
    for peer in &mut peers {
        (0..4).for_each(|_| assert!(line(peer).starts_with(b"{\"Processes\"")));
    }
    let (taken, looks) = (begin.elapsed(), (reads() - before) / 300);
    println!("64 lists of processes: {looks} looks in {taken:?}");
    // One for each moment and each sample, ten of them a second.
    let most = 2 + 2 * taken.as_millis() as u64 / 100;
    assert!(looks >= 1 && looks <= most, "{looks} looks in {taken:?}");
}
