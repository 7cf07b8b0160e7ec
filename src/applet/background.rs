//! The emulator in the background: tegrastats' own `--start` and `--stop`.
//!
//! One instance in the background is known by a file with its process number, on which it holds a
//! lock; a file without a lock is that of one that has ended, and its number is nobody's.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use nix::fcntl::{Flock, FlockArg};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getuid};

use super::{Failure, Outcome, code};

/// Set for the process in the background, so that it claims the file.
const MARK: &str = "JETSONSCOPE_EMULATOR_BACKGROUND";

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
    if Flock::lock(open()?, FlockArg::LockExclusiveNonblock).is_err() {
        return Err(Failure::new(
            code::TRY_AGAIN,
            "--start: one runs in the background already (--stop ends it)",
        ));
    }
    let own =
        std::env::current_exe().map_err(|error| Failure::io(code::UNAVAILABLE, "this executable", &error))?;
    let mut command = Command::new(own);
    command.arg0(called).args(arguments).env(MARK, "1").process_group(0);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().map_err(|error| Failure::io(code::UNAVAILABLE, "--start", &error))?;
    Ok(0)
}

/// In the background: holds the lock, with the process number in the file, until it is dropped.
pub(super) fn claim() -> Option<Flock<File>> {
    std::env::var_os(MARK)?;
    let mut file = Flock::lock(open().ok()?, FlockArg::LockExclusiveNonblock).ok()?;
    let number = format!("{}\n", std::process::id());
    file.set_len(0).and_then(|()| file.write_all(number.as_bytes())).ok()?;
    Some(file)
}

/// Ends the one in the background; that there is none is no failure.
pub(super) fn stop() -> Outcome {
    let mut file = match Flock::lock(open()?, FlockArg::LockExclusiveNonblock) {
        Ok(_) => return Ok(0),
        Err((file, _)) => file,
    };
    let mut text = String::new();
    let read = file.rewind().and_then(|()| file.read_to_string(&mut text));
    read.map_err(|error| Failure::io(code::IO, path().display(), &error))?;
    let number: i32 = text.trim().parse().map_err(|_| {
        Failure::new(
            code::DATA,
            format_args!("{}: no process number in \"{}\"", path().display(), text.trim()),
        )
    })?;
    kill(Pid::from_raw(number), Signal::SIGTERM).map_err(|error| {
        Failure::new(code::IO, format_args!("--stop: process {number}: {}", error.desc()))
    })?;
    Ok(0)
}
