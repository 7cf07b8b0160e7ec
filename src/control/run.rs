//! The steps of a plan, taken one after the other. Nothing here waits: [`Run::turn`] goes as far as it
//! can, and [`Run::descriptor`] and [`Run::due`] say when to come again.

mod file;

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use super::fill::Filling;
use super::journal::{Journal, Record};
use super::plan::{Hold, Step, Verdict, Verify};
use super::tool::{self, said};
use super::wanted::{Wanted, is_so};
use super::{Kind, Refusal, Scene, Wishes, whole};
use crate::child::{Child, ending};
use crate::quote::quoted;
use crate::root::{Root, is_want};
use crate::sys;

/// How often it is looked whether a file holds what is waited for.
const LOOK: Duration = Duration::from_millis(50);
/// How long a tool's death may go unnoticed: what it has started may hold its output open.
const REAP: Duration = Duration::from_millis(100);

/// Steps being taken.
pub struct Run {
    /// What is left to be done, and for which control.
    steps: VecDeque<(&'static str, Step)>,
    group: u32,
    wishes: Wishes,
    state: State,
    /// The last words of the last tool, for the message when it has not done what it was to do.
    said: String,
    /// What whoever asked should know.
    pub notes: Vec<String>,
    /// What was held or released on the way.
    pub hold: Option<Option<Hold>>,
    /// It puts back: nothing is written down, and a step that fails does not keep the others from being
    /// taken.
    pub undoing: bool,
    /// What failed first of such steps.
    missed: Option<Refusal>,
}

enum State {
    Ready,
    /// A tool runs.
    Tool {
        name: &'static str,
        child: Child,
        printed: Vec<u8>,
        silent: bool,
        until: Instant,
        look: Instant,
    },
    /// A file gets its blocks.
    Filling {
        path: String,
        filling: Filling,
    },
    /// A file is to become so.
    Waiting {
        path: String,
        wanted: Wanted,
        until: Instant,
        look: Instant,
        failure: String,
        /// A failure is only noted.
        soft: bool,
    },
    /// What was done is to show.
    Checking {
        verify: Verify,
        value: String,
        until: Instant,
        look: Instant,
    },
}

/// How far a run has come.
#[derive(Debug, PartialEq, Eq)]
pub enum Progress {
    /// It goes on later.
    On,
    /// All steps are taken.
    Done,
    /// A step failed; those before it stand.
    Failed(Refusal),
}

impl Run {
    /// Takes these steps for a control; what they change is written down under `group`.
    pub fn new(control: &'static str, group: u32, wishes: Wishes, steps: Vec<Step>) -> Run {
        Run {
            steps: steps.into_iter().map(|step| (control, step)).collect(),
            group,
            wishes,
            state: State::Ready,
            said: String::new(),
            notes: Vec::new(),
            hold: None,
            undoing: false,
            missed: None,
        }
    }

    /// The output of the tool that runs.
    pub fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        match &self.state {
            State::Tool { child, silent: false, .. } => Some(child.output.as_fd()),
            _ => None,
        }
    }

    /// When to come again at the latest.
    pub fn due(&self) -> Option<Instant> {
        match &self.state {
            State::Ready => None,
            State::Filling { .. } => Some(Instant::now()),
            State::Tool { until, look, .. }
            | State::Waiting { until, look, .. }
            | State::Checking { until, look, .. } => Some(*until.min(look)),
        }
    }

    /// Goes as far as it can without waiting.
    pub fn turn(&mut self, root: &Root, journal: &mut Journal, now: Instant) -> Progress {
        loop {
            let taken = match self.wait(root, now) {
                Ok(false) => return Progress::On,
                Ok(true) => match self.steps.pop_front() {
                    Some((control, step)) => {
                        whole(root, control, || self.take(control, step, root, journal, now))
                    }
                    None => return self.missed.take().map_or(Progress::Done, Progress::Failed),
                },
                Err(refusal) => Err(refusal),
            };
            if let Err(refusal) = taken {
                self.state = State::Ready;
                if !self.undoing {
                    self.steps.clear();
                }
                self.missed.get_or_insert(refusal);
            }
        }
    }

    /// Whether what was begun has ended.
    fn wait(&mut self, root: &Root, now: Instant) -> Result<bool, Refusal> {
        match &mut self.state {
            State::Ready => return Ok(true),
            State::Tool { name, child, printed, silent, until, look } => {
                *silent = tool::take_output(child, printed);
                *look = now + REAP;
                let Some(status) = child.reap() else {
                    return if now < *until { Ok(false) } else { Err(tool::overdue(name, printed)) };
                };
                tool::take_output(child, printed);
                if !status.success() {
                    return Err(tool::failure_of(name, &ending(status), printed));
                }
                self.said = said(printed);
                if self.said.contains(tool::ERROR) {
                    self.notes.push([*name, ": said", &self.said].concat());
                }
            }
            State::Filling { path, filling } => {
                if !filling.piece().map_err(|error| failed(&["/", path].concat(), &error))? {
                    return Ok(false);
                }
            }
            State::Waiting { path, wanted, until, look, failure, soft } => {
                root.take_want();
                let is_so = is_so(root, path, wanted);
                let want = root.take_want();
                if !is_so || want.is_some() {
                    *look = now + LOOK;
                    match (want, *soft) {
                        _ if now < *until => return Ok(false),
                        (Some(error), _) => return Err(failed(path, &error)),
                        (None, true) => self.notes.push(std::mem::take(failure)),
                        (None, false) => {
                            return Err(Refusal::new(Kind::Failed, [failure.as_str(), &self.said].concat()));
                        }
                    }
                }
            }
            State::Checking { verify, value, until, look } => {
                *look = now + LOOK;
                root.take_want();
                let verdict = verify.0(root, value);
                let want = root.take_want();
                match (want, verdict) {
                    (None, Verdict::So) => {}
                    _ if now < *until => return Ok(false),
                    (Some(error), _) => return Err(failed(value, &error)),
                    (None, Verdict::Partly(note)) => self.notes.push(note),
                    (None, Verdict::Not(why)) => {
                        return Err(Refusal::new(Kind::Failed, [why.as_str(), &self.said].concat()));
                    }
                }
            }
        }
        self.state = State::Ready;
        Ok(true)
    }

    fn take(
        &mut self,
        control: &'static str,
        step: Step,
        root: &Root,
        journal: &mut Journal,
        now: Instant,
    ) -> Result<(), Refusal> {
        match step {
            Step::Write { path, text } => {
                self.note_write(control, &path, &text, root, journal)?;
                self.write(path, text, false, root, now)?;
            }
            Step::Try { path, text } => {
                self.note_write(control, &path, &text, root, journal)?;
                self.attempt(path, text, root, now);
            }
            Step::Put { path, text, must: true } => self.write(path, text, false, root, now)?,
            Step::Put { path, text, must: false } => self.attempt(path, text, root, now),
            Step::Replace { path, content, mode, own } => {
                if !own {
                    self.note_file(control, &path, root, journal)?;
                }
                let done = match content {
                    Some(content) => root.replace(&path, content.as_bytes(), mode),
                    None => root.remove(&path),
                };
                done.map_err(|error| failed(&path, &error))?;
            }
            Step::Run { program, arguments, within } => {
                let child = tool::started(program, &arguments, root)?;
                let (printed, until) = (Vec::new(), now + within);
                self.state =
                    State::Tool { name: program, child, printed, silent: false, until, look: now + REAP };
            }
            Step::Await { path, text, within, failure } => {
                let (wanted, until) = (Wanted::Text(text), now + within);
                self.state = State::Waiting { path, wanted, until, look: now, failure, soft: false };
            }
            Step::Check { verify, value, within, .. } => {
                self.state = State::Checking { verify, value, until: now + within, look: now };
            }
            Step::Listed { path, word, there, within } => {
                let failure = ["/", path, if there { " has no " } else { " still has " }, &word].concat();
                let (path, wanted, until) = (path.to_owned(), Wanted::Line { word, there }, now + within);
                self.state = State::Waiting { path, wanted, until, look: now, failure, soft: false };
            }
            Step::Line { path, key, line } => {
                self.line(control, (&path, &key), line.as_deref(), root, journal)?;
            }
            Step::Fill { path, bytes, zeros } => self.fill(control, path, (bytes, zeros), root, journal)?,
            Step::Set { control, value, optional } => self.set(&control, &value, optional, root, journal)?,
            Step::Note(record) => self.note(record, root, journal)?,
            Step::Hold(hold) => self.hold = Some(Some(hold)),
            Step::Release => self.hold = Some(None),
            Step::Forget(control) => forget(control, root, journal)?,
        }
        Ok(())
    }

    /// Plans a control as the board is now, and puts its steps before those that are left.
    fn set(
        &mut self,
        control: &str,
        value: &str,
        optional: bool,
        root: &Root,
        journal: &Journal,
    ) -> Result<(), Refusal> {
        let scene = Scene { root, journal, wishes: self.wishes };
        let planned = match super::named(control) {
            Some(control) => (control.plan)(&scene, value),
            None => Err(Refusal::new(Kind::Invalid, ["no control ", &quoted(control)].concat())),
        };
        match planned {
            Ok(plan) => {
                self.notes.extend(plan.notes);
                for step in plan.steps.into_iter().rev() {
                    self.steps.push_front((plan.control, step));
                }
            }
            Err(refusal) if optional && refusal.kind == Kind::Unsupported => self.notes.push(refusal.why),
            Err(refusal) => return Err(refusal),
        }
        Ok(())
    }

    fn note(&self, record: Record, root: &Root, journal: &mut Journal) -> Result<(), Refusal> {
        if let Some(error) = root.take_want() {
            // What was not seen cannot be put back.
            return Err(failed(super::journal::PATH, &error));
        }
        if self.undoing {
            return Ok(());
        }
        let noted = journal.note(root, Record { group: self.group, ..record });
        noted.map_err(|error| failed(super::journal::PATH, &error))
    }
}

fn forget(control: &str, root: &Root, journal: &mut Journal) -> Result<(), Refusal> {
    let forgotten = journal.forget(root, &|record| record.control == control);
    forgotten.map_err(|error| failed(super::journal::PATH, &error))
}

/// What the system says to a change of a file or a program.
pub(super) fn failed(what: &str, error: &io::Error) -> Refusal {
    let kind = match error.raw_os_error() {
        Some(libc::EACCES | libc::EPERM | libc::EROFS) => Kind::Denied,
        _ if is_want(error) => Kind::Want,
        _ => Kind::Failed,
    };
    let top = what.trim_start_matches('/').split_once('/').map_or("", |(top, _)| top);
    let hint = match error.raw_os_error() {
        Some(libc::EROFS) if top == "sys" => " (is this a container? /sys must be writable)",
        Some(libc::EROFS) if top == "etc" => " (/etc is mounted read-only)",
        Some(libc::EROFS) if top == "run" => " (/run is mounted read-only)",
        Some(libc::EACCES | libc::EPERM) => " (needs root)",
        Some(libc::EMFILE | libc::ENFILE) => " (no descriptor is left for now, try again)",
        Some(libc::ENOMEM) => " (try again)",
        _ => "",
    };
    let slash = if what.contains('/') && !what.starts_with('/') { "/" } else { "" };
    Refusal::new(kind, [slash, what, ": ", &sys::reason(error), hint].concat())
}

/// Whether a file's text is the one that is wanted: as it stands, its first word, or as a number.
pub(super) fn is_same(now: &str, wanted: &str) -> bool {
    let first = now.split_ascii_whitespace().next().unwrap_or_default();
    let number = |text: &str| text.parse::<i64>().ok();
    now == wanted || first == wanted || number(first).is_some_and(|now| number(wanted) == Some(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn err_what_the_system_says() {
        for (what, number, kind, wanted) in [
            (
                "sys/a/b",
                libc::EROFS,
                Kind::Denied,
                "/sys/a/b: read-only file system (is this a container? /sys must be writable)",
            ),
            (
                "etc/fstab",
                libc::EROFS,
                Kind::Denied,
                "/etc/fstab: read-only file system (/etc is mounted read-only)",
            ),
            (
                "/etc/fstab",
                libc::EROFS,
                Kind::Denied,
                "/etc/fstab: read-only file system (/etc is mounted read-only)",
            ),
            (
                "run/a/undo",
                libc::EROFS,
                Kind::Denied,
                "/run/a/undo: read-only file system (/run is mounted read-only)",
            ),
            ("var/lib/a", libc::EROFS, Kind::Denied, "/var/lib/a: read-only file system"),
            ("etc/fstab", libc::EACCES, Kind::Denied, "/etc/fstab: permission denied (needs root)"),
            ("etc/fstab", libc::EIO, Kind::Failed, "/etc/fstab: input/output error"),
            (
                "systemctl",
                libc::EMFILE,
                Kind::Want,
                "systemctl: too many open files (no descriptor is left for now, try again)",
            ),
            ("fan", libc::ENOMEM, Kind::Want, "fan: cannot allocate memory (try again)"),
        ] {
            let refusal = failed(what, &io::Error::from_raw_os_error(number));
            assert_eq!((refusal.kind, refusal.why.as_str()), (kind, wanted), "{what} {number}");
        }
    }
}
