//! How peers come in: as many as there is room for, the idlest giving way to a newcomer.

use std::fs::File;
use std::io;
use std::time::{Duration, Instant};

use super::client::Client;
use super::journal::Level;
use super::{LISTENERS, Server, allow};
use crate::root::Root;
use crate::sys;

/// How long no peer is taken when there is no descriptor for it.
const OUT_OF_DESCRIPTORS: Duration = Duration::from_millis(500);
/// One turn is later than another by that, at least.
const LEAST: Duration = Duration::from_nanos(1);
/// Peers that are taken at a time: those who are served have their turn in between.
const AT_ONCE: usize = 64;
/// Descriptors that are left to peers when sensors could take all of them.
const HELD: usize = 8;

impl Server {
    /// Whether another peer can be taken, if need be in the place of an idle one.
    pub(super) fn has_room(&self, now: Instant) -> bool {
        self.clients.len() < self.config.max_clients
            || self.clients.iter().any(|client| client.gives_way(now))
    }

    pub(super) fn accept(&mut self, now: Instant) {
        for number in 0..self.listeners.len() {
            let ready = self.polled.get(LISTENERS + number).is_some_and(|polled| polled.revents != 0);
            for _ in 0..if ready { AT_ONCE } else { 0 } {
                if !self.has_room(now) {
                    return;
                }
                let Some(listener) = self.listeners.get(number) else { return };
                match listener.socket().accept() {
                    Ok((stream, _)) => {
                        if self.clients.len() >= self.config.max_clients {
                            self.drop_idlest(now);
                        }
                        self.taken += 1;
                        self.clients.extend(Client::new(stream, self.taken, now));
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    Err(error) if is_want(&error) && !self.make_room(&error, now) => return,
                    // The peer went away before its turn.
                    Err(_) => {}
                }
            }
        }
    }

    /// Finds a descriptor for a newcomer; false when none can be had in this turn.
    fn make_room(&mut self, error: &io::Error, now: Instant) -> bool {
        self.journal.log(Level::Warning, &["accept: ", &sys::reason(error)].concat());
        if self.drop_idlest(now) || self.reserve.give_up() {
            return true;
        }
        // Who came in this turn may give way in the next.
        if !self.clients.iter().any(|client| client.gives_way(now + LEAST)) {
            self.closed_until = Some(now + OUT_OF_DESCRIPTORS);
        }
        false
    }

    /// Drops the client that has been idle longest, if there is one.
    fn drop_idlest(&mut self, now: Instant) -> bool {
        let idle = self.clients.iter().enumerate().filter(|(_, client)| client.gives_way(now));
        let longest = idle.min_by_key(|(_, client)| client.active).map(|(number, _)| number);
        longest.map(|number| self.clients.swap_remove(number)).is_some()
    }

    /// A socket whose file is gone cannot be found any more; it is made anew.
    pub(super) fn look_after_sockets(&mut self) {
        let config = &self.config;
        for listener in &mut self.listeners {
            let Some(path) = listener.path().filter(|_| !listener.is_there()).map(ToOwned::to_owned) else {
                continue;
            };
            let group = allow::group(&Root::system(), &config.group);
            let news = match listener.anew(&path, config.socket_mode, group) {
                Ok(anew) => {
                    *listener = anew;
                    format!("socket {}: was removed, made anew", path.display())
                }
                Err(error) => error.to_string(),
            };
            self.journal.log(Level::Warning, &news);
        }
    }
}

/// Whether the system lacks what a connection needs.
fn is_want(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM))
}

/// Descriptors that are held back from the sensors, which would take all there are: with a low limit
/// some sensors are not read, and the peers are told so.
#[derive(Default)]
pub struct Reserve {
    held: Vec<File>,
}

impl Reserve {
    /// Takes back what was given up, as far as there is any.
    pub fn fill(&mut self) {
        while self.held.len() < HELD {
            let Ok(file) = File::open("/dev/null") else { return };
            self.held.push(file);
        }
    }

    /// Leaves the descriptors to the peers; false when that was done before.
    fn give_up(&mut self) -> bool {
        !std::mem::take(&mut self.held).is_empty()
    }
}
