//! A child process whose output is read: started in a group of its own, ended as a group, always
//! reaped, never waited for while it may still run.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::iter::once;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
#[cfg(any(feature = "daemon", feature = "cli", feature = "tui"))]
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

#[cfg(any(feature = "daemon", feature = "cli", feature = "tui"))]
use crate::root::Root;
use crate::sys;

/// A running (or dying) child.
pub struct Child {
    process: u32,
    /// Its output; never blocks.
    pub output: File,
    /// How it ended, once it is reaped.
    status: Option<ExitStatus>,
}

impl Child {
    /// Starts the program that the first of `words` names, with the others as its arguments: no
    /// shell, no input, the C locale, its errors thrown away. It is called by the name `called`.
    pub fn start(words: &[String], called: Option<&str>) -> io::Result<Child> {
        let (program, arguments) = words.split_first().ok_or(io::ErrorKind::NotFound)?;
        Child::run(program.as_ref(), called.unwrap_or(program).as_ref(), arguments, &[], false)
    }

    /// Starts a program of a directory that is taken for the board, or of the system's: its errors
    /// are read, too.
    #[cfg(any(feature = "daemon", feature = "cli", feature = "tui"))]
    pub fn start_heard(program: &Path, arguments: &[String], root: &Root) -> io::Result<Child> {
        let variable = [(crate::env::ROOT, root.path().as_os_str())];
        let variables = if root.is_system() { &[][..] } else { &variable };
        Child::run(program.as_os_str(), program.as_os_str(), arguments, variables, true)
    }

    fn run(
        program: &OsStr,
        called: &OsStr,
        arguments: &[String],
        variables: &[(&str, &OsStr)],
        heard: bool,
    ) -> io::Result<Child> {
        let nothing = File::options().read(true).write(true).open("/dev/null")?;
        let (output, writer) = io::pipe()?;
        let errors = if heard { writer.as_fd() } else { nothing.as_fd() };
        let mut words = once(called).chain(arguments.iter().map(OsStr::new));
        let variables = [&[("LC_ALL", OsStr::new("C"))], variables].concat();
        let standard = [nothing.as_fd(), writer.as_fd(), errors];
        let process = sys::spawn(program, &mut words, &variables, standard)?;
        let child = Child { process, output: OwnedFd::from(output).into(), status: None };
        sys::set_nonblocking(&child.output)?;
        Ok(child)
    }

    /// Kills it and whatever it started. It only prints, so there is nothing to lose.
    pub fn kill(&mut self) {
        if self.status.is_none() {
            sys::kill_group(self.process);
        }
    }

    /// Its exit status once it has ended; never waits.
    pub fn reap(&mut self) -> Option<ExitStatus> {
        if self.status.is_none() && sys::has_ended(self.process) {
            // What it leaves behind is killed while its number is still that of its group.
            self.kill();
            self.status = sys::reap(self.process);
        }
        self.status
    }
}

impl Drop for Child {
    /// Ends the group. A child stuck in the kernel is left to init after a moment.
    fn drop(&mut self) {
        self.kill();
        for _ in 0..40 {
            if self.reap().is_some() {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// An exit status in words.
pub fn ending(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with status {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended".to_owned(),
    }
}
