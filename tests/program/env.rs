//! `jetson_scope_env` as a program.

use super::{OWN, Ran, Scratch, program, run};
use std::fs;

fn env(scratch: &Scratch, words: &[&str], set: &[(&str, &str)]) -> Ran {
    let root = scratch.at("");
    let words = [&["jetson_scope_env", "--root", &root], words].concat();
    let mut command = program(OWN, &words);
    command.env_clear().envs(set.iter().copied());
    run(command)
}

#[test]
fn ok_what_is_in_force() {
    let scratch = Scratch::new("env");
    fs::create_dir_all(scratch.at("etc/jetsonscope")).unwrap();
    let file = scratch.at("etc/jetsonscope/jetsonscope.conf");
    fs::write(&file, "# ours\ninterval = 2s\r\ntoken = geheim\nfoo = 1\n").unwrap();
    let set = [("TEGRA_SOCKET_PATH", "/old"), ("JETSONSCOPE_SOCKET_PATH", "/new"), ("HOME", "/nowhere")];
    let ran = env(&scratch, &[], &set);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for line in [
        "TEGRA_SOCKET_PATH = /old  (hidden by JETSONSCOPE_SOCKET_PATH)",
        "socket = /new  (JETSONSCOPE_SOCKET_PATH)",
        &format!("interval = 2s  ({file}:2)"),
        &format!("token = set (6 characters)  ({file}:3)"),
        "http = -  (default)",
    ] {
        assert!(ran.out.lines().any(|printed| printed == line), "{line}: {}", ran.out);
    }
    assert!(!ran.out.contains("geheim") && !ran.out.contains("HOME"), "{}", ran.out);
    let warnings: Vec<&str> = ran.err.lines().collect();
    let wanted = [
        format!("jetson_scope_env: {file}:3: others can read the token (use token_file)"),
        format!("jetson_scope_env: {file}:4: no such key \"foo\""),
    ];
    assert_eq!(warnings, wanted);
    let json = env(&scratch, &["--json"], &set);
    let tree: serde_json::Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!(tree["variables"][1]["hidden_by"], "JETSONSCOPE_SOCKET_PATH", "{tree}");
    assert_eq!(tree["settings"][0]["value"], "/new", "{tree}");
}

#[test]
fn err_what_is_wrong() {
    let scratch = Scratch::new("env-wrong");
    fs::write(scratch.at("bad"), "interval = 5\n").unwrap();
    let bad = scratch.at("bad");
    for (words, set, code) in [
        (&["--config", &bad][..], &[][..], 78),
        (&["--config", "/nonexistent"], &[], 78),
        (&[], &[("JETSONSCOPE_HTTP_ADDR", "\x1b[2J")], 78),
        (&["--root", "/nonexistent"], &[], 66),
    ] {
        env(&scratch, words, set).assert_failed(code, &(words, set));
    }
}
