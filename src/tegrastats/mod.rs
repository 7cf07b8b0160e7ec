//! One line of NVIDIA's tegrastats, taken apart.
//!
//! [`fields`] takes a line (without its end) and pulls borrowed [`Field`]s off its front, one
//! after the other. It allocates nothing, cannot panic, and loses nothing: what it does not know,
//! or what does not read as the tool prints it, comes out as [`Field::Unknown`]. [`fill`] gathers
//! the fields into [`crate::snapshot::Snapshot`]s, one per sample.
//!
//! The forms are those of L4T R21 (TK1) to R39 (Thor), as root and as user. A name alone decides
//! little: one line of an AGX Xavier holds `CPU [..]` (cores), `CPU@46C` (a thermal zone) and
//! `CPU 310/310` (a rail), so what follows the name decides. Numbers are in the C locale.

pub mod fill;
mod list;
mod token;

pub use list::{Core, Cores, Numbers};

use crate::scan;
use crate::snapshot::{FreeBlock, Memory};

/// One thing that a line says; text is borrowed from the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field<'a> {
    /// Local time without zone, `MM-DD-YYYY` and `hh:mm:ss` (R34 and later).
    Stamp {
        /// The ten characters of the date.
        date: &'a [u8],
        /// The eight characters of the time of day.
        time: &'a [u8],
    },
    /// `RAM used/total` with the largest free block.
    Ram(Memory, Option<FreeBlock>),
    /// `SWAP used/total` and the bytes of it that are cached in RAM.
    Swap(Memory, Option<u64>),
    /// `IRAM used/total` and the bytes of its largest free block (T210 as root).
    Iram(Memory, Option<u64>),
    /// The list of cores; the place in the list is the number of the core.
    Cores(Cores<'a>),
    /// An engine or a clock: `NAME load% @clock`, in any of the forms of the releases.
    Engine(Engine<'a>),
    /// Binary translation of Denver and Carmel cores, percent of time.
    Mts {
        /// In the foreground.
        fg_percent: u32,
        /// In the background.
        bg_percent: u32,
    },
    /// `EDP limit` of R21 to R24, MHz.
    EdpLimit(u32),
    /// A thermal zone.
    Temp {
        /// The zone's name as printed.
        name: &'a [u8],
        /// Milli-degrees Celsius; -256000 is a sensor without power (R34, R35).
        now_mc: i32,
        /// The highest value since the tool's start, milli-degrees (R39).
        max_mc: Option<i32>,
    },
    /// A power rail; milliwatts, which may be negative.
    Rail {
        /// The rail's name as printed.
        name: &'a [u8],
        /// Now.
        now_mw: i32,
        /// Mean since the tool's start; the present value when only that is printed.
        avg_mw: i32,
        /// The highest value since the tool's start (R39).
        max_mw: Option<i32>,
    },
    /// What is none of these, as printed: a word, and its value where one stands behind it.
    Unknown {
        /// The first word.
        name: &'a [u8],
        /// The text behind it, or nothing.
        text: &'a [u8],
    },
}

/// The readings of one engine; what was not printed is `None` (or an empty list).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Engine<'a> {
    /// The token's name without `_FREQ` or `_UTIL`.
    pub name: &'a [u8],
    /// Printed as `NAME_UTIL`: a load that belongs to the engine `NAME`.
    pub util: bool,
    /// Load in percent; 0 for `off`.
    pub load_percent: Option<u32>,
    /// Clock in MHz; of a list the highest.
    pub freq_mhz: Option<u32>,
    /// A bare number, as printed.
    pub raw: Option<u32>,
    /// Clocks of a list `@[a,b]`, one per graphics cluster, MHz.
    pub freqs_mhz: Numbers<'a>,
    /// Loads of a list `[a%,b%]`, percent.
    pub loads_percent: Numbers<'a>,
}

/// The fields of one line. `complete` says that the line's end was seen: without it the last
/// token may be a number cut in the middle, and comes out as [`Field::Unknown`], unless a closing
/// bracket shows that it is whole.
pub fn fields(line: &[u8], complete: bool) -> Fields<'_> {
    Fields { rest: line, complete }
}

/// Whether `text` is a stamp, with nothing but a blank behind it.
pub fn is_stamp(text: &[u8]) -> bool {
    token::stamp(text).is_some_and(|(_, rest)| skip_blanks(rest).is_empty())
}

/// Iterator over the fields of one line.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    rest: &'a [u8],
    complete: bool,
}

impl<'a> Fields<'a> {
    /// What has not been taken yet.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// A field that ends the input without a line end or a closing bracket is not to be trusted.
    fn is_cut(&self, token: &[u8], rest: &[u8]) -> bool {
        !self.complete && rest.is_empty() && !matches!(token.last(), Some(b']' | b')'))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        let start = skip_blanks(self.rest);
        if start.is_empty() {
            self.rest = start;
            return None;
        }
        if let Some((field, rest)) = token::parse(start)
            && !self.is_cut(start, rest)
        {
            self.rest = rest;
            return Some(field);
        }
        let (field, rest) = token::unknown(start);
        self.rest = rest;
        Some(field)
    }
}

/// Skips what may stand between tokens: blanks and control characters, the stars of a marked
/// word, terminal sequences (colours), and the mark that some editors put before a file.
#[inline(always)]
fn skip_blanks(text: &[u8]) -> &[u8] {
    let rest = match text {
        [b' ', rest @ ..] => rest,
        _ => text,
    };
    match rest {
        [b'+'..=b'~', ..] => rest,
        _ => skip_all_blanks(rest),
    }
}

/// The same, however many there are.
#[inline(never)]
fn skip_all_blanks(mut text: &[u8]) -> &[u8] {
    loop {
        text = match text {
            [0x1b, ..] => skip_sequence(text),
            [0..=b' ' | b'*' | 0x7f, rest @ ..] | [0xef, 0xbb, 0xbf, rest @ ..] => rest,
            _ => return text,
        }
    }
}

/// Skips one terminal sequence: `ESC [ .. letter`, or ESC, intermediates and a final byte.
fn skip_sequence(text: &[u8]) -> &[u8] {
    let body = match text {
        [0x1b, b'[', body @ ..] => scan::until(body, |b| !(0x20..=0x3f).contains(&b)).1,
        [0x1b, body @ ..] => scan::until(body, |b| !(0x20..=0x2f).contains(&b)).1,
        _ => return text,
    };
    match body {
        [0x30..=0x7e, rest @ ..] => rest,
        _ => body,
    }
}

/// Whether a token may end before `rest`: at a blank, or where another sample is joined to it.
#[inline(always)]
fn at_end(rest: &[u8]) -> bool {
    matches!(rest, [b' ', ..]) || at_odd_end(rest)
}

/// The same for the ends that are rare.
#[inline(never)]
fn at_odd_end(rest: &[u8]) -> bool {
    match rest {
        [] | [0..=b' ' | b'*' | 0x7f, ..] => true,
        [b'R', b'A', b'M', b' ', ..] => true,
        [b'0'..=b'9', ..] => token::stamp(rest).is_some(),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
