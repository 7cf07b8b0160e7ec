//! `jscope`: the screen.

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use nix::unistd::Pid;

use super::stats::{self, INTERVAL_MS};
use super::{Applet, Failure, Outcome, ask, code, feed};
use crate::env;
use crate::source::Feed;
use crate::sys::{self, Signals};
use crate::view::frame::{self, PAGES, Places, View};
use crate::view::help;
use crate::view::keys::Key;
use crate::view::paint::Paint;
use crate::view::terminal::Terminal;

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
    let failed = |error: io::Error| Failure::io(code::IO, "terminal", &error);
    let signals = Signals::watch(&SIGNALS).map_err(failed)?;
    let terminal = Terminal::take_over().map_err(failed)?;
    let mut screen = Screen {
        feed,
        signals,
        terminal,
        paint,
        help: false,
        page: options.page,
        scroll: 0,
        places: Places::default(),
        notice: None,
        zero: Vec::new(),
    };
    let ended = screen.show();
    drop(screen);
    ended.map_err(failed)
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
    let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG")).unwrap_or_default();
    let locale = locale.to_ascii_lowercase();
    let utf8 = locale.contains("utf-8") || locale.contains("utf8");
    let colored = set("NO_COLOR").is_none() && !set("TERM").is_some_and(|term| term.starts_with("vt"));
    Paint { ascii: options.ascii || !utf8, color: options.color.unwrap_or(colored) }
}

const SIGNALS: [Signal; 6] =
    [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP, Signal::SIGWINCH, Signal::SIGCONT, Signal::SIGTSTP];

/// The screen while it is shown.
struct Screen {
    feed: Feed,
    signals: Signals,
    terminal: Terminal,
    paint: Paint,
    help: bool,
    /// The number of the page, and its lines above the screen.
    page: usize,
    scroll: u16,
    /// Where the last frame has put things.
    places: Places,
    /// What came of the last key.
    notice: Option<String>,
    /// Energy of rails at the last `z`, mJ.
    zero: Vec<(String, i64)>,
}

/// How the loop goes on.
enum Next {
    Wait,
    Draw,
    End(u8),
}

impl Screen {
    /// Draws and waits, until a key or a signal ends it; gives the exit code.
    fn show(&mut self) -> io::Result<u8> {
        self.feed.turn(Instant::now());
        loop {
            self.draw()?;
            loop {
                match self.wait()? {
                    Next::Wait => {}
                    Next::Draw => break,
                    Next::End(code) => return Ok(code),
                }
            }
        }
    }

    fn draw(&mut self) -> io::Result<()> {
        let Screen { feed, terminal, paint, help, notice, page, scroll, zero, places, .. } = self;
        let (origin, sample) = (feed.origin(), feed.sample(Instant::now()));
        let notice = notice.as_deref();
        let view = View { origin, sample, paint: *paint, notice, page: *page, scroll: *scroll, zero };
        terminal.draw(|area, buffer| {
            *places = frame::draw(&view, area, buffer);
            if *help {
                help::draw(*paint, *page, area, buffer);
            }
        })
    }

    /// Waits for the source, a key, a signal, or the time of a draw, and deals with it.
    fn wait(&mut self) -> io::Result<Next> {
        let now = Instant::now();
        let before = self.calm(now);
        let silent = self.feed.sample(now).age.is_none_or(|age| age > self.feed.interval());
        // The age of last values is shown, so a silent source is drawn again each second.
        let again = silent.then(|| now + Duration::from_secs(1));
        let due =
            [again, self.terminal.key_due()].into_iter().flatten().fold(self.feed.due(now), Instant::min);
        let waited = [Some(self.signals.as_fd()), Some(self.terminal.as_fd()), self.feed.descriptor()];
        let [_, typed, _] = sys::wait(waited, due)?;
        while let Some(signal) = self.signals.take() {
            if let Next::End(code) = self.take_signal(signal)? {
                return Ok(Next::End(code));
            }
        }
        if typed {
            self.terminal.read()?;
        }
        let now = Instant::now();
        let new = self.feed.turn(now) || self.calm(now) != before;
        if new && self.feed.origin().served {
            self.notice = None;
        }
        let mut next = if new || silent { Next::Draw } else { Next::Wait };
        while let Some(key) = self.terminal.key() {
            next = self.take_key(key)?;
            if let Next::End(_) = next {
                break;
            }
        }
        Ok(next)
    }

    /// Nothing is wrong with the source, as far as is known.
    fn calm(&self, now: Instant) -> bool {
        let sample = self.feed.sample(now);
        !sample.stale && sample.trouble.is_none()
    }

    fn take_signal(&mut self, signal: Signal) -> io::Result<Next> {
        match signal {
            Signal::SIGTSTP => self.suspend()?,
            Signal::SIGCONT => self.terminal.enter()?,
            Signal::SIGWINCH => {}
            ends => return Ok(Next::End(128 + ends as u8)),
        }
        Ok(Next::Draw)
    }

    fn take_key(&mut self, key: Key) -> io::Result<Next> {
        self.notice = None;
        match key {
            Key::Esc if self.help => self.help = false,
            Key::Char('q') | Key::Esc | Key::Ctrl('c') => return Ok(Next::End(0)),
            Key::Char('?') => self.help = !self.help,
            Key::Char('v') | Key::Tab | Key::Right => self.turn_to(self.page + 1),
            Key::BackTab | Key::Left => self.turn_to(self.page + PAGES.len() - 1),
            // One page after the ninth is reached by 0.
            Key::Char(digit @ '0'..='9') => {
                let number = digit.to_digit(10).map_or(0, |number| (number as usize + 9) % 10);
                if number < PAGES.len() {
                    self.turn_to(number);
                }
            }
            Key::Char('k') | Key::Up | Key::WheelUp => self.scroll_by(-1),
            Key::Char('j') | Key::Down | Key::WheelDown => self.scroll_by(1),
            Key::PageUp => self.scroll_by(-i32::from(self.places.rows)),
            Key::PageDown => self.scroll_by(i32::from(self.places.rows)),
            Key::Home => self.scroll = 0,
            Key::End => self.scroll = self.places.beyond,
            Key::Char('z') => self.zero_energy(),
            Key::Char('h') => self.help = !self.help,
            Key::Click(x, y) => self.click(x, y),
            Key::Char('r') => self.notice = self.feed.reconnect(Instant::now()).err(),
            // The whole job, as the terminal would: we are told, and stop, like the others.
            Key::Ctrl('z') => nix::sys::signal::kill(Pid::from_raw(0), Signal::SIGTSTP)?,
            Key::Ctrl('l') => self.terminal.enter()?,
            _ => {}
        }
        Ok(Next::Draw)
    }

    /// Counts energy from now on.
    fn zero_energy(&mut self) {
        self.zero.clear();
        for rail in self.feed.sample(Instant::now()).snapshot.into_iter().flat_map(|s| s.rails.iter()) {
            if let Some(mj) = rail.energy_mj {
                self.zero.push((rail.name.clone(), mj));
            }
        }
    }

    fn turn_to(&mut self, page: usize) {
        (self.page, self.scroll) = (page % PAGES.len(), 0);
    }

    fn scroll_by(&mut self, lines: i32) {
        let scroll = i32::from(self.scroll.min(self.places.beyond)).saturating_add(lines);
        self.scroll = u16::try_from(scroll.max(0)).unwrap_or(u16::MAX).min(self.places.beyond);
    }

    /// A click on the bar turns to that page.
    fn click(&mut self, x: u16, y: u16) {
        let Some((row, tabs)) = &self.places.tabs else { return };
        if let Some(page) = tabs.iter().position(|(begin, end)| y == *row && (*begin..*end).contains(&x)) {
            self.turn_to(page);
        }
    }

    /// Gives the terminal back and stops; goes on when the shell says so.
    fn suspend(&mut self) -> io::Result<()> {
        self.terminal.leave();
        nix::sys::signal::raise(Signal::SIGSTOP)?;
        self.terminal.enter()
    }
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
