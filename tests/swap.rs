//! `jetson_scope_swap` on directories that are taken for boards, with stand-ins for mkswap, swapon,
//! swapoff and systemctl that keep the directory's /proc/swaps.
#![cfg(feature = "cli")]

#[path = "swap/board.rs"]
mod board;
#[path = "swap/failure.rs"]
mod failure;
#[path = "swap/zram.rs"]
mod zram;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use board::*;

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
