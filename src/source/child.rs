//! A child process whose output is read: started in a group of its own, ended as a group, always
//! reaped, never waited for while it may still run.

use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use crate::sys;

/// A running (or dying) child.
pub(super) struct Child {
    process: std::process::Child,
    /// Its output; never blocks.
    pub(super) output: ChildStdout,
    reaped: bool,
}

impl Child {
    /// Starts the program that the first of `words` names, with the others as its arguments: no
    /// shell, no input, the C locale, its errors thrown away. It is called by the name `called`.
    pub(super) fn start(words: &[String], called: Option<&str>) -> io::Result<Child> {
        let (program, arguments) = words.split_first().ok_or(io::ErrorKind::NotFound)?;
        let mut process = Command::new(program)
            .arg0(called.unwrap_or(program))
            .args(arguments)
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let output = process.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let child = Child { process, output, reaped: false };
        sys::set_nonblocking(&child.output)?;
        Ok(child)
    }

    /// Kills it and whatever it started. It only prints, so there is nothing to lose.
    pub(super) fn kill(&mut self) {
        if !self.reaped {
            sys::kill_group(self.process.id());
        }
    }

    /// Its exit status once it has ended; never waits.
    pub(super) fn reap(&mut self) -> Option<ExitStatus> {
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
pub(super) fn ending(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with status {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended".to_owned(),
    }
}
