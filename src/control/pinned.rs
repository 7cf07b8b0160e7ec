//! Whether jetson_clocks is on, judged from the files as [`crate::board::clocks::state`] judges a
//! sample: while it is, clocks, their governors and the memory are its own, and what we wrote would
//! be lost or would make its `off` restore something else.

use super::{Kind, Refusal, Scene, cores, emc};
use crate::board::clocks;
use crate::recycled::Recycled;
use crate::root::Root;
use crate::snapshot::Pinned;
use crate::source::sysfs::{cpu, gpu};

/// Controls that can pin a clock by themselves.
const PINNING: [&str; 5] = ["cpu_min_freq", "cpu_max_freq", "gpu_min_freq", "gpu_max_freq", "emc"];

/// What state the clocks are in; `None` where there are none of a Jetson.
pub fn state(root: &Root) -> Option<Pinned> {
    let at_top = |min: String, max: String| Some(root.number(&min)? >= root.number(&max)?);
    let mut held = Vec::new();
    for name in gpu::names(root) {
        let file = |file: &str| [gpu::DEVFREQ, "/", &name, file].concat();
        held.push(at_top(file("/min_freq"), file("/max_freq")));
    }
    held.push(emc::is_locked(root));
    // A PC has cpufreq, too.
    if held.iter().all(Option::is_none) {
        return None;
    }
    let online = cores::online(root);
    for place in cpu::places(root) {
        if cores::any_on(&place.cores, &online) {
            let file = |file: &str| [&place.directory, file].concat();
            held.push(at_top(file("/scaling_min_freq"), file("/scaling_max_freq")));
        }
    }
    let held = held.into_iter().flatten().map(|held| ("", held));
    clocks::state(held, &mut Recycled::default())
}

/// That clocks may be changed: jetson_clocks is not on, or it was us who pinned them one by one.
///
/// # Errors
/// It is on.
pub fn check_free(scene: &Scene, control: &str) -> Result<(), Refusal> {
    let ours = || {
        !scene.journal.holds("jetson_clocks") && PINNING.iter().any(|control| scene.journal.holds(control))
    };
    if state(scene.root) != Some(Pinned::On) || ours() {
        return Ok(());
    }
    let why = ": the clocks are pinned (jetson_clocks is on: jscopectl set jetson_clocks off)";
    Err(Refusal::new(Kind::Conflict, [control, why].concat()))
}
