//! Governor, limits and power of the GPU (devfreq). Its files hold Hz; outside it is kHz. Where there
//! is more than one GPU, the first is meant, which tegrastats calls GR3D.

use super::number::{Clocks, Limit, check_order};
use super::plan::{Plan, Step};
use super::{Control, Range, Refusal, Scene, pinned};
use crate::root::Root;
use crate::source::sysfs::gpu;

/// The governor of the GPU's clock.
pub static GOVERNOR: Control = Control {
    name: "gpu_governor",
    description: "governor of the GPU clock",
    unit: None,
    look: |scene| {
        let place = found(scene.root, GOVERNOR.name)?;
        let (value, options) = (scene.root.text(&(place.clone() + "/governor")), governors(scene.root));
        Ok(Range { value, options, ..Range::default() })
    },
    plan: plan_governor,
};

/// The lower limit of the GPU's clock.
pub static MIN_FREQ: Control = Control {
    name: "gpu_min_freq",
    description: "lower limit of the GPU clock",
    unit: Some("kHz"),
    look: |scene| look_limit(scene.root, MIN_FREQ.name, "/min_freq"),
    plan: |scene, value| plan_limit(scene, MIN_FREQ.name, Limit::Min, value),
};

/// The upper limit of the GPU's clock.
pub static MAX_FREQ: Control = Control {
    name: "gpu_max_freq",
    description: "upper limit of the GPU clock",
    unit: Some("kHz"),
    look: |scene| look_limit(scene.root, MAX_FREQ.name, "/max_freq"),
    plan: |scene, value| plan_limit(scene, MAX_FREQ.name, Limit::Max, value),
};

/// Whether the GPU may be switched off when it is idle.
pub static RAILGATE: Control = Control {
    name: "gpu_railgate",
    description: "GPU power while idle: auto switches it off, on keeps it",
    unit: None,
    look: |scene| Ok(railgate(scene.root)?.range(scene.root)),
    plan: |scene, value| railgate(scene.root)?.plan(scene.root, value),
};

/// Whether the GPU's clock follows its load.
pub static SCALING_3D: Control = Control {
    name: "gpu_3d_scaling",
    description: "whether the GPU clock follows its load",
    unit: None,
    look: |scene| Ok(scaling_3d(scene.root)?.range(scene.root)),
    plan: |scene, value| scaling_3d(scene.root)?.plan(scene.root, value),
};

fn found(root: &Root, control: &str) -> Result<String, Refusal> {
    let name = gpu::names(root).into_iter().next();
    let name = name.ok_or_else(|| Refusal::unsupported(control, "there is no GPU in /sys/class/devfreq"))?;
    Ok([gpu::DEVFREQ, "/", &name].concat())
}

/// The governors that the GPU may have.
pub fn governors(root: &Root) -> Vec<String> {
    let place = found(root, "").unwrap_or_default();
    let list = root.text(&(place + "/available_governors")).unwrap_or_default();
    list.split_ascii_whitespace().map(str::to_owned).collect()
}

/// The clocks that the GPU may have.
pub fn clocks(root: &Root) -> Clocks {
    let place = found(root, "").unwrap_or_default();
    Clocks::of_list(&root.text(&(place + "/available_frequencies")).unwrap_or_default(), 1000)
}

fn plan_governor(scene: &Scene, value: &str) -> Result<Plan, Refusal> {
    let path = found(scene.root, GOVERNOR.name)? + "/governor";
    let (value, governors) = (value.trim(), governors(scene.root));
    if !governors.iter().any(|governor| governor == value) {
        return Err(Refusal::value(GOVERNOR.name, value, &["one of ", &governors.join(", ")].concat()));
    }
    let old = scene.root.text(&path).unwrap_or_default();
    let mut plan = Plan { control: GOVERNOR.name, new: value.to_owned(), ..Plan::default() };
    if old != value {
        pinned::check_free(scene, GOVERNOR.name)?;
        plan.steps.push(Step::write(path, value));
    }
    plan.old = old;
    Ok(plan)
}

fn look_limit(root: &Root, control: &str, file: &str) -> Result<Range, Refusal> {
    let path = found(root, control)? + file;
    let clocks = clocks(root);
    let bounds = clocks.bounds().map(|(least, most)| (i64::from(least), i64::from(most)));
    Ok(Range {
        value: limit_khz(root, &path).map(|khz| khz.to_string()),
        options: clocks.words(),
        bounds,
        ..Range::default()
    })
}

fn limit_khz(root: &Root, path: &str) -> Option<i64> {
    root.number(path)?.checked_div(1000)
}

fn plan_limit(scene: &Scene, control: &'static str, limit: Limit, value: &str) -> Result<Plan, Refusal> {
    let (root, place) = (scene.root, found(scene.root, control)?);
    let (own, other) = match limit {
        Limit::Min => ("/min_freq", "/max_freq"),
        Limit::Max => ("/max_freq", "/min_freq"),
    };
    let (path, other) = ([&place, own].concat(), [&place, other].concat());
    let khz = clocks(root).choose(control, value.trim(), "the GPU")?;
    let old = limit_khz(root, &path);
    let mut plan = Plan { control, new: khz.to_string(), ..Plan::default() };
    if old != Some(i64::from(khz)) {
        pinned::check_free(scene, control)?;
        check_order(control, limit, khz, limit_khz(root, &other), "the GPU")?;
        plan.steps.push(Step::write(path, hz(root, &place, khz)));
    }
    plan.old = old.map(|khz| khz.to_string()).unwrap_or_default();
    Ok(plan)
}

/// The entry of the kernel's list that those kHz are; its last digits are not always zeros.
fn hz(root: &Root, place: &str, khz: u32) -> String {
    let list = root.text(&[place, "/available_frequencies"].concat()).unwrap_or_default();
    let same = |hz: &&str| hz.parse::<u64>().is_ok_and(|hz| hz / 1000 == u64::from(khz));
    let entry = list.split_ascii_whitespace().find(same).map(str::to_owned);
    entry.unwrap_or_else(|| format!("{khz}000"))
}

/// A file that holds one of two texts.
struct Switch {
    control: &'static str,
    path: String,
    /// Each word, and what it is in the file.
    words: [(&'static str, &'static str); 2],
}

impl Switch {
    fn value(&self, root: &Root) -> Option<&'static str> {
        let text = root.text(&self.path)?;
        self.words.iter().find(|(_, held)| text == *held).map(|(word, _)| *word)
    }

    fn range(&self, root: &Root) -> Range {
        let options = self.words.iter().map(|(word, _)| (*word).to_owned()).collect();
        Range { value: self.value(root).map(str::to_owned), options, ..Range::default() }
    }

    fn plan(&self, root: &Root, value: &str) -> Result<Plan, Refusal> {
        let value = value.trim();
        let Some((word, held)) = self.words.iter().find(|(word, _)| *word == value) else {
            let [(first, _), (second, _)] = self.words;
            return Err(Refusal::value(self.control, value, &[first, " or ", second].concat()));
        };
        let old = self.value(root).unwrap_or_default();
        let mut plan = Plan { control: self.control, ..Plan::default() };
        (plan.old, plan.new) = (old.to_owned(), (*word).to_owned());
        if old != *word {
            plan.steps.push(Step::write(self.path.as_str(), *held));
        }
        Ok(plan)
    }
}

fn railgate(root: &Root) -> Result<Switch, Refusal> {
    let control = RAILGATE.name;
    found(root, control)?;
    let name = gpu::names(root).into_iter().next().unwrap_or_default();
    if let Some(path) = gpu::of_device(root, &name, "railgate_enable") {
        return Ok(Switch { control, path, words: [("auto", "1"), ("on", "0")] });
    }
    let path = gpu::of_device(root, &name, "power/control");
    let path = path.ok_or_else(|| Refusal::unsupported(control, "the GPU has no switch of its power"))?;
    Ok(Switch { control, path, words: [("auto", "auto"), ("on", "on")] })
}

fn scaling_3d(root: &Root) -> Result<Switch, Refusal> {
    let control = SCALING_3D.name;
    found(root, control)?;
    let name = gpu::names(root).into_iter().next().unwrap_or_default();
    let path = gpu::of_device(root, &name, "enable_3d_scaling");
    let lacks = "the GPU has no such switch, as none from JetPack 7 on has (set gpu_governor instead)";
    let path = path.ok_or_else(|| Refusal::unsupported(control, lacks))?;
    Ok(Switch { control, path, words: [("on", "1"), ("off", "0")] })
}
