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
    use jetsonscope::source::{Choice, Feed, Simulated};
    use std::time::{Duration, Instant};

    for board in ["nano", "orin-nano", "thor"] {
        let second = Duration::from_secs(1);
        let mut now = Instant::now();
        let simulated = Simulated { board: board.into(), scenario: "training".into() };
        let mut feed = Feed::open(Choice::Synthetic(simulated), second, now).unwrap();
        let mut tick = || {
            now += second;
            assert!(feed.turn(now));
        };
        // Zones that are off at times have had their turn after some minutes.
        (0..600).for_each(|_| tick());
        assert_eq!(allocations(|| (0..300).for_each(|_| tick())), 0, "{board}");
    }
}
