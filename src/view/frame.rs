//! What stands around each page: the title with the source and its age, trouble if there is any, the
//! bar of pages, and the keys; between them the page itself.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::layout::{Rows, rest, width_of};
use super::line::{self, Line};
use super::paint::Paint;
use super::unit::span;
use super::{alert, clocks, dashboard, engines, memory, power, thermal};
use crate::snapshot::Snapshot;
use crate::source::{Origin, Sample};

/// Lower than this, the bar of pages is left out: what is on the page matters more.
const TALL: u16 = 14;
/// Narrower than this, our name is left out of the title.
const NAMED: u16 = 38;
const KEYS: &str = " q quit   h help   v next page   Ctrl-Z suspend";

/// One page.
pub struct Page {
    /// Its name, in the bar and for `--page`.
    pub name: &'static str,
    /// The same where the bar is narrow.
    pub short: &'static str,
    draw: Draw,
    /// What the help says of it.
    pub help: &'static [&'static str],
}

enum Draw {
    /// Fills the area by itself.
    Area(fn(Paint, &Snapshot, Rect, &mut Buffer)),
    /// Gives lines for a width, of which those are shown that there is room for.
    Lines(fn(Paint, &Snapshot, u16) -> Vec<Line>),
}

/// The pages, in the order of `v`; digits jump.
pub static PAGES: &[Page] = &[
    Page { name: "Dashboard", short: "Dash", draw: Draw::Area(dashboard::draw), help: dashboard::HELP },
    Page { name: "GPU Engines", short: "Eng", draw: Draw::Lines(engines::lines), help: engines::HELP },
    Page { name: "Clocks/Governors", short: "Clk", draw: Draw::Lines(clocks::lines), help: clocks::HELP },
    Page { name: "Memory", short: "Mem", draw: Draw::Lines(memory::lines), help: memory::HELP },
    Page { name: "Power", short: "Pwr", draw: Draw::Lines(power::lines), help: power::HELP },
    Page { name: "Thermal/Fan", short: "Thm", draw: Draw::Lines(thermal::lines), help: thermal::HELP },
];

/// The number of the page of that name, however it is written.
pub fn page_named(name: &str) -> Option<usize> {
    let is = |page: &Page| page.name.eq_ignore_ascii_case(name) || page.short.eq_ignore_ascii_case(name);
    let beginning = |page: &Page| {
        let head = page.name.get(..name.len());
        name.len() > 2 && head.is_some_and(|head| head.eq_ignore_ascii_case(name))
    };
    PAGES.iter().position(is).or_else(|| PAGES.iter().position(beginning))
}

/// What a frame is drawn from.
pub struct View<'a> {
    /// The source.
    pub origin: Origin<'a>,
    /// Its sample.
    pub sample: Sample<'a>,
    /// How to draw.
    pub paint: Paint,
    /// What came of the last key, in place of the keys.
    pub notice: Option<&'a str>,
    /// The number of the page.
    pub page: usize,
    /// Lines of the page that are above the screen.
    pub scroll: u16,
}

/// Where things are on the screen that a mouse may hit, and how far one may scroll.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// The row of the bar, and where each page's name begins and ends in it.
    pub tabs: Option<(u16, Vec<(u16, u16)>)>,
    /// Lines of the page that there is no room for.
    pub beyond: u16,
    /// Rows of the page that are shown.
    pub rows: u16,
}

/// Draws a frame.
pub fn draw(view: &View, area: Rect, buffer: &mut Buffer) -> Places {
    let mut rows = Rows { left: area };
    let mut places = Places::default();
    title(view, rows.take(1), buffer);
    let mut alarms: Vec<String> = alarm(view).into_iter().collect();
    alarms.extend(view.sample.snapshot.map(alert::alerts).unwrap_or_default());
    if !alarms.is_empty() {
        draw_alarms(view.paint, &alarms, rows.take(1), buffer);
    }
    if area.height >= TALL {
        let bar = rows.take(1);
        places.tabs = Some((bar.y, tabs(view, bar, buffer)));
    }
    let footer = rows.take_last(if area.height > 5 { 1 } else { 0 });
    match view.notice {
        Some(notice) => view.paint.text(buffer, footer, &[" ", notice].concat(), Style::new()),
        None => view.paint.text(buffer, footer, KEYS, Style::new().add_modifier(Modifier::DIM)),
    }
    let (Some(snapshot), Some(page)) = (view.sample.snapshot, PAGES.get(view.page)) else { return places };
    let body = rows.left;
    places.rows = body.height;
    match page.draw {
        Draw::Area(draw) => draw(view.paint, snapshot, body, buffer),
        Draw::Lines(lines) => {
            let lines = lines(view.paint, snapshot, body.width);
            places.beyond = line::draw(view.paint, &lines, view.scroll, body, buffer);
        }
    }
    places
}

/// The bar of pages; where each begins and ends.
fn tabs(view: &View, bar: Rect, buffer: &mut Buffer) -> Vec<(u16, u16)> {
    let long: u16 = PAGES.iter().map(|page| width_of(page.name).saturating_add(4)).sum();
    let mut at = bar.x;
    let mut found = Vec::new();
    for (number, page) in PAGES.iter().enumerate() {
        let name = if long <= bar.width { page.name } else { page.short };
        let text = format!(" {} {name} ", (number + 1) % 10);
        let style = match number == view.page {
            true => Style::new().add_modifier(Modifier::REVERSED),
            false => view.paint.name(),
        };
        view.paint.text(buffer, rest(bar, at), &text, style);
        let end = at.saturating_add(width_of(&text)).min(bar.right());
        found.push((at, end));
        at = end;
    }
    found
}

fn title(view: &View, line: Rect, buffer: &mut Buffer) {
    let paint = view.paint;
    // The mark of a simulated board comes before our name where both have no room.
    let name = if line.width < NAMED { "" } else { " JetsonScope " };
    paint.text(buffer, line, name, Style::new().add_modifier(Modifier::BOLD));
    let mut at = line.x + width_of(name);
    let origin = &view.origin;
    if origin.simulated {
        let between = if origin.board.is_empty() { "" } else { " " };
        let mut mark = [" SIMULATED", between, origin.board, " "].concat();
        mark.retain(|c| !c.is_control());
        paint.text(buffer, rest(line, at), &mark, paint.alarm());
        at = at.saturating_add(width_of(&mark) + 1);
    }
    let mut source = ["source ", origin.source, if origin.served { " of jscoped" } else { "" }].concat();
    source.retain(|c| !c.is_control());
    paint.text(buffer, rest(line, at), &source, Style::new());
    let time = view.sample.snapshot.map_or("", |snapshot| snapshot.timestamp.as_str());
    let after = rest(line, at.saturating_add(width_of(&source) + 1));
    paint.right(buffer, after, time, Style::new());
}

/// What nobody may overlook: a source that is silent, and why.
fn alarm(view: &View) -> Option<String> {
    let sample = &view.sample;
    let calm = sample.snapshot.is_some() && !sample.stale && sample.trouble.is_none();
    if calm {
        return None;
    }
    // The title names the source already: what is wrong comes first, for it may be cut.
    let mut text = match sample.age {
        None => "no data".to_owned(),
        Some(age) if sample.stale => format!("STALE: {} old", span(age.as_millis())),
        Some(_) => "trouble".to_owned(),
    };
    if let Some(trouble) = sample.trouble {
        text = format!("{text} ({trouble})");
    }
    Some(text)
}

/// The first of the alarms, cut if it must be, those behind it that there is room for, and how many
/// more there are.
fn draw_alarms(paint: Paint, alarms: &[String], row: Rect, buffer: &mut Buffer) {
    let mut text = String::new();
    let mut left = alarms.len();
    let mut more = String::new();
    for alarm in alarms {
        let between = if text.is_empty() { " " } else { "; " };
        let begun = [text.as_str(), between, alarm].concat();
        let behind = if left > 1 { format!(" +{} more ", left - 1) } else { " ".to_owned() };
        if !text.is_empty() && width_of(&begun).saturating_add(width_of(&behind)) > row.width {
            break;
        }
        (text, more, left) = (begun, behind, left - 1);
    }
    let style = paint.alarm();
    let cut = Rect { width: row.width.saturating_sub(width_of(&more)), ..row };
    paint.text(buffer, row, &" ".repeat(usize::from(row.width)), style);
    paint.text(buffer, cut, &text, style);
    paint.text(buffer, rest(row, row.x.saturating_add(width_of(&text).min(cut.width))), &more, style);
}
