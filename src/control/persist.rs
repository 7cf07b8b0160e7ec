//! What is to be set at each start: `/etc/jetsonscope/persist.conf`, one `control = value` a line in
//! the syntax of the configuration, below the number of the board that they are meant for. People may
//! edit it: comments, blank lines and what is not understood stay where they are, and a broken line
//! keeps no other from being applied.

use std::io;

use super::plan::Step;
use super::{Kind, Refusal, clocks, run, whole};
use crate::board::Board;
use crate::config::file::setting;
use crate::root::Root;
use crate::snapshot::Pinned;

/// The file.
pub const PATH: &str = "etc/jetsonscope/persist.conf";
/// Bytes taken of it; a wish for each control is less than one kB.
const LARGEST: u64 = 64 * 1024;
const HEAD: &str = "# Set at each start of jscoped: written by jscopectl set --persist, see jscopectl(1).\n";
/// The key of the board's number.
const BOARD: &str = "board";
/// The controls in the order that makes sense: a power mode sets cores and limits, jetson_clocks pins
/// what the limits leave, and the fan waits for all of them.
const ORDER: [&str; 14] = [
    "preset",
    "nvpmodel",
    "cpu_cores",
    "gpu_railgate",
    "gpu_3d_scaling",
    "cpu_governor",
    "gpu_governor",
    "cpu_max_freq",
    "cpu_min_freq",
    "gpu_max_freq",
    "gpu_min_freq",
    "emc",
    "jetson_clocks",
    "fan",
];
/// Those that jetson_clocks stands against while it is on.
const BELOW_CLOCKS: std::ops::Range<usize> = 5..12;

/// What the file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Persisted {
    /// The number of the module that it is meant for; `None` where it does not say, for any.
    pub board: Option<String>,
    /// Controls and what they are to be, in the order of the file, each once.
    pub wishes: Vec<(String, String)>,
    /// What is wrong in it, a line each: `file:line: why "text"`.
    pub odd: Vec<String>,
}

/// Writes down that a control is to be set at each start. The wishes for another board are turned
/// into comments.
///
/// # Errors
/// The value cannot stand in such a file; those of reading and writing, then nothing is changed.
pub fn store(root: &Root, control: &str, value: &str) -> Result<(), Refusal> {
    let line = [control, " = ", &quoted(control, value)?].concat();
    let old = text_of(root)?;
    let here = whole(root, PATH, || Ok(Board::read(root, false).board_id.map(|board| board.text)))?;
    let mut stored = None;
    let mut text = String::new();
    let meant = find(&old, BOARD);
    let is_other = meant.is_some() && here.is_some() && meant != here;
    for old in old.lines() {
        match parsed(old) {
            Some((BOARD, _)) if is_other => {}
            Some(_) if is_other => push(&mut text, &["# of another board: ", old].concat()),
            Some((name, _)) if name == control => {
                if stored.replace(()).is_none() {
                    push(&mut text, &line);
                }
            }
            _ => push(&mut text, old),
        }
    }
    if old.is_empty() {
        text.push_str(HEAD);
    }
    if let Some(here) = here.filter(|_| is_other || meant.is_none()) {
        push(&mut text, &[BOARD, " = ", &here].concat());
    }
    if stored.is_none() {
        push(&mut text, &line);
    }
    write(root, &text)
}

/// Forgets what was to be set at each start, of one control or of all. Whoever calls it, or [`store`],
/// holds the lock of the board: a desk does.
///
/// # Errors
/// Nothing is kept of it; those of reading and writing.
pub fn forget(root: &Root, control: Option<&str>) -> Result<(), Refusal> {
    let old = text_of(root)?;
    let (mut text, mut forgotten, mut left) = (String::new(), false, false);
    for line in old.lines() {
        match parsed(line) {
            Some((name, _)) if name != BOARD && control.is_none_or(|control| control == name) => {
                forgotten = true;
            }
            parsed => {
                left |= parsed.is_some_and(|(name, _)| name != BOARD);
                push(&mut text, line);
            }
        }
    }
    if !forgotten {
        let what = control.unwrap_or("persist");
        return Err(Refusal::unsupported(what, "nothing is kept (jscopectl persist list)"));
    }
    if left {
        return write(root, &text);
    }
    root.remove(PATH).map_err(|error| run::failed(PATH, &error))
}

/// Reads the file; where there is none there are no wishes.
pub fn read(root: &Root) -> Persisted {
    let mut persisted = Persisted::default();
    let bytes = match bytes_of(root) {
        Ok(bytes) => bytes,
        Err(refusal) => {
            persisted.odd.push(refusal.why);
            return persisted;
        }
    };
    for (number, line) in (1u32..).zip(bytes.split(|&byte| byte == b'\n')) {
        if let Err(why) = take(line, &mut persisted) {
            let line = String::from_utf8_lossy(line);
            let line: String = line.chars().filter(|c| !c.is_control()).take(60).collect();
            persisted.odd.push(format!("/{PATH}:{number}: {why} \"{line}\""));
        }
    }
    persisted
}

fn take(line: &[u8], persisted: &mut Persisted) -> Result<(), &'static str> {
    let Some((name, value)) = setting(line)? else { return Ok(()) };
    if value.is_empty() {
        return Err("no value");
    }
    if name == BOARD {
        let first = persisted.board.is_none();
        persisted.board = Some(value.to_owned());
        return if first { Ok(()) } else { Err("a second board; this one counts") };
    }
    if !ORDER.contains(&name) {
        return Err("no such control");
    }
    if let Some((_, old)) = persisted.wishes.iter_mut().find(|(known, _)| known == name) {
        *old = value.to_owned();
        return Err("the control stands here before; this one counts");
    }
    persisted.wishes.push((name.to_owned(), value.to_owned()));
    Ok(())
}

/// The steps that set all of it, in an order that makes sense; none where nothing is kept.
///
/// # Errors
/// Why all of it is skipped: it is meant for another board.
pub fn plan(root: &Root) -> Result<Vec<Step>, String> {
    let Persisted { board, wishes, .. } = read(root);
    if wishes.is_empty() {
        return Ok(Vec::new());
    }
    if let Some(board) = board {
        let here = Board::read(root, false).board_id.map(|here| here.text);
        let here = here.as_deref().unwrap_or("unknown");
        if here != board {
            return Err(format!(
                "/{PATH}: is for board \"{board}\", and this is \"{here}\" (jscopectl persist)"
            ));
        }
    }
    let wish = |name: &str| wishes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    // They are in force below the pinned clocks, since an earlier start.
    let pinned = wish("jetson_clocks") == Some("on") && clocks::state(root) == Some(Pinned::On);
    let mut steps = Vec::new();
    for (place, name) in ORDER.iter().enumerate() {
        let Some(value) = wish(name).filter(|_| !pinned || !BELOW_CLOCKS.contains(&place)) else { continue };
        let lower = name.replace("_max_", "_min_");
        if lower != *name && wish(&lower).is_some() {
            // From the bottom up the two limits never meet.
            steps.push(set(&lower, "min"));
        }
        steps.push(set(name, value));
    }
    Ok(steps)
}

fn set(control: &str, value: &str) -> Step {
    Step::Set { control: control.to_owned(), value: value.to_owned(), optional: true }
}

/// A line's key and value, when it is a setting.
fn parsed(line: &str) -> Option<(&str, &str)> {
    setting(line.as_bytes()).ok().flatten()
}

fn find(text: &str, key: &str) -> Option<String> {
    text.lines().filter_map(parsed).rfind(|(name, _)| *name == key).map(|(_, value)| value.to_owned())
}

fn push(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

/// A value as it may stand behind the sign, read again as the same.
fn quoted(control: &str, value: &str) -> Result<String, Refusal> {
    let forms = [value.to_owned(), ["\"", value, "\""].concat(), ["'", value, "'"].concat()];
    let is_same = |form: &String| !value.is_empty() && parsed(&["a = ", form].concat()) == Some(("a", value));
    let form = forms.into_iter().find(|form| is_same(form) && !form.contains(['\n', '\r']));
    form.ok_or_else(|| Refusal::value(control, value, "it cannot be kept in a file"))
}

fn bytes_of(root: &Root) -> Result<Vec<u8>, Refusal> {
    match root.read(PATH, LARGEST + 1) {
        Ok(bytes) if bytes.len() as u64 > LARGEST => {
            Err(Refusal::new(Kind::Failed, ["/", PATH, ": too long"].concat()))
        }
        Ok(bytes) => Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(run::failed(PATH, &error)),
    }
}

/// The file to be changed: one that cannot be written again as it was is left alone.
fn text_of(root: &Root) -> Result<String, Refusal> {
    let text = String::from_utf8(bytes_of(root)?);
    text.map_err(|_| Refusal::new(Kind::Failed, ["/", PATH, ": not UTF-8"].concat()))
}

fn write(root: &Root, text: &str) -> Result<(), Refusal> {
    root.replace(PATH, text.as_bytes(), 0o644).map_err(|error| run::failed(PATH, &error))
}

#[cfg(test)]
#[path = "persist_tests.rs"]
mod tests;
