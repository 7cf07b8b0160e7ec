//! Times on the command line.

use std::time::Duration;

use super::Failure;

/// Reads the seconds of `--watch`: 0.1 to 3600.
pub fn seconds(text: &str) -> Result<Duration, Failure> {
    let value = thousandths(text).filter(|ms| (100..=3_600_000).contains(ms));
    let wrong = || Failure::usage(format_args!("--watch: \"{text}\" is not 0.1 to 3600 seconds"));
    value.map(Duration::from_millis).ok_or_else(wrong)
}

/// A decimal number in thousandths; further decimals are dropped. Not through f64, whose parser is 13 kB.
fn thousandths(text: &str) -> Option<u64> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if !decimals.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let mut digits = whole.bytes().chain(decimals.bytes().chain(*b"000").take(3));
    digits.try_fold(0u64, |value, digit| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        value.checked_mul(10)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_seconds() {
        for (text, wanted) in [
            ("1", Some(1000)),
            ("0.1", Some(100)),
            (".5", Some(500)),
            ("2.", Some(2000)),
            ("0.25", Some(250)),
            ("0.1999", Some(199)),
            ("3600.000", Some(3_600_000)),
            ("3600.001", None),
            ("0.0999", None),
            ("", None),
            (".", None),
            ("-1", None),
            ("+1", None),
            ("1s", None),
            ("1.s", None),
            ("1.2345x", None),
            ("1.2.3", None),
            ("NaN", None),
            ("99999999999999999999", None),
        ] {
            let read = seconds(text).ok();
            assert_eq!(read, wanted.map(Duration::from_millis), "{text}");
        }
    }
}
