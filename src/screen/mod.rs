//! The screen while it is shown: keys, samples and answers in, frames out.

pub mod back;
mod here;
pub mod kept;
mod key;
pub mod once;
mod set;

use std::collections::VecDeque;
use std::io;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::env;
use crate::process::user_name;
use crate::snapshot::Snapshot;
use crate::source::{Feed, KEPT, Sample};
use crate::sys::{self, Signals};
use crate::view::dialog;
use crate::view::frame::{self, PAGES, Places, View};
use crate::view::help;
use crate::view::more::{More, Topic};
use crate::view::paint::Paint;
use crate::view::terminal::Terminal;
use crate::view::theme::{Depth, Palette};
use crate::wire::request::Request;
use back::Back;

const SIGNALS: [Signal; 6] =
    [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP, Signal::SIGWINCH, Signal::SIGCONT, Signal::SIGTSTP];

/// How long a frame waits for an answer.
const HELD: Duration = Duration::from_millis(50);
/// So much sooner is asked what is asked with a sample, and so much later what no sample comes for.
const SLACK: Duration = Duration::from_millis(400);

/// Opens the source anew, with another time between samples.
pub type Reopen = Box<dyn FnMut(Duration) -> Result<Feed, String>>;

/// How the screen begins.
pub struct Setup {
    /// How to draw.
    pub paint: Paint,
    /// The number of the theme.
    pub theme: usize,
    /// What the terminal has.
    pub depth: Depth,
    /// The number of the page.
    pub page: usize,
    /// A line for its foot.
    pub notice: Option<String>,
    /// What `+` and `-` open.
    pub reopen: Reopen,
}

/// A sample that is shown instead of the source's own.
struct Held {
    snapshot: Snapshot,
    age: Duration,
    stale: bool,
    since: Instant,
}

/// What keys have asked for that is done before the next frame, once: keys may come by the thousand.
#[derive(Default)]
struct Todo {
    interval: Option<Duration>,
    write: bool,
    remember: bool,
}

/// The screen.
pub struct Screen {
    feed: Feed,
    held: Option<Held>,
    setup: Setup,
    back: Back,
    signals: Signals,
    terminal: Terminal,
    paint: Paint,
    help: bool,
    /// Lines of it above the screen, and those that there is no room for.
    help_at: u16,
    help_beyond: u16,
    /// The number of the page, and its lines above the screen.
    page: usize,
    scroll: u16,
    /// Where the last frame has put things.
    places: Places,
    /// What came of the last key.
    notice: Option<String>,
    more: More,
    todo: Todo,
    /// What was asked for the page, and when.
    asked: Option<(Topic, Request, Instant)>,
    /// Until when a frame waits for what was asked when its sample came: one frame shows both.
    hold: Option<Instant>,
    /// What keys have asked for.
    asks: VecDeque<(Topic, Request)>,
}

/// How the loop goes on.
enum Next {
    Wait,
    Draw,
    End(u8),
}

impl Screen {
    /// Takes over the terminal.
    ///
    /// # Errors
    /// There is none, or it cannot be set.
    pub fn take_over(feed: Feed, back: Back, mut setup: Setup) -> io::Result<Screen> {
        let mut more = More::default();
        more.processes.own = user_name(back.root(), nix::unistd::geteuid().as_raw());
        more.dialog.token = env::token();
        let palette = Palette::new(setup.theme, setup.paint.color, setup.depth);
        Ok(Screen {
            feed,
            held: None,
            back,
            signals: Signals::watch(&SIGNALS)?,
            terminal: Terminal::take_over(palette)?,
            paint: setup.paint,
            help: false,
            help_at: 0,
            help_beyond: 0,
            page: setup.page,
            scroll: 0,
            places: Places::default(),
            notice: setup.notice.take(),
            setup,
            more,
            todo: Todo::default(),
            asked: None,
            hold: None,
            asks: VecDeque::new(),
        })
    }

    /// Draws and waits, until a key or a signal ends it; gives the exit code.
    ///
    /// # Errors
    /// Those of the terminal.
    pub fn show(&mut self) -> io::Result<u8> {
        let new = self.turn(Instant::now());
        self.look_for_server(Instant::now());
        self.ask(Instant::now(), new);
        let mut wanted = true;
        loop {
            if wanted && self.hold.is_none() && self.terminal.is_free()? {
                self.catch_up();
                self.draw()?;
                wanted = false;
            }
            match self.wait()? {
                Next::Wait => {}
                Next::Draw => wanted = true,
                Next::End(code) => return Ok(code),
            }
        }
    }

    /// Shows a page from its top.
    fn turn_to(&mut self, page: usize) {
        (self.page, self.scroll) = (page % PAGES.len(), 0);
    }

    fn draw(&mut self) -> io::Result<()> {
        let now = Instant::now();
        self.more.tick(now, sys::unix_ms());
        self.more.simulated = self.feed.origin().simulated;
        if !self.more.paused && self.feed.sample(now).snapshot.is_some() {
            self.held = None;
        }
        let Screen { feed, held, terminal, paint, notice, page, scroll, more, places, .. } = self;
        let (help, at, beyond) = (self.help, self.help_at, &mut self.help_beyond);
        let (origin, sample) = (feed.origin(), shown(feed, held.as_ref(), more.paused, now));
        let notice = notice.as_deref();
        let view = View { origin, sample, paint: *paint, notice, page: *page, scroll: *scroll, more };
        terminal.draw(|area, buffer| {
            *places = frame::draw(&view, area, buffer);
            if help {
                *beyond = help::draw(*paint, *page, at, area, buffer);
            }
        })?;
        self.more.dialog.beyond = self.places.dialog;
        Ok(())
    }

    /// Waits for the source, a key, a signal, an answer, or the time of a draw, and deals with it.
    fn wait(&mut self) -> io::Result<Next> {
        let now = Instant::now();
        let before = self.calm(now);
        let silent = self.feed.sample(now).age.is_none_or(|age| age > self.feed.interval());
        // The age of last values is shown, so a silent source is drawn again each second; so is what counts.
        let silent = silent || self.more.dialog.counts();
        let again = silent.then(|| now + Duration::from_secs(1));
        let due = [again, self.terminal.key_due(), self.back.due(), self.want_due(), self.hold];
        let due = due.into_iter().flatten().fold(self.feed.due(now), Instant::min);
        let (signals, terminal) = (Some(self.signals.as_fd()), Some(self.terminal.as_fd()));
        let room = self.terminal.output();
        let waited = [signals, terminal, self.feed.descriptor(), self.back.descriptor(), room];
        let [_, typed, _, _, room] = sys::wait_for_room(waited, 4, due)?;
        if room {
            self.terminal.flush()?;
        }
        let mut unseen = false;
        while let Some(signal) = self.signals.take() {
            match self.take_signal(signal)? {
                Next::End(code) => return Ok(Next::End(code)),
                Next::Draw => unseen = true,
                Next::Wait => {}
            }
        }
        if typed {
            self.terminal.read()?;
        }
        let now = Instant::now();
        self.more.tick(now, sys::unix_ms());
        let new = (self.turn(now) || self.calm(now) != before) && !self.more.paused;
        // What could not be done while there was trouble is of the past; other lines stay until the next key.
        if new && !before && self.feed.origin().served {
            self.notice = None;
        }
        let changed = self.look_for_server(now);
        let answer = self.back.turn(now);
        let mut draws = new || silent || unseen || changed || answer.is_some();
        if let Some((topic, result)) = answer {
            self.more.answered(topic, result);
        }
        while let Some(key) = self.terminal.key() {
            match self.take_key(key)? {
                Next::End(code) => return Ok(Next::End(code)),
                Next::Draw => draws = true,
                Next::Wait => {}
            }
        }
        draws |= self.ask(now, new);
        self.hold = self.hold.filter(|until| *until > now && !typed && !self.back.is_free());
        Ok(if draws { Next::Draw } else { Next::Wait })
    }

    /// Takes what the source has; true when there is a new sample, which is remembered.
    fn turn(&mut self, now: Instant) -> bool {
        let new = self.feed.turn(now);
        if new {
            self.back.record(&self.feed, now);
            if let Some(snapshot) = self.feed.sample(now).snapshot {
                self.more.peaks.see(snapshot, now);
            }
        }
        new
    }

    /// Looks whether a server makes the changes now; true when that is new. What was to be asked was meant for
    /// another board then.
    fn look_for_server(&mut self, now: Instant) -> bool {
        let served = self.feed.origin().served && self.feed.sample(now).trouble.is_none();
        if served == self.more.dialog.served {
            return false;
        }
        if let Some(note) = self.more.dialog.serve(served, now) {
            self.notice = Some(note.to_owned());
        }
        for (topic, _) in std::mem::take(&mut self.asks) {
            self.more.answered(topic, Err(dialog::moved(served).to_owned()));
        }
        true
    }

    /// Asks for what a key or the page wants; true when the answer was there at once. What is asked again
    /// and again is asked when a sample comes, if it is about time: both are shown by one frame.
    fn ask(&mut self, now: Instant, with_sample: bool) -> bool {
        if !self.back.is_free() {
            return false;
        }
        let asked = match self.asks.pop_front() {
            Some(own) => Some(own),
            None => {
                self.want().filter(|want| self.is_due(want, now, with_sample)).map(|(topic, request, _)| {
                    self.asked = Some((topic, request.clone(), now));
                    self.hold = with_sample.then(|| now + HELD);
                    (topic, request)
                })
            }
        };
        let Some((topic, request)) = asked else { return false };
        self.more.tick(now, sys::unix_ms());
        let answer = self.back.ask(topic, request, &self.feed, now);
        let is_there = answer.is_some();
        if let Some((topic, result)) = answer {
            self.hold = None;
            self.more.answered(topic, result);
        }
        is_there
    }

    fn is_due(
        &self,
        (topic, request, every): &(Topic, Request, Duration),
        now: Instant,
        with_sample: bool,
    ) -> bool {
        let wait = if with_sample { *every - SLACK.min(*every / 2) } else { *every + SLACK };
        match &self.asked {
            Some((own, same, at)) if own == topic && same == request => now >= *at + wait,
            _ => true,
        }
    }

    /// What the page wants to know.
    fn want(&self) -> crate::view::more::Want {
        let own = self.more.dialog.wants(self.more.now);
        if own.is_some() || self.more.paused {
            return own;
        }
        (PAGES.get(self.page)?.wants)(&self.more)
    }

    /// When the page wants to know it again.
    fn want_due(&self) -> Option<Instant> {
        let (.., every) = self.want().filter(|_| self.back.is_free())?;
        self.asked.as_ref().map(|(.., at)| *at + every + SLACK)
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
            Signal::SIGWINCH => self.terminal.resized()?,
            ends => return Ok(Next::End(128 + ends as u8)),
        }
        Ok(Next::Draw)
    }

    /// Gives the terminal back and stops; goes on when the shell says so.
    fn suspend(&mut self) -> io::Result<()> {
        self.terminal.leave();
        sys::stop()?;
        self.terminal.enter()
    }
}

/// What the source has, or what is held in its place.
fn shown<'a>(feed: &'a Feed, held: Option<&'a Held>, paused: bool, now: Instant) -> Sample<'a> {
    let own = feed.sample(now);
    let Some(held) = held else { return own };
    let snapshot = Some(&held.snapshot);
    if paused {
        return Sample { snapshot, age: Some(held.age), stale: held.stale, trouble: None };
    }
    let age = held.age.saturating_add(now.saturating_duration_since(held.since));
    if age > KEPT {
        return own;
    }
    Sample { snapshot, age: Some(age), stale: held.stale || age > feed.interval() * 3, trouble: own.trouble }
}
