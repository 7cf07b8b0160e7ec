//! Kernel files that lie or fail: each file of a board in turn, in each way. The sample is taken
//! all the same, and only what that file tells changes.

use std::cell::RefCell;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jetsonscope::root::Root;
use jetsonscope::source::{Choice, Feed};
use jetsonscope::wire::{json, message};
use serde_json::Value;

const SECOND: Duration = Duration::from_secs(1);
/// One board of each way of the kernel to show itself.
const BOARDS: [&str; 3] = ["orin-nx-r36", "nano-r32", "thor-r38"];

/// What a file may change: the members of the data object, by how its path begins. What is not
/// listed tells of the board as a whole.
const TELLS: [(&str, &[&str]); 12] = [
    ("sys/devices/system/cpu", &["cpus", "clusters", "jetson_clocks"]),
    ("proc/stat", &["cpus", "clusters"]),
    ("proc/meminfo", &["ram", "swap"]),
    ("proc/buddyinfo", &["ram"]),
    ("proc/swaps", &["swaps"]),
    ("sys/block", &["zram"]),
    ("sys/class/thermal", &["temps", "temps_off", "trips", "cooling"]),
    ("sys/kernel/debug/nvmap", &["ram", "iram"]),
    ("sys/kernel/debug", &["engines", "emc", "jetson_clocks", "gpus"]),
    ("proc/device-tree", &["overcurrent"]),
    ("proc/", &["uptime_s", "load_average", "block_io", "network", "cpus"]),
    ("etc/nvpmodel", &["nvpmodel"]),
];

/// A copy of a board that may be changed, gone afterwards.
struct Copy(PathBuf);

impl Copy {
    fn of(board: &str, test: &str) -> Copy {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/boards").join(board);
        let to = std::env::temp_dir().join(format!("jetsonscope-{test}-{}-{board}", std::process::id()));
        let _ = fs::remove_dir_all(&to);
        copy(&from, &to);
        Copy(to)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (entry, to) = (entry.as_ref().unwrap(), to.join(entry.as_ref().unwrap().file_name()));
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => copy(&entry.path(), &to),
            kind if kind.is_symlink() => symlink(fs::read_link(entry.path()).unwrap(), to).unwrap(),
            _ => drop(fs::copy(entry.path(), to).unwrap()),
        }
    }
}

/// The paths of the files that the readers of that root open.
fn files(root: &Root) -> Vec<String> {
    let root = root.remembering();
    sample(&root);
    let path = |relative: &String| root.path().join(relative);
    root.asked().into_iter().filter(|relative| path(relative).is_file()).collect()
}

fn sample(root: &Root) -> Value {
    let now = Instant::now();
    let mut feed = Feed::open(Choice::Sysfs, root, SECOND, now).unwrap();
    assert!(feed.turn(now));
    value(&feed, now)
}

/// The data object without what adds up over time.
fn value(feed: &Feed, now: Instant) -> Value {
    let text = json::encode(&message::data(feed.sample(now).snapshot.unwrap()));
    let mut data: Value = serde_json::from_str(&text).unwrap();
    for rail in data["power"].as_object_mut().unwrap().values_mut() {
        rail.as_object_mut().unwrap().retain(|name, _| name != "energy_mj" && name != "average_mw");
    }
    data
}

/// The members that differ.
fn changed(before: &Value, after: &Value) -> Vec<String> {
    let (before, after) = (before.as_object().unwrap(), after.as_object().unwrap());
    let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
    let differs = |name: &&String| before.get(*name) != after.get(*name);
    names.filter(differs).filter(|name| *name != "uptime_s").cloned().collect()
}

fn may_tell(path: &str, member: &str) -> bool {
    let of = TELLS.iter().find(|(begin, _)| path.starts_with(begin));
    let hardware =
        ["power", "total_power", "fans", "overcurrent", "drives", "gpus", "engines", "emc", "jetson_clocks"];
    of.map_or(hardware.contains(&member) || member == "nvpmodel" || member == "disks", |(_, members)| {
        members.contains(&member)
    })
}

/// Puts a file into a state, runs the check, and puts it back.
fn with(path: &Path, state: &str, check: impl FnOnce()) {
    let content = fs::read(path).unwrap();
    let link = fs::read_link(path).ok();
    fs::remove_file(path).unwrap();
    match state {
        "absent" => {}
        "empty" => fs::write(path, b"").unwrap(),
        "huge" => fs::write(path, vec![b'7'; 1 << 20]).unwrap(),
        "huge lines" => fs::write(path, b"7 7 7\n".repeat(180_000)).unwrap(),
        "binary" => fs::write(path, (0..=255).cycle().take(5000).collect::<Vec<u8>>()).unwrap(),
        "negative" => fs::write(path, b"-2147483649\n").unwrap(),
        "beyond 64 bits" => fs::write(path, b"99999999999999999999999\n").unwrap(),
        "no line end" => fs::write(path, content.trim_ascii_end()).unwrap(),
        "cut" => fs::write(path, &content[..content.len() / 2]).unwrap(),
        "directory" => fs::create_dir(path).unwrap(),
        "dangling link" => symlink("nowhere/at/all", path).unwrap(),
        "link to itself" => symlink(path.file_name().unwrap(), path).unwrap(),
        "pipe" => nix::unistd::mkfifo(path, nix::sys::stat::Mode::S_IRWXU).unwrap(),
        "unreadable" => {
            fs::write(path, &content).unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(0o0)).unwrap();
        }
        _ => unreachable!("{state}"),
    }
    check();
    let removed = if state == "directory" { fs::remove_dir(path) } else { fs::remove_file(path) };
    assert!(removed.is_ok() || state == "absent");
    match link {
        Some(to) => symlink(to, path).unwrap(),
        None => fs::write(path, content).unwrap(),
    }
}

#[test]
fn each_file_in_each_state_changes_only_what_it_tells() {
    let states = [
        "absent",
        "empty",
        "huge",
        "huge lines",
        "binary",
        "negative",
        "beyond 64 bits",
        "no line end",
        "cut",
        "directory",
        "dangling link",
        "link to itself",
        "pipe",
        "unreadable",
    ];
    let mut wrong = Vec::new();
    for board in BOARDS {
        let board_copy = Copy::of(board, "states");
        let root = Root::at(&board_copy.0);
        let before = sample(&root);
        for file in files(&root) {
            for state in states {
                with(&board_copy.0.join(&file), state, || {
                    let changed = changed(&before, &sample(&root));
                    let others: Vec<_> = changed.iter().filter(|member| !may_tell(&file, member)).collect();
                    if !others.is_empty() || (state == "no line end" && !changed.is_empty()) {
                        wrong.push(format!("{board}: {file} {state}: {changed:?}"));
                    }
                });
            }
        }
        assert_eq!(changed(&before, &sample(&root)), [""; 0], "{board} is as it was");
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

thread_local! {
    static FAILING: RefCell<(String, i32)> = const { RefCell::new((String::new(), 0)) };
}

fn fault(path: &str) -> Option<i32> {
    FAILING.with_borrow(|(failing, number)| (failing == path).then_some(*number))
}

/// A file that fails while it is open, and then reads again.
#[test]
fn each_file_that_fails_while_running_comes_back() {
    let mut wrong = Vec::new();
    for board in BOARDS {
        let board_copy = Copy::of(board, "failing");
        let root = Root::at(&board_copy.0).failing(fault);
        let start = Instant::now();
        let mut feed = Feed::open(Choice::Sysfs, &root, SECOND, start).unwrap();
        let mut seconds = 0u32;
        let mut next = |feed: &mut Feed, more: u32| {
            seconds += more;
            let now = start + SECOND * seconds;
            assert!(feed.turn(now));
            value(feed, now)
        };
        next(&mut feed, 1);
        let before = next(&mut feed, 1);
        for file in files(&root) {
            for number in [libc_eagain(), libc_eio()] {
                FAILING.with_borrow_mut(|failing| *failing = (file.clone(), number));
                // Far enough for what is read every ten seconds.
                let during = next(&mut feed, 11);
                FAILING.with_borrow_mut(|failing| failing.0.clear());
                next(&mut feed, 700);
                let after = next(&mut feed, 1);
                let others = |now: &Value| {
                    changed(&before, now).into_iter().filter(|m| !may_tell(&file, m)).collect::<Vec<_>>()
                };
                if !others(&during).is_empty() || !changed(&before, &after).is_empty() {
                    wrong.push(format!(
                        "{board}: {file} error {number}: {:?}, {:?}",
                        others(&during),
                        changed(&before, &after)
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn libc_eagain() -> i32 {
    nix::errno::Errno::EAGAIN as i32
}

fn libc_eio() -> i32 {
    nix::errno::Errno::EIO as i32
}
