//! Two sources in one: the kernel's files, and the vendor's tegrastats for what they lack.
//!
//! One rule decides where both have a value: under `auto` the kernel's file wins, and tegrastats
//! only fills gaps; under `tegrastats` it is the other way round. The rule holds value by value:
//! an engine may have its clock from the one and its load from the other. Samples are taken when
//! tegrastats prints, so that one wake-up serves both; when it does not, the kernel's files carry
//! on at their own beat. Under `auto` a tegrastats that fills nothing is ended after a few lines,
//! and tried again after ten minutes.

use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use super::Source;
use super::process::{Process, tegrastats};
use super::status::Status;
use super::sysfs::Sysfs;
use crate::beat;
use crate::root::{Root, Tally};
use crate::snapshot::{Core, Engine, Snapshot};

/// Lines in a row that fill nothing, after which the program is ended.
const USELESS: u32 = 5;
/// How long it then rests.
const REST: Duration = Duration::from_secs(600);

/// The program of the vendor in a root, when it may be there.
pub(super) fn program(root: &Root, interval: Duration) -> Option<Vec<String>> {
    const PATH: &str = "usr/bin/tegrastats";
    let program = match root.is_system() {
        true => "tegrastats".to_owned(),
        false => root.has(PATH).then(|| root.path().join(PATH))?.to_str()?.to_owned(),
    };
    Some(vec![program, "--interval".to_owned(), interval.as_millis().to_string()])
}

/// The merged source.
pub(super) struct Merged {
    sysfs: Sysfs,
    words: Option<Vec<String>>,
    jetson: bool,
    child: Option<Process>,
    status: Status,
    line: Snapshot,
    line_taken: Option<Instant>,
    rule: Rule,
    interval: Duration,
    next: Instant,
    last: Option<Instant>,
    useless: u32,
    again: Instant,
}

impl Merged {
    /// `prefer`: tegrastats wins, and the first sample waits for its first line.
    pub(super) fn new(root: Root, prefer: bool, interval: Duration, now: Instant) -> Merged {
        Merged {
            words: program(&root, interval),
            jetson: !root.is_system() || root.is_jetson(),
            sysfs: Sysfs::new(root, true, interval, now),
            child: None,
            status: Status::new("tegrastats", "tegrastats"),
            line: Snapshot::default(),
            line_taken: None,
            rule: Rule { prefer, ..Rule::default() },
            interval,
            next: now,
            last: None,
            useless: 0,
            again: now,
        }
    }

    /// Runs the program; true when it printed a sample.
    fn listen(&mut self, now: Instant) -> bool {
        if self.child.is_none() && now >= self.again {
            let words = self.words.clone();
            self.child = words.map(|words| Process::new(words, None, tegrastats, self.interval, now));
        }
        let Some(child) = &mut self.child else { return false };
        let begin = Instant::now();
        let new = child.turn(now, &mut self.line);
        if new {
            self.line_taken = Some(now);
        }
        let tally = Tally { good: u32::from(child.trouble().is_none()), ..Tally::default() };
        self.status.finish(tally, child.trouble(), begin.elapsed());
        new
    }

    /// The program has printed lately.
    fn talks(&self, now: Instant) -> bool {
        self.line_taken.is_some_and(|taken| now.saturating_duration_since(taken) <= self.interval * 3)
    }

    /// Whether its first line is still to be waited for. Off a Jetson there is nothing else.
    fn waits(&self) -> bool {
        let asked = self.rule.prefer || self.rule.marks.is_some();
        let comes = self.child.as_ref().is_some_and(|child| child.trouble().is_none());
        asked && self.line_taken.is_none() && (comes || (self.rule.prefer && !self.jetson))
    }

    fn merge(&mut self, now: Instant, into: &mut Snapshot) {
        if !self.talks(now) {
            return;
        }
        let filled = self.rule.overlay(into, &self.line);
        self.useless = if filled == 0 { self.useless + 1 } else { 0 };
        if self.useless >= USELESS && !self.rule.prefer {
            (self.child, self.line_taken, self.useless) = (None, None, 0);
            self.again = now + REST;
        }
    }
}

impl Source for Merged {
    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.child.as_ref()?.descriptor()
    }

    fn due(&self) -> Option<Instant> {
        let child = self.child.as_ref().and_then(Source::due);
        Some(child.map_or(self.next, |child| child.min(self.next)))
    }

    fn turn(&mut self, now: Instant, into: &mut Snapshot) -> bool {
        let printed = self.listen(now);
        let early = self.last.is_some_and(|last| now.saturating_duration_since(last) < self.interval / 2);
        if now < self.next && (!printed || early) {
            return false;
        }
        // While the program prints, its line is waited for a little, and gives the beat.
        let patience = if self.talks(now) { self.interval + self.interval / 4 } else { self.interval };
        self.next = if printed { now + patience } else { beat::next(self.next, patience, now) };
        self.last = Some(now);
        self.sysfs.sample(now, into);
        self.merge(now, into);
        !self.waits()
    }

    fn wait_for(&mut self, least: Duration) {
        if let Some(child) = &mut self.child {
            child.wait_for(least);
        }
    }

    fn trouble(&self) -> Option<&str> {
        self.child.as_ref().filter(|_| self.rule.prefer)?.trouble()
    }

    fn statuses(&self) -> Vec<&Status> {
        let mut statuses = self.sysfs.statuses();
        statuses.extend(self.child.as_ref().map(|_| &self.status));
        statuses
    }

    fn take_news(&mut self) -> Vec<String> {
        let mut news = self.sysfs.take_news();
        news.extend(self.status.take_news());
        news
    }

    fn look_again(&mut self) {
        self.sysfs.look_again();
    }

    fn mark(&mut self) {
        self.rule.marks = Some(Vec::new());
    }

    fn marks(&self) -> &[String] {
        self.rule.marks.as_deref().unwrap_or_default()
    }
}

/// Who wins, and what the second source gave.
#[derive(Default)]
struct Rule {
    /// The second one wins.
    prefer: bool,
    filled: u32,
    /// The names of the values that it gave, as in the JSON object, when somebody wants them.
    marks: Option<Vec<String>>,
}

impl Rule {
    /// Puts values of the second source where the rule has them; counts those that fill a gap.
    fn overlay(&mut self, into: &mut Snapshot, second: &Snapshot) -> u32 {
        self.filled = 0;
        if let Some(marks) = &mut self.marks {
            marks.clear();
        }
        into.timestamp.push_str(&second.timestamp);
        into.raw.push_str(&second.raw);
        if self.take(&mut into.ram, second.ram, "ram", "used_bytes") {
            self.mark(|| "ram.total_bytes".to_owned());
        }
        self.take(&mut into.free_block, second.free_block, "ram", "largest_free_block");
        self.take(&mut into.swap, second.swap, "swap", "");
        self.take(&mut into.iram, second.iram, "iram", "");
        self.take(&mut into.mts, second.mts, "mts", "");
        self.take(&mut into.edp_limit_mhz, second.edp_limit_mhz, "edp_limit_mhz", "");
        self.cores(&mut into.cpus, &second.cpus);
        for engine in second.engines.iter() {
            self.engine(into, engine);
        }
        self.temps(into, second);
        self.rails(into, second);
        for text in second.unknown.iter() {
            into.unknown.entry(text);
        }
        self.mark(|| "unknown".to_owned());
        self.filled
    }

    /// Takes the second value where the rule has it; true when it did.
    fn take<T: Copy + PartialEq>(
        &mut self,
        first: &mut Option<T>,
        second: Option<T>,
        of: &str,
        name: &str,
    ) -> bool {
        let gap = first.is_none();
        let taken = second.is_some() && (gap || self.prefer);
        if taken {
            *first = second;
            self.filled += u32::from(gap);
            self.mark(|| if name.is_empty() { of.to_owned() } else { format!("{of}.{name}") });
            if of == "engines.EMC" {
                let name = if name == "usage_percent" { "load_percent" } else { name };
                self.mark(|| format!("emc.{name}"));
            }
        }
        taken
    }

    fn mark(&mut self, name: impl FnOnce() -> String) {
        if let Some(marks) = &mut self.marks {
            marks.push(name());
        }
    }

    fn cores(&mut self, first: &mut Vec<Core>, second: &[Core]) {
        if first.len() < second.len() {
            first.resize(second.len(), Core::default());
        }
        for (number, (core, other)) in first.iter_mut().zip(second).enumerate() {
            // What the kernel has off, tegrastats may have seen a moment ago.
            if core.online == Some(false) && !self.prefer {
                continue;
            }
            let of = if self.marks.is_some() { format!("cpus.{number}") } else { String::new() };
            self.take(&mut core.load_pm, other.load_pm, &of, "load_percent");
            self.take(&mut core.freq_khz, other.freq_khz, &of, "freq_mhz");
        }
    }

    fn engine(&mut self, into: &mut Snapshot, other: &Engine) {
        // R39 counts from 0 what other releases, and the kernel's clocks, do not number.
        let plain = |name: &str| name.trim_end_matches('0').len();
        let same = |name: &str| name.get(..plain(name)) == other.name.get(..plain(&other.name));
        let place = into.engines.iter().position(|engine| same(&engine.name));
        let engine = match place {
            Some(place) => into.engines.iter_mut().nth(place),
            None => Some(into.engines.entry(&other.name)),
        };
        let Some(engine) = engine.filter(|_| other.is_reading()) else { return };
        let of = if self.marks.is_some() { format!("engines.{}", engine.name) } else { String::new() };
        let off = engine.load_pm == Some(0) && engine.freq_khz.is_none();
        self.take(&mut engine.load_pm, other.load_pm, &of, "usage_percent");
        if !off || self.prefer {
            self.take(&mut engine.freq_khz, other.freq_khz, &of, "freq_mhz");
        }
        self.take(&mut engine.raw, other.raw, &of, "raw_value");
        if engine.freqs_khz.is_empty() {
            engine.freqs_khz.extend_from_slice(&other.freqs_khz);
            self.filled += u32::from(!other.freqs_khz.is_empty());
            self.mark(|| format!("{of}.freqs_mhz"));
        }
        if engine.loads_pm.is_empty() {
            engine.loads_pm.extend_from_slice(&other.loads_pm);
            self.filled += u32::from(!other.loads_pm.is_empty());
            self.mark(|| format!("{of}.loads_percent"));
        }
    }

    fn temps(&mut self, into: &mut Snapshot, second: &Snapshot) {
        for other in second.temps.iter() {
            let place = into.temps.iter().position(|temp| temp.name == other.name);
            let known = place.is_some();
            let temp = match place {
                Some(place) => into.temps.iter_mut().nth(place),
                None => Some(into.temps.entry(&other.name)),
            };
            let Some(temp) = temp else { continue };
            let mut now = known.then_some(temp.now_mc);
            self.take(&mut now, Some(other.now_mc), "temps", &other.name);
            temp.now_mc = now.unwrap_or(other.now_mc);
            self.take(&mut temp.max_mc, other.max_mc, "temps_max", &other.name);
        }
        for name in second.temps_off.iter() {
            let known = into.temps.iter().any(|temp| temp.name == *name) || into.temps_off.contains(name);
            if !known {
                into.temps_off.entry(name);
            }
        }
    }

    fn rails(&mut self, into: &mut Snapshot, second: &Snapshot) {
        for other in second.rails.iter() {
            let place = into.rails.iter().position(|rail| rail.name == other.name);
            let known = place.is_some();
            let rail = match place {
                Some(place) => into.rails.iter_mut().nth(place),
                None => Some(into.rails.entry(&other.name)),
            };
            let Some(rail) = rail else { continue };
            let of = if self.marks.is_some() { format!("power.{}", other.name) } else { String::new() };
            let mut now = known.then_some(rail.now_mw);
            self.take(&mut now, Some(other.now_mw), &of, "current_mw");
            let mut average = known.then_some(rail.avg_mw);
            self.take(&mut average, Some(other.avg_mw), &of, "average_mw");
            (rail.now_mw, rail.avg_mw) = (now.unwrap_or(0), average.unwrap_or(0));
            self.take(&mut rail.max_mw, other.max_mw, &of, "max_mw");
        }
    }
}
