//! The first page: what one looks for on a board, on one screen of any size.
//!
//! From the top, in the order of what may be cut off last: the title with the source and its age,
//! trouble if there is any, meters (RAM, swap, GPU, EMC), the cores, then engines, temperatures
//! and rails, side by side where the screen is wide enough, one after the other where it is not.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::paint::{Level, Paint};
use super::text::{engine_short, engine_value, free_block, label};
use super::unit::{celsius, mhz, of_memory, or_dash, percent, power, span};
use crate::snapshot::{Core, Engine, Snapshot};
use crate::source::{Origin, Sample};

/// Narrower than this, lists flow in one block.
const WIDE: u16 = 72;
/// A meter or a core with a bar needs so much room.
const METER: u16 = 38;
const CORE_BAR: u16 = 24;
const CORE_TEXT: u16 = 13;
/// A name and its value need so much room, and look lost in more than a list's.
const ITEM: u16 = 19;
const LIST: u16 = 44;

const KEYS: &str = " q quit   h help   Ctrl-Z suspend";

/// What the page is drawn from.
pub struct Page<'a> {
    /// The source.
    pub origin: Origin<'a>,
    /// Its sample.
    pub sample: Sample<'a>,
    /// How to draw.
    pub paint: Paint,
    /// What came of the last key, in place of the keys.
    pub notice: Option<&'a str>,
}

/// A name with its value.
struct Item {
    name: String,
    value: String,
    style: Style,
}

/// Draws the page.
pub fn draw(page: &Page, area: Rect, buffer: &mut Buffer) {
    let mut rows = Rows { left: area };
    title(page, rows.take(1), buffer);
    let alarm = alarm(page);
    if let Some(alarm) = &alarm {
        page.paint.text(buffer, rows.take(1), alarm, page.paint.alarm());
    }
    let footer = rows.take_last(if area.height > 5 { 1 } else { 0 });
    match page.notice {
        Some(notice) => page.paint.text(buffer, footer, &[" ", notice].concat(), Style::new()),
        None => page.paint.text(buffer, footer, KEYS, Style::new().add_modifier(Modifier::DIM)),
    }
    let Some(snapshot) = page.sample.snapshot else { return };
    meters(page.paint, snapshot, &mut rows, buffer);
    cores(page.paint, &snapshot.cpus, &mut rows, buffer);
    lists(page.paint, snapshot, &mut rows, buffer);
}

/// The rows that have not been used.
struct Rows {
    left: Rect,
}

impl Rows {
    /// Takes rows from the top, as many as there are.
    fn take(&mut self, height: u16) -> Rect {
        let height = height.min(self.left.height);
        let taken = Rect { height, ..self.left };
        self.left = Rect { y: self.left.y + height, height: self.left.height - height, ..self.left };
        taken
    }

    fn take_last(&mut self, height: u16) -> Rect {
        let height = height.min(self.left.height);
        self.left.height -= height;
        Rect { y: self.left.y + self.left.height, height, ..self.left }
    }
}

/// The cell of a grid, filled row by row.
fn cell(area: Rect, columns: u16, number: usize) -> Rect {
    let number = u16::try_from(number).unwrap_or(u16::MAX);
    let width = area.width / columns.max(1);
    let (row, column) = (number / columns.max(1), number % columns.max(1));
    let height = u16::from(row < area.height);
    Rect { x: area.x + column * width, y: area.y.saturating_add(row), width: width.saturating_sub(1), height }
}

fn title(page: &Page, line: Rect, buffer: &mut Buffer) {
    let paint = page.paint;
    // The mark of a simulated board comes before our name where both have no room.
    let name = if line.width < METER { "" } else { " JetsonScope " };
    paint.text(buffer, line, name, Style::new().add_modifier(Modifier::BOLD));
    let mut at = line.x + width_of(name);
    let origin = &page.origin;
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
    let time = page.sample.snapshot.map_or("", |snapshot| snapshot.timestamp.as_str());
    let after = rest(line, at.saturating_add(width_of(&source) + 1));
    paint.right(buffer, after, time, Style::new());
}

/// The part of a line from a column on.
fn rest(line: Rect, x: u16) -> Rect {
    let x = x.clamp(line.x, line.right());
    Rect { x, width: line.right() - x, ..line }
}

/// What nobody may overlook: a source that is silent, and why.
fn alarm(page: &Page) -> Option<String> {
    let sample = &page.sample;
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
    Some(format!(" {text} "))
}

fn meters(paint: Paint, s: &Snapshot, rows: &mut Rows, buffer: &mut Buffer) {
    let mut found: Vec<(String, Option<u32>, String)> = Vec::new();
    let value = if rows.left.width < METER { engine_short } else { engine_value };
    if let Some(ram) = s.ram {
        let mut value = of_memory(ram.used_bytes, ram.total_bytes);
        if let Some(free) = s.free_block.filter(|_| rows.left.width >= 4 * METER) {
            value = format!("{value} lfb {}", free_block(free));
        }
        found.push(("RAM".into(), share(ram.used_bytes, ram.total_bytes), value));
    }
    if let Some(gpu) = s.engine("GR3D") {
        found.push(("GPU".into(), gpu.load_pm, value(gpu)));
    }
    if let Some(swap) = s.swap {
        let value = of_memory(swap.memory.used_bytes, swap.memory.total_bytes);
        found.push(("Swap".into(), share(swap.memory.used_bytes, swap.memory.total_bytes), value));
    }
    if let Some(emc) = s.engine("EMC").filter(|emc| emc.is_reading()) {
        found.push(("EMC".into(), emc.load_pm, value(emc)));
    }
    let columns = if rows.left.width >= 2 * METER { 2 } else { 1 };
    let area = rows.take(count_of(&found).div_ceil(columns));
    let used = found.iter().map(|(_, _, value)| width_of(value)).max().unwrap_or(0);
    for (number, (name, load, value)) in found.iter().enumerate() {
        let line = cell(area, columns, number);
        paint.text(buffer, line, name, paint.name());
        paint.right(buffer, line, value, Style::new());
        let bar = rest(line, line.x + 5);
        if let (Some(load), true) = (load, line.height > 0) {
            paint.bar(buffer, Rect { width: bar.width.saturating_sub(used + 1), ..bar }, *load);
        }
    }
}

fn width_of(text: &str) -> u16 {
    u16::try_from(text.chars().count()).unwrap_or(u16::MAX)
}

fn count_of<T>(items: &[T]) -> u16 {
    u16::try_from(items.len()).unwrap_or(u16::MAX)
}

fn share(used: u64, total: u64) -> Option<u32> {
    u32::try_from(used.saturating_mul(1000).checked_div(total)?).ok()
}

/// Cores with bars where they leave room for the rest, else as text.
fn cores(paint: Paint, cores: &[Core], rows: &mut Rows, buffer: &mut Buffer) {
    let count = count_of(cores);
    let fitting = |width: u16| (rows.left.width / width).clamp(1, 4);
    let columns = if rows.left.width >= 2 * METER { fitting(METER).max(2) } else { fitting(CORE_BAR) };
    let roomy = count.div_ceil(columns) <= rows.left.height / 2;
    let columns = if roomy { columns } else { (rows.left.width / CORE_TEXT).max(1) };
    let area = rows.take(count.div_ceil(columns));
    for (number, core) in cores.iter().enumerate() {
        let line = cell(area, columns, number);
        if line.height == 0 {
            return;
        }
        paint.text(buffer, line, &number.to_string(), paint.name());
        let value = rest(line, line.x + 3);
        match (core.load_pm, roomy) {
            (None, _) => paint.text(
                buffer,
                value,
                if core.freq_khz.is_none() && !core.unread { "off" } else { "-" },
                Style::new(),
            ),
            (Some(load), true) => {
                let clock = core.freq_khz.map(mhz);
                paint.right(
                    buffer,
                    value,
                    &format!("{:>5} {:>8}", percent(load), or_dash(clock)),
                    Style::new(),
                );
                paint.bar(buffer, Rect { width: value.width.saturating_sub(15), ..value }, load);
            }
            (Some(load), false) => {
                let clock = core.freq_khz.map(|khz| khz / 1000);
                let text = format!("{:>3}% {}", (load + 5) / 10, or_dash(clock));
                paint.text(buffer, value, &text, paint.level(Level::of_share(load)));
            }
        }
    }
}

fn lists(paint: Paint, s: &Snapshot, rows: &mut Rows, buffer: &mut Buffer) {
    let engines = engines(s, rows.left.width >= WIDE);
    let (temps, rails) = (temperatures(paint, s), rails(s, rows.left.width >= 3 * LIST));
    if rows.left.width >= WIDE {
        rows.take(1);
        let area = rows.take(rows.left.height);
        for (number, (heading, items)) in
            [("Engines", &engines), ("Temperatures", &temps), ("Power", &rails)].into_iter().enumerate()
        {
            let column = cell(Rect { width: area.width.min(3 * LIST), ..area }, 3, number);
            let column = Rect { height: area.height, ..column };
            list(paint, heading, items, column, buffer);
        }
        return;
    }
    let columns = (rows.left.width / ITEM).max(1);
    let area = rows.take(rows.left.height);
    let most = most(paint, s);
    let items: Vec<&Item> = most.iter().chain(&temps).chain(&rails).chain(&engines).collect();
    grid(paint, &items, area, columns, buffer);
}

/// What matters most where not all fits: the power of the board, and its hottest zone.
fn most(paint: Paint, s: &Snapshot) -> Vec<Item> {
    let power =
        s.total_mw().map(|(_, mw)| Item { name: "power".to_owned(), value: power(mw), style: Style::new() });
    let hottest = s.hottest().map(|(_, mc)| Item {
        name: "hottest".to_owned(),
        value: celsius(mc),
        style: paint.level(Level::of_temperature(mc)),
    });
    power.into_iter().chain(hottest).collect()
}

/// The items in columns; if there is no room for all, the last place says how many are missing.
fn grid(paint: Paint, items: &[&Item], area: Rect, columns: u16, buffer: &mut Buffer) {
    let room = usize::from(area.height) * usize::from(columns);
    let shown = if items.len() > room { room.saturating_sub(1) } else { items.len() };
    for (number, item) in items.iter().take(shown).enumerate() {
        draw_item(paint, item, cell(area, columns, number), buffer);
    }
    if shown < items.len() {
        let more = format!("+{} more", items.len() - shown);
        let style = Style::new().add_modifier(Modifier::BOLD);
        paint.text(buffer, cell(area, columns, shown), &more, style);
    }
}

/// A heading with its items below, in as many columns as are needed and fit.
fn list(paint: Paint, heading: &str, items: &[Item], area: Rect, buffer: &mut Buffer) {
    if items.is_empty() || area.height == 0 {
        return;
    }
    let style = Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED);
    paint.text(buffer, area, heading, style);
    let below = Rect { y: area.y + 1, height: area.height - 1, ..area };
    let needed = count_of(items).div_ceil(below.height.max(1));
    let columns = needed.clamp(1, (below.width / ITEM).max(1));
    grid(paint, &items.iter().collect::<Vec<_>>(), below, columns, buffer);
}

/// The value at the right; the name gives way to it.
fn draw_item(paint: Paint, item: &Item, line: Rect, buffer: &mut Buffer) {
    let value = width_of(&item.value);
    let name = Rect { width: line.width.saturating_sub(value + 1), ..line };
    paint.text(buffer, name, &item.name, paint.name());
    paint.right(buffer, line, &item.value, item.style);
}

fn engines(s: &Snapshot, wide: bool) -> Vec<Item> {
    let others = s
        .engines
        .iter()
        .filter(|engine| engine.is_reading() && engine.name != "GR3D" && engine.name != "EMC");
    let item = |engine: &Engine| Item {
        name: label(engine).to_owned(),
        value: match wide {
            true => engine_value(engine).trim().trim_start_matches("- ").trim().to_owned(),
            false => engine_short(engine),
        },
        style: Style::new(),
    };
    others.map(item).collect()
}

fn temperatures(paint: Paint, s: &Snapshot) -> Vec<Item> {
    let on = s.temps.iter().filter_map(|temp| {
        let mc = temp.reading_mc()?;
        Some(Item {
            name: temp.name.clone(),
            value: celsius(mc),
            style: paint.level(Level::of_temperature(mc)),
        })
    });
    let off =
        s.temps_off.iter().map(|name| Item { name: name.clone(), value: "off".into(), style: Style::new() });
    on.chain(off).collect()
}

fn rails(s: &Snapshot, with_mean: bool) -> Vec<Item> {
    let item = |name: &str, value: String| Item { name: name.to_owned(), value, style: Style::new() };
    let value = |now_mw: i32, avg_mw: i32| match with_mean {
        true => format!("{:>7}  mean {:>7}", power(i64::from(now_mw)), power(i64::from(avg_mw))),
        false => power(i64::from(now_mw)),
    };
    let shown = s.rails.iter().filter(|rail| !rail.is_open());
    let mut items: Vec<Item> = shown.map(|rail| item(&rail.name, value(rail.now_mw, rail.avg_mw))).collect();
    if let Some((name, mw)) = s.total_mw().filter(|(name, _)| *name == "sum of rails") {
        items.push(item(name, power(mw)));
    }
    items
}
