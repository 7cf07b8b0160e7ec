//! A board in a directory: the files that the readers look at, and nothing else.
//!
//! [`take`] lets the readers run on a root that remembers what it is asked for, copies those
//! files, and then reads the copy: what the copy gives is written beside it as `expected.json`,
//! with which [`check`] compares. Sizes are bounded. Serial numbers, MAC addresses and the host's
//! name are replaced always; an anonymous capture has no network addresses either.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};

use crate::append;
use crate::board::Board;
use crate::root::{Root, STATVFS};
use crate::snapshot::Snapshot;
use crate::source;
use crate::wire::meta::Lists;
use crate::wire::{Value, json, message, meta};

/// Most of one file; the longest that matters, /proc/stat of many interrupts, is a tenth of it.
const LARGEST: u64 = 64 * 1024;
/// Most of all files.
const LARGEST_SUM: usize = 8 * 1024 * 1024;
const EXPECTED: &str = "expected.json";
/// Beginnings of the files with addresses of this host and its networks, and with mounts.
const NETWORKS: [&str; 4] = ["proc/net/fib", "proc/net/if_", "proc/net/route", "proc/mounts"];
const DPKG: &str = "var/lib/dpkg/status";
/// How the names of packages begin that tell of releases and libraries.
const PACKAGES: [&str; 8] =
    ["nvidia-", "cuda-", "libcudnn", "libnvinfer", "libnvvpi", "vpi", "libopencv", "libvulkan"];

/// What went wrong, and with which file.
#[derive(Debug)]
pub struct Error {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub error: io::Error,
}

impl Error {
    fn of(path: &Path) -> impl Fn(io::Error) -> Error {
        let path = path.to_owned();
        move |error| Error { path: path.clone(), error }
    }
}

/// Copies the board of `root` into `to`, a directory that is new or empty; gives the number of
/// files.
///
/// # Errors
/// The directory holds something, or cannot be written.
pub fn take(root: &Root, to: &Path, anonymous: bool) -> Result<usize, Error> {
    append::make_directories(to).map_err(Error::of(to))?;
    let mut entries = fs::read_dir(to).map_err(Error::of(to))?;
    if entries.next().is_some() {
        return Err(Error::of(to)(io::Error::other("directory not empty")));
    }
    let remembering = root.remembering();
    let seen = Seen::read(&remembering);
    let clean = Clean { hostname: root.text("proc/sys/kernel/hostname"), anonymous };
    let mut manifest = format!("# {} bytes at most of a file; path, bytes, what happened\n", LARGEST);
    let (mut files, mut sum) = (0, 0);
    for path in remembering.asked().iter().filter(|path| !path.is_empty()) {
        let copied = match sum < LARGEST_SUM {
            true => copy(root, path, to, &clean)?,
            false => Copied::Left("left out: too much in all"),
        };
        match copied {
            Copied::File(bytes) => {
                (files, sum) = (files + 1, sum + bytes);
                let _ = writeln!(manifest, "{path}\t{bytes}\tcopied");
            }
            Copied::Directory => {}
            Copied::Left(why) => {
                let _ = writeln!(manifest, "{path}\t0\t{why}");
            }
        }
    }
    write(to, STATVFS, seen.file_systems(anonymous).as_bytes())?;
    write(to, "MANIFEST", manifest.as_bytes())?;
    write(to, "SOURCE", seen.note().as_bytes())?;
    let copy = Seen::read(&Root::at(to));
    write(to, EXPECTED, format!("{}\n", json::encode(&copy.message())).as_bytes())?;
    Ok(files)
}

/// Compares what a captured board gives with what it gave when it was captured: a line for each
/// value that differs.
///
/// # Errors
/// There is no `expected.json` in it, or it cannot be read.
pub fn check(of: &Path) -> Result<Vec<String>, Error> {
    let path = of.join(EXPECTED);
    let text = fs::read_to_string(&path).map_err(Error::of(&path))?;
    let found = json::encode(&Seen::read(&Root::at(of)).message());
    let wrong = |why: crate::wire::Error| Error::of(&path)(io::Error::other(why.to_string()));
    let (wanted, found) = (json::decode(&text).map_err(wrong)?, json::decode(&found).map_err(wrong)?);
    let mut differences = Vec::new();
    compare("", &wanted, &found, &mut differences);
    Ok(differences)
}

/// What the readers see of a root.
struct Seen {
    snapshot: Snapshot,
    board: Board,
}

impl Seen {
    fn read(root: &Root) -> Seen {
        let mut snapshot = Snapshot::default();
        source::look(root, &mut snapshot);
        Seen { snapshot, board: Board::read(root, true) }
    }

    fn message(&self) -> Value<'_> {
        let meta = meta::meta(&self.board, &Lists::default(), false);
        let meta = meta.member("Meta").cloned().unwrap_or(Value::Null);
        let member = |name, value| (Cow::Borrowed(name), value);
        Value::Map(vec![member("data", message::data(&self.snapshot)), member("meta", meta)])
    }

    fn file_systems(&self, anonymous: bool) -> String {
        let mut text = String::new();
        for (number, of) in self.snapshot.file_systems.iter().enumerate() {
            let other = anonymous && of.name != "/";
            let name = if other { Cow::from(format!("/mount{number}")) } else { Cow::from(of.name.as_str()) };
            let _ = writeln!(text, "{name} {} {} {}", of.total_bytes, of.used_bytes, of.available_bytes);
        }
        text
    }

    fn note(&self) -> String {
        let known = |text: Option<&str>| text.unwrap_or("unknown").to_owned();
        let user = if nix::unistd::geteuid().is_root() { "root" } else { "an ordinary user" };
        format!(
            "Board: {}\nModule: {}\nL4T: {}\nCaptured as {user} by: jscopectl capture, version {}\n",
            known(self.board.model.as_deref()),
            known(self.board.board_id.as_ref().map(|id| id.text.as_str())),
            known(self.board.l4t.as_ref().map(|l4t| l4t.text.as_str())),
            env!("CARGO_PKG_VERSION")
        )
    }
}

enum Copied {
    File(usize),
    Directory,
    Left(&'static str),
}

fn copy(root: &Root, path: &str, to: &Path, clean: &Clean) -> Result<Copied, Error> {
    let file = match root.open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Ok(Copied::Left("denied")),
        Err(_) => return Ok(Copied::Left("absent")),
    };
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        let directory = to.join(path);
        append::make_directories(&directory).map_err(Error::of(&directory))?;
        return Ok(Copied::Directory);
    }
    let mut bytes = Vec::new();
    if path == DPKG {
        bytes = excerpt(file);
    } else if file.take(LARGEST).read_to_end(&mut bytes).is_err() {
        // It is there and gives no value now: so does an empty file.
        bytes.clear();
    }
    clean.up(path, &mut bytes);
    write(to, path, &bytes)?;
    Ok(Copied::File(bytes.len()))
}

/// The packages of dpkg's list that say something of the board, with what is read of them.
fn excerpt(list: fs::File) -> Vec<u8> {
    let mut lines = io::BufReader::new(list.take(64 << 20)).split(b'\n').map_while(Result::ok);
    let mut excerpt = Vec::new();
    let mut wanted = false;
    let field =
        |line: &[u8]| [&b"Package:"[..], b"Status:", b"Version:"].iter().any(|name| line.starts_with(name));
    while let Some(line) = lines.next().filter(|_| (excerpt.len() as u64) < LARGEST) {
        if let Some(name) = line.strip_prefix(b"Package: ") {
            wanted = PACKAGES.iter().any(|begin| name.starts_with(begin.as_bytes()));
        }
        if wanted && (line.is_empty() || field(&line)) {
            excerpt.extend(&line);
            excerpt.push(b'\n');
        }
    }
    excerpt
}

fn write(to: &Path, path: &str, bytes: &[u8]) -> Result<(), Error> {
    let path = to.join(path);
    if let Some(parent) = path.parent() {
        append::make_directories(parent).map_err(Error::of(parent))?;
    }
    fs::write(&path, bytes).map_err(Error::of(&path))
}

/// What is private is replaced.
struct Clean {
    hostname: Option<String>,
    anonymous: bool,
}

impl Clean {
    fn up(&self, path: &str, bytes: &mut Vec<u8>) {
        if path.ends_with("serial-number") {
            *bytes = b"0000000000000\0".to_vec();
        } else if path.ends_with("eeprom") || path.ends_with("nvmem") {
            // Serial number and MAC addresses stand behind the part number.
            for byte in bytes.iter_mut().skip(20 + 30) {
                *byte = 0;
            }
        } else if path.ends_with("auxv") {
            // All but the sizes are addresses in memory.
            *bytes = bytes
                .chunks_exact(16)
                .filter(|pair| matches!(pair.first(), Some(6 | 17)))
                .flatten()
                .copied()
                .collect();
        } else if self.anonymous && NETWORKS.iter().any(|begin| path.starts_with(begin)) {
            bytes.clear();
        } else {
            replace_macs(bytes);
            replace_digits(bytes, b"enx", 0);
            if path.ends_with("if_inet6") {
                // The kernel's own address of an interface has its MAC address in it, around `fffe`.
                replace_digits(bytes, b"fffe", 6);
            }
            self.replace_hostname(bytes);
        }
    }

    fn replace_hostname(&self, bytes: &mut Vec<u8>) {
        let Some(name) = self.hostname.as_deref().filter(|name| !name.is_empty()) else { return };
        let text = String::from_utf8_lossy(bytes);
        // Short names stand in other words, too.
        let whole = text.trim_end() == name;
        if whole || (name.len() > 5 && text.contains(name)) {
            *bytes = text.replace(name, "jetson").into_bytes();
        }
    }
}

/// Six pairs of digits with colons between them become a local address.
fn replace_macs(bytes: &mut [u8]) {
    let is_mac = |window: &[u8]| {
        window
            .iter()
            .enumerate()
            .all(|(at, byte)| if at % 3 == 2 { *byte == b':' } else { byte.is_ascii_hexdigit() })
    };
    let mut at = 0;
    while let Some(window) = bytes.get_mut(at..at + 17) {
        if is_mac(window) {
            window.copy_from_slice(b"02:00:00:00:00:00");
            at += 17;
        } else {
            at += 1;
        }
    }
}

/// Replaces the digits of a MAC address that stand behind a mark, or (with `before`) so many before
/// it and as many behind.
fn replace_digits(bytes: &mut [u8], mark: &[u8], before: usize) {
    let behind = if before == 0 { 12 } else { before };
    let width = before + mark.len() + behind;
    for at in 0..bytes.len().saturating_sub(width - 1) {
        let Some(window) = bytes.get_mut(at..at + width) else { return };
        let (head, rest) = window.split_at_mut(before);
        let (middle, tail) = rest.split_at_mut(mark.len());
        let digits = head.iter().chain(tail.iter()).all(u8::is_ascii_hexdigit);
        if middle == mark && digits {
            head.fill(b'0');
            tail.fill(b'0');
        }
    }
}

fn compare(at: &str, wanted: &Value, found: &Value, to: &mut Vec<String>) {
    let (Value::Map(a), Value::Map(b)) = (wanted, found) else {
        if wanted != found {
            to.push(format!("{at}: was {}, is {}", json::encode(wanted), json::encode(found)));
        }
        return;
    };
    let names = a.iter().chain(b.iter().filter(|(name, _)| !a.iter().any(|(known, _)| known == name)));
    for (name, _) in names {
        let at = if at.is_empty() { name.to_string() } else { format!("{at}.{name}") };
        let null = Value::Null;
        compare(&at, wanted.member(name).unwrap_or(&null), found.member(name).unwrap_or(&null), to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_what_is_private_is_replaced() {
        let clean = Clean { hostname: Some("robot-seven".into()), anonymous: false };
        for (path, before, after) in [
            ("proc/device-tree/serial-number", "1421020000000\0", "0000000000000\0"),
            ("proc/sys/kernel/hostname", "robot-seven\n", "jetson\n"),
            ("etc/x", "at robot-seven: 48:b0:2d:01:AB:ff.", "at jetson: 02:00:00:00:00:00."),
            ("etc/x", "48:b0:2d:01:AB:f", "48:b0:2d:01:AB:f"),
            ("etc/x", "12:34:56", "12:34:56"),
            ("proc/net/dev", "enx48b02d01abff: 1", "enx000000000000: 1"),
            (
                "proc/net/if_inet6",
                "fe800000000000004ab02dfffe01abff 02",
                "fe80000000000000000000fffe000000 02",
            ),
            ("proc/net/if_inet6", "fe80", "fe80"),
        ] {
            let mut bytes = before.as_bytes().to_vec();
            clean.up(path, &mut bytes);
            assert_eq!(String::from_utf8_lossy(&bytes), after, "{path} {before}");
        }
        let mut eeprom = vec![b'7'; 256];
        clean.up("sys/bus/i2c/devices/0-0050/eeprom", &mut eeprom);
        assert_eq!(eeprom.iter().filter(|byte| **byte == b'7').count(), 50);
        for (path, kept) in [
            ("proc/net/fib_trie", false),
            ("proc/net/if_inet6", false),
            ("proc/net/route", false),
            ("proc/mounts", false),
            ("proc/net/dev", true),
        ] {
            let mut bytes = b"10.0.0.1".to_vec();
            Clean { hostname: None, anonymous: true }.up(path, &mut bytes);
            assert_eq!(!bytes.is_empty(), kept, "{path}");
        }
    }

    #[test]
    fn ok_differences() {
        let value = |text: &str| json::decode(text).unwrap();
        let mut found = Vec::new();
        compare(
            "",
            &value(r#"{"a":{"b":1,"c":[1]},"d":null}"#),
            &value(r#"{"a":{"b":2,"c":[1]},"e":"x"}"#),
            &mut found,
        );
        assert_eq!(found, ["a.b: was 1, is 2", "e: was null, is \"x\""]);
    }
}
