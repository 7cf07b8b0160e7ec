//! What the board is asked to do: demand over time.
//!
//! Demand is work, not load: per mille of what a part could do at its highest
//! clock. The same work shows as a high load on a slow clock and as a low one on
//! a fast clock.

use super::board::{Board, EngineKind, MAX_CORES};
use super::rng::Rng;

/// What runs on the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// A booted board, nobody working.
    Idle,
    /// Camera in, network on GPU and DLA, results out; pauses now and then.
    Inference,
    /// GPU full, loaders busy, memory filling up; lighter while it validates.
    Training,
    /// Everything at full in a hot box for five minutes, two minutes of rest.
    ThermalStress,
    /// Bursts of full load on a supply that cannot give it.
    BrownOut,
}

/// Demand of one moment.
#[derive(Clone, Debug)]
pub(super) struct Demand {
    /// Work of each possible core, per mille; beyond 1000 after redistribution.
    pub core_permille: [i64; MAX_CORES],
    pub gpu_permille: i64,
    pub mem_permille: i64,
    /// Camera, encoder, decoder, JPEG, VIC, optical flow.
    pub codec_permille: i64,
    /// DLA and PVA.
    pub vision_permille: i64,
    /// Wanted memory, per mille of the total, and more on top.
    pub ram_permille: i64,
    pub ram_extra_mb: i64,
    pub ambient_mc: i64,
    /// Resistance of supply and cable, for the board's full load: voltage lost at
    /// that load, per mille of nominal.
    pub sag_permille: i64,
}

/// One phase of a scenario: first core, next two cores, the others; then as above.
struct Phase {
    cores_permille: [i64; 3],
    gpu_permille: i64,
    mem_permille: i64,
    codec_permille: i64,
    vision_permille: i64,
}

const REST: Phase = phase([22, 10, 5], 0, 4, 0, 0);
/// A desktop redraws or a log is written.
const STIR: Phase = phase([70, 30, 10], 40, 12, 0, 0);
const INFER: Phase = phase([350, 220, 120], 620, 280, 350, 450);
const LULL: Phase = phase([120, 60, 30], 120, 90, 300, 0);
const TRAIN: Phase = phase([650, 600, 450], 1000, 550, 0, 0);
const VALIDATE: Phase = phase([300, 250, 150], 600, 350, 0, 0);
const FULL: Phase = phase([1000, 1000, 1000], 1000, 800, 900, 900);

const fn phase(
    cores_permille: [i64; 3],
    gpu_permille: i64,
    mem_permille: i64,
    codec_permille: i64,
    vision_permille: i64,
) -> Phase {
    Phase { cores_permille, gpu_permille, mem_permille, codec_permille, vision_permille }
}

/// Room temperature, and the inside of a closed box in the sun.
const ROOM_MC: i64 = 25_000;
const HOT_BOX_MC: i64 = 78_000;

impl Scenario {
    /// Every scenario, in order of rising trouble.
    pub const ALL: [Scenario; 5] = [
        Scenario::Idle,
        Scenario::Inference,
        Scenario::Training,
        Scenario::ThermalStress,
        Scenario::BrownOut,
    ];

    /// The scenario called `text`, exactly as [`Scenario::name`] has it.
    pub fn parse(text: &str) -> Option<Scenario> {
        Scenario::ALL.into_iter().find(|s| s.name() == text)
    }

    /// `idle`, `inference`, `training`, `thermal-stress` or `brown-out`.
    pub fn name(self) -> &'static str {
        match self {
            Scenario::Idle => "idle",
            Scenario::Inference => "inference",
            Scenario::Training => "training",
            Scenario::ThermalStress => "thermal-stress",
            Scenario::BrownOut => "brown-out",
        }
    }

    /// Demand at `time_ms` after the start; noise comes from `rng`.
    pub(super) fn demand(self, board: &Board, time_ms: u64, rng: &mut Rng) -> Demand {
        let phase = self.phase(time_ms);
        let (ram_permille, ram_extra_mb) = self.wanted_ram(time_ms);
        Demand {
            core_permille: core_work(phase, board, rng),
            gpu_permille: jitter(phase.gpu_permille, rng),
            mem_permille: jitter(phase.mem_permille, rng),
            codec_permille: jitter(phase.codec_permille, rng),
            vision_permille: jitter(phase.vision_permille, rng),
            ram_permille,
            ram_extra_mb,
            ambient_mc: self.ambient_mc(time_ms),
            // A good supply loses 1 % at full load; the one that browns out, 20 %.
            sag_permille: match self {
                Scenario::BrownOut => 200,
                _ => 10,
            },
        }
    }

    fn phase(self, time_ms: u64) -> &'static Phase {
        let in_cycle = |cycle_ms: u64, busy_ms: u64| time_ms % cycle_ms < busy_ms;
        match self {
            Scenario::Idle if in_cycle(23_000, 900) => &STIR,
            Scenario::Idle => &REST,
            Scenario::Inference if in_cycle(20_000, 16_000) => &INFER,
            Scenario::Inference => &LULL,
            Scenario::Training if in_cycle(30_000, 25_000) => &TRAIN,
            Scenario::Training => &VALIDATE,
            Scenario::ThermalStress if in_cycle(420_000, 300_000) => &FULL,
            Scenario::ThermalStress => &REST,
            Scenario::BrownOut if in_cycle(6_000, 2_000) => &FULL,
            Scenario::BrownOut => &LULL,
        }
    }

    fn ambient_mc(self, time_ms: u64) -> i64 {
        match self {
            Scenario::ThermalStress if time_ms % 420_000 < 300_000 => HOT_BOX_MC,
            _ => ROOM_MC,
        }
    }

    /// Per mille of all memory, and megabytes on top, on the way to a plateau.
    fn wanted_ram(self, time_ms: u64) -> (i64, i64) {
        let rise = |full_ms: u64| (time_ms.min(full_ms) * 1000 / full_ms) as i64;
        match self {
            Scenario::Idle => (90, 250),
            Scenario::Inference => (90 + 300 * rise(45_000) / 1000, 450),
            Scenario::Training => {
                let rise = rise(120_000);
                (90 + 660 * rise / 1000, 300 + 1200 * rise / 1000)
            }
            Scenario::ThermalStress => (90 + 400 * rise(30_000) / 1000, 450),
            Scenario::BrownOut => (90 + 200 * rise(30_000) / 1000, 450),
        }
    }
}

/// Work of each core; now and then one of them wakes up for something else.
fn core_work(phase: &Phase, board: &Board, rng: &mut Rng) -> [i64; MAX_CORES] {
    let mut work = [0; MAX_CORES];
    let [first, nearby, others] = phase.cores_permille;
    for (core, work) in work.iter_mut().enumerate().take(board.cores) {
        let level = match core {
            0 => first,
            1 | 2 => nearby,
            _ => others,
        };
        let spike = if rng.below(90) == 0 { 140 } else { 0 };
        *work = (jitter(level, rng) + spike).min(1000);
    }
    work
}

/// Moves a demand by up to an eighth, and by at most 6 per mille more, so that
/// small ones flicker too; nothing stays nothing, and full load stays full.
fn jitter(level: i64, rng: &mut Rng) -> i64 {
    match level {
        0 => 0,
        1000.. => 1000,
        level => (level + rng.noise((level / 8 + 6) as u32)).clamp(0, 1000),
    }
}

/// Share of a demand that an engine takes on, per mille; 0 leaves it off. Only a
/// demand near full (`all`) starts the second unit of a kind.
pub(super) fn engine_work(kind: EngineKind, demand: &Demand) -> i64 {
    let all = demand.codec_permille >= 800;
    let (of, share) = match kind {
        EngineKind::Nvdec0 => (demand.codec_permille, 1000),
        EngineKind::Vic => (demand.codec_permille, 700),
        EngineKind::Dla0 => (demand.vision_permille, 1000),
        EngineKind::Dla1 | EngineKind::Pva0 if all => (demand.vision_permille, 800),
        EngineKind::Nvenc0 | EngineKind::Ofa | EngineKind::Nvjpg0 if all => (demand.codec_permille, 900),
        EngineKind::Nvenc1 | EngineKind::Nvdec1 | EngineKind::Nvjpg1 if all => (demand.codec_permille, 600),
        _ => (0, 0),
    };
    of * share / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for scenario in Scenario::ALL {
            assert_eq!(Scenario::parse(scenario.name()), Some(scenario));
        }
        for text in ["", "Idle", "thermal stress", "brownout", "idle "] {
            assert_eq!(Scenario::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn jitter_keeps_its_bounds() {
        let mut rng = Rng::new(1);
        for level in [0, 1, 5, 500, 990, 1000] {
            for _ in 0..500 {
                let value = jitter(level, &mut rng);
                assert!((0..=1000).contains(&value), "{level} gave {value}");
                assert!(level != 0 || value == 0);
            }
        }
    }
}
