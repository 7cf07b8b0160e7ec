//! What is asked of a desk, and what comes of it: plain data.

use std::time::Duration;

use super::super::{Refusal, Wishes};

/// A change that is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// The control.
    pub control: String,
    /// What it is to be.
    pub value: String,
    /// What may be done for it.
    pub wishes: Wishes,
    /// Only say what would be done.
    pub dry_run: bool,
    /// Take it back unless it is confirmed within that time.
    pub confirm: Option<Duration>,
    /// Do it again at each start.
    pub persist: bool,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The control; `undo` for what was taken back.
    pub control: String,
    /// What it was; empty when not known.
    pub old: String,
    /// What it is.
    pub new: String,
    /// The steps, a line each: those to be taken of a dry run, else those taken.
    pub steps: Vec<String>,
    /// What whoever asked should know.
    pub notes: Vec<String>,
    /// Nothing was done yet.
    pub dry_run: bool,
    /// It takes effect with the next boot.
    pub at_next_boot: bool,
    /// It is taken back unless it is confirmed within that time.
    pub confirm: Option<Duration>,
}

/// A change that has ended, for whoever asked for it.
pub struct Done {
    /// Who asked; `None` for the desk itself.
    pub asker: Option<u64>,
    /// What came of it.
    pub result: Result<Outcome, Refusal>,
}

/// What is to be undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// The last change.
    Last,
    /// A request's changes.
    Group(u32),
    /// All changes of a control.
    Control(String),
    /// The fan, and these groups.
    Must(Vec<u32>),
    /// These groups, or everything but what waits for the next boot; never the fan.
    Rest(Vec<u32>, bool),
    /// Everything.
    All,
}

impl Which {
    /// What a request names: a control, everything, or the last change.
    pub fn of(control: Option<String>, all: bool) -> Which {
        match control {
            Some(control) => Which::Control(control),
            None if all => Which::All,
            None => Which::Last,
        }
    }
}
