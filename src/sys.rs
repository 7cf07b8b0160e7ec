//! The operating system: with the files in `sys/` the only place with unsafe code, and small wrappers
//! beside it.

#[cfg(feature = "daemon")]
pub mod daemon;
mod entry;
mod file;
mod poll;
mod signals;
mod socket;
mod spawn;
mod time;
mod unused;

pub use entry::{keep_descriptors, start};
pub use file::{allocate, is_no_cow, open_at, open_at_for, open_directory};
pub use file::{each_name_in, file_system, file_system_of, from_start, lock, standard_input, unlock};
pub use poll::{readable_within, set_nonblocking, until, wait, wait_for_room};
pub use signals::{Signals, stop};
pub use socket::{connect, peer_uid};
pub use spawn::{reap, spawn};
pub use time::{LocalTime, local_time, local_time_of, since_boot_ms, unix_ms};

use std::io;

use nix::sys::signal::Signal;
use nix::unistd::Pid;

/// The text of an error without the number that the standard library adds.
pub fn reason(error: &io::Error) -> String {
    // Not to_lowercase(), which brings 14 kB of tables for other alphabets.
    let mut text = error.to_string();
    text.make_ascii_lowercase();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

/// Takes a variable out of the environment, for libraries that obey it on their own.
pub fn forget_variable(name: &str) {
    // SAFETY: the program has one thread, so nobody reads the environment meanwhile.
    unsafe { std::env::remove_var(name) }
}

/// Kills every process of the group that `leader` leads.
pub fn kill_group(leader: u32) {
    if let Ok(leader) = i32::try_from(leader) {
        let _ = nix::sys::signal::killpg(Pid::from_raw(leader), Signal::SIGKILL);
    }
}

/// Whether a child has ended. It stays unreaped, so its number stays its own and its group's.
pub fn has_ended(child: u32) -> bool {
    let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: a siginfo of zeros is a value, waitid writes to nothing but it, and si_pid is valid
    // for a child that has ended and zero for none.
    unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        libc::waitid(libc::P_PID, child, &mut info, options) == 0 && info.si_pid() != 0
    }
}
