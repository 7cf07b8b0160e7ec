//! Changes below the root: of the kernel's files, and of files that are replaced as a whole. Only
//! `control` calls these.

use std::ffi::OsStr;
use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;

use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag};
use nix::sys::stat::{FileStat, Mode};

use super::{Root, STATVFS, is_want};
use crate::sys;

/// Directories where programs of the board are.
const PROGRAMS: [&str; 4] = ["usr/sbin", "usr/bin", "sbin", "bin"];
/// Links that are followed to find the file that is to be replaced.
const MOST_LINKS: usize = 16;
/// What the file is called until it is whole.
const BESIDE: &str = ".jetsonscope-new";

/// A file that is locked.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A child that is just being started may have it still.
        let _ = sys::unlock(&self.file);
    }
}

impl Root {
    /// Writes a file that is there by one write(2): of the kernel's files, each write is a request.
    ///
    /// # Errors
    /// Those of open(2) and write(2); `WriteZero` where the kernel took only a part.
    pub fn write(&self, relative: &str, bytes: &[u8]) -> io::Result<()> {
        self.fault(relative)?;
        // A file system that is mounted to be read alone still gives its files.
        self.fault(&["> ", relative].concat())?;
        let mut file = self.open_for(relative, OFlag::O_WRONLY | OFlag::O_TRUNC)?;
        match file.write(bytes)? {
            taken if taken == bytes.len() => Ok(()),
            _ => Err(io::ErrorKind::WriteZero.into()),
        }
    }

    /// Adds a whole record at the end of a file by one write(2); makes the file, for its owner alone,
    /// and its directory.
    ///
    /// # Errors
    /// Those of mkdir(2), open(2) and write(2). After a part was taken, the file is as it was.
    pub fn append(&self, relative: &str, record: &[u8]) -> io::Result<()> {
        self.fault(relative)?;
        let (directory, name) = split(relative);
        let directory = self.directory(directory)?;
        let access = OFlag::O_WRONLY | OFlag::O_APPEND | OFlag::O_CREAT | OFlag::O_NOFOLLOW;
        let mut file =
            sys::open_at_for(directory.as_fd(), name, false, access, Mode::from_bits_truncate(0o600))?;
        let before = file.metadata()?.len();
        match file.write(record)? {
            taken if taken == record.len() => Ok(()),
            _ => {
                file.set_len(before)?;
                Err(io::ErrorKind::WriteZero.into())
            }
        }
    }

    /// Puts a file in the place of another, or where none was: after a crash there is the old one or
    /// the new one. Where the name is a link, the file that it leads to is replaced, as packages put
    /// their tables behind links. The directory is made if need be.
    ///
    /// # Errors
    /// Those of the calls; then nothing is changed.
    pub fn replace(&self, relative: &str, bytes: &[u8], mode: u32) -> io::Result<()> {
        self.fault(relative)?;
        let target = self.target(relative)?;
        let (directory, name) = split(&target);
        let directory = self.directory(directory)?;
        let beside = [name, BESIDE].concat();
        let access = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_TRUNC | OFlag::O_NOFOLLOW;
        let fd = directory.as_fd();
        let mut file =
            sys::open_at_for(fd, &beside, false, access, Mode::from_bits_truncate(mode as libc::mode_t))?;
        let written = self
            .like(&target, &file, mode)
            .and_then(|()| file.write_all(bytes))
            .and_then(|()| file.sync_all())
            .and_then(|()| Ok(nix::fcntl::renameat(fd, beside.as_str(), fd, name)?));
        if written.is_err() {
            let _ = nix::unistd::unlinkat(fd, beside.as_str(), nix::unistd::UnlinkatFlags::NoRemoveDir);
        }
        written.and_then(|()| directory.sync_all())
    }

    /// Gives a new file the mode and the owner of the one that it replaces, or that mode, whatever the
    /// umask is: a service's takes it away from those who could read the old one.
    fn like(&self, relative: &str, file: &File, mode: u32) -> io::Result<()> {
        let old = match self.open(relative).and_then(|old| old.metadata()) {
            Err(error) if is_want(&error) => return Err(error),
            old => old.ok(),
        };
        let mode = old.as_ref().map_or(mode, |old| old.mode() & 0o777);
        if let Some(old) = old.filter(|old| (old.uid(), old.gid()) != (0, 0)) {
            // Only root may give it away.
            let _ = std::os::unix::fs::fchown(file, Some(old.uid()), Some(old.gid()));
        }
        file.set_permissions(Permissions::from_mode(mode))
    }

    /// Locks a file, which is made if need be, for as long as the result lives; `None` while another
    /// program has it.
    ///
    /// # Errors
    /// Those of mkdir(2), open(2) and flock(2).
    pub fn lock(&self, relative: &str) -> io::Result<Option<Lock>> {
        self.fault(relative)?;
        let (directory, name) = split(relative);
        let directory = self.directory(directory)?;
        let access = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_NOFOLLOW;
        let mode = Mode::from_bits_truncate(0o600);
        let file = sys::open_at_for(directory.as_fd(), name, false, access, mode)?;
        Ok(sys::lock(&file)?.then_some(Lock { file }))
    }

    /// Removes a file; that there is none is no failure.
    ///
    /// # Errors
    /// Those of unlink(2).
    pub fn remove(&self, relative: &str) -> io::Result<()> {
        self.fault(relative)?;
        let (directory, name) = split(relative);
        let removed = self.open(directory).and_then(|directory| {
            Ok(nix::unistd::unlinkat(&directory, name, nix::unistd::UnlinkatFlags::NoRemoveDir)?)
        });
        removed.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
    }

    /// Makes a file that only its owner may read, where nothing has that name, not even a link; its
    /// directory must be there.
    ///
    /// # Errors
    /// Those of open(2); `AlreadyExists`.
    pub fn create(&self, relative: &str) -> io::Result<File> {
        self.fault(relative)?;
        let (directory, name) = split(relative);
        let directory = self.open(directory)?;
        let access = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW;
        sys::open_at_for(directory.as_fd(), name, false, access, Mode::S_IRUSR | Mode::S_IWUSR)
    }

    /// What has that name, be it a link; `None` where nothing has.
    pub fn status(&self, relative: &str) -> Option<FileStat> {
        let (directory, name) = split(relative);
        let directory = self.open(directory).ok()?;
        let name = if name.is_empty() { "." } else { name };
        nix::sys::stat::fstatat(&directory, name, AtFlags::AT_SYMLINK_NOFOLLOW).ok()
    }

    /// The room of the file system that a directory is in, bytes: all, in use, to be had. Of a directory
    /// that is taken for a board, its file [`STATVFS`] tells, if it does: the line of the longest name.
    pub fn room(&self, relative: &str) -> Option<[u64; 3]> {
        let stated = if self.is_system() { None } else { self.text(STATVFS) };
        let stated = stated.as_deref().and_then(|text| stated_room(text, relative));
        stated.or_else(|| sys::file_system_of(&self.open(relative).ok()?))
    }

    /// Where a program of the board is, to be run; `None` when there is none of that name.
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        let runs = |relative: &String| {
            let file = self.open(relative).ok()?;
            let about = file.metadata().ok()?;
            (about.is_file() && about.mode() & 0o111 != 0).then_some((file, self.path.join(relative)))
        };
        let mut places = PROGRAMS.iter().map(|directory| [directory, "/", name].concat());
        let (file, path) = places.find_map(|relative| runs(&relative))?;
        if self.is_system() {
            return Some(path);
        }
        // A link in another root leads to a program of that root; by its name, the kernel would find
        // one of this machine.
        let open = format!("/proc/self/fd/{}", file.as_raw_fd());
        Some(std::fs::read_link(open).unwrap_or(path))
    }

    fn open_for(&self, relative: &str, access: OFlag) -> io::Result<File> {
        let directory = self.directory.as_deref().map_err(|&number| io::Error::from_raw_os_error(number))?;
        sys::open_at_for(directory.as_fd(), relative, !self.is_system(), access, Mode::empty())
    }

    /// Opens a directory, after making it where it is missing (for all to read).
    fn directory(&self, relative: &str) -> io::Result<File> {
        match self.open(relative) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && !relative.is_empty() => {}
            result => return result,
        }
        let (parent, name) = split(relative);
        let parent = self.directory(parent)?;
        match nix::sys::stat::mkdirat(&parent, name, Mode::from_bits_truncate(0o755)) {
            Ok(()) => {
                let made = self.open(relative)?;
                made.set_permissions(Permissions::from_mode(0o755))?;
                Ok(made)
            }
            Err(Errno::EEXIST) => self.open(relative),
            Err(error) => Err(error.into()),
        }
    }

    /// The path behind the links of the last part of a path.
    fn target(&self, relative: &str) -> io::Result<String> {
        let mut path = relative.to_owned();
        for _ in 0..MOST_LINKS {
            let (directory, name) = split(&path);
            let Ok(parent) = self.open(directory) else { return Ok(path) };
            let Ok(link) = nix::fcntl::readlinkat(&parent, name) else { return Ok(path) };
            path = follow(directory, &link).ok_or(io::ErrorKind::InvalidData)?;
        }
        Err(io::Error::from_raw_os_error(libc::ELOOP))
    }
}

/// Of lines `MOUNT TOTAL USED AVAILABLE`, the one that a directory is below.
fn stated_room(text: &str, directory: &str) -> Option<[u64; 3]> {
    let numbers = |line: &str| {
        let mut words = line.split(' ');
        let mount = words.next()?.strip_prefix('/')?.to_owned();
        let mut number = || words.next()?.parse::<u64>().ok();
        Some((mount, [number()?, number()?, number()?]))
    };
    let below = |mount: &str| {
        let rest = directory.strip_prefix(mount);
        rest.is_some_and(|rest| mount.is_empty() || rest.is_empty() || rest.starts_with('/'))
    };
    let found = text.lines().filter_map(numbers).filter(|(mount, _)| below(mount));
    found.max_by_key(|(mount, _)| mount.len()).map(|(_, room)| room)
}

/// What a link in a directory leads to, as a path below the root; `..` of the root is the root.
fn follow(directory: &str, link: &OsStr) -> Option<String> {
    let link = std::str::from_utf8(link.as_bytes()).ok()?;
    let from = if link.starts_with('/') { "" } else { directory };
    let mut parts: Vec<&str> = Vec::new();
    for part in from.split('/').chain(link.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The directory of a path, and the name in it.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

#[cfg(test)]
#[path = "change_tests.rs"]
mod tests;
