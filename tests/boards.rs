//! Every directory in fixtures/boards is a board: what is read there is what its expected.json
//! says, and nothing else. A new board is a directory; this file does not change.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jetsonscope::root::Root;
use jetsonscope::source::{Choice, Feed};
use jetsonscope::wire::{json, message};
use serde_json::Value;

const SECOND: Duration = Duration::from_secs(1);

fn boards() -> Vec<PathBuf> {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/boards");
    let mut boards: Vec<_> = fs::read_dir(place).unwrap().map(|entry| entry.unwrap().path()).collect();
    boards.retain(|path| path.is_dir());
    boards.sort();
    assert!(boards.len() >= 19, "{} boards", boards.len());
    boards
}

/// The data object of the first sample.
fn data(board: &Path) -> Value {
    let now = Instant::now();
    let mut feed = Feed::open(Choice::Sysfs, &Root::at(board), SECOND, now).unwrap();
    assert!(feed.turn(now));
    let sample = feed.sample(now);
    let text = json::encode(&message::data(sample.snapshot.expect("a sample")));
    serde_json::from_str(&text).unwrap()
}

/// Where two values differ, a line each.
fn differences(at: &str, wanted: &Value, found: &Value, to: &mut Vec<String>) {
    match (wanted, found) {
        (Value::Object(a), Value::Object(b)) => {
            for (name, wanted) in a {
                differences(&format!("{at}.{name}"), wanted, b.get(name).unwrap_or(&Value::Null), to);
            }
            for (name, found) in b.iter().filter(|(name, found)| !a.contains_key(*name) && !found.is_null()) {
                to.push(format!("{at}.{name}: not expected, found {found}"));
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (number, (wanted, found)) in a.iter().zip(b).enumerate() {
                differences(&format!("{at}.{number}"), wanted, found, to);
            }
        }
        (Value::Number(a), Value::Number(b)) => {
            if (a.as_f64().unwrap() - b.as_f64().unwrap()).abs() > 1e-9 {
                to.push(format!("{at}: expected {a}, found {b}"));
            }
        }
        _ if wanted == found => {}
        _ => to.push(format!("{at}: expected {wanted}, found {found}")),
    }
}

/// The reply `Meta`, as the command line gives it.
#[cfg(feature = "cli")]
fn meta(board: &Path) -> Value {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_jetsonscope"));
    command.args(["jscopectl", "meta", "--json", "--root"]).arg(board);
    let output = command.output().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut meta: Value = serde_json::from_slice::<Value>(&output.stdout).unwrap()["Meta"].take();
    // The program's own, and no board's.
    for name in ["version", "protocol"] {
        assert!(meta.as_object_mut().unwrap().remove(name).is_some(), "{name}");
    }
    // The serial number is root's alone.
    if !nix::unistd::geteuid().is_root() {
        meta.as_object_mut().unwrap().remove("serial_number");
    }
    meta
}

fn expected(board: &Path) -> Value {
    let text = fs::read_to_string(board.join("expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
#[cfg(feature = "cli")]
fn every_board_is_known() {
    let mut wrong = Vec::new();
    for board in boards() {
        let name = board.file_name().unwrap().to_string_lossy().into_owned();
        let (mut wanted, mut found) = (expected(&board)["meta"].take(), meta(&board));
        if found.get("serial_number").is_none() {
            wanted.as_object_mut().unwrap().remove("serial_number");
        }
        // Zones that are off come last, and engines as they are found.
        for list in ["sensors", "engines"] {
            sort(&mut wanted[list]);
            sort(&mut found[list]);
        }
        differences(&name, &wanted, &found, &mut wrong);
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

#[cfg(feature = "cli")]
fn sort(list: &mut Value) {
    list.as_array_mut().unwrap().sort_by(|a, b| a.as_str().cmp(&b.as_str()));
}

#[test]
fn every_board_gives_what_it_should() {
    let mut wrong = Vec::new();
    for board in boards() {
        let name = board.file_name().unwrap().to_string_lossy().into_owned();
        assert!(fs::read_to_string(board.join("SOURCE")).unwrap().len() > 100, "{name} has no SOURCE note");
        differences(&name, &expected(&board)["data"], &data(&board), &mut wrong);
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}
