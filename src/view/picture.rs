//! A frame as text and as a picture (SVG): the same frame gives the same bytes.

use ratatui::buffer::{Buffer, CellWidth};

use super::theme::{Look, Palette, push_number};

/// Width and height of a cell in a picture, pixels. A digit of a monospaced font is 0.6 of its size wide.
const CELL: [u32; 2] = [8, 17];
const FONT: &str = "font-family=\"DejaVu Sans Mono,Menlo,Consolas,monospace\" font-size=\"13.33\"";

/// A part of a row that looks the same.
struct Run {
    x: u32,
    y: u32,
    width: u32,
    look: Look,
    text: String,
}

/// The runs of all rows. Blanks of which nothing is seen belong to what stands before them, for the
/// look of text alone.
fn runs(buffer: &Buffer, palette: Palette) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let rows = buffer.content.chunks(usize::from(buffer.area.width).max(1));
    for (y, row) in (0..).zip(rows) {
        let mut after = 0;
        for (x, cell) in (0..).zip(row) {
            // What a wide character takes has no text of its own.
            if x < after {
                continue;
            }
            let (look, symbol) = (palette.look(cell), cell.symbol());
            let width = u32::from(symbol.cell_width().max(1));
            after = x + width;
            match runs.last_mut().filter(|run| run.look == look && run.y == y) {
                Some(run) => {
                    run.text.push_str(symbol);
                    run.width += width;
                }
                None => runs.push(Run { x, y, width, look, text: symbol.to_owned() }),
            }
        }
    }
    runs
}

/// The frame as lines without blanks at their ends; with sequences for its looks if `color`.
pub fn text(buffer: &Buffer, palette: Palette, color: bool) -> Vec<u8> {
    let runs = runs(buffer, palette);
    let mut out = Vec::new();
    for (at, run) in runs.iter().enumerate() {
        let is_last = runs.get(at + 1).is_none_or(|next| next.y > run.y);
        let is_clear = !color || run.look.is_clear();
        let text = if is_last && is_clear { run.text.trim_end_matches(' ') } else { &run.text };
        if color && !text.is_empty() {
            palette.push(run.look, &mut out);
        }
        out.extend_from_slice(text.as_bytes());
        if is_last {
            if color {
                out.extend_from_slice(b"\x1b[0m");
            } else {
                let blanks = out.iter().rev().take_while(|byte| **byte == b' ').count();
                out.truncate(out.len() - blanks);
            }
            out.push(b'\n');
        }
    }
    out
}

/// The frame as an SVG.
pub fn svg(buffer: &Buffer, palette: Palette) -> Vec<u8> {
    let mut runs = runs(buffer, palette);
    let mut out = Vec::new();
    let [across, down] = CELL;
    let size = [("width", buffer.area.width, across), ("height", buffer.area.height, down)];
    put("<svg xmlns=\"http://www.w3.org/2000/svg\"", &mut out);
    for (name, cells, pixels) in size {
        attribute(name, u32::from(cells) * pixels, &mut out);
    }
    for part in [" ", FONT, " xml:space=\"preserve\">\n<rect width=\"100%\" height=\"100%\""] {
        put(part, &mut out);
    }
    let [page, _] = palette.page();
    fill(page, &mut out);
    put("/>\n", &mut out);
    for run in &runs {
        if let (_, Some(ground)) = palette.colors(run.look) {
            put("<rect", &mut out);
            place(run, &mut out);
            attribute("width", run.width * across, &mut out);
            attribute("height", down, &mut out);
            fill(ground, &mut out);
            put("/>\n", &mut out);
        }
    }
    runs.retain(|run| !run.text.trim_matches(' ').is_empty());
    while let Some(look) = runs.first().map(|run| run.look) {
        group(look, palette.colors(look).0, &mut out);
        for run in runs.iter().filter(|run| run.look == look) {
            text_of(run, &mut out);
        }
        put("</g>\n", &mut out);
        runs.retain(|run| run.look != look);
    }
    put("</svg>\n", &mut out);
    out
}

/// Opens the group of a look.
fn group(look: Look, ink: u32, out: &mut Vec<u8>) {
    put("<g", out);
    fill(ink, out);
    for (is, attribute) in [
        (look.is_bold(), " font-weight=\"bold\""),
        (look.is_dim(), " opacity=\"0.6\""),
        (look.is_underlined(), " text-decoration=\"underline\""),
    ] {
        if is {
            put(attribute, out);
        }
    }
    put(">\n", out);
}

/// The text of a run, without the blanks around it, as wide as its cells whatever the font.
fn text_of(run: &Run, out: &mut Vec<u8>) {
    let text = run.text.trim_start_matches(' ');
    let before = run.text.len() - text.len();
    let inner = text.trim_end_matches(' ');
    let blanks = u32::try_from(before + text.len() - inner.len()).unwrap_or(0);
    let [across, down] = CELL;
    put("<text", out);
    attribute("x", (run.x + u32::try_from(before).unwrap_or(0)) * across, out);
    attribute("y", run.y * down + down - 4, out);
    attribute("textLength", run.width.saturating_sub(blanks) * across, out);
    out.push(b'>');
    for c in inner.chars() {
        match c {
            '&' => put("&amp;", out),
            '<' => put("&lt;", out),
            '>' => put("&gt;", out),
            // XML has no such characters.
            '\u{fffe}' | '\u{ffff}' => out.push(b'?'),
            c if c.is_control() => out.push(b'?'),
            c => put(c.encode_utf8(&mut [0; 4]), out),
        }
    }
    put("</text>\n", out);
}

fn place(run: &Run, out: &mut Vec<u8>) {
    let [across, down] = CELL;
    attribute("x", run.x * across, out);
    attribute("y", run.y * down, out);
}

fn attribute(name: &str, number: u32, out: &mut Vec<u8>) {
    for part in [" ", name, "=\""] {
        put(part, out);
    }
    push_number(number, out);
    out.push(b'"');
}

/// Not copied into all that call it.
#[inline(never)]
fn put(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(text.as_bytes());
}

/// A colour in six digits.
fn fill(rgb: u32, out: &mut Vec<u8>) {
    put(" fill=\"#", out);
    for shift in [20, 16, 12, 8, 4, 0] {
        let digit = char::from_digit(rgb >> shift & 15, 16).unwrap_or('0');
        out.push(digit as u8);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::super::paint::{Paint, Tone};
    use super::super::theme::{Depth, named};
    use super::*;
    use ratatui::layout::Rect;

    fn buffer(width: u16, parts: &[(u16, u16, &str, Tone)]) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, 2));
        for (x, y, text, tone) in parts {
            let line = Rect { x: *x, y: *y, width: width - x, height: 1 };
            Paint { ascii: false, color: true }.text(&mut buffer, line, text, *tone);
        }
        buffer
    }

    fn palette(name: &str, color: bool) -> Palette {
        Palette::new(named(name).expect(name), color, Depth::Sixteen)
    }

    #[test]
    fn ok_text() {
        let two = [(0, 0, "ab", Tone::Plain), (3, 0, "cd", Tone::Calm)];
        for (parts, name, color, wanted) in [
            (&[][..], "default", false, "\n\n"),
            (&[], "default", true, "^[0m\n^[0m\n"),
            (&two, "default", false, "ab cd\n\n"),
            (&two, "default", true, "^[0mab ^[0;32mcd^[0m\n^[0m\n"),
            (&[(1, 1, "x ", Tone::Chosen)], "default", true, "^[0m\n^[0m ^[0;7mx ^[0m\n"),
            (&[(1, 1, "x ", Tone::Chosen)], "default", false, "\n x\n"),
            (&[(1, 1, "\u{6f22}\u{5b57}x", Tone::Plain)], "default", false, "\n \u{6f22}\u{5b57}x\n"),
            (&[(0, 0, "a", Tone::Full)], "mono", true, "^[0;1;4ma^[0m\n^[0m\n"),
        ] {
            let text = text(&buffer(8, parts), palette(name, true), color);
            let text = String::from_utf8(text).expect("UTF-8").replace('\x1b', "^");
            assert_eq!(text, wanted, "{parts:?} {name} {color}");
        }
        let neon = text(&buffer(2, &[]), palette("neon", true), true);
        assert_eq!(String::from_utf8_lossy(&neon), "\x1b[0;97;40m  \x1b[0m\n".repeat(2));
        assert!(text(&Buffer::empty(Rect::ZERO), palette("neon", true), true).is_empty());
    }

    #[test]
    fn ok_pictures() {
        let parts = [
            (0, 0, "<a&b>", Tone::Full),
            (6, 0, "\u{6f22}", Tone::Full),
            (0, 1, " ]] ", Tone::Alarm),
            (5, 1, "x\u{ffff}", Tone::Off),
        ];
        let made = String::from_utf8(svg(&buffer(9, &parts), palette("default", true))).expect("UTF-8");
        let head = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"72\" height=\"34\" ";
        assert!(made.starts_with(head), "{made}");
        for wanted in [
            "<g fill=\"#e05561\" font-weight=\"bold\">\n<text x=\"0\" y=\"13\" textLength=\"40\">&lt;a&amp;b&gt;</text>\n",
            "<text x=\"48\" y=\"13\" textLength=\"16\">\u{6f22}</text>\n</g>\n",
            "<rect x=\"0\" y=\"17\" width=\"32\" height=\"17\" fill=\"#d18f52\"/>\n",
            "<g fill=\"#101418\" font-weight=\"bold\">\n<text x=\"8\" y=\"30\" textLength=\"16\">]]</text>\n",
            "<g fill=\"#d0d4d8\" opacity=\"0.6\">\n<text x=\"40\" y=\"30\" textLength=\"16\">x?</text>\n",
        ] {
            assert!(made.contains(wanted), "{wanted}\nin\n{made}");
        }
        assert!(made.ends_with("</g>\n</svg>\n"), "{made}");
        assert_eq!(made.matches("<g ").count(), made.matches("</g>").count());
        let none = svg(&Buffer::empty(Rect::ZERO), palette("light", true));
        assert!(String::from_utf8_lossy(&none).contains("width=\"0\" height=\"0\""));
    }
}
