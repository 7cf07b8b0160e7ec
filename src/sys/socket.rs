//! The client's end of a UNIX socket.

use std::ffi::c_char;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::Path;

/// Connects to a UNIX socket without ever waiting, and so that no later read or write does.
///
/// # Errors
/// Those of connect(2); `WouldBlock` where the server has not yet taken those who came before.
pub fn connect(path: &Path) -> io::Result<UnixStream> {
    // SAFETY: an address of zeros is a value.
    let mut address: libc::sockaddr_un = unsafe { std::mem::zeroed() };
    address.sun_family = libc::AF_UNIX as libc::sa_family_t;
    let bytes = path.as_os_str().as_bytes();
    if bytes.len() >= address.sun_path.len() || bytes.contains(&0) {
        return Err(nix::errno::Errno::ENAMETOOLONG.into());
    }
    for (to, from) in address.sun_path.iter_mut().zip(bytes) {
        *to = *from as c_char;
    }
    // SAFETY: the descriptor is new, and only the stream has it.
    let stream = unsafe {
        let fd = nix::errno::Errno::result(libc::socket(libc::AF_UNIX, libc::SOCK_STREAM, 0))?;
        UnixStream::from_raw_fd(fd)
    };
    nix::fcntl::fcntl(&stream, nix::fcntl::FcntlArg::F_SETFD(nix::fcntl::FdFlag::FD_CLOEXEC))?;
    stream.set_nonblocking(true)?;
    let length = size_of::<libc::sockaddr_un>() as libc::socklen_t;
    // SAFETY: connect(2) reads an address of that length, which lives until it returns.
    let done = unsafe { libc::connect(stream.as_raw_fd(), (&raw const address).cast(), length) };
    nix::errno::Errno::result(done)?;
    Ok(stream)
}

/// The user whose process listens at the other end of a connection.
#[cfg(target_os = "linux")]
pub fn peer_uid(stream: &UnixStream) -> io::Result<u32> {
    let mut peer = libc::ucred { pid: 0, uid: 0, gid: 0 };
    let mut length = size_of::<libc::ucred>() as libc::socklen_t;
    // SAFETY: getsockopt(2) writes at most that length into the structure.
    let done = unsafe {
        let (fd, into) = (stream.as_raw_fd(), (&raw mut peer).cast());
        libc::getsockopt(fd, libc::SOL_SOCKET, libc::SO_PEERCRED, into, &raw mut length)
    };
    nix::errno::Errno::result(done)?;
    Ok(peer.uid)
}

/// The user whose process listens at the other end of a connection.
#[cfg(not(target_os = "linux"))]
pub fn peer_uid(stream: &UnixStream) -> io::Result<u32> {
    let (mut uid, mut gid) = (0, 0);
    // SAFETY: getpeereid(3) writes the two numbers.
    nix::errno::Errno::result(unsafe { libc::getpeereid(stream.as_raw_fd(), &raw mut uid, &raw mut gid) })?;
    Ok(uid)
}
