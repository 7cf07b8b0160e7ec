//! One line of ours in a file that is others': marked, found again by its mark and its first word,
//! and the only part of the file that is ever changed.

/// What stands at the end of a line that is ours.
pub const MARK: &str = "# jetsonscope";

/// Our line of that first word, without its end.
pub fn ours(text: &[u8], key: &str) -> Option<String> {
    let line = text.split_inclusive(|&byte| byte == b'\n').find_map(|line| parts(line, key))?;
    Some(line.0.to_owned())
}

/// The first words of all lines with our mark.
pub fn keys(text: &[u8]) -> impl Iterator<Item = &str> {
    let marked = |line| std::str::from_utf8(line).ok().filter(|line: &&str| is_marked(line));
    text.split(|&byte| byte == b'\n').filter_map(marked).filter_map(|line| line.split_whitespace().next())
}

/// The text with our line of that first word as given; all else stays byte for byte. A new line goes
/// behind the last one that has an end, so that one without stays the last.
pub fn with(text: &[u8], key: &str, new: Option<&str>) -> Vec<u8> {
    let mut found = Vec::with_capacity(text.len() + 80);
    let (mut left, mut whole) = (new, 0);
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        match parts(line, key) {
            None => found.extend_from_slice(line),
            Some((_, end)) => {
                if let Some(new) = left.take() {
                    found.extend_from_slice(new.as_bytes());
                    found.extend_from_slice(end.as_bytes());
                }
            }
        }
        if line.ends_with(b"\n") {
            whole = found.len();
        }
    }
    if let Some(new) = left {
        let rest = found.split_off(whole);
        found.extend_from_slice(new.as_bytes());
        found.push(b'\n');
        found.extend_from_slice(&rest);
    }
    found
}

/// A line and its end, if it is ours.
fn parts<'t>(line: &'t [u8], key: &str) -> Option<(&'t str, &'t str)> {
    let line = std::str::from_utf8(line).ok()?;
    let (line, end) = line.split_at(line.trim_end_matches(['\r', '\n']).len());
    (is_marked(line) && line.split_whitespace().next() == Some(key)).then_some((line, end))
}

fn is_marked(line: &str) -> bool {
    let head = line.trim_end().strip_suffix(MARK);
    head.is_some_and(|head| head.ends_with([' ', '\t']) && !head.trim_start().is_empty())
        && !line.trim_start().starts_with('#')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_only_our_line_changes() {
        for (text, with_line, without) in [
            ("", "/s x # jetsonscope\n", ""),
            ("a\n", "a\n/s x # jetsonscope\n", "a\n"),
            ("a", "/s x # jetsonscope\na", "a"),
            ("a\n\n#b\n c", "a\n\n#b\n/s x # jetsonscope\n c", "a\n\n#b\n c"),
            ("a\r\n", "a\r\n/s x # jetsonscope\n", "a\r\n"),
            ("/s old # jetsonscope\nb", "/s x # jetsonscope\nb", "b"),
            ("a\n/s old # jetsonscope", "a\n/s x # jetsonscope", "a\n"),
            ("a\n \t/s\told\t# jetsonscope \r\nb\r\n", "a\n/s x # jetsonscope\r\nb\r\n", "a\nb\r\n"),
            ("/s 1 # jetsonscope\na\n/s 2 # jetsonscope\n", "/s x # jetsonscope\na\n", "a\n"),
            // Not ours: no mark, another word, a comment, the mark alone.
            ("/s x\n", "/s x\n/s x # jetsonscope\n", "/s x\n"),
            ("/s2 # jetsonscope\n", "/s2 # jetsonscope\n/s x # jetsonscope\n", "/s2 # jetsonscope\n"),
            ("#/s # jetsonscope\n", "#/s # jetsonscope\n/s x # jetsonscope\n", "#/s # jetsonscope\n"),
            (" # jetsonscope\n", " # jetsonscope\n/s x # jetsonscope\n", " # jetsonscope\n"),
            ("/s# jetsonscope\n", "/s# jetsonscope\n/s x # jetsonscope\n", "/s# jetsonscope\n"),
        ] {
            let set = with(text.as_bytes(), "/s", Some("/s x # jetsonscope"));
            assert_eq!(String::from_utf8_lossy(&set), with_line, "{text:?}");
            assert_eq!(
                ours(&set, "/s").as_deref().map(str::trim_end),
                Some("/s x # jetsonscope"),
                "{text:?}"
            );
            for from in [text.as_bytes(), &set] {
                assert_eq!(String::from_utf8_lossy(&with(from, "/s", None)), without, "{text:?}");
            }
        }
    }

    #[test]
    fn ok_bytes_of_others_stay() {
        let text = b"\xe4 \xff\n\0\n/s \xff # jetsonscope\r\n\xff";
        let set = with(text, "/s", Some("/s # jetsonscope"));
        assert_eq!(set, b"\xe4 \xff\n\0\n/s \xff # jetsonscope\r\n/s # jetsonscope\n\xff");
        assert_eq!(with(&set, "/s", None), text);
        assert_eq!(ours(text, "/s"), None);
        let text = b"/a 1 # jetsonscope\n#/b # jetsonscope\n\xff # jetsonscope\n /c # jetsonscope\r\n/d";
        assert_eq!(keys(text).collect::<Vec<_>>(), ["/a", "/c"]);
    }
}
