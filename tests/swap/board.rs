//! A directory that is taken for a board, with the stand-ins for the tools.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

pub const HEAD: &str = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";
pub const FSTAB: &str = "/dev/root / ext4 defaults 0 1\n";
pub const LINE: &str = "/jetsonscope.swap none swap sw,nofail 0 0 # jetsonscope\n";
pub const LINE_OFF: &str = "/jetsonscope.swap none swap sw,nofail,noauto 0 0 # jetsonscope\n";

pub const MKSWAP: &str =
    r#"printf SWAPSPACE2 | dd of="$JETSONSCOPE_ROOT$1" bs=1 seek=4086 conv=notrunc 2>/dev/null"#;
pub const SWAPON: &str = r#"
priority=-2
[ "$1" = -p ] && { priority=$2; shift 2; }
grep -q "^$1 " "$swaps" && { echo "swapon: $1: swapon failed: Device or resource busy"; exit 255; }
case $1 in
/dev/*) kind=partition ;;
*)  kind=file
    mark=$(dd if="$JETSONSCOPE_ROOT$1" bs=1 skip=4086 count=10 2>/dev/null)
    [ "$mark" = SWAPSPACE2 ] || { echo "swapon: $1: read swap header failed" >&2; exit 255; } ;;
esac
echo "$1 $kind 65532 0 $priority" >>"$swaps""#;
pub const SWAPOFF: &str = r#"
grep -q "^$1 " "$swaps" || { echo "swapoff: $1: swapoff failed: Invalid argument"; exit 4; }
grep -v "^$1 " "$swaps" >"$swaps.new"; cat "$swaps.new" >"$swaps"; rm "$swaps.new""#;
pub const SYSTEMCTL: &str = r#"
wants="$JETSONSCOPE_ROOT/etc/systemd/system/multi-user.target.wants"
case $1 in
enable) mkdir -p "$wants"; ln -s "../$2" "$wants/$2" ;;
disable) rm "$wants/$2" ;;
start) for n in 0 1; do echo "/dev/zram$n partition 4096 0 5" >>"$swaps"; done ;;
esac"#;

/// A board in a directory, gone afterwards.
pub struct Board(pub PathBuf);

impl Board {
    pub fn new(name: &str) -> Board {
        let path = std::env::temp_dir().join(format!("jetsonscope-swap-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        let board = Board(path);
        board.write("proc/swaps", HEAD);
        board.write("proc/meminfo", "MemTotal:  7802136 kB\nMemFree: 1 kB\nMemAvailable: 4000000 kB\n");
        board.write("proc/sys/kernel/random/boot_id", "0f1e\n");
        board.mounts("ext4 /dev/nvme0n1p1 rw");
        board.write("sys/dev/block/259:1/uevent", "MAJOR=259\nMINOR=1\nDEVNAME=nvme0n1p1\n");
        board.write("etc/fstab", FSTAB);
        board.write(".jetsonscope/statvfs", "/ 64000000000 24000000000 40000000000\n");
        for (name, script) in [("mkswap", MKSWAP), ("swapon", SWAPON), ("swapoff", SWAPOFF)] {
            board.tool(name, script);
        }
        board
    }

    pub fn write(&self, file: &str, text: impl AsRef<[u8]>) {
        let path = self.0.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn mounts(&self, kind: &str) {
        self.write("proc/self/mountinfo", format!("22 1 259:1 / / rw,noatime shared:1 - {kind}\n"));
    }

    pub fn tool(&self, name: &str, script: &str) {
        let file = format!("usr/sbin/{name}");
        let (beside, tool) = (self.0.join(format!("{file}-new")), self.0.join(&file));
        let head = format!(
            "#!/bin/sh\nswaps=$JETSONSCOPE_ROOT/proc/swaps\necho \"{name} $*\" >>\"$JETSONSCOPE_ROOT/log\"\n"
        );
        self.write(&format!("{file}-new"), [&head, script, "\n"].concat());
        fs::set_permissions(&beside, fs::Permissions::from_mode(0o755)).unwrap();
        // A file that this process wrote may still be open in a child that another test has just
        // begun, and cannot be run then; cp's file is its own.
        let _ = fs::remove_file(&tool);
        assert!(Command::new("cp").args([&beside, &tool]).status().unwrap().success());
        fs::remove_file(beside).unwrap();
    }

    pub fn text(&self, file: &str) -> String {
        String::from_utf8_lossy(&fs::read(self.0.join(file)).unwrap_or_default()).into_owned()
    }

    /// What the tools were called with since the last time.
    pub fn log(&self) -> Vec<String> {
        let lines = self.text("log").lines().map(str::to_owned).collect();
        let _ = fs::remove_file(self.0.join("log"));
        lines
    }

    pub fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_jetsonscope"));
        command.arg("jetson_scope_swap").args(words.split_whitespace()).arg("--root").arg(&self.0);
        command.env_remove("JETSONSCOPE_ROOT").stdin(Stdio::null());
        command
    }

    /// Exit code, output, errors.
    pub fn run(&self, words: &str) -> (i32, String, String) {
        ran(self.command(words))
    }

    /// Each file but what tools and locks leave, with its permissions and its content or target.
    pub fn tree(&self) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
        let mut found = BTreeMap::new();
        let mut left = vec![self.0.clone()];
        while let Some(path) = left.pop() {
            let metadata = fs::symlink_metadata(&path).unwrap();
            let content = if metadata.is_dir() {
                left.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
                Vec::new()
            } else if metadata.is_symlink() {
                fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()
            } else {
                fs::read(&path).unwrap()
            };
            let name = path.strip_prefix(&self.0).unwrap().to_owned();
            if name != Path::new("log") && !name.starts_with("run") {
                found.insert(name, (metadata.mode(), content));
            }
        }
        found
    }

    pub fn assert_same(&self, before: &BTreeMap<PathBuf, (u32, Vec<u8>)>, case: &str) {
        let now = self.tree();
        let names = |tree: &BTreeMap<PathBuf, (u32, Vec<u8>)>| tree.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&now), names(before), "{case}");
        for (name, content) in before {
            assert!(now.get(name) == Some(content), "{case}: {} has changed", name.display());
        }
        assert_eq!(self.text("run/jetsonscope/undo-swap"), "", "{case}");
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub fn ran(mut command: Command) -> (i32, String, String) {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

pub fn done(text: &str) -> (i32, String, String) {
    (0, text.to_owned(), String::new())
}

pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
