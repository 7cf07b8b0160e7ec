//! Which columns a line has, without reading it: its outline, which is the line with a mark in place
//! of each number that cannot matter.
//!
//! Two lines of one outline are read alike: the same fields with the same names, and so the same
//! samples with the same columns, and as many unknown words. What the reader decides by stays as
//! printed: names, blanks, and all digits that may belong to a name or to a stamp; a value of more
//! than six digits, which may be beyond what is read; a temperature below zero, which may be that
//! of a sensor without power. A line that is odd in any way has no outline, and is to be read.

use crate::scan::{is_name, until};
use crate::tegrastats;

/// In place of a number of one to six digits.
const NUMBER: u8 = 1;
/// In place of one that may be a temperature, and then has up to three decimals.
const DEGREES: u8 = 2;
/// In place of the stamp in front of a line.
const STAMP: u8 = 3;
/// Bytes of a stamp.
const STAMP_LENGTH: usize = 19;
/// Any number of so many digits is read, whatever it stands for: in thousandths it has 32 bits.
const DIGITS: usize = 6;
/// Bytes of the longest line that has an outline; boards print 700 at the most.
const LONGEST: usize = 2048;
/// How many outlines are remembered. Each engine that comes and goes doubles those of a log.
const OUTLINES: usize = 256;

/// The outlines of lines that were read.
#[derive(Default)]
pub struct Outlines {
    /// Those that were met last stand in front.
    known: Vec<Known>,
    /// The outline of the last line, in front of some more room; empty when it has none.
    last: Vec<u8>,
}

struct Known {
    outline: Box<[u8]>,
    unknown: u64,
}

impl Outlines {
    /// How many unknown words the sample of `line` has, when a line of the same outline was
    /// remembered. `line` is a whole one without its end.
    pub fn find(&mut self, line: &[u8]) -> Option<u64> {
        if let Some(known) = self.known.first().filter(|known| fits(&known.outline, line)) {
            return Some(known.unknown);
        }
        self.last.clear();
        if line.len() > LONGEST || push_outline(&mut self.last, line).is_none() {
            self.last.clear();
            return None;
        }
        let place = self.known.iter().position(|known| *known.outline == *self.last)?;
        self.known.get_mut(..=place)?.rotate_right(1);
        self.known.first().map(|known| known.unknown)
    }

    /// Remembers the outline of the line that was not found last. It held one sample and nothing
    /// else, with so many unknown words.
    pub fn remember(&mut self, unknown: u64) {
        if !self.last.is_empty() && self.known.len() < OUTLINES {
            self.known.insert(0, Known { outline: self.last.as_slice().into(), unknown });
        }
    }
}

/// Whether `line` has this outline; faster than to make its outline.
fn fits(outline: &[u8], line: &[u8]) -> bool {
    let mut rest = line;
    for mark in outline {
        rest = match (*mark, rest) {
            (b' '.., [byte, tail @ ..]) if byte == mark => tail,
            (NUMBER, _) => match number(rest) {
                (1..=DIGITS, tail) => tail,
                _ => return false,
            },
            (DEGREES, _) => match number(rest) {
                (1..=DIGITS, tail) => decimals(tail),
                _ => return false,
            },
            (STAMP, _) => match stamp(rest) {
                Some(tail) => tail,
                None => return false,
            },
            _ => return false,
        };
    }
    rest.is_empty()
}

/// Adds the outline of a line; `None` when it has none.
fn push_outline(out: &mut Vec<u8>, line: &[u8]) -> Option<()> {
    let mut rest = line;
    if let Some(tail) = stamp(line) {
        out.push(STAMP);
        rest = tail;
    }
    let mut named = false;
    while let [first, tail @ ..] = rest {
        rest = if *first == b' ' {
            out.push(b' ');
            tail
        } else {
            push_word(out, rest, &mut named)?
        };
    }
    Some(())
}

/// Adds the word at the front of `text`. `named` says that the word before is a name whose value
/// this one is, if it is a number.
///
/// A number at the front of a word is a name where a token may begin with it and go on as a zone,
/// a list, a rail with a dash or, behind a blank, any value. All else that begins with a digit is
/// a value, or unknown as a whole.
fn push_word<'a>(out: &mut Vec<u8>, text: &'a [u8], named: &mut bool) -> Option<&'a [u8]> {
    let (name, behind) = until(text, |byte| !is_name(byte));
    let next = behind.first().copied().unwrap_or(b' ');
    let is_value = match next {
        b' ' => *named,
        b'@' | b'[' | b'-' | b':' => false,
        _ => true,
    };
    // `off` is the value of the name before it.
    *named = next == b' ' && name.first().is_some_and(u8::is_ascii_alphabetic) && !name.starts_with(b"off");
    let rest = if is_value { push_number(out, name) } else { name };
    out.extend_from_slice(rest);
    match behind {
        [b'-', tail @ ..] if name.is_empty() => {
            out.push(b'-');
            let rest = push_number(out, tail);
            // With a zone's sign all of it would be the zone's name.
            push_value(out, rest, false)
        }
        [b'-' | b':', ..] => {
            let (name, rest) = until(behind, |byte| byte == b'@' || !byte.is_ascii_graphic());
            out.extend_from_slice(name);
            push_value(out, rest, true)
        }
        _ => push_value(out, behind, true),
    }
}

/// Adds what follows a name up to the next blank. There, numbers follow one of four signs. `zone`
/// says that an `@` may stand there.
fn push_value<'a>(out: &mut Vec<u8>, text: &'a [u8], zone: bool) -> Option<&'a [u8]> {
    let mut rest = text;
    while let [byte, tail @ ..] = rest {
        if *byte == b' ' {
            break;
        }
        rest = tail;
        match byte {
            b'@' if !zone => return None,
            b'@' | b'/' => {
                out.push(*byte);
                if let (b'/', [b'-', tail @ ..]) = (byte, tail) {
                    out.push(b'-');
                    rest = tail;
                }
                rest = push_degrees(out, rest);
            }
            b'[' | b',' => {
                out.push(*byte);
                rest = push_number(out, tail);
            }
            b'*' => return None,
            _ if byte.is_ascii_graphic() => out.push(*byte),
            _ => return None,
        }
    }
    Some(rest)
}

/// Adds the number at the front of `text`, if there is one.
fn push_number<'a>(out: &mut Vec<u8>, text: &'a [u8]) -> &'a [u8] {
    push_mark(out, text, NUMBER, number(text))
}

/// The same for what may be a temperature.
fn push_degrees<'a>(out: &mut Vec<u8>, text: &'a [u8]) -> &'a [u8] {
    match number(text) {
        (digits @ 1..=DIGITS, rest) => push_mark(out, text, DEGREES, (digits, decimals(rest))),
        long => push_mark(out, text, DEGREES, long),
    }
}

#[inline(always)]
fn push_mark<'a>(out: &mut Vec<u8>, text: &'a [u8], mark: u8, (digits, rest): (usize, &'a [u8])) -> &'a [u8] {
    match digits {
        0 => {}
        1..=DIGITS => out.push(mark),
        _ => out.extend(text.get(..digits).unwrap_or_default()),
    }
    rest
}

/// How many digits stand at the front of `text`, and what follows them.
#[inline(always)]
fn number(text: &[u8]) -> (usize, &[u8]) {
    let (digits, rest) = until(text, |byte| !byte.is_ascii_digit());
    (digits.len(), rest)
}

/// What follows the decimals of a temperature, if `text` begins with such: they come and go.
#[inline(always)]
fn decimals(text: &[u8]) -> &[u8] {
    if let [b'.', tail @ ..] = text
        && let (1..=3, tail @ [b'C', ..]) = number(tail)
    {
        return tail;
    }
    text
}

/// What follows the stamp and stands behind a blank, if `line` begins with a stamp.
fn stamp(line: &[u8]) -> Option<&[u8]> {
    let (stamp, rest) = line.split_at_checked(STAMP_LENGTH)?;
    (rest.first() == Some(&b' ') && tegrastats::is_stamp(stamp)).then_some(rest)
}

#[cfg(test)]
#[path = "outline_tests.rs"]
mod tests;
