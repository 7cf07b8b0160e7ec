//! The simulated board, in this process or as a child that prints tegrastats lines.
//!
//! Both go through the printed line, so that a simulated board takes the same way as a real one
//! and shows what its tegrastats would show, at the resolution that it prints; the one in this process
//! adds what the kernel's files would say.

use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use super::Source;
use super::choice::{Error, Simulated};
use crate::beat;
use crate::derive::Derive;
use crate::sim::{self, Board, Release, Scenario, Sim, print};
use crate::snapshot::Snapshot;
use crate::sys;
use crate::tegrastats::fill::{self, Reading};

/// The name of the emulator's program.
pub(super) const EMULATOR: &str = "tegrastats-emulator";

/// The board that is simulated unless another is named.
pub const DEFAULT_BOARD: &str = "orin-nano";
/// What it does unless something else is named.
pub const DEFAULT_SCENARIO: Scenario = Scenario::Inference;
/// The seed unless another is named.
pub const DEFAULT_SEED: u64 = 1;

/// Finds the board, the scenario and the seed if there is one, and fills in the defaults.
fn resolve(simulated: &mut Simulated) -> Result<(&'static Board, Scenario, Option<u64>), Error> {
    if simulated.board.is_empty() {
        DEFAULT_BOARD.clone_into(&mut simulated.board);
    }
    if simulated.scenario.is_empty() {
        DEFAULT_SCENARIO.name().clone_into(&mut simulated.scenario);
    }
    let board = Board::find(&simulated.board).ok_or_else(|| Error::Usage(no_board(&simulated.board)))?;
    let scenario =
        Scenario::parse(&simulated.scenario).ok_or_else(|| Error::Usage(no_scenario(&simulated.scenario)))?;
    let seed = match simulated.seed.as_str() {
        "" => None,
        text => Some(text.parse().map_err(|_| Error::Usage(format!("the seed \"{text}\" is no number")))?),
    };
    Ok((board, scenario, seed))
}

/// What to say of a board that is none, with those that there are.
pub fn no_board(name: &str) -> String {
    let names: Vec<&str> = crate::sim::BOARDS.iter().map(|board| board.name).collect();
    format!("no simulated board \"{name}\" ({})", names.join(", "))
}

/// What to say of a scenario that is none, with those that there are.
pub fn no_scenario(name: &str) -> String {
    let names: Vec<&str> = Scenario::ALL.iter().map(|scenario| scenario.name()).collect();
    format!("no scenario \"{name}\" ({})", names.join(", "))
}

/// The words that start the emulator: this very executable, called by the emulator's name.
pub(super) fn program(simulated: &mut Simulated, interval: Duration) -> Result<Vec<String>, Error> {
    let (.., seed) = resolve(simulated)?;
    let own = std::env::current_exe().map_err(|error| Error::Input("this executable".into(), error))?;
    let own = own.into_os_string().into_string();
    let own = own.map_err(|_| Error::Unavailable("the path of this executable is not UTF-8"))?;
    let interval = interval.as_millis().to_string();
    let words =
        [&own, "--board", &simulated.board, "--scenario", &simulated.scenario, "--interval", &interval];
    let mut words = words.map(str::to_owned).to_vec();
    if seed.is_some() {
        words.extend(["--seed".to_owned(), simulated.seed.clone()]);
    }
    Ok(words)
}

/// The simulator in this process.
pub(super) struct Synthetic {
    sim: Sim,
    release: Release,
    /// Simulated time that has passed, ms, where the time is simulated.
    passed_ms: Option<u64>,
    interval: Duration,
    next: Instant,
    line: Vec<u8>,
    scratch: Snapshot,
    /// The board's own time, by which energy is counted.
    moment: Instant,
    derive: Derive,
}

impl Synthetic {
    pub(super) fn new(simulated: &mut Simulated, interval: Duration, now: Instant) -> Result<Self, Error> {
        let (board, scenario, seed) = resolve(simulated)?;
        Ok(Synthetic {
            sim: Sim::new(board, scenario, seed.unwrap_or(DEFAULT_SEED)),
            release: board.default_release(),
            passed_ms: seed.map(|_| 0),
            interval,
            next: now,
            line: Vec::new(),
            scratch: Snapshot::default(),
            moment: now,
            derive: Derive::default(),
        })
    }
}

impl Source for Synthetic {
    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    fn due(&self) -> Option<Instant> {
        Some(self.next)
    }

    fn turn(&mut self, now: Instant, into: &mut Snapshot) -> bool {
        if now < self.next {
            return false;
        }
        self.next = beat::next(self.next, self.interval, now);
        let step_ms = u32::try_from(self.interval.as_millis()).unwrap_or(u32::MAX);
        self.sim.step(step_ms);
        self.line.clear();
        let stamp = self.passed_ms.map_or_else(sys::local_time, print::seeded_stamp);
        self.passed_ms = self.passed_ms.map(|passed| passed.saturating_add(step_ms.into()));
        print::line(&self.sim, self.release, false, stamp, &mut self.line);
        let how = Reading { complete: true, lenient: false };
        fill::samples(&self.line, how, &mut self.scratch, |sample| std::mem::swap(sample, into));
        sim::fill::beyond(&self.sim, into);
        self.moment += self.interval;
        self.derive.complete(self.moment, self.interval, into);
        // The line is this program's own and no board's: only tegrastats has a raw line.
        into.raw.clear();
        true
    }

    fn trouble(&self) -> Option<&str> {
        None
    }
}
