//! Governors: work in, clocks and loads out.
//!
//! CPU clusters aim at a load of 80 % as schedutil does, the GPU at 70 %, memory at
//! 45 %, engines have two clocks. Clocks rise at once, fall over a few slices, and
//! never leave the board's steps; the cap of mode, knobs, heat and supply always
//! wins over a lower bound.

use super::board::{Board, EngineKind, Gate, MAX_CLUSTERS, MAX_CORES, Mode};
use super::scenario::{Demand, engine_work};
use super::state::{Core, Knobs, State};

/// The GPU loses its power after this long without work.
const GATE_AFTER_MS: u32 = 1000;

/// What holds clocks down beside mode and knobs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Part of the cap that heat leaves; 1000 leaves all.
    pub heat_permille: u32,
    /// The supply sagged: half of the cap.
    pub halved: bool,
}

/// What all governors look at in one slice.
#[derive(Clone, Copy)]
pub(super) struct Turn<'a> {
    pub board: &'a Board,
    pub knobs: &'a Knobs,
    pub demand: &'a Demand,
    pub limits: Limits,
    pub dt_ms: u32,
}

/// What governors remember.
#[derive(Clone, Debug)]
pub(super) struct Clocks {
    cluster_khz: [u32; MAX_CLUSTERS],
    gpu_idle_ms: u32,
}

/// Range that a governor may use.
#[derive(Clone, Copy)]
struct Bounds {
    floor_khz: u32,
    cap_khz: u32,
}

impl Bounds {
    fn new(mode_max_khz: u32, min: Option<u32>, max: Option<u32>, locked: bool) -> Bounds {
        let cap_khz = mode_max_khz.min(max.unwrap_or(u32::MAX));
        let floor_khz = if locked { cap_khz } else { min.unwrap_or(0) };
        Bounds { floor_khz, cap_khz }
    }

    fn under(self, limits: Limits) -> Bounds {
        let heat = scale(self.cap_khz, limits.heat_permille, 1000);
        let cap_khz = if limits.halved { heat / 2 } else { heat };
        Bounds { cap_khz, ..self }
    }
}

/// `value * part / whole` without overflow; 0 for an empty whole.
fn scale(value: u32, part: u32, whole: u32) -> u32 {
    (u64::from(value) * u64::from(part))
        .checked_div(u64::from(whole))
        .map_or(0, |n| n.min(u64::from(u32::MAX)) as u32)
}

/// The next clock of a part that runs at `now_khz` and would like `want_khz`.
fn settle(steps: &[u32], now_khz: u32, want_khz: u32, bounds: Bounds) -> u32 {
    let last = steps.len().saturating_sub(1);
    let at_least = |khz| steps.iter().position(|s| *s >= khz).unwrap_or(last);
    let top = steps.iter().rposition(|s| *s <= bounds.cap_khz).unwrap_or(0);
    let bottom = at_least(bounds.floor_khz).min(top);
    // bottom <= top by the line above, so clamp cannot panic.
    let aim = at_least(want_khz).clamp(bottom, top);
    let slowest_fall = at_least(now_khz).saturating_sub(1 + steps.len() / 6);
    let next = aim.max(slowest_fall).min(top);
    steps.get(next).copied().unwrap_or(0)
}

fn highest(steps: &[u32]) -> u32 {
    steps.last().copied().unwrap_or(1)
}

/// Work, per mille of the highest clock, as load of the present clock.
fn load_permille(work: i64, steps: &[u32], freq_khz: u32) -> u32 {
    scale(work.max(0) as u32, highest(steps), freq_khz).min(1000)
}

/// Clock at which `work` shows as a load of `target_permille`.
fn wanted_khz(work: i64, steps: &[u32], target_permille: u32) -> u32 {
    scale(work.max(0) as u32, highest(steps), target_permille)
}

impl Clocks {
    pub(super) fn new() -> Clocks {
        Clocks { cluster_khz: [0; MAX_CLUSTERS], gpu_idle_ms: GATE_AFTER_MS }
    }

    /// Runs every governor once and fills loads and clocks of `state`.
    pub(super) fn run(&mut self, turn: Turn, state: &mut State) {
        let Some(mode) = turn.board.mode(turn.knobs.mode) else {
            return;
        };
        self.run_cpu(turn, mode, state);
        self.run_gpu(turn, mode, state);
        run_emc(turn, mode, state);
        run_engines(turn.board, turn.demand, state);
    }

    fn run_cpu(&mut self, turn: Turn, mode: &Mode, state: &mut State) {
        let Turn { board, knobs, .. } = turn;
        let all_online = knobs.online(board);
        let work = online_work(board, all_online, turn.demand);
        let asked = knobs.cpu_min_khz.iter().zip(&knobs.cpu_max_khz);
        let clusters = board.clusters.iter().zip(&mut self.cluster_khz);
        for ((cluster, now_khz), (min, max)) in clusters.zip(asked) {
            let bounds = Bounds::new(mode.cpu_max_khz, *min, *max, knobs.clocks_locked);
            let online = cluster.core_mask & all_online;
            let busiest = members(online, &work).max().unwrap_or(0);
            let want_khz = wanted_khz(busiest, cluster.steps_khz, 800);
            let bounds = bounds.under(turn.limits);
            *now_khz = settle(cluster.steps_khz, *now_khz, want_khz, bounds);
            let cores = state.cpus.iter_mut().zip(&work).enumerate();
            for (n, (core, work)) in cores.filter(|(n, _)| cluster.core_mask & (1 << n) != 0) {
                *core = match online & (1 << n) {
                    0 => OFFLINE,
                    _ => Core {
                        online: true,
                        load_permille: load_permille(*work, cluster.steps_khz, *now_khz),
                        freq_khz: *now_khz,
                    },
                };
            }
        }
    }

    fn run_gpu(&mut self, turn: Turn, mode: &Mode, state: &mut State) {
        let Turn { board, knobs, .. } = turn;
        let work = turn.demand.gpu_permille;
        self.gpu_idle_ms = match work {
            0 => self.gpu_idle_ms.saturating_add(turn.dt_ms),
            _ => 0,
        };
        let (min, max) = (knobs.gpu_min_khz, knobs.gpu_max_khz);
        let bounds = Bounds::new(mode.gpu_max_khz, min, max, knobs.clocks_locked);
        let steps = board.gpu.steps_khz;
        let may_gate = board.gpu.gates && bounds.floor_khz == 0 && !knobs.gpu_powered;
        let gated = may_gate && self.gpu_idle_ms >= GATE_AFTER_MS;
        let gpu = &mut state.gpu;
        gpu.freq_khz = match gated {
            true => steps.first().copied().unwrap_or(0),
            false => {
                let want_khz = wanted_khz(work, steps, 700);
                settle(steps, gpu.freq_khz, want_khz, bounds.under(turn.limits))
            }
        };
        gpu.load_permille = load_permille(work, steps, gpu.freq_khz);
        let light = gpu.load_permille < 500 && steps.first() == Some(&gpu.freq_khz);
        let running = match may_gate {
            true if gated => 0,
            // Seen on L4T 36.4 with AGX Orin: one of two GPCs at 305, the other at 0.
            true if light => 1,
            _ => board.gpu.gpcs,
        };
        let clock_khz = gpu.freq_khz.saturating_sub(board.gpu.gpc_below_khz);
        for (n, khz) in gpu.gpc_khz.iter_mut().enumerate() {
            *khz = if n < running { clock_khz } else { 0 };
        }
    }
}

const OFFLINE: Core = Core { online: false, load_permille: 0, freq_khz: 0 };

/// Work of the cores in `mask`.
fn members(mask: u16, work: &[i64; MAX_CORES]) -> impl Iterator<Item = i64> {
    work.iter().enumerate().filter(move |(n, _)| mask & (1 << n) != 0).map(|(_, work)| *work)
}

/// Work of each core once the work of offline cores is spread over the others.
fn online_work(board: &Board, online: u16, demand: &Demand) -> [i64; MAX_CORES] {
    let possible = ((1u32 << board.cores) - 1) as u16;
    let homeless: i64 = members(possible & !online, &demand.core_permille).sum();
    let extra = homeless / i64::from(online.count_ones().max(1));
    let mut work = demand.core_permille;
    for (n, work) in work.iter_mut().enumerate() {
        *work = match online & (1 << n) {
            0 => 0,
            _ => *work + extra,
        };
    }
    work
}

/// Traffic shrinks with the work that the GPU gets done.
fn run_emc(turn: Turn, mode: &Mode, state: &mut State) {
    let Turn { board, knobs, demand, .. } = turn;
    let steps = board.emc_steps_khz;
    let gpu_top = highest(board.gpu.steps_khz);
    let done = i64::from(scale(state.gpu.load_permille, state.gpu.freq_khz, gpu_top));
    let served_permille = match demand.gpu_permille {
        0 => 1000,
        wanted => (done * 1000 / wanted).min(1000),
    };
    let work = demand.mem_permille * (300 + 700 * served_permille / 1000) / 1000;
    let (min, max) = (knobs.emc_min_khz, knobs.emc_max_khz);
    let bounds = Bounds::new(mode.emc_max_khz, min, max, knobs.clocks_locked);
    let want_khz = wanted_khz(work, steps, 450);
    let emc = &mut state.emc;
    emc.freq_khz = settle(steps, emc.freq_khz, want_khz, bounds);
    emc.load_permille = load_permille(work, steps, emc.freq_khz);
}

fn run_engines(board: &Board, demand: &Demand, state: &mut State) {
    for (engine, def) in state.engines.iter_mut().zip(board.engines) {
        let work = engine_work(def.kind, demand);
        engine.on = work > 0;
        engine.load_permille = work.clamp(0, 1000) as u32;
        engine.freq_khz = if engine.on { def.max_khz } else { def.idle_khz };
    }
}

/// Whether DLA or PVA.
pub(super) fn is_vision(kind: EngineKind) -> bool {
    matches!(kind, EngineKind::Dla0 | EngineKind::Dla1 | EngineKind::Pva0)
}

/// Whether a sensor behind `gate` has lost its power.
pub(super) fn is_gated(gate: Gate, state: &State) -> bool {
    match gate {
        Gate::Never => false,
        Gate::Gpu => state.gpu.gpc_khz.iter().all(|khz| *khz == 0),
        Gate::Cv => !state.engines.iter().any(|e| is_vision(e.kind) && e.on),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: &[u32] = &[100, 200, 300, 400, 500, 600];

    #[test]
    fn settles_on_a_step() {
        // now, want, floor, cap, next
        let rows = [
            (100, 250, 0, 600, 300),
            (100, 9999, 0, 600, 600),
            (100, 9999, 0, 450, 400),
            (100, 9999, 0, 50, 100),
            (100, 0, 350, 600, 400),
            (100, 0, 500, 300, 300),
            (600, 0, 0, 600, 400),
            (600, 0, 0, 250, 200),
            (0, 0, 0, 0, 100),
        ];
        for (now, want, floor_khz, cap_khz, next) in rows {
            let bounds = Bounds { floor_khz, cap_khz };
            let got = settle(STEPS, now, want, bounds);
            assert_eq!(got, next, "{now} {want} {floor_khz} {cap_khz}");
        }
        let free = Bounds::new(500, None, None, false);
        assert_eq!(settle(&[], 1, 2, free), 0);
    }

    #[test]
    fn load_is_work_over_clock() {
        assert_eq!(load_permille(100, STEPS, 600), 100);
        assert_eq!(load_permille(100, STEPS, 200), 300);
        assert_eq!(load_permille(900, STEPS, 200), 1000);
        assert_eq!(load_permille(900, STEPS, 0), 0);
    }
}
