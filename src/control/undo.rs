//! How what stands in the journal is undone: steps, like those of any change.

use super::desk::SYSTEMCTL;
use super::journal::{Record, Undo};
use super::plan::Step;
use super::run::is_same;
use super::swap;
use crate::board::nvpmodel::STATUS;
use crate::root::Root;

/// The unit of the daemon is ordered behind that of the fan, so while systemd stops the daemon, which
/// hands the fan back, it would leave the fan's start for later (systemd.unit(5), `After=`): both would
/// wait for each other until the time is over.
const AT_ONCE: &str = "--job-mode=ignore-dependencies";

/// What undoes the records, which are in the order in which they were written: the last one first. A
/// file of the kernel that others have changed since is left as it is, but for the fan's; what has
/// just `failed` is put back whatever came of it.
pub fn undone(records: &[&Record], root: &Root, failed: bool, notes: &mut Vec<String>) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut released = false;
    let taken = |record: &Record| {
        record.control == "fan" && !matches!(record.kind, Undo::Set { .. } | Undo::Unconfirmed)
    };
    let taken = records.iter().position(|record| taken(record)).unwrap_or(records.len());
    for (number, record) in records.iter().enumerate().rev() {
        match record.kind {
            // What the fan was held at in between may be too little by now, and does not matter.
            Undo::Set { .. } if record.control == "fan" && number > taken => continue,
            // The fan is to be ours again, and what comes now is of the time before that.
            Undo::Set { .. } => released = false,
            Undo::Unconfirmed => {}
            _ if record.control == "fan" && !released => {
                steps.push(Step::Release);
                released = true;
            }
            _ => {}
        }
        put_back(record, root, failed, &mut steps, notes);
    }
    steps
}

/// Adds what undoes one record.
fn put_back(record: &Record, root: &Root, failed: bool, steps: &mut Vec<Step>, notes: &mut Vec<String>) {
    match &record.kind {
        Undo::Write { path, old, .. } if !super::fan::may_hold(path, old) => {
            notes.push(format!("/{path}: {old} would stop the fan, and is not written"));
        }
        Undo::Write { path, old, new } => {
            let now = planned(steps, path).or_else(|| root.text(path)).unwrap_or_default();
            if record.control == "fan" {
                steps.push(Step::write(path, super::fan::safe(root, path, old)));
            } else if failed || is_same(&now, new) {
                steps.push(Step::write(path, old));
            } else if !is_same(&now, old) {
                notes.push(format!("/{path}: is \"{now}\" by somebody else's hand, and stays so"));
            }
        }
        Undo::File { path, old } => {
            let content = old.clone();
            steps.push(Step::Replace { path: path.clone(), content, mode: 0o644, own: true });
        }
        Undo::NextBoot { old, new } => {
            let now = planned(steps, STATUS).or_else(|| root.text(STATUS)).unwrap_or_default();
            if failed || now.trim_end() == new {
                let (path, content) = (STATUS.to_owned(), old.as_ref().map(|old| [old, "\n"].concat()));
                steps.push(Step::Replace { path, content, mode: 0o644, own: true });
            }
        }
        Undo::Start { unit } => {
            steps.push(Step::run("systemctl", &["start", unit, AT_ONCE], SYSTEMCTL));
        }
        Undo::Stop { unit } => {
            steps.push(Step::run("systemctl", &["stop", unit, AT_ONCE], SYSTEMCTL));
        }
        Undo::Disable { unit } => {
            steps.push(Step::run("systemctl", &["disable", unit], SYSTEMCTL));
        }
        Undo::Line { path, key, old } => {
            let line = (!old.is_empty()).then(|| old.clone());
            steps.push(Step::Line { path: path.clone(), key: key.clone(), line });
        }
        Undo::Swap { area, priority } => steps.extend(swap::undone(root, area, *priority)),
        Undo::Set { value } => {
            steps.push(Step::Set { control: record.control.clone(), value: value.clone(), optional: false })
        }
        Undo::Unconfirmed => {}
    }
}

/// What a file will hold after the steps before: a later change of it is undone first.
fn planned(steps: &[Step], path: &str) -> Option<String> {
    steps.iter().rev().find_map(|step| match step {
        Step::Write { path: own, text } if own == path => Some(text.clone()),
        Step::Replace { path: own, content, .. } if own == path => content.clone(),
        _ => None,
    })
}
