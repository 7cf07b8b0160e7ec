//! A kernel file that is read at each sample: opened once, then one `pread` at 0.
//!
//! A file that is absent, one that may not be read, and one that fails now are three things, and
//! the [`Tally`] counts them; a file that cannot be opened is tried again after a pause that doubles
//! from one second to a minute. Reading allocates only when the state of a file changes.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::Root;
use crate::scan;
use crate::sys;

/// Bytes taken of a file; the cpu lines of /proc/stat and all of /proc/meminfo are a fourth of it.
const LARGEST: usize = 16 * 1024;
/// The least that the kernel has for the lines of a list that it gives at once.
const PAGE: usize = 4096;
/// A value longer than that is none: the longest real one is `4294967295 ma`.
const LONGEST_VALUE: usize = 64;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How a file did when it was last looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum State {
    /// Not looked at yet.
    #[default]
    Unread,
    /// It gave a value.
    Good,
    /// It is not there.
    Absent,
    /// This user may not read it.
    Denied,
    /// It is there and gives no value now.
    Failing,
    /// The same, and it says so itself (EAGAIN, EBUSY, EINVAL): its block has no power.
    Off,
}

/// One file that is read again and again.
#[derive(Debug, Default)]
pub struct Node {
    relative: String,
    file: Option<File>,
    state: State,
    why: Option<Rc<str>>,
    again: Option<Instant>,
    pause: Duration,
}

impl Node {
    /// A file of the root, opened when it is first read.
    pub fn new(relative: impl Into<String>) -> Node {
        Node { relative: relative.into(), ..Node::default() }
    }

    /// Its path below the root.
    pub fn path(&self) -> &str {
        &self.relative
    }

    /// How it did when it was last looked at.
    pub fn state(&self) -> State {
        self.state
    }
}

/// How the files of a collector did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Reads (system calls).
    pub reads: u32,
    /// Files that gave a value.
    pub good: u32,
    /// Files that are not there.
    pub absent: u32,
    /// Files that this user may not read.
    pub denied: u32,
    /// Files that give no value now.
    pub failing: u32,
    /// What is wrong with one of the denied or failing files.
    pub why: Option<Rc<str>>,
}

/// Reads nodes: it has the buffer, the time of the tick, and the tally.
#[derive(Debug)]
pub struct Reader {
    /// The root whose files are read.
    pub root: Root,
    now: Instant,
    buffer: Box<[u8]>,
    tally: Tally,
}

impl Reader {
    /// A reader of that root.
    pub fn new(root: Root, now: Instant) -> Reader {
        let buffer = vec![0; LARGEST].into_boxed_slice();
        Reader { root, now, buffer, tally: Tally::default() }
    }

    /// Begins a tick: the time from which pauses count.
    pub fn tick(&mut self, now: Instant) {
        self.now = now;
    }

    /// The time of the tick.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// The tally since it was last taken.
    pub fn take_tally(&mut self) -> Tally {
        std::mem::take(&mut self.tally)
    }

    /// What the file holds, up to the size of the buffer, of which the last line may be left out;
    /// an empty file is a failing one.
    pub fn bytes(&mut self, node: &mut Node) -> Option<&[u8]> {
        let length = self.fill(node)?;
        if length == 0 {
            self.no_value(node, 0);
            return None;
        }
        self.change(node, State::Good, String::new);
        self.buffer.get(..whole(&self.buffer, length))
    }

    /// The lines that the file holds, up to the size of the buffer. The kernel gives a list (mounts,
    /// disks, interfaces) a page at a time at most, in whole lines; what is read in part is left out.
    pub fn lines(&mut self, node: &mut Node) -> Option<&[u8]> {
        let length = self.fill(node)?;
        if length == 0 {
            self.no_value(node, 0);
            return None;
        }
        let length = match &node.file {
            Some(file) => read_on(file, &mut self.buffer, length, &mut self.tally.reads),
            None => length,
        };
        self.change(node, State::Good, String::new);
        self.buffer.get(..length)
    }

    /// The number that the file holds; behind it may stand a unit (`32760 ma`), nothing else.
    /// What is no number is a failing file.
    pub fn number(&mut self, node: &mut Node) -> Option<i64> {
        self.value(node, number)
    }

    /// The number of a file that holds none below zero.
    pub fn unsigned(&mut self, node: &mut Node) -> Option<u64> {
        self.value(node, |text| u64::try_from(number(text)?).ok())
    }

    /// The same, of at most 32 bits.
    pub fn small(&mut self, node: &mut Node) -> Option<u32> {
        self.value(node, |text| u32::try_from(number(text)?).ok())
    }

    /// The text of a file that holds one short line, put into `into`; nothing otherwise.
    pub fn text(&mut self, node: &mut Node, into: &mut String) {
        into.clear();
        self.value(node, |text| {
            let text = std::str::from_utf8(text.trim_ascii()).ok()?;
            let short = (1..=LONGEST_VALUE).contains(&text.len()) && !text.contains(char::is_control);
            short.then(|| into.push_str(text))
        });
    }

    /// What `read` makes of the file; where it makes nothing, the file fails.
    pub fn value<T>(&mut self, node: &mut Node, read: impl FnOnce(&[u8]) -> Option<T>) -> Option<T> {
        let length = self.fill(node)?;
        let value = read(self.buffer.get(..length).unwrap_or_default());
        match value {
            Some(_) => self.change(node, State::Good, String::new),
            None => self.no_value(node, length),
        }
        value
    }

    /// What `read` makes of a file that is opened for this once: one that programs write anew, so
    /// that a file kept open would show the old one. `None` when it cannot be read.
    pub fn once<T>(&mut self, relative: &str, read: impl FnOnce(&[u8]) -> T) -> Option<T> {
        self.root.fault(relative).ok()?;
        let file = self.root.open(relative).ok()?;
        self.tally.reads += 1;
        let length = file.read_at(&mut self.buffer, 0).ok()?;
        self.tally.good += 1;
        let length = read_on(&file, &mut self.buffer, length, &mut self.tally.reads);
        self.buffer.get(..length).map(read)
    }

    fn no_value(&mut self, node: &mut Node, length: usize) {
        let text = self.buffer.get(..length.min(20)).unwrap_or_default();
        let why = || format!("no value in \"{}\"", text.escape_ascii());
        let why = (node.state != State::Failing).then(why).unwrap_or_default();
        self.change(node, State::Failing, || why);
    }

    /// Reads the file into the buffer; gives the length.
    fn fill(&mut self, node: &mut Node) -> Option<usize> {
        if node.file.is_none() && !self.open(node) {
            return None;
        }
        let mut result = self.read_once(node);
        if node.state == State::Good && would_block(&result) {
            result = self.read_once(node); // a healthy zone of Thor refuses now and then
        }
        let error = match result {
            Ok(length) => return Some(length),
            Err(error) => error,
        };
        match error.raw_os_error() {
            // A gated zone, an engine without power, a cluster whose cores are all off.
            Some(libc::EAGAIN | libc::EBUSY | libc::EINVAL) => self.change(node, State::Off, String::new),
            // Its device was unbound: what has its number next may be another one.
            Some(libc::ENODEV | libc::ENXIO) => {
                self.rest(node);
                self.change(node, State::Absent, || sys::reason(&error));
            }
            _ => {
                self.rest(node);
                self.change(node, State::Failing, || sys::reason(&error));
            }
        }
        None
    }

    fn read_once(&mut self, node: &Node) -> io::Result<usize> {
        self.tally.reads += 1;
        self.root.fault(&node.relative)?;
        let file = node.file.as_ref().ok_or(io::ErrorKind::NotFound)?;
        file.read_at(&mut self.buffer, 0)
    }

    /// Opens the file unless it has to wait; false when it stays closed.
    fn open(&mut self, node: &mut Node) -> bool {
        if node.again.is_some_and(|again| self.now < again) {
            self.count(node);
            return false;
        }
        match self.root.open(&node.relative) {
            Ok(file) => {
                node.file = Some(file);
                true
            }
            Err(error) => {
                self.rest(node);
                let state = match error.kind() {
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => State::Absent,
                    io::ErrorKind::PermissionDenied => State::Denied,
                    _ => State::Failing,
                };
                self.change(node, state, || sys::reason(&error));
                false
            }
        }
    }

    /// Closes the file and has it wait before it is opened again.
    fn rest(&mut self, node: &mut Node) {
        node.file = None;
        node.pause = (node.pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
        node.again = Some(self.now + node.pause);
    }

    fn change(&mut self, node: &mut Node, state: State, why: impl FnOnce() -> String) {
        if node.state != state {
            if matches!(state, State::Good | State::Off) {
                (node.why, node.pause, node.again) = (None, Duration::ZERO, None);
            } else {
                node.why = Some(format!("{}: {}", node.relative, why()).into());
            }
            node.state = state;
        }
        self.count(node);
    }

    fn count(&mut self, node: &Node) {
        let count = match node.state {
            State::Unread | State::Off => return,
            State::Good => &mut self.tally.good,
            State::Absent => &mut self.tally.absent,
            State::Denied => &mut self.tally.denied,
            State::Failing => &mut self.tally.failing,
        };
        *count += 1;
        if matches!(node.state, State::Denied | State::Failing) {
            self.tally.why.clone_from(&node.why);
        }
    }
}

/// Reads what follows the first `length` bytes of a list into the buffer; gives the length of all
/// whole lines. Half a page is more than any line, so less than that was all there is.
fn read_on(file: &File, buffer: &mut [u8], mut length: usize, reads: &mut u32) -> usize {
    let mut last = length;
    while last >= PAGE / 2 {
        let Some(rest) = buffer.get_mut(length..).filter(|rest| !rest.is_empty()) else { break };
        *reads += 1;
        last = file.read_at(rest, length as u64).unwrap_or(0);
        length += last;
    }
    whole(buffer, length)
}

/// The length without a line that did not fit: half a number is none.
fn whole(buffer: &[u8], length: usize) -> usize {
    let end = if length < buffer.len() { None } else { buffer.iter().rposition(|&byte| byte == b'\n') };
    end.map_or(length, |end| end + 1)
}

fn would_block(result: &io::Result<usize>) -> bool {
    result.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
}

/// A number, and behind it nothing but white space or a unit in letters.
fn number(text: &[u8]) -> Option<i64> {
    if text.len() > LONGEST_VALUE {
        return None;
    }
    let text = text.strip_suffix(b"\0").unwrap_or(text).trim_ascii();
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        _ => (false, text),
    };
    let (size, rest) = scan::apart::number(digits)?;
    let size = i64::try_from(size).ok()?;
    let clean = rest.strip_prefix(b" ").unwrap_or(rest).iter().all(u8::is_ascii_alphabetic);
    clean.then_some(if negative { -size } else { size })
}

#[cfg(test)]
#[path = "node_tests.rs"]
mod tests;
