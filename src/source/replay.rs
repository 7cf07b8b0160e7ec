//! A log as a source: a sample an interval from a file, and samples as they come from the
//! standard input or a pipe.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use super::Source;
use super::lines::{Got, LONGEST, Lines};
use crate::beat;
use crate::snapshot::Snapshot;
use crate::sys;
use crate::tegrastats::fill::{self, Reading};

/// The log and how far it has been read.
pub(super) struct Replay {
    from: From,
    scratch: Snapshot,
    trouble: Option<String>,
    ended: bool,
}

enum From {
    /// A file, with the room for a line and the time of its next sample.
    File { file: BufReader<File>, line: Vec<u8>, next: Instant, interval: Duration },
    /// Something that others write to.
    Stream { file: File, lines: Lines },
}

impl Replay {
    /// Opens the file, or for `-` takes the standard input.
    pub(super) fn open(path: &Path, interval: Duration, now: Instant) -> io::Result<Replay> {
        let file = if path.as_os_str() == "-" {
            sys::standard_input()?
        } else {
            // A named pipe without a writer must not hold us here.
            File::options().read(true).custom_flags(libc::O_NONBLOCK).open(path)?
        };
        let kind = file.metadata()?;
        if kind.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let from = match kind.is_file() {
            true => From::File { file: BufReader::new(file), line: Vec::new(), next: now, interval },
            false => From::Stream { file, lines: Lines::new() },
        };
        Ok(Replay { from, scratch: Snapshot::default(), trouble: None, ended: false })
    }

    fn end(&mut self, why: impl ToString) {
        self.ended = true;
        self.trouble = Some(why.to_string());
    }
}

/// Bytes of a file that are looked through in a turn.
const TAKEN_AT_ONCE: usize = 256 * 1024;

/// Reads on to the next line with a sample; without one, tells whether it is the end of the file.
fn next_sample(
    file: &mut BufReader<File>,
    line: &mut Vec<u8>,
    scratch: &mut Snapshot,
    into: &mut Snapshot,
) -> io::Result<(bool, Got)> {
    let mut taken = 0;
    while taken < TAKEN_AT_ONCE {
        line.clear();
        let got = file.by_ref().take(8 * LONGEST as u64).read_until(b'\n', line)?;
        if got == 0 {
            return Ok((false, Got::End));
        }
        let (text, complete) = match line.strip_suffix(b"\n") {
            Some(text) => (text.strip_suffix(b"\r").unwrap_or(text), true),
            None => (line.as_slice(), false),
        };
        let how = Reading { complete, lenient: false };
        if fill::samples(text, how, scratch, |sample| std::mem::swap(sample, into)).samples > 0 {
            return Ok((true, Got::Nothing));
        }
        taken += got;
    }
    Ok((false, Got::Bytes(taken)))
}

/// Takes what has come; the last of several samples counts.
fn take(
    file: &mut File,
    lines: &mut Lines,
    scratch: &mut Snapshot,
    into: &mut Snapshot,
) -> io::Result<(bool, Got)> {
    if !sys::readable_within(file, 0)? {
        return Ok((false, Got::Nothing));
    }
    let mut new = false;
    let got = lines.read(file, |line, complete| {
        let how = Reading { complete, lenient: false };
        new |= fill::samples(line, how, scratch, |sample| std::mem::swap(sample, into)).samples > 0;
    })?;
    Ok((new, got))
}

impl Source for Replay {
    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        match &self.from {
            From::Stream { file, .. } if !self.ended => Some(file.as_fd()),
            _ => None,
        }
    }

    fn due(&self) -> Option<Instant> {
        match &self.from {
            From::File { next, .. } if !self.ended => Some(*next),
            _ => None,
        }
    }

    fn turn(&mut self, now: Instant, into: &mut Snapshot) -> bool {
        if self.ended {
            return false;
        }
        let scratch = &mut self.scratch;
        let result = match &mut self.from {
            From::File { next, .. } if now < *next => return false,
            From::File { file, line, next, interval } => {
                let got = next_sample(file, line, scratch, into);
                // Without a sample it stays due, and looks on in the next turn.
                if matches!(got, Ok((true, _))) {
                    *next = beat::next(*next, *interval, now);
                }
                got
            }
            From::Stream { file, lines } => take(file, lines, scratch, into),
        };
        match result {
            Ok((new, Got::End)) => {
                self.end("end of the log");
                new
            }
            // A stream goes on behind a line that is too long.
            Ok((new, _)) => new,
            Err(error) => {
                self.end(sys::reason(&error));
                false
            }
        }
    }

    fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    fn ended(&self) -> bool {
        self.ended
    }
}
