//! Signals as input, for programs that wait on descriptors.

use std::ffi::c_int;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicI32, Ordering};

use nix::sys::signal::Signal;

use super::set_nonblocking;

static SIGNAL_PIPE: AtomicI32 = AtomicI32::new(-1);

extern "C" fn note_signal(number: c_int) {
    let byte = number as u8;
    let pipe = SIGNAL_PIPE.load(Ordering::Relaxed);
    // SAFETY: write(2) is async-signal-safe, the byte lives on this stack, and the pipe is never
    // closed. errno is put back for the code that was interrupted.
    unsafe {
        let errno = nix::errno::Errno::last_raw();
        let _ = libc::write(pipe, std::ptr::from_ref(&byte).cast(), 1);
        nix::errno::Errno::set_raw(errno);
    }
}

/// Signals as input: a descriptor to wait on, from which they are taken one by one.
pub struct Signals {
    pipe: OwnedFd,
}

impl Signals {
    /// Takes over these signals of this process.
    pub fn watch(watched: &[Signal]) -> io::Result<Signals> {
        Signals::watch_lasting(watched, &[])
    }

    /// The same, of which `lasting` may come any number of times and end nothing, so that they are
    /// taken even by a program that was started with them ignored.
    pub fn watch_lasting(watched: &[Signal], lasting: &[Signal]) -> io::Result<Signals> {
        use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, sigaction};
        let (pipe, writer) = nix::unistd::pipe()?;
        for end in [&pipe, &writer] {
            set_nonblocking(end)?;
            nix::fcntl::fcntl(end, nix::fcntl::FcntlArg::F_SETFD(nix::fcntl::FdFlag::FD_CLOEXEC))?;
        }
        SIGNAL_PIPE.store(writer.as_raw_fd(), Ordering::Relaxed);
        std::mem::forget(writer); // the handlers write to it until the process ends
        for &signal in watched {
            // A second one ends a program that hangs in a write that nobody reads.
            let ends = matches!(signal, Signal::SIGTERM | Signal::SIGINT | Signal::SIGHUP);
            let once =
                if ends && !lasting.contains(&signal) { SaFlags::SA_RESETHAND } else { SaFlags::empty() };
            let handler = SigHandler::Handler(note_signal);
            let action = SigAction::new(handler, SaFlags::SA_RESTART | once, SigSet::empty());
            // SAFETY: the handler only calls write(2) on a pipe that stays open.
            let before = unsafe { sigaction(signal, &action) }?;
            if matches!(before.handler(), SigHandler::SigIgn) && !lasting.contains(&signal) {
                // The caller wants it ignored: nohup, or a shell that runs us in its background.
                // SAFETY: puts back what was in force.
                unsafe { sigaction(signal, &before) }?;
            }
        }
        Ok(Signals { pipe })
    }

    /// The next signal that has come; never waits.
    pub fn take(&self) -> Option<Signal> {
        let mut byte = [0];
        match nix::unistd::read(&self.pipe, &mut byte) {
            Ok(1) => Signal::try_from(i32::from(byte[0])).ok(),
            _ => None,
        }
    }
}

/// Stops as SIGTSTP does by itself: not at all where no shell could continue us (an orphaned process group).
pub fn stop() -> io::Result<()> {
    use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, raise, sigaction};
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    // SAFETY: no handler is installed, and what was in force is put back.
    let before = unsafe { sigaction(Signal::SIGTSTP, &default) }?;
    raise(Signal::SIGTSTP)?;
    // SAFETY: as above.
    unsafe { sigaction(Signal::SIGTSTP, &before) }?;
    Ok(())
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }
}
