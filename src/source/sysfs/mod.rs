//! The kernel's own files: every value that a Jetson shows, without running anything.
//!
//! One file a subject: a [`Collector`] finds its files once ([`Collector::probe`]), reads limits,
//! labels and governors at the start and every ten seconds ([`Collector::refresh`]), and what
//! moves at each sample ([`Collector::read`]), which is one `pread` a file and allocates nothing.
//! A collector that fails leaves the others alone; one that finds nothing, or loses a file, looks
//! again after a pause that doubles.

mod address;
pub(crate) mod cpu;
mod disk;
mod engine;
pub(crate) mod fan;
pub(crate) mod gpu;
mod hwmon;
mod memory;
mod mode;
mod power;
mod smi;
mod system;
pub(crate) mod thermal;

use std::os::fd::BorrowedFd;
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::Source;
use super::status::Status;
use crate::beat;
use crate::derive::Derive;
use crate::root::{Reader, Root};
use crate::snapshot::Snapshot;
use crate::sys;

/// How often limits, labels and governors are read.
const SLOW: Duration = Duration::from_secs(10);
/// When everything is looked for anew after the start, whatever was found: drivers may come late at
/// boot, and swap on zram comes with a service.
const LATE: [Duration; 3] = [Duration::from_secs(10), Duration::from_secs(60), Duration::from_secs(600)];
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(600);

/// Reads one subject.
trait Collector {
    /// Its name, and where it reads.
    fn about(&self) -> (&'static str, &'static str);

    /// Looks for its files.
    fn probe(&mut self, reader: &mut Reader);

    /// Reads what changes only when somebody changes it.
    fn refresh(&mut self, reader: &mut Reader);

    /// Reads what moves.
    fn read(&mut self, reader: &mut Reader, into: &mut Snapshot);

    /// What is wrong besides files.
    fn trouble(&self) -> Option<&str> {
        None
    }
}

/// A collector, how it does, and when it looks for its files again.
struct Run {
    collector: Box<dyn Collector>,
    status: Status,
    probe: Option<Instant>,
    pause: Duration,
    /// Why the last look for its files may not have found all of them.
    want: Option<Rc<str>>,
}

/// The source.
pub(super) struct Sysfs {
    reader: Reader,
    runs: Vec<Run>,
    derive: Derive,
    interval: Duration,
    next: Instant,
    slow: Instant,
    start: Instant,
    /// How many of the late looks were had.
    looks: usize,
    news: Vec<String>,
}

impl Sysfs {
    /// `programs`: nvidia-smi may be run, where the load of the GPU is in no file.
    pub(super) fn new(root: Root, programs: bool, interval: Duration, now: Instant) -> Sysfs {
        let collectors: [Box<dyn Collector>; 9] = [
            Box::new(cpu::Cpu::new()),
            Box::new(memory::Memory::new()),
            Box::new(gpu::Gpus::new(programs)),
            Box::new(engine::Engines::new()),
            Box::new(thermal::Thermal::new()),
            Box::new(power::Power::new()),
            Box::new(fan::Fans::new()),
            Box::new(mode::Mode::new()),
            Box::new(system::System::new()),
        ];
        let run = |collector: Box<dyn Collector>| {
            let (name, path) = collector.about();
            Run {
                status: Status::new(name, path),
                collector,
                probe: Some(now),
                pause: FIRST_PAUSE,
                want: None,
            }
        };
        Sysfs {
            reader: Reader::new(root, now),
            runs: collectors.into_iter().map(run).collect(),
            derive: Derive::default(),
            interval,
            next: now,
            slow: now,
            start: now,
            looks: 0,
            news: Vec::new(),
        }
    }

    /// Takes a sample now.
    pub(super) fn sample(&mut self, now: Instant, into: &mut Snapshot) {
        self.reader.tick(now);
        into.clear();
        let slow = now >= self.slow;
        if slow {
            self.slow = now + SLOW;
        }
        let late = LATE.get(self.looks).is_some_and(|late| now >= self.start + *late);
        if late {
            self.looks += 1;
            self.runs.iter_mut().for_each(|run| run.probe = Some(now));
        }
        for run in &mut self.runs {
            run.turn(&mut self.reader, slow, into);
            self.news.extend(run.status.take_news());
        }
        self.derive.complete(now, self.interval, into);
    }
}

impl Run {
    fn turn(&mut self, reader: &mut Reader, slow: bool, into: &mut Snapshot) {
        let now = reader.now();
        let begin = Instant::now();
        let probing = self.probe.is_some_and(|probe| now >= probe);
        if probing {
            reader.root.take_want();
            self.collector.probe(reader);
            let why = |error| ["looking for its files: ", &sys::reason(&error)].concat().into();
            self.want = reader.root.take_want().map(why);
        }
        if slow || probing {
            self.collector.refresh(reader);
            self.status.slow = reader.take_tally();
            if self.want.is_some() {
                self.status.slow.failing += 1;
                self.status.slow.why.clone_from(&self.want);
            }
        }
        self.collector.read(reader, into);
        let lost = self.status.finish(reader.take_tally(), self.collector.trouble(), begin.elapsed());
        if probing {
            self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        }
        // Nothing found, not everything, or something lost that was there.
        let wanting = lost || self.want.is_some() || self.status.last.good + self.status.slow.good == 0;
        self.probe = match (wanting, self.probe.filter(|_| !probing)) {
            (true, planned) => planned.or(Some(now + self.pause)),
            (false, _) => {
                self.pause = FIRST_PAUSE;
                None
            }
        };
    }
}

impl Source for Sysfs {
    fn look_again(&mut self) {
        self.slow = self.next;
    }

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
        self.sample(now, into);
        true
    }

    fn trouble(&self) -> Option<&str> {
        None
    }

    fn statuses(&self) -> Vec<&Status> {
        self.runs.iter().map(|run| &run.status).collect()
    }

    fn take_news(&mut self) -> Vec<String> {
        std::mem::take(&mut self.news)
    }
}
