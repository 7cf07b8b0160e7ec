//! Which duty a fan has to have: a curve, followed in time. Pure: it is told the temperature and the
//! time, and neither reads nor writes.

use std::time::{Duration, Instant};

use crate::control::curve::Curve;

/// Follows a curve: raises at once, lowers slowly, starts a standing fan with a kick.
pub struct Regulator {
    curve: Curve,
    /// The duty without a kick, per mille.
    duty_pm: u32,
    /// The temperature that the duty stands for: it lags behind a falling one by the hysteresis.
    felt_mc: Option<i32>,
    last: Option<Instant>,
    /// The kick ends then.
    kick: Option<Instant>,
}

impl Regulator {
    /// Follows a curve from the duty that the fan has now, per mille.
    pub fn new(curve: Curve, start_pm: u32) -> Regulator {
        Regulator { curve, duty_pm: start_pm, felt_mc: None, last: None, kick: None }
    }

    /// The curve.
    pub fn curve(&self) -> &Curve {
        &self.curve
    }

    /// The duty from now on, per mille, at the hottest of the curve's zones, milli-degrees Celsius; when
    /// none can be read it is full.
    pub fn duty(&mut self, hottest_mc: Option<i32>, now: Instant) -> u32 {
        let passed = self.last.map_or(Duration::ZERO, |last| now.saturating_duration_since(last));
        self.last = Some(now);
        let target = self.target(hottest_mc);
        let before = self.duty_pm;
        self.duty_pm = self.toward(target, passed);
        if before == 0 && self.duty_pm > 0 && self.curve.kick > Duration::ZERO {
            self.kick = Some(now + self.curve.kick);
        }
        self.kick = self.kick.filter(|until| now < *until && self.duty_pm > 0);
        match self.kick {
            Some(_) => self.duty_pm.max(self.curve.kick_pm),
            None => self.duty_pm,
        }
    }

    /// The duty that the temperature asks for.
    fn target(&mut self, hottest_mc: Option<i32>) -> u32 {
        let Some(mc) = hottest_mc else {
            self.felt_mc = None;
            return 1000;
        };
        let most = mc.saturating_add(self.curve.hysteresis_mc);
        let felt = self.felt_mc.map_or(mc, |felt| felt.clamp(mc, most));
        self.felt_mc = Some(felt);
        self.curve.duty(felt)
    }

    fn toward(&self, target: u32, passed: Duration) -> u32 {
        if self.curve.slew_pm == u32::MAX {
            return target;
        }
        let step = passed.as_millis().saturating_mul(u128::from(self.curve.slew_pm)) / 1000;
        let lowered = self.duty_pm.saturating_sub(u32::try_from(step).unwrap_or(u32::MAX));
        // Between the minimum and 0 a fan would stand and be paid for.
        if target >= self.duty_pm || lowered < self.curve.minimum_pm { target } else { lowered.max(target) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::curve;

    const KICKED: &str =
        "points = 40:0 60:50 80:100\nminimum = 20\nkick_start = 100 for 2s\nslew = 10\nhysteresis = 5";

    /// Seconds, degrees (or -1 where none can be read) and the duty that is wanted then, per mille.
    type Row = (u64, i32, u32);

    #[test]
    fn ok_series() {
        let level = "points = 40:20 60:50 80:100\nminimum = 20\nslew = 100\nhysteresis = 0";
        let slow = "points = 40:20 60:50 80:100\nminimum = 20\nslew = 5\nhysteresis = 0";
        let lagging = "points = 40:20 60:50 80:100\nminimum = 20\nslew = 100\nhysteresis = 5";
        let series: &[(&str, &str, u32, &[Row])] = &[
            ("raises at once", slow, 200, &[(0, 30, 200), (1, 80, 1000), (2, 99, 1000)]),
            (
                "lowers slowly",
                slow,
                1000,
                &[
                    (0, 60, 1000),
                    (1, 60, 950),
                    (2, 60, 900),
                    (4, 60, 800),
                    (9, 60, 550),
                    (10, 60, 500),
                    (60, 60, 500),
                ],
            ),
            ("a long pause lowers far", slow, 1000, &[(0, 60, 1000), (100, 60, 500)]),
            (
                "hysteresis holds and then follows",
                lagging,
                200,
                &[
                    (0, 60, 500),
                    (10, 58, 500),
                    (20, 55, 500),
                    (30, 50, 425),
                    (40, 54, 425),
                    (50, 56, 440),
                    (60, 40, 275),
                ],
            ),
            (
                "a kick from standing, none while turning",
                KICKED,
                0,
                &[(0, 30, 0), (1, 41, 1000), (2, 41, 1000), (3, 41, 200), (4, 44, 200), (5, 70, 750)],
            ),
            ("a higher duty than the kick", KICKED, 0, &[(0, 90, 1000), (2, 90, 1000)]),
            ("never between the minimum and standing", KICKED, 250, &[(0, 30, 250), (1, 30, 0), (2, 30, 0)]),
            ("a kick ends when nothing is wanted", KICKED, 0, &[(0, 41, 1000), (1, 20, 0), (2, 20, 0)]),
            ("minimum", level, 1000, &[(0, 20, 1000), (10, 20, 200), (20, 41, 215)]),
            (
                "no temperature is full speed, and forgets the hysteresis",
                lagging,
                200,
                &[(0, 60, 500), (1, -1, 1000), (2, -1, 1000), (20, 57, 455)],
            ),
            ("no temperature while it stands", KICKED, 0, &[(0, 30, 0), (1, -1, 1000)]),
            ("time that stands", slow, 1000, &[(5, 40, 1000), (5, 40, 1000), (4, 40, 1000)]),
        ];
        let start = Instant::now();
        for (name, text, start_pm, rows) in series {
            let mut regulator = Regulator::new(curve::parse(text.as_bytes()).unwrap(), *start_pm);
            for row in *rows {
                let mc = (row.1 >= 0).then_some(row.1 * 1000);
                let duty = regulator.duty(mc, start + Duration::from_secs(row.0));
                assert_eq!(duty, row.2, "{name}: {row:?}");
            }
        }
    }

    #[test]
    fn ok_a_flat_one_is_what_was_asked_for() {
        let start = Instant::now();
        let mut regulator = Regulator::new(Curve::flat(300), 900);
        for (ms, mc, wanted) in
            [(0, Some(20_000), 300), (10, None, 1000), (20, Some(90_000), 300), (20, None, 1000)]
        {
            assert_eq!(regulator.duty(mc, start + Duration::from_millis(ms)), wanted, "{ms}");
        }
    }

    /// Whatever the sensor says, the duty is one, and full without it.
    #[test]
    fn ok_wild_sensors() {
        let start = Instant::now();
        let mut regulator = Regulator::new(curve::parse(KICKED.as_bytes()).unwrap(), 0);
        let mut seed = 1u32;
        for n in 0..10_000u64 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let mc = [Some(seed as i32), Some(i32::MAX), Some(i32::MIN), None, Some((seed >> 16) as i32)]
                [(seed >> 8) as usize % 5];
            let duty = regulator.duty(mc, start + Duration::from_millis(n * u64::from(seed % 7)));
            assert!(duty == 0 || (200..=1000).contains(&duty), "{n}: {duty}");
            assert!(mc.is_some_and(|mc| mc < 80_000) || duty == 1000, "{n}: {duty} at {mc:?}");
        }
    }
}
