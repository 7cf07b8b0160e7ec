//! Tools that fail, hang and lie, signals, and disks that are full: nothing is left of it.

use super::*;

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
