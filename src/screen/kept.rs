//! What the screen remembers from start to start, once it is told to: a file of settings in the user's own
//! directory. Options win over it; a line that is wrong is said, and passed over.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::config::file::setting;
use crate::sys;
use crate::view::frame;
use crate::view::theme::{self, THEMES};

/// More than that is no such file, bytes.
const LARGEST: u64 = 64 * 1024;

/// What is remembered; `None` is not.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// The number of the theme.
    pub theme: Option<usize>,
    /// The number of the page.
    pub page: Option<usize>,
    /// Time between samples.
    pub interval: Option<Duration>,
    /// ASCII characters only.
    pub ascii: Option<bool>,
}

/// The file: below XDG_CONFIG_HOME, else in .config of HOME. Names that are not absolute count for nothing.
pub fn path(variable: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let own = absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")))?;
    Some(own.join("jetsonscope/jscope.conf"))
}

impl Kept {
    /// Reads the file, with the first thing that is wrong with it. One that is not there is empty.
    pub fn load(path: &Path) -> (Kept, Option<String>) {
        let mut bytes = Vec::new();
        let read = File::open(path).and_then(|file| file.take(LARGEST).read_to_end(&mut bytes));
        let (kept, mut wrong) = Kept::read(&bytes);
        match read {
            Err(error) if error.kind() != io::ErrorKind::NotFound => wrong = Some(sys::reason(&error)),
            _ => {}
        }
        (kept, wrong.map(|why| [&path.display().to_string(), ": ", &why].concat()))
    }

    fn read(bytes: &[u8]) -> (Kept, Option<String>) {
        let (mut kept, mut wrong) = (Kept::default(), None);
        for (number, line) in (1u32..).zip(bytes.split(|byte| *byte == b'\n')) {
            let why = match setting(line) {
                Ok(None) => continue,
                Ok(Some((key, value))) if kept.take(key, value) => continue,
                Ok(Some((key, value))) => [key, " = \"", value, "\" is no setting"].concat(),
                Err(why) => why.to_owned(),
            };
            wrong = wrong.or_else(|| Some(["line ", &number.to_string(), ": ", &why].concat()));
        }
        (kept, wrong)
    }

    /// Takes a setting; false when it is none.
    fn take(&mut self, key: &str, value: &str) -> bool {
        match key {
            "theme" => {
                self.theme = theme::named(value).or(self.theme);
                theme::named(value).is_some()
            }
            "page" => {
                self.page = frame::page_named(value).or(self.page);
                frame::page_named(value).is_some()
            }
            "interval" => {
                let ms = value.parse().ok().filter(|ms| (100..=3_600_000).contains(ms));
                self.interval = ms.map(Duration::from_millis).or(self.interval);
                ms.is_some()
            }
            "ascii" if value == "yes" || value == "no" => {
                self.ascii = Some(value == "yes");
                true
            }
            _ => false,
        }
    }

    /// The file's text; `page` is the name of the page.
    pub(super) fn text(&self, page: &str) -> String {
        let theme = self.theme.and_then(|theme| THEMES.get(theme)).map_or("", |theme| theme.name);
        let ms = self.interval.unwrap_or_default().as_millis().to_string();
        let ascii = if self.ascii == Some(true) { "yes" } else { "no" };
        let parts =
            ["# Written by jscope (key W).\ntheme = ", theme, "\npage = ", page, "\ninterval = ", &ms];
        parts.concat() + "\nascii = " + ascii + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_places() {
        for (set, wanted) in [
            (&[("XDG_CONFIG_HOME", "/x"), ("HOME", "/h")][..], Some("/x/jetsonscope/jscope.conf")),
            (&[("XDG_CONFIG_HOME", "x"), ("HOME", "/h")], Some("/h/.config/jetsonscope/jscope.conf")),
            (&[("XDG_CONFIG_HOME", ""), ("HOME", "/")], Some("/.config/jetsonscope/jscope.conf")),
            (&[("HOME", "h")], None),
            (&[], None),
        ] {
            let variable = |name: &str| set.iter().find(|(n, _)| *n == name).map(|(_, value)| value.into());
            assert_eq!(path(&variable).as_deref(), wanted.map(Path::new), "{set:?}");
        }
    }

    #[test]
    fn ok_what_is_written_is_read() {
        for (theme, page, ms, ascii) in [(1, 0, 1000, true), (4, 5, 100, false), (0, 2, 3_600_000, false)] {
            let interval = Some(Duration::from_millis(ms));
            let kept = Kept { theme: Some(theme), page: Some(page), interval, ascii: Some(ascii) };
            let text = kept.text(frame::PAGES[page].name);
            assert_eq!(Kept::read(text.as_bytes()), (kept, None), "{text}");
        }
    }

    #[test]
    fn err_lines_are_said_and_passed_over() {
        let neon = theme::named("neon");
        for (text, theme, wanted) in [
            (&b""[..], None, None),
            (b"# nothing\n\n", None, None),
            (b"theme = neon\ntheme = nean\n", neon, Some("line 2: theme = \"nean\" is no setting")),
            (b"page = 7th\n\ntheme = neon", neon, Some("line 1: page = \"7th\" is no setting")),
            (b"interval = 99\ntheme", None, Some("line 1: interval = \"99\" is no setting")),
            (b"interval = 3600001", None, Some("line 1: interval = \"3600001\" is no setting")),
            (b"interval = -1", None, Some("line 1: interval = \"-1\" is no setting")),
            (b"ascii = 1", None, Some("line 1: ascii = \"1\" is no setting")),
            (b"colour = red", None, Some("line 1: colour = \"red\" is no setting")),
            (b"theme", None, Some("line 1: no \"=\" behind the key")),
            (b"\xff\xfe\ntheme = neon", neon, Some("line 1: not UTF-8")),
            (b"\x1b[2J = 1", None, Some("line 1: control character")),
        ] {
            let (kept, wrong) = Kept::read(text);
            assert_eq!((kept.theme, wrong.as_deref()), (theme, wanted), "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn err_files() {
        let (kept, wrong) = Kept::load(Path::new("/nonexistent/jscope.conf"));
        assert_eq!((kept, wrong), (Kept::default(), None));
        let (_, wrong) = Kept::load(Path::new("/dev"));
        assert_eq!(wrong.as_deref(), Some("/dev: is a directory"));
    }
}
