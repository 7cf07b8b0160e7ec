//! What keys do: first those of an open dialog, then those of the page, then those of all pages: those that
//! change something, and those that only show.

use std::io;
use std::time::Instant;

use nix::sys::signal::Signal;
use nix::unistd::Pid;

use super::{Next, Screen};
use crate::process::is_still;
use crate::sys;
use crate::view::frame::PAGES;
use crate::view::keys::Key;
use crate::view::more::Act;

impl Screen {
    pub(super) fn take_key(&mut self, key: Key) -> io::Result<Next> {
        self.notice = None;
        let mut act = if self.help || key == Key::Ctrl('c') { Act::Pass } else { self.more.key(key) };
        if let (Act::Pass, Some(page), false) = (&act, PAGES.get(self.page), self.help) {
            act = (page.key)(&mut self.more, key);
        }
        if let (Act::Pass, false) = (&act, self.help) {
            act = self.more.key_of_all(key);
        }
        let text = match act {
            Act::Pass => return self.take_common(key),
            Act::Draw => return Ok(Next::Draw),
            Act::Ask(topic, request) => {
                self.asks.push_back((topic, request));
                return Ok(Next::Draw);
            }
            Act::Note(text) => text,
            Act::Signal { pid, command, signal } => self.signal(pid, &command, signal),
        };
        self.notice = Some(text);
        Ok(Next::Draw)
    }

    fn take_common(&mut self, key: Key) -> io::Result<Next> {
        match key {
            Key::Esc if self.help => self.help = false,
            Key::Char('q') | Key::Esc | Key::Ctrl('c') => return Ok(Next::End(0)),
            Key::Char('?' | 'h') => (self.help, self.help_at) = (!self.help, 0),
            Key::Char('v' | 'l') | Key::Tab | Key::Right => self.turn_to(self.page + 1),
            Key::BackTab | Key::Left => self.turn_to(self.page + PAGES.len() - 1),
            // The page after the ninth is reached by 0.
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
            Key::Home => self.scroll_by(-i32::from(u16::MAX)),
            Key::End => self.scroll_by(i32::from(u16::MAX)),
            Key::Char('p') => self.pause(),
            Key::Char('+' | '=') => self.change_interval(true),
            Key::Char('-') => self.change_interval(false),
            Key::Char('t') => self.next_theme(),
            Key::Char('w') => self.todo.write = true,
            Key::Char('W') => self.todo.remember = true,
            Key::Char('z') => self.zero_energy(),
            Key::Click(x, y) => self.click(x, y),
            Key::Char('r') => {
                let done = self.feed.reconnect(Instant::now());
                self.notice = Some(done.err().unwrap_or_else(|| "connected anew".to_owned()));
            }
            // The whole job, as the terminal would: we are told, and stop, like the others.
            Key::Ctrl('z') => nix::sys::signal::kill(Pid::from_raw(0), Signal::SIGTSTP)?,
            Key::Ctrl('l') => self.terminal.enter()?,
            _ => {}
        }
        Ok(Next::Draw)
    }

    /// Sends a signal to a process of this machine, and tells what came of it.
    fn signal(&self, pid: u32, command: &str, (name, signal): (&str, Signal)) -> String {
        let (root, number) = (self.back.root(), i32::try_from(pid).unwrap_or(0));
        let refused;
        let [before, what] = match () {
            () if self.feed.origin().simulated => ["", "the board is simulated, nothing gets a signal"],
            () if !root.is_system() => ["", "is none of this machine, but of a directory"],
            // Its number may be another's by now, and a server may have another root, or be in a container.
            () if number <= 0 || !is_still(root, pid, command) => {
                ["", "has ended, or is none of this machine"]
            }
            () => match nix::sys::signal::kill(Pid::from_raw(number), signal) {
                Ok(()) => ["got ", name],
                Err(error) => {
                    refused = sys::reason(&error.into());
                    ["", &refused]
                }
            },
        };
        ["process ", &pid.to_string(), ": ", before, what].concat()
    }

    /// Counts energy from now on.
    fn zero_energy(&mut self) {
        let zero = &mut self.more.zero;
        zero.clear();
        for rail in self.feed.sample(Instant::now()).snapshot.into_iter().flat_map(|s| s.rails.iter()) {
            if let Some(mj) = rail.energy_mj {
                zero.push((rail.name.clone(), mj));
            }
        }
    }

    fn scroll_by(&mut self, lines: i32) {
        let (scroll, beyond) = match self.help {
            true => (&mut self.help_at, self.help_beyond),
            false => (&mut self.scroll, self.places.beyond),
        };
        let to = i32::from((*scroll).min(beyond)).saturating_add(lines);
        *scroll = u16::try_from(to.max(0)).unwrap_or(u16::MAX).min(beyond);
    }

    /// A click on the bar turns to that page.
    fn click(&mut self, x: u16, y: u16) {
        let Some((row, tabs)) = &self.places.tabs else { return };
        if let Some(page) = tabs.iter().position(|(begin, end)| y == *row && (*begin..*end).contains(&x)) {
            self.turn_to(page);
        }
    }
}
