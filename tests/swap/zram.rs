//! Swap that is compressed in RAM.

use super::*;

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
