//! Answers of this process, where no server reads the board.

use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use crate::board::{self, Board, nvpmodel};
use crate::control::desk::{Desk, Outcome};
use crate::control::{Refusal, Wishes};
use crate::health::{self, Before, Counters};
use crate::history::{History, Moment};
use crate::process::Processes;
use crate::recycled::Recycled;
use crate::root::Root;
use crate::snapshot::Snapshot;
use crate::source::Feed;
use crate::sys;
use crate::view::more::Topic;
use crate::wire::meta::Names;
use crate::wire::request::Request;
use crate::wire::{self, Value};

type Result<T> = std::result::Result<T, String>;

/// Why nothing of a simulated board is changed.
const SIMULATED: &str =
    "the board is simulated: there is nothing to change (jetsonscope simulate makes one that obeys)";

/// What this process knows of the board beside its samples.
pub struct Here {
    /// What is taken for the board.
    pub root: Root,
    processes: Option<Processes>,
    desk: Option<Desk>,
    before: Before,
    past: Option<History>,
}

impl Here {
    /// Looks at that root when it is asked.
    pub fn new(root: Root) -> Here {
        Here { root, processes: None, desk: None, before: Before::default(), past: None }
    }

    /// The answer; `None` of a change that has begun, whose end [`Here::turn`] tells.
    pub fn answer(
        &mut self,
        topic: Topic,
        request: Request,
        feed: &Feed,
        now: Instant,
    ) -> Option<Result<Value<'static>>> {
        let changes = matches!(topic, Topic::Controls | Topic::Change);
        if changes && feed.origin().simulated {
            return Some(Err(SIMULATED.to_owned()));
        }
        Some(match topic {
            Topic::Processes | Topic::Held => self.processes(request, now),
            Topic::Controls => {
                let scene = self.desk().scene(Wishes::default());
                Ok(wire::control::controls(&scene))
            }
            Topic::Change => return self.change(request, now),
            Topic::Meta => Ok(self.meta(feed, now)),
            Topic::Health => Ok(self.health(feed, now)),
            Topic::Sources => Ok(wire::source::sources(&feed.statuses()).into_owned()),
            Topic::History => self.past(request),
        })
    }

    /// Remembers a sample that was read here.
    pub fn record(&mut self, snapshot: &Snapshot, interval: Duration) {
        self.past.get_or_insert_with(|| History::every(interval)).record(Moment::now(), snapshot);
    }

    /// Forgets all of them: the server has its own.
    pub fn forget(&mut self) {
        self.past = None;
    }

    fn past(&self, request: Request) -> Result<Value<'static>> {
        let Request::GetHistory { series, window_s } = request else { return Err(String::new()) };
        let past = self.past.as_ref().ok_or("no sample yet")?;
        let asked = wire::history::asked(past, &series, window_s, Moment::now());
        asked.map(|asked| asked.reply()).map_err(|(_, why)| why)
    }

    fn processes(&mut self, request: Request, now: Instant) -> Result<Value<'static>> {
        let Request::GetProcesses { sort, limit } = request else { return Err(String::new()) };
        let processes = self.processes.get_or_insert_with(|| Processes::new(&self.root));
        let (limit, mut list) = (usize::try_from(limit).unwrap_or(0), Recycled::default());
        let total = processes.sample(now, sort, limit, &mut list);
        let total = total.map_err(|error| ["/proc: ", &sys::reason(&error)].concat())?;
        Ok(wire::process::processes(&list, total).into_owned())
    }

    fn meta(&self, feed: &Feed, now: Instant) -> Value<'static> {
        let board = Board::read(&self.root, true);
        let (table, governors) =
            (nvpmodel::read(&self.root).unwrap_or_default(), board::governors(&self.root));
        let empty = Snapshot::default();
        let names = Names::of(feed.sample(now).snapshot.unwrap_or(&empty), &table, &governors);
        wire::meta::meta(&board, &names.lists(), nix::unistd::geteuid().is_root()).into_owned()
    }

    fn health(&mut self, feed: &Feed, now: Instant) -> Value<'static> {
        let sample = feed.sample(now);
        let statuses = feed.statuses();
        let input = health::Input::of(feed, &sample, &statuses, false);
        let checks = health::checks(&input, &mut self.before);
        wire::health::health(&Counters::default(), &checks).into_owned()
    }

    fn desk(&mut self) -> &mut Desk {
        self.desk.get_or_insert_with(|| {
            let mut desk = Desk::open(self.root.clone());
            desk.attended = false;
            desk
        })
    }

    fn change(&mut self, request: Request, now: Instant) -> Option<Result<Value<'static>>> {
        match self.begin(request, now) {
            Ok(None) => None,
            Ok(Some(outcome)) => Some(Ok(told(&outcome))),
            Err(refusal) => Some(Err(refused(refusal))),
        }
    }

    fn begin(&mut self, mut request: Request, now: Instant) -> std::result::Result<Option<Outcome>, Refusal> {
        if let Request::SetControl { control, manner, .. } = &mut request {
            if manner.confirm_s > 0 && !manner.dry_run {
                let why = "taking a change back needs the daemon (start jscoped)";
                return Err(Refusal::unsupported(control, why));
            }
            manner.confirm_s = 0;
        }
        wire::control::begin(self.desk(), request, None, now)
    }

    /// What to wait on.
    pub fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.desk.as_ref()?.descriptor()
    }

    /// When to come again at the latest.
    pub fn due(&self) -> Option<Instant> {
        self.desk.as_ref()?.due()
    }

    /// What came of the change that was begun.
    pub fn turn(&mut self, now: Instant) -> Option<Result<Value<'static>>> {
        let done = self.desk.as_mut()?.turn(None, now)?;
        Some(done.result.map(|outcome| told(&outcome)).map_err(refused))
    }
}

fn told(outcome: &Outcome) -> Value<'static> {
    wire::control::state(outcome).into_owned()
}

/// A refusal as the server tells it: its code, and why.
fn refused(refusal: Refusal) -> String {
    [wire::control::code(refusal.kind).name(), ": ", &refusal.why].concat()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::control::Kind;
    use crate::source::Choice;
    use crate::wire::request::Manner;

    #[test]
    fn err_as_the_server_says_it() {
        for (kind, wanted) in [
            (Kind::Invalid, "invalid_control: x"),
            (Kind::Reboot, "reboot_required: x"),
            (Kind::Failed, "control_error: x"),
            (Kind::Want, "busy: x"),
        ] {
            assert_eq!(refused(Refusal::new(kind, "x")), wanted);
        }
        let now = Instant::now();
        let root = Root::at(std::path::Path::new("/nowhere"));
        let feed = Feed::open(Choice::Sysfs, &root, Duration::from_secs(1), now).expect("a feed");
        let mut here = Here::new(root);
        let set = |control: &str, confirm_s| Request::SetControl {
            control: control.to_owned(),
            value: "on".to_owned(),
            token: None,
            manner: Manner { confirm_s, ..Manner::default() },
        };
        for (request, wanted) in [
            (set("nobody", 0), "invalid_control: no control \"nobody\" (jscopectl list)"),
            (set("fan", 30), "unsupported: fan: taking a change back needs the daemon (start jscoped)"),
            (Request::Confirm { token: None }, "unsupported: confirm: nothing waits to be confirmed"),
        ] {
            let answer = here.answer(Topic::Change, request.clone(), &feed, now);
            assert_eq!(answer, Some(Err(wanted.to_owned())), "{request:?}");
        }
    }
}
