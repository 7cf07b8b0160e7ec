//! Power: what each domain draws, what the rails show, what the supply does.
//!
//! A domain draws its idle power and, on top, load times the square of its clock.
//! Rails are sums of domains, so a feeding rail never shows less than what it
//! feeds. The supply loses voltage with load; too low a voltage or too high a
//! current is counted and halves the clocks for a moment.

use super::board::{Board, DOMAINS, Domain};
use super::clock::is_vision;
use super::rng::Rng;
use super::state::{Core, State};

/// The fan at full speed.
const FAN_MW: i64 = 900;
/// Below this part of the nominal voltage an event is counted.
const LOW_PERMILLE: i64 = 930;
/// Worse is not modelled: a real board would be off.
const LOWEST_PERMILLE: i64 = 800;
/// Above this part of the current at full load an event is counted.
const HIGH_CURRENT_PERMILLE: i64 = 1050;
/// How long clocks stay halved after an event.
const HALVED_MS: u32 = 400;

/// Present draw of each [`Domain`].
#[derive(Clone, Debug)]
pub(super) struct Power {
    pub domain_mw: [i64; DOMAINS],
    halved_ms: u32,
}

/// What the input delivers when every domain draws its most and the fan is full on.
pub(super) fn full_input_mw(board: &Board) -> i64 {
    (board.full_sum_mw() + board.carrier_mw + FAN_MW).max(1)
}

/// Square of a clock's part of `top_khz`, per mille.
fn square_permille(freq_khz: u32, top_khz: u32) -> i64 {
    let part = i64::from(freq_khz) * 1000 / i64::from(top_khz.max(1));
    part * part / 1000
}

fn top(steps: &[u32]) -> u32 {
    steps.last().copied().unwrap_or(1)
}

/// Activity of the CPU as a whole, per mille of its most. A clock that runs
/// without work costs a sixteenth.
fn cpu_permille(board: &Board, cpus: &[Core]) -> i64 {
    let cores = board.clusters.iter().flat_map(|cluster| {
        let mine = move |n: &usize| cluster.core_mask & (1 << n) != 0;
        let cores = cpus.iter().enumerate().filter(move |(n, _)| mine(n));
        cores.map(|(_, core)| {
            let busy = 60 + 940 * i64::from(core.load_permille) / 1000;
            busy * square_permille(core.freq_khz, top(cluster.steps_khz)) / 1000
        })
    });
    cores.sum::<i64>() / board.cores.max(1) as i64
}

/// The same for the GPU; a gated one draws nothing, not even its idle power.
fn gpu_permille(board: &Board, state: &State) -> Option<i64> {
    let gpcs = state.gpu.gpc_khz.iter().filter(|khz| **khz > 0).count();
    let busy = 80 + 920 * i64::from(state.gpu.load_permille) / 1000;
    let square = square_permille(state.gpu.freq_khz, top(board.gpu.steps_khz));
    (gpcs > 0).then_some(busy * square / 1000)
}

fn engine_permille(state: &State, vision: bool) -> i64 {
    let mine = || state.engines.iter().filter(|e| is_vision(e.kind) == vision);
    let count = mine().count().max(1) as i64;
    mine().map(|e| i64::from(e.load_permille)).sum::<i64>() / count
}

fn emc_permille(board: &Board, state: &State) -> i64 {
    let steps = board.emc_steps_khz;
    let square = square_permille(state.emc.freq_khz, top(steps));
    let part = i64::from(state.emc.freq_khz) * 1000 / i64::from(top(steps).max(1));
    let traffic = i64::from(state.emc.load_permille) * part / 1000;
    (250 * square + 750 * traffic) / 1000
}

impl Power {
    pub(super) fn new() -> Power {
        Power { domain_mw: [0; DOMAINS], halved_ms: 0 }
    }

    /// Draw of one domain, in milliwatts.
    pub(super) fn draw_mw(&self, domain: Domain) -> i64 {
        // A Domain is below DOMAINS by its definition.
        self.domain_mw[domain as usize]
    }

    /// Whether the supply holds the clocks at half.
    pub(super) fn halved(&self) -> bool {
        self.halved_ms > 0
    }

    /// Takes loads and clocks from `state`, fills rails and input.
    pub(super) fn run(
        &mut self,
        board: &Board,
        sag_permille: i64,
        dt_ms: u32,
        rng: &mut Rng,
        state: &mut State,
    ) {
        self.draw(board, rng, state);
        for (rail, def) in state.rails.iter_mut().zip(board.rails) {
            let drawn: i64 = def.domains.iter().map(|d| self.draw_mw(*d)).sum();
            rail.now_mw = ((drawn + def.base_mw) * (1000 + def.loss_permille) / 1000) as i32;
        }
        self.supply(board, sag_permille, dt_ms, rng, state);
    }

    fn draw(&mut self, board: &Board, rng: &mut Rng, state: &State) {
        let cpu = cpu_permille(board, &state.cpus);
        let gpu = gpu_permille(board, state);
        let emc = emc_permille(board, state);
        let codec = engine_permille(state, false);
        let gpu_busy = gpu.unwrap_or(0);
        // In the order of Domain.
        let busy = [
            cpu,
            gpu_busy,
            engine_permille(state, true),
            (400 * gpu_busy + 300 * codec + 300 * emc) / 1000,
            emc,
            (cpu + gpu_busy) / 2,
        ];
        let ends = board.idle_mw.iter().zip(&board.full_mw);
        for ((mw, busy), (idle, full)) in self.domain_mw.iter_mut().zip(busy).zip(ends) {
            let exact = idle + (full - idle) * busy / 1000;
            *mw = exact + exact * rng.noise(8) / 1000;
        }
        if gpu.is_none() {
            self.domain_mw[Domain::Gpu as usize] = 0;
        }
        self.domain_mw[Domain::Sys as usize] += FAN_MW * i64::from(state.fan_pwm) / 255;
    }

    fn supply(&mut self, board: &Board, sag_permille: i64, dt_ms: u32, rng: &mut Rng, state: &mut State) {
        let input_mw = self.domain_mw.iter().sum::<i64>() + board.carrier_mw;
        let full_mw = full_input_mw(board);
        let lost_permille = sag_permille * input_mw / full_mw + rng.below(3);
        let left_permille = (1000 - lost_permille).max(LOWEST_PERMILLE);
        let input_mv = board.supply_mv * left_permille / 1000;
        let input_ma = input_mw * 1000 / input_mv.max(1);
        let full_ma = full_mw * 1000 / board.supply_mv.max(1);
        state.input_mw = input_mw as u32;
        state.input_mv = input_mv as u32;
        let low = left_permille < LOW_PERMILLE;
        let high = input_ma > full_ma * HIGH_CURRENT_PERMILLE / 1000;
        let [low_events, high_events] = &mut state.oc_events;
        self.halved_ms = self.halved_ms.saturating_sub(dt_ms);
        if self.halved_ms > 0 || !(low || high) {
            return;
        }
        *low_events += u32::from(low);
        *high_events += u32::from(high);
        self.halved_ms = HALVED_MS;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn power_grows_with_the_square_of_the_clock() {
        assert_eq!(square_permille(1000, 1000), 1000);
        assert_eq!(square_permille(500, 1000), 250);
        assert_eq!(square_permille(0, 1000), 0);
    }
}
