//! Boards that are copied to be written, and the desk at which that is asked for.

pub mod rows;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jetsonscope::control::Refusal;
use jetsonscope::control::desk::{Change, Desk, Outcome};
use jetsonscope::root::Root;

pub const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/boards");

/// A copy of a board, gone afterwards.
pub struct Board(pub PathBuf);

impl Board {
    pub fn new(name: &str, test: &str) -> Board {
        let directory = format!("jetsonscope-clocks-{test}-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(directory);
        let _ = fs::remove_dir_all(&path);
        copy(&Path::new(FIXTURES).join(name), &path);
        fs::create_dir_all(path.join("run/jetsonscope")).unwrap();
        Board(path)
    }

    pub fn desk(&self) -> Desk {
        Desk::open(Root::at(&self.0))
    }

    pub fn put(&self, file: &str, text: &str) {
        let path = self.0.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// All files and what is in them, without blanks at the end, which the kernel adds by itself.
    pub fn tree(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(&self.0, &mut files);
        files
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        match entry.file_type().unwrap() {
            kind if kind.is_symlink() => symlink(fs::read_link(source).unwrap(), target).unwrap(),
            kind if kind.is_dir() => copy(&source, &target),
            _ => fs::write(target, fs::read(source).unwrap()).unwrap(),
        }
    }
}

fn collect(directory: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            collect(&entry.path(), files);
        } else if kind.is_file() {
            files.insert(entry.path(), fs::read(entry.path()).unwrap().trim_ascii_end().to_vec());
        }
    }
}

/// The files that are not the same in two trees, and what they hold in the second.
pub fn changed(before: &BTreeMap<PathBuf, Vec<u8>>, board: &Board) -> Vec<String> {
    let mut after = board.tree();
    // It stays, and says nothing.
    after.retain(|path, _| !path.ends_with("run/jetsonscope/lock"));
    let mut changed = Vec::new();
    for (path, content) in &after {
        if before.get(path) != Some(content) {
            let path = fs::canonicalize(path).unwrap();
            let path = path.strip_prefix(fs::canonicalize(&board.0).unwrap()).unwrap();
            changed.push(format!("{} {}", path.display(), String::from_utf8_lossy(content)));
        }
    }
    assert!(before.keys().all(|path| after.contains_key(path)), "no file is gone");
    changed
}

pub fn change(control: &str, value: &str, dry_run: bool) -> Change {
    Change { control: control.to_owned(), value: value.to_owned(), dry_run, ..Change::default() }
}

pub fn set(desk: &mut Desk, control: &str, value: &str) -> Result<Outcome, Refusal> {
    match desk.set(change(control, value, false), None, Instant::now())? {
        Some(outcome) => Ok(outcome),
        None => desk.finish(Instant::now() + Duration::from_secs(10)),
    }
}
