//! Logs of tegrastats: from files of any size to samples, in constant memory, and from samples
//! to JSON lines, CSV and a table.

pub mod column;
pub mod csv;
pub mod number;
mod outline;
pub mod table;

use std::io::{self, BufRead, BufReader, Read};

use self::outline::Outlines;
use crate::snapshot::Snapshot;
use crate::tegrastats::{
    self,
    fill::{self, Reading},
};

/// What is read at once, and the room for a line. A longer line is taken in pieces that end where
/// a sample begins: logs whose line ends were lost hold all their samples on one.
const PIECE: usize = 256 * 1024;
/// Bytes of a stamp and the blank behind it.
const STAMP: usize = 20;

/// What was found in logs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Samples.
    pub samples: u64,
    /// Lines, or parts of lines, with text that was no sample.
    pub skipped: u64,
    /// The number of the first line that held such text; lines count from 1 in each input.
    pub first_skipped: Option<u64>,
    /// Things that the samples said and nobody understood.
    pub unknown: u64,
}

/// Reads logs, one after the other.
#[derive(Default)]
pub struct Reader {
    lenient: bool,
    scratch: Snapshot,
    line: Vec<u8>,
    /// Of the lines that need not be read again, where columns alone are looked for.
    outlines: Option<Outlines>,
    /// What has been found so far.
    pub summary: Summary,
}

impl Reader {
    /// A reader; `lenient` takes text without RAM for samples, too.
    pub fn new(lenient: bool) -> Self {
        Reader { lenient, ..Reader::default() }
    }

    /// A reader for the columns alone: it counts all samples, but need not give one that has the
    /// same columns as another that it gave. Most lines of a log are not taken apart for it.
    pub fn for_columns(lenient: bool) -> Self {
        Reader { outlines: Some(Outlines::default()), ..Reader::new(lenient) }
    }

    /// Gives each sample of `input` to `each`; its error ends the reading.
    pub fn read(
        &mut self,
        mut input: impl Read,
        mut each: impl FnMut(&Snapshot) -> io::Result<()>,
    ) -> io::Result<()> {
        self.read_all(&mut input, &mut each)
    }

    /// One copy of it for all kinds of inputs and takers.
    fn read_all(
        &mut self,
        input: &mut dyn Read,
        each: &mut dyn FnMut(&Snapshot) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut input = BufReader::with_capacity(PIECE, input);
        let mut number = 0;
        self.line.clear();
        loop {
            let room = PIECE - self.line.len();
            let got = input.by_ref().take(room as u64).read_until(b'\n', &mut self.line)?;
            let ended = self.line.last() == Some(&b'\n');
            number += u64::from(ended || got == 0);
            let keep = if ended || got == 0 { self.line.len() } else { self.cut() };
            if keep > 0 {
                self.take(keep, ended || got > 0, number, each)?;
            }
            self.line.drain(..keep);
            if got == 0 {
                return Ok(());
            }
        }
    }

    /// How much of a line without end to take: up to where its last sample begins once the room
    /// is used up (all of it when no sample begins there), nothing before.
    fn cut(&self) -> usize {
        if self.line.len() < PIECE {
            return 0;
        }
        let starts = |w: &[u8]| w.starts_with(b"RAM ") && w.last().is_some_and(u8::is_ascii_digit);
        let Some(ram) = self.line.windows(5).rposition(starts) else { return self.line.len() };
        let stamp = ram.saturating_sub(STAMP);
        let stamped = self.line.get(stamp..ram).is_some_and(tegrastats::is_stamp);
        match if stamped { stamp } else { ram } {
            0 => self.line.len(),
            at => at,
        }
    }

    fn take(
        &mut self,
        length: usize,
        complete: bool,
        number: u64,
        each: &mut dyn FnMut(&Snapshot) -> io::Result<()>,
    ) -> io::Result<()> {
        let line = self.line.get(..length).unwrap_or_default();
        let ended = line.strip_suffix(b"\n").map(|text| text.strip_suffix(b"\r").unwrap_or(text));
        if let (Some(outlines), Some(line)) = (&mut self.outlines, ended)
            && let Some(unknown) = outlines.find(line)
        {
            self.summary.samples += 1;
            self.summary.unknown += unknown;
            return Ok(());
        }
        let line = ended.unwrap_or(line);
        let how = Reading { complete, lenient: self.lenient };
        let mut result = Ok(());
        let mut unknown = 0;
        let found = fill::samples(line, how, &mut self.scratch, |sample| {
            unknown += sample.unknown.len() as u64;
            if result.is_ok() {
                result = each(sample);
            }
        });
        if let (Some(outlines), Some(_), (1, 0)) = (&mut self.outlines, ended, (found.samples, found.noise)) {
            outlines.remember(unknown);
        }
        self.summary.samples += u64::from(found.samples);
        self.summary.unknown += unknown;
        if found.noise > 0 {
            self.summary.skipped += u64::from(found.noise);
            self.summary.first_skipped.get_or_insert(number);
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(text: &[u8], lenient: bool) -> (Vec<String>, Summary) {
        let mut reader = Reader::new(lenient);
        let mut found = Vec::new();
        reader
            .read(text, |sample| {
                let used = sample.ram.map_or(0, |ram| ram.used_bytes >> 20);
                found.push(format!("{used} {}", sample.timestamp));
                Ok(())
            })
            .unwrap();
        (found, reader.summary)
    }

    #[test]
    fn ok_line_ends_and_noise() {
        let text =
            b"noise\r\n\nRAM 1/9MB (lfb 1x4MB)\r\nCPU@3C\nRAM 2/9MB (lfb 1x4MB) \n  \nRAM 3/9MB (lfb 1x4MB)";
        let (found, summary) = times(text, false);
        assert_eq!(found, ["1 ", "2 ", "3 "]);
        assert_eq!(summary, Summary { samples: 3, skipped: 2, first_skipped: Some(1), unknown: 0 });
        assert_eq!(times(text, true).1.samples, 4);
        assert_eq!(times(b"", true).1, Summary::default());
    }

    #[test]
    fn ok_one_line_larger_than_the_room() {
        for head in ["", "07-23-2026 15:29:26 "] {
            let sample = format!("{head}RAM 7/9MB (lfb 1x4MB) CPU [1%@2,off] CPU@44.5C VDD_IN 12mW/13mW");
            let text = sample.repeat(20_000);
            let (found, summary) = times(text.as_bytes(), false);
            assert_eq!((found.len(), summary.skipped, summary.unknown), (20_000, 0, 1), "{head}");
            assert!(found.iter().all(|f| *f == format!("7 {}", head.trim_end())), "{head}");
        }
        let garbage = vec![b'x'; 3 * PIECE + 17];
        let (found, summary) = times(&garbage, false);
        assert_eq!((found.len(), summary.samples), (0, 0));
        assert!(summary.skipped >= 1);
    }

    #[test]
    fn err_of_the_taker_ends_the_reading() {
        let mut taken = 0;
        let text = b"RAM 1/9MB (lfb 1x4MB)\n".repeat(5);
        let result = Reader::new(false).read(&text[..], |_| {
            taken += 1;
            if taken == 2 { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(()) }
        });
        assert_eq!((result.map_err(|e| e.kind()), taken), (Err(io::ErrorKind::BrokenPipe), 2));
    }
}
