//! A stream that somebody still writes to: each sample is out when it has come.
#![cfg(feature = "cli")]

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

fn start(format: &str) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jscopectl"));
    command.args(["parse", "--format", format]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

#[test]
fn a_sample_is_out_before_the_next_one_comes() {
    for (format, heading) in [("json", false), ("csv", true), ("text", true)] {
        let mut child = start(format);
        let mut input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || output.lines().for_each(|line| drop(sender.send(line.unwrap()))));
        let wait = |lines: &mpsc::Receiver<String>| lines.recv_timeout(Duration::from_secs(10));
        for number in 1..=3 {
            writeln!(input, "RAM {number}/9MB (lfb 1x4MB)").unwrap();
            if number == 1 && heading {
                wait(&lines).unwrap();
            }
            let last = wait(&lines);
            let wanted = if format == "text" { format!("{number}/9") } else { (number << 20).to_string() };
            assert!(last.as_ref().is_ok_and(|last| last.contains(&wanted)), "{format} {number}: {last:?}");
        }
        drop(input);
        assert!(child.wait().unwrap().success(), "{format}");
    }
}

#[test]
fn a_reader_that_is_gone_ends_it_while_it_waits() {
    let mut child = start("json");
    let mut input = child.stdin.take().unwrap();
    drop(child.stdout.take());
    writeln!(input, "RAM 1/9MB (lfb 1x4MB)").unwrap();
    // The input stays open: only the failed write can end the program.
    assert!(child.wait().unwrap().success());
    drop(input);
}
