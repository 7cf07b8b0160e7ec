//! Curves for the fan: files that say which duty goes with which temperature. jetsonscope-curve(5) has
//! their keys; the control `fan` follows them.
//!
//! Read once when a curve is chosen, below the root that is given; a file that is wrong in any line is
//! refused as a whole, with that line.

use std::time::Duration;

use crate::config::file;
use crate::order;
use crate::quote::quoted;
use crate::root::Root;
use crate::sys;

/// Where curves are: those of the administrator, then those that were installed.
const PLACES: [&str; 3] = [
    "etc/jetsonscope/curves",
    "usr/share/jetsonscope/curves",
    // `make install` without a PREFIX.
    "usr/local/share/jetsonscope/curves",
];
/// What their names end with.
const END: &str = ".conf";
/// Most bytes of a file; a usual one has 300.
const LARGEST: u64 = 16 * 1024;
/// Most curves that are listed.
const MOST: usize = 64;
/// Most points of a curve.
const MOST_POINTS: usize = 16;
/// Most zones that a curve chooses.
const MOST_ZONES: usize = 16;
/// From here on a curve may not stop the fan, milli-degrees Celsius: where a manual duty has its floor.
const NEVER_OFF_MC: i32 = 70_000;

/// A curve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Curve {
    /// Temperatures, milli-degrees Celsius, which rise, and the duty at each, per mille, which does not
    /// fall. Never empty.
    pub points: Vec<(i32, u32)>,
    /// How far it must get cooler before the duty falls, milli-degrees Celsius.
    pub hysteresis_mc: i32,
    /// The least duty but for 0, per mille: many fans do not turn below it.
    pub minimum_pm: u32,
    /// The duty that gets a fan to turn, per mille, and how long it is given.
    pub kick_pm: u32,
    /// See there.
    pub kick: Duration,
    /// How fast the duty falls, per mille a second; `u32::MAX` is at once.
    pub slew_pm: u32,
    /// The zones whose hottest one counts; all when empty.
    pub zones: Vec<String>,
}

impl Curve {
    /// One duty at all temperatures, taken at once: what a person asks for.
    pub fn flat(duty_pm: u32) -> Curve {
        Curve {
            points: vec![(0, duty_pm)],
            hysteresis_mc: 0,
            minimum_pm: 0,
            kick_pm: 0,
            kick: Duration::ZERO,
            slew_pm: u32::MAX,
            zones: Vec::new(),
        }
    }

    /// What a file has that says no more than its points.
    fn usual() -> Curve {
        Curve {
            points: Vec::new(),
            hysteresis_mc: 3000,
            minimum_pm: 200,
            kick_pm: 1000,
            kick: Duration::from_secs(1),
            slew_pm: 50,
            zones: Vec::new(),
        }
    }

    /// The duty at a temperature, per mille: that of the line, or the least one.
    pub fn duty(&self, mc: i32) -> u32 {
        match self.line(mc) {
            0 => 0,
            duty => duty.max(self.minimum_pm),
        }
    }

    /// Straight between the points, level outside of them.
    fn line(&self, mc: i32) -> u32 {
        let mut below: Option<(i32, u32)> = None;
        for &(point_mc, pm) in &self.points {
            if mc < point_mc {
                let Some((low_mc, low_pm)) = below else { return pm };
                let (done, whole) =
                    (i64::from(mc) - i64::from(low_mc), i64::from(point_mc) - i64::from(low_mc));
                let rise = i64::from(pm.saturating_sub(low_pm)) * done / whole.max(1);
                return low_pm.saturating_add(u32::try_from(rise).unwrap_or_default());
            }
            below = Some((point_mc, pm));
        }
        below.map_or(1000, |(_, pm)| pm)
    }

    /// Whether a zone counts; names differ in their case from release to release.
    pub fn counts(&self, zone: &str) -> bool {
        self.zones.is_empty() || self.zones.iter().any(|name| name.eq_ignore_ascii_case(zone))
    }
}

/// The curves that are installed with the programs, for boards where they are not.
const SHIPPED: [(&str, &str); 3] = [
    ("balanced", include_str!("../../packaging/curves/balanced.conf")),
    ("cold", include_str!("../../packaging/curves/cold.conf")),
    ("silent", include_str!("../../packaging/curves/silent.conf")),
];

/// The names of all curves of a board.
pub fn names(root: &Root) -> Vec<String> {
    let mut names: Vec<String> = SHIPPED.iter().map(|(name, _)| (*name).to_owned()).collect();
    for place in PLACES {
        for entry in root.names(place) {
            let name = entry.strip_suffix(END).filter(|name| is_name(name));
            let Some(name) = name.filter(|name| !names.iter().any(|known| known == name)) else { continue };
            if names.len() < MOST {
                names.push(name.to_owned());
            }
        }
    }
    order::sort(&mut names, |a, b| a < b);
    names
}

/// Letters, digits, `-` and `_`, at most 32 of them.
fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=32).contains(&name.len()) && name.bytes().all(plain)
}

/// Reads the curve of that name; one of the administrator hides an installed one.
///
/// # Errors
/// `curve NAME: why`, or `/FILE:LINE: why` for what is wrong in the file.
pub fn load(root: &Root, name: &str) -> Result<Curve, String> {
    let unknown = || ["curve \"", name, "\": no such curve (/etc/jetsonscope/curves)"].concat();
    if !is_name(name) {
        return Err(unknown());
    }
    let paths = PLACES.map(|place| [place, "/", name, END].concat());
    let Some(path) = paths.iter().find(|path| root.has(path)) else {
        let (_, text) = SHIPPED.iter().find(|(own, _)| *own == name).ok_or_else(unknown)?;
        return parse(text.as_bytes()).map_err(|(line, why)| format!("{name}:{line}: {why}"));
    };
    let bytes =
        root.read(path, LARGEST + 1).map_err(|error| ["/", path, ": ", &sys::reason(&error)].concat())?;
    if bytes.len() as u64 > LARGEST {
        return Err(["/", path, ": larger than 16 KiB"].concat());
    }
    parse(&bytes).map_err(|(line, why)| format!("/{path}:{line}: {why}"))
}

/// Reads a file's content.
///
/// # Errors
/// The number of the line that is wrong, the last one for what is missing, and why it is.
pub fn parse(bytes: &[u8]) -> Result<Curve, (usize, String)> {
    let mut curve = Curve::usual();
    let mut seen: Vec<&str> = Vec::new();
    let mut last = 1;
    for (number, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        last = number + 1;
        let setting = file::setting(line).map_err(|why| (last, why.to_owned()))?;
        let Some((key, value)) = setting else { continue };
        if seen.contains(&key) {
            return Err((last, [key, ": stands twice"].concat()));
        }
        let Some((name, set, range)) = KEYS.iter().find(|row| row.0 == key) else {
            return Err((last, ["no such key ", &quoted(key)].concat()));
        };
        seen.push(name);
        if set(&mut curve, value).is_none() {
            return Err((last, [name, ": bad value ", &quoted(value), " (", range, ")"].concat()));
        }
    }
    match curve.points.is_empty() {
        true => Err((last, "no points".to_owned())),
        false => Ok(curve),
    }
}

/// Sets a key from its text; `None` when that is wrong.
type Set = fn(&mut Curve, &str) -> Option<()>;

/// The keys, how each is set and what it takes.
const KEYS: &[(&str, Set, &str)] = &[
    (
        "points",
        set_points,
        "2 to 16 of C:PERCENT, rising from 0 to 120 C and from 0 to 100 %, never 0 % from 70 C on",
    ),
    ("hysteresis", set_hysteresis, "0 to 20 C"),
    ("minimum", set_minimum, "0 to 100 %"),
    ("kick_start", set_kick, "0 to 100 % for 100ms to 10s"),
    ("slew", set_slew, "1 to 100 % a second"),
    ("zones", set_zones, "1 to 16 names of thermal zones"),
];

fn set_points(curve: &mut Curve, text: &str) -> Option<()> {
    for word in text.split_ascii_whitespace() {
        let (temp, duty) = word.split_once(':')?;
        let point = (thousandths(temp, 0, 120)?, percent(duty)?);
        let rises = curve.points.last().is_none_or(|last| last.0 < point.0 && last.1 <= point.1);
        if !rises || curve.points.len() >= MOST_POINTS || (point.1 == 0 && point.0 >= NEVER_OFF_MC) {
            return None;
        }
        curve.points.push(point);
    }
    let ends_on = curve.points.last().is_some_and(|last| last.1 > 0);
    (ends_on && curve.points.len() >= 2).then_some(())
}

fn set_hysteresis(curve: &mut Curve, text: &str) -> Option<()> {
    curve.hysteresis_mc = thousandths(text, 0, 20)?;
    Some(())
}

fn set_minimum(curve: &mut Curve, text: &str) -> Option<()> {
    curve.minimum_pm = percent(text)?;
    Some(())
}

fn set_slew(curve: &mut Curve, text: &str) -> Option<()> {
    curve.slew_pm = percent(text).filter(|pm| *pm > 0)?;
    Some(())
}

fn set_kick(curve: &mut Curve, text: &str) -> Option<()> {
    let (duty, time) = text.split_once(" for ")?;
    let time = time.trim();
    let ms = match time.strip_suffix("ms") {
        Some(ms) => digits(ms)?,
        None => digits(time.strip_suffix('s')?)?.checked_mul(1000)?,
    };
    let within = (100..=10_000).contains(&ms);
    (curve.kick_pm, curve.kick) = (percent(duty.trim())?, Duration::from_millis(u64::from(ms)));
    within.then_some(())
}

fn set_zones(curve: &mut Curve, text: &str) -> Option<()> {
    curve.zones = text.split_ascii_whitespace().take(MOST_ZONES + 1).map(str::to_owned).collect();
    (1..=MOST_ZONES).contains(&curve.zones.len()).then_some(())
}

/// A whole number without a sign.
fn digits(text: &str) -> Option<u32> {
    if text.starts_with('+') { None } else { text.parse().ok() }
}

/// A whole number of degrees, in thousandths.
fn thousandths(text: &str, least: u32, most: u32) -> Option<i32> {
    let value = digits(text).filter(|value| (least..=most).contains(value))?;
    i32::try_from(value).ok()?.checked_mul(1000)
}

/// A percentage, `60` or `60%`, in per mille.
pub(super) fn percent(text: &str) -> Option<u32> {
    let number = text.strip_suffix('%').map_or(text, str::trim_end);
    digits(number).filter(|percent| *percent <= 100).map(|percent| percent * 10)
}

#[cfg(test)]
#[path = "curve_tests.rs"]
mod tests;
