//! A steady beat: what is due each period, without drift, and skipping what was missed.

use std::time::{Duration, Instant};

/// The first beat after `now`, of beats that are `period` apart and one of which is `beat`.
pub fn next(beat: Instant, period: Duration, now: Instant) -> Instant {
    if now < beat {
        return beat;
    }
    let late = now.saturating_duration_since(beat).as_nanos() / period.as_nanos().max(1);
    let missed = u32::try_from(late).unwrap_or(u32::MAX - 1);
    beat.checked_add(period * (missed + 1)).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_beats() {
        let start = Instant::now();
        let ms = Duration::from_millis;
        for (now, wanted) in [(0, 100), (99, 100), (100, 200), (150, 200), (1050, 1100)] {
            assert_eq!(next(start, ms(100), start + ms(now)), start + ms(wanted), "{now}");
        }
        assert_eq!(next(start + ms(50), ms(100), start), start + ms(50));
    }
}
