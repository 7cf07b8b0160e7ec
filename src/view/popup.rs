//! The dialog as a box over the page: in the middle while it is read, at the bottom while something is
//! being changed or on trial, so that the page can be watched.

use std::time::Instant;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::dialog::{Dialog, Stage};
use super::layout::{count_of, rest, width_of};
use super::paint::{Paint, Tone};

/// No line is longer: the eye must find the next one.
const WIDE: u16 = 76;
/// Smaller, there is no border.
const FRAMED: (u16, u16) = (24, 8);

/// Draws it, if it is open; gives the lines that there was no room for.
pub(super) fn draw(dialog: &Dialog, now: Instant, paint: Paint, area: Rect, buffer: &mut Buffer) -> u16 {
    if dialog.stage == Stage::Closed || area.is_empty() {
        return 0;
    }
    let is_framed = area.width >= FRAMED.0 && area.height >= FRAMED.1;
    let (side, edge) = if is_framed { (2, 1) } else { (0, 0) };
    let width = area.width.min(WIDE);
    let inner = usize::from(width - 2 * side).max(1);
    let (mut lines, mut keys) = (Vec::new(), Vec::new());
    fold(&dialog.shown(now), inner, &mut lines);
    let first = lines.len();
    let is_choice = dialog.stage == Stage::Choosing;
    let marked = dialog.marked().filter(|_| is_choice).map(|at| first.saturating_add(at));
    if is_choice {
        for option in &dialog.options {
            let mark = if marked == Some(lines.len()) { "> " } else { "  " };
            lines.push([mark, option].concat());
        }
    }
    fold_keys(&dialog.keys(), inner, &mut keys);
    // The title and a line are always there; keys only as far as that leaves them room.
    let free = area.height.saturating_sub(1 + edge).saturating_sub(count_of(&lines).min(1));
    let below = count_of(&keys).min(free);
    let rows = count_of(&lines).min((area.height - 1).saturating_sub(edge).saturating_sub(below));
    let height = (1 + rows + below + edge).min(area.height);
    let lowest = area.height - height;
    let is_small = matches!(dialog.stage, Stage::Doing(_) | Stage::Trial(_));
    let y = area.y + if is_small { lowest } else { lowest / 2 };
    let own = Rect { x: area.x + (area.width - width) / 2, y, width, height };
    border(&title(dialog), is_framed, paint, own, buffer);
    let beyond = count_of(&lines).saturating_sub(rows);
    let middle = first.saturating_add(dialog.at).saturating_sub(usize::from(rows / 2));
    let top = if is_choice { middle } else { dialog.at };
    let top = top.min(usize::from(beyond));
    if usize::from(beyond) > top {
        let line =
            rest(Rect { width: width - side, height: 1, ..own }, own.x + side + width_of(&title(dialog)));
        paint.right(buffer, line, " more below, arrows ", Tone::Name);
    }
    let line = Rect { x: own.x + side, width: width - 2 * side, height: 1, y };
    let mut y = y + 1;
    for (number, text) in lines.iter().enumerate().skip(top).take(usize::from(rows)) {
        let tone = if marked == Some(number) { Tone::Chosen } else { Tone::Plain };
        paint.text(buffer, Rect { y, ..line }, text, tone);
        y += 1;
    }
    for text in keys.iter().take(usize::from(below)) {
        paint.text(buffer, Rect { y, ..line }, text, Tone::Name);
        y += 1;
    }
    beyond
}

/// What it is about, with what was typed.
fn title(dialog: &Dialog) -> String {
    match dialog.typed.as_str() {
        typed if dialog.stage == Stage::Choosing && !typed.is_empty() => {
            [" ", &dialog.control, ": ", typed, "_ "].concat()
        }
        _ => [" ", &dialog.control, " "].concat(),
    }
}

/// Empties the place of the box, and draws what stands around it.
fn border(title: &str, is_framed: bool, paint: Paint, own: Rect, buffer: &mut Buffer) {
    let lines = match paint.ascii {
        true => ["-", "|", "+", "+", "+", "+"],
        false => ["\u{2500}", "\u{2502}", "\u{250c}", "\u{2510}", "\u{2514}", "\u{2518}"],
    };
    let [flat, upright, from, to, last_from, last_to] = lines;
    let inner = usize::from(own.width.saturating_sub(2));
    for y in own.top()..own.bottom() {
        let (left, fill, right) = match () {
            () if !is_framed => (" ", " ", " "),
            () if y == own.top() => (from, flat, to),
            () if y + 1 == own.bottom() => (last_from, flat, last_to),
            () => (upright, " ", upright),
        };
        let text = [left, &fill.repeat(inner), right].concat();
        paint.text(buffer, Rect { y, height: 1, ..own }, &text, Tone::Blank);
    }
    let inset = if is_framed { 1 } else { 0 };
    let width = own.width.saturating_sub(2 * inset).min(width_of(title));
    paint.text(buffer, Rect { x: own.x + inset, width, height: 1, ..own }, title, Tone::Strong);
}

/// Lines that are no wider than so many columns: broken at blanks, or anywhere in a longer word.
fn fold(text: &str, width: usize, into: &mut Vec<String>) {
    for line in text.lines() {
        // What goes on below stands a bit further in than what is set in.
        let inset = line.len() - line.trim_start().len();
        let inset = " ".repeat(if inset > 0 { (inset + 2).min(width / 4) } else { 0 });
        let (mut row, mut used, mut blank, mut is_broken) = (String::new(), 0, None, false);
        for c in line.chars() {
            let width_of_c = columns(c);
            if used + width_of_c > width && !row.trim_start().is_empty() {
                // The place of a blank is one between characters of the row.
                let at = blank.take().filter(|_| c != ' ');
                let rest = at.map_or_else(String::new, |at| row.split_off(at));
                into.push(std::mem::take(&mut row));
                row = [inset.as_str(), rest.trim_start()].concat();
                used = row.chars().map(columns).sum();
                is_broken = true;
            }
            if c == ' ' && is_broken && row.len() == inset.len() {
                continue;
            }
            if c == ' ' && !row.trim_start().is_empty() {
                blank = Some(row.len());
            }
            row.push(c);
            used += width_of_c;
        }
        into.push(row);
    }
}

/// Keys side by side, as many as there is room for: what one does is not broken.
fn fold_keys(keys: &str, width: usize, into: &mut Vec<String>) {
    let mut row = String::new();
    for key in keys.split("  ").filter(|key| !key.is_empty()) {
        if !row.is_empty() && row.len() + 3 + key.len() > width {
            into.push(std::mem::take(&mut row));
        }
        row.push_str(if row.is_empty() { "" } else { "   " });
        row.push_str(key);
    }
    if !row.is_empty() {
        into.push(row);
    }
}

/// Columns of a character, or more: Han, Hangul, kana and most signs beyond take two.
fn columns(c: char) -> usize {
    if c < '\u{1100}' { 1 } else { 2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_folded() {
        for (text, width, wanted) in [
            ("", 9, &[][..]),
            ("\n", 9, &[""]),
            ("one two", 9, &["one two"]),
            ("one two", 7, &["one two"]),
            ("one two three", 7, &["one two", "three"]),
            ("one two three", 6, &["one", "two", "three"]),
            ("  write /sys/devices/gpu", 12, &["  write", "   /sys/devi", "   ces/gpu"]),
            ("abcdef", 1, &["a", "b", "c", "d", "e", "f"]),
            ("abc   def", 3, &["abc", "def"]),
            ("\u{6e29}\u{5ea6}\u{30bb}", 4, &["\u{6e29}\u{5ea6}", "\u{30bb}"]),
            ("\u{6e29}", 1, &["\u{6e29}"]),
        ] {
            let mut lines = Vec::new();
            fold(text, width, &mut lines);
            assert_eq!(lines, wanted, "{text:?} {width}");
        }
        for (width, wanted) in
            [(40, &["y do it   Esc back   P kept: no"][..]), (20, &["y do it   Esc back", "P kept: no"])]
        {
            let mut lines = Vec::new();
            fold_keys("y do it  Esc back  P kept: no", width, &mut lines);
            assert_eq!(lines, wanted, "{width}");
        }
    }
}
