//! Parts of the C library and of its compiler's that a release would link and never run, replaced by
//! next to nothing. This is for the size of the executable alone: without this file all is the same.

#![cfg(all(panic = "abort", target_os = "linux", any(target_arch = "aarch64", target_arch = "x86_64")))]

/// No unwinder: a release aborts on a panic, and is stripped, so its backtrace would name nothing.
/// The walk over the frames being empty, the linker leaves out all that reads debug information
/// for it (gimli, addr2line, miniz_oxide, the demangler): 220 kB of a static aarch64 executable.
///
/// All functions of libgcc's unwinder are here, whoever wants them: were one missing, its file
/// would be linked, and the others be there twice. std calls the first one, and no one the
/// others, which are for what unwinds; glibc has them for threads that are cancelled.
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

/// What a static executable has of glibc and never runs: message catalogues, conversions between
/// character sets with the shared objects that these are loaded from, wide characters, printf. All of
/// it hangs on seven names: 206 kB of a static aarch64 executable. Nothing of it serves a program that
/// never sets a locale and uses neither wide characters nor the C library's streams.
///
/// The names are weak. Where another release of glibc links its own file in spite of them, its
/// definition holds; where it has no such name, nobody asks for it. Either way only the size differs.
#[cfg(all(target_env = "gnu", target_feature = "crt-static"))]
mod glibc {
    use std::ffi::{CStr, c_char, c_int, c_uint};
    use std::io::Write;
    use std::process::abort;

    macro_rules! instead_of {
        ($($name:literal $ours:ident)*) => {
            $(std::arch::global_asm!(concat!(".weak ", $name), concat!(".set ", $name, ", {}"), sym $ours);)*
        };
    }

    instead_of! {
        "__assert_fail" assertion_failed
        "__dcgettext" untranslated
        "__snprintf" text_and_number
        "fprintf" print_nothing
        "__wcsmbs_clone_conv" no_conversion
        "__wcsmbs_named_conv" no_conversion
        "__wcsmbs_gconv_fcts_c" CONVERSIONS
    }

    /// The conversions of wide characters in the C locale.
    static CONVERSIONS: [usize; 8] = [0; 8];

    /// Makes a stream one of wide characters.
    extern "C" fn no_conversion() -> ! {
        abort()
    }

    /// `malloc_stats` prints with this; nothing calls that.
    extern "C" fn print_nothing() -> c_int {
        -1
    }

    /// The translation of a message, which is in the C locale the message itself.
    extern "C" fn untranslated(_: *const c_char, message: *const c_char, _: c_int) -> *const c_char {
        message
    }

    /// Ends the program over a failed check of glibc's own, with glibc's text but for the line.
    unsafe extern "C" fn assertion_failed(
        check: *const c_char,
        file: *const c_char,
        _: c_uint,
        function: *const c_char,
    ) -> ! {
        for text in
            [file, c": ".as_ptr(), function, c": Assertion `".as_ptr(), check, c"' failed.\n".as_ptr()]
        {
            // SAFETY: glibc's texts end in NUL, as ours do, and write(2) reads no further than that.
            unsafe { libc::write(2, text.cast(), if text.is_null() { 0 } else { libc::strlen(text) }) };
        }
        abort()
    }

    /// glibc's own snprintf, which it asks for one thing: `Unknown error 524` in strerror_r, a text and
    /// a number. Of other formats (a message before it aborts) the text is the format as it stands.
    /// Variadic arguments of these types are passed as others are, on both architectures.
    unsafe extern "C" fn text_and_number(
        to: *mut c_char,
        size: usize,
        format: *const c_char,
        text: *const c_char,
        number: c_int,
    ) -> c_int {
        if size == 0 {
            return 0;
        }
        // SAFETY: the caller has room for so many bytes, and only this function writes to it.
        let room = unsafe { std::slice::from_raw_parts_mut(to.cast::<u8>(), size) };
        let Some((_, mut left)) = room.split_last_mut() else { return 0 };
        // SAFETY: a format ends in NUL.
        let format = unsafe { CStr::from_ptr(format) };
        // What does not fit is left out, as in C.
        let _ = if format == c"%s%d" {
            // SAFETY: the caller says with this format that a text, which ends in NUL, and a number follow.
            let text = unsafe { CStr::from_ptr(text) };
            left.write_all(text.to_bytes()).and_then(|()| write!(left, "{number}"))
        } else {
            left.write_all(format.to_bytes())
        };
        let length = size - 1 - left.len();
        // SAFETY: at most the last byte of the room.
        unsafe { *to.add(length) = 0 };
        c_int::try_from(length).unwrap_or(c_int::MAX)
    }
}
