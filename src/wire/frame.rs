//! Where one message ends and the next begins.
//!
//! The first byte decides the encoding: JSON begins with `{`, `"` or white space, and has one
//! message a line (or up to the end of the input); CBOR begins with a map or a text, and its items
//! stand back to back. Whatever else comes first is no request. A [`Finder`] looks at each byte
//! once, however small the pieces are in which a message comes.

use super::{MAX_DEPTH, Value, cbor, json};

/// The largest message, bytes.
pub const LARGEST: usize = 64 * 1024;

/// How messages are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// One line each.
    Json,
    /// One item each.
    Cbor,
}

impl Encoding {
    /// What a first byte says.
    pub fn of(first: u8) -> Option<Encoding> {
        match first {
            b'{' | b'"' | b' ' | b'\t' | b'\r' | b'\n' => Some(Encoding::Json),
            0xa0..=0xbf | 0x60..=0x7a => Some(Encoding::Cbor),
            _ => None,
        }
    }

    /// Writes a message behind what is in `to`, with the line end of JSON.
    pub fn write(self, message: &Value, to: &mut Vec<u8>) {
        match self {
            Encoding::Json => {
                to.extend_from_slice(json::encode(message).as_bytes());
                to.push(b'\n');
            }
            Encoding::Cbor => to.extend_from_slice(&cbor::encode(message)),
        }
    }

    /// Reads the bytes of one whole message.
    pub fn read(self, message: &[u8]) -> Option<Value<'_>> {
        match self {
            Encoding::Json => json::decode(std::str::from_utf8(message).ok()?).ok(),
            Encoding::Cbor => cbor::decode(message).ok().map(|(value, _)| value),
        }
    }
}

/// What a [`Finder`] says of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// The message is not whole yet.
    Part,
    /// It has so many bytes, with the end of its line.
    Whole(usize),
    /// It can never become one (CBOR).
    Wrong,
}

/// Finds the end of the message at the front of an input that grows.
#[derive(Clone, Debug, Default)]
pub struct Finder {
    /// Bytes that were looked at.
    seen: usize,
    /// CBOR: what is still open, the innermost last; entries that are left, or none for an open end.
    open: Vec<Option<u64>>,
}

impl Finder {
    /// Looks on. After a message is found, a new one begins with a new finder.
    pub fn find(&mut self, encoding: Encoding, input: &[u8]) -> Found {
        match encoding {
            Encoding::Json => self.line(input),
            Encoding::Cbor => self.item(input),
        }
    }

    fn line(&mut self, input: &[u8]) -> Found {
        let fresh = input.get(self.seen..).unwrap_or_default();
        match fresh.iter().position(|&byte| byte == b'\n') {
            Some(end) => Found::Whole(self.seen + end + 1),
            None => {
                self.seen = input.len();
                Found::Part
            }
        }
    }

    fn item(&mut self, input: &[u8]) -> Found {
        loop {
            let rest = input.get(self.seen..).unwrap_or_default();
            let Some((taken, inner)) = head(rest) else { return Found::Wrong };
            let Some(taken) = taken else { return Found::Part };
            if rest.len() < taken {
                return Found::Part;
            }
            self.seen += taken;
            match inner {
                Inner::None => {}
                Inner::Break if self.open.last() == Some(&None) => drop(self.open.pop()),
                Inner::Break => return Found::Wrong,
                Inner::Entries(Some(0)) => {}
                Inner::Entries(entries) => {
                    if self.open.len() > usize::from(MAX_DEPTH) {
                        return Found::Wrong;
                    }
                    self.open.push(entries);
                    continue;
                }
            }
            if self.close() {
                return Found::Whole(self.seen);
            }
        }
    }

    /// Counts an item that has ended, and those that end with it; true when all have.
    fn close(&mut self) -> bool {
        while let Some(open) = self.open.last_mut() {
            match open {
                Some(left @ 2..) => {
                    *left -= 1;
                    return false;
                }
                None => return false,
                Some(_) => drop(self.open.pop()),
            }
        }
        true
    }
}

/// What follows the head of an item.
enum Inner {
    None,
    Break,
    Entries(Option<u64>),
}

/// The length of an item's head and own bytes (`None` while it cannot be seen), and what is in it;
/// nothing for a head that does not exist (RFC 8949, 3).
fn head(bytes: &[u8]) -> Option<(Option<usize>, Inner)> {
    let Some(first) = bytes.first() else { return Some((None, Inner::None)) };
    let (major, small) = (first >> 5, first & 31);
    let width = match small {
        0..=23 | 31 => 0,
        24..=27 => 1usize << (small - 24),
        _ => return None,
    };
    let argument = match bytes.get(1..1 + width) {
        None => return Some((None, Inner::None)),
        Some([]) => u64::from(small),
        Some(digits) => digits.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)),
    };
    let entries = |count: u64| Inner::Entries((small != 31).then_some(count));
    Some(match (major, small) {
        (7, 31) => (Some(1), Inner::Break),
        (0 | 1 | 6, 31) => return None,
        // A length beyond the largest message will never be whole.
        (2 | 3, 0..=30) => {
            let length = usize::try_from(argument).ok().filter(|length| *length <= LARGEST)?;
            (Some(1 + width + length), Inner::None)
        }
        (2..=4, _) => (Some(1 + width), entries(argument)),
        (5, _) => (Some(1 + width), entries(argument.checked_mul(2)?)),
        (6, _) => (Some(1 + width), Inner::Entries(Some(1))),
        _ => (Some(1 + width), Inner::None),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives the input byte by byte; the end that is found.
    fn find(encoding: Encoding, input: &[u8]) -> Found {
        let mut finder = Finder::default();
        for end in 1..=input.len() {
            match finder.find(encoding, &input[..end]) {
                Found::Part => {}
                found => return found,
            }
        }
        Found::Part
    }

    #[test]
    fn ok_first_bytes() {
        for byte in 0..=255u8 {
            let wanted = match byte {
                b'{' | b'"' | b' ' | b'\t' | b'\r' | b'\n' => Some(Encoding::Json),
                0xa0..=0xbf | 0x60..=0x7a => Some(Encoding::Cbor),
                _ => None,
            };
            assert_eq!(Encoding::of(byte), wanted, "{byte:#x}");
        }
    }

    #[test]
    fn ok_lines() {
        for (input, wanted) in [
            ("\"GetStats\"\n\"more", Found::Whole(11)),
            ("\n", Found::Whole(1)),
            ("{\"a\":", Found::Part),
            ("", Found::Part),
        ] {
            assert_eq!(find(Encoding::Json, input.as_bytes()), wanted, "{input:?}");
        }
    }

    #[test]
    fn ok_and_err_items() {
        let deep = [0x81; 40];
        for (input, wanted) in [
            (&b"\x68GetStats\x68"[..], Found::Whole(9)),
            (b"\xa1\x68GetStats\xf6", Found::Whole(11)),
            (b"\xa0", Found::Whole(1)),
            (b"\xa1\x61a\x82\x01\x19\x01\x00", Found::Whole(8)),
            (b"\xbf\x61a\x01\xff\x00", Found::Whole(5)),
            (b"\xa1\x61a\x9f\xff", Found::Whole(5)),
            (b"\xa1\x61a\x7f\x61b\xff", Found::Whole(7)),
            (b"\xa1\x61a\xc0\x01", Found::Whole(5)),
            (b"\xa1\x61a\xfb\x01\x02\x03\x04\x05\x06\x07\x08", Found::Whole(12)),
            (b"\x78\xffshort", Found::Part),
            (b"\xa1\x61a", Found::Part),
            (b"\xba\xff\xff\xff\xff\x01", Found::Part),
            (b"\xa1\x61a\x1c", Found::Wrong),
            (b"\xa1\xff", Found::Wrong),
            (b"\x7a\xff\xff\xff\xff", Found::Wrong),
            (b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff", Found::Wrong),
            (&deep, Found::Wrong),
        ] {
            assert_eq!(find(Encoding::Cbor, input), wanted, "{input:x?}");
        }
    }

    #[test]
    fn ok_what_is_found_whole_can_be_read_or_not_but_ends_there() {
        for message in ["\"GetStats\"", "{\"a\":[1,2.5,null,{\"b\":\"c\"}]}"] {
            let value = json::decode(message).unwrap();
            let bytes = cbor::encode(&value);
            assert_eq!(find(Encoding::Cbor, &bytes), Found::Whole(bytes.len()), "{message}");
            assert_eq!(Encoding::Cbor.read(&bytes), Some(value));
        }
    }
}
