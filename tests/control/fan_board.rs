//! A copy of a board's directory, with stand-ins for the vendor's tools, for tests that change it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use jetsonscope::control::desk::{Change, Desk, Outcome};
use jetsonscope::control::{Refusal, Wishes};
use jetsonscope::root::Root;

/// The directory, gone with the test.
pub struct Board(pub PathBuf);

impl Board {
    /// A copy of `fixtures/boards/NAME`.
    pub fn copy(name: &str, test: &str) -> Board {
        let board = Board::empty(&format!("{name}-{test}"));
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/boards").join(name);
        let status = Command::new("cp").arg("-a").arg(from.join(".")).arg(&board.0).status().unwrap();
        assert!(status.success());
        board
    }

    /// A directory with nothing in it.
    pub fn empty(name: &str) -> Board {
        let path = std::env::temp_dir().join(format!("jetsonscope-control-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Board(path)
    }

    pub fn root(&self) -> Root {
        Root::at(&self.0)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn text(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn remove(&self, name: &str) {
        let path = self.0.join(name);
        let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    }

    /// A program of the board: a script, which gets JETSONSCOPE_ROOT.
    pub fn tool(&self, name: &str, script: &str) {
        let name = format!("usr/sbin/{name}");
        self.write(&name, &format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(self.0.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// All files and links but those of `run` and of `but`, with what they hold.
    pub fn files(&self, but: &[&str]) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        self.walk("", but, &mut files);
        files
    }

    fn walk(&self, directory: &str, but: &[&str], files: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(self.0.join(directory)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let name = if directory.is_empty() { name } else { format!("{directory}/{name}") };
            let path = self.0.join(&name);
            if but.contains(&name.as_str()) || name == "run" {
                continue;
            }
            if path.is_symlink() {
                let link = fs::read_link(&path).unwrap();
                files.insert(name, link.into_os_string().into_encoded_bytes());
            } else if path.is_dir() {
                files.insert(format!("{name}/"), Vec::new());
                self.walk(&name, but, files);
            } else {
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }

    /// What differs from how it was: paths and what they hold now.
    pub fn changed(&self, before: &BTreeMap<String, Vec<u8>>) -> Vec<(String, Option<String>)> {
        let now = self.files(&[]);
        let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
        let gone = before.keys().filter(|name| !now.contains_key(*name)).map(|name| (name.clone(), None));
        let new = now.iter().filter(|(name, bytes)| before.get(*name) != Some(bytes));
        let mut all: Vec<_> =
            new.map(|(name, bytes)| (name.clone(), Some(text(bytes)))).chain(gone).collect();
        all.sort();
        all
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A change that somebody stays to look after.
pub fn change(control: &str, value: &str) -> Change {
    let wishes = Wishes { attended: true, ..Wishes::default() };
    Change { control: control.to_owned(), value: value.to_owned(), wishes, ..Change::default() }
}

/// Makes a change and waits for its end.
pub fn set(desk: &mut Desk, control: &str, value: &str) -> Result<Outcome, Refusal> {
    match desk.set(change(control, value), None, Instant::now())? {
        Some(outcome) => Ok(outcome),
        None => desk.finish(Instant::now() + Duration::from_secs(60)),
    }
}

/// The steps of a change, a line each.
pub fn steps(desk: &mut Desk, control: &str, value: &str) -> Result<Vec<String>, String> {
    let dry = Change { dry_run: true, ..change(control, value) };
    match desk.set(dry, None, Instant::now()) {
        Ok(outcome) => Ok(outcome.unwrap().steps),
        Err(refusal) => Err(format!("{:?} {}", refusal.kind, refusal.why)),
    }
}
