//! A kernel file that is read at each sample: opened once, then one `pread` at 0.
//!
//! A file that is absent, one that may not be read, and one that fails now are three things, and
//! the [`Tally`] counts them; a file that cannot be opened is tried again after a pause that doubles from one second to a minute. Reading allocates only
//! when the state of a file changes.

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
    let (size, rest) = scan::number(digits)?;
    let size = i64::try_from(size).ok()?;
    let clean = rest.strip_prefix(b" ").unwrap_or(rest).iter().all(u8::is_ascii_alphabetic);
    clean.then_some(if negative { -size } else { size })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_numbers() {
        for (text, wanted) in [
            ("0", 0),
            (" 42\n", 42),
            ("-256000\n", -256_000),
            ("32760 ma\n", 32_760),
            ("5000mA", 5000),
            ("9223372036854775807", i64::MAX),
            ("12\0", 12),
        ] {
            assert_eq!(number(text.as_bytes()), Some(wanted), "{text:?}");
        }
    }

    #[test]
    fn err_numbers() {
        let long = "1".repeat(1_000_000);
        for text in
            ["", "\n", "-", "x", "1 2", "1.5", "0x10", "12 %", "9223372036854775808", "\x7fELF", &long]
        {
            assert_eq!(number(text.as_bytes()), None, "{:.20?}", text);
        }
    }

    /// A directory with one file, and what reading it gives at each second.
    fn seconds(steps: &[(&str, Option<i64>, State, u32)]) {
        let path = std::env::temp_dir().join(format!("jetsonscope-node-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        let start = Instant::now();
        let mut reader = Reader::new(Root::at(&path), start);
        let mut node = Node::new("f");
        for (second, (content, wanted, state, reads)) in (0u64..).zip(steps) {
            reader.tick(start + Duration::from_secs(second));
            match *content {
                "gone" => drop(std::fs::remove_file(path.join("f"))),
                "directory" => {
                    let _ = std::fs::remove_file(path.join("f"));
                    std::fs::create_dir_all(path.join("f")).unwrap();
                }
                content => {
                    let _ = std::fs::remove_dir(path.join("f"));
                    std::fs::write(path.join("f"), content).unwrap();
                }
            }
            assert_eq!(reader.number(&mut node), *wanted, "second {second}");
            assert_eq!((node.state(), reader.take_tally().reads), (*state, *reads), "second {second}");
        }
        let _ = std::fs::remove_dir_all(&path);
    }

    #[test]
    fn ok_a_file_that_comes_late_is_found_after_a_growing_pause() {
        use State::*;
        seconds(&[("gone", None, Absent, 0), ("1", Some(1), Good, 1), ("2", Some(2), Good, 1)]);
        seconds(&[
            ("gone", None, Absent, 0),
            ("gone", None, Absent, 0), // looked again: now two seconds
            ("1", None, Absent, 0),
            ("1", Some(1), Good, 1),
        ]);
    }

    #[test]
    fn ok_what_is_no_value_fails_and_comes_back() {
        use State::*;
        seconds(&[
            ("7", Some(7), Good, 1),
            ("", None, Failing, 1),
            ("x", None, Failing, 1),
            ("8", Some(8), Good, 1),
        ]);
        seconds(&[("directory", None, Failing, 1), ("7", Some(7), Good, 1)]);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn ok_a_list_of_the_kernel_is_more_than_a_page() {
        let mut reader = Reader::new(Root::system(), Instant::now());
        let mut node = Node::new("proc/self/smaps");
        for round in 0..2 {
            let lines = reader.lines(&mut node).map(<[u8]>::to_vec).unwrap_or_default();
            assert!(lines.len() > 2 * PAGE, "round {round}: {}", lines.len());
            assert_eq!(lines.last(), Some(&b'\n'), "round {round}");
            assert!(lines.starts_with(reader.bytes(&mut node).unwrap_or_default()), "round {round}");
        }
        let once = reader.once("proc/self/smaps", <[u8]>::len);
        assert!(once.is_some_and(|length| length > 2 * PAGE), "{once:?}");
    }

    #[test]
    fn ok_a_line_that_does_not_fit_is_left_out() {
        let path = std::env::temp_dir().join(format!("jetsonscope-lines-{}", std::process::id()));
        let line = "eth0: 123456789\n";
        for (lines, wanted) in [(1, 1), (PAGE / 32, PAGE / 32), (1023, 1023), (1024, 1023), (5000, 1023)] {
            // A head of one byte, so that the buffer ends within a line.
            std::fs::create_dir_all(&path).unwrap();
            std::fs::write(path.join("f"), format!("\n{}", line.repeat(lines))).unwrap();
            let mut reader = Reader::new(Root::at(&path), Instant::now());
            let wanted = 1 + wanted * line.len();
            let mut node = Node::new("f");
            assert_eq!(reader.lines(&mut node).map(<[u8]>::len), Some(wanted), "{lines}");
            assert_eq!(reader.bytes(&mut node).map(<[u8]>::len), Some(wanted), "{lines}");
            assert_eq!(reader.once("f", <[u8]>::len), Some(wanted), "{lines}");
        }
        let _ = std::fs::remove_dir_all(&path);
    }
}
