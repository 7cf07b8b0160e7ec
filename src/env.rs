//! Variables of the environment: each has its name, and many the name that an older version used.
//! The new name wins; an empty value counts as unset.

use std::ffi::OsString;

/// `command` that prints tegrastats lines.
pub const STATS_CMD: [&str; 2] = ["JETSONSCOPE_STATS_CMD", "TEGRASTATS_CMD"];
/// `emulator` or `synthetic`, for the screen.
pub const TUI_MODE: [&str; 2] = ["JETSONSCOPE_TUI_MODE", "TEGRA_TUI_MODE"];
/// A directory that is taken for a board, where `--root` names none.
pub const ROOT: &str = "JETSONSCOPE_ROOT";

/// The directory of [`ROOT`].
pub fn root() -> Option<OsString> {
    std::env::var_os(ROOT).filter(|directory| !directory.is_empty())
}

/// The value in force of a variable, with the name that it has it from.
pub fn variable(names: [&'static str; 2]) -> Option<(&'static str, String)> {
    first(names, |name| std::env::var_os(name))
}

fn first(
    names: [&'static str; 2],
    value: impl Fn(&str) -> Option<OsString>,
) -> Option<(&'static str, String)> {
    let set = names.into_iter().filter_map(|name| Some((name, value(name)?)));
    set.map(|(name, value)| (name, value.to_string_lossy().into_owned())).find(|(_, value)| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_the_new_name_wins() {
        let value = |new: Option<&str>, old: Option<&str>| {
            let (new, old) = (new.map(OsString::from), old.map(OsString::from));
            first(["NEW", "OLD"], |name| if name == "NEW" { new.clone() } else { old.clone() })
        };
        assert_eq!(value(Some("a"), Some("b")), Some(("NEW", "a".into())));
        assert_eq!(value(None, Some("b")), Some(("OLD", "b".into())));
        assert_eq!(value(Some(""), Some("b")), Some(("OLD", "b".into())));
        assert_eq!(value(Some(""), None), None);
    }
}
