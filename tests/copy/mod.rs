//! A board of the fixtures, copied: what changes a board works on a copy.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Copies the board into a directory, links as links, and gives the copy's path.
pub fn board(name: &str, directory: &Path) -> PathBuf {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/boards").join(name);
    let to = directory.join("board");
    let copied = Command::new("cp").arg("-Rp").arg(&from).arg(&to).status().expect("cp");
    assert!(copied.success(), "{}: not copied", from.display());
    to
}
