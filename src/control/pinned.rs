//! Whether jetson_clocks stands in the way: while it is on, clocks, their governors and the memory are
//! its own, and what we wrote would be lost or would make its `off` restore something else.

use super::{Kind, Refusal, Scene, clocks};
use crate::snapshot::Pinned;

/// Controls that can pin a clock by themselves.
const PINNING: [&str; 5] = ["cpu_min_freq", "cpu_max_freq", "gpu_min_freq", "gpu_max_freq", "emc"];

/// That clocks may be changed: jetson_clocks is not on, or it was us who pinned them one by one.
///
/// # Errors
/// It is on.
pub fn check_free(scene: &Scene, control: &str) -> Result<(), Refusal> {
    let ours = || {
        !scene.journal.holds("jetson_clocks") && PINNING.iter().any(|control| scene.journal.holds(control))
    };
    if clocks::state(scene.root) != Some(Pinned::On) || ours() {
        return Ok(());
    }
    let why = ": the clocks are pinned (jetson_clocks is on: jscopectl set jetson_clocks off)";
    Err(Refusal::new(Kind::Conflict, [control, why].concat()))
}
