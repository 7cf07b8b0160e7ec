//! Changes that are asked of a daemon: what the log says of them, what is taken back and when, and what
//! they cost those who only read.
#![cfg(all(feature = "daemon", feature = "cli", target_os = "linux"))]

#[allow(dead_code, reason = "other tests use the rest")]
mod daemon;

use std::fs;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use daemon::{Daemon, SYSTEMCTL, command, line, soon, tool};
use nix::sys::signal::Signal;
use serde_json::Value;

const OWN: &str = env!("CARGO_BIN_EXE_jetsonscope");
const PWM: &str = "sys/devices/platform/pwm-fan/hwmon/hwmon1/pwm1";
const SCALING: &str = "{\"SetControl\":{\"control\":\"gpu_3d_scaling\",\"value\":\"off\"}}";

/// nvpmodel that sets the mode after so many seconds.
fn nvpmodel(seconds: u32) -> String {
    format!("sleep {seconds}\nprintf 'pmode:%04d\\n' \"$2\" >\"$JETSONSCOPE_ROOT/var/lib/nvpmodel/status\"")
}

fn start(name: &str, settings: &[&str]) -> Daemon {
    Daemon::prepared(name, settings, |command, directory| {
        let board = directory.join("board");
        tool(&board, "systemctl", SYSTEMCTL);
        tool(&board, "nvpmodel", &nvpmodel(0));
        fs::create_dir_all(board.join("proc/sys/kernel/random")).unwrap();
        fs::write(board.join("proc/sys/kernel/random/boot_id"), "0f1e2d3c\n").unwrap();
        command.args(["--source", "sysfs"]);
    })
}

fn text(daemon: &Daemon, file: &str) -> String {
    let path = daemon.directory.join("board").join(file);
    fs::read_to_string(path).unwrap_or_default().trim().to_owned()
}

fn value(daemon: &Daemon, control: &str) -> Value {
    let controls = daemon.ask("\"ListControls\"");
    let control = controls["Controls"].as_array().unwrap().iter().find(|own| own["name"] == control).cloned();
    control.unwrap()["value"].clone()
}

fn runs(daemon: &Daemon) -> bool {
    daemon.directory.join("board/sys/fs/cgroup/system.slice/nvfancontrol.service").exists()
}

fn set(control: &str, value: &str, more: &str) -> String {
    format!("{{\"SetControl\":{{\"control\":\"{control}\",\"value\":\"{value}\"{more}}}}}")
}

#[test]
fn each_request_is_in_the_log_with_who_asked() {
    let mut daemon = start("audit", &[]);
    let own = format!("by uid {} pid {}", nix::unistd::geteuid(), std::process::id());
    for (request, code, logged) in [
        (SCALING.to_owned(), "", format!(r#"set "gpu_3d_scaling" "off" {own}: done, "on" -> "off""#)),
        (SCALING.to_owned(), "", format!(r#"set "gpu_3d_scaling" "off" {own}: done, "off" -> "off""#)),
        (set("gpu_3d_scaling", "maybe", ""), "invalid_control", "no such value \"maybe\"".to_owned()),
        (set("nobody", "1", ""), "invalid_control", "no control \"nobody\"".to_owned()),
        (set("fan", "50", ",\"dry_run\":true"), "", format!(r#"set "fan" "50" {own}: only planned"#)),
        ("{\"Undo\":null}".to_owned(), "", format!("undo the last change {own}: done")),
        ("{\"Undo\":null}".to_owned(), "unsupported", "nothing to undo".to_owned()),
        ("{\"Confirm\":null}".to_owned(), "unsupported", "nothing waits to be confirmed".to_owned()),
        ("{\"Forget\":null}".to_owned(), "unsupported", "nothing is kept".to_owned()),
    ] {
        let reply = daemon.ask(&request);
        assert_eq!(reply["Error"]["code"].as_str().unwrap_or_default(), code, "{request}: {reply}");
        assert_eq!(reply["ControlState"].is_object(), code.is_empty(), "{request}: {reply}");
        assert!(soon(5, || daemon.log().contains(&logged)), "{request}: {logged}: {}", daemon.log());
    }
    assert_eq!(value(&daemon, "gpu_3d_scaling"), "on");
    let changes = &daemon.ask("\"GetHealth\"")["Health"]["changes"];
    assert_eq!(changes.to_string(), r#"{"done":1,"failed":0,"refused":2,"undone":1}"#);
    assert_eq!(daemon.end(), Some(0));
}

/// What one request of a hundred takes longer than.
fn p99(readers: &mut [UnixStream], span: Duration) -> Duration {
    let (begin, mut taken) = (Instant::now(), Vec::new());
    while begin.elapsed() < span {
        for reader in &mut *readers {
            let asked = Instant::now();
            reader.write_all(b"\"GetStats\"\n").unwrap();
            assert!(line(reader).starts_with(b"{\"Stats\""));
            taken.push(asked.elapsed());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    taken.sort();
    taken[taken.len() * 99 / 100]
}

/// A tool that takes ten seconds delays no reader, and nobody else may change anything meanwhile.
#[test]
fn a_slow_tool_delays_nobody() {
    let daemon = start("slow", &["max_clients = 64"]);
    let board = daemon.directory.join("board");
    tool(&board, "nvpmodel", &nvpmodel(10));
    // Without masks of the GPU, no mode needs a reboot.
    let table = fs::read_to_string(board.join("etc/nvpmodel.conf")).unwrap();
    let table: Vec<&str> = table.lines().filter(|line| !line.contains("PG_MASK")).collect();
    fs::write(board.join("etc/nvpmodel.conf"), table.join("\n")).unwrap();
    let mut readers: Vec<UnixStream> = (0..16).map(|_| daemon.connect()).collect();
    let before = p99(&mut readers, Duration::from_secs(2));
    let mut asker = daemon.connect();
    asker.set_read_timeout(Some(Duration::from_secs(40))).unwrap();
    let begin = Instant::now();
    asker.write_all((set("nvpmodel", "25W", "") + "\n").as_bytes()).unwrap();
    if !soon(5, || daemon.ask(SCALING)["Error"]["code"] == "busy") {
        panic!("{}", String::from_utf8_lossy(&line(&mut asker)));
    }
    let during = p99(&mut readers, Duration::from_secs(4));
    println!("p99 of 16 readers: {before:?} before, {during:?} beside the tool");
    // A busy machine is as slow without the tool.
    assert!(during < Duration::from_millis(5).max(before * 3), "{during:?}, {before:?} before");
    assert_eq!(daemon.ask(SCALING)["Error"]["code"], "busy");
    // Others' requests behind the slow one on the same connection wait for their turn.
    asker.write_all(b"\"Ping\"\n").unwrap();
    let reply: Value = serde_json::from_slice(&line(&mut asker)).unwrap();
    // The stand-in writes the mode and no limits, which is found out and taken back.
    assert!(begin.elapsed() >= Duration::from_secs(10), "{reply}");
    assert!(reply["ControlState"].is_object() || reply["Error"]["code"] == "control_error", "{reply}");
    assert!(line(&mut asker).starts_with(b"{\"Pong\""));
}

#[test]
fn what_is_not_confirmed_is_taken_back() {
    let daemon = start("confirm", &[]);
    let request = set("gpu_3d_scaling", "off", ",\"confirm_s\":1");
    assert_eq!(daemon.ask(&request)["ControlState"]["confirm_s"], 1);
    assert_eq!(value(&daemon, "gpu_3d_scaling"), "off");
    assert_eq!(daemon.ask(&set("gpu_3d_scaling", "off", ""))["Error"]["code"], "busy");
    assert!(soon(5, || value(&daemon, "gpu_3d_scaling") == "on"), "{}", daemon.log());
    assert!(daemon.ask(&set("gpu_3d_scaling", "off", ",\"confirm_s\":60"))["ControlState"].is_object());
    assert_eq!(daemon.ask("{\"Confirm\":null}")["ControlState"]["control"], "confirm");
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(value(&daemon, "gpu_3d_scaling"), "off");
    // Once confirmed, it can be undone as any other.
    assert!(daemon.ask("{\"Undo\":{\"control\":\"gpu_3d_scaling\"}}")["ControlState"].is_object());
    assert_eq!(value(&daemon, "gpu_3d_scaling"), "on");
}

#[test]
fn an_asker_that_goes_away_changes_nothing_of_it() {
    let daemon = start("gone", &[]);
    tool(&daemon.directory.join("board"), "systemctl", &["sleep 1", SYSTEMCTL].concat());
    let mut asker = daemon.connect();
    asker.write_all((set("fan", "60", "") + "\n").as_bytes()).unwrap();
    assert!(soon(5, || daemon.ask(SCALING)["Error"]["code"] == "busy"));
    drop(asker);
    assert!(soon(10, || text(&daemon, PWM) == "153"), "{}", daemon.log());
    assert!(soon(5, || daemon.log().contains(r#": asker gone, done, "#)), "{}", daemon.log());
    daemon.assert_answers("after the asker went away");
}

#[test]
fn a_held_fan_is_given_back_at_the_end() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut daemon = start(&format!("held-{signal}"), &[]);
        let before = text(&daemon, PWM);
        assert_eq!(daemon.ask(&set("fan", "60", ""))["ControlState"]["value"], "60", "{}", daemon.log());
        assert!(!runs(&daemon) && text(&daemon, PWM) == "153");
        daemon.signal(signal);
        assert_eq!(daemon.child.wait().unwrap().code(), Some(0));
        assert!(runs(&daemon), "{signal}: {}", daemon.log());
        assert_eq!(text(&daemon, PWM), before, "{signal}");
        assert!(!daemon.directory.join("board/run/jetsonscope/undo").exists());
    }
}

/// kill -9 with the fan held: `--restore`, as the unit runs it, and the next start both bring the
/// vendor's service back.
#[test]
fn a_killed_daemon_leaves_nothing_held() {
    for by_restore in [true, false] {
        let mut daemon = start(&format!("killed-{by_restore}"), &[]);
        assert!(daemon.ask(&set("fan", "60", ""))["ControlState"].is_object());
        assert!(daemon.ask(SCALING)["ControlState"].is_object());
        daemon.signal(Signal::SIGKILL);
        daemon.child.wait().unwrap();
        assert!(!runs(&daemon) && text(&daemon, PWM) == "153");
        let mut words = daemon::words(&daemon.directory);
        if by_restore {
            let mut restore = command(OWN);
            let output = restore.args(&words).arg("--restore").output().unwrap();
            assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        } else {
            let mut second = command(OWN);
            words.extend(["--source".to_owned(), "sysfs".to_owned()]);
            second.args(&words).stderr(fs::File::create(daemon.directory.join("log")).unwrap());
            daemon.child = second.spawn().unwrap();
            daemon.wait();
            assert!(soon(5, || daemon.log().contains("ended without putting back")), "{}", daemon.log());
        }
        assert!(soon(5, || runs(&daemon)), "{}", daemon.log());
        let undo = || text(&daemon, "run/jetsonscope/undo");
        assert!(soon(5, || undo().contains("gpu_3d_scaling") && !undo().contains("\tfan\t")), "{}", undo());
        if !by_restore {
            // What nobody has to look after stays, and can still be undone.
            assert_eq!(value(&daemon, "gpu_3d_scaling"), "off");
            assert!(daemon.ask("{\"Undo\":{\"all\":true}}")["ControlState"].is_object());
            assert_eq!(value(&daemon, "gpu_3d_scaling"), "on");
        }
    }
}

#[test]
fn a_journal_of_another_boot_is_discarded() {
    let mut daemon = start("boot", &["restore_on_exit = no"]);
    assert!(daemon.ask(SCALING)["ControlState"].is_object());
    daemon.signal(Signal::SIGKILL);
    daemon.child.wait().unwrap();
    let board = daemon.directory.join("board");
    fs::write(board.join("proc/sys/kernel/random/boot_id"), "another\n").unwrap();
    let mut second = command(OWN);
    second.args(daemon::words(&daemon.directory)).args(["--source", "sysfs"]);
    daemon.child = second.stderr(fs::File::create(daemon.directory.join("log")).unwrap()).spawn().unwrap();
    daemon.wait();
    assert!(soon(5, || daemon.log().contains("journal of an earlier boot discarded")), "{}", daemon.log());
    assert_eq!(daemon.ask("{\"Undo\":null}")["Error"]["code"], "unsupported");
    assert_eq!(value(&daemon, "gpu_3d_scaling"), "off", "it is not ours any more");
}

#[test]
fn everything_is_put_back_at_the_end_where_the_configuration_says_so() {
    for (setting, wanted) in [("restore_on_exit = yes", "1"), ("restore_on_exit = no", "0")] {
        let mut daemon = start(&format!("restore{wanted}"), &[setting]);
        let scaling = |daemon: &Daemon| {
            let found = value(daemon, "gpu_3d_scaling");
            found.as_str().unwrap().to_owned()
        };
        assert!(daemon.ask(SCALING)["ControlState"].is_object());
        assert_eq!(scaling(&daemon), "off");
        assert_eq!(daemon.end(), Some(0));
        let list = command(OWN)
            .args(["jscopectl", "list", "--json", "--root"])
            .arg(daemon.directory.join("board"))
            .output()
            .unwrap();
        let list: Value = serde_json::from_slice(&list.stdout).unwrap();
        let found = list["Controls"].as_array().unwrap().iter().find(|own| own["name"] == "gpu_3d_scaling");
        assert_eq!(found.unwrap()["value"] == "on", wanted == "1", "{setting}");
    }
}

#[test]
fn what_is_kept_is_set_at_the_next_start() {
    let mut daemon = start("kept", &[]);
    let reply = daemon.ask(&set("gpu_3d_scaling", "off", ",\"persist\":true"));
    assert!(reply["ControlState"].is_object(), "{reply}");
    let kept = text(&daemon, "etc/jetsonscope/persist.conf");
    assert!(kept.contains("board = p3767-0000") && kept.contains("gpu_3d_scaling = off"), "{kept}");
    assert!(daemon.ask("{\"Undo\":null}")["ControlState"].is_object());
    assert_eq!(value(&daemon, "gpu_3d_scaling"), "on");
    let again = |daemon: &mut Daemon, source: &str| {
        daemon.end();
        let mut next = command(OWN);
        next.args(daemon::words(&daemon.directory)).args(["--source", source]);
        daemon.child = next.stderr(fs::File::create(daemon.directory.join("log")).unwrap()).spawn().unwrap();
        daemon.wait();
    };
    again(&mut daemon, "sysfs");
    assert!(soon(5, || value(&daemon, "gpu_3d_scaling") == "off"), "{}", daemon.log());
    assert!(soon(5, || daemon.log().contains("as at each start: done")), "{}", daemon.log());
    // A wish for another board, and one that the board does not have.
    let path = daemon.directory.join("board/etc/jetsonscope/persist.conf");
    fs::write(&path, "board = p3701-0000\ngpu_3d_scaling = on\n").unwrap();
    again(&mut daemon, "sysfs");
    assert!(soon(5, || daemon.log().contains("is for board \"p3701-0000\"")), "{}", daemon.log());
    assert_eq!(value(&daemon, "gpu_3d_scaling"), "off");
    fs::write(&path, "board = p3767-0000\nnobody = 1\ngpu_3d_scaling = on\n").unwrap();
    again(&mut daemon, "sysfs");
    assert!(soon(5, || value(&daemon, "gpu_3d_scaling") == "on"), "{}", daemon.log());
    // Not on a board that is not the one shown.
    fs::write(&path, "board = p3767-0000\ngpu_3d_scaling = off\n").unwrap();
    again(&mut daemon, "synthetic");
    assert!(soon(5, || daemon.log().contains("the board shown is simulated")), "{}", daemon.log());
    assert_eq!(value(&daemon, "gpu_3d_scaling"), "on");
    again(&mut daemon, "sysfs");
    // Forgotten, it is not.
    assert!(daemon.ask("{\"Forget\":{\"control\":\"gpu_3d_scaling\"}}")["ControlState"].is_object());
    assert!(!text(&daemon, "etc/jetsonscope/persist.conf").contains("gpu_3d_scaling"));
}

#[test]
fn a_simulated_board_is_not_changed() {
    let daemon = Daemon::with_source("simulated", &[], "synthetic");
    let reply = daemon.ask(SCALING);
    assert_eq!(reply["Error"]["code"], "unsupported", "{reply}");
    assert!(reply["Error"]["message"].as_str().unwrap().contains("simulated"), "{reply}");
}

/// The command line, against a daemon and without one.
#[test]
fn the_command_line_changes_and_takes_back() {
    let daemon = start("ctl", &[]);
    let run = |words: &[&str], here: bool| {
        let mut ctl = command(OWN);
        ctl.args(words);
        match here {
            true => ctl.arg("--root").arg(daemon.directory.join("board")),
            false => ctl.arg("--socket").arg(daemon.socket()),
        };
        let output = ctl.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    };
    for (words, here, code, out, err) in [
        (
            &["jscopectl", "set", "gpu_3d_scaling", "off", "--dry-run"][..],
            false,
            0,
            "on -> off\n  write ",
            "",
        ),
        (&["jscopectl", "set", "gpu_3d_scaling", "off"], false, 0, "gpu_3d_scaling: on -> off", ""),
        (&["jscopectl", "set", "gpu_3d_scaling", "off"], false, 0, "gpu_3d_scaling: off already", ""),
        (&["jscopectl", "set", "gpu_3d_scaling", "x"], false, 64, "", "no such value \"x\" (on or off)"),
        (&["jscopectl", "set", "nobody", "x"], false, 64, "", "no control \"nobody\""),
        (&["jscopectl", "undo"], false, 0, "undo: done", ""),
        (&["jscopectl", "undo"], false, 69, "", "nothing to undo"),
        (&["jscopectl", "confirm"], false, 69, "", "nothing waits"),
        (&["jscopectl", "persist"], false, 0, "", ""),
        (&["jetson_scope_config", "set", "gpu_3d_scaling", "off"], false, 0, "on -> off", ""),
        (&["jscopectl", "undo", "gpu_3d_scaling"], false, 0, "undo: done", ""),
        (&["jscopectl", "set", "fan", "50"], true, 69, "", "needs the daemon"),
        (&["jscopectl", "set", "gpu_3d_scaling", "off"], true, 0, "on -> off", ""),
        (&["jscopectl", "undo", "--all"], true, 0, "undo: done", ""),
        (&["jscopectl", "set", "gpu_3d_scaling", "off", "--confirm", "5"], true, 69, "", "needs the daemon"),
        (&["jetson_scope_config", "preset", "performance", "--dry-run"], true, 0, "performance already", ""),
        (&["jetson_scope_config", "preset", "balanced", "--dry-run"], true, 3, "", "15W needs a reboot"),
        (&["jscopectl", "set", "nvpmodel", "15w"], true, 3, "", "FBP_PG_MASK from 0 to 2"),
        (&["jetson_scope_config", "preset", "turbo"], true, 64, "", "no such value \"turbo\""),
        (&["jscopectl", "restore-defaults", "--dry-run"], true, 0, "defaults: ", ""),
    ] {
        let (found, text, errors) = run(words, here);
        assert_eq!(found, code, "{words:?}: {text} {errors}");
        assert!(text.contains(out) && errors.contains(err), "{words:?}: {text} {errors}");
        assert!(errors.lines().count() <= 1, "{words:?}: {errors}");
    }
}
