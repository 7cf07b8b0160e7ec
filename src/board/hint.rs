//! Which family a board belongs to when nothing names its number: code names and model strings of
//! many releases. A hint never gives a board number, as one name covers several modules.

use super::table::Row;

/// What a hint tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Family {
    /// The trade name of the family.
    pub name: &'static str,
    /// Its SoC.
    pub soc: &'static str,
}

/// Words of model strings, device tree code names and files, the more special ones first
/// (`jetson agx` is the AGX Xavier of R32.2); all but letters and digits is a blank. Then name and SoC.
const HINTS: &str = include_str!("tables/families.tsv");

/// The family that the first of these texts with a known word names.
pub fn find(texts: &[&str]) -> Option<Family> {
    for text in texts {
        let mut plain = String::from(" ");
        for c in text.chars() {
            plain.push(if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { ' ' });
        }
        plain.push(' ');
        for row in HINTS.lines().skip(1).map(Row) {
            if stands(plain.as_bytes(), row.field(0).as_bytes()) {
                return Some(Family { name: row.field(1), soc: row.field(2) });
            }
        }
    }
    None
}

/// Whether a word stands between blanks.
fn stands(text: &[u8], word: &[u8]) -> bool {
    let mut places = text.windows(word.len() + 2);
    places.any(|place| matches!(place, [b' ', middle @ .., b' '] if middle == word))
}

/// The code name in the path of the device tree's source, `.../platform/t19x/galen/kernel-dts/...`.
pub fn code_name(dtsfilename: &str) -> Option<&str> {
    let (directory, _) = dtsfilename.split_once("/kernel-dts/")?;
    // The directory of the TX1 is called as all of them.
    directory.rsplit('/').next().filter(|name| !name.is_empty() && *name != "jetson")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_families() {
        for (text, wanted) in [
            ("jetson_tx1", "Jetson TX1"),
            ("quill", "Jetson TX2"),
            ("lanai-3636", "Jetson TX2 NX"),
            ("jetson-nano", "Jetson Nano"),
            ("NVIDIA Jetson Nano Developer Kit", "Jetson Nano"),
            ("jetson-nano-qspi-sd-mmcblk0p1", "Jetson Nano"),
            ("galen", "Jetson AGX Xavier"),
            ("jetson-xavier", "Jetson AGX Xavier"),
            ("Jetson-AGX", "Jetson AGX Xavier"),
            ("Clara-AGX", "Clara AGX"),
            ("NVIDIA Jetson Xavier NX Developer Kit", "Jetson Xavier NX"),
            ("Jetson AGX Orin Industrial", "Jetson AGX Orin Industrial"),
            ("NVIDIA Orin Nano Developer Kit", "Jetson Orin Nano"),
            ("NVIDIA Jetson Orin NX Engineering Reference Developer Kit", "Jetson Orin NX"),
            ("NVIDIA Jetson AGX Thor Developer Kit", "Jetson AGX Thor"),
        ] {
            assert_eq!(find(&[text]).map(|family| family.name), Some(wanted), "{text}");
        }
        assert_eq!(find(&["", "x", "quill"]).map(|family| family.name), Some("Jetson TX2"));
        for text in ["", "author", "Raspberry Pi 4", "quills", "\u{fffd}quilt", "nano", "jetson"] {
            assert_eq!(find(&[text]), None, "{text}");
        }
    }

    #[test]
    fn ok_and_err_code_names() {
        for (text, wanted) in [
            ("/dvs/hardware/nvidia/platform/t19x/galen/kernel-dts/tegra194-p2888.dts", Some("galen")),
            ("platform/t210/jetson/kernel-dts/tegra210-jetson-tx1.dts", None),
            ("/kernel-dts/x.dts", None),
            ("tegra194-p2888.dts", None),
            ("", None),
        ] {
            assert_eq!(code_name(text), wanted, "{text}");
        }
    }
}
