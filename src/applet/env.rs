//! `jetson_scope_env`: the variables that are heeded and the settings of the server, with what each
//! has its value from. Reads the environment and files; changes nothing and asks no server.

use std::borrow::Cow;
use std::ffi::OsString;
use std::path::PathBuf;

use super::meta::as_line;
use super::{Applet, Outcome, print, root, say};
use crate::config::{Config, Loaded, Options, Origin};
use crate::env;
use crate::wire::Value;

/// The applet.
pub static APPLET: Applet =
    Applet { name: "jetson_scope_env", aliases: &[], answers_to: &[], help: HELP, verbs: &[], run };

const HELP: &str = "\
usage: jetson_scope_env [--json] [--config FILE] [--root DIR]

Lists the variables JETSONSCOPE_* and TEGRA_* that are set, and which of two
names won; then each setting of the server and where it comes from: a variable,
FILE:LINE, or default. Files are read as this user: what a server of the system
would take is seen as root. Tokens are not shown, only how long they are.

  --json          one object in JSON
  --config FILE   read FILE in place of the files of /etc and of the user
  --root DIR      take DIR for the board: its /etc/jetsonscope is read
  --help, --version

exit codes: 0, 64 usage, 66 no such directory, 74 output failed,
78 a file or a variable is wrong
";

/// A variable that is set.
#[derive(Debug, PartialEq, Eq)]
struct Variable {
    name: String,
    value: String,
    /// What it does.
    use_: Use,
}

#[derive(Debug, PartialEq, Eq)]
enum Use {
    /// It is in force.
    Used,
    /// It is empty, and so counts as unset.
    Empty,
    /// The other name of the same variable is set.
    Hidden(&'static str),
    /// Nothing heeds it.
    Unknown,
}

fn run(mut args: lexopt::Parser) -> Outcome {
    use lexopt::prelude::*;
    let (mut json, mut directory, mut options) = (false, None, Options::default());
    while let Some(arg) = args.next()? {
        match arg {
            Long("json") => json = true,
            Long("config") => options.file = Some(PathBuf::from(args.value()?)),
            Long("root") => {
                let value = args.value()?;
                options.take("root", value.clone());
                directory = Some(value);
            }
            _ => return Err(arg.unexpected().into()),
        }
    }
    let root = root::root(directory)?;
    let variables = variables(std::env::vars_os().collect());
    let loaded = Config::load(&options, &root, &|name| std::env::var_os(name))?;
    for warning in &loaded.warnings {
        say(APPLET.name, warning);
    }
    print(&if json { as_line(&tree(&variables, &loaded)) } else { text(&variables, &loaded.origins) })
}

/// Those of the environment that begin as ours do, sorted by name.
fn variables(found: Vec<(OsString, OsString)>) -> Vec<Variable> {
    let own = |name: &str| ["JETSONSCOPE_", "TEGRA_", "TEGRASTATS_"].iter().any(|own| name.starts_with(own));
    // They are a handful: put in their places one by one, they need no sort of their own, 8 kB.
    let mut all: Vec<(OsString, OsString)> = Vec::new();
    for one in found.into_iter().filter(|(name, _)| own(&name.to_string_lossy())) {
        let at = all.partition_point(|other| other.0 < one.0);
        all.insert(at, one);
    }
    let is_set = |name: &str| all.iter().any(|(set, value)| set == name && !value.is_empty());
    let look = |(name, value): &(OsString, OsString)| {
        let (name, value) = (name.to_string_lossy().into_owned(), value.to_string_lossy());
        let names = env::ALL.iter().find(|names| names.contains(&&*name));
        let winner = names.and_then(|names| names.iter().find(|name| is_set(name)));
        let use_ = match (names, winner) {
            (None, _) => Use::Unknown,
            _ if value.is_empty() => Use::Empty,
            (_, Some(winner)) if *winner != name => Use::Hidden(winner),
            _ => Use::Used,
        };
        let secret = name.contains("TOKEN") && !value.is_empty();
        Variable { value: if secret { env::masked(&value) } else { value.into_owned() }, name, use_ }
    };
    all.iter().map(look).collect()
}

/// The variables, then the settings, a line each.
fn text(variables: &[Variable], settings: &[Origin]) -> String {
    let mut out = String::new();
    for Variable { name, value, use_ } in variables {
        let what = match use_ {
            Use::Used => "used",
            Use::Empty => "empty, counts as unset",
            Use::Hidden(winner) => &["hidden by ", winner].concat(),
            Use::Unknown => "unknown",
        };
        line(&mut out, name, value, what);
    }
    if !out.is_empty() {
        out.push('\n');
    }
    for origin in settings {
        let value = if origin.value.is_empty() { "-" } else { &origin.value };
        line(&mut out, origin.key, value, &origin.from);
    }
    out
}

/// `name = value  (what)`; what is not printable is escaped.
fn line(out: &mut String, name: &str, value: &str, what: &str) {
    for part in [name, " = ", value, "  (", what, ")"] {
        for c in part.chars() {
            if c.is_control() { out.extend(c.escape_default()) } else { out.push(c) }
        }
    }
    out.push('\n');
}

/// An object with these members.
fn object<'a>(members: &[(&'static str, Value<'a>)]) -> Value<'a> {
    Value::Map(members.iter().map(|(name, value)| (Cow::Borrowed(*name), value.clone())).collect())
}

/// The same as a tree: `{"variables": [...], "settings": [...]}`.
fn tree<'a>(variables: &'a [Variable], loaded: &'a Loaded) -> Value<'a> {
    let text = |text: &'a str| Value::Text(Cow::Borrowed(text));
    let variable = |variable: &'a Variable| {
        let (state, winner) = match &variable.use_ {
            Use::Used => ("used", Value::Null),
            Use::Empty => ("empty", Value::Null),
            Use::Hidden(winner) => ("hidden", text(winner)),
            Use::Unknown => ("unknown", Value::Null),
        };
        let (name, value) = (text(&variable.name), text(&variable.value));
        object(&[("name", name), ("value", value), ("state", text(state)), ("hidden_by", winner)])
    };
    let setting = |origin: &'a Origin| {
        let value = if origin.value.is_empty() { Value::Null } else { text(&origin.value) };
        object(&[("key", text(origin.key)), ("value", value), ("from", text(&origin.from))])
    };
    object(&[
        ("variables", Value::List(variables.iter().map(variable).collect())),
        ("settings", Value::List(loaded.origins.iter().map(setting).collect())),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(pairs: &[(&str, &str)]) -> Vec<Variable> {
        variables(pairs.iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    #[test]
    fn ok_variables() {
        let (new, old) = ("JETSONSCOPE_SOCKET_PATH", "TEGRA_SOCKET_PATH");
        for (pairs, wanted) in [
            (&[("HOME", "/root"), ("JETSON", "1"), ("TEGRA", "1")][..], &[][..]),
            (&[(old, "/a")], &[(old, "/a", Use::Used)]),
            (&[(old, "/a"), (new, "/b")], &[(new, "/b", Use::Used), (old, "/a", Use::Hidden(new))]),
            (&[(old, "/a"), (new, "")], &[(new, "", Use::Empty), (old, "/a", Use::Used)]),
            (&[("TEGRASTATS_CMD", "a")], &[("TEGRASTATS_CMD", "a", Use::Used)]),
            (&[("JETSONSCOPE_NO", "a")], &[("JETSONSCOPE_NO", "a", Use::Unknown)]),
            (&[("TEGRA_AUTH_TOKEN", "geheim")], &[("TEGRA_AUTH_TOKEN", "set (6 characters)", Use::Used)]),
            (&[("TEGRA_AUTH_TOKEN", "")], &[("TEGRA_AUTH_TOKEN", "", Use::Empty)]),
            (
                &[("JETSONSCOPE_METRICS_TOKEN", "\u{e4}")],
                &[("JETSONSCOPE_METRICS_TOKEN", "set (1 characters)", Use::Used)],
            ),
        ] {
            let found = set(pairs);
            let found: Vec<_> = found.iter().map(|one| (&*one.name, &*one.value, &one.use_)).collect();
            let wanted: Vec<_> = wanted.iter().map(|(name, value, use_)| (*name, *value, use_)).collect();
            assert_eq!(found, wanted, "{pairs:?}");
        }
    }

    #[test]
    fn ok_text() {
        let variables = set(&[("TEGRA_A", "a\n\x1b[2J"), ("JETSONSCOPE_PROTO", "")]);
        let wanted = "JETSONSCOPE_PROTO =   (empty, counts as unset)\n\
                      TEGRA_A = a\\n\\u{1b}[2J  (unknown)\n\n\
                      http = -  (default)\n";
        let origin = Origin { key: "http", value: String::new(), from: "default".into() };
        assert_eq!(text(&variables, &[origin]), wanted);
    }
}
