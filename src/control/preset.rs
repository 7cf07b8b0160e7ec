//! Presets: several controls at once, each planned when its turn comes, all put back when one fails.
//!
//! `performance` is the power mode with the highest budget and jetson_clocks on, which pins every clock
//! to its upper limit, whatever its governor; `balanced` is the board as it was delivered to work:
//! default mode, clocks that follow the load; `powersave` is the mode with the lowest budget and a
//! governor that saves. Only `balanced` may need a reboot: the other two choose among the modes that
//! need none. [`vendor_defaults`] brings back all that our controls can have changed.

use super::plan::{Plan, Step};
use super::{Control, Kind, Range, Refusal, Scene, Wishes, clocks, cores, cpu, gpu, persist};
use crate::board::fan;
use crate::board::nvpmodel::{self, Mode, Table};
use crate::order;
use crate::snapshot::Pinned;

/// The presets.
pub static CONTROL: Control = Control {
    name: "preset",
    description: "power mode, clocks, governors and fan at once",
    unit: None,
    look: |scene| {
        let options = NAMES.iter().map(|name| (*name).to_owned()).collect();
        Ok(Range { value: present(scene).map(str::to_owned), options, ..Range::default() })
    },
    plan,
};

/// What `restore-defaults` sets; no control of its own, and so in no list.
pub static DEFAULTS: Control = Control {
    name: "defaults",
    description: "the vendor's state",
    unit: None,
    look: |_| Ok(Range::default()),
    plan: |scene, _| {
        let mut steps = vendor_defaults(scene);
        steps.retain(|step| !is_done(scene, step));
        if scene.root.has(persist::PATH) {
            steps.push(Step::Replace {
                path: persist::PATH.to_owned(),
                content: None,
                mode: 0o644,
                own: true,
            });
        }
        Ok(Plan { control: DEFAULTS.name, new: "vendor".to_owned(), steps, ..Plan::default() })
    },
};

const NAMES: [&str; 3] = ["performance", "balanced", "powersave"];
/// What the vendor sets at boot (nvpower.sh), by kernel: the first that is offered.
const USUAL: [&str; 3] = ["schedutil", "ondemand", "interactive"];
const SAVING: [&str; 2] = ["powersave", "conservative"];
/// The vendor's governor of the GPU.
const PODGOV: [&str; 1] = ["nvhost_podgov"];

fn plan(scene: &Scene, value: &str) -> Result<Plan, Refusal> {
    let value = value.trim();
    let Some(name) = NAMES.into_iter().find(|name| *name == value) else {
        return Err(Refusal::value(CONTROL.name, value, &NAMES.join(", ")));
    };
    let old = present(scene);
    let mut plan = Plan { control: CONTROL.name, new: name.to_owned(), ..Plan::default() };
    plan.old = old.unwrap_or_default().to_owned();
    if old != Some(name) {
        (plan.steps, plan.at_next_boot) = steps(scene, name)?;
    }
    Ok(plan)
}

/// The preset whose every step has nothing to do.
fn present(scene: &Scene) -> Option<&'static str> {
    let is_so = |name: &str| {
        let steps = steps(&Scene { wishes: Wishes::default(), ..*scene }, name);
        steps.is_ok_and(|(steps, _)| steps.iter().all(|step| is_done(scene, step)))
    };
    NAMES.into_iter().find(|name| is_so(name))
}

fn is_done(scene: &Scene, step: &Step) -> bool {
    let Step::Set { control, value, .. } = step else { return false };
    match super::named(control).map(|control| (control.plan)(scene, value)) {
        Some(Ok(plan)) => plan.steps.is_empty(),
        Some(Err(refusal)) => refusal.kind == Kind::Unsupported,
        None => false,
    }
}

fn set(control: &str, value: impl Into<String>) -> Step {
    Step::Set { control: control.to_owned(), value: value.into(), optional: true }
}

/// What a preset sets, and whether that waits for a boot.
fn steps(scene: &Scene, name: &str) -> Result<(Vec<Step>, bool), Refusal> {
    let text = nvpmodel::read(scene.root).unwrap_or_default();
    let table = Table::parse(&text);
    let reboots = |mode: &Mode| needs_reboot(scene, &table, mode);
    let mode = match name {
        "performance" => by_budget(&table, reboots).pop(),
        "balanced" => table.default.and_then(|id| table.mode(id)),
        _ => by_budget(&table, reboots).into_iter().next(),
    };
    let later = mode.is_some_and(reboots);
    if later && !scene.wishes.reboot && !scene.wishes.at_next_boot {
        let mode = mode.map(|mode| word_of(&table, mode)).unwrap_or_default();
        let why = [CONTROL.name, ": power mode ", &mode, " needs a reboot (--reboot, or --at-next-boot)"];
        return Err(Refusal::new(Kind::Reboot, why.concat()));
    }
    let pinned = clocks::state(scene.root) == Some(Pinned::On);
    let own = mode;
    let mode = mode.map(|mode| set("nvpmodel", word_of(&table, mode)));
    let mut steps = Vec::new();
    if name != "performance" {
        steps.push(set("jetson_clocks", clocks::FREE));
    }
    if !later {
        steps.extend(mode.clone());
        if name != "performance" && pinned && !scene.journal.holds("jetson_clocks") {
            // Nobody knows what the limits were before.
            limits(scene, &table, own, &mut steps);
        }
    }
    if name != "performance" || !pinned {
        let cpu = if name == "powersave" { cpu_governor(scene, &SAVING) } else { None };
        steps.extend(cpu.or_else(|| cpu_governor(scene, &USUAL)));
        steps.extend(gpu_governor(scene));
    }
    if name == "performance" {
        steps.push(set("jetson_clocks", "on"));
    }
    steps.extend(fan_of(scene, name));
    // A boot that comes at once must come last.
    steps.extend(mode.filter(|_| later));
    Ok((steps, later))
}

fn cpu_governor(scene: &Scene, choice: &[&str]) -> Option<Step> {
    let offered = (cpu::GOVERNOR.look)(scene).ok()?.options;
    Some(set(cpu::GOVERNOR.name, *choice.iter().find(|name| offered.iter().any(|own| own == *name))?))
}

fn gpu_governor(scene: &Scene) -> Option<Step> {
    let offered = gpu::governors(scene.root);
    Some(set(gpu::GOVERNOR.name, *PODGOV.iter().find(|name| offered.iter().any(|own| own == *name))?))
}

/// The profile that goes with a preset, where the fan service's table has it.
fn fan_of(scene: &Scene, name: &str) -> Option<Step> {
    let text = scene.root.read("etc/nvfancontrol.conf", 64 * 1024).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let table = fan::parse(&text);
    let has =
        |wanted: &str| table.fans.iter().any(|fan| fan.profiles.iter().any(|profile| profile.name == wanted));
    match name {
        "performance" => has("cool").then(|| set("fan", "cool")),
        "powersave" if has("quiet") => Some(set("fan", "quiet")),
        _ => Some(set("fan", "auto")),
    }
}

/// Whether the control of the power mode would want a reboot for it.
fn needs_reboot(scene: &Scene, table: &Table, mode: &Mode) -> bool {
    let scene = Scene { wishes: Wishes::default(), ..*scene };
    let planned = super::named("nvpmodel").map(|control| (control.plan)(&scene, &word_of(table, mode)));
    planned.is_some_and(|planned| planned.is_err_and(|refusal| refusal.kind == Kind::Reboot))
}

/// What names a mode: its name, where no other one has it, else its id.
fn word_of(table: &Table, mode: &Mode) -> String {
    let same = table.modes.iter().filter(|other| other.name.eq_ignore_ascii_case(mode.name)).count();
    let is_name = mode.name.contains(|c: char| c.is_ascii_alphabetic());
    if same == 1 && is_name { mode.name.to_owned() } else { mode.id.to_string() }
}

/// The modes that need no reboot, the lowest budget first: by the watts of their names if all have some
/// (MAXN, without a limit, has the most), else by the sum of their highest clocks.
fn by_budget<'t, 'a>(table: &'t Table<'a>, reboots: impl Fn(&Mode<'a>) -> bool) -> Vec<&'t Mode<'a>> {
    let modes: Vec<&Mode> = table.modes.iter().filter(|mode| !reboots(mode)).collect();
    let by_watts = modes.iter().all(|mode| watts(mode.name).is_some());
    let key = |(at, mode): (usize, &&'t Mode<'a>)| {
        let watts = watts(mode.name).filter(|watts| by_watts || *watts == u32::MAX);
        let cores = if by_watts { mode_cores(table, mode).len() } else { 0 };
        // What is the same stays in the order of the table.
        (watts.unwrap_or(0), cores, highest(mode), at)
    };
    let mut keys: Vec<_> = modes.iter().enumerate().map(key).collect();
    order::sort(&mut keys, |a, b| a < b);
    keys.iter().filter_map(|&(.., at)| modes.get(at).copied()).collect()
}

/// The number before `W` in a name: `MODE_15W_6CORE`, `7W_AI`; MAXN stands above all.
fn watts(name: &str) -> Option<u32> {
    if name.starts_with("MAXN") {
        return Some(u32::MAX);
    }
    let is_watts = |part: &&str| part.ends_with('W');
    name.split(['_', '-']).find(is_watts)?.trim_end_matches('W').parse().ok()
}

/// The sum of a mode's upper limits, in kHz; no limit counts as ten GHz.
fn highest(mode: &Mode) -> u64 {
    let limits = mode.settings.iter().filter(|setting| setting.arg == "MAX_FREQ");
    let khz = limits.map(|setting| {
        let scale = if setting.param.starts_with("CPU") { 1 } else { 1000 };
        let limit = setting.number().and_then(|limit| u64::try_from(limit).ok()).filter(|&limit| limit > 0);
        limit.map_or(10_000_000, |limit| limit / scale)
    });
    khz.fold(0, u64::saturating_add)
}

/// The cores that a mode leaves on; none where its table does not say.
fn mode_cores(table: &Table, mode: &Mode) -> Vec<u16> {
    let mut cores = Vec::new();
    for setting in mode.settings.iter().filter(|setting| setting.number() == Some(1)) {
        let Some(arg) = table.arg(setting.param, setting.arg) else { continue };
        cores.extend(core_of(arg.path, "/online"));
    }
    order::sort(&mut cores, |a, b| a < b);
    cores.dedup();
    cores
}

/// The core that a file is of: `/sys/devices/system/cpu/cpu4/online`.
fn core_of(path: &str, file: &str) -> Option<u16> {
    path.strip_prefix("/sys/devices/system/cpu/cpu")?.strip_suffix(file)?.parse().ok()
}

/// What brings back the state in which the vendor's services leave the board: jetson_clocks off, the
/// default mode with its cores and limits, the usual governors, power and memory left to the kernel,
/// and the fan to its service. Each step does nothing where it is so already.
pub fn vendor_defaults(scene: &Scene) -> Vec<Step> {
    let text = nvpmodel::read(scene.root).unwrap_or_default();
    let table = Table::parse(&text);
    let mode = table.default.and_then(|id| table.mode(id));
    let on = mode.map(|mode| mode_cores(&table, mode)).unwrap_or_default();
    let mut steps = vec![set("jetson_clocks", clocks::FREE)];
    steps.extend(mode.map(|mode| set("nvpmodel", word_of(&table, mode))));
    let list = if on.contains(&0) { cores::list(&on) } else { "all".to_owned() };
    steps.push(set("cpu_cores", list));
    steps.extend(cpu_governor(scene, &USUAL));
    steps.extend(gpu_governor(scene));
    for (control, value) in [("gpu_railgate", "auto"), ("gpu_3d_scaling", "on"), ("emc", "auto")] {
        steps.push(set(control, value));
    }
    limits(scene, &table, mode, &mut steps);
    steps.push(set("fan", "auto"));
    steps
}

/// The limits of a power mode, or those of the hardware where it has none.
fn limits(scene: &Scene, table: &Table, mode: Option<&Mode>, steps: &mut Vec<Step>) {
    cpu_limits(scene, table, mode, steps);
    gpu_limits(scene, mode, steps);
}

/// The lower limit goes down first, so that the upper one may be anything, and then up again.
fn push_limits(lower: &str, min: String, upper: &str, max: String, steps: &mut Vec<Step>) {
    steps.push(set(lower, "min"));
    steps.push(set(upper, max));
    if min != "min" {
        steps.push(set(lower, min));
    }
}

fn cpu_limits(scene: &Scene, table: &Table, mode: Option<&Mode>, steps: &mut Vec<Step>) {
    let on = &mode.map(|mode| mode_cores(table, mode)).unwrap_or_default();
    let active = cpu::active(scene.root);
    let limit = |cores: &[u16], file: &str| -> Option<u32> {
        let settings = &mode?.settings;
        let is_its = |path: &str| core_of(path, file).is_some_and(|core| cores.contains(&core));
        let own = settings.iter().find(|own| {
            table
                .arg(own.param, own.arg)
                .is_some_and(|arg| is_its(arg.path) || arg.next_path.is_some_and(is_its))
        });
        own?.number().and_then(|khz| u32::try_from(khz).ok()).filter(|&khz| khz > 0)
    };
    let (mut min, mut max) = (Vec::new(), Vec::new());
    for place in active.iter().filter(|place| cores::any_on(&place.cores, on)) {
        let clocks = cpu::clocks(scene.root, place);
        let word = |file: &str, free: &str| {
            let khz = limit(&place.cores, file).and_then(|khz| clocks.at_most(khz));
            khz.map_or_else(|| free.to_owned(), |khz| khz.to_string())
        };
        min.push((place.name.as_str(), word("/cpufreq/scaling_min_freq", "min")));
        max.push((place.name.as_str(), word("/cpufreq/scaling_max_freq", "max")));
    }
    let all = max.len() == active.len();
    if !max.is_empty() {
        let free = min.iter().all(|(_, word)| word == "min");
        let (min, max) = (cpu::joined(&min, all || free), cpu::joined(&max, all));
        push_limits("cpu_min_freq", min, "cpu_max_freq", max, steps);
    }
}

fn gpu_limits(scene: &Scene, mode: Option<&Mode>, steps: &mut Vec<Step>) {
    let clocks = gpu::clocks(scene.root);
    let word = |arg: &str, free: &str| {
        let own = mode.and_then(|mode| mode.settings.iter().find(|own| own.param == "GPU" && own.arg == arg));
        let hz = own.and_then(|own| own.number()).and_then(|hz| u64::try_from(hz).ok()).filter(|&hz| hz > 0);
        let khz = hz.and_then(|hz| clocks.at_most(u32::try_from(hz / 1000).ok()?));
        khz.map_or_else(|| free.to_owned(), |khz| khz.to_string())
    };
    if clocks.bounds().is_some() {
        push_limits("gpu_min_freq", word("MIN_FREQ", "min"), "gpu_max_freq", word("MAX_FREQ", "max"), steps);
    }
}

#[cfg(test)]
#[path = "preset_tests.rs"]
mod tests;
