//! The GPU of Thor, whose load is in no kernel file: one long-lived `nvidia-smi` that prints a line
//! a second. Its absence is fine. It is read without waiting, at the beat of the samples.

use std::time::{Duration, Instant};

use crate::root::Root;
use crate::scan;
use crate::snapshot::Snapshot;
use crate::source::Source;
use crate::source::process::Process;

const PROGRAM: &str = "usr/bin/nvidia-smi";
const QUERY: &str = "--query-gpu=utilization.gpu,clocks.current.graphics";
const PERIOD: Duration = Duration::from_secs(1);
/// A line older than that says nothing any more.
const KEPT: Duration = Duration::from_secs(5);

pub(super) struct Smi {
    process: Process,
    last: Snapshot,
    taken: Option<Instant>,
    turns: u8,
}

/// Samples before it is started: whoever takes one look would not wait for its first line.
const BEFORE: u8 = 2;

impl Smi {
    /// The program, if this root has it; it starts with the first turn.
    pub(super) fn find(root: &Root) -> Option<Smi> {
        let path = root.has(PROGRAM).then(|| root.path().join(PROGRAM))?;
        let period = format!("--loop-ms={}", PERIOD.as_millis());
        let words = [path.to_str()?, QUERY, "--format=csv,noheader,nounits", &period];
        let words = words.map(str::to_owned).to_vec();
        let process = Process::new(words, None, line, PERIOD, Instant::now());
        Some(Smi { process, last: Snapshot::default(), taken: None, turns: 0 })
    }

    /// Takes what it has printed, and completes the first GPU with it.
    pub(super) fn turn(&mut self, now: Instant, into: &mut Snapshot) {
        if self.turns < BEFORE {
            self.turns += 1;
            return;
        }
        if self.process.turn(now, &mut self.last) {
            self.taken = Some(now);
        }
        let fresh = self.taken.is_some_and(|taken| now.saturating_duration_since(taken) <= KEPT);
        let (Some(gpu), Some(read)) = (into.gpus.iter_mut().next(), self.last.engine("GR3D")) else { return };
        if fresh {
            gpu.load_pm = gpu.load_pm.or(read.load_pm);
            gpu.freq_khz = gpu.freq_khz.or(read.freq_khz);
        }
    }

    pub(super) fn trouble(&self) -> Option<&str> {
        self.process.trouble()
    }
}

/// A line `12, 1377`: percent and MHz; `[N/A]` for what there is not.
fn line(text: &[u8], complete: bool, _scratch: &mut Snapshot, into: &mut Snapshot) -> u32 {
    let (load, rest) = scan::until(text, |byte| byte == b',');
    let Some(clock) = rest.strip_prefix(b",").filter(|_| complete) else { return 0 };
    let value = |text: &[u8]| {
        scan::apart::small(text.trim_ascii()).filter(|(_, rest)| rest.is_empty()).map(|(value, _)| value)
    };
    let (load, clock) = (value(load).filter(|&load| load <= 100), value(clock));
    into.clear();
    let engine = into.engines.entry("GR3D");
    engine.load_pm = load.map(|load| load * 10);
    engine.freq_khz = clock.and_then(|mhz| mhz.checked_mul(1000));
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_lines() {
        for (text, wanted) in [
            ("12, 1377", Some((Some(120), Some(1_377_000)))),
            ("[N/A], 1377", Some((None, Some(1_377_000)))),
            ("0, [Not Supported]", Some((Some(0), None))),
            ("101, 4294967295", Some((None, None))),
            ("12", None),
            ("", None),
            ("NVIDIA-SMI has failed because it couldn't communicate", None),
        ] {
            let (mut scratch, mut into) = Default::default();
            let lines = line(text.as_bytes(), true, &mut scratch, &mut into);
            let found = into.engine("GR3D").map(|engine| (engine.load_pm, engine.freq_khz));
            assert_eq!((lines == 1).then_some(found).flatten(), wanted, "{text}");
        }
    }
}
