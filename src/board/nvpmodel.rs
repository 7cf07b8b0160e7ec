//! The vendor's table of power modes, etc/nvpmodel.conf, and what its tool prints of it.
//!
//! Tables are edited by hand and found broken: a line that is not understood is counted and
//! skipped, and nothing here fails. What `nvpmodel -p --verbose` prints has the same lines behind
//! `NVPM VERB:` and without angle brackets, and is read by the same functions.

use crate::root::Root;

/// The state of the power mode, for [`parse_status`].
pub const STATUS: &str = "var/lib/nvpmodel/status";
/// Bytes taken of a table; the largest seen has 15 kB.
const LARGEST: u64 = 128 * 1024;
/// Lines taken of a table; the longest seen has 428.
const MOST_LINES: usize = 8192;

/// A table, as it stands in its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table<'a> {
    /// What can be set, in the order of the table.
    pub params: Vec<Param<'a>>,
    /// The modes, in the order of the table; an id may stand twice, then the first one counts.
    pub modes: Vec<Mode<'a>>,
    /// The default mode.
    pub default: Option<u32>,
    /// Lines that were not understood.
    pub odd_lines: u32,
}

/// A thing that modes set: `< PARAM TYPE=CLOCK NAME=GPU >` and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param<'a> {
    /// `FILE`, `CLOCK`, `HWMON`.
    pub kind: &'a str,
    /// Its name.
    pub name: &'a str,
    /// What it consists of.
    pub args: Vec<Arg<'a>>,
}

/// An argument of a parameter and the file that it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arg<'a> {
    /// `MAX_FREQ`, `CORE_0`, without `_KNEXT`.
    pub name: &'a str,
    /// The file, with its slash in front; empty when only the other path stands there.
    pub path: &'a str,
    /// The path on newer kernels, from the line `NAME_KNEXT`; the one that exists is right.
    pub next_path: Option<&'a str>,
    /// The file's name where `path` is a directory (`HWMON`).
    pub file: Option<&'a str>,
}

/// A mode: `< POWER_MODEL ID=2 NAME=15W >` and its settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mode<'a> {
    /// The id that the tool takes.
    pub id: u32,
    /// The name; empty when there is none.
    pub name: &'a str,
    /// What it sets, in the order in which it is set.
    pub settings: Vec<Setting<'a>>,
}

/// One line of a mode: `GPU MAX_FREQ 640000000`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting<'a> {
    /// The parameter's name.
    pub param: &'a str,
    /// The argument's name.
    pub arg: &'a str,
    /// The value as written.
    pub value: &'a str,
}

impl Setting<'_> {
    /// The value as a number: kHz for CPUs, Hz for all other clocks, or a mask; -1 is no limit
    /// (which the tool prints as 2147483647).
    pub fn number(&self) -> Option<i64> {
        self.value.parse().ok()
    }
}

impl<'a> Table<'a> {
    /// Reads a table; never fails.
    pub fn parse(text: &'a str) -> Table<'a> {
        let mut table = Table::default();
        let mut section = Section::None;
        let mut named_default = "";
        for line in text.lines().take(MOST_LINES).map(plain) {
            let Some(line) = line else { continue };
            match head(line) {
                Some(("PARAM", rest)) => {
                    let (kind, name) = (attribute(rest, "TYPE"), attribute(rest, "NAME"));
                    table.params.push(Param {
                        kind: kind.unwrap_or_default(),
                        name: name.unwrap_or_default(),
                        args: Vec::new(),
                    });
                    section = Section::Param;
                }
                Some(("POWER_MODEL", rest)) => section = table.open_mode(rest),
                Some(("PM_CONFIG", rest)) => {
                    named_default = attribute(rest, "DEFAULT").unwrap_or(named_default);
                    section = Section::None;
                }
                _ if table.take(line, section) => {}
                _ => table.odd_lines += 1,
            }
        }
        table.default = table.id_of(named_default);
        table
    }

    /// The mode of that id.
    pub fn mode(&self, id: u32) -> Option<&Mode<'a>> {
        self.modes.iter().find(|mode| mode.id == id)
    }

    /// The parameter's argument of these names.
    pub fn arg(&self, param: &str, arg: &str) -> Option<&Arg<'a>> {
        let mut params = self.params.iter().filter(|own| own.name == param);
        params.find_map(|own| own.args.iter().find(|own| own.name == arg))
    }

    /// A mode without a number is none, and what follows belongs to none.
    fn open_mode(&mut self, rest: &'a str) -> Section {
        let Some(id) = attribute(rest, "ID").and_then(|id| id.parse().ok()) else {
            self.odd_lines += 1;
            return Section::None;
        };
        let name = attribute(rest, "NAME").unwrap_or_default();
        self.modes.push(Mode { id, name, settings: Vec::new() });
        Section::Mode
    }

    /// Takes a line of a section; false when it is none.
    fn take(&mut self, line: &'a str, section: Section) -> bool {
        let mut words = line.split_ascii_whitespace();
        let (first, second, third) = (words.next(), words.next(), words.next());
        match (section, first, second, third, words.next()) {
            (Section::Param, Some(name), Some(path), file, None) => {
                self.params.last_mut().is_some_and(|param| param.add(name, path, file))
            }
            (Section::Mode, Some(param), Some(arg), Some(value), None) => {
                let setting = Setting { param, arg, value };
                self.modes.last_mut().map(|mode| mode.settings.push(setting)).is_some()
            }
            _ => false,
        }
    }

    /// The id that `2`, `MODE_30W(2)` or the name of a mode means.
    fn id_of(&self, text: &str) -> Option<u32> {
        let number = text.split_once('(').map_or(text, |(_, rest)| rest.trim_end_matches(')'));
        let named = || self.modes.iter().find(|mode| mode.name == text && !text.is_empty());
        number.parse().ok().or_else(|| Some(named()?.id))
    }
}

#[derive(Clone, Copy)]
enum Section {
    None,
    Param,
    Mode,
}

impl<'a> Param<'a> {
    /// Takes a line `NAME path`; only HWMON has a third word, elsewhere that is the rest of a path
    /// that an editor broke, and the line does not count.
    fn add(&mut self, name: &'a str, path: &'a str, file: Option<&'a str>) -> bool {
        if !path.starts_with('/') || file.is_some() && self.kind != "HWMON" {
            return false;
        }
        let (base, next) = name.strip_suffix("_KNEXT").map_or((name, false), |base| (base, true));
        let (old, new) = if next { ("", Some(path)) } else { (path, None) };
        match self.args.iter_mut().find(|arg| arg.name == base) {
            Some(arg) if next => arg.next_path = new,
            Some(arg) => arg.path = path,
            None => self.args.push(Arg { name: base, path: old, next_path: new, file }),
        }
        true
    }
}

/// A line without the tool's prefix and blanks; `None` for blank lines and comments.
fn plain(line: &str) -> Option<&str> {
    let line = line.trim();
    let line = line.strip_prefix("NVPM VERB:").unwrap_or(line).trim();
    (!line.is_empty() && !line.starts_with('#')).then_some(line)
}

/// The word that opens a section, and what follows: `< PARAM TYPE=..` or, as printed, `PARAM TYPE=..`.
fn head(line: &str) -> Option<(&str, &str)> {
    let inner = line.strip_prefix('<').unwrap_or(line).trim_end_matches('>').trim();
    let (word, rest) = inner.split_once(|c: char| c.is_ascii_whitespace())?;
    (line.starts_with('<') || rest.contains('=')).then_some((word.trim_end_matches(':'), rest))
}

/// The value of `NAME=value`, blanks around the sign or not.
fn attribute<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(name) {
        let whole = before.is_empty() || before.ends_with(|c: char| c.is_ascii_whitespace());
        if let Some(value) = after.trim_start().strip_prefix('=').filter(|_| whole) {
            return value.split_ascii_whitespace().next();
        }
        rest = after;
    }
    None
}

/// The state file var/lib/nvpmodel/status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status<'a> {
    /// The mode in force.
    pub mode: Option<u32>,
    /// The fan's mode, which releases up to R32 keep here.
    pub fan: Option<&'a str>,
}

/// Reads `pmode:0002 fmode:quiet`.
pub fn parse_status(text: &str) -> Status<'_> {
    let mut status = Status::default();
    for (name, value) in text.split_ascii_whitespace().filter_map(|word| word.split_once(':')) {
        match name {
            "pmode" => status.mode = value.parse().ok(),
            "fmode" if !value.is_empty() => status.fan = Some(value),
            _ => {}
        }
    }
    status
}

/// What `nvpmodel -q` prints, with `--verbose` or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query<'a> {
    /// The mode's name.
    pub name: Option<&'a str>,
    /// The mode's id.
    pub id: Option<u32>,
    /// The fan's mode, up to R32.
    pub fan: Option<&'a str>,
    /// What is set, against what the mode says.
    pub values: Vec<Compared<'a>>,
    /// Lines that tell of an error.
    pub errors: u32,
}

/// One line of the verbose print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compared<'a> {
    /// The parameter's name.
    pub param: &'a str,
    /// The argument's name.
    pub arg: &'a str,
    /// The file.
    pub path: &'a str,
    /// What the file holds.
    pub real: &'a str,
    /// What the mode says.
    pub wanted: &'a str,
}

/// Reads the print of a query; never fails.
pub fn parse_query(text: &str) -> Query<'_> {
    let mut query = Query::default();
    for line in text.lines().take(MOST_LINES).filter_map(plain) {
        if line.starts_with("NVPM ERROR") {
            query.errors += 1;
        } else if let Some((_, name)) = line.split_once("NV Power Mode:") {
            query.name = Some(name.trim());
        } else if let Some((_, name)) = line.split_once("NV Fan Mode:") {
            query.fan = Some(name.trim());
        } else if let (None, Ok(id)) = (query.id, line.parse()) {
            query.id = Some(id);
        } else if let Some(value) = compared(line) {
            query.values.push(value);
        }
    }
    query
}

/// `PARAM GPU: ARG MIN_FREQ: PATH /sys/...: REAL_VAL: 1 CONF_VAL: 0`.
fn compared(line: &str) -> Option<Compared<'_>> {
    let (param, rest) = line.strip_prefix("PARAM ")?.split_once(": ARG ")?;
    let (arg, rest) = rest.split_once(": PATH ")?;
    let (path, rest) = rest.split_once(": REAL_VAL:")?;
    let (real, wanted) = rest.split_once("CONF_VAL:")?;
    Some(Compared { param, arg, path, real: real.trim(), wanted: wanted.trim() })
}

/// The text of the table, for [`Table::parse`].
pub fn read(root: &Root) -> Option<String> {
    let bytes = root.read("etc/nvpmodel.conf", LARGEST).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
#[path = "nvpmodel_tests.rs"]
mod tests;
