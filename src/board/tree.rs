//! What the device tree says about the board, each text as it stands there.

use super::number;
use crate::root::Root;

/// The properties that are read once.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// `model`.
    pub model: Option<String>,
    /// The entries of `compatible`, without NULs. Where these were lost on the way (a copy of a
    /// terminal), each `nvidia,` begins an entry.
    pub compatible: Vec<String>,
    /// `nvidia,boardids`; empty from R38 on.
    pub boardids: String,
    /// `nvidia,dtsfilename`: the path of the source that the tree was built from; empty from R38 on.
    pub dtsfilename: String,
}

const VENDOR: &str = "nvidia,";

impl Tree {
    /// Reads the properties that are there.
    pub fn read(root: &Root) -> Tree {
        Tree {
            model: property(root, "model"),
            compatible: entries(&property(root, "compatible").unwrap_or_default()),
            boardids: property(root, "nvidia,boardids").unwrap_or_default(),
            dtsfilename: property(root, "nvidia,dtsfilename").unwrap_or_default(),
        }
    }

    /// Whether the tree is that of another maker's board.
    pub fn is_foreign(&self) -> bool {
        !self.compatible.is_empty() && !self.compatible.iter().any(|entry| entry.starts_with(VENDOR))
    }

    /// The SoCs that `compatible` lists, `tegra234`.
    pub fn socs(&self) -> Vec<&str> {
        let mut socs = self.names();
        socs.retain(|name| is_soc(name));
        socs
    }

    /// The code names that `compatible` lists (`quill`, `galen`, `jetson-xavier`).
    pub fn code_names(&self) -> Vec<&str> {
        let mut names = self.names();
        names.retain(|name| !name.starts_with("tegra") && number::numbers(name).is_empty());
        names
    }

    /// The entries of the vendor, without its name.
    fn names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for entry in &self.compatible {
            names.extend(entry.strip_prefix(VENDOR).filter(|name| !name.is_empty()));
        }
        names
    }
}

fn is_soc(name: &str) -> bool {
    name.strip_prefix("tegra").is_some_and(|number| number.starts_with(|c: char| c.is_ascii_digit()))
}

fn entries(text: &str) -> Vec<String> {
    let mut entries = Vec::new();
    for part in text.split('\0') {
        let mut begin = 0;
        for (at, _) in part.match_indices(VENDOR) {
            entries.extend(part.get(begin..at).map(str::to_owned));
            begin = at;
        }
        entries.extend(part.get(begin..).map(str::to_owned));
    }
    entries.retain(|entry| !entry.trim().is_empty());
    entries
}

/// A property of the tree's top: /proc/device-tree is a link to the other directory, and a root
/// that was put together by hand may have either.
pub fn property(root: &Root, name: &str) -> Option<String> {
    let at = |directory: &str| root.text(&[directory, name].concat());
    at("proc/device-tree/").or_else(|| at("sys/firmware/devicetree/base/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_entries() {
        for (text, whole, socs, names) in [
            (
                "nvidia,p3768-0000+p3767-0005-super\0nvidia,p3767-0005\0nvidia,tegra234\0",
                &["nvidia,p3768-0000+p3767-0005-super", "nvidia,p3767-0005", "nvidia,tegra234"][..],
                &["tegra234"][..],
                &[][..],
            ),
            (
                "nvidia,quillnvidia,p2597-0000+p3310-1000nvidia,tegra186",
                &["nvidia,quill", "nvidia,p2597-0000+p3310-1000", "nvidia,tegra186"],
                &["tegra186"],
                &["quill"],
            ),
            (
                "nvidia,tegra234\0nvidia,tegra23x",
                &["nvidia,tegra234", "nvidia,tegra23x"],
                &["tegra234", "tegra23x"],
                &[],
            ),
            ("raspberrypi,4\0brcm,bcm2711", &["raspberrypi,4", "brcm,bcm2711"], &[], &[]),
            ("nvidia,", &["nvidia,"], &[], &[]),
            ("\0\0", &[], &[], &[]),
            ("", &[], &[], &[]),
            ("nvidia,tegra", &["nvidia,tegra"], &[], &[]),
        ] {
            let tree = Tree { compatible: entries(text), ..Tree::default() };
            assert_eq!(tree.compatible, whole, "{text:?}");
            assert_eq!(tree.socs(), socs, "{text:?}");
            assert_eq!(tree.code_names(), names, "{text:?}");
        }
    }
}
