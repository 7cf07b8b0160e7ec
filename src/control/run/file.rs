//! Steps that write a file, change a line of it, or make a large one.

use std::time::{Duration, Instant};

use super::super::fill::Filling;
use super::super::journal::{Journal, Record, Undo};
use super::super::wanted::{self, Wanted};
use super::super::{Refusal, line};
use super::{Run, State, failed, is_same};
use crate::root::Root;

/// Most of a file that is kept to be put back.
const LARGEST: u64 = 256 * 1024;
/// How long a file of the kernel may take to show what was written.
const SETTLING: Duration = Duration::from_millis(500);

impl Run {
    /// Writes down what a file holds, before it is written.
    pub(super) fn note_write(
        &self,
        control: &'static str,
        path: &str,
        text: &str,
        root: &Root,
        journal: &mut Journal,
    ) -> Result<(), Refusal> {
        let old = root.text(path).unwrap_or_default();
        if is_same(&old, text) {
            return Ok(());
        }
        let kind = Undo::Write { path: path.to_owned(), old, new: text.to_owned() };
        self.note(Record::new(control, kind), root, journal)
    }

    /// Writes down what a file holds, before another one takes its place.
    pub(super) fn note_file(
        &self,
        control: &'static str,
        path: &str,
        root: &Root,
        journal: &mut Journal,
    ) -> Result<(), Refusal> {
        let old = root.read(path, LARGEST).ok();
        let old = old.map(|old| String::from_utf8_lossy(&old).into_owned());
        let kind = Undo::File { path: path.to_owned(), old };
        self.note(Record::new(control, kind), root, journal)
    }

    /// Writes a file of the kernel, unless it is so, and waits until it shows.
    pub(super) fn write(
        &mut self,
        path: String,
        text: String,
        soft: bool,
        root: &Root,
        now: Instant,
    ) -> Result<(), Refusal> {
        if wanted::has(root, &path, Some(&text)) {
            return Ok(());
        }
        root.write(&path, text.as_bytes()).map_err(|error| failed(&path, &error))?;
        let failure = format!("/{path}: \"{text}\" was written and is not in force");
        let (wanted, until) = (Wanted::Text(Some(text)), now + SETTLING);
        self.state = State::Waiting { path, wanted, until, look: now, failure, soft };
        Ok(())
    }

    /// Writes a file; a failure is only noted.
    pub(super) fn attempt(&mut self, path: String, text: String, root: &Root, now: Instant) {
        let tried = self.write(path, text, true, root, now);
        self.notes.extend(tried.err().map(|refusal| refusal.why));
    }

    /// Has our line of a file be so.
    pub(super) fn line(
        &self,
        control: &'static str,
        (path, key): (&str, &str),
        new: Option<&str>,
        root: &Root,
        journal: &mut Journal,
    ) -> Result<(), Refusal> {
        let text = wanted::table(root, path)?;
        let changed = line::with(&text, key, new);
        if changed == text {
            return Ok(());
        }
        let old = line::ours(&text, key).unwrap_or_default();
        let kind = Undo::Line { path: path.to_owned(), key: key.to_owned(), old };
        self.note(Record::new(control, kind), root, journal)?;
        root.replace(path, &changed, 0o644).map_err(|error| failed(path, &error))
    }

    /// Begins a file without holes.
    pub(super) fn fill(
        &mut self,
        control: &'static str,
        path: String,
        (bytes, zeros): (u64, bool),
        root: &Root,
        journal: &mut Journal,
    ) -> Result<(), Refusal> {
        let kind = Undo::File { path: path.clone(), old: None };
        self.note(Record::new(control, kind.clone()), root, journal)?;
        match root.create(&path) {
            Ok(file) => self.state = State::Filling { path, filling: Filling::new(file, bytes, zeros) },
            Err(error) => {
                // Whatever has the name is not ours, and no undo may remove it.
                let _ = journal.forget(root, &|record| record.group == self.group && record.kind == kind);
                return Err(failed(&["/", &path].concat(), &error));
            }
        }
        Ok(())
    }
}
