//! Where the checks begin to warn and to fail; jscopectl(1) tells users of each.

/// A passive or hot trip below it is there for a fan or for the skin of a case, milli-degrees.
pub const LOWEST_TRIP_MC: i32 = 60_000;
/// So near its limit a zone is worth a look, milli-degrees.
pub const NEAR_MC: i32 = 5_000;
/// So near the temperature at which the kernel shuts the board down, it is no longer well.
pub const BEFORE_SHUTDOWN_MC: i32 = 3_000;
/// Less RAM to be had than that is worth a look, per mille.
pub const MEMORY_WARN_PM: u32 = 100;
/// Less RAM to be had than that: the kernel will end programs, per mille.
pub const MEMORY_FAIL_PM: u32 = 50;
/// More swap in use than that is worth a look, per mille.
pub const SWAP_WARN_PM: u32 = 800;
/// A file system with more in use than that is worth a look, per mille.
pub const DISK_WARN_PM: u32 = 900;
/// A file system with more in use than that is as good as full, per mille.
pub const DISK_FAIL_PM: u32 = 970;
/// A fan that is told to do more than that turns, per mille of its duty.
pub const FAN_TURNS_PM: u32 = 200;
/// Over-current events a second that are no news: an Orin Nano in MAXN_SUPER has up to 30 of oc3
/// under load.
pub const USUAL_EVENTS_PER_S: u64 = 50;
/// So long after it was seen, a low input voltage is told, ms: whoever asks each minute hears of it.
pub const TOLD_MS: u64 = 60_000;
