//! No unwinder: a release aborts on a panic, and is stripped, so its backtrace would name nothing.
//! The walk over the frames being empty, the linker leaves out all that reads debug information
//! for it (gimli, addr2line, miniz_oxide, the demangler): 220 kB of a static aarch64 executable.
//!
//! All functions of libgcc's unwinder are here, whoever wants them: were one missing, its file
//! would be linked, and the others be there twice. std calls the first one, and no one the
//! others, which are for what unwinds; glibc has them for threads that are cancelled.

#![allow(non_snake_case)]

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
