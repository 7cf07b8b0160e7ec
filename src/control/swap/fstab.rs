//! Our line of /etc/fstab, fstab(5): of six fields, and marked behind them, where nobody reads. Of a line
//! that was changed by hand only the option `noauto` changes.

use super::is_ours;
use crate::control::line::{self, MARK};

pub const PATH: &str = "etc/fstab";
/// The option of an entry that is not on at boot.
const NO_AUTO: &str = "noauto";

/// The file of our first line.
pub fn ours(table: &[u8]) -> Option<String> {
    line::keys(table).find(|key| is_ours(key)).map(str::to_owned)
}

/// Whether somebody else's line names the file.
pub fn is_others(table: &[u8], path: &str) -> bool {
    let rest = line::with(table, path, None);
    let names = |line: &[u8]| {
        let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        words.next() == Some(path.as_bytes())
    };
    rest.split(|&byte| byte == b'\n').any(names)
}

/// The line for a file that is on at each boot, or not; made from the one there is. A board starts
/// without the file, too (`nofail`).
pub fn line(path: &str, old: Option<&str>, on: bool) -> String {
    let changed = old.and_then(|old| with_auto(old, on));
    changed.unwrap_or_else(|| {
        let options = if on { " none swap sw,nofail 0 0 " } else { " none swap sw,nofail,noauto 0 0 " };
        [path, options, MARK].concat()
    })
}

/// The line with that one option changed; `None` when it has not the fields of one.
fn with_auto(line: &str, on: bool) -> Option<String> {
    let (rest, _) = field(line)?;
    let (rest, _) = field(rest)?;
    let (rest, kind) = field(rest)?;
    let (behind, options) = field(rest)?;
    if kind != "swap" || options.starts_with('#') {
        return None;
    }
    if options.split(',').any(|option| option == NO_AUTO) != on {
        return Some(line.to_owned());
    }
    let mut kept: Vec<&str> = options.split(',').filter(|option| *option != NO_AUTO).collect();
    if !on {
        kept.push(NO_AUTO);
    } else if kept.is_empty() {
        kept.push("sw");
    }
    let head = line.get(..line.len() - behind.len() - options.len())?;
    Some([head, &kept.join(","), behind].concat())
}

/// The first field of a line and what is behind it, as (behind, field).
fn field(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start_matches([' ', '\t']);
    let end = line.find([' ', '\t']).unwrap_or(line.len());
    let (field, behind) = line.split_at(end);
    (!field.is_empty()).then_some((behind, field))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_lines() {
        const ON: &str = "/s none swap sw,nofail 0 0 # jetsonscope";
        const OFF: &str = "/s none swap sw,nofail,noauto 0 0 # jetsonscope";
        for (old, on, wanted) in [
            (None, true, ON),
            (None, false, OFF),
            (Some(ON), true, ON),
            (Some(ON), false, OFF),
            (Some(OFF), true, ON),
            (Some(OFF), false, OFF),
            (
                Some(" /s\tnone  swap\tpri=5 \t0 0 # jetsonscope "),
                true,
                " /s\tnone  swap\tpri=5 \t0 0 # jetsonscope ",
            ),
            (
                Some("/s\tnone swap  pri=5\t0 0 # jetsonscope"),
                false,
                "/s\tnone swap  pri=5,noauto\t0 0 # jetsonscope",
            ),
            (Some("/s none swap noauto,pri=5 # jetsonscope"), true, "/s none swap pri=5 # jetsonscope"),
            (Some("/s none swap noauto # jetsonscope"), true, "/s none swap sw # jetsonscope"),
            (Some("/s none swap # jetsonscope"), true, ON),
            (Some("/s none ext4 defaults 0 0 # jetsonscope"), false, OFF),
            (Some("/s # jetsonscope"), true, ON),
        ] {
            assert_eq!(line("/s", old, on), wanted, "{old:?} {on}");
        }
    }

    #[test]
    fn ok_whose_line_it_is() {
        for (text, mine, others) in [
            ("", None, false),
            ("/jetsonscope.swap none swap sw 0 0 # jetsonscope\n", Some("/jetsonscope.swap"), false),
            ("/jetsonscope.swap none swap sw 0 0\n", None, true),
            ("  /jetsonscope.swap\tnone swap sw 0 0 # mine\r\n", None, true),
            ("#/jetsonscope.swap none swap sw 0 0 # jetsonscope\n", None, false),
            ("/m/jetsonscope.swap none swap sw 0 0 # jetsonscope\n", Some("/m/jetsonscope.swap"), false),
            ("/m/other.swap none swap sw 0 0 # jetsonscope\n/jetsonscope.swap2 x", None, false),
            ("/jetsonscope.swap a # jetsonscope\n/jetsonscope.swap b", Some("/jetsonscope.swap"), true),
        ] {
            let found = (ours(text.as_bytes()), is_others(text.as_bytes(), "/jetsonscope.swap"));
            assert_eq!((found.0.as_deref(), found.1), (mine, others), "{text:?}");
        }
    }
}
