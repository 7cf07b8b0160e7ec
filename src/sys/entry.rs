//! How a program begins and ends: what the standard library's entry would have done for it, and what
//! the caller left open.

use std::ffi::{CStr, OsStr, OsString, c_char, c_int};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;

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
