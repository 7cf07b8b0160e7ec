//! The daemon as a process: what it answers, to whom, and what nobody can do to it.
#![cfg(all(feature = "daemon", feature = "cli", target_os = "linux"))]

#[allow(dead_code, reason = "other tests use the rest")]
mod daemon;

use std::fs;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use daemon::{Daemon, OWN, child, command, line, soon};
use serde_json::Value;

/// A daemon that finds its source by itself.
fn start(name: &str, settings: &[&str]) -> Daemon {
    Daemon::prepared(name, settings, |_, _| {})
}

fn code(reply: &Value) -> &str {
    reply["Error"]["code"].as_str().unwrap_or_else(|| panic!("no error: {reply}"))
}

#[test]
fn every_request_has_its_reply() {
    let daemon = start("requests", &[]);
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
    let daemon = start("wrong", &[]);
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
    let daemon = start("original", &[]);
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
    let daemon = start("pieces", &[]);
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
    let daemon = start("stream", &[]);
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
    let daemon = start("garbage", &[]);
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
    let daemon = start("silent", &["max_clients = 64"]);
    let before = daemon.held().descriptors;
    let silent: Vec<UnixStream> =
        (0..2000).filter_map(|_| UnixStream::connect(daemon.socket()).ok()).collect();
    assert!(silent.len() > 1000);
    let begin = Instant::now();
    for _ in 0..20 {
        assert!(daemon.ask("\"Ping\"")["Pong"].is_object());
    }
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
    assert!(
        daemon.held().descriptors <= before + 66,
        "{} descriptors, before {before}",
        daemon.held().descriptors
    );
    drop(silent);
}

#[test]
fn who_does_not_read_costs_a_buffer_and_is_dropped() {
    let daemon = start("deaf", &[]);
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
    let mut daemon = start("second", &[]);
    let jscoped = |socket: &Path| {
        let mut command = command(OWN);
        command.args(["jscoped", "--root"]).arg(&daemon.directory).arg("--socket").arg(socket);
        command
    };
    let start = |socket: &Path| jscoped(socket).output().unwrap();
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
    let mut child = jscoped(&stale).stderr(Stdio::null()).spawn().unwrap();
    assert!(soon(5, || UnixStream::connect(&stale).is_ok()));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(daemon.end(), Some(0));
    assert!(!daemon.socket().exists(), "its socket is gone with it");
}

#[test]
fn the_sockets_mode_is_right_under_any_umask() {
    for (umask, mode, wanted) in [(0o000, "0666", 0o666), (0o077, "0666", 0o666), (0o077, "0660", 0o660)] {
        let setting = format!("socket_mode = {mode}");
        let daemon = Daemon::prepared(&format!("umask{umask}-{mode}"), &[&setting], |command, _| {
            child::masked(command, umask)
        });
        assert_eq!(fs::metadata(daemon.socket()).unwrap().mode() & 0o777, wanted, "{umask:o} {mode}");
    }
}

#[test]
fn one_thread_and_no_wake_up_of_its_own() {
    let daemon = start("idle", &["idle_interval = 3600000"]);
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
    let daemon = start("many", &[]);
    let mut stream = daemon.connect();
    let mut round = |count: usize| {
        for _ in 0..count {
            stream.write_all(b"\"GetStats\"\n").unwrap();
            line_fast(&mut stream);
        }
    };
    round(2000);
    let (rss, descriptors) = (daemon.status("RssAnon"), daemon.held().descriptors);
    round(20_000);
    for _ in 0..500 {
        daemon.ask("\"Ping\"");
    }
    assert!(daemon.status("RssAnon") <= rss + 64, "{} kB, was {rss}", daemon.status("RssAnon"));
    assert!(daemon.held().descriptors <= descriptors + 1);
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
        (None, None, 0, 0, "done"),
        (None, None, 65534, 65534, "permission_denied"),
        (None, None, 65534, 44, "done"),
        (Some("secret"), None, 0, 0, "auth_failed"),
        (Some("secret"), Some("wrong"), 0, 0, "auth_failed"),
        (Some("secret"), Some("secret"), 0, 0, "done"),
        (Some("secret"), Some("secret"), 65534, 65534, "permission_denied"),
        (Some("secret"), Some("secret"), 65534, 44, "done"),
    ] {
        let name = format!("control-{uid}-{gid}-{}-{}", token.is_some(), given.unwrap_or("none"));
        // The board's own /etc/group has no such group, so that of this machine's root is asked for.
        let daemon = Daemon::prepared(&name, &["group = video"], |command, _| {
            if let Some(token) = token {
                command.env("JETSONSCOPE_AUTH_TOKEN", token);
            }
        });
        let request = match given {
            Some(token) => {
                format!(r#"{{"SetControl":{{"control":"gpu_3d_scaling","value":"off","token":"{token}"}}}}"#)
            }
            None => r#"{"SetControl":{"control":"gpu_3d_scaling","value":"off","token":null}}"#.to_owned(),
        };
        let mut socat = command("socat");
        socat.args(["-t", "2", "-"]).arg(format!("UNIX-CONNECT:{}", daemon.socket().display()));
        socat.uid(uid).gid(gid).stdin(Stdio::piped()).stdout(Stdio::piped());
        let Ok(mut socat) = socat.spawn() else { return eprintln!("skipped: needs socat") };
        socat.stdin.take().unwrap().write_all(format!("{request}\n").as_bytes()).unwrap();
        let output = socat.wait_with_output().unwrap();
        let reply: Value = serde_json::from_slice(&output.stdout).unwrap();
        let done = reply["ControlState"]["value"] == "off";
        assert_eq!(if done { "done" } else { code(&reply) }, wanted, "{name}: {reply}");
        let controls = daemon.ask("\"ListControls\"");
        let scaling = controls["Controls"].as_array().unwrap().iter().find(|c| c["name"] == "gpu_3d_scaling");
        assert_eq!(scaling.unwrap()["value"] == "off", done, "{name}");
    }
}
