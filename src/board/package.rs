//! What dpkg says about packages, from its status file, in constant memory: the file of a full
//! image has several megabytes, so it is read once for all packages that are wanted, and only
//! when one of them may be there.

use std::io::{BufRead, BufReader, Read};

use crate::root::Root;

const STATUS: &str = "var/lib/dpkg/status";
/// A file that is larger is no status file of an image; the largest seen has 6 MB.
const LARGEST: u64 = 64 * 1024 * 1024;
/// Fields that are longer are none of those wanted.
const LONGEST: usize = 256;

/// A package that is wanted, by its name: the text, then digits if `digits` says so, then, with
/// `any`, whatever follows.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// How the name begins.
    pub name: &'static str,
    /// Whether at least one digit follows.
    pub digits: bool,
    /// Whether anything may follow these.
    pub any: bool,
}

impl Wanted {
    /// The package of that very name.
    pub const fn exactly(name: &'static str) -> Wanted {
        Wanted { name, digits: false, any: false }
    }

    fn is(self, name: &str) -> bool {
        let Some(rest) = name.strip_prefix(self.name) else { return false };
        let tail = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let development = name.ends_with("-dev") || name.ends_with("-samples");
        (self.any && !development || tail.is_empty()) && self.digits == (tail.len() < rest.len())
    }
}

/// Whether dpkg has ever installed the package; costs one look and no scan.
pub fn may_have(root: &Root, name: &str) -> bool {
    let list = ["var/lib/dpkg/info/", name].concat();
    root.has(&[&list, ".list"].concat()) || root.has(&[&list, ":arm64.list"].concat())
}

/// The versions of the installed ones among `wanted`, in its order: of several that match one
/// entry the newest. Versions are those of the software, without epoch and revision.
pub fn versions<const N: usize>(root: &Root, wanted: [Wanted; N]) -> [Option<String>; N] {
    let mut found = [const { None }; N];
    if let Ok(file) = root.open(STATUS) {
        let mut reader = BufReader::with_capacity(32 * 1024, file.take(LARGEST));
        scan(&mut reader, &wanted, &mut found);
    }
    found
}

fn scan(reader: &mut impl BufRead, wanted: &[Wanted], found: &mut [Option<String>]) {
    let mut line = Vec::with_capacity(LONGEST);
    let mut entry: Option<usize> = None;
    let mut installed = false;
    // When each name is exact, the file need not be read to its end.
    let exact = wanted.iter().all(|wanted| !wanted.digits && !wanted.any);
    while let Some(text) = next_field(reader, &mut line) {
        if let Some(name) = text.strip_prefix("Package:") {
            entry = wanted.iter().position(|wanted| wanted.is(name.trim()));
            installed = false;
        } else if text.is_empty() {
            entry = None;
        } else if let Some(state) = text.strip_prefix("Status:") {
            installed = state.split_ascii_whitespace().nth(2) == Some("installed");
        } else if let (Some(version), true, Some(entry)) = (text.strip_prefix("Version:"), installed, entry) {
            let slot = found.get_mut(entry);
            let version = upstream(version.trim());
            if let Some(slot) = slot.filter(|slot| slot.as_deref().is_none_or(|old| newer(version, old))) {
                *slot = Some(version.to_owned());
            }
            if exact && found.iter().all(Option::is_some) {
                return;
            }
        }
    }
}

/// The next line that may be a wanted field or the blank line behind a package; all others are
/// passed over without a copy.
fn next_field<'a>(reader: &mut impl BufRead, line: &'a mut Vec<u8>) -> Option<&'a str> {
    loop {
        let first = *reader.fill_buf().ok()?.first()?;
        if matches!(first, b'P' | b'S' | b'V' | b'\n' | b'\r') {
            break;
        }
        reader.skip_until(b'\n').ok()?;
    }
    line.clear();
    // A line without an end must not fill the memory.
    reader.take(LONGEST as u64).read_until(b'\n', line).ok()?;
    if line.last() != Some(&b'\n') {
        reader.skip_until(b'\n').ok()?;
    }
    Some(std::str::from_utf8(line).unwrap_or("?").trim_end())
}

/// A version without epoch, revision and what a packager has added: `1:6.2.1+b38` is `6.2.1`.
pub fn upstream(version: &str) -> &str {
    let version = version.split_once(':').map_or(version, |(_, version)| version);
    version.split(['-', '+', '~']).next().unwrap_or_default()
}

/// Whether version `a` is newer than `b`, number by number.
fn newer(a: &str, b: &str) -> bool {
    let numbers = |text: &str| -> [u32; 4] {
        let mut parts = text.split('.').map(|part| part.parse().unwrap_or(0));
        std::array::from_fn(|_| parts.next().unwrap_or(0))
    };
    numbers(a) > numbers(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: [Wanted; 3] = [
        Wanted::exactly("nvidia-l4t-core"),
        Wanted { name: "libnvinfer", digits: true, any: false },
        Wanted { name: "cuda-cudart-", digits: true, any: true },
    ];

    fn found(text: &[u8]) -> [Option<String>; 3] {
        let mut found = [None, None, None];
        // A small buffer, so that lines are cut where the file is read.
        scan(&mut BufReader::with_capacity(7, text), &WANTED, &mut found);
        found
    }

    fn package(name: &str, state: &str, version: &str) -> String {
        format!("Package: {name}\nStatus: {state}\nDescription: a\n Version: 9\nVersion: {version}\n\n")
    }

    #[test]
    fn ok_installed_packages() {
        let text = [
            package("libnvinfer-dev", "install ok installed", "1.0"),
            package("libnvinfer8", "deinstall ok config-files", "8.0.1-1"),
            package("libnvinfer10", "hold ok installed", "10.3.0.30-1+cuda12.5"),
            package("cuda-cudart-12-6", "install ok installed", "12.6.68-1"),
            package("cuda-cudart-11-4", "install ok installed", "11.4.298-1"),
            package("cuda-cudart-dev-13-0", "install ok installed", "13.0"),
            package("nvidia-l4t-core", "install ok installed", "36.4.4-20250616085344"),
        ]
        .concat();
        let wanted = [Some("36.4.4"), Some("10.3.0.30"), Some("12.6.68")];
        assert_eq!(found(text.as_bytes()).each_ref().map(Option::as_deref), wanted);
        let dos = text.replace('\n', "\r\n");
        assert_eq!(found(dos.as_bytes()).each_ref().map(Option::as_deref), wanted);
    }

    #[test]
    fn err_no_packages() {
        let long = format!("Package: {}\nVersion: 1\n", "x".repeat(100_000));
        for text in [
            "",
            "\n\n\n",
            "Package: nvidia-l4t-core\nVersion: 36.4.4\n",
            "Package: nvidia-l4t-core\nStatus: install ok half-installed\nVersion: 36.4.4\n",
            "Package: nvidia-l4t-core\nStatus: install ok installed\n\nVersion: 36.4.4\n",
            "Package: nvidia-l4t-core\nStatus: installed\nVersion: 36.4.4\n",
            "Package: nvidia-l4t-core-x\nStatus: install ok installed\nVersion: 1\n",
            "Package:\nStatus: install ok installed\nVersion: 1",
            &long,
        ] {
            assert_eq!(found(text.as_bytes()), [None, None, None], "{text:.40}");
        }
        assert_eq!(found(b"Package: \xff\xfe\nStatus: \xff\nVersion\xff"), [None, None, None]);
    }

    #[test]
    fn ok_versions() {
        for (text, wanted) in [
            ("36.4.4-20250616085344", "36.4.4"),
            ("6.2.1+b38", "6.2.1"),
            ("5.1.1-b56", "5.1.1"),
            ("1:2.3~rc1", "2.3"),
            ("4.5.4+dfsg-9ubuntu4", "4.5.4"),
            ("", ""),
        ] {
            assert_eq!(upstream(text), wanted, "{text}");
        }
        for (a, b, wanted) in [("12.6.68", "11.4", true), ("8.9", "8.10", false), ("x", "", false)] {
            assert_eq!(newer(a, b), wanted, "{a} {b}");
        }
    }
}
