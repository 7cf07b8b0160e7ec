//! Outlines of lines that were never printed, held against what the reader finds in them.

use std::collections::HashMap;

use super::super::csv::Columns;
use super::super::{Reader, Summary};
use super::*;

const LINES: [&str; 9] = [
    "04-11-2025 10:36:27 RAM 4321/62801MB (lfb 1759x4MB) SWAP 19/31400MB (cached 0MB) CPU \
     [1%@729,off,2%@729] EMC_FREQ 0%@2133 GR3D_FREQ 3%@[305,306] VIC off PVA0_FREQ [1%,2%]@512 APE 174 \
     CV0@-256C CPU@44.562C soc012@44C/45.5C VDD_GPU_SOC 2340mW/-2340mW/1mW NC 0mW/0mW NC 1mW/1mW odd",
    "RAM 12/3964MB (lfb 2MB) IRAM 0/252kB(lfb 252kB) CPU [1%,off,2%]@102 EMC 3%@1600 APE 25 NVENC 7 \
     PLL@30C iwlwifi-1@31C VDD_IN 5/6 POM_5V_CPU 120 EDP limit 1734 MTS fg 0% bg 10%",
    "RAM 1/9MB EMC_FREQ @1600 EMC_UTIL 11% 5 6/7 12@3C 7-8@4C VIC off 5 6/7 FOO 12 8 9/10",
    "VDD_IN -5mW/6mW RAM 1/9MB(lfb 1x4MB)RAM 2/9MB CPU@3CRAM 3/4MB",
    "RAM 1/9MB 8[1%] a-5/3@4C -5/3 :6/7@5C 1.5 6/7 CPU [1%@2,zz,...] GPU@4 offer 5 6/7 limit 8 9/1",
    "01-01-2026 00:00:00 07-23-2026 15:29:26 RAM 1/2MB VIN 5 NVCSI_ERR 4 GPU 310/310",
    "GPU@5C CPU@4C VIC 3%",
    "RAM 1/9MB -5/3@4C 8[1%] VIC off",
    "no sample",
];
const PIECES: [&str; 32] = [
    "/",
    "@",
    "-",
    ":",
    " ",
    ",",
    "[",
    "]",
    "%",
    ".",
    "_",
    "#",
    "C",
    "mW",
    "x",
    "MB)",
    "RAM ",
    "off",
    "off ",
    "5",
    " 6 7/8",
    "@-256C",
    "@45.5C",
    "01-02-2026 15:29:26 ",
    "CPU [",
    "MTS fg ",
    "EDP limit ",
    "*",
    "\t",
    "\u{1b}[1m",
    "\u{e4}",
    "5/6",
];
const NUMBERS: [&str; 16] = [
    "0",
    "1",
    "9",
    "10",
    "256",
    "45.5",
    "0.25",
    "44.062",
    "1.2345",
    "999999",
    "1234567",
    "2147483",
    "2147484",
    "4294967296",
    "18446744073709551616",
    "",
];

/// A splitmix64 sequence.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 16) as usize % n
    }

    /// A line that was never printed: pieces put in, bytes left out, words that changed places.
    fn spoil(&mut self, line: &str) -> String {
        let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        for _ in 0..1 + self.below(4) {
            let (one, other) = (self.below(words.len()), self.below(words.len()));
            let at = self.below(words[one].chars().count() + 1);
            let (head, tail): (String, String) =
                (words[one].chars().take(at).collect(), words[one].chars().skip(at).collect());
            match self.below(4) {
                0 => words.swap(one, other),
                1 => words[one] = head + &tail.chars().skip(1).collect::<String>(),
                2 => words[one] = words[one].clone() + &words[other].clone(),
                _ => words[one] = head + PIECES[self.below(PIECES.len())] + &tail,
            }
        }
        words.join(" ")
    }

    /// The same line with other numbers: mostly small ones, now and then any; those of names and
    /// stamps seldom.
    fn count(&mut self, line: &str) -> String {
        let (mut out, mut rest) = (String::new(), line);
        while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
            let (head, tail) = rest.split_at(start);
            let end = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
            out.push_str(head);
            let named = out.ends_with(|c: char| c.is_ascii_alphabetic() || "_:-.".contains(c));
            match self.below(if named { 800 } else { 200 }) {
                0 => out.push_str(NUMBERS[self.below(NUMBERS.len())]),
                1..16 => out.push_str(&self.below(1200).to_string()),
                16..100 if !named => out.push_str(&self.below(1200).to_string()),
                _ => out.push_str(&tail[..end]),
            }
            rest = &tail[end..];
        }
        out + rest
    }
}

fn lines() -> Vec<String> {
    let (mut chance, mut lines) = (Chance(1), Vec::new());
    for _ in 0..3000 {
        let line = LINES[chance.below(LINES.len())];
        let line = if chance.below(8) == 0 { line.to_owned() } else { chance.spoil(line) };
        lines.extend((0..8).map(|_| chance.count(&line)));
    }
    lines
}

fn outline(line: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    push_outline(&mut out, line.as_bytes()).map(|()| out)
}

/// All that is found in a log.
fn found(mut reader: Reader, log: &str) -> (Vec<String>, Summary, usize) {
    let (mut columns, mut given) = (Columns::default(), 0);
    let read = reader.read(log.as_bytes(), |sample| {
        given += 1;
        columns.add(sample);
        Ok(())
    });
    read.unwrap();
    (columns.into_list().iter().map(|column| column.to_string()).collect(), reader.summary, given)
}

#[test]
fn ok_lines_of_one_outline_are_read_alike() {
    let (mut met, mut again) = (HashMap::new(), 0);
    for line in lines() {
        let Some(outline) = outline(&line) else { continue };
        assert!(fits(&outline, line.as_bytes()), "{line:?} has not its own outline");
        let all = [false, true].map(|lenient| found(Reader::new(lenient), &format!("{line}\n")));
        let (first, wanted) = met.entry(outline).or_insert_with(|| (line.clone(), all.clone()));
        assert_eq!(all, *wanted, "\n{line:?}\n{first:?}");
        again += usize::from(line != *first);
    }
    assert!(again > 5000, "only {again} lines had the outline of another");
}

#[test]
fn ok_a_line_fits_its_outline_and_no_other() {
    let lines = lines();
    for some in lines.chunks(8) {
        for (one, other) in some.iter().flat_map(|one| some.iter().map(move |other| (one, other))) {
            if let Some(wanted) = outline(one) {
                let same = outline(other).is_some_and(|other| other == wanted);
                assert_eq!(fits(&wanted, other.as_bytes()), same, "\n{one:?}\n{other:?}");
            }
        }
    }
}

#[test]
fn ok_the_same_columns_and_counts_as_without_leaving_out() {
    let lines = lines();
    let mut left_out = 0;
    for log in lines.chunks(500).map(|some| some.join("\n")) {
        for lenient in [false, true] {
            let (columns, summary, given) = found(Reader::for_columns(lenient), &log);
            let all = found(Reader::new(lenient), &log);
            assert_eq!((&columns, summary), (&all.0, all.1));
            left_out += all.2 - given;
        }
    }
    assert!(left_out > 5000, "only {left_out} samples were left out");
}

#[test]
fn ok_outlines() {
    for (line, other) in [
        (LINES[0], LINES[0].replace("04-11-2025 10:36:27", "05-12-2026 01:02:03")),
        (LINES[0], LINES[0].replace("44.562C", "45C").replace("2340mW/-2340mW", "0mW/-1mW")),
        (LINES[0], LINES[0].replace("1759x", "3x").replace("1%@729", "100%@2201").replace("305", "0")),
        (
            LINES[1],
            LINES[1].replace("APE 25", "APE 300").replace("limit 1734", "limit 1").replace(" 10%", " 0%"),
        ),
        (LINES[1], LINES[1].replace("5/6", "1000/7").replace("iwlwifi-1@31C", "iwlwifi-1@31.5C")),
    ] {
        assert_ne!(line, other);
        assert!(outline(line).is_some(), "{line}");
        assert_eq!(outline(line), outline(&other), "{other}");
    }
}

#[test]
fn err_what_decides_stays() {
    for (line, other) in [
        ("CV0@-256C", "CV0@-255C"),
        ("CV0@25C", "CV1@25C"),
        ("gpu@1234567C", "gpu@9234567C"),
        ("gpu@1.5C", "gpu@1.2345C"),
        ("CPU [1%@2,off]", "CPU [1%@2,1%@2]"),
        ("VIC off 5 6/7", "VIC off 6 6/7"),
        ("5 6/7", "6 6/7"),
        ("12@3C", "13@3C"),
        ("8[1%]", "9[1%]"),
        ("a-5@3C", "a-6@3C"),
        ("07-23-2026 15:29:26x", "07-23-2026 15:29:27x"),
        ("VDD 5mW", "VDD 5"),
        ("NVENC 7", "NVENC 7%"),
    ] {
        assert!(outline(line).is_some() && outline(line) != outline(other), "{line} and {other}");
    }
    for line in ["\u{1b}[1mRAM 1/2MB", "a\tb", "*CPU*", "\u{e4}", "-5@3C", "-/@", "a-\u{7f}@3C"] {
        assert_eq!(outline(line), None, "{line:?}");
    }
}
