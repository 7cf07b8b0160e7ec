//! The wall clock as logs have it: UTC, in the form of ISO 8601.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Now, to the second: `2026-11-21T08:36:32Z`. For people: the wall clock is set, forth and back, and
/// spans are those of `Instant`.
pub fn stamp() -> String {
    at(SystemTime::now())
}

/// A moment; before 1970, where a board without a battery may begin, the beginning of that.
pub fn at(time: SystemTime) -> String {
    of(time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs())
}

/// The moment so many seconds after the beginning of 1970.
pub fn of(seconds: u64) -> String {
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // The calendar repeats every 400 years of 146097 days; with years that begin in March, the
    // leap day is the last one of a year. 719468 days are from 0000-03-01 to 1970-01-01.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_moments() {
        for (seconds, wanted) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_709_164_800, "2024-02-29T00:00:00Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"),
            (1_795_250_192, "2026-11-21T08:36:32Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(of(seconds), wanted, "{seconds}");
        }
        assert_eq!(stamp().len(), 20);
    }

    #[test]
    fn ok_clocks_that_are_wrong() {
        const DAY: u64 = 86_400;
        for (forth, seconds, wanted) in [
            (false, 1, "1970-01-01T00:00:00Z"),
            (false, 25_567 * DAY, "1970-01-01T00:00:00Z"),
            (false, 1 << 40, "1970-01-01T00:00:00Z"),
            (true, 0, "1970-01-01T00:00:00Z"),
            (true, (1 << 31) - 1, "2038-01-19T03:14:07Z"),
            (true, 1 << 31, "2038-01-19T03:14:08Z"),
            (true, (1 << 32) - 1, "2106-02-07T06:28:15Z"),
            (true, 253_402_300_799, "9999-12-31T23:59:59Z"),
            (true, 253_402_300_800, "10000-01-01T00:00:00Z"),
            (true, i64::MAX as u64, "292277026596-12-04T15:30:07Z"),
        ] {
            let span = Duration::from_secs(seconds);
            let time = if forth { UNIX_EPOCH.checked_add(span) } else { UNIX_EPOCH.checked_sub(span) };
            assert_eq!(at(time.unwrap()), wanted, "{forth} {seconds}");
        }
    }
}
