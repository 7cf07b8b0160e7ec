//! Clocks as people write them, and those that the kernel takes: outside always kHz, whatever the
//! kernel's file holds. What the kernel does not list is refused with its neighbours in the list,
//! never rounded.

use super::{Kind, Refusal};
use crate::order;

/// What a control of clocks takes, for its refusals.
const TAKES: &str = "kHz as 729600, 729.6MHz or 1.2GHz; min or max";

/// The clock that a text means, kHz: `729600`, `729.6MHz`, `1.2 GHz`, in any case; whole kHz only.
pub fn khz(text: &str) -> Option<u32> {
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    let unit = text.get(digits.len()..)?.trim();
    let places = [("", 0), ("khz", 0), ("mhz", 3), ("ghz", 6)];
    let places = places.iter().find(|(name, _)| unit.eq_ignore_ascii_case(name))?.1;
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(part) {
        return None;
    }
    let mut khz: u32 = whole.parse().ok()?;
    let mut rest = part.trim_end_matches('0').bytes();
    for _ in 0..places {
        let digit = rest.next().map_or(0, |byte| u32::from(byte - b'0'));
        khz = khz.checked_mul(10)?.checked_add(digit)?;
    }
    rest.next().is_none().then_some(khz)
}

/// The clocks that a device may have, kHz.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clocks {
    /// Rising, each once. Where the kernel has a list these are all, else the least and the most.
    pub khz: Vec<u32>,
    /// The kernel has no list: all between the least and the most are taken.
    pub is_range: bool,
}

impl Clocks {
    /// The clocks of a list of the kernel, whose numbers are that many times a kHz; what is no number
    /// is left out.
    pub fn of_list(list: &str, scale: u64) -> Clocks {
        let numbers = list.split_ascii_whitespace().filter_map(|word| word.parse::<u64>().ok());
        let mut khz: Vec<u32> =
            numbers.filter_map(|number| u32::try_from(number.checked_div(scale)?).ok()).collect();
        order::sort(&mut khz, |a, b| a < b);
        khz.dedup();
        Clocks { khz, is_range: false }
    }

    /// All clocks between two.
    pub fn between(least: u32, most: u32) -> Clocks {
        Clocks { khz: vec![least, most], is_range: true }
    }

    /// The least and the most.
    pub fn bounds(&self) -> Option<(u32, u32)> {
        Some((*self.khz.first()?, *self.khz.last()?))
    }

    /// The highest clock that is not above a limit; else the least.
    pub fn at_most(&self, limit: u32) -> Option<u32> {
        match (self.bounds()?, self.is_range) {
            ((least, most), true) => Some(limit.clamp(least, most)),
            ((least, _), false) => Some(self.below(limit).unwrap_or(least)),
        }
    }

    fn below(&self, limit: u32) -> Option<u32> {
        self.khz.iter().rev().find(|&&khz| khz <= limit).copied()
    }

    /// The clock that a value of a control means for a device.
    ///
    /// # Errors
    /// It means none, or one that the device does not have: then with those beside it.
    pub fn choose(&self, control: &str, value: &str, device: &str) -> Result<u32, Refusal> {
        let no_clocks = || Refusal::unsupported(control, "the kernel tells no clocks that it takes");
        let (least, most) = self.bounds().ok_or_else(no_clocks)?;
        let wanted = match value {
            "min" => return Ok(least),
            "max" => return Ok(most),
            value => khz(value).ok_or_else(|| Refusal::value(control, value, TAKES))?,
        };
        let taken = if self.is_range { (least..=most).contains(&wanted) } else { self.khz.contains(&wanted) };
        if taken {
            return Ok(wanted);
        }
        let above = self.khz.iter().find(|&&khz| khz > wanted);
        let takes = match (self.below(wanted), above, self.is_range) {
            (_, _, true) => format!("{device} takes {least} to {most} kHz"),
            (Some(below), Some(above), _) => format!("{device} takes {below} or {above} kHz"),
            (None, _, _) => format!("{device} takes {least} kHz or more"),
            (_, None, _) => format!("{device} takes {most} kHz or less"),
        };
        Err(Refusal::value(control, value, &takes))
    }

    /// `min`, `max` and the clocks of the list, as words.
    pub fn words(&self) -> Vec<String> {
        let mut words = vec!["min".to_owned(), "max".to_owned()];
        if !self.is_range {
            words.extend(self.khz.iter().map(u32::to_string));
        }
        words
    }
}

/// A limit of a device's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// The lower one.
    Min,
    /// The upper one.
    Max,
}

/// That a limit does not come to lie beyond the other one: the kernel would refuse it or move the other.
///
/// # Errors
/// It would; says which to set first.
pub fn check_order(
    control: &str,
    limit: Limit,
    khz: u32,
    other_khz: Option<i64>,
    device: &str,
) -> Result<(), Refusal> {
    let Some(other) = other_khz else { return Ok(()) };
    let (beyond, side, name) = match limit {
        Limit::Min => (i64::from(khz) > other, "above the upper", control.replace("_min_", "_max_")),
        Limit::Max => (i64::from(khz) < other, "below the lower", control.replace("_max_", "_min_")),
    };
    if !beyond {
        return Ok(());
    }
    let why = format!("{control}: {khz} kHz is {side} limit of {device}, {other} kHz (set {name} first)");
    Err(Refusal::new(Kind::Conflict, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_clocks_in_texts() {
        for (text, wanted) in [
            ("729600", 729_600),
            ("729600kHz", 729_600),
            ("729600 KHZ", 729_600),
            ("729.6MHz", 729_600),
            ("729.600 mhz", 729_600),
            ("729.6000000MHz", 729_600),
            (" 1.2GHz ", 1_200_000),
            ("1GHz", 1_000_000),
            ("1300.5MHz", 1_300_500),
            ("230.399MHz", 230_399),
            ("0", 0),
            ("4294967295", u32::MAX),
            ("100.0", 100),
        ] {
            assert_eq!(khz(text), Some(wanted), "{text:?}");
        }
    }

    #[test]
    fn err_no_clocks() {
        for text in [
            "",
            " ",
            "MHz",
            ".5GHz",
            "1.GHz",
            "1..2GHz",
            "-1",
            "+1",
            "1e6",
            "0x10",
            "1.2",
            "729.6001MHz",
            "4294967296",
            "5000GHz",
            "4.294967295GHz",
            "99999999999999999999",
            "1 2",
            "1,2GHz",
            "1.2GHz x",
            "12Hz",
            "1G",
            "max",
            "\u{661}",
            "1\u{a0}MHz",
        ] {
            assert_eq!(khz(text), None, "{text:?}");
        }
    }

    #[test]
    fn ok_and_err_choice() {
        let list = Clocks::of_list("1510400 115200 x 729600 729600 -1 \n", 1);
        assert_eq!(list.khz, [115_200, 729_600, 1_510_400]);
        let range = Clocks::between(100, 200);
        for (clocks, value, wanted) in [
            (&list, "min", Ok(115_200)),
            (&list, "max", Ok(1_510_400)),
            (&list, "729.6MHz", Ok(729_600)),
            (&list, "729601", Err("takes 729600 or 1510400 kHz")),
            (&list, "1", Err("takes 115200 kHz or more")),
            (&list, "2GHz", Err("takes 1510400 kHz or less")),
            (&list, "fast", Err("no such value \"fast\" (kHz as")),
            (&list, "", Err("no such value \"\"")),
            (&range, "min", Ok(100)),
            (&range, "150", Ok(150)),
            (&range, "99", Err("policy0 takes 100 to 200 kHz")),
            (&range, "201", Err("policy0 takes 100 to 200 kHz")),
            (&Clocks::default(), "min", Err("tells no clocks")),
        ] {
            let chosen = clocks.choose("cpu_max_freq", value, "policy0");
            match wanted {
                Ok(wanted) => assert_eq!(chosen, Ok(wanted), "{value:?}"),
                Err(part) => {
                    let why = chosen.expect_err(value).why;
                    assert!(why.contains(part), "{value:?}: {why}");
                }
            }
        }
    }

    #[test]
    fn ok_limits_within_the_list() {
        let list = Clocks::of_list("306000000 408000000 1300500000", 1000);
        for (limit, wanted) in [(0, 306_000), (306_000, 306_000), (500_000, 408_000), (u32::MAX, 1_300_500)] {
            assert_eq!(list.at_most(limit), Some(wanted), "{limit}");
        }
        assert_eq!(Clocks::between(10, 20).at_most(15), Some(15));
        assert_eq!(Clocks::between(10, 20).at_most(5), Some(10));
        assert_eq!(Clocks::default().at_most(5), None);
        assert_eq!(Clocks::of_list("1 2", 0), Clocks::default());
    }

    #[test]
    fn ok_and_err_order() {
        for (control, limit, khz, other, wanted) in [
            ("gpu_min_freq", Limit::Min, 5, Some(5), None),
            ("gpu_min_freq", Limit::Min, 5, None, None),
            (
                "gpu_min_freq",
                Limit::Min,
                6,
                Some(5),
                Some("above the upper limit of g, 5 kHz (set gpu_max_freq first)"),
            ),
            ("gpu_max_freq", Limit::Max, 5, Some(5), None),
            (
                "gpu_max_freq",
                Limit::Max,
                4,
                Some(5),
                Some("below the lower limit of g, 5 kHz (set gpu_min_freq first)"),
            ),
        ] {
            let checked = check_order(control, limit, khz, other, "g");
            let why = checked.err().map(|refusal| refusal.why);
            assert_eq!(why.is_some(), wanted.is_some(), "{control} {khz}");
            assert!(why.unwrap_or_default().contains(wanted.unwrap_or_default()), "{control} {khz}");
        }
    }
}
