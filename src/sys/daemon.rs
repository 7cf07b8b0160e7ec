//! What only the daemon wants of the operating system; unsafe code, as in the file beside it.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::Instant;

use nix::sys::stat::Mode;

/// Waits until one of the descriptors is ready or `deadline` is reached; a signal ends the wait
/// early. The descriptors are open; which are ready stands in their `revents`.
pub fn poll(descriptors: &mut [libc::pollfd], deadline: Instant) -> io::Result<()> {
    let timeout = deadline.saturating_duration_since(Instant::now()).as_nanos().div_ceil(1_000_000);
    let timeout = libc::c_int::try_from(timeout).unwrap_or(libc::c_int::MAX);
    // SAFETY: the pointer and the length are those of the slice, to which poll writes `revents`.
    let ready = unsafe { libc::poll(descriptors.as_mut_ptr(), descriptors.len() as libc::nfds_t, timeout) };
    match io::Error::last_os_error() {
        _ if ready >= 0 => Ok(()),
        error if error.kind() == io::ErrorKind::Interrupted => Ok(()),
        error => Err(error),
    }
}

/// Lets this process open as many descriptors as it may: many clients and many sensors are more
/// than the 1024 that are usual.
pub fn raise_descriptors() {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: both calls read or write nothing but the limit; where they fail, it stays as it was.
    unsafe {
        if libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) == 0 {
            limit.rlim_cur = limit.rlim_max.min(65_536);
            libc::setrlimit(libc::RLIMIT_NOFILE, &limit);
        }
    }
}

/// Lets go of the code that was mapped so far, of the program, its libraries and their loader: most of it
/// was for the start. What runs on comes back from the page cache, a few faults that read nothing.
pub fn forget_start() {
    // SAFETY: the function takes what it is given; no list of objects changes, there is one thread. Where
    // addresses have 64 bits, no object's code is written to when it is loaded.
    #[cfg(all(target_os = "linux", target_pointer_width = "64"))]
    unsafe {
        libc::dl_iterate_phdr(Some(forget), std::ptr::null_mut());
    }
}

/// Lets go of what is mapped of an object and cannot be written to; goes on with the next.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
unsafe extern "C" fn forget(object: *mut libc::dl_phdr_info, _: usize, _: *mut libc::c_void) -> libc::c_int {
    // SAFETY: the loader gives an object that is loaded, with so many headers. The pages of a segment
    // without PF_W are those of its file: the kernel maps them again when they are used.
    unsafe {
        let page = libc::sysconf(libc::_SC_PAGESIZE) as u64; // a power of two
        let headers = std::slice::from_raw_parts((*object).dlpi_phdr, (*object).dlpi_phnum.into());
        for part in
            headers.iter().filter(|part| part.p_type == libc::PT_LOAD && part.p_flags & libc::PF_W == 0)
        {
            let begin = (*object).dlpi_addr.wrapping_add(part.p_vaddr);
            let before = begin & page.wrapping_sub(1);
            let size = part.p_memsz + before;
            libc::madvise((begin - before) as *mut libc::c_void, size as usize, libc::MADV_DONTNEED);
        }
    }
    0
}

/// Gives memory that was freed back to the system, which the allocator of glibc else keeps.
pub fn give_back() {
    // SAFETY: touches nothing that is allocated.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Sets how many connections may wait.
pub fn listen(socket: &impl AsFd, backlog: i32) -> io::Result<()> {
    // SAFETY: changes the backlog of a descriptor that the caller holds open.
    match unsafe { libc::listen(socket.as_fd().as_raw_fd(), backlog) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Takes the next connection, so that no read or write of it waits, and no child has it.
///
/// # Errors
/// Those of accept(2): `WouldBlock` when nobody waits, and of want even then.
#[cfg(target_os = "linux")]
pub fn accept(listener: &UnixListener) -> io::Result<UnixStream> {
    let flags = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    // SAFETY: without an address, accept4 writes nothing; the descriptor is new, and only the stream
    // has it.
    unsafe {
        let fd = libc::accept4(listener.as_raw_fd(), std::ptr::null_mut(), std::ptr::null_mut(), flags);
        Ok(UnixStream::from_raw_fd(nix::errno::Errno::result(fd)?))
    }
}

/// The same where it takes more than one call.
#[cfg(not(target_os = "linux"))]
pub fn accept(listener: &UnixListener) -> io::Result<UnixStream> {
    let (stream, _) = listener.accept()?;
    stream.set_nonblocking(true)?;
    Ok(stream)
}

/// Runs something under a umask. The program has one thread, so nobody else makes a file meanwhile.
pub fn with_umask<T>(mask: u32, run: impl FnOnce() -> T) -> T {
    let before = nix::sys::stat::umask(Mode::from_bits_truncate(mask as libc::mode_t));
    let result = run();
    nix::sys::stat::umask(before);
    result
}

/// Locks the file `PATH.lock` as long as the file that is given stays open; `None` while somebody
/// else has it.
pub fn lock_beside(path: &std::path::Path) -> io::Result<Option<File>> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let flags = libc::O_NOFOLLOW | libc::O_CLOEXEC;
    let file = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(flags)
        .open(name)?;
    Ok(super::lock(&file)?.then_some(file))
}

/// A process at the other end of a UNIX socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Effective user.
    pub uid: u32,
    /// Effective group.
    pub gid: u32,
    /// Process.
    pub pid: i32,
}

/// The process at the other end of a UNIX socket, as of when it connected.
#[cfg(target_os = "linux")]
pub fn peer(socket: &impl AsFd) -> io::Result<Peer> {
    let credentials = nix::sys::socket::getsockopt(socket, nix::sys::socket::sockopt::PeerCredentials)?;
    Ok(Peer { uid: credentials.uid(), gid: credentials.gid(), pid: credentials.pid() })
}

/// The same where there are other ways; nobody is root then.
#[cfg(not(target_os = "linux"))]
pub fn peer(_socket: &impl AsFd) -> io::Result<Peer> {
    Ok(Peer { uid: u32::MAX, gid: u32::MAX, pid: 0 })
}

/// The supplementary groups of that process; none before Linux 4.13, and elsewhere.
pub fn peer_groups(socket: &impl AsFd) -> Vec<u32> {
    #[cfg(target_os = "linux")]
    {
        let mut groups = vec![0 as libc::gid_t; 1024];
        let mut size = std::mem::size_of_val(groups.as_slice()) as libc::socklen_t;
        // SAFETY: the buffer has the size that is given, and the kernel writes no more than that.
        let result = unsafe {
            libc::getsockopt(
                socket.as_fd().as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_PEERGROUPS,
                groups.as_mut_ptr().cast(),
                &mut size,
            )
        };
        groups.truncate(if result == 0 { size as usize / size_of::<libc::gid_t>() } else { 0 });
        groups
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = socket;
        Vec::new()
    }
}

/// The sockets among `count` descriptors from the third on that listen, now ours and
/// close-on-exec. The others are left as they are.
pub fn take_listening(count: u32) -> Vec<OwnedFd> {
    let end = libc::c_int::try_from(count).unwrap_or(0).saturating_add(3);
    (3..end).filter(|fd| listens(*fd)).map(own).collect()
}

fn listens(fd: libc::c_int) -> bool {
    let mut value: libc::c_int = 0;
    let mut size = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: getsockopt writes to nothing but the value and its size; a descriptor that is closed
    // or no socket is an error.
    let result = unsafe {
        let value = (&raw mut value).cast();
        libc::getsockopt(fd, libc::SOL_SOCKET, libc::SO_ACCEPTCONN, value, &mut size)
    };
    result == 0 && value != 0
}

fn own(fd: libc::c_int) -> OwnedFd {
    // SAFETY: the descriptor is open, since it listens; the caller of this program handed it over,
    // so nothing else in it owns it. The flag touches nothing else.
    unsafe {
        libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC);
        OwnedFd::from_raw_fd(fd)
    }
}

/// Which of the two processes goes on after [`detach`].
pub enum Detached {
    /// The one that was called: the server has started, or failed to; this is to be the exit code.
    Caller(u8),
    /// The server.
    Server(Starting),
}

/// A server whose caller waits for it to be ready.
pub struct Starting(File);

impl Starting {
    /// The server is ready (0), or ends with an exit code: its caller ends, too. The standard
    /// descriptors go to /dev/null, so errors are to be reported before.
    ///
    /// # Errors
    /// /dev/null cannot be opened; the caller is then not told, and takes it for a failure.
    pub fn tell(mut self, code: u8) -> io::Result<()> {
        io::stdout().flush()?;
        let null = File::options().read(true).write(true).open("/dev/null")?;
        for fd in 0..3 {
            // SAFETY: both are open; whoever uses the standard descriptors does so by number.
            if unsafe { libc::dup2(null.as_raw_fd(), fd) } == -1 {
                return Err(io::Error::last_os_error());
            }
        }
        self.0.write_all(&[code])
    }
}

/// Goes into the background: a process of its own session that can never get a terminal, in the
/// directory /, so that it holds no other. The caller's process waits until [`Starting::tell`]; a server that ends without telling has failed
/// with 70 (`EX_SOFTWARE`).
///
/// # Errors
/// Those of pipe(2) and fork(2); then nothing has changed.
pub fn detach() -> io::Result<Detached> {
    io::stdout().flush()?;
    let (reader, writer) = nix::unistd::pipe()?;
    for end in [&reader, &writer] {
        nix::fcntl::fcntl(end, nix::fcntl::FcntlArg::F_SETFD(nix::fcntl::FdFlag::FD_CLOEXEC))?;
    }
    // SAFETY: the program has one thread, so that the child may do all that its parent may.
    match unsafe { libc::fork() } {
        -1 => return Err(io::Error::last_os_error()),
        0 => {}
        middle => {
            drop(writer);
            let mut code = [0];
            let told = File::from(reader).read_exact(&mut code).is_ok();
            // SAFETY: waits for the child that was just made; a null status is not written.
            unsafe { libc::waitpid(middle, std::ptr::null_mut(), 0) };
            let [code] = code;
            return Ok(Detached::Caller(if told { code } else { 70 }));
        }
    }
    drop(reader);
    // SAFETY: as above. The leader of the session ends, so that nobody can take a terminal for it;
    // it ends without what is done at exit, which is its parent's to do.
    unsafe {
        if libc::setsid() == -1 {
            libc::_exit(70);
        }
        match libc::fork() {
            0 => {}
            -1 => libc::_exit(71),
            _ => libc::_exit(0),
        }
    }
    let _ = std::env::set_current_dir("/");
    Ok(Detached::Server(Starting(writer.into())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    const CHILD: &str = "JETSONSCOPE_TEST_DETACH";

    /// Run in a process of its own by the test below; does nothing elsewhere.
    #[test]
    fn ok_child_that_detaches() {
        let Ok(does) = std::env::var(CHILD) else { return };
        match detach().unwrap() {
            Detached::Caller(code) => std::process::exit(code.into()),
            Detached::Server(starting) => {
                let (code, path) = does.split_once(' ').unwrap();
                let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
                std::fs::write(path, stat).unwrap();
                match code {
                    "dies" => {}
                    code => starting.tell(code.parse().unwrap()).unwrap(),
                }
                std::thread::sleep(Duration::from_millis(300));
                let _ = std::fs::remove_file(path);
                std::process::exit(0);
            }
        }
    }

    #[test]
    fn ok_in_the_background() {
        let path = std::env::temp_dir().join(format!("jetsonscope-detach-{}", std::process::id()));
        for (does, wanted) in [("0", 0), ("78", 78), ("dies", 70)] {
            let mut caller = Command::new(std::env::current_exe().unwrap());
            caller.args(["--exact", "sys::daemon::tests::ok_child_that_detaches"]);
            caller.env(CHILD, format!("{does} {}", path.display())).stdout(Stdio::piped());
            let start = Instant::now();
            // This also waits for the end of the output: nobody holds it any more.
            let output = caller.output().unwrap();
            assert_eq!(output.status.code(), Some(wanted), "{does}");
            if does == "dies" {
                continue;
            }
            let stat = std::fs::read_to_string(&path).expect("the server runs on");
            assert!(start.elapsed() < Duration::from_secs(5));
            // pid (comm) state ppid pgrp session tty_nr, proc(5)
            let number = |text: &str| text.parse::<i64>().unwrap();
            let pid = number(stat.split(' ').next().unwrap());
            let rest: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
            let (session, terminal) = (number(rest[3]), number(rest[4]));
            assert!(session != pid && terminal == 0, "it leads no session: {stat}");
            let here = std::fs::read_to_string("/proc/self/stat").unwrap();
            let here: Vec<&str> = here.rsplit(") ").next().unwrap().split(' ').collect();
            assert_ne!(session, number(here[3]), "a session of its own");
            while path.exists() {
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }
}
