//! Tests of the model as a whole: determinism, bounds, and the directions in which
//! one thing moves another.

use super::*;

const STAMP: print::Stamp = print::Stamp { year: 2026, month: 7, day: 23, hour: 5, minute: 9, second: 6 };

fn sim(board: &'static Board, scenario: Scenario) -> Sim {
    Sim::new(board, scenario, 42)
}

fn run(sim: &mut Sim, seconds: u32) {
    (0..seconds).for_each(|_| sim.step(1000));
}

/// Mean input power and highest hot spot over some seconds.
fn measure(sim: &mut Sim, seconds: u32) -> (u64, i32) {
    let (mut sum_mw, mut hot_mc) = (0, i32::MIN);
    for _ in 0..seconds {
        sim.step(1000);
        sum_mw += u64::from(sim.state().input_mw);
        hot_mc = hot_mc.max(hot(sim));
    }
    (sum_mw / u64::from(seconds.max(1)), hot_mc)
}

fn hot(sim: &Sim) -> i32 {
    thermal::hottest_mc(&sim.state().zones)
}

fn highest_cpu_khz(sim: &Sim) -> u32 {
    let clocks = sim.state().cpus.iter().map(|core| core.freq_khz);
    clocks.max().unwrap_or(0)
}

fn transcript(seed: u64, scenario: Scenario) -> Vec<u8> {
    let mut out = Vec::new();
    for board in &BOARDS {
        let mut sim = Sim::new(board, scenario, seed);
        for n in 0..40 {
            sim.step(200 + n * 37);
            print::line(&sim, board.default_release(), false, STAMP, &mut out);
            out.push(b'\n');
        }
    }
    out
}

#[test]
fn same_seed_same_bytes() {
    for scenario in Scenario::ALL {
        let first = transcript(7, scenario);
        assert_eq!(first, transcript(7, scenario), "{}", scenario.name());
        assert_ne!(first, transcript(8, scenario), "{}", scenario.name());
    }
}

#[test]
fn boards_are_found_by_name() {
    for board in &BOARDS {
        let found = Board::find(board.name).map(|b| b.name);
        assert_eq!(found, Some(board.name));
        assert_eq!(Some(&board.default_release()), board.releases.last());
    }
    for name in ["", "NANO", "orin", "agx orin", "tx1"] {
        assert!(Board::find(name).is_none(), "{name:?}");
    }
}

#[test]
fn tables_hold_together() {
    for board in &BOARDS {
        let name = board.name;
        assert!(board.cores <= MAX_CORES && board.clusters.len() <= MAX_CLUSTERS);
        assert!((1..=MAX_GPCS).contains(&board.gpu.gpcs), "{name}");
        let all = board.clusters.iter().fold(0, |mask, c| mask | c.core_mask);
        assert_eq!(u32::from(all), (1 << board.cores) - 1, "{name}");
        let tables = [board.gpu.steps_khz, board.emc_steps_khz];
        let clusters = board.clusters.iter().map(|c| c.steps_khz);
        for steps in tables.into_iter().chain(clusters) {
            assert!(steps.is_sorted() && !steps.is_empty(), "{name} {steps:?}");
        }
        assert!(board.default_mode < board.modes.len());
        for mode in board.modes {
            let [first, ..] = board.clusters else { panic!("{name} has no cluster") };
            assert!(mode.online_mask & 1 == 1 && mode.online_mask & !all == 0);
            assert!(first.steps_khz.contains(&mode.cpu_max_khz), "{}", mode.name);
            assert!(board.gpu.steps_khz.contains(&mode.gpu_max_khz));
            assert!(board.emc_steps_khz.contains(&mode.emc_max_khz));
        }
        let of_layouts = board.layouts.iter().map(|l| l.release);
        assert!(of_layouts.eq(board.releases.iter().copied()), "{name}");
        for layout in board.layouts {
            let temps = layout.temps.iter().map(|t| t.1);
            let rails = layout.rails.iter().map(|r| r.1);
            assert!({ temps }.all(|n| n == PMIC || n < board.zones.len()));
            assert!({ rails }.all(|n| n == NC || n < board.rails.len()));
        }
    }
}

#[test]
fn everything_stays_in_bounds() {
    for board in &BOARDS {
        for scenario in Scenario::ALL {
            let mut sim = sim(board, scenario);
            for _ in 0..20_000 {
                sim.step(250);
                check_bounds(&sim);
            }
        }
    }
}

fn check_bounds(sim: &Sim) {
    let (state, board) = (sim.state(), sim.board());
    let at = (board.name, sim.scenario().name(), state.uptime_ms);
    assert!(state.ram_used_mb < state.ram_total_mb, "{at:?}");
    assert!(state.swap_used_mb <= state.swap_total_mb, "{at:?}");
    assert!(state.swap_cached_mb <= state.swap_used_mb, "{at:?}");
    let free_kb = u64::from(state.ram_total_mb - state.ram_used_mb) * 1024;
    let blocks_kb = u64::from(state.lfb_count) * u64::from(state.lfb_size_kb);
    assert!(blocks_kb <= free_kb, "{at:?}");
    for zone in state.zones.iter().filter(|zone| !zone.off) {
        assert!((-20_000..=115_000).contains(&zone.now_mc), "{at:?}");
        assert!(zone.now_mc <= zone.max_mc, "{at:?}");
    }
    for (rail, def) in state.rails.iter().zip(board.rails) {
        assert!(rail.now_mw >= 0 && rail.now_mw <= rail.max_mw, "{at:?}");
        assert!(rail.avg_mw <= rail.max_mw, "{at:?} {}", def.name);
    }
    for core in &state.cpus {
        let steps = board.clusters.iter().flat_map(|c| c.steps_khz);
        let known = { steps }.any(|khz| *khz == core.freq_khz);
        assert!(core.load_permille <= 1000, "{at:?}");
        assert_eq!(core.online, known, "{at:?} {core:?}");
    }
    assert!(state.gpu.load_permille <= 1000 && state.emc.load_permille <= 1000);
    check_parents(sim);
}

/// A rail that feeds others shows at least their sum.
fn check_parents(sim: &Sim) {
    let (state, board) = (sim.state(), sim.board());
    for (n, parent) in state.rails.iter().enumerate() {
        let rails = state.rails.iter().zip(board.rails);
        let fed = rails.filter(|(_, def)| def.parent == Some(n));
        let sum_mw: i32 = fed.map(|(rail, _)| rail.now_mw).sum();
        assert!(parent.now_mw >= sum_mw, "{} rail {n}", board.name);
    }
}

#[test]
fn mean_is_the_mean_of_all_steps() {
    for board in &BOARDS {
        let mut sim = sim(board, Scenario::Training);
        let mut seen = vec![Vec::new(); board.rails.len()];
        for n in 0..300 {
            sim.step(100 * (n % 13));
            for (seen, rail) in seen.iter_mut().zip(&sim.state().rails) {
                seen.push(i64::from(rail.now_mw));
                let mean_mw = seen.iter().sum::<i64>() / seen.len() as i64;
                assert_eq!(i64::from(rail.avg_mw), mean_mw, "{}", board.name);
                assert_eq!(Some(&i64::from(rail.max_mw)), seen.iter().max());
            }
        }
    }
}

#[test]
fn load_raises_clocks_power_and_heat() {
    for board in &BOARDS {
        let mut idle = sim(board, Scenario::Idle);
        let mut busy = sim(board, Scenario::Training);
        let (idle_mw, idle_mc) = measure(&mut idle, 120);
        run(&mut busy, 20);
        assert!(busy.state().gpu.freq_khz > idle.state().gpu.freq_khz);
        assert!(busy.state().emc.freq_khz > idle.state().emc.freq_khz);
        let (busy_mw, busy_mc) = measure(&mut busy, 100);
        assert!(busy_mw > idle_mw * 3 / 2, "{} {busy_mw}", board.name);
        assert!(busy_mc > idle_mc + 5000, "{} {busy_mc}", board.name);
    }
}

#[test]
fn idle_power_is_that_of_real_boards() {
    // Input power, or the sum of the rails where no input is measured; from captures.
    let rows = [
        ("nano", 900, 2100),
        ("tx2", 1000, 2000),
        ("xavier-nx", 2700, 5600),
        ("agx-xavier", 3300, 7800),
        ("orin-nano", 3000, 5000),
        ("orin-nx", 4200, 6200),
        ("agx-orin", 5200, 10200),
        ("thor", 19_000, 29_000),
    ];
    for (name, least_mw, most_mw) in rows {
        let board = Board::find(name).expect("a name from the table");
        let (mean_mw, _) = measure(&mut sim(board, Scenario::Idle), 120);
        assert!((least_mw..=most_mw).contains(&mean_mw), "{name} {mean_mw}");
    }
}

#[test]
fn fan_cools() {
    for board in &BOARDS {
        let mut still = sim(board, Scenario::Inference);
        let mut blown = sim(board, Scenario::Inference);
        still.knobs_mut().fan_pwm = Some(0);
        blown.knobs_mut().fan_pwm = Some(255);
        run(&mut still, 300);
        run(&mut blown, 300);
        assert_eq!((still.state().fan_pwm, still.state().fan_rpm), (0, 0));
        assert_eq!(blown.state().fan_pwm, 255);
        assert!(blown.state().fan_rpm > board.fan.max_rpm * 9 / 10);
        assert!(hot(&blown) + 4000 < hot(&still), "{}", board.name);
        // Back to automatic: a cool board lets the fan slow down.
        blown.knobs_mut().fan_pwm = None;
        run(&mut blown, 60);
        assert!(blown.state().fan_pwm < 255, "{}", board.name);
    }
}

#[test]
fn lower_modes_cost_less() {
    // Board, stronger mode, weaker mode, cores online in the weaker one.
    let rows = [
        ("nano", 0, 1, 2),
        ("tx2", 0, 1, 4),
        ("tx2", 0, 3, 4),
        ("xavier-nx", 2, 4, 4),
        ("agx-xavier", 0, 1, 2),
        ("agx-xavier", 0, 4, 6),
        ("orin-nano", 2, 0, 6),
        ("orin-nano", 1, 3, 4),
        ("orin-nx", 0, 1, 4),
        ("agx-orin", 0, 2, 8),
        ("agx-orin", 2, 1, 4),
        ("thor", 0, 1, 14),
    ];
    for (name, strong, weak, online) in rows {
        let board = Board::find(name).expect("a name from the table");
        let at = |mode| {
            let mut sim = sim(board, Scenario::Training);
            sim.knobs_mut().mode = mode;
            let (mean_mw, _) = measure(&mut sim, 100);
            sim.step(1000);
            (mean_mw, sim)
        };
        let ((strong_mw, strong), (weak_mw, weak)) = (at(strong), at(weak));
        assert!(weak_mw < strong_mw, "{name} {weak_mw} {strong_mw}");
        assert!(weak.state().gpu.freq_khz < strong.state().gpu.freq_khz);
        let mode = &board.modes[weak.knobs().mode]; // an id from the rows above
        assert!(highest_cpu_khz(&weak) <= mode.cpu_max_khz, "{name}");
        let cores = weak.state().cpus.iter().filter(|core| core.online);
        assert_eq!(cores.count(), online, "{name}");
    }
}

#[test]
fn locked_clocks_stand_at_the_cap() {
    for board in &BOARDS {
        let mut sim = sim(board, Scenario::Idle);
        sim.knobs_mut().clocks_locked = true;
        run(&mut sim, 5);
        let mode = &board.modes[board.default_mode]; // checked in tables_hold_together
        for core in sim.state().cpus.iter().filter(|core| core.online) {
            assert_eq!(core.freq_khz, mode.cpu_max_khz, "{}", board.name);
        }
        assert_eq!(sim.state().gpu.freq_khz, mode.gpu_max_khz);
        assert_eq!(sim.state().emc.freq_khz, mode.emc_max_khz);
        assert!(sim.state().gpu.gpc_khz[0] > 0, "{}", board.name);
    }
}

#[test]
fn knobs_bound_the_clocks() {
    for board in &BOARDS {
        let mut sim = sim(board, Scenario::Training);
        let steps = board.gpu.steps_khz;
        let (low, next) = (steps[1], steps[2]); // every table has more than three
        sim.knobs_mut().gpu_max_khz = Some(low + 1);
        sim.knobs_mut().cpu_max_khz[0] = Some(0);
        run(&mut sim, 5);
        assert_eq!(sim.state().gpu.freq_khz, low, "{}", board.name);
        let slowest = board.clusters[0].steps_khz[0];
        assert_eq!(sim.state().cpus[0].freq_khz, slowest, "{}", board.name);
        sim.knobs_mut().gpu_max_khz = None;
        sim.knobs_mut().gpu_min_khz = Some(next);
        run(&mut sim, 5);
        assert!(sim.state().gpu.freq_khz >= next, "{}", board.name);
        sim.knobs_mut().mode = 99;
        run(&mut sim, 1);
    }
}

#[test]
fn heat_throttles_and_lets_go() {
    for board in &BOARDS {
        let mut sim = sim(board, Scenario::ThermalStress);
        sim.step(5000);
        let cold_khz = sim.state().gpu.freq_khz;
        let mut throttled = false;
        for _ in 0..280 {
            sim.step(1000);
            throttled |= sim.state().throttled && sim.state().gpu.freq_khz < cold_khz;
        }
        assert!(throttled, "{} never throttled", board.name);
        // The box opens after 300 s and the load stops.
        run(&mut sim, 120);
        assert!(!sim.state().throttled, "{} still throttled", board.name);
        assert!(hot(&sim) < 70_000, "{} is still hot", board.name);
    }
}

#[test]
fn weak_supply_is_counted() {
    for board in &BOARDS {
        let mut good = sim(board, Scenario::Inference);
        let mut weak = sim(board, Scenario::BrownOut);
        let (mut lowest_mv, mut halved) = (u32::MAX, false);
        for _ in 0..240 {
            good.step(250);
            weak.step(250);
            lowest_mv = lowest_mv.min(weak.state().input_mv);
            halved |= weak.power.halved();
        }
        assert_eq!(good.state().oc_events, [0, 0], "{}", board.name);
        assert!(weak.state().oc_events[0] > 3 && halved, "{}", board.name);
        assert!(i64::from(lowest_mv) < board.supply_mv * 93 / 100);
    }
}

#[test]
fn memory_fills_and_swaps_only_under_pressure() {
    for board in &BOARDS {
        let mut sim = sim(board, Scenario::Training);
        let start_mb = sim.state().ram_used_mb;
        run(&mut sim, 240);
        let full_mb = sim.state().ram_used_mb;
        assert!(full_mb > start_mb * 2, "{} {full_mb}", board.name);
        run(&mut sim, 60);
        assert!(sim.state().ram_used_mb.abs_diff(full_mb) < 32);
        let pressed = full_mb > board.ram_total_mb * 92 / 100;
        assert_eq!(sim.state().swap_used_mb > 0, pressed, "{}", board.name);
    }
}

#[test]
fn idle_agx_orin_cuts_power() {
    let board = Board::find("agx-orin").expect("a name from the table");
    let mut idle = sim(board, Scenario::Idle);
    run(&mut idle, 10);
    assert_eq!(idle.state().gpu.gpc_khz, [0, 0, 0]);
    let off = idle.state().zones.iter().zip(board.zones);
    let off: Vec<_> = off.filter(|(z, _)| z.off).map(|(_, d)| d.name).collect();
    assert_eq!(off, ["cv0", "cv1", "gpu", "cv2"]);
    let mut busy = sim(board, Scenario::Inference);
    run(&mut busy, 10);
    assert!(busy.state().zones.iter().all(|zone| !zone.off));
}

/// A long step gives what its slices give, up to the moments that are recorded.
#[test]
fn long_steps_are_cut() {
    for board in &BOARDS {
        let (mut long, mut short) = (sim(board, Scenario::Inference), sim(board, Scenario::Inference));
        long.step(10_000);
        (0..40).for_each(|_| short.step(250));
        assert_eq!(long.state().cpus, short.state().cpus, "{}", board.name);
        assert_eq!(long.state().uptime_ms, 10_000);
        let mut none = long.clone();
        none.step(0);
        assert_eq!(none.state().uptime_ms, 10_000);
    }
}
