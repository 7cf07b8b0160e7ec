//! Governors, limits, power and cores: what is written on each board, what is refused and why, and that
//! an undo leaves the tree as it was.
#![cfg(feature = "daemon")]

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jetsonscope::control::desk::{Change, Desk, Outcome, Which};
use jetsonscope::control::plan::Step;
use jetsonscope::control::{self, Kind, Refusal, Wishes};
use jetsonscope::root::Root;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/boards");
/// The controls that are looked at here.
const OWN: [&str; 10] = [
    "cpu_governor",
    "gpu_governor",
    "gpu_railgate",
    "cpu_min_freq",
    "cpu_max_freq",
    "gpu_min_freq",
    "gpu_max_freq",
    "gpu_3d_scaling",
    "emc",
    "cpu_cores",
];

/// A copy of a board, gone afterwards.
struct Board(PathBuf);

impl Board {
    fn new(name: &str, test: &str) -> Board {
        let directory = format!("jetsonscope-clocks-{test}-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(directory);
        let _ = fs::remove_dir_all(&path);
        copy(&Path::new(FIXTURES).join(name), &path);
        fs::create_dir_all(path.join("run/jetsonscope")).unwrap();
        Board(path)
    }

    fn desk(&self) -> Desk {
        Desk::open(Root::at(&self.0))
    }

    fn put(&self, file: &str, text: &str) {
        let path = self.0.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// All files and what is in them, without blanks at the end, which the kernel adds by itself.
    fn tree(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(&self.0, &mut files);
        files
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        match entry.file_type().unwrap() {
            kind if kind.is_symlink() => symlink(fs::read_link(source).unwrap(), target).unwrap(),
            kind if kind.is_dir() => copy(&source, &target),
            _ => fs::write(target, fs::read(source).unwrap()).unwrap(),
        }
    }
}

fn collect(directory: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            collect(&entry.path(), files);
        } else if kind.is_file() {
            files.insert(entry.path(), fs::read(entry.path()).unwrap().trim_ascii_end().to_vec());
        }
    }
}

/// The files that are not the same in two trees, and what they hold in the second.
fn changed(before: &BTreeMap<PathBuf, Vec<u8>>, board: &Board) -> Vec<String> {
    let after = board.tree();
    let mut changed = Vec::new();
    for (path, content) in &after {
        if before.get(path) != Some(content) {
            let path = fs::canonicalize(path).unwrap();
            let path = path.strip_prefix(fs::canonicalize(&board.0).unwrap()).unwrap();
            changed.push(format!("{} {}", path.display(), String::from_utf8_lossy(content)));
        }
    }
    assert!(before.keys().all(|path| after.contains_key(path)), "no file is gone");
    changed
}

fn change(control: &str, value: &str, dry_run: bool) -> Change {
    Change { control: control.to_owned(), value: value.to_owned(), dry_run, ..Change::default() }
}

fn set(desk: &mut Desk, control: &str, value: &str) -> Result<Outcome, Refusal> {
    match desk.set(change(control, value, false), None, Instant::now())? {
        Some(outcome) => Ok(outcome),
        None => desk.finish(Instant::now() + Duration::from_secs(10)),
    }
}

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

/// What is asked for, the paths below these and what is written into them, what it was, what it is.
type Row = (&'static str, &'static str, &'static [&'static str], &'static str, &'static str);

const CPU: &str = "write /sys/devices/system/cpu/";
const DEVFREQ: &str = "write /sys/class/devfreq/";
const EMC: &str = "write /sys/kernel/debug/bpmp/debug/clk/emc/";

const ORIN_NX: &[Row] = &[
    (
        "cpu_governor",
        "performance",
        &["C:cpufreq/policy0/scaling_governor performance", "C:cpufreq/policy4/scaling_governor performance"],
        "schedutil",
        "performance",
    ),
    (
        "cpu_governor",
        "policy4=powersave",
        &["C:cpufreq/policy4/scaling_governor powersave"],
        "schedutil",
        "policy4=powersave",
    ),
    ("cpu_governor", "schedutil", &[], "schedutil", "schedutil"),
    (
        "cpu_min_freq",
        "max",
        &["C:cpufreq/policy0/scaling_min_freq 1984000", "C:cpufreq/policy4/scaling_min_freq 1984000"],
        "115200",
        "1984000",
    ),
    (
        "cpu_max_freq",
        "policy0=115.2MHz",
        &["C:cpufreq/policy0/scaling_max_freq 115200"],
        "1984000",
        "policy0=115200",
    ),
    ("cpu_max_freq", "1.984GHz", &[], "1984000", "1984000"),
    ("gpu_governor", "performance", &["D:17000000.gpu/governor performance"], "nvhost_podgov", "performance"),
    ("gpu_min_freq", "510MHz", &["D:17000000.gpu/min_freq 510000000"], "306000", "510000"),
    ("gpu_max_freq", "min", &["D:17000000.gpu/max_freq 306000000"], "918000", "306000"),
    ("gpu_max_freq", "max", &[], "918000", "918000"),
    ("gpu_railgate", "auto", &["D:17000000.gpu/device/railgate_enable 1"], "on", "auto"),
    ("gpu_railgate", "on", &[], "on", "on"),
    ("gpu_3d_scaling", "off", &["D:17000000.gpu/device/enable_3d_scaling 0"], "on", "off"),
    ("emc", "max", &["E:mrq_rate_locked 1", "E:rate 3199000000"], "auto", "3199000"),
    ("emc", "2.133GHz", &["E:mrq_rate_locked 1", "E:rate 2133000000"], "auto", "2133000"),
    ("emc", "auto", &[], "auto", "auto"),
    ("cpu_cores", "0-3,5", &["C:cpu4/online 0", "C:cpu6/online 0", "C:cpu7/online 0"], "0-7", "0-3,5"),
    ("cpu_cores", "all", &[], "0-7", "0-7"),
];

const AGX_ORIN: &[Row] = &[
    (
        "cpu_governor",
        "policy0=performance,policy8=ondemand",
        &["C:cpufreq/policy0/scaling_governor performance", "C:cpufreq/policy8/scaling_governor ondemand"],
        "schedutil",
        "policy0=performance,policy8=ondemand",
    ),
    (
        "cpu_max_freq",
        "max",
        &[
            "C:cpufreq/policy0/scaling_max_freq 2201600",
            "C:cpufreq/policy4/scaling_max_freq 2201600",
            "C:cpufreq/policy8/scaling_max_freq 2201600",
        ],
        "1497600",
        "2201600",
    ),
    ("gpu_max_freq", "1300500", &["D:17000000.gpu/max_freq 1300500000"], "816000", "1300500"),
    ("gpu_railgate", "on", &["D:17000000.gpu/device/railgate_enable 0"], "auto", "on"),
    ("cpu_cores", "all", &["C:cpu10/online 1", "C:cpu11/online 1"], "0-9", "0-11"),
    (
        "cpu_cores",
        "0,10",
        &[
            "C:cpu10/online 1",
            "C:cpu1/online 0",
            "C:cpu2/online 0",
            "C:cpu3/online 0",
            "C:cpu4/online 0",
            "C:cpu5/online 0",
            "C:cpu6/online 0",
            "C:cpu7/online 0",
            "C:cpu8/online 0",
            "C:cpu9/online 0",
        ],
        "0-9",
        "0,10",
    ),
];

const THOR: &[Row] = &[
    (
        "cpu_governor",
        "policy12=performance",
        &["C:cpufreq/policy12/scaling_governor performance"],
        "schedutil",
        "policy12=performance",
    ),
    (
        "cpu_max_freq",
        "policy2=min",
        &["C:cpufreq/policy2/scaling_max_freq 972000"],
        "2601000",
        "policy2=972000",
    ),
    ("gpu_governor", "performance", &["D:gpu-gpc-0/governor performance"], "nvhost_podgov", "performance"),
    ("gpu_max_freq", "1.575GHz", &["D:gpu-gpc-0/max_freq 1575000000"], "1386000", "1575000"),
    ("gpu_railgate", "on", &["D:gpu-gpc-0/device/power/control on"], "auto", "on"),
    ("cpu_cores", "0-13", &["C:cpu13/online 1"], "0-12", "0-13"),
];

const NANO: &[Row] = &[
    (
        "cpu_governor",
        "interactive",
        &["C:cpufreq/policy0/scaling_governor interactive"],
        "schedutil",
        "interactive",
    ),
    ("cpu_max_freq", "max", &["C:cpufreq/policy0/scaling_max_freq 1479000"], "918000", "1479000"),
    ("cpu_min_freq", "716.8MHz", &["C:cpufreq/policy0/scaling_min_freq 716800"], "102000", "716800"),
    ("gpu_max_freq", "230.399MHz", &["D:57000000.gpu/max_freq 230399000"], "614400", "230399"),
    ("gpu_railgate", "on", &["D:57000000.gpu/device/railgate_enable 0"], "auto", "on"),
    ("gpu_3d_scaling", "off", &["D:57000000.gpu/device/enable_3d_scaling 0"], "on", "off"),
    ("cpu_cores", "0,2", &["C:cpu2/online 1", "C:cpu1/online 0"], "0-1", "0,2"),
];

const TX2: &[Row] = &[
    (
        "cpu_max_freq",
        "max",
        &["C:cpufreq/policy0/scaling_max_freq 2035200", "C:cpufreq/policy1/scaling_max_freq 2035200"],
        "1382400",
        "2035200",
    ),
    (
        "cpu_max_freq",
        "policy0=1190400",
        &["C:cpufreq/policy0/scaling_max_freq 1190400"],
        "1382400",
        "policy0=1190400",
    ),
    (
        "cpu_min_freq",
        "policy0=1190400, policy1=1382400",
        &["C:cpufreq/policy0/scaling_min_freq 1190400", "C:cpufreq/policy1/scaling_min_freq 1382400"],
        "345600",
        "policy0=1190400,policy1=1382400",
    ),
    ("emc", "max", &["E:mrq_rate_locked 1", "E:rate 1600000000"], "auto", "1600000"),
    ("gpu_max_freq", "max", &["D:17000000.gp10b/max_freq 1300500000"], "1122000", "1300500"),
    ("cpu_cores", "0-5", &["C:cpu2/online 1"], "0-1,3-5", "0-5"),
];

const XAVIER_NX: &[Row] = &[
    (
        "cpu_min_freq",
        "min",
        &["C:cpufreq/policy0/scaling_min_freq 115200", "C:cpufreq/policy2/scaling_min_freq 115200"],
        "policy0=1420800,policy2=1420800,policy4=115200",
        "115200",
    ),
    ("gpu_min_freq", "599250", &["D:17000000.gv11b/min_freq 599250000"], "1109250", "599250"),
    ("gpu_3d_scaling", "off", &["D:17000000.gv11b/device/enable_3d_scaling 0"], "on", "off"),
    ("emc", "1866000", &["E:mrq_rate_locked 1", "E:rate 1866000000"], "auto", "1866000"),
    (
        "cpu_cores",
        "0-1",
        &["C:cpu2/online 0", "C:cpu3/online 0", "C:cpu4/online 0", "C:cpu5/online 0"],
        "0-5",
        "0-1",
    ),
];

const BOARDS: [(&str, &[Row]); 6] = [
    ("orin-nx-r36", ORIN_NX),
    ("agx-orin-r36", AGX_ORIN),
    ("thor-r38", THOR),
    ("nano-r32", NANO),
    ("tx2-r32", TX2),
    ("xavier-nx-r35", XAVIER_NX),
];

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

/// The board, what is asked for, and the refusal.
const REFUSED: &[(&str, &str, &str, Kind, &str)] = &[
    ("agx-orin-r36", "cpu_governor", "turbo", Kind::Invalid, "policy0 takes conservative, ondemand"),
    ("agx-orin-r36", "cpu_governor", "", Kind::Invalid, "no such value \"\""),
    (
        "agx-orin-r36",
        "cpu_governor",
        "policy1=powersave",
        Kind::Invalid,
        "the board has policy0, policy4, policy8",
    ),
    ("agx-orin-r36", "cpu_governor", "policy0=", Kind::Invalid, "each policy once"),
    ("agx-orin-r36", "cpu_governor", "policy0=powersave,policy0=ondemand", Kind::Invalid, "each policy once"),
    ("agx-orin-r36", "cpu_governor", "policy0=powersave,", Kind::Invalid, "no such value \"\""),
    ("agx-orin-r36", "cpu_max_freq", "729601", Kind::Invalid, "policy0 takes 729600 or 1420800 kHz"),
    ("agx-orin-r36", "cpu_max_freq", "1", Kind::Invalid, "takes 115200 kHz or more"),
    ("agx-orin-r36", "cpu_max_freq", "9GHz", Kind::Invalid, "no such value \"9GHz\""),
    ("agx-orin-r36", "cpu_max_freq", "-1", Kind::Invalid, "kHz as 729600, 729.6MHz or 1.2GHz; min or max"),
    (
        "agx-orin-r36",
        "cpu_max_freq",
        "min",
        Kind::Conflict,
        "below the lower limit of policy0, 729600 kHz (set cpu_min_freq first)",
    ),
    (
        "agx-orin-r36",
        "cpu_min_freq",
        "max",
        Kind::Conflict,
        "above the upper limit of policy0, 1497600 kHz (set cpu_max_freq first)",
    ),
    ("agx-orin-r36", "gpu_governor", "turbo", Kind::Invalid, "one of nvhost_podgov, userspace"),
    ("agx-orin-r36", "gpu_max_freq", "500000", Kind::Invalid, "the GPU takes 408000 or 510000 kHz"),
    ("agx-orin-r36", "gpu_max_freq", "1300500000", Kind::Invalid, "the GPU takes 1300500 kHz or less"),
    (
        "agx-orin-r36",
        "gpu_min_freq",
        "918MHz",
        Kind::Conflict,
        "above the upper limit of the GPU, 816000 kHz (set gpu_max_freq first)",
    ),
    ("agx-orin-r36", "gpu_railgate", "off", Kind::Invalid, "(auto or on)"),
    ("agx-orin-r36", "gpu_3d_scaling", "auto", Kind::Invalid, "(on or off)"),
    ("agx-orin-r36", "emc", "1", Kind::Invalid, "the memory takes 204000 to 3199000 kHz"),
    ("agx-orin-r36", "emc", "3199001", Kind::Invalid, "the memory takes 204000 to 3199000 kHz"),
    ("agx-orin-r36", "emc", "on", Kind::Invalid, "no such value \"on\""),
    ("agx-orin-r36", "cpu_cores", "1-3", Kind::Invalid, "core 0 stays on"),
    ("agx-orin-r36", "cpu_cores", "0-12", Kind::Invalid, "the board has 0-11"),
    ("agx-orin-r36", "cpu_cores", "0-", Kind::Invalid, "a list like 0-3,5 with core 0, or all"),
    ("agx-orin-r36", "cpu_cores", "none", Kind::Invalid, "a list like"),
    ("tx2-r32", "cpu_max_freq", "1190400", Kind::Invalid, "policy1 takes 345600 or 1382400 kHz"),
    ("tx2-r32", "emc", "1866000", Kind::Invalid, "the memory takes 40800 to 1600000 kHz"),
    ("tx2-r32", "gpu_min_freq", "max", Kind::Conflict, "(set gpu_max_freq first)"),
    ("nano-r32", "emc", "max", Kind::Unsupported, "no lock in debugfs"),
    ("nano-r32", "emc", "auto", Kind::Unsupported, "no lock in debugfs"),
    ("thor-r38", "emc", "max", Kind::Unsupported, "no lock in debugfs"),
    ("thor-r38", "gpu_3d_scaling", "off", Kind::Unsupported, "JetPack 7 on has (set gpu_governor instead)"),
    ("agx-orin-r39", "gpu_3d_scaling", "on", Kind::Unsupported, "set gpu_governor instead"),
    ("container-r36", "emc", "max", Kind::Unsupported, "no lock in debugfs"),
    (
        "orin-nx-r36",
        "cpu_governor",
        "performance",
        Kind::Conflict,
        "(jetson_clocks is on: jscopectl set jetson_clocks off)",
    ),
    ("orin-nx-r36", "cpu_min_freq", "min", Kind::Conflict, "jetson_clocks is on"),
    ("orin-nx-r36", "cpu_max_freq", "min", Kind::Conflict, "jetson_clocks is on"),
    ("orin-nx-r36", "gpu_governor", "userspace", Kind::Conflict, "jetson_clocks is on"),
    ("orin-nx-r36", "gpu_min_freq", "min", Kind::Conflict, "jetson_clocks is on"),
    ("orin-nx-r36", "gpu_max_freq", "min", Kind::Conflict, "jetson_clocks is on"),
    ("orin-nx-r36", "emc", "auto", Kind::Conflict, "jetson_clocks is on"),
    ("pc", "cpu_governor", "performance", Kind::Unsupported, "this is no Jetson"),
    ("pc", "cpu_cores", "all", Kind::Unsupported, "this is no Jetson"),
    // Nothing can name a clock, a mask, a trip point or a limit of current.
    ("agx-orin-r36", "gpu_max_freq", "../../../tpc_pg_mask", Kind::Invalid, "no such value"),
    ("agx-orin-r36", "cpu_governor", "../cpu0=1", Kind::Invalid, "the board has policy0"),
    ("agx-orin-r36", "emc", "vic=max", Kind::Invalid, "no such value"),
    ("agx-orin-r36", "tpc_pg_mask", "0", Kind::Invalid, "no control \"tpc_pg_mask\""),
    ("agx-orin-r36", "bwmgr", "0", Kind::Invalid, "no control"),
    ("agx-orin-r36", "curr1_max", "99999", Kind::Invalid, "no control"),
    ("agx-orin-r36", "trip_point_0_temp", "120000", Kind::Invalid, "no control"),
    ("agx-orin-r36", "vic", "max", Kind::Invalid, "no control"),
];

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

/// Files that a control may ever write, by the words between the slashes; `*` stands for one of them.
const WRITABLE: [&str; 12] = [
    "sys/devices/system/cpu/*/online",
    "sys/devices/system/cpu/cpufreq/*/scaling_governor",
    "sys/devices/system/cpu/cpufreq/*/scaling_min_freq",
    "sys/devices/system/cpu/cpufreq/*/scaling_max_freq",
    "sys/class/devfreq/*/governor",
    "sys/class/devfreq/*/min_freq",
    "sys/class/devfreq/*/max_freq",
    "sys/class/devfreq/*/device/railgate_enable",
    "sys/class/devfreq/*/device/enable_3d_scaling",
    "sys/class/devfreq/*/device/power/control",
    "sys/kernel/debug/bpmp/debug/clk/emc/mrq_rate_locked",
    "sys/kernel/debug/bpmp/debug/clk/emc/rate",
];

fn is_writable(path: &str) -> bool {
    WRITABLE.iter().any(|pattern| {
        let same = |(word, pattern): (&str, &str)| pattern == "*" || word == pattern;
        path.split('/').count() == pattern.split('/').count()
            && path.split('/').zip(pattern.split('/')).all(same)
    })
}

/// Whatever the options say: no mask, no trip point, no limit of current, no other clock, no core 0.
#[test]
fn ok_nothing_else_is_ever_written() {
    let mut steps = 0;
    for entry in fs::read_dir(FIXTURES).unwrap().map(Result::unwrap) {
        let desk = Desk::open(Root::at(entry.path()));
        let scene = desk.scene(Wishes { reboot: true, at_next_boot: true, attended: true });
        for control in OWN.map(|name| control::named(name).expect(name)) {
            let Ok(range) = (control.look)(&scene) else { continue };
            let (low, high) = range.bounds.unwrap_or_default();
            let more = ["0", "1", "max", "all", "0-1", "policy0=min"].map(str::to_owned);
            let numbers = (0..=8).map(|part| (low + (high - low) * part / 8).to_string());
            for value in range.options.iter().cloned().chain(range.value).chain(more).chain(numbers) {
                let Ok(plan) = (control.plan)(&scene, &value) else { continue };
                for step in plan.steps {
                    let row = format!("{:?}: {} {value}: {}", entry.file_name(), control.name, step.line());
                    match &step {
                        Step::Write { path, text } => {
                            assert!(is_writable(path), "{row}");
                            assert!(!path.ends_with("cpu0/online") && !path.contains(".."), "{row}");
                            assert!(!text.is_empty() && !text.contains('\n'), "{row}");
                            steps += 1;
                        }
                        Step::Note(_) => {}
                        _ => panic!("{row}"),
                    }
                }
            }
        }
    }
    assert!(steps > 500, "{steps} steps");
}

/// A value that is shown is one that is taken, and sets nothing.
#[test]
fn ok_what_is_shown_is_taken() {
    for entry in fs::read_dir(FIXTURES).unwrap().map(Result::unwrap) {
        let desk = Desk::open(Root::at(entry.path()));
        let scene = desk.scene(Wishes::default());
        for control in OWN.map(|name| control::named(name).expect(name)) {
            let Ok(range) = (control.look)(&scene) else { continue };
            let Some(value) = range.value else { continue };
            match (control.plan)(&scene, &value) {
                Ok(plan) => assert_eq!((plan.steps.len(), &plan.new), (0, &value), "{}", control.name),
                // A limit that the mode has set between two of the list, and a rate of the memory.
                Err(refusal) => {
                    let limit = control.name.ends_with("_freq") || control.name == "emc";
                    assert!(limit && refusal.kind == Kind::Invalid, "{:?}: {refusal}", entry.file_name());
                }
            }
        }
    }
}

#[test]
fn err_what_a_pc_lacks() {
    let desk = Desk::open(Root::at(Path::new(FIXTURES).join("pc")));
    let scene = desk.scene(Wishes::default());
    for (control, part) in [
        ("gpu_governor", "there is no GPU in /sys/class/devfreq"),
        ("gpu_min_freq", "there is no GPU"),
        ("gpu_max_freq", "there is no GPU"),
        ("gpu_railgate", "there is no GPU"),
        ("gpu_3d_scaling", "there is no GPU"),
        ("emc", "has no lock in debugfs"),
    ] {
        let refusal = (control::named(control).unwrap().look)(&scene).expect_err(control);
        assert_eq!(refusal.kind, Kind::Unsupported, "{refusal}");
        assert!(refusal.why.contains(part), "{refusal}");
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
    assert_eq!(changed(&before, &board), [""; 0]);
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
