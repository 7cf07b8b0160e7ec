//! What the tests of `jscopectl parse` share: running it, comparing values, reading CSV.

pub mod captures;
pub mod csv;
pub mod messy;
pub mod reader;
pub mod rows_new;
pub mod rows_old;
pub mod table;

use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// One line of input and what must stand in its sample, each wish as `pointer = JSON`.
/// The word `absent` in place of JSON means that nothing may stand there.
pub struct Row {
    pub name: &'static str,
    pub line: &'static str,
    pub want: &'static [&'static str],
}

/// All rows of the plain table.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    rows_old::ROWS.iter().chain(rows_new::ROWS)
}

/// What one run of the program left behind.
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    /// The samples, when the output is JSON lines.
    pub fn samples(&self) -> Vec<Value> {
        let read =
            |line: &str| serde_json::from_str(line).unwrap_or_else(|e| panic!("not JSON ({e}): {line}"));
        self.stdout.lines().map(read).collect()
    }
}

pub fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jscopectl"));
    // A language with a decimal comma must change nothing (no capture ever held one).
    command.env("LC_ALL", "de_DE.UTF-8");
    command.arg("parse").args(args);
    command
}

/// Runs `jscopectl parse ARGS` on the given bytes.
pub fn run(args: &[&str], input: &[u8]) -> Run {
    let mut child = command(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_vec();
    // A thread, because a program that answers while it reads would block on a full pipe. It may
    // also end without reading (wrong option), so a failed write is no fault.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().expect("the program ends");
    writer.join().expect("the writer ends");
    Run {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("standard output is UTF-8"),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A file of this content in the build's folder for test files; every test uses names of its own.
pub fn scratch_file(name: &str, content: &[u8]) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("corpus-{name}"));
    std::fs::write(&path, content).expect("the scratch file can be written");
    path
}

/// Equal, where numbers may differ by 1e-9 and 3 is 3.0; `None` or the first place that differs.
/// `exact` forbids members that were not expected.
pub fn difference(place: &str, want: &Value, got: &Value, exact: bool) -> Option<String> {
    match (want, got) {
        (Value::Object(want), Value::Object(got)) => {
            let extra = got.keys().find(|key| exact && !want.contains_key(*key));
            if let Some(extra) = extra {
                return Some(format!("{place}/{extra}: not expected"));
            }
            want.iter().find_map(|(key, value)| {
                let place = format!("{place}/{key}");
                match got.get(key) {
                    Some(other) => difference(&place, value, other, true),
                    None => Some(format!("{place}: missing, wanted {value}")),
                }
            })
        }
        (Value::Array(want), Value::Array(got)) if want.len() == got.len() => want
            .iter()
            .zip(got)
            .enumerate()
            .find_map(|(n, (value, other))| difference(&format!("{place}/{n}"), value, other, true)),
        (Value::Number(a), Value::Number(b)) => {
            let close = (a.as_f64()? - b.as_f64()?).abs() <= 1e-9;
            (!close).then(|| format!("{place}: wanted {want}, got {got}"))
        }
        _ => (want != got).then(|| format!("{place}: wanted {want}, got {got}")),
    }
}

/// Checks one wish `pointer = JSON`; `None` when it holds.
pub fn check_wish(data: &Value, wish: &str) -> Option<String> {
    let (pointer, want) = wish.split_once(" = ").expect("a wish has the form pointer = JSON");
    let found = look_up(data, pointer);
    match (want, &found) {
        ("absent", None) => None,
        ("absent", Some(got)) => Some(format!("{pointer}: wanted nothing, got {got}")),
        (_, None) => Some(format!("{pointer}: missing, wanted {want}")),
        (_, Some(got)) => {
            let want: Value = serde_json::from_str(want).expect("a wish holds JSON");
            difference(pointer, &want, got, true)
        }
    }
}

/// A JSON pointer with two words of our own at its end: `unknown/joined` is the list with blanks
/// between, as the documents leave open whether NAME VALUE is one entry or two; `raw/trimmed` is
/// the text without blanks at its ends.
fn look_up(data: &Value, pointer: &str) -> Option<Value> {
    if let Some(list) = pointer.strip_suffix("/joined") {
        let words: Vec<&str> = data.pointer(list)?.as_array()?.iter().filter_map(Value::as_str).collect();
        return Some(words.join(" ").into());
    }
    if let Some(text) = pointer.strip_suffix("/trimmed") {
        return Some(data.pointer(text)?.as_str()?.trim().into());
    }
    data.pointer(pointer).cloned()
}

/// Shows all faults at once: a parser has many and they explain each other.
pub fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}
