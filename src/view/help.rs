//! The help over a page.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::frame::PAGES;
use super::paint::{Paint, Tone};

const LINES: [&str; 15] = [
    "Keys",
    "  q, Esc, Ctrl-C     quit (Esc closes this help first)",
    "  h, ?               this help",
    "  v, Tab, arrows     next page; 1 to 9 and 0 jump, as a click does",
    "  j, k, Page, Home   scroll",
    "  p                  pause: what is shown stands still",
    "  +, -               longer or shorter interval",
    "  w                  write what is shown into files (text, JSON)",
    "  t, W               next theme; remember theme, page, interval",
    "  c, m, f            jetson_clocks, power mode, fan: asked first",
    "  z                  count energy from now on (Power)",
    "  r                  reconnect to the server now",
    "  Ctrl-L, Ctrl-Z     draw all anew; suspend, fg comes back",
    "",
    "A dash was not read. SIMULATED: no board. Manual: jscope(1).",
];

/// Draws the help of the page with that number, from a line on where there is no room for all; gives the
/// lines that there is no room for.
pub fn draw(paint: Paint, page: usize, from: u16, area: Rect, buffer: &mut Buffer) -> u16 {
    for y in area.top()..area.bottom() {
        let blank = " ".repeat(usize::from(area.width));
        paint.text(buffer, Rect { y, height: 1, ..area }, &blank, Tone::Blank);
    }
    let own = PAGES.get(page).map_or(("", &[][..]), |page| (page.name, page.help));
    let heading = ["", own.0];
    let count = LINES.len().saturating_add(heading.len()).saturating_add(own.1.len());
    let beyond = u16::try_from(count).unwrap_or(u16::MAX).saturating_sub(area.height);
    let lines = LINES.iter().chain(&heading).chain(own.1).enumerate().skip(from.min(beyond).into());
    for (y, (number, text)) in (area.top()..area.bottom()).zip(lines) {
        let is_heading = number == 0 || *text == own.0;
        let tone = if is_heading { Tone::Strong } else { Tone::Plain };
        paint.text(buffer, Rect { y, height: 1, ..area }, text, tone);
    }
    if beyond > from {
        let last = Rect { y: area.y, height: 1.min(area.height), ..area };
        paint.right(buffer, last, " more below, arrows ", Tone::Name);
    }
    beyond
}
