//! Numbers as text, added to a buffer: the part of writing a log that is done a hundred times for
//! each sample.

/// Adds an integer.
pub fn push_int(out: &mut Vec<u8>, value: i64) {
    if value < 0 {
        out.push(b'-');
    }
    push_unsigned(out, value.unsigned_abs());
}

/// Adds an unsigned integer.
pub fn push_unsigned(out: &mut Vec<u8>, mut value: u64) {
    let mut digits = [0u8; 20]; // 2^64 has twenty digits
    let mut at = digits.len();
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
        at -= 1;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(at..).unwrap_or_default());
}

/// Adds `value` divided by `SCALE`, a power of ten, without zeros at its end.
pub fn push_scaled<const SCALE: u64>(out: &mut Vec<u8>, value: i64) {
    if value < 0 {
        out.push(b'-');
    }
    let size = value.unsigned_abs();
    push_unsigned(out, size / SCALE);
    let mut fraction = size % SCALE;
    if fraction > 0 {
        out.push(b'.');
    }
    while fraction > 0 {
        fraction *= 10;
        out.push(b'0' + (fraction / SCALE) as u8);
        fraction %= SCALE;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_numbers() {
        for value in [0, 7, -7, 10, 1234567, i64::MAX, i64::MIN] {
            let mut out = Vec::new();
            push_int(&mut out, value);
            assert_eq!(String::from_utf8(out).unwrap(), value.to_string());
        }
        let scaled = |push: fn(&mut Vec<u8>, i64), value| {
            let mut out = Vec::new();
            push(&mut out, value);
            String::from_utf8(out).unwrap()
        };
        for (value, wanted) in
            [(45625, "45.625"), (48000, "48"), (-500, "-0.5"), (-45040, "-45.04"), (0, "0")]
        {
            assert_eq!(scaled(push_scaled::<1000>, value), wanted);
        }
        assert_eq!([scaled(push_scaled::<10>, 5), scaled(push_scaled::<100>, -1205)], ["0.5", "-12.05"]);
    }
}
