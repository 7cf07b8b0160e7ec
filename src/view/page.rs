//! Writes a page from its top: headings, names with their values that fold at any width, bars, grids;
//! tables are in sheet.rs. What is above or below the screen is counted, and not drawn.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::layout::{rest, width_of};
use super::more::More;
use super::paint::{Paint, Share, Tone};

/// Between two facts on a line, or two columns of a grid.
const GAP: u16 = 3;
/// No bar is longer: the eye must find from a name to its value.
const BAR: u16 = 100;
/// A shorter bar shows nothing.
const SHORT: u16 = 6;
/// Room for the name of a group, and the width from which there is some.
const GROUP: u16 = 9;
const GROUPED: u16 = 38;

/// A page while it is drawn.
pub struct Page<'a> {
    /// How to draw.
    pub paint: Paint,
    /// What it shows beside the sample.
    pub more: &'a More,
    /// Where it stands on the screen.
    pub area: Rect,
    /// The screen.
    pub buffer: &'a mut Buffer,
    /// The room from the left edge of what is written on.
    pub width: u16,
    /// Lines that are above the screen.
    scroll: u16,
    /// That left edge.
    left: u16,
    /// The line, from 0, and how many there are.
    row: u16,
    rows: u16,
    /// Where the next fact goes.
    at: u16,
    #[cfg(test)]
    cut: bool,
}

/// A name with its value in a grid.
pub struct Item {
    /// The name of its group, or nothing.
    pub group: &'static str,
    /// Its name.
    pub name: String,
    /// Its value, and how that looks.
    pub value: String,
    /// How the value looks.
    pub tone: Tone,
}

impl<'a> Page<'a> {
    /// An empty page.
    pub fn new(paint: Paint, more: &'a More, area: Rect, buffer: &'a mut Buffer) -> Page<'a> {
        let width = area.width;
        Page {
            paint,
            more,
            area,
            buffer,
            width,
            scroll: 0,
            left: 0,
            row: 0,
            rows: 0,
            at: 0,
            #[cfg(test)]
            cut: false,
        }
    }

    /// Scrolls before anything is drawn.
    pub fn scrolled(mut self, lines: u16) -> Page<'a> {
        self.scroll = lines;
        self
    }

    /// Whether nothing was written yet.
    pub fn is_empty(&self) -> bool {
        self.rows == 0 && self.at == 0
    }

    /// Lines that were written.
    pub fn rows(&self) -> u16 {
        self.rows
    }

    /// Lines that are left on the screen.
    pub fn room(&self) -> u16 {
        self.area.height.saturating_sub(self.row)
    }

    /// Lines that there is no room for.
    pub fn beyond(&self) -> u16 {
        self.rows.saturating_sub(self.area.height)
    }

    /// Goes on at the top, from a column on.
    pub fn beside(&mut self, x: u16) {
        (self.left, self.row, self.at) = (x, 0, 0);
        self.width = self.area.width.saturating_sub(x);
    }

    /// A part of the line, without height where that is not shown.
    fn place(&self, x: u16, width: u16) -> Rect {
        let (left, y) = (self.area.x.saturating_add(self.left), self.row.wrapping_sub(self.scroll));
        let height = u16::from(y < self.area.height);
        let line = Rect { y: self.area.y.saturating_add(y.min(self.area.height)), height, ..self.area };
        let line = rest(line, left);
        let line = Rect { width: line.width.min(self.width), ..line };
        let place = rest(line, left.saturating_add(x));
        Rect { width: place.width.min(width), ..place }
    }

    /// Writes at a column of the line, cut at a width.
    pub fn text(&mut self, x: u16, width: u16, text: &str, tone: Tone) {
        #[cfg(test)]
        {
            self.cut |= x.saturating_add(width.min(width_of(text))) > self.width;
        }
        let place = self.place(x, width);
        self.paint.text(self.buffer, place, text, tone);
    }

    /// The same, ending where the width ends; what does not fit is cut, for a half is better than none.
    pub fn right(&mut self, x: u16, width: u16, text: &str, tone: Tone) {
        self.text(x.saturating_add(width.saturating_sub(width_of(text))), width, text, tone);
    }

    /// Draws a bar, of which so much is full.
    pub fn bar(&mut self, x: u16, width: u16, per_mille: u32) {
        let place = self.place(x, width);
        self.paint.bar(self.buffer, place, per_mille);
    }

    /// Ends the line.
    pub fn next(&mut self) {
        self.row = self.row.saturating_add(1);
        self.rows = self.rows.max(self.row);
        self.at = 0;
    }

    /// Ends the line of facts, if there is one.
    pub fn end(&mut self) {
        if self.at > 0 {
            self.next();
        }
    }

    /// A heading.
    pub fn heading(&mut self, text: &str) {
        self.end();
        self.text(0, u16::MAX, text, Tone::Heading);
        self.next();
    }

    fn put(&mut self, text: &str, tone: Tone, gap: u16) {
        let end = self.at.saturating_add(width_of(text));
        self.text(self.at, u16::MAX, text, tone);
        self.at = end.saturating_add(gap);
    }

    /// Begins a line, unless so much fits on this one.
    fn need(&mut self, room: u16) {
        if self.at.saturating_add(room) > self.width {
            self.end();
        }
    }

    /// A name with its value behind the last one, or below it; nothing where there is no value.
    pub fn fact(&mut self, name: &str, value: Option<String>) {
        self.toned(name, value, Tone::Plain);
    }

    /// The same in a tone.
    pub fn toned(&mut self, name: &str, value: Option<String>, tone: Tone) {
        let Some(value) = value else { return };
        let room = width_of(&value);
        self.need(width_of(name).saturating_add(1).saturating_add(room));
        self.put(name, Tone::Name, 1);
        self.need(room);
        self.put(&value, tone, GAP);
    }

    /// Words, folded between them.
    pub fn note(&mut self, text: &str) {
        self.end();
        for word in text.split_ascii_whitespace() {
            self.need(width_of(word));
            self.put(word, Tone::Plain, 1);
        }
        self.end();
    }

    /// A name, a bar that is filled to a share, and a value; without a share, or without room, no bar.
    pub fn meter(&mut self, name: &str, per_mille: Option<u32>, value: &str) {
        self.end();
        let (width, from) = (self.width.min(BAR), width_of(name).saturating_add(1));
        self.text(0, width, name, Tone::Name);
        self.right(from, width.saturating_sub(from), value, Tone::Plain);
        let bar = width.saturating_sub(from).saturating_sub(width_of(value).saturating_add(1));
        if let Some(per_mille) = per_mille.filter(|_| bar >= SHORT) {
            self.bar(from, bar, per_mille);
        }
        self.next();
    }

    /// A bar of parts.
    pub fn shares(&mut self, shares: &[Share]) {
        self.end();
        let place = self.place(0, BAR);
        self.paint.shares(self.buffer, place, shares);
        self.next();
    }

    /// Items in columns; each group begins a line with its name.
    pub fn grid(&mut self, items: &[Item]) {
        self.end();
        let (mut name, mut value, mut left) = (0, 0, 0);
        for item in items {
            (name, value) = (width_of(&item.name).max(name), width_of(&item.value).max(value));
            if !item.group.is_empty() && self.width >= GROUPED {
                left = GROUP;
            }
        }
        // A name gives way to its value.
        name = name.min(self.width.saturating_sub(left).saturating_sub(value).saturating_sub(1));
        let each = name.saturating_add(value).saturating_add(1);
        let mut group = "";
        for item in items {
            let is_new = left > 0 && group != item.group;
            if is_new || self.at.saturating_add(each) > self.width {
                self.end();
            }
            if is_new {
                self.text(0, GROUP, item.group, Tone::Name);
            }
            group = item.group;
            let x = self.at.max(left);
            self.text(x, name, &item.name, Tone::Name);
            self.right(x.saturating_add(name).saturating_add(1), value, &item.value, item.tone);
            self.at = x.saturating_add(each).saturating_add(GAP);
        }
        self.end();
    }
}

/// For the tests of pages: their lines as they are shown without colours.
#[cfg(test)]
pub(super) mod test {
    use super::*;

    const PLAIN: Paint = Paint { ascii: true, color: false };

    /// What is shown of a page, whether something was cut at the right, and the lines below.
    pub fn shown(draw: &dyn Fn(&mut Page), scroll: u16, size: (u16, u16)) -> (Vec<String>, bool, u16) {
        shown_with(draw, &More::default(), scroll, size)
    }

    fn shown_with(
        draw: &dyn Fn(&mut Page),
        more: &More,
        scroll: u16,
        size: (u16, u16),
    ) -> (Vec<String>, bool, u16) {
        let mut buffer = Buffer::empty(Rect::new(0, 0, size.0, size.1));
        let area = buffer.area;
        let mut page = Page::new(PLAIN, more, area, &mut buffer).scrolled(scroll);
        draw(&mut page);
        let (cut, beyond) = (page.cut, page.beyond());
        let row = |y| (0..size.0).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
        ((0..size.1).map(row).collect(), cut, beyond)
    }

    /// All lines, which must not need more than the width.
    pub fn all(draw: &dyn Fn(&mut Page), width: u16) -> Vec<String> {
        all_with(draw, &More::default(), width)
    }

    /// The same with what is shown beside the sample.
    pub fn all_with(draw: &dyn Fn(&mut Page), more: &More, width: u16) -> Vec<String> {
        let (mut rows, cut, beyond) = shown_with(draw, more, 0, (width, 100));
        assert!(!cut && beyond == 0, "cut at {width}:\n{}", rows.join("\n"));
        let used = rows.iter().rposition(|row| !row.is_empty()).map_or(0, |last| last + 1);
        rows.truncate(used);
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::test::{all, shown};
    use super::*;

    #[test]
    fn ok_facts_fold() {
        let some = |page: &mut Page| {
            page.fact("limits", Some("306 to 816 MHz".to_owned()));
            page.fact("cap", None);
            page.fact("governor", Some("nvhost_podgov".to_owned()));
            page.end();
        };
        for (width, wanted) in [
            (80, &["limits 306 to 816 MHz   governor nvhost_podgov"][..]),
            (30, &["limits 306 to 816 MHz", "governor nvhost_podgov"]),
            (20, &["limits", "306 to 816 MHz", "governor", "nvhost_podgov"]),
        ] {
            assert_eq!(all(&some, width), wanted, "{width}");
        }
        assert!(all(&|page| page.note("  "), 80).is_empty());
        assert_eq!(all(&|page| page.note("no engine is read: why"), 12), ["no engine is", "read: why"]);
    }

    #[test]
    fn ok_meters() {
        for (share, width, wanted) in [
            (Some(500), 30, "load [########        ]   50 %"),
            (None, 30, "load                      50 %"),
            (Some(500), 14, "load      50 %"),
        ] {
            let value = if width == 14 { "50 %" } else { "  50 %" };
            let text = all(&|page| page.meter("load", share, value), width);
            assert_eq!(text, [wanted], "{share:?} {width}");
        }
    }

    fn items(groups: [&'static str; 3]) -> Vec<Item> {
        let item = |(group, number): (&'static str, u32)| {
            let (name, value) = (number.to_string(), "7 MHz".to_owned());
            Item { group, name, value, tone: Tone::Plain }
        };
        groups.into_iter().zip(9..).map(item).collect()
    }

    #[test]
    fn ok_grids() {
        for (groups, width, wanted) in [
            (["", "", ""], 80, &["9  7 MHz   10 7 MHz   11 7 MHz"][..]),
            (["", "", ""], 20, &["9  7 MHz   10 7 MHz", "11 7 MHz"]),
            (["", "", ""], 8, &["9  7 MHz", "10 7 MHz", "11 7 MHz"]),
            (["A", "A", "B"], 40, &["A        9  7 MHz   10 7 MHz", "B        11 7 MHz"]),
            (["A", "A", "B"], 20, &["9  7 MHz   10 7 MHz", "11 7 MHz"]),
        ] {
            assert_eq!(all(&|page| page.grid(&items(groups)), width), wanted, "{width}");
        }
        assert!(all(&|page| page.grid(&[]), 1).is_empty());
    }

    #[test]
    fn ok_any_room() {
        let draw = |page: &mut Page| {
            for _ in 0..10 {
                page.right(5, 4, "too long", Tone::Plain);
                page.bar(12, 6, 500);
                page.heading("x");
            }
            page.beside(30);
            page.note("beside");
        };
        for size in [(0, 0), (1, 1), (6, 2), (40, 3), (40, 20)] {
            for scroll in [0, 3, 9, u16::MAX] {
                let (text, _, beyond) = shown(&draw, scroll, size);
                assert_eq!(beyond, 10u16.saturating_sub(size.1), "{size:?}");
                assert_eq!(text.len(), usize::from(size.1));
            }
        }
        assert_eq!(shown(&draw, 0, (40, 1)).0, ["x    too    [##  ]            beside"]);
        assert_eq!(shown(&draw, 1, (40, 1)).0, ["x    too    [##  ]"]);
    }
}
