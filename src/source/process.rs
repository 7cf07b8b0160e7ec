//! A source that is a program printing a line a sample: the vendor's tegrastats, a command, the
//! emulator, nvidia-smi.
//!
//! Whatever the program does, sampling goes on. One that ends, is missing, prints no sample for
//! five intervals, or prints a line without end is ended and started again after a pause that
//! doubles from one second to a minute. One that prints faster than anybody can look is read
//! slowly, and so is held by its own pipe.

use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use super::Source;
use super::lines::{Got, LONGEST, Lines};
use crate::child::{Child, ending};
use crate::snapshot::Snapshot;
use crate::sys;
use crate::tegrastats::fill::{self, Reading};

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// How long a killed program takes to be gone.
const DYING: Duration = Duration::from_millis(50);
/// Intervals without a sample after which the program hangs.
const PATIENCE: u32 = 5;
/// At short intervals a program still gets so long to start.
const LEAST_PATIENCE: Duration = Duration::from_secs(2);
/// Samples after which a program counts as healthy, and the pause begins anew.
const HEALTHY: u32 = 10;
/// Bytes taken in an interval; the largest board prints about one kilobyte.
const TAKEN_AT_ONCE: usize = 64 * 1024;

/// Reads a line (whole, or cut by the end) into the last snapshot, with the help of another one;
/// gives the number of samples.
pub(super) type Parse = fn(&[u8], bool, &mut Snapshot, &mut Snapshot) -> u32;

/// Reads a line of tegrastats.
pub(super) fn tegrastats(line: &[u8], complete: bool, scratch: &mut Snapshot, into: &mut Snapshot) -> u32 {
    let how = Reading { complete, lenient: false };
    fill::samples(line, how, scratch, |sample| std::mem::swap(sample, into)).samples
}

/// The program and how it does.
pub(super) struct Process {
    words: Vec<String>,
    called: Option<&'static str>,
    parse: Parse,
    interval: Duration,
    lines: Lines,
    scratch: Snapshot,
    state: State,
    pause: Duration,
    least_patience: Duration,
    trouble: Option<String>,
}

enum State {
    /// Not running until then; the child of before, if any, has still to be reaped.
    Pausing {
        until: Instant,
        before: Option<Child>,
        /// When to look whether it is gone.
        look: Instant,
    },
    Running(Run),
}

struct Run {
    child: Child,
    last_sample: Instant,
    samples: u32,
    window: Instant,
    taken: usize,
}

impl Process {
    /// A program, given by the words of its command line and, where it is not that of its file,
    /// the name to call it by, and the reader of its lines; it is started by the first turn.
    pub(super) fn new(
        words: Vec<String>,
        called: Option<&'static str>,
        parse: Parse,
        interval: Duration,
        now: Instant,
    ) -> Self {
        Process {
            words,
            called,
            parse,
            interval,
            lines: Lines::new(),
            scratch: Snapshot::default(),
            state: State::Pausing { until: now, before: None, look: now },
            pause: FIRST_PAUSE,
            least_patience: LEAST_PATIENCE,
            trouble: None,
        }
    }

    fn patience(&self) -> Duration {
        (self.interval * PATIENCE).max(self.least_patience)
    }

    fn name(&self) -> &str {
        self.called.or(self.words.first().map(String::as_str)).unwrap_or_default()
    }

    /// Starts the program if its pause is over and its predecessor is gone.
    fn start(&mut self, now: Instant) {
        let State::Pausing { until, before, look } = &mut self.state else { return };
        if before.as_mut().is_some_and(|child| child.reap().is_none()) {
            // Killed, and yet there: it hangs in the kernel. Two of them would not help.
            *until = (*until).max(now + FIRST_PAUSE);
            *look = now + FIRST_PAUSE;
            return;
        }
        *before = None;
        if now < *until {
            return;
        }
        self.lines.clear();
        match Child::start(&self.words, self.called) {
            Ok(child) => {
                self.state =
                    State::Running(Run { child, last_sample: now, samples: 0, window: now, taken: 0 });
            }
            Err(error) => {
                let why = format!("{}: {}", self.name(), sys::reason(&error));
                self.rest(now, why, None);
            }
        }
    }

    /// Pauses, for a reason, before the next start.
    fn rest(&mut self, now: Instant, why: String, before: Option<Child>) {
        self.trouble = Some(why);
        self.state = State::Pausing { until: now + self.pause, before, look: now + DYING };
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }

    /// Ends the run, for a reason.
    fn stop(&mut self, now: Instant, what: impl FnOnce(&mut Child) -> String) {
        let paused = State::Pausing { until: now, before: None, look: now };
        if let State::Running(mut run) = std::mem::replace(&mut self.state, paused) {
            if run.samples >= HEALTHY {
                self.pause = FIRST_PAUSE;
            }
            let why = what(&mut run.child);
            run.child.kill();
            self.rest(now, format!("{}: {why}", self.name()), Some(run.child));
        }
    }

    /// Reads what the program has printed, up to the limit of an interval.
    fn read(&mut self, now: Instant, into: &mut Snapshot) -> (bool, Got) {
        let State::Running(run) = &mut self.state else { return (false, Got::Nothing) };
        if now.saturating_duration_since(run.window) >= self.interval {
            (run.window, run.taken) = (now, 0);
        }
        let mut samples = 0;
        let mut got = Got::Nothing;
        while run.taken < TAKEN_AT_ONCE {
            let read = self.lines.read(&mut run.child.output, |line, complete| {
                samples += (self.parse)(line, complete, &mut self.scratch, into);
            });
            got = read.unwrap_or(Got::End);
            match got {
                Got::Bytes(bytes) => run.taken += bytes,
                _ => break,
            }
        }
        if samples > 0 {
            run.last_sample = now;
            run.samples = run.samples.saturating_add(samples);
        }
        (samples > 0, got)
    }
}

impl Source for Process {
    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        match &self.state {
            State::Running(run) if run.taken < TAKEN_AT_ONCE => Some(run.child.output.as_fd()),
            _ => None,
        }
    }

    fn due(&self) -> Option<Instant> {
        Some(match &self.state {
            State::Pausing { until, before: Some(_), look } => *look.min(until),
            State::Pausing { until, .. } => *until,
            State::Running(run) if run.taken >= TAKEN_AT_ONCE => run.window + self.interval,
            State::Running(run) => run.last_sample + self.patience(),
        })
    }

    fn turn(&mut self, now: Instant, into: &mut Snapshot) -> bool {
        self.start(now);
        let (new, got) = self.read(now, into);
        if new {
            self.trouble = None;
        }
        match (got, &self.state) {
            (Got::End, _) => self.stop(now, |child| {
                // The end of its output is often a moment before its own.
                child.reap().map_or_else(|| "closed its output".to_owned(), ending)
            }),
            (Got::Flood, _) => self.stop(now, |_| format!("printed a line longer than {LONGEST} bytes")),
            (_, State::Running(run)) if now.saturating_duration_since(run.last_sample) >= self.patience() => {
                let silence = self.patience().as_millis();
                self.stop(now, |_| format!("printed no sample for {silence} ms"));
            }
            _ => {}
        }
        new
    }

    fn wait_for(&mut self, least: Duration) {
        self.least_patience = self.least_patience.max(least);
    }

    fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }
}
