//! How the processes look.

use super::super::layout::width_of;
use super::super::page::Page;
use super::super::paint::Tone;
use super::super::processes::{COLUMNS, COMMAND, blanks, cells, fit, shown};
use super::{Dialog, SIGNALS, State};
use crate::snapshot::Snapshot;

/// The deepest that a tree indents.
const INDENT: u16 = 12;

/// Draws what is asked, a line on the list, and as many rows as there is room for.
pub fn draw(page: &mut Page, _: &Snapshot) {
    let state = &page.more.processes;
    if let Some(dialog) = &state.dialog {
        draw_dialog(dialog, page);
    }
    if !state.error.is_empty() {
        page.note(&["processes: ", &state.error].concat());
    } else if state.answers == 0 {
        page.note("processes: asked for");
    }
    if state.answers == 0 || (state.list.is_empty() && !state.error.is_empty()) {
        return;
    }
    about(state, page);
    let contained = state.list.iter().any(|process| !process.container.is_empty());
    let contained = contained && page.width >= 100;
    header(state, contained, page);
    rows(state, contained, page);
}

fn draw_dialog(dialog: &Dialog, page: &mut Page) {
    let text = [" signal to ", &dialog.pid.to_string(), " of ", &dialog.user, ": ", &dialog.command];
    let mut line = String::new();
    fit(&text.concat(), page.width.into(), &mut line);
    page.text(0, page.width, &line, Tone::Alarm);
    page.next();
    line.clear();
    for (number, (name, _)) in SIGNALS.iter().enumerate() {
        let [before, after] = if number == dialog.signal { [" [", "]"] } else { [" ", ""] };
        add(&mut line, &[before, name, after]);
    }
    page.note(&line);
    page.note("y or Enter sends it, arrows choose another, any other key does nothing");
}

/// How many there are, and what of them is shown.
fn about(state: &State, page: &mut Page) {
    let mut text = String::new();
    if state.typing {
        add(&mut text, &["/", &state.filter, "_ "]);
    }
    let (all, listed, rows) = (state.total as usize, state.list.len(), state.rows.len());
    add(&mut text, &[&all.to_string(), if all == 1 { " process" } else { " processes" }]);
    if page.more.simulated {
        text.push_str(" of this machine"); // nothing simulates any
    }
    for (number, of, word) in [(listed, all, " listed"), (rows, listed, " shown")] {
        if number < of {
            add(&mut text, &[", ", &number.to_string(), word]);
        }
    }
    let by = COLUMNS.iter().find(|column| column.kind == state.sort).unwrap_or(&COMMAND);
    add(&mut text, &[", by ", by.name, if state.is_tree { ", as a tree" } else { "" }]);
    if state.own_only {
        add(&mut text, &[", of ", &state.own]);
    }
    if !state.typing && !state.filter.is_empty() {
        add(&mut text, &[", with ", &state.filter]);
    }
    page.note(&text);
}

/// Adds all of the parts.
#[inline(never)]
fn add(text: &mut String, parts: &[&str]) {
    for part in parts {
        text.push_str(part);
    }
}

/// The names of the columns; that of the one that sorts stands out.
fn header(state: &State, contained: bool, page: &mut Page) {
    let tone = |kind| if state.sort == kind { Tone::Chosen } else { Tone::Off };
    let (mut x, mut text) = (0, String::new());
    for column in shown(page.width, contained) {
        text.clear();
        let width = column.cell(column.name, &mut text) as u16; // none is wider than 12
        page.text(x, width, &text, tone(column.kind));
        x += width + 1;
    }
    page.text(x, page.width.saturating_sub(x), COMMAND.name, tone(COMMAND.kind));
    page.next();
}

fn rows(state: &State, contained: bool, page: &mut Page) {
    let room = usize::from(page.room());
    if room == 0 {
        return;
    }
    let mut top = state.top.get().min(state.rows.len().saturating_sub(room));
    if state.chosen.is_some() {
        top = top.min(state.cursor).max((state.cursor + 1).saturating_sub(room));
    }
    state.top.set(top);
    state.first.set(page.area.bottom().saturating_sub(page.room()));
    state.shown.set(room);
    let mut line = String::new();
    for (number, (place, depth)) in state.rows.iter().enumerate().skip(top).take(room) {
        let Some(process) = state.list.get(*place) else { continue };
        line.clear();
        cells(process, page.width, contained, &mut line);
        if state.is_tree && *depth > 0 {
            blanks(usize::from(2 * (depth - 1).min(INDENT)), &mut line);
            line.push_str(if page.paint.ascii { "`-" } else { "\u{2514} " });
        }
        let width = usize::from(page.width);
        let used = width_of(&line);
        fit(&process.command, width.saturating_sub(used.into()), &mut line);
        let is_chosen = Some(process.pid) == state.chosen && number == state.cursor;
        if is_chosen {
            let used = width_of(&line);
            blanks(width.saturating_sub(used.into()), &mut line);
        }
        page.text(0, page.width, &line, if is_chosen { Tone::Chosen } else { Tone::Plain });
        page.next();
    }
    if state.rows.is_empty() {
        page.note("none of them is shown");
    }
}
