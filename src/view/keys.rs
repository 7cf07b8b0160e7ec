//! Keys out of the bytes that a terminal sends.

/// A key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A character that is printed.
    Char(char),
    /// A control key by its letter: Ctrl-C is `c`.
    Ctrl(char),
    /// Escape.
    Esc,
    /// Enter.
    Enter,
    /// Tab.
    Tab,
    /// Tab with shift.
    BackTab,
    /// Backspace.
    Backspace,
    /// An arrow.
    Up,
    /// An arrow.
    Down,
    /// An arrow.
    Left,
    /// An arrow.
    Right,
    /// A screen up.
    PageUp,
    /// A screen down.
    PageDown,
    /// To the beginning.
    Home,
    /// To the end.
    End,
    /// The left button of a mouse, on a column and a row from 0.
    Click(u16, u16),
    /// The wheel of a mouse, up.
    WheelUp,
    /// The wheel of a mouse, down.
    WheelDown,
    /// Any other key, or bytes that are none.
    Other,
}

impl Key {
    /// The number of a line, from 0, after a key that moves in a list, of which a page has so many.
    pub fn moved(self, at: usize, page: usize) -> usize {
        match self {
            Key::Up | Key::WheelUp => at.saturating_sub(1),
            Key::Down | Key::WheelDown => at.saturating_add(1),
            Key::PageUp => at.saturating_sub(page),
            Key::PageDown => at.saturating_add(page),
            Key::Home => 0,
            Key::End => usize::MAX,
            _ => at,
        }
    }
}

/// Takes one key off the front of `bytes`, with its length. `None` asks for more bytes; once
/// `expired` (nothing has come for a moment) it no longer does, and a lone escape is the key.
pub fn key(bytes: &[u8], expired: bool) -> Option<(Key, usize)> {
    match *bytes {
        [] => None,
        [0x1b] | [0x1b, b'[' | b'O'] => expired.then_some((Key::Esc, bytes.len())),
        [0x1b, b'[' | b'O', ref rest @ ..] => match rest.iter().position(|byte| (0x40..=0x7e).contains(byte))
        {
            Some(last) => {
                let (inner, end) = rest.split_at_checked(last)?;
                Some((named(inner, *end.first()?), last + 3))
            }
            // A sequence without end is thrown away, as far as it has come.
            None => (expired || rest.len() > 32).then_some((Key::Other, bytes.len())),
        },
        [0x1b, ..] => Some((Key::Esc, 1)),
        [b'\r' | b'\n', ..] => Some((Key::Enter, 1)),
        [b'\t', ..] => Some((Key::Tab, 1)),
        [0x7f | 0x08, ..] => Some((Key::Backspace, 1)),
        [byte @ 1..=26, ..] => Some((Key::Ctrl(char::from(byte + b'a' - 1)), 1)),
        [byte @ b' '..=b'~', ..] => Some((Key::Char(char::from(byte)), 1)),
        _ => Some((Key::Other, 1)),
    }
}

/// The key of a sequence: what stands between its brackets and its last byte, and that byte. Keys with
/// modifiers (`1;5A`) are the keys without.
fn named(inner: &[u8], last: u8) -> Key {
    match (inner.split(|byte| *byte == b';').next().unwrap_or_default(), last) {
        (b"" | b"1", b'A') => Key::Up,
        (b"" | b"1", b'B') => Key::Down,
        (b"" | b"1", b'C') => Key::Right,
        (b"" | b"1", b'D') => Key::Left,
        (b"" | b"1", b'H') | (b"1" | b"7", b'~') => Key::Home,
        (b"" | b"1", b'F') | (b"4" | b"8", b'~') => Key::End,
        (b"5", b'~') => Key::PageUp,
        (b"6", b'~') => Key::PageDown,
        (b"", b'Z') => Key::BackTab,
        (_, b'M') => mouse(inner).unwrap_or(Key::Other),
        _ => Key::Other,
    }
}

/// A mouse's report: `<0;12;3` is the left button at column 12 of row 3, both from 1.
fn mouse(inner: &[u8]) -> Option<Key> {
    let text = std::str::from_utf8(inner.strip_prefix(b"<")?).ok()?;
    let mut numbers = text.split(';').map(|number| number.parse::<u16>().ok());
    let (button, x, y) = (numbers.next()??, numbers.next()??, numbers.next()??);
    match button {
        0 => Some(Key::Click(x.checked_sub(1)?, y.checked_sub(1)?)),
        64 => Some(Key::WheelUp),
        65 => Some(Key::WheelDown),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_keys() {
        for (bytes, expired, wanted) in [
            (&b""[..], true, None),
            (b"q", false, Some((Key::Char('q'), 1))),
            (b"qh", false, Some((Key::Char('q'), 1))),
            (b"\x03", false, Some((Key::Ctrl('c'), 1))),
            (b"\x1a", false, Some((Key::Ctrl('z'), 1))),
            (b"\r", false, Some((Key::Enter, 1))),
            (b"\x1b", false, None),
            (b"\x1b", true, Some((Key::Esc, 1))),
            (b"\x1b[", false, None),
            (b"\x1b[A", false, Some((Key::Up, 3))),
            (b"\x1bOA", false, Some((Key::Up, 3))),
            (b"\x1b[1;5B", false, Some((Key::Down, 6))),
            (b"\x1b[5~", false, Some((Key::PageUp, 4))),
            (b"\x1b[7~", false, Some((Key::Home, 4))),
            (b"\x1b[Z\t\x7f", false, Some((Key::BackTab, 3))),
            (b"\t", false, Some((Key::Tab, 1))),
            (b"\x7f", false, Some((Key::Backspace, 1))),
            (b"\x1b[<0;12;3Mq", false, Some((Key::Click(11, 2), 10))),
            (b"\x1b[<64;1;1M", false, Some((Key::WheelUp, 10))),
            (b"\x1b[<0;12;3m", false, Some((Key::Other, 10))),
            (b"\x1b[<0;0;3M", false, Some((Key::Other, 9))),
            (b"\x1b[<0;99999;3M", false, Some((Key::Other, 13))),
            (b"\x1b[M", false, Some((Key::Other, 3))),
            (b"\x1b[1", false, None),
            (b"\x1b[1", true, Some((Key::Other, 3))),
            (b"\x1b[300~q", false, Some((Key::Other, 6))),
            (b"\x1bq", false, Some((Key::Esc, 1))),
            (b"\xc3\xa4", false, Some((Key::Other, 1))),
        ] {
            assert_eq!(key(bytes, expired), wanted, "{bytes:?} {expired}");
        }
    }

    #[test]
    fn ok_moves() {
        for (key, at, wanted) in [
            (Key::Up, 0, 0),
            (Key::WheelUp, 7, 6),
            (Key::Down, 7, 8),
            (Key::WheelDown, usize::MAX, usize::MAX),
            (Key::PageUp, 7, 0),
            (Key::PageDown, 7, 17),
            (Key::Home, 7, 0),
            (Key::End, 7, usize::MAX),
            (Key::Left, 7, 7),
        ] {
            assert_eq!(key.moved(at, 10), wanted, "{key:?} {at}");
        }
    }

    #[test]
    fn ok_any_bytes_come_to_an_end() {
        let mut seed = 7u32;
        for _ in 0..20_000 {
            let mut bytes = Vec::new();
            for _ in 0..(seed >> 8) % 40 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                bytes.push(
                    [0x1b, b'[', b'O', b';', b'9', b'm', (seed >> 24) as u8][(seed >> 16) as usize % 7],
                );
            }
            seed = seed.wrapping_add(12_345_679);
            let mut rest = bytes.as_slice();
            while let Some((_, length)) = key(rest, true) {
                assert!(length > 0);
                rest = rest.get(length..).expect("no key is longer than its bytes");
            }
            assert!(rest.is_empty());
        }
    }
}
