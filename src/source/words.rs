//! The words of a command line, as a shell splits them, but for everything that a shell expands.

/// Splits at blanks outside quotes. Single quotes keep all, double quotes all but the backslash
/// before `"` and `\`; outside of quotes a backslash keeps the next character.
pub(super) fn split(line: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        match (quote, c) {
            (None, c) if c.is_ascii_whitespace() => words.extend(word.take()),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (Some(open), c) if c == open => quote = None,
            (None | Some('"'), '\\') => {
                let next = characters.next().ok_or("a backslash ends")?;
                let word = word.get_or_insert_default();
                if quote.is_some() && next != '"' && next != '\\' {
                    word.push('\\');
                }
                word.push(next);
            }
            _ => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err("a quote is not closed in");
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_words() {
        let cases: [(&str, &[&str]); 8] = [
            ("", &[]),
            ("  \t ", &[]),
            ("ssh board  tegrastats", &["ssh", "board", "tegrastats"]),
            ("a 'b  c' \"d e\"", &["a", "b  c", "d e"]),
            ("a'b'c\"d\"", &["abcd"]),
            ("'' \"\"", &["", ""]),
            (r#"a\ b "c\"d" 'e\f' "g\h""#, &["a b", "c\"d", "e\\f", "g\\h"]),
            ("$HOME ; `x`", &["$HOME", ";", "`x`"]),
        ];
        for (line, wanted) in cases {
            assert_eq!(split(line).unwrap(), wanted, "{line}");
        }
    }

    #[test]
    fn err_words() {
        for line in ["'a", "\"a", "a\\", "\"a\\"] {
            assert!(split(line).is_err(), "{line}");
        }
    }
}
