//! Values off the front of a byte string: each function hands back the value and what follows it.
//! Nothing here allocates, and no input makes it panic; an overflow is "no value".
//!
//! These functions are most of what reading a line costs. A build for size would call each of them
//! and hand the values over in memory, so they ask to be inlined.

/// Which bytes a word of letters, digits, `_` and `.` is made of; a table is faster than five
/// comparisons.
const NAME: [bool; 256] = {
    let mut table = [false; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        table[at] = byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.';
        at += 1;
    }
    table
};

/// Whether a name as the tool prints it may hold `byte`: a letter, a digit, `_` or `.`.
#[inline(always)]
pub fn is_name(byte: u8) -> bool {
    static TABLE: [bool; 256] = NAME;
    TABLE[usize::from(byte)]
}

/// Takes an unsigned decimal number off the front; `None` without a digit or beyond 64 bits.
#[inline(always)]
pub fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let mut rest = text;
    let mut value = 0u64;
    while let [digit @ b'0'..=b'9', tail @ ..] = rest {
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
        rest = tail;
    }
    match text.len() - rest.len() {
        0 => None,
        1..=19 => Some((value, rest)),
        _ => long_number(text),
    }
}

/// The same for more digits than surely have 64 bits.
#[cold]
#[inline(never)]
fn long_number(text: &[u8]) -> Option<(u64, &[u8])> {
    let mut rest = text;
    let mut value = 0u64;
    while let [digit @ b'0'..=b'9', tail @ ..] = rest {
        value = value.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
        rest = tail;
    }
    Some((value, rest))
}

/// Takes an unsigned decimal number of at most 32 bits off the front.
#[inline(always)]
pub fn small(text: &[u8]) -> Option<(u32, &[u8])> {
    let (value, rest) = number(text)?;
    Some((u32::try_from(value).ok()?, rest))
}

/// Takes a decimal number with an optional minus sign off the front; `None` beyond 32 bits.
#[inline(always)]
pub fn signed(text: &[u8]) -> Option<(i32, &[u8])> {
    let (negative, digits) = sign(text);
    let (size, rest) = number(digits)?;
    let size = i64::try_from(size).ok()?;
    let value = if negative { -size } else { size };
    Some((i32::try_from(value).ok()?, rest))
}

/// Takes a decimal number with at most three decimals off the front, in thousandths:
/// `-4.25` is -4250. A fourth decimal, or a point without digits, is no value.
#[inline(always)]
pub fn thousandths(text: &[u8]) -> Option<(i32, &[u8])> {
    let (negative, digits) = sign(text);
    let (whole, mut rest) = number(digits)?;
    let mut value = i64::try_from(whole).ok()?.checked_mul(1000)?;
    if let [b'.', tail @ ..] = rest {
        let mut scale = 1000;
        rest = tail;
        while let [digit @ b'0'..=b'9', tail @ ..] = rest {
            // A build for size would divide, which takes longer than all the rest.
            scale = match scale {
                1000 => 100,
                100 => 10,
                10 => 1,
                _ => return None,
            };
            value = value.checked_add(i64::from(digit - b'0') * scale)?;
            rest = tail;
        }
        if scale == 1000 {
            return None;
        }
    }
    let value = if negative { -value } else { value };
    Some((i32::try_from(value).ok()?, rest))
}

#[inline(always)]
fn sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', digits @ ..] => (true, digits),
        _ => (false, text),
    }
}

/// What follows `prefix`, when `text` begins with it.
#[inline(always)]
pub fn after<'a>(text: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let mut rest = text;
    for byte in prefix {
        rest = match rest {
            [first, tail @ ..] if first == byte => tail,
            _ => return None,
        };
    }
    Some(rest)
}

/// Cuts `text` before its first byte for which `stop` holds (at its end when there is none).
#[inline(always)]
pub fn until(text: &[u8], stop: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let mut rest = text;
    while let [byte, tail @ ..] = rest
        && !stop(*byte)
    {
        rest = tail;
    }
    (text.get(..text.len() - rest.len()).unwrap_or(text), rest)
}

/// The same functions for where a call costs nothing: those above are copied into their callers, which
/// are to be fast.
pub mod apart {
    /// [`super::number`].
    #[inline(never)]
    pub fn number(text: &[u8]) -> Option<(u64, &[u8])> {
        super::number(text)
    }

    /// [`super::small`].
    #[inline(never)]
    pub fn small(text: &[u8]) -> Option<(u32, &[u8])> {
        super::small(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_numbers() {
        for (text, value, rest) in [("0", 0, ""), ("007x", 7, "x"), ("18446744073709551615/", u64::MAX, "/")]
        {
            assert_eq!(number(text.as_bytes()), Some((value, rest.as_bytes())), "{text}");
        }
        for (text, value, rest) in
            [("-5mW", -5, "mW"), ("2147483647", i32::MAX, ""), ("-2147483648 ", i32::MIN, " ")]
        {
            assert_eq!(signed(text.as_bytes()), Some((value, rest.as_bytes())), "{text}");
        }
        for (text, value, rest) in [
            ("45.625C", 45625, "C"),
            ("-0.5C", -500, "C"),
            ("-256C", -256_000, "C"),
            ("12", 12000, ""),
            ("7.04", 7040, ""),
        ] {
            assert_eq!(thousandths(text.as_bytes()), Some((value, rest.as_bytes())), "{text}");
        }
    }

    #[test]
    fn err_numbers() {
        for text in ["", "x", "-1", "+1", "18446744073709551616", "99999999999999999999999999"] {
            assert_eq!(number(text.as_bytes()), None, "{text}");
        }
        for text in ["", "-", "--1", "2147483648", "-2147483649", "- 1"] {
            assert_eq!(signed(text.as_bytes()), None, "{text}");
        }
        for text in ["", ".", "-.", "1.", "1.C", ".5", "1.2345", "2147484", "99999999999999999999"] {
            assert_eq!(thousandths(text.as_bytes()), None, "{text}");
        }
        assert_eq!(small(b"4294967296"), None);
    }

    #[test]
    fn ok_cuts() {
        assert_eq!(until(b"ab cd", |b| b == b' '), (&b"ab"[..], &b" cd"[..]));
        assert_eq!(until(b"", |_| true), (&b""[..], &b""[..]));
        assert_eq!(after(b"off,", b"off"), Some(&b","[..]));
        assert_eq!(after(b"of", b"off"), None);
    }
}
