//! How things are drawn: with which characters, with or without colours.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use super::layout::width_of;

/// What the terminal can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paint {
    /// Only ASCII characters.
    pub ascii: bool,
    /// Colours.
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

const PARTS: [Color; 6] =
    [Color::Cyan, Color::Green, Color::Magenta, Color::Blue, Color::Yellow, Color::Reset];

impl Paint {
    fn style(self, tone: Tone) -> Style {
        let (color, modifier) = match tone {
            Tone::Plain => return Style::new(),
            Tone::Blank => return Style::reset(),
            Tone::Name => (Some(Color::Cyan), Modifier::empty()),
            Tone::Heading => (None, Modifier::BOLD.union(Modifier::UNDERLINED)),
            Tone::Strong => (None, Modifier::BOLD),
            Tone::Off => (None, Modifier::DIM),
            Tone::Chosen => (None, Modifier::REVERSED),
            Tone::Calm => (Some(Color::Green), Modifier::empty()),
            Tone::High => (Some(Color::Yellow), Modifier::empty()),
            Tone::Full => (Some(Color::Red), Modifier::BOLD),
            Tone::Alarm => (Some(Color::Yellow), Modifier::REVERSED.union(Modifier::BOLD)),
            Tone::Part(number) => (PARTS.get(usize::from(number)).copied(), Modifier::empty()),
        };
        Style { fg: color.filter(|_| self.color), ..Style::new() }.add_modifier(modifier)
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
            buffer.set_stringn(line.x, line.y, text, usize::from(line.width), self.style(tone));
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
