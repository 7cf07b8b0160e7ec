//! `jscopectl stats`: sources, variables, the message, the time it takes, and how it ends.

use super::{
    LIMIT, LINE, OWN, Ran, Scratch, finish, gone, jetsonscope, jscopectl, program, run, signal, soon,
};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::symlink;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

const BOARDS: [&str; 8] =
    ["nano", "tx2", "xavier-nx", "agx-xavier", "orin-nano", "orin-nx", "agx-orin", "thor"];
const SCENARIOS: [&str; 5] = ["idle", "inference", "training", "thermal-stress", "brown-out"];
const MEMBERS: [&str; 10] =
    ["timestamp", "ram", "swap", "iram", "mts", "cpus", "engines", "temps", "power", "raw"];

fn stats(words: &[&str]) -> Ran {
    jscopectl(&[&["stats"], words].concat())
}

/// A shell that prints a sample as the script says, as one word of `--source`.
fn shell(script: &str) -> String {
    format!("command:/bin/sh -c '{}'", script.replace("LINE", &format!("\"{LINE}\"")))
}

#[test]
fn ok_simulated_boards() {
    for board in BOARDS {
        for (number, scenario) in [""].into_iter().chain(SCENARIOS).enumerate() {
            let source = format!("synthetic:{board}:{scenario}");
            let source = if number == 0 { source.trim_end_matches(':') } else { source.as_str() };
            let message = stats(&["--json", "--source", source]).stats(&source);
            assert_eq!(message["source"], "synthetic", "{source}");
            assert_eq!((&message["simulated"], &message["stale"]), (&true.into(), &false.into()), "{source}");
            assert!(message["age_ms"].as_u64().is_some_and(|age| age < 1000), "{source}: {message}");
            let data = message["data"].as_object().expect("data");
            assert!(MEMBERS.iter().all(|name| data.contains_key(*name)), "{source}: {message}");
            assert_eq!(data["raw"], "", "{source}: raw is a line of tegrastats only");
            assert!(!data["cpus"].as_array().unwrap().is_empty(), "{source}");
            assert_eq!(data["unknown"], serde_json::json!([]), "{source}");
        }
        let text = stats(&["--source", &format!("synthetic:{board}")]);
        text.assert_ok(&board);
        let first = text.out.lines().next().unwrap_or_default();
        assert!(first.contains("SIMULATED") && first.contains(board), "{board}: {first}");
        assert!(text.out.contains("RAM"), "{board}: {}", text.out);
    }
}

#[test]
fn ok_the_emulator_as_a_source() {
    // Each executable holds the emulator, under whatever name it was built.
    for path in [OWN, env!("CARGO_BIN_EXE_jscopectl")] {
        let words = ["stats", "--json", "--source", "emulator:thor:idle"];
        let words = if path == OWN { [&["jscopectl"], &words[..]].concat() } else { words.to_vec() };
        let message = run(program(path, &words)).stats(&path);
        assert_eq!(message["source"], "emulator", "{path}");
        assert_eq!(message["simulated"], true, "{path}");
        let raw = message["data"]["raw"].as_str().unwrap_or_default();
        assert!(raw.contains("RAM "), "{path}: the emulator's line is kept: {raw:?}");
    }
}

#[test]
fn ok_files_and_commands() {
    let scratch = Scratch::new("sources");
    let (log, script) = (scratch.at("log"), shell("echo LINE; sleep 1"));
    for (source, name) in [(format!("file:{log}"), "file"), (script, "command")] {
        let message = stats(&["--json", "--source", &source]).stats(&source);
        assert_eq!((&message["source"], &message["simulated"]), (&name.into(), &false.into()), "{source}");
        assert_eq!(message["data"]["raw"], LINE, "{source}");
        assert_eq!(message["data"]["ram"]["used_bytes"], 12 << 20, "{source}");
        let text = stats(&["--source", &source]);
        text.assert_ok(&source);
        assert!(!text.out.contains("SIMULATED"), "{source}: {}", text.out);
    }
    let mut piped = program(OWN, &["jscopectl", "--json", "--source", "file:-"]);
    piped.stdin(fs::File::open(&log).unwrap());
    assert_eq!(run(piped).stats(&"file:-")["data"]["raw"], LINE);
}

#[test]
fn ok_without_arguments_off_a_terminal() {
    let compatible = fs::read("/proc/device-tree/compatible").unwrap_or_default();
    if String::from_utf8_lossy(&compatible).contains("tegra") {
        eprintln!("skipped: this is a Jetson, where nothing is simulated unasked");
        return;
    }
    for words in [&[][..], &["jscope"], &["jscopectl"], &["jscopectl", "stats"]] {
        let ran = jetsonscope(words);
        assert_eq!(ran.code, Some(0), "{words:?}: {ran:?}");
        // Without a server, the command line says who reads.
        let told = ran.err.ends_with("reading in this process\n") && ran.err.lines().count() == 1;
        assert_eq!(told, words.contains(&"jscopectl"), "{words:?}: {}", ran.err);
        assert!(ran.out.lines().next().is_some_and(|line| line.contains("SIMULATED")), "{words:?}: {ran:?}");
        assert_eq!(ran.out.matches("RAM").count(), 1, "{words:?}: one snapshot");
        assert!(!ran.out.contains('\x1b'), "{words:?}: no escape sequences off a terminal");
    }
}

#[test]
fn err_sources() {
    let scratch = Scratch::new("failures");
    let file = |name: &str| format!("file:{}", scratch.at(name));
    symlink("loop", scratch.at("loop")).unwrap();
    for (source, code) in [
        (file("missing"), 66),
        (file("log/below"), 66),
        (file("empty"), 66),
        (file("loop"), 66),
        ("command:/nonexistent/program".to_owned(), 69),
        ("command:no-such-program -x".to_owned(), 69),
        (format!("command:{}", scratch.at("log")), 69),
        (shell("exit 3"), 69),
        ("command:sleep 9".to_owned(), 75),
        (shell("while :; do echo noise; sleep 0.05; done"), 75),
    ] {
        for format in [&[][..], &["--json"]] {
            let words = [&["--timeout", "300", "--source", &source], format].concat();
            let ran = stats(&words);
            ran.assert_failed(code, &words);
            assert!(ran.took < Duration::from_secs(2), "{source}: {:?}", ran.took);
        }
    }
    // The help: 65 is an input without a sample; `parse` ends with it on the same file.
    for words in [&["parse"][..], &["stats", "--source"], &["stats", "--watch", "0.1", "--source"]] {
        let input = if words[0] == "parse" { scratch.at("nothing") } else { file("nothing") };
        jscopectl(&[words, &[&input]].concat()).assert_failed(65, &(words, "an empty log"));
    }
}

/// How long to wait is the caller's to say, whatever the source thinks of its program.
#[test]
fn err_a_timeout_longer_than_the_patience_of_the_source() {
    let ran = stats(&["--interval", "100", "--timeout", "2400", "--source", "command:sleep 9"]);
    assert!(ran.took >= Duration::from_millis(2400), "{ran:?}");
    ran.assert_failed(75, &"--timeout 2400");
}

#[test]
fn ok_variables() {
    let (new, old) = ("JETSONSCOPE_STATS_CMD", "TEGRASTATS_CMD");
    let a = "printf '%s\\n' 'RAM 1/9MB CPU [1%@2] a'";
    let b = "printf '%s\\n' 'RAM 2/9MB CPU [1%@2] b'";
    let raw = |n: u8| format!("RAM {n}/9MB CPU [1%@2] {}", if n == 1 { "a" } else { "b" });
    let (one, two) = (raw(1), raw(2));
    for (set, source, name, line) in [
        (&[(new, a)][..], None, "command", &*one),
        (&[(old, b)], None, "command", &two),
        (&[(new, a), (old, b)], None, "command", &one),
        (&[(new, ""), (old, b)], None, "command", &two),
        (&[(new, a), (old, "'")], None, "command", &one),
        (&[(new, a)], Some("auto"), "command", &one),
        (&[(old, b)], Some("command"), "command", &two),
        (&[(new, "'"), (old, b)], Some("synthetic"), "synthetic", ""),
        (&[(new, a)], Some("synthetic:nano"), "synthetic", ""),
        (&[(new, "printf '%s\\n' 'RAM 3/9MB' CPU\" [1%@2]\"")], None, "command", "RAM 3/9MB"),
        (
            &[(new, r#"printf %s\\n RAM\ 4/9MB\ CPU\ [1%@2]\ $HOME"#)],
            None,
            "command",
            "RAM 4/9MB CPU [1%@2] $HOME",
        ),
        (
            &[(new, "printf '%s\\n' \"RAM 5/9MB CPU [1%@2] `id`;|*\"")],
            None,
            "command",
            "RAM 5/9MB CPU [1%@2] `id`;|*",
        ),
    ] {
        let option = source.map_or(vec![], |source| vec!["--source", source]);
        let mut command = program(OWN, &[&["jscopectl", "--json"], &option[..]].concat());
        command.envs(set.iter().copied()).env("HOME", "/expanded");
        let message = run(command).stats(&(set, source));
        assert_eq!((&message["source"], &message["data"]["raw"]), (&name.into(), &line.into()), "{set:?}");
    }
    for (set, option, code) in [
        ((new, "'"), &[][..], 64),
        ((new, " "), &[], 64),
        ((new, ""), &["--source", "command"], 64),
        ((new, "/nonexistent"), &[], 69),
    ] {
        let mut command = program(OWN, &[&["jscopectl"], option].concat());
        command.envs([set]);
        run(command).assert_failed(code, &(set, option));
    }
}

/// Starts a watch and reads its first line, so that it is known to run.
fn watch(source: &str) -> (Child, BufReader<std::process::ChildStdout>) {
    let mut child =
        program(OWN, &["jscopectl", "--json", "--watch", "0.1", "--source", source]).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut String::new()).unwrap();
    (child, out)
}

#[test]
fn ok_watch_and_its_end() {
    for (name, code) in [("TERM", 143), ("INT", 130), ("HUP", 129)] {
        let (child, mut out) = watch("synthetic");
        for _ in 0..3 {
            let mut line = String::new();
            out.read_line(&mut line).unwrap();
            let message: serde_json::Value = serde_json::from_str(&line).expect("a message a line");
            assert_eq!(message["Stats"]["stale"], false, "{line}");
        }
        signal(name, child.id());
        let ran = finish(child, LIMIT);
        assert_eq!((ran.code, ran.err.as_str()), (Some(code), ""), "SIG{name}");
        let mut rest = String::new();
        out.read_to_string(&mut rest).unwrap();
        assert!(rest.is_empty() || rest.ends_with('\n'), "SIG{name}: half a message: {rest:?}");
    }
    let (child, out) = watch("synthetic");
    drop(out);
    finish(child, LIMIT).assert_ok(&"the reader went away");
}

/// A log has as many samples as lines; showing the last one again is one too many.
#[test]
fn ok_watch_prints_each_sample_of_a_log_once() {
    let scratch = Scratch::new("once");
    let ran = stats(&["--json", "--watch", "0.1", "--source", &format!("file:{}", scratch.at("log"))]);
    ran.assert_ok(&"a log of three samples");
    assert_eq!(ran.out.lines().count(), 3, "{}", ran.out);
}

/// A watch goes on without its program, but it does not keep that to itself.
#[test]
fn err_watch_of_a_missing_program_is_not_silent() {
    let words = ["jscopectl", "--watch", "0.1", "--timeout", "300", "--source", "command:/nonexistent"];
    let ran = finish(program(OWN, &words).spawn().unwrap(), Duration::from_secs(1));
    assert!(!ran.err.is_empty(), "nothing was said in {:?}: {ran:?}", ran.took);
    assert!(matches!(ran.code, None | Some(69 | 75)), "{ran:?}");
}

/// What the caller has the program ignore (nohup, a shell's background) stays ignored.
#[test]
fn ok_ignored_signals_stay_ignored() {
    for name in ["HUP", "INT"] {
        let script = format!("trap '' {name}; exec \"$0\" jscopectl --watch 0.1 --json --source synthetic");
        let mut child = program("/bin/sh", &["-c", &script, OWN]).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut String::new()).unwrap();
        signal(name, child.id());
        std::thread::sleep(Duration::from_millis(250));
        let lives = child.try_wait().unwrap().is_none();
        signal("TERM", child.id());
        let code = finish(child, LIMIT).code;
        assert!(lives && code == Some(143), "SIG{name} was ignored, and yet: {code:?}");
    }
}

/// A log that holds no line is looked through, but the time is kept and a signal still ends it.
#[test]
fn err_a_log_without_lines_holds_nobody_up() {
    let scratch = Scratch::new("sparse");
    let path = scratch.at("sparse");
    if fs::File::create(&path).and_then(|file| file.set_len(1 << 36)).is_err() {
        eprintln!("skipped: no sparse files here");
        return;
    }
    let source = format!("file:{path}");
    let ran = stats(&["--timeout", "300", "--source", &source]);
    assert_eq!(ran.code, Some(75), "--timeout 300 ended after {:?}: {}", ran.took, ran.err);
    let child = program(OWN, &["jscopectl", "--source", &source]).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(150));
    signal("TERM", child.id());
    assert_eq!(finish(child, Duration::from_secs(1)).code, Some(143), "SIGTERM");
}

/// Its group ends with the program, however the child or the program ends.
#[test]
fn ok_nothing_is_left_behind() {
    let scratch = Scratch::new("left");
    let pids = scratch.at("pids");
    for (case, script, stop) in [
        ("one sample", "sleep 60 & echo $! >PIDS; echo LINE; wait", ""),
        ("no sample", "sleep 60 & echo $! >PIDS; wait", ""),
        ("a signal", "sleep 60 & echo $! >PIDS; while echo LINE; do sleep 0.1; done", "TERM"),
        ("a closed pipe", "sleep 60 & echo $! >PIDS; while echo LINE; do sleep 0.1; done", "pipe"),
        ("a child that ended", "sleep 60 >/dev/null & echo $! >PIDS; echo LINE; exit 0", ""),
        ("a child that failed", "sleep 60 >/dev/null & echo $! >PIDS; exit 3", ""),
    ] {
        // More than once: whether the end or the exit is seen first is a matter of luck.
        for _ in 0..3 {
            let source = shell(&script.replace("PIDS", &pids));
            if stop.is_empty() {
                stats(&["--timeout", "400", "--source", &source]);
            } else {
                let (child, out) = watch(&source);
                if stop == "TERM" {
                    signal("TERM", child.id())
                } else {
                    drop(out)
                }
                finish(child, LIMIT);
            }
            let number = scratch.read("pids").trim().to_owned();
            let ended = soon(|| gone(&number));
            if !ended {
                signal("KILL", number.parse().unwrap());
            }
            assert!(ended && !number.is_empty(), "{case}: sleep {number} goes on");
        }
    }
}

#[test]
fn ok_children_start_in_known_surroundings() {
    let scratch = Scratch::new("clean");
    let script = "cat; echo \"$LC_ALL,$0,$1\" >PLACE; echo LINE; echo noise >&2";
    let source = shell(&script.replace("PLACE", &scratch.at("seen"))) + " 'a  b' '$HOME'";
    let start = Instant::now();
    let mut command = program(OWN, &["jscopectl", "--source", &source]);
    command.env("LC_ALL", "de_DE.UTF-8").stdin(std::process::Stdio::piped());
    run(command).assert_ok(&"its errors are thrown away");
    assert!(start.elapsed() < Duration::from_secs(2), "it waits for no input");
    assert_eq!(scratch.read("seen"), "C,a  b,$HOME\n");
}

/// Descriptors that the caller left open are not the child's.
#[test]
fn ok_children_inherit_no_descriptors() {
    let scratch = Scratch::new("descriptors");
    let source = shell(&format!("test -e /proc/$$/fd/9; echo $? >{}; echo LINE", scratch.at("seen")));
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "exec 9</dev/null; \"$0\" jscopectl --source \"$1\"", OWN, &source]);
    assert!(command.output().unwrap().status.success());
    assert_eq!(scratch.read("seen"), "1\n", "descriptor 9 is open in the child");
}
