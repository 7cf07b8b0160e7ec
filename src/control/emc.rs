//! The clock of the memory: `auto`, or held at a rate. Only where the BPMP offers its lock in debugfs
//! (T186 to T234): on T210 that is the bandwidth manager's, on Thor a devfreq device's, and neither
//! is touched. First the lock, so that nobody else changes the rate, then the rate; no clock but this
//! one is ever held.

use super::journal::{Record, Undo};
use super::number::Clocks;
use super::plan::{Plan, Step};
use super::{Control, Kind, Range, Refusal, Scene, pinned};
use crate::root::Root;

const BPMP: &str = "sys/kernel/debug/bpmp/debug";
/// Caps of the power mode, by release: R36 and later, up to R35.
const CAPS: [&str; 2] = ["sys/kernel/nvpmodel_clk_cap/emc", "sys/kernel/nvpmodel_emc_cap/emc_iso_cap"];

/// The clock of the memory.
pub static CONTROL: Control = Control {
    name: "emc",
    description: "memory clock: auto, or held at a rate",
    unit: Some("kHz"),
    look: |scene| look(scene.root),
    plan,
};

fn file(name: &str) -> String {
    [BPMP, "/clk/emc/", name].concat()
}

fn rate_khz(root: &Root, name: &str) -> Option<u32> {
    u32::try_from(root.number(&file(name))?.checked_div(1000)?).ok()
}

/// Whether the memory is held at its clock; `None` where that is not told.
pub fn is_locked(root: &Root) -> Option<bool> {
    let locks = [&file("mrq_rate_locked"), "sys/kernel/debug/clk/override.emc/clk_state"];
    let locked = locks.iter().find_map(|path| root.number(path));
    // Thor's is held by its limits.
    let bwmgr = |file: &str| root.number(&["sys/class/devfreq/bwmgr/", file].concat());
    locked.map(|locked| locked != 0).or_else(|| Some(bwmgr("min_freq")? >= bwmgr("max_freq")?))
}

/// The rates that may be held: those that the BPMP lists, as far as the power mode lets them.
fn clocks(root: &Root) -> Result<Clocks, Refusal> {
    if !root.has(&file("mrq_rate_locked")) {
        let lacks = "the memory clock has no lock in debugfs (bpmp/debug/clk/emc)";
        return Err(Refusal::unsupported(CONTROL.name, lacks));
    }
    let bounds = rate_khz(root, "min_rate").zip(rate_khz(root, "max_rate"));
    let unread =
        || Refusal::new(Kind::Denied, [CONTROL.name, ": its rates cannot be read (needs root)"].concat());
    let (least, most) = bounds.ok_or_else(unread)?;
    // 0 and -1 are no cap.
    let cap = CAPS.iter().find_map(|path| root.number(path)).filter(|&cap| cap > 0);
    let cap = cap.and_then(|hz| u32::try_from(hz / 1000).ok()).unwrap_or(u32::MAX);
    let ceiling = most.min(cap).max(least);
    let places = [file("possible_rates"), [BPMP, "/emc/possible_rates"].concat()];
    let list = places.iter().find_map(|path| root.text(path)).unwrap_or_default();
    let mut listed = Clocks::of_list(&list, 1);
    listed.khz.retain(|khz| (least..=ceiling).contains(khz));
    Ok(if listed.khz.is_empty() { Clocks::between(least, ceiling) } else { listed })
}

fn value(root: &Root) -> Option<String> {
    match root.number(&file("mrq_rate_locked"))? {
        0 => Some("auto".to_owned()),
        _ => rate_khz(root, "rate").map(|khz| khz.to_string()),
    }
}

fn look(root: &Root) -> Result<Range, Refusal> {
    let clocks = clocks(root)?;
    let mut options = clocks.words();
    if let Some(first) = options.first_mut() {
        *first = "auto".to_owned();
    }
    let bounds = clocks.bounds().map(|(least, most)| (i64::from(least), i64::from(most)));
    Ok(Range { value: value(root), options, bounds, ..Range::default() })
}

fn plan(scene: &Scene, wanted: &str) -> Result<Plan, Refusal> {
    let root = scene.root;
    let (clocks, wanted) = (clocks(root)?, wanted.trim());
    let mut plan = Plan { control: CONTROL.name, old: value(root).unwrap_or_default(), ..Plan::default() };
    if wanted == "auto" {
        plan.new = "auto".to_owned();
        if plan.old != plan.new {
            // The lock alone would hold whatever the rate has become.
            plan.steps.push(Step::Note(Record::new(CONTROL.name, Undo::Set { value: plan.old.clone() })));
            plan.steps.push(Step::write(file("mrq_rate_locked"), "0"));
        }
    } else {
        let khz = clocks.choose(CONTROL.name, wanted, "the memory")?;
        plan.new = khz.to_string();
        if plan.old != plan.new {
            plan.steps.push(Step::write(file("mrq_rate_locked"), "1"));
            plan.steps.push(Step::write(file("rate"), format!("{khz}000")));
        }
    }
    if !plan.steps.is_empty() {
        pinned::check_free(scene, CONTROL.name)?;
    }
    Ok(plan)
}
