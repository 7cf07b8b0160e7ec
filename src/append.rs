//! Files that grow by whole records, and files that are replaced as a whole.
//!
//! A [`Log`] is appended to by several programs at the same time: each takes the file's lock
//! (flock), writes its record, and gives the lock back. Nothing here waits longer than it is told.
//! A record that does not fit is taken back by cutting the file to its old length; what a program
//! left half written when it was killed is cut by the next one ([`Locked::mend`]).

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::errno::Errno;

use crate::sys;

/// Time between two looks at a lock that another program holds.
const PAUSE: Duration = Duration::from_millis(2);
/// How far from the end a record that was cut off may begin, bytes.
const LONGEST: usize = 256 * 1024;
/// So many of its first bytes tell a record of ours from a stranger's text.
const ALIKE: usize = 8;

/// Why a record was not written. The file holds what it held before.
#[derive(Debug)]
pub enum Error {
    /// The file cannot be opened or created.
    Open(io::Error),
    /// Other programs have had the lock the whole time.
    Busy,
    /// The record could not be written, or the file not be read or renamed.
    Write(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Error::Open(error) | Error::Write(error) => f.write_str(&sys::reason(error)),
            Error::Busy => f.write_str("locked by another program"),
        }
    }
}

/// A file that records are appended to.
pub struct Log {
    path: PathBuf,
    file: Option<File>,
    hold: bool,
}

/// The file, locked.
pub struct Locked<'a> {
    log: &'a mut Log,
    /// Always there until the lock is given back.
    file: Option<File>,
    len: u64,
    regular: bool,
}

impl Log {
    /// The file at `path`; nothing is opened yet. With `hold` it stays open from record to record,
    /// even when it is renamed, until [`Log::reopen`] is called or its last name is removed.
    /// Without, each record goes to the file that has the name at that time.
    pub fn new(path: impl Into<PathBuf>, hold: bool) -> Log {
        Log { path: path.into(), file: None, hold }
    }

    /// The name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Has the next record open the name anew.
    pub fn reopen(&mut self) {
        self.file = None;
    }

    /// Opens the file, or creates it (mode 0640), and takes its lock; waits for that at most so long.
    ///
    /// # Errors
    /// [`Error::Open`], [`Error::Busy`], and [`Error::Write`] where a file cannot be locked.
    pub fn lock(&mut self, wait: Duration) -> Result<Locked<'_>, Error> {
        let deadline = Instant::now() + wait;
        loop {
            let file = match self.file.take() {
                Some(file) => file,
                None => open(&self.path).map_err(Error::Open)?,
            };
            let file = self.locked(file, deadline)?;
            let about = file.metadata().map_err(Error::Write)?;
            // While this program waited, the one with the lock may have renamed the file.
            let there = match self.hold {
                true => about.nlink() > 0,
                false => fs::metadata(&self.path)
                    .is_ok_and(|now| (now.dev(), now.ino()) == (about.dev(), about.ino())),
            };
            if there {
                let (len, regular) = (about.len(), about.is_file());
                return Ok(Locked { log: self, file: Some(file), len, regular });
            }
            if Instant::now() >= deadline {
                return Err(Error::Busy);
            }
        }
    }

    fn locked(&mut self, file: File, deadline: Instant) -> Result<File, Error> {
        loop {
            match sys::lock(&file) {
                Ok(true) => return Ok(file),
                Ok(false) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::Write(error)),
            }
            if Instant::now() >= deadline {
                self.file = self.hold.then_some(file);
                return Err(Error::Busy);
            }
            sleep(PAUSE);
        }
    }
}

/// Never waits for the other end of a pipe: there has to be one.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true).mode(0o640).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    // A pipe that is opened for both would be its own reader.
    let device = fs::metadata(path).is_ok_and(|about| !about.is_file());
    options.read(!device).open(path)
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        let Some(file) = self.file.take() else { return };
        // A lock that cannot be given back goes with the file.
        if self.log.hold && sys::unlock(&file).is_ok() {
            self.log.file = Some(file);
        }
    }
}

impl Locked<'_> {
    fn file(&self) -> io::Result<&File> {
        self.file.as_ref().ok_or_else(|| Errno::EBADF.into())
    }

    /// Bytes in it; 0 of a device.
    pub fn len(&self) -> u64 {
        if self.regular { self.len } else { 0 }
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The first line, without its end; at most so much as a record may have.
    ///
    /// # Errors
    /// [`Error::Write`] with that of reading.
    pub fn first_line(&self) -> Result<String, Error> {
        let mut bytes = vec![0; LONGEST];
        let got = self.file().and_then(|file| file.read_at(&mut bytes, 0)).map_err(Error::Write)?;
        let line = bytes.get(..got).unwrap_or_default().split(|&byte| byte == b'\n').next();
        Ok(String::from_utf8_lossy(line.unwrap_or_default()).trim_end_matches('\r').to_owned())
    }

    /// Ends a last line that has no end. One that begins as one of the `records` does was left by
    /// a program that was killed, and is cut off; what may be a stranger's gets its line end.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn mend(&mut self, records: &[&[u8]]) -> Result<(), Error> {
        let mut last = [0];
        let end = self.len().checked_sub(1);
        let Some(end) = end else { return Ok(()) };
        self.file().and_then(|file| file.read_exact_at(&mut last, end)).map_err(Error::Write)?;
        if last == [b'\n'] {
            return Ok(());
        }
        let room = self.len.min(LONGEST as u64);
        let mut bytes = vec![0; room as usize]; // at most LONGEST
        let start = self.len - room;
        self.file().and_then(|file| file.read_exact_at(&mut bytes, start)).map_err(Error::Write)?;
        let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let tail = bytes.get(whole..).unwrap_or_default();
        let ours = |record: &&[u8]| record.iter().zip(tail).take(ALIKE).all(|(a, b)| a == b);
        if (whole == 0 && start > 0) || !records.iter().any(ours) {
            return self.write(b"\n");
        }
        let len = start + whole as u64;
        self.file().and_then(|file| file.set_len(len)).map_err(Error::Write)?;
        self.len = len;
        Ok(())
    }

    /// Appends a record, in one write unless the system takes but a part. If it cannot be written
    /// to its end, the file is cut to where it began.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn write(&mut self, record: &[u8]) -> Result<(), Error> {
        let mut file = self.file().map_err(Error::Write)?;
        match file.write_all(record) {
            Ok(()) => {
                self.len += record.len() as u64;
                Ok(())
            }
            Err(error) => {
                if self.regular {
                    let _ = file.set_len(self.len);
                }
                Err(Error::Write(error))
            }
        }
    }

    /// Renames the file to FILE.1, what had that name to FILE.2 and so on up to FILE.`keep`, whose
    /// file is lost; with 0 the file itself is emptied. Gives the lock back: the name is free for
    /// a new file.
    ///
    /// # Errors
    /// [`Error::Write`] with that of renaming.
    pub fn rotate(self, keep: u32) -> Result<(), Error> {
        if keep == 0 {
            return self.file().and_then(|file| file.set_len(0)).map_err(Error::Write);
        }
        let old = |number: u32| {
            let mut name = self.log.path.clone().into_os_string();
            name.push(format!(".{number}"));
            PathBuf::from(name)
        };
        for number in (1..keep).rev() {
            absent_is_fine(fs::rename(old(number), old(number + 1)))?;
        }
        fs::rename(&self.log.path, old(1)).map_err(Error::Write)
    }
}

fn absent_is_fine(result: io::Result<()>) -> Result<(), Error> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::Write(error)),
        _ => Ok(()),
    }
}

/// Makes a directory and those above it that are not there. Not the standard library's, which walks
/// through the parts of the path: 3 kB.
///
/// # Errors
/// Those of mkdir(2), unless the path is a directory afterwards.
pub fn make_directories(path: &Path) -> io::Result<()> {
    let above = path.parent().filter(|above| !above.as_os_str().is_empty());
    let mut made = fs::create_dir(path);
    if let (Err(error), Some(above)) = (&made, above)
        && error.kind() == io::ErrorKind::NotFound
    {
        make_directories(above)?;
        made = fs::create_dir(path);
    }
    if path.is_dir() { Ok(()) } else { made }
}

/// Puts `bytes` in the place of what a file holds: whoever reads it has the old or the new, whole. A
/// pipe or a device is written to as it is.
///
/// # Errors
/// [`Error::Open`] when no file can be created beside it, [`Error::Write`] for all that follows.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let there = fs::metadata(path).ok();
    if there.as_ref().is_some_and(|about| !about.is_file()) {
        let mut device = OpenOptions::new().write(true).open(path).map_err(Error::Open)?;
        return device.write_all(bytes).map_err(Error::Write);
    }
    // Where the name is a link, the file that it leads to is replaced.
    let path = match there {
        Some(_) => fs::canonicalize(path).map_err(Error::Open)?,
        None => path.to_owned(),
    };
    let (mut file, name) = create_beside(&path).map_err(Error::Open)?;
    let written = file
        .write_all(bytes)
        // Without it, some file systems keep the name and lose the text when the power goes.
        .and_then(|()| file.sync_data())
        .and_then(|()| there.map_or(Ok(()), |about| file.set_permissions(about.permissions())))
        .and_then(|()| fs::rename(&name, &path));
    written.map_err(|error| {
        let _ = fs::remove_file(&name);
        Error::Write(error)
    })
}

/// A new file in the same directory, under a name that nobody else has.
fn create_beside(path: &Path) -> io::Result<(File, PathBuf)> {
    let own = path.file_name().ok_or(Errno::EISDIR)?;
    let mut number = 0;
    loop {
        let mut name = std::ffi::OsString::from(".");
        name.push(own);
        name.push(format!(".{}.{number}", std::process::id()));
        let name = path.with_file_name(name);
        match OpenOptions::new().write(true).create_new(true).mode(0o644).open(&name) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < 100 => number += 1,
            result => return Ok((result?, name)),
        }
    }
}

#[cfg(test)]
#[path = "append_tests.rs"]
mod tests;
