//! The past as charts, one below the other: of the series that are chosen, over one of five windows, with
//! a cursor in time. What there is no room for comes into sight when it is selected.

use std::time::Duration;

use super::chart;
use super::keys::Key;
use super::more::{Act, Topic, Want};
use super::page::Page;
use super::paint::Tone;
use super::unit::{celsius, mhz, percent, power, rpm, size};
use crate::history::series::{Kind, Unit, usual};
use crate::snapshot::Snapshot;
use crate::wire::Value;
use crate::wire::history::{History, MOST_ASKED, read_history};
use crate::wire::request::Request;

/// What the help says of the page.
pub const HELP: &[&str] = &[
    "  [ ] , .            shorter and longer window",
    "  Left Right { }     the cursor, by a point, by a tenth",
    "  Home, End          its first point; the last one again",
    "  Up, Down, a        select a chart; a list of all",
    "A chart reaches from its lowest value to its highest.",
    "Without a server, the past begins with this program.",
];

/// The windows, s.
const WINDOWS: [(u32, &str); 5] =
    [(60, " 1 min "), (300, " 5 min "), (3600, " 1 h "), (21_600, " 6 h "), (86_400, " 24 h ")];
/// Up to this window points are those of samples, which come each second, else those of minutes, s.
const FINE_S: u32 = 300;
/// Room for all windows.
const WIDE: u16 = 30;
/// From here on, what a chart is and reaches fits on one line, of which its name has so much.
const ONE_LINE: u16 = 76;
const NAME: u16 = 24;
/// The least lines of a chart, where there are.
const LEAST: u16 = 4;

/// Where the user stands, and what was answered.
pub struct State {
    /// The number of the window.
    window: usize,
    /// The series that there are.
    names: Vec<String>,
    /// Those that the user has chosen; before, the usual ones are shown.
    chosen: Option<Vec<String>>,
    /// Their points.
    past: History,
    /// Why there are none.
    trouble: Option<String>,
    /// The moment of the cursor, ms since 1970; without one, it is on the last point.
    cursor: Option<u64>,
    /// The number of the chart that is selected.
    at: usize,
    /// In the list of series, where that is open.
    list: Option<usize>,
}

impl Default for State {
    fn default() -> State {
        State {
            window: 1,
            names: Vec::new(),
            chosen: None,
            past: History::default(),
            trouble: None,
            cursor: None,
            at: 0,
            list: None,
        }
    }
}

impl State {
    /// What to ask: the names first, then the points.
    pub fn wants(&self) -> Want {
        let series = self.shown();
        let is_fine = self.names.is_empty() || self.window_s() <= FINE_S;
        let every = Duration::from_secs(if is_fine { 1 } else { 10 });
        Some((Topic::History, Request::GetHistory { series, window_s: self.window_s() }, every))
    }

    fn window_s(&self) -> u32 {
        WINDOWS.get(self.window).map_or(FINE_S, |(seconds, _)| *seconds)
    }

    /// Those of the chosen series that there are.
    fn shown(&self) -> Vec<String> {
        let Some(chosen) = &self.chosen else { return usual(&self.names) };
        self.names.iter().filter(|name| chosen.contains(name)).cloned().collect()
    }

    /// Takes names or points, or why there are none.
    pub fn answered(&mut self, result: Result<Value<'static>, String>) {
        let read = |reply: Value| read_history(reply.member("History").unwrap_or(&Value::Null));
        match result.and_then(|reply| read(reply).map_err(|error| error.to_string())) {
            Ok(past) if past.series.iter().all(|(_, points)| points.is_empty()) => {
                self.names = past.series.into_iter().map(|(name, _)| name).collect();
                if self.shown().is_empty() {
                    self.past = History::default();
                }
                self.trouble = None;
            }
            Ok(past) => (self.past, self.trouble) = (past, None),
            Err(why) => {
                // Another server may have other series.
                self.names.clear();
                self.trouble = Some(why);
            }
        }
        self.at = self.at.min(self.past.series.len().saturating_sub(1));
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key) -> Act {
        if let Some(at) = self.list {
            return self.key_of_list(key, at);
        }
        let (number, last) = (self.number(), self.points().saturating_sub(1));
        let tenth = (last / 10).max(1);
        match key {
            Key::Char('[' | ',') => self.window = self.window.saturating_sub(1),
            Key::Char(']' | '.') => self.window = (self.window + 1).min(WINDOWS.len() - 1),
            Key::Left => self.put_cursor(number.saturating_sub(1)),
            Key::Right | Key::Char('l') => self.put_cursor(number + 1),
            Key::Char('{') => self.put_cursor(number.saturating_sub(tenth)),
            Key::Char('}') => self.put_cursor(number + tenth),
            Key::Home => self.put_cursor(0),
            Key::End => self.cursor = None,
            Key::Up | Key::Char('k') | Key::WheelUp => self.at = self.at.saturating_sub(1),
            Key::Down | Key::Char('j') | Key::WheelDown => {
                self.at = (self.at + 1).min(self.past.series.len().saturating_sub(1));
            }
            Key::Char('a') => {
                self.list = Some(0);
                let names = Request::GetHistory { series: Vec::new(), window_s: FINE_S };
                return Act::Ask(Topic::History, names);
            }
            _ => return Act::Pass,
        }
        Act::Draw
    }

    fn key_of_list(&mut self, key: Key, at: usize) -> Act {
        match key {
            Key::Esc | Key::Char('a') => self.list = None,
            Key::Up | Key::Char('k') | Key::WheelUp => self.list = Some(at.saturating_sub(1)),
            Key::Down | Key::Char('j') | Key::WheelDown => {
                self.list = Some((at + 1).min(self.names.len().saturating_sub(1)));
            }
            Key::Left | Key::Right | Key::Home | Key::End => {}
            Key::Enter | Key::Char(' ') => return self.switch(at),
            _ => return Act::Pass,
        }
        Act::Draw
    }

    /// Shows a series, or no longer.
    fn switch(&mut self, at: usize) -> Act {
        let Some(name) = self.names.get(at) else { return Act::Draw };
        let mut chosen = self.shown();
        match chosen.iter().position(|known| known == name) {
            Some(known) => drop(chosen.remove(known)),
            None if chosen.len() >= MOST_ASKED => {
                return Act::Note(format!("not more than {MOST_ASKED} series at once"));
            }
            None => chosen.push(name.clone()),
        }
        self.chosen = Some(chosen);
        Act::Draw
    }

    /// How many points there are of each series.
    fn points(&self) -> usize {
        self.past.series.iter().map(|(_, points)| points.len()).max().unwrap_or(0)
    }

    /// The number of the point at the cursor, which stays at its moment until that is gone.
    fn number(&self) -> usize {
        let Some(at) = self.cursor else { return self.newest() };
        let last = self.points().saturating_sub(1);
        let (before, step_ms) = (self.past.end_ms.saturating_sub(at), self.past.step_ms.max(1));
        let behind = before.saturating_add(step_ms / 2) / step_ms;
        last.saturating_sub(usize::try_from(behind).unwrap_or(last))
    }

    /// The number of the last point; of the one before where the sample of that is still to come.
    fn newest(&self) -> usize {
        let last = self.points().saturating_sub(1);
        let is_there = |points: &[Option<chart::Point>]| points.last().is_some_and(Option::is_some);
        let waits = !self.past.series.iter().any(|(_, points)| is_there(points));
        last.saturating_sub(usize::from(waits))
    }

    fn put_cursor(&mut self, number: usize) {
        self.cursor = (number < self.newest()).then(|| self.moment(number));
    }

    /// The moment of a point, ms since 1970.
    fn moment(&self, number: usize) -> u64 {
        let behind = u64::try_from(self.points().saturating_sub(number + 1)).unwrap_or(0);
        self.past.end_ms.saturating_sub(behind.saturating_mul(self.past.step_ms))
    }

    /// Its local time.
    fn time(&self, page: &Page, number: usize) -> String {
        let time = (page.more.local)(self.moment(number) / 1000);
        let minutes = format!("{:02}:{:02}", time.hour, time.minute);
        if self.past.step_ms >= 60_000 { minutes } else { format!("{minutes}:{:02}", time.second) }
    }
}

/// Draws the page.
pub fn draw(page: &mut Page, _: &Snapshot) {
    let more = page.more;
    let state = &more.history;
    head(page, state);
    if let Some(why) = &state.trouble {
        page.text(0, u16::MAX, why, Tone::Alarm);
        page.next();
    }
    match state.list {
        Some(at) => list(page, state, at),
        None if state.past.series.is_empty() => page.note(match () {
            () if state.trouble.is_some() => "",
            () if state.names.is_empty() => "nothing is remembered yet",
            () if state.shown().is_empty() => "no series is chosen: a shows all",
            () => "the points are asked for",
        }),
        None => charts(page, state),
    }
}

/// The windows, and the time of the cursor.
fn head(page: &mut Page, state: &State) {
    let mut at = 0;
    for (number, (_, name)) in WINDOWS.iter().enumerate() {
        let is_it = number == state.window;
        if is_it || page.width >= WIDE {
            page.text(at, u16::MAX, name, if is_it { Tone::Chosen } else { Tone::Name });
            at += name.len() as u16; // ten bytes at most
        }
    }
    let room = page.width.saturating_sub(at);
    if state.points() > 0 && state.list.is_none() && room > 8 {
        let time = state.time(page, state.number());
        page.right(at, room, &time, Tone::Strong);
    }
    page.next();
}

/// All series, and which of them are shown.
fn list(page: &mut Page, state: &State, at: usize) {
    page.heading("Series (Space switches, a ends)");
    let shown = state.shown();
    let room = usize::from(page.room());
    for (number, name) in state.names.iter().enumerate().skip((at + 1).saturating_sub(room)).take(room) {
        let mark = if shown.contains(name) { "[x] " } else { "[ ] " };
        let (title, _) = kind(name);
        let tone = if number == at { Tone::Chosen } else { Tone::Plain };
        page.text(0, NAME + 4, &[mark, &title].concat(), tone);
        page.text(NAME + 5, u16::MAX, name, Tone::Off);
        page.next();
    }
}

fn charts(page: &mut Page, state: &State) {
    let head = if page.width < ONE_LINE { 2 } else { 1 };
    let (room, all) = (page.room().saturating_sub(1), state.past.series.len());
    let count = (room / (head + LEAST)).clamp(1, u16::try_from(all).unwrap_or(u16::MAX).max(1));
    let height = (room / count).saturating_sub(head);
    let (count, at) = (usize::from(count), state.at);
    let first = (at + 1).saturating_sub(count);
    for (number, (name, points)) in state.past.series.iter().enumerate().skip(first).take(count) {
        of_series(page, state, (number, name, points), head);
        let tone = Tone::Part((number % 6) as u8);
        plot(page, state, points, height, tone);
    }
    let hidden = if count < all { format!("{} of {all}", at + 1) } else { String::new() };
    axis(page, state, &hidden);
}

/// What a chart is, what it reaches, and its value at the cursor.
fn of_series(page: &mut Page, state: &State, of: (usize, &str, &[Option<chart::Point>]), lines: u16) {
    let (number, name, points) = of;
    let (title, kind) = kind(name);
    let is_it = number == state.at;
    let mark = if is_it { "> " } else { "  " };
    let value = points.get(state.number()).copied().flatten();
    let value = value.map_or("-".to_owned(), |[_, mean, _]| text(mean, kind));
    let tone = if is_it { Tone::Strong } else { Tone::Name };
    let left = if lines > 1 { page.width.saturating_sub(value.len() as u16 + 1) } else { NAME - 1 };
    page.text(0, left, &[mark, &title].concat(), tone);
    page.right(0, page.width, &value, Tone::Strong);
    if lines > 1 {
        page.next();
    }
    let reaches = match chart::join(points) {
        Some(point) => {
            let [low, mean, high] = point.map(|value| text(value, kind));
            ["min ", &low, "  mean ", &mean, "  max ", &high].concat()
        }
        None => "no values".to_owned(),
    };
    let from = if lines > 1 { 2 } else { NAME };
    page.text(from, page.width.saturating_sub(from), &reaches, Tone::Plain);
    page.next();
}

/// A chart, with the cursor.
fn plot(page: &mut Page, state: &State, points: &[Option<chart::Point>], height: u16, tone: Tone) {
    let x = cursor_column(page, state);
    for line in chart::lines(points, usize::from(page.width), usize::from(height), page.paint.ascii) {
        page.text(0, u16::MAX, &line, tone);
        let at = line.chars().nth(usize::from(x)).unwrap_or(' ');
        page.text(x, 1, at.encode_utf8(&mut [0; 4]), Tone::Chosen);
        page.next();
    }
}

fn cursor_column(page: &Page, state: &State) -> u16 {
    let dots = if page.paint.ascii { 1 } else { 2 };
    let column = chart::column(state.points(), usize::from(page.width) * dots, state.number()) / dots;
    u16::try_from(column).unwrap_or(0).min(page.width.saturating_sub(1))
}

/// The time below the charts, where the cursor is, and which chart is selected where some are hidden.
fn axis(page: &mut Page, state: &State, hidden: &str) {
    let cursor = cursor_column(page, state);
    let (first, last) = (state.time(page, 0), state.time(page, state.points().saturating_sub(1)));
    let width = last.len() as u16; // of eight bytes
    for (x, text) in [(0, first.as_str()), (width + 3, hidden), (page.width.saturating_sub(width), &last)] {
        // The time of the cursor is above; its mark is not hidden, nor in the middle of a number.
        if !(x..x.saturating_add(text.len() as u16)).contains(&cursor) {
            page.text(x, u16::MAX, text, Tone::Off);
        }
    }
    page.text(cursor, 1, "^", Tone::Strong);
    page.next();
}

/// What a series is called, and its kind; of a kind that is not known, the name as it is.
fn kind(name: &str) -> (String, Option<Kind>) {
    let Some((kind, part)) = Kind::of(name) else { return (name.to_owned(), None) };
    let title = match kind {
        Kind::CpuLoad => "CPU load",
        Kind::CpuClock => "CPU clock",
        Kind::GpuLoad => "GPU load",
        Kind::GpuClock => "GPU clock",
        Kind::EmcLoad => "memory load",
        Kind::EmcClock => "memory clock",
        Kind::Ram => "RAM used",
        Kind::RamOfGpu => "RAM of the GPU",
        Kind::Swap => "swap used",
        Kind::Total => "total power",
        Kind::Hottest => "hottest zone",
        Kind::FanShare => "duty ",
        Kind::FanSpeed => "speed ",
        Kind::Rail => "rail ",
        Kind::Events => "events ",
        Kind::Zone => "zone ",
    };
    ([title, part].concat(), Some(kind))
}

/// A value with its unit; numbers too large for that are the largest.
fn text(value: f64, kind: Option<Kind>) -> String {
    let whole = value.round() as i64;
    let Some(kind) = kind else { return whole.to_string() };
    match kind.unit() {
        Unit::Share => percent((value * 10.0).round() as u32),
        Unit::Clock => mhz((value * 1000.0).round() as u32),
        Unit::Size => size(whole.max(0) as u64),
        Unit::Temperature => celsius((value * 1000.0).round() as i32),
        Unit::Plain => match kind {
            Kind::Total | Kind::Rail => power(whole),
            Kind::FanSpeed => rpm(whole),
            _ => whole.to_string(),
        },
    }
}

#[cfg(test)]
mod tests;
