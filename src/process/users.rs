//! The names of users: etc/passwd of the root, read again when its size or time changes.
//!
//! Users of a directory service are not in it; they keep their number.

use std::fmt::Write;
use std::io::Read;
use std::time::SystemTime;

use crate::root::Root;
use crate::scan;

/// Users beyond so many keep their number.
const MOST: usize = 4096;
/// Bytes of the file that are read.
const LARGEST: u64 = 512 * 1024;
/// Longer than any system allows a name to be (32).
const LONGEST_NAME: usize = 64;

/// Names by number.
#[derive(Debug, Default)]
pub struct Users {
    names: Vec<(u32, Box<str>)>,
    stamp: Option<(u64, SystemTime)>,
}

impl Users {
    /// Reads the file unless it is the one that was read before.
    pub fn refresh(&mut self, root: &Root) {
        let file = root.open("etc/passwd").ok();
        let stamp = file.as_ref().and_then(|file| {
            let about = file.metadata().ok()?;
            Some((about.len(), about.modified().ok()?))
        });
        if stamp == self.stamp {
            return;
        }
        self.stamp = stamp;
        let mut text = Vec::new();
        if let Some(file) = file {
            let _ = file.take(LARGEST).read_to_end(&mut text); // what came before an error counts
        }
        self.names = parse(&text);
    }

    /// Writes the name of a user, or the number.
    pub fn write(&self, user: u32, into: &mut String) {
        let place = self.names.partition_point(|&(other, _)| other < user);
        match self.names.get(place) {
            Some((other, name)) if *other == user => into.push_str(name),
            _ => drop(write!(into, "{user}")),
        }
    }
}

/// The users of a passwd(5) text in order of their numbers; of several names, the first.
fn parse(text: &[u8]) -> Vec<(u32, Box<str>)> {
    let mut names: Vec<(u32, Box<str>)> = Vec::new();
    for (user, name) in text.split(|&byte| byte == b'\n').filter_map(entry) {
        let place = names.partition_point(|&(other, _)| other < user);
        if names.len() < MOST && names.get(place).is_none_or(|&(other, _)| other != user) {
            names.insert(place, (user, name.into()));
        }
    }
    names
}

/// `name:password:number:...`
fn entry(line: &[u8]) -> Option<(u32, &str)> {
    let mut fields = line.splitn(4, |&byte| byte == b':');
    let name = std::str::from_utf8(fields.next()?).ok()?;
    let (user, rest) = scan::apart::small(fields.nth(1)?)?;
    let clean = !name.contains(char::is_control) && !name.starts_with(['#', '+', '-']);
    (clean && rest.is_empty() && (1..=LONGEST_NAME).contains(&name.len())).then_some((user, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_entries() {
        for (line, wanted) in [
            ("root:x:0:0:root:/root:/bin/bash", (0, "root")),
            ("nobody:x:65534:65534::/:/bin/false", (65534, "nobody")),
            ("odd name::4294967295", (u32::MAX, "odd name")),
            ("j\u{e9}r\u{f4}me:x:1000:", (1000, "j\u{e9}r\u{f4}me")),
        ] {
            assert_eq!(entry(line.as_bytes()), Some(wanted), "{line}");
        }
    }

    #[test]
    fn err_entries() {
        let long = format!("{}:x:1:", "n".repeat(65));
        for line in [
            &b""[..],
            b"root",
            b"root:x",
            b"root:x:",
            b"root:x:-1:0",
            b"root:x:4294967296:0",
            b"root:x:0x0:0",
            b":x:0:0",
            b"#root:x:0:0",
            b"+nis:x:0:0",
            b"\xff:x:0:0",
            b"e\x1b[31mvil:x:0:0",
            long.as_bytes(),
        ] {
            assert_eq!(entry(line), None, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn ok_the_first_name_counts_and_their_number_is_bounded() {
        let mut text = "b:x:5:\na:x:5:\nz:x:0:\n".to_owned();
        let names = parse(text.as_bytes());
        assert_eq!(names, [(0, "z".into()), (5, "b".into())]);
        (10..10_000).for_each(|user| text.push_str(&format!("u{user}:x:{user}:\n")));
        assert_eq!(parse(text.as_bytes()).len(), MOST);
    }

    #[test]
    fn ok_a_changed_file_is_read_again() {
        let path = std::env::temp_dir().join(format!("jetsonscope-users-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(path.join("etc")).unwrap();
        let root = Root::at(&path);
        let mut users = Users::default();
        for (text, wanted) in [
            (None, "7"),
            (Some("one:x:7:\n"), "one"),
            (Some("three:x:7:\n"), "three"),
            (Some(""), "7"),
            (None, "7"),
        ] {
            match text {
                Some(text) => std::fs::write(path.join("etc/passwd"), text).unwrap(),
                None => drop(std::fs::remove_file(path.join("etc/passwd"))),
            }
            users.refresh(&root);
            let mut name = String::new();
            users.write(7, &mut name);
            assert_eq!(name, wanted, "{text:?}");
        }
        let _ = std::fs::remove_dir_all(&path);
    }
}
