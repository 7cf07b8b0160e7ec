//! The help over a page.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::frame::PAGES;
use super::paint::Paint;

const LINES: [&str; 10] = [
    "Keys",
    "  q, Esc, Ctrl-C     quit (Esc closes this help first)",
    "  h, ?               this help",
    "  v, Tab, arrows     next page; 1 to 9 and 0 jump, as a click does",
    "  j, k, Page, Home   scroll",
    "  r                  reconnect to the server now",
    "  Ctrl-Z             suspend; fg comes back",
    "",
    "A dash is a value that was not read. SIMULATED means that",
    "no board is there. Man page: jscope(1).",
];

/// Draws the help of the page with that number.
pub fn draw(paint: Paint, page: usize, area: Rect, buffer: &mut Buffer) {
    for y in area.top()..area.bottom() {
        let blank = " ".repeat(usize::from(area.width));
        paint.text(buffer, Rect { y, height: 1, ..area }, &blank, Style::reset());
    }
    let own = PAGES.get(page).map_or(("", &[][..]), |page| (page.name, page.help));
    let heading = ["", own.0];
    let lines = LINES.iter().chain(&heading).chain(own.1);
    for (y, text) in (area.top()..area.bottom()).zip(lines) {
        let is_heading = y == area.top() || *text == own.0;
        let style = if is_heading { Style::new().add_modifier(Modifier::BOLD) } else { Style::new() };
        paint.text(buffer, Rect { y, height: 1, ..area }, text, style);
    }
}
