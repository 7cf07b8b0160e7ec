//! Memory in use, the largest free blocks, and swap.
//!
//! Use moves towards what the scenario wants and stops below the total: what does
//! not fit goes to swap, and only that.

use super::board::Board;
use super::rng::Rng;
use super::scenario::Demand;
use super::state::State;

/// Use stops here, per mille of the total: the kernel keeps a reserve.
const FULL_PERMILLE: i64 = 930;
/// The whole memory could be filled in this time.
const FILL_MS: i64 = 40_000;

/// Exact use, before the flicker that is shown.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    used_kb: i64,
    swap_kb: i64,
}

impl Memory {
    /// Memory of a board that already has what `demand` wants.
    pub(super) fn new(board: &Board, demand: &Demand) -> Memory {
        let (used_kb, swap_kb) = wanted_kb(board, demand);
        Memory { used_kb, swap_kb }
    }

    /// Moves on by `dt_ms` and fills the memory part of `state`.
    pub(super) fn run(
        &mut self,
        board: &Board,
        demand: &Demand,
        dt_ms: u32,
        rng: &mut Rng,
        state: &mut State,
    ) {
        let total_kb = i64::from(board.ram_total_mb) * 1024;
        let most_kb = total_kb * i64::from(dt_ms) / FILL_MS;
        let (used_kb, swap_kb) = wanted_kb(board, demand);
        self.used_kb = towards(self.used_kb, used_kb, most_kb);
        // Pages come back from swap only when touched, so it empties slowly.
        let swap_most_kb = if swap_kb > self.swap_kb { most_kb / 4 } else { most_kb / 32 };
        self.swap_kb = towards(self.swap_kb, swap_kb, swap_most_kb);
        let flicker_kb = rng.noise(4096);
        let shown_kb = (self.used_kb + flicker_kb).clamp(0, total_kb * 97 / 100);
        state.ram_used_mb = (shown_kb / 1024) as u32;
        state.swap_used_mb = (self.swap_kb / 1024) as u32;
        state.swap_cached_mb = state.swap_used_mb / 14;
        (state.lfb_count, state.lfb_size_kb) = largest_free(total_kb, shown_kb);
    }
}

/// RAM and swap that the demand would fill.
fn wanted_kb(board: &Board, demand: &Demand) -> (i64, i64) {
    let total_kb = i64::from(board.ram_total_mb) * 1024;
    let swap_kb = i64::from(board.swap_total_mb) * 1024;
    let wanted_kb = total_kb * demand.ram_permille / 1000 + demand.ram_extra_mb * 1024;
    let room_kb = total_kb * FULL_PERMILLE / 1000;
    let rest_kb = (wanted_kb - room_kb).clamp(0, swap_kb * 9 / 10);
    (wanted_kb.min(room_kb), rest_kb)
}

fn towards(from: i64, to: i64, most: i64) -> i64 {
    to.clamp(from - most, from + most)
}

/// Count and size of the largest blocks: 4 MB ones while there is room, then fewer
/// and smaller ones, as seen under pressure (`1x512kB`, `16x256kB`).
fn largest_free(total_kb: i64, used_kb: i64) -> (u32, u32) {
    let free_kb = total_kb - used_kb;
    let free_permille = free_kb * 1000 / total_kb.max(1);
    let (size_kb, spread) = match free_permille {
        150.. => (4096, 2),
        100..150 => (4096, 16),
        70..100 => (2048, 32),
        55..70 => (1024, 48),
        45..55 => (512, 48),
        _ => (256, 64),
    };
    let count = (free_kb / size_kb / spread).max(1);
    (count as u32, size_kb as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_shrink_with_memory() {
        let rows = [(100, 4096), (860, 4096), (920, 2048), (935, 1024), (950, 512), (990, 256)];
        for (used_permille, size_kb) in rows {
            let (count, got) = largest_free(4_000_000, 4000 * used_permille);
            assert_eq!(got, size_kb, "{used_permille}");
            assert!(count >= 1);
        }
    }
}
