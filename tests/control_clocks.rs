//! Governors, limits, power and cores: what is written on each board, what is refused and why, and that
//! an undo leaves the tree as it was.
#![cfg(feature = "daemon")]

mod clocks;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clocks::rows::{BOARDS, CPU, DEVFREQ, EMC, REFUSED};
use clocks::{Board, change, changed, set};
use jetsonscope::control::desk::{Change, Desk, Which};
use jetsonscope::control::{self, Kind, Wishes};
use jetsonscope::root::Root;

/// Without jetson_clocks, where the fixture has it on.
fn loosen(board: &Board, name: &str) {
    if name == "orin-nx-r36" {
        for policy in ["policy0", "policy4"] {
            board.put(&format!("sys/devices/system/cpu/cpufreq/{policy}/scaling_min_freq"), "115200\n");
        }
        let gpu = "sys/devices/platform/17000000.gpu/devfreq/17000000.gpu/min_freq";
        board.put(gpu, "306000000\n");
        board.put("sys/kernel/debug/bpmp/debug/clk/emc/mrq_rate_locked", "0\n");
    }
}

fn lines(short: &[&str]) -> Vec<String> {
    let whole = |line: &&str| {
        let (head, rest) = line.split_once(':').unwrap();
        format!(
            "{}{rest}",
            match head {
                "C" => CPU,
                "D" => DEVFREQ,
                _ => EMC,
            }
        )
    };
    short.iter().map(whole).collect()
}

#[test]
fn ok_steps_on_each_board_and_back() {
    for (name, rows) in BOARDS {
        let board = Board::new(name, "steps");
        loosen(&board, name);
        let before = board.tree();
        for (control, value, short, old, new) in rows {
            let row = format!("{name}: {control} {value}");
            let wanted = lines(short);
            let mut desk = board.desk();
            let planned = desk.set(change(control, value, true), None, Instant::now());
            let planned = planned.unwrap_or_else(|refusal| panic!("{row}: {refusal}")).unwrap();
            assert_eq!(planned.steps, wanted, "{row}");
            assert_eq!((planned.old.as_str(), planned.new.as_str()), (*old, *new), "{row}");
            assert_eq!(changed(&before, &board), [""; 0], "{row}: a dry run writes nothing");

            let outcome = set(&mut desk, control, value).unwrap_or_else(|refusal| panic!("{row}: {refusal}"));
            assert_eq!((outcome.new.as_str(), outcome.dry_run), (*new, false), "{row}");
            for line in &wanted {
                let (path, text) = line.strip_prefix("write /").unwrap().split_once(' ').unwrap();
                let held = fs::read(board.0.join(path)).unwrap();
                assert_eq!(held.trim_ascii_end(), text.as_bytes(), "{row}: {path}");
            }
            let files = changed(&before, &board);
            let journal = files.iter().filter(|file| file.starts_with("run/jetsonscope/undo ")).count();
            assert!(files.len() - journal <= wanted.len(), "{row}: nothing else: {files:?}");
            assert_eq!(journal == 1, !wanted.is_empty(), "{row}");
            if wanted.is_empty() {
                continue;
            }
            desk.undo(&Which::Last, None).unwrap();
            desk.finish(Instant::now() + Duration::from_secs(10)).unwrap();
            assert_eq!(changed(&before, &board), [""; 0], "{row}: undone");
        }
    }
}

#[test]
fn err_refused_with_a_reason_and_nothing_written() {
    let mut boards: BTreeMap<&str, (Board, BTreeMap<PathBuf, Vec<u8>>)> = BTreeMap::new();
    for (name, control, value, kind, part) in REFUSED {
        let (board, before) = boards.entry(name).or_insert_with(|| {
            let board = Board::new(name, "refused");
            let before = board.tree();
            (board, before)
        });
        let mut desk = board.desk();
        let row = format!("{name}: {control} {value}");
        let refusal = set(&mut desk, control, value).expect_err(&row);
        assert_eq!(refusal.kind, *kind, "{row}: {refusal}");
        assert!(refusal.why.contains(part) && !refusal.why.contains('\n'), "{row}: {refusal}");
        assert!(
            refusal.why.starts_with(control) || refusal.why.starts_with("no control"),
            "{row}: {refusal}"
        );
        assert_eq!(changed(before, board), [""; 0], "{row}");
        assert_eq!((desk.tally.refused, desk.tally.failed), (1, 0), "{row}");
    }
}

thread_local! {
    static CLOSED: Cell<&'static str> = const { Cell::new("") };
}

/// Whether a path below the one that is closed is written.
fn closed(path: &str) -> Option<i32> {
    let end = CLOSED.get();
    let hit = path.strip_prefix("> ").is_some_and(|path| !end.is_empty() && path.ends_with(end));
    hit.then_some(nix::errno::Errno::EROFS as i32)
}

/// A container with the host's /sys to be read alone; and one policy that does not take its part.
#[test]
fn err_what_cannot_be_written_is_put_back() {
    for (end, control, value) in [
        ("scaling_governor", "cpu_governor", "performance"),
        ("policy4/scaling_governor", "cpu_governor", "performance"),
        ("max_freq", "gpu_max_freq", "min"),
        ("policy4/scaling_max_freq", "cpu_max_freq", "729600"),
        ("railgate_enable", "gpu_railgate", "on"),
        ("cpu3/online", "cpu_cores", "0-1"),
    ] {
        let board = Board::new("container-r36", "closed");
        let before = board.tree();
        let mut desk = Desk::open(Root::at(&board.0).failing(closed));
        CLOSED.set(end);
        let refusal = set(&mut desk, control, value).expect_err(control);
        CLOSED.set("");
        assert_eq!(refusal.kind, Kind::Denied, "{control}: {refusal}");
        assert!(refusal.why.contains("is this a container? /sys must be writable"), "{refusal}");
        assert_eq!(changed(&before, &board), [""; 0], "{control}: {end}");
        assert_eq!(desk.tally.failed, 1);
    }
}

/// A file that takes what is written and keeps something else.
#[test]
fn err_what_is_written_and_not_taken_is_put_back() {
    use nix::sys::stat::{Mode, SFlag, makedev, mknod};
    let board = Board::new("agx-orin-r36", "taken");
    let deaf = board.0.join("sys/devices/system/cpu/cpufreq/policy8/scaling_governor");
    fs::remove_file(&deaf).unwrap();
    if mknod(&deaf, SFlag::S_IFCHR, Mode::S_IRUSR | Mode::S_IWUSR, makedev(1, 3)).is_err()
        || fs::write(&deaf, "x").is_err()
    {
        eprintln!("skipped: needs the right to make a device");
        return;
    }
    let before = board.tree();
    let mut desk = board.desk();
    let refusal = set(&mut desk, "cpu_governor", "performance").unwrap_err();
    assert_eq!(refusal.kind, Kind::Failed, "{refusal}");
    assert!(refusal.why.contains("\"performance\" was written and is not in force"), "{refusal}");
    let mut left = changed(&before, &board);
    left.retain(|file| !file.starts_with("run/jetsonscope/undo "));
    assert_eq!(left, [""; 0], "the others are put back");
}

/// Clocks that we have pinned one by one can be loosened again without jetson_clocks.
#[test]
fn ok_own_pins_are_no_conflict() {
    let board = Board::new("container-r36", "pins");
    let mut desk = board.desk();
    set(&mut desk, "cpu_min_freq", "max").unwrap();
    set(&mut desk, "gpu_min_freq", "max").unwrap();
    set(&mut desk, "cpu_min_freq", "min").unwrap();
    let before = Board::new("container-r36", "pinned");
    let text = |board: &Board| {
        fs::read_to_string(board.0.join("sys/devices/platform/17000000.gpu/devfreq/17000000.gpu/min_freq"))
            .unwrap()
    };
    assert_eq!(text(&board).trim(), "624750000");
    desk.undo(&Which::All, None).unwrap();
    desk.finish(Instant::now() + Duration::from_secs(10)).unwrap();
    assert_eq!(text(&board).trim(), text(&before).trim());
}

/// A cluster whose cores are all off is passed over, and refused by its name.
#[test]
fn ok_and_err_clusters_that_are_off() {
    let board = Board::new("agx-orin-r36", "off");
    board.put("sys/devices/system/cpu/online", "0-3,8\n");
    let mut desk = board.desk();
    let outcome =
        desk.set(change("cpu_governor", "performance", true), None, Instant::now()).unwrap().unwrap();
    let wanted =
        ["policy0", "policy8"].map(|name| format!("{CPU}cpufreq/{name}/scaling_governor performance"));
    assert_eq!(outcome.steps, wanted);
    let refusal = set(&mut desk, "cpu_governor", "policy4=performance").unwrap_err();
    assert_eq!(refusal.kind, Kind::Conflict);
    assert!(refusal.why.contains("the cores of policy4 are off (jscopectl set cpu_cores all)"), "{refusal}");
}

/// Boards and releases without a list of clocks take all of the range, and the memory those of its list.
#[test]
fn ok_and_err_lists_of_the_kernel() {
    let board = Board::new("xavier-nx-r35", "lists");
    for policy in ["policy0", "policy2", "policy4"] {
        let path = format!("sys/devices/system/cpu/cpufreq/{policy}/scaling_available_frequencies");
        fs::remove_file(board.0.join(path)).unwrap();
    }
    board.put("sys/kernel/debug/bpmp/debug/emc/possible_rates", "204000 665600 1866000 (kHz)\n");
    let mut desk = board.desk();
    for (control, value, wanted) in [
        ("cpu_max_freq", "1500000", Ok("1500000")),
        ("cpu_max_freq", "2000000", Err("policy0 takes 115200 to 1907200 kHz")),
        ("emc", "665.6MHz", Ok("665600")),
        ("emc", "800000", Err("the memory takes 665600 or 1866000 kHz")),
    ] {
        match (set(&mut desk, control, value), wanted) {
            (Ok(outcome), Ok(wanted)) => assert_eq!(outcome.new, wanted),
            (Err(refusal), Err(part)) => assert!(refusal.why.contains(part), "{refusal}"),
            (other, _) => panic!("{control} {value}: {other:?}"),
        }
    }
    let scene = desk.scene(Wishes::default());
    let range = (control::named("emc").unwrap().look)(&scene).unwrap();
    assert_eq!(range.options, ["auto", "max", "204000", "665600", "1866000"]);
    assert_eq!((range.value.as_deref(), range.bounds), (Some("665600"), Some((204_000, 1_866_000))));
}

/// A memory that was held is held again at its rate, and not at the one that it had meanwhile.
#[test]
fn ok_a_held_memory_is_held_again() {
    const EMC: &str = "sys/kernel/debug/bpmp/debug/clk/emc";
    let board = Board::new("tx2-r32", "held");
    board.put(&format!("{EMC}/mrq_rate_locked"), "1\n");
    board.put(&format!("{EMC}/rate"), "1331200000\n");
    let before = board.tree();
    let mut desk = board.desk();
    let outcome = set(&mut desk, "emc", "auto").unwrap();
    assert_eq!(outcome.old, "1331200");
    let wanted = ["note that an undo sets emc 1331200", &format!("write /{EMC}/mrq_rate_locked 0")];
    assert_eq!(outcome.steps, wanted);
    board.put(&format!("{EMC}/rate"), "408000000\n");
    desk.undo(&Which::Last, None).unwrap();
    desk.finish(Instant::now() + Duration::from_secs(10)).unwrap();
    assert_eq!(changed(&before, &board), [""; 0]);
}

/// What is kept for each start is what came of the change.
#[test]
fn ok_kept_for_each_start() {
    let board = Board::new("agx-orin-r36", "kept");
    let mut desk = board.desk();
    for (control, value) in
        [("cpu_max_freq", "max"), ("gpu_railgate", "auto"), ("cpu_max_freq", "policy8=1.4976GHz")]
    {
        let kept = Change { persist: true, ..change(control, value, false) };
        if desk.set(kept, None, Instant::now()).unwrap().is_none() {
            desk.finish(Instant::now() + Duration::from_secs(10)).unwrap();
        }
    }
    let persisted = control::persist::read(&Root::at(&board.0));
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(persisted.board.as_deref(), Some("p3701-0005"));
    assert_eq!(persisted.wishes, [pair("cpu_max_freq", "policy8=1497600"), pair("gpu_railgate", "auto")]);
}

/// A file that was changed again and again, and back, ends where it began.
#[test]
fn ok_all_changes_of_a_file_are_undone() {
    let board = Board::new("agx-orin-r36", "again");
    let before = board.tree();
    let mut desk = board.desk();
    for (control, value) in [
        ("gpu_max_freq", "max"),
        ("emc", "max"),
        ("gpu_max_freq", "816000"),
        ("gpu_max_freq", "306000"),
        ("emc", "auto"),
    ] {
        set(&mut desk, control, value).unwrap_or_else(|refusal| panic!("{refusal}"));
    }
    desk.undo(&Which::All, None).unwrap();
    let outcome = desk.finish(Instant::now() + Duration::from_secs(10)).unwrap();
    assert_eq!(outcome.notes, [""; 0]);
    assert_eq!(changed(&before, &board), [""; 0]);
}

/// What cannot be put back any more keeps nothing else from it, and is said.
#[test]
fn err_an_undo_that_is_stuck_goes_on() {
    let board = Board::new("container-r36", "stuck");
    let before = board.tree();
    let mut desk = Desk::open(Root::at(&board.0).failing(closed));
    set(&mut desk, "cpu_governor", "performance").unwrap();
    CLOSED.set("policy4/scaling_governor");
    desk.undo(&Which::All, None).unwrap();
    let refusal = desk.finish(Instant::now() + Duration::from_secs(10)).unwrap_err();
    assert!(refusal.why.contains("policy4/scaling_governor"), "{refusal}");
    let left = changed(&before, &board);
    assert!(left.iter().all(|file| file.contains("policy4/") || file.starts_with("run/")), "{left:?}");
    CLOSED.set("");
    desk.undo(&Which::All, None).unwrap();
    let outcome = desk.finish(Instant::now() + Duration::from_secs(10)).unwrap();
    assert_eq!(changed(&before, &board), [""; 0], "{outcome:?}");
}
