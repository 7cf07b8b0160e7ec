//! The power mode, set by the vendor's nvpmodel.
//!
//! The tool asks on its terminal whether it may reboot when a mode changes which units of the GPU
//! have power, and what is not a yes cancels the change. So the masks are compared before it is run,
//! and such a mode is only written down for the next boot, where the tool finds it. It is never run for
//! the mode that is in force, because some releases ask even then. A mode sets all limits anew:
//! clocks that are pinned are let go before and pinned again afterwards.

use std::time::Duration;

use super::journal::{Record, Undo};
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
    let value = present(scene.root).map(|id| name_of(&table, id));
    Ok(Range { value, options: table.modes.iter().map(|mode| label(&table, mode)).collect(), bounds: None })
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
    let old = present(root);
    let mut plan = Plan {
        control: NAME,
        old: old.map(|old| name_of(&table, old)).unwrap_or_default(),
        new: label(&table, mode),
        ..Plan::default()
    };
    let gates = gates(root, &table, mode, old);
    if old == Some(mode.id) {
        if !gates.is_empty() {
            plan.at_next_boot = true;
            plan.notes.push(["nvpmodel: in force after the next boot: ", &gates].concat());
        }
        return Ok(plan);
    }
    let wishes = scene.wishes;
    if root.program(NAME).is_none() {
        return Err(Refusal::unsupported(NAME, "no such program on this board"));
    }
    if wishes.at_next_boot || !gates.is_empty() && wishes.reboot {
        defer(root, mode, !wishes.at_next_boot, &mut plan)?;
    } else if gates.is_empty() {
        switch(root, &table, mode, old, &mut plan);
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
    let status = root.text(STATUS).unwrap_or_default();
    // Up to R32 the fan's mode is kept there.
    let fan = parse_status(&status).fan.map(|fan| [" fmode:", fan].concat()).unwrap_or_default();
    let content = Some(format!("pmode:{:04}{fan}\n", mode.id));
    plan.steps.push(Step::Replace { path: STATUS.to_owned(), content, mode: 0o644, own: false });
    plan.at_next_boot = true;
    plan.notes.push(["nvpmodel: ", &plan.new, " is in force after the next boot"].concat());
    if reboot {
        plan.steps.push(Step::run("systemctl", &["reboot"], desk::SYSTEMCTL));
    }
    Ok(())
}

/// Has the tool set the mode, with the clocks let go around it.
fn switch(root: &Root, table: &Table, mode: &Mode, old: Option<u32>, plan: &mut Plan) {
    let steps = &mut plan.steps;
    let set = |control: &str, value: &str| Step::Set {
        control: control.to_owned(),
        value: value.to_owned(),
        optional: false,
    };
    let note = |control: &str, value: String| Step::Note(Record::new(control, Undo::Set { value }));
    let (pinned, ours) = clocks::pinned(root).unwrap_or((Pinned::Off, false));
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
mod tests {
    use super::*;

    const TABLE: &str = "< PARAM TYPE=FILE NAME=TPC >\nTPC_PG_MASK /sys/absent\n\
        < PARAM TYPE=FILE NAME=GATE >\nOLD /sys/old_pg_mask\nOLD_KNEXT /sys/new_pg_mask\nON /sys/control\n\
        < POWER_MODEL ID=0 NAME=MODE_15W >\nTPC TPC_PG_MASK 1\nGATE ON on\nGATE OLD 0x1\n\
        < POWER_MODEL ID=1 NAME=15W >\nTPC TPC_PG_MASK 3\nGATE ON auto\nGATE OLD 16\n\
        < POWER_MODEL ID=2 NAME=15w >\nGATE OLD x\n< POWER_MODEL ID=5 NAME=0 >\n< POWER_MODEL ID=7 >\n";

    #[test]
    fn ok_and_err_modes_by_name() {
        let table = Table::parse(TABLE);
        for (value, wanted) in [
            ("0", Some(0)),
            ("0001", Some(1)),
            ("MODE_15W", Some(0)),
            ("mode_15w", Some(0)),
            (" 15w ", Some(1)),
            ("7", Some(7)),
            ("", None),
            ("MODE_", None),
            ("15", None),
            ("3", None),
            ("MODE_MODE_15W", None),
            ("-1", None),
            ("m\u{fc}de_15W", None),
        ] {
            assert_eq!(found(&table, value).map(|mode| mode.id), wanted, "{value}");
        }
        let labels: Vec<String> = table.modes.iter().map(|mode| label(&table, mode)).collect();
        assert_eq!(labels, ["MODE_15W", "15W", "2", "5", "7"], "each means its own mode");
    }

    #[test]
    fn ok_masks() {
        for (text, wanted) in
            [("240", Some(240)), ("0xf0", Some(240)), ("", None), ("0x", None), ("on", None), ("1 2", None)]
        {
            assert_eq!(mask(text), wanted, "{text}");
        }
        for (name, wanted) in [
            ("TPC_PG_MASK", true),
            ("/a/fbp_pg_mask", true),
            ("_pg_mask", true),
            ("pg_mask", false),
            ("", false),
        ] {
            assert_eq!(ends_in_mask(name), wanted, "{name}");
        }
    }

    #[test]
    fn ok_what_a_mode_gates() {
        let path = std::env::temp_dir().join(format!("jetsonscope-gates-{}", std::process::id()));
        std::fs::create_dir_all(path.join("sys")).unwrap();
        std::fs::write(path.join("sys/old_pg_mask"), "16\n").unwrap();
        let (root, table) = (Root::at(&path), Table::parse(TABLE));
        let of = |id, old| gates(&root, &table, table.mode(id).unwrap(), old);
        for (id, old, wanted) in [
            (1, Some(0), "TPC_PG_MASK from 1 to 3"),
            (1, Some(1), ""),
            (1, None, ""),
            (0, Some(1), "TPC_PG_MASK from 3 to 1, OLD from 16 to 1"),
            (0, Some(9), "OLD from 16 to 1"),
            (2, Some(0), ""),
        ] {
            assert_eq!(of(id, old), wanted, "{id} after {old:?}");
        }
        std::fs::write(path.join("sys/new_pg_mask"), "0x1\n").unwrap();
        assert_eq!(of(1, Some(1)), "OLD from 1 to 16", "the newer kernel's file counts");
        std::fs::remove_dir_all(path).unwrap();
    }
}
