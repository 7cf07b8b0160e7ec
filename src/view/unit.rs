//! Numbers with their units, for people; the only place that makes such text.

use std::fmt;

/// A value that may be missing: a dash then, never a zero.
pub fn or_dash<T: fmt::Display>(value: Option<T>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// A word of the kernel that may be missing.
pub fn word(word: &str) -> Option<String> {
    (!word.is_empty()).then(|| word.to_owned())
}

/// A switch in words.
pub fn on_off(is_on: bool) -> String {
    if is_on { "on" } else { "off" }.to_owned()
}

/// A fact in words.
pub fn yes_no(is_so: bool) -> String {
    if is_so { "yes" } else { "no" }.to_owned()
}

/// Bytes as MB of 1024 * 1024, as tegrastats counts.
pub fn mb(bytes: u64) -> String {
    format!("{} MB", bytes >> 20)
}

/// Two sizes of memory in the unit of the second: `1224/7620 MB`, `2.1/61.3 GB`.
pub fn of_memory(used_bytes: u64, total_bytes: u64) -> String {
    if total_bytes < 10 << 30 {
        return format!("{}/{} MB", used_bytes >> 20, total_bytes >> 20);
    }
    format!("{}/{} GB", gb(used_bytes), gb(total_bytes))
}

fn gb(bytes: u64) -> String {
    tenths(i64::try_from((bytes >> 20) * 10 / 1024).unwrap_or(i64::MAX))
}

/// A block of memory, down to kB.
pub fn block(bytes: u64) -> String {
    if bytes >= 1 << 20 { mb(bytes) } else { format!("{} kB", bytes >> 10) }
}

/// Any amount of memory: bytes, kB, MB, and GB with one decimal from ten of them on.
pub fn size(bytes: u64) -> String {
    match bytes {
        1..1024 => format!("{bytes} B"),
        _ if bytes < 10 << 30 => block(bytes),
        _ => [&gb(bytes), " GB"].concat(),
    }
}

/// How far memory was compressed, as `1:2.9`; with less than a MB in it that says nothing.
pub fn ratio(stored_bytes: u64, taken_bytes: u64) -> Option<String> {
    let tenths = stored_bytes.saturating_mul(10).checked_div(taken_bytes)?;
    (stored_bytes >= 1 << 20).then(|| format!("1:{}.{}", tenths / 10, tenths % 10))
}

/// Bytes a second; a dash where there is no rate yet.
pub fn rate(bytes_per_s: Option<u64>) -> String {
    or_dash(bytes_per_s.map(|bytes| match bytes {
        0..=9_999 => format!("{bytes} B/s"),
        10_000..=9_999_999 => format!("{} kB/s", bytes / 1000),
        _ => format!("{} MB/s", bytes / 1_000_000),
    }))
}

/// A share in whole percent.
pub fn percent(per_mille: u32) -> String {
    format!("{} %", per_mille.saturating_add(5) / 10)
}

/// A clock in MHz.
pub fn mhz(khz: u32) -> String {
    format!("{} MHz", khz / 1000)
}

/// Two limits of a clock: `204 to 3199 MHz`, with a dash for one that was not read.
pub fn limits(min_khz: Option<u32>, max_khz: Option<u32>) -> String {
    let number = |khz: Option<u32>| or_dash(khz.map(|khz| khz / 1000));
    format!("{} to {} MHz", number(min_khz), number(max_khz))
}

/// A speed in rotations a minute.
pub fn rpm(rpm: i64) -> String {
    format!("{rpm} rpm")
}

/// A temperature with one decimal.
pub fn celsius(milli: i32) -> String {
    format!("{} C", tenths(i64::from(milli) / 100))
}

/// A power: mW below one watt, W with one decimal from there.
pub fn power(mw: i64) -> String {
    if mw.abs() < 1000 { format!("{mw} mW") } else { format!("{} W", tenths(mw / 100)) }
}

/// A voltage in V with two decimals.
pub fn volts(mv: i32) -> String {
    format!("{} V", hundredths(i64::from(mv) / 10))
}

/// A current: mA below one ampere, A with two decimals from there.
pub fn amps(ma: i32) -> String {
    if ma.abs_diff(0) < 1000 { format!("{ma} mA") } else { format!("{} A", hundredths(i64::from(ma) / 10)) }
}

/// An energy out of mJ: mWh below one watt hour, Wh with two decimals from there.
pub fn energy(mj: i64) -> String {
    let mwh = mj / 3600;
    if mwh.abs_diff(0) < 1000 { format!("{mwh} mWh") } else { format!("{} Wh", hundredths(mwh / 10)) }
}

fn hundredths(value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let size = value.unsigned_abs();
    format!("{sign}{}.{:02}", size / 100, size % 100)
}

fn tenths(value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let size = value.unsigned_abs();
    format!("{sign}{}.{}", size / 10, size % 10)
}

/// A span of time, in the largest unit that says something.
pub fn span(ms: u128) -> String {
    match ms {
        0..=9_999 => format!("{ms} ms"),
        10_000..=599_999 => format!("{} s", ms / 1000),
        600_000..=7_199_999 => format!("{} min", ms / 60_000),
        7_200_000..=172_799_999 => format!("{} h", ms / 3_600_000),
        _ => format!("{} days", ms / 86_400_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_units() {
        assert_eq!(of_memory(5 << 20, 7620 << 20), "5/7620 MB");
        assert_eq!(of_memory(512 << 20, 62841 << 20), "0.5/61.3 GB");
        assert_eq!(block(256 << 10), "256 kB");
        assert_eq!(block(4 << 20), "4 MB");
        assert_eq!([size(0), size(74), size(5 << 20), size(125 << 30)], ["0 kB", "74 B", "5 MB", "125.0 GB"]);
        assert_eq!(size(u64::MAX), "17179869183.9 GB");
        assert_eq!(ratio(3 << 20, 1 << 20).as_deref(), Some("1:3.0"));
        assert_eq!([ratio(4096, 74), ratio(3 << 20, 0), ratio(0, 0)], [None, None, None]);
        assert_eq!(limits(Some(204_000), None), "204 to - MHz");
        assert_eq!(
            [percent(0), percent(994), percent(996), percent(1000)],
            ["0 %", "99 %", "100 %", "100 %"]
        );
        assert_eq!([celsius(45625), celsius(-450), celsius(-51000)], ["45.6 C", "-0.4 C", "-51.0 C"]);
        assert_eq!(
            [power(-398), power(999), power(4824), power(-1990)],
            ["-398 mW", "999 mW", "4.8 W", "-1.9 W"]
        );
        assert_eq!(
            [volts(5000), volts(832), volts(-8), volts(i32::MIN)],
            ["5.00 V", "0.83 V", "0.00 V", "-2147483.64 V"]
        );
        let amperes = [0, 999, 1204, -1500, -3, i32::MIN].map(amps);
        assert_eq!(amperes, ["0 mA", "999 mA", "1.20 A", "-1.50 A", "-3 mA", "-2147483.64 A"]);
        let energies = [3599, 3_599_999, 3_600_000, -44_500_000, i64::MAX].map(energy);
        assert_eq!(energies, ["0 mWh", "999 mWh", "1.00 Wh", "-12.36 Wh", "2562047788015.21 Wh"]);
        let spans = [span(0), span(12_345), span(900_000), span(10_800_000), span(350_000_000)];
        assert_eq!(spans, ["0 ms", "12 s", "15 min", "3 h", "4 days"]);
        assert_eq!([rate(None), rate(Some(99)), rate(Some(12_345_678))], ["-", "99 B/s", "12 MB/s"]);
        assert_eq!([or_dash(None::<u32>), or_dash(Some(0))], ["-", "0"]);
    }
}
