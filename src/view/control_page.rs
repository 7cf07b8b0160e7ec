//! The page of controls: each with what it is and may be. Enter opens the dialog of one.

use std::time::Duration;

use super::controls;
use super::keys::Key;
use super::layout::width_of;
use super::more::{Act, More, Topic, Want};
use super::page::Page;
use super::paint::Tone;
use super::processes::fit;
use crate::snapshot::Snapshot;
use crate::wire::Value;
use crate::wire::request::Request;

/// What the help says.
pub const HELP: &[&str] = &[
    "  Up, Down, j, k     choose; Enter opens it: choose or type",
    "                     a value, see what that would do, and do",
    "                     it (y), or try it for 30 s (t)",
    "  u                  take the last change back",
    "Nothing is changed before its plan was shown.",
];

/// How often it is asked for: others may change something, too.
const EVERY: Duration = Duration::from_secs(5);
/// Lines of a leap.
const LEAP: usize = 10;
/// Names and values are cut where they leave less than that to the rest.
const NAME: u16 = 16;
const VALUE: u16 = 20;
const LEAST: u16 = 4;
/// Lower than this, only the list is shown; else so many lines are left to what is marked.
const TALL: u16 = 10;
const BELOW: u16 = 4;

/// What the page knows.
#[derive(Default)]
pub struct State {
    answer: Option<Result<Value<'static>, String>>,
    /// The number of the control that is marked.
    at: usize,
    /// Something was changed since.
    is_old: bool,
}

impl State {
    /// What it wants to know, at once after a change.
    pub fn wants(&self) -> Want {
        let every = if self.is_old { Duration::ZERO } else { EVERY };
        Some((Topic::Controls, Request::ListControls, every))
    }

    /// Takes the list, or why there is none.
    pub(super) fn answered(&mut self, result: Result<Value<'static>, String>) {
        (self.answer, self.is_old) = (Some(result), false);
    }

    /// Something was changed.
    pub(super) fn outdated(&mut self) {
        self.is_old = true;
    }

    /// The control of that name.
    pub(super) fn named(&self, name: &str) -> Option<&Value<'static>> {
        self.controls().iter().find(|control| controls::word(control, "name") == name)
    }

    fn controls(&self) -> &[Value<'static>] {
        self.answer.as_ref().and_then(|answer| answer.as_ref().ok()).map_or(&[], controls::each)
    }

    fn marked(&self) -> usize {
        self.at.min(self.controls().len().saturating_sub(1))
    }
}

/// What a key does on the page.
pub fn key(more: &mut More, key: Key) -> Act {
    let More { controls, dialog, .. } = more;
    let key = match key {
        Key::Enter => {
            let marked = controls.controls().get(controls.marked());
            return marked.map_or(Act::Pass, |control| dialog.open(control));
        }
        Key::Char('u') => return dialog.undo(),
        Key::Char('k') => Key::Up,
        Key::Char('j') => Key::Down,
        Key::Up
        | Key::Down
        | Key::PageUp
        | Key::PageDown
        | Key::Home
        | Key::End
        | Key::WheelUp
        | Key::WheelDown => key,
        _ => return Act::Pass,
    };
    let most = controls.controls().len().saturating_sub(1);
    controls.at = key.moved(controls.marked(), LEAP).min(most);
    Act::Draw
}

/// Draws the page.
pub fn draw(page: &mut Page, _: &Snapshot) {
    let state = &page.more.controls;
    match &state.answer {
        None => page.note("asking what may be controlled ..."),
        Some(Err(why)) => page.note(why),
        Some(Ok(_)) if state.controls().is_empty() => page.note("there is nothing to control"),
        Some(Ok(_)) => list(page, state.controls(), state.marked()),
    }
}

fn list(page: &mut Page, controls: &[Value], marked: usize) {
    let height = page.area.height;
    let below = if height >= TALL { BELOW } else { 0 };
    let room = usize::from(height.saturating_sub(1).saturating_sub(below));
    let top = marked.saturating_sub(room / 2).min(controls.len().saturating_sub(room));
    let (mut name, mut value) = (7, 5);
    for control in controls {
        name = width_of(controls::word(control, "name")).max(name);
        value = width_of(&controls::value(control)).max(value);
    }
    let widths = (name.min(NAME), value.min(VALUE));
    row(page, widths, ["  control", "value", "may be"], Tone::Off);
    for (number, control) in controls.iter().enumerate().skip(top).take(room) {
        let is_marked = number == marked;
        let name = [if is_marked { "> " } else { "  " }, controls::word(control, "name")].concat();
        let tone = if is_marked { Tone::Chosen } else { Tone::Plain };
        row(page, widths, [&name, &controls::value(control), &controls::may_be(control)], tone);
    }
    if let Some(control) = controls.get(marked).filter(|_| below > 0) {
        page.next();
        page.note(controls::word(control, "description"));
        page.note(&controls::may_be(control));
        page.note("Enter changes it, u takes the last change back");
    }
}

/// A row, cut at the edge: what is marked stands below the list as a whole.
fn row(page: &mut Page, (name, value): (u16, u16), texts: [&str; 3], tone: Tone) {
    if tone == Tone::Chosen {
        page.text(0, page.width, &" ".repeat(usize::from(page.width)), tone);
    }
    let mut x = 0;
    for (text, width) in texts.into_iter().zip([name.saturating_add(2), value, u16::MAX]) {
        let width = width.min(page.width.saturating_sub(x));
        // What is cut ends with a plus; where next to nothing is left, nothing stands there.
        let mut shown = String::new();
        if width >= LEAST {
            fit(text, usize::from(width), &mut shown);
        }
        page.text(x, width, &shown, tone);
        x = x.saturating_add(width).saturating_add(1);
    }
    page.next();
}
