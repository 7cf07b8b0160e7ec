//! The lists inside a token: cores, loads and clocks. They are kept as text and read while
//! iterating, so that no array has to be large enough for the largest board.

use crate::scan;

/// One entry of the list of cores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Core<'a> {
    /// A core that runs.
    On {
        /// Load in percent.
        load_percent: u32,
        /// Clock in MHz, where printed.
        freq_mhz: Option<u32>,
    },
    /// A core that is switched off; it keeps its place.
    Off,
    /// An entry that does not read as either, as printed; it keeps its place.
    Unknown(&'a [u8]),
    /// Dots at the end stand for cores that somebody cut out: no place.
    Cut(&'a [u8]),
}

/// Iterator over the cores of `CPU [19%@2214,off]`, or of `cpu [40%,45%]@1734`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cores<'a> {
    text: &'a [u8],
    common_mhz: Option<u32>,
}

impl<'a> Cores<'a> {
    /// `text` is what stands between the brackets, `common_mhz` the clock behind them.
    pub(super) fn new(text: &'a [u8], common_mhz: Option<u32>) -> Self {
        Cores { text, common_mhz }
    }

    fn core(&self, text: &'a [u8]) -> Option<Core<'a>> {
        if text == b"off" {
            return Some(Core::Off);
        }
        let (load_percent, rest) = scan::small(text)?;
        let freq_mhz = match scan::after(rest, b"%")? {
            [] => self.common_mhz,
            [b'@', clock @ ..] => Some(whole(clock)?),
            _ => return None,
        };
        Some(Core::On { load_percent, freq_mhz })
    }
}

impl<'a> Iterator for Cores<'a> {
    type Item = Core<'a>;

    fn next(&mut self) -> Option<Core<'a>> {
        let text = entry(&mut self.text)?;
        if let Some(core) = self.core(text) {
            return Some(core);
        }
        let dots = text.starts_with(b"..") || text.starts_with("…".as_bytes());
        Some(if dots && self.text.is_empty() { Core::Cut(text) } else { Core::Unknown(text) })
    }
}

/// Iterator over a list of numbers, `305,305` or `3%,4%`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Numbers<'a> {
    text: &'a [u8],
}

impl<'a> Numbers<'a> {
    /// Checks that each entry of `text` is a number followed by `suffix`; no entry is no list.
    pub(super) fn new(text: &'a [u8], suffix: &[u8]) -> Option<Self> {
        let mut rest = text;
        while let Some(text) = entry(&mut rest) {
            let (_, tail) = scan::small(text)?;
            if tail != suffix {
                return None;
            }
        }
        (!text.is_empty() && !text.ends_with(b",")).then_some(Numbers { text })
    }
}

impl Iterator for Numbers<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        Some(scan::small(entry(&mut self.text)?)?.0)
    }
}

/// Takes what stands before the next comma off the front of `text`.
fn entry<'a>(text: &mut &'a [u8]) -> Option<&'a [u8]> {
    if text.is_empty() {
        return None;
    }
    let (entry, rest) = scan::until(text, |byte| byte == b',');
    *text = rest.get(1..).unwrap_or_default();
    Some(entry)
}

/// A number that is all of `text`.
fn whole(text: &[u8]) -> Option<u32> {
    scan::small(text).and_then(|(value, rest)| rest.is_empty().then_some(value))
}
