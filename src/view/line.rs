//! Lines of a page: made for a width, drawn as far as there is room.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::layout::{rest, width_of};
use super::paint::{Paint, Share};

/// One line: parts from left to right.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq)]
struct Part {
    x: u16,
    width: u16,
    what: What,
    style: Style,
}

#[derive(Clone, Debug, PartialEq)]
enum What {
    Text(String),
    Right(String),
    Bar(u32),
    Shares(Vec<Share>),
}

impl Line {
    /// A heading.
    pub fn heading(text: &str) -> Line {
        let style = Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED);
        Line::default().text(0, u16::MAX, text, style)
    }

    /// Adds text at a column, cut at its width.
    pub fn text(mut self, x: u16, width: u16, text: impl Into<String>, style: Style) -> Line {
        self.parts.push(Part { x, width, what: What::Text(text.into()), style });
        self
    }

    /// Adds text that ends where its width ends.
    pub fn right(mut self, x: u16, width: u16, text: impl Into<String>, style: Style) -> Line {
        self.parts.push(Part { x, width, what: What::Right(text.into()), style });
        self
    }

    /// Puts another line beside this one, from a column on.
    pub fn beside(mut self, x: u16, other: Line) -> Line {
        let moved = other.parts.into_iter().map(|part| Part { x: part.x.saturating_add(x), ..part });
        self.parts.extend(moved);
        self
    }

    /// Adds a bar, of which so much is full.
    pub fn bar(mut self, x: u16, width: u16, per_mille: u32) -> Line {
        self.parts.push(Part { x, width, what: What::Bar(per_mille), style: Style::new() });
        self
    }

    /// Adds a bar that shares fill from the left.
    pub fn shares(mut self, x: u16, width: u16, shares: Vec<Share>) -> Line {
        self.parts.push(Part { x, width, what: What::Shares(shares), style: Style::new() });
        self
    }
}

/// A column of a table.
pub struct Column {
    /// Its heading.
    pub heading: &'static str,
    /// Its width; the blank behind it is not counted.
    pub width: u16,
    /// Numbers end together.
    pub right: bool,
}

impl Column {
    /// A column of names.
    pub const fn left(heading: &'static str, width: u16) -> Column {
        Column { heading, width, right: false }
    }

    /// A column of numbers.
    pub const fn right(heading: &'static str, width: u16) -> Column {
        Column { heading, width, right: true }
    }
}

/// A value in a table.
pub type Cell = (String, Style);

/// A value without a style of its own.
pub fn plain(text: impl Into<String>) -> Cell {
    (text.into(), Style::new())
}

/// A table under its headings; columns that there is no room for are left out, the last ones first.
pub fn table(paint: Paint, columns: &[Column], rows: &[Vec<Cell>], width: u16) -> Vec<Line> {
    let mut places = Vec::new();
    let mut at: u16 = 0;
    for column in columns {
        let end = at.saturating_add(column.width);
        if end > width && !places.is_empty() {
            break;
        }
        places.push((at, column));
        at = end.saturating_add(1);
    }
    let put = |line: Line, x: u16, column: &Column, text: &str, style: Style| match column.right {
        true => line.right(x, column.width, text, style),
        false => line.text(x, column.width, text, style),
    };
    let mut lines = Vec::with_capacity(rows.len() + 1);
    let heading =
        |line: Line, (x, column): &(u16, &Column)| put(line, *x, column, column.heading, paint.name());
    lines.push(places.iter().fold(Line::default(), heading));
    for row in rows {
        let cells = places.iter().zip(row);
        lines.push(
            cells.fold(Line::default(), |line, ((x, column), (text, style))| {
                put(line, *x, column, text, *style)
            }),
        );
    }
    lines
}

/// Draws the lines from the one after `scroll` on; gives how many there is no room for.
pub fn draw(paint: Paint, lines: &[Line], scroll: u16, area: Rect, buffer: &mut Buffer) -> u16 {
    let all = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let beyond = all.saturating_sub(area.height);
    let first = usize::from(scroll.min(beyond));
    for (y, line) in (area.top()..area.bottom()).zip(lines.iter().skip(first)) {
        let row = Rect { y, height: 1, ..area };
        for part in &line.parts {
            let place = rest(row, row.x.saturating_add(part.x));
            let place = Rect { width: place.width.min(part.width), ..place };
            match &part.what {
                What::Text(text) => paint.text(buffer, place, text, part.style),
                // What does not fit is cut, not left out: a half name is better than none.
                What::Right(text) if width_of(text) > place.width => {
                    paint.text(buffer, place, text, part.style);
                }
                What::Right(text) => paint.right(buffer, place, text, part.style),
                What::Bar(per_mille) => paint.bar(buffer, place, *per_mille),
                What::Shares(shares) => paint.shares(buffer, place, shares),
            }
        }
    }
    beyond
}

/// For the tests of pages: their lines as they are shown without colours.
#[cfg(test)]
pub(super) mod test {
    use super::*;

    pub const PLAIN: Paint = Paint { ascii: true, color: false };

    pub fn shown(lines: &[Line], scroll: u16, (width, height): (u16, u16)) -> (Vec<String>, u16) {
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        let beyond = draw(PLAIN, lines, scroll, area, &mut buffer);
        let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
        ((0..height).map(row).collect(), beyond)
    }

    /// All lines, which must not need more than the width.
    pub fn all(lines: &[Line], width: u16) -> Vec<String> {
        let height = u16::try_from(lines.len()).expect("a page");
        let wide = shown(lines, 0, (width.saturating_add(200), height)).0;
        let rows = shown(lines, 0, (width, height)).0;
        assert!(rows == wide, "cut at {width}:\n{}\n{}", rows.join("\n"), wide.join("\n"));
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::test::{PLAIN, shown};
    use super::*;

    #[test]
    fn ok_a_table() {
        let cell = |text: &str| (text.to_owned(), Style::new());
        let columns = [Column::left("rail", 8), Column::right("now", 7), Column::right("mean", 7)];
        let rows = [vec![cell("VDD_IN"), cell("5.1 W"), cell("4.9 W")], vec![cell("a long name"), cell("-")]];
        let lines = table(PLAIN, &columns, &rows, 80);
        let (text, beyond) = shown(&lines, 0, (30, 4));
        assert_eq!(text, ["rail         now    mean", "VDD_IN     5.1 W   4.9 W", "a long n       -", ""]);
        assert_eq!(beyond, 0);
        let (text, _) = shown(&table(PLAIN, &columns, &rows, 20), 0, (20, 2));
        assert_eq!(text, ["rail         now", "VDD_IN     5.1 W"]);
    }

    #[test]
    fn ok_any_room() {
        let line = Line::heading("x").right(5, 4, "too long", Style::new()).bar(12, 6, 500);
        let lines = vec![line; 10];
        for size in [(0, 0), (1, 1), (6, 2), (40, 3), (40, 20)] {
            for scroll in [0, 3, 9, u16::MAX] {
                let (text, beyond) = shown(&lines, scroll, size);
                assert_eq!(beyond, 10u16.saturating_sub(size.1), "{size:?}");
                assert_eq!(text.len(), usize::from(size.1));
            }
        }
        assert_eq!(shown(&lines, 0, (20, 1)).0, ["x    too     [##  ]"[..].replace("too     ", "too    ")]);
    }
}
