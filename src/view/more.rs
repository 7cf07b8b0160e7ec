//! What pages show beside the sample: answers that were asked for, and where the user stands.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::alert::Peaks;
use super::control_page;
use super::dialog::Dialog;
use super::held;
use super::info;
use super::keys::Key;
use super::{history_page, process_page};
use crate::sys::{self, LocalTime};
use crate::wire::Value;
use crate::wire::request::Request;

/// What is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// The processes.
    Processes,
    /// The processes that hold memory of the GPU.
    Held,
    /// What may be changed.
    Controls,
    /// A change, or what it would do.
    Change,
    /// The past.
    History,
    /// What board it is.
    Meta,
    /// How board and server do.
    Health,
    /// How the collectors do.
    Sources,
}

/// What a page wants to know while it is shown, and how often.
pub type Want = Option<(Topic, Request, Duration)>;

/// What a page makes of a key.
#[derive(Debug, PartialEq, Eq)]
pub enum Act {
    /// It is none of its keys.
    Pass,
    /// It is shown.
    Draw,
    /// Something is to be asked.
    Ask(Topic, Request),
    /// A line is to be shown at the foot of the screen.
    Note(String),
    /// A process of this machine is to get a signal, if it is still the one with that command.
    Signal {
        /// Its number.
        pid: u32,
        /// Its command, as the list had it.
        command: String,
        /// The signal, with its name.
        signal: (&'static str, Signal),
    },
}

/// All of it.
pub struct More {
    /// The time of the frame.
    pub now: Instant,
    /// The same by the wall clock, ms since 1970; 0 when it is not known.
    pub unix_ms: u64,
    /// Energy of rails at the last `z`, mJ.
    pub zero: Vec<(String, i64)>,
    /// Over-current events of late.
    pub peaks: Peaks,
    /// What is shown stands still.
    pub paused: bool,
    /// The board is a simulated one, and so not the one that answers are of.
    pub simulated: bool,
    /// What the page Info shows.
    pub info: info::State,
    /// The processes.
    pub processes: process_page::State,
    /// Who holds memory of the GPU.
    pub held: held::State,
    /// Gives local time to a moment, s since 1970.
    pub local: fn(u64) -> LocalTime,
    /// The page of the past.
    pub history: history_page::State,
    /// The page of controls.
    pub controls: control_page::State,
    /// The dialog of a change.
    pub dialog: Dialog,
}

impl Default for More {
    fn default() -> More {
        More {
            now: Instant::now(),
            unix_ms: 0,
            zero: Vec::new(),
            peaks: Peaks::default(),
            paused: false,
            simulated: false,
            info: info::State::default(),
            processes: process_page::State::default(),
            held: held::State::default(),
            local: sys::local_time_of,
            history: history_page::State::default(),
            controls: control_page::State::default(),
            dialog: Dialog::default(),
        }
    }
}

impl More {
    /// Takes what was asked for, or why there is none.
    pub fn answered(&mut self, topic: Topic, result: Result<Value<'static>, String>) {
        match topic {
            Topic::Meta | Topic::Health | Topic::Sources => self.info.answered(topic, result, self.now),
            Topic::Processes => self.processes.answered(result),
            Topic::Held => self.held.answered(result),
            Topic::History => self.history.answered(result),
            Topic::Controls => {
                self.dialog.listed(&result);
                self.controls.answered(result);
            }
            Topic::Change => {
                self.dialog.answered(&result, self.now);
                self.controls.outdated();
            }
        }
    }

    /// Takes a key before the page does, where a dialog is open.
    pub fn key(&mut self, key: Key) -> Act {
        self.dialog.key(key)
    }

    /// Takes a key that neither a dialog nor the page has taken: those that change something, and ask first.
    pub fn key_of_all(&mut self, key: Key) -> Act {
        match key {
            Key::Char('c') => self.dialog.set("jetson_clocks", "toggle"),
            Key::Char('m') => self.dialog.list("nvpmodel"),
            Key::Char('f') => self.dialog.list("fan"),
            _ => Act::Pass,
        }
    }

    /// Lets time pass, by both clocks.
    pub fn tick(&mut self, now: Instant, unix_ms: i64) {
        self.now = now;
        // What stands still is of the time when it did.
        if !self.paused {
            self.unix_ms = u64::try_from(unix_ms).unwrap_or(0);
        }
        if self.dialog.tick(now) {
            self.controls.outdated();
        }
    }
}
