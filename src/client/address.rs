//! Where the server may be.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::env::SOCKET_PATH;

/// The place of a server that runs as root.
const SYSTEM: &str = "/run/jetsonscope/jetsonscope.sock";
/// Places of older versions.
const OLD: [&str; 2] = ["/tmp/jetsonscope.sock", "/tmp/tegrastats.sock"];

/// A place to look for the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The socket.
    pub path: PathBuf,
    /// Anybody can put a socket there, so the peer must be root or this user.
    pub open_to_all: bool,
}

/// The places in the order in which they are tried. One that was given, by the option or by a
/// variable, is the only one.
pub fn addresses(
    option: Option<&Path>,
    variable: &dyn Fn(&str) -> Option<OsString>,
    uid: u32,
) -> Vec<Address> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let given = option.map(Path::to_path_buf).or_else(|| SOCKET_PATH.into_iter().find_map(set));
    let private = |path: PathBuf| Address { path, open_to_all: false };
    if let Some(path) = given {
        return vec![private(path)];
    }
    let mut all = vec![private(SYSTEM.into())];
    // The specification of these directories wants a relative one ignored.
    if let Some(directory) = set("XDG_RUNTIME_DIR").filter(|directory| directory.is_absolute()) {
        all.push(private(directory.join("jetsonscope.sock")));
    }
    let own = PathBuf::from(format!("/tmp/jetsonscope-{uid}.sock"));
    let tmp = std::iter::once(own).chain(OLD.into_iter().map(PathBuf::from));
    all.extend(tmp.map(|path| Address { path, open_to_all: true }));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_places_in_their_order() {
        const TMP: [&str; 3] =
            ["!/tmp/jetsonscope-7.sock", "!/tmp/jetsonscope.sock", "!/tmp/tegrastats.sock"];
        let with = |first: &[&'static str]| [first, &TMP].concat();
        for (option, set, wanted) in [
            (None, &[][..], with(&[SYSTEM])),
            (None, &[("XDG_RUNTIME_DIR", "/x")], with(&[SYSTEM, "/x/jetsonscope.sock"])),
            (None, &[("XDG_RUNTIME_DIR", "")], with(&[SYSTEM])),
            (None, &[("XDG_RUNTIME_DIR", "x")], with(&[SYSTEM])),
            (None, &[("JETSONSCOPE_SOCKET_PATH", "/a"), ("TEGRA_SOCKET_PATH", "/b")], vec!["/a"]),
            (None, &[("JETSONSCOPE_SOCKET_PATH", ""), ("TEGRA_SOCKET_PATH", "b")], vec!["b"]),
            (Some("/c"), &[("JETSONSCOPE_SOCKET_PATH", "/a"), ("XDG_RUNTIME_DIR", "/x")], vec!["/c"]),
        ] {
            let variable =
                |name: &str| set.iter().find(|(own, _)| *own == name).map(|(_, value)| OsString::from(value));
            let found = addresses(option.map(Path::new), &variable, 7);
            let shown = |a: &Address| format!("{}{}", if a.open_to_all { "!" } else { "" }, a.path.display());
            assert_eq!(found.iter().map(shown).collect::<Vec<_>>(), wanted, "{option:?} {set:?}");
        }
    }
}
