//! Lines out of a descriptor, in a buffer of fixed size.

use std::io::{self, Read};

/// The longest line of a source; tegrastats prints about a kilobyte on its largest board.
pub(super) const LONGEST: usize = 8 * 1024;

/// A buffer that gives lines as they come.
pub(super) struct Lines {
    buffer: Box<[u8]>,
    held: usize,
    /// The beginning of the present line was thrown away, as it was too long.
    cut: bool,
}

/// What one read gave.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Got {
    /// So many bytes; whole lines among them were given.
    Bytes(usize),
    /// Nothing at present.
    Nothing,
    /// The end: nothing will come.
    End,
    /// A line longer than [`LONGEST`].
    Flood,
}

impl Lines {
    pub(super) fn new() -> Self {
        Lines { buffer: vec![0; 2 * LONGEST].into_boxed_slice(), held: 0, cut: false }
    }

    /// Forgets the beginning of a line.
    pub(super) fn clear(&mut self) {
        (self.held, self.cut) = (0, false);
    }

    /// Reads once, and gives each whole line, without its end. At the end of the input, what is
    /// left is given as a line that is not complete.
    pub(super) fn read(
        &mut self,
        from: &mut impl Read,
        mut line: impl FnMut(&[u8], bool),
    ) -> io::Result<Got> {
        // `held` is at most LONGEST here, half of the buffer.
        let room = self.buffer.get_mut(self.held..).unwrap_or_default();
        let got = match from.read(room) {
            Ok(0) => {
                let rest = self.buffer.get(..self.held).unwrap_or_default();
                if !rest.is_empty() && !self.cut {
                    line(rest, false);
                }
                self.held = 0;
                return Ok(Got::End);
            }
            Ok(got) => got,
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
                return Ok(Got::Nothing);
            }
            Err(error) => return Err(error),
        };
        let end = self.held + got;
        let mut rest = self.buffer.get(..end).unwrap_or_default();
        while let Some(at) = rest.iter().position(|&byte| byte == b'\n') {
            let (head, tail) = rest.split_at(at);
            if !std::mem::take(&mut self.cut) {
                line(head.strip_suffix(b"\r").unwrap_or(head), true);
            }
            rest = tail.get(1..).unwrap_or_default();
        }
        let start = end - rest.len();
        self.held = rest.len();
        self.buffer.copy_within(start..end, 0);
        if self.held > LONGEST {
            (self.held, self.cut) = (0, true);
            return Ok(Got::Flood);
        }
        Ok(Got::Bytes(got))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(mut input: impl Read) -> (Vec<(String, bool)>, Got) {
        let (mut lines, mut found) = (Lines::new(), Vec::new());
        loop {
            let got = lines
                .read(&mut input, |line, whole| found.push((String::from_utf8_lossy(line).into(), whole)));
            match got.unwrap() {
                Got::Bytes(_) => {}
                other => return (found, other),
            }
        }
    }

    /// Gives one byte at a time.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            self.0.read(&mut into[..1])
        }
    }

    #[test]
    fn ok_lines_however_they_come() {
        let text = b"one\r\n\ntwo\nthr";
        let wanted =
            [("one".into(), true), (String::new(), true), ("two".into(), true), ("thr".into(), false)];
        assert_eq!(all(&text[..]), (wanted.to_vec(), Got::End));
        assert_eq!(all(Slow(text)), (wanted.to_vec(), Got::End));
    }

    #[test]
    fn err_a_line_without_end() {
        let text = vec![b'x'; 100_000];
        assert_eq!(all(&text[..]), (vec![], Got::Flood));
        let longest = [vec![b'x'; LONGEST], b"\n".to_vec()].concat();
        assert_eq!(all(&longest[..]).1, Got::End);
    }
}
