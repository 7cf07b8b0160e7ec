//! Where things go on the screen: rows from the top, cells of a grid, lists with headings.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::paint::{Paint, Tone};

/// A name and its value need so much room.
const ITEM: u16 = 19;

/// A name with its value.
pub(super) struct Item {
    pub name: String,
    pub value: String,
    pub tone: Tone,
}

/// The rows that have not been used.
pub(super) struct Rows {
    pub left: Rect,
}

impl Rows {
    /// Takes rows from the top, as many as there are.
    pub fn take(&mut self, height: u16) -> Rect {
        let height = height.min(self.left.height);
        let taken = Rect { height, ..self.left };
        self.left = Rect { y: self.left.y + height, height: self.left.height - height, ..self.left };
        taken
    }

    pub fn take_last(&mut self, height: u16) -> Rect {
        let height = height.min(self.left.height);
        self.left.height -= height;
        Rect { y: self.left.y + self.left.height, height, ..self.left }
    }
}

/// The cell of a grid, filled row by row.
pub(super) fn cell(area: Rect, columns: u16, number: usize) -> Rect {
    let number = u16::try_from(number).unwrap_or(u16::MAX);
    let width = area.width / columns.max(1);
    let (row, column) = (number / columns.max(1), number % columns.max(1));
    let height = u16::from(row < area.height);
    Rect { x: area.x + column * width, y: area.y.saturating_add(row), width: width.saturating_sub(1), height }
}

/// The part of a line from a column on.
pub(super) fn rest(line: Rect, x: u16) -> Rect {
    let x = x.clamp(line.x, line.right());
    Rect { x, width: line.right() - x, ..line }
}

/// Columns of the screen that a text takes; some characters take two, some none.
pub(super) fn width_of(text: &str) -> u16 {
    u16::try_from(Span::raw(text).width()).unwrap_or(u16::MAX)
}

pub(super) fn count_of<T>(items: &[T]) -> u16 {
    u16::try_from(items.len()).unwrap_or(u16::MAX)
}

/// The items in columns; if there is no room for all, the last place says how many are missing.
pub(super) fn grid(paint: Paint, items: &[&Item], area: Rect, columns: u16, buffer: &mut Buffer) {
    let room = usize::from(area.height) * usize::from(columns);
    let shown = if items.len() > room { room.saturating_sub(1) } else { items.len() };
    for (number, item) in items.iter().take(shown).enumerate() {
        draw_item(paint, item, cell(area, columns, number), buffer);
    }
    if shown < items.len() {
        let more = format!("+{} more", items.len() - shown);
        paint.text(buffer, cell(area, columns, shown), &more, Tone::Strong);
    }
}

/// A heading with its items below, in as many columns as are needed and fit.
pub(super) fn list(paint: Paint, heading: &str, items: &[Item], area: Rect, buffer: &mut Buffer) {
    if items.is_empty() || area.height == 0 {
        return;
    }
    paint.text(buffer, area, heading, Tone::Heading);
    let below = Rect { y: area.y + 1, height: area.height - 1, ..area };
    let needed = count_of(items).div_ceil(below.height.max(1));
    let columns = needed.clamp(1, (below.width / ITEM).max(1));
    grid(paint, &items.iter().collect::<Vec<_>>(), below, columns, buffer);
}

/// The value at the right; the name gives way to it.
fn draw_item(paint: Paint, item: &Item, line: Rect, buffer: &mut Buffer) {
    let value = width_of(&item.value);
    let name = Rect { width: line.width.saturating_sub(value + 1), ..line };
    paint.text(buffer, name, &item.name, Tone::Name);
    paint.right(buffer, line, &item.value, item.tone);
}
