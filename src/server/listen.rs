//! The sockets that the server listens on.
//!
//! A second server is refused; what a dead one left is removed, and nothing else; the socket has
//! its owner and mode from the first moment.

use std::fmt;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::sys::{self, daemon};

/// Connections that may wait to be taken.
const BACKLOG: i32 = 4096;

/// Why there is no socket.
#[derive(Debug)]
pub enum Error {
    /// Another server answers there.
    Taken(PathBuf),
    /// What is there is no socket of ours.
    Foreign(PathBuf, &'static str),
    /// The system refused.
    Io(PathBuf, io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Error::Taken(path) => write!(f, "socket {}: another daemon answers there", path.display()),
            Error::Foreign(path, what) => write!(f, "socket {}: {what}", path.display()),
            Error::Io(path, error) => write!(f, "socket {}: {}", path.display(), sys::reason(error)),
        }
    }
}

/// A listening socket.
pub struct Listener {
    socket: UnixListener,
    /// Its path and the number of its file; `None` for one that was handed to us.
    place: Option<(PathBuf, u64)>,
    /// Held while we are there, so that two that start at the same time do not both remove.
    lock: Option<Rc<File>>,
}

impl Listener {
    /// Listens at a path, with that mode, for the group of that number.
    pub fn bind(path: &Path, mode: u32, group: Option<u32>) -> Result<Listener, Error> {
        Listener::holding(path, mode, group, None)
    }

    /// The same in place of this one, whose file is gone.
    pub fn anew(&self, path: &Path, mode: u32, group: Option<u32>) -> Result<Listener, Error> {
        Listener::holding(path, mode, group, self.lock.clone())
    }

    fn holding(
        path: &Path,
        mode: u32,
        group: Option<u32>,
        held: Option<Rc<File>>,
    ) -> Result<Listener, Error> {
        let failed = |error| Error::Io(path.to_owned(), error);
        let lock = daemon::lock_beside(path).map_err(failed)?.map(Rc::new).or(held);
        let Some(lock) = lock else { return Err(Error::Taken(path.to_owned())) };
        clear(path)?;
        let socket = daemon::with_umask(!mode & 0o777, || UnixListener::bind(path)).map_err(failed)?;
        let place = std::fs::symlink_metadata(path).map_err(failed)?.ino();
        if let Some(group) = group {
            // An ordinary user may only give it to a group of his own.
            let _ = std::os::unix::fs::lchown(path, None, Some(group));
        }
        Listener::ready(socket, Some((path.to_owned(), place)), Some(lock)).map_err(failed)
    }

    /// Takes over a socket that somebody else listens on for us.
    pub fn handed(socket: OwnedFd) -> io::Result<Listener> {
        Listener::ready(UnixListener::from(socket), None, None)
    }

    fn ready(
        socket: UnixListener,
        place: Option<(PathBuf, u64)>,
        lock: Option<Rc<File>>,
    ) -> io::Result<Listener> {
        socket.set_nonblocking(true)?;
        daemon::listen(&socket, BACKLOG)?;
        Ok(Listener { socket, place, lock })
    }

    /// The socket.
    pub fn socket(&self) -> &UnixListener {
        &self.socket
    }

    /// Whether the path still leads to this socket; one that was handed to us has none.
    pub fn is_there(&self) -> bool {
        let of_us = |(path, number): &(PathBuf, u64)| {
            std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.ino() == *number)
        };
        self.place.as_ref().is_none_or(of_us)
    }

    /// Its path.
    pub fn path(&self) -> Option<&Path> {
        self.place.as_ref().map(|(path, _)| path.as_path())
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let (true, Some(path)) = (self.is_there(), self.path()) {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Removes the socket of a server that is no more.
fn clear(path: &Path) -> Result<(), Error> {
    let metadata = match std::fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::Io(path.to_owned(), error)),
    };
    if !metadata.file_type().is_socket() {
        return Err(Error::Foreign(path.to_owned(), "there is a file that is no socket (it is kept)"));
    }
    let own = nix::unistd::geteuid();
    if !own.is_root() && metadata.uid() != own.as_raw() {
        return Err(Error::Foreign(path.to_owned(), "there is a socket of another user (it is kept)"));
    }
    match UnixStream::connect(path) {
        Ok(_) => Err(Error::Taken(path.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            std::fs::remove_file(path).map_err(|error| Error::Io(path.to_owned(), error))
        }
        // Full, or not to be asked: somebody is there.
        Err(_) => Err(Error::Taken(path.to_owned())),
    }
}
