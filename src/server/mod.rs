//! The daemon's loop: one thread, one poll, one deadline.
//!
//! [`Server::turn`] waits for the source, a signal, a new peer, a peer's request, or room for a
//! reply, deals with what is ready, and never waits for anything else. What a peer sends, or does
//! not take, costs no more than the buffers of [`client`]. The point after which the program may
//! not end for anybody's sake is the first turn: errors become log lines from there on.

mod accept;
pub mod allow;
pub mod answer;
pub mod background;
mod change;
pub mod client;
pub mod journal;
pub mod listen;
mod looks;
pub mod notify;
pub mod past;

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::config::Config;
use crate::health::telemetry::Telemetry;
use crate::root::Root;
use crate::source::Feed;
use crate::sys::{Signals, daemon};
pub use accept::Reserve;
use answer::Answers;
use client::Client;
use journal::{Journal, Level};
use listen::Listener;
use notify::Notify;

/// Where the listeners begin in the poll set: behind the signals, the source and a tool.
const LISTENERS: usize = 3;
/// How long a peer may take to take anything of a reply.
const TO_TAKE: Duration = Duration::from_secs(10);
/// How long putting back at the end may take.
pub const TO_RESTORE: Duration = Duration::from_secs(20);
/// How often it is looked whether the socket's path still leads here.
const LOOK: Duration = Duration::from_secs(10);

/// The daemon.
pub struct Server {
    config: Config,
    answers: Answers,
    listeners: Vec<Listener>,
    clients: Vec<Client>,
    /// Connections taken since the start.
    taken: u64,
    signals: Signals,
    journal: Journal,
    notify: Notify,
    polled: Vec<libc::pollfd>,
    /// No new peer before that time.
    closed_until: Option<Instant>,
    look: Instant,
    watchdog: Option<(Duration, Instant)>,
    /// The log of health, and when its next line is due.
    telemetry: Option<(Telemetry, Instant)>,
}

/// How the loop goes on.
#[derive(Debug, PartialEq, Eq)]
pub enum Turn {
    /// As before.
    On,
    /// The configuration is to be read again.
    Reload,
    /// A signal ends it.
    End,
}

impl Server {
    /// A daemon that is ready to serve.
    pub fn new(
        config: Config,
        mut answers: Answers,
        listeners: Vec<Listener>,
        signals: Signals,
        journal: Journal,
        notify: Notify,
    ) -> Server {
        let now = Instant::now();
        let watchdog = notify.watchdog_period().map(|period| (period, now));
        let telemetry = telemetry(&config, now);
        answers.keep(&config, now);
        Server {
            config,
            answers,
            listeners,
            clients: Vec::new(),
            taken: 0,
            signals,
            journal,
            notify,
            polled: Vec::new(),
            closed_until: None,
            look: now + LOOK,
            watchdog,
            telemetry,
        }
    }

    /// Waits once, and deals with what is ready.
    ///
    /// # Errors
    /// Those of poll(2), which only a program that is broken gets.
    pub fn turn(&mut self) -> io::Result<Turn> {
        let now = Instant::now();
        let deadline = self.prepare(now);
        daemon::poll(&mut self.polled, deadline)?;
        let now = Instant::now();
        if let Some(end) = self.take_signals(now) {
            return Ok(end);
        }
        self.sample(now);
        self.serve(now);
        self.accept(now);
        self.sweep(now);
        self.housekeep(now);
        Ok(Turn::On)
    }

    /// Fills the poll set: signals, source, tool, listeners, clients; gives the deadline.
    fn prepare(&mut self, now: Instant) -> Instant {
        let entry = |fd, events| libc::pollfd { fd, events, revents: 0 };
        self.polled.clear();
        self.polled.push(entry(self.signals.as_fd().as_raw_fd(), libc::POLLIN));
        let source = self.answers.feed.descriptor().map_or(-1, |fd| fd.as_raw_fd());
        self.polled.push(entry(source, libc::POLLIN));
        let tool = self.answers.desk.descriptor().map_or(-1, |fd| fd.as_raw_fd());
        self.polled.push(entry(tool, libc::POLLIN));
        let open = self.closed_until.is_none_or(|until| now >= until) && self.has_room(now);
        for listener in &self.listeners {
            let fd = listener.socket().as_raw_fd();
            self.polled.push(entry(if open { fd } else { -1 }, libc::POLLIN));
        }
        let mut deadline = self.due(now);
        for client in &self.clients {
            let input = if client.wants_input() { libc::POLLIN } else { 0 };
            let output = if client.has_output() { libc::POLLOUT } else { 0 };
            self.polled.push(entry(client.as_fd().as_raw_fd(), input | output));
            if client.may_ask() {
                deadline = now;
            }
        }
        deadline
    }

    /// When to wake at the latest.
    fn due(&self, now: Instant) -> Instant {
        let source = self.answers.feed.due(now);
        let mut due = match self.clients.is_empty() {
            // Nobody looks: only the grid of the idle interval matters.
            true if self.answers.feed.descriptor().is_none() && !self.answers.desk.is_holding() => {
                source.max(self.idle_due())
            }
            _ => source,
        };
        let mut earlier = |time: Instant| due = due.min(time);
        let (watchdog, telemetry) = (self.watchdog.as_ref(), self.telemetry.as_ref());
        let own = [self.closed_until, watchdog.map(|(_, next)| *next), telemetry.map(|(_, next)| *next)];
        let changes = [self.answers.desk.due(), self.answers.promise_due(), Some(self.look)];
        own.into_iter().chain(changes).flatten().for_each(&mut earlier);
        for client in &self.clients {
            if let Some(stream) = client.subscription.as_ref().filter(|_| !client.has_output()) {
                earlier(stream.next);
            }
            earlier(self.expires(client));
        }
        due
    }

    fn idle_due(&self) -> Instant {
        // No minute of the history is without a sample.
        let idle = self.config.idle_interval.min(self.answers.past.longest_pause());
        let extra = idle.saturating_sub(self.config.interval);
        self.answers.feed.due(Instant::now()) + extra
    }

    /// When a peer that does nothing is dropped.
    fn expires(&self, client: &Client) -> Instant {
        if client.has_output() {
            return client.active + TO_TAKE;
        }
        let idle = self.config.idle_timeout;
        if idle.is_zero() || client.subscription.is_some() || client.waiting {
            return client.active + Duration::from_secs(24 * 3600);
        }
        client.active + idle
    }

    fn take_signals(&mut self, now: Instant) -> Option<Turn> {
        let mut reload = false;
        if self.polled.first().is_some_and(|signals| signals.revents == 0) {
            return None;
        }
        while let Some(signal) = self.signals.take() {
            match signal {
                Signal::SIGHUP => (reload, self.look) = (true, now),
                Signal::SIGTERM | Signal::SIGINT => return Some(Turn::End),
                _ => {}
            }
        }
        reload.then_some(Turn::Reload)
    }

    fn sample(&mut self, now: Instant) {
        let new = self.answers.turn(now);
        self.answers.go_on(&mut self.clients, new, now);
        for news in self.answers.feed.take_news() {
            self.journal.log(Level::Notice, &news);
        }
        for news in self.answers.desk.take_news() {
            self.journal.log(Level::Warning, &news);
        }
        for line in self.answers.audit.drain(..) {
            self.journal.audit(&line);
        }
        for line in self.answers.denied.drain(..) {
            self.journal.denied(&line);
        }
    }

    /// Reads, answers and writes for each client that is ready.
    fn serve(&mut self, now: Instant) {
        let first = LISTENERS + self.listeners.len();
        let clients = self.clients.len();
        let mut number = 0;
        self.clients.retain_mut(|client| {
            let ready = self.polled.get(first + number).map_or(0, |polled| polled.revents);
            number += 1;
            let mut alive = ready & libc::POLLNVAL == 0;
            if alive && ready & libc::POLLOUT != 0 {
                alive = client.flush(now);
            }
            if alive && ready & (libc::POLLIN | libc::POLLHUP | libc::POLLERR) != 0 {
                alive = if client.wants_input() {
                    client.read(now)
                } else {
                    ready & libc::POLLERR == 0 && ready & libc::POLLHUP == 0
                };
            }
            alive && self.answers.converse(client, clients, &self.config, now) && !client.is_done()
        });
    }

    /// Sends what subscriptions are due, and drops who has done nothing for too long.
    fn sweep(&mut self, now: Instant) {
        let mut clients = std::mem::take(&mut self.clients);
        clients.retain_mut(|client| {
            if now >= self.expires(client) {
                return false;
            }
            let Some(stream) = &mut client.subscription else { return true };
            if now < stream.next {
                return true;
            }
            // Who has not taken the last one misses this one.
            stream.next = crate::beat::next(stream.next, stream.interval, now);
            client.has_output() || self.answers.send_stats(client, now)
        });
        self.clients = clients;
    }

    fn housekeep(&mut self, now: Instant) {
        self.weigh_output();
        if self.closed_until.is_some_and(|until| now >= until) {
            self.closed_until = None;
        }
        self.answers.reserve.fill(self.clients.len(), self.answers.desk.needs());
        if let Some((period, next)) = &mut self.watchdog
            && now >= *next
        {
            *next = now + *period;
            self.notify.watchdog();
        }
        self.log_health(now);
        if now >= self.look {
            self.look = now + LOOK;
            self.look_after_sockets();
        }
    }

    fn log_health(&mut self, now: Instant) {
        let Some((log, next)) = &mut self.telemetry else { return };
        if now < *next {
            return;
        }
        *next = crate::beat::next(*next, self.config.telemetry_interval, now);
        self.answers.renew(now);
        let checks = self.answers.checks(self.clients.len(), now);
        if let Some(news) = log.append(&self.answers.counters, &checks) {
            self.journal.log(Level::Warning, &news);
        }
    }

    /// The configuration that is in force.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The board that is served.
    pub fn root(&self) -> &Root {
        &self.answers.root
    }

    /// Goes on with another configuration, and with another source when there is one; what only a new
    /// start can change stays, and the log says so.
    pub fn reload(&mut self, config: Config, feed: Option<Feed>) {
        let old = &self.config;
        for (key, changed) in [
            ("socket", config.socket != old.socket),
            ("compat_tmp_socket", config.compat_tmp_socket != old.compat_tmp_socket),
            ("root", config.root != old.root),
        ] {
            if changed {
                self.journal.log(Level::Notice, &[key, ": changes with the next start"].concat());
            }
        }
        let (socket, root) = (old.socket.clone(), old.root.clone());
        self.config = Config { socket, root, compat_tmp_socket: old.compat_tmp_socket, ..config };
        if let Some(feed) = feed {
            self.answers.read_from(feed);
        }
        self.answers.keep(&self.config, Instant::now());
        // A new file, too, when the old one was moved away.
        self.telemetry = telemetry(&self.config, Instant::now());
    }

    /// Tells that the configuration is being read again.
    pub fn reloading(&mut self) {
        self.notify.reloading();
    }

    /// Tells that it goes on, with the old configuration if the new one was refused.
    pub fn reloaded(&mut self, refused: Option<&str>) {
        if let Some(why) = refused {
            self.journal.log(Level::Error, why);
        }
        let how = refused.map_or("configuration read again", |_| "configuration refused, the old one stays");
        self.journal.log(Level::Info, how);
        self.notify.ready(refused.map_or("serving", |_| "serving; configuration refused, the old one stays"));
    }

    /// The log.
    pub fn journal(&mut self) -> &mut Journal {
        &mut self.journal
    }

    /// Whether there is a sample, or a reason that there is none.
    pub fn is_settled(&self) -> bool {
        let sample = self.answers.feed.sample(Instant::now());
        sample.snapshot.is_some() || sample.trouble.is_some()
    }

    /// Begins to put back what an earlier daemon has left; before anybody can ask for a change, so that
    /// what was left is told from what is new.
    pub fn recover(&mut self) {
        for news in self.answers.lent(|own| own.desk.recover()) {
            self.journal.log(Level::Notice, &news);
        }
    }

    /// Begins to set what is to be set at each start, and tells that it is ready.
    pub fn begin(&mut self) {
        if let Err(why) = self.answers.lent(|own| own.promise(Instant::now())) {
            self.journal.log(Level::Warning, &why);
        }
        self.journal.log(Level::Info, "serving");
        self.notify.ready("serving");
        daemon::forget_start();
    }

    /// Tells that it ends.
    pub fn end(&mut self) {
        self.notify.stopping();
        self.answers.reserve = Reserve::default();
        let put_back = self.answers.desk.restore(self.config.restore_on_exit, TO_RESTORE);
        if let Err(refusal) = put_back {
            self.journal.log(Level::Error, &["restore: ", &refusal.why].concat());
        }
        for news in self.answers.desk.take_news() {
            self.journal.log(Level::Warning, &news);
        }
        self.journal.log(Level::Info, "ending");
    }
}

fn telemetry(config: &Config, now: Instant) -> Option<(Telemetry, Instant)> {
    let log = config.telemetry_log.as_deref().map(Telemetry::new)?;
    Some((log, now + config.telemetry_interval))
}
