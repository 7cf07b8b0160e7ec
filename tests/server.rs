//! The daemon as a process: what it answers, to whom, and what nobody can do to it.
#![cfg(all(feature = "daemon", feature = "cli", target_os = "linux"))]

use std::fs;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

const OWN: &str = env!("CARGO_BIN_EXE_jetsonscope");

/// A directory with a daemon in it, both gone afterwards.
struct Daemon {
    directory: PathBuf,
    child: Child,
}

impl Daemon {
    fn start(name: &str, more: &[&str]) -> Daemon {
        Daemon::prepared(name, more, |_| {})
    }

    fn prepared(name: &str, more: &[&str], prepare: impl FnOnce(&mut Command)) -> Daemon {
        let directory =
            std::env::temp_dir().join(format!("jetsonscope-server-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).unwrap();
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(directory.join("conf"), more.join("\n")).unwrap();
        let mut command = Command::new(OWN);
        let board = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/boards/orin-nx-r36");
        command.arg("jscoped").arg("--root").arg(board).arg("--config").arg(directory.join("conf"));
        command.arg("--socket").arg(directory.join("s")).args(["--interval", "100"]);
        command.stderr(fs::File::create(directory.join("log")).unwrap()).stdin(Stdio::null());
        prepare(&mut command);
        let child = command.spawn().unwrap();
        let daemon = Daemon { directory, child };
        let begin = Instant::now();
        while UnixStream::connect(daemon.socket()).is_err() {
            assert!(begin.elapsed() < Duration::from_secs(10), "it does not start: {}", daemon.log());
            std::thread::sleep(Duration::from_millis(5));
        }
        // It answers once its sensors are open.
        assert!(daemon.ask("\"Ping\"")["Pong"].is_object());
        daemon
    }

    fn socket(&self) -> PathBuf {
        self.directory.join("s")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.directory.join("log")).unwrap_or_default()
    }

    fn connect(&self) -> UnixStream {
        let stream = UnixStream::connect(self.socket()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        stream
    }

    /// One line of JSON for one line of JSON.
    fn ask(&self, request: &str) -> Value {
        let mut stream = self.connect();
        stream.write_all(format!("{request}\n").as_bytes()).unwrap();
        serde_json::from_slice(&line(&mut stream)).unwrap()
    }

    fn status(&self, name: &str) -> u64 {
        let text = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
    }

    fn descriptors(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count()
    }

    fn signal(&self, signal: nix::sys::signal::Signal) {
        let pid = nix::unistd::Pid::from_raw(self.child.id() as i32);
        nix::sys::signal::kill(pid, signal).unwrap();
    }

    fn end(&mut self) -> Option<i32> {
        self.signal(nix::sys::signal::Signal::SIGTERM);
        self.child.wait().unwrap().code()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// What comes up to the end of the line.
fn line(stream: &mut UnixStream) -> Vec<u8> {
    let (mut found, mut byte) = (Vec::new(), [0]);
    while stream.read(&mut byte).unwrap_or(0) == 1 && byte[0] != b'\n' {
        found.push(byte[0]);
    }
    found
}

fn code(reply: &Value) -> &str {
    reply["Error"]["code"].as_str().unwrap_or_else(|| panic!("no error: {reply}"))
}

#[test]
fn every_request_has_its_reply() {
    let daemon = Daemon::start("requests", &[]);
    for (request, reply, member) in [
        ("\"Ping\"", "Pong", "protocol"),
        ("\"GetStats\"", "Stats", "age_ms"),
        ("{\"GetStats\":null}", "Stats", "data"),
        ("{\"GetMeta\":null}", "Meta", "version"),
        ("\"GetHealth\"", "Health", "uptime_secs"),
        ("{\"GetProcesses\":{\"sort\":\"memory\",\"limit\":1}}", "Processes", "total"),
    ] {
        let found = daemon.ask(request);
        assert!(!found[reply][member].is_null(), "{request}: {found}");
    }
    assert!(daemon.ask("\"ListControls\"")["Controls"].as_array().unwrap().len() >= 6);
    assert!(daemon.ask("\"GetSources\"")["Sources"].as_array().unwrap().len() >= 9);
    let meta = daemon.ask("\"GetMeta\"");
    assert_eq!(meta["Meta"]["board_id"], "p3767-0000");
    assert_eq!(daemon.ask("\"GetStats\"")["Stats"]["simulated"], false);
}

#[test]
fn wrong_requests_are_told_and_the_connection_stays() {
    let daemon = Daemon::start("wrong", &[]);
    let mut stream = daemon.connect();
    for (request, wanted) in [
        ("\"GetNothing\"", "no request \"GetNothing\""),
        ("{\"a\":", "not one whole"),
        ("{} {}", "not one whole"),
        ("[1]", "a text or a map"),
        ("{\"Subscribe\":{\"interval_ms\":1}}", "interval_ms"),
    ] {
        stream.write_all(format!("\n  \r\n{request}\n").as_bytes()).unwrap();
        let reply: Value = serde_json::from_slice(&line(&mut stream)).unwrap();
        assert_eq!(code(&reply), "bad_request", "{request}");
        assert!(reply["Error"]["message"].as_str().unwrap().contains(wanted), "{request}: {reply}");
    }
    stream.write_all(b"\"Ping\"\n").unwrap();
    assert!(String::from_utf8(line(&mut stream)).unwrap().contains("Pong"));
}

#[test]
fn the_style_of_the_original_works() {
    let daemon = Daemon::start("original", &[]);
    for (sent, json) in [
        (&b""[..], true),
        (b"\"GetStats\"", true),
        (b"\x68GetStats", false),
        (b"\xa1\x68GetStats\xf6", false),
    ] {
        let mut stream = daemon.connect();
        stream.write_all(sent).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply).unwrap();
        let stats = match json {
            true => serde_json::from_slice::<Value>(&reply).unwrap(),
            false => ciborium::from_reader::<Value, _>(&reply[..]).unwrap(),
        };
        assert!(stats["Stats"]["data"]["ram"]["total_bytes"].is_u64(), "{sent:?}: {stats}");
    }
}

#[test]
fn requests_may_come_in_any_pieces() {
    let daemon = Daemon::start("pieces", &[]);
    let json = b"\"Ping\"\n{\"GetHealth\":null}\n\n\"Nope\"\n";
    let cbor = b"\x64Ping\xa1\x69GetHealth\xf6\x64Nope";
    for (all, replies) in [(&json[..], 3), (&cbor[..], 3)] {
        let mut whole = Vec::new();
        for split in 1..all.len() {
            let mut stream = daemon.connect();
            for part in [&all[..split], &all[split..]] {
                stream.write_all(part).unwrap();
                std::thread::sleep(Duration::from_micros(300));
            }
            stream.shutdown(Shutdown::Write).unwrap();
            let mut found = Vec::new();
            stream.read_to_end(&mut found).unwrap();
            whole.push(found.len());
            let count = found.windows(4).filter(|w| w == b"Pong" || w == b"Heal" || w == b"Erro").count();
            assert_eq!(count, replies, "split at {split}");
        }
    }
}

#[test]
fn a_subscription_streams_what_is_selected() {
    let daemon = Daemon::start("stream", &[]);
    let mut stream = daemon.connect();
    stream
        .write_all(b"{\"Subscribe\":{\"interval_ms\":100,\"select\":[\"ram.used_bytes\",\"temps\"]}}\n")
        .unwrap();
    let begin = Instant::now();
    for number in 0..6 {
        let stats: Value = serde_json::from_slice(&line(&mut stream)).unwrap();
        let data = stats["Stats"]["data"].as_object().unwrap();
        assert_eq!(data.keys().collect::<Vec<_>>(), ["ram", "temps"], "{number}");
        assert_eq!(data["ram"].as_object().unwrap().len(), 1);
    }
    assert!(begin.elapsed() > Duration::from_millis(350), "{:?}", begin.elapsed());
}

#[test]
fn garbage_and_floods_are_answered_and_closed() {
    let daemon = Daemon::start("garbage", &[]);
    for first in 0..=255u8 {
        let mut stream = daemon.connect();
        let _ = stream.write_all(&[first, b'x', b'\n']);
        let _ = stream.shutdown(Shutdown::Write);
        let mut reply = Vec::new();
        let _ = stream.read_to_end(&mut reply);
        assert!(!reply.is_empty(), "first byte {first:#x}");
    }
    let mut flood = daemon.connect();
    let piece = [b'"'; 65536];
    let mut sent = 0;
    while sent < 100 << 20 && flood.write_all(&piece).is_ok() {
        sent += piece.len();
    }
    assert!(sent < 4 << 20, "{sent} bytes were taken");
    for cbor in
        [&b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff"[..], b"\x7a\xff\xff\xff\xff", &[0x81; 100], b"\xa1\xff"]
    {
        let mut stream = daemon.connect();
        stream.write_all(&[&b"\xa1\x61a"[..], cbor].concat()).unwrap();
        let mut reply = Vec::new();
        let _ = stream.read_to_end(&mut reply);
        assert!(reply.windows(11).any(|w| w == b"bad_request"), "{cbor:x?}");
    }
    let deep = format!("{}{}\n", "[".repeat(20_000), "]".repeat(20_000));
    let mut stream = daemon.connect();
    stream.write_all(format!(" {deep}").as_bytes()).unwrap();
    assert!(String::from_utf8(line(&mut stream)).unwrap().contains("bad_request"));
    assert!(daemon.status("VmRSS") < 16 * 1024, "{} kB", daemon.status("VmRSS"));
}

#[test]
fn new_clients_are_served_while_many_are_silent() {
    let daemon = Daemon::start("silent", &["max_clients = 64"]);
    let before = daemon.descriptors();
    let silent: Vec<UnixStream> =
        (0..2000).filter_map(|_| UnixStream::connect(daemon.socket()).ok()).collect();
    assert!(silent.len() > 1000);
    let begin = Instant::now();
    for _ in 0..20 {
        assert!(daemon.ask("\"Ping\"")["Pong"].is_object());
    }
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
    assert!(daemon.descriptors() <= before + 66, "{} descriptors, before {before}", daemon.descriptors());
    drop(silent);
}

#[test]
fn who_does_not_read_costs_a_buffer_and_is_dropped() {
    let daemon = Daemon::start("deaf", &[]);
    let deaf: Vec<UnixStream> = (0..32)
        .map(|_| {
            let mut stream = daemon.connect();
            stream.set_nonblocking(true).unwrap();
            for _ in 0..20_000 {
                if stream.write(b"\"GetStats\"\n").is_err() {
                    break;
                }
            }
            stream
        })
        .collect();
    let rss = daemon.status("VmRSS");
    assert!(rss < 20 * 1024, "{rss} kB");
    let begin = Instant::now();
    assert!(daemon.ask("\"Ping\"")["Pong"].is_object());
    assert!(begin.elapsed() < Duration::from_millis(500), "{:?}", begin.elapsed());
    drop(deaf);
}

#[test]
fn only_a_dead_daemons_socket_is_removed() {
    let mut daemon = Daemon::start("second", &[]);
    let start = |socket: &Path| {
        let mut command = Command::new(OWN);
        command.args(["jscoped", "--root"]).arg(&daemon.directory).arg("--socket").arg(socket);
        command.stdin(Stdio::null()).output().unwrap()
    };
    let second = start(&daemon.socket());
    assert_eq!(second.status.code(), Some(75), "{}", String::from_utf8_lossy(&second.stderr));
    assert!(daemon.ask("\"Ping\"")["Pong"].is_object(), "the first one goes on");
    let file = daemon.directory.join("file");
    fs::write(&file, "precious").unwrap();
    let refused = start(&file);
    assert_eq!(refused.status.code(), Some(73));
    assert_eq!(fs::read(&file).unwrap(), b"precious");
    let nowhere = start(Path::new("/nonexistent/directory/s"));
    assert_eq!(nowhere.status.code(), Some(73));
    assert_eq!(String::from_utf8_lossy(&nowhere.stderr).lines().count(), 1);
    // What a dead one leaves behind.
    let stale = daemon.directory.join("stale");
    drop(UnixListener::bind(&stale).unwrap());
    let mut child = Command::new(OWN);
    child
        .args(["jscoped", "--root"])
        .arg(&daemon.directory)
        .arg("--socket")
        .arg(&stale)
        .stderr(Stdio::null());
    let mut child = child.spawn().unwrap();
    let begin = Instant::now();
    while UnixStream::connect(&stale).is_err() {
        assert!(begin.elapsed() < Duration::from_secs(5));
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(daemon.end(), Some(0));
    assert!(!daemon.socket().exists(), "its socket is gone with it");
}

#[test]
fn the_sockets_mode_is_right_under_any_umask() {
    for (umask, mode, wanted) in [(0o000, "0666", 0o666), (0o077, "0666", 0o666), (0o077, "0660", 0o660)] {
        let setting = format!("socket_mode = {mode}");
        let daemon = Daemon::prepared(&format!("umask{umask}-{mode}"), &[&setting], |command| {
            // SAFETY: umask may be called between fork and exec.
            unsafe {
                command.pre_exec(move || {
                    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(umask));
                    Ok(())
                });
            }
        });
        assert_eq!(fs::metadata(daemon.socket()).unwrap().mode() & 0o777, wanted, "{umask:o} {mode}");
    }
}

#[test]
fn one_thread_and_no_wake_up_of_its_own() {
    let daemon = Daemon::start("idle", &["idle_interval = 3600000"]);
    std::thread::sleep(Duration::from_millis(300));
    let before = daemon.status("voluntary_ctxt_switches");
    std::thread::sleep(Duration::from_secs(2));
    let after = daemon.status("voluntary_ctxt_switches");
    assert!(after - before <= 2, "{} wake-ups in two seconds with nobody there", after - before);
    assert_eq!(daemon.status("Threads"), 1);
    let mut stream = daemon.connect();
    stream.write_all(b"{\"Subscribe\":{\"interval_ms\":100}}\n").unwrap();
    line(&mut stream);
    let before = daemon.status("voluntary_ctxt_switches");
    for _ in 0..10 {
        line(&mut stream);
    }
    let wakes = daemon.status("voluntary_ctxt_switches") - before;
    assert!(wakes <= 25, "{wakes} wake-ups for ten samples");
}

#[test]
fn many_requests_leave_nothing_behind() {
    let daemon = Daemon::start("many", &[]);
    let mut stream = daemon.connect();
    let mut round = |count: usize| {
        for _ in 0..count {
            stream.write_all(b"\"GetStats\"\n").unwrap();
            line_fast(&mut stream);
        }
    };
    round(2000);
    let (rss, descriptors) = (daemon.status("RssAnon"), daemon.descriptors());
    round(20_000);
    for _ in 0..500 {
        daemon.ask("\"Ping\"");
    }
    assert!(daemon.status("RssAnon") <= rss + 64, "{} kB, was {rss}", daemon.status("RssAnon"));
    assert!(daemon.descriptors() <= descriptors + 1);
}

/// Reads a line in large pieces.
fn line_fast(stream: &mut UnixStream) {
    let mut buffer = [0; 65536];
    loop {
        let got = stream.read(&mut buffer).unwrap();
        assert!(got > 0);
        if buffer[got - 1] == b'\n' {
            return;
        }
    }
}

#[test]
fn who_may_control() {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("skipped: not root");
        return;
    }
    for (token, given, uid, gid, wanted) in [
        (None, None, 0, 0, "unsupported"),
        (None, None, 65534, 65534, "permission_denied"),
        (None, None, 65534, 44, "unsupported"),
        (Some("secret"), None, 0, 0, "auth_failed"),
        (Some("secret"), Some("wrong"), 0, 0, "auth_failed"),
        (Some("secret"), Some("secret"), 0, 0, "unsupported"),
        (Some("secret"), Some("secret"), 65534, 65534, "permission_denied"),
        (Some("secret"), Some("secret"), 65534, 44, "unsupported"),
    ] {
        let name = format!("control-{uid}-{gid}-{}-{}", token.is_some(), given.unwrap_or("none"));
        // The board's own /etc/group has no such group, so that of this machine's root is asked for.
        let daemon = Daemon::prepared(&name, &["group = video"], |command| {
            if let Some(token) = token {
                command.env("JETSONSCOPE_AUTH_TOKEN", token);
            }
        });
        let request = match given {
            Some(token) => format!(r#"{{"SetControl":{{"control":"fan","value":"50","token":"{token}"}}}}"#),
            None => r#"{"SetControl":{"control":"fan","value":"50","token":null}}"#.to_owned(),
        };
        let mut socat = Command::new("socat");
        socat.args(["-t", "2", "-"]).arg(format!("UNIX-CONNECT:{}", daemon.socket().display()));
        socat.uid(uid).gid(gid).stdin(Stdio::piped()).stdout(Stdio::piped());
        let Ok(mut socat) = socat.spawn() else { return eprintln!("skipped: needs socat") };
        socat.stdin.take().unwrap().write_all(format!("{request}\n").as_bytes()).unwrap();
        let output = socat.wait_with_output().unwrap();
        let reply: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(code(&reply), wanted, "{name}: {reply}");
    }
}
