//! `jscopectl history`: what it asks, and what it makes of the answers.

use std::path::Path;

use super::ctl;
use super::served::{Scratch, Server};

/// A server that knows three series, and gives the second its points.
fn remembering(path: &Path) -> Server {
    Server::start(path, |peer| {
        let heard = String::from_utf8(peer.hear()).expect("JSON");
        let names = ["cpu.load_percent", "temps.a", "temps.b"];
        let asked = names.into_iter().filter(|name| heard.contains(&format!("\"{name}\"")));
        let point = |name: &str| match name {
            "temps.a" => "[1.5,2.0,3.25],null,[-1.0,4.0,9.0]",
            _ => "[1,2,3],null,null",
        };
        let mut series: Vec<String> = asked.map(|name| format!("\"{name}\":[{}]", point(name))).collect();
        if heard.contains(r#""series":[]"#) {
            series.extend(names.map(|name| format!("\"{name}\":[]")));
        }
        let series = series.join(",");
        let text =
            format!(r#"{{"History":{{"step_ms":60000,"end_ms":1795250192000,"series":{{{series}}}}}}}"#);
        peer.say(format!("{text}\n").as_bytes());
        peer.linger();
    })
}

#[test]
fn ok_history() {
    let scratch = Scratch::new("history");
    let socket = scratch.at("s");
    let with = |variables: &[(&str, &str)], words: &[&str]| {
        ctl("/nonexistent", variables, &[&["history", "--socket", &socket], words].concat())
    };
    let ran = with(&[], &[]);
    ran.assert_failed(69, &"no server");
    assert!(ran.err.contains("is jscoped running?") && !ran.err.contains("in this process"), "{}", ran.err);
    with(&[], &["--root", "/"]).assert_failed(69, &"a directory has no history");
    let server = remembering(Path::new(&socket));
    let head = "time                  cpu.load_percent     temps.a";
    let table = "\n2026-11-21T08:34:32Z                 2           2\n2026-11-21T08:36:32Z                 -           4\n";
    let csv = "time,temps.a.min,temps.a.mean,temps.a.max\r\n2026-11-21T08:34:32Z,1.5,2,3.25\r\n2026-11-21T08:35:32Z,,,\r\n2026-11-21T08:36:32Z,-1,4,9\r\n";
    for (words, wanted) in [
        (&[][..], [head, table].concat()),
        (&["--list"], "cpu.load_percent\ntemps.a\ntemps.b\n".to_owned()),
        (&["--csv", "--series", "temps.a", "--window", "5min"], csv.to_owned()),
        (
            &["--json", "--series", "temps.b", "--series", "cpu"],
            r#"{"History":{"step_ms":60000,"end_ms":1795250192000,"series":{"cpu.load_percent":[[1,2,3],null,null],"temps.b":[[1,2,3],null,null]}}}"#
                .to_owned()
                + "\n",
        ),
    ] {
        let ran = with(&[], words);
        ran.assert_ok(&words);
        assert_eq!(ran.out, wanted, "{words:?}");
    }
    for (variables, width, ascii) in [
        (&[("LC_ALL", "C.UTF-8"), ("COLUMNS", "60")][..], 60, false),
        (&[("LC_ALL", "C"), ("COLUMNS", "60")], 60, true),
        (&[("LC_ALL", "C"), ("COLUMNS", "6000")], 80, true),
    ] {
        let ran = with(variables, &["--plot", "--series", "temps.a"]);
        ran.assert_ok(&variables);
        let widest = ran.out.lines().map(|line| line.chars().count()).max();
        assert_eq!(
            (ran.out.lines().count(), widest, ran.out.is_ascii()),
            (10, Some(width), ascii),
            "{}",
            ran.out
        );
        assert!(ran.out.starts_with("temps.a  -1 to 9, mean 3, last 4\n"), "{}", ran.out);
    }
    for words in [
        &["--series", "nowhere"][..],
        &["--series", ""],
        &["--window", "9s"],
        &["--window", "25h"],
        &["--window", "soon"],
        &["more"],
    ] {
        with(&[], words).assert_failed(64, &words);
    }
    drop(server);
    for (answer, code) in [
        (&b"{\"Error\":{\"code\":\"unsupported\",\"message\":\"no history is kept\"}}\n"[..], 69),
        (b"{\"Error\":{\"code\":\"bad_request\",\"message\":\"no request\"}}\n", 69),
        (b"{\"Pong\":{}}\n", 69),
        (b"{\"History\":{\"step_ms\":0,\"end_ms\":0,\"series\":{}}}\n", 69),
        (b"{\"History\":{\"series\":{\"cpu.load_percent\":1}}}\n", 65),
    ] {
        let server = Server::answering(Path::new(&socket), answer);
        with(&[], &[]).assert_failed(code, &String::from_utf8_lossy(answer));
        drop(server);
    }
}
