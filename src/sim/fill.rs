//! What the files of a simulated board's kernel say beyond its tegrastats line, put into a sample.
//!
//! The figures are those of the tree (src/sim/tree/), without the way through a file.

use super::Sim;
use super::board::{Board, Cluster, Mode};
use super::release::Release;
use super::state::{Knobs, State};
use crate::snapshot::{FanOwner, Pinned, Snapshot, Trip, TripKind};

/// The board cuts its own power so far above the point where it throttles.
pub(super) const CRITICAL_ABOVE_MC: i64 = 5_500;
/// Part of what is available that the page cache holds, and the buffers.
const CACHED_PART: u64 = 4;
const BUFFERS_PART: u64 = 32;
/// What the display holds of the GPU's memory, kB.
pub(super) const DISPLAY_KB: u64 = 18_140;
/// The part of the memory in use that a network holds while the GPU is busy.
const WORKER_PART: u64 = 4;
/// A disk of 64 GB: all, in use, available.
const DISK_BYTES: (u64, u64, u64) = (62_700_000_000, 23_400_000_000, 36_100_000_000);

/// Adds it to a sample that was read from the line of the same moment.
pub fn beyond(sim: &Sim, s: &mut Snapshot) {
    let mode = sim.board().mode(sim.knobs().mode);
    let (state, knobs) = (sim.state(), sim.knobs());
    s.power_mode.id = u32::try_from(knobs.mode).ok();
    s.power_mode.name.clear();
    s.power_mode.name.push_str(mode.map_or("", |mode| mode.name));
    s.pinned = Some(if knobs.clocks_locked { Pinned::On } else { Pinned::Off });
    s.uptime_ms = Some(state.uptime_ms);
    let busy = s.cpus.iter().filter_map(|core| core.load_pm).fold(0u32, u32::saturating_add) / 10;
    s.load_average = Some([busy; 3]);
    clusters(sim, mode, s);
    gpu(sim, mode, s);
    temperatures(sim, s);
    memory(sim, s);
    let disk = s.file_systems.entry("/");
    (disk.total_bytes, disk.used_bytes, disk.available_bytes) = DISK_BYTES;
    let fan = s.fans.entry("pwm-fan");
    fan.pwm = Some(u32::from(state.fan_pwm));
    fan.rpm = sim.board().fan.has_tachometer.then_some(state.fan_rpm);
    fan.owner = match sim.board().default_release() {
        _ if knobs.fan_pwm.is_some() => FanOwner::Manual,
        Release::R28 | Release::R31 | Release::R32 => FanOwner::Kernel,
        _ => FanOwner::Nvfancontrol,
    };
    if fan.owner == FanOwner::Nvfancontrol {
        fan.profile.push_str(fan_profile(sim.board()));
    }
}

/// What the network holds of the GPU's memory, kB; nothing while the GPU rests.
pub(super) fn worker_kb(state: &State) -> Option<u64> {
    let used_kb = u64::from(state.ram_used_mb) << 10;
    (state.gpu.load_permille > 0).then_some(used_kb / WORKER_PART)
}

/// The profile of a stock install: small kits are quiet.
pub(super) fn fan_profile(board: &Board) -> &'static str {
    if board.name.starts_with("agx") || board.name == "thor" { "cool" } else { "quiet" }
}

fn clusters(sim: &Sim, mode: Option<&Mode>, s: &mut Snapshot) {
    for (number, cluster) in (0u16..).zip(sim.board().clusters) {
        let first = cluster.core_mask.trailing_zeros();
        let own = s.clusters.entry(POLICIES.get(first as usize).copied().unwrap_or("policy"));
        let is_of = |core: u16| cluster.core_mask & 1u16.checked_shl(u32::from(core)).unwrap_or(0) != 0;
        own.cores.extend((0..16).filter(|core| is_of(*core)));
        let (min_khz, max_khz) = bounds(sim.knobs(), usize::from(number), cluster, mode);
        (own.min_khz, own.max_khz) = (Some(min_khz), Some(max_khz));
        own.hardware_min_khz = cluster.steps_khz.first().copied();
        own.hardware_max_khz = cluster.steps_khz.last().copied();
        own.governor.push_str("schedutil");
        for (core, place) in s.cpus.iter_mut().zip(0u16..).filter(|(_, place)| is_of(*place)) {
            core.cluster = Some(number);
            core.online = sim.state().cpus.get(usize::from(place)).map(|core| core.online);
            own.freq_khz = own.freq_khz.or(core.freq_khz);
        }
    }
}

/// The kernel names a policy by its first core.
const POLICIES: [&str; 14] = [
    "policy0", "policy1", "policy2", "policy3", "policy4", "policy5", "policy6", "policy7", "policy8",
    "policy9", "policy10", "policy11", "policy12", "policy13",
];

/// Limits of a cluster: what was asked for, under the mode's cap.
pub(super) fn bounds(knobs: &Knobs, number: usize, cluster: &Cluster, mode: Option<&Mode>) -> (u32, u32) {
    let asked = |of: &[Option<u32>]| of.get(number).copied().flatten();
    let (least_khz, most_khz) = (cluster.steps_khz.first(), cluster.steps_khz.last());
    let cap_khz = mode.map_or(u32::MAX, |mode| mode.cpu_max_khz).min(most_khz.copied().unwrap_or(0));
    let max_khz = asked(&knobs.cpu_max_khz).unwrap_or(cap_khz).min(cap_khz);
    let min_khz = asked(&knobs.cpu_min_khz).or(least_khz.copied()).unwrap_or(0);
    (min_khz.min(max_khz), max_khz)
}

fn gpu(sim: &Sim, mode: Option<&Mode>, s: &mut Snapshot) {
    let (board, knobs) = (sim.board(), sim.knobs());
    let (load_pm, freq_khz) = s.engine("GR3D").map_or((None, None), |gpu| (gpu.load_pm, gpu.freq_khz));
    let gpu = s.gpus.entry("gpu");
    (gpu.load_pm, gpu.freq_khz) = (load_pm, freq_khz);
    let cap_khz = mode.map_or(u32::MAX, |mode| mode.gpu_max_khz);
    gpu.max_khz = Some(knobs.gpu_max_khz.unwrap_or(cap_khz).min(cap_khz));
    gpu.min_khz = knobs.gpu_min_khz.or(board.gpu.steps_khz.first().copied());
    gpu.hardware_max_khz = board.gpu.steps_khz.last().copied();
    gpu.governor.push_str("nvhost_podgov");
    gpu.railgate = Some(!knobs.gpu_powered);
    s.emc.cap_khz = mode.map(|mode| mode.emc_max_khz);
    s.emc.max_khz = board.emc_steps_khz.last().copied();
    s.emc.min_khz = board.emc_steps_khz.first().copied();
    s.emc.locked = Some(knobs.clocks_locked);
}

fn temperatures(sim: &Sim, s: &mut Snapshot) {
    let throttle_mc = sim.board().throttle_mc;
    let trip = |kind, mc: i64| i32::try_from(mc).ok().map(|mc| Trip { kind, mc });
    for temp in s.temps.iter_mut().filter(|temp| temp.reading_mc().is_some()) {
        temp.trips.extend(trip(TripKind::Passive, throttle_mc));
        temp.trips.extend(trip(TripKind::Critical, throttle_mc + CRITICAL_ABOVE_MC));
    }
}

fn memory(sim: &Sim, s: &mut Snapshot) {
    let state = sim.state();
    let available = u64::from(state.ram_total_mb.saturating_sub(state.ram_used_mb)) << 20;
    let (cached, buffers) = (available / CACHED_PART, available / BUFFERS_PART);
    let parts = &mut s.ram_parts;
    parts.available_bytes = Some(available);
    (parts.cached_bytes, parts.buffers_bytes) = (Some(cached), Some(buffers));
    parts.free_bytes = Some(available.saturating_sub(cached).saturating_sub(buffers));
    parts.shared_bytes = Some((u64::from(state.ram_total_mb) << 20) / 256);
    // Thor's memory of the GPU is not in NvMap.
    let gpu_kb = DISPLAY_KB + worker_kb(state).unwrap_or(0);
    parts.gpu_bytes = (sim.board().name != "thor").then_some(gpu_kb << 10);
}
