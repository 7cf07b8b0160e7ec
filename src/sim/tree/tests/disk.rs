//! What may happen to the directory.

use std::fs;
use std::os::unix::fs::symlink;

use super::equal::compare;
use super::*;

#[test]
fn what_is_removed_comes_back() {
    let scratch = Scratch::new("removed");
    let mut tree = scratch.tree("tx2");
    seconds(&mut tree, 1);
    let base = scratch.0.join("tx2");
    for name in ["proc/stat", "etc/nv_tegra_release", &format!("{CPUFREQ}/scaling_max_freq")] {
        fs::remove_file(base.join(name)).unwrap();
    }
    fs::remove_file(base.join("proc/device-tree")).unwrap();
    fs::remove_dir_all(base.join("sys/devices/virtual")).unwrap();
    fs::remove_dir_all(base.join("var")).unwrap();
    seconds(&mut tree, 1);
    let mut found = BTreeMap::new();
    contents(&base, &mut found, &base);
    for (path, page) in &tree.sheet.pages {
        let blank = found[Path::new(path)].strip_prefix(page.content.as_slice());
        assert!(blank.is_some_and(|blank| blank.iter().all(|byte| *byte == b'\n')), "{path}");
    }
    compare(&tree);
}

/// Links, names of other files, pipes and files that stand in the way.
#[test]
fn nothing_outside_is_written() {
    let scratch = Scratch::new("outside");
    let mut tree = scratch.tree("nano");
    seconds(&mut tree, 1);
    let (base, outside) = (scratch.0.join("nano"), scratch.0.join("outside"));
    fs::create_dir(&outside).unwrap();
    for name in ["a", "b"] {
        fs::write(outside.join(name), "untouched").unwrap();
    }
    let replace = |name: &str| {
        let path = base.join(name);
        fs::remove_file(&path).or_else(|_| fs::remove_dir_all(&path)).unwrap();
        path
    };
    symlink(outside.join("a"), replace("proc/stat")).unwrap();
    symlink(outside.join("none"), replace("proc/uptime")).unwrap();
    symlink(outside.join("a"), replace("sys/devices/pwm-fan/target_pwm")).unwrap();
    fs::hard_link(outside.join("b"), replace("proc/meminfo")).unwrap();
    symlink(&outside, replace("sys/devices/virtual")).unwrap();
    symlink(&outside, replace("var")).unwrap();
    fs::write(replace("sys/kernel"), "a file").unwrap();
    nix::unistd::mkfifo(&replace("proc/loadavg"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    seconds(&mut tree, 2);
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 2);
    for name in ["a", "b"] {
        assert_eq!(fs::read_to_string(outside.join(name)).unwrap(), "untouched", "{name}");
    }
    compare(&tree);
}

#[test]
fn a_directory_of_others_is_refused() {
    let scratch = Scratch::new("refused");
    let begin = |board: &str, path: &Path| {
        let board = Board::find(board).unwrap();
        Tree::new(board, Scenario::Idle, 1, path).map_err(|error| error.to_string())
    };
    let refused = |board: &str, path: &Path, why: &str| {
        let error = begin(board, path).unwrap_err();
        assert!(error.contains(why) && error.starts_with(path.to_str().unwrap()), "{error}");
    };
    fs::create_dir(scratch.0.join("full")).unwrap();
    fs::write(scratch.0.join("full/file"), "mine").unwrap();
    refused("nano", &scratch.0.join("full"), "not made by simulate");
    refused("nano", &scratch.0.join("full/file"), "");
    assert_eq!(fs::read_dir(scratch.0.join("full")).unwrap().count(), 1);
    let own = scratch.0.join("deep/own");
    let mut tree = begin("nano", &own).unwrap();
    tree.beat(1000).unwrap();
    refused("nano", &own, "another simulator");
    drop(tree);
    refused("tx2", &own, "the board \"nano\"");
    begin("nano", &own).unwrap().beat(1000).unwrap();
    symlink("/etc/passwd", scratch.0.join("full/link")).unwrap();
    fs::create_dir(scratch.0.join("trap")).unwrap();
    symlink(scratch.0.join("full"), scratch.0.join("trap/.jetsonscope")).unwrap();
    refused("nano", &scratch.0.join("trap"), "not made by simulate");
}

#[test]
fn a_directory_that_goes_ends_it() {
    let scratch = Scratch::new("gone");
    let mut tree = scratch.tree("nano");
    seconds(&mut tree, 1);
    fs::remove_dir_all(scratch.0.join("nano")).unwrap();
    assert!(matches!(tree.beat(1000), Err(Error::Gone(_))));
    fs::create_dir(scratch.0.join("nano")).unwrap();
    assert!(matches!(tree.beat(1000), Err(Error::Gone(_))));
    assert_eq!(fs::read_dir(scratch.0.join("nano")).unwrap().count(), 0);
}
