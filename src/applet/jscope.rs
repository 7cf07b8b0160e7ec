//! `jscope`: the screen.

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::time::Duration;

use ratatui::layout::Rect;

use super::ask::put;
use super::stats::{self, INTERVAL_MS};
use super::{Applet, Failure, Outcome, ask, code, feed, say};
use crate::append;
use crate::env;
use crate::screen::back::Back;
use crate::screen::kept::{self, Kept};
use crate::screen::{Screen, Setup, once};
use crate::view::frame::{self, PAGES};
use crate::view::paint::Paint;
use crate::view::theme::{self, Palette};
use crate::view::{picture, terminal};

/// The applet.
pub static APPLET: Applet =
    Applet { name: "jscope", aliases: &[], answers_to: &[], help: HELP, verbs: &[], run };

const HELP: &str = "\
usage: jscope [--socket PATH] [--source S] [--root DIR] [--interval MS]
              [--page NAME] [--theme NAME] [--ascii] [--color WHEN]
              [--once [--svg FILE]]

Shows the board as a live screen; where there is no terminal, as one text
snapshot. Values are those of the server; without it, they are read here.
  --socket PATH   the server's socket
  --source S      read here: auto, sysfs, tegrastats, command[:CMD],
                  file:FILE (- is stdin), emulator[:BOARD[:SCENARIO]],
                  synthetic[:BOARD[:SCENARIO]]
  --root DIR      take a directory for the board
  --interval MS   sampling interval, 100 to 3600000 (1000)
  --page NAME     begin with that page, by name or number
  --theme NAME    default, neon, light, safe (for colour-blind eyes) or mono
  --ascii         draw with ASCII characters only
  --color WHEN    auto, always or never (auto)
  --once          print one frame and end; with --svg as a picture (- is stdout)
  --help, --version
keys: q quit, h help, v next page, 1 to 9 that page, arrows scroll, p pause,
      +/- interval, t theme, w write files, W remember settings, r reconnect,
      c jetson_clocks, m power mode, f fan (with a plan, and only after a yes)
";

/// How long the screen may stand while it connects anew.
const CONNECTING: Duration = Duration::from_millis(500);
/// A frame that is asked for is no larger, columns or lines.
const LARGEST: u16 = 1000;

#[derive(Default)]
struct Options {
    source: Option<String>,
    root: Option<OsString>,
    socket: Option<OsString>,
    /// What may be remembered.
    kept: Kept,
    color: Option<bool>,
    once: bool,
    svg: Option<OsString>,
}

fn run(args: lexopt::Parser) -> Outcome {
    let mut options = options(args)?;
    let wrong = options.remember();
    let is_terminal = io::stdout().is_terminal();
    let mut reading = reading(&mut options);
    if options.once {
        if let Some(wrong) = wrong {
            say("jscope", &wrong);
        }
        return print_once(&options, &mut reading, is_terminal);
    }
    if !is_terminal {
        return stats::once(&mut reading);
    }
    let term = variable("TERM");
    if is_dumb(&term) {
        let hint = "cannot move its cursor (jscope --once prints one frame)";
        return Err(Failure::new(code::UNAVAILABLE, format_args!("terminal \"{term}\" {hint}")));
    }
    let feed = feed::open(&mut reading)?;
    let back = Back::new(reading.asking.addresses(), reading.asking.root()?);
    reading.asking.timeout = CONNECTING;
    let setup = Setup {
        paint: paint(&options, &|name| std::env::var_os(name)),
        theme: options.kept.theme.unwrap_or(0),
        depth: theme::depth(&term, &variable("COLORTERM")),
        page: options.kept.page.unwrap_or(0),
        notice: wrong,
        reopen: Box::new(move |interval| {
            reading.interval = interval;
            feed::open(&mut reading).map_err(|failure| failure.message)
        }),
    };
    let mut screen = Screen::take_over(feed, back, setup).map_err(failed)?;
    let ended = screen.show();
    drop(screen);
    ended.map_err(failed)
}

fn failed(error: io::Error) -> Failure {
    Failure::io(code::IO, "terminal", &error)
}

fn variable(name: &str) -> String {
    std::env::var_os(name).unwrap_or_default().to_string_lossy().into_owned()
}

fn is_dumb(term: &str) -> bool {
    term.is_empty() || term == "dumb"
}

/// What is to be read, as for `jscopectl stats`.
fn reading(options: &mut Options) -> stats::Options {
    let interval = options.kept.interval.unwrap_or(Duration::from_millis(INTERVAL_MS));
    let mut reading = stats::Options { source: options.source.take(), interval, ..stats::Options::default() };
    reading.mode = env::variable(env::TUI_MODE);
    reading.asking.quiet = true;
    reading.asking.socket = options.socket.take();
    reading.asking.take_root(options.root.take());
    reading.read_here();
    reading
}

/// Prints a frame, or writes it as a picture.
fn print_once(options: &Options, reading: &mut stats::Options, is_terminal: bool) -> Outcome {
    let mut feed = feed::open_once(reading)?;
    if let Some(code) = stats::take(&mut feed, reading)? {
        return Ok(code);
    }
    let mut paint = paint(options, &|name| std::env::var_os(name));
    let term = variable("TERM");
    if options.svg.is_some() {
        paint = Paint { ascii: options.kept.ascii == Some(true), color: options.color != Some(false) };
    } else if options.color.is_none() {
        paint.color &= is_terminal && !is_dumb(&term);
    }
    let back = Back::new(reading.asking.addresses(), reading.asking.root()?);
    let area = area(&variable("COLUMNS"), &variable("LINES"), is_terminal);
    let frame = once::frame(&feed, back, paint, options.kept.page.unwrap_or(0), area).map_err(failed)?;
    let depth = theme::depth(&term, &variable("COLORTERM"));
    let palette = Palette::new(options.kept.theme.unwrap_or(0), paint.color, depth);
    match &options.svg {
        None => put(&picture::text(&frame, palette, paint.color)).map(|_| 0),
        Some(path) if path == "-" => put(&picture::svg(&frame, palette)).map(|_| 0),
        Some(path) => append::replace(Path::new(path), &picture::svg(&frame, palette))
            .map(|()| 0)
            .map_err(|error| Failure::new(code::CANNOT_CREATE, format_args!("{}: {error}", path.display()))),
    }
}

/// The size of a frame: what the variables say, else the terminal's own, or a usual one.
fn area(columns: &str, lines: &str, is_terminal: bool) -> Rect {
    let usual = Rect::new(0, 0, 80, 24);
    let own = if is_terminal { terminal::area().unwrap_or(usual) } else { usual };
    let size = |text: &str, own: u16| text.parse().ok().filter(|n| (1..=LARGEST).contains(n)).unwrap_or(own);
    Rect::new(0, 0, size(columns, own.width), size(lines, own.height))
}

impl Options {
    /// Takes what was remembered where no option says otherwise; what is wrong with that.
    fn remember(&mut self) -> Option<String> {
        let path = kept::path(&|name| std::env::var_os(name))?;
        let (kept, wrong) = Kept::load(&path);
        let own = &mut self.kept;
        own.theme = own.theme.or(kept.theme);
        own.page = own.page.or(kept.page);
        own.interval = own.interval.or(kept.interval);
        own.ascii = own.ascii.or(kept.ascii);
        wrong
    }
}

fn options(mut args: lexopt::Parser) -> Result<Options, Failure> {
    use lexopt::prelude::*;
    let mut options = Options::default();
    while let Some(arg) = args.next()? {
        let kept = &mut options.kept;
        match arg {
            Long("source") => options.source = Some(word(&mut args)?),
            Long("socket") => options.socket = Some(ask::socket(args.value()?)?),
            Long("root") => options.root = Some(args.value()?),
            Long("interval") => kept.interval = Some(stats::interval(&word(&mut args)?)?),
            Long("page") => kept.page = Some(page(&word(&mut args)?)?),
            Long("theme") => kept.theme = Some(theme(&word(&mut args)?)?),
            Long("ascii") => kept.ascii = Some(true),
            Long("color") => options.color = color(&word(&mut args)?)?,
            Long("once") => options.once = true,
            Long("svg") => options.svg = Some(args.value()?),
            _ => return Err(arg.unexpected().into()),
        }
    }
    match options.svg.is_some() && !options.once {
        true => Err(Failure::usage("--svg: only with --once")),
        false => Ok(options),
    }
}

/// The value of an option; one place for its errors, which are large.
#[inline(never)]
fn word(args: &mut lexopt::Parser) -> Result<String, Failure> {
    use lexopt::ValueExt;
    Ok(args.value()?.string()?)
}

fn theme(name: &str) -> Result<usize, Failure> {
    let wrong =
        || format_args!("--theme: no theme \"{name}\" (default, neon, light, safe, mono)").to_string();
    theme::named(name).ok_or_else(|| Failure::usage(wrong()))
}

fn page(name: &str) -> Result<usize, Failure> {
    // As its key: the tenth is 0.
    let number = name.parse::<usize>().ok().map(|number| number.checked_sub(1).unwrap_or(9));
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
fn paint(options: &Options, variable: &dyn Fn(&str) -> Option<OsString>) -> Paint {
    let value = |name: &str| variable(name).unwrap_or_default();
    let has_colors = value("NO_COLOR").is_empty() && !value("TERM").as_encoded_bytes().starts_with(b"vt");
    let utf8 = env::is_utf8(variable);
    let ascii = options.kept.ascii == Some(true) || !utf8;
    Paint { ascii, color: options.color.unwrap_or(has_colors) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_what_the_terminal_can_do() {
        let options = |ascii, color| {
            let kept = Kept { ascii: Some(ascii), ..Kept::default() };
            Options { kept, color, ..Options::default() }
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
            let variable = |name: &str| set.iter().find(|(n, _)| *n == name).map(|(_, value)| value.into());
            let paint = paint(&options(ascii, color), &variable);
            assert_eq!((paint.ascii, paint.color), wanted, "{set:?}");
        }
    }
    #[test]
    fn ok_sizes_of_a_frame() {
        for (columns, lines, wanted) in [
            ("", "", (80, 24)),
            ("100", "30", (100, 30)),
            ("100", "", (100, 24)),
            ("0", "-1", (80, 24)),
            ("1000", "1001", (1000, 24)),
            ("65536", "x", (80, 24)),
            ("1", "1", (1, 1)),
        ] {
            let area = area(columns, lines, false);
            assert_eq!((area.width, area.height), wanted, "{columns:?} {lines:?}");
        }
    }

    #[test]
    fn ok_pages_by_name_and_number() {
        for (name, wanted) in
            [("1", Some(0)), ("10", Some(9)), ("0", Some(9)), ("info", Some(9)), ("Pow", Some(5))]
        {
            assert_eq!(page(name).ok(), wanted, "{name}");
        }
        for name in ["11", "-1", "", "00x", "Powerful"] {
            assert!(page(name).is_err(), "{name}");
        }
    }

    #[test]
    fn err_options() {
        for (words, wanted) in [
            (&["--svg", "x"][..], "--svg: only with --once (try --help)"),
            (
                &["--theme", "nean"],
                "--theme: no theme \"nean\" (default, neon, light, safe, mono) (try --help)",
            ),
            (&["--theme", ""], "--theme: no theme \"\" (default, neon, light, safe, mono) (try --help)"),
            (&["--color", "yes"], "--color: \"yes\" is not auto, always or never (try --help)"),
        ] {
            let failure = options(lexopt::Parser::from_args(words)).err().expect("a failure");
            assert_eq!((failure.code, failure.message.as_str()), (code::USAGE, wanted), "{words:?}");
        }
    }
}
