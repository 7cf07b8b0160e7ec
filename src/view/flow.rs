//! What folds by itself at any width: names with their values one after the other, grids of them, text,
//! and tables that become paragraphs where they do not fit, so that no value is lost on a narrow screen.

use std::mem::take;

use ratatui::style::{Modifier, Style};

use super::layout::width_of;
use super::line::{Cell, Column, Line, table};
use super::paint::Paint;

/// Between two facts on a line, or two columns of a grid.
const GAP: u16 = 3;
/// No meter is longer: the eye must find from its name to its value.
const METER: u16 = 100;
/// A shorter bar shows nothing.
const BAR: u16 = 6;

/// Fills lines from left to right.
struct Flow {
    lines: Vec<Line>,
    line: Line,
    at: u16,
    width: u16,
    /// Where lines after the first begin.
    indent: u16,
}

impl Flow {
    fn new(width: u16, indent: u16) -> Flow {
        Flow { lines: Vec::new(), line: Line::default(), at: 0, width, indent }
    }

    /// Begins a line, unless so much fits on this one.
    fn need(&mut self, room: u16) {
        if self.at > self.indent && self.at.saturating_add(room) > self.width {
            self.lines.push(take(&mut self.line));
            self.at = self.indent;
        }
    }

    fn put(&mut self, text: &str, style: Style, gap: u16) {
        self.line = take(&mut self.line).text(self.at, u16::MAX, text, style);
        self.at = self.at.saturating_add(width_of(text)).saturating_add(gap);
    }

    fn fact(&mut self, paint: Paint, name: &str, (text, style): &Cell) {
        self.need(width_of(name).saturating_add(1).saturating_add(width_of(text)));
        self.put(name, paint.name(), 1);
        self.need(width_of(text));
        self.put(text, *style, GAP);
    }

    fn done(mut self) -> Vec<Line> {
        if self.at > self.indent {
            self.lines.push(self.line);
        }
        self.lines
    }
}

/// Names with their values, one behind the other, in as many lines as are needed.
pub fn facts(paint: Paint, facts: &[(&str, Cell)], width: u16) -> Vec<Line> {
    let mut flow = Flow::new(width, 0);
    for (name, cell) in facts {
        flow.fact(paint, name, cell);
    }
    flow.done()
}

/// A sentence, folded between its words.
pub fn note(text: &str, width: u16) -> Vec<Line> {
    let mut flow = Flow::new(width, 0);
    for word in text.split_ascii_whitespace() {
        flow.need(width_of(word));
        flow.put(word, Style::new(), 1);
    }
    flow.done()
}

/// A name, a bar that is filled to a share, and a value; without a share, or without room, no bar.
pub fn meter(paint: Paint, name: &str, per_mille: Option<u32>, value: &str, width: u16) -> Line {
    let width = width.min(METER);
    let from = width_of(name).saturating_add(1);
    let line = Line::default().text(0, width, name, paint.name());
    let line = line.right(from, width.saturating_sub(from), value, Style::new());
    let bar = width.saturating_sub(from).saturating_sub(width_of(value).saturating_add(1));
    match per_mille {
        Some(per_mille) if bar >= BAR => line.bar(from, bar, per_mille),
        _ => line,
    }
}

/// Names with their values in columns.
pub struct Grid {
    /// Where it begins.
    pub x: u16,
    /// Room for a name.
    pub name: u16,
    /// Room for a value.
    pub value: u16,
    /// Where the screen ends.
    pub width: u16,
}

impl Grid {
    /// One that has room for the longest of these.
    pub fn of(items: &[(String, Cell)], width: u16) -> Grid {
        let name = items.iter().map(|(name, _)| width_of(name)).max().unwrap_or(0);
        let value = items.iter().map(|(_, (value, _))| width_of(value)).max().unwrap_or(0);
        Grid { x: 0, name, value, width }
    }

    /// The items, row by row; the values end together.
    pub fn lines(&self, paint: Paint, items: &[(String, Cell)]) -> Vec<Line> {
        let each = self.name.saturating_add(1).saturating_add(self.value).saturating_add(GAP).max(1);
        let columns = (self.width.saturating_sub(self.x).saturating_add(GAP) / each).max(1);
        let row = |row: &[(String, Cell)]| {
            let (mut x, mut line) = (self.x, Line::default());
            for (name, (value, style)) in row {
                let after = x.saturating_add(self.name).saturating_add(1);
                line = line.text(x, self.name, name.as_str(), paint.name());
                line = line.right(after, self.value, value.as_str(), *style);
                x = x.saturating_add(each);
            }
            line
        };
        items.chunks(usize::from(columns)).map(row).collect()
    }
}

/// A table whose columns are as wide as what is in them, but no wider than they say; where it is too
/// wide for the screen, a paragraph for each row instead. Empty cells say that a row has no such value.
pub fn records(paint: Paint, columns: &[Column], rows: &[Vec<Cell>], width: u16) -> Vec<Line> {
    let fitted = |(number, column): (usize, &Column)| {
        let cells = rows.iter().filter_map(|row| row.get(number));
        let widest = cells.map(|(text, _)| width_of(text)).max().unwrap_or(0);
        let width = widest.min(column.width).max(width_of(column.heading));
        Column { width, ..*column }
    };
    let fitted: Vec<Column> = columns.iter().enumerate().map(fitted).collect();
    let wide = fitted.iter().fold(0u16, |sum, column| sum.saturating_add(column.width).saturating_add(1));
    if wide <= width.saturating_add(1) {
        return table(paint, &fitted, rows, width);
    }
    rows.iter().flat_map(|row| paragraph(paint, columns, row, width)).collect()
}

/// A row in words: its name, then each value behind its heading.
fn paragraph(paint: Paint, columns: &[Column], row: &[Cell], width: u16) -> Vec<Line> {
    let mut flow = Flow::new(width, 2);
    for (number, (column, cell)) in columns.iter().zip(row).enumerate() {
        if number == 0 {
            flow.put(&cell.0, cell.1.add_modifier(Modifier::BOLD), GAP);
        } else if !cell.0.is_empty() {
            flow.fact(paint, column.heading, cell);
        }
    }
    flow.done()
}

#[cfg(test)]
mod tests {
    use super::super::line::plain;
    use super::super::line::test::{PLAIN, all};
    use super::*;

    #[test]
    fn ok_facts_fold() {
        let some = [("limits", plain("306 to 816 MHz")), ("governor", plain("nvhost_podgov"))];
        for (width, wanted) in [
            (80, &["limits 306 to 816 MHz   governor nvhost_podgov"][..]),
            (30, &["limits 306 to 816 MHz", "governor nvhost_podgov"]),
            (20, &["limits", "306 to 816 MHz", "governor", "nvhost_podgov"]),
        ] {
            assert_eq!(all(&facts(PLAIN, &some, width), width), wanted, "{width}");
        }
        assert!(facts(PLAIN, &[], 80).is_empty());
        assert!(note("  ", 80).is_empty());
        assert_eq!(all(&note("no engine is read: why", 12), 12), ["no engine is", "read: why"]);
    }

    #[test]
    fn ok_meters() {
        for (share, width, wanted) in [
            (Some(500), 30, "load [########        ]   50 %"),
            (None, 30, "load                      50 %"),
            (Some(500), 14, "load      50 %"),
        ] {
            let value = if width == 14 { "50 %" } else { "  50 %" };
            assert_eq!(
                all(&[meter(PLAIN, "load", share, value, width)], width),
                [wanted],
                "{share:?} {width}"
            );
        }
    }

    #[test]
    fn ok_grids() {
        let items: Vec<_> = (9..12).map(|core| (core.to_string(), plain("7 MHz"))).collect();
        for (width, wanted) in [
            (80, &["9  7 MHz   10 7 MHz   11 7 MHz"][..]),
            (20, &["9  7 MHz   10 7 MHz"[..].trim_end(), "11 7 MHz"]),
            (8, &["9  7 MHz", "10 7 MHz", "11 7 MHz"]),
        ] {
            assert_eq!(all(&Grid::of(&items, width).lines(PLAIN, &items), width), wanted, "{width}");
        }
        assert!(Grid::of(&[], 0).lines(PLAIN, &[]).is_empty());
        assert_eq!(Grid { x: u16::MAX, name: u16::MAX, value: 9, width: 0 }.lines(PLAIN, &items).len(), 3);
    }

    #[test]
    fn ok_tables_or_paragraphs() {
        let columns = [Column::left("clock", 9), Column::right("now", 9), Column::right("cap", 9)];
        let rows = [
            vec![plain("GPU"), plain("306 MHz"), plain("")],
            vec![plain("EMC"), plain("-"), plain("3199 MHz")],
        ];
        for (width, wanted) in [
            (40, &["clock     now      cap", "GPU   306 MHz", "EMC         - 3199 MHz"][..]),
            (22, &["clock     now      cap", "GPU   306 MHz", "EMC         - 3199 MHz"]),
            (21, &["GPU   now 306 MHz", "EMC   now -", "  cap 3199 MHz"]),
        ] {
            assert_eq!(all(&records(PLAIN, &columns, &rows, width), width), wanted, "{width}");
        }
    }
}
