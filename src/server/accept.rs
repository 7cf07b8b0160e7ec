//! How peers come in: as many as there is room for, the idlest giving way to a newcomer.

use std::fs::File;
use std::io;
use std::time::{Duration, Instant};

use super::client::Client;
use super::journal::Level;
use super::{LISTENERS, Server, allow};
use crate::control::desk::DESCRIPTORS;
use crate::root::Root;
use crate::sys::{self, daemon};

/// How long no peer is taken when there is no descriptor for it.
const OUT_OF_DESCRIPTORS: Duration = Duration::from_millis(500);
/// One turn is later than another by that, at least.
const LEAST: Duration = Duration::from_nanos(1);
/// Peers that are taken at a time: those who are served have their turn in between.
const AT_ONCE: usize = 64;
/// Descriptors that are left to peers when sensors could take all of them ...
const PEERS: usize = 5;
/// ... and to what is done for a peer, of which a change takes most.
const OWN: usize = DESCRIPTORS;
/// What holds a descriptor, and costs nothing else.
const NULL: &str = "/dev/null";

impl Server {
    /// Whether another peer can be taken, if need be in the place of an idle one.
    pub(super) fn has_room(&self, now: Instant) -> bool {
        self.clients.len() < self.config.max_clients
            || self.clients.iter().any(|client| client.gives_way(now))
    }

    pub(super) fn accept(&mut self, now: Instant) {
        for number in 0..self.listeners.len() {
            if self.polled.get(LISTENERS + number).is_some_and(|polled| polled.revents != 0) {
                self.accept_at(number, now);
            }
        }
    }

    fn accept_at(&mut self, number: usize, now: Instant) {
        for tried in 0..AT_ONCE {
            // Where somebody has to give way, those who have gone meanwhile are looked for first.
            let full = self.clients.len() >= self.config.max_clients;
            if (full && tried > 0) || !self.has_room(now) {
                return;
            }
            let Some(listener) = self.listeners.get(number) else { return };
            match daemon::accept(listener.socket()) {
                Ok(stream) => {
                    if full {
                        self.drop_idlest(now);
                    }
                    self.taken += 1;
                    self.welcome(Client::new(stream, self.taken, now), now);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                // Told even where nobody waits any more (the kernel looks for a descriptor first), for
                // whom nobody should give way: the next poll knows.
                Err(error) if is_want(&error) && (tried > 0 || !self.make_room(&error, now)) => return,
                // The peer went away before its turn.
                Err(_) => {}
            }
        }
    }

    /// Most have asked by the time that they are taken, and are answered in this turn.
    fn welcome(&mut self, mut client: Client, now: Instant) {
        let clients = self.clients.len() + 1;
        if client.read(now)
            && self.answers.converse(&mut client, clients, &self.config, now)
            && !client.is_done()
        {
            self.clients.push(client);
        }
    }

    /// Finds a descriptor for a newcomer; false when none can be had in this turn.
    fn make_room(&mut self, error: &io::Error, now: Instant) -> bool {
        self.journal.log(Level::Warning, &["accept: ", &sys::reason(error)].concat());
        let own = self.answers.desk.needs();
        if self.answers.reserve.give_up(self.clients.len(), own) || self.drop_idlest(now) {
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

    /// Counts what peers have not taken.
    pub(super) fn weigh_output(&mut self) {
        let waiting = self.clients.iter().map(Client::waits).fold(0, usize::saturating_add);
        self.answers.past.weigh(waiting);
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
/// some sensors are not read, and the peers are told so. They are given up one by one, so that no sensor
/// gets hold of one, and taken back when a peer leaves.
#[derive(Default)]
pub struct Reserve {
    held: Vec<File>,
}

impl Reserve {
    /// What can be held; at least one peer has to be served.
    ///
    /// # Errors
    /// Those of opening the first.
    pub fn take() -> io::Result<Reserve> {
        let mut reserve = Reserve { held: vec![File::open(NULL)?] };
        reserve.fill(0, OWN);
        Ok(reserve)
    }

    /// Takes back what was given up, as far as there is any; each of so many clients has one, and of our
    /// own so many are not in use.
    pub(super) fn fill(&mut self, clients: usize, own: usize) {
        self.fill_to(PEERS.saturating_sub(clients) + own);
    }

    fn fill_to(&mut self, count: usize) {
        while self.held.len() < count {
            let Ok(file) = File::open(NULL) else { return };
            self.held.push(file);
        }
    }

    /// Leaves one to a peer; false when it has to find one elsewhere.
    fn give_up(&mut self, clients: usize, own: usize) -> bool {
        (clients == 0 || self.held.len() > own) && self.held.pop().is_some()
    }

    /// Leaves some to what reads or changes files for a peer.
    pub(super) fn lend<T>(&mut self, look: impl FnOnce() -> T) -> T {
        let count = self.held.len();
        self.held.truncate(count.saturating_sub(OWN));
        let found = look();
        self.fill_to(count);
        found
    }
}
