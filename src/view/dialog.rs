//! The dialog of one change, over any page: what a control may be, what a change would do, and what came of
//! it. Pure: keys, answers and times come in, what is to be asked goes out.
//!
//! Nothing is set that was not planned and shown before. A change on trial is taken back by the server
//! when nobody keeps it; the dialog counts down beside it, and lets keys through to the page.

mod choice;
mod over;

pub use over::moved;

use std::time::{Duration, Instant};

use super::controls;
use super::keys::Key;
use super::more::{Act, Topic};
use super::unit::yes_no;
use crate::wire::Value;
use crate::wire::request::{Manner, Request};

/// How long a change is on trial, seconds.
const TRIAL_S: u32 = 30;
/// How a refusal begins that a boot would help.
const NEEDS_BOOT: &str = "reboot_required";
/// Lines of a leap.
const LEAP: usize = 8;

/// Where the user stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stage {
    /// There is no dialog.
    #[default]
    Closed,
    /// What the control may be was asked for.
    Listing,
    /// What it is to be is chosen.
    Choosing,
    /// What a change would do was asked for.
    Planning,
    /// That is shown.
    Planned,
    /// The board would boot at once: asked again.
    Sure,
    /// Whether the last change is to be taken back.
    Undo,
    /// Something is being changed; by that word it is told when it is.
    Doing(&'static str),
    /// The change is taken back then, unless it is kept.
    Trial(Instant),
    /// It ended without a word of the server's; until then it is asked what the control is now.
    Over(Instant),
    /// What came of it is shown; true when it was refused before anything was tried.
    Told(bool),
}

/// The dialog.
#[derive(Default)]
pub struct Dialog {
    /// What a server that wants a token is told.
    pub token: Option<String>,
    /// Whether a server makes the changes: it can take one back.
    pub served: bool,
    /// Lines of it that there was no room for.
    pub beyond: u16,
    pub(super) stage: Stage,
    pub(super) control: String,
    value: String,
    manner: Manner,
    pub(super) options: Vec<String>,
    bounded: bool,
    pub(super) typed: String,
    /// The number of the option that is chosen, or lines above the screen.
    pub(super) at: usize,
    /// What is shown, in lines.
    pub(super) text: String,
    /// It was chosen from what the control may be: one can go back to that.
    has_choice: bool,
    /// A boot would help.
    needs_boot: bool,
    /// What was planned takes no step.
    is_idle: bool,
    /// What was planned or done, in a line, and what the control was before.
    line: String,
    old: String,
    /// It was set on trial.
    on_trial: bool,
    /// The server is gone, and with it whoever would take a trial back.
    lost: bool,
    /// The last change that was made from here, in a line.
    last: String,
    /// Changes that were asked for and not answered yet.
    asked: u8,
}

impl Dialog {
    /// Opens the dialog of a control as it is in the list.
    pub fn open(&mut self, control: &Value) -> Act {
        let name = controls::word(control, "name");
        if let Some(act) = self.begin(name) {
            return act;
        }
        self.choose(control);
        Act::Draw
    }

    /// Opens it when the list has been asked for.
    pub fn list(&mut self, name: &str) -> Act {
        if let Some(act) = self.begin(name) {
            return act;
        }
        self.stage = Stage::Listing;
        Act::Ask(Topic::Controls, Request::ListControls)
    }

    /// Plans to set a control to a value, without a choice.
    pub fn set(&mut self, name: &str, value: &str) -> Act {
        if let Some(act) = self.begin(name) {
            return act;
        }
        self.plan(value.to_owned())
    }

    /// Asks whether the last change is to be taken back.
    pub fn undo(&mut self) -> Act {
        if let Some(act) = self.begin("undo") {
            return act;
        }
        self.stage = Stage::Undo;
        "Take back the last change?".clone_into(&mut self.text);
        if !self.last.is_empty() {
            self.text.extend(["\nthe last one from here: ", &self.last]);
        }
        Act::Draw
    }

    /// Begins afresh; what to say where another change is not done with.
    fn begin(&mut self, name: &str) -> Option<Act> {
        if self.stage != Stage::Closed {
            return Some(Act::Note("another change comes first".to_owned()));
        }
        name.clone_into(&mut self.control);
        self.options.clear();
        self.typed.clear();
        (self.manner, self.at) = (Manner::default(), 0);
        (self.has_choice, self.needs_boot, self.on_trial, self.lost) = (false, false, false, false);
        None
    }

    fn tell(&mut self, text: &str, refused: bool) {
        text.clone_into(&mut self.text);
        (self.stage, self.at) = (Stage::Told(refused), 0);
    }

    /// Tells why not, in the words behind the protocol's code.
    fn refuse(&mut self, why: &str, at_once: bool) {
        self.tell(refusal(why).unwrap_or(why), at_once);
    }

    fn plan(&mut self, value: String) -> Act {
        (self.value, self.stage) = (value, Stage::Planning);
        (self.needs_boot, self.is_idle) = (false, false);
        "looking at what that does ...".clone_into(&mut self.text);
        self.ask_set(Manner { dry_run: true, ..self.manner })
    }

    /// Sets it, on trial for so many seconds, or for good.
    fn go(&mut self, confirm_s: u32) -> Act {
        (self.stage, self.on_trial) = (Stage::Doing("done"), confirm_s > 0);
        self.text = ["being set to ", &self.value, " ..."].concat();
        self.ask_set(Manner { confirm_s, ..self.manner })
    }

    fn ask_set(&mut self, manner: Manner) -> Act {
        let (control, value, token) = (self.control.clone(), self.value.clone(), self.token.clone());
        self.ask(Request::SetControl { control, value, token, manner })
    }

    fn ask(&mut self, request: Request) -> Act {
        self.asked = self.asked.saturating_add(1);
        self.at = 0;
        Act::Ask(Topic::Change, request)
    }

    fn take_back(&mut self) -> Act {
        self.stage = Stage::Doing("taken back");
        "being taken back ...".clone_into(&mut self.text);
        self.ask(Request::Undo { control: None, all: false, token: self.token.clone() })
    }

    fn keep(&mut self) -> Act {
        self.stage = Stage::Doing("kept");
        self.ask(Request::Confirm { token: self.token.clone() })
    }

    /// Takes the answer to what was asked last.
    pub(super) fn answered(&mut self, result: &Result<Value<'static>, String>, now: Instant) {
        self.asked = self.asked.saturating_sub(1);
        if self.asked > 0 {
            return;
        }
        match (self.stage, result) {
            (Stage::Planning | Stage::Doing("done"), Err(why)) if why.starts_with(NEEDS_BOOT) => {
                self.refuse(why, false);
                (self.stage, self.needs_boot) = (Stage::Planned, true);
            }
            (Stage::Planning, Ok(reply)) => {
                (self.text, self.stage) = (controls::state(reply), Stage::Planned);
                self.note_line(reply);
            }
            (Stage::Planning, Err(why)) => self.refuse(why, true),
            (Stage::Doing(_), Err(why)) if self.on_trial && refusal(why).is_none() => self.lose(now),
            (Stage::Doing(_), Err(why)) => self.refuse(why, false),
            (Stage::Doing(word), Ok(reply)) => self.done(word, reply, now),
            _ => {}
        }
    }

    fn done(&mut self, word: &str, reply: &Value, now: Instant) {
        let Some(state) = reply.member("ControlState") else { return self.tell(word, false) };
        let control = controls::word(state, "control");
        let is_change = !matches!(control, "confirm" | "undo");
        if is_change {
            self.note_line(reply);
        }
        if let Some(Value::Int(seconds)) = state.member("confirm_s") {
            let seconds = u64::try_from(*seconds).unwrap_or(0);
            self.line.clone_into(&mut self.text);
            self.stage = Stage::Trial(now + Duration::from_secs(seconds.min(3600)));
            return;
        }
        match control {
            "undo" if self.on_trial => {}
            "undo" => self.last.clear(),
            _ if self.is_idle => {}
            _ => self.line.clone_into(&mut self.last),
        }
        let mut text = [word, "\n"].concat();
        match control {
            "confirm" => text.push_str(&self.text),
            "undo" => {
                controls::lines(state, "steps", "  ", &mut text);
                controls::lines(state, "notes", "note: ", &mut text);
            }
            _ => text.push_str(&controls::state(reply)),
        }
        self.tell(&text, false);
    }

    /// Whether what it shows changes by itself.
    pub fn counts(&self) -> bool {
        matches!(self.stage, Stage::Trial(_))
    }

    /// What a key does while it is open.
    pub fn key(&mut self, key: Key) -> Act {
        match (self.stage, key) {
            (Stage::Closed, _) | (_, Key::Ctrl(_)) => Act::Pass,
            (Stage::Trial(_), Key::Char('y')) => self.keep(),
            (Stage::Trial(_), Key::Char('u') | Key::Esc) => self.take_back(),
            (Stage::Trial(_), _) => Act::Pass,
            (Stage::Doing(_), Key::Char('q') | Key::Esc) => Act::Note("wait: it is being changed".to_owned()),
            // They were meant for the dialog; others may turn to what is to be watched.
            (Stage::Doing(_), Key::Char(_) | Key::Enter | Key::Backspace) => Act::Draw,
            (Stage::Doing(_), _) => Act::Pass,
            (Stage::Choosing, _) => self.key_of_choice(key),
            (Stage::Sure, Key::Char('y')) => self.go(0),
            (Stage::Undo, Key::Char('y')) => self.take_back(),
            (_, Key::Esc) => self.back(),
            (Stage::Planned, Key::Char(c)) if c == 'P' || !self.does_nothing() => self.key_of_plan(c),
            (Stage::Planned, Key::Char(_) | Key::Enter) if self.does_nothing() => self.back(),
            (Stage::Told(_) | Stage::Over(_), Key::Char(_) | Key::Enter) => self.back(),
            _ => self.scroll(key, usize::from(self.beyond)),
        }
    }

    /// To the choice that came before, or away. What was refused can be typed better.
    fn back(&mut self) -> Act {
        let is_choice =
            matches!(self.stage, Stage::Planned | Stage::Sure | Stage::Told(true)) && !self.does_nothing();
        let again = std::mem::take(&mut self.has_choice) && is_choice;
        if self.stage != Stage::Told(true) {
            self.typed.clear();
        }
        self.options.clear();
        self.stage = if again { Stage::Listing } else { Stage::Closed };
        self.manner = Manner::default();
        if again { Act::Ask(Topic::Controls, Request::ListControls) } else { Act::Draw }
    }

    fn scroll(&mut self, key: Key, most: usize) -> Act {
        self.at = key.moved(self.at, LEAP).min(most);
        Act::Draw
    }

    fn key_of_plan(&mut self, c: char) -> Act {
        match c {
            'b' | 'R' if self.needs_boot => {
                (self.manner.at_next_boot, self.manner.reboot) = (c == 'b', c == 'R');
                return self.plan(self.value.clone());
            }
            'P' => self.manner.persist = !self.manner.persist,
            'y' if self.needs_boot => {}
            'y' if self.manner.reboot => {
                self.stage = Stage::Sure;
                "The board boots again at once. Do it?".clone_into(&mut self.text);
            }
            'y' => return self.go(0),
            't' if self.can_try() => return self.go(TRIAL_S),
            'k' => return self.scroll(Key::Up, usize::from(self.beyond)),
            'j' => return self.scroll(Key::Down, usize::from(self.beyond)),
            _ => {}
        }
        Act::Draw
    }

    fn can_try(&self) -> bool {
        let Manner { reboot, at_next_boot, .. } = self.manner;
        self.served && !self.needs_boot && !self.is_idle && !reboot && !at_next_boot
    }

    /// A plan without a step, that is not to be kept over reboots, either.
    fn does_nothing(&self) -> bool {
        self.stage == Stage::Planned && self.is_idle && !self.manner.persist
    }

    /// Remembers what a change is, or would be.
    fn note_line(&mut self, reply: &Value) {
        let Some(state) = reply.member("ControlState") else { return };
        self.line = controls::change(state);
        controls::word(state, "old").clone_into(&mut self.old);
        if self.old == controls::word(state, "value") {
            // That it was taken back would not show.
            self.old.clear();
        }
        self.is_idle = matches!(state.member("steps"), Some(Value::List(steps)) if steps.is_empty());
    }

    /// What is shown now.
    pub(super) fn shown(&self, now: Instant) -> String {
        match self.stage {
            Stage::Listing => "asking what it may be ...".to_owned(),
            Stage::Trial(until) => {
                let left = until.saturating_duration_since(now).as_millis().div_ceil(1000);
                format!("{}\ntaken back in {left} s unless you keep it", self.text)
            }
            _ => self.text.clone(),
        }
    }

    /// The keys that it takes, two blanks between them.
    pub(super) fn keys(&self) -> String {
        let mut keys = match self.stage {
            Stage::Closed | Stage::Doing(_) => "",
            Stage::Listing | Stage::Planning => "Esc leave it",
            Stage::Choosing => "Enter see the plan  Esc leave it",
            Stage::Planned if self.needs_boot => "Esc back  b at the next boot  R boot now",
            Stage::Planned if self.does_nothing() => "Esc, Enter close",
            Stage::Planned | Stage::Sure => "y do it  Esc back",
            Stage::Undo => "y take it back  Esc leave it",
            Stage::Trial(_) => "y keep it  Esc, u take it back",
            Stage::Told(_) | Stage::Over(_) => "Esc, Enter close",
        }
        .to_owned();
        if self.stage == Stage::Planned && !self.needs_boot {
            if self.can_try() {
                keys.push_str("  t try it for 30 s");
            }
            keys.extend(["  P kept over reboots: ", &yes_no(self.manner.persist)]);
        }
        keys
    }
}

/// The words of a refusal behind the protocol's code, if it has both: why there is no answer begins with
/// more than a word.
fn refusal(why: &str) -> Option<&str> {
    let (code, words) = why.split_once(": ")?;
    let is_code = code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    (is_code && !words.trim().is_empty()).then_some(words)
}

#[cfg(test)]
#[path = "dialog_tests.rs"]
mod tests;
