//! What a program inherits from whoever starts it. A shell starts its background with SIGINT ignored,
//! and nohup with SIGHUP; a program under test is to have neither of that unless the test says so.

use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::sys::stat::{Mode, umask};

const SIGNALS: [Signal; 5] =
    [Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM, Signal::SIGCHLD];

/// Has the child start with no signal ignored but these. The last call counts.
pub fn ignoring(command: &mut Command, ignored: &'static [Signal]) {
    let set = move || {
        for signal in SIGNALS {
            let handler = if ignored.contains(&signal) { SigHandler::SigIgn } else { SigHandler::SigDfl };
            let action = SigAction::new(handler, SaFlags::empty(), SigSet::empty());
            // SAFETY: no handler of ours is installed.
            unsafe { sigaction(signal, &action) }?;
        }
        Ok(())
    };
    // SAFETY: between fork and exec only system calls that are async-signal-safe.
    unsafe { command.pre_exec(set) };
}

/// Has the child start with that umask.
pub fn masked(command: &mut Command, mask: u32) {
    let set = move || {
        umask(Mode::from_bits_truncate(mask as nix::libc::mode_t));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { command.pre_exec(set) };
}
