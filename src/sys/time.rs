//! Local time, and time since boot.

use std::ffi::c_int;
use std::time::Duration;

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
    local_time_of(since_1970().as_secs())
}

/// The moment so many seconds after the beginning of 1970, in the time zone of the process.
pub fn local_time_of(unix_s: u64) -> LocalTime {
    let seconds = unix_s as libc::time_t;
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

/// The wall clock, ms since the beginning of 1970.
pub fn unix_ms() -> i64 {
    i64::try_from(since_1970().as_millis()).unwrap_or(i64::MAX)
}

fn since_1970() -> Duration {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or(Duration::ZERO)
}

/// Time since boot, ms, sleep included (on Linux); nobody sets that clock.
#[allow(clippy::useless_conversion, reason = "where a long has 32 bits, it is none")]
pub fn since_boot_ms() -> i64 {
    #[cfg(target_os = "linux")]
    const CLOCK: libc::clockid_t = libc::CLOCK_BOOTTIME;
    #[cfg(not(target_os = "linux"))]
    const CLOCK: libc::clockid_t = libc::CLOCK_MONOTONIC;
    // SAFETY: a timespec of zeros is a value, and clock_gettime writes to nothing but it.
    let time = unsafe {
        let mut time: libc::timespec = std::mem::zeroed();
        libc::clock_gettime(CLOCK, &mut time);
        time
    };
    i64::from(time.tv_sec).saturating_mul(1000).saturating_add(i64::from(time.tv_nsec) / 1_000_000)
}
