//! The page of processes: where the user stands in the list, and what keys do there.
//!
//! The list is what the last answer had; what is shown of it, and in which order, is made anew with each
//! answer and each key, and only the rows on the screen are drawn. Who was chosen stays so by the number
//! of the process wherever the row goes, and is nobody once that is gone: the row that comes in its place
//! was not chosen for a signal.

mod arrange;
mod draw;

use std::cell::Cell;
use std::time::Duration;

use nix::sys::signal::Signal;

use super::keys::Key;
use super::more::{Act, Topic, Want};
use super::processes::Kind;
use crate::process::{Process, Sort};
use crate::recycled::Recycled;
use crate::wire::Value;
use crate::wire::process::read_reply;
use crate::wire::request::{MOST_PROCESSES, Request};
pub use draw::draw;

/// Keys and words, for the help.
pub const HELP: &[&str] = &[
    "  arrows, j, wheel   choose a process",
    "  s, S               sort by the next column, or back",
    "  /                  filter by command, user or number",
    "  T, u               as a tree; only your own",
    "  k                  signal to the chosen one, if you say y",
    "CPU is of one core. GPU memory is known to root alone.",
];

/// How often they are asked for; the second time sooner, since the first has no loads.
const EVERY: Duration = Duration::from_secs(1);
const SOON: Duration = Duration::from_millis(250);
/// The order of `s`.
const SORTS: [Kind; 9] = [
    Kind::Cpu,
    Kind::Memory,
    Kind::Gpu,
    Kind::Pid,
    Kind::User,
    Kind::Threads,
    Kind::State,
    Kind::Container,
    Kind::Command,
];
/// Signals that can be sent, the usual one first.
const SIGNALS: [(&str, Signal); 6] = [
    ("TERM", Signal::SIGTERM),
    ("KILL", Signal::SIGKILL),
    ("INT", Signal::SIGINT),
    ("HUP", Signal::SIGHUP),
    ("STOP", Signal::SIGSTOP),
    ("CONT", Signal::SIGCONT),
];
/// Characters of a filter.
const LONGEST: usize = 40;
/// Rows of a turn of the wheel.
const WHEEL: usize = 3;

/// The last answer, and where the user stands.
#[derive(Default)]
pub struct State {
    /// The name of the user of this program, as lists have it.
    pub own: String,
    list: Recycled<Process>,
    /// How many processes there are; those beyond the list are not known.
    total: u32,
    /// Why there is no newer list.
    error: String,
    answers: u32,
    sort: Kind,
    is_tree: bool,
    own_only: bool,
    filter: String,
    /// The filter is being typed.
    typing: bool,
    /// The rows: places in the list, and how deep they stand in the tree.
    rows: Vec<(usize, u16)>,
    /// The number of who was chosen, and the row.
    chosen: Option<u32>,
    cursor: usize,
    /// The first row that is shown, where it stands on the screen, and how many are; of the last frame.
    top: Cell<usize>,
    first: Cell<u16>,
    shown: Cell<usize>,
    dialog: Option<Dialog>,
}

/// A signal that waits for a word: to whom, and its place in [`SIGNALS`].
struct Dialog {
    pid: u32,
    user: String,
    command: String,
    signal: usize,
}

impl State {
    /// Asks for as many as one may, those with the most of what the server can sort by.
    pub fn wants(&self) -> Want {
        let sort = match self.sort {
            Kind::Memory => Sort::Memory,
            Kind::Gpu => Sort::Gpu,
            Kind::Pid => Sort::Pid,
            Kind::Threads => Sort::Threads,
            _ => Sort::Cpu,
        };
        let every = if self.answers == 1 { SOON } else { EVERY };
        Some((Topic::Processes, Request::GetProcesses { sort, limit: MOST_PROCESSES }, every))
    }

    /// Takes a list; without one, the last one stays.
    pub fn answered(&mut self, result: Result<Value<'static>, String>) {
        self.answers = self.answers.saturating_add(1);
        let list = &mut self.list;
        let read = |reply| read_reply(&reply, list).map_err(|error| error.to_string());
        self.error = match result.and_then(read) {
            Ok(total) => {
                self.total = total;
                String::new()
            }
            Err(why) => why,
        };
        self.arrange();
    }

    /// What a key does: in the dialog, in the line of the filter, or on the list.
    pub fn key(&mut self, key: Key) -> Act {
        if let Key::Ctrl(_) = key {
            return Act::Pass;
        }
        if let Some(dialog) = self.dialog.take() {
            return self.answer(dialog, key);
        }
        if self.typing {
            return self.type_filter(key);
        }
        match key {
            Key::Char('s') => self.sort_by(1),
            Key::Char('S') => self.sort_by(SORTS.len() - 1),
            Key::Char('T') => self.is_tree = !self.is_tree,
            Key::Char('u') => self.own_only = !self.own_only,
            Key::Char('/') => self.typing = true,
            Key::Char('k') => return self.ask(),
            Key::Esc if !self.filter.is_empty() => self.filter.clear(),
            _ => return self.choose(key),
        }
        self.arrange();
        Act::Draw
    }

    /// Goes on by so many columns.
    fn sort_by(&mut self, on: usize) {
        let place = SORTS.iter().position(|sort| *sort == self.sort).unwrap_or(0);
        self.sort = SORTS.get((place + on) % SORTS.len()).copied().unwrap_or_default();
        self.top.set(0);
    }

    /// Chooses another row.
    fn choose(&mut self, key: Key) -> Act {
        let (shown, last) = (self.shown.get().max(1), self.rows.len().saturating_sub(1));
        let by = match key {
            Key::PageUp | Key::PageDown => shown,
            Key::WheelUp | Key::WheelDown => WHEEL,
            _ => 1,
        };
        let to = match key {
            // The first step is onto the list.
            Key::Down | Key::Up | Key::Char('j') if self.chosen.is_none() => self.cursor,
            Key::Up | Key::PageUp | Key::WheelUp => self.cursor.saturating_sub(by),
            Key::Down | Key::Char('j') | Key::PageDown | Key::WheelDown => self.cursor.saturating_add(by),
            Key::Home => 0,
            Key::End => last,
            Key::Click(_, y) => {
                let row = usize::from(y.wrapping_sub(self.first.get()));
                if row >= shown || row + self.top.get() > last {
                    return Act::Pass;
                }
                row + self.top.get()
            }
            _ => return Act::Pass,
        };
        self.cursor = to.min(last);
        self.chosen = self.at(self.cursor).map(|process| process.pid);
        Act::Draw
    }

    /// The process of a row.
    fn at(&self, row: usize) -> Option<&Process> {
        self.rows.get(row).and_then(|(place, _)| self.list.get(*place))
    }

    /// A key in the line of the filter. The list follows at once.
    fn type_filter(&mut self, key: Key) -> Act {
        match key {
            Key::Char(c) if self.filter.len() < LONGEST => self.filter.push(c),
            Key::Backspace => drop(self.filter.pop()),
            Key::Enter => self.typing = false,
            Key::Esc => {
                self.typing = false;
                self.filter.clear();
            }
            Key::Char(_) | Key::Other => {}
            key => return self.choose(key),
        }
        self.arrange();
        Act::Draw
    }

    /// Opens the dialog.
    fn ask(&mut self) -> Act {
        // The only one is the one that is meant.
        if self.rows.len() == 1 {
            self.chosen = self.at(0).map(|process| process.pid);
        }
        let Some(process) = self.at(self.cursor).filter(|process| Some(process.pid) == self.chosen) else {
            return Act::Note("no process is chosen (arrows or a click choose one)".to_owned());
        };
        let (pid, user, command) = (process.pid, process.user.clone(), process.command.clone());
        self.dialog = Some(Dialog { pid, user, command, signal: 0 });
        Act::Draw
    }

    /// A key in the dialog, which only a choice leaves open.
    fn answer(&mut self, mut dialog: Dialog, key: Key) -> Act {
        let by = match key {
            Key::Char('y') | Key::Enter => {
                let Some(signal) = SIGNALS.get(dialog.signal).copied() else { return Act::Draw };
                return Act::Signal { pid: dialog.pid, command: dialog.command, signal };
            }
            Key::Right | Key::Down | Key::Tab => 1,
            Key::Left | Key::Up | Key::BackTab => SIGNALS.len() - 1,
            Key::Click(..) => return Act::Pass,
            _ => return Act::Draw,
        };
        dialog.signal = (dialog.signal + by) % SIGNALS.len();
        self.dialog = Some(dialog);
        Act::Draw
    }
}

#[cfg(test)]
mod tests;
