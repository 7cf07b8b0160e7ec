//! How things are drawn: with which characters, and what they mean.

use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use super::layout::width_of;

/// What the terminal can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paint {
    /// Only ASCII characters.
    pub ascii: bool,
    /// Colours; without them the theme is mono.
    pub color: bool,
}

/// A share of a bar: per mille of its length, the character that fills it, and how.
pub type Share = (u32, &'static str, Tone);

/// How a text looks; what it means, not which colour that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As the terminal has it.
    Plain,
    /// Whatever was there before is gone.
    Blank,
    /// A name.
    Name,
    /// What stands above others.
    Heading,
    /// What matters most.
    Strong,
    /// What is there, and does nothing.
    Off,
    /// What was chosen.
    Chosen,
    /// A value that is fine.
    Calm,
    /// A high value.
    High,
    /// A value near its limit.
    Full,
    /// What nobody may overlook.
    Alarm,
    /// One part of a whole, by its number.
    Part(u8),
}

impl Tone {
    /// The tone of a load or a share.
    pub fn of_share(per_mille: u32) -> Tone {
        match per_mille {
            0..700 => Tone::Calm,
            700..900 => Tone::High,
            _ => Tone::Full,
        }
    }

    /// The tone of a temperature of the chip, milli-degrees: most boards throttle in the nineties.
    pub fn of_temperature(mc: i32) -> Tone {
        match mc {
            ..70_000 => Tone::Calm,
            70_000..85_000 => Tone::High,
            _ => Tone::Full,
        }
    }
}

impl Paint {
    /// The number of the tone stands for its colour: theme.rs says which that is.
    fn style(self, tone: Tone) -> Style {
        let number = match tone {
            Tone::Plain => return Style::new(),
            Tone::Blank => return Style::reset(),
            // Beside a tone of what was chosen.
            Tone::Chosen => return Style::new().add_modifier(Modifier::REVERSED),
            Tone::Name => 1,
            Tone::Heading => 2,
            Tone::Strong => 3,
            Tone::Off => 4,
            Tone::Calm => 5,
            Tone::High => 6,
            Tone::Full => 7,
            Tone::Alarm => 8,
            Tone::Part(number) => 9u8.saturating_add(number),
        };
        Style::new().fg(Color::Indexed(number))
    }

    /// Writes text at the left of a line, cut at its end.
    pub fn text(self, buffer: &mut Buffer, line: Rect, text: &str, tone: Tone) {
        if line.height > 0 && line.width > 0 {
            let plain: String;
            let text = if self.ascii && !text.is_ascii() {
                plain = text.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect();
                &plain
            } else {
                text
            };
            write(buffer, line.intersection(buffer.area), text, self.style(tone));
        }
    }

    /// Writes text at the right of a line, if it fits.
    pub fn right(self, buffer: &mut Buffer, line: Rect, text: &str, tone: Tone) {
        let width = width_of(text);
        if width <= line.width {
            let line = Rect { x: line.x + (line.width - width), width, ..line };
            self.text(buffer, line, text, tone);
        }
    }

    /// Makes what stands there look as what is there and does nothing.
    pub fn grey(self, buffer: &mut Buffer, area: Rect) {
        for (x, y) in area.intersection(buffer.area).positions().map(|place| (place.x, place.y)) {
            if let Some(cell) = buffer.cell_mut((x, y)) {
                (cell.modifier, cell.bg) = (Modifier::empty(), Color::Reset);
                cell.set_style(self.style(Tone::Off));
            }
        }
    }

    /// Draws a bar between brackets: a share of its length is full.
    pub fn bar(self, buffer: &mut Buffer, line: Rect, per_mille: u32) {
        let mark = if self.ascii { "#" } else { "\u{2588}" };
        self.shares(buffer, line, &[(per_mille, mark, Tone::of_share(per_mille))]);
    }

    /// Draws a bar between brackets, which the shares fill from the left.
    pub fn shares(self, buffer: &mut Buffer, line: Rect, shares: &[Share]) {
        let Some(inner) = line.width.checked_sub(2).filter(|&inner| inner > 0) else { return };
        self.text(buffer, line, "[", Tone::Plain);
        let (mut sum, mut from) = (0u32, 0);
        for &(per_mille, mark, tone) in shares {
            sum = sum.saturating_add(per_mille).min(1000);
            let to = (usize::from(inner) * sum as usize + 500) / 1000;
            let x = line.x.saturating_add(1).saturating_add(u16::try_from(from).unwrap_or(inner));
            self.text(buffer, Rect { x, width: inner, ..line }, &mark.repeat(to - from), tone);
            from = to;
        }
        let end = line.x.saturating_add(1).saturating_add(inner);
        self.text(buffer, Rect { x: end, width: 1, ..line }, "]", Tone::Plain);
    }
}

/// Writes text into cells of a line, without control characters. Not ratatui's set_stringn(), which
/// splits it by the tables of all of Unicode's graphemes: 25 kB.
fn write(buffer: &mut Buffer, line: Rect, mut text: &str, style: Style) {
    let mut x = line.x;
    while !text.is_empty() {
        let (symbol, rest) = first_symbol(text);
        text = rest;
        let width = if symbol.chars().any(is_control) { 0 } else { symbol.cell_width() };
        if width > line.right().saturating_sub(x) {
            return;
        }
        for at in 0..width {
            let Some(cell) = buffer.cell_mut((x + at, line.y)) else { return };
            if at == 0 {
                cell.set_symbol(symbol).set_style(style);
            } else {
                cell.reset();
            }
        }
        x += width;
    }
}

/// Takes off the first character of a text with those that are drawn upon it: accents, what follows a
/// joiner, the colours of faces.
fn first_symbol(text: &str) -> (&str, &str) {
    const JOINER: char = '\u{200d}';
    let mut joined = false;
    let ends = text.char_indices().find(|&(at, c)| {
        let is_upon = matches!(c, '\u{1f3fb}'..='\u{1f3ff}' | '\u{ff9e}' | '\u{ff9f}')
            || joined && c > JOINER
            || !is_control(c) && c.encode_utf8(&mut [0; 4]).cell_width() == 0;
        joined = c == JOINER;
        at > 0 && !is_upon
    });
    text.split_at(ends.map_or(text.len(), |(at, _)| at))
}

/// Whether a character is no text: controls, and what controls the direction of text or stands for nothing.
fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_as_ratatui_sets_it() {
        let paint = Paint { ascii: false, color: true };
        let tone = Tone::Alarm;
        for text in [
            "",
            "plain text, longer than the line",
            "73.5\u{b0}C \u{2588}\u{2588}",
            "na\u{ef}ve nai\u{308}ve",
            "\u{308}at the start",
            "tab\tline\r\nnul\0del\u{7f}nel\u{85}.",
            "e\u{301}\t\u{301}e\u{200d}\te",
            "\u{6f22}\u{5b57}\u{6f22}\u{5b57}x",
            "x\u{6f22}\u{5b57}\u{6f22}\u{5b57}",
            "\u{d55c}\u{1112}\u{1161}\u{11ab}.",
            "\u{1f469}\u{200d}\u{1f680} \u{1f44b}\u{1f3fd}.",
            "\u{2328}\u{fe0f} \u{2764}\u{fe0f}.",
            "\u{ff76}\u{ff9e}.",
            "\u{5d0}\u{5b8}.",
        ] {
            let area = Rect::new(0, 0, 12, 2);
            let (mut ours, mut theirs) = (Buffer::empty(area), Buffer::empty(area));
            let line = Rect { x: 2, width: 7, y: 1, height: 1 };
            let row = |buffer: &Buffer| buffer.content().iter().map(|cell| cell.symbol()).collect::<String>();
            paint.text(&mut ours, line, text, tone);
            theirs.set_stringn(line.x, line.y, text, 7, paint.style(tone));
            assert_eq!(row(&ours), row(&theirs), "{text:?}");
            assert_eq!(ours, theirs, "{text:?}");
        }
        let mut buffer = Buffer::empty(Rect::new(0, 0, 4, 1));
        for (x, y) in [(3, 0), (4, 0), (0, 1), (u16::MAX, u16::MAX)] {
            paint.text(&mut buffer, Rect { x, y, width: 9, height: 1 }, "text", tone);
        }
        assert_eq!(buffer.content().iter().map(|cell| cell.symbol()).collect::<String>(), "   t");
    }
}
