//! Sources that misbehave, and a configuration that is broken.

use super::*;

fn shell(script: &str) -> String {
    format!("command:sh -c \"{}\"", script.replace('"', "\\\""))
}

/// Whatever the source's program does, requests are answered, with the age of what is known.
#[test]
fn sources_that_misbehave() {
    for (name, source) in [
        ("missing", "command:/nonexistent/program".to_owned()),
        ("dead", shell("exit 3")),
        ("once", shell(&format!("echo '{LINE}'; exit 0"))),
        ("hanging", "command:sleep 60".to_owned()),
        ("flooding", shell(&format!("while :; do echo '{LINE}'; done"))),
        ("endless", shell("exec cat /dev/zero")),
        ("half", shell("printf 'RAM 12/39'; exec sleep 60")),
        ("deaf", shell("trap '' TERM INT HUP; while :; do sleep 1; done")),
    ] {
        let mut daemon = Daemon::with_source(&format!("source-{name}"), &[], &source);
        std::thread::sleep(Duration::from_millis(300));
        let before = daemon.held();
        daemon.assert_answers(name);
        let stats = &daemon.ask("\"GetStats\"")["Stats"];
        assert!(stats.as_object().unwrap().contains_key("age_ms"), "{name}: {stats}");
        let known = matches!(name, "once" | "flooding");
        assert_eq!(stats["data"].is_object(), known, "{name}: {stats}");
        assert_eq!(stats["age_ms"].is_u64(), known, "{name}: {stats}");
        assert_eq!(stats["simulated"], false);
        assert!(daemon.held().anon_kb <= before.anon_kb + 1536, "{name}: {before:?}, {:?}", daemon.held());
        assert_eq!(daemon.end(), Some(0), "{name}");
        assert!(!daemon.socket().exists(), "{name}");
        assert!(daemon.log().lines().count() < 12, "{name}: {}", daemon.log());
    }
}

/// The source's process stands still, and its whole group ends with the daemon.
#[test]
fn the_sources_processes() {
    let directory = std::env::temp_dir().join(format!("jetsonscope-children-{}", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    let pids = directory.join("pids");
    let script =
        format!("sleep 60 & echo $! $$ >{}; while :; do echo '{LINE}'; sleep 0.1; done", pids.display());
    let mut daemon = Daemon::with_source("children", &[], &shell(&script));
    let stats = |daemon: &Daemon| daemon.ask("\"GetStats\"")["Stats"].clone();
    assert!(soon(3, || stats(&daemon)["data"].is_object()));
    let numbers = fs::read_to_string(&pids).unwrap();
    let numbers: Vec<String> = numbers.split_whitespace().map(ToOwned::to_owned).collect();
    let stop = Command::new("kill").args(["-STOP", &numbers[1]]).status().unwrap();
    assert!(stop.success());
    assert!(soon(2, || stats(&daemon)["stale"] == true), "{}", stats(&daemon));
    assert!(stats(&daemon)["age_ms"].as_u64().unwrap() >= 300);
    daemon.assert_answers("the source is stopped");
    assert_eq!(daemon.end(), Some(0));
    let gone = soon(2, || !numbers.iter().any(|number| lives(number)));
    let _ = Command::new("kill").arg("-KILL").args(&numbers).stderr(Stdio::null()).status();
    let _ = fs::remove_dir_all(&directory);
    assert!(gone, "its group goes on: {numbers:?}");
}

#[test]
fn a_broken_configuration_is_no_end() {
    let daemon = Daemon::start("reload", &["idle_timeout = 5"]);
    fs::write(daemon.directory.join("conf"), "idle_timeout = 5\ninterval = never\n").unwrap();
    daemon.signal(Signal::SIGHUP);
    assert!(soon(2, || daemon.log().contains("conf:2: ")), "{}", daemon.log());
    daemon.assert_answers("a broken configuration");
}
