//! `jetsonscope`: the executable under its own name. It runs the other applets by their names,
//! installs links to itself, and without arguments shows the board.

use std::ffi::OsString;
use std::io::IsTerminal;

use super::{APPLETS, Applet, Failure, Outcome, SUBCOMMANDS, code, find, install, print, start};

/// The applet.
pub static APPLET: Applet =
    Applet { name: "jetsonscope", aliases: &[], answers_to: &[], help: HELP, verbs: &[], run };

const HELP: &str = "\
usage: jetsonscope [APPLET [ARGUMENT]...]
       jetsonscope --list
       jetsonscope --install [-s] DIR
       jetsonscope simulate [OPTION]...

Monitor for NVIDIA Jetson boards. Without arguments it shows the board: on a
terminal as a live screen, elsewhere as one text snapshot. Off a Jetson it shows
a simulated board, and says so. Called by an applet's name, it is that applet.
The command simulate keeps a directory that looks like a board's files.

  --list             print the applets of this build, one per line
  --install DIR      link the applets' names in DIR to this file (hard links)
  -s, --symbolic     with --install: make relative symbolic links
  --help, --version  on every applet

Each applet has its own --help and manual page.
";

fn run(mut args: lexopt::Parser) -> Outcome {
    use lexopt::prelude::*;
    let mut directory: Option<OsString> = None;
    let mut symbolic = false;
    while let Some(arg) = args.next()? {
        match arg {
            Long("list") => return list(args),
            Long("install") if directory.is_none() => {
                directory = Some(args.optional_value().unwrap_or_default());
            }
            Short('s') | Long("symbolic") => symbolic = true,
            Value(name) if directory.is_none() && !symbolic => return applet(name, args),
            Value(value) if directory.as_ref().is_some_and(|directory| directory.is_empty()) => {
                directory = Some(value);
            }
            _ => return Err(arg.unexpected().into()),
        }
    }
    match directory {
        None if symbolic => Err(Failure::usage("--symbolic: only with --install")),
        None => show(),
        Some(directory) if directory.is_empty() => Err(Failure::usage("--install: no directory given")),
        Some(directory) => install::install(directory.as_ref(), symbolic),
    }
}

fn applet(name: OsString, mut args: lexopt::Parser) -> Outcome {
    let Some(applet) = find(APPLETS, &name).or_else(|| find(SUBCOMMANDS, &name)) else {
        let names = names().join(" ");
        let message = format_args!("no applet \"{}\" (there are: {names})", name.display()).to_string();
        return Err(Failure::new(code::NO_APPLET, message));
    };
    let rest: Vec<OsString> = args.raw_args()?.collect();
    start(applet, rest).map_err(|failure| named(applet, failure))
}

/// An applet that was run by the first argument reports under its own name.
fn named(applet: &Applet, failure: Failure) -> Failure {
    if !failure.message.is_empty() {
        super::say(applet.name, &failure.message);
    }
    Failure { message: String::new(), ..failure }
}

fn names() -> Vec<&'static str> {
    let all = APPLETS.iter().flat_map(|applet| std::iter::once(&applet.name).chain(applet.aliases));
    all.copied().collect()
}

fn list(mut args: lexopt::Parser) -> Outcome {
    if let Some(arg) = args.next()? {
        return Err(arg.unexpected().into());
    }
    print(&names().iter().map(|name| format!("{name}\n")).collect::<String>())
}

/// The names that `--install` links.
pub(super) fn links() -> impl Iterator<Item = &'static str> {
    names().into_iter()
}

#[cfg(feature = "tui")]
fn show() -> Outcome {
    if std::io::stdout().is_terminal() {
        return start(&super::jscope::APPLET, Vec::new());
    }
    snapshot()
}

#[cfg(not(feature = "tui"))]
fn show() -> Outcome {
    let _ = std::io::stdout().is_terminal();
    snapshot()
}

#[cfg(any(feature = "cli", feature = "tui"))]
fn snapshot() -> Outcome {
    super::stats::here()
}

#[cfg(not(any(feature = "cli", feature = "tui")))]
fn snapshot() -> Outcome {
    Err(Failure::usage("this build shows nothing: it has neither tui nor cli"))
}
