//! What the machine can refuse the daemon: descriptors, processes, room in files; and crowds. It
//! serves whom it can, says what is missing, rests meanwhile, and is as before once it is over.
#![cfg(all(feature = "daemon", feature = "cli", target_os = "linux"))]

#[allow(dead_code, reason = "other tests use the rest")]
mod daemon;

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use daemon::{Daemon, Held, OWN, command, directory, limit, line, soon, words};
use serde_json::Value;

/// A user that has no processes of its own.
const NOBODY: u32 = 54_321;
const SUBSCRIBE: &[u8] = b"{\"Subscribe\":{\"interval_ms\":100}}\n";

/// A daemon with so many descriptors.
fn with_descriptors(count: u64, settings: &[&str]) -> Daemon {
    Daemon::prepared(&format!("descriptors{count}"), settings, |command, _| {
        command.args(["--source", "sysfs"]);
        limit(command, libc::RLIMIT_NOFILE, count, count);
    })
}

fn pong(stream: &mut UnixStream) -> bool {
    stream.write_all(b"\"Ping\"\n").is_ok() && line(stream).starts_with(b"{\"Pong\"")
}

/// It does not spin: wake-ups and CPU time of a second, in which ten samples are taken.
fn assert_rests(daemon: &Daemon, case: &str) {
    let switches = || daemon.status("voluntary_ctxt_switches") + daemon.status("nonvoluntary_ctxt_switches");
    let (before, cpu) = (switches(), daemon.cpu_ms());
    std::thread::sleep(Duration::from_secs(1));
    let (woken, spent) = (switches() - before, daemon.cpu_ms() - cpu);
    println!("{case}: {woken} switches and {spent} ms of CPU in a second");
    assert!(woken < 200 && spent < 300, "{case}: {woken} switches, {spent} ms of CPU in a second");
}

/// The level and the text of what health says of the source.
fn health(daemon: &Daemon) -> (String, String) {
    let reply = daemon.ask("\"GetHealth\"");
    let checks = reply["Health"]["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["name"] == "source").unwrap();
    (check["level"].as_str().unwrap().to_owned(), check["text"].as_str().unwrap().to_owned())
}

/// The state of a part of the source.
fn state(daemon: &Daemon, name: &str) -> String {
    let reply = daemon.ask("\"GetSources\"");
    let parts = reply["Sources"].as_array().unwrap();
    parts.iter().find(|part| part["name"] == name).unwrap()["state"].as_str().unwrap().to_owned()
}

/// Sensors want a hundred descriptors and there are forty: some are not read, and it is said which;
/// peers are served from those that are held for them.
#[test]
fn fewer_descriptors_than_sensors() {
    let free = Daemon::start("free", &[]);
    let daemon = with_descriptors(40, &["max_clients = 100"]);
    daemon.assert_answers("40 descriptors");
    let (level, text) = health(&daemon);
    assert!(level == "WARN" && text.contains("thermal: ") && text.contains("too many open files"), "{text}");
    assert_eq!((&*state(&daemon, "cpu"), &*state(&daemon, "thermal")), ("ok", "failing"), "{}", daemon.log());
    assert_rests(&daemon, "40 descriptors");
    let before = daemon.held();

    // Several at a time, before anybody has to give way.
    let mut peers: Vec<UnixStream> = (0..5).map(|_| daemon.connect()).collect();
    assert!(peers.iter_mut().all(pong) && peers.iter_mut().all(pong), "{}", daemon.log());
    // The sensors try again, and do not take what is held for peers.
    std::thread::sleep(Duration::from_millis(1500));
    let idle: Vec<UnixStream> = (0..20).map(|_| daemon.connect()).collect();
    daemon.assert_answers("idle ones give way");
    drop((peers, idle));
    assert!(soon(3, || daemon.held().descriptors <= before.descriptors));
    let mut streams: Vec<UnixStream> = (0..5).map(|_| daemon.connect()).collect();
    for stream in &mut streams {
        stream.write_all(b"{\"Subscribe\":{\"interval_ms\":3600000}}\n").unwrap();
        assert!(!line(stream).is_empty());
    }

    // What is read for an answer has descriptors of its own.
    streams[0].write_all(b"\"GetMeta\"\n").unwrap();
    let meta: Value = serde_json::from_slice(&line(&mut streams[0])).unwrap();
    let whole = free.ask("\"GetMeta\"");
    for name in ["model", "module", "l4t_version", "jetpack_version", "serial_number", "nvpmodel_modes"] {
        assert_eq!(meta["Meta"][name], whole["Meta"][name], "{name}");
    }

    // Nobody can give way: a newcomer waits, and the daemon rests.
    let mut newcomer = daemon.connect();
    newcomer.write_all(b"\"Ping\"\n").unwrap();
    newcomer.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let waits = newcomer.read(&mut [0]);
    assert!(waits.is_err_and(|error| error.kind() == ErrorKind::WouldBlock));
    assert_rests(&daemon, "all taken");
    newcomer.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    streams.pop();
    assert!(line(&mut newcomer).starts_with(b"{\"Pong\""));
    drop((newcomer, streams));
    daemon.assert_as_before(before, "40 descriptors");
    assert!(daemon.log().lines().count() < 20, "{}", daemon.log());
}

/// Whether a peer gets an answer; one that ends may have listened before.
fn is_answered(daemon: &Daemon) -> bool {
    let Ok(mut stream) = UnixStream::connect(daemon.socket()) else { return false };
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    stream.write_all(b"\"Ping\"\n").is_ok() && !line(&mut stream).is_empty()
}

/// With hardly any it serves one peer, or ends with a line that says why.
#[test]
fn hardly_any_descriptors() {
    for count in 5..=13 {
        let directory = directory(&format!("few{count}"), &[]);
        let mut own = command(OWN);
        own.args(words(&directory)).args(["--source", "sysfs"]);
        own.stderr(fs::File::create(directory.join("log")).unwrap());
        limit(&mut own, libc::RLIMIT_NOFILE, count, count);
        let mut daemon = Daemon { child: own.spawn().unwrap(), directory };
        let mut ended = None;
        let serves = || {
            ended = daemon.child.try_wait().unwrap();
            ended.is_some() || is_answered(&daemon)
        };
        assert!(soon(10, serves), "{count}: neither serves nor ends");
        match ended {
            Some(status) => {
                let log = daemon.log();
                println!("{count} descriptors: {status}: {log}");
                assert!(matches!(status.code(), Some(73 | 74)) && count < 12, "{count}: {status}: {log}");
                assert!(log.lines().count() == 1 && log.contains(": too many open files"), "{count}: {log}");
            }
            None => {
                daemon.assert_answers(&format!("{count} descriptors"));
                assert_eq!(health(&daemon).0, "WARN");
                assert_eq!(state(&daemon, "power"), "failing");
                assert_rests(&daemon, &format!("{count} descriptors"));
                assert_eq!(daemon.end(), Some(0));
                assert!(daemon.log().lines().count() < 20, "{}", daemon.log());
            }
        }
    }
}

/// A daemon of a user that may have no other process, on a board of its own with the vendor's program.
fn without_children(name: &str, source: &str) -> Daemon {
    let directory = directory(name, &[]);
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o777)).unwrap();
    let (own, board) = (directory.join("own"), directory.join("board"));
    // Its user may not reach the directory that this is built in.
    fs::copy(OWN, &own).unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/boards/orin-nx-r36");
    assert!(Command::new("cp").arg("-r").args([&from, &board]).status().unwrap().success());
    let program = board.join("usr/bin/tegrastats");
    fs::create_dir_all(program.parent().unwrap()).unwrap();
    fs::write(&program, "#!/bin/sh\nwhile :; do echo 'RAM 12/3964MB (lfb 3x4MB)'; sleep 0.1; done\n")
        .unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let mut own = command(own.to_str().unwrap());
    own.args(words(&directory)).arg("--root").arg(board).args(["--source", source]);
    own.stderr(fs::File::create(directory.join("log")).unwrap());
    if nix::unistd::geteuid().is_root() {
        // The limit holds for nobody who may set it.
        own.uid(NOBODY).gid(NOBODY);
    }
    limit(&mut own, libc::RLIMIT_NPROC, 1, 1);
    Daemon::spawned(directory, own)
}

/// No process can be started (EAGAIN; a unit's TasksMax gives the same): it is said, the kernel's files
/// are read all the same, and the program is tried again after a pause.
#[test]
fn no_process_can_be_started() {
    for (name, source, sysfs) in
        [("vendor", "tegrastats", true), ("command", "command:sh -c 'echo RAM 1/2MB'", false)]
    {
        let mut daemon = without_children(name, source);
        daemon.assert_answers(name);
        let before = daemon.held();
        let (level, text) = health(&daemon);
        let wanted = ": resource temporarily unavailable";
        assert!(level == "WARN" && text.contains(wanted), "{name}: {level} {text}");
        let stats = daemon.ask("\"GetStats\"");
        let data = &stats["Stats"]["data"];
        assert_eq!(data["temps"].is_object(), sysfs, "{name}: {stats}");
        if sysfs {
            assert_eq!(state(&daemon, "tegrastats"), "failing", "{name}");
            assert!(daemon.log().contains(wanted), "{name}: {}", daemon.log());
        }
        assert_rests(&daemon, name);
        daemon.assert_as_before(before, name);
        assert_eq!(daemon.end(), Some(0), "{name}");
        assert!(daemon.log().lines().count() < 12, "{name}: {}", daemon.log());
    }
}

/// The whole lines of a log of health; half a line fails.
fn lines_of_health(path: &Path) -> usize {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'), "half a line: {text}");
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(line["Health"]["time"].is_string());
    }
    text.lines().count()
}

/// The log of health has no room (EFBIG here, as ENOSPC elsewhere): its lines are lost, one warning
/// says so, and another that it is over. SIGXFSZ ends nothing.
#[test]
fn no_room_for_the_log_of_health() {
    const ROOM: u64 = 2500;
    let name = "telemetry";
    let log = std::env::temp_dir().join(format!("jetsonscope-health-{}", std::process::id()));
    let _ = fs::remove_file(&log);
    let settings = [format!("telemetry_log = {}", log.display()), "telemetry_interval = 1s".to_owned()];
    let daemon = Daemon::prepared(name, &settings.each_ref().map(String::as_str), |command, _| {
        command.args(["--source", "sysfs"]);
        limit(command, libc::RLIMIT_FSIZE, ROOM, libc::RLIM_INFINITY);
    });
    let warnings = |what: &str| daemon.log().lines().filter(|line| line.contains(what)).count();
    assert!(soon(10, || warnings("telemetry ") > 0), "{}", daemon.log());
    let (whole, before) = (lines_of_health(&log), daemon.held());
    std::thread::sleep(Duration::from_millis(2500));
    assert_eq!((lines_of_health(&log), warnings(": file too large")), (whole, 1), "{}", daemon.log());
    daemon.assert_as_before(before, "no room");
    let more = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
    let number = i32::try_from(daemon.child.id()).unwrap();
    // SAFETY: prlimit reads the new limit, and writes none back.
    let done = unsafe { libc::prlimit(number, libc::RLIMIT_FSIZE, &more, std::ptr::null_mut()) };
    assert_eq!(done, 0);
    assert!(soon(5, || lines_of_health(&log) > whole + 1), "{}", daemon.log());
    assert_eq!((warnings("written again"), warnings("telemetry ")), (1, 2), "{}", daemon.log());
    daemon.assert_as_before(before, "room again");
    fs::remove_file(&log).unwrap();
}

/// All are held, a newcomer is served at once, and what they cost comes back.
#[test]
fn a_thousand_silent_clients() {
    const COUNT: usize = 1000;
    jetsonscope::sys::daemon::raise_descriptors();
    let daemon = Daemon::start("silent", &["max_clients = 2000"]);
    daemon.ask("\"GetStats\"");
    let before = daemon.held();
    let mut silent: Vec<UnixStream> = (0..COUNT).map(|_| daemon.connect()).collect();
    daemon.assert_answers("a thousand silent clients");
    assert!(daemon.held().descriptors >= COUNT, "{:?}", daemon.held());
    assert_rests(&daemon, "a thousand silent clients");
    assert!(silent.iter_mut().all(pong), "one was dropped");
    // Each has begun to ask, and costs what he has sent.
    let own = daemon.status("RssAnon");
    silent.iter_mut().for_each(|stream| stream.write_all(b"{").unwrap());
    assert!(daemon.ask("\"Ping\"")["Pong"].is_object());
    let each = daemon.status("RssAnon").saturating_sub(own) * 1024 / COUNT as u64;
    println!("{each} bytes for a byte of each");
    assert!(each < 1024, "{each} bytes for a byte of each");
    drop(silent);
    daemon.assert_as_before(before, "a thousand silent clients");
}

/// Half of the subscribers never read: the others have each sample, and nothing is kept for the deaf.
#[test]
fn subscribers_of_which_half_never_read() {
    const EACH: usize = 32;
    const SAMPLES: usize = 20;
    let daemon = Daemon::start("half", &["max_clients = 80"]);
    daemon.ask("\"GetStats\"");
    let before = daemon.held();
    let mut deaf: Vec<UnixStream> = (0..EACH).map(|_| daemon.connect()).collect();
    for stream in &mut deaf {
        stream.write_all(SUBSCRIBE).unwrap();
        // More than a socket holds, so that they are deaf from now on.
        (0..200).for_each(|_| stream.write_all(b"\"GetStats\"\n").unwrap());
    }
    let mut readers: Vec<BufReader<UnixStream>> =
        (0..EACH).map(|_| BufReader::new(daemon.connect())).collect();
    for reader in &mut readers {
        reader.get_mut().write_all(SUBSCRIBE).unwrap();
    }
    let begin = Instant::now();
    let (mut held, mut texts) = (daemon.held(), vec![String::new(); EACH]);
    for _ in 0..SAMPLES {
        for (reader, text) in readers.iter_mut().zip(&mut texts) {
            text.clear();
            assert!(reader.read_line(text).is_ok_and(|got| got > 500), "a reader is left without: {text}");
        }
        let now = daemon.held();
        held = Held { anon_kb: held.anon_kb.max(now.anon_kb), ..now };
    }
    let spent = begin.elapsed();
    println!("{SAMPLES} samples for each in {spent:?}, {before:?}, at most {held:?}");
    // The first is there at once; a machine that is busy may skip one or two.
    assert!(spent < Duration::from_millis(100 * (SAMPLES as u64 + 3)), "samples are missing: {spent:?}");
    for text in &texts {
        let sample: Value = serde_json::from_str(text).unwrap();
        assert!(sample["Stats"]["age_ms"].as_u64().is_some_and(|age| age < 300), "{text}");
    }
    // One reply each, and what has come of their requests.
    assert!(held.anon_kb < before.anon_kb + 2048, "{before:?}, then {held:?}");
    daemon.assert_answers("half never read");
    drop((deaf, readers));
    daemon.assert_as_before(before, "half never read");
}

/// The wall clock is set, forth and back, while the daemon runs: it is for people to read, and for nothing
/// that is waited for or divided by.
#[test]
fn the_wall_clock_is_only_printed() {
    // Where it is printed, and where the time of a file tells whether that was changed.
    const PRINTED: [&str; 3] = ["utc.rs", "sys/time.rs", "process/users.rs"];
    const NAMES: [&str; 6] =
        ["SystemTime", "UNIX_EPOCH", "CLOCK_REALTIME", "gettimeofday", "clock_gettime", "libc::time("];
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut directories, mut files) = (vec![top.clone()], 0);
    while let Some(directory) = directories.pop() {
        for path in fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                directories.push(path);
                continue;
            }
            files += 1;
            let name = path.strip_prefix(&top).unwrap().to_str().unwrap().to_owned();
            let text = fs::read(&path).unwrap();
            let text = String::from_utf8_lossy(&text);
            // Tests may set it.
            let code = text.split("#[cfg(test)]").next().unwrap();
            let found = NAMES.iter().find(|what| code.contains(**what));
            assert!(found.is_none() || PRINTED.contains(&&*name), "src/{name} has {found:?}");
        }
    }
    assert!(files > 100, "{files} files");
}
