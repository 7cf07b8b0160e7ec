//! The power mode, set by the vendor's nvpmodel.
//!
//! The tool asks on its terminal whether it may reboot when a mode changes which units of the GPU
//! have power, and what is not a yes cancels the change. So the masks are compared before it is run,
//! and such a mode is only written down for the next boot, where the tool finds it. It is never run for
//! the mode that is in force, because some releases ask even then. A mode sets all limits anew:
//! clocks that are pinned are let go before and pinned again afterwards.
//!
//! The state file names the mode of the next boot once one was written down there; the journal, which
//! is gone with that boot, tells which one is in force.

use std::time::Duration;

use super::journal::{Journal, Record, Undo};
use super::plan::{Plan, Step, Verdict, Verify};
use super::{Control, Kind, Range, Refusal, Scene, clocks, desk};
use crate::board::nvpmodel::{Arg, Mode, STATUS, Setting, Table, parse_status, read};
use crate::root::Root;
use crate::snapshot::Pinned;

/// The control.
pub static CONTROL: Control =
    Control { name: NAME, description: "power mode, by name or id", unit: None, look, plan };

const NAME: &str = "nvpmodel";
/// The tool takes about a second; it hangs where it asks something.
const WITHIN: Duration = Duration::from_secs(30);
/// How long limits may take to follow.
const SETTLING: Duration = Duration::from_secs(3);

fn look(scene: &Scene) -> Result<Range, Refusal> {
    let text = read(scene.root).unwrap_or_default();
    let table = table(&text)?;
    let (now, next) = modes(scene.root, scene.journal);
    let name = |id: Option<u32>| id.map(|id| name_of(&table, id));
    let options = table.modes.iter().map(|mode| label(&table, mode)).collect();
    Ok(Range { value: name(now), options, next_boot: name(next), ..Range::default() })
}

fn table(text: &str) -> Result<Table<'_>, Refusal> {
    let table = Table::parse(text);
    match table.modes.is_empty() {
        true => Err(Refusal::unsupported(NAME, "etc/nvpmodel.conf has no modes")),
        false => Ok(table),
    }
}

/// The mode that the state file names.
fn present(root: &Root) -> Option<u32> {
    parse_status(&root.text(STATUS)?).mode
}

/// The mode in force, and the one that the next boot brings where that is another.
pub(super) fn modes(root: &Root, journal: &Journal) -> (Option<u32>, Option<u32>) {
    let status = root.text(STATUS).unwrap_or_default();
    let mut text = status.as_str();
    for record in journal.records().iter().rev().filter(|record| record.control == NAME) {
        match &record.kind {
            Undo::NextBoot { old, new } if new == text => text = old.as_deref().unwrap_or_default(),
            // A mode was set since, by us or by somebody else.
            _ => break,
        }
    }
    let (now, next) = (parse_status(text).mode, parse_status(&status).mode);
    (now, next.filter(|_| next != now))
}

/// The name, or the id where the name is another mode's, too, or missing.
fn label(table: &Table, mode: &Mode) -> String {
    match found(table, mode.name) {
        Some(named) if named.id == mode.id => mode.name.to_owned(),
        _ => mode.id.to_string(),
    }
}

fn name_of(table: &Table, id: u32) -> String {
    table.mode(id).map_or_else(|| id.to_string(), |mode| label(table, mode))
}

/// The mode of that id or name, in any case, with or without `MODE_`.
fn found<'t, 'a>(table: &'t Table<'a>, value: &str) -> Option<&'t Mode<'a>> {
    let value = value.trim();
    let named = |mode: &&Mode| !value.is_empty() && mode.name.eq_ignore_ascii_case(value);
    let short = |mode: &&Mode| bare(mode.name).eq_ignore_ascii_case(bare(value)) && !bare(value).is_empty();
    let by_id = || table.mode(value.parse().ok()?);
    by_id().or_else(|| table.modes.iter().find(named)).or_else(|| table.modes.iter().find(short))
}

fn bare(name: &str) -> &str {
    match name.get(..5) {
        Some(head) if head.eq_ignore_ascii_case("MODE_") => name.get(5..).unwrap_or_default(),
        _ => name,
    }
}

fn plan(scene: &Scene, value: &str) -> Result<Plan, Refusal> {
    let root = scene.root;
    let text = read(root).unwrap_or_default();
    let table = table(&text)?;
    let Some(mode) = found(&table, value) else {
        let modes: Vec<String> =
            table.modes.iter().map(|mode| [&mode.id.to_string(), " ", mode.name].concat()).collect();
        return Err(Refusal::value(NAME, value, &modes.join(", ")));
    };
    let (old, next) = modes(root, scene.journal);
    let mut plan = Plan {
        control: NAME,
        old: old.map(|old| name_of(&table, old)).unwrap_or_default(),
        new: label(&table, mode),
        ..Plan::default()
    };
    let gates = gates(root, &table, mode, old);
    let wishes = scene.wishes;
    if old == Some(mode.id) {
        if !gates.is_empty() {
            plan.at_next_boot = true;
            plan.notes.push(["nvpmodel: in force after the next boot: ", &gates].concat());
        } else if next.is_some() {
            write_down(root, mode, &mut plan.steps);
        }
        return Ok(plan);
    }
    if next == Some(mode.id) && !wishes.reboot && (wishes.at_next_boot || !gates.is_empty()) {
        plan.at_next_boot = true;
        plan.notes.push(["nvpmodel: ", &plan.new, " is in force after the next boot"].concat());
        return Ok(plan);
    }
    if root.program(NAME).is_none() {
        return Err(Refusal::unsupported(NAME, "no such program on this board"));
    }
    if wishes.at_next_boot || !gates.is_empty() && wishes.reboot {
        defer(root, mode, !wishes.at_next_boot, &mut plan)?;
    } else if gates.is_empty() {
        if let Some(old) = old.filter(|_| next.is_some()).and_then(|old| table.mode(old)) {
            // The tool does nothing for a mode that the file names.
            write_down(root, old, &mut plan.steps);
        }
        switch(scene, &table, mode, old, &mut plan);
    } else {
        let why = ["nvpmodel: ", &plan.new, " needs a reboot: ", &gates, " (--reboot, or --at-next-boot)"];
        return Err(Refusal::new(Kind::Reboot, why.concat()));
    }
    Ok(plan)
}

/// What the mode changes of the units that have power, `TPC_PG_MASK from 240 to 252`; empty when it
/// changes none, so that no reboot is needed.
fn gates(root: &Root, table: &Table, mode: &Mode, old: Option<u32>) -> String {
    let mut changes = String::new();
    for setting in &mode.settings {
        let Some(arg) = table.arg(setting.param, setting.arg) else { continue };
        if !ends_in_mask(setting.arg) && !ends_in_mask(arg.path) {
            continue;
        }
        let same = |own: &&Setting| own.param == setting.param && own.arg == setting.arg;
        let in_force = || mask(table.mode(old?)?.settings.iter().find(same)?.value);
        let now = existing(root, arg).and_then(|path| mask(&root.text(path)?)).or_else(in_force);
        if let (Some(now), Some(wanted)) = (now, mask(setting.value))
            && now != wanted
        {
            let comma = if changes.is_empty() { "" } else { ", " };
            changes.push_str(&format!("{comma}{} from {now} to {wanted}", setting.arg));
        }
    }
    changes
}

fn ends_in_mask(name: &str) -> bool {
    let tail = name.len().checked_sub("_pg_mask".len()).and_then(|at| name.get(at..));
    tail.is_some_and(|tail| tail.eq_ignore_ascii_case("_pg_mask"))
}

fn mask(text: &str) -> Option<i64> {
    match text.strip_prefix("0x") {
        Some(digits) => i64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// The file of an argument on this kernel, below the root.
fn existing<'a>(root: &Root, arg: &Arg<'a>) -> Option<&'a str> {
    let paths = [arg.next_path.unwrap_or_default(), arg.path];
    paths.into_iter().filter_map(|path| path.strip_prefix('/')).find(|path| root.has(path))
}

/// Writes the mode down, where the tool finds it at the next boot.
fn defer(root: &Root, mode: &Mode, reboot: bool, plan: &mut Plan) -> Result<(), Refusal> {
    if reboot && root.program("systemctl").is_none() {
        return Err(Refusal::unsupported(NAME, "no systemctl that could reboot (--at-next-boot)"));
    }
    write_down(root, mode, &mut plan.steps);
    plan.at_next_boot = true;
    plan.notes.push(["nvpmodel: ", &plan.new, " is in force after the next boot"].concat());
    if reboot {
        plan.steps.push(Step::run("systemctl", &["reboot"], desk::SYSTEMCTL));
    }
    Ok(())
}

/// Steps that have the state file name a mode.
fn write_down(root: &Root, mode: &Mode, steps: &mut Vec<Step>) {
    let old = root.text(STATUS);
    // Up to R32 the fan's mode is kept there.
    let fan = old.as_deref().and_then(|status| parse_status(status).fan);
    let fan = fan.map(|fan| [" fmode:", fan].concat()).unwrap_or_default();
    let new = format!("pmode:{:04}{fan}", mode.id);
    let content = Some([&new, "\n"].concat());
    steps.push(Step::Note(Record::new(NAME, Undo::NextBoot { old, new })));
    steps.push(Step::Replace { path: STATUS.to_owned(), content, mode: 0o644, own: true });
}

/// Has the tool set the mode, with the clocks let go around it.
fn switch(scene: &Scene, table: &Table, mode: &Mode, old: Option<u32>, plan: &mut Plan) {
    let root = scene.root;
    let steps = &mut plan.steps;
    let set = |control: &str, value: &str| Step::Set {
        control: control.to_owned(),
        value: value.to_owned(),
        optional: false,
    };
    let note = |control: &str, value: String| Step::Note(Record::new(control, Undo::Set { value }));
    let (pinned, ours) = clocks::pinned(scene).unwrap_or((Pinned::Off, false));
    let again = pinned == Pinned::On || pinned == Pinned::Partial && ours;
    match (again, ours) {
        (true, true) => steps.push(set("jetson_clocks", "off")),
        (true, false) => steps.push(note("jetson_clocks", "on".to_owned())),
        _ => {}
    }
    // The tool may fail halfway, with the old mode in its state file: an undo sets that mode, and then
    // looks after the limits.
    for (path, most) in limits(root, table, mode) {
        let (old, new) = (root.text(&path).unwrap_or_default(), most.to_string());
        if !old.is_empty() && old != new {
            steps.push(Step::Note(Record::new(NAME, Undo::Write { path, old, new })));
        }
    }
    match old.filter(|&old| table.mode(old).is_some()) {
        Some(old) => steps.push(note(NAME, old.to_string())),
        None => {
            let old = root.text(STATUS).map(|status| [&status, "\n"].concat());
            steps.push(Step::Note(Record::new(NAME, Undo::File { path: STATUS.to_owned(), old })));
            plan.notes
                .push("nvpmodel: the mode before is not known: an undo sets upper limits alone".to_owned());
        }
    }
    let id = mode.id.to_string();
    steps.push(Step::run(NAME, &["-m", &id], WITHIN));
    steps.push(Step::Check { control: NAME, value: id, within: SETTLING, verify: Verify(verify) });
    if again {
        steps.push(set("jetson_clocks", "on"));
    }
}

/// The files of the upper limits of cores and GPU, and the highest value that the mode allows. Tables
/// have round numbers: the kernel takes the next clock that it offers, so 1400000 of Xavier NX's
/// table is 1420800 in force, and -1, no limit, is its highest.
fn limits(root: &Root, table: &Table, mode: &Mode) -> Vec<(String, i64)> {
    let mut limits = Vec::new();
    for setting in mode.settings.iter().filter(|setting| setting.arg == "MAX_FREQ") {
        let limited = setting.param == "GPU" || setting.param.starts_with("CPU");
        let arg = table.arg(setting.param, setting.arg).filter(|_| limited);
        let (Some(arg), Some(wanted)) = (arg, setting.number()) else { continue };
        let Some(path) = existing(root, arg) else { continue };
        let offered = offered(root, path).unwrap_or_default();
        let clocks = || offered.split_ascii_whitespace().filter_map(|clock| clock.parse::<i64>().ok());
        let next = clocks().filter(|&clock| wanted > 0 && clock >= wanted).min();
        let most = next.or_else(|| clocks().max()).or_else(|| (wanted > 0).then_some(wanted));
        limits.extend(most.map(|most| (path.to_owned(), most)));
    }
    limits
}

/// The clocks that the kernel offers beside a limit.
fn offered(root: &Root, path: &str) -> Option<String> {
    let (directory, _) = path.rsplit_once('/')?;
    let list = |name: &str| root.text(&[directory, "/", name].concat());
    list("scaling_available_frequencies").or_else(|| list("available_frequencies"))
}

/// Whether the mode is in force: the state file says so, and no limit is above the mode's.
fn verify(root: &Root, id: &str) -> Verdict {
    let text = read(root).unwrap_or_default();
    let table = Table::parse(&text);
    let Some(mode) = id.parse().ok().and_then(|id| table.mode(id)) else {
        return Verdict::Not("nvpmodel: the table has lost the mode".to_owned());
    };
    match present(root) {
        Some(now) if now == mode.id => {}
        now => {
            let now = now.map_or("no mode".to_owned(), |now| name_of(&table, now));
            let why = ["nvpmodel: ended well, and /", STATUS, " says ", &now].concat();
            return Verdict::Not(why);
        }
    }
    for (path, most) in limits(root, &table, mode) {
        if let Some(now) = root.number(&path).filter(|&now| now > most) {
            let name = label(&table, mode);
            return Verdict::Not(format!("nvpmodel: /{path} is {now}, and {name} allows {most}"));
        }
    }
    Verdict::So
}

#[cfg(test)]
#[path = "nvpmodel_tests.rs"]
mod tests;
