//! The captures of real boards: where they lie and what their names promise.

use std::path::{Path, PathBuf};

/// A file whose name holds one of these is damaged: its lines are no whole samples.
const DAMAGED: &[&str] =
    &["wrapped", "cut", "trimmed", "edited", "fragment", "joined", "elided", "garbled", "truncated", "ansi"];

/// The captures lie beside the project, not in it; who has only the project tests without them.
pub fn captures() -> Option<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/tegrastats");
    let Ok(entries) = std::fs::read_dir(folder) else {
        println!("skipped: no corpus");
        return None;
    };
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.extension().is_some_and(|end| end == "txt"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "the corpus is there but holds no capture");
    Some(files)
}

pub fn file_name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).expect("a plain file name")
}

pub fn is_message(name: &str) -> bool {
    name.starts_with("help_") || name.starts_with("messages_")
}

pub fn is_damaged(name: &str) -> bool {
    DAMAGED.iter().any(|word| name.contains(word))
}

/// A capture with its last line ended, so that no token counts as cut.
pub fn read_capture(path: &Path) -> String {
    let mut text = std::fs::read_to_string(path).expect("a capture is text");
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}
