//! Profiles of the vendor's: up to R32 nvpmodel sets them, later they stand in the service's table.

use std::time::Duration;

use super::hand;
use super::{Board, MODE_STATUS, SERVICE, is_ours};
use crate::control::journal::{Record, Undo};
use crate::control::plan::{Plan, Step};
use crate::control::{Refusal, Scene};
use crate::snapshot::FanOwner;
use crate::source::sysfs::fan as files;

/// How long nvpmodel may take for a profile.
const NVPMODEL: Duration = Duration::from_secs(30);
/// How long its state may take to say so.
const STATE: Duration = Duration::from_secs(5);

/// What names the profile at start in the service's table.
const KEY: &str = "FAN_DEFAULT_PROFILE";

/// Chooses a profile.
pub(super) fn choose(board: &Board, scene: &Scene, name: &str, plan: &mut Plan) -> Result<(), Refusal> {
    let ours = is_ours(scene.journal);
    let is_automatic = matches!(board.owner, FanOwner::Nvfancontrol | FanOwner::Kernel);
    let is_served = board.is_old() || board.owner == FanOwner::Nvfancontrol;
    if is_automatic && is_served && !ours && board.profile == name {
        return Ok(());
    }
    let tool = if board.is_old() { "nvpmodel" } else { "systemctl" };
    if scene.root.program(tool).is_none() {
        return Err(Refusal::unsupported(
            "fan",
            &["there is no ", tool, " to choose a profile with"].concat(),
        ));
    }
    let content = if board.is_old() { None } else { edited(board, name)? };
    if ours {
        // The vendor takes it from here on, whatever comes of the profile.
        plan.steps.push(Step::Release);
        plan.steps.extend(board.fans.iter().filter_map(|fan| hand::mode_back(scene, fan)));
        plan.steps.push(Step::Forget("fan"));
    } else if board.is_old() {
        plan.steps.extend(board.fans.iter().filter_map(|fan| hand::mode_back(scene, fan)));
    }
    match board.is_old() {
        true => by_nvpmodel(board, scene, name, plan),
        false => by_service(board, scene, content, ours, plan),
    }
    Ok(())
}

fn by_nvpmodel(board: &Board, scene: &Scene, name: &str, plan: &mut Plan) {
    if board.profile == name {
        return;
    }
    plan.steps.push(Step::Note(Record::new("fan", Undo::Set { value: board.profile.clone() })));
    plan.steps.push(Step::run("nvpmodel", &["-d", name], NVPMODEL));
    // `pmode:0002 fmode:quiet`.
    let status = scene.root.text(MODE_STATUS).unwrap_or_default();
    let words = status.split_ascii_whitespace().map(|word| match word.strip_prefix("fmode:") {
        Some(_) => ["fmode:", name].concat(),
        None => word.to_owned(),
    });
    let text = Some(words.collect::<Vec<_>>().join(" "));
    let failure = ["nvpmodel: was told to use fan profile ", name, " and does not"].concat();
    plan.steps.push(Step::Await { path: MODE_STATUS.to_owned(), text, within: STATE, failure });
}

/// In NVIDIA's order: the service is stopped, its table edited, its state removed, for the profile in
/// that would win, and it is started again.
fn by_service(board: &Board, scene: &Scene, content: Option<String>, ours: bool, plan: &mut Plan) {
    // A profile that does not exist keeps it from starting: whatever goes wrong, it is to run again.
    if ours || board.owner != FanOwner::Manual {
        plan.steps.push(Step::Note(Record::new("fan", Undo::Start { unit: SERVICE.to_owned() })));
    } else {
        plan.steps.extend(board.fans.iter().filter_map(|fan| hand::note_duty(scene, fan)));
    }
    if board.owner != FanOwner::Manual {
        hand::stop(scene, plan);
    }
    if let Some(content) = content {
        let path = files::TABLE.to_owned();
        plan.steps.push(Step::Replace { path, content: Some(content), mode: 0o644, own: false });
    }
    let path = files::STATUS.to_owned();
    plan.steps.push(Step::Replace { path, content: None, mode: 0o644, own: false });
    plan.steps.push(Step::Note(Record::new("fan", Undo::Stop { unit: SERVICE.to_owned() })));
    hand::start(scene, plan);
}

/// The service's table with another profile for the start, in all fans that have it; `None` when it says
/// so already.
fn edited(board: &Board, name: &str) -> Result<Option<String>, Refusal> {
    let text = board.table.as_deref().unwrap_or_default();
    if text.len() as u64 >= files::LARGEST || text.contains('\u{fffd}') {
        return Err(Refusal::unsupported("fan", "/etc/nvfancontrol.conf is not understood"));
    }
    let table = crate::board::fan::parse(text);
    let mut fans = table.fans.iter();
    let mut new = String::with_capacity(text.len() + 32);
    let mut has_profile = false;
    let mut found = false;
    for line in text.split_inclusive('\n') {
        let plain = line.trim_start();
        if plain.starts_with("<FAN") {
            has_profile = fans.next().is_some_and(|fan| fan.profiles.iter().any(|own| own.name == name));
        }
        let rest = plain.strip_prefix(KEY).filter(|rest| rest.starts_with([' ', '\t'])).unwrap_or_default();
        let old = rest.split_ascii_whitespace().next().filter(|old| has_profile && !old.starts_with('#'));
        match old.and_then(|old| rest.split_once(old)) {
            Some((blank, after)) => {
                found = true;
                let indent = line.strip_suffix(plain).unwrap_or_default();
                new.extend([indent, KEY, blank, name, after]);
            }
            None => new.push_str(line),
        }
    }
    if !found {
        let why = "/etc/nvfancontrol.conf names no FAN_DEFAULT_PROFILE that could be another";
        return Err(Refusal::unsupported("fan", why));
    }
    Ok((new != text).then_some(new))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_and_err_edits() {
        let two = "<FAN 1>\r\n\tFAN_PROFILE a {\n}\nFAN_PROFILE b {\n}\n\tFAN_DEFAULT_PROFILE  a # was b\r\n\
                   <FAN 2>\nFAN_PROFILE a {\n}\nFAN_DEFAULT_PROFILE a";
        let done = two.replace("PROFILE  a", "PROFILE  b");
        let one = "<FAN 1>\nFAN_PROFILE b {\n}\nFAN_DEFAULT_PROFILE a";
        for (text, wanted) in [
            (two, Some(Some(done.as_str()))),
            (done.as_str(), Some(None)),
            (one, Some(Some("<FAN 1>\nFAN_PROFILE b {\n}\nFAN_DEFAULT_PROFILE b"))),
            ("", None),
            ("<FAN 1>\nFAN_PROFILE b {\n}\n", None),
            ("<FAN 1>\nFAN_PROFILE b {\n}\nFAN_DEFAULT_PROFILE\n", None),
            ("FAN_DEFAULT_PROFILE a\n", None),
            ("<FAN 1>\nFAN_PROFILE b {\n}\nFAN_DEFAULT_PROFILES a\nFAN_DEFAULT_PROFILE #a\n", None),
            ("<FAN 1>\nFAN_PROFILE b {\n}\n#FAN_DEFAULT_PROFILE a\n", None),
            ("<FAN 1>\nFAN_PROFILE b {\n}\nFAN_DEFAULT_PROFILE a\u{fffd}\n", None),
        ] {
            let (table, profile) = (Some(text.to_owned()), String::new());
            let board = Board { fans: Vec::new(), owner: FanOwner::Unknown, table, profile };
            let found = edited(&board, "b");
            assert_eq!(found.as_ref().ok().map(|new| new.as_deref()), wanted, "{text:?}");
        }
    }
}
