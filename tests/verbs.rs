//! The verbs of `jscopectl` that ask a server: where they look for it, what they print, and what they
//! do without it.
#![cfg(all(feature = "cli", feature = "emulator"))]

#[cfg(feature = "daemon")]
#[allow(dead_code, reason = "other tests use the rest")]
mod daemon;
#[path = "verbs/history.rs"]
mod history;
#[allow(dead_code, reason = "other tests use the rest")]
mod served;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use jetsonscope::wire::{cbor, json};
use served::{Scratch, Server, stats};

/// How a program ended, and what it printed.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ran {
    fn assert_ok(&self, case: &dyn std::fmt::Debug) {
        assert_eq!((self.code, self.err.as_str()), (Some(0), ""), "{case:?}: {self:?}");
    }

    fn assert_failed(&self, code: i32, case: &dyn std::fmt::Debug) {
        let shown = (self.code, self.out.as_str(), self.err.lines().count());
        assert_eq!(shown, (Some(code), "", 1), "{case:?}: {self:?}");
    }
}

/// `jscopectl` without the variables that it heeds.
fn jscopectl(words: &[&str]) -> Command {
    program(env!("CARGO_BIN_EXE_jscopectl"), words)
}

fn program(path: &str, words: &[&str]) -> Command {
    let mut command = Command::new(path);
    command.args(words).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for name in ["SOCKET_PATH", "PROTO"] {
        command.env_remove(format!("JETSONSCOPE_{name}")).env_remove(format!("TEGRA_{name}"));
    }
    for name in ["JETSONSCOPE_STATS_CMD", "TEGRASTATS_CMD", "JETSONSCOPE_ROOT"] {
        command.env_remove(name);
    }
    command
}

/// `jscopectl` with these words, looking for servers in a runtime directory of its own.
fn ctl(directory: &str, variables: &[(&str, &str)], words: &[&str]) -> Ran {
    let mut command = jscopectl(words);
    command.env("XDG_RUNTIME_DIR", directory).envs(variables.iter().copied());
    run(&mut command)
}

fn run(command: &mut Command) -> Ran {
    let output = command.output().expect("a program");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// Whether a server of the system runs here, which would answer first.
fn system_server() -> bool {
    let found = Path::new("/run/jetsonscope/jetsonscope.sock").exists();
    if found {
        println!("skipped: a server of the system answers");
    }
    found
}

fn serving(path: &Path, used_mb: u64) -> Server {
    let text: &'static str = stats(used_mb).leak();
    Server::answering(path, text.as_bytes())
}

#[test]
fn ok_where_servers_are_looked_for() {
    if system_server() {
        return;
    }
    let scratch = Scratch::new("places");
    let at = |name: &str| scratch.at(name);
    let runtime = at("empty");
    let _servers = [
        serving(Path::new(&at("empty/jetsonscope.sock")), 1),
        serving(Path::new(&at("new")), 2),
        serving(Path::new(&at("old")), 3),
        serving(Path::new(&at("option")), 4),
    ];
    let (new, old, option) = (at("new"), at("old"), at("option"));
    let nothing = at("nothing");
    for (variables, words, wanted) in [
        (&[][..], &[][..], "1"),
        (&[("JETSONSCOPE_SOCKET_PATH", new.as_str())], &[], "2"),
        (&[("TEGRA_SOCKET_PATH", old.as_str())], &[], "3"),
        (&[("JETSONSCOPE_SOCKET_PATH", new.as_str()), ("TEGRA_SOCKET_PATH", old.as_str())], &[], "2"),
        (&[("JETSONSCOPE_SOCKET_PATH", ""), ("TEGRA_SOCKET_PATH", old.as_str())], &[], "3"),
        (&[("JETSONSCOPE_SOCKET_PATH", new.as_str())], &["--socket", option.as_str()], "4"),
    ] {
        let words = [&["get", "ram.used_bytes", "--no-fallback"], words].concat();
        let ran = ctl(&runtime, variables, &words);
        ran.assert_ok(&(variables, &words));
        let mb: u64 = ran.out.trim().parse::<u64>().expect("bytes") >> 20;
        assert_eq!(mb.to_string(), wanted, "{variables:?} {words:?}");
    }
    // What was given is not looked for elsewhere.
    let ran = ctl(&runtime, &[("JETSONSCOPE_SOCKET_PATH", &nothing)], &["get", "age_ms", "--no-fallback"]);
    ran.assert_failed(69, &"a variable that leads nowhere");
    assert!(ran.err.contains(&nothing) && ran.err.contains("is jscoped running?"), "{}", ran.err);
}

/// Every verb: the server's answer, then the fallback, then no fallback.
#[test]
fn ok_fallback_and_none() {
    let scratch = Scratch::new("verbs");
    let socket = scratch.at("s");
    for (words, member) in [
        (&["stats"][..], "Stats"),
        (&[], "Stats"),
        (&["meta"], "Meta"),
        (&["sources"], "Sources"),
        (&["processes", "--limit", "1"], "Processes"),
        (&["list"], "Controls"),
        (&["health"], "Health"),
    ] {
        let reply: &'static str = match member {
            "Stats" => stats(5).leak(),
            "Meta" => "{\"Meta\":{\"is_jetson\":true,\"model\":\"served\"}}\n",
            "Processes" => "{\"Processes\":{\"processes\":[],\"total\":77}}\n",
            "Health" => "{\"Health\":{\"uptime_secs\":1,\"checks\":[]}}\n",
            "Controls" => "{\"Controls\":[]}\n",
            _ => "{\"Sources\":[]}\n",
        };
        let with = |more: &[&str]| {
            let more = [words, &["--socket", &socket], more].concat();
            ctl("/nonexistent", &[], &more)
        };
        let server = Server::answering(Path::new(&socket), reply.as_bytes());
        for more in [&[][..], &["--no-fallback"]] {
            let ran = with(&[&["--json"], more].concat());
            ran.assert_ok(&(words, more));
            assert_eq!(ran.out, reply, "{words:?}");
            with(more).assert_ok(&(words, more));
        }
        drop(server);
        let ran = with(&["--no-fallback"]);
        ran.assert_failed(69, &words);
        let ran = with(&["--json"]);
        // The health of this machine may be less than good.
        assert!(ran.code.is_some_and(|code| code <= 2), "{words:?}: {ran:?}");
        assert!(ran.out.starts_with(&format!("{{\"{member}\":")), "{words:?}: {}", ran.out);
        assert_eq!(ran.err.lines().count(), 1, "{words:?}: {}", ran.err);
        assert!(ran.err.contains("reading in this process"), "{words:?}: {}", ran.err);
        // A server that answers something else.
        let server = Server::answering(Path::new(&socket), b"{\"Pong\":{}}\n");
        with(&["--no-fallback"]).assert_failed(69, &(words, "another reply"));
        drop(server);
        let server = Server::answering(
            Path::new(&socket),
            b"{\"Error\":{\"code\":\"permission_denied\",\"message\":\"x\"}}\n",
        );
        let ran = with(&[]);
        ran.assert_failed(77, &(words, "an error"));
        drop(server);
        let server = Server::start(Path::new(&socket), |peer| peer.linger());
        with(&["--no-fallback", "--timeout", "50"]).assert_failed(75, &(words, "silence"));
        drop(server);
    }
}

#[test]
fn ok_cbor_and_variables() {
    let scratch = Scratch::new("cbor");
    let socket = scratch.at("s");
    let reply = cbor::encode(&json::decode(&stats(7)).expect("JSON"));
    let bytes: &'static [u8] = reply.clone().leak();
    let _server = Server::start(Path::new(&socket), move |peer| {
        assert_eq!(peer.hear(), b"\x68GetStats");
        peer.say(bytes);
        peer.linger();
    });
    let raw = |words: &[&str], proto: &str| {
        let mut command = jscopectl(&[words, &["--socket", &socket]].concat());
        command.env("JETSONSCOPE_PROTO", proto).output().expect("a program").stdout
    };
    assert_eq!(raw(&["--cbor"], ""), reply);
    assert_eq!(raw(&["--json"], "cbor"), stats(7).into_bytes());
    assert_eq!(raw(&["get", "temps.cpu"], "cbor"), b"45.5\n");
    assert_eq!(raw(&["get", "temps.cpu", "ram.unit", "--cbor"], ""), b"\xfb\x40\x46\xc0\0\0\0\0\0\x62MB");
    let ran = ctl("/nonexistent", &[("TEGRA_PROTO", "xml")], &["--socket", &socket]);
    ran.assert_failed(64, &"no such encoding");
    // In this process, too.
    let here = raw(&["--cbor", "--source", "synthetic"], "");
    let (value, length) = cbor::decode(&here).expect("CBOR");
    assert!(value.member("Stats").is_some() && length == here.len());
}

#[test]
fn ok_get() {
    let scratch = Scratch::new("get");
    let line = "RAM 12/3964MB (lfb 3x4MB) CPU [1%@102,off] GR3D_FREQ 3% CPU@30C VDD_IN 5/6\n";
    std::fs::write(scratch.at("log"), line).expect("a log");
    let log = format!("file:{}", scratch.at("log"));
    for (keys, code, out) in [
        (&["ram.used_bytes"][..], 0, "12582912\n"),
        (&["temps.CPU", "ram.unit", "cpus.0.load_percent"], 0, "30.0\nMB\n1\n"),
        (&["power.VDD_IN.current_mw", "source", "simulated"], 0, "5\nfile\nfalse\n"),
        (&["engines.GR3D.usage_percent", "timestamp"], 1, "3\n"),
        (&["cpus.1.load_percent"], 1, ""),
        (&["nosuch", "cpus.0.freq_mhz"], 1, "102\n"),
        (&["ram."], 1, ""),
    ] {
        let ran = ctl("/nonexistent", &[], &[&["get", "--source", &log], keys].concat());
        assert_eq!((ran.code, ran.out.as_str()), (Some(code), out), "{keys:?}: {ran:?}");
        let unknown = keys.iter().any(|key| ["nosuch", "ram."].contains(key));
        assert_eq!(ran.err.contains("no key"), unknown, "{keys:?}: {}", ran.err);
    }
    ctl("/nonexistent", &[], &["get", "--source", &log]).assert_failed(64, &"no key");
    let ran = ctl("/nonexistent", &[], &["get", "--json", "ram.unit", "--source", &log]);
    assert_eq!(ran.out, "\"MB\"\n");
}

#[test]
fn ok_health_codes() {
    let scratch = Scratch::new("health");
    let socket = scratch.at("s");
    for (levels, code) in [("", 0), ("OK SKIP", 0), ("WARN OK", 1), ("WARN FAIL SKIP", 2), ("what", 2)] {
        let check = |level: &str| format!(r#"{{"name":"fan","level":"{level}","text":"t"}}"#);
        let checks: Vec<String> = levels.split_whitespace().map(check).collect();
        let reply: &'static str = format!("{{\"Health\":{{\"checks\":[{}]}}}}\n", checks.join(",")).leak();
        let _server = Server::answering(Path::new(&socket), reply.as_bytes());
        let ran = ctl("/nonexistent", &[], &["health", "--socket", &socket]);
        assert_eq!((ran.code, ran.err.as_str()), (Some(code), ""), "{levels}: {ran:?}");
        assert_eq!(ran.out.lines().count(), checks.len(), "{levels}: {}", ran.out);
    }
}

/// What was given is read in this process, and no server is asked, or missed.
#[test]
fn ok_a_source_that_was_given_asks_nobody() {
    let scratch = Scratch::new("given");
    let socket = scratch.at("s");
    let server = serving(Path::new(&socket), 5);
    let board = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/boards/orin-nx-r36");
    for words in [
        &["stats", "--source", "synthetic"][..],
        &["stats", "--root", board],
        &["meta", "--root", board],
        &["sources", "--root", board],
        &["processes", "--root", board],
        &["get", "ram.used_bytes", "--root", board],
    ] {
        let ran = ctl("/nonexistent", &[], &[words, &["--socket", &socket]].concat());
        ran.assert_ok(&words);
    }
    let ran = ctl("/nonexistent", &[("JETSONSCOPE_ROOT", board)], &["stats", "--socket", &socket]);
    ran.assert_ok(&"JETSONSCOPE_ROOT");
    assert_eq!(server.connections.load(std::sync::atomic::Ordering::Relaxed), 0);
}

#[test]
fn ok_watch_follows_the_stream() {
    let scratch = Scratch::new("watch");
    let socket = scratch.at("s");
    let _server = Server::start(Path::new(&socket), |peer| {
        assert_eq!(peer.hear(), b"{\"Subscribe\":{\"interval_ms\":100}}\n");
        for used in 1..100 {
            if !peer.say(stats(used).as_bytes()) || !peer.goes_on(Duration::from_millis(100)) {
                return;
            }
        }
    });
    let words = ["watch", "--json", "--interval", "100", "--socket", &socket];
    let mut child = jscopectl(&words).spawn().expect("a program");
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().expect("a pipe")));
    let seen: Vec<String> = lines.by_ref().take(4).map(|line| line.expect("a line")).collect();
    let _ = child.kill();
    let _ = child.wait();
    assert!(seen.iter().all(|line| line.starts_with("{\"Stats\":{\"source\":\"sysfs\"")), "{seen:?}");
    assert!(
        seen[3].contains(&(4u64 << 20).to_string()) || seen[3].contains(&(3u64 << 20).to_string()),
        "{seen:?}"
    );
}

/// `jetson_scope_snapshot` with what its file held and holds now.
fn snapshot(scratch: &Scratch, words: &[&str]) -> (Ran, String) {
    let (file, socket) = (scratch.at("snapshot"), scratch.at("s"));
    std::fs::write(&file, "before").expect("a file");
    let fixed = ["jetson_scope_snapshot", "--socket", &socket, &file];
    let ran = run(&mut program(env!("CARGO_BIN_EXE_jetsonscope"), &[&fixed, words].concat()));
    (ran, std::fs::read_to_string(file).expect("a file"))
}

const MARKED: &str = r#""used_bytes":7340032,"total_bytes":8589934592"#;

#[test]
fn ok_snapshots_of_the_server() {
    let scratch = Scratch::new("snapshot");
    let _server = serving(Path::new(&scratch.at("s")), 7);
    let (ran, text) = snapshot(&scratch, &[]);
    ran.assert_ok(&"JSON");
    assert!(text.contains(MARKED) && text.contains(r#","time":""#) && text.ends_with("Z\"}}\n"), "{text}");
    let (ran, text) = snapshot(&scratch, &["--format", "csv"]);
    ran.assert_ok(&"CSV");
    assert!(text.starts_with("timestamp,") && text.contains("Z,7340032,8589934592,"), "{text}");
    for words in [["--source", "synthetic"], ["--source", "sysfs"], ["--root", "/"]] {
        let (ran, text) = snapshot(&scratch, &words);
        ran.assert_ok(&words);
        assert!(text.starts_with("{\"Stats\":") && !text.contains(MARKED), "{words:?}: {text}");
    }
}

/// No server, or one that is of no use: it is read here, and nothing is said.
#[test]
fn ok_snapshots_without_the_server() {
    let nothing: fn(&mut served::Peer) = |peer| peer.linger();
    let closes: fn(&mut served::Peer) = |_| {};
    let garbage: fn(&mut served::Peer) = |peer| _ = peer.say(b"\x1b[2J\n");
    let simulated: fn(&mut served::Peer) = |peer| {
        peer.hear();
        peer.say(stats(7).replace(r#""simulated":false"#, r#""simulated":true"#).as_bytes());
    };
    let scratch = Scratch::new("fallback");
    for (case, script) in [
        ("none", None),
        ("hangs", Some(nothing)),
        ("closes", Some(closes)),
        ("garbage", Some(garbage)),
        ("simulates", Some(simulated)),
    ] {
        let _server = script.map(|script| Server::start(Path::new(&scratch.at("s")), script));
        let start = std::time::Instant::now();
        let (ran, text) = snapshot(&scratch, &["--timeout", "700"]);
        ran.assert_ok(&case);
        assert!(
            text.starts_with("{\"Stats\":{\"source\":\"sysfs\"") && !text.contains(MARKED),
            "{case}: {text}"
        );
        let waited = start.elapsed() >= Duration::from_millis(700);
        assert_eq!(waited, case == "hangs", "{case}: {:?}", start.elapsed());
    }
}

#[test]
fn err_snapshots_of_a_server_without_values() {
    let scratch = Scratch::new("no-values");
    let stale: &'static str = stats(7).replace(r#""stale":false"#, r#""stale":true"#).leak();
    for (answer, code, wanted) in [
        (
            r#"{"Stats":{"source":"tegrastats","age_ms":null,"stale":true,"data":null}}"#,
            75,
            "source tegrastats of jscoped: no sample",
        ),
        (stale.trim_end(), 75, "source sysfs of jscoped: its last sample is stale"),
        (r#"{"Error":{"code":"busy","message":"try again"}}"#, 75, "busy: try again"),
        (r#"{"Stats":{"source":"sysfs","stale":false,"data":{"ram":5}}}"#, 65, "used_bytes"),
    ] {
        let answer: &'static str = format!("{answer}\n").leak();
        let _server = Server::answering(Path::new(&scratch.at("s")), answer.as_bytes());
        let (ran, text) = snapshot(&scratch, &[]);
        ran.assert_failed(code, &answer);
        assert!(ran.err.contains(wanted), "{answer}: {}", ran.err);
        assert_eq!(text, "before", "{answer}: nothing is written");
    }
}

/// The daemon reads the board of the fixtures, which this machine is not.
#[test]
#[cfg(feature = "daemon")]
fn ok_snapshots_of_a_daemon() {
    let daemon = daemon::Daemon::start("snapshot", &[]);
    let scratch = Scratch::new("daemon");
    let (ran, text) = snapshot(&scratch, &["--socket", daemon.socket().to_str().expect("a path")]);
    ran.assert_ok(&"a daemon");
    assert!(text.contains(r#""power":{"VDD_IN":"#), "{text}");
}
