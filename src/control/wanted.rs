//! What a file is to hold before a run goes on.

use std::io;

use super::run::{failed, is_same};
use super::{Kind, Refusal};
use crate::root::Root;

/// Bytes taken of a table.
const LARGEST: u64 = 256 * 1024;

/// What a file is to hold.
pub(super) enum Wanted {
    /// That text; an empty one when it is to be there, `None` when it is to be gone.
    Text(Option<String>),
    /// A line that begins with that word (with `*` at its end: with a word that begins so), or none.
    Line {
        /// The word.
        word: String,
        /// Whether it is to be there.
        there: bool,
    },
}

/// Whether it does.
pub(super) fn is_so(root: &Root, path: &str, wanted: &Wanted) -> bool {
    match wanted {
        Wanted::Text(text) => has(root, path, text.as_deref()),
        Wanted::Line { word, there } => {
            let is_it = |first: &str| match word.strip_suffix('*') {
                Some(head) => first.starts_with(head),
                None => first == word,
            };
            let Ok(text) = root.read(path, LARGEST) else { return false };
            let text = String::from_utf8_lossy(&text);
            text.lines().filter_map(|line| line.split_whitespace().next()).any(is_it) == *there
        }
    }
}

/// Whether a file holds that text; an empty one asks whether it is there, `None` whether it is gone.
pub(super) fn has(root: &Root, path: &str, text: Option<&str>) -> bool {
    match text {
        Some("") => root.has(path),
        Some(text) => root.text(path).is_some_and(|now| is_same(&now, text)),
        None => !root.has(path),
    }
}

/// A table of others, whole; empty when there is none.
pub(super) fn table(root: &Root, path: &str) -> Result<Vec<u8>, Refusal> {
    match root.read(path, LARGEST + 1) {
        Ok(text) if text.len() as u64 <= LARGEST => Ok(text),
        Ok(_) => Err(Refusal::new(Kind::Conflict, ["/", path, ": is too large"].concat())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(failed(path, &error)),
    }
}
