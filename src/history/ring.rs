//! Points of one series in a ring of fixed room, and the grid in time that rings share. Nothing here
//! reads a clock, and only [`Ring::new`] allocates.

use std::ops::Range;

/// What stands for no value.
const NONE: i16 = i16::MIN;

/// The values within one step, in the unit of the series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// The lowest.
    pub low: i32,
    /// The mean.
    pub mean: i32,
    /// The highest.
    pub high: i32,
}

/// Several points as one: the mean is that of their means.
pub fn join(points: impl Iterator<Item = Point>) -> Option<Point> {
    let (mut all, mut sum, mut count) = (None::<Point>, 0i64, 0i64);
    for point in points {
        let so_far = all.unwrap_or(point);
        let (low, high) = (so_far.low.min(point.low), so_far.high.max(point.high));
        all = Some(Point { low, high, mean: point.mean });
        (sum, count) = (sum + i64::from(point.mean), count + 1);
    }
    let mut all = all?;
    all.mean = i32::try_from(rounded(sum, count)).unwrap_or(all.mean);
    Some(all)
}

/// A quotient, rounded; `by` is above zero.
pub(super) fn rounded(value: i64, by: i64) -> i64 {
    (value + by / 2).div_euclid(by.max(1))
}

/// The points of a series, in steps of its [`Scale`]: the lowest value, the mean and the highest, of two bytes
/// each; where a point has one sample, that alone.
pub struct Ring {
    steps: Vec<i16>,
    /// So many are a point: 1 or 3.
    width: usize,
    /// What came for the present point.
    sum: i64,
    count: i64,
}

/// How the values of one series are kept: so many units are one step. Steps are exact until a value does
/// not fit into two bytes; then they double.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scale {
    shift: u32,
}

/// Larger steps are not taken, so that one freak value leaves the others readable.
const LARGEST_SHIFT: u32 = 12;

impl Scale {
    /// The value in steps, which are made larger in `rings`, all that the series has, until it fits; none
    /// where that is not enough.
    pub fn fit(&mut self, value: i32, rings: &mut [Ring]) -> Option<i16> {
        let steps = |shift: u32| i16::try_from((i64::from(value) + ((1 << shift) >> 1)) >> shift).ok();
        let steps = |shift| steps(shift).filter(|&steps| steps != NONE);
        let shift = (self.shift..=LARGEST_SHIFT).find(|&shift| steps(shift).is_some())?;
        while self.shift < shift {
            self.shift += 1;
            rings.iter_mut().for_each(Ring::halve);
        }
        steps(shift)
    }

    /// The value of so many steps.
    fn value(self, steps: i16) -> Option<i32> {
        (steps != NONE).then(|| i32::from(steps) << self.shift)
    }
}

impl Ring {
    /// Room for so many points; `single` keeps one sample of each, the last. All of it is written to, so
    /// that no page is left to come later.
    pub fn new(points: usize, single: bool) -> Ring {
        let width = if single { 1 } else { 3 };
        Ring { steps: vec![NONE; points * width], width, sum: 0, count: 0 }
    }

    /// Makes place for a new point.
    pub fn clear(&mut self, place: usize) {
        (self.sum, self.count) = (0, 0);
        self.steps.iter_mut().skip(place * self.width).take(self.width).for_each(|steps| *steps = NONE);
    }

    fn halve(&mut self) {
        self.sum /= 2;
        for steps in self.steps.iter_mut().filter(|steps| **steps != NONE) {
            *steps /= 2;
        }
    }

    /// Adds a sample to the present point, which is at `place`.
    pub fn add(&mut self, place: usize, value: i16) {
        (self.sum, self.count) = (self.sum + i64::from(value), self.count + 1);
        let mean = i16::try_from(rounded(self.sum, self.count)).unwrap_or(value);
        let begin = place * self.width;
        match self.steps.get_mut(begin..begin + self.width) {
            Some([only]) => *only = value,
            Some([low, middle, high]) => {
                let none = *low == NONE;
                *low = if none { value } else { value.min(*low) };
                *high = value.max(*high);
                // Steps that became larger meanwhile were rounded each by itself.
                *middle = mean.max(*low).min(*high);
            }
            _ => {}
        }
    }

    /// The point at a place.
    pub fn get(&self, place: usize, scale: Scale) -> Option<Point> {
        let mut steps = self.steps.iter().skip(place * self.width).map(|&steps| scale.value(steps));
        let low = steps.next()??;
        let (mean, high) = if self.width == 1 { (low, low) } else { (steps.next()??, steps.next()??) };
        Some(Point { low, mean, high })
    }
}

/// Steps of the same length, numbered, of which the last ones are kept.
#[derive(Clone, Debug)]
pub struct Grid {
    /// The length of a step, ms.
    pub step_ms: i64,
    /// So many are kept.
    pub points: usize,
    /// Samples come once a step.
    pub single: bool,
    /// Where in its step a sample comes, so that one that is late or early is in no other.
    phase_ms: Option<i64>,
    /// The number of the present step.
    pub now: Option<i64>,
}

impl Grid {
    /// A grid for samples that come every `interval_ms`, each step above zero.
    pub fn new(step_ms: i64, points: usize, interval_ms: i64) -> Grid {
        Grid { step_ms, points, single: interval_ms * 2 > step_ms, phase_ms: None, now: None }
    }

    /// The number of the step that a moment is in.
    pub fn number(&self, at_ms: i64) -> i64 {
        match self.phase_ms.filter(|_| self.single) {
            Some(phase) => (at_ms - phase + self.step_ms / 2).div_euclid(self.step_ms),
            None => at_ms.div_euclid(self.step_ms),
        }
    }

    /// The moment that a step is known by: its begin, or that of its one sample.
    pub fn moment(&self, number: i64) -> i64 {
        number * self.step_ms + self.phase_ms.filter(|_| self.single).unwrap_or(0)
    }

    /// The place of a step in the rings.
    pub fn place(&self, number: i64) -> usize {
        let points = i64::try_from(self.points).unwrap_or(i64::MAX).max(1);
        usize::try_from(number.rem_euclid(points)).unwrap_or(0)
    }

    /// Whether the rings have that step.
    pub fn has(&self, number: i64) -> bool {
        let points = i64::try_from(self.points).unwrap_or(i64::MAX);
        self.now.is_some_and(|now| number <= now && number > now - points)
    }

    /// Goes on to the step of a sample; gives those that begin with it, whose places are to be cleared.
    /// A moment before the last one is in the step of that.
    pub fn go_on(&mut self, at_ms: i64) -> Range<i64> {
        self.phase_ms.get_or_insert(at_ms.rem_euclid(self.step_ms));
        let number = self.number(at_ms);
        let before = self.now.unwrap_or(number - 1);
        let points = i64::try_from(self.points).unwrap_or(i64::MAX);
        self.now = Some(number.max(before));
        (before + 1).max(number.saturating_sub(points) + 1)..number + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXACT: Scale = Scale { shift: 0 };

    #[test]
    fn ok_points() {
        const TOP: i16 = i16::MAX;
        for (values, low, mean, high) in [
            (&[5][..], 5, 5, 5),
            (&[-3, -4], -4, -3, -3),
            (&[1, 2, 6], 1, 3, 6),
            (&[0, 1000, 1000], 0, 667, 1000),
            (&[TOP, -TOP], -32767, 0, 32767),
            (&[TOP; 600], 32767, 32767, 32767),
        ] {
            let mut ring = Ring::new(2, false);
            values.iter().for_each(|&value| ring.add(1, value));
            assert_eq!(ring.get(1, EXACT), Some(Point { low, mean, high }), "{values:?}");
            assert_eq!((ring.get(0, EXACT), ring.get(2, EXACT)), (None, None), "{values:?}");
            ring.clear(1);
            assert_eq!(ring.get(1, EXACT), None, "{values:?}");
        }
        let mut ring = Ring::new(2, true);
        [7, 9].iter().for_each(|&value| ring.add(0, value));
        assert_eq!(ring.get(0, EXACT), Some(Point { low: 9, mean: 9, high: 9 }));
        ring.add(9, 1);
    }

    #[test]
    fn ok_scales() {
        for (values, wanted) in [
            (&[7, -7][..], &[Some(7), Some(-7)][..]),
            (&[32_767, -32_767], &[Some(32_767), Some(-32_767)]),
            (&[99, 32_769], &[Some(98), Some(32_770)]),
            (&[-1, -32_768], &[Some(0), Some(-32_768)]),
            (&[7, 60_001, 60_003], &[Some(6), Some(60_002), Some(60_004)]),
            (&[1, 100_000_000, 1], &[Some(0), Some(99_999_744), Some(0)]),
            (&[45_031, i32::MAX, 5, i32::MIN], &[Some(45_032), None, Some(6), None]),
        ] {
            let (mut rings, mut scale) = ([Ring::new(9, true), Ring::new(9, false)], Scale::default());
            for (place, &value) in values.iter().enumerate() {
                let Some(steps) = scale.fit(value, &mut rings) else { continue };
                rings.iter_mut().for_each(|ring| ring.clear(place));
                rings.iter_mut().for_each(|ring| ring.add(place, steps));
            }
            for ring in &rings {
                let got = |place| ring.get(place, scale).map(|point| point.mean);
                assert_eq!((0..wanted.len()).map(got).collect::<Vec<_>>(), wanted, "{values:?}");
            }
        }
        // Steps that become larger within a point.
        let (mut rings, mut scale) = ([Ring::new(1, false)], Scale::default());
        for value in [10, 20, 40_000] {
            let steps = scale.fit(value, &mut rings).unwrap();
            rings.iter_mut().for_each(|ring| ring.add(0, steps));
        }
        assert_eq!(rings[0].get(0, scale), Some(Point { low: 10, mean: 13_344, high: 40_000 }));
    }

    #[test]
    fn ok_points_joined() {
        let point = |low, mean, high| Point { low, mean, high };
        assert_eq!(join(std::iter::empty()), None);
        assert_eq!(join([point(1, 2, 3)].into_iter()), Some(point(1, 2, 3)));
        let all = [point(5, 6, 7), point(-9, -8, 0), point(1, 1, 90)];
        assert_eq!(join(all.into_iter()), Some(point(-9, 0, 90)));
    }

    #[test]
    fn ok_steps() {
        let mut grid = Grid::new(1000, 3, 1000);
        assert!(!grid.has(0));
        for (at, cleared, now) in [
            (5_700, 5..6, 5),
            (6_690, 6..7, 6),
            (7_719, 7..8, 7),
            (7_300, 8..8, 7),
            (3_000, 8..8, 7),
            (10_700, 8..11, 10),
            (99_000, 96..99, 98),
        ] {
            let range = grid.go_on(at);
            assert!(range == cleared || (range.is_empty() && cleared.is_empty()), "{at}: {range:?}");
            assert_eq!(grid.now, Some(now), "{at}");
        }
        assert_eq!([95, 96, 98, 99].map(|number| grid.has(number)), [false, true, true, false]);
        assert_eq!((grid.moment(98), grid.place(98), grid.place(-1)), (98_700, 2, 2));
        let mut many = Grid::new(1000, 3, 100);
        assert_eq!((many.go_on(5_700), many.go_on(5_999), many.moment(5)), (5..6, 6..6, 5_000));
    }
}
