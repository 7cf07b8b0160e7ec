//! What ends a dialog from outside: the time of a trial, and a server that comes or goes. Whether a change
//! was taken back then is known from the control alone, so what that is now is asked for and shown.

use std::time::{Duration, Instant};

use super::super::controls;
use super::super::more::{Topic, Want};
use super::{Dialog, Stage};
use crate::wire::Value;
use crate::wire::request::Request;

/// How often, and how long, it is asked what the control is after a trial.
const EVERY: Duration = Duration::from_secs(1);
const ASKED: Duration = Duration::from_secs(30);
/// Who takes back what a server has left.
const LATER: &str = "it stays until jscoped runs again, whose start takes it back";

/// Why nothing of what was asked is done: the server has come, or gone.
pub fn moved(served: bool) -> &'static str {
    if served { "daemon found: nothing was changed" } else { "daemon lost: nothing was changed" }
}

impl Dialog {
    /// Lets time pass; true when a trial is over.
    pub(in super::super) fn tick(&mut self, now: Instant) -> bool {
        let is_over = matches!(self.stage, Stage::Trial(until) if now >= until);
        if is_over {
            self.end_trial(now);
        }
        is_over
    }

    /// Takes whether a server is there to make changes. What was chosen or planned on one board is not done
    /// on another: gives what to say when the dialog is closed for that.
    pub fn serve(&mut self, served: bool, now: Instant) -> Option<&'static str> {
        if std::mem::replace(&mut self.served, served) == served {
            return None;
        }
        self.last.clear();
        match self.stage {
            Stage::Trial(_) | Stage::Over(_) if !served => self.lose(now),
            Stage::Closed | Stage::Doing(_) | Stage::Trial(_) | Stage::Over(_) | Stage::Told(_) => {
                self.has_choice = false;
            }
            _ => {
                self.stage = Stage::Closed;
                return Some(moved(served));
            }
        }
        None
    }

    /// The server is gone while a change is on trial.
    pub(super) fn lose(&mut self, now: Instant) {
        self.lost = true;
        self.end_trial(now);
    }

    fn end_trial(&mut self, now: Instant) {
        (self.stage, self.at) = (Stage::Over(now + ASKED), 0);
        self.judge("");
    }

    /// What it wants to know, whatever page is shown.
    pub fn wants(&self, now: Instant) -> Want {
        let is_asked = matches!(self.stage, Stage::Over(until) if now < until);
        is_asked.then_some((Topic::Controls, Request::ListControls, EVERY))
    }

    /// Takes the list, where it was asked for.
    pub(in super::super) fn listed(&mut self, result: &Result<Value<'static>, String>) {
        if !matches!(self.stage, Stage::Listing | Stage::Over(_)) {
            return;
        }
        let own =
            |reply| controls::each(reply).iter().find(|own| controls::word(own, "name") == self.control);
        match (self.stage, result.as_ref().map(own)) {
            (Stage::Over(_), Ok(Some(control))) => self.judge(controls::word(control, "value")),
            (Stage::Over(_), _) => {}
            (_, Ok(Some(control))) => self.choose(control),
            (_, Ok(None)) => self.tell("there is no such control", false),
            (_, Err(why)) => self.refuse(why, false),
        }
    }

    /// Says what has become of a trial, by what the control is now; nothing where that is not known.
    fn judge(&mut self, value: &str) {
        let is_back = !value.is_empty() && value == self.old;
        let (what, then) = match self.lost {
            _ if is_back => ("taken back, now ", value),
            true if value.is_empty() => ("if it has not taken this back, ", LATER),
            true => ("not taken back, ", LATER),
            false if value.is_empty() => ("the server takes it back ...", ""),
            false => ("the server takes it back, now ", value),
        };
        let why = if self.lost { "\nthe daemon is gone: " } else { "\nnot kept in time: " };
        self.text = [&self.line, why, what, then].concat();
        if is_back {
            self.stage = Stage::Told(false);
        }
    }
}

#[cfg(test)]
#[path = "over_tests.rs"]
mod tests;
