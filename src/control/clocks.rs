//! All clocks pinned to their upper limit, as the vendor's jetson_clocks does: by that tool where the
//! board has it, else by the same files.
//!
//! What the clocks were before is written down before they are pinned, and never while they are: in a
//! file of ours, which counts in the boot and in the power mode that it was made in, and by the
//! tool's `--store` in one of its own beside it. Upper limits are not touched and not kept.

use std::path::Path;
use std::time::Duration;

use super::journal::{Record, Undo, boot_of};
use super::plan::{Plan, Step, Verdict, Verify};
use super::{Control, Kind, Range, Refusal, Scene, cpu, nvpmodel};
use crate::board::clocks;
use crate::recycled::Recycled;
use crate::root::Root;
use crate::snapshot::Pinned;
use crate::source::sysfs::gpu::{self, DEVFREQ};

/// The control.
pub static CONTROL: Control =
    Control { name: NAME, description: "all clocks at their upper limit", unit: None, look, plan };

const NAME: &str = "jetson_clocks";
/// What presets set instead of `off`: also where others have pinned the clocks.
pub(super) const FREE: &str = "free";
/// What the files held before.
const STORE: &str = "var/lib/jetsonscope/clocks";
/// The same by the tool's own hand.
const VENDORS: &str = "var/lib/jetsonscope/l4t_dfs.conf";
/// Bytes taken of a store: a line for each clock and idle state.
const LARGEST: u64 = 64 * 1024;
/// Early releases sleep 60 seconds after boot.
const WITHIN: Duration = Duration::from_secs(90);
/// How long clocks may take to follow.
const SETTLING: Duration = Duration::from_secs(2);

const CPU: &str = "sys/devices/system/cpu";
const DEBUG: &str = "sys/kernel/debug";

/// A clock that can be pinned.
struct Clock {
    name: String,
    held: bool,
    pins: Vec<Pin>,
}

/// A file that pins a clock, and by which text.
struct Pin {
    path: String,
    text: String,
    /// What it held is put back; the rate of the memory is the kernel's own again.
    kept: bool,
}

fn look(scene: &Scene) -> Result<Range, Refusal> {
    let (state, _) = state_of(&clocks(scene.root))?;
    let options = ["on", "off", "toggle"].map(str::to_owned).to_vec();
    Ok(Range { value: Some(state.name().to_owned()), options, ..Range::default() })
}

/// What the clocks are, and the names of those that are not pinned when some are.
fn state_of(clocks: &[Clock]) -> Result<(Pinned, String), Refusal> {
    let mut loose = Recycled::default();
    let held = clocks.iter().map(|clock| (clock.name.as_str(), clock.held));
    match clocks::state(held, &mut loose) {
        Some(state) => Ok((state, loose.iter().map(String::as_str).collect::<Vec<_>>().join(", "))),
        None => Err(Refusal::unsupported(NAME, "this board shows no clock that could be pinned")),
    }
}

/// What state the clocks are in; `None` where there are none that could be pinned.
pub(super) fn state(root: &Root) -> Option<Pinned> {
    state_of(&clocks(root)).ok().map(|(state, _)| state)
}

/// Whether the clocks are pinned, and whether it is known what they were before; `None` where there
/// are none.
pub(super) fn pinned(scene: &Scene) -> Option<(Pinned, bool)> {
    Some((state_of(&clocks(scene.root)).ok()?.0, stored(scene).is_some()))
}

fn plan(scene: &Scene, value: &str) -> Result<Plan, Refusal> {
    let clocks = clocks(scene.root);
    let (state, _) = state_of(&clocks)?;
    let store = stored(scene);
    let on = match value.to_ascii_lowercase().as_str() {
        "on" => true,
        "off" | FREE => false,
        "toggle" => state == Pinned::Off || state == Pinned::Partial && store.is_none(),
        _ => return Err(Refusal::value(NAME, value, "on, off, toggle")),
    };
    let new = if on { "on" } else { "off" };
    let mut plan =
        Plan { control: NAME, old: state.name().to_owned(), new: new.to_owned(), ..Plan::default() };
    match (on, state, store) {
        (true, Pinned::On, _) => {}
        (true, _, store) => pin(scene, &clocks, state, store.is_some(), &mut plan),
        (false, Pinned::Off, _) => forget(scene.root, &mut plan.steps),
        (false, _, Some(store)) => loosen(scene.root, &store, &mut plan),
        (false, _, None) if value == FREE => free(scene.root, &clocks, &mut plan.steps),
        (false, _, None) => {
            let why = "jetson_clocks: was not turned on by us: what it was before is not known \
                (jetson_scope_config preset balanced, or reboot)";
            return Err(Refusal::new(Kind::Conflict, why));
        }
    }
    Ok(plan)
}

/// Steps that pin all clocks. Where some are pinned already, a store that counts is kept; else what
/// is not pinned yet is stored, and the tool, which would store all, is not asked to.
fn pin(scene: &Scene, clocks: &[Clock], state: Pinned, stored: bool, plan: &mut Plan) {
    let (root, steps) = (scene.root, &mut plan.steps);
    let keeps = state == Pinned::Partial && stored;
    let loose = || clocks.iter().filter(|clock| !clock.held).flat_map(|clock| &clock.pins);
    if keeps {
        for pin in loose().filter(|pin| pin.kept) {
            let (path, new) = (pin.path.clone(), pin.text.clone());
            let old = root.text(&path).unwrap_or_default();
            steps.push(Step::Note(Record::new(NAME, Undo::Write { path, old, new })));
        }
    } else {
        steps.push(Step::Note(Record::new(NAME, Undo::Set { value: "off".to_owned() })));
        let mut content = head(scene);
        let kept = loose().filter(|pin| pin.kept).map(|pin| pin.path.as_str());
        for path in kept.map(str::to_owned).chain(idle_states(root)) {
            if let Some(text) = root.text(&path) {
                content.extend([&path, ":", &text, "\n"]);
            }
        }
        steps.push(Step::Replace { path: STORE.to_owned(), content: Some(content), mode: 0o600, own: true });
        // It asks before it writes over one, and an old one would be taken for the new.
        if root.has(VENDORS) {
            steps.push(removal(VENDORS));
        }
        if state == Pinned::Partial {
            let held: Vec<&str> =
                clocks.iter().filter(|clock| clock.held).map(|clock| clock.name.as_str()).collect();
            let names = held.join(", ");
            plan.notes.push([NAME, ": already pinned, and not loosened by off: ", &names].concat());
        }
    }
    if root.program(NAME).is_some() {
        if state == Pinned::Off {
            steps.push(Step::run(NAME, &["--store", &vendors(root)], WITHIN));
        }
        steps.push(Step::run(NAME, &[], WITHIN));
    } else {
        steps.extend(loose().map(|pin| put(pin.path.clone(), pin.text.clone())));
    }
    steps.push(check("on", is_on));
}

/// Steps that put back what was stored.
fn loosen(root: &Root, store: &str, plan: &mut Plan) {
    let steps = &mut plan.steps;
    steps.push(Step::Note(Record::new(NAME, Undo::Set { value: "on".to_owned() })));
    if root.has(VENDORS) && root.program(NAME).is_some() {
        // The tool stores the fan's speed, and would put that back, too: it is not ours to set.
        let text = root.read(VENDORS, LARGEST).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let is_fan = |line: &&str| line.contains("pwm") || line.contains("fan");
        if text.lines().any(|line| is_fan(&line)) {
            let content: String =
                text.lines().filter(|line| !is_fan(line)).flat_map(|line| [line, "\n"]).collect();
            let path = VENDORS.to_owned();
            steps.push(Step::Replace { path, content: Some(content), mode: 0o600, own: true });
        }
        steps.push(Step::run(NAME, &["--restore", &vendors(root)], WITHIN));
    }
    // The last one first: the memory is unlocked, and the GPU's limit is low before it may sleep.
    for (path, text) in store.lines().rev().filter_map(|line| line.split_once(':')) {
        if path.starts_with("sys/") && root.has(path) {
            steps.push(put(path.to_owned(), below_max(root, path, text)));
        }
    }
    steps.push(check("off", is_off));
    forget(root, steps);
}

/// Steps that leave clocks to the kernel which somebody else has pinned: lower limits as low as it
/// offers, power and memory as it likes, cores that may sleep. The power mode's own lower limits are
/// not among them.
fn free(root: &Root, clocks: &[Clock], steps: &mut Vec<Step>) {
    let held = clocks.iter().filter(|clock| clock.held);
    for pin in held.flat_map(|clock| &clock.pins).filter(|pin| pin.kept).rev() {
        match pin.path.strip_suffix("min_freq") {
            Some(stem) => steps.extend(lowest(root, stem).map(|text| Step::write(pin.path.as_str(), text))),
            None => {
                let text = if pin.text == "0" { "1" } else { "0" }.to_owned();
                steps.push(Step::Try { path: pin.path.clone(), text });
            }
        }
    }
    let awake = idle_states(root).into_iter().filter(|path| root.number(path) != Some(0));
    steps.extend(awake.map(|path| Step::Try { path, text: "0".to_owned() }));
    steps.push(check("off", is_off));
    forget(root, steps);
}

/// The lowest clock that the kernel offers, beside the limits whose names begin so.
fn lowest(root: &Root, stem: &str) -> Option<String> {
    let directory = stem.strip_suffix("scaling_").unwrap_or(stem);
    let offered = || root.text(&[directory, "available_frequencies"].concat());
    let least = || offered()?.split_ascii_whitespace().filter_map(|clock| clock.parse::<u64>().ok()).min();
    root.text(&[directory, "cpuinfo_min_freq"].concat()).or_else(|| Some(least()?.to_string()))
}

/// A lower limit under the upper one that is in force: somebody may have lowered that since.
fn below_max(root: &Root, path: &str, text: &str) -> String {
    let max = path.strip_suffix("min_freq").and_then(|stem| root.number(&[stem, "max_freq"].concat()));
    match (text.parse::<i64>(), max) {
        (Ok(min), Some(max)) if min > max => max.to_string(),
        _ => text.to_owned(),
    }
}

fn check(value: &str, verify: fn(&Root, &str) -> Verdict) -> Step {
    Step::Check { control: NAME, value: value.to_owned(), within: SETTLING, verify: Verify(verify) }
}

/// Limits must be taken; the lock of the memory and sleep are refused by some kernels.
fn put(path: String, text: String) -> Step {
    let must = path.ends_with("min_freq");
    Step::Put { path, text, must }
}

fn is_on(root: &Root, _: &str) -> Verdict {
    match state_of(&clocks(root)) {
        Ok((Pinned::On, _)) => Verdict::So,
        Ok((Pinned::Partial, loose)) => Verdict::Partly([NAME, ": not pinned: ", &loose].concat()),
        _ => Verdict::Not([NAME, ": no clock is pinned"].concat()),
    }
}

fn is_off(root: &Root, _: &str) -> Verdict {
    let clocks = clocks(root);
    match state_of(&clocks) {
        Ok((Pinned::On, _)) => Verdict::Not([NAME, ": all clocks are still pinned"].concat()),
        Ok((Pinned::Partial, _)) => {
            let held: Vec<&str> =
                clocks.iter().filter(|clock| clock.held).map(|clock| clock.name.as_str()).collect();
            Verdict::Partly([NAME, ": still pinned, as before: ", &held.join(", ")].concat())
        }
        _ => Verdict::So,
    }
}

fn removal(path: &str) -> Step {
    Step::Replace { path: path.to_owned(), content: None, mode: 0o600, own: true }
}

/// Removes the stores.
fn forget(root: &Root, steps: &mut Vec<Step>) {
    steps.extend([STORE, VENDORS].iter().filter(|path| root.has(path)).map(|path| removal(path)));
}

/// The tool's store, as the tool is told it.
fn vendors(root: &Root) -> String {
    Path::new(root.path()).join(VENDORS).to_string_lossy().into_owned()
}

/// The first line of a store that counts: this boot, and this power mode.
fn head(scene: &Scene) -> String {
    let (mode, _) = nvpmodel::modes(scene.root, scene.journal);
    let mode = mode.map_or("-".to_owned(), |mode| mode.to_string());
    ["jetsonscope clocks 1 ", &boot_of(scene.root), " ", &mode, "\n"].concat()
}

/// The lines `path:text` of the store, if it counts.
fn stored(scene: &Scene) -> Option<String> {
    let store = scene.root.read(STORE, LARGEST).ok()?;
    String::from_utf8_lossy(&store).strip_prefix(&head(scene)).map(str::to_owned)
}

/// All clocks that can be pinned: clusters with a core that is on, GPUs, and the memory. None where
/// only a PC's cores are.
fn clocks(root: &Root) -> Vec<Clock> {
    let mut others: Vec<Clock> = gpu::names(root).iter().filter_map(|name| gpu(root, name)).collect();
    others.extend(memory(root));
    if others.is_empty() {
        return others;
    }
    let active = cpu::active(root);
    let clusters = active.iter().filter_map(|place| limited(root, &place.name, &place.directory, "scaling_"));
    clusters.chain(others).collect()
}

/// A clock between two limits, pinned by its lower one.
fn limited(root: &Root, name: &str, directory: &str, prefix: &str) -> Option<Clock> {
    let file = |end: &str| [directory, "/", prefix, end].concat();
    let (path, text) = (file("min_freq"), root.text(&file("max_freq"))?);
    let held = root.number(&path)? >= text.parse().ok()?;
    Some(Clock { name: name.to_owned(), held, pins: vec![Pin { path, text, kept: true }] })
}

fn gpu(root: &Root, name: &str) -> Option<Clock> {
    let mut clock = limited(root, name, &[DEVFREQ, "/", name].concat(), "")?;
    // A GPU without power takes no clock.
    if let Some(path) = gpu::of_device(root, name, "railgate_enable") {
        clock.pins.insert(0, Pin { path, text: "0".to_owned(), kept: true });
    }
    Some(clock)
}

/// The memory: Thor's between limits, others by a lock below debugfs, which only root may see.
fn memory(root: &Root) -> Option<Clock> {
    let mut places = [
        ["bpmp/debug/clk/emc/mrq_rate_locked", "bpmp/debug/clk/emc/rate", "bpmp/debug/clk/emc/max_rate"],
        ["clk/override.emc/clk_state", "clk/override.emc/clk_update_rate", "tegra_bwmgr/emc_max_rate"],
    ]
    .into_iter()
    .map(|files| files.map(|file| [DEBUG, "/", file].concat()));
    let Some((locked, lock, rate, max)) =
        places.find_map(|[lock, rate, max]| Some((root.number(&lock)?, lock, rate, max)))
    else {
        return limited(root, "EMC", &[DEVFREQ, "/bwmgr"].concat(), "");
    };
    let mut pins = vec![Pin { path: lock, text: "1".to_owned(), kept: true }];
    // Under the power mode's cap, where it has one.
    let caps = ["sys/kernel/nvpmodel_clk_cap/emc", "sys/kernel/nvpmodel_emc_cap/emc_iso_cap"];
    let cap = caps.iter().find_map(|cap| root.number(cap)).filter(|&cap| cap > 0);
    if let Some(max) = root.number(&max) {
        let text = cap.map_or(max, |cap| cap.min(max)).to_string();
        pins.insert(0, Pin { path: rate, text, kept: false });
    }
    Some(Clock { name: "EMC".to_owned(), held: locked != 0, pins })
}

/// Files that keep cores from sleeping, which the tool sets, too.
fn idle_states(root: &Root) -> Vec<String> {
    let mut paths = Vec::new();
    for core in root.names(CPU).iter().filter(|name| name.starts_with("cpu")) {
        let directory = [CPU, "/", core, "/cpuidle"].concat();
        let states = root.names(&directory);
        paths.extend(states.iter().map(|state| [&directory, "/", state, "/disable"].concat()));
    }
    paths
}
