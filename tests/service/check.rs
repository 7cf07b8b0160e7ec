//! `--check`: says what it would do, and does nothing.

use super::daemon::{OWN, command};
use super::{Manager, Ran, Scratch, ms};

/// The value of a key and where it comes from, as `--check` says.
fn said(ran: &Ran, key: &str) -> (String, String) {
    let line = ran.out.lines().find(|line| line.split(' ').next() == Some(key));
    let line = line.unwrap_or_else(|| panic!("no {key}: {ran:?}"));
    let words: Vec<&str> = line.split_whitespace().collect();
    (words[1].to_owned(), words[words.len() - 1].to_owned())
}

#[test]
fn it_leaves_nothing_behind() {
    let scratch = Scratch::new("check", &["max_clients = 7", "token = geheim"]);
    let manager = Manager::new("check");
    let [pid, health] = ["pid", "health"].map(|name| scratch.at(name).to_str().unwrap().to_owned());
    let mut command = scratch.jscoped(&["--check", "--daemonize", "--pidfile", &pid]);
    command.env("NOTIFY_SOCKET", &manager.address).env("JETSONSCOPE_TELEMETRY_LOG", &health);
    let ran = scratch.run(command);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let conf = scratch.at("conf");
    assert_eq!(said(&ran, "socket"), (scratch.at("s").to_str().unwrap().to_owned(), "--socket".to_owned()));
    assert_eq!(said(&ran, "max_clients"), ("7".to_owned(), format!("{}:1", conf.display())));
    assert_eq!(said(&ran, "telemetry_log"), (health, "JETSONSCOPE_TELEMETRY_LOG".to_owned()));
    assert_eq!(said(&ran, "group"), ("jetsonscope".to_owned(), "default".to_owned()));
    assert!(!ran.out.contains("geheim") && !ran.err.contains("geheim"), "{ran:?}");
    assert_eq!(scratch.names(), ["conf"]);
    assert_eq!(manager.next(ms(20)), None, "nothing is ready");
    assert!(scratch.processes().is_empty());
}

#[test]
fn it_says_what_is_wrong() {
    for (settings, option, code, wanted) in [
        (&["", "interval = never"][..], &[][..], 78, "conf:2: interval: bad value \"never\""),
        (&["max_clients = 0"], &[], 78, "conf:1: max_clients: bad value \"0\""),
        (&["socket"], &[], 78, "conf:1: "),
        (&["# right", "", "socket = relative"], &[], 78, "conf:3: socket: bad value \"relative\""),
        // Even where a stronger one would win.
        (&["interval = never"], &["--interval", "100"], 78, "conf:1: "),
        (&[], &["--interval", "99"], 64, "--interval"),
        (&[], &["--interval", "x"], 64, "\"x\""),
        (&[], &["--source", "nonsense"], 64, "\"nonsense\""),
        (&[], &["--nonsense"], 64, "--nonsense"),
        (&[], &["word"], 64, "word"),
        (&[], &["--config", "/nonexistent/conf"], 78, "/nonexistent/conf: "),
    ] {
        let scratch = Scratch::new("check-wrong", settings);
        let ran = scratch.run(scratch.jscoped(&[&["--check"], option].concat()));
        ran.assert_failed(code, wanted);
        assert!(ran.err.contains(wanted), "{wanted}: {ran:?}");
        assert_eq!(scratch.names(), ["conf"], "{wanted}");
    }
    // What is only odd is a warning.
    let scratch = Scratch::new("check-odd", &["", "nonsense = 1"]);
    let ran = scratch.run(scratch.jscoped(&["--check"]));
    assert_eq!((ran.code, ran.err.lines().count()), (Some(0), 1), "{ran:?}");
    assert!(ran.err.contains("conf:2: no such key \"nonsense\""), "{ran:?}");
}

#[test]
fn what_goes_before_what() {
    let names = ["--socket", "JETSONSCOPE_SOCKET_PATH", "TEGRA_SOCKET_PATH", "file"];
    for (case, wanted) in [
        (["/a", "/b", "/c", "/d"], Some(0)),
        (["", "/b", "/c", "/d"], Some(1)),
        (["", "", "/c", "/d"], Some(2)),
        (["", "", "", "/d"], Some(3)),
        (["", "", "", ""], None),
        (["/a", "", "", "/d"], Some(0)),
        (["", "/b", "", "/d"], Some(1)),
        (["/a", "", "/c", ""], Some(0)),
    ] {
        let [option, new, old, file] = case;
        let setting = format!("socket = {file}");
        let scratch = Scratch::new("check-order", &[if file.is_empty() { "" } else { &setting }]);
        let mut own = command(OWN);
        own.args(["jscoped", "--check", "--config"]).arg(scratch.at("conf"));
        if !option.is_empty() {
            own.args(["--socket", option]);
        }
        own.env(names[1], new).env(names[2], old).env("XDG_RUNTIME_DIR", "/xdg");
        let ran = scratch.run(own);
        assert_eq!(ran.code, Some(0), "{case:?}: {ran:?}");
        let (value, from) = said(&ran, "socket");
        match wanted {
            Some(3) => {
                assert_eq!((value, from), (file.to_owned(), format!("{}:1", scratch.at("conf").display())))
            }
            Some(place) => assert_eq!((&*value, &*from), (case[place], names[place]), "{case:?}"),
            None => assert!(value.ends_with("/jetsonscope.sock") && from == "default", "{value} of {from}"),
        }
    }
}
