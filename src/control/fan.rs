//! The fan.

use std::time::Instant;

use super::plan::Hold;
use crate::root::Root;
use crate::snapshot::Snapshot;

/// Looks after a fan that is ours.
pub struct Holder {}

impl Holder {
    /// Holds the fan.
    pub fn new(_root: &Root, _hold: Hold) -> Option<Holder> {
        None
    }

    /// Sets the fan by what the sample says; lines that are to be told.
    pub fn turn(&mut self, _root: &Root, _sample: &Snapshot, _now: Instant) -> Vec<String> {
        Vec::new()
    }
}
