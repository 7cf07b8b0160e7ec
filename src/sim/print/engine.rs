//! The engine tokens of a tegrastats line; only root sees them.
//!
//! The same engine has up to four names: NVENC up to R36, NVENC0 in R39 and
//! NVENC0_FREQ on Thor; a value is a clock, a load with a clock, or `off`.

use super::super::board::{EngineKind, EngineStyle};
use super::super::release::Release;
use super::super::state::Engine;
use super::{Form, push_clocked, push_field, push_number, push_percent};

/// Appends the engines, in the order of the board.
pub(super) fn push_engines(out: &mut Vec<u8>, form: &Form, engines: &[Engine]) {
    for engine in engines {
        let mhz = engine.freq_khz / 1000;
        let Some(name) = engine_name(engine, form) else {
            continue;
        };
        out.push(b' ');
        out.extend_from_slice(name.as_bytes());
        out.push(b' ');
        match (form.layout.engines, engine.kind) {
            (EngineStyle::WhileOn, EngineKind::Dla0 | EngineKind::Dla1) => {
                push_field(out, b"@", mhz);
            }
            (EngineStyle::WhileOn, EngineKind::Vic) if form.release == Release::R32 => {
                push_clocked(out, engine.load_permille, engine.freq_khz);
            }
            (EngineStyle::WhileOn, _) => push_number(out, mhz),
            (EngineStyle::Clocks, kind) if !has_load_on_thor(kind) => push_field(out, b"@", mhz),
            _ if !engine.on => out.extend_from_slice(b"off"),
            (_, EngineKind::Pva0) => push_pva(out, engine),
            _ => push_clocked(out, engine.load_permille, engine.freq_khz),
        }
    }
}

/// Two vector cores under one clock: `[40%,40%]@704`, as documented; no capture shows
/// a PVA at work.
fn push_pva(out: &mut Vec<u8>, engine: &Engine) {
    out.push(b'[');
    push_percent(out, engine.load_permille);
    out.push(b',');
    push_percent(out, engine.load_permille);
    push_field(out, b"]@", engine.freq_khz / 1000);
}

fn has_load_on_thor(kind: EngineKind) -> bool {
    matches!(kind, EngineKind::Vic | EngineKind::Pva0)
}

/// The name of an engine that is printed in this form.
fn engine_name(engine: &Engine, form: &Form) -> Option<&'static str> {
    let (kind, release) = (engine.kind, form.release);
    match form.layout.engines {
        EngineStyle::WhileOn => name_while_on(kind, engine.on, release),
        EngineStyle::Listed => name_listed(kind),
        EngineStyle::Numbered => name_numbered(kind),
        EngineStyle::Clocks => name_clock(kind),
    }
}

/// Up to R35. VIC was seen from late R32 on, while on; R34 and R35 show its clock on
/// idle boards as well. DLA was seen on R35 only.
fn name_while_on(kind: EngineKind, on: bool, release: Release) -> Option<&'static str> {
    match kind {
        EngineKind::Vic if release >= Release::R34 => Some("VIC_FREQ"),
        _ if !on => None,
        EngineKind::Vic => (release == Release::R32).then_some("VIC_FREQ"),
        EngineKind::Nvenc0 => Some("NVENC"),
        EngineKind::Nvdec0 => Some("NVDEC"),
        EngineKind::Nvjpg0 if release >= Release::R34 => Some("NVJPG"),
        EngineKind::Nvjpg1 => Some("NVJPG1"),
        EngineKind::Dla0 if release >= Release::R35 => Some("NVDLA0_FREQ"),
        EngineKind::Dla1 if release >= Release::R35 => Some("NVDLA1_FREQ"),
        _ => None,
    }
}

fn name_listed(kind: EngineKind) -> Option<&'static str> {
    match kind {
        EngineKind::Nvenc0 => Some("NVENC"),
        EngineKind::Nvdec0 => Some("NVDEC"),
        EngineKind::Nvjpg0 => Some("NVJPG"),
        _ => name_numbered(kind),
    }
}

fn name_numbered(kind: EngineKind) -> Option<&'static str> {
    Some(match kind {
        EngineKind::Nvenc0 => "NVENC0",
        EngineKind::Nvenc1 => "NVENC1",
        EngineKind::Nvdec0 => "NVDEC0",
        EngineKind::Nvdec1 => "NVDEC1",
        EngineKind::Nvjpg0 => "NVJPG0",
        EngineKind::Nvjpg1 => "NVJPG1",
        EngineKind::Vic => "VIC",
        EngineKind::Ofa => "OFA",
        EngineKind::Dla0 => "NVDLA0",
        EngineKind::Dla1 => "NVDLA1",
        EngineKind::Pva0 => "PVA0_FREQ",
    })
}

fn name_clock(kind: EngineKind) -> Option<&'static str> {
    match kind {
        EngineKind::Nvenc0 => Some("NVENC0_FREQ"),
        EngineKind::Nvenc1 => Some("NVENC1_FREQ"),
        EngineKind::Nvdec0 => Some("NVDEC0_FREQ"),
        EngineKind::Nvdec1 => Some("NVDEC1_FREQ"),
        EngineKind::Nvjpg0 => Some("NVJPG0_FREQ"),
        EngineKind::Ofa => Some("OFA_FREQ"),
        EngineKind::Vic | EngineKind::Pva0 => name_numbered(kind),
        EngineKind::Nvjpg1 | EngineKind::Dla0 | EngineKind::Dla1 => None,
    }
}
