//! A child process whose output is read: started in a group of its own, ended as a group, always
//! reaped, never waited for while it may still run.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
#[cfg(any(feature = "daemon", feature = "cli", feature = "tui"))]
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

#[cfg(any(feature = "daemon", feature = "cli", feature = "tui"))]
use crate::root::Root;
use crate::sys;

/// A running (or dying) child.
pub struct Child {
    process: std::process::Child,
    /// Its output; never blocks.
    pub output: File,
    reaped: bool,
}

impl Child {
    /// Starts the program that the first of `words` names, with the others as its arguments: no
    /// shell, no input, the C locale, its errors thrown away. It is called by the name `called`.
    pub fn start(words: &[String], called: Option<&str>) -> io::Result<Child> {
        let (program, arguments) = words.split_first().ok_or(io::ErrorKind::NotFound)?;
        let mut command = Command::new(program);
        command.arg0(called.unwrap_or(program)).args(arguments);
        Child::run(command, false)
    }

    /// Starts a program of a directory that is taken for the board, or of the system's: its errors
    /// are read, too.
    #[cfg(any(feature = "daemon", feature = "cli", feature = "tui"))]
    pub fn start_heard(program: &Path, arguments: &[String], root: &Root) -> io::Result<Child> {
        let mut command = Command::new(program);
        command.args(arguments);
        if !root.is_system() {
            command.env(crate::env::ROOT, root.path());
        }
        Child::run(command, true)
    }

    fn run(mut command: Command, heard: bool) -> io::Result<Child> {
        let (output, writer) = io::pipe()?;
        let errors = if heard { writer.try_clone()?.into() } else { Stdio::null() };
        command.env("LC_ALL", "C").stdin(Stdio::null()).stdout(writer).stderr(errors).process_group(0);
        let child = Child { process: command.spawn()?, output: OwnedFd::from(output).into(), reaped: false };
        sys::set_nonblocking(&child.output)?;
        Ok(child)
    }

    /// Kills it and whatever it started. It only prints, so there is nothing to lose.
    pub fn kill(&mut self) {
        if !self.reaped {
            sys::kill_group(self.process.id());
        }
    }

    /// Its exit status once it has ended; never waits.
    pub fn reap(&mut self) -> Option<ExitStatus> {
        if !self.reaped && sys::has_ended(self.process.id()) {
            // What it leaves behind is killed while its number is still that of its group.
            self.kill();
        }
        let status = self.process.try_wait().ok().flatten();
        self.reaped |= status.is_some();
        status
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
