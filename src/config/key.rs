//! The keys of the configuration: one table, from which files, variables and options are read, the
//! origins are told and the manual is checked. No I/O; a value that is wrong is `None`, and whoever
//! asked knows the place and the key.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Config;
use crate::env;
use crate::source::{self, Choice};

/// The range of a key whose value is a path.
pub const PATH: &str = "an absolute path";
const SWITCH: &str = "yes or no";
/// The longest path of a socket: `sun_path` has 108 bytes, the last one a NUL (unix(7)).
const MOST_SOCKET: usize = 107;
/// Most bytes of a token.
const MOST_TOKEN: usize = 1024;

/// One key.
pub struct Key {
    /// Its name in a file.
    pub name: &'static str,
    /// The long option of the server with the same meaning, without its dashes; empty for none.
    pub option: &'static str,
    /// The variables with the same meaning, the one that wins first.
    pub variables: &'static [&'static str],
    /// Its value where nothing else sets one, as a file would have it; empty when it is not set.
    pub default: &'static str,
    /// The values that it takes, in words; `A to B` is a range that values are held against.
    pub range: &'static str,
    /// Takes a value over, `None` for a wrong one; the last argument is `range`.
    set: fn(&mut Config, &OsStr, &str) -> Option<()>,
}

impl Key {
    /// Whether its value is shown to nobody.
    pub fn is_secret(&self) -> bool {
        self.name == "token"
    }

    /// Takes a value over.
    pub(super) fn set(&self, config: &mut Config, value: &OsStr) -> Option<()> {
        (self.set)(config, value, self.range)
    }
}

/// A key without option and variable.
const PLAIN: Key =
    Key { name: "", option: "", variables: &[], default: "", range: SWITCH, set: |_, _, _| None };

/// All keys, in the order in which they are shown.
pub static KEYS: &[Key] = &[
    Key {
        name: "socket",
        option: "socket",
        variables: &env::SOCKET_PATH,
        range: PATH,
        set: |config, value, _| {
            config.socket = path(value).filter(|path| path.as_os_str().len() <= MOST_SOCKET)?;
            Some(())
        },
        ..PLAIN
    },
    Key {
        name: "compat_tmp_socket",
        default: "no",
        set: |config, value, _| switch(&mut config.compat_tmp_socket, value),
        ..PLAIN
    },
    Key {
        name: "socket_mode",
        default: "0666",
        range: "0 to 0777, octal",
        set: |config, value, range| {
            config.socket_mode = u32::try_from(within(value, range, octal)?).ok()?;
            Some(())
        },
        ..PLAIN
    },
    Key {
        name: "group",
        default: "jetsonscope",
        range: "a name of a group",
        set: |config, value, _| {
            config.group = text(value).filter(|name| is_group(name))?.to_owned();
            Some(())
        },
        ..PLAIN
    },
    Key {
        name: "max_clients",
        default: "64",
        range: "1 to 10000",
        set: |config, value, range| {
            config.max_clients = usize::try_from(within(value, range, count)?).ok()?;
            Some(())
        },
        ..PLAIN
    },
    Key {
        name: "idle_timeout",
        default: "300s",
        range: "0 or 1s to 24h",
        set: |config, value, range| time(&mut config.idle_timeout, within(value, range, seconds)),
        ..PLAIN
    },
    Key {
        name: "interval",
        option: "interval",
        default: "1s",
        range: "100ms to 1h",
        set: |config, value, range| time(&mut config.interval, within(value, range, milliseconds)),
        ..PLAIN
    },
    Key {
        name: "idle_interval",
        default: "10s",
        range: "100ms to 1h",
        set: |config, value, range| time(&mut config.idle_interval, within(value, range, milliseconds)),
        ..PLAIN
    },
    Key {
        name: "source",
        option: "source",
        range: "a source, as of --source",
        set: |config, value, _| optional(&mut config.source, value, is_source),
        ..PLAIN
    },
    Key {
        name: "root",
        option: "root",
        variables: &[env::ROOT],
        range: PATH,
        set: |config, value, _| optional_path(&mut config.root, value),
        ..PLAIN
    },
    Key {
        name: "token",
        variables: &env::AUTH_TOKEN,
        range: "at most 1024 bytes, no control characters",
        set: |config, value, _| optional(&mut config.token, value, is_token),
        ..PLAIN
    },
    Key {
        name: "token_file",
        range: PATH,
        set: |config, value, _| optional_path(&mut config.token_file, value),
        ..PLAIN
    },
    Key {
        name: "telemetry_log",
        variables: &[env::TELEMETRY_LOG],
        range: PATH,
        set: |config, value, _| optional_path(&mut config.telemetry_log, value),
        ..PLAIN
    },
    Key {
        name: "telemetry_interval",
        variables: &[env::TELEMETRY_INTERVAL],
        default: "30s",
        range: "1s to 24h",
        set: |config, value, range| time(&mut config.telemetry_interval, within(value, range, seconds)),
        ..PLAIN
    },
    Key {
        name: "tegrastats",
        default: "yes",
        set: |config, value, _| switch(&mut config.tegrastats, value),
        ..PLAIN
    },
    Key {
        name: "history",
        default: "yes",
        set: |config, value, _| switch(&mut config.history, value),
        ..PLAIN
    },
    Key {
        name: "restore_on_exit",
        default: "no",
        set: |config, value, _| switch(&mut config.restore_on_exit, value),
        ..PLAIN
    },
    Key {
        name: "http",
        option: "http",
        variables: &[env::HTTP_ADDR],
        range: "HOST:PORT",
        set: |config, value, _| optional(&mut config.http, value, is_address),
        ..PLAIN
    },
];

/// Where the key of that name stands in [`KEYS`].
pub fn position(name: &str) -> Option<usize> {
    KEYS.iter().position(|key| key.name == name)
}

fn text(value: &OsStr) -> Option<&str> {
    value.to_str().filter(|text| !text.contains(char::is_control))
}

fn path(value: &OsStr) -> Option<PathBuf> {
    let plain = !value.as_bytes().iter().any(|byte| byte.is_ascii_control());
    (plain && Path::new(value).is_absolute()).then(|| value.into())
}

fn optional_path(field: &mut Option<PathBuf>, value: &OsStr) -> Option<()> {
    *field = if value.is_empty() { None } else { Some(path(value)?) };
    Some(())
}

fn optional(field: &mut Option<String>, value: &OsStr, good: fn(&str) -> bool) -> Option<()> {
    let value = text(value).filter(|text| text.is_empty() || good(text))?;
    *field = (!value.is_empty()).then(|| value.to_owned());
    Some(())
}

fn switch(field: &mut bool, value: &OsStr) -> Option<()> {
    *field = match text(value)? {
        "yes" | "true" | "on" | "1" => true,
        "no" | "false" | "off" | "0" => false,
        _ => return None,
    };
    Some(())
}

fn time(field: &mut Duration, milliseconds: Option<u64>) -> Option<()> {
    *field = Duration::from_millis(milliseconds?);
    Some(())
}

/// The number that `read` makes of a value, held against a range like `0 or 1s to 24h, ...`.
fn within(value: &OsStr, range: &str, read: fn(&str) -> Option<u64>) -> Option<u64> {
    let value = read(text(value)?)?;
    let bounds = range.strip_prefix("0 or ");
    let zero = bounds.is_some() && value == 0;
    let (least, most) = bounds.unwrap_or(range).split(',').next()?.split_once(" to ")?;
    (zero || (read(least)? <= value && value <= read(most)?)).then_some(value)
}

/// Digits alone: no sign, which the standard library would take.
fn digits(text: &str, radix: u32) -> Option<u64> {
    if text.starts_with('+') { None } else { u64::from_str_radix(text, radix).ok() }
}

fn count(text: &str) -> Option<u64> {
    digits(text, 10)
}

fn octal(text: &str) -> Option<u64> {
    digits(text, 8)
}

fn milliseconds(text: &str) -> Option<u64> {
    with_unit(text, 1)
}

/// A time in milliseconds, like `90s`, `5min`, `1h`; a number that names no unit is in seconds.
pub fn seconds(text: &str) -> Option<u64> {
    with_unit(text, 1000)
}

/// A time in milliseconds; `bare` is the unit of a number that names none.
fn with_unit(text: &str, bare: u64) -> Option<u64> {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let factor = match unit {
        "" => bare,
        "ms" => 1,
        "s" => 1000,
        "min" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    count(text.strip_suffix(unit)?)?.checked_mul(factor)
}

/// A name as useradd(8) takes it, and not longer than its 32 bytes.
fn is_group(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '$');
    !name.is_empty() && name.len() <= 32 && !name.starts_with('-') && name.chars().all(plain)
}

/// Whether `--source` takes it. `command` depends on a variable, which is looked at later.
fn is_source(text: &str) -> bool {
    let from = source::Surroundings { option: Some(text.to_owned()), jetson: true, ..Default::default() };
    text == "command" || !matches!(Choice::make(&from), Err(source::Error::Usage(_)))
}

fn is_token(token: &str) -> bool {
    token.len() <= MOST_TOKEN
}

fn is_address(text: &str) -> bool {
    let (host, port) = text.rsplit_once(':').unwrap_or_default();
    !host.is_empty() && !host.contains(' ') && count(port).is_some_and(|port| (1..65536).contains(&port))
}
