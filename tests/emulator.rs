//! Every board and release of the simulator, printed, parsed again, and compared with what was
//! simulated.
#![cfg(feature = "emulator")]

use jetsonscope::sim::print::{self, Stamp};
use jetsonscope::sim::{BOARDS, Board, NC, PMIC, Release, Scenario, Sim, State};
use jetsonscope::snapshot::{FreeBlock, Snapshot};
use jetsonscope::tegrastats::fill::{self, Reading};

const STAMP: Stamp = Stamp { year: 2026, month: 2, day: 3, hour: 4, minute: 5, second: 6 };

fn parse(line: &[u8]) -> Snapshot {
    let mut found = None;
    let how = Reading { complete: true, lenient: false };
    let count = fill::samples(line, how, &mut Snapshot::default(), |sample| found = Some(sample.clone()));
    let text = String::from_utf8_lossy(line);
    assert_eq!((count.samples, count.noise), (1, 0), "{text}");
    let found = found.expect("one sample was counted");
    assert_eq!(*found.unknown, [""; 0], "{text}");
    found
}

/// Whole MHz of a clock, as printed, in kHz.
fn shown(khz: u32) -> u32 {
    khz / 1000 * 1000
}

/// Whole percent of a load, as printed, per mille.
fn percent(per_mille: u32) -> u32 {
    per_mille / 10 * 10
}

fn compare(sim: &Sim, release: Release, user: bool) {
    let mut line = Vec::new();
    print::line(sim, release, user, STAMP, &mut line);
    let (found, text) = (parse(&line), String::from_utf8_lossy(&line).into_owned());
    let (board, state) = (sim.board(), sim.state());
    memory(&found, state, &text);
    assert_eq!(found.timestamp.is_empty(), release < Release::R34, "{text}");
    let cores: Vec<_> = found.cpus.iter().map(|core| (core.load_pm, core.freq_khz)).collect();
    let wanted: Vec<_> = state
        .cpus
        .iter()
        .map(|core| match core.online {
            true => (Some(percent(core.load_permille)), Some(shown(core.freq_khz))),
            false => (None, None),
        })
        .collect();
    assert_eq!(cores, wanted, "{text}");
    temperatures(&found, board, release, state, &text);
    rails(&found, board, release, user, state, &text);
    engines(&found, user, release, state, &text);
}

fn memory(found: &Snapshot, state: &State, text: &str) {
    let ram = found.ram.expect("a sample has RAM");
    assert_eq!(
        (ram.used_bytes >> 20, ram.total_bytes >> 20),
        (state.ram_used_mb.into(), state.ram_total_mb.into()),
        "{text}"
    );
    let size_bytes = u64::from(state.lfb_size_kb) << 10;
    assert_eq!(
        found.free_block,
        Some(FreeBlock::Blocks { count: state.lfb_count.into(), size_bytes }),
        "{text}"
    );
    if let Some(swap) = found.swap {
        let wanted = (u64::from(state.swap_used_mb), u64::from(state.swap_total_mb));
        assert_eq!((swap.memory.used_bytes >> 20, swap.memory.total_bytes >> 20), wanted, "{text}");
        assert_eq!(swap.extra_bytes.map(|bytes| bytes >> 20), Some(state.swap_cached_mb.into()), "{text}");
    }
    if let Some(iram) = found.iram {
        assert_eq!(iram.memory.total_bytes >> 10, state.iram_total_kb.into(), "{text}");
    }
}

fn temperatures(found: &Snapshot, board: &Board, release: Release, state: &State, text: &str) {
    let layout = board.layout(release).expect("the release is one of the board's");
    for (name, zone) in layout.temps.iter().filter(|(_, zone)| *zone != PMIC) {
        let zone = &state.zones[*zone];
        let read = found.temps.iter().find(|temp| temp.name == *name);
        assert_eq!(read.is_none(), zone.off, "{name} in {text}");
        if let Some(read) = read {
            assert_eq!(read.now_mc, zone.now_mc, "{name} in {text}");
            assert_eq!(read.max_mc, (release >= Release::R39).then_some(zone.max_mc), "{name} in {text}");
        }
        let named_off = found.temps_off.iter().any(|off| off == name);
        assert_eq!(named_off, zone.off && release < Release::R36, "{name} in {text}");
    }
}

fn rails(found: &Snapshot, board: &Board, release: Release, user: bool, state: &State, text: &str) {
    let layout = board.layout(release).expect("the release is one of the board's");
    let hidden = user && matches!(release, Release::R34 | Release::R35);
    let wanted: Vec<_> = layout.rails.iter().filter(|_| !hidden).collect();
    assert_eq!(found.rails.len(), wanted.len(), "{text}");
    for (read, (name, rail)) in found.rails.iter().zip(wanted) {
        assert!(read.name.starts_with(name), "{name} in {text}");
        if *rail != NC {
            let rail = &state.rails[*rail];
            assert_eq!((read.now_mw, read.avg_mw), (rail.now_mw, rail.avg_mw), "{name} in {text}");
            assert_eq!(read.max_mw, (release >= Release::R39).then_some(rail.max_mw), "{name} in {text}");
        }
    }
}

fn engines(found: &Snapshot, user: bool, release: Release, state: &State, text: &str) {
    match found.engine("EMC") {
        Some(emc) if !user => {
            let wanted = (Some(percent(state.emc.load_permille)), Some(shown(state.emc.freq_khz)));
            assert_eq!((emc.load_pm, emc.freq_khz), wanted, "{text}");
        }
        Some(emc) => assert!(!emc.is_reading(), "{text}"),
        None => assert!(user, "{text}"),
    }
    let load = found.engine("GR3D").and_then(|gpu| gpu.load_pm);
    if let Some(load) = load {
        assert_eq!(load, percent(state.gpu.load_permille), "{text}");
    }
    // Thor prints clocks of the GPU, and never a load.
    assert!(load.is_none() || release != Release::R38, "{text}");
}

#[test]
fn every_board_and_release_gives_back_what_was_simulated() {
    for board in &BOARDS {
        for scenario in Scenario::ALL {
            let mut sim = Sim::new(board, scenario, 7);
            for _ in 0..40 {
                sim.step(1000);
                for release in board.releases {
                    compare(&sim, *release, false);
                    compare(&sim, *release, true);
                }
            }
        }
    }
}
