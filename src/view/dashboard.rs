//! The first page: what one looks for on a board, on one screen of any size.
//!
//! From the top, in the order of what may be cut off last: meters (RAM, swap, GPU, EMC), the cores,
//! then engines, temperatures and rails, side by side where the screen is wide enough, one after the
//! other where it is not. What the board is and how it is set stands above them where there is room,
//! else below.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::controls::of_text;
use super::layout::{Item, Rows, cell, count_of, grid, list, rest, width_of};
use super::more::More;
use super::page::Page;
use super::paint::{Paint, Tone};
use super::power::share_pm;
use super::text::{engine_short, engine_value, free_block, label};
use super::thermal::next_mc;
use super::unit::{celsius, mhz, of_memory, or_dash, percent, power, size, span};
use crate::order::sort;
use crate::snapshot::{Cluster, Engine, FanOwner, SUM_OF_RAILS, Snapshot, Temp};
use crate::wire::meta::UNKNOWN;

/// Narrower than this, lists flow in one block.
const WIDE: u16 = 72;
/// A meter or a core with a bar needs so much room.
const METER: u16 = 38;
/// Lower than this, what stands still comes last.
const ROOMY: u16 = 14;
const CORE_BAR: u16 = 24;
const CORE_TEXT: u16 = 18;
const CORE_LOAD: u16 = 8;
/// A longer name of a governor is cut: a bar says more.
const GOVERNOR: u16 = 11;
/// A name and its value need so much room, and look lost in more than a list's.
const ITEM: u16 = 19;
const LIST: u16 = 44;
/// A temperature with its trip point; power with its share of the whole, and with its mean, too.
const NEXT: u16 = 18;
const SHARE: u16 = 15;
const MEAN: u16 = 23;

/// What the help says of the page.
pub const HELP: &[&str] = &[
    "GPU is GR3D, EMC the memory controller, lfb the largest free",
    "blocks. Cores without a load are off.",
];

/// Draws the page.
pub fn draw(page: &mut Page, snapshot: &Snapshot) {
    let (paint, more, mut rows) = (page.paint, page.more, Rows { left: page.area });
    let roomy = page.area.height >= ROOMY && page.area.width >= WIDE;
    let buffer = &mut *page.buffer;
    if roomy {
        facts(paint, more, snapshot, &mut rows, buffer);
    }
    meters(paint, snapshot, &mut rows, buffer);
    cores(paint, snapshot, &mut rows, buffer);
    lists(paint, snapshot, &mut rows, buffer);
    if !roomy {
        facts(paint, more, snapshot, &mut rows, buffer);
    }
}

/// What the board is, how it is set, and what changes slowly.
fn facts(paint: Paint, more: &More, s: &Snapshot, rows: &mut Rows, buffer: &mut Buffer) {
    let mut page = Page::new(paint, more, rows.left, buffer);
    let meta = more.info.meta().filter(|_| !more.simulated);
    let known = |name| {
        let text = meta?.member(name).and_then(of_text)?;
        (!text.is_empty() && text != UNKNOWN).then(|| text.to_owned())
    };
    page.fact("board", known("module").or_else(|| known("model")));
    page.fact("L4T", known("l4t_version"));
    page.fact("JetPack", known("jetpack_version"));
    page.fact("mode", super::power::mode(&s.power_mode));
    page.fact("jetson_clocks", s.pinned.map(|pinned| pinned.name().to_owned()));
    for fan in s.fans.iter() {
        let rpm = fan.rpm.map_or(String::new(), |rpm| format!(" {rpm} rpm"));
        // A profile is nvfancontrol's: nobody else follows it.
        let profile = match fan.owner {
            FanOwner::Manual => " held".to_owned(),
            _ if fan.profile.is_empty() => String::new(),
            _ => [" ", &fan.profile].concat(),
        };
        page.fact("fan", fan.duty_pm().map(|duty| [&percent(duty), rpm.as_str(), &profile].concat()));
    }
    let parts = &s.ram_parts;
    for (name, bytes) in
        [("GPU memory", parts.gpu_bytes), ("buffers", parts.buffers_bytes), ("cached", parts.cached_bytes)]
    {
        page.fact(name, bytes.map(size));
    }
    page.fact("largest free block", s.free_block.map(free_block));
    let root = s.file_systems.iter().find(|disk| disk.name == "/").or_else(|| s.file_systems.first());
    page.fact("disk", root.map(|disk| of_memory(disk.used_bytes, disk.total_bytes)));
    let loads = s.load_average.map(|loads| loads.map(|load| format!("{}.{:02}", load / 100, load % 100)));
    page.fact("load", loads.map(|loads| loads.join(" ")));
    let up = |ms: u64| if ms < 60_000 { format!("{} s", ms / 1000) } else { span(u128::from(ms)) };
    page.fact("up", s.uptime_ms.map(up));
    page.end();
    let used = page.rows();
    rows.take(used);
}

fn meters(paint: Paint, s: &Snapshot, rows: &mut Rows, buffer: &mut Buffer) {
    let mut found: Vec<(String, Option<u32>, String)> = Vec::new();
    let value = if rows.left.width < METER { engine_short } else { engine_value };
    if let Some(ram) = s.ram {
        let value = of_memory(ram.used_bytes, ram.total_bytes);
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
        paint.text(buffer, line, name, Tone::Name);
        paint.right(buffer, line, value, Tone::Plain);
        let bar = rest(line, line.x + 5);
        if let (Some(load), true) = (load, line.height > 0) {
            paint.bar(buffer, Rect { width: bar.width.saturating_sub(used + 1), ..bar }, *load);
        }
    }
}

fn share(used: u64, total: u64) -> Option<u32> {
    u32::try_from(used.saturating_mul(1000).checked_div(total)?).ok()
}

/// Cores with bars where they leave room for the rest, else as text.
fn cores(paint: Paint, s: &Snapshot, rows: &mut Rows, buffer: &mut Buffer) {
    let count = count_of(&s.cpus);
    let fitting = |width: u16| (rows.left.width / width).clamp(1, 4);
    let columns = if rows.left.width >= 2 * METER { fitting(METER).max(2) } else { fitting(CORE_BAR) };
    let roomy = count.div_ceil(columns) <= rows.left.height / 2;
    let text = (rows.left.width / CORE_TEXT).max(1);
    // Where text takes more than half of the room, too, loads must do.
    let with_clock = roomy || count.div_ceil(text) <= rows.left.height / 2;
    let columns = match (roomy, with_clock) {
        (true, _) => columns,
        (_, true) => text,
        _ => (rows.left.width / CORE_LOAD).max(1),
    };
    let area = rows.take(count.div_ceil(columns));
    let longest = s.clusters.iter().map(|own| width_of(&own.governor)).max().unwrap_or(0).min(GOVERNOR);
    for (number, core) in s.cpus.iter().enumerate() {
        let line = cell(area, columns, number);
        if line.height == 0 {
            return;
        }
        paint.text(buffer, line, &number.to_string(), Tone::Name);
        let value = rest(line, line.x + 3);
        let clock = or_dash(core.freq_khz.map(mhz));
        match core.load_pm {
            None => {
                let is_off = core.freq_khz.is_none() && !core.unread;
                let text = if is_off { "off".to_owned() } else { ["- ", &clock].concat() };
                paint.text(buffer, value, &text, Tone::Plain);
            }
            Some(load) if !roomy => {
                let clock = if with_clock { [" ", &clock].concat() } else { String::new() };
                let text = format!("{:>3}%{clock}", load.saturating_add(5) / 10);
                paint.text(buffer, value, &text, Tone::of_share(load));
            }
            Some(load) => {
                let mut text = format!("{:>5} {clock:>8}", percent(load));
                if longest > 0 && line.width >= METER {
                    let governor = format!(" {:longest$}", governor(s, number), longest = longest.into());
                    text.extend(governor.chars().take(usize::from(longest) + 1));
                }
                let left = value.width.saturating_sub(width_of(&text) + 1);
                paint.right(buffer, value, &text, Tone::Plain);
                paint.bar(buffer, Rect { width: left, ..value }, load);
            }
        }
    }
}

/// What chooses the clock of a core; a dash where that is not known.
fn governor(s: &Snapshot, core: usize) -> &str {
    let of_core = |own: &&Cluster| own.cores.iter().any(|&number| usize::from(number) == core);
    s.clusters
        .iter()
        .find(of_core)
        .map(|own| own.governor.as_str())
        .filter(|name| !name.is_empty())
        .unwrap_or("-")
}

fn lists(paint: Paint, s: &Snapshot, rows: &mut Rows, buffer: &mut Buffer) {
    let is_wide = rows.left.width >= WIDE;
    // The room for a name and its value, in one of three lists or of the cells of a grid.
    let lists = Rect { width: rows.left.width.min(3 * LIST), ..rows.left };
    let columns = if is_wide { 3 } else { (rows.left.width / ITEM).max(1) };
    let room = (if is_wide { lists.width } else { 0 } / columns).saturating_sub(2);
    let engines = engines(s, is_wide);
    // A blank line and the heading are above the first.
    let (temps, (heading, rails)) =
        (temperatures(s, room, rows.left.height.saturating_sub(2)), rails(s, room));
    if is_wide {
        rows.take(1);
        let most = engines.len().max(temps.len()).max(rails.len()).saturating_add(1);
        let area = Rect { width: lists.width, ..rows.take(u16::try_from(most).unwrap_or(u16::MAX)) };
        for (number, (heading, items)) in
            [("Engines", &engines), ("Temperatures", &temps), (heading, &rails)].into_iter().enumerate()
        {
            let column = Rect { height: area.height, ..cell(area, columns, number) };
            list(paint, heading, items, column, buffer);
        }
        return;
    }
    let most = most(s);
    let items: Vec<&Item> = most.iter().chain(&temps).chain(&rails).chain(&engines).collect();
    let area = rows.take(count_of(&items).div_ceil(columns));
    grid(paint, &items, area, columns, buffer);
}

/// The width of the longest.
fn longest<'a>(names: impl Iterator<Item = &'a str>) -> u16 {
    names.map(width_of).max().unwrap_or(0)
}

/// What matters most where not all fits: the power of the board, and its hottest zone.
fn most(s: &Snapshot) -> Vec<Item> {
    let power =
        s.total_mw().map(|(_, mw)| Item { name: "power".to_owned(), value: power(mw), tone: Tone::Plain });
    let hottest = s.hottest().map(|(_, mc)| Item {
        name: "hottest".to_owned(),
        value: celsius(mc),
        tone: Tone::of_temperature(mc),
    });
    power.into_iter().chain(hottest).collect()
}

fn engines(s: &Snapshot, wide: bool) -> Vec<Item> {
    let others = |off: bool| {
        let is =
            move |engine: &&Engine| engine.is_off() == off && engine.name != "GR3D" && engine.name != "EMC";
        s.engines.iter().filter(is)
    };
    let item = |engine: &Engine| Item {
        name: label(engine).to_owned(),
        value: match wide {
            true => engine_value(engine).trim().trim_start_matches("- ").trim().to_owned(),
            false => engine_short(engine),
        },
        tone: Tone::Plain,
    };
    // What is on comes first: the rest may be cut.
    others(false).chain(others(true)).map(item).collect()
}

/// Each against its next trip point, where no name is cut for that; the hottest first, where not all fit.
fn temperatures(s: &Snapshot, room: u16, most: u16) -> Vec<Item> {
    let with_next = longest(s.temps.iter().map(|temp| temp.name.as_str())).saturating_add(NEXT) <= room;
    let mut temps: Vec<&Temp> = s.temps.iter().collect();
    if count_of(&temps) > most {
        sort(&mut temps, |a, b| a.now_mc > b.now_mc);
    }
    let on = temps.into_iter().filter_map(|temp| {
        let mc = temp.reading_mc()?;
        let value = match next_mc(temp, mc).filter(|_| with_next) {
            Some(next) => [&celsius(mc), " of ", &celsius(next)].concat(),
            None => celsius(mc),
        };
        Some(Item { name: temp.name.clone(), value, tone: super::thermal::tone(temp, mc) })
    });
    let off =
        s.temps_off.iter().map(|name| Item { name: name.clone(), value: "off".into(), tone: Tone::Plain });
    on.chain(off).collect()
}

/// What stands above the rails, and each with its mean and its share of the whole, where no name is cut
/// for that.
fn rails(s: &Snapshot, room: u16) -> (&'static str, Vec<Item>) {
    let total = s.total_mw();
    let shown = || s.rails.iter().filter(|rail| !rail.is_open());
    let room = room.saturating_sub(longest(shown().map(|rail| rail.name.as_str())));
    let (with_mean, with_share) = (room >= MEAN, room >= SHARE && total.is_some());
    let item = |name: &str, value: String| Item { name: name.to_owned(), value, tone: Tone::Plain };
    let value = |now_mw: i32, avg_mw: i32| {
        let mut value = power(i64::from(now_mw));
        if with_mean {
            value = format!("{value} {:>7}", power(i64::from(avg_mw)));
        }
        if let Some((_, mw)) = total.filter(|_| with_share) {
            value = format!("{value} {:>5}", or_dash(share_pm(now_mw, mw).map(percent)));
        }
        value
    };
    let mut items: Vec<Item> =
        shown().map(|rail| item(&rail.name, value(rail.now_mw, rail.avg_mw))).collect();
    if let Some((name, mw)) = total.filter(|(name, _)| *name == SUM_OF_RAILS) {
        items.push(item(name, power(mw)));
    }
    let heading = match (with_mean, with_share) {
        (true, true) => "Power: now, mean, share",
        (true, false) => "Power: now, mean",
        (false, true) => "Power: now, share",
        (false, false) => "Power",
    };
    (heading, items)
}
