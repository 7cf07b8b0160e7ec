//! Tables of facts about boards: built in, and extended by files of the same columns.
//!
//! A file below etc/jetsonscope goes before one below usr/share/jetsonscope, and that before what
//! is built in; the first row with the key counts as a whole. Columns are separated by tabs,
//! further columns are left alone, lines that begin with `#` and a line of column names are
//! skipped. A broken line is skipped, too, and told.

use std::borrow::Cow;

use super::{number, release};
use crate::root::Root;

const PLACES: [&str; 2] = ["etc/jetsonscope/", "usr/share/jetsonscope/"];
/// Bytes taken of a file: twenty times of what is built in.
const LARGEST: u64 = 64 * 1024;
/// Broken lines told of one file.
const MOST_WARNINGS: usize = 8;

/// Modules and carriers by number: number, kind (`module`, `carrier`, `other`), name, series, SoC.
pub static MODULES: Facts =
    Facts { file: "modules.tsv", built_in: include_str!("tables/modules.tsv"), check: check_module };
/// JetPack by L4T: L4T in three numbers, JetPack, (the release notes' spelling), stage.
pub static RELEASES: Facts =
    Facts { file: "l4t-jetpack.tsv", built_in: include_str!("tables/l4t-jetpack.tsv"), check: check_release };
/// SoCs: name, aliases separated by blanks, GPU, CUDA architecture.
pub static SOCS: Facts =
    Facts { file: "cuda-arch.tsv", built_in: include_str!("tables/cuda-arch.tsv"), check: check_soc };

/// What a table is made of.
pub struct Facts {
    file: &'static str,
    built_in: &'static str,
    check: fn(Row) -> Option<&'static str>,
}

/// One line of a table.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a>(pub &'a str);

impl<'a> Row<'a> {
    /// A column, counted from 0; empty when it is not there.
    #[inline(never)]
    pub fn field(self, column: usize) -> &'a str {
        self.0.split('\t').nth(column).unwrap_or_default().trim()
    }

    /// A column that has a text.
    #[inline(never)]
    pub fn text(self, column: usize) -> Option<String> {
        let field = self.field(column);
        (!field.is_empty()).then(|| field.to_owned())
    }
}

/// A table with the lines of its files before those that are built in.
pub struct Table {
    text: String,
}

impl Table {
    /// Reads the files of a table; what is wrong in them is added to `warnings` as
    /// `file:line: why "text"`.
    pub fn load(root: &Root, facts: &Facts, warnings: &mut Vec<String>) -> Table {
        let mut text = String::new();
        for place in PLACES {
            let path = [place, facts.file].concat();
            if let Ok(bytes) = root.read(&path, LARGEST) {
                take_lines(&String::from_utf8_lossy(&bytes), &path, facts, &mut text, warnings);
            }
        }
        text.push_str(facts.built_in);
        Table { text }
    }

    /// The row whose first column is `key`.
    #[inline(never)]
    pub fn find(&self, key: &str) -> Option<Row<'_>> {
        self.find_where(&|row| row.field(0).eq_ignore_ascii_case(key))
    }

    /// The row of that board number, or the first one of another SKU.
    #[inline(never)]
    pub fn find_family(&self, number: &str) -> Option<Row<'_>> {
        let family = number::family(number);
        self.find(number).or_else(|| self.find_where(&|row| number::family(row.field(0)) == family))
    }

    /// The row whose first column, or one of its aliases in the second, is `soc`.
    pub fn find_alias(&self, soc: &str) -> Option<Row<'_>> {
        let is = |row: Row| row.field(1).split(' ').any(|alias| alias == soc);
        self.find(soc).or_else(|| self.find_where(&is))
    }

    #[inline(never)]
    fn find_where(&self, is: &dyn Fn(Row) -> bool) -> Option<Row<'_>> {
        self.text.lines().map(Row).find(|row| is(*row))
    }
}

#[inline(never)]
fn take_lines(text: &str, path: &str, facts: &Facts, own: &mut String, warnings: &mut Vec<String>) {
    let names = facts.built_in.split('\t').next().unwrap_or_default();
    let most = warnings.len() + MOST_WARNINGS;
    for (n, line) in text.lines().enumerate() {
        let row = Row(line);
        if line.trim().is_empty() || line.starts_with('#') || row.field(0) == names {
            continue;
        }
        match (facts.check)(row) {
            None => {
                own.push_str(line);
                own.push('\n');
            }
            Some(why) if warnings.len() < most => {
                let shown: Cow<str> = line.chars().take(40).collect();
                warnings.push(format!("{path}:{}: {why} \"{shown}\"", n + 1));
            }
            Some(_) => {}
        }
    }
}

fn check_module(row: Row) -> Option<&'static str> {
    let number = row.field(0);
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        Some("no board number")
    } else if !["module", "carrier", "other"].contains(&row.field(1)) {
        Some("kind is not module, carrier or other")
    } else {
        row.field(2).is_empty().then_some("no name")
    }
}

fn check_release(row: Row) -> Option<&'static str> {
    if release::three_numbers(row.field(0)).as_deref() != Some(row.field(0)) {
        Some("release is not three numbers")
    } else {
        (!begins_with_digit(row.field(1))).then_some("no JetPack version")
    }
}

fn check_soc(row: Row) -> Option<&'static str> {
    let (major, minor) = row.field(3).split_once('.').unwrap_or_default();
    if row.field(0).is_empty() {
        Some("no SoC")
    } else {
        (!begins_with_digit(major) || !begins_with_digit(minor)).then_some("no CUDA architecture")
    }
}

fn begins_with_digit(text: &str) -> bool {
    text.bytes().next().is_some_and(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_what_is_built_in_is_well_formed() {
        for facts in [&MODULES, &RELEASES, &SOCS] {
            let mut lines = facts.built_in.lines();
            assert!(lines.next().is_some_and(|line| line.contains('\t')), "{}", facts.file);
            for line in lines {
                assert_eq!((facts.check)(Row(line)), None, "{}: {line}", facts.file);
            }
        }
    }

    #[test]
    fn ok_and_err_lines_of_files() {
        for (facts, text, good, wanted) in [
            (&MODULES, "# ours\n\np9999-0001\tmodule\tA board\tX\ttegra999\t8GB\r\n", 1, &[][..]),
            (&MODULES, "p_number\tkind\tname\np9999\tcarrier\tB\nnothing\n", 1, &["f:3: kind is"]),
            (
                &MODULES,
                "\tmodule\tX\np1 2\tmodule\tX\np1\tmodule\t \n",
                0,
                &["f:1: no board number", "f:2: no board number", "f:3: no name"],
            ),
            (
                &RELEASES,
                "40.1.0\t8.0\n36.4\t6.2\n36.4.3.1\t6\nR36.4.3\t6\n36.4.3\tx\n36.4.3\n",
                1,
                &["f:2: release", "f:3: release", "f:4: release", "f:5: no JetPack", "f:6: no JetPack"],
            ),
            (
                &SOCS,
                "tegra999\t\tgx\t12.1\ntegra998\t\tgx\ntegra998\t\tgx\t12\n\t\t\t1.0\n",
                1,
                &["f:2: no CUDA", "f:3: no CUDA", "f:4: no SoC"],
            ),
            (&SOCS, "\u{fffd}\u{0}\n", 0, &["f:1: no CUDA architecture \"\u{fffd}\u{0}\""]),
        ] {
            let (mut own, mut warnings) = (String::new(), Vec::new());
            take_lines(text, "f", facts, &mut own, &mut warnings);
            assert_eq!((own.lines().count(), warnings.len()), (good, wanted.len()), "{text:?} {warnings:?}");
            let all = warnings.iter().zip(wanted).all(|(warning, wanted)| warning.starts_with(wanted));
            assert!(all, "{text:?} {warnings:?}");
        }
        let (mut own, mut warnings) = (String::new(), Vec::new());
        take_lines(&"broken\n".repeat(1000), "f", &MODULES, &mut own, &mut warnings);
        assert_eq!((own.len(), warnings.len()), (0, MOST_WARNINGS));
    }

    #[test]
    fn ok_look_up() {
        let table = Table { text: ["p3767-0005\tmodule\tMine\n", MODULES.built_in].concat() };
        for (key, exact, family) in [
            ("p3767-0005", Some("Mine"), Some("Mine")),
            ("P3767-0004", Some("Jetson Orin Nano 4GB"), Some("Jetson Orin Nano 4GB")),
            ("p3740-0002", None, Some("IGX Orin carrier")),
            ("p9999-0000", None, None),
            ("", None, None),
        ] {
            assert_eq!(table.find(key).map(|row| row.field(2)), exact, "{key}");
            assert_eq!(table.find_family(key).map(|row| row.field(2)), family, "{key}");
        }
        let socs = Table { text: SOCS.built_in.to_owned() };
        for (key, wanted) in [("tegra23x", Some("8.7")), ("tegra264", Some("11.0")), ("tegra999", None)] {
            assert_eq!(socs.find_alias(key).map(|row| row.field(3)), wanted, "{key}");
        }
    }
}
