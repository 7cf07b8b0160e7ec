//! What a desk takes back: the records that a request means.

use super::super::journal::{self, Record};
use super::super::{Kind, Refusal, run, whole};
use super::{Desk, Which};

impl Desk {
    /// Begins to take back the last change, or all changes of one control, or all there are.
    ///
    /// # Errors
    /// There is nothing to undo, or another change is being made.
    pub fn undo(&mut self, which: &Which, asker: Option<u64>) -> Result<(), Refusal> {
        if let Some(job) = &self.job {
            return Err(Refusal::new(
                Kind::Busy,
                ["busy: ", &job.outcome.control, " is being changed"].concat(),
            ));
        }
        let root = self.root.clone();
        let begun = whole(&root, "undo", || self.begin_undo(which, asker));
        if begun.as_ref().is_err_and(|refusal| refusal.kind == Kind::Want) {
            self.job = None;
            self.unlock();
        }
        begun
    }

    fn begin_undo(&mut self, which: &Which, asker: Option<u64>) -> Result<(), Refusal> {
        let nothing = || Err(Refusal::new(Kind::Unsupported, "undo: nothing to undo"));
        if self.journal.records().is_empty() && !self.root.has(self.journal.path()) {
            // Not even a lock is left on a board that nobody has changed.
            return nothing();
        }
        self.check_room("undo")?;
        self.lock()?;
        let records = self.selected(which);
        if records.is_empty() {
            self.unlock();
            self.journal.check_read().map_err(|error| run::failed(journal::PATH, &error))?;
            return nothing();
        }
        self.put_back(records, asker, None);
        Ok(())
    }

    /// The records that are to be undone.
    fn selected(&self, which: &Which) -> Vec<Record> {
        let last = self.journal.next_group().saturating_sub(1);
        let wanted = |record: &&Record| match which {
            Which::Last => record.group == last,
            Which::Group(group) => record.group == *group,
            Which::Control(control) => record.control == *control,
            Which::Must(unconfirmed) => self.journal.took_fan(record) || unconfirmed.contains(&record.group),
            Which::Rest(groups, all) => {
                let rest = groups.contains(&record.group) || *all && !record.is_of_next_boot();
                rest && !self.journal.took_fan(record)
            }
            Which::All => true,
        };
        let all = self.journal.records();
        // Where nobody stays to hold the fan, it can only be handed back as a whole.
        let fan = !self.attended && all.iter().filter(wanted).any(|record| record.control == "fan");
        all.iter().filter(|record| wanted(record) || fan && record.control == "fan").cloned().collect()
    }
}
