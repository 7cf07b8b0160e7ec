//! Requests that change something: who may, what came of it, and a line of the log for each.

use std::time::{Duration, Instant};

use super::allow;
use super::answer::{Answers, send};
use super::client::Client;
use crate::config::Config;
use crate::control::desk::{Change, Done, Outcome};
use crate::control::plan::Step;
use crate::control::{Kind, Refusal, Wishes, persist};
use crate::quote::quoted;
use crate::root::Root;
use crate::sys::daemon::Peer;
use crate::wire::control::{begin, code, state};
use crate::wire::reply::Code;
use crate::wire::request::Request;

/// How often something that was promised is tried again, and after what time.
const TRIES: u32 = 3;
const AGAIN: Duration = Duration::from_secs(5);

/// Who asks for what was promised: connections have numbers from 1.
const PROMISE: u64 = 0;

/// What is to be set at each start.
pub(super) struct Promise {
    control: String,
    value: String,
    /// It has failed so often.
    tries: u32,
    not_before: Instant,
}

impl Answers {
    /// Whether a request changes something, and the token that it has.
    pub(super) fn token(request: &Request) -> Option<Option<&str>> {
        match request {
            Request::SetControl { token, .. }
            | Request::Undo { token, .. }
            | Request::Confirm { token }
            | Request::Forget { token, .. } => Some(token.as_deref()),
            _ => None,
        }
    }

    /// Does what a request wants changed, or begins to; false when the connection is gone.
    pub(super) fn change(
        &mut self,
        client: &mut Client,
        request: Request,
        config: &Config,
        now: Instant,
    ) -> bool {
        let token = Answers::token(&request).flatten();
        let allowed =
            self.reserve.lend(|| allow::control(config, &Root::system(), client, client.peer(), token));
        if let Err((code, why)) = allowed {
            self.denied.push(line(&told(&request), client.peer(), why));
            return self.refuse(client, code, why, now);
        }
        if self.feed.choice.simulated() {
            return self.refuse(
                client,
                Code::Unsupported,
                "the board is simulated: there is nothing to change",
                now,
            );
        }
        let what = told(&request);
        self.looks.clear();
        match self.lent(|own| begin(&mut own.desk, request, Some(client.number), now)) {
            Ok(Some(outcome)) => self.end(client, &what, Ok(outcome), now),
            Ok(None) => {
                (client.waiting, self.asked) = (true, (what, Some(client.peer())));
                true
            }
            Err(refusal) => self.end(client, &what, Err(refusal), now),
        }
    }

    /// Reads what is to be set at each start.
    ///
    /// # Errors
    /// Why nothing of it is.
    pub(super) fn promise(&mut self, now: Instant) -> Result<(), String> {
        let steps = persist::plan(&self.root)?;
        if !steps.is_empty() && self.feed.choice.simulated() {
            return Err(["/", persist::PATH, ": left as it is: the board shown is simulated"].concat());
        }
        for step in steps {
            if let Step::Set { control, value, .. } = step {
                self.promises.push_back(Promise { control, value, tries: 0, not_before: now });
            }
        }
        Ok(())
    }

    /// When something that was promised is due, unless something is being done.
    pub(super) fn promise_due(&self) -> Option<Instant> {
        self.promises.front().filter(|_| self.desk.is_idle()).map(|promise| promise.not_before)
    }

    /// Begins what was promised, one after the other.
    fn keep_promises(&mut self, now: Instant) {
        while let Some(promise) = self.promises.front().filter(|p| self.desk.is_idle() && now >= p.not_before)
        {
            let (control, value) = (promise.control.clone(), promise.value.clone());
            let wishes = Wishes { attended: true, ..Wishes::default() };
            let change = Change { control, value, wishes, ..Change::default() };
            match self.desk.set(change, Some(PROMISE), now) {
                Ok(None) => return,
                Ok(Some(_)) => self.kept(Ok(()), now),
                Err(refusal) => self.kept(Err(refusal), now),
            }
        }
    }

    /// What came of a promise: the vendor's services may still be at work, so it is tried again.
    fn kept(&mut self, result: Result<(), Refusal>, now: Instant) {
        let Some(mut promise) = self.promises.pop_front() else { return };
        let what = ["set ", &promise.control, " ", &promise.value, " as at each start: "].concat();
        match result {
            Ok(()) => self.audit.push(what + "done"),
            Err(refusal) if refusal.kind != Kind::Unsupported && promise.tries < TRIES => {
                self.audit.push([&what, &refusal.why, "; again in 5 s"].concat());
                (promise.tries, promise.not_before) = (promise.tries + 1, now + AGAIN);
                self.promises.push_front(promise);
            }
            Err(refusal) => self.audit.push(what + &refusal.why),
        }
    }

    /// Goes on with the change that was begun, and answers who waits for it.
    pub(super) fn go_on(&mut self, clients: &mut [Client], new: bool, now: Instant) {
        if self.desk.has_work(new, now) || self.promise_due().is_some_and(|due| now >= due) {
            self.lent(|own| {
                own.turn_desk(clients, new, now);
                own.keep_promises(now);
            });
        }
    }

    /// Does something with the descriptors that are held back for it.
    pub(super) fn lent<T>(&mut self, act: impl FnOnce(&mut Answers) -> T) -> T {
        let mut reserve = std::mem::take(&mut self.reserve);
        let done = reserve.lend(|| act(self));
        self.reserve = reserve;
        done
    }

    fn turn_desk(&mut self, clients: &mut [Client], new: bool, now: Instant) {
        let sample = self.feed.sample(now);
        // The desk looks at the files itself where samples are of another board or another time.
        let new = new && self.feed.choice.is_of_board();
        let Some(Done { asker, result }) = self.desk.turn(sample.snapshot.filter(|_| new), now) else {
            return;
        };
        self.looks.clear();
        let (what, peer) = std::mem::take(&mut self.asked);
        self.feed.look_again();
        match clients.iter_mut().find(|client| Some(client.number) == asker) {
            Some(client) => {
                client.waiting = false;
                // One that is gone is noticed when it is polled.
                let _ = self.end(client, &what, result, now);
            }
            None if asker == Some(PROMISE) => self.kept(result.map(drop), now),
            None => {
                let how = match &result {
                    Ok(outcome) => &done(outcome),
                    Err(refusal) => &refusal.why,
                };
                self.audit.push(match peer {
                    Some(peer) => line(&what, peer, &["asker gone, ", how].concat()),
                    // It was done on the desk's own account.
                    None => ["undo: ", how].concat(),
                });
            }
        }
    }

    /// Answers with what came of a change, which the next sample shows.
    fn end(
        &mut self,
        client: &mut Client,
        what: &str,
        result: Result<Outcome, Refusal>,
        now: Instant,
    ) -> bool {
        match result {
            Ok(outcome) => {
                self.note(what, client.peer(), &done(&outcome));
                send(client, &state(&outcome), now)
            }
            Err(refusal) => {
                self.note(what, client.peer(), &refusal.why);
                self.refuse(client, code(refusal.kind), &refusal.why, now)
            }
        }
    }

    fn note(&mut self, what: &str, peer: Peer, how: &str) {
        self.audit.push(line(what, peer, how));
    }
}

fn line(what: &str, peer: Peer, how: &str) -> String {
    format!("{what} by uid {} pid {}: {how}", peer.uid, peer.pid)
}

/// What came of it, in the words of the log.
fn done(outcome: &Outcome) -> String {
    match (outcome.dry_run, outcome.old.as_str(), outcome.new.as_str()) {
        (true, ..) => "only planned".to_owned(),
        (false, "", "") => "done".to_owned(),
        (false, old, new) => {
            let old = if old.is_empty() { "-".to_owned() } else { quoted(old) };
            ["done, ", &old, " -> ", &quoted(new)].concat()
        }
    }
}

/// A request in the words of the log; what its sender has chosen stands in quotes.
fn told(request: &Request) -> String {
    let which = |name: &Option<String>, other: &str| name.as_deref().map_or(other.to_owned(), quoted);
    match request {
        Request::SetControl { control, value, .. } => {
            ["set ", &quoted(control), " ", &quoted(value)].concat()
        }
        Request::Undo { control, all, .. } => {
            ["undo ", &which(control, if *all { "all" } else { "the last change" })].concat()
        }
        Request::Forget { control, .. } => ["forget ", &which(control, "all")].concat(),
        _ => "confirm".to_owned(),
    }
}
