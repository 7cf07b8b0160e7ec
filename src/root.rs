//! The file system that the board's files are in; the only place that names paths below /sys,
//! /proc and /etc.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A directory that holds `sys`, `proc` and `etc` of a board.
#[derive(Clone, Debug)]
pub struct Root {
    path: PathBuf,
}

impl Root {
    /// The machine that this program runs on.
    pub fn system() -> Root {
        Root::at("/")
    }

    /// A directory that is to be taken for a board.
    pub fn at(path: impl Into<PathBuf>) -> Root {
        Root { path: path.into() }
    }

    /// Whether there is a file (or a directory) at `relative`, a path without a slash at its front.
    pub fn has(&self, relative: &str) -> bool {
        self.path.join(relative).exists()
    }

    /// Reads at most `limit` bytes of a file.
    pub fn read(&self, relative: &str, limit: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(self.path.join(Path::new(relative)))?.take(limit).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Whether this is a Jetson: its device tree is compatible with a Tegra, or it has the release
    /// file or the core package of L4T.
    pub fn is_jetson(&self) -> bool {
        let compatible = self.read("proc/device-tree/compatible", 4096).unwrap_or_default();
        let tegra = compatible.split(|&byte| byte == 0).any(|entry| entry.starts_with(b"nvidia,tegra"));
        tegra || self.has("etc/nv_tegra_release") || self.has("var/lib/dpkg/info/nvidia-l4t-core.list")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_what_is_a_jetson() {
        let base = std::env::temp_dir().join(format!("jetsonscope-root-{}", std::process::id()));
        for (number, (file, content, wanted)) in [
            ("proc/device-tree/compatible", "nvidia,p3768\0nvidia,tegra234\0", true),
            ("proc/device-tree/compatible", "raspberrypi,4\0brcm,bcm2711\0", false),
            ("proc/device-tree/compatible", "", false),
            ("etc/nv_tegra_release", "# R36", true),
            ("var/lib/dpkg/info/nvidia-l4t-core.list", "/.", true),
            ("etc/os-release", "ID=debian", false),
        ]
        .into_iter()
        .enumerate()
        {
            let path = base.join(number.to_string());
            std::fs::create_dir_all(path.join(file).parent().unwrap()).unwrap();
            std::fs::write(path.join(file), content).unwrap();
            assert_eq!(Root::at(&path).is_jetson(), wanted, "{file} {content:?}");
        }
        std::fs::remove_dir_all(base).unwrap();
    }
}
