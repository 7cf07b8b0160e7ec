//! Text of others as it stands in lines of ours: in logs, in messages, on a terminal.
//!
//! What somebody sends, or has written into a file, may hold quotes, line ends and orders to a
//! terminal, so that a line says what its author never did. In [`quoted`] it ends where the quotes end.

/// Characters that are shown of it.
pub const MOST: usize = 40;

/// The text between quotes: `"` and `\` behind a `\`, what a terminal obeys as `\n` or `\u{1b}`, and `...`
/// behind the quotes where it has more than [`MOST`] characters.
pub fn quoted(text: &str) -> String {
    let mut line = String::from("\"");
    let mut rest = text.chars();
    for c in rest.by_ref().take(MOST) {
        let is_ours = is_odd(c) || matches!(c, '"' | '\\');
        if is_ours { line.extend(c.escape_default()) } else { line.push(c) }
    }
    line.push_str(if rest.next().is_some() { "\"..." } else { "\"" });
    line
}

/// What a terminal obeys instead of showing it: control characters, and those that turn or hide
/// the text around them.
pub fn is_odd(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_quoted() {
        for (text, wanted) in [
            ("", r#""""#),
            ("25W", r#""25W""#),
            ("x result=ok", r#""x result=ok""#),
            ("x\" by uid 0 pid 1: done, \"", r#""x\" by uid 0 pid 1: done, \"""#),
            ("\\", r#""\\""#),
            ("\\\"", r#""\\\"""#),
            ("a\nb\r\t\0", r#""a\nb\r\t\u{0}""#),
            ("\x1b[2J\u{9b}1A", r#""\u{1b}[2J\u{9b}1A""#),
            ("\u{202e}W52\u{2028}", r#""\u{202e}W52\u{2028}""#),
            ("\u{e4} \u{4e2d}", "\"\u{e4} \u{4e2d}\""),
            (&"x".repeat(40), &format!("\"{}\"", "x".repeat(40))),
            (&"x".repeat(41), &format!("\"{}\"...", "x".repeat(40))),
            (&"\u{e4}".repeat(10_000), &format!("\"{}\"...", "\u{e4}".repeat(40))),
            (&"\u{206f}".repeat(99), &format!("\"{}\"...", "\\u{206f}".repeat(40))),
        ] {
            assert_eq!(quoted(text), wanted, "{text:?}");
        }
    }
}
