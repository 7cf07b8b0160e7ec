//! Numbers as text, added to a buffer: the part of writing a log that is done a hundred times for
//! each sample.

/// A tenth of `value`, rounded down: a multiplication in 128 bits, by 2^67 / 10 rounded up, which is
/// exact for all 64 bits. A build for size would divide, which takes several times as long.
#[inline(always)]
fn tenth(value: u64) -> u64 {
    ((u128::from(value) * 0xcccc_cccc_cccc_cccd) >> 67) as u64
}

/// `value` divided by `SCALE`, a power of ten, rounded down.
#[inline(always)]
fn over<const SCALE: u64>(value: u64) -> u64 {
    match SCALE {
        10 => tenth(value),
        100 => tenth(tenth(value)),
        1000 => tenth(tenth(tenth(value))),
        _ => value / SCALE,
    }
}

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
        let rest = tenth(value);
        *digit = b'0' + (value - rest * 10) as u8;
        value = rest;
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
    let whole = over::<SCALE>(size);
    push_unsigned(out, whole);
    let mut fraction = size - whole * SCALE;
    if fraction > 0 {
        out.push(b'.');
    }
    while fraction > 0 {
        fraction *= 10;
        let digit = over::<SCALE>(fraction);
        out.push(b'0' + digit as u8);
        fraction -= digit * SCALE;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_numbers() {
        for value in [0, 7, -7, 9, 10, 99, 100, 1234567, u32::MAX.into(), i64::MAX - 9, i64::MAX, i64::MIN] {
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
