//! What stands around each page: the title with the source and its age, trouble if there is any, the
//! bar of pages, and the keys; between them the page itself.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::keys::Key;
use super::layout::{Rows, rest, width_of};
use super::more::{Act, More, Want};
use super::page::Page;
use super::paint::{Paint, Tone};
use super::unit::span;
use super::{alert, clocks, control_page, dashboard, engines, history_page, info, memory, popup, power};
use super::{process_page, thermal};
use crate::snapshot::Snapshot;
use crate::source::{Origin, Sample};

/// Lower than this, the bar of pages is left out: what is on the page matters more.
const TALL: u16 = 14;
/// Keys of all pages: before those of the page that is shown, and behind them.
const KEYS: [&str; 2] = [" q quit   h help   v next page", "   p pause   +/- interval   t theme   w write"];

/// One page.
pub struct Entry {
    /// Its name, in the bar and for `--page`.
    pub name: &'static str,
    /// The same where the bar is narrow.
    pub short: &'static str,
    draw: fn(&mut Page, &Snapshot),
    /// What it wants to know.
    pub wants: fn(&More) -> Want,
    /// What it makes of a key.
    pub key: fn(&mut More, Key) -> Act,
    /// What the help says of it.
    pub help: &'static [&'static str],
    /// Its keys, for the foot of the screen, with three blanks before each.
    keys: &'static str,
}

/// The pages, in the order of `v`; digits jump.
pub static PAGES: &[Entry] = &[
    Entry {
        wants: |more| if more.simulated { None } else { more.info.wants_meta() },
        keys: "   c clocks   m mode   f fan",
        ..plain("Dashboard", "Dash", dashboard::draw, dashboard::HELP)
    },
    Entry {
        name: "Processes",
        short: "Proc",
        draw: process_page::draw,
        keys: "   s sort   / filter   T tree   u own   k signal",
        help: process_page::HELP,
        wants: |more| more.processes.wants(),
        key: |more, key| more.processes.key(key),
    },
    plain("GPU Engines", "Eng", engines::draw, engines::HELP),
    Entry { keys: "   c clocks   m mode", ..plain("Clocks/Governors", "Clk", clocks::draw, clocks::HELP) },
    Entry {
        wants: |more| if more.simulated { None } else { more.held.wants() },
        ..plain("Memory", "Mem", memory::draw, memory::HELP)
    },
    Entry { keys: "   z zero   m mode", ..plain("Power", "Pwr", power::draw, power::HELP) },
    Entry {
        wants: |more| if more.simulated { None } else { more.controls.wants() },
        keys: "   f fan",
        ..plain("Thermal/Fan", "Thm", thermal::draw, thermal::HELP)
    },
    Entry {
        name: "History",
        short: "Hist",
        draw: history_page::draw,
        wants: |more| more.history.wants(),
        key: |more, key| more.history.key(key),
        keys: "   [ ] window   { } cursor   a list",
        help: history_page::HELP,
    },
    Entry {
        name: "Controls",
        short: "Ctl",
        draw: control_page::draw,
        wants: |more| more.controls.wants(),
        key: control_page::key,
        keys: "   Enter change   u undo",
        help: control_page::HELP,
    },
    Entry {
        name: "Info",
        short: "Info",
        draw: info::draw,
        keys: "   x serial",
        help: info::HELP,
        wants: |more| more.info.wants(more.now),
        key: |more, key| more.info.key(key),
    },
];

/// A page of the sample alone.
const fn plain(
    name: &'static str,
    short: &'static str,
    draw: fn(&mut Page, &Snapshot),
    help: &'static [&'static str],
) -> Entry {
    Entry { name, short, draw, help, wants: |_| None, key: |_, _| Act::Pass, keys: "" }
}

/// The number of the page of that name, however it is written.
pub fn page_named(name: &str) -> Option<usize> {
    let is = |page: &Entry| page.name.eq_ignore_ascii_case(name) || page.short.eq_ignore_ascii_case(name);
    let beginning = |page: &Entry| {
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
    /// What pages show beside the sample.
    pub more: &'a More,
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
    /// Lines of the dialog that there is no room for.
    pub dialog: u16,
}

/// Draws a frame, with the dialog over it if one is open.
pub fn draw(view: &View, area: Rect, buffer: &mut Buffer) -> Places {
    let mut places = draw_page(view, area, buffer);
    // The title stays, which says whether the board is a simulated one, and so does what a key has to say.
    let mut rows = Rows { left: area };
    rows.take(1);
    rows.take_last(foot(area));
    places.dialog = popup::draw(&view.more.dialog, view.more.now, view.paint, rows.left, buffer);
    places
}

/// Rows at the foot.
fn foot(area: Rect) -> u16 {
    u16::from(area.height > 5)
}

fn draw_page(view: &View, area: Rect, buffer: &mut Buffer) -> Places {
    let mut rows = Rows { left: area };
    let mut places = Places::default();
    title(view, area.height >= TALL, rows.take(1), buffer);
    let mut alarms: Vec<String> = alarm(view).into_iter().collect();
    let alerts = |snapshot| alert::alerts(snapshot, &view.more.peaks);
    alarms.extend(view.sample.snapshot.map(alerts).unwrap_or_default());
    if !alarms.is_empty() {
        draw_alarms(view.paint, &alarms, rows.take(1), buffer);
    }
    if area.height >= TALL {
        let bar = rows.take(1);
        places.tabs = Some((bar.y, tabs(view, bar, buffer)));
    }
    let footer = rows.take_last(foot(area));
    let Some(page) = PAGES.get(view.page) else { return places };
    // Pages of answers have something to show without a sample.
    let nothing;
    let snapshot = match view.sample.snapshot {
        Some(snapshot) => snapshot,
        None => {
            nothing = Snapshot::default();
            &nothing
        }
    };
    let body = rows.left;
    places.rows = body.height;
    let mut scroll = view.scroll;
    if scroll > 0 {
        // A first look without any room counts the lines: there may be fewer than before.
        let mut counted = Page::new(view.paint, view.more, Rect { height: 0, ..body }, buffer);
        (page.draw)(&mut counted, snapshot);
        counted.end();
        scroll = scroll.min(counted.beyond().saturating_sub(body.height));
    }
    let mut drawn = Page::new(view.paint, view.more, body, buffer).scrolled(scroll);
    (page.draw)(&mut drawn, snapshot);
    drawn.end();
    places.beyond = drawn.beyond();
    if view.sample.stale {
        view.paint.grey(buffer, body);
    }
    draw_foot(view, page, places.beyond.saturating_sub(scroll), footer, buffer);
    places
}

/// What came of the last key, or the keys; and how many lines of the page are below the screen.
fn draw_foot(view: &View, page: &Entry, below: u16, mut footer: Rect, buffer: &mut Buffer) {
    if below > 0 {
        let text = format!(" {below} below ");
        view.paint.right(buffer, footer, &text, Tone::Name);
        footer.width = footer.width.saturating_sub(width_of(&text));
    }
    match view.notice {
        Some(notice) => view.paint.text(buffer, footer, &[" ", notice].concat(), Tone::Plain),
        None => view.paint.text(buffer, footer, &keys(page, footer.width), Tone::Off),
    }
}

/// As many of the keys as there is room for: half a word names none.
fn keys(page: &Entry, width: u16) -> String {
    let [before, behind] = KEYS;
    let mut text = [before, page.keys, behind].concat();
    while text.len() > usize::from(width) {
        let Some(end) = text.rfind("   ") else { break };
        text.truncate(end);
    }
    text
}

/// The bar of pages; where each begins and ends. Where there is no room for names, only the page that is
/// shown has one.
fn tabs(view: &View, bar: Rect, buffer: &mut Buffer) -> Vec<(u16, u16)> {
    let (mut long, mut short) = (0, 0);
    for page in PAGES {
        long += width_of(page.name) + 4;
        short += width_of(page.short) + 4;
    }
    let mut at = bar.x;
    let mut found = Vec::new();
    for (number, page) in PAGES.iter().enumerate() {
        let (shown, digit) = (number == view.page, ((number + 1) % 10).to_string());
        let text = match () {
            () if long <= bar.width => [" ", &digit, " ", page.name, " "].concat(),
            () if short <= bar.width || shown => [" ", &digit, " ", page.short, " "].concat(),
            () => [" ", &digit, " "].concat(),
        };
        let tone = if shown { Tone::Chosen } else { Tone::Name };
        view.paint.text(buffer, rest(bar, at), &text, tone);
        let end = at.saturating_add(width_of(&text)).min(bar.right());
        found.push((at, end));
        at = end;
    }
    found
}

/// The source, and of when its sample is. Without a bar of pages, the page stands where our name does.
fn title(view: &View, with_bar: bool, line: Rect, buffer: &mut Buffer) {
    let paint = view.paint;
    let origin = &view.origin;
    let mut mark = String::new();
    if origin.simulated {
        let between = if origin.board.is_empty() { "" } else { " " };
        mark = [" SIMULATED", between, origin.board, " "].concat();
        mark.retain(|c| !c.is_control());
    }
    let mut source = ["source ", origin.source, if origin.served { " of jscoped" } else { "" }].concat();
    source.retain(|c| !c.is_control());
    let paused = if view.more.paused { " PAUSED " } else { "" };
    // What is shown comes before our name where there is no room for both.
    let page = PAGES.get(view.page).filter(|_| !with_bar).map(|page| [" ", page.short, " "].concat());
    let mut name = page.as_deref().unwrap_or(" JetsonScope ");
    let texts = [paused, &mark, &source].map(width_of).into_iter().fold(1, u16::saturating_add);
    let used = |name: &str| texts.saturating_add(width_of(name));
    if used(name) > line.width {
        name = "";
    }
    if used(name) > line.width {
        source.drain(.."source ".len());
    }
    paint.text(buffer, line, name, Tone::Strong);
    let mut at = line.x + width_of(name);
    for marked in [paused, &mark].into_iter().filter(|text| !text.is_empty()) {
        paint.text(buffer, rest(line, at), marked, Tone::Alarm);
        at = at.saturating_add(width_of(marked));
    }
    at = at.saturating_add(u16::from(!mark.is_empty()));
    paint.text(buffer, rest(line, at), &source, Tone::Plain);
    let after = rest(line, at.saturating_add(width_of(&source) + 1));
    paint.right(buffer, after, &time(view), Tone::Plain);
}

/// The time of the sample, by the source or by our clock, and its age where that is more than usual.
fn time(view: &View) -> String {
    let own = view.sample.snapshot.map_or("", |snapshot| snapshot.timestamp.as_str());
    let time = if own.is_empty() { clock(view).unwrap_or_default() } else { own.to_owned() };
    match view.sample.age.map_or(0, |age| age.as_secs()) {
        secs @ 2.. if !view.sample.stale => format!("{secs} s old  {time}"),
        _ => time,
    }
}

/// When the sample was taken, by the clock of this machine.
fn clock(view: &View) -> Option<String> {
    let age = view.sample.age?;
    let now_s = (view.more.unix_ms / 1000).checked_sub(age.as_secs()).filter(|_| view.more.unix_ms > 0)?;
    let time = (view.more.local)(now_s);
    Some(format!("{:02}:{:02}:{:02}", time.hour, time.minute, time.second))
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
        Some(age) if sample.stale => match age.as_secs() {
            secs @ 1..=9 => format!("STALE: {secs} s old"),
            _ => format!("STALE: {} old", span(age.as_millis())),
        },
        Some(_) => "trouble".to_owned(),
    };
    if let Some(time) = clock(view).filter(|_| sample.stale) {
        text.extend([", of ", &time]);
    }
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
    let tone = Tone::Alarm;
    let cut = Rect { width: row.width.saturating_sub(width_of(&more)), ..row };
    paint.text(buffer, row, &" ".repeat(usize::from(row.width)), tone);
    paint.text(buffer, cut, &text, tone);
    paint.text(buffer, rest(row, row.x.saturating_add(width_of(&text).min(cut.width))), &more, tone);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_keys_are_whole() {
        let [before, behind] = KEYS;
        for (page, width, wanted) in [
            (2, 80, [before, behind].concat()),
            (2, 73, " q quit   h help   v next page   p pause   +/- interval   t theme".to_owned()),
            (0, 80, [before, "   c clocks   m mode   f fan   p pause"].concat()),
            (1, 80, [before, "   s sort   / filter   T tree   u own   k signal"].concat()),
            (2, 41, [before, "   p pause"].concat()),
            (2, 39, before.to_owned()),
            (2, 1, " q quit".to_owned()),
            (2, 0, " q quit".to_owned()),
        ] {
            assert_eq!(keys(&PAGES[page], width), wanted, "{page} {width}");
        }
    }
}
