//! What pages show beside the sample: answers that were asked for, and where the user stands.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

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
    /// Energy of rails at the last `z`, mJ.
    pub zero: Vec<(String, i64)>,
    /// What is shown stands still.
    pub paused: bool,
    /// What the page Info shows.
    pub info: info::State,
    /// The processes.
    pub processes: process_page::State,
    /// Gives local time to a moment, s since 1970.
    pub local: fn(u64) -> LocalTime,
    /// The page of the past.
    pub history: history_page::State,
}

impl Default for More {
    fn default() -> More {
        More {
            now: Instant::now(),
            zero: Vec::new(),
            paused: false,
            info: info::State::default(),
            processes: process_page::State::default(),
            local: sys::local_time_of,
            history: history_page::State::default(),
        }
    }
}

impl More {
    /// Takes what was asked for, or why there is none.
    pub fn answered(&mut self, topic: Topic, result: Result<Value<'static>, String>) {
        match topic {
            Topic::Meta | Topic::Health | Topic::Sources => self.info.answered(topic, result, self.now),
            Topic::Processes => self.processes.answered(result),
            Topic::History => self.history.answered(result),
            _ => {}
        }
    }

    /// Takes a key before the page does, where a dialog is open.
    pub fn key(&mut self, key: Key) -> Act {
        let _ = key;
        Act::Pass
    }
}
