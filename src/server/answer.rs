//! What the server answers.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use super::change::Promise;
use super::client::{Client, Next};
use super::looks::Looks;
use super::past::{CROWDED, Past};
use super::{Reserve, allow};
use crate::board::{self, Board, nvpmodel};
use crate::config::Config;
use crate::control::Wishes;
use crate::control::desk::Desk;
use crate::health::{self, Before, Check, Counters};
use crate::process::{FEW, Process, Processes, Sort};
use crate::recycled::Recycled;
use crate::root::Root;
use crate::snapshot::Snapshot;
use crate::source::{Feed, Sample};
use crate::sys::daemon::Peer;
use crate::wire::frame::Encoding;
use crate::wire::reply::{self, Code, LONGEST};
use crate::wire::request::Request;
use crate::wire::{self, Value, control, message, meta, process, source};

/// Requests of one peer that are answered before others have their turn.
const AT_ONCE: usize = 16;
/// Most bytes of long replies that peers have not taken: while they do not read, nobody gets another.
const MOST_WAITING: usize = LONGEST;
/// Loads of processes that span more than that say little; the span begins anew then.
const LONGEST_SPAN: Duration = Duration::from_secs(10);

/// What answers need, and the last sample in the encodings that were asked for.
pub struct Answers {
    pub(super) feed: Feed,
    pub(super) root: Root,
    pub(super) counters: Counters,
    pub(super) reserve: Reserve,
    started: Instant,
    /// What the checks compare with.
    before: Before,
    board: Option<(Board, String)>,
    processes: Processes,
    listed: Recycled<Process>,
    encoded: [Option<Vec<u8>>; 2],
    /// What was before now.
    pub(super) past: Past,
    /// Where changes are made.
    pub(super) desk: Desk,
    /// What was asked of it, and by whom.
    pub(super) asked: (String, Option<Peer>),
    /// What is to be set at each start, and is not yet.
    pub(super) promises: VecDeque<Promise>,
    /// What the log is to say of changes.
    pub(super) audit: Vec<String>,
    /// And of those who may change nothing.
    pub(super) denied: Vec<String>,
    /// What was seen just now.
    pub(super) looks: Looks,
}

impl Answers {
    /// Answers from that source, of that root.
    pub fn new(feed: Feed, root: Root, reserve: Reserve, now: Instant) -> Answers {
        Answers {
            processes: Processes::new(&root),
            desk: Desk::open(root.clone()),
            asked: (String::new(), None),
            promises: VecDeque::new(),
            audit: Vec::new(),
            denied: Vec::new(),
            looks: Looks::default(),
            feed,
            root,
            reserve,
            counters: Counters::default(),
            started: now,
            before: Before::default(),
            board: None,
            listed: Recycled::default(),
            encoded: [None, None],
            past: Past::default(),
        }
    }

    /// Answers what the client has asked; false when the connection is gone.
    pub(super) fn converse(
        &mut self,
        client: &mut Client,
        clients: usize,
        config: &Config,
        now: Instant,
    ) -> bool {
        let looks = self.looks.taken;
        for _ in 0..AT_ONCE {
            // Whoever wants many looks waits for the others' turn after each.
            if !client.may_ask() || self.looks.taken != looks {
                return true;
            }
            let alive = match client.front() {
                Next::Nothing => return true,
                Next::Message(_, length) => self.answer(client, length, clients, config, now),
                Next::Silent => {
                    self.renew(now);
                    client.answer_once();
                    self.send_stats(client, now)
                }
                Next::Garbage => {
                    let alive = self.refuse(client, Code::BadRequest, "neither JSON nor CBOR", now);
                    client.close();
                    alive
                }
                Next::TooLarge => {
                    let alive = self.refuse(client, Code::TooLarge, "a request has at most 65536 bytes", now);
                    client.close();
                    alive
                }
            };
            if !alive {
                return false;
            }
        }
        true
    }

    /// Takes samples from another source from now on.
    pub(super) fn read_from(&mut self, feed: Feed) {
        self.feed = feed;
        self.encoded = [None, None];
        // Values of two sources are not one history.
        self.past = Past::default();
    }

    /// Keeps a history from now on, or none, as the configuration says.
    pub(super) fn keep(&mut self, config: &Config, now: Instant) {
        if self.past.keep(config.history.then(|| self.feed.interval())) {
            self.past.record(self.feed.sample(now).snapshot);
        }
    }

    /// Takes what the source has; true when there is a new sample.
    pub fn turn(&mut self, now: Instant) -> bool {
        let new = self.feed.turn(now);
        if new {
            self.counters.stats_collected += 1;
            self.encoded = [None, None];
            self.looks.clear();
            self.past.record(self.feed.sample(now).snapshot);
        }
        new
    }

    /// Has a sample taken that is no older than the interval, if that needs no waiting.
    pub(super) fn renew(&mut self, now: Instant) {
        if self.feed.sample(now).age.is_none_or(|age| age > self.feed.interval()) {
            self.turn(now);
        }
    }

    /// Sends the reply `Stats`; false when the connection is gone.
    pub(super) fn send_stats(&mut self, client: &mut Client, now: Instant) -> bool {
        let sample = self.feed.sample(now);
        let about = about(&self.feed, &sample);
        let encoding = client.encoding();
        let select = client.subscription.as_ref().map(|stream| stream.select.as_slice()).unwrap_or_default();
        let mut envelope = Vec::new();
        let Some(snapshot) = sample.snapshot else {
            encoding.write(&message::stats(&about, None), &mut envelope);
            return client.send(&[&envelope], now);
        };
        if !select.is_empty() {
            let reply = message::stats_with(&about, selected(message::data(snapshot), select));
            encoding.write(&reply, &mut envelope);
            return client.send(&[&envelope], now);
        }
        // The data is encoded once a sample; what differs from reply to reply stands before it.
        encoding.write(&message::stats(&about, None), &mut envelope);
        let slot = match encoding {
            Encoding::Json => &mut self.encoded[0],
            Encoding::Cbor => &mut self.encoded[1],
        };
        let data = slot.get_or_insert_with(|| encoded(encoding, snapshot));
        let (null, end): (usize, &[u8]) = match encoding {
            Encoding::Json => ("null}}\n".len(), b"}}\n"),
            Encoding::Cbor => (1, b""),
        };
        let head = envelope.len().saturating_sub(null);
        client.send(&[envelope.get(..head).unwrap_or_default(), data, end], now)
    }

    /// Sends the reply to a message; false when the connection is gone.
    pub(super) fn answer(
        &mut self,
        client: &mut Client,
        length: usize,
        clients: usize,
        config: &Config,
        now: Instant,
    ) -> bool {
        self.counters.total_requests += 1;
        let encoding = client.encoding();
        let message = client.message(length).to_vec();
        client.take(length);
        let request = match encoding.read(&message).as_ref().map(Request::read) {
            Some(Ok(request)) => request,
            Some(Err((code, why))) => return self.refuse(client, code, &why, now),
            None => {
                return self.refuse(client, Code::BadRequest, "not one whole JSON request on the line", now);
            }
        };
        match request {
            Request::GetStats => {
                self.renew(now);
                self.send_stats(client, now)
            }
            Request::Subscribe { interval_ms, select } => {
                self.renew(now);
                let interval = Duration::from_millis(interval_ms);
                client.subscription =
                    Some(super::client::Subscription { interval, select, next: now + interval });
                self.send_stats(client, now)
            }
            changing if Answers::token(&changing).is_some() => self.change(client, changing, config, now),
            Request::ListControls | Request::GetProcesses { .. } => self.look(client, request, now),
            Request::GetHistory { series, window_s } => {
                match self.past.send(client, &series, window_s, now) {
                    Ok(alive) => alive,
                    Err((code, why)) => self.refuse(client, code, &why, now),
                }
            }
            other => self.reply(client, &other, clients, config, now),
        }
    }

    /// Sends an error.
    pub(super) fn refuse(&mut self, client: &mut Client, code: Code, why: &str, now: Instant) -> bool {
        self.counters.errors += 1;
        self.counters.last_error = Some(format!("{}: {why}", code.name()));
        send(client, &reply::error(code, why), now)
    }

    fn reply(
        &mut self,
        client: &mut Client,
        request: &Request,
        clients: usize,
        config: &Config,
        now: Instant,
    ) -> bool {
        match request {
            Request::GetMeta => self.meta(client, config, now),
            Request::GetSources => send(client, &source::sources(&self.feed.statuses()), now),
            Request::GetHealth => {
                self.renew(now);
                let checks = self.checks(clients, now);
                send(client, &wire::health::health(&self.counters, &checks), now)
            }
            _ => send(client, &reply::pong(), now),
        }
    }

    /// Sends what a look at many files gives; taken once for all who ask in a moment.
    fn look(&mut self, client: &mut Client, request: Request, now: Instant) -> bool {
        let encoding = client.encoding();
        if let Some(known) = self.looks.find(&request, encoding, now) {
            return client.send(&[known], now);
        }
        if self.past.waiting() > MOST_WAITING {
            return self.refuse(client, Code::Busy, CROWDED, now);
        }
        self.looks.taken += 1;
        let mut reply = Vec::new();
        let seen = match request {
            Request::GetProcesses { sort, limit } => self.processes(sort, limit, now, encoding, &mut reply),
            _ => {
                let scene = self.desk.scene(Wishes { attended: true, ..Wishes::default() });
                encoding.write(&self.reserve.lend(|| control::controls(&scene)), &mut reply);
                Ok(())
            }
        };
        if let Err(error) = seen {
            let why = format!("/proc: {}", crate::sys::reason(&error));
            return self.refuse(client, Code::Unsupported, &why, now);
        }
        let alive = client.send(&[&reply], now);
        self.past.sent(client);
        self.looks.keep(request, encoding, reply, now);
        alive
    }

    /// How the board and the server do.
    pub(super) fn checks(&mut self, clients: usize, now: Instant) -> Vec<Check> {
        self.counters.uptime_secs = now.saturating_duration_since(self.started).as_secs();
        self.counters.connected_clients = clients as u64;
        self.counters.changes = self.desk.tally;
        let sample = self.feed.sample(now);
        let statuses = self.feed.statuses();
        let input = health::Input::of(&self.feed, &sample, &statuses, true);
        health::checks(&input, &mut self.before)
    }

    /// The board does not change; it is looked at when first asked for.
    fn meta(&mut self, client: &mut Client, config: &Config, now: Instant) -> bool {
        self.renew(now);
        let (root, known) = (&self.root, &mut self.board);
        let ((board, table), governors, privileged) = self.reserve.lend(|| {
            let read = || (Board::read(root, true), nvpmodel::read(root).unwrap_or_default());
            let privileged = allow::may_control(config, &Root::system(), client, client.peer());
            (known.get_or_insert_with(read), board::governors(root), privileged)
        });
        let empty = Snapshot::default();
        let sample = self.feed.sample(now);
        let names = meta::Names::of(sample.snapshot.unwrap_or(&empty), table, &governors);
        send(client, &meta::meta(board, &names.lists(), privileged), now)
    }

    fn processes(
        &mut self,
        sort: Sort,
        limit: u32,
        now: Instant,
        encoding: Encoding,
        reply: &mut Vec<u8>,
    ) -> io::Result<()> {
        let limit = usize::try_from(limit).unwrap_or(0);
        let (processes, listed) = (&mut self.processes, &mut self.listed);
        let total = self.reserve.lend(|| {
            if processes.age(now).is_none_or(|age| age > LONGEST_SPAN) {
                // Loads come with the next request.
                let _ = processes.sample(now, sort, 0, listed);
            }
            processes.sample(now, sort, limit, listed)
        })?;
        let mut most = self.listed.len();
        loop {
            let listed = self.listed.get(..most).unwrap_or_default();
            encoding.write(&process::processes(listed, total), reply);
            if reply.len() <= LONGEST || most == 0 {
                break;
            }
            // Whoever names processes cannot keep the list from those who ask.
            (most, *reply) = (most / 2, Vec::new());
        }
        if self.listed.len() > FEW {
            self.listed = Recycled::default();
        }
        Ok(())
    }
}

pub(super) fn send(client: &mut Client, reply: &Value, now: Instant) -> bool {
    let mut bytes = Vec::new();
    client.encoding().write(reply, &mut bytes);
    client.send(&[&bytes], now)
}

fn encoded(encoding: Encoding, snapshot: &Snapshot) -> Vec<u8> {
    let mut bytes = Vec::new();
    encoding.write(&message::data(snapshot), &mut bytes);
    if encoding == Encoding::Json {
        bytes.pop();
    }
    bytes
}

fn about<'a>(feed: &'a Feed, sample: &Sample) -> message::Stats<'a> {
    message::Stats {
        source: feed.choice.name().into(),
        age_ms: sample.age.and_then(|age| u64::try_from(age.as_millis()).ok()),
        stale: sample.stale,
        simulated: feed.choice.simulated(),
        board: feed.choice.board().unwrap_or_default().into(),
    }
}

/// The members of the data that are named, by themselves or as a way into a map.
fn selected<'a>(data: Value<'a>, select: &[String]) -> Value<'a> {
    let Value::Map(members) = data else { return data };
    let wanted = |(name, value): (std::borrow::Cow<'a, str>, Value<'a>)| {
        if select.iter().any(|wanted| *wanted == name) {
            return Some((name, value));
        }
        let inner = |wanted: &String| Some(wanted.strip_prefix(name.as_ref())?.strip_prefix('.')?.to_owned());
        let inner: Vec<String> = select.iter().filter_map(inner).collect();
        (!inner.is_empty()).then(|| (name, selected(value, &inner)))
    };
    Value::Map(members.into_iter().filter_map(wanted).collect())
}
