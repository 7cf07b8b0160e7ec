//! `jscope`: the screen.

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal};
use std::time::Duration;

use super::stats::{self, INTERVAL_MS};
use super::{Applet, Failure, Outcome, ask, code, feed};
use crate::env;
use crate::screen::Screen;
use crate::screen::back::Back;
use crate::sys;
use crate::view::frame::{self, PAGES};
use crate::view::paint::Paint;

/// The applet.
pub static APPLET: Applet =
    Applet { name: "jscope", aliases: &[], answers_to: &[], help: HELP, verbs: &[], run };

const HELP: &str = "\
usage: jscope [--socket PATH] [--source S] [--root DIR] [--interval MS]
              [--page NAME] [--ascii] [--color WHEN]

Shows the board as a live screen; where there is no terminal, as one text
snapshot. Values are those of the server; without it, they are read here.
  --socket PATH   the server's socket
  --source S      read here: auto, sysfs, tegrastats, command[:CMD],
                  file:FILE (- is stdin), emulator[:BOARD[:SCENARIO]],
                  synthetic[:BOARD[:SCENARIO]]
  --root DIR      take a directory for the board
  --interval MS   sampling interval, 100 to 3600000 (1000)
  --page NAME     begin with that page, by name or number
  --ascii         draw with ASCII characters only
  --color WHEN    auto, always or never (auto)
  --help, --version
keys: q quit, h help, v next page, 1 to 9 that page, arrows scroll, r reconnect
";

struct Options {
    source: Option<String>,
    root: Option<OsString>,
    socket: Option<OsString>,
    interval: Duration,
    page: usize,
    ascii: bool,
    color: Option<bool>,
}

fn run(args: lexopt::Parser) -> Outcome {
    let mut options = options(args)?;
    let plain =
        !io::stdout().is_terminal() || matches!(std::env::var("TERM").as_deref(), Err(_) | Ok("dumb" | ""));
    let (source, interval) = (options.source.take(), options.interval);
    let mut reading = stats::Options { source, interval, ..stats::Options::default() };
    reading.mode = env::variable(env::TUI_MODE);
    reading.asking.quiet = true;
    reading.asking.socket = options.socket.take();
    reading.asking.take_root(options.root.take());
    reading.read_here();
    if plain {
        return stats::once(&mut reading);
    }
    let feed = feed::open(&mut reading)?;
    let paint = paint(&options, |name| std::env::var_os(name));
    if options.color == Some(true) {
        sys::forget_variable("NO_COLOR"); // termion would draw without colours for it
    }
    let root = reading.asking.root()?;
    let back = Back::new(reading.asking.addresses(), root);
    let mut screen = Screen::take_over(feed, back, paint).map_err(failed)?;
    screen.turn_to(options.page);
    let ended = screen.show();
    drop(screen);
    ended.map_err(failed)
}

fn failed(error: io::Error) -> Failure {
    Failure::io(code::IO, "terminal", &error)
}

fn options(mut args: lexopt::Parser) -> Result<Options, Failure> {
    use lexopt::prelude::*;
    let interval = Duration::from_millis(INTERVAL_MS);
    let mut options =
        Options { source: None, root: None, socket: None, interval, page: 0, ascii: false, color: None };
    while let Some(arg) = args.next()? {
        match arg {
            Long("source") => options.source = Some(args.value()?.string()?),
            Long("socket") => options.socket = Some(ask::socket(args.value()?)?),
            Long("root") => options.root = Some(args.value()?),
            Long("interval") => options.interval = stats::interval(&args.value()?.string()?)?,
            Long("page") => options.page = page(&args.value()?.string()?)?,
            Long("ascii") => options.ascii = true,
            Long("color") => options.color = color(&args.value()?.string()?)?,
            _ => return Err(arg.unexpected().into()),
        }
    }
    Ok(options)
}

fn page(name: &str) -> Result<usize, Failure> {
    let number = name.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    let found = number.filter(|number| *number < PAGES.len()).or_else(|| frame::page_named(name));
    let names = || PAGES.iter().map(|page| page.name).collect::<Vec<_>>().join(", ");
    found.ok_or_else(|| Failure::usage(format_args!("--page: no page \"{name}\" ({})", names())))
}

fn color(when: &str) -> Result<Option<bool>, Failure> {
    match when {
        "auto" => Ok(None),
        "always" => Ok(Some(true)),
        "never" => Ok(Some(false)),
        _ => Err(Failure::usage(format_args!("--color: \"{when}\" is not auto, always or never"))),
    }
}

/// What the terminal can do: UTF-8 by the locale, colours unless NO_COLOR is set or it has none.
fn paint<V: AsRef<OsStr>>(options: &Options, variable: impl Fn(&str) -> Option<V>) -> Paint {
    let value = |name: &str| variable(name).map(|value| value.as_ref().to_string_lossy().into_owned());
    let set = |name: &str| value(name).filter(|value| !value.is_empty());
    let utf8 = crate::env::is_utf8(&|name| variable(name).map(|value| value.as_ref().to_owned()));
    let colored = set("NO_COLOR").is_none() && !set("TERM").is_some_and(|term| term.starts_with("vt"));
    Paint { ascii: options.ascii || !utf8, color: options.color.unwrap_or(colored) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_what_the_terminal_can_do() {
        let options = |ascii, color| Options {
            source: None,
            root: None,
            socket: None,
            interval: Duration::ZERO,
            page: 0,
            ascii,
            color,
        };
        for (set, ascii, color, wanted) in [
            (&[("LANG", "de_DE.UTF-8")][..], false, None, (false, true)),
            (&[("LANG", "C.utf8"), ("NO_COLOR", "1")], false, None, (false, false)),
            (&[("LANG", "C.utf8"), ("NO_COLOR", "1")], false, Some(true), (false, true)),
            (&[("LANG", "C.utf8"), ("NO_COLOR", "")], true, None, (true, true)),
            (&[("LANG", "C.UTF-8"), ("LC_ALL", "C")], false, None, (true, true)),
            (&[("TERM", "vt100")], false, None, (true, false)),
            (&[("TERM", "xterm-256color")], false, Some(false), (true, false)),
        ] {
            let variable = |name: &str| set.iter().find(|(n, _)| *n == name).map(|(_, value)| *value);
            let paint = paint(&options(ascii, color), variable);
            assert_eq!((paint.ascii, paint.color), wanted, "{set:?}");
        }
    }
}
