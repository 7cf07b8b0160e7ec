//! Variables of the environment: each has its name, and many the name that an older version used.
//! The new name wins; an empty value counts as unset.

use std::ffi::OsString;

/// The server's socket.
pub const SOCKET_PATH: [&str; 2] = ["JETSONSCOPE_SOCKET_PATH", "TEGRA_SOCKET_PATH"];
/// `json` or `cbor`: how clients speak to the server.
pub const PROTO: [&str; 2] = ["JETSONSCOPE_PROTO", "TEGRA_PROTO"];
/// The token that a change must carry when the server has one.
pub const AUTH_TOKEN: [&str; 2] = ["JETSONSCOPE_AUTH_TOKEN", "TEGRA_AUTH_TOKEN"];
/// `command` that prints tegrastats lines.
pub const STATS_CMD: [&str; 2] = ["JETSONSCOPE_STATS_CMD", "TEGRASTATS_CMD"];
/// `emulator` or `synthetic`, for the screen.
pub const TUI_MODE: [&str; 2] = ["JETSONSCOPE_TUI_MODE", "TEGRA_TUI_MODE"];
/// A directory that is taken for a board, where `--root` names none.
pub const ROOT: &str = "JETSONSCOPE_ROOT";

/// The file that the server's health is appended to.
pub const TELEMETRY_LOG: &str = "JETSONSCOPE_TELEMETRY_LOG";
/// How often it is, in seconds.
pub const TELEMETRY_INTERVAL: &str = "JETSONSCOPE_TELEMETRY_INTERVAL";
/// `host:port` of the HTTP endpoint.
pub const HTTP_ADDR: &str = "JETSONSCOPE_HTTP_ADDR";

/// All variables: the names of each, the one that wins first.
pub static ALL: &[&[&str]] = &[
    &SOCKET_PATH,
    &PROTO,
    &AUTH_TOKEN,
    &TUI_MODE,
    &STATS_CMD,
    &[ROOT],
    &[TELEMETRY_LOG],
    &[TELEMETRY_INTERVAL],
    &[HTTP_ADDR],
    &["JETSONSCOPE_METRICS_TOKEN"],
    &["JETSONSCOPE_DEBUG_TOKEN"],
];

/// What is printed in place of a token: that there is one, and how long it is.
pub fn masked(token: &str) -> String {
    format!("set ({} characters)", token.chars().count())
}

/// The directory of [`ROOT`].
pub fn root() -> Option<OsString> {
    std::env::var_os(ROOT).filter(|directory| !directory.is_empty())
}

/// Whether the locale has UTF-8, from variables by their name.
pub fn is_utf8(value: &dyn Fn(&str) -> Option<OsString>) -> bool {
    let set = |name: &str| value(name).filter(|value| !value.is_empty());
    let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG")).unwrap_or_default();
    let has = |name: &[u8]| {
        locale.as_encoded_bytes().windows(name.len()).any(|part| part.eq_ignore_ascii_case(name))
    };
    has(b"utf-8") || has(b"utf8")
}

/// The token that a server may want of who changes something.
pub fn token() -> Option<String> {
    variable(AUTH_TOKEN).map(|(_, token)| token)
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
