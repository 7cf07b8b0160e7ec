//! A Jetson that is not there: a deterministic model of eight boards.
//!
//! The owner creates a [`Sim`], turns its knobs, moves time on with [`Sim::step`]
//! and reads [`State`], or has [`print::line`] write what tegrastats would print
//! there. [`tree::Tree`] keeps it as a directory of files; nothing else in here touches
//! a file or allocates after [`Sim::new`]. Nothing asks for the time. The same board,
//! scenario, seed, knobs and steps give the same bytes on every machine. All
//! arithmetic is on integers.

mod board;
mod clock;
pub mod fill;
mod memory;
mod power;
pub mod print;
mod release;
mod rng;
mod scenario;
mod state;
mod thermal;
pub mod tree;

#[cfg(test)]
mod tests;

pub use board::{
    BOARDS, Board, Cluster, Domain, EngineDef, EngineKind, EngineStyle, FanDef, Gate, GpuDef, Gr3d, Layout,
    MAX_CLUSTERS, MAX_CORES, MAX_GPCS, Mode, NC, PMIC, RailDef, Resolution, Sensing, ZoneDef,
};
pub use release::Release;
pub use scenario::Scenario;
pub use state::{Core, Emc, Engine, Gpu, Knobs, Rail, State, Zone};

use clock::{Clocks, Limits};
use memory::Memory;
use power::Power;
use rng::Rng;
use thermal::Thermal;

/// Longest time that is computed in one go; longer steps are cut into such slices.
const SLICE_MS: u32 = 250;

/// A board under a scenario.
#[derive(Clone, Debug)]
pub struct Sim {
    board: &'static Board,
    scenario: Scenario,
    knobs: Knobs,
    rng: Rng,
    clocks: Clocks,
    power: Power,
    thermal: Thermal,
    memory: Memory,
    /// Sum of each rail over all steps, for the mean.
    rail_sums_mw: Vec<i64>,
    steps: i64,
    state: State,
}

impl Sim {
    /// A board that has just begun with `scenario`; its state can be read at once.
    pub fn new(board: &'static Board, scenario: Scenario, seed: u64) -> Sim {
        let mut rng = Rng::new(seed);
        let demand = scenario.demand(board, 0, &mut rng);
        let mut power = Power::new();
        power.domain_mw = board.idle_mw;
        let mut sim = Sim {
            board,
            scenario,
            knobs: Knobs::new(board),
            rng,
            clocks: Clocks::new(),
            thermal: Thermal::new(board, &power, 25_000),
            power,
            memory: Memory::new(board, &demand),
            rail_sums_mw: vec![0; board.rails.len()],
            steps: 0,
            state: State::new(board),
        };
        sim.slice(0);
        sim.record();
        // What was recorded so far was no step: the mean starts with the first.
        sim.rail_sums_mw.fill(0);
        sim.steps = 0;
        sim
    }

    /// The knobs; a change takes effect with the next step.
    pub fn knobs_mut(&mut self) -> &mut Knobs {
        &mut self.knobs
    }

    /// The knobs as they stand.
    pub fn knobs(&self) -> &Knobs {
        &self.knobs
    }

    /// Moves time on by `dt_ms`; 0 reads the sensors again at the same moment. Each
    /// step is one sample for means and maxima, however long it is; its cost grows
    /// with the number of slices of 250 ms.
    pub fn step(&mut self, dt_ms: u32) {
        let mut left_ms = dt_ms;
        while left_ms > SLICE_MS {
            self.slice(SLICE_MS);
            left_ms -= SLICE_MS;
        }
        self.slice(left_ms);
        self.record();
    }

    /// What the board shows now.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The board that is modelled.
    pub fn board(&self) -> &'static Board {
        self.board
    }

    /// What it is doing.
    pub fn scenario(&self) -> Scenario {
        self.scenario
    }

    fn slice(&mut self, dt_ms: u32) {
        let (board, state) = (self.board, &mut self.state);
        state.uptime_ms = state.uptime_ms.saturating_add(u64::from(dt_ms));
        let demand = self.scenario.demand(board, state.uptime_ms, &mut self.rng);
        let turn = clock::Turn {
            board,
            knobs: &self.knobs,
            demand: &demand,
            limits: Limits { heat_permille: self.thermal.heat_permille(), halved: self.power.halved() },
            dt_ms,
        };
        self.clocks.run(turn, state);
        self.power.run(board, demand.sag_permille, dt_ms, &mut self.rng, state);
        let air = thermal::Air { ambient_mc: demand.ambient_mc, fan_pwm: self.knobs.fan_pwm };
        self.thermal.run(board, &self.power, air, dt_ms, &mut self.rng, state);
        self.memory.run(board, &demand, dt_ms, &mut self.rng, state);
        translate(board, &mut self.rng, state);
    }

    /// Takes the present readings into means and maxima.
    fn record(&mut self) {
        self.steps += 1;
        let first = self.steps == 1;
        for (rail, sum_mw) in self.state.rails.iter_mut().zip(&mut self.rail_sums_mw) {
            *sum_mw += i64::from(rail.now_mw);
            rail.avg_mw = (*sum_mw / self.steps) as i32;
            rail.max_mw = if first { rail.now_mw } else { rail.max_mw.max(rail.now_mw) };
        }
        for zone in self.state.zones.iter_mut().filter(|zone| !zone.off) {
            zone.max_mc = if first { zone.now_mc } else { zone.max_mc.max(zone.now_mc) };
        }
    }
}

/// Code translation goes on in the background while translating cores are busy.
fn translate(board: &Board, rng: &mut Rng, state: &mut State) {
    let cores = state.cpus.iter().enumerate();
    let busiest = cores
        .filter(|(n, core)| core.online && board.translating_mask & (1 << n) != 0)
        .map(|(_, core)| core.load_permille)
        .max();
    (state.mts_fg_percent, state.mts_bg_percent) = match busiest {
        Some(300..) => (rng.below(2) as u32, rng.below(11) as u32),
        Some(_) => (0, rng.below(2) as u32),
        None => (0, 0),
    };
}
