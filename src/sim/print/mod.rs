//! A tegrastats line of the modelled board, as its release would print it.
//!
//! [`line()`] only appends to the buffer it is given and shows the state as it is,
//! cut to what the tool prints: MHz, whole percent, milliwatts, up to three
//! decimals of a degree. Parsing a line gives the state back at that resolution.
//! "User" is a tegrastats started without root.

mod engine;
#[cfg(test)]
mod tests;

use super::board::{Board, Gr3d, Layout};
use super::release::Release;
use super::state::{Core, State, Zone};
use super::{NC, PMIC, Sim};

/// Local time, as R34 and later put it in front of the line. Not checked: the 30th of February is
/// printed as given.
pub use crate::sys::LocalTime as Stamp;

/// Time of a simulation that is to be repeated: within the month that it begins in.
pub fn seeded_stamp(ms: u64) -> Stamp {
    let seconds = ms / 1000;
    let part = |value: u64| u8::try_from(value).unwrap_or(0);
    Stamp {
        year: 2026,
        month: 1,
        day: part(1 + seconds / 86_400 % 31),
        hour: part(seconds / 3600 % 24),
        minute: part(seconds / 60 % 60),
        second: part(seconds % 60),
    }
}

/// What decides the form of a line.
pub(super) struct Form {
    board: &'static Board,
    pub(super) layout: &'static Layout,
    pub(super) release: Release,
    user: bool,
}

/// Appends one line without its end. A release that the board never had is printed
/// as the board's release before it, or else as its oldest.
pub fn line(sim: &Sim, release: Release, user: bool, stamp: Stamp, out: &mut Vec<u8>) {
    let board = sim.board();
    let Some(layout) = board.layout(release) else {
        return;
    };
    let form = Form { board, layout, release: layout.release, user };
    let state = sim.state();
    if form.release >= Release::R34 {
        push_stamp(out, stamp);
    }
    push_memory(out, &form, state);
    push_cpus(out, &state.cpus);
    push_emc(out, &form, state);
    push_gpu(out, &form, state);
    if !user {
        engine::push_engines(out, &form, &state.engines);
        push_field(out, b" APE ", layout.ape_mhz);
        push_mts(out, &form, state);
    }
    push_temps(out, &form, &state.zones);
    push_rails(out, &form, state);
}

pub(super) fn push_number(out: &mut Vec<u8>, number: impl Into<i64>) {
    let number = number.into();
    if number < 0 {
        out.push(b'-');
    }
    push_digits(out, number.unsigned_abs(), 1);
}

/// At least `width` digits.
fn push_digits(out: &mut Vec<u8>, number: u64, width: u32) {
    if number >= 10 || width > 1 {
        push_digits(out, number / 10, width.saturating_sub(1));
    }
    out.push(b'0' + (number % 10) as u8);
}

pub(super) fn push_field(out: &mut Vec<u8>, before: &[u8], number: impl Into<i64>) {
    out.extend_from_slice(before);
    push_number(out, number);
}

/// `12%`
pub(super) fn push_percent(out: &mut Vec<u8>, permille: u32) {
    push_number(out, permille / 10);
    out.push(b'%');
}

/// `12%@204`
pub(super) fn push_clocked(out: &mut Vec<u8>, permille: u32, freq_khz: u32) {
    push_percent(out, permille);
    push_field(out, b"@", freq_khz / 1000);
}

fn push_stamp(out: &mut Vec<u8>, stamp: Stamp) {
    push_digits(out, stamp.month.into(), 2);
    out.push(b'-');
    push_digits(out, stamp.day.into(), 2);
    out.push(b'-');
    push_digits(out, stamp.year.max(0) as u64, 4);
    for (before, part) in [(b' ', stamp.hour), (b':', stamp.minute), (b':', stamp.second)] {
        out.push(before);
        push_digits(out, part.into(), 2);
    }
    out.push(b' ');
}

fn push_memory(out: &mut Vec<u8>, form: &Form, state: &State) {
    push_field(out, b"RAM ", state.ram_used_mb);
    push_field(out, b"/", state.ram_total_mb);
    push_field(out, b"MB (lfb ", state.lfb_count);
    let (size, unit): (u32, &[u8]) = match state.lfb_size_kb {
        kb @ 1024.. => (kb / 1024, b"MB)"),
        kb => (kb, b"kB)"),
    };
    push_field(out, b"x", size);
    out.extend_from_slice(unit);
    if form.layout.swap {
        push_field(out, b" SWAP ", state.swap_used_mb);
        push_field(out, b"/", state.swap_total_mb);
        push_field(out, b"MB (cached ", state.swap_cached_mb);
        out.extend_from_slice(b"MB)");
    }
    if !form.user && state.iram_total_kb > 0 {
        push_field(out, b" IRAM ", state.iram_used_kb);
        push_field(out, b"/", state.iram_total_kb);
        push_field(out, b"kB(lfb ", state.iram_lfb_kb);
        out.extend_from_slice(b"kB)");
    }
}

fn push_cpus(out: &mut Vec<u8>, cpus: &[Core]) {
    out.extend_from_slice(b" CPU [");
    for (n, core) in cpus.iter().enumerate() {
        if n > 0 {
            out.push(b',');
        }
        match core.online {
            true => push_clocked(out, core.load_permille, core.freq_khz),
            false => out.extend_from_slice(b"off"),
        }
    }
    out.push(b']');
}

fn push_emc(out: &mut Vec<u8>, form: &Form, state: &State) {
    if !form.user {
        out.extend_from_slice(b" EMC_FREQ ");
        push_clocked(out, state.emc.load_permille, state.emc.freq_khz);
    } else if (Release::R31..=Release::R35).contains(&form.release) {
        // A constant, not a reading.
        out.extend_from_slice(b" EMC_FREQ 0%");
    }
}

fn push_gpu(out: &mut Vec<u8>, form: &Form, state: &State) {
    let style = form.layout.gr3d;
    match form.user {
        true if form.release == Release::R28 || style == Gr3d::ClocksOnly => {}
        true => push_gpu_user(out, form, state),
        false => push_gpu_root(out, form, state),
    }
}

fn push_gpu_user(out: &mut Vec<u8>, form: &Form, state: &State) {
    out.extend_from_slice(b" GR3D_FREQ ");
    push_percent(out, state.gpu.load_permille);
    // Seen for a user on R35 (Orin NX), not on R34 (AGX Orin).
    if form.layout.gr3d == Gr3d::Pair && form.release == Release::R35 {
        out.extend_from_slice(b" GR3D2_FREQ ");
        push_percent(out, state.gpu.load_permille);
        out.extend_from_slice(b"@0");
    }
}

fn push_gpu_root(out: &mut Vec<u8>, form: &Form, state: &State) {
    let gpu = &state.gpu;
    let [first_khz, second_khz, _] = gpu.gpc_khz;
    out.extend_from_slice(b" GR3D_FREQ ");
    match form.layout.gr3d {
        Gr3d::Single => push_clocked(out, gpu.load_permille, first_khz),
        Gr3d::Pair => {
            push_clocked(out, gpu.load_permille, first_khz);
            out.extend_from_slice(b" GR3D2_FREQ ");
            push_clocked(out, gpu.load_permille, second_khz);
        }
        Gr3d::List => {
            push_percent(out, gpu.load_permille);
            push_gpcs(out, form, state);
        }
        Gr3d::ClocksOnly => push_gpcs(out, form, state),
    }
}

/// `@[305,305]`
fn push_gpcs(out: &mut Vec<u8>, form: &Form, state: &State) {
    let mut before: &[u8] = b"@[";
    for khz in state.gpu.gpc_khz.iter().take(form.board.gpu.gpcs) {
        push_field(out, before, khz / 1000);
        before = b",";
    }
    out.push(b']');
}

/// Up to R32, and only with a translating core online.
fn push_mts(out: &mut Vec<u8>, form: &Form, state: &State) {
    let mask = form.board.translating_mask;
    let mut cores = state.cpus.iter().enumerate();
    let translating = cores.any(|(n, core)| core.online && mask & (1 << n) != 0);
    if form.release <= Release::R32 && translating {
        push_field(out, b" MTS fg ", state.mts_fg_percent);
        push_field(out, b"% bg ", state.mts_bg_percent);
        out.push(b'%');
    }
}

fn push_temps(out: &mut Vec<u8>, form: &Form, zones: &[Zone]) {
    // R32 here is R32.6: 50 came with R32.7.
    let pmic_mc = if form.release <= Release::R32 { 100_000 } else { 50_000 };
    for (name, index) in form.layout.temps {
        let constant = Zone { now_mc: pmic_mc, max_mc: pmic_mc, off: false };
        let zone = match *index {
            PMIC => Some(constant),
            index => zones.get(index).copied(),
        };
        let Some(zone) = zone else { continue };
        if !zone.off {
            push_zone(out, name, zone, form.release >= Release::R39);
        } else if form.release <= Release::R35 {
            push_name(out, name);
            out.extend_from_slice(b"@-256C");
        }
    }
}

fn push_name(out: &mut Vec<u8>, name: &str) {
    out.push(b' ');
    out.extend_from_slice(name.as_bytes());
}

fn push_zone(out: &mut Vec<u8>, name: &str, zone: Zone, with_max: bool) {
    push_name(out, name);
    out.push(b'@');
    push_degrees(out, zone.now_mc);
    if with_max {
        out.push(b'/');
        push_degrees(out, zone.max_mc);
    }
}

/// `48C`, `46.25C`, `-0.5C`: no trailing zeros.
fn push_degrees(out: &mut Vec<u8>, milli: i32) {
    if milli < 0 {
        out.push(b'-');
    }
    let milli = u64::from(milli.unsigned_abs());
    push_digits(out, milli / 1000, 1);
    match milli % 1000 {
        0 => {}
        rest => {
            out.push(b'.');
            push_digits(out, rest, 3);
            while out.last() == Some(&b'0') {
                out.pop();
            }
        }
    }
    out.push(b'C');
}

fn push_rails(out: &mut Vec<u8>, form: &Form, state: &State) {
    // Up to R35.3 a user gets none; later builds of R35 are not modelled.
    if form.user && matches!(form.release, Release::R34 | Release::R35) {
        return;
    }
    let unit: &[u8] = if form.release >= Release::R34 { b"mW" } else { b"" };
    for (name, index) in form.layout.rails {
        let rail = state.rails.get(*index);
        let readings = match rail {
            Some(rail) => [rail.now_mw, rail.avg_mw, rail.max_mw],
            None if *index == NC => [0; 3],
            None => continue,
        };
        let shown = if form.release >= Release::R39 { 3 } else { 2 };
        push_name(out, name);
        let mut before: &[u8] = b" ";
        for mw in readings.into_iter().take(shown) {
            push_field(out, before, mw);
            out.extend_from_slice(unit);
            before = b"/";
        }
    }
}
