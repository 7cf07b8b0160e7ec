//! Governors and limits of the cores' clocks (cpufreq), of all clusters or of some:
//! `cpu_governor performance`, `cpu_max_freq policy0=729600,policy4=1.2GHz`. Clusters whose cores are
//! all off are passed over, and refused when they are named: their files answer EBUSY.

use super::number::{Clocks, Limit, check_order};
use super::plan::{Plan, Step};
use super::{Control, Kind, Range, Refusal, Scene, cores, pinned};
use crate::root::Root;
use crate::source::sysfs::cpu::{self, Place};

/// The governor of the cores' clocks.
pub static GOVERNOR: Control = Control {
    name: "cpu_governor",
    description: "governor of the CPU clocks",
    unit: None,
    look: |scene| look(scene.root, GOVERNOR.name, &GOVERNORS),
    plan: |scene, value| plan(scene, GOVERNOR.name, &GOVERNORS, value),
};

/// The lower limit of the cores' clocks.
pub static MIN_FREQ: Control = Control {
    name: "cpu_min_freq",
    description: "lower limit of the CPU clocks",
    unit: Some("kHz"),
    look: |scene| look(scene.root, MIN_FREQ.name, &LOWER),
    plan: |scene, value| plan(scene, MIN_FREQ.name, &LOWER, value),
};

/// The upper limit of the cores' clocks.
pub static MAX_FREQ: Control = Control {
    name: "cpu_max_freq",
    description: "upper limit of the CPU clocks",
    unit: Some("kHz"),
    look: |scene| look(scene.root, MAX_FREQ.name, &UPPER),
    plan: |scene, value| plan(scene, MAX_FREQ.name, &UPPER, value),
};

/// What is set of a policy.
struct Knob {
    file: &'static str,
    /// Which limit it is, and the file of the other; `None` is the governor.
    limit: Option<(Limit, &'static str)>,
}

static GOVERNORS: Knob = Knob { file: "/scaling_governor", limit: None };
static LOWER: Knob = Knob { file: "/scaling_min_freq", limit: Some((Limit::Min, "/scaling_max_freq")) };
static UPPER: Knob = Knob { file: "/scaling_max_freq", limit: Some((Limit::Max, "/scaling_min_freq")) };

/// The clusters with a core that is on.
pub(crate) fn active(root: &Root) -> Vec<Place> {
    let online = cores::online(root);
    let mut places = cpu::places(root);
    places.retain(|place| cores::any_on(&place.cores, &online));
    places
}

/// The governors that a cluster may have.
pub(crate) fn governors(root: &Root, place: &Place) -> Vec<String> {
    let list = text(root, place, "/scaling_available_governors");
    list.split_ascii_whitespace().map(str::to_owned).collect()
}

/// The clocks that a cluster may have: the kernel's list, or where a driver has none the hardware's
/// bounds.
pub(crate) fn clocks(root: &Root, place: &Place) -> Clocks {
    let list = Clocks::of_list(&text(root, place, "/scaling_available_frequencies"), 1);
    if list.bounds().is_some() {
        return list;
    }
    let bound = |file: &str| text(root, place, file).parse().ok();
    let bounds = bound("/cpuinfo_min_freq").zip(bound("/cpuinfo_max_freq"));
    bounds.map_or(list, |(least, most)| Clocks::between(least, most))
}

/// One word for all policies, or `policy0=a,policy4=b`.
pub fn joined(values: &[(&str, String)], all: bool) -> String {
    match values {
        [(_, first), rest @ ..] if all && rest.iter().all(|(_, value)| value == first) => first.clone(),
        values => {
            let parts: Vec<String> =
                values.iter().map(|(name, value)| [*name, "=", value].concat()).collect();
            parts.join(",")
        }
    }
}

fn text(root: &Root, place: &Place, file: &str) -> String {
    root.text(&[&place.directory, file].concat()).unwrap_or_default()
}

fn found(root: &Root, control: &str) -> Result<Vec<Place>, Refusal> {
    let places = active(root);
    if places.is_empty() {
        return Err(Refusal::unsupported(control, "the kernel has no CPU clocks to set (cpufreq)"));
    }
    Ok(places)
}

fn value(root: &Root, places: &[Place], knob: &Knob) -> Option<String> {
    let values: Vec<(&str, String)> =
        places.iter().map(|place| (place.name.as_str(), text(root, place, knob.file))).collect();
    if values.iter().any(|(_, value)| value.is_empty()) { None } else { Some(joined(&values, true)) }
}

fn look(root: &Root, control: &str, knob: &Knob) -> Result<Range, Refusal> {
    let places = found(root, control)?;
    let mut range = Range { value: value(root, &places, knob), ..Range::default() };
    let words = |place| match knob.limit {
        None => governors(root, place),
        Some(_) => clocks(root, place).words(),
    };
    let mut each = places.iter().map(words);
    range.options = each.next().unwrap_or_default();
    for words in each {
        range.options.retain(|word| words.contains(word));
    }
    if knob.limit.is_some() {
        let bounds = places.iter().filter_map(|place| clocks(root, place).bounds());
        let all = bounds.reduce(|one, other| (one.0.max(other.0), one.1.min(other.1)));
        range.bounds = all.map(|(least, most)| (i64::from(least), i64::from(most)));
    }
    Ok(range)
}

fn plan(scene: &Scene, control: &'static str, knob: &Knob, value_: &str) -> Result<Plan, Refusal> {
    let root = scene.root;
    let places = found(root, control)?;
    let mut plan = Plan { control, old: value(root, &places, knob).unwrap_or_default(), ..Plan::default() };
    let mut wanted = Vec::new();
    for (place, word) in parts(root, control, value_, &places)? {
        wanted.push((place, chosen(root, control, knob, place, word)?));
    }
    let changed = wanted.iter().filter(|(place, word)| text(root, place, knob.file) != *word);
    for (number, (place, word)) in changed.enumerate() {
        if number == 0 {
            pinned::check_free(scene, control)?;
        }
        if let (Some((limit, other)), Ok(khz)) = (knob.limit, word.parse()) {
            let other = text(root, place, other).parse().ok();
            check_order(control, limit, khz, other, &place.name)?;
        }
        plan.steps.push(Step::write([&place.directory, knob.file].concat(), word.as_str()));
    }
    let all = wanted.len() == places.len();
    let wanted: Vec<(&str, String)> =
        wanted.into_iter().map(|(place, word)| (place.name.as_str(), word)).collect();
    plan.new = joined(&wanted, all);
    Ok(plan)
}

/// What a value asks of each policy.
fn parts<'a>(
    root: &Root,
    control: &str,
    value: &'a str,
    places: &'a [Place],
) -> Result<Vec<(&'a Place, &'a str)>, Refusal> {
    let value = value.trim();
    if !value.contains('=') {
        return Ok(places.iter().map(|place| (place, value)).collect());
    }
    let mut parts: Vec<(&Place, &str)> = Vec::new();
    for part in value.split(',') {
        let (name, word) = part.split_once('=').unwrap_or((part, ""));
        let (name, word) = (name.trim(), word.trim());
        let Some(place) = places.iter().find(|place| place.name == name) else {
            return Err(no_policy(root, control, name, places));
        };
        if word.is_empty() || parts.iter().any(|(known, _)| known.name == name) {
            return Err(Refusal::value(control, value, "each policy once, policy0=VALUE"));
        }
        parts.push((place, word));
    }
    Ok(parts)
}

fn no_policy(root: &Root, control: &str, name: &str, places: &[Place]) -> Refusal {
    if cpu::places(root).iter().any(|place| place.name == name) {
        let why = [control, ": the cores of ", name, " are off (jscopectl set cpu_cores all)"].concat();
        return Refusal::new(Kind::Conflict, why);
    }
    let names: Vec<&str> = places.iter().map(|place| place.name.as_str()).collect();
    Refusal::value(control, name, &["the board has ", &names.join(", ")].concat())
}

/// The text for the kernel's file.
fn chosen(root: &Root, control: &str, knob: &Knob, place: &Place, word: &str) -> Result<String, Refusal> {
    if knob.limit.is_some() {
        return Ok(clocks(root, place).choose(control, word, &place.name)?.to_string());
    }
    let governors = governors(root, place);
    match governors.iter().any(|governor| governor == word) {
        true => Ok(word.to_owned()),
        false => {
            Err(Refusal::value(control, word, &[&place.name, " takes ", &governors.join(", ")].concat()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_joined_values() {
        let values = |words: &[&'static str]| -> Vec<(&'static str, String)> {
            ["policy0", "policy4"].into_iter().zip(words.iter().map(|word| (*word).to_owned())).collect()
        };
        for (words, all, wanted) in [
            (&["a", "a"][..], true, "a"),
            (&["a", "a"], false, "policy0=a,policy4=a"),
            (&["a", "b"], true, "policy0=a,policy4=b"),
            (&["a"], true, "a"),
            (&["a"], false, "policy0=a"),
            (&[], true, ""),
        ] {
            assert_eq!(joined(&values(words), all), wanted, "{words:?} {all}");
        }
    }
}
