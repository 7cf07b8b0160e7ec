//! Simulated boards with all that pages show: the sample of a board's files, and the answers that a server
//! at work on them would give. What this machine would say itself stands fixed here, so that the same
//! board always gives the same picture.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use jetsonscope::history::{History, Moment};
use jetsonscope::root::Root;
use jetsonscope::screen::back::Back;
use jetsonscope::sim::tree::Tree;
use jetsonscope::sim::{Board, Scenario};
use jetsonscope::snapshot::Snapshot;
use jetsonscope::source::{Choice, Feed, Origin, Sample, Surroundings};
use jetsonscope::sys::LocalTime;
use jetsonscope::view::frame::{self, PAGES, View};
use jetsonscope::view::more::{More, Topic};
use jetsonscope::view::paint::Paint;
use jetsonscope::wire::request::Request;
use jetsonscope::wire::{self, Value, json};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const SECOND: Duration = Duration::from_secs(1);
/// When it is: 2026-02-03T04:05:06Z, and half an hour after the start.
const UNIX_MS: i64 = 1_770_091_506_000;
const UP_MS: i64 = 1_800_000;
/// Questions of a page, one after the other, at most.
const QUESTIONS: u32 = 8;
/// What a server says of itself, which is never twice the same.
const HEALTH: &str = r#"{"Health":{"uptime_secs":1800,"total_requests":7214,"errors":2,"connected_clients":3,
    "changes":{"done":1,"refused":0,"failed":0},"checks":[
    {"name":"source","level":"OK","text":"sysfs, sampled 0.4 s ago"},
    {"name":"thermal","level":"WARN","text":"tj is 4.5 C below its trip point"},
    {"name":"disk","level":"OK","text":"/ is 37 % full"},
    {"name":"vendor","level":"SKIP","text":"nvfancontrol: not looked for"}]}}"#;
const SOURCES: &str = r#"{"Sources":[
    {"name":"cpu","state":"ok","files":9,"denied":0,"cost_us":41,"path":"/proc/stat, /sys/devices/system/cpu"},
    {"name":"thermal","state":"ok","files":12,"denied":0,"cost_us":88,"path":"/sys/class/thermal"},
    {"name":"gpu","state":"partial","files":3,"denied":2,"cost_us":17,"path":"/sys/class/devfreq"}]}"#;

/// A board as it is shown.
pub struct Scene {
    pub name: String,
    pub snapshot: Snapshot,
    pub more: More,
}

fn utc(unix_s: u64) -> LocalTime {
    let [hour, minute, second] =
        [unix_s / 3600 % 24, unix_s / 60 % 60, unix_s % 60].map(|n| u8::try_from(n).expect("below 60"));
    LocalTime { year: 2026, month: 2, day: 3, hour, minute, second }
}

/// What answers: the files of a board, and its past.
struct Stage {
    feed: Feed,
    back: Back,
    past: History,
    now: Instant,
}

impl Stage {
    fn answer(&mut self, topic: Topic, request: Request) -> Value<'static> {
        let fixed = |text: &str| json::decode(text).expect("JSON").into_owned();
        match (topic, request) {
            (Topic::Health, _) => fixed(HEALTH),
            (Topic::Sources, _) => fixed(SOURCES),
            (_, Request::GetHistory { series, window_s }) => {
                let moment = Moment { boot_ms: UP_MS, unix_ms: UNIX_MS };
                let asked = wire::history::asked(&self.past, &series, window_s, moment);
                asked.expect("series that there are").reply()
            }
            (topic, request) => {
                let answer = self.back.ask(topic, request, &self.feed, self.now);
                answer.expect("an answer at once").1.expect("an answer")
            }
        }
    }

    /// Asks what each page wants to know, until it wants nothing new.
    fn learn(&mut self, more: &mut More) {
        for page in PAGES {
            let mut last = None;
            for _ in 0..QUESTIONS {
                let Some((topic, request, _)) = (page.wants)(more) else { break };
                let want = Some((topic, request.clone()));
                if last == want {
                    break;
                }
                last = want;
                let answer = self.answer(topic, request);
                more.answered(topic, Ok(answer));
            }
        }
    }
}

/// Half an hour of the board at that work.
fn past(board: &Board, scenario: Scenario) -> History {
    let source = format!("synthetic:{}:{}:1", board.name, scenario.name());
    let from = Surroundings { option: Some(source), ..Surroundings::default() };
    let choice = Choice::make(&from).expect("a source");
    let start = Instant::now();
    let mut feed = Feed::open(choice, &Root::at(Path::new("/nonexistent")), SECOND, start).expect("a source");
    let mut past = History::every(SECOND);
    for second in 0..=UP_MS / 1000 {
        let now = start + SECOND * u32::try_from(second).expect("seconds");
        feed.turn(now);
        let ago_ms = UP_MS - second * 1000;
        let moment = Moment { boot_ms: UP_MS - ago_ms, unix_ms: UNIX_MS - ago_ms };
        past.record(moment, feed.sample(now).snapshot.expect("a sample"));
    }
    past
}

/// A simulated board after five seconds of that work.
pub fn simulated(name: &str, scenario: Scenario) -> Scene {
    let board = Board::find(name).expect("a board");
    static SCENES: AtomicU32 = AtomicU32::new(0);
    let number = SCENES.fetch_add(1, Ordering::Relaxed);
    let place = format!("scene-{name}-{}-{number}", std::process::id());
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(place);
    let _ = fs::remove_dir_all(&place);
    let mut tree = Tree::new(board, scenario, 1, &place).expect("a tree");
    (0..4).for_each(|_| tree.beat(1000).expect("a beat"));
    let (root, start) = (Root::at(&place), Instant::now());
    let mut stage = Stage {
        feed: Feed::open(Choice::Sysfs, &root, SECOND, start).expect("a source"),
        back: Back::new(Vec::new(), root),
        past: past(board, scenario),
        now: start,
    };
    let unix_ms = u64::try_from(UNIX_MS).expect("after 1970");
    let mut more = More { now: start, unix_ms, local: utc, ..More::default() };
    // Loads and rates are those between two samples.
    stage.feed.turn(stage.now);
    stage.learn(&mut more);
    tree.beat(1000).expect("a beat");
    stage.now += SECOND;
    more.now += SECOND;
    stage.feed.turn(stage.now);
    let mut snapshot = stage.feed.sample(stage.now).snapshot.expect("a sample").clone();
    // Those of the disk that the tree is on.
    for disk in snapshot.file_systems.iter_mut() {
        (disk.total_bytes, disk.used_bytes, disk.available_bytes) =
            (62_700_000_000, 23_400_000_000, 36_100_000_000);
    }
    stage.learn(&mut more);
    drop(tree);
    let _ = fs::remove_dir_all(&place);
    Scene { name: name.to_owned(), snapshot, more }
}

impl Scene {
    /// The sample as it is shown: just taken.
    pub fn sample(&self) -> Sample<'_> {
        let age = Some(Duration::from_millis(400));
        Sample { snapshot: Some(&self.snapshot), age, stale: false, trouble: None }
    }

    /// A page of it, with such a sample.
    pub fn draw(&self, sample: Sample, page: usize, paint: Paint, (width, height): (u16, u16)) -> Buffer {
        let origin = Origin { source: "sysfs", simulated: true, board: &self.name, served: true };
        let view = View { origin, sample, paint, notice: None, page, scroll: 0, more: &self.more };
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        frame::draw(&view, buffer.area, &mut buffer);
        buffer
    }
}
