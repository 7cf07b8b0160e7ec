//! What the board did before now: five minutes at the interval, a day by the minute, in rings of fixed
//! room.
//!
//! A series begins with the first sample that has its value, and all that it ever needs is allocated
//! then; a sample allocates nothing more. There are at most [`MOST_SERIES`] of them. Time is that since
//! boot, which runs on while the board sleeps and which nobody sets: a step without a sample is a gap,
//! and the wall clock only names the points when they are asked for. Nothing here reads a
//! clock, but for [`Moment::now`].

pub mod ring;
pub mod series;

use std::time::Duration;

use ring::{Grid, Point, Ring, Scale, join};
use series::{Kind, Unit};

use crate::snapshot::Snapshot;
use crate::sys;

/// Most series, of 9.3 kB each at the interval of a second.
pub const MOST_SERIES: usize = 48;
/// Most points that are given of a series; over more steps than that they are joined.
pub const MOST_POINTS: i64 = 360;
/// The longest span, s.
pub const LONGEST_S: u32 = 24 * 3600;
/// The shortest span, s.
pub const SHORTEST_S: u32 = 10;
/// What is kept at the interval.
const FINE_MS: i64 = 300_000;
/// The shortest step of that.
const FINEST_MS: i64 = 1000;
const MINUTE_MS: i64 = 60_000;

/// The history of a board.
pub struct History {
    /// Five minutes and a day.
    grids: [Grid; 2],
    series: Vec<Series>,
    /// The time of this history without the time since boot, ms. It begins as that of the wall clock, so
    /// that minutes begin with those of the clock as it was then.
    begin_ms: Option<i64>,
    /// The series that is expected next, and the number of this sample.
    next: usize,
    sample: u64,
}

/// The history of one value.
pub struct Series {
    kind: Kind,
    part: String,
    rings: [Ring; 2],
    scale: Scale,
    /// The sample that it was in last.
    sample: u64,
}

/// A moment, by both clocks.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Since boot, ms, sleep included.
    pub boot_ms: i64,
    /// Since 1970 by the wall clock, ms.
    pub unix_ms: i64,
}

impl Moment {
    /// This one.
    pub fn now() -> Moment {
        Moment { boot_ms: sys::since_boot_ms(), unix_ms: sys::unix_ms() }
    }
}

/// The points of a span: which steps they join.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    grid: usize,
    /// So many steps are one point.
    joined: i64,
    /// The number of the first point, in steps of `joined`.
    first: i64,
    /// So many points.
    pub points: i64,
    /// The time between two points, ms.
    pub step_ms: i64,
    /// The moment of the last point by the wall clock, ms since 1970.
    pub end_ms: i64,
}

impl Series {
    /// The way to the value in the JSON object.
    pub fn name(&self) -> String {
        self.kind.name(&self.part)
    }

    /// The unit that its points are in.
    pub fn unit(&self) -> Unit {
        self.kind.unit()
    }

    fn is(&self, kind: Kind, part: &str) -> bool {
        self.kind == kind && self.part == part
    }
}

impl History {
    /// An empty history of samples that come at that interval.
    pub fn every(interval: Duration) -> History {
        History::new(i64::from(u32::try_from(interval.as_millis()).unwrap_or(u32::MAX)))
    }

    /// The same of samples that come every `interval_ms`.
    pub fn new(interval_ms: i64) -> History {
        let fine = interval_ms.max(FINEST_MS);
        let coarse = interval_ms.max(MINUTE_MS);
        let grid = |step_ms, all: i64| {
            let points = usize::try_from(all / step_ms).unwrap_or(0).max(2);
            Grid::new(step_ms, points, interval_ms)
        };
        History {
            grids: [grid(fine, FINE_MS), grid(coarse, i64::from(LONGEST_S) * 1000)],
            series: Vec::with_capacity(MOST_SERIES),
            begin_ms: None,
            next: 0,
            sample: 0,
        }
    }

    /// Takes the values of a sample.
    pub fn record(&mut self, at: Moment, s: &Snapshot) {
        let begin_ms = *self.begin_ms.get_or_insert(at.unix_ms - at.boot_ms);
        for (grid, number) in self.grids.iter_mut().zip(0..) {
            for step in grid.go_on(begin_ms + at.boot_ms) {
                let place = grid.place(step);
                let rings = self.series.iter_mut().filter_map(|series| series.rings.get_mut::<usize>(number));
                rings.for_each(|ring| ring.clear(place));
            }
        }
        (self.next, self.sample) = (0, self.sample + 1);
        series::each(s, &mut |kind, part, value| self.put(kind, part, value));
    }

    fn put(&mut self, kind: Kind, part: &str, value: i32) {
        let is = |series: &Series| series.is(kind, part);
        let expected = self.series.get(self.next).is_some_and(is).then_some(self.next);
        let known = expected.or_else(|| self.series.iter().position(is));
        let Some(place) = known.or_else(|| self.add(kind, part)) else { return };
        self.next = place + 1;
        let Some(series) = self.series.get_mut(place) else { return };
        // Of two parts with one name, the first has the history.
        if series.sample == self.sample {
            return;
        }
        series.sample = self.sample;
        let Some(steps) = series.scale.fit(value, &mut series.rings) else { return };
        for (ring, grid) in series.rings.iter_mut().zip(&self.grids) {
            ring.add(grid.place(grid.now.unwrap_or(0)), steps);
        }
    }

    fn add(&mut self, kind: Kind, part: &str) -> Option<usize> {
        if self.series.len() >= MOST_SERIES {
            return None;
        }
        let rings = [0, 1].map(|grid: usize| {
            self.grids.get(grid).map_or(Ring::new(0, true), |grid| Ring::new(grid.points, grid.single))
        });
        self.series.push(Series { kind, part: part.to_owned(), rings, scale: Scale::default(), sample: 0 });
        Some(self.series.len() - 1)
    }

    /// All series, in the order in which they were met.
    pub fn series(&self) -> &[Series] {
        &self.series
    }

    /// The series of that name.
    pub fn find(&self, name: &str) -> Option<&Series> {
        self.series.iter().find(|series| series.kind.is_named(&series.part, name))
    }

    /// The points of the last `window_s` seconds, as of `now`; none before the first sample.
    pub fn span(&self, window_s: u32, now: Moment) -> Option<Span> {
        let begin_ms = self.begin_ms?;
        let window_ms = i64::from(window_s.clamp(SHORTEST_S, LONGEST_S)) * 1000;
        let kept = |grid: &Grid| grid.step_ms.saturating_mul(i64::try_from(grid.points).unwrap_or(0));
        let [fine, coarse] = &self.grids;
        let (grid, number) = if window_ms <= kept(fine) { (fine, 0) } else { (coarse, 1) };
        let steps = (window_ms + grid.step_ms - 1) / grid.step_ms;
        let joined = (steps + MOST_POINTS - 1) / MOST_POINTS;
        let points = (steps + joined - 1) / joined;
        let last = grid.number(begin_ms + now.boot_ms).max(grid.now.unwrap_or(i64::MIN)).div_euclid(joined);
        // The time of this history as that of the clock that is now.
        let shift = now.unix_ms - now.boot_ms - begin_ms;
        Some(Span {
            grid: number,
            joined,
            first: last - points + 1,
            points,
            step_ms: grid.step_ms * joined,
            end_ms: grid.moment(last * joined) + shift,
        })
    }

    /// A point of a series, by its number in the span.
    pub fn point(&self, series: &Series, span: &Span, number: i64) -> Option<Point> {
        let (grid, ring) = (self.grids.get(span.grid)?, series.rings.get(span.grid)?);
        let first = (span.first + number) * span.joined;
        let steps = (first..first + span.joined).filter(|&step| grid.has(step));
        join(steps.filter_map(|step| ring.get(grid.place(step), series.scale)))
    }

    /// The longest time between two samples that leaves no minute without one, ms.
    pub fn longest_pause_ms() -> u64 {
        MINUTE_MS as u64 / 2
    }
}

#[cfg(test)]
mod tests;
