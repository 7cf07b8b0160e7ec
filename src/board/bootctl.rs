//! etc/nv_boot_control.conf: what the flashing tools have written about the board, one
//! `NAME value` a line.

use super::number;
use crate::root::Root;

/// What is taken from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BootControl {
    /// The modules that TNSPEC and then COMPATIBLE_SPEC name, `p3767-0005`, or without SKU `p3448`.
    pub modules: Vec<String>,
    /// The board's name in them, `jetson-orin-nano-devkit-super`.
    pub board: String,
    /// TEGRA_CHIPID: 0x21 is T210, 0x18 T186, 0x19 T194, 0x23 T234.
    pub chip_id: Option<u32>,
    /// L4T, where a line names it.
    pub l4t: Option<String>,
}

impl BootControl {
    /// Reads the file; what is not there stays empty.
    pub fn read(root: &Root) -> BootControl {
        root.text("etc/nv_boot_control.conf").map_or_else(BootControl::default, |text| parse(&text))
    }
}

fn parse(text: &str) -> BootControl {
    let mut boot = BootControl::default();
    let mut compatible = None;
    for line in text.lines() {
        let (name, value) = line.split_once(' ').unwrap_or((line, ""));
        let value = value.trim();
        match name {
            "TNSPEC" => {
                boot.modules.extend(module(value));
                boot.board = board(value).to_owned();
            }
            "COMPATIBLE_SPEC" => compatible = module(value),
            "TEGRA_CHIPID" => boot.chip_id = hexadecimal(value),
            _ if name.contains("L4T") => boot.l4t = Some(value.trim_start_matches('R').to_owned()),
            _ => {}
        }
    }
    boot.modules.extend(compatible);
    boot
}

/// The module of `3767-301-0005-M.1-1-1-jetson-orin-nano-devkit-`: board, fab, SKU, revision.
fn module(spec: &str) -> Option<String> {
    let mut parts = spec.split('-');
    let (board, _fab, sku) = (parts.next()?, parts.next()?, parts.next().unwrap_or_default());
    number::from_digits(board, sku)
}

/// The board's name in a specification: what follows six fields, without the dash at its end.
fn board(spec: &str) -> &str {
    spec.splitn(7, '-').nth(6).unwrap_or_default().trim_end_matches('-')
}

fn hexadecimal(text: &str) -> Option<u32> {
    u32::from_str_radix(text.strip_prefix("0x")?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_and_err_files() {
        for (text, modules, name, chip_id) in [
            (
                "TNSPEC 3767-301-0005-M.1-1-1-jetson-orin-nano-devkit-super-\nTEGRA_CHIPID 0x23\n",
                &["p3767-0005"][..],
                "jetson-orin-nano-devkit-super",
                Some(0x23),
            ),
            (
                "COMPATIBLE_SPEC 3701-300-0000--1--jetson-x-\r\nTNSPEC 3700-500-0000-M.0-1-1-jetson-x-\r\n",
                &["p3700-0000", "p3701-0000"],
                "jetson-x",
                None,
            ),
            (
                "TNSPEC 3448-300---1-0-jetson-nano-qspi-sd-mmcblk0p1",
                &["p3448"],
                "jetson-nano-qspi-sd-mmcblk0p1",
                None,
            ),
            ("TNSPEC 376-301-0005", &[], "", None),
            ("TNSPEC", &[], "", None),
            ("TNSPEC \nTEGRA_CHIPID 23\nTEGRA_CHIPID", &[], "", None),
            ("TEGRA_CHIPID 0xfffffffff", &[], "", None),
            ("\u{fffd}\n\n \n", &[], "", None),
        ] {
            let boot = parse(text);
            assert_eq!(
                (&boot.modules[..], &boot.board[..], boot.chip_id),
                (&modules.iter().map(|m| (*m).to_owned()).collect::<Vec<_>>()[..], name, chip_id),
                "{text}"
            );
        }
        assert_eq!(parse("L4T_VERSION R36.4.3").l4t.as_deref(), Some("36.4.3"));
    }
}
