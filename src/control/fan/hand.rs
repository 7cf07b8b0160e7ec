//! How the fan is taken over, and how it is handed back.

use std::time::Duration;

use super::{Board, SERVICE, before, duty_of, is_ours, pwm_of, safe, text_of};
use crate::control::desk::SYSTEMCTL;
use crate::control::journal::{Record, Undo};
use crate::control::plan::{Hold, Plan, Step};
use crate::control::{Kind, Refusal, Scene};
use crate::snapshot::FanOwner;
use crate::source::sysfs::fan::{self as files, Place};

/// How long the service's control group may take to come or go after systemctl has ended.
const GROUP: Duration = Duration::from_secs(10);

/// What makes an undo set the fan to what it is held at now.
fn note_held(scene: &Scene, plan: &mut Plan) {
    if let Some(hold) = &scene.journal.held {
        plan.steps.push(Step::Note(Record::new("fan", Undo::Set { value: text_of(hold) })));
    }
}

/// Takes the fan, or sets one that is ours to something else.
pub(super) fn take(
    board: &Board,
    scene: &Scene,
    hold: Hold,
    duty_pm: u32,
    plan: &mut Plan,
) -> Result<(), Refusal> {
    plan.new = text_of(&hold);
    if !scene.wishes.attended {
        return Err(Refusal::unsupported(
            "fan",
            "needs the daemon, which hands the fan back (start jscoped)",
        ));
    }
    let stops = must_stop(board, scene)?;
    // A curve is read again.
    if !stops && matches!(hold, Hold::Duty(_)) && scene.journal.held.as_ref() == Some(&hold) {
        return Ok(());
    }
    if files::group(scene.root) == Err(None) && !stops && !board.is_old() && board.table.is_none() {
        plan.notes
            .push("fan: whether nvfancontrol runs cannot be seen here; it would set it again".to_owned());
    }
    note_held(scene, plan);
    if stops {
        plan.steps.push(Step::Note(Record::new("fan", Undo::Start { unit: SERVICE.to_owned() })));
        stop(scene, plan);
    }
    for fan in &board.fans {
        let manual = if fan.old { "0" } else { "1" };
        if scene.root.has(&fan.mode) {
            plan.steps.push(Step::write(&fan.mode, manual));
        }
        plan.steps.push(set(scene, fan, duty_pm));
    }
    plan.steps.push(Step::Hold(hold));
    Ok(())
}

/// The step that sets a duty. What it was is noted even where nothing is to be written: it will be.
fn set(scene: &Scene, fan: &Place, duty_pm: u32) -> Step {
    let new = pwm_of(duty_pm).to_string();
    match scene.root.text(&fan.target) {
        Some(old) if old == new => {
            Step::Note(Record::new("fan", Undo::Write { path: fan.target.clone(), old, new }))
        }
        _ => Step::write(&fan.target, new),
    }
}

/// Whether the service must be stopped: it runs, or it may.
fn must_stop(board: &Board, scene: &Scene) -> Result<bool, Refusal> {
    let has_systemctl = scene.root.program("systemctl").is_some();
    match files::group(scene.root) {
        _ if board.is_old() => Ok(false),
        Ok(_) if !has_systemctl => {
            let why = "fan: nvfancontrol runs and would set it again (there is no systemctl to stop it)";
            Err(Refusal::new(Kind::Conflict, why))
        }
        Ok(_) => Ok(true),
        // Nobody can say: it is stopped, but once.
        Err(None) => Ok(board.table.is_some() && has_systemctl && scene.journal.held.is_none()),
        Err(Some(_)) => Ok(false),
    }
}

/// Stops the service and waits until it is gone, where that can be seen.
pub(super) fn stop(scene: &Scene, plan: &mut Plan) {
    plan.steps.push(Step::run("systemctl", &["stop", SERVICE], SYSTEMCTL));
    if let Ok(group) = files::group(scene.root) {
        let failure = "nvfancontrol: was stopped and still runs".to_owned();
        plan.steps.push(Step::Await { path: group.to_owned(), text: None, within: GROUP, failure });
    }
}

/// Starts the service and sees whether it runs.
pub(super) fn start(scene: &Scene, plan: &mut Plan) {
    plan.steps.push(Step::run("systemctl", &["start", SERVICE], SYSTEMCTL));
    if let Ok(group) | Err(Some(group)) = files::group(scene.root) {
        let failure = "nvfancontrol: was started and does not run (systemctl status nvfancontrol)".to_owned();
        let (path, text) = (group.to_owned(), Some(String::new()));
        plan.steps.push(Step::Await { path, text, within: GROUP, failure });
    }
    // A service that ended at once had its group for a moment.
    plan.steps.push(Step::run("systemctl", &["is-active", SERVICE], SYSTEMCTL));
}

/// Hands the fan back to the vendor's control.
pub(super) fn back(board: &Board, scene: &Scene, plan: &mut Plan) -> Result<(), Refusal> {
    let ours = is_ours(scene.journal);
    let is_automatic = matches!(board.owner, FanOwner::Nvfancontrol | FanOwner::Kernel);
    if is_automatic && !ours {
        return Ok(());
    }
    note_held(scene, plan);
    plan.steps.push(Step::Release);
    let has_systemctl = scene.root.program("systemctl").is_some();
    let runs = files::group(scene.root).is_ok();
    if board.is_old() || runs || (board.table.is_some() && has_systemctl) {
        let modes = board.fans.iter().filter_map(|fan| mode_back(scene, fan));
        plan.steps.extend(modes);
        if !board.is_old() && !runs {
            start(scene, plan);
        }
    } else if ours {
        // Nobody was seen to set it: what it was is all that there is.
        for fan in &board.fans {
            let old = before(scene.journal, &fan.target);
            plan.steps.extend(old.map(|old| Step::write(&fan.target, safe(scene.root, &fan.target, old))));
            plan.steps.extend(mode_back(scene, fan));
        }
        plan.notes.push("fan: there is no nvfancontrol here to hand it to; it is as it was".to_owned());
    } else if board.table.is_some() {
        return Err(Refusal::unsupported(
            "fan",
            "nvfancontrol does not run (there is no systemctl to start it)",
        ));
    } else if board.owner == FanOwner::Unknown {
        return Err(Refusal::unsupported("fan", "nothing here would set it (no nvfancontrol in sight)"));
    } else {
        let tries = board.fans.iter().filter(|fan| scene.root.has(&fan.mode));
        plan.steps.extend(tries.map(|fan| Step::Try { path: fan.mode.clone(), text: "2".to_owned() }));
    }
    plan.steps.push(Step::Forget("fan"));
    Ok(())
}

/// The step that gives a fan's switch back: to the kernel up to R32, else as it was.
pub(super) fn mode_back(scene: &Scene, fan: &Place) -> Option<Step> {
    let now = scene.root.text(&fan.mode)?;
    let wanted = match fan.old {
        true => "1",
        // A fan that was switched off stays ours to switch on.
        false => before(scene.journal, &fan.mode).filter(|old| *old != "0").unwrap_or(match now.as_str() {
            "0" => "1",
            _ => return None,
        }),
    };
    (now != wanted).then(|| Step::write(&fan.mode, wanted))
}

/// What a fan is at now, noted before somebody else sets it.
pub(super) fn note_duty(scene: &Scene, fan: &Place) -> Option<Step> {
    let old = scene.root.text(&fan.target)?;
    let undo = Undo::Write { path: fan.target.clone(), new: old.clone(), old };
    Some(Step::Note(Record::new("fan", undo)))
}

/// The duty that a fan is at now, per mille.
pub(super) fn duty_now(root: &crate::root::Root, fan: &Place) -> Option<u32> {
    Some(duty_of(u32::try_from(root.number(&fan.target)?).ok()?))
}
