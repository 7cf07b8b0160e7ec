//! What a desk takes before it changes anything: the lock of the board, and room for descriptors.

use super::super::journal::{self, Journal};
use super::super::{Kind, Refusal, run};
use super::Desk;

/// Locked by whoever changes the board.
const LOCK: &str = "run/jetsonscope/lock";
/// Descriptors that a change takes at a time. Most takes the start of a vendor's tool: a pipe (2), its end
/// for the tool once more (1), and what the tool reads (1), beside the lock (1). A look at files takes 3, a
/// directory, its list, and a file in it; a file that is replaced as many, beside the lock.
pub const DESCRIPTORS: usize = 5;

impl Desk {
    /// Descriptors that the next step may still take, or a change where none is being made.
    pub fn needs(&self) -> usize {
        let taken = [self.lock.is_some(), self.descriptor().is_some()];
        DESCRIPTORS - taken.into_iter().filter(|&is_taken| is_taken).count()
    }

    /// That a change will not end in the middle for want of descriptors, nor what takes it back.
    pub(super) fn check_room(&self, what: &str) -> Result<(), Refusal> {
        self.root.check_room(self.needs()).map_err(|error| run::failed(what, &error))
    }

    /// Sees that nobody else changes this board, and looks at what others have changed meanwhile.
    pub(super) fn lock(&mut self) -> Result<(), Refusal> {
        // Another journal has a lock of its own.
        if self.lock.is_none() && self.journal.path() == journal::PATH {
            let lock = self.root.lock(LOCK).map_err(|error| run::failed(LOCK, &error))?;
            let busy = || Refusal::new(Kind::Busy, "busy: another program changes this board (jscoped?)");
            self.lock = Some(lock.ok_or_else(busy)?);
            let held = self.journal.held.take();
            self.journal = Journal::read(&self.root);
            self.journal.held = held;
        }
        Ok(())
    }

    /// Does something that needs the lock for itself alone.
    pub(super) fn locked(
        &mut self,
        act: impl FnOnce(&mut Desk) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        self.lock()?;
        let done = act(self);
        self.unlock();
        done
    }

    /// Lets others change the board where nothing of it is ours.
    pub(super) fn unlock(&mut self) {
        if self.job.is_none() && self.held.is_none() && self.unconfirmed.is_none() {
            self.lock = None;
        }
    }
}
