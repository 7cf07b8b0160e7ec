//! Power modes and pinned clocks on copies of boards, with stand-ins for the vendor's tools: what is
//! done, what is refused, what is put back.
#![cfg(any(feature = "daemon", feature = "cli"))]

#[path = "control/board.rs"]
mod board;
#[path = "control/confirm.rs"]
mod confirm;
#[path = "control/freed.rs"]
mod freed;
#[path = "control/waits.rs"]
mod waits;

use std::fmt::Write;
use std::path::Path;

use board::*;
use jetsonscope::control::{self, Kind, Range, Refusal, Wishes};

/// What comes of a line `BOARD CONTROL VALUE [--reboot | --at-next-boot]`: the steps, the files that
/// are different afterwards, and those that an undo does not bring back.
fn told(row: &str, test: &str, tools: &[(&str, &str)]) -> String {
    let mut words = row.split_whitespace();
    let mut word = || words.next().unwrap_or_default();
    let (fixture, control, value, flag) = (word(), word(), word(), word());
    let wishes = Wishes { reboot: flag == "--reboot", at_next_boot: flag == "--at-next-boot", ..NOW };
    let board = Board::of(fixture, test);
    for (name, script) in tools {
        board.tool(name, script);
    }
    let before = board.tree();
    let mut desk = board.desk();
    let mut text = format!("# {row}\n");
    let outcome = match set(&mut desk, control, value, wishes, REAL) {
        Ok(outcome) => outcome,
        Err(refusal) => {
            assert_eq!(board.changes(&before), [""; 0], "{row}: a refusal leaves everything as it was");
            writeln!(text, "{:?} {}", refusal.kind, refusal.why).unwrap();
            return text;
        }
    };
    let later = if outcome.at_next_boot { " at the next boot" } else { "" };
    writeln!(text, "{} -> {}{later}", outcome.old, outcome.new).unwrap();
    let lines = |text: &mut String, name: &str, lines: Vec<String>| {
        lines.iter().for_each(|line| writeln!(text, "{name}{}", line.replace('\n', "\n\t")).unwrap());
    };
    lines(&mut text, "  ", board.lines(&outcome.steps));
    let changes = board.changes(&before);
    lines(&mut text, "= ", changes.into_iter().filter(|line| !line.starts_with("run/")).collect());
    lines(&mut text, "note ", outcome.notes);
    lines(&mut text, "undo note ", undo(&mut desk));
    lines(&mut text, "stays ", board.changes(&before));
    text
}

/// Compares what comes of each row of a file with what the file says.
fn compare(file: &str, tools: &[(&str, &str)]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/control").join(file);
    let wanted = std::fs::read_to_string(&path).unwrap();
    let mut found = String::new();
    for row in wanted.lines().filter_map(|line| line.strip_prefix("# ")) {
        found.push_str(&told(row, file, tools));
    }
    if std::env::var_os("JETSONSCOPE_UPDATE").is_some() {
        std::fs::write(&path, &found).unwrap();
    }
    for (wanted, found) in wanted.split("# ").zip(found.split("# ")) {
        assert_eq!(wanted, found);
    }
}

#[test]
fn ok_and_err_modes_of_all_boards() {
    compare("modes.txt", &[("nvpmodel", NVPMODEL), ("systemctl", "exit 0")]);
}

#[test]
fn ok_and_err_clocks_by_our_own_hand() {
    compare("clocks.txt", &[]);
}

#[test]
fn ok_clocks_by_the_tool() {
    compare("clocks-tool.txt", &[("jetson_clocks", JETSON_CLOCKS)]);
}

const ORIN: &str = "orin-nano-r36-super";
const STATUS: &str = "var/lib/nvpmodel/status";
const STORE: &str = "var/lib/jetsonscope/clocks";
const VENDORS: &str = "var/lib/jetsonscope/l4t_dfs.conf";
const EMC: &str = "sys/kernel/debug/bpmp/debug/clk/emc";
const CPU0: &str = "sys/devices/system/cpu/cpufreq/policy0/scaling_";

fn range(board: &Board, control: &str) -> Result<Range, Refusal> {
    (control::named(control).unwrap().look)(&board.desk().scene(NOW))
}

#[test]
fn ok_and_err_looks() {
    for (fixture, control, wanted) in [
        (ORIN, "nvpmodel", "25W of 15W 25W MAXN_SUPER"),
        ("agx-orin-r36", "nvpmodel", "MODE_50W of MAXN MODE_15W MODE_30W MODE_50W"),
        ("unknown-module", "nvpmodel", "7 of 15W 25W MAXN_SUPER"),
        ("container-r36", "nvpmodel", "nvpmodel: etc/nvpmodel.conf has no modes"),
        (ORIN, "jetson_clocks", "off of on off toggle"),
        ("orin-nx-r36", "jetson_clocks", "on of on off toggle"),
        ("xavier-nx-r35", "jetson_clocks", "partial of on off toggle"),
        ("pc", "jetson_clocks", "jetson_clocks: this board shows no clock that could be pinned"),
    ] {
        let found = match range(&Board::of(fixture, "look"), control) {
            Ok(range) => format!("{} of {}", range.value.unwrap_or_default(), range.options.join(" ")),
            Err(refusal) => refusal.why,
        };
        assert_eq!(found, wanted, "{fixture} {control}");
    }
}

const PROMPTS: &str = "echo 'NVPM WARN: Reboot required for changing to this power mode: 2'
printf 'NVPM WARN: DO YOU WANT TO REBOOT NOW? enter YES/yes to confirm:'
read answer || { echo; echo 'NVPM ERROR: bad input!'; exit 234; }
echo \"$answer\" > $root/answered";

#[test]
fn err_an_nvpmodel_that_does_not_do_it() {
    let half = format!("echo 900000 > $root/{CPU0}max_freq; ");
    let (half_hangs, half_fails) = (format!("{half}exec sleep 1000"), format!("{half}exit 1"));
    // Status alone; it puts back the same way.
    let status = "printf 'pmode:%04d\\n' $2 > $root/var/lib/nvpmodel/status";
    let gpu = "/sys/devices/platform/17000000.gpu/devfreq_dev/max_freq";
    for (script, value, kind, why) in [
        (
            PROMPTS,
            "2",
            Kind::Reboot,
            "nvpmodel: ended with status 234 \"NVPM ERROR: bad input!\" (needs a reboot: --at-next-boot)",
        ),
        ("exec sleep 1000", "2", Kind::Timeout, "nvpmodel: did not end in time, and was ended"),
        (
            "echo working; sleep 1000 & sleep 1000",
            "2",
            Kind::Timeout,
            "nvpmodel: did not end in time, and was ended \"working\"",
        ),
        (&half_hangs, "0", Kind::Timeout, "nvpmodel: did not end in time, and was ended"),
        (&half_fails, "0", Kind::Failed, "nvpmodel: ended with status 1"),
        (
            "echo 'NVPM ERROR: failed to set power mode!' >&2; echo bye; exit 255",
            "2",
            Kind::Failed,
            "nvpmodel: ended with status 255 \"NVPM ERROR: failed to set power mode!\"",
        ),
        ("kill -9 $$", "2", Kind::Failed, "nvpmodel: was ended by signal 9"),
        ("exit 0", "2", Kind::Failed, "nvpmodel: ended well, and /var/lib/nvpmodel/status says 25W"),
        (
            "echo 'optMask is 1, no request for power mode'",
            "2",
            Kind::Failed,
            "nvpmodel: ended well, and /var/lib/nvpmodel/status says 25W \"optMask is 1, no request for power mode\"",
        ),
        (
            "echo 'NVPM ERROR: cannot open'; echo done",
            "2",
            Kind::Failed,
            "nvpmodel: ended well, and /var/lib/nvpmodel/status says 25W \"NVPM ERROR: cannot open\"",
        ),
        (status, "0", Kind::Failed, &format!("nvpmodel: {gpu} is 918000000, and 15W allows 612000000")),
    ] {
        let board = Board::of(ORIN, "bad");
        board.tool("nvpmodel", script);
        let before = board.tree();
        let failed = set(&mut board.desk(), "nvpmodel", value, NOW, FAST).unwrap_err();
        assert_eq!((failed.kind, failed.why.as_str()), (kind, why), "{script}");
        assert_eq!(board.changes(&before), [""; 0], "{script}");
    }
}

#[test]
fn ok_an_error_that_does_not_matter_is_told() {
    let board = Board::of(ORIN, "told");
    board.tool("nvpmodel", &format!("{NVPMODEL}echo 'NVPM ERROR: fbp_pg_mask: Invalid argument'"));
    let outcome = set(&mut board.desk(), "nvpmodel", "MAXN_SUPER", NOW, REAL).unwrap();
    assert_eq!(outcome.notes, ["nvpmodel: said \"NVPM ERROR: fbp_pg_mask: Invalid argument\""]);
}

#[test]
fn ok_and_err_what_the_board_lacks() {
    for (lacks, wanted) in [
        ("usr/sbin/nvpmodel", "nvpmodel: no such program on this board"),
        ("etc/nvpmodel/nvpmodel_p3767_0003_super.conf", "nvpmodel: etc/nvpmodel.conf has no modes"),
        ("etc/nvpmodel.conf", "nvpmodel: etc/nvpmodel.conf has no modes"),
        (STATUS, " -> MAXN_SUPER"),
        ("sys/devices/platform/17000000.gpu/tpc_pg_mask", "25W -> MAXN_SUPER"),
    ] {
        let board = Board::of(ORIN, "lacks");
        board.tool("nvpmodel", NVPMODEL);
        std::fs::remove_file(board.0.join(lacks)).unwrap();
        let before = board.tree();
        let mut desk = board.desk();
        let found = set(&mut desk, "nvpmodel", "MAXN_SUPER", NOW, REAL);
        let found = found.map(|outcome| format!("{} -> {}", outcome.old, outcome.new));
        assert_eq!(found.unwrap_or_else(|refusal| refusal.why), wanted, "{lacks}");
        undo(&mut desk);
        assert_eq!(board.changes(&before), [""; 0], "{lacks}");
    }
    let board = Board::of("agx-orin-r36", "reboot");
    board.tool("nvpmodel", NVPMODEL);
    let wishes = Wishes { reboot: true, ..NOW };
    let refusal = set(&mut board.desk(), "nvpmodel", "15W", wishes, REAL).unwrap_err();
    assert_eq!(refusal.why, "nvpmodel: no systemctl that could reboot (--at-next-boot)");
}

/// Clocks that are pinned are let go before a mode is set, and pinned again at its limits.
#[test]
fn ok_clocks_around_a_mode() {
    for tools in [&[][..], &[("jetson_clocks", JETSON_CLOCKS)]] {
        let board = Board::of(ORIN, "around");
        let nvpmodel = format!("grep -qx 729600 $root/{CPU0}min_freq || exit 7\n{NVPMODEL}");
        board.tool("nvpmodel", &nvpmodel);
        tools.iter().for_each(|(name, script)| board.tool(name, script));
        let mut desk = board.desk();
        let emc = board.text(&format!("{EMC}/rate"));
        let before = board.tree();
        set(&mut desk, "jetson_clocks", "on", NOW, REAL).unwrap();
        let pinned = board.tree();
        let outcome = set(&mut desk, "nvpmodel", "MAXN_SUPER", NOW, REAL).unwrap();
        assert_eq!(outcome.steps.first().unwrap(), "set jetson_clocks off");
        assert_eq!(outcome.steps.last().unwrap(), "set jetson_clocks on");
        assert_eq!(board.text(&format!("{CPU0}min_freq")), "1728000");
        assert!(board.text(STORE).starts_with("jetsonscope clocks 1 0f1e2d3c 2\n"), "{}", board.text(STORE));
        desk.undo(&control::desk::Which::Last, None).unwrap();
        finish(&mut desk, REAL).unwrap();
        let left: Vec<String> =
            board.changes(&pinned).into_iter().filter(|line| !line.starts_with("run/")).collect();
        assert_eq!(left, [""; 0]);

        board.tool("nvpmodel", "exit 5");
        let failed = set(&mut desk, "nvpmodel", "MAXN_SUPER", NOW, REAL).unwrap_err();
        assert_eq!(failed.why, "nvpmodel: ended with status 5");
        assert_eq!(range(&board, "jetson_clocks").unwrap().value.as_deref(), Some("on"));
        undo(&mut desk);
        board.write(&format!("{EMC}/rate"), &emc);
        board.tool("nvpmodel", &nvpmodel);
        assert_eq!(board.changes(&before), [""; 0]);
    }
}

/// Somebody else has pinned them: it is not known what they were, and the mode resets them.
#[test]
fn ok_clocks_of_others_around_a_mode() {
    let board = Board::of("orin-nx-r36", "others");
    let gpu = "sys/devices/platform/17000000.gpu";
    for (file, text) in [("fbp_pg_mask", "2\n"), ("tpc_pg_mask", "240\n")] {
        board.write(&format!("{gpu}/{file}"), text);
    }
    board.write(STATUS, "pmode:0002\n");
    board.tool("nvpmodel", &format!("{NVPMODEL}echo 115200 > $root/{CPU0}min_freq"));
    let mut desk = board.desk();
    let outcome = set(&mut desk, "nvpmodel", "25W", NOW, REAL).unwrap();
    assert_eq!(outcome.steps.first().unwrap(), "note that an undo sets jetson_clocks on");
    assert!(board.text(STORE).ends_with("scaling_min_freq:115200"), "{}", board.text(STORE));
    assert_eq!(range(&board, "jetson_clocks").unwrap().value.as_deref(), Some("on"));
    undo(&mut desk);
    assert_eq!(board.text(STATUS), "pmode:0002");
    assert_eq!(range(&board, "jetson_clocks").unwrap().value.as_deref(), Some("on"));
}

#[test]
fn ok_and_err_a_jetson_clocks_that_does_not_do_it() {
    let asks = format!("test \"$1\" != --store || {{ read answer || exit 3; }}\n{JETSON_CLOCKS}");
    let part = format!(
        "test -n \"$1\" || {{ cat $root/{CPU0}max_freq > $root/{CPU0}min_freq; exit; }}\n{JETSON_CLOCKS}"
    );
    let (silent, loose) = ("exit 0", "jetson_clocks: no clock is pinned");
    let late = "jetson_clocks: did not end in time, and was ended";
    for (script, kind, why) in [
        (asks.as_str(), Kind::Failed, "jetson_clocks: ended with status 3"),
        ("exec sleep 1000", Kind::Timeout, late),
        ("test \"$1\" = --store || exec sleep 1000", Kind::Timeout, late),
        (silent, Kind::Failed, loose),
        (
            "echo 'Error: nothing to pin!'",
            Kind::Failed,
            "jetson_clocks: no clock is pinned \"Error: nothing to pin!\"",
        ),
    ] {
        let board = Board::of(ORIN, "clocks");
        board.tool("jetson_clocks", script);
        let before = board.tree();
        let failed = set(&mut board.desk(), "jetson_clocks", "on", NOW, FAST).unwrap_err();
        assert_eq!((failed.kind, failed.why.as_str()), (kind, why), "{script}");
        assert_eq!(board.changes(&before), [""; 0], "{script}");
    }
    let board = Board::of(ORIN, "part");
    board.tool("jetson_clocks", &part);
    // One that nobody needs any more must not make the tool ask.
    board.write(VENDORS, "stale\n");
    let mut desk = board.desk();
    let outcome = set(&mut desk, "jetson_clocks", "on", NOW, FAST).unwrap();
    assert_eq!(outcome.notes, ["jetson_clocks: not pinned: policy4, 17000000.gpu, EMC"]);
    assert!(!board.text(VENDORS).contains("stale"));
    set(&mut desk, "jetson_clocks", "off", NOW, FAST).unwrap();
    assert_eq!(range(&board, "jetson_clocks").unwrap().value.as_deref(), Some("off"));
}

#[test]
fn ok_and_err_letting_go() {
    let hangs = format!("test \"$1\" != --restore || exec sleep 1000\n{JETSON_CLOCKS}");
    let fails = format!("test \"$1\" != --restore || exit 4\n{JETSON_CLOCKS}");
    let silent = format!("test \"$1\" != --restore || exit 0\n{JETSON_CLOCKS}");
    for (script, wanted) in [
        (JETSON_CLOCKS, "off"),
        // What the tool leaves, we put back.
        (&silent, "off"),
        (&hangs, "jetson_clocks: did not end in time, and was ended"),
        (&fails, "jetson_clocks: ended with status 4"),
    ] {
        let board = Board::of(ORIN, "off");
        board.tool("jetson_clocks", script);
        let before = board.tree();
        let mut desk = board.desk();
        set(&mut desk, "jetson_clocks", "on", NOW, REAL).unwrap();
        let on = board.tree();
        let found = set(&mut desk, "jetson_clocks", "toggle", NOW, FAST);
        let (found, then) = found.map_or_else(|refusal| (refusal.why, &on), |out| (out.new, &before));
        assert_eq!(found, wanted, "{script}");
        let changes = board.changes(then);
        // The fan's line is gone from the tool's store.
        let apart = |line: &&String| !line.starts_with("run/") && !line.starts_with(VENDORS);
        assert_eq!(changes.iter().filter(apart).collect::<Vec<_>>(), [""; 0], "{script}");
        assert!(!board.0.join("fan-was-set").exists());
    }
}

/// A store of another boot or mode says nothing of this one; a part of the clocks may be let go by
/// others.
#[test]
fn ok_and_err_stores() {
    let unknown = "jetson_clocks: was not turned on by us: what it was before is not known \
        (jetson_scope_config preset balanced, or reboot)";
    for (file, text, value, wanted) in [
        ("proc/sys/kernel/random/boot_id", "other\n", "off", unknown),
        (STATUS, "pmode:0000\n", "toggle", unknown),
        (STORE, "", "off", unknown),
        (STORE, "jetsonscope clocks 1 0f1e2d3c 10\n", "off", unknown),
        (
            STORE,
            "jetsonscope clocks 1 0f1e2d3c 1\nnonsense\netc/passwd:x\n",
            "off",
            "jetson_clocks: all clocks are still pinned",
        ),
        (&format!("{EMC}/mrq_rate_locked"), "0\n", "on", "on"),
        (&format!("{EMC}/mrq_rate_locked"), "0\n", "toggle", "off"),
        (&format!("{CPU0}max_freq"), "115200\n", "off", "off"),
    ] {
        let board = Board::of(ORIN, "store");
        let mut desk = board.desk();
        set(&mut desk, "jetson_clocks", "on", NOW, REAL).unwrap();
        let store = board.text(STORE);
        board.write(file, text);
        let before = board.tree();
        let mode = std::fs::metadata(board.0.join(STORE)).unwrap().permissions();
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777, 0o600);
        let found = set(&mut desk, "jetson_clocks", value, NOW, FAST);
        let failed = found.is_err();
        assert_eq!(found.map_or_else(|refusal| refusal.why, |out| out.new), wanted, "{file} {text}");
        if failed {
            assert_eq!(board.changes(&before), [""; 0], "{file} {text}");
        } else if value == "on" {
            assert_eq!(board.text(STORE), store, "never stored while they are pinned");
            desk.undo(&control::desk::Which::Last, None).unwrap();
            finish(&mut desk, FAST).unwrap();
            let rest = |line: &String| !line.starts_with("run/");
            assert!(!board.changes(&before).iter().any(rest), "{:?}", board.changes(&before));
        }
    }
}
