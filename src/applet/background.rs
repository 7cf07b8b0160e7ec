//! The emulator in the background: tegrastats' own `--start` and `--stop`.
//!
//! One instance in the background is known by a file with its process number, on which it holds a
//! lock; a file without a lock is that of one that has ended, and its number is nobody's. The lock
//! is taken by `--start` and handed on as the standard input, so there is no moment without it.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Write;
use std::iter::once;
use std::os::fd::AsFd;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getuid};

use super::{Failure, Outcome, code};
use crate::sys;

/// How long one that was told to end may take.
const ENDING: Duration = Duration::from_secs(1);

fn path() -> PathBuf {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").filter(|directory| !directory.is_empty());
    let directory = runtime.map_or_else(std::env::temp_dir, PathBuf::from);
    directory.join(format!("tegrastats-emulator-{}.pid", getuid()))
}

fn open() -> Result<File, Failure> {
    let path = path();
    let options = File::options().read(true).write(true).create(true).truncate(false).mode(0o600).clone();
    // In a directory that others write to, a link of theirs must not be followed.
    let file = options.clone().custom_flags(libc::O_NOFOLLOW).open(&path);
    file.map_err(|error| Failure::io(code::CANNOT_CREATE, path.display(), &error))
}

/// Goes on in the background with these arguments.
pub(super) fn start(called: &str, arguments: &[OsString]) -> Outcome {
    let mut lock = open()?;
    if !sys::lock(&lock).unwrap_or(false) {
        let why = "--start: one runs in the background already (--stop ends it)";
        return Err(Failure::new(code::TRY_AGAIN, why));
    }
    let cannot = |error| Failure::io(code::CANNOT_CREATE, path().display(), &error);
    // The number of one that has ended is not to be read while there is none yet.
    lock.set_len(0).map_err(cannot)?;
    let own =
        std::env::current_exe().map_err(|error| Failure::io(code::UNAVAILABLE, "this executable", &error))?;
    let failed = |error| Failure::io(code::UNAVAILABLE, "--start", &error);
    let nothing = File::options().write(true).open("/dev/null").map_err(failed)?;
    let mut words = once(OsStr::new(called)).chain(arguments.iter().map(OsString::as_os_str));
    let standard = [lock.as_fd(), nothing.as_fd(), nothing.as_fd()];
    let child = sys::spawn(own.as_os_str(), &mut words, &[], standard).map_err(failed)?;
    let written = lock.write_all(format!("{child}\n").as_bytes());
    written.map_err(cannot)?;
    Ok(0)
}

/// Ends the one in the background and waits until it is gone; that there is none is no failure.
pub(super) fn stop() -> Outcome {
    let file = open()?;
    let mut told = None;
    let deadline = Instant::now() + ENDING;
    loop {
        if sys::lock(&file).unwrap_or(false) {
            return Ok(0);
        }
        if Instant::now() >= deadline {
            return Err(Failure::new(
                code::TRY_AGAIN,
                format_args!("--stop: {}: still held", path().display()),
            ));
        }
        let mut text = [0; 16];
        let read = file.read_at(&mut text, 0);
        let length = read.map_err(|error| Failure::io(code::IO, path().display(), &error))?;
        let text = text.get(..length).and_then(|text| str::from_utf8(text).ok()).unwrap_or_default();
        // Just started, it has no number yet.
        if let Some(number) = text.trim().parse().ok().filter(|number| *number > 0 && told != Some(*number)) {
            told = Some(number);
            match kill(Pid::from_raw(number), Signal::SIGTERM) {
                Ok(()) | Err(nix::errno::Errno::ESRCH) => {}
                Err(error) => {
                    let why = format_args!("--stop: process {number}: {}", sys::reason(&error.into()));
                    return Err(Failure::new(code::IO, why));
                }
            }
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
