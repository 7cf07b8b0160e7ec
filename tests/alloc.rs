//! What a steady sample allocates: nothing.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io;

use jetsonscope::log::csv::{Columns, Writer};
use jetsonscope::snapshot::Snapshot;
use jetsonscope::tegrastats::fields;
use jetsonscope::tegrastats::fill::{self, Reading};

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

/// The system's allocator, counting for each thread, so that tests beside each other do not mix.
struct Counting;

// SAFETY: all requests go to the system's allocator as they came; counting touches a plain cell.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = COUNT.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract, which is the same.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let _ = COUNT.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the contract, which is the same.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(run: impl FnOnce()) -> u64 {
    let before = COUNT.get();
    run();
    COUNT.get() - before
}

const ORIN: &str = "04-11-2025 10:36:27 RAM 4321/62801MB (lfb 1759x4MB) SWAP 19/31400MB (cached 0MB) \
    CPU [1%@729,off,2%@729] EMC_FREQ 0%@2133 GR3D_FREQ 3%@[305,305] VIC off PVA0_FREQ [1%,2%]@512 APE 174 \
    CV0@-256C CPU@44.562C tj@44.343C/45C VDD_GPU_SOC 2340mW/2340mW/1mW NC 0mW/0mW VDDQ 301mW/301mW NC 0mW/0mW odd \
    thing@ 12";

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| drop(std::hint::black_box(vec![1u8]))), 1);
}

#[test]
fn parsing_allocates_nothing() {
    let bytes = ORIN.as_bytes();
    let count = allocations(|| {
        for end in 0..=bytes.len() {
            for complete in [true, false] {
                assert!(fields(&bytes[..end], complete).count() < 100);
            }
        }
    });
    assert_eq!(count, 0);
}

#[test]
fn filling_a_snapshot_again_allocates_nothing() {
    let how = Reading { complete: true, lenient: false };
    let mut snapshot = Snapshot::default();
    let mut other = Snapshot::default();
    let mut fill =
        || fill::samples(ORIN.as_bytes(), how, &mut snapshot, |new| std::mem::swap(new, &mut other));
    fill();
    fill();
    let count = allocations(|| {
        for _ in 0..1000 {
            assert_eq!(fill().samples, 1);
        }
    });
    assert_eq!(count, 0);
}

#[test]
fn a_record_of_a_known_shape_allocates_nothing() {
    let how = Reading { complete: true, lenient: false };
    let mut snapshot = Snapshot::default();
    let line = ORIN.split(" odd").next().unwrap();
    let mut sample = Snapshot::default();
    fill::samples(line.as_bytes(), how, &mut snapshot, |new| std::mem::swap(new, &mut sample));
    let mut columns = Columns::default();
    columns.add(&sample);
    assert_eq!(allocations(|| columns.add(&sample)), 0);
    let mut writer = Writer::new(columns.into_list());
    writer.sample(&sample, &mut io::sink()).unwrap();
    assert_eq!(allocations(|| writer.sample(&sample, &mut io::sink()).unwrap()), 0);
}

#[cfg(feature = "emulator")]
#[test]
fn a_steady_sample_of_the_simulated_board_allocates_nothing() {
    use jetsonscope::root::Root;
    use jetsonscope::source::{Choice, Feed, Simulated};
    use std::time::{Duration, Instant};

    for board in ["nano", "orin-nano", "thor"] {
        let second = Duration::from_secs(1);
        let mut now = Instant::now();
        let simulated =
            Simulated { board: board.into(), scenario: "training".into(), ..Simulated::default() };
        let mut feed = Feed::open(Choice::Synthetic(simulated), &Root::system(), second, now).unwrap();
        let mut tick = || {
            now += second;
            assert!(feed.turn(now));
        };
        // Zones that are off at times have had their turn after some minutes.
        (0..600).for_each(|_| tick());
        assert_eq!(allocations(|| (0..300).for_each(|_| tick())), 0, "{board}");
    }
}

#[test]
fn a_list_of_the_same_processes_allocates_nothing() {
    use jetsonscope::process::{Processes, Sort};
    use jetsonscope::recycled::Recycled;
    use std::time::{Duration, Instant};

    let path = std::env::temp_dir().join(format!("jetsonscope-alloc-{}", std::process::id()));
    let write = |file: &str, text: String| {
        let file = path.join(file);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    };
    for pid in 1..=100 {
        let rest = "S 1 1 1 0 -1 0 0 0 0 0";
        write(&format!("proc/{pid}/stat"), format!("{pid} (a) {rest} 1 1 0 0 20 0 3 0 7 9 {pid} 1 1 1\n"));
        write(&format!("proc/{pid}/cmdline"), format!("run\0{pid}\0"));
        write(&format!("proc/{pid}/status"), "Uid:\t0\t0\t0\t0\n".into());
        write(&format!("proc/{pid}/cgroup"), format!("0::/lxc/box{pid}\n"));
    }
    write("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n".into());
    write("sys/kernel/debug/nvmap/iovmm/clients", "user a 7 12K\n".into());
    let mut processes = Processes::new(&jetsonscope::root::Root::at(&path));
    let (mut list, mut now) = (Recycled::default(), Instant::now());
    let mut tick = |sort| {
        now += Duration::from_secs(1);
        assert_eq!(processes.sample(now, sort, 20, &mut list).unwrap(), 100);
    };
    // A list of another order has other texts; the longest of them have had their turn then.
    let sorts = Sort::NAMES.map(|(_, sort)| sort);
    (0..4).for_each(|_| sorts.iter().for_each(|&sort| tick(sort)));
    assert_eq!(allocations(|| (0..20).for_each(|_| sorts.iter().for_each(|&sort| tick(sort)))), 0);
    let _ = std::fs::remove_dir_all(&path);
}

/// The kernel's files: nothing for a sample, nor for the reading of limits every ten seconds, and
/// nothing that stays.
#[test]
fn a_steady_sample_of_the_kernels_files_allocates_nothing() {
    use jetsonscope::root::Root;
    use jetsonscope::source::{Choice, Feed};
    use std::time::{Duration, Instant};

    for board in ["agx-orin-r36", "nano-r32", "thor-r38", "gated-sensors", "user-r36"] {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/boards").join(board);
        let second = Duration::from_secs(1);
        let mut now = Instant::now();
        let mut feed = Feed::open(Choice::Sysfs, &Root::at(root), second, now).unwrap();
        let mut tick = || {
            now += second;
            assert!(feed.turn(now));
        };
        (0..2200).for_each(|_| tick());
        // What is not there is looked for again every ten minutes.
        let counts: Vec<u64> = (0..590).map(|_| allocations(&mut tick)).filter(|&count| count > 0).collect();
        assert!(counts.len() <= 1, "{board}: {counts:?}");
    }
}

/// A day at a hundred times the speed, and the rings go round twice; the first samples allocate all.
#[test]
fn a_history_allocates_nothing_after_its_first_samples() {
    use jetsonscope::history::{History, MOST_SERIES, Moment};

    let how = Reading { complete: true, lenient: false };
    let (mut snapshot, mut sample) = (Snapshot::default(), Snapshot::default());
    fill::samples(ORIN.as_bytes(), how, &mut snapshot, |new| std::mem::swap(new, &mut sample));
    for number in 0..40 {
        sample.temps.entry(&format!("zone{number}")).now_mc = number;
    }
    let mut history = History::new(1000);
    let mut record = |seconds: std::ops::Range<i64>| {
        for second in seconds {
            let boot_ms = second * 1000 + second % 3;
            history.record(Moment { boot_ms, unix_ms: boot_ms % 86_400_000 }, &sample);
        }
    };
    let first = allocations(|| record(0..1));
    assert!(first > 0 && first <= 6 * MOST_SERIES as u64 + 1, "{first}");
    assert_eq!(allocations(|| record(1..2 * 86_400)), 0);
    assert_eq!(history.series().len(), MOST_SERIES);
}

/// Lines to mutate: the forms of all releases, in few words.
const SEEDS: [&str; 4] = [
    ORIN,
    "RAM 714/1876MB (lfb 139x4MB) SWAP 0/2048MB (cached 0MB) cpu [25%,7%]@2218 EMC 3%@924 VDE 120 EDP limit 0",
    "RAM 1/2MB IRAM 0/252kB(lfb 252kB) CPU [5%@1224,off] MTS fg 0% bg 9% PMIC@50C AO@-4.5C POM_5V_IN 1750/-1628",
    "\x1b[1m07-23-2026 15:29:26\x1b[0m RAM 9/10MB GR3D_FREQ @[314,314] PVA0_FREQ [3%,4%]@512 **cpu@34C/35C**",
];

/// A small generator (splitmix64): the same lines at each run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((value ^ (value >> 31)) % limit.max(1) as u64) as usize
    }
}

/// Changes a line at a few places, within its capacity.
fn mutate(line: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..1 + random.below(6) {
        let at = random.below(line.len());
        let byte = b" @%[](),/.-0159CMkWx\xff\x1b*:R"[random.below(24)];
        match random.below(6) {
            0 => line.truncate(at),
            1 if line.len() < 1000 => line.insert(at, byte),
            2 if !line.is_empty() => drop(line.remove(at)),
            3 => line.iter_mut().skip(at).take(1).for_each(|old| *old = byte),
            4 => line.iter_mut().skip(at).take(1).for_each(|old| *old ^= 1 << (byte & 7)),
            _ if line.len() < 500 => line.extend_from_within(at..),
            _ => {}
        }
    }
}

/// How many lines are tried: more where the build is fast (`JETSONSCOPE_STORM=10000000`).
fn storm_lines() -> u64 {
    std::env::var("JETSONSCOPE_STORM").ok().and_then(|count| count.parse().ok()).unwrap_or(100_000)
}

#[test]
fn a_storm_of_mutated_lines_neither_panics_nor_allocates() {
    let (mut random, mut line) = (Random(1), Vec::with_capacity(4096));
    let mut fields_seen = 0;
    let mut allocated = 0;
    for number in 0..storm_lines() {
        line.clear();
        line.extend_from_slice(SEEDS[number as usize % SEEDS.len()].as_bytes());
        mutate(&mut line, &mut random);
        allocated += allocations(|| fields_seen += fields(&line, number % 3 > 0).count());
    }
    assert_eq!(allocated, 0);
    assert!(fields_seen > storm_lines() as usize);
}
