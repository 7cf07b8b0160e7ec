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
pub type Share = (u32, &'static str, Style);

/// How bad a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Fine.
    Calm,
    /// High.
    High,
    /// Near the limit.
    Full,
}

impl Level {
    /// The level of a load or a share.
    pub fn of_share(per_mille: u32) -> Level {
        match per_mille {
            0..700 => Level::Calm,
            700..900 => Level::High,
            _ => Level::Full,
        }
    }

    /// The level of a temperature of the chip, milli-degrees: most boards throttle in the nineties.
    pub fn of_temperature(mc: i32) -> Level {
        match mc {
            ..70_000 => Level::Calm,
            70_000..85_000 => Level::High,
            _ => Level::Full,
        }
    }
}

impl Paint {
    /// The style of a level.
    pub fn level(self, level: Level) -> Style {
        match (self.color, level) {
            (true, Level::Calm) => Style::new().fg(Color::Green),
            (true, Level::High) => Style::new().fg(Color::Yellow),
            (true, Level::Full) => Style::new().fg(Color::Red).add_modifier(Modifier::BOLD),
            (false, Level::Full) => Style::new().add_modifier(Modifier::BOLD),
            (false, _) => Style::new(),
        }
    }

    /// The style of a name.
    pub fn name(self) -> Style {
        if self.color { Style::new().fg(Color::Cyan) } else { Style::new() }
    }

    /// The style of what is off: it is there, and does nothing.
    pub fn off(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// The style of what nobody may overlook.
    pub fn alarm(self) -> Style {
        let style = Style::new().add_modifier(Modifier::REVERSED | Modifier::BOLD);
        if self.color { style.fg(Color::Yellow) } else { style }
    }

    /// Writes text at the left of a line, cut at its end.
    pub fn text(self, buffer: &mut Buffer, line: Rect, text: &str, style: Style) {
        if line.height > 0 && line.width > 0 {
            let plain: String;
            let text = if self.ascii && !text.is_ascii() {
                plain = text.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect();
                &plain
            } else {
                text
            };
            buffer.set_stringn(line.x, line.y, text, usize::from(line.width), style);
        }
    }

    /// Writes text at the right of a line, if it fits.
    pub fn right(self, buffer: &mut Buffer, line: Rect, text: &str, style: Style) {
        let width = width_of(text);
        if width <= line.width {
            let line = Rect { x: line.x + (line.width - width), width, ..line };
            self.text(buffer, line, text, style);
        }
    }

    /// Draws a bar between brackets: a share of its length is full.
    pub fn bar(self, buffer: &mut Buffer, line: Rect, per_mille: u32) {
        let mark = if self.ascii { "#" } else { "\u{2588}" };
        self.shares(buffer, line, &[(per_mille, mark, self.level(Level::of_share(per_mille)))]);
    }

    /// Draws a bar between brackets, which the shares fill from the left.
    pub fn shares(self, buffer: &mut Buffer, line: Rect, shares: &[Share]) {
        let Some(inner) = line.width.checked_sub(2).filter(|&inner| inner > 0) else { return };
        self.text(buffer, line, "[", Style::new());
        let (mut sum, mut from) = (0u32, 0);
        for &(per_mille, mark, style) in shares {
            sum = sum.saturating_add(per_mille).min(1000);
            let to = (usize::from(inner) * sum as usize + 500) / 1000;
            let x = line.x.saturating_add(1).saturating_add(u16::try_from(from).unwrap_or(inner));
            self.text(buffer, Rect { x, width: inner, ..line }, &mark.repeat(to - from), style);
            from = to;
        }
        let end = line.x.saturating_add(1).saturating_add(inner);
        self.text(buffer, Rect { x: end, width: 1, ..line }, "]", Style::new());
    }
}
