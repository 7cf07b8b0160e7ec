//! Waiting for descriptors, never longer than until a deadline.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Instant;

use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout};

/// Waits up to `milliseconds` for input (or its end).
pub fn readable_within(file: &impl AsFd, milliseconds: u16) -> io::Result<bool> {
    let mut polled = [PollFd::new(file.as_fd(), PollFlags::POLLIN)];
    match nix::poll::poll(&mut polled, PollTimeout::from(milliseconds)) {
        Ok(ready) => Ok(ready > 0),
        Err(nix::errno::Errno::EINTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The time left until `deadline` for poll, in whole milliseconds, rounded up: rounded down, the
/// last millisecond would spin.
pub fn until(deadline: Instant) -> PollTimeout {
    let left = deadline.saturating_duration_since(Instant::now());
    let ms = left.as_nanos().div_ceil(1_000_000);
    PollTimeout::from(u16::try_from(ms).unwrap_or(u16::MAX))
}

/// Waits until one of the descriptors has input or `deadline` is reached; tells which have. A
/// signal ends the wait early.
pub fn wait<const N: usize>(
    descriptors: [Option<BorrowedFd>; N],
    deadline: Instant,
) -> io::Result<[bool; N]> {
    wait_for_room(descriptors, N, deadline)
}

/// The same, but those from the number `outputs` on are waited for until there is room to write.
pub fn wait_for_room<const N: usize>(
    descriptors: [Option<BorrowedFd>; N],
    outputs: usize,
    deadline: Instant,
) -> io::Result<[bool; N]> {
    // Absent descriptors are left out of the poll; standard input only fills their places.
    let place = io::stdin();
    let mut number = 0;
    let mut polled = descriptors.map(|fd| {
        let flags = if number < outputs { PollFlags::POLLIN } else { PollFlags::POLLOUT };
        number += 1;
        match fd {
            Some(fd) => PollFd::new(fd, flags),
            None => PollFd::new(place.as_fd(), PollFlags::empty()),
        }
    });
    match nix::poll::poll(&mut polled, until(deadline)) {
        Ok(_) | Err(nix::errno::Errno::EINTR) => {}
        Err(error) => return Err(error.into()),
    }
    let mut ready = [false; N];
    for ((ready, polled), fd) in ready.iter_mut().zip(&polled).zip(&descriptors) {
        *ready = fd.is_some() && polled.revents().is_some_and(|events| !events.is_empty());
    }
    Ok(ready)
}

/// Lets a read give `WouldBlock` instead of waiting.
pub fn set_nonblocking(fd: &impl AsFd) -> io::Result<()> {
    use nix::fcntl::{FcntlArg, fcntl};
    let flags = OFlag::from_bits_retain(fcntl(fd, FcntlArg::F_GETFL)?);
    fcntl(fd, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
    Ok(())
}
