//! The operating system: with `sys/daemon.rs` the only file with unsafe code, and small wrappers
//! beside it.

#[cfg(feature = "daemon")]
pub mod daemon;

use std::ffi::{CStr, OsStr, OsString, c_char, c_int};
use std::fs::File;
use std::io::{self, Seek, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};

use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout};
use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use nix::unistd::Pid;

/// The text of an error without the number that the standard library adds.
pub fn reason(error: &io::Error) -> String {
    let text = error.to_string().to_lowercase();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

/// Standard input as a file of its own.
pub fn standard_input() -> io::Result<File> {
    Ok(File::from(io::stdin().as_fd().try_clone_to_owned()?))
}

/// The file, to be read from its first byte.
pub fn from_start(mut file: &File) -> io::Result<&File> {
    file.rewind()?;
    Ok(file)
}

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
    // Absent descriptors are left out of the poll; standard input only fills their places.
    let place = io::stdin();
    let mut polled = descriptors.map(|fd| match fd {
        Some(fd) => PollFd::new(fd, PollFlags::POLLIN),
        None => PollFd::new(place.as_fd(), PollFlags::empty()),
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

/// The entry of an executable that is `#![no_main]`: a C `main` around a function from the
/// arguments to the exit code.
///
/// The standard library's own entry arms a handler of stack overflows. That asks the C library
/// for the bounds of the stack, which glibc reads from a file with sscanf: 77 kB of a static
/// aarch64 executable, for a message before the signal that ends the program in any case.
#[macro_export]
macro_rules! entry {
    ($program:expr) => {
        #[unsafe(no_mangle)]
        extern "C" fn main(argc: std::ffi::c_int, argv: *const *const std::ffi::c_char) -> std::ffi::c_int {
            // SAFETY: these are what the C library gave to main.
            unsafe { $crate::sys::start(argc, argv, $program) }
        }
    };
}

/// Runs a program: does what the standard library's entry would have done for it, and hands back
/// its exit code. The arguments begin with the name that it was called by, where there is one.
///
/// # Safety
///
/// `argc` and `argv` are those of main, and this is the first thing that it does.
pub unsafe fn start(argc: c_int, argv: *const *const c_char, program: fn(Vec<OsString>) -> u8) -> c_int {
    open_standard();
    // SAFETY: no other thread runs. A write that nobody reads is an error, not the end; children
    // start with the default again, which is the doing of std::process.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
    // SAFETY: as above. So it is with a file that has reached the limit of ulimit -f; children
    // keep that.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
    let mut arguments = Vec::new();
    for at in 0..usize::try_from(argc).unwrap_or(0) {
        // SAFETY: argv holds argc pointers to texts that end in NUL, or fewer and a null.
        let text = unsafe { *argv.add(at) };
        if text.is_null() {
            break;
        }
        // SAFETY: as above.
        arguments.push(OsStr::from_bytes(unsafe { CStr::from_ptr(text) }.to_bytes()).to_owned());
    }
    let code = program(arguments);
    // Nobody else does it for a buffer that ends without a line end.
    let _ = io::stdout().flush();
    c_int::from(code)
}

/// Opens those of the three standard descriptors that the caller left closed: the next file that
/// is opened would take the place, and messages would be written into it.
fn open_standard() {
    for fd in 0..3 {
        // SAFETY: asks for flags; a descriptor that is closed is an error. The path ends in NUL,
        // and the lowest free descriptor is this one, since those below are open by now.
        let open = unsafe {
            libc::fcntl(fd, libc::F_GETFD) != -1 || libc::open(c"/dev/null".as_ptr(), libc::O_RDWR) != -1
        };
        if !open {
            std::process::abort();
        }
    }
}

/// Keeps what the caller left open, beyond the three standard descriptors, from our children.
pub fn keep_descriptors() {
    let open = std::fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    for fd in open.filter_map(|entry| entry.file_name().to_str()?.parse::<c_int>().ok()) {
        if fd > 2 {
            // SAFETY: sets a flag; of a descriptor that is closed by now, it fails.
            unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
        }
    }
}

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

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }
}

/// A moment in local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalTime {
    /// Year, like 2026.
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 60.
    pub second: u8,
}

/// The wall clock, in the time zone of the process.
pub fn local_time() -> LocalTime {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let seconds = since.as_secs() as libc::time_t;
    // SAFETY: a tm of zeros is a value, and localtime_r writes to nothing but it. The program has
    // one thread, so nobody changes the environment that localtime_r reads the zone from.
    let tm = unsafe {
        let mut tm: libc::tm = std::mem::zeroed();
        libc::localtime_r(&seconds, &mut tm);
        tm
    };
    let small = |value: c_int| u8::try_from(value).unwrap_or(0);
    LocalTime {
        year: tm.tm_year.saturating_add(1900),
        month: small(tm.tm_mon.saturating_add(1)),
        day: small(tm.tm_mday),
        hour: small(tm.tm_hour),
        minute: small(tm.tm_min),
        second: small(tm.tm_sec),
    }
}

/// Opens a directory; what is none is not opened at all, so that a pipe does not wait for its other end.
///
/// # Errors
/// Those of open(2).
pub fn open_directory(path: &std::path::Path) -> io::Result<File> {
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
        let name = unsafe { std::ffi::CStr::from_ptr((&raw const (*entry).d_name).cast()) };
        let Ok(name) = name.to_str() else { continue };
        if name != "." && name != ".." && !each(name) {
            break;
        }
    }
    // SAFETY: closes what fdopendir opened.
    unsafe { libc::closedir(list) };
    Ok(())
}

/// The names in an open directory, at most so many, in no order.
pub fn names_in(directory: &File, most: usize) -> Vec<String> {
    let mut names = Vec::new();
    let _ = each_name_in(directory, &mut |name| {
        names.push(name.to_owned());
        names.len() < most
    });
    names
}

/// The use of a mounted file system, bytes: all, in use, to be had; `None` for one without blocks.
#[allow(clippy::unnecessary_cast, clippy::useless_conversion)] // the types differ from system to system
pub fn file_system(mount: &str) -> Option<[u64; 3]> {
    let stat = nix::sys::statvfs::statvfs(mount).ok()?;
    let bytes = |blocks| u64::from(blocks).saturating_mul(stat.fragment_size() as u64);
    let (total, free) = (bytes(stat.blocks()), bytes(stat.blocks_free()));
    (total > 0).then(|| [total, total.saturating_sub(free), bytes(stat.blocks_available())])
}

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

/// No unwinder: a release aborts on a panic, and is stripped, so its backtrace would name nothing.
/// The walk over the frames being empty, the linker leaves out all that reads debug information
/// for it (gimli, addr2line, miniz_oxide, the demangler): 220 kB of a static aarch64 executable.
///
/// All functions of libgcc's unwinder are here, whoever wants them: were one missing, its file
/// would be linked, and the others be there twice. std calls the first one, and no one the
/// others, which are for what unwinds; glibc has them for threads that are cancelled.
#[cfg(all(panic = "abort", target_os = "linux", any(target_arch = "aarch64", target_arch = "x86_64")))]
#[allow(non_snake_case)]
mod no_unwinder {
    use std::ffi::{c_int, c_void};
    use std::process::abort;
    use std::ptr::null_mut;

    type Pointer = *mut c_void;
    const END_OF_STACK: c_int = 5;

    macro_rules! functions {
        ($($name:ident($($argument:ty),*) -> $result:ty { $value:expr })*) => {
            $(#[unsafe(no_mangle)]
            extern "C" fn $name($(_: $argument),*) -> $result {
                $value
            })*
        };
    }

    functions! {
        _Unwind_Backtrace(Pointer, Pointer) -> c_int { END_OF_STACK }
        _Unwind_Resume(Pointer) -> ! { abort() }
        _Unwind_Resume_or_Rethrow(Pointer) -> c_int { abort() }
        _Unwind_RaiseException(Pointer) -> c_int { abort() }
        _Unwind_ForcedUnwind(Pointer, Pointer, Pointer) -> c_int { abort() }
        _Unwind_DeleteException(Pointer) -> () { () }
        _Unwind_GetGR(Pointer, c_int) -> Pointer { null_mut() }
        _Unwind_GetCFA(Pointer) -> usize { 0 }
        _Unwind_SetGR(Pointer, c_int, Pointer) -> () { () }
        _Unwind_SetIP(Pointer, Pointer) -> () { () }
        _Unwind_GetIP(Pointer) -> usize { 0 }
        _Unwind_GetIPInfo(Pointer, *mut c_int) -> Pointer { null_mut() }
        _Unwind_FindEnclosingFunction(Pointer) -> Pointer { null_mut() }
        _Unwind_GetDataRelBase(Pointer) -> Pointer { null_mut() }
        _Unwind_GetLanguageSpecificData(Pointer) -> Pointer { null_mut() }
        _Unwind_GetRegionStart(Pointer) -> Pointer { null_mut() }
        _Unwind_GetTextRelBase(Pointer) -> Pointer { null_mut() }
    }
}
