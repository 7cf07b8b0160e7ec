//! What keys set for the screen as a whole: pause, interval, theme; and what they write.

use std::fs::OpenOptions;
use std::io::Write;
use std::time::{Duration, Instant};

use ratatui::buffer::Buffer;

use super::kept::{self, Kept};
use super::{Held, Screen, Todo, shown};
use crate::source::Choice;
use crate::sys;
use crate::view::frame::{self, PAGES, View};
use crate::view::picture;
use crate::view::terminal;
use crate::view::theme::{Palette, THEMES};
use crate::view::unit::span;
use crate::wire::{json, message, source};

/// The intervals of `+` and `-`, ms.
const STEPS: [u64; 9] = [100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000];

/// The next interval, longer or shorter; none beyond the last ones.
fn step(ms: u64, longer: bool) -> Option<u64> {
    let mut steps = STEPS.into_iter();
    if longer { steps.find(|step| *step > ms) } else { steps.rfind(|step| *step < ms) }
}

impl Screen {
    /// Has what is shown stand still, or go on.
    pub(super) fn pause(&mut self) {
        self.more.paused = !self.more.paused;
        if self.more.paused {
            self.hold();
        }
    }

    /// Takes the source's last sample to be shown instead of later ones.
    fn hold(&mut self) {
        let now = Instant::now();
        let sample = self.feed.sample(now);
        if let (Some(_), Some(age)) = (sample.snapshot, sample.age) {
            let stale = sample.stale;
            self.held = Some(Held { snapshot: self.feed.give_away(), age, stale, since: now });
        }
    }

    /// The next interval, longer or shorter.
    pub(super) fn change_interval(&mut self, longer: bool) {
        let present = self.todo.interval.unwrap_or(self.feed.interval());
        let wanted = step(u64::try_from(present.as_millis()).unwrap_or(u64::MAX), longer);
        self.todo.interval = Some(wanted.map_or(present, Duration::from_millis));
    }

    /// Does what keys have asked for.
    pub(super) fn catch_up(&mut self) {
        let Todo { interval, write, remember } = std::mem::take(&mut self.todo);
        let interval = interval.map(|interval| self.reopen(interval));
        let written = write.then(|| self.write());
        let remembered = remember.then(|| self.remember());
        let came = remembered.or(written).or(interval);
        self.notice = came.map(|came| came.unwrap_or_else(|why| why)).or(self.notice.take());
    }

    /// Opens the source anew. Its last sample stays until there is another.
    fn reopen(&mut self, interval: Duration) -> Result<String, String> {
        if matches!(&self.feed.choice, Choice::File(path) if path.as_os_str() == "-") {
            return Err("standard input has no interval: it is taken as it comes".to_owned());
        }
        if interval != self.feed.interval() {
            let feed = (self.setup.reopen)(interval)?;
            if !self.more.paused {
                self.hold();
            }
            self.feed = feed;
            self.feed.turn(Instant::now());
        }
        Ok(["interval ", &span(interval.as_millis())].concat())
    }

    /// The next theme.
    pub(super) fn next_theme(&mut self) {
        if !self.paint.color {
            self.notice = Some("no colours on this terminal".to_owned());
            return;
        }
        self.setup.theme = (self.setup.theme + 1) % THEMES.len();
        let palette = Palette::new(self.setup.theme, true, self.setup.depth);
        self.terminal.set_palette(palette);
        self.notice = Some(["theme ", palette.theme.name].concat());
    }

    /// Writes what is shown as text and its sample as JSON, into new files.
    fn write(&self) -> Result<String, String> {
        let now = Instant::now();
        let area = terminal::area().map_err(|error| sys::reason(&error))?;
        let (origin, sample) =
            (self.feed.origin(), shown(&self.feed, self.held.as_ref(), self.more.paused, now));
        let (paint, page, scroll) = (self.paint, self.page, self.scroll);
        let view = View { origin, sample, paint, notice: Some(""), page, scroll, more: &self.more };
        let mut buffer = Buffer::empty(area);
        frame::draw(&view, area, &mut buffer);
        let text = picture::text(&buffer, Palette::new(0, false, self.setup.depth), false);
        let json = json::encode(&message::stats(&source::about(origin, &sample), sample.snapshot)) + "\n";
        let time = sys::local_time();
        let name = format!(
            "jetsonscope-{:04}{:02}{:02}-{:02}{:02}{:02}",
            time.year, time.month, time.day, time.hour, time.minute, time.second
        );
        put([&name, ".txt"].concat(), &text)?;
        put([&name, ".json"].concat(), json.as_bytes())?;
        Ok(["written: ", &name, ".txt and .json"].concat())
    }

    /// Has the next start begin as this one is.
    fn remember(&self) -> Result<String, String> {
        let kept = Kept {
            theme: Some(self.setup.theme),
            page: Some(self.page),
            interval: Some(self.feed.interval()),
            ascii: Some(self.paint.ascii),
        };
        let path = kept::path(&|name| std::env::var_os(name));
        let path = path.ok_or("neither XDG_CONFIG_HOME nor HOME is set")?;
        kept.save(&path)
    }
}

/// Writes a file that is not there yet.
fn put(name: String, bytes: &[u8]) -> Result<(), String> {
    let file = OpenOptions::new().write(true).create_new(true).open(&name);
    let written = file.and_then(|mut file| file.write_all(bytes));
    written.map_err(|error| [&name, ": ", &sys::reason(&error)].concat())
}

impl Kept {
    /// Writes it; what to say of that.
    fn save(&self, path: &std::path::Path) -> Result<String, String> {
        let told = path.display().to_string();
        let made = path.parent().map_or(Ok(()), crate::append::make_directories);
        made.map_err(|error| [&told, ": ", &sys::reason(&error)].concat())?;
        let name = self.page.and_then(|page| PAGES.get(page)).map_or("", |page| page.name);
        let text = self.text(name);
        crate::append::replace(path, text.as_bytes()).map_err(|error| format!("{told}: {error}"))?;
        Ok(["remembered in ", &told].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_steps() {
        for (ms, longer, wanted) in [
            (1000, true, Some(2000)),
            (1000, false, Some(500)),
            (700, true, Some(1000)),
            (700, false, Some(500)),
            (100, false, None),
            (100, true, Some(200)),
            (60_000, true, None),
            (3_600_000, true, None),
            (3_600_000, false, Some(60_000)),
            (u64::MAX, true, None),
            (0, false, None),
        ] {
            assert_eq!(step(ms, longer), wanted, "{ms} {longer}");
        }
    }
}
