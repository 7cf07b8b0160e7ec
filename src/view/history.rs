//! The reply `History` for people and for spreadsheets: a table of means, CSV, and charts.

use super::chart;
use crate::log::csv::push_text;
use crate::log::number::push_scaled;
use crate::utc;
use crate::wire::history::History;

/// Lines of a chart.
const HEIGHT: usize = 8;
/// The least width of a column.
const COLUMN: usize = 10;
/// The width of a time.
const TIME: usize = 20;

/// A line for each point that has a value, with its time and the mean of each series; as CSV, a record for
/// each point, with three columns for each series, empty where nothing was read.
pub fn rows(history: &History, csv: bool) -> String {
    let names: Vec<String> = history.series.iter().map(|(name, _)| plain(name)).collect();
    let parts = [(".min", csv), (".mean", true), (".max", csv)];
    let mut text = Vec::new();
    for line in 0..=points(history) {
        // The first line has the names.
        let number = line.checked_sub(1);
        let (begin, mut is_empty) = (text.len(), number.is_some() && !csv);
        let head = number.map_or("time".to_owned(), |number| time(history, number));
        cell(&mut text, &head, 0, csv);
        for (name, (_, points)) in names.iter().zip(&history.series) {
            let point = number.map(|number| points.get(number).copied().flatten());
            for (part, (title, _)) in parts.iter().enumerate().filter(|(_, (_, shown))| *shown) {
                let value = match point {
                    None => [name.as_str(), if csv { *title } else { "" }].concat(),
                    Some(point) => {
                        point.and_then(|point| point.get(part).copied()).map_or_else(String::new, shown)
                    }
                };
                is_empty &= value.is_empty();
                cell(&mut text, &value, name.chars().count().max(COLUMN), csv);
            }
        }
        if is_empty {
            text.truncate(begin);
            continue;
        }
        text.pop(); // the comma or blank at the end
        text.extend_from_slice(if csv { b"\r\n" } else { b"\n" });
    }
    String::from_utf8(text).unwrap_or_default()
}

/// Adds a field of CSV and a comma, or a cell that wide, a dash where it is empty, and a blank. The first cell,
/// of no width, is as wide as a time.
fn cell(text: &mut Vec<u8>, value: &str, width: usize, csv: bool) {
    if csv {
        push_text(text, value);
        text.push(b',');
        return;
    }
    let value = if value.is_empty() { "-" } else { value };
    let missing = |width: usize| std::iter::repeat_n(b' ', width.saturating_sub(value.chars().count()));
    text.extend(missing(if width == 0 { 0 } else { width + 1 }));
    text.extend_from_slice(value.as_bytes());
    text.extend(missing(if width == 0 { TIME } else { 0 }));
    text.push(b' ');
}

/// A chart for each series, with what it reaches from and to, and the time below.
pub fn charts(history: &History, width: usize, ascii: bool) -> String {
    let mut text = String::new();
    let (first, last) = (time(history, 0), time(history, points(history).saturating_sub(1)));
    let between = " ".repeat(width.saturating_sub(first.len() + last.len()).max(1));
    for (name, points) in &history.series {
        text.push_str(&plain(name));
        match chart::join(points).zip(points.iter().rev().flatten().next()) {
            Some(([low, mean, high], [_, last, _])) => {
                for (what, value) in [("  ", low), (" to ", high), (", mean ", mean), (", last ", *last)] {
                    text.extend([what, &shown(value)]);
                }
            }
            None => text.push_str("  no values"),
        }
        for line in chart::lines(points, width, HEIGHT, ascii) {
            text.extend(["\n", line.trim_end()]);
        }
        text.extend(["\n", &first, &between, &last, "\n"]);
    }
    text
}

fn points(history: &History) -> usize {
    history.series.iter().map(|(_, points)| points.len()).max().unwrap_or(0)
}

/// The time of a point.
fn time(history: &History, number: usize) -> String {
    let before = u64::try_from(points(history).saturating_sub(number + 1)).unwrap_or(0);
    let ms = history.end_ms.saturating_sub(before.saturating_mul(history.step_ms));
    utc::of(ms / 1000)
}

/// A number with at most three decimals.
fn shown(value: f64) -> String {
    let mut text = Vec::new();
    push_scaled::<1000>(&mut text, (value * 1000.0).round() as i64);
    String::from_utf8(text).unwrap_or_default()
}

/// A name, which is the board's, with nothing that a terminal obeys.
pub fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::history::read_history;
    use crate::wire::json;

    fn read(text: &str) -> History {
        read_history(&json::decode(text).unwrap()).unwrap()
    }

    const TWO: &str = r#"{"step_ms":60000,"end_ms":1795250192000,"series":
        {"temps.cpu":[[45.125,46,47.5],null,[1,2,3]],"a,\"b\u001b":[null,null,[-5,0,5]]}}"#;

    #[test]
    fn ok_table() {
        let wanted = "\
time                   temps.cpu       a,\"b\u{20}
2026-11-21T08:34:32Z          46           -
2026-11-21T08:36:32Z           2           0
";
        assert_eq!(rows(&read(TWO), false), wanted);
        assert_eq!(rows(&read(r#"{"step_ms":0,"end_ms":0,"series":{}}"#), false), "time                \n");
    }

    #[test]
    fn ok_csv() {
        let wanted = "\
time,temps.cpu.min,temps.cpu.mean,temps.cpu.max,\"a,\"\"b .min\",\"a,\"\"b .mean\",\"a,\"\"b .max\"
2026-11-21T08:34:32Z,45.125,46,47.5,,,
2026-11-21T08:35:32Z,,,,,,
2026-11-21T08:36:32Z,1,2,3,-5,0,5
";
        assert_eq!(rows(&read(TWO), true), wanted.replace('\n', "\r\n"));
    }

    #[test]
    fn ok_charts() {
        let text = charts(&read(TWO), 50, true);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2 * (HEIGHT + 2), "{text}");
        assert_eq!(lines[0], "temps.cpu  1 to 47.5, mean 24, last 2");
        assert_eq!(lines[9], "2026-11-21T08:34:32Z          2026-11-21T08:36:32Z");
        assert!(lines.iter().all(|line| line.len() <= 50 && line.is_ascii()), "{text}");
        let text = charts(&read(r#"{"step_ms":1,"end_ms":0,"series":{"a":[null]}}"#), 10, false);
        assert!(text.starts_with("a  no values\n\n"), "{text}");
    }
}
