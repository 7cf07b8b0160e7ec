//! The help over the page.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::paint::Paint;

const LINES: [&str; 9] = [
    "Keys",
    "  q, Esc, Ctrl-C   quit (Esc closes this help first)",
    "  h, ?             this help",
    "  r                reconnect to the server now",
    "  Ctrl-Z           suspend; fg comes back",
    "",
    "A dash is a value that was not read. SIMULATED means that",
    "no board is there. GPU is GR3D, EMC the memory controller,",
    "lfb the largest free blocks. Man page: jetsonscope(1).",
];

/// Draws the help.
pub fn draw(paint: Paint, area: Rect, buffer: &mut Buffer) {
    for y in area.top()..area.bottom() {
        let blank = " ".repeat(usize::from(area.width));
        paint.text(buffer, Rect { y, height: 1, ..area }, &blank, Style::reset());
    }
    for (y, text) in (area.top()..area.bottom()).zip(LINES) {
        let style = if y == area.top() { Style::new().add_modifier(Modifier::BOLD) } else { Style::new() };
        paint.text(buffer, Rect { y, height: 1, ..area }, text, style);
    }
}
