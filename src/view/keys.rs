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
    /// Any other key, or bytes that are none.
    Other,
}

/// Takes one key off the front of `bytes`, with its length. `None` asks for more bytes; once
/// `expired` (nothing has come for a moment) it no longer does, and a lone escape is the key.
pub fn key(bytes: &[u8], expired: bool) -> Option<(Key, usize)> {
    match *bytes {
        [] => None,
        [0x1b] | [0x1b, b'[' | b'O'] => expired.then_some((Key::Esc, bytes.len())),
        [0x1b, b'[' | b'O', ref rest @ ..] => match rest.iter().position(|byte| (0x40..=0x7e).contains(byte))
        {
            Some(last) => Some((Key::Other, last + 3)),
            // A sequence without end is thrown away, as far as it has come.
            None => (expired || rest.len() > 32).then_some((Key::Other, bytes.len())),
        },
        [0x1b, ..] => Some((Key::Esc, 1)),
        [b'\r' | b'\n', ..] => Some((Key::Enter, 1)),
        [byte @ 1..=26, ..] => Some((Key::Ctrl(char::from(byte + b'a' - 1)), 1)),
        [byte @ b' '..=b'~', ..] => Some((Key::Char(char::from(byte)), 1)),
        _ => Some((Key::Other, 1)),
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
            (b"\x1b[A", false, Some((Key::Other, 3))),
            (b"\x1bOA", false, Some((Key::Other, 3))),
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
