//! Tables of what there may be any number of, with names of any length: each column is as wide as what
//! stands in it, columns with nothing in them are left out, and those that there is no room for go on
//! below, under the names again.

use ratatui::style::{Modifier, Style};

use super::layout::width_of;
use super::line::Line;
use super::paint::Paint;

/// A bar has so much room, or, where there is more, up to so much.
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
    /// Bars; left out where they would cost a line of each row.
    Bar,
}

/// A column: its heading, and what it holds.
pub(super) type Head = (&'static str, Kind);

/// A value in a sheet.
#[derive(Clone)]
pub(super) enum Value {
    /// It was not read.
    Missing,
    /// There is nothing that could be read.
    Blank,
    /// As it is shown.
    Text(String, Style),
    /// A share, per mille.
    Bar(u32),
}

impl Value {
    /// A text, if there is one.
    pub fn of(text: Option<String>) -> Value {
        Value::styled(text, Style::new())
    }

    /// The same in a style.
    pub fn styled(text: Option<String>, style: Style) -> Value {
        text.map_or(Value::Missing, |text| Value::Text(text, style))
    }

    /// The bar of a share, if there is one.
    pub fn bar(per_mille: Option<u32>) -> Value {
        per_mille.map_or(Value::Blank, Value::Bar)
    }

    fn width(&self) -> u16 {
        match self {
            Value::Text(text, _) => width_of(text),
            Value::Bar(_) => BAR.0,
            Value::Missing | Value::Blank => 0,
        }
    }
}

/// A column with its place in the rows, and its width.
#[derive(Clone, Copy)]
struct Column<'a> {
    head: &'a Head,
    at: usize,
    width: u16,
}

/// The lines of a table; the first column has the names.
pub(super) fn lines(paint: Paint, heads: &[Head], rows: &[Vec<Value>], width: u16) -> Vec<Line> {
    let columns = columns(heads, rows, width);
    let without: Vec<_> = columns.iter().filter(|column| column.head.1 != Kind::Bar).copied().collect();
    let mut parts = split(&columns, width);
    let narrow = split(&without, width);
    if parts.len() > narrow.len() {
        parts = narrow;
    }
    let mut lines = Vec::new();
    for part in &mut parts {
        stretch(part, width);
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        draw(paint, part, rows, &mut lines);
    }
    lines
}

/// The columns that say something.
fn columns<'a>(heads: &'a [Head], rows: &[Vec<Value>], width: u16) -> Vec<Column<'a>> {
    let mut columns = Vec::new();
    for (at, head) in heads.iter().enumerate() {
        let widest = rows.iter().filter_map(|row| row.get(at)).map(Value::width).max().unwrap_or(0);
        if at == 0 {
            columns.push(Column { head, at, width: widest.max(width_of(head.0)).min((width / 2).max(NAME)) });
        } else if widest > 0 {
            columns.push(Column { head, at, width: widest.max(width_of(head.0)) });
        }
    }
    columns
}

/// Columns that stand side by side, in as many parts as it takes; each begins with the names.
fn split<'a>(columns: &[Column<'a>], width: u16) -> Vec<Vec<Column<'a>>> {
    let Some((names, others)) = columns.split_first() else { return Vec::new() };
    let mut parts = Vec::new();
    let (mut part, mut used) = (vec![*names], names.width);
    for column in others {
        let end = used.saturating_add(column.width).saturating_add(1);
        // A bar belongs to the number before it.
        if end > width && column.head.1 == Kind::Bar {
            continue;
        }
        // What has no room even alone is cut.
        if end > width && part.len() > 1 {
            parts.push(std::mem::replace(&mut part, vec![*names]));
            used = names.width;
        }
        used = used.saturating_add(column.width).saturating_add(1);
        part.push(*column);
    }
    parts.push(part);
    parts
}

/// Gives a bar the room that nothing else needs.
fn stretch(part: &mut [Column], width: u16) {
    let used = part.iter().fold(0u16, |used, column| used.saturating_add(column.width).saturating_add(1));
    let free = width.saturating_sub(used.saturating_sub(1));
    if let Some(bar) = part.iter_mut().find(|column| column.head.1 == Kind::Bar) {
        bar.width = bar.width.saturating_add(free).min(BAR.1);
    }
}

fn draw(paint: Paint, part: &[Column], rows: &[Vec<Value>], lines: &mut Vec<Line>) {
    let first = lines.len();
    lines.resize(first + 1 + rows.len(), Line::default());
    let mut x = 0;
    for column in part {
        let heading = Value::Text(column.head.0.to_owned(), paint.name().add_modifier(Modifier::DIM));
        let values = rows.iter().map(|row| row.get(column.at).unwrap_or(&Value::Blank));
        let values = std::iter::once(&heading).chain(values);
        for (line, value) in lines.iter_mut().skip(first).zip(values) {
            *line = put(std::mem::take(line), x, column, value);
        }
        x = x.saturating_add(column.width).saturating_add(1);
    }
}

fn put(line: Line, x: u16, column: &Column, value: &Value) -> Line {
    let (text, style) = match value {
        Value::Bar(per_mille) => return line.bar(x, column.width, *per_mille),
        Value::Text(text, style) => (text.as_str(), *style),
        Value::Missing => ("-", Style::new()),
        Value::Blank => return line,
    };
    match column.head.1 {
        Kind::Right => line.right(x, column.width, text, style),
        _ => line.text(x, column.width, text, style),
    }
}

/// A name with its value, on a line of its own.
pub(super) fn fact(paint: Paint, name: &str, value: impl Into<String>, style: Style) -> Line {
    Line::default().text(0, 10, name, paint.name()).text(11, u16::MAX, value, style)
}

/// Words one after the other, with a comma between them, on as many lines as they need.
pub(super) fn flow(paint: Paint, name: &str, words: &[&str], width: u16) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut text = String::new();
    for (at, word) in words.iter().enumerate() {
        let comma = if at + 1 < words.len() { "," } else { "" };
        let long = width_of(&text).saturating_add(width_of(word)).saturating_add(13) > width;
        if long && !text.is_empty() {
            let name = if lines.is_empty() { name } else { "" };
            lines.push(fact(paint, name, std::mem::take(&mut text), Style::new()));
        }
        text.extend([if text.is_empty() { "" } else { " " }, word, comma]);
    }
    if !text.is_empty() {
        lines.push(fact(paint, if lines.is_empty() { name } else { "" }, text, Style::new()));
    }
    lines
}
