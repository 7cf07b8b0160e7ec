//! The directory that the tree is in. Writes nowhere else: each name is opened below its
//! directory's descriptor, and a link, a pipe or a second name of somebody's file that
//! stands in the way is replaced, never followed or written to.
//!
//! A file is rewritten in place, because readers hold it open, and does not change its length with
//! its value: a reader takes the length first and the bytes then, so it would get a longer value
//! cut, and zeros behind a shorter one. A shorter value is filled up with line ends, by the one
//! write that brings it; before a longer one the file is made longer with line ends. So a reader
//! sees the old value or the new one, perhaps with blank lines behind it, and never none. Of many
//! lines that are read in the moment of the write, some may be of the beat before.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, open, openat, readlinkat};
use nix::sys::stat::{FileStat, Mode, SFlag, fstat, fstatat, mkdirat};
use nix::unistd::{UnlinkatFlags, symlinkat, unlinkat};

use super::Error;
use super::sheet::{Handle, Page, Sheet};
use crate::{append, sys};

/// The file that says whose tree this is, in [`OWN`].
const MARKER: &str = "simulate";
/// What is no file of a board.
pub(super) const OWN: &str = ".jetsonscope";
/// Most bytes of a file that others write; a longer one is garbage.
const LONGEST: usize = 256;
/// Most line ends that fill up a value; beyond, the file is cut.
const SPARE: usize = 192;

const DIRECTORY: OFlag = OFlag::O_DIRECTORY.union(OFlag::O_NOFOLLOW).union(OFlag::O_CLOEXEC);
/// Never waits for a pipe's other end.
const FILE: OFlag = OFlag::O_RDWR.union(OFlag::O_NOFOLLOW).union(OFlag::O_CLOEXEC).union(OFlag::O_NONBLOCK);

fn file_mode() -> Mode {
    Mode::from_bits_truncate(0o644)
}

fn program_mode() -> Mode {
    Mode::from_bits_truncate(0o755)
}

/// An open directory, owned by one simulator.
#[derive(Debug)]
pub(super) struct Disk {
    path: PathBuf,
    root: OwnedFd,
    /// Holds the lock that keeps a second simulator away.
    _marker: File,
}

/// A walk through the tree in the order of its paths: the directories that are open.
struct Walk<'a> {
    disk: &'a Disk,
    open: Vec<(String, OwnedFd)>,
    create: bool,
}

impl Disk {
    /// Takes the directory over, or makes it.
    ///
    /// # Errors
    /// It holds something else, another board, or another simulator is at work; or what the
    /// system says.
    pub(super) fn take(path: &Path, board: &str) -> Result<Disk, Error> {
        let failed = |error| Error::Create(path.to_owned(), error);
        append::make_directories(path).map_err(failed)?;
        // The directory itself may be reached by a link: the user has named it.
        let flags = OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let root = open(path, flags, Mode::empty()).map_err(|error| failed(error.into()))?;
        let empty = std::fs::read_dir(path).map_err(failed)?.next().is_none();
        let flags = if empty { FILE | OFlag::O_CREAT } else { FILE };
        let own = child(&root, OWN, empty).and_then(|own| openat(&own, MARKER, flags, file_mode()));
        let marker = match own {
            Ok(marker) => File::from(marker),
            Err(_) if !empty => return Err(Error::Foreign(path.to_owned())),
            Err(error) => return Err(failed(error.into())),
        };
        if !fstat(&marker).is_ok_and(|stat| is_plain(&stat)) {
            return Err(Error::Foreign(path.to_owned()));
        }
        if !sys::lock(&marker).unwrap_or(false) {
            return Err(Error::Busy(path.to_owned()));
        }
        let mut held = [0; 64];
        let length = marker.read_at(&mut held, 0).map_err(failed)?;
        let held = held.get(..length).unwrap_or_default().trim_ascii();
        // An empty one is that of a simulator that ended while it began.
        if !held.is_empty() && held != board.as_bytes() {
            return Err(Error::Other(path.to_owned(), held.escape_ascii().to_string()));
        }
        let line = [board.as_bytes(), b"\n"].concat();
        marker.write_all_at(&line, 0).map_err(failed)?;
        Ok(Disk { path: path.to_owned(), root, _marker: marker })
    }

    /// Where it is.
    #[cfg(test)]
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The directory that was taken is still at its path.
    fn check(&self) -> Result<(), Error> {
        let own = fstat(&self.root).map_err(|error| Error::Write(self.path.clone(), error.into()))?;
        match std::fs::metadata(&self.path) {
            Ok(now) if (now.dev(), now.ino()) == (own.st_dev as u64, own.st_ino as u64) => Ok(()),
            _ => Err(Error::Gone(self.path.clone())),
        }
    }

    /// What a failed write means: in a directory that is being removed, that it is gone.
    fn failed(&self, path: &str, error: io::Error) -> Error {
        match self.check() {
            Err(gone) => gone,
            Ok(()) => Error::Write(self.path.join(path), error),
        }
    }

    fn walk(&self, create: bool) -> Walk<'_> {
        Walk { disk: self, open: Vec::new(), create }
    }

    /// Looks at the files that others may write; calls `found` with each that does not hold what
    /// was written there.
    pub(super) fn look(
        &self,
        sheet: &mut Sheet,
        mut found: impl FnMut(&[u8], &mut Page),
    ) -> Result<(), Error> {
        self.check()?;
        let mut walk = self.walk(false);
        for (path, page) in sheet.pages.iter_mut().filter(|(_, page)| page.handle.is_some()) {
            let (mut bytes, mut length) = ([0; LONGEST], 0);
            let file = walk.file(path);
            if page.handle == Some(Handle::Service) {
                // Not what it holds acts, but whether it is there.
                if page.seen.is_some() && file.is_ok() == page.absent {
                    page.dirty = true;
                    found(if page.absent { b"1" } else { b"0" }, page);
                }
                continue;
            }
            match file.as_ref().map(|file| file.read_at(&mut bytes, 0)) {
                Ok(Ok(read)) => length = read,
                _ => page.seen = None,
            }
            let Some(seen) = &page.seen else {
                page.dirty = true; // written again
                continue;
            };
            let bytes = bytes.get(..length).unwrap_or_default();
            // Between its opening and its writing by a shell a file is empty.
            page.empty = if bytes.is_empty() { page.empty.saturating_add(1) } else { 0 };
            if bytes == seen || page.empty == 1 {
                continue;
            }
            page.seen = Some(bytes.to_vec());
            page.dirty = true;
            found(bytes, page);
        }
        Ok(())
    }

    /// Writes what changed, and all that is not there.
    pub(super) fn write(&self, sheet: &mut Sheet) -> Result<(), Error> {
        self.check()?;
        let mut walk = self.walk(true);
        for (path, page) in &mut sheet.pages {
            walk.write(path, page).map_err(|error| self.failed(path, error))?;
        }
        let mut walk = self.walk(true);
        for (path, to) in &sheet.links {
            walk.link(path, to).map_err(|error| self.failed(path, error))?;
        }
        Ok(())
    }
}

/// Opens a directory in another one; makes it where it may, in the place of what is none.
fn child(parent: &OwnedFd, name: &str, create: bool) -> Result<OwnedFd, Errno> {
    let open = || openat(parent, name, DIRECTORY, Mode::empty());
    match open() {
        Err(Errno::ENOENT) if create => {}
        Err(Errno::ENOTDIR | Errno::ELOOP) if create => unlinkat(parent, name, UnlinkatFlags::NoRemoveDir)?,
        result => return result,
    }
    match mkdirat(parent, name, Mode::from_bits_truncate(0o755)) {
        Ok(()) | Err(Errno::EEXIST) => open(),
        Err(error) => Err(error),
    }
}

/// A file that no other name leads to.
fn is_plain(stat: &FileStat) -> bool {
    let kind = stat.st_mode & SFlag::S_IFMT.bits();
    kind == SFlag::S_IFREG.bits() && stat.st_nlink == 1
}

impl Walk<'_> {
    /// Opens the directory of a path; gives it with the file's name.
    fn parent<'p>(&mut self, path: &'p str) -> io::Result<(&OwnedFd, &'p str)> {
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        let mut depth = 0;
        for part in directory.split('/').filter(|part| !part.is_empty()) {
            if self.open.get(depth).is_none_or(|(name, _)| name != part) {
                self.open.truncate(depth);
                let parent = self.open.last().map_or(&self.disk.root, |(_, fd)| fd);
                let fd = child(parent, part, self.create)?;
                self.open.push((part.to_owned(), fd));
            }
            depth += 1;
        }
        self.open.truncate(depth);
        Ok((self.open.last().map_or(&self.disk.root, |(_, fd)| fd), name))
    }

    /// Opens a file that is there and nobody else's.
    fn file(&mut self, path: &str) -> io::Result<File> {
        let (parent, name) = self.parent(path)?;
        let file = openat(parent, name, FILE, Mode::empty())?;
        match is_plain(&fstat(&file)?) {
            true => Ok(File::from(file)),
            false => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Removes a file, and its directory when it was the last one in it.
    fn remove(&mut self, path: &str) -> io::Result<()> {
        self.create = false;
        let found =
            self.parent(path).map(|(parent, name)| unlinkat(parent, name, UnlinkatFlags::NoRemoveDir));
        self.create = true;
        match found {
            Ok(Ok(())) => {}
            Ok(Err(Errno::ENOENT)) => return Ok(()),
            Ok(Err(error)) => return Err(error.into()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        }
        if let Some((name, _)) = self.open.pop() {
            let parent = self.open.last().map_or(&self.disk.root, |(_, fd)| fd);
            match unlinkat(parent, name.as_str(), UnlinkatFlags::RemoveDir) {
                Ok(()) | Err(Errno::ENOTEMPTY | Errno::ENOENT) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn write(&mut self, path: &str, page: &mut Page) -> io::Result<()> {
        if page.absent {
            page.dirty = false;
            page.seen = Some(Vec::new());
            return self.remove(path);
        }
        if !page.dirty {
            let (parent, name) = self.parent(path)?;
            let there = fstatat(parent, name, AtFlags::AT_SYMLINK_NOFOLLOW);
            if there.as_ref().is_ok_and(is_plain) {
                return Ok(());
            }
        }
        let file = match self.file(path) {
            Ok(file) => {
                let acts = page.handle.is_some_and(|handle| handle != Handle::Service);
                if acts && self.is_fresh(&file, page)? {
                    return Ok(()); // written by somebody since it was looked at: the next beat's
                }
                file
            }
            Err(_) => {
                let (parent, name) = self.parent(path)?;
                match unlinkat(parent, name, UnlinkatFlags::NoRemoveDir) {
                    Ok(()) | Err(Errno::ENOENT) => {}
                    Err(error) => return Err(error.into()),
                }
                let flags = FILE | OFlag::O_CREAT | OFlag::O_EXCL;
                let mode = if path.starts_with(super::tool::PLACE) { program_mode() } else { file_mode() };
                File::from(openat(parent, name, flags, mode)?)
            }
        };
        let written = replace(&file, &page.content)?;
        page.dirty = false;
        page.empty = 0;
        if page.handle.is_some() {
            page.seen = Some(written);
        }
        Ok(())
    }

    /// Whether the file holds something else than when it was last looked at.
    fn is_fresh(&self, file: &File, page: &Page) -> io::Result<bool> {
        let Some(seen) = &page.seen else { return Ok(false) };
        let mut bytes = [0; LONGEST];
        let length = file.read_at(&mut bytes, 0)?;
        Ok(bytes.get(..length) != Some(seen))
    }

    fn link(&mut self, path: &str, to: &str) -> io::Result<()> {
        let (parent, name) = self.parent(path)?;
        match readlinkat(parent, name) {
            Ok(now) if now == to => return Ok(()),
            Err(Errno::ENOENT) => {}
            _ => unlinkat(parent, name, UnlinkatFlags::NoRemoveDir)?,
        }
        Ok(symlinkat(to, parent, name)?)
    }
}

/// Rewrites a file so that no reader sees it empty, cut, or with a part of the old value; gives
/// what it holds then.
fn replace(file: &File, content: &[u8]) -> io::Result<Vec<u8>> {
    let old = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
    let mut filled = content.to_vec();
    if old > content.len() + SPARE {
        // Somebody has written much there; blank lines need not cover all of it.
        filled.resize(old.min(content.len() + 64 * 1024), b'\n');
        file.write_all_at(&filled, 0)?;
        file.set_len(content.len() as u64)?;
        filled.truncate(content.len());
    } else if old < content.len() {
        // A reader that has looked at the length already would get the new value cut to it.
        if old > 0 {
            file.write_all_at(&vec![b'\n'; content.len() - old], old as u64)?;
        }
        file.write_all_at(content, 0)?;
    } else {
        filled.resize(old, b'\n');
        file.write_all_at(&filled, 0)?;
    }
    Ok(filled)
}
