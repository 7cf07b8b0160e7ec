//! The daemon's history: what is asked for in both encodings, what it refuses, and that it costs a
//! fixed room.
#![cfg(all(feature = "daemon", target_os = "linux"))]

#[allow(dead_code, reason = "other tests use the rest")]
mod daemon;

use std::io::{Read, Write};
use std::net::Shutdown;

use daemon::{Daemon, soon};
use nix::sys::signal::Signal;
use serde_json::{Value, json};

fn ask(daemon: &Daemon, series: &[&str], window_s: u32) -> Value {
    daemon.ask(&json!({"GetHistory": {"series": series, "window_s": window_s}}).to_string())
}

fn names(daemon: &Daemon) -> Vec<String> {
    let reply = daemon.ask("\"GetHistory\"");
    let series = reply["History"]["series"].as_object().unwrap_or_else(|| panic!("{reply}"));
    assert!(series.values().all(|points| points == &json!([])), "{reply}");
    series.keys().cloned().collect()
}

/// All bytes of a reply in CBOR.
fn cbor(daemon: &Daemon, request: &Value) -> Value {
    let mut stream = daemon.connect();
    let mut bytes = Vec::new();
    ciborium::into_writer(request, &mut bytes).unwrap();
    stream.write_all(&bytes).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    bytes.clear();
    stream.read_to_end(&mut bytes).unwrap();
    ciborium::from_reader(bytes.as_slice()).unwrap()
}

#[test]
fn points_come_in_both_encodings() {
    let daemon = Daemon::start("history", &[]);
    assert!(soon(5, || names(&daemon).iter().any(|name| name == "ram.used_bytes")));
    let all = names(&daemon);
    let stats = daemon.ask("\"GetStats\"");
    for (name, way) in [
        ("ram.used_bytes", "/ram/used_bytes"),
        ("total_power.mw", "/total_power/mw"),
        ("engines.EMC.freq_mhz", "/engines/EMC/freq_mhz"),
    ] {
        let now = stats["Stats"]["data"].pointer(way).unwrap();
        for window_s in [10, 300, 301, 86_400] {
            let reply = ask(&daemon, &[name, name], window_s);
            let points = reply["History"]["series"][name].as_array().unwrap();
            // The last step may have no sample yet.
            let point = points.iter().rev().take(3).find(|point| !point.is_null()).unwrap();
            assert_eq!(point, &json!([now, now, now]), "{name} {window_s}");
            let step_ms = reply["History"]["step_ms"].as_u64().unwrap();
            let (span_ms, window_ms) = (step_ms * points.len() as u64, u64::from(window_s) * 1000);
            assert!((window_ms..window_ms + step_ms).contains(&span_ms), "{name} {window_s}");
        }
    }
    let end_ms = ask(&daemon, &[], 10)["History"]["end_ms"].as_u64().unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as u64;
    assert!(end_ms <= now && now - end_ms < 2500, "{end_ms} {now}");
    for count in [1, 2, all.len().min(16)] {
        let series = &all[..count];
        let request = json!({"GetHistory": {"series": series, "window_s": 86_400}});
        let (one, other) = (daemon.ask(&request.to_string()), cbor(&daemon, &request));
        let points = &one["History"]["series"];
        assert_eq!(points.as_object().unwrap().len(), count);
        assert_eq!(points, &other["History"]["series"]);
        assert!(one.to_string().len() < 400_000);
    }
    // The connection goes on, and requests may stand one behind the other.
    let mut stream = daemon.connect();
    let request =
        json!({"GetHistory": {"series": &all[..all.len().min(16)], "window_s": 86_400}}).to_string();
    stream.write_all(format!("{request}\n{request}\n\"Ping\"\n").as_bytes()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut replies = String::new();
    stream.read_to_string(&mut replies).unwrap();
    assert_eq!(replies.lines().count(), 3);
    assert!(replies.lines().take(2).all(|line| line.starts_with("{\"History\":")));
}

#[test]
fn what_is_not_kept_is_refused() {
    let daemon = Daemon::start("history-none", &["history = no"]);
    let error = &ask(&daemon, &[], 300)["Error"];
    assert_eq!(
        (error["code"].as_str(), error["message"].as_str().unwrap().contains("history = no")),
        (Some("unsupported"), true)
    );
    // It begins with a reload.
    std::fs::write(daemon.directory.join("conf"), "").unwrap();
    daemon.signal(Signal::SIGHUP);
    assert!(soon(5, || ask(&daemon, &["ram.used_bytes"], 300)["Error"].is_null()));
    for (series, wanted) in
        [("temps.nowhere", "no series \"temps.nowhere\""), ("", "no series"), ("\u{1b}[2J", "no series")]
    {
        let error = &ask(&daemon, &["ram.used_bytes", series], 300)["Error"];
        assert_eq!(error["code"], "bad_request", "{series}");
        assert!(error["message"].as_str().unwrap().contains(wanted), "{series}: {error}");
    }
    assert!(daemon.log().is_empty() || !daemon.log().contains("panic"));
}

/// Asking costs what it costs the first time.
#[test]
fn asking_for_a_day_costs_a_fixed_room() {
    let daemon = Daemon::start("history-room", &[]);
    assert!(soon(5, || names(&daemon).iter().any(|name| name == "ram.used_bytes")));
    let all = names(&daemon);
    let series: Vec<&str> = all.iter().take(16).map(String::as_str).collect();
    let ask = || (0..50).for_each(|_| drop(ask(&daemon, &series, 86_400)));
    (0..2).for_each(|_| ask());
    let before = daemon.status("RssAnon");
    (0..5).for_each(|_| ask());
    let after = daemon.status("RssAnon");
    println!("{} series: {before} kB, then {after} kB of its own", all.len());
    assert!(after <= before + 16, "{before} kB, then {after} kB");
}

/// Peers that ask and never read: no more is made for them than a bound, others go on, and afterwards the
/// memory is given back.
#[test]
fn peers_that_do_not_read_cost_a_bound() {
    let daemon = Daemon::start("unread", &[]);
    assert!(soon(5, || !names(&daemon).is_empty()));
    let all = names(&daemon);
    let many: Vec<&str> = all.iter().take(16).map(String::as_str).collect();
    let request =
        |count: usize| json!({"GetHistory": {"series": many[..count], "window_s": 86_400}}).to_string();
    // Replies of every length, so that most of them end in the middle of what the kernel holds.
    let ask = |(number, stream): (usize, &mut std::os::unix::net::UnixStream)| {
        let asked = request(4 + number % 13) + "\n";
        (0..24).for_each(|_| drop(stream.write_all(asked.as_bytes())));
    };
    for _ in 0..20 {
        ask_once(&daemon, &many);
    }
    let before = daemon.status("RssAnon");
    let mut silent: Vec<_> = (0..60).map(|_| daemon.connect()).collect();
    silent.iter_mut().enumerate().for_each(ask);
    let busy = || daemon.ask(&request(16))["Error"]["code"] == "busy";
    assert!(soon(10, busy), "too much waits");
    let during = daemon.status("RssAnon");
    assert!(daemon.ask("\"GetStats\"")["Stats"].is_object());
    drop(silent);
    assert!(soon(10, || ask_once(&daemon, &many)), "all have gone");
    let after = daemon.status("RssAnon");
    println!("unread: {before} kB of its own, then {during}, then {after}");
    assert!(during < before + 900, "{before} kB, then {during} kB");
    assert!(after < before + 400, "{before} kB, then {after} kB");
}

fn ask_once(daemon: &Daemon, series: &[&str]) -> bool {
    ask(daemon, series, 86_400)["History"].is_object()
}
