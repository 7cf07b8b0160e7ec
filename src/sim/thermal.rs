//! Heat: the sink, the sensors, the fan, and the throttle that heat pulls.
//!
//! The sink follows the whole input power slowly, each sensor follows its domain
//! quickly on top. The cooler is made for the board: full power lifts the sink by
//! [`RISE_STILL_MC`] without the fan and by [`RISE_BLOWN_MC`] with it.

use super::board::{Board, Resolution, Sensing, ZoneDef};
use super::clock::is_gated;
use super::power::{Power, full_input_mw};
use super::rng::Rng;
use super::state::{State, Zone};

const RISE_STILL_MC: i64 = 66_000;
const RISE_BLOWN_MC: i64 = 25_000;
/// Time constants of the sink without and with full fan, and of a sensor.
const SINK_STILL_MS: i64 = 60_000;
const SINK_BLOWN_MS: i64 = 30_000;
const SENSOR_MS: i64 = 2_500;
/// Beyond this a real board has cut its own power.
const HIGHEST_UC: i64 = 112_000_000;
/// Clocks come back once it is this much cooler than the throttle point.
const RELEASE_MC: i64 = 3_000;
/// One step down in this time while too hot, and one up in twice the time.
const THROTTLE_STEP_MS: u32 = 500;
/// Each level takes 9 % of the clock, and the last leaves a fifth of it.
const LEVELS: u32 = 9;
const LEVEL_PERMILLE: u32 = 90;
/// The PWM moves this far in a second.
const PWM_PER_S: i64 = 60;
/// A fan starts to turn here.
const PWM_START: u8 = 30;

/// What is around the board: the room, and the fan if somebody set it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Air {
    pub ambient_mc: i64,
    pub fan_pwm: Option<u8>,
}

/// Temperatures in micro-degrees, so that short slices add up.
#[derive(Clone, Debug)]
pub(super) struct Thermal {
    sink_uc: i64,
    zones_uc: Vec<i64>,
    throttle_level: u32,
    throttle_ms: u32,
    fan_step: usize,
    /// PWM in thousandths, for the same reason.
    pwm_milli: i64,
}

/// One step of `from` towards `to` with a time constant; stable for any `dt_ms`.
fn approach(from: i64, to: i64, dt_ms: u32, tau_ms: i64) -> i64 {
    let dt = i64::from(dt_ms);
    from + (to - from) * dt / (tau_ms + dt).max(1)
}

/// Cuts to what the sensor can tell.
fn quantise(micro: i64, resolution: Resolution) -> i32 {
    let milli = match resolution {
        Resolution::Milli(step) => (micro / 1000).div_euclid(step.max(1)) * step,
        Resolution::Thirtysecond => (micro * 32).div_euclid(1_000_000) * 1000 / 32,
    };
    milli as i32
}

/// The hottest zone that can be read.
pub(super) fn hottest_mc(zones: &[Zone]) -> i32 {
    let on = zones.iter().filter(|zone| !zone.off);
    on.map(|zone| zone.now_mc).max().unwrap_or(0)
}

impl Thermal {
    /// A board that has idled at `ambient_mc` for a while, drawing `power`.
    pub(super) fn new(board: &Board, power: &Power, ambient_mc: i64) -> Thermal {
        let mut thermal = Thermal {
            sink_uc: 0,
            zones_uc: vec![0; board.zones.len()],
            throttle_level: 0,
            throttle_ms: 0,
            fan_step: 0,
            pwm_milli: board.fan.curve.first().map_or(0, |s| i64::from(s.1)) * 1000,
        };
        thermal.sink_uc = sink_target_uc(board, power, ambient_mc, 0);
        for (uc, def) in thermal.zones_uc.iter_mut().zip(board.zones) {
            *uc = sensor_target_uc(board, power, def, thermal.sink_uc).unwrap_or(0);
        }
        thermal
    }

    /// Part of the clock cap that heat leaves, per mille.
    pub(super) fn heat_permille(&self) -> u32 {
        1000 - LEVEL_PERMILLE * self.throttle_level.min(LEVELS)
    }

    /// Moves temperatures, fan and throttle on by `dt_ms`.
    pub(super) fn run(
        &mut self,
        board: &Board,
        power: &Power,
        air: Air,
        dt_ms: u32,
        rng: &mut Rng,
        state: &mut State,
    ) {
        let cool_permille = i64::from(state.fan_rpm) * 1000 / i64::from(board.fan.max_rpm.max(1));
        let target_uc = sink_target_uc(board, power, air.ambient_mc, cool_permille);
        let tau_ms = SINK_STILL_MS - (SINK_STILL_MS - SINK_BLOWN_MS) * cool_permille / 1000;
        self.sink_uc = approach(self.sink_uc, target_uc, dt_ms, tau_ms).min(HIGHEST_UC);
        self.read_sensors(board, power, dt_ms, rng, state);
        compute_zones(board, state);
        self.turn_fan(board, air.fan_pwm, dt_ms, state);
        self.throttle(board, dt_ms, state);
    }

    fn read_sensors(&mut self, board: &Board, power: &Power, dt_ms: u32, rng: &mut Rng, state: &mut State) {
        for (n, (uc, def)) in self.zones_uc.iter_mut().zip(board.zones).enumerate() {
            let off = is_gated(def.gate, state);
            let target_uc = sensor_target_uc(board, power, def, self.sink_uc);
            let Some((target_uc, zone)) = target_uc.zip(state.zones.get_mut(n)) else {
                continue;
            };
            *uc = approach(*uc, target_uc, dt_ms, SENSOR_MS).min(HIGHEST_UC);
            zone.off = off;
            if !off {
                zone.now_mc = quantise(*uc + rng.noise(60_000), def.resolution);
            }
        }
    }

    fn turn_fan(&mut self, board: &Board, fixed: Option<u8>, dt_ms: u32, state: &mut State) {
        let fan = &board.fan;
        let hot_mc = i64::from(hottest_mc(&state.zones));
        let step_mc = |n: usize| fan.curve.get(n).map(|step| step.0);
        while step_mc(self.fan_step + 1).is_some_and(|mc| hot_mc >= mc) {
            self.fan_step += 1;
        }
        while self.fan_step > 0 && step_mc(self.fan_step).is_some_and(|mc| hot_mc < mc - fan.hysteresis_mc) {
            self.fan_step -= 1;
        }
        let curve_pwm = fan.curve.get(self.fan_step).map_or(255, |step| step.1);
        let move_milli = PWM_PER_S * i64::from(dt_ms);
        self.pwm_milli = match fixed {
            Some(pwm) => i64::from(pwm) * 1000,
            None => {
                let aim = i64::from(curve_pwm) * 1000;
                aim.clamp(self.pwm_milli - move_milli, self.pwm_milli + move_milli)
            }
        };
        state.fan_pwm = (self.pwm_milli / 1000).clamp(0, 255) as u8;
        let aim_rpm = match state.fan_pwm {
            ..PWM_START => 0,
            pwm => i64::from(fan.max_rpm) * i64::from(pwm) / 255,
        };
        let rpm = approach(i64::from(state.fan_rpm) * 1000, aim_rpm * 1000, dt_ms, 1500) / 1000;
        state.fan_rpm = if aim_rpm == 0 && rpm < 50 { 0 } else { rpm as u32 };
    }

    fn throttle(&mut self, board: &Board, dt_ms: u32, state: &mut State) {
        let hot_mc = i64::from(hottest_mc(&state.zones));
        self.throttle_ms = self.throttle_ms.saturating_add(dt_ms);
        if hot_mc >= board.throttle_mc && self.throttle_ms >= THROTTLE_STEP_MS {
            self.throttle_level = (self.throttle_level + 1).min(LEVELS);
            self.throttle_ms = 0;
        }
        let cool = hot_mc < board.throttle_mc - RELEASE_MC;
        if cool && self.throttle_ms >= 2 * THROTTLE_STEP_MS {
            self.throttle_level = self.throttle_level.saturating_sub(1);
            self.throttle_ms = 0;
        }
        state.throttled = self.throttle_level > 0;
    }
}

fn sink_target_uc(board: &Board, power: &Power, ambient_mc: i64, cool_permille: i64) -> i64 {
    let rise_mc = RISE_STILL_MC - (RISE_STILL_MC - RISE_BLOWN_MC) * cool_permille.min(1000) / 1000;
    let input_mw = power.domain_mw.iter().sum::<i64>() + board.carrier_mw;
    (ambient_mc + rise_mc * input_mw / full_input_mw(board)) * 1000
}

/// Where a sensor is heading; `None` for a zone that is computed.
fn sensor_target_uc(board: &Board, power: &Power, def: &ZoneDef, sink_uc: i64) -> Option<i64> {
    let Sensing::Near { domain, local_mc, offset_mc } = def.sensing else {
        return None;
    };
    let full_mw = board.full_mw.get(domain as usize).copied().unwrap_or(0);
    let local_uc = local_mc * 1000 * power.draw_mw(domain) / full_mw.max(1);
    Some(sink_uc + offset_mc * 1000 + local_uc)
}

/// Fills the zones that are computed from others; sensors come first.
fn compute_zones(board: &Board, state: &mut State) {
    for (n, def) in board.zones.iter().enumerate() {
        let sensor = |m: &usize| {
            let def = board.zones.get(*m)?;
            let sensor = matches!(def.sensing, Sensing::Near { .. });
            state.zones.get(*m).filter(|zone| sensor && !zone.off)
        };
        let value = match def.sensing {
            Sensing::Near { .. } => continue,
            Sensing::Weighted(parts) => parts
                .iter()
                .map(|(m, percent)| percent * sensor(m).map_or(0, |z| i64::from(z.now_mc)))
                .sum::<i64>()
                .div_euclid(100),
            Sensing::Hottest => (0..board.zones.len())
                .filter_map(|m| sensor(&m))
                .map(|zone| i64::from(zone.now_mc))
                .max()
                .unwrap_or(0),
        };
        if let Some(zone) = state.zones.get_mut(n) {
            zone.now_mc = value as i32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_to_the_sensor() {
        let rows = [
            (48_900_000, Resolution::Milli(500), 48_500),
            (48_000_000, Resolution::Milli(500), 48_000),
            (-300_000, Resolution::Milli(500), -500),
            (47_968_750, Resolution::Thirtysecond, 47_968),
            (47_999_000, Resolution::Thirtysecond, 47_968),
            (46_250_000, Resolution::Thirtysecond, 46_250),
            (31_250, Resolution::Thirtysecond, 31),
        ];
        for (micro, resolution, milli) in rows {
            assert_eq!(quantise(micro, resolution), milli, "{micro}");
        }
    }

    #[test]
    fn approach_never_overshoots() {
        for dt_ms in [0, 1, 250, 60_000, u32::MAX] {
            let t = approach(20_000_000, 90_000_000, dt_ms, 2_500);
            assert!((20_000_000..=90_000_000).contains(&t), "{dt_ms}");
        }
    }
}
