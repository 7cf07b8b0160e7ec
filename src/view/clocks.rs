//! Clocks and governors.

use super::line::Line;
use super::paint::Paint;
use crate::snapshot::Snapshot;

/// What the help says of the page.
pub const HELP: &[&str] = &[];

/// The page.
pub fn lines(_paint: Paint, _snapshot: &Snapshot, _width: u16) -> Vec<Line> {
    Vec::new()
}
