//! What a desk puts back on its own account: what an earlier program has left, what was not confirmed,
//! and what is given up in the middle. Waits for it where nobody turns the desk.

use std::time::{Duration, Instant};

use super::super::journal::Undo;
use super::super::{Kind, Refusal, fan};
use super::{Desk, Outcome, Which};

impl Desk {
    /// Begins to put back what an earlier daemon has left, and says what there is.
    pub fn recover(&mut self) -> Vec<String> {
        let mut news = Vec::new();
        if self.journal.discarded {
            news.push("undo journal of an earlier boot discarded".to_owned());
        }
        if self.journal.odd_lines > 0 {
            news.push(format!("undo journal: {} lines are not understood", self.journal.odd_lines));
        }
        if self.undo(&Which::Must(self.pending()), None).is_ok() {
            news.push("an earlier daemon ended without putting back what it held; doing so".to_owned());
        } else if !self.journal.records().is_empty() {
            let count = self.journal.records().len();
            news.push(format!("{count} changes of an earlier run can be undone (jscopectl undo)"));
        }
        news
    }

    /// Groups that nobody has confirmed.
    fn pending(&self) -> Vec<u32> {
        let marks = self.journal.records().iter().filter(|record| record.kind == Undo::Unconfirmed);
        marks.map(|record| record.group).collect()
    }

    /// Puts back what must be (the fan, what was not confirmed or is not done yet), or everything but
    /// what waits for the next boot, and waits for it. The fan comes first: nothing that hangs may keep
    /// it from being handed back, or else from full speed.
    ///
    /// # Errors
    /// What could not be put back, the first of it.
    pub fn restore(&mut self, all: bool, within: Duration) -> Result<(), Refusal> {
        let until = Instant::now() + within;
        let mut unconfirmed = self.pending();
        unconfirmed.extend(self.job.take().map(|job| job.group).filter(|&group| group != 0));
        let fan = self.undone(&Which::Must(Vec::new()), until);
        if fan.as_ref().is_err_and(|refusal| matches!(refusal.kind, Kind::Timeout | Kind::Want)) {
            self.held = None;
            self.news.extend(fan::full_speed(&self.root));
        }
        if fan.as_ref().is_err_and(|refusal| refusal.kind == Kind::Busy) {
            return fan;
        }
        fan.and(self.undone(&Which::Rest(unconfirmed, all), until))
    }

    /// Undoes what there is, and waits for it.
    fn undone(&mut self, which: &Which, until: Instant) -> Result<(), Refusal> {
        let done = match self.undo(which, None) {
            Ok(()) => self.finish(until).map(drop),
            Err(refusal) if refusal.kind == Kind::Unsupported => Ok(()),
            Err(refusal) => Err(refusal),
        };
        self.job = None;
        self.unlock();
        done
    }

    /// Ends what was begun, for whoever does not wait any longer, and puts back what it has done; why,
    /// with what came of that.
    pub fn give_up(&mut self, refusal: Refusal, within: Duration) -> Refusal {
        let Some(group) = self.job.take().map(|job| job.group).filter(|&group| group != 0) else {
            return refusal;
        };
        match self.undone(&Which::Group(group), Instant::now() + within) {
            Ok(()) => Refusal::new(refusal.kind, refusal.why + "; taken back"),
            Err(other) => Refusal::new(refusal.kind, [&refusal.why, "; putting back: ", &other.why].concat()),
        }
    }

    /// Stops in the middle of a change and begins to put back what is done of it.
    fn abandon(&mut self, why: Refusal) {
        if let Some(job) = self.job.take_if(|job| job.undoes.is_empty()) {
            let (asker, group) = (job.asker, job.group);
            drop(job); // ends a tool that runs, before it is looked what there is to put back
            self.put_back(self.of_group(group), asker, Some(why));
        }
    }

    /// Waits for what was begun.
    ///
    /// # Errors
    /// Why it failed, or that it takes too long.
    pub fn finish(&mut self, until: Instant) -> Result<Outcome, Refusal> {
        self.finish_unless(until, &mut || None)
    }

    /// The same, and takes back what was begun once `stop` gives a reason. What is being taken back
    /// goes on.
    ///
    /// # Errors
    /// Why it failed, that reason included, or that it takes too long.
    pub fn finish_unless(
        &mut self,
        until: Instant,
        stop: &mut dyn FnMut() -> Option<Refusal>,
    ) -> Result<Outcome, Refusal> {
        loop {
            let now = Instant::now();
            if let Some(done) = self.turn(None, now) {
                return done.result;
            }
            if self.job.is_none() {
                return Ok(Outcome::default());
            }
            if now >= until {
                return Err(Refusal::new(Kind::Timeout, "gave up waiting"));
            }
            if let Some(refusal) = stop() {
                self.abandon(refusal);
            }
            let due = self.due().unwrap_or(now).min(until);
            std::thread::sleep(due.saturating_duration_since(now).min(Duration::from_millis(20)));
        }
    }
}
