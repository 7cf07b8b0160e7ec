//! Where changes are asked for: one at a time, each taken back as a whole when a step of it fails or
//! nobody confirms it. Owned by the daemon, which turns it beside its loop, or by a program that
//! changes something without a daemon and waits for it.

mod change;
mod lock;
mod restore;
mod select;

pub use change::{Change, Done, Outcome, Which};
pub use lock::DESCRIPTORS;

use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use super::journal::{self, Journal, Record, Undo};
use super::plan::{Hold, Plan, Step};
use super::run::{Progress, Run};
use super::{Kind, Refusal, Scene, Wishes, fan, persist, undo, whole};
use crate::health::Changes;
use crate::quote::quoted;
use crate::root::{Lock, Root};
use crate::snapshot::Snapshot;

/// How long systemctl may take.
pub const SYSTEMCTL: Duration = Duration::from_secs(30);
/// When it is tried again to take back what nobody has confirmed.
const AGAIN: Duration = Duration::from_secs(1);
/// Longest that a change may wait to be confirmed.
pub const LONGEST_CONFIRM: Duration = Duration::from_secs(3600);

struct Job {
    asker: Option<u64>,
    run: Run,
    group: u32,
    change: Change,
    outcome: Outcome,
    /// What the run puts back, once it is done.
    undoes: Vec<Record>,
    /// Why it is being put back.
    failed: Option<Refusal>,
}

/// A change that is taken back unless it is confirmed.
struct Unconfirmed {
    group: u32,
    until: Instant,
    /// The control and its value, to be set at each start once it is confirmed.
    wish: Option<(String, String)>,
}

/// The desk.
pub struct Desk {
    root: Root,
    journal: Journal,
    job: Option<Job>,
    held: Option<fan::Holder>,
    /// What is to be confirmed.
    unconfirmed: Option<Unconfirmed>,
    /// Held while something is changed or held, so that nobody else changes it.
    lock: Option<Lock>,
    /// Whether somebody stays who looks after what an undo holds.
    pub attended: bool,
    /// What the log is to say of what is held.
    news: Vec<String>,
    /// Changes made, refused and failed.
    pub tally: Changes,
}

impl Desk {
    /// The desk of a board, with what an earlier one has left in the journal.
    pub fn open(root: Root) -> Desk {
        Desk::open_at(root, journal::PATH)
    }

    /// The desk of a program that changes something beside the daemon, with a journal of its own.
    pub fn open_at(root: Root, journal: &'static str) -> Desk {
        Desk {
            journal: Journal::read_at(&root, journal),
            root,
            job: None,
            held: None,
            unconfirmed: None,
            lock: None,
            attended: true,
            news: Vec::new(),
            tally: Changes::default(),
        }
    }

    /// What looking and planning look at.
    pub fn scene(&self, wishes: Wishes) -> Scene<'_> {
        Scene { root: &self.root, journal: &self.journal, wishes }
    }

    /// What can be undone.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Whether samples are needed at each interval: the fan is held.
    pub fn is_holding(&self) -> bool {
        self.held.is_some()
    }

    /// Whether a change can be begun.
    pub fn is_idle(&self) -> bool {
        self.is_free().is_ok()
    }

    /// What is to be told of what is held, a line each, once.
    pub fn take_news(&mut self) -> Vec<String> {
        std::mem::take(&mut self.news)
    }

    /// What to wait on.
    pub fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.job.as_ref()?.run.descriptor()
    }

    /// Whether [`Desk::turn`] has anything to do.
    pub fn has_work(&self, is_new: bool, now: Instant) -> bool {
        self.job.is_some() || is_new && self.held.is_some() || self.due().is_some_and(|due| now >= due)
    }

    /// When to come again at the latest.
    pub fn due(&self) -> Option<Instant> {
        let job = self.job.as_ref().and_then(|job| job.run.due());
        // Nothing is taken back while something else is.
        let confirm = self.unconfirmed.as_ref().filter(|_| self.job.is_none()).map(|own| own.until);
        let held = self.held.as_ref().map(fan::Holder::due);
        [job, confirm, held].into_iter().flatten().min()
    }

    /// Begins a change. What needs no step ends at once; otherwise [`Desk::turn`] tells its end.
    ///
    /// # Errors
    /// Why nothing was begun and nothing changed.
    pub fn set(
        &mut self,
        change: Change,
        asker: Option<u64>,
        now: Instant,
    ) -> Result<Option<Outcome>, Refusal> {
        let _ = now;
        let begun = self.begin(change, asker);
        self.tally.refused += u64::from(begun.is_err());
        begun
    }

    fn begin(&mut self, change: Change, asker: Option<u64>) -> Result<Option<Outcome>, Refusal> {
        let plan = self.plan(&change)?;
        let Wishes { reboot, at_next_boot, .. } = change.wishes;
        if change.confirm.is_some() && (reboot || at_next_boot && plan.at_next_boot) {
            // The journal that would take it back is gone with the boot.
            let why = [plan.control, ": --confirm cannot take back a reboot (leave it out)"];
            return Err(Refusal::new(Kind::Conflict, why.concat()));
        }
        self.begin_plan(plan, change, asker)
    }

    /// Begins what a plan says that is of no control of the list.
    ///
    /// # Errors
    /// Another change is being made.
    pub fn run(&mut self, plan: Plan, dry_run: bool) -> Result<Option<Outcome>, Refusal> {
        self.begin_plan(plan, Change { dry_run, ..Change::default() }, None)
    }

    fn begin_plan(
        &mut self,
        plan: Plan,
        change: Change,
        asker: Option<u64>,
    ) -> Result<Option<Outcome>, Refusal> {
        let mut outcome = Outcome {
            control: plan.control.to_owned(),
            old: plan.old,
            new: plan.new,
            steps: plan.steps.iter().map(Step::line).collect(),
            notes: plan.notes,
            dry_run: change.dry_run,
            at_next_boot: plan.at_next_boot,
            confirm: None,
        };
        if change.dry_run {
            self.expand(&plan.steps, &mut outcome.steps, change.wishes);
            return Ok(Some(outcome));
        }
        self.is_free()?;
        if plan.steps.is_empty() {
            if change.persist {
                self.locked(|own| own.keep(&change, &mut outcome))?;
            }
            return Ok(Some(outcome));
        }
        if change.confirm.is_some() && change.wishes.reboot && plan.at_next_boot {
            let why = [plan.control, ": a reboot leaves nobody to take it back (--reboot without --confirm)"];
            return Err(Refusal::new(Kind::Conflict, why.concat()));
        }
        self.check_room(plan.control)?;
        self.lock()?;
        let group = self.journal.next_group();
        let mut steps = plan.steps;
        if change.confirm.is_some() {
            steps.insert(0, Step::Note(Record::new(plan.control, Undo::Unconfirmed)));
        }
        let run = Run::new(plan.control, group, change.wishes, steps);
        self.job = Some(Job { asker, run, group, change, outcome, undoes: Vec::new(), failed: None });
        Ok(None)
    }

    fn plan(&self, change: &Change) -> Result<Plan, Refusal> {
        let Some(control) = super::named(&change.control) else {
            let why = ["no control ", &quoted(&change.control), " (jscopectl list)"].concat();
            return Err(Refusal::new(Kind::Invalid, why));
        };
        whole(&self.root, control.name, || match self.root.is_jetson() {
            true => (control.plan)(&self.scene(change.wishes), &change.value),
            false => Err(Refusal::unsupported(control.name, "this is no Jetson")),
        })
    }

    /// What the steps that set other controls stand for, as the board is now.
    fn expand(&self, steps: &[Step], into: &mut Vec<String>, wishes: Wishes) {
        into.clear();
        for step in steps {
            into.push(step.line());
            let Step::Set { control, value, .. } = step else { continue };
            let Some(control) = super::named(control) else { continue };
            match whole(&self.root, control.name, || (control.plan)(&self.scene(wishes), value)) {
                Ok(plan) if plan.steps.is_empty() => into.push("  nothing to do".to_owned()),
                Ok(plan) => into.extend(plan.steps.iter().map(|step| ["  ", &step.line()].concat())),
                // Pinned clocks stand against what is free by then.
                Err(refusal) if refusal.kind == Kind::Conflict && into.len() > 1 => {
                    into.push("  planned when its turn comes".to_owned());
                }
                Err(refusal) => into.push(["  ", &refusal.why].concat()),
            }
        }
    }

    fn is_free(&self) -> Result<(), Refusal> {
        let busy = |why: &str| Err(Refusal::new(Kind::Busy, why));
        match (&self.job, &self.unconfirmed) {
            (Some(job), _) => busy(&["busy: ", &job.outcome.control, " is being changed"].concat()),
            (None, Some(_)) => busy("busy: a change waits to be confirmed (jscopectl confirm, or undo)"),
            (None, None) => Ok(()),
        }
    }

    /// Begins to put these back.
    fn put_back(&mut self, records: Vec<Record>, asker: Option<u64>, failed: Option<Refusal>) {
        let mut notes = Vec::new();
        let places: Vec<&Record> = records.iter().collect();
        let steps = undo::undone(&places, &self.root, failed.is_some(), &mut notes);
        let lines = steps.iter().map(Step::line).collect();
        let mut run = Run::new("undo", 0, Wishes { attended: self.attended, ..Wishes::default() }, steps);
        run.undoing = true;
        let outcome = Outcome { control: "undo".to_owned(), steps: lines, notes, ..Outcome::default() };
        let change = Change::default();
        self.job = Some(Job { asker, run, group: 0, change, outcome, undoes: records, failed });
    }

    /// What was written down of a change; nothing of one that puts back.
    fn of_group(&self, group: u32) -> Vec<Record> {
        let mine = |record: &&Record| group != 0 && record.group == group;
        self.journal.records().iter().filter(mine).cloned().collect()
    }

    /// Keeps what was to be confirmed.
    ///
    /// # Errors
    /// There is nothing to confirm.
    pub fn confirm(&mut self) -> Result<(), Refusal> {
        let Some(Unconfirmed { group, wish, .. }) = self.unconfirmed.take() else {
            return Err(Refusal::new(Kind::Unsupported, "confirm: nothing waits to be confirmed"));
        };
        let marks = |record: &Record| record.group == group && record.kind == Undo::Unconfirmed;
        let _ = self.journal.forget(&self.root, &marks);
        let stored = wish.map_or(Ok(()), |(control, value)| persist::store(&self.root, &control, &value));
        self.unlock();
        stored
    }

    /// Forgets what was to be set at each start, of one control or of all.
    ///
    /// # Errors
    /// Those of [`persist::forget`]; another program changes the board.
    pub fn forget(&mut self, control: Option<&str>) -> Result<(), Refusal> {
        if !self.root.has(persist::PATH) {
            // Not even a lock is left where nothing is kept.
            return whole(&self.root, "persist", || persist::forget(&self.root, control));
        }
        self.locked(|own| persist::forget(&own.root, control))
    }

    /// Goes on with what was begun, and looks after what is held; a sample is given when there is a
    /// new one.
    pub fn turn(&mut self, sample: Option<&Snapshot>, now: Instant) -> Option<Done> {
        match (&mut self.held, sample) {
            (Some(held), Some(sample)) => self.news.append(&mut held.turn(&self.root, sample, now)),
            // Nobody samples, or too rarely for a fan.
            (Some(held), None) => self.news.append(&mut held.watch(&self.root, now)),
            (None, _) => {}
        }
        if self.job.is_none()
            && let Some(own) = self.unconfirmed.take_if(|own| now >= own.until)
        {
            let undone = self.undo(&Which::Group(own.group), None);
            if undone.is_err_and(|refusal| refusal.kind == Kind::Want) {
                self.unconfirmed = Some(Unconfirmed { until: now + AGAIN, ..own });
            }
        }
        let job = self.job.as_mut()?;
        let mut progress = job.run.turn(&self.root, &mut self.journal, now);
        if let Some(hold) = job.run.hold.take() {
            self.journal.held = hold.clone();
            let holder = || Ok(hold.and_then(|hold: Hold| fan::Holder::new(&self.root, hold)));
            match whole(&self.root, "fan", holder) {
                Ok(holder) => self.held = holder,
                Err(refusal) => progress = Progress::Failed(refusal),
            }
        }
        match progress {
            Progress::On => None,
            Progress::Done => {
                let done = self.job.take().map(|job| self.end_of(job, now));
                self.unlock();
                done
            }
            Progress::Failed(refusal) => {
                let done = self.job.take().and_then(|job| self.failure_of(job, refusal));
                self.unlock();
                done
            }
        }
    }

    fn end_of(&mut self, mut job: Job, now: Instant) -> Done {
        job.outcome.notes.append(&mut job.run.notes);
        if !job.undoes.is_empty() || job.failed.is_some() {
            let _ = self.journal.forget(&self.root, &|record| job.undoes.contains(record));
            let all = self.journal.records();
            self.unconfirmed.take_if(|own| !all.iter().any(|record| record.group == own.group));
            self.tally.undone += u64::from(job.failed.is_none());
            self.tally.failed += u64::from(job.failed.is_some());
            let result = job.failed.map_or(Ok(job.outcome), Err);
            return Done { asker: job.asker, result };
        }
        let can_undo = self.journal.records().iter().any(|record| record.group == job.group);
        if let Some(within) = job.change.confirm.filter(|_| can_undo) {
            let wish = (job.change.control.clone(), job.outcome.new.clone());
            let wish = std::mem::take(&mut job.change.persist).then_some(wish);
            self.unconfirmed = Some(Unconfirmed { group: job.group, until: now + within, wish });
            job.outcome.confirm = Some(within);
        }
        self.tally.done += 1;
        let kept = self.keep(&job.change, &mut job.outcome);
        Done { asker: job.asker, result: kept.map(|()| job.outcome) }
    }

    /// Puts back what a failed change has done, or gives up on what cannot be put back.
    fn failure_of(&mut self, job: Job, refusal: Refusal) -> Option<Done> {
        let records = self.of_group(job.group);
        if records.is_empty() {
            self.tally.failed += 1;
            // Nobody looks after a fan that could not be handed back.
            if self.held.is_none() && job.undoes.iter().any(|record| record.control == "fan") {
                self.news.extend(fan::full_speed(&self.root));
            }
            let refusal = match job.failed {
                Some(first) => {
                    Refusal::new(first.kind, [&first.why, "; putting back: ", &refusal.why].concat())
                }
                None => refusal,
            };
            return Some(Done { asker: job.asker, result: Err(refusal) });
        }
        self.put_back(records, job.asker, Some(refusal));
        None
    }

    /// Writes down what is to be done again at each start.
    fn keep(&mut self, change: &Change, outcome: &mut Outcome) -> Result<(), Refusal> {
        if change.persist {
            persist::store(&self.root, &change.control, &outcome.new)?;
            outcome.notes.push("kept for each start".to_owned());
        }
        Ok(())
    }
}
