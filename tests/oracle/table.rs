//! The formats for other programs and for people: CSV and the aligned table. The names of the
//! columns are free, so the tests look for values and not for a place.

use super::captures::{captures, file_name, read_capture};
use super::{Run, assert_none, csv, rows, run};
use serde_json::Value;
use std::collections::HashSet;

/// Header and records of a CSV output, after the checks that hold for each of them.
fn read_checked(name: &str, result: &Run) -> (Vec<String>, Vec<Vec<String>>) {
    let mut records = csv::read_csv(&result.stdout).unwrap_or_else(|fault| panic!("{name}: {fault}"));
    assert!(!records.is_empty(), "{name}: not even a header");
    let header = records.remove(0);
    let distinct: HashSet<&String> = header.iter().collect();
    assert_eq!(distinct.len(), header.len(), "{name}: a column stands twice in {header:?}");
    assert!(header.iter().all(|column| !column.is_empty()), "{name}: a column has no name");
    for record in &records {
        assert_eq!(record.len(), header.len(), "{name}: record and header differ: {record:?}");
    }
    (header, records)
}

/// What the sample holds and the record does not: zones and the present power of rails.
fn lost_values(header: &[String], record: &[String], sample: &Value) -> Vec<String> {
    let mut lost = Vec::new();
    let temps = sample["temps"].as_object().into_iter().flatten();
    let rails = sample["power"].as_object().into_iter().flatten();
    let wanted = temps.chain(rails.map(|(name, rail)| (name, &rail["current_mw"])));
    for (name, value) in wanted {
        let value = value.as_f64().expect("a number");
        // Some column that speaks of this name must hold the number.
        let held = header.iter().zip(record).any(|(column, field)| {
            column.contains(name.as_str())
                && field.parse::<f64>().is_ok_and(|number| (number - value).abs() < 1e-9)
        });
        if !held {
            lost.push(format!("{name} {value}"));
        }
    }
    lost
}

#[test]
fn csv_reader_refuses_what_it_is_there_to_find() {
    let text = "a,\"b,1\",\"say \"\"x\"\"\"\r\n1,,\"two\nlines\"\r\n";
    let want = [["a", "b,1", "say \"x\""], ["1", "", "two\nlines"]];
    assert_eq!(csv::read_csv(text).expect("well formed"), want);
    for bad in ["a\"b,c\n", "\"a\"b\n", "\"open\n"] {
        assert!(csv::read_csv(bad).is_err(), "{bad:?} must be refused");
    }
}

#[test]
fn csv_of_every_capture_has_one_record_a_sample() {
    let mut faults = Vec::new();
    for path in captures().unwrap_or_default() {
        let name = file_name(&path);
        let text = read_capture(&path);
        for lenient in [&[][..], &["--lenient"]] {
            let samples = run(lenient, text.as_bytes()).samples();
            let result = run(&[&["--format", "csv"], lenient].concat(), text.as_bytes());
            if samples.is_empty() {
                assert_eq!(result.code, Some(65), "{name} holds no sample");
                continue;
            }
            assert_eq!(result.code, Some(0), "{name}: {}", result.stderr);
            let (header, records) = read_checked(name, &result);
            assert_eq!(records.len(), samples.len(), "{name}: one record a sample");
            for (record, sample) in records.iter().zip(&samples) {
                let lost = lost_values(&header, record, sample);
                faults.extend(lost.iter().map(|value| format!("{name}: {value} is in no column")));
            }
        }
    }
    assert_none(&faults);
}

/// Boards with different zones, rails and core counts in one input: the header is the union.
#[test]
fn csv_header_covers_all_boards() {
    let log: String = rows().map(|row| format!("{}\n", row.line)).collect();
    let samples = run(&[], log.as_bytes()).samples();
    let result = run(&["--format", "csv"], log.as_bytes());
    let (header, records) = read_checked("all boards", &result);
    assert_eq!(records.len(), samples.len());
    assert_eq!(samples.len(), rows().count());
    let faults: Vec<String> = records
        .iter()
        .zip(&samples)
        .zip(rows())
        .flat_map(|((record, sample), row)| {
            let lost = lost_values(&header, record, sample);
            lost.into_iter().map(|value| format!("{}: {value} is in no column", row.name))
        })
        .collect();
    assert_none(&faults);
    let again = run(&["--format", "csv"], log.as_bytes());
    assert_eq!(again.stdout, result.stdout, "the order of the columns is stable");
}

/// A value that never was printed leaves an empty field, never a zero that looks like a reading.
#[test]
fn csv_invents_no_values() {
    let log = b"RAM 1/9MB (lfb 1x4MB) cpu@41C VDD_IN 7mW/8mW\nRAM 2/9MB (lfb 1x4MB) tj@43C\n";
    let (header, records) = read_checked("two lines", &run(&["--format", "csv"], log));
    for (column, field) in header.iter().zip(&records[1]) {
        if column.contains("VDD_IN") {
            assert_eq!(field, "", "{column} has no value in the second line");
        }
    }
    assert!(header.iter().any(|column| column.contains("VDD_IN")));
}

/// An unknown word may hold what CSV gives a meaning; each field with a part of it must hold all.
#[test]
fn csv_quotes_commas_and_quotes() {
    let word = "say\"x,\"\"y";
    let log = format!("RAM 1/9MB (lfb 1x4MB) CPU [1%@102,off] {word} CPU@41C\n");
    let result = run(&["--format", "csv"], log.as_bytes());
    let (_, records) = read_checked("quotes", &result);
    assert_eq!(records.len(), 1);
    for field in records[0].iter().filter(|field| field.contains("say")) {
        assert!(field.contains(word), "{field:?} lost a part of {word:?}");
    }
}

#[test]
fn text_table_has_a_line_for_each_sample() {
    for path in captures().unwrap_or_default() {
        let name = file_name(&path);
        let text = read_capture(&path);
        let samples = run(&[], text.as_bytes()).samples();
        let result = run(&["--format", "text"], text.as_bytes());
        assert_eq!(result.code, Some(if samples.is_empty() { 65 } else { 0 }), "{name}");
        if !samples.is_empty() {
            assert!(result.stdout.lines().count() >= samples.len(), "{name}: a sample is missing");
            assert!(!result.stdout.contains('\t'), "{name}: a table is aligned with blanks");
        }
    }
}
