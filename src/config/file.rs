//! The syntax of a configuration file: `key = value`, a setting a line. Lines that are empty or
//! begin with `#` are passed over; so is what follows a blank and `#`. A value that begins with a
//! quote, single or double, ends at the next one; nothing is escaped inside.

/// The key and the value of a line; `None` when it holds none.
///
/// # Errors
/// Why the line is no setting.
pub fn setting(line: &[u8]) -> Result<Option<(&str, &str)>, &'static str> {
    let line = std::str::from_utf8(line).map_err(|_| "not UTF-8")?.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    if line.chars().any(|c| c.is_control() && c != '\t') {
        return Err("control character");
    }
    let (key, value) = line.split_once('=').ok_or("no \"=\" behind the key")?;
    let key = key.trim_end();
    if key.is_empty() {
        return Err("no key before \"=\"");
    }
    Ok(Some((key, unquoted(value.trim_start())?)))
}

fn unquoted(text: &str) -> Result<&str, &'static str> {
    for quote in ['"', '\''] {
        let Some(inner) = text.strip_prefix(quote) else { continue };
        let (value, rest) = inner.split_once(quote).ok_or("quote without an end")?;
        let rest = rest.trim_start();
        let clear = rest.is_empty() || rest.starts_with('#');
        return if clear { Ok(value) } else { Err("text behind the closing quote") };
    }
    let comment = text.match_indices('#').map(|(at, _)| text.split_at(at).0);
    let value = comment.into_iter().find(|before| before.is_empty() || before.ends_with([' ', '\t']));
    Ok(value.unwrap_or(text).trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_settings() {
        for (line, wanted) in [
            ("a = b", Some(("a", "b"))),
            ("a=b", Some(("a", "b"))),
            ("\t a\t=\tb c \t", Some(("a", "b c"))),
            ("a = b\r", Some(("a", "b"))),
            ("a =", Some(("a", ""))),
            ("a = b = c", Some(("a", "b = c"))),
            ("a = \"b # c\" # d", Some(("a", "b # c"))),
            ("a = ' b '", Some(("a", " b "))),
            ("a = \"it's\"", Some(("a", "it's"))),
            ("a = \"\"", Some(("a", ""))),
            ("a = b # c", Some(("a", "b"))),
            ("a = b#c", Some(("a", "b#c"))),
            ("a = b#c # d", Some(("a", "b#c"))),
            ("a = # c", Some(("a", ""))),
            ("a = b\"c", Some(("a", "b\"c"))),
            ("a = \u{e4}", Some(("a", "\u{e4}"))),
            ("", None),
            ("\r", None),
            (" \t", None),
            ("# a = b", None),
            ("  #", None),
        ] {
            assert_eq!(setting(line.as_bytes()), Ok(wanted), "{line:?}");
        }
    }

    #[test]
    fn err_settings() {
        for (line, wanted) in [
            (&b"a"[..], "no \"="),
            (b"a b", "no \"="),
            (b"[server]", "no \"="),
            (b"= b", "no key"),
            (b" =", "no key"),
            (b"a = \"b", "without an end"),
            (b"a = '", "without an end"),
            (b"a = \"b' # c", "without an end"),
            (b"a = \"b\" c", "behind the closing"),
            (b"a = 'b''c'", "behind the closing"),
            (b"a = b\0", "control"),
            (b"a\x1b = b", "control"),
            (b"a = \xff", "UTF-8"),
            (b"\x7fELF\x02\x01\x01\0\0", "control"),
            (b"\xfe\xff\0a", "UTF-8"),
        ] {
            let error = setting(line).expect_err(&String::from_utf8_lossy(line));
            assert!(error.contains(wanted), "{:?}: {error}", String::from_utf8_lossy(line));
        }
    }
}
