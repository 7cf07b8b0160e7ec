//! Which release a board runs: L4T from its release file, else from the core package, else from
//! the boot control file; JetPack from its package, else by the table.

use super::bootctl::BootControl;
use super::package::{self, Wanted};
use super::table::Table;
use super::{Told, library};
use crate::root::Root;

/// What dpkg, asked at most once, has told.
#[derive(Debug, Default)]
pub struct Packages {
    core: Option<String>,
    jetpack: Option<String>,
    /// In the order of [`library::NAMES`]; all `None` unless libraries were asked for.
    pub libraries: [Option<String>; 6],
}

const CORE: &str = "nvidia-l4t-core";
const JETPACK: &str = "nvidia-jetpack";

impl Packages {
    /// Asks for the core package only when `core` says that nothing else names the release, for
    /// JetPack when it may be installed, and for libraries when they are wanted.
    pub fn read(root: &Root, core: bool, libraries: bool) -> Packages {
        let core = core && package::may_have(root, CORE);
        let jetpack = package::may_have(root, JETPACK);
        let wanted = [Wanted::exactly(CORE), Wanted::exactly(JETPACK)];
        let mut packages = Packages::default();
        if libraries {
            let [a, b, c, d, e, f, g] = library::PACKAGES;
            let found = package::versions(root, [wanted[0], wanted[1], a, b, c, d, e, f, g]);
            let [core, jetpack, cuda, cudnn, tensorrt, vpi, opencv, vulkan, opencv_core] = found;
            let libraries = [cuda, cudnn, tensorrt, vpi, opencv.or(opencv_core), vulkan];
            packages = Packages { core, jetpack, libraries };
        } else if core && jetpack {
            [packages.core, packages.jetpack] = package::versions(root, wanted);
        } else if core {
            [packages.core] = package::versions(root, [wanted[0]]);
        } else if jetpack {
            [packages.jetpack] = package::versions(root, [wanted[1]]);
        }
        packages
    }
}

/// The release file: what its first line says.
pub fn read_file(root: &Root) -> Option<ReleaseFile> {
    let text = root.text("etc/nv_tegra_release")?;
    parse(text.lines().next().unwrap_or_default())
}

/// The first line of etc/nv_tegra_release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseFile {
    /// L4T in three numbers, `36.4.3`.
    pub l4t: String,
    /// The kernel family that the image was built for: `t210ref`, `t186ref` (all from TX2 to Orin),
    /// `generic`; empty when not said.
    pub board: String,
    /// The architecture of programs, `aarch64`; empty when not said.
    pub eabi: String,
}

/// Reads `# R36 (release), REVISION: 4.3, GCID: ..., BOARD: generic, EABI: aarch64, DATE: ...`.
fn parse(line: &str) -> Option<ReleaseFile> {
    let line = line.trim_start_matches(['#', ' ', '\t']);
    let (major, _) = line.strip_prefix('R')?.split_once(' ')?;
    let revision = after(line, "REVISION:");
    let l4t = three_numbers(&[major, ".", revision].concat())?;
    Some(ReleaseFile { l4t, board: after(line, "BOARD:").to_owned(), eabi: after(line, "EABI:").to_owned() })
}

fn after<'a>(line: &'a str, name: &str) -> &'a str {
    let rest = line.split_once(name).map_or("", |(_, rest)| rest);
    rest.split(',').next().unwrap_or_default().trim()
}

/// A release in three numbers: `32.5` is `32.5.0`. `None` for what is no release.
pub fn three_numbers(text: &str) -> Option<String> {
    let mut parts = 0;
    for part in text.split('.') {
        parse_part(part)?;
        parts += 1;
    }
    match parts {
        2 => Some([text, ".0"].concat()),
        3 => Some(text.to_owned()),
        _ => None,
    }
}

fn parse_part(part: &str) -> Option<u16> {
    part.parse().ok().filter(|_| part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// L4T, from whatever names it first.
pub fn l4t(file: Option<&ReleaseFile>, packages: &Packages, boot: &BootControl) -> Option<Told> {
    let from_file = || Some(Told::new(&file?.l4t, "release file"));
    let from_package = || Some(Told::new(&three_numbers(packages.core.as_deref()?)?, "package"));
    let from_boot = || Some(Told::new(&three_numbers(boot.l4t.as_deref()?)?, "boot control"));
    from_file().or_else(from_package).or_else(from_boot)
}

/// JetPack: the installed package, else the table's, with the stage of one before its release
/// (`6.0 DP`).
pub fn jetpack(l4t: Option<&str>, packages: &Packages, table: impl FnOnce() -> Table) -> Option<Told> {
    if let Some(version) = &packages.jetpack {
        return Some(Told::new(version, "package"));
    }
    let table = table();
    let row = table.find(l4t?)?;
    let mut version = row.field(1).to_owned();
    if !["", "GA"].contains(&row.field(3)) {
        version.push(' ');
        version.push_str(row.field(3));
    }
    Some(Told::new(&version, "table"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_release_lines() {
        for (line, l4t, board, eabi) in [
            (
                "# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: generic, EABI: aarch64, DATE: x",
                "36.4.3",
                "generic",
                "aarch64",
            ),
            ("# R32 (release), REVISION: 5, GCID: 1, BOARD: t210ref", "32.5.0", "t210ref", ""),
            ("#R21 (release), REVISION: 5.0", "21.5.0", "", ""),
            ("R39 (release), REVISION: 2.0\r", "39.2.0", "", ""),
        ] {
            let wanted = ReleaseFile { l4t: l4t.into(), board: board.into(), eabi: eabi.into() };
            assert_eq!(parse(line), Some(wanted), "{line}");
        }
    }

    #[test]
    fn err_release_lines() {
        for line in [
            "",
            "#",
            "# R36",
            "# R36 (release)",
            "# R36 (release), REVISION:",
            "# R36 (release), REVISION: x",
            "# R36 (release), REVISION: 4.3.1.2",
            "# R (release), REVISION: 4.3",
            "# R99999 (release), REVISION: 4.3",
            "# R-1 (release), REVISION: 4.3",
            "# R+6 (release), REVISION: 4.3",
            "Ubuntu 22.04",
        ] {
            assert_eq!(parse(line), None, "{line}");
        }
    }
}
