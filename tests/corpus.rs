//! `jscopectl parse` held against a second, simpler reading of the same captures, against lines of
//! our own, and against what its manual promises about exit codes, pipes and CSV.

mod oracle;

use oracle::captures::{captures, file_name, is_damaged, is_message, read_capture};
use oracle::messy::{MARKS, Messy, ODDITIES, SEAMS};
use oracle::{Row, assert_none, check_wish, command, difference, reader, rows, run, scratch_file};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::Stdio;

const GOOD: &[u8] = b"RAM 12/3964MB (lfb 3x4MB) CPU [1%@102,off] GR3D_FREQ 3% CPU@30C VDD_IN 5/6\n";

#[test]
fn whole_captures_read_as_the_second_reader_reads_them() {
    let mut faults = Vec::new();
    for path in captures().unwrap_or_default() {
        let name = file_name(&path);
        if is_message(name) || is_damaged(name) {
            continue;
        }
        let text = read_capture(&path);
        let result = run(&[], text.as_bytes());
        assert_eq!(result.code, Some(0), "{name}: {}", result.stderr);
        let samples = result.samples();
        assert_eq!(samples.len(), text.lines().count(), "{name}: each line is one sample");
        for (n, (line, sample)) in text.lines().zip(&samples).enumerate() {
            let fault = difference("", &reader::read_line(line), sample, false);
            faults.extend(fault.map(|fault| format!("{name}:{}: {fault}", n + 1)));
        }
    }
    assert_none(&faults);
}

#[test]
fn damaged_captures_never_break_the_program() {
    for path in captures().unwrap_or_default() {
        let name = file_name(&path);
        // The bytes as they are, a missing line end included.
        let bytes = std::fs::read(&path).expect("a readable capture");
        let strict = run(&[], &bytes);
        let lenient = run(&["--lenient"], &bytes);
        for result in [&strict, &lenient] {
            let agrees = match result.code {
                Some(0) => !result.samples().is_empty(),
                Some(65) => result.stdout.is_empty(),
                _ => false,
            };
            assert!(agrees, "{name}: exit {:?}, {}", result.code, result.stderr);
        }
        assert!(lenient.samples().len() >= strict.samples().len(), "{name}: lenient lost samples");
        if is_message(name) {
            assert_eq!(strict.code, Some(65), "{name} holds no sample");
        }
    }
}

fn row_faults(row: &Row, data: &Value) -> Vec<String> {
    let mut faults: Vec<String> = row.want.iter().filter_map(|wish| check_wish(data, wish)).collect();
    faults.extend(check_wish(data, "/unknown = []"));
    faults.iter().map(|fault| format!("{}: {fault}", row.name)).collect()
}

/// The wishes were written by hand and not by the reader. This needs no program: it says, when
/// another test fails, that the fault is not in the expectation.
#[test]
fn second_reader_agrees_with_the_table() {
    assert!(rows().count() >= 40);
    let faults: Vec<String> = rows().flat_map(|row| row_faults(row, &reader::read_line(row.line))).collect();
    assert_none(&faults);
}

#[test]
fn plain_lines_of_every_board() {
    let mut faults = Vec::new();
    for row in rows() {
        let result = run(&[], format!("{}\n", row.line).as_bytes());
        let samples = result.samples();
        if result.code != Some(0) || samples.len() != 1 {
            faults.push(format!("{}: {} samples, {:?}", row.name, samples.len(), result.code));
            continue;
        }
        faults.extend(row_faults(row, &samples[0]));
        let whole = difference("", &reader::read_line(row.line), &samples[0], false);
        faults.extend(whole.map(|fault| format!("{}: {fault}", row.name)));
    }
    assert_none(&faults);
}

fn check_messy(rows: &[Messy]) {
    let mut faults = Vec::new();
    for row in rows {
        let result = run(row.args, row.input);
        let samples = result.samples();
        if result.code != Some(0) || samples.len() != row.samples {
            faults.push(format!("{}: {} samples, {:?}", row.name, samples.len(), result.code));
            continue;
        }
        let all = Value::Array(samples);
        let broken = row.want.iter().filter_map(|wish| check_wish(&all, wish));
        faults.extend(broken.map(|fault| format!("{}: {fault}", row.name)));
    }
    assert_none(&faults);
}

#[test]
fn marks_and_blanks_change_nothing() {
    check_messy(MARKS);
}

#[test]
fn joined_and_cut_lines() {
    check_messy(SEAMS);
}

#[test]
fn unknown_words_and_fragments() {
    check_messy(ODDITIES);
}

#[test]
fn always_there_and_only_where_they_apply() {
    let samples = run(&[], b"RAM 12/3964MB (lfb 3x4MB) GR3D_FREQ 3% VDD_IN 5/6\n").samples();
    let wishes = [
        "/0/temps_off = []",
        "/0/temps_max = {}",
        "/0/unknown = []",
        "/0/edp_limit_mhz = null",
        "/0/engines/GR3D/freqs_mhz = absent",
        "/0/engines/GR3D/loads_percent = absent",
        "/0/power/VDD_IN/max_mw = absent",
    ];
    let all = Value::Array(samples);
    let faults: Vec<String> = wishes.iter().filter_map(|wish| check_wish(&all, wish)).collect();
    assert_none(&faults);
}

#[test]
fn nothing_to_read_is_a_data_error() {
    for input in [&b""[..], b"\n", b"tegrastats: command not found\n", b"RAM usage is high\n"] {
        for format in ["json", "csv", "text"] {
            let result = run(&["--format", format], input);
            assert_eq!(result.code, Some(65), "{format} of {input:?}: {}", result.stderr);
        }
        assert_eq!(run(&[], input).stdout, "", "{input:?} holds no sample");
    }
}

#[test]
fn wrong_arguments() {
    assert_eq!(run(&["--frobnicate"], GOOD).code, Some(64));
    assert_eq!(run(&["--format", "xml"], GOOD).code, Some(64));
    assert_eq!(run(&["--format"], GOOD).code, Some(64));
    let missing = Path::new(env!("CARGO_TARGET_TMPDIR")).join("corpus-is-not-there");
    let result = run(&[missing.to_str().expect("a UTF-8 path")], b"");
    assert_eq!(result.code, Some(66));
    assert!(result.stderr.contains("corpus-is-not-there"), "the message names the file");
}

#[test]
fn files_and_standard_input_in_the_given_order() {
    let first = scratch_file("first", b"RAM 1/9MB (lfb 1x4MB) CPU@1C\n");
    // No line end: the next file must not be taken for the rest of this line.
    let second = scratch_file("second", b"RAM 2/9MB (lfb 1x4MB) CPU [1%@102]");
    let (first, second) = (first.to_str().expect("UTF-8"), second.to_str().expect("UTF-8"));
    let used = |args: &[&str]| -> Vec<f64> {
        let result = run(args, b"RAM 3/9MB (lfb 1x4MB) CPU@3C\n");
        assert_eq!(result.code, Some(0), "{args:?}: {}", result.stderr);
        let read = |sample: &Value| sample["ram"]["used_bytes"].as_f64().expect("a number");
        result.samples().iter().map(|sample| read(sample) / 1_048_576.0).collect()
    };
    assert_eq!(used(&[]), [3.0]);
    assert_eq!(used(&["-"]), [3.0]);
    assert_eq!(used(&[first]), [1.0], "standard input is left alone when a file is named");
    assert_eq!(used(&[first, second]), [1.0, 2.0]);
    assert_eq!(used(&[second, "-", first]), [2.0, 3.0, 1.0]);
    assert_eq!(used(&["--format", "json", "--lenient", second]), [2.0]);
}

#[test]
fn summary_tells_the_number_of_skipped_lines() {
    let mut input = b"this line is noise\n".repeat(17);
    input.extend(GOOD.repeat(3));
    for format in ["json", "csv", "text"] {
        let result = run(&["--format", format], &input);
        assert_eq!(result.code, Some(0));
        let mut numbers = result.stderr.split(|c: char| !c.is_ascii_digit());
        assert!(numbers.any(|n| n == "17"), "{format}: no 17 in {:?}", result.stderr);
    }
    assert_eq!(run(&[], &input).samples().len(), 3, "the summary stays out of the output");
}

#[test]
fn closed_pipe_ends_quietly() {
    // Far more than a pipe holds, so that the program is still writing when the reader leaves.
    let log = scratch_file("long", &GOOD.repeat(20_000));
    let log = log.to_str().expect("UTF-8");
    for format in ["json", "csv", "text"] {
        let mut child = command(&["--format", format, log])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        stdout.read_line(&mut line).expect("a first line");
        drop(stdout);
        let mut stderr = String::new();
        let mut pipe = child.stderr.take().expect("a pipe");
        pipe.read_to_string(&mut stderr).expect("messages are UTF-8");
        let status = child.wait().expect("the program ends");
        let code = status.code().unwrap_or_else(|| panic!("{format}: ended by {status}"));
        assert!(code != 101 && code != 134, "{format}: exit {code}");
        assert!(!stderr.contains("panicked"), "{format}: {stderr}");
        assert!(!line.is_empty(), "{format}: no output before the pipe closed");
    }
}

/// Every line of the table, cut at every byte and spoilt at a few: exit 0 or 65, and valid JSON.
#[test]
fn hostile_bytes_never_break_the_program() {
    let mut input = Vec::new();
    for row in rows() {
        for end in 0..row.line.len() {
            input.extend(&row.line.as_bytes()[..end]);
            input.extend(if end % 3 == 0 { &b"\n"[..] } else { b"\xff\x00\n" });
        }
    }
    for huge in ["RAM 99999999999999999999/9MB", "RAM 1/9MB (lfb", "RAM 1/9MB CPU [", "\u{1b}["] {
        input.extend(format!("{huge}\nRAM 1/9MB A@-C B@9e999C C {}/1 D %@ E @[\n", "9".repeat(400)).bytes());
    }
    for args in [&["--lenient"][..], &[], &["--format", "csv"], &["--format", "text"]] {
        let result = run(args, &input);
        assert_eq!(result.code, Some(0), "{args:?}: {}", result.stderr);
        assert!(!result.stdout.is_empty(), "{args:?}: whole lines are among them");
        if args.len() < 2 {
            assert!(result.samples().iter().all(Value::is_object));
        }
    }
}
