//! Starting programs and learning how they ended. Not the standard library's Command, which has a second
//! way for what is not wanted here and a map of the environment: 30 kB.

use std::ffi::{CStr, CString, OsStr, c_char, c_int};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::ptr::null;

unsafe extern "C" {
    static environ: *const *const c_char;
}

/// Starts a program in a group of its own, with the default of SIGPIPE and no signal blocked; gives its
/// number. One without a slash is looked for in PATH. The first of `words` is the name that it is called
/// by; `variables` stand beside those of this process or in their place; `standard` are its
/// standard input, output and errors, none of which is one of ours.
///
/// # Errors
/// Those of execve(2), and `InvalidInput` where a word has a NUL.
pub fn spawn(
    program: &OsStr,
    words: &mut dyn Iterator<Item = &OsStr>,
    variables: &[(&str, &OsStr)],
    standard: [BorrowedFd; 3],
) -> io::Result<u32> {
    let program = CString::new(program.as_bytes())?;
    let words = words.map(|word| CString::new(word.as_bytes())).collect::<Result<Vec<_>, _>>()?;
    let variables = variables
        .iter()
        .map(|(name, value)| CString::new([name.as_bytes(), b"=", value.as_bytes()].concat()))
        .collect::<Result<Vec<_>, _>>()?;
    let words = words.iter().map(|word| word.as_ptr()).chain([null()]).collect::<Vec<_>>();
    let environment = environment(&variables);
    let mut child = 0;
    // SAFETY: both lists are of texts that end in NUL, with a null at their end, and live until the
    // call is over; actions and attributes are made before they are changed or used, and unmade after.
    let error = unsafe {
        let mut actions = MaybeUninit::uninit();
        let mut attributes = MaybeUninit::uninit();
        libc::posix_spawn_file_actions_init(actions.as_mut_ptr());
        libc::posix_spawnattr_init(attributes.as_mut_ptr());
        let mut error = set_attributes(attributes.as_mut_ptr());
        for (wanted, descriptor) in (0..).zip(standard) {
            let descriptor = descriptor.as_raw_fd();
            error =
                error.max(libc::posix_spawn_file_actions_adddup2(actions.as_mut_ptr(), descriptor, wanted));
        }
        if error == 0 {
            error = libc::posix_spawnp(
                &mut child,
                program.as_ptr(),
                actions.as_ptr(),
                attributes.as_ptr(),
                words.as_ptr().cast(),
                environment.as_ptr().cast(),
            );
        }
        libc::posix_spawn_file_actions_destroy(actions.as_mut_ptr());
        libc::posix_spawnattr_destroy(attributes.as_mut_ptr());
        error
    };
    if error == 0 { Ok(child.cast_unsigned()) } else { Err(io::Error::from_raw_os_error(error)) }
}

/// # Safety
/// These attributes are made.
unsafe fn set_attributes(attributes: *mut libc::posix_spawnattr_t) -> c_int {
    let flags = libc::POSIX_SPAWN_SETPGROUP | libc::POSIX_SPAWN_SETSIGDEF | libc::POSIX_SPAWN_SETSIGMASK;
    // SAFETY: a set of signals is emptied before it is used; the attributes are the caller's.
    unsafe {
        let mut signals = MaybeUninit::uninit();
        libc::sigemptyset(signals.as_mut_ptr());
        libc::posix_spawnattr_setsigmask(attributes, signals.as_ptr());
        libc::sigaddset(signals.as_mut_ptr(), libc::SIGPIPE);
        libc::posix_spawnattr_setsigdefault(attributes, signals.as_ptr());
        libc::posix_spawnattr_setpgroup(attributes, 0);
        libc::posix_spawnattr_setflags(attributes, flags as libc::c_short)
    }
}

/// The environment of a child: `more`, and what we have but of other names; a null at its end.
fn environment(more: &[CString]) -> Vec<*const c_char> {
    let name = |text: &CStr| text.to_bytes().iter().position(|&byte| byte == b'=');
    let mut all = more.iter().map(|text| text.as_ptr()).collect::<Vec<_>>();
    // SAFETY: the program has one thread, so nobody changes the environment meanwhile; it is null or a
    // list of texts that end in NUL, with a null at its end.
    unsafe {
        let mut next = environ;
        while !next.is_null() && !(*next).is_null() {
            let text = CStr::from_ptr(*next);
            let named = name(text).and_then(|length| text.to_bytes().get(..=length));
            if !more.iter().any(|other| named.is_some_and(|named| other.to_bytes().starts_with(named))) {
                all.push(*next);
            }
            next = next.add(1);
        }
    }
    all.push(null());
    all
}

/// How a child ended, which then is no more; `None` while it runs, and when it is none of ours.
pub fn reap(child: u32) -> Option<ExitStatus> {
    let mut status = 0;
    // SAFETY: waitpid writes nothing but the status.
    let found = unsafe { libc::waitpid(child.cast_signed(), &mut status, libc::WNOHANG) };
    (found > 0).then(|| ExitStatus::from_raw(status))
}
