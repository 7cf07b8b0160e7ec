//! `jetson_scope_swap` on directories that are taken for boards, with stand-ins for mkswap, swapon,
//! swapoff and systemctl that keep the directory's /proc/swaps.
#![cfg(feature = "cli")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const HEAD: &str = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";
const FSTAB: &str = "/dev/root / ext4 defaults 0 1\n";
const LINE: &str = "/jetsonscope.swap none swap sw,nofail 0 0 # jetsonscope\n";
const LINE_OFF: &str = "/jetsonscope.swap none swap sw,nofail,noauto 0 0 # jetsonscope\n";

const MKSWAP: &str =
    r#"printf SWAPSPACE2 | dd of="$JETSONSCOPE_ROOT$1" bs=1 seek=4086 conv=notrunc 2>/dev/null"#;
const SWAPON: &str = r#"
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
const SWAPOFF: &str = r#"
grep -q "^$1 " "$swaps" || { echo "swapoff: $1: swapoff failed: Invalid argument"; exit 4; }
grep -v "^$1 " "$swaps" >"$swaps.new"; cat "$swaps.new" >"$swaps"; rm "$swaps.new""#;
const SYSTEMCTL: &str = r#"
wants="$JETSONSCOPE_ROOT/etc/systemd/system/multi-user.target.wants"
case $1 in
enable) mkdir -p "$wants"; ln -s "../$2" "$wants/$2" ;;
disable) rm "$wants/$2" ;;
start) for n in 0 1; do echo "/dev/zram$n partition 4096 0 5" >>"$swaps"; done ;;
esac"#;

/// A board in a directory, gone afterwards.
struct Board(PathBuf);

impl Board {
    fn new(name: &str) -> Board {
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

    fn write(&self, file: &str, text: impl AsRef<[u8]>) {
        let path = self.0.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn mounts(&self, kind: &str) {
        self.write("proc/self/mountinfo", format!("22 1 259:1 / / rw,noatime shared:1 - {kind}\n"));
    }

    fn tool(&self, name: &str, script: &str) {
        let path = format!("usr/sbin/{name}");
        let head = format!(
            "#!/bin/sh\nswaps=$JETSONSCOPE_ROOT/proc/swaps\necho \"{name} $*\" >>\"$JETSONSCOPE_ROOT/log\"\n"
        );
        self.write(&path, [&head, script, "\n"].concat());
        fs::set_permissions(self.0.join(path), fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn text(&self, file: &str) -> String {
        String::from_utf8_lossy(&fs::read(self.0.join(file)).unwrap_or_default()).into_owned()
    }

    /// What the tools were called with since the last time.
    fn log(&self) -> Vec<String> {
        let lines = self.text("log").lines().map(str::to_owned).collect();
        let _ = fs::remove_file(self.0.join("log"));
        lines
    }

    fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_jetsonscope"));
        command.arg("jetson_scope_swap").args(words.split_whitespace()).arg("--root").arg(&self.0);
        command.env_remove("JETSONSCOPE_ROOT").stdin(Stdio::null());
        command
    }

    /// Exit code, output, errors.
    fn run(&self, words: &str) -> (i32, String, String) {
        ran(self.command(words))
    }

    /// Each file but what tools and locks leave, with its permissions and its content or target.
    fn tree(&self) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
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

    fn assert_same(&self, before: &BTreeMap<PathBuf, (u32, Vec<u8>)>, case: &str) {
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

fn ran(mut command: Command) -> (i32, String, String) {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

fn done(text: &str) -> (i32, String, String) {
    (0, text.to_owned(), String::new())
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn ok_from_create_to_remove() {
    let board = Board::new("life");
    let before = board.tree();
    let area = "/jetsonscope.swap file 65532 0 -2\n";
    for (words, out, swaps, fstab, log) in [
        ("on", None, "", "", &[][..]),
        ("off", Some("swap: absent already\n"), "", "", &[]),
        ("remove", Some("swap: absent already\n"), "", "", &[]),
        (
            "create --size 64M",
            Some("swap: absent -> on\nnote: /jetsonscope.swap: 64 MB\n"),
            area,
            LINE,
            &["mkswap /jetsonscope.swap", "swapon /jetsonscope.swap"],
        ),
        ("create --size 64M", Some("swap: on already\n"), area, LINE, &[]),
        ("create", Some("swap: on already\n"), area, LINE, &[]),
        ("create --size 128M", None, area, LINE, &[]),
        ("create --dir /etc", None, area, LINE, &[]),
        ("on", Some("swap: on already\n"), area, LINE, &[]),
        ("off", Some("swap: on -> off\n"), "", LINE_OFF, &["swapoff /jetsonscope.swap"]),
        ("off", Some("swap: off already\n"), "", LINE_OFF, &[]),
        ("on --dir /", Some("swap: off -> on\n"), area, LINE, &["swapon /jetsonscope.swap"]),
        ("off", Some("swap: on -> off\n"), "", LINE_OFF, &["swapoff /jetsonscope.swap"]),
        ("create", Some("swap: off -> on\n"), area, LINE, &["swapon /jetsonscope.swap"]),
        ("remove", Some("swap: on -> absent\n"), "", "", &["swapoff /jetsonscope.swap"]),
        ("remove", Some("swap: absent already\n"), "", "", &[]),
    ] {
        let (code, printed, errors) = board.run(words);
        match out {
            Some(out) => assert_eq!((code, printed.as_str(), errors.as_str()), (0, out, ""), "{words}"),
            None => {
                assert!(code >= 64 && printed.is_empty() && errors.lines().count() == 1, "{words} {errors}")
            }
        }
        assert_eq!(board.text("proc/swaps"), [HEAD, swaps].concat(), "{words}");
        assert_eq!(board.text("etc/fstab"), [FSTAB, fstab].concat(), "{words}");
        assert_eq!(board.log(), log, "{words}");
        if !fstab.is_empty() {
            let file = fs::metadata(board.0.join("jetsonscope.swap")).unwrap();
            assert_eq!((file.mode() & 0o7777, file.len()), (0o600, 64 << 20), "{words}");
            assert!(file.blocks() * 512 >= 64 << 20, "no holes");
        }
    }
    board.assert_same(&before, "at the end");
}

#[test]
fn ok_what_a_dry_run_prints() {
    let board = Board::new("dry");
    board.write("mnt/ssd/.keep", "");
    let before = board.tree();
    for (mounts, words, wanted) in [
        (
            "ext4 /dev/nvme0n1p1 rw",
            "create",
            "swap: absent -> on\n  allocate /jetsonscope.swap (8589934592 bytes)\n  run mkswap /jetsonscope.swap\n  \
             note that an undo turns off /jetsonscope.swap\n  run swapon /jetsonscope.swap\n  \
             wait until /proc/swaps has /jetsonscope.swap\n  \
             line in /etc/fstab: /jetsonscope.swap none swap sw,nofail 0 0 # jetsonscope\n  \
             forget the undo of swap\nnote: /jetsonscope.swap: 8192 MB\n",
        ),
        (
            "f2fs /dev/sda1 rw",
            "create --size 4G --dir /mnt/ssd/",
            "swap: absent -> on\n  write zeros to /mnt/ssd/jetsonscope.swap (4294967296 bytes)\n  \
             run mkswap /mnt/ssd/jetsonscope.swap\n  note that an undo turns off /mnt/ssd/jetsonscope.swap\n  \
             run swapon /mnt/ssd/jetsonscope.swap\n  wait until /proc/swaps has /mnt/ssd/jetsonscope.swap\n  \
             line in /etc/fstab: /mnt/ssd/jetsonscope.swap none swap sw,nofail 0 0 # jetsonscope\n  \
             forget the undo of swap\nnote: /mnt/ssd/jetsonscope.swap: 4096 MB\n",
        ),
        ("tmpfs none rw", "off", "swap: absent already\n"),
    ] {
        board.mounts(mounts);
        assert_eq!(board.run(&format!("{words} --dry-run")), done(wanted), "{words}");
        assert!(!board.0.join("run").exists(), "{words}");
    }
    board.mounts("ext4 /dev/nvme0n1p1 rw");
    board.assert_same(&before, "after dry runs");
    // Of one that is there.
    board.write("jetsonscope.swap", "");
    fs::set_permissions(board.0.join("jetsonscope.swap"), fs::Permissions::from_mode(0o600)).unwrap();
    board.write("proc/swaps", [HEAD, "/jetsonscope.swap file 65532 100 7\n"].concat());
    board.write("etc/fstab", [FSTAB, LINE].concat());
    let wanted = "swap: on -> absent\n  note that an undo turns on /jetsonscope.swap\n  \
        run swapoff /jetsonscope.swap\n  wait until /proc/swaps has no /jetsonscope.swap\n  \
        no line in /etc/fstab: /jetsonscope.swap\n  remove /jetsonscope.swap\n  forget the undo of swap\n";
    assert_eq!(board.run("remove --dry-run"), done(wanted));
}

#[test]
fn err_places_that_hold_no_swap() {
    let board = Board::new("places");
    board.write("mnt/ssd/.keep", "");
    board.write("file", "");
    symlink("mnt/ssd", board.0.join("link")).unwrap();
    symlink("nowhere", board.0.join("mnt/jetsonscope.swap")).unwrap();
    fs::create_dir_all(board.0.join("open")).unwrap();
    fs::set_permissions(board.0.join("open"), fs::Permissions::from_mode(0o777)).unwrap();
    let uevent = "sys/dev/block/259:1/uevent";
    let (nvme, card) = (board.text(uevent), "MAJOR=179\nDEVNAME=mmcblk0p1\n".to_owned());
    let ssd = "ext4 /dev/nvme0n1p1 rw";
    for (mounts, device, words, code, why) in [
        ("tmpfs tmpfs rw", &nvme, "", 69, "/: tmpfs cannot hold a swap file"),
        ("overlay overlay rw", &nvme, "", 69, "overlay cannot"),
        ("nfs4 host:/x rw", &nvme, "", 69, "nfs4 cannot"),
        ("fuse.sshfs host:/x rw", &nvme, "", 69, "fuse.sshfs cannot"),
        ("fuseblk /dev/sda1 rw", &nvme, "", 69, "fuseblk cannot"),
        ("squashfs /dev/loop0 ro", &nvme, "", 69, "read-only"),
        ("zfs pool rw", &nvme, "", 69, "zfs cannot"),
        ("btrfs /dev/sda1 rw", &nvme, "", 69, "chattr +C"),
        ("ext4 /dev/sda1 ro", &nvme, "", 69, "read-only"),
        ("", &nvme, "", 69, "not known"),
        ("ext4 /dev/root rw", &card, "", 74, "mmcblk0p1 is an SD card or eMMC, which swap wears out (--yes"),
        ("btrfs /dev/mmcblk1p1 rw", &String::new(), "", 69, "chattr"),
        ("ext4 /dev/mmcblk1p1 rw", &String::new(), "", 74, "mmcblk1p1 is an SD card"),
        (ssd, &nvme, "--size 40000M", 74, "/: no room for 40000 MB: 38146 MB are free, and 1024 MB stay so"),
        (ssd, &nvme, "--size 63M", 64, "--size"),
        (ssd, &nvme, "--dir mnt", 64, "absolute"),
        (ssd, &nvme, "--dir /mnt/../etc", 64, "without dots"),
        (ssd, &nvme, "--dir /absent/x", 64, "/absent: no such directory"),
        (ssd, &nvme, "--dir /file", 64, "/file: is no directory"),
        (ssd, &nvme, "--dir /link", 64, "/link: is a link"),
        (ssd, &nvme, "--dir /mnt", 74, "/mnt/jetsonscope.swap: is no file"),
        (ssd, &nvme, "--dir /open", 64, "everybody"),
    ] {
        board.mounts(mounts);
        board.write(uevent, device);
        let before = board.tree();
        let (found, out, err) = board.run(&format!("create {words}"));
        assert_eq!((found, out.as_str(), err.lines().count()), (code, "", 1), "{mounts} {words}: {err}");
        assert!(err.contains(why), "{mounts} {words}: {err}");
        board.assert_same(&before, mounts);
        assert!(!board.0.join("run").exists(), "{mounts} {words}");
    }
    board.mounts("ext4 /dev/root rw");
    board.write(uevent, &card);
    let (code, _, err) = board.run("create --size 64M --yes");
    assert_eq!((code, err.as_str()), (0, ""));
}

#[test]
fn err_a_card_below_an_encrypted_volume() {
    let board = Board::new("slaves");
    board.mounts("ext4 /dev/mapper/root rw");
    board.write("sys/dev/block/259:1/uevent", "DEVNAME=dm-0\n");
    board.write("sys/dev/block/259:1/slaves/mmcblk0p2/dev", "179:2\n");
    board.write("sys/dev/block/179:2/uevent", "DEVNAME=mmcblk0p2\n");
    let (code, _, err) = board.run("create --dry-run");
    assert!(code == 74 && err.contains("mmcblk0p2 is an SD card"), "{code} {err}");
    // A loop of devices ends.
    board.write("sys/dev/block/259:1/slaves/mmcblk0p2/dev", "259:1\n");
    assert_eq!(board.run("create --dry-run").0, 0);
}

#[test]
fn err_tools_that_fail_or_lie() {
    for (tool, script, code, why) in [
        ("mkswap", "echo 'mkswap: no' >&2; exit 1", 74, "mkswap: ended with status 1 \"mkswap: no\""),
        ("mkswap", "kill -9 $$", 74, "mkswap: was ended by signal 9"),
        (
            "mkswap",
            ":",
            74,
            "swapon: ended with status 255 \"swapon: /jetsonscope.swap: read swap header failed\"",
        ),
        ("swapon", "echo 'swapon: Invalid argument'; exit 255", 74, "swapon: Invalid argument"),
        ("swapon", ":", 74, "/proc/swaps has no /jetsonscope.swap"),
        ("swapon", "echo \"$1 file 65532 0 -2\" >>\"$swaps\"; exit 1", 74, "swapon: ended with status 1"),
        (
            "swapon",
            "echo \"$1 file 65532 0 -2\" >>\"$swaps\"; rm \"$JETSONSCOPE_ROOT/etc/fstab\"
             mkdir \"$JETSONSCOPE_ROOT/etc/fstab\"",
            74,
            "/etc/fstab: is a directory",
        ),
    ] {
        let board = Board::new("failing");
        board.tool(tool, script);
        let before = board.tree();
        let (found, out, err) = board.run("create --size 64M");
        assert_eq!((found, out.as_str(), err.lines().count()), (code, "", 1), "{script}: {err}");
        assert!(err.contains(why), "{script}: {err}");
        if board.0.join("etc/fstab").is_dir() {
            fs::remove_dir(board.0.join("etc/fstab")).unwrap();
            board.write("etc/fstab", FSTAB);
        }
        board.assert_same(&before, script);
    }
    let board = Board::new("absent");
    fs::remove_file(board.0.join("usr/sbin/mkswap")).unwrap();
    let before = board.tree();
    let (code, _, err) = board.run("create --size 64M");
    assert!(code == 69 && err.contains("mkswap: no such program"), "{err}");
    board.assert_same(&before, "no mkswap");
}

#[test]
fn err_swapoff_that_fails_or_lies() {
    for (words, script, why) in [
        ("off", "echo 'Cannot allocate memory' >&2; exit 4", "Cannot allocate memory"),
        ("remove", "exit 4", "status 4"),
        ("off", ":", "/proc/swaps still has /jetsonscope.swap"),
        ("remove", ":", "/proc/swaps still has /jetsonscope.swap"),
    ] {
        let board = Board::new("swapoff");
        assert_eq!(board.run("create --size 64M").0, 0);
        board.tool("swapoff", script);
        let before = board.tree();
        let (code, _, err) = board.run(words);
        assert!(code == 74 && err.contains(why), "{words} {script}: {err}");
        board.assert_same(&before, script);
    }
    // What is swapped out must fit elsewhere.
    let board = Board::new("full");
    assert_eq!(board.run("create --size 64M").0, 0);
    board.write("proc/swaps", [HEAD, "/jetsonscope.swap file 8000000 5000000 -2\n"].concat());
    let before = board.tree();
    board.log();
    for words in ["off", "remove"] {
        let (code, _, err) = board.run(words);
        assert!(code == 74 && err.contains("4882 MB are swapped out, and 3906 MB fit elsewhere"), "{err}");
    }
    assert_eq!(board.log(), [""; 0]);
    board.assert_same(&before, "full");
}

/// The table of others stays byte for byte, whatever it looks like, and so do its permissions.
#[test]
fn ok_strange_tables() {
    let board = Board::new("fstab");
    let file = board.0.join("etc/fstab");
    for (text, with_line) in [
        (&b""[..], LINE.as_bytes().to_vec()),
        (
            b"# a\n\n/dev/root / ext4 defaults 0 1",
            [b"# a\n\n", LINE.as_bytes(), b"/dev/root / ext4 defaults 0 1"].concat(),
        ),
        (b"a\r\nb\r\n", [b"a\r\nb\r\n", LINE.as_bytes()].concat()),
        (b"\xe4\xff\n\0\n", [b"\xe4\xff\n\0\n", LINE.as_bytes()].concat()),
        (
            b"#/jetsonscope.swap none swap sw 0 0 # jetsonscope\n",
            [b"#/jetsonscope.swap none swap sw 0 0 # jetsonscope\n", LINE.as_bytes()].concat(),
        ),
        (
            b"/dev/sda1 /mnt ext4 x 0 0 # jetsonscope\n",
            [b"/dev/sda1 /mnt ext4 x 0 0 # jetsonscope\n", LINE.as_bytes()].concat(),
        ),
    ] {
        let case = String::from_utf8_lossy(text);
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        let before = board.tree();
        assert_eq!(board.run("create --size 64M").0, 0, "{case:?}");
        assert_eq!(fs::read(&file).unwrap(), with_line, "{case:?}");
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o7777, 0o640, "{case:?}");
        assert_eq!((board.run("off").0, board.run("on").0), (0, 0), "{case:?}");
        assert_eq!(fs::read(&file).unwrap(), with_line, "{case:?}");
        assert_eq!(board.run("remove").0, 0, "{case:?}");
        board.assert_same(&before, &case);
    }
}

#[test]
fn ok_lines_that_were_changed_by_hand() {
    let board = Board::new("hand");
    assert_eq!(board.run("create --size 64M").0, 0);
    let ours = |options: &str| format!("a\n/jetsonscope.swap\tnone  swap {options}\t0 0  # jetsonscope\r\nb");
    board.write("etc/fstab", ours("pri=5,nofail"));
    assert_eq!(board.run("on"), done("swap: on already\n"));
    assert_eq!(board.run("off"), done("swap: on -> off\n"));
    assert_eq!(board.text("etc/fstab"), ours("pri=5,nofail,noauto"));
    assert_eq!(board.run("on"), done("swap: off -> on\n"));
    assert_eq!(board.text("etc/fstab"), ours("pri=5,nofail"));
    board.write("etc/fstab", ours("noauto,pri=5"));
    assert_eq!(board.run("on"), done("swap: on\n"), "it is on, but not at boot");
    assert_eq!(board.text("etc/fstab"), ours("pri=5"));
    // Somebody else's line for our file stays, and is told of.
    let others = "/jetsonscope.swap none swap sw 0 0\n";
    board.write("etc/fstab", others);
    let note = "note: /etc/fstab has a line for /jetsonscope.swap that is not ours, and stays\n";
    assert_eq!(board.run("off"), done(&["swap: on -> off\n", note].concat()));
    assert_eq!(board.run("remove"), done(&["swap: off -> absent\n", note].concat()));
    assert_eq!(board.text("etc/fstab"), others);
    assert!(!board.0.join("jetsonscope.swap").exists());
    // A table behind a link is changed where it is.
    board.write("etc/real/fstab", FSTAB);
    fs::remove_file(board.0.join("etc/fstab")).unwrap();
    symlink("real/fstab", board.0.join("etc/fstab")).unwrap();
    assert_eq!(board.run("create --size 64M").0, 0);
    assert_eq!(board.text("etc/real/fstab"), [FSTAB, LINE].concat());
}

#[test]
fn ok_and_err_files_that_are_there() {
    let board = Board::new("there");
    let file = board.0.join("jetsonscope.swap");
    let mode = |mode| fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
    board.write("jetsonscope.swap", vec![0; 1 << 20]);
    mode(0o600);
    let before = board.tree();
    let (code, _, err) = board.run("create");
    assert!(code == 74 && err.contains("is there already, and is no swap"), "{err}");
    let (code, _, err) = board.run("create --size 64M");
    assert!(code == 74 && err.contains("is there already, with 1 MB"), "{err}");
    board.assert_same(&before, "not ours");
    let mut swap = vec![0; 1 << 20];
    swap[4086..4096].copy_from_slice(b"SWAPSPACE2");
    board.write("jetsonscope.swap", swap);
    mode(0o644);
    let (code, _, err) = board.run("on");
    assert!(code == 74 && err.contains("others may read it"), "{err}");
    mode(0o600);
    assert_eq!(board.run("create"), done("swap: off -> on\n"));
    assert_eq!(board.run("remove"), done("swap: on -> absent\n"));
}

/// The program at work, with a tool that hangs.
fn hanging(board: &Board, tool: &str, words: &str) -> Child {
    let script = format!("echo $$ >\"$JETSONSCOPE_ROOT/run/{tool}\"; while :; do sleep 60; done");
    board.tool(tool, &script);
    let mut command = board.command(words);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until("the tool runs", || !board.text(&format!("run/{tool}")).is_empty());
    child
}

fn signal(name: &str, process: &str) {
    let status = Command::new("kill").args([name, process.trim()]).status().unwrap();
    assert!(status.success());
}

#[test]
fn err_a_signal_leaves_nothing() {
    for (name, code, tool) in [("-INT", 130, "mkswap"), ("-TERM", 143, "swapon"), ("-HUP", 129, "mkswap")] {
        let board = Board::new("signal");
        let (script, before) = (board.text(&format!("usr/sbin/{tool}")), board.tree());
        let mut child = hanging(&board, tool, "create --size 64M");
        signal(name, &child.id().to_string());
        let output = child.wait().unwrap();
        assert_eq!(output.code(), Some(code), "{name}");
        let pid = board.text(&format!("run/{tool}"));
        assert!(!Path::new("/proc").join(pid.trim()).exists(), "{name}: the tool is ended");
        board.write(&format!("usr/sbin/{tool}"), script);
        board.assert_same(&before, name);
    }
    let board = Board::new("signal-off");
    assert_eq!(board.run("create --size 64M").0, 0);
    let (script, before) = (board.text("usr/sbin/swapoff"), board.tree());
    let mut child = hanging(&board, "swapoff", "remove");
    for words in ["create", "off"] {
        let (code, _, err) = board.run(words);
        assert!(code == 75 && err.contains("busy") && err.lines().count() == 1, "one at a time: {err}");
    }
    assert_eq!(board.run("on --dry-run"), done("swap: on already\n"));
    signal("-INT", &child.id().to_string());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    board.write("usr/sbin/swapoff", script);
    board.assert_same(&before, "remove");
}

#[test]
fn ok_what_was_killed_is_taken_back_by_the_next_run() {
    let board = Board::new("killed");
    let before = board.tree();
    let (script, mut child) = (board.text("usr/sbin/swapon"), hanging(&board, "swapon", "create --size 64M"));
    signal("-KILL", &child.id().to_string());
    child.wait().unwrap();
    signal("-KILL", &board.text("run/swapon"));
    board.write("usr/sbin/swapon", script);
    assert_eq!(fs::metadata(board.0.join("jetsonscope.swap")).unwrap().len(), 64 << 20);
    let left = board.tree();
    let (code, _, err) = board.run("remove --dry-run");
    assert!(
        code == 0 && err.contains("an earlier run was ended in the middle; what it did would be taken back")
    );
    assert_eq!(board.tree().len(), left.len());
    let (code, out, err) = board.run("off");
    assert_eq!((code, out.as_str()), (0, "swap: absent already\n"), "{err}");
    assert!(err.contains("what it did is taken back") && err.lines().count() == 1, "{err}");
    board.assert_same(&before, "killed");
    // Of an earlier boot there is nothing to take back.
    assert_eq!(board.run("create --size 64M").0, 0);
    board.write("run/jetsonscope/undo-swap", "jetsonscope undo 1 other\n1\tswap\tabsent\tjetsonscope.swap\n");
    assert_eq!(board.run("create"), done("swap: on already\n"));
}

#[test]
fn err_disks_that_are_full() {
    let board = Board::new("limit");
    let before = board.tree();
    let mut command = Command::new("sh");
    command.args([
        "-c",
        "ulimit -f 1024; exec \"$@\"",
        "sh",
        env!("CARGO_BIN_EXE_jetsonscope"),
        "jetson_scope_swap",
    ]);
    command.args(["create", "--size", "64M", "--root"]).arg(&board.0);
    for mounts in ["ext4 /dev/nvme0n1p1 rw", "xfs /dev/nvme0n1p1 rw"] {
        board.mounts(mounts);
        let output = command.output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert!(
            output.status.code() == Some(74) && err.contains("/jetsonscope.swap: file too large"),
            "{err}"
        );
    }
    board.mounts("ext4 /dev/nvme0n1p1 rw");
    board.assert_same(&before, "a limit");

    let tiny = board.0.join("tiny");
    fs::create_dir(&tiny).unwrap();
    let mount = |program: &str, words: &[&str]| {
        let mut command = Command::new(program);
        command.args(words).arg(&tiny).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    if !mount("mount", &["-t", "tmpfs", "-o", "size=32m", "tmpfs"]) {
        println!("skipped: no file system may be mounted here");
        return;
    }
    let mut results = Vec::new();
    for mounts in ["ext4 /dev/nvme0n1p1 rw", "xfs /dev/nvme0n1p1 rw"] {
        board.mounts(mounts);
        results.push(board.run("create --size 64M --dir /tiny"));
    }
    fs::remove_file(board.0.join(".jetsonscope/statvfs")).unwrap();
    results.push(board.run("create --size 64M --dir /tiny"));
    let left = fs::read_dir(&tiny).unwrap().count();
    assert!(mount("umount", &[]));
    assert_eq!(left, 0);
    for ((code, _, err), why) in
        results.iter().zip(["no space left on device", "no space left", "no room for 64 MB"])
    {
        assert!(*code == 74 && err.contains(why), "{err}");
    }
}

#[test]
fn ok_and_err_compressed_swap() {
    const UNIT: &str = "etc/systemd/system/nvzramconfig.service";
    const WANTED: &str = "etc/systemd/system/multi-user.target.wants/nvzramconfig.service";
    let board = Board::new("zram");
    let (code, _, err) = board.run("zram on");
    assert!(code == 69 && err.contains("nvzramconfig.service"), "{err}");
    assert_eq!(board.run("zram off"), done("zram: off already\n"));
    board.write(UNIT, "[Unit]\n");
    let (code, _, err) = board.run("zram on");
    assert!(code == 69 && err.contains("systemctl: no such program"), "{err}");
    board.tool("systemctl", SYSTEMCTL);
    let on = "/dev/zram0 partition 4096 0 5\n/dev/zram1 partition 4096 0 5\n";
    for (words, out, swaps, log) in [
        (
            "zram on",
            "zram: off -> on\n",
            on,
            &["systemctl enable nvzramconfig.service", "systemctl start nvzramconfig.service"][..],
        ),
        ("zram on", "zram: on already\n", on, &[]),
        (
            "zram off",
            "zram: on -> off\n",
            "",
            &[
                "swapoff /dev/zram0",
                "swapoff /dev/zram1",
                "systemctl stop nvzramconfig.service",
                "systemctl disable nvzramconfig.service",
            ],
        ),
        ("zram off", "zram: off already\n", "", &[]),
    ] {
        assert_eq!(board.run(words), done(out), "{words}");
        assert_eq!(board.text("proc/swaps"), [HEAD, swaps].concat(), "{words}");
        assert_eq!(board.log(), log, "{words}");
        assert_eq!(board.0.join(WANTED).is_symlink(), !swaps.is_empty(), "{words}");
    }
    // A start that does nothing, or half of it, is taken back.
    board.write("sys/block/zram0/disksize", "1\n");
    let before = board.tree();
    let half = "start) echo '/dev/zram0 partition 4096 0 5' >>\"$swaps\"; exit 1";
    for (start, why) in
        [("start) :", "/proc/swaps has no /dev/zram*"), (half, "systemctl: ended with status 1")]
    {
        board.tool("systemctl", &SYSTEMCTL.replacen("start) for", &[start, " ;;\nx) for"].concat(), 1));
        let (code, _, err) = board.run("zram on");
        assert!(code == 74 && err.contains(why), "{err}");
        board.tool("systemctl", SYSTEMCTL);
        fs::remove_file(board.0.join("usr/sbin/systemctl")).unwrap();
        let now = board.tree();
        assert_eq!(now.keys().filter(|name| !before.contains_key(*name)).count(), 0, "{why}");
        assert_eq!(board.text("proc/swaps"), HEAD, "{why}");
        board.tool("systemctl", SYSTEMCTL);
    }
    // One that fails to turn off the second has the first on again, with its priority.
    assert_eq!(board.run("zram on").0, 0);
    board.tool("swapoff", &["[ $1 = /dev/zram1 ] && exit 4\n", SWAPOFF].concat());
    let (code, _, err) = board.run("zram off");
    assert!(code == 74 && err.contains("swapoff: ended with status 4"), "{err}");
    let areas: Vec<String> = board.text("proc/swaps").lines().skip(1).map(str::to_owned).collect();
    assert_eq!(areas, ["/dev/zram1 partition 4096 0 5", "/dev/zram0 partition 65532 0 5"]);
    assert!(board.0.join(WANTED).is_symlink());
    // Without the service it can be turned off.
    fs::remove_file(board.0.join(UNIT)).unwrap();
    fs::remove_file(board.0.join(WANTED)).unwrap();
    board.tool("swapoff", SWAPOFF);
    let (code, out, _) = board.run("zram off");
    assert!(code == 0 && out.starts_with("zram: on -> off\nnote: what turned it on may do so"), "{out}");
    assert_eq!(board.text("proc/swaps"), HEAD);
}

#[test]
fn err_arguments() {
    let board = Board::new("arguments");
    let before = board.tree();
    for words in [
        "creat",
        "create now",
        "create --size",
        "create --size 4T",
        "create --json",
        "create --dir",
        "on --size 4G",
        "on --yes",
        "off now",
        "remove --yes",
        "zram",
        "zram maybe",
        "zram on off",
        "zram on --dir /",
        "--dry-run",
        "on --dir x",
        "off --dir /../x",
    ] {
        let (code, out, err) = board.run(words);
        assert_eq!((code, out.as_str(), err.lines().count()), (64, "", 1), "{words}: {err}");
    }
    fs::remove_file(board.0.join("proc/swaps")).unwrap();
    let (code, _, err) = board.run("off");
    assert!(code == 69 && err.contains("this kernel cannot swap"), "{err}");
    board.write("proc/swaps", HEAD);
    board.assert_same(&before, "wrong words");
}

/// On the machine itself, only root changes anything.
#[test]
fn err_only_root() {
    use std::os::unix::process::CommandExt;
    let command = |words: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_jetsonscope"));
        command.arg("jetson_scope_swap").args(words.split_whitespace()).env_remove("JETSONSCOPE_ROOT");
        if nix::unistd::geteuid().is_root() {
            command.uid(65534).gid(65534);
        }
        command
    };
    let Ok(first) = command("create --size 64M --yes --dry-run").output() else {
        println!("skipped: another user may not run the program");
        return;
    };
    if first.status.code() != Some(0) || String::from_utf8_lossy(&first.stdout).contains("already") {
        println!("skipped: this machine takes no swap file");
        return;
    }
    let (code, out, err) = ran(command("create --size 64M --yes"));
    assert_eq!((code, out.as_str()), (77, ""), "{err}");
    assert!(err.contains("only root"), "{err}");
}
