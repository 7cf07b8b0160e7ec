//! Trees in directories, and how the tests read and write them.

mod act;
mod disk;
mod equal;
mod fill;

use std::collections::BTreeMap;
use std::fs;

use super::*;

/// A directory of its own for a test, gone afterwards.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("jetsonscope-tree-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    fn tree(&self, board: &str) -> Tree {
        let board = Board::find(board).unwrap();
        Tree::new(board, Scenario::Inference, 1, &self.0.join(board.name)).unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn path(tree: &Tree, name: &str) -> PathBuf {
    tree.disk.path().join(name)
}

fn text(tree: &Tree, name: &str) -> String {
    let bytes = fs::read(path(tree, name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    String::from_utf8(bytes).unwrap().trim_matches(['\n', '\0']).to_owned()
}

fn number(tree: &Tree, name: &str) -> i64 {
    let text = text(tree, name);
    text.split(' ').next().unwrap().parse().unwrap_or_else(|_| panic!("{name}: {text:?}"))
}

fn write(tree: &Tree, name: &str, content: &str) {
    assert!(path(tree, name).exists(), "{name}");
    fs::write(path(tree, name), content).unwrap();
}

/// The value behind a word in a file of lines.
fn field(tree: &Tree, name: &str, word: &str) -> Vec<u64> {
    let text = text(tree, name);
    let line = text.lines().find(|line| line.split_whitespace().next() == Some(word)).unwrap_or("");
    line.split_whitespace().skip(1).filter_map(|word| word.parse().ok()).collect()
}

fn seconds(tree: &mut Tree, count: u32) {
    (0..count).for_each(|_| tree.beat(1000).unwrap());
}

const CPUFREQ: &str = "sys/devices/system/cpu/cpu0/cpufreq";

/// Directories whose `name` or `type` is this.
fn class(tree: &Tree, class: &str, file: &str, name: &str) -> String {
    let list = fs::read_dir(path(tree, class)).unwrap().map(|entry| entry.unwrap().file_name());
    let paths = list.map(|entry| format!("{class}/{}", entry.to_str().unwrap()));
    let mut found = paths.filter(|path| text(tree, &format!("{path}/{file}")) == name);
    found.next().unwrap_or_else(|| panic!("{class}: {name}"))
}

/// All files and links below a directory.
fn contents(directory: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>, base: &Path) {
    for entry in fs::read_dir(directory).unwrap().map(|entry| entry.unwrap()) {
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        let name = path.strip_prefix(base).unwrap().to_owned();
        if kind.is_dir() {
            contents(&path, found, base);
        } else if kind.is_symlink() {
            assert!(path.exists(), "{} leads nowhere", path.display());
            found.insert(name, fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes());
        } else {
            found.insert(name, fs::read(&path).unwrap());
        }
    }
}
