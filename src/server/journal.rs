//! What the server has to say, as lines on the standard error.
//!
//! Called from the loop: a line is one write, which never waits and whose failure stops nobody; a
//! line that could not be written, or that would be one too many, is counted, and the count is said
//! before the next one. Where the journal reads, each line begins with its level, `<3>` to `<7>`
//! (sd-daemon(3)); elsewhere with the name of the program. Allocates for the line only.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout};

/// The same text is said once in this time.
const REPEAT: Duration = Duration::from_secs(60);
/// How many texts are remembered for that.
const REMEMBERED: usize = 16;
/// So many lines ...
const MOST_LINES: u32 = 30;
/// ... are written in this time.
const WINDOW: Duration = Duration::from_secs(10);
/// Most bytes of a line: a pipe that is ready takes it whole (POSIX: `PIPE_BUF` is at least 512,
/// on Linux 4096).
const MOST_BYTES: usize = 2048;

/// How much a line matters, with the number that syslog(3) has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Something failed.
    Error = 3,
    /// Something is not as it should be.
    Warning = 4,
    /// Something that people should know, like a control that was changed.
    Notice = 5,
    /// Something that happened.
    Info = 6,
    /// Something for those who look for a fault.
    Debug = 7,
}

/// The log of a server.
pub struct Journal {
    /// The program's name, in front of each line that the journal does not read.
    program: &'static str,
    levels: bool,
    /// Where lines go in place of the standard error.
    file: Option<File>,
    /// Hashes of texts and when they were said, the oldest to be replaced.
    said: [Option<(u64, Instant)>; REMEMBERED],
    window: Option<Instant>,
    written: u32,
    left_out: u64,
}

impl Journal {
    /// The log of a program. JOURNAL_STREAM (systemd.exec(5)) tells whether the journal reads the
    /// standard error: it names its device and inode.
    pub fn new(program: &'static str, environment: &dyn Fn(&str) -> Option<OsString>) -> Journal {
        let stream = environment("JOURNAL_STREAM");
        let levels = stream.is_some_and(|stream| is_stream(io::stderr().as_fd(), &stream));
        Journal::with(program, levels, None)
    }

    /// A log into a file, each line with its level.
    pub fn into_file(program: &'static str, file: File) -> Journal {
        Journal::with(program, true, Some(file))
    }

    fn with(program: &'static str, levels: bool, file: Option<File>) -> Journal {
        Journal { program, levels, file, said: [None; REMEMBERED], window: None, written: 0, left_out: 0 }
    }

    /// Says one line; control characters in it are escaped.
    pub fn log(&mut self, level: Level, text: &str) {
        self.log_at(level, text, Instant::now());
    }

    /// Logs what somebody has changed or tried to, each time; only a flood is cut.
    pub fn audit(&mut self, text: &str) {
        self.write_at(Level::Notice, text, Instant::now());
    }

    /// Logs what somebody has tried who may not: strangers take no more than half of the lines, so that
    /// nobody can hide behind them.
    pub fn denied(&mut self, text: &str) {
        let now = Instant::now();
        let fresh = self.window.is_none_or(|start| now.saturating_duration_since(start) >= WINDOW);
        if !fresh && self.written >= MOST_LINES / 2 {
            self.left_out += 1;
        } else {
            self.write_at(Level::Notice, text, now);
        }
    }

    /// The same at a moment.
    pub fn log_at(&mut self, level: Level, text: &str, now: Instant) {
        if !self.was_said(text, now) {
            self.write_at(level, text, now);
        }
    }

    fn write_at(&mut self, level: Level, text: &str, now: Instant) {
        let fresh = self.window.is_none_or(|start| now.saturating_duration_since(start) >= WINDOW);
        if fresh {
            (self.window, self.written) = (Some(now), 0);
        }
        if self.written >= MOST_LINES {
            self.left_out += 1;
            return;
        }
        if self.left_out > 0 {
            let note = format!("{} lines left out", self.left_out);
            if !self.write(Level::Warning, &note) {
                self.left_out += 1;
                return;
            }
            self.left_out = 0;
        }
        self.written += 1;
        if !self.write(level, text) {
            self.left_out += 1;
        }
    }

    /// Whether the same text was said just now; remembers it.
    fn was_said(&mut self, text: &str, now: Instant) -> bool {
        let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3) // FNV-1a
        });
        let same = self.said.iter_mut().flatten().find(|said| said.0 == hash);
        if let Some((_, when)) = same {
            let again = now.saturating_duration_since(*when) >= REPEAT;
            if again {
                *when = now;
            }
            return !again;
        }
        let oldest = self.said.iter_mut().min_by_key(|said| said.map(|(_, when)| when));
        if let Some(place) = oldest {
            *place = Some((hash, now));
        }
        false
    }

    /// Writes one line; tells whether it could be.
    fn write(&mut self, level: Level, text: &str) -> bool {
        let mut line = if self.levels { format!("<{}>", level as u8) } else { [self.program, ": "].concat() };
        for c in text.chars() {
            if line.len() > MOST_BYTES - 16 {
                line.push_str("...");
                break;
            }
            if c.is_control() { line.extend(c.escape_default()) } else { line.push(c) }
        }
        line.push('\n');
        match &self.file {
            Some(file) => is_ready(file.as_fd()) && { file }.write_all(line.as_bytes()).is_ok(),
            None => is_ready(io::stderr().as_fd()) && io::stderr().write_all(line.as_bytes()).is_ok(),
        }
    }
}

/// Whether a write would not have to wait for a reader.
fn is_ready(fd: BorrowedFd) -> bool {
    let mut polled = [PollFd::new(fd, PollFlags::POLLOUT)];
    let ready = nix::poll::poll(&mut polled, PollTimeout::ZERO);
    ready.is_ok_and(|count| count > 0)
        && polled
            .first()
            .is_some_and(|fd| fd.revents().is_some_and(|ready| ready.contains(PollFlags::POLLOUT)))
}

/// Whether `device:inode` is what stands behind a descriptor.
#[allow(clippy::unnecessary_cast)] // the types differ from system to system
fn is_stream(fd: BorrowedFd, stream: &OsString) -> bool {
    let numbers = stream.to_str().and_then(|text| text.split_once(':'));
    let numbers = numbers.and_then(|(device, inode)| Some((device.parse().ok()?, inode.parse().ok()?)));
    let status = nix::sys::stat::fstat(fd);
    status.is_ok_and(|status| numbers == Some((status.st_dev as u64, status.st_ino as u64)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::os::unix::fs::MetadataExt;

    /// A journal into a pipe, and the pipe's other end.
    fn piped() -> (Journal, File) {
        let (reader, writer) = nix::unistd::pipe().unwrap();
        (Journal::into_file("jscoped", writer.into()), reader.into())
    }

    fn read(journal: Journal, mut reader: File) -> String {
        drop(journal);
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn ok_lines() {
        for (level, text, wanted) in [
            (Level::Error, "a: b", "<3>a: b\n"),
            (Level::Warning, "a", "<4>a\n"),
            (Level::Notice, "\u{e4}", "<5>\u{e4}\n"),
            (Level::Info, "", "<6>\n"),
            (Level::Debug, "a\n<0>b\x1b[2J\0", "<7>a\\n<0>b\\u{1b}[2J\\u{0}\n"),
        ] {
            let (mut journal, reader) = piped();
            journal.log(level, text);
            assert_eq!(read(journal, reader), wanted, "{text:?}");
        }
        let (mut journal, reader) = piped();
        journal.levels = false;
        journal.log(Level::Error, "a: b");
        journal.log(Level::Error, &"\u{e4}\n".repeat(10_000));
        let text = read(journal, reader);
        assert!(text.starts_with("jscoped: a: b\njscoped: \u{e4}\\n"), "{text}");
        assert!(text.ends_with("...\n") && text.len() < MOST_BYTES + 20, "{}", text.len());
    }

    #[test]
    fn ok_strangers_leave_room() {
        let (mut journal, reader) = piped();
        (0..100).for_each(|n| journal.denied(&format!("stranger {n}")));
        journal.audit("a member");
        let text = read(journal, reader);
        assert_eq!(text.matches("stranger").count(), 15, "{text}");
        assert!(text.ends_with("85 lines left out\n<5>a member\n"), "{text}");
    }

    #[test]
    fn ok_the_same_text_once_a_minute() {
        let (mut journal, reader) = piped();
        let start = Instant::now();
        for second in 0..150 {
            journal.log_at(Level::Info, "again", start + Duration::from_secs(second));
        }
        assert_eq!(read(journal, reader), "<6>again\n".repeat(3));
    }

    #[test]
    fn ok_a_flood_is_cut() {
        let (mut journal, reader) = piped();
        let start = Instant::now();
        for number in 0..100 {
            journal.log_at(Level::Info, &format!("line {number}"), start);
        }
        journal.log_at(Level::Info, "later", start + WINDOW);
        let text = read(journal, reader);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 32, "{text}");
        assert_eq!(lines[29..], ["<6>line 29", "<4>70 lines left out", "<6>later"]);
    }

    #[test]
    fn ok_nobody_reads() {
        // A pipe that is full: what does not fit is counted, and nothing waits.
        let (mut journal, mut reader) = piped();
        let (start, long) = (Instant::now(), "x".repeat(1500));
        for number in 0..200u32 {
            journal.log_at(Level::Info, &format!("{number} {long}"), start + WINDOW * number);
        }
        let mut buffer = vec![0; 1 << 20];
        let taken = reader.read(&mut buffer).unwrap();
        assert!(buffer[..taken].ends_with(b"x\n"), "no half lines");
        journal.log_at(Level::Info, "after", start + WINDOW * 300);
        let text = read(journal, reader);
        assert!(text.contains("lines left out\n<6>after\n"), "{text}");

        // One without a reader, and a full disk.
        let (mut journal, reader) = piped();
        drop(reader);
        journal.log(Level::Info, "to nobody");
        assert_eq!(journal.left_out, 1);
        if let Ok(full) = File::options().write(true).open("/dev/full") {
            let mut journal = Journal::into_file("jscoped", full);
            journal.log(Level::Info, "to a full disk");
            assert_eq!(journal.left_out, 1);
        }
    }

    #[test]
    fn ok_whether_the_journal_reads() {
        let file = File::open("/").unwrap();
        let status = file.metadata().unwrap();
        let (device, inode) = (status.dev(), status.ino());
        for (stream, wanted) in [
            (format!("{device}:{inode}"), true),
            (format!("{}:{inode}", device + 1), false),
            (format!("{device}:{}", inode + 1), false),
            (format!("{device}"), false),
            (format!("{device}:"), false),
            (format!("{device}:{inode}:1"), false),
            (format!("{device}:99999999999999999999999"), false),
            ("a:b".to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(is_stream(file.as_fd(), &stream.clone().into()), wanted, "{stream}");
        }
    }
}
