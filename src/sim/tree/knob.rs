//! What others write into the files, turned into knobs of the model.
//!
//! A value is taken from the first line of a file, as far as the kernel or the vendor's tool would
//! take it; anything else acts on nothing, and the file is written again as it was.

use super::super::board::Board;
use super::super::state::Knobs;
use super::cpu::{highest_khz, lowest_khz};
use super::sheet::{Handle, Page};
use crate::scan;

/// What the files hold beside the knobs.
#[derive(Clone, Debug)]
pub(super) struct Held {
    /// hwmon's switch of the fan: 0 or 1. The service writes `pwm1` as a person would, so it is 1
    /// for both.
    pub pwm_enable: u8,
    /// Memory stays at one rate.
    pub emc_locked: bool,
    /// The rate that was asked for since it was last unlocked.
    emc_asked_khz: Option<u32>,
}

impl Held {
    pub(super) fn new() -> Held {
        Held { pwm_enable: 1, emc_locked: false, emc_asked_khz: None }
    }
}

/// Turns what was found in a page's file.
pub(super) struct Turn<'a> {
    pub board: &'static Board,
    pub knobs: &'a mut Knobs,
    pub held: &'a mut Held,
    /// Present clock of the memory and present fan.
    pub emc_khz: u32,
    pub fan_pwm: u8,
    /// Whether `pwm1_enable` 0 stops the fan, as on Thor, or leaves it at full speed.
    pub zero_stops: bool,
}

fn first_line(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii()
}

/// A whole number and nothing else.
fn number(text: &[u8]) -> Option<u64> {
    match scan::apart::number(text) {
        Some((value, [])) => Some(value),
        _ => None,
    }
}

/// The id in `pmode:0002`; a fan mode may follow.
fn mode_id(text: &[u8]) -> Option<usize> {
    let digits = text.strip_prefix(b"pmode:")?;
    let (id, rest) = scan::apart::number(digits)?;
    (rest.is_empty() || rest.starts_with(b" ")).then_some(usize::try_from(id).ok()?)
}

fn flag(value: u64) -> Option<bool> {
    match value {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}

/// A bound in kHz within the steps, or `None` where it leaves all of them.
fn bound(steps_khz: &[u32], khz: u64, lower: bool) -> Option<u32> {
    let (lowest, highest) = (steps_khz.first().copied()?, steps_khz.last().copied()?);
    let khz = u32::try_from(khz).unwrap_or(u32::MAX).clamp(lowest, highest);
    (khz != if lower { lowest } else { highest }).then_some(khz)
}

impl Turn<'_> {
    /// Takes what a file of `page` holds now. What it means nothing to is left.
    pub(super) fn take(&mut self, bytes: &[u8], page: &mut Page) {
        let line = first_line(bytes);
        let Some(handle) = page.handle else { return };
        let kept = match handle {
            Handle::Kept(allowed) => allowed.iter().any(|text| text.as_bytes() == line),
            Handle::Figure => number(line).is_some_and(|value| value <= u64::from(u32::MAX)),
            Handle::Mode => {
                if let Some(id) = mode_id(line).filter(|id| *id < self.board.modes.len()) {
                    self.choose_mode(id);
                }
                false
            }
            _ => {
                let _ = number(line).and_then(|value| self.turn(handle, value));
                false
            }
        };
        if kept {
            page.content.clear();
            page.content.extend_from_slice(line);
            page.content.push(b'\n');
        }
    }

    /// A mode sets all limits anew, as nvpmodel does.
    fn choose_mode(&mut self, id: usize) {
        let fresh = Knobs::new(self.board);
        let fan_pwm = self.knobs.fan_pwm;
        let Knobs { gpu_powered, clocks_locked, emc_min_khz, .. } = *self.knobs;
        *self.knobs = Knobs { mode: id, fan_pwm, gpu_powered, clocks_locked, emc_min_khz, ..fresh };
    }

    fn turn(&mut self, handle: Handle, value: u64) -> Option<()> {
        let board = self.board;
        match handle {
            Handle::Pwm => self.set_fan(Some(u8::try_from(value).ok()?), 1),
            Handle::PwmEnable => match value {
                0 => self.set_fan(Some(if self.zero_stops { 0 } else { 255 }), 0),
                1 => self.set_fan(Some(self.fan_pwm), 1),
                2 => self.set_fan(None, 1),
                _ => return None,
            },
            Handle::TempControl | Handle::Service => {
                let pwm = if flag(value)? { None } else { Some(self.fan_pwm) };
                self.set_fan(pwm, 1);
            }
            Handle::CpuMin(n) => {
                let cluster = board.clusters.get(n)?;
                let khz = value.max(u64::from(lowest_khz(cluster)));
                *self.knobs.cpu_min_khz.get_mut(n)? = bound(cluster.steps_khz, khz, true);
            }
            Handle::CpuMax(n) => {
                let cluster = board.clusters.get(n)?;
                let khz = value.min(u64::from(highest_khz(cluster)));
                *self.knobs.cpu_max_khz.get_mut(n)? = bound(cluster.steps_khz, khz, false);
            }
            Handle::GpuMin => self.knobs.gpu_min_khz = bound(board.gpu.steps_khz, value / 1000, true),
            Handle::GpuMax => self.knobs.gpu_max_khz = bound(board.gpu.steps_khz, value / 1000, false),
            Handle::EmcMin => self.knobs.emc_min_khz = bound(board.emc_steps_khz, value / 1000, true),
            Handle::EmcMax if value == 0 => self.knobs.emc_max_khz = None,
            Handle::EmcMax => self.knobs.emc_max_khz = bound(board.emc_steps_khz, value / 1000, false),
            Handle::Railgate => self.knobs.gpu_powered = !flag(value)?,
            Handle::Online(n) => self.set_online(n, flag(value)?)?,
            Handle::EmcLocked => {
                self.held.emc_locked = flag(value)?;
                if !self.held.emc_locked {
                    self.held.emc_asked_khz = None;
                }
                self.lock_emc();
            }
            Handle::EmcRate => {
                self.held.emc_asked_khz = Some(u32::try_from(value / 1000).ok()?);
                self.lock_emc();
            }
            Handle::Mode | Handle::Kept(_) | Handle::Figure => return None,
        }
        Some(())
    }

    fn set_fan(&mut self, pwm: Option<u8>, enable: u8) {
        self.knobs.fan_pwm = pwm;
        self.held.pwm_enable = enable;
    }

    /// Core 0 stays on.
    fn set_online(&mut self, core: usize, on: bool) -> Option<()> {
        let bit = 1u16.checked_shl(u32::try_from(core).ok()?)?;
        let online = self.knobs.online(self.board);
        self.knobs.online_mask = Some(if on { online | bit } else { online & !bit });
        Some(())
    }

    /// A locked memory stays at the rate that was asked for, or at the one that it has.
    fn lock_emc(&mut self) {
        if !self.held.emc_locked {
            self.knobs.emc_min_khz = None;
            self.knobs.emc_max_khz = None;
            return;
        }
        let khz = *self.held.emc_asked_khz.get_or_insert(self.emc_khz);
        self.knobs.emc_min_khz = Some(khz);
        self.knobs.emc_max_khz = Some(khz);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_modes_and_numbers() {
        for (text, id) in [("pmode:0002", 2), ("pmode:0000 fmode:cool", 0), ("pmode:3", 3)] {
            assert_eq!(mode_id(text.as_bytes()), Some(id), "{text}");
        }
        for (text, value) in [("0", 0), ("255", 255), ("1984000", 1_984_000)] {
            assert_eq!(number(text.as_bytes()), Some(value), "{text}");
        }
    }

    #[test]
    fn err_modes_and_numbers() {
        for text in ["", "pmode:", "pmode:x", "pmode:-1", "pmode: 2", "pmode:2x", "2", "PMODE:2", "\0"] {
            assert_eq!(mode_id(text.as_bytes()), None, "{text}");
        }
        for text in ["", " 1", "1 ", "-1", "+1", "1.5", "0x1", "1 2", "99999999999999999999999", "\u{fffd}"] {
            assert_eq!(number(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn bounds_stay_in_the_steps() {
        let steps = [100, 200, 300];
        for (khz, lower, wanted) in [
            (0, true, None),
            (100, true, None),
            (150, true, Some(150)),
            (300, true, Some(300)),
            (u64::MAX, true, Some(300)),
            (300, false, None),
            (u64::MAX, false, None),
            (250, false, Some(250)),
            (0, false, Some(100)),
        ] {
            assert_eq!(bound(&steps, khz, lower), wanted, "{khz} {lower}");
        }
        assert_eq!(bound(&[], 5, true), None);
    }
}
