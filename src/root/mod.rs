//! The file system that the board's files are in; the only place that opens /sys, /proc, /etc
//! and the device tree.
//!
//! All paths are relative to one directory: `/`, or the one that `--root` or JETSONSCOPE_ROOT
//! names, which is then taken for a board. Such a directory may be a stranger's: its links are
//! followed inside it alone (as chroot would), its pipes never block, and nothing of this machine
//! shows through it. [`Node`] is a file that is read again and again, [`Folder`] a directory with many
//! small files; what stands here reads once.

#[cfg(any(feature = "daemon", feature = "cli", feature = "tui"))]
mod change;
mod folder;
mod node;

#[cfg(any(feature = "daemon", feature = "cli", feature = "tui"))]
pub use change::Lock;
pub use folder::Folder;
pub use node::{Node, Reader, State, Tally};

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::{order, sys};

/// Most names taken from a directory; /proc of a crowded board has a few thousand.
const MOST_ENTRIES: usize = 32 * 1024;
/// Most bytes of a file that holds one value or a few lines.
const SMALL: u64 = 4096;

/// What statvfs(2) says, in a directory that is taken for a board.
pub const STATVFS: &str = ".jetsonscope/statvfs";

/// A directory that holds `sys`, `proc` and `etc` of a board.
#[derive(Clone, Debug)]
pub struct Root {
    path: PathBuf,
    /// The directory, open, so that nothing is put together to open a file; or the number of the
    /// error with which it could not be opened.
    directory: Result<Rc<OwnedFd>, i32>,
    asked: Option<Rc<RefCell<BTreeSet<String>>>>,
    fault: Option<Fault>,
    /// The last error of a file that was there and not to be opened for want of something.
    want: Rc<Cell<Option<i32>>>,
}

/// The number of the error with which a path fails, for tests: a directory cannot make a file answer
/// EIO. Behind `> ` it is asked for what fails only when it is written.
pub type Fault = fn(&str) -> Option<i32>;

impl Root {
    /// The machine that this program runs on.
    pub fn system() -> Root {
        Root::at("/")
    }

    /// A directory that is to be taken for a board.
    pub fn at(path: impl Into<PathBuf>) -> Root {
        let path = path.into();
        let directory = sys::open_directory(&path).map(|file| Rc::new(file.into()));
        let directory = directory.map_err(|error| error.raw_os_error().unwrap_or_default());
        Root { path, directory, asked: None, fault: None, want: Rc::default() }
    }

    /// The same root, which from now on remembers each path that it is asked for.
    pub fn remembering(&self) -> Root {
        Root { asked: Some(Rc::default()), ..self.clone() }
    }

    /// The same root, some of whose open files cannot be read.
    pub fn failing(&self, fault: Fault) -> Root {
        Root { fault: Some(fault), ..self.clone() }
    }

    /// The error that reading an open file gives.
    fn fault(&self, relative: &str) -> io::Result<()> {
        match self.fault.and_then(|fault| fault(relative)).map(io::Error::from_raw_os_error) {
            None => Ok(()),
            Some(error) => Err(self.noticed(error)),
        }
    }

    /// The paths that were asked for, in order of their names.
    pub fn asked(&self) -> Vec<String> {
        self.asked.as_ref().map(|asked| asked.borrow().iter().cloned().collect()).unwrap_or_default()
    }

    /// Whether this is the machine itself, so that system calls speak of the same board.
    pub fn is_system(&self) -> bool {
        self.path == Path::new("/")
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a file for reading. Never waits: a pipe or a device gives what it has.
    ///
    /// # Errors
    /// Those of open(2); a path that leads out of the root by `..` stays inside it.
    pub fn open(&self, relative: &str) -> io::Result<File> {
        if let Some(asked) = &self.asked {
            asked.borrow_mut().insert(relative.to_owned());
        }
        let directory = self.directory.as_deref().map_err(|&number| io::Error::from_raw_os_error(number))?;
        sys::open_at(directory, relative, !self.is_system()).map_err(|error| self.noticed(error))
    }

    /// Remembers an error that says nothing of the file.
    fn noticed(&self, error: io::Error) -> io::Error {
        if is_want(&error) {
            self.want.set(error.raw_os_error());
        }
        error
    }

    /// Why something was not opened since this was last asked, although it may be there: the process or
    /// the machine has no descriptor or memory left for it. What was not found then is not absent.
    pub fn take_want(&self) -> Option<io::Error> {
        self.want.take().map(io::Error::from_raw_os_error)
    }

    /// That so many more files can be open at a time.
    ///
    /// # Errors
    /// Those of dup(2).
    pub fn check_room(&self, count: usize) -> io::Result<()> {
        let directory = self.directory.as_deref().map_err(|&number| io::Error::from_raw_os_error(number))?;
        let held: io::Result<Vec<OwnedFd>> = (0..count).map(|_| directory.try_clone()).collect();
        held.map(drop)
    }

    /// Opens a directory, of which many small files are read.
    ///
    /// # Errors
    /// Those of open(2), and that it is no directory.
    pub fn folder(&self, relative: &str) -> io::Result<Folder> {
        Folder::of(self.open(relative)?, !self.is_system())
    }

    /// Whether there is a file (or a directory) at `relative`, a path without a slash at its front.
    pub fn has(&self, relative: &str) -> bool {
        match self.open(relative) {
            Ok(_) => true,
            Err(error) => error.kind() == io::ErrorKind::PermissionDenied,
        }
    }

    /// Reads at most `limit` bytes of a file.
    pub fn read(&self, relative: &str, limit: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.fault(relative)?;
        self.open(relative)?.take(limit).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The text of a small file without NULs, blanks and line ends around it; `None` when it
    /// cannot be read or nothing is left. What is not UTF-8 is replaced.
    pub fn text(&self, relative: &str) -> Option<String> {
        let bytes = self.read(relative, SMALL).ok()?;
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_matches(|c: char| c == '\0' || c.is_whitespace());
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// The number that a small file holds.
    pub fn number(&self, relative: &str) -> Option<i64> {
        self.text(relative)?.parse().ok()
    }

    /// The names in a directory, sorted with numbers in their order (`hwmon2` before `hwmon10`);
    /// none when it cannot be listed. Names that are not UTF-8 are left out.
    pub fn names(&self, relative: &str) -> Vec<String> {
        let Ok(directory) = self.open(relative) else { return Vec::new() };
        let mut names = Vec::new();
        let listed = sys::each_name_in(&directory, &mut |name| {
            names.push(name.to_owned());
            names.len() < MOST_ENTRIES
        });
        // To list it takes another descriptor.
        let _ = listed.map_err(|error| self.noticed(error));
        order::sort(&mut names, |a, b| natural(a).cmp(&natural(b)).then_with(|| a.cmp(b)).is_lt());
        names
    }

    /// Bytes of a memory page: the kernel's own word, or 4096 in a directory that lacks it.
    pub fn page_bytes(&self) -> u64 {
        let sensible = |bytes: &u64| bytes.is_power_of_two() && (1024..=1 << 20).contains(bytes);
        self.auxiliary(6).filter(sensible).unwrap_or(4096)
    }

    /// An entry of the auxiliary vector that the kernel gives a program (`/proc/self/auxv`): pairs of
    /// a key and a value, in words of this machine.
    pub fn auxiliary(&self, key: u64) -> Option<u64> {
        const WORD: usize = size_of::<usize>();
        let bytes = self.read("proc/self/auxv", SMALL).ok()?;
        let word = |bytes: &[u8]| Some(usize::from_ne_bytes(bytes.try_into().ok()?) as u64);
        let pairs = bytes.chunks_exact(2 * WORD).map(|pair| pair.split_at(WORD));
        pairs
            .filter_map(|(k, value)| Some((word(k)?, word(value)?)))
            .find(|pair| pair.0 == key)
            .map(|pair| pair.1)
    }

    /// Whether this is a Jetson: its device tree is compatible with a Tegra, or it has the release
    /// file or the core package of L4T.
    pub fn is_jetson(&self) -> bool {
        let compatible = self.read("proc/device-tree/compatible", SMALL).unwrap_or_default();
        let compatible = String::from_utf8_lossy(&compatible);
        compatible.contains("nvidia,tegra")
            || self.has("etc/nv_tegra_release")
            || self.has("var/lib/dpkg/info/nvidia-l4t-core.list")
    }
}

/// Whether the process or the machine has no descriptor or memory left for now.
pub fn is_want(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE | libc::ENOMEM))
}

/// A name cut before its last number, and that number.
fn natural(name: &str) -> (&str, u64) {
    let head = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = name.get(head.len()..).unwrap_or_default();
    (head, digits.parse().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory of its own for a test, gone afterwards.
    struct Directory(PathBuf);

    impl Directory {
        fn new(name: &str) -> Directory {
            let path = std::env::temp_dir().join(format!("jetsonscope-{name}-{}", std::process::id()));
            let _ = std::fs::remove_dir_all(&path);
            std::fs::create_dir_all(&path).unwrap();
            Directory(path)
        }

        fn write(&self, file: &str, content: &[u8]) {
            let path = self.0.join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
    }

    impl Drop for Directory {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn ok_what_is_a_jetson() {
        for (file, content, wanted) in [
            ("proc/device-tree/compatible", "nvidia,p3768\0nvidia,tegra234\0", true),
            ("proc/device-tree/compatible", "nvidia,p3768nvidia,tegra234", true),
            ("proc/device-tree/compatible", "raspberrypi,4\0brcm,bcm2711\0", false),
            ("proc/device-tree/compatible", "", false),
            ("etc/nv_tegra_release", "# R36", true),
            ("var/lib/dpkg/info/nvidia-l4t-core.list", "/.", true),
            ("etc/os-release", "ID=debian", false),
        ] {
            let board = Directory::new("jetson");
            board.write(file, content.as_bytes());
            assert_eq!(Root::at(&board.0).is_jetson(), wanted, "{file} {content:?}");
        }
    }

    #[test]
    fn ok_small_texts_and_numbers() {
        let board = Directory::new("text");
        for (content, text, number) in [
            (&b"quill\0"[..], Some("quill"), None),
            (b" 42\n", Some("42"), Some(42)),
            (b"-7", Some("-7"), Some(-7)),
            (b"\n\0 ", None, None),
            (b"", None, None),
            (b"\xff1", Some("\u{fffd}1"), None),
            (b"99999999999999999999", Some("99999999999999999999"), None),
        ] {
            board.write("f", content);
            let root = Root::at(&board.0);
            assert_eq!((root.text("f").as_deref(), root.number("f")), (text, number), "{content:?}");
        }
        assert_eq!(Root::at(&board.0).text("absent"), None);
        assert_eq!(Root::at(&board.0).text(""), None, "a directory has no text");
    }

    #[test]
    fn ok_names_in_the_order_of_their_numbers() {
        let board = Directory::new("names");
        for name in ["cpu10", "cpu2", "cpufreq", "cpu0", "online"] {
            board.write(name, b"");
        }
        let root = Root::at(&board.0);
        assert_eq!(root.names(""), ["cpu0", "cpu2", "cpu10", "cpufreq", "online"]);
        assert_eq!(root.names("absent"), [""; 0]);
        assert_eq!(root.names("cpu0"), [""; 0]);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn ok_links_stay_inside() {
        let board = Directory::new("links");
        board.write("etc/nvpmodel/a.conf", b"inside");
        let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, board.0.join(name)).unwrap();
        link("/etc/nvpmodel/a.conf", "etc/absolute.conf");
        link("nvpmodel/a.conf", "etc/relative.conf");
        link("/etc/passwd", "etc/secret");
        link("../../../../../../../../../../../../etc/passwd", "etc/dots");
        link("nowhere", "etc/dangling");
        let root = Root::at(&board.0);
        assert_eq!(root.text("etc/absolute.conf").as_deref(), Some("inside"));
        assert_eq!(root.text("etc/relative.conf").as_deref(), Some("inside"));
        for name in ["etc/secret", "etc/dots", "etc/dangling", "../../etc/passwd"] {
            assert_eq!(root.text(name), None, "{name}");
        }
    }

    #[test]
    fn ok_a_pipe_does_not_block() {
        let board = Directory::new("pipe");
        nix::unistd::mkfifo(&board.0.join("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert_eq!(Root::at(&board.0).text("pipe"), None);
        let pipe = Root::at(board.0.join("pipe"));
        assert!(pipe.open("").is_err() && pipe.text("x").is_none(), "nor as the root itself");
    }

    #[test]
    fn ok_what_was_asked_for() {
        let board = Directory::new("asked");
        board.write("a", b"1");
        let root = Root::at(&board.0).remembering();
        assert_eq!(root.clone().text("a").as_deref(), Some("1"));
        assert!(!root.has("b/c"));
        assert_eq!(root.asked(), ["a", "b/c"]);
        assert_eq!(Root::at(&board.0).asked(), [""; 0]);
    }
}
