//! What the tests of a feed share: scripts and files of a test, the state of processes, and an
//! owner that drives a feed.

mod replay;

use jetsonscope::root::Root;
use jetsonscope::source::{Choice, Feed};
use jetsonscope::sys;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

pub const LINE: &str = "RAM 7/3964MB (lfb 3x4MB) CPU [1%@102,off] CPU@30C";
pub const INTERVAL: Duration = Duration::from_millis(100);
/// A turn never waits; what is above is a sleep or a scan without bound, not a busy machine.
pub const LONGEST_TURN: Duration = Duration::from_millis(50);

pub fn ms(value: u64) -> Duration {
    Duration::from_millis(value)
}

/// A directory of one test. Scripts find it as DIR, and the sample as LINE; each start of one
/// appends its process number to `starts`, what it leaves running to `others`.
pub struct Scratch(pub PathBuf);

impl Scratch {
    pub fn new(test: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("jetsonscope-source-{test}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    pub fn command(&self, script: &str) -> Choice {
        let script = format!("echo $$ >>DIR/starts\n{script}");
        let script = script.replace("LINE", &format!("'{LINE}'"));
        let script = script.replace("DIR", self.0.to_str().unwrap());
        Choice::Command(["/bin/sh", "-c", &script].map(str::to_owned).to_vec())
    }

    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> Choice {
        fs::write(self.0.join(name), content).unwrap();
        Choice::File(self.0.join(name))
    }

    /// The process numbers in a file, as far as the file is written.
    pub fn numbers(&self, name: &str) -> Vec<u32> {
        let text = fs::read_to_string(self.0.join(name)).unwrap_or_default();
        text.split_inclusive('\n')
            .filter(|line| line.ends_with('\n'))
            .flat_map(|l| l.trim().parse())
            .collect()
    }

    pub fn states(&self, name: &str) -> Vec<char> {
        self.numbers(name).into_iter().filter_map(state).collect()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The state letter of a process; `None` when it is gone, and when it is a zombie of somebody
/// else's: an orphan is reaped by whoever has taken it over, or not at all in some containers.
pub fn state(number: u32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{number}/stat")).ok()?;
    let mut fields = stat.rsplit(") ").next()?.split(' ');
    let letter = fields.next()?.chars().next()?;
    let own = fields.next()? == std::process::id().to_string();
    (own || !matches!(letter, 'Z' | 'X')).then_some(letter)
}

/// Waits until something holds, for a second at most.
pub fn soon(mut holds: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while !holds() && start.elapsed() < ms(1000) {
        std::thread::sleep(ms(5));
    }
    holds()
}

/// The owner of a feed. Its clock may be set forward, or run fast, to have pauses over sooner.
pub struct Owner {
    pub feed: Feed,
    begin: Instant,
    pub ahead: Duration,
    pub speed: u32,
    pub samples: usize,
    turns: Vec<Duration>,
}

impl Owner {
    pub fn new(choice: Choice) -> Owner {
        let begin = Instant::now();
        let feed = Feed::open(choice, &Root::system(), INTERVAL, begin).unwrap();
        Owner { feed, begin, ahead: Duration::ZERO, speed: 1, samples: 0, turns: Vec::new() }
    }

    pub fn now(&self) -> Instant {
        self.begin + self.begin.elapsed() * self.speed + self.ahead
    }

    pub fn turn(&mut self) -> bool {
        let (now, start) = (self.now(), Instant::now());
        let new = self.feed.turn(now);
        self.turns.push(start.elapsed());
        self.samples += usize::from(new);
        new
    }

    /// Waits as the feed asks for, but looks every few milliseconds, until `done` or for `limit`.
    pub fn until(&mut self, limit: Duration, mut done: impl FnMut(&Owner) -> bool) -> bool {
        let end = Instant::now() + limit;
        while Instant::now() < end {
            self.turn();
            if done(self) {
                return true;
            }
            let wait = self.feed.due(self.now()).saturating_duration_since(self.now()) / self.speed;
            let deadline = Instant::now() + wait.clamp(ms(1), ms(10));
            sys::wait([self.feed.descriptor()], deadline).unwrap();
        }
        done(self)
    }

    pub fn trouble(&self) -> String {
        self.feed.sample(self.now()).trouble.unwrap_or_default().to_owned()
    }

    /// The RAM in use of the last sample, which numbers it.
    pub fn used(&self) -> Option<u64> {
        Some(self.feed.sample(self.now()).snapshot?.ram?.used_bytes >> 20)
    }

    /// One turn may meet a busy machine; three are the feed's own.
    pub fn assert_swift(&self, case: &str) {
        let slow: Vec<_> = self.turns.iter().filter(|turn| **turn > LONGEST_TURN).collect();
        assert!(slow.len() < 3, "{case}: slow turns {slow:?} of {}", self.turns.len());
    }
}

/// Runs a test in a process of its own, where descriptors and memory are those of the test alone;
/// true in that process.
pub fn alone(test: &str) -> bool {
    if std::env::var_os("JETSONSCOPE_TEST_ALONE").is_some() {
        return true;
    }
    let mut own = std::process::Command::new(std::env::current_exe().unwrap());
    own.args(["--exact", test, "--test-threads", "1"]).env("JETSONSCOPE_TEST_ALONE", "1");
    let output = own.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.contains("1 passed"), "{out}\n{err}");
    false
}
