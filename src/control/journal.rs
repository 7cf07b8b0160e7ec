//! The undo journal: what was there before each change, written down before the change.
//!
//! It lies in /run/jetsonscope/undo, one record a line, and is gone with the boot that it belongs to:
//! its first line names that boot, and a journal of another one is discarded. A program that ends in
//! the middle, by whatever, leaves it for `jscoped --restore` and the next start. A line that is cut
//! off was never followed by its change, and does not count.

use std::io;

use super::plan::Hold;
use crate::root::Root;

/// The journal.
pub const PATH: &str = "run/jetsonscope/undo";
/// What names the boot.
const BOOT: &str = "proc/sys/kernel/random/boot_id";
/// The first line, before the boot's name.
const HEAD: &str = "jetsonscope undo 1 ";
/// Bytes taken of a journal.
const LARGEST: u64 = 4 * 1024 * 1024;
/// Records from which on old ones are left out, as far as older ones put back the same.
const MOST: usize = 512;
/// The latest of them, which stay.
const LATEST: usize = 128;

/// What undoes one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Steps of one request have the same number.
    pub group: u32,
    /// The control that was changed.
    pub control: String,
    /// How to undo it.
    pub kind: Undo,
}

/// Ways to undo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undo {
    /// Write the file of the kernel again, if it still holds what we wrote.
    Write {
        /// The file.
        path: String,
        /// What it held.
        old: String,
        /// What we wrote.
        new: String,
    },
    /// Put the file back; `None` where there was none.
    File {
        /// The file.
        path: String,
        /// What it held.
        old: Option<String>,
    },
    /// Have the next boot bring the power mode that was written down before, if what we wrote down is
    /// still there.
    NextBoot {
        /// What the state file held; `None` where there was none.
        old: Option<String>,
        /// What we wrote.
        new: String,
    },
    /// Set the control to what it was.
    Set {
        /// What it was.
        value: String,
    },
    /// Start the service again.
    Start {
        /// Its unit.
        unit: String,
    },
    /// Stop the service before what was written down earlier is undone: it runs on what was changed.
    Stop {
        /// Its unit.
        unit: String,
    },
    /// Take the service out of those of each boot.
    Disable {
        /// Its unit.
        unit: String,
    },
    /// Have our line in a file of others be as it was; empty where there was none.
    Line {
        /// The file.
        path: String,
        /// The first word of the line.
        key: String,
        /// The line.
        old: String,
    },
    /// Turn a swap area off, or on again with its priority.
    Swap {
        /// The device or file.
        area: String,
        /// Its priority, when it was on; below zero it is the kernel's choice.
        priority: Option<i32>,
    },
    /// Nothing to undo; the group is to be undone unless it is confirmed.
    Unconfirmed,
}

impl Record {
    /// A record; its group is filled in when it is written down.
    pub fn new(control: &str, kind: Undo) -> Record {
        Record { group: 0, control: control.to_owned(), kind }
    }

    /// The line, without its end: fields between tabs, with `\\`, `\t` and `\n` written so.
    pub fn line(&self) -> String {
        let group = self.group.to_string();
        let number;
        let fields: &[&str] = match &self.kind {
            Undo::Write { path, old, new } => &["write", path, old, new],
            Undo::File { path, old: Some(old) } => &["file", path, old],
            Undo::File { path, old: None } => &["absent", path],
            Undo::NextBoot { old: Some(old), new } => &["nextboot", new, old],
            Undo::NextBoot { old: None, new } => &["nextboot", new],
            Undo::Set { value } => &["set", value],
            Undo::Start { unit } => &["start", unit],
            Undo::Stop { unit } => &["stop", unit],
            Undo::Disable { unit } => &["disable", unit],
            Undo::Line { path, key, old } => &["line", path, key, old],
            Undo::Swap { area, priority: None } => &["swapoff", area],
            Undo::Swap { area, priority: Some(priority) } => {
                number = priority.to_string();
                &["swapon", area, &number]
            }
            Undo::Unconfirmed => &["unconfirmed"],
        };
        let mut line = [&group, "\t", &escaped(&self.control)].concat();
        for field in fields {
            line.push('\t');
            line.push_str(&escaped(field));
        }
        line
    }

    /// Whether it is of a power mode that waits for the next boot.
    pub fn is_of_next_boot(&self) -> bool {
        matches!(self.kind, Undo::NextBoot { .. })
    }

    /// Whether an older record puts back all that this one would.
    fn is_behind(&self, older: &Record) -> bool {
        use Undo::{File, NextBoot, Set, Start, Stop, Unconfirmed, Write};
        let same = match (&older.kind, &self.kind) {
            (Write { path: a, .. }, Write { path: b, .. })
            | (File { path: a, .. }, File { path: b, .. })
            | (Start { unit: a }, Start { unit: b })
            | (Stop { unit: a }, Stop { unit: b }) => a == b,
            (NextBoot { new, .. }, NextBoot { old, .. }) => old.as_deref() == Some(new),
            (Set { .. }, Set { .. }) | (Unconfirmed, Unconfirmed) => true,
            // The fan was taken before.
            (Write { .. } | Start { .. }, Set { .. }) => self.control == "fan" && older.group != self.group,
            _ => false,
        };
        same && older.control == self.control
    }

    /// Reads a line.
    fn read(line: &str) -> Option<Record> {
        let fields: Option<Vec<String>> = line.split('\t').map(plain).collect();
        let mut fields = fields?.into_iter();
        let group = fields.next()?.parse().ok()?;
        let (control, kind) = (fields.next()?, fields.next()?);
        let kind = match (kind.as_str(), fields.next(), fields.next(), fields.next(), fields.next()) {
            ("write", Some(path), Some(old), Some(new), None) => Undo::Write { path, old, new },
            ("file", Some(path), old @ Some(_), None, None) => Undo::File { path, old },
            ("absent", Some(path), None, None, None) => Undo::File { path, old: None },
            ("nextboot", Some(new), old, None, None) => Undo::NextBoot { old, new },
            ("set", Some(value), None, None, None) => Undo::Set { value },
            ("start", Some(unit), None, None, None) => Undo::Start { unit },
            ("stop", Some(unit), None, None, None) => Undo::Stop { unit },
            ("disable", Some(unit), None, None, None) => Undo::Disable { unit },
            ("line", Some(path), Some(key), Some(old), None) => Undo::Line { path, key, old },
            ("swapoff", Some(area), None, None, None) => Undo::Swap { area, priority: None },
            ("swapon", Some(area), Some(priority), None, None) => {
                Undo::Swap { area, priority: Some(priority.parse().ok()?) }
            }
            ("unconfirmed", None, None, None, None) => Undo::Unconfirmed,
            _ => return None,
        };
        Some(Record { group, control, kind })
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n")
}

fn plain(field: &str) -> Option<String> {
    let mut text = String::with_capacity(field.len());
    let mut chars = field.chars();
    while let Some(c) = chars.next() {
        text.push(match c {
            '\\' => match chars.next()? {
                't' => '\t',
                'n' => '\n',
                '\\' => '\\',
                _ => return None,
            },
            c => c,
        });
    }
    Some(text)
}

/// The records in force, as the file has them.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    /// Where it is, unless it is at [`PATH`].
    path: Option<&'static str>,
    records: Vec<Record>,
    /// What the fan is held at by this program; not in the file.
    pub held: Option<Hold>,
    /// The journal was that of an earlier boot.
    pub discarded: bool,
    /// Lines that were not understood.
    pub odd_lines: u32,
    /// The last line has no end.
    torn: bool,
    /// The number of the error with which it could not be read.
    unread: Option<i32>,
}

impl Journal {
    /// Reads the journal of a board; never fails.
    pub fn read(root: &Root) -> Journal {
        Journal::read_at(root, PATH)
    }

    /// The same of another one, of a program that changes things beside the daemon: two programs must
    /// not write the same journal.
    pub fn read_at(root: &Root, path: &'static str) -> Journal {
        let mut journal = Journal { path: Some(path), ..Journal::default() };
        let bytes = match root.read(path, LARGEST) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return journal,
            Err(error) => {
                journal.unread = Some(error.raw_os_error().unwrap_or(libc::EIO));
                return journal;
            }
        };
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, rest)) = text.split_once('\n') else { return journal };
        let boot = head.strip_prefix(HEAD);
        root.take_want();
        let here = boot_of(root);
        if let Some(error) = root.take_want() {
            journal.unread = error.raw_os_error();
            return journal;
        }
        if boot != Some(here.as_str()) {
            journal.discarded = true;
            let _ = root.remove(path);
            return journal;
        }
        // What is cut off has no end.
        journal.torn = !text.ends_with('\n');
        for line in rest.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
            match Record::read(line) {
                Some(record) => journal.records.push(record),
                None => journal.odd_lines += 1,
            }
        }
        journal
    }

    /// The records, oldest first.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// Whether something of a control can be undone.
    pub fn holds(&self, control: &str) -> bool {
        self.records.iter().any(|record| record.control == control)
    }

    /// Whether a record is of a fan that was taken over, which must be handed back at the end. One of a
    /// profile that was chosen is not: the vendor's service, or the kernel, has the fan all along.
    pub fn took_fan(&self, record: &Record) -> bool {
        let group = || self.records.iter().filter(|o| o.control == "fan" && o.group == record.group);
        let stops = group().any(|other| matches!(other.kind, Undo::Stop { .. }));
        let takes = group().any(|other| !matches!(other.kind, Undo::Set { .. } | Undo::Unconfirmed));
        record.control == "fan" && takes && !stops
    }

    /// The number of the next group.
    pub fn next_group(&self) -> u32 {
        self.records.iter().map(|record| record.group).max().map_or(1, |group| group.saturating_add(1))
    }

    /// That it was read: one that is there and cannot be is not an empty one.
    ///
    /// # Errors
    /// That of reading.
    pub fn check_read(&self) -> io::Result<()> {
        self.unread.map_or(Ok(()), |number| Err(io::Error::from_raw_os_error(number)))
    }

    /// Leaves out old records behind older ones: whoever changes something again and again gets back to
    /// where it began, and by the latest changes one by one.
    fn shorten(&mut self) {
        let latest = self.records.len().saturating_sub(LATEST);
        let latest = self.records.get(latest).map_or(0, |record| record.group);
        let mut kept: Vec<Record> = Vec::new();
        for record in self.records.drain(..) {
            let old = kept.iter_mut().find(|old| record.group < latest && record.is_behind(old));
            match (old.map(|old| &mut old.kind), &record.kind) {
                (Some(Undo::Write { new, .. }), Undo::Write { new: newer, .. })
                | (Some(Undo::NextBoot { new, .. }), Undo::NextBoot { new: newer, .. }) => {
                    new.clone_from(newer);
                }
                (Some(_), _) => {}
                (None, _) => kept.push(record),
            }
        }
        self.records = kept;
    }

    /// Writes a record down, before the change that it undoes.
    ///
    /// # Errors
    /// Those of writing; then the change must not be made.
    pub fn note(&mut self, root: &Root, record: Record) -> io::Result<()> {
        self.check_read()?;
        if self.records.contains(&record) {
            return Ok(());
        }
        if self.records.len() >= MOST {
            self.shorten();
            self.torn = true;
        }
        if self.torn {
            self.save(root)?;
            self.torn = false;
        }
        let head =
            if self.records.is_empty() { [HEAD, &boot_of(root), "\n"].concat() } else { String::new() };
        if self.records.is_empty() {
            root.remove(self.path())?;
        }
        root.append(self.path(), [&head, &record.line(), "\n"].concat().as_bytes())?;
        self.records.push(record);
        Ok(())
    }

    /// Leaves out the records that are done with.
    ///
    /// # Errors
    /// Those of writing the file; the records are gone from memory all the same.
    pub fn forget(&mut self, root: &Root, done: &dyn Fn(&Record) -> bool) -> io::Result<()> {
        let before = self.records.len();
        self.records.retain(|record| !done(record));
        if self.records.len() == before {
            return Ok(());
        }
        self.save(root)
    }

    fn save(&self, root: &Root) -> io::Result<()> {
        if self.records.is_empty() {
            return root.remove(self.path());
        }
        let mut text = [HEAD, &boot_of(root), "\n"].concat();
        for record in &self.records {
            text.push_str(&record.line());
            text.push('\n');
        }
        root.replace(self.path(), text.as_bytes(), 0o600)
    }

    pub(super) fn path(&self) -> &'static str {
        self.path.unwrap_or(PATH)
    }
}

/// The name of this boot; empty on a board that has none.
pub fn boot_of(root: &Root) -> String {
    root.text(BOOT).unwrap_or_default()
}

#[cfg(test)]
#[path = "journal_tests.rs"]
mod tests;
