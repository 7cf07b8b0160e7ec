//! Files and directories: opened without ever waiting, and listed without allocating.

use std::ffi::{CStr, c_int};
use std::fs::File;
use std::io::{self, Seek};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::path::Path;

use nix::fcntl::OFlag;
use nix::sys::stat::Mode;

/// Standard input as a file of its own.
pub fn standard_input() -> io::Result<File> {
    Ok(File::from(io::stdin().as_fd().try_clone_to_owned()?))
}

/// The file, to be read from its first byte.
pub fn from_start(mut file: &File) -> io::Result<&File> {
    file.rewind()?;
    Ok(file)
}

/// Locks a file for this program alone, without waiting; false while another one has it. The lock goes
/// with the file: a duplicate of it, or a child that has it, keeps the lock.
///
/// # Errors
/// Those of flock(2).
pub fn lock(file: &File) -> io::Result<bool> {
    match flock(file, libc::LOCK_EX | libc::LOCK_NB) {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
        result => result.map(|()| true),
    }
}

/// Gives the lock of a file back before the file is closed.
///
/// # Errors
/// Those of flock(2).
pub fn unlock(file: &File) -> io::Result<()> {
    flock(file, libc::LOCK_UN)
}

/// Not nix's Flock, whose end names every error there is: 9 kB.
fn flock(file: &File, operation: c_int) -> io::Result<()> {
    // SAFETY: takes numbers alone; the descriptor is open.
    match unsafe { libc::flock(file.as_raw_fd(), operation) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Opens a directory; what is none is not opened at all, so that a pipe does not wait for its other end.
///
/// # Errors
/// Those of open(2).
pub fn open_directory(path: &Path) -> io::Result<File> {
    let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC | OFlag::O_DIRECTORY;
    Ok(File::from(nix::fcntl::open(path, flags, Mode::empty())?))
}

/// Opens a file relative to an open directory, without ever waiting for a pipe's other end; paths of
/// usual length allocate nothing. With `inside`, the file's links and dots lead nowhere else: the
/// directory is their root. Before Linux 5.6, and on other systems, only paths without `..` are then
/// taken, and links are followed as they are.
///
/// # Errors
/// Those of open(2).
pub fn open_at(directory: &impl AsFd, relative: &str, inside: bool) -> io::Result<File> {
    open_at_for(directory.as_fd(), relative, inside, OFlag::O_RDONLY, Mode::empty())
}

/// The same for another access than reading; a file that is made gets `mode`.
///
/// # Errors
/// Those of open(2).
pub fn open_at_for(
    directory: BorrowedFd,
    relative: &str,
    inside: bool,
    access: OFlag,
    mode: Mode,
) -> io::Result<File> {
    let relative = if relative.is_empty() { "." } else { relative };
    let flags = access | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    if inside {
        #[cfg(target_os = "linux")]
        {
            use nix::fcntl::{OpenHow, ResolveFlag, openat2};
            let how = OpenHow::new().flags(flags).mode(mode).resolve(ResolveFlag::RESOLVE_IN_ROOT);
            // Whenever anything was renamed meanwhile, anywhere, the kernel wants to be asked again
            // about a path with `..` in a link (openat2(2), EAGAIN).
            for _ in 0..100 {
                match openat2(directory, relative, how) {
                    Err(nix::errno::Errno::EAGAIN) => {}
                    Err(nix::errno::Errno::ENOSYS) => break,
                    result => return Ok(File::from(result?)),
                }
            }
        }
        if relative.split('/').any(|part| part == "..") {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
    }
    Ok(File::from(nix::fcntl::openat(directory, relative, flags, mode)?))
}

/// Calls `each` with the names in an open directory, in no order, until it gives false. Names that
/// are not UTF-8 are left out. Allocates nothing but the C library's buffer.
///
/// # Errors
/// Those of opening the directory once more; one in the middle of the list ends it.
pub fn each_name_in(directory: &File, each: &mut dyn FnMut(&str) -> bool) -> io::Result<()> {
    let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC | OFlag::O_DIRECTORY;
    let fd = nix::fcntl::openat(directory, ".", flags, Mode::empty())?;
    // SAFETY: the descriptor is open, and its owner forgets it below.
    let list = unsafe { libc::fdopendir(fd.as_raw_fd()) };
    if list.is_null() {
        return Err(io::Error::last_os_error());
    }
    std::mem::forget(fd); // closedir closes it
    loop {
        // SAFETY: the list is open until the end of this function, and only this function has it.
        let entry = unsafe { libc::readdir(list) };
        if entry.is_null() {
            break;
        }
        // SAFETY: an entry has a name that ends in NUL, valid until the next readdir. The entry
        // itself may be shorter than its type, so nothing refers to it as a whole.
        let name = unsafe { CStr::from_ptr((&raw const (*entry).d_name).cast()) };
        let Ok(name) = name.to_str() else { continue };
        if name != "." && name != ".." && !each(name) {
            break;
        }
    }
    // SAFETY: closes what fdopendir opened.
    unsafe { libc::closedir(list) };
    Ok(())
}

/// The use of a mounted file system, bytes: all, in use, to be had; `None` for one without blocks.
pub fn file_system(mount: &str) -> Option<[u64; 3]> {
    use_of(&nix::sys::statvfs::statvfs(mount).ok()?)
}

/// The same of the file system that an open file is in.
pub fn file_system_of(file: &File) -> Option<[u64; 3]> {
    use_of(&nix::sys::statvfs::fstatvfs(file).ok()?)
}

#[allow(clippy::unnecessary_cast, clippy::useless_conversion)] // the types differ from system to system
fn use_of(stat: &nix::sys::statvfs::Statvfs) -> Option<[u64; 3]> {
    let bytes = |blocks| u64::from(blocks).saturating_mul(stat.fragment_size() as u64);
    let (total, free) = (bytes(stat.blocks()), bytes(stat.blocks_free()));
    (total > 0).then(|| [total, total.saturating_sub(free), bytes(stat.blocks_available())])
}

/// Has the file system set blocks aside for a part of a file, which is made as long as that.
///
/// # Errors
/// Those of fallocate(2); `EOPNOTSUPP` on other systems.
pub fn allocate(file: &File, from: u64, bytes: u64) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        let too_large = |_| io::Error::from_raw_os_error(libc::EFBIG);
        let (from, bytes) = (from.try_into().map_err(too_large)?, bytes.try_into().map_err(too_large)?);
        Ok(nix::fcntl::fallocate(file, nix::fcntl::FallocateFlags::empty(), from, bytes)?)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (file, from, bytes);
        Err(io::Error::from_raw_os_error(libc::EOPNOTSUPP))
    }
}

/// Whether files that are made in a directory are never copied when they are written to (`chattr +C`,
/// btrfs).
#[cfg(target_os = "linux")]
pub fn is_no_cow(directory: &File) -> bool {
    // FS_IOC_GETFLAGS and FS_NOCOW_FL of linux/fs.h; the kernel takes and gives an int.
    const NO_COW: c_int = 0x0080_0000;
    let mut flags: c_int = 0;
    // SAFETY: the kernel writes one int.
    let done = unsafe { libc::ioctl(directory.as_raw_fd(), libc::FS_IOC_GETFLAGS as _, &raw mut flags) };
    done == 0 && flags & NO_COW != 0
}

/// The same; other systems have no such files.
#[cfg(not(target_os = "linux"))]
pub fn is_no_cow(_: &File) -> bool {
    false
}
