//! Tables of what there may be any number of, with names of any length: each column is as wide as what
//! stands in it, columns with nothing in them are left out, and those that there is no room for go on
//! below, under the names again.

use super::layout::width_of;
use super::page::Page;
use super::paint::Tone;

/// A bar has so much room, or, where there is more, up to so much; with less, it is left out.
const BAR: (u16, u16) = (8, 30);
/// Names are not cut below that.
const NAME: u16 = 8;

/// What stands in a column.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Names and words.
    Left,
    /// Numbers: they end together.
    Right,
    /// Bars, one column of them.
    Bar,
}

/// A column: its heading, and what it holds.
pub(super) type Head = (&'static str, Kind);

enum Cell {
    /// It was not read.
    Missing,
    /// There is nothing that could be read.
    Blank,
    Text(String, Tone),
    /// A share, per mille.
    Bar(u32),
}

/// A table, filled row by row; the first column has the names.
pub(super) struct Sheet {
    heads: &'static [Head],
    cells: Vec<Cell>,
}

impl Sheet {
    /// An empty one.
    pub fn new(heads: &'static [Head]) -> Sheet {
        Sheet { heads, cells: Vec::new() }
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Begins a row.
    pub fn row(&mut self, name: &str) {
        while !self.cells.len().is_multiple_of(self.heads.len().max(1)) {
            self.cells.push(Cell::Blank);
        }
        self.toned(Some(name.to_owned()), Tone::Name);
    }

    /// Adds a text; a dash where there is none.
    pub fn text(&mut self, text: Option<String>) {
        self.toned(text, Tone::Plain);
    }

    /// The same in a tone.
    pub fn toned(&mut self, text: Option<String>, tone: Tone) {
        self.cells.push(match text {
            Some(text) => Cell::Text(text, tone),
            None => Cell::Missing,
        });
    }

    /// Adds a word; a dash where it is empty.
    pub fn word(&mut self, word: &str) {
        self.text((!word.is_empty()).then(|| word.to_owned()));
    }

    /// Adds nothing.
    pub fn blank(&mut self) {
        self.cells.push(Cell::Blank);
    }

    /// Adds the bar of a share, if there is one.
    pub fn bar(&mut self, per_mille: Option<u32>) {
        self.cells.push(per_mille.map_or(Cell::Blank, Cell::Bar));
    }

    /// Draws it below a heading, if there is one; nothing where it has no rows.
    pub fn draw(&self, heading: &str, page: &mut Page) {
        if self.cells.is_empty() {
            return;
        }
        page.end();
        if !heading.is_empty() {
            page.heading(heading);
        }
        let widths = self.widths(page.width);
        let mut columns = self.heads.iter().zip(&widths).enumerate().filter(|(_, (_, width))| **width > 0);
        let Some((_, (names, &width))) = columns.next() else { return };
        let names = (0, 0, width, *names);
        let mut part = vec![names];
        let mut x = width.saturating_add(1);
        for (at, (head, &width)) in columns {
            // What has no room even alone is cut.
            if x.saturating_add(width) > page.width && part.len() > 1 {
                self.part(&part, page);
                part.truncate(1);
                x = names.2.saturating_add(1);
            }
            part.push((at, x, width, *head));
            x = x.saturating_add(width).saturating_add(1);
        }
        self.part(&part, page);
    }

    /// The width of each column; of those that are left out, 0.
    fn widths(&self, room: u16) -> Vec<u16> {
        let (mut widths, mut used) = (Vec::new(), 0u16);
        for (at, head) in self.heads.iter().enumerate() {
            let mut widest = 0;
            for cell in self.cells.iter().skip(at).step_by(self.heads.len()) {
                widest = widest.max(match cell {
                    Cell::Text(text, _) => width_of(text),
                    Cell::Bar(_) => 1,
                    Cell::Missing | Cell::Blank => 0,
                });
            }
            if widest > 0 || at == 0 {
                widest = widest.max(width_of(head.0));
            }
            if at == 0 {
                widest = widest.clamp(1, (room / 2).max(NAME));
            }
            widths.push(widest);
            if widest > 0 && head.1 != Kind::Bar {
                used = used.saturating_add(widest).saturating_add(1);
            }
        }
        // A bar has the room that nothing else needs.
        let free = room.saturating_sub(used);
        for (width, head) in widths.iter_mut().zip(self.heads) {
            if head.1 == Kind::Bar && *width > 0 {
                *width = if free < BAR.0 { 0 } else { free.min(BAR.1) };
            }
        }
        widths
    }

    /// Draws columns that stand side by side: the number of each, its place and its width.
    fn part(&self, columns: &[(usize, u16, u16, Head)], page: &mut Page) {
        for (_, x, width, (heading, kind)) in columns {
            match kind {
                Kind::Right => page.right(*x, *width, heading, Tone::Off),
                _ => page.text(*x, *width, heading, Tone::Off),
            }
        }
        page.next();
        let mut rest = self.cells.as_slice();
        while !rest.is_empty() {
            let row = rest;
            rest = row.get(self.heads.len().max(1)..).unwrap_or_default();
            // Of what goes on below, rows without anything are left out.
            let has = |at: usize| !matches!(row.get(at), Some(Cell::Blank) | None);
            let others = columns.get(1..).unwrap_or_default();
            if others.first().is_some_and(|other| other.0 > 1) && !others.iter().any(|other| has(other.0)) {
                continue;
            }
            for (at, x, width, (_, kind)) in columns {
                let (text, tone) = match row.get(*at) {
                    Some(Cell::Bar(per_mille)) => {
                        page.bar(*x, *width, *per_mille);
                        continue;
                    }
                    Some(Cell::Text(text, tone)) => (text.as_str(), *tone),
                    Some(Cell::Missing) => ("-", Tone::Plain),
                    Some(Cell::Blank) | None => continue,
                };
                match kind {
                    Kind::Right => page.right(*x, *width, text, tone),
                    _ => page.text(*x, *width, text, tone),
                }
            }
            page.next();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::page::test::{all, shown};
    use super::*;

    const HEADS: [Head; 5] = [
        ("rail", Kind::Left),
        ("now", Kind::Right),
        ("", Kind::Bar),
        ("mean", Kind::Right),
        ("alarm", Kind::Left),
    ];

    fn sheet(first: &str) -> Sheet {
        let mut sheet = Sheet::new(&HEADS);
        sheet.row(first);
        sheet.text(Some("5.1 W".to_owned()));
        sheet.bar(Some(500));
        sheet.text(Some("4.9 W".to_owned()));
        sheet.row("second");
        sheet.text(None);
        sheet
    }

    #[test]
    fn ok_tables_fold() {
        for (width, wanted) in [
            (
                40,
                &["rail     now                        mean", "VDD_IN 5.1 W [##########         ] 4.9 W"][..],
            ),
            (20, &["rail     now  mean", "VDD_IN 5.1 W 4.9 W"]),
            (16, &["rail     now", "VDD_IN 5.1 W"]),
        ] {
            let text = all(&|page| sheet("VDD_IN").draw("", page), width);
            assert_eq!(text.get(..2), Some(&wanted.iter().map(|s| s.to_string()).collect::<Vec<_>>()[..]));
            let (rows, last) = if width == 16 { (5, "VDD_IN 4.9 W") } else { (3, "second     -") };
            assert_eq!((text.len(), text.last().map(String::as_str)), (rows, Some(last)), "{width}");
        }
        assert!(all(&|page| Sheet::new(&HEADS).draw("none", page), 40).is_empty());
    }

    #[test]
    fn ok_long_names_are_cut() {
        let text = shown(&|page| sheet(&"long".repeat(9)).draw("Rails", page), 0, (24, 3)).0;
        assert_eq!(text, ["Rails", "rail           now  mean", "longlonglong 5.1 W 4.9 W"]);
        for width in 0..30 {
            shown(&|page| sheet(&"long".repeat(9)).draw("Rails", page), 0, (width, 3));
        }
    }
}
