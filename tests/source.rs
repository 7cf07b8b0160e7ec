//! A feed as its owner drives it, over real children and real files: whatever these do, sampling
//! goes on, no turn waits, and nothing is left behind.

mod feed;

use feed::{INTERVAL, LINE, Owner, Scratch, alone, ms, soon};
use jetsonscope::root::Root;
use jetsonscope::source::{Choice, Feed};
use jetsonscope::sys;
use std::fs;
use std::time::{Duration, Instant};

#[test]
fn ok_a_steady_child() {
    let scratch = Scratch::new("steady");
    let mut owner = Owner::new(scratch.command("while echo LINE; do sleep 0.1; done"));
    assert!(owner.until(ms(2000), |owner| owner.samples >= 5), "{}", owner.trouble());
    let sample = owner.feed.sample(owner.now());
    assert!(!sample.stale && sample.trouble.is_none() && sample.age < Some(ms(250)), "{sample:?}");
    assert_eq!((owner.used(), scratch.numbers("starts").len()), (Some(7), 1));
    owner.assert_swift("a steady child");
    drop(owner);
    assert_eq!(scratch.states("starts"), []);
}

/// What a child does after its first sample, how long until that is known, and words of which one
/// says why. The end of its output and its exit are two events; either may be seen first.
const BAD: [(&str, u64, &[&str]); 10] = [
    ("exit 0", 0, &["ended with status 0", "closed its output"]),
    ("exit 3", 0, &["ended with status 3", "closed its output"]),
    ("kill -9 $$", 0, &["signal 9", "closed its output"]),
    ("while :; do echo noise; done", 2100, &["no sample"]),
    ("printf %020000d 0; sleep 60", 0, &["longer than 8192 bytes"]),
    ("while printf %09000d 0; do :; done", 0, &["longer than 8192 bytes"]),
    ("exec sleep 60", 2100, &["no sample"]),
    ("exec >&-; sleep 60 & echo $! >>DIR/others; wait", 0, &["closed its output"]),
    ("sleep 60 & echo $! >>DIR/others; exit 0", 2100, &["no sample"]),
    ("sleep 60 & echo $! >>DIR/others; wait", 2100, &["no sample"]),
];

fn check_bad(number: usize, script: &str, silence: u64, why: &[&str]) {
    let scratch = Scratch::new(&format!("bad-{number}"));
    let mut owner = Owner::new(scratch.command(&format!("echo LINE; {script}")));
    assert!(owner.until(ms(1000), |owner| owner.samples == 1), "{script}: its sample");
    owner.until(ms(50), |_| false);
    owner.ahead += ms(silence);
    assert!(owner.until(ms(1000), |owner| !owner.trouble().is_empty()), "{script}: it is in trouble");
    let said = owner.trouble();
    assert!(why.iter().any(|why| said.contains(why)) && !said.contains('\n'), "{script}: {said}");
    // Dead and reaped, but its values are there, with their age.
    let reaped = owner.until(ms(300), |_| scratch.states("starts").is_empty());
    assert!(reaped, "{script}: {:?} after its end", scratch.states("starts"));
    owner.ahead += ms(301);
    owner.turn();
    let sample = owner.feed.sample(owner.now());
    assert!(sample.stale && sample.age > Some(ms(300)) && owner.used() == Some(7), "{script}: {sample:?}");
    assert_eq!(scratch.numbers("starts").len(), 1, "{script}: it pauses for a second");
    owner.ahead += ms(1000);
    let again = owner.until(ms(1000), |owner| owner.samples == 2);
    assert!(again, "{script}: {} starts, {}", scratch.numbers("starts").len(), owner.trouble());
    owner.assert_swift(script);
    drop(owner);
    assert_eq!(scratch.states("starts"), [], "{script}: left behind");
    assert!(soon(|| scratch.states("others").is_empty()), "{script}: others left behind");
}

#[test]
fn err_children_of_every_kind() {
    let children = BAD.into_iter().enumerate();
    let all = children
        .map(|(n, (script, silence, why))| std::thread::spawn(move || check_bad(n, script, silence, why)));
    // All at once, as most of their time is spent waiting; each has said what was wrong by then.
    let ended: Vec<_> = all.collect::<Vec<_>>().into_iter().map(|child| child.join()).collect();
    assert!(ended.iter().all(|result| result.is_ok()), "see above");
}

/// The exit of the leader is not that of its group: what it started ends with the feed, and with
/// the next start.
#[test]
fn err_a_child_that_leaves_others_behind() {
    let scratch = Scratch::new("orphans");
    let script = "sleep 60 >/dev/null & echo $! >>DIR/others; echo LINE; exit 0";
    let mut owner = Owner::new(scratch.command(script));
    for round in 1..=4 {
        let ended = |owner: &Owner| owner.samples == round && !owner.trouble().is_empty();
        assert!(owner.until(ms(1000), ended), "{round}: {}", owner.trouble());
        owner.until(ms(20), |_| false);
        owner.ahead += ms(60_000);
    }
    drop(owner);
    let ended = soon(|| scratch.states("others").is_empty());
    for number in scratch.numbers("others").into_iter().filter(|number| feed::state(*number).is_some()) {
        let _ = std::process::Command::new("/bin/sh").args(["-c", &format!("kill -9 {number}")]).output();
    }
    assert!(ended, "of {:?} some go on", scratch.numbers("others"));
}

/// An owner that waits as long as the feed asks for sees no zombie all the while.
#[test]
fn err_a_killed_child_is_reaped_before_its_pause_is_over() {
    let scratch = Scratch::new("zombie");
    let mut owner = Owner::new(scratch.command("exec >&-; exec sleep 60"));
    assert!(owner.until(ms(1000), |owner| !owner.trouble().is_empty()), "closed its output");
    let end = Instant::now() + ms(500);
    while Instant::now() < end {
        sys::wait([owner.feed.descriptor()], owner.feed.due(owner.now()).min(end)).unwrap();
        if owner.feed.due(owner.now()) <= owner.now() {
            owner.turn();
        }
    }
    assert_eq!(scratch.states("starts"), []);
}

#[test]
fn ok_the_pause_grows_and_one_child_lives_at_a_time() {
    let scratch = Scratch::new("pause");
    let mut owner = Owner::new(scratch.command("echo LINE; exit 1"));
    owner.speed = 8;
    let (mut starts, mut alive) = (Vec::new(), 0);
    let enough = owner.until(ms(6000), |owner| {
        alive = alive.max(scratch.states("starts").len());
        let count = scratch.numbers("starts").len();
        starts.resize_with(count.max(starts.len()), || owner.now());
        count == 5
    });
    let pauses: Vec<Duration> = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(enough, "15 seconds for five starts, but {pauses:?}");
    // A start is seen some turns late, by the same as the one before it or by more.
    for (pause, least) in pauses.iter().zip([1000, 2000, 4000, 8000]) {
        assert!(*pause + ms(400) >= ms(least), "{pauses:?}: {least} ms at least");
    }
    assert_eq!(alive, 1, "alive at a time");
}

#[test]
fn err_missing_programs() {
    let nobody = ["/nonexistent/program", "no-such-program", "/", "", "/dev/null", "a\0b"];
    let words = nobody.into_iter().map(|word| vec![word.to_owned()]).chain([vec![]]);
    for words in words {
        let begin = Instant::now();
        let mut now = begin;
        let mut feed = Feed::open(Choice::Command(words.clone()), &Root::system(), INTERVAL, now).unwrap();
        for pause in [1, 2, 4, 8, 16, 32, 60, 60] {
            assert!(!feed.turn(now), "{words:?}");
            let sample = feed.sample(now);
            assert!(
                sample.snapshot.is_none() && sample.age.is_none() && !sample.stale,
                "{words:?}: {sample:?}"
            );
            let said = sample.trouble.unwrap_or_default();
            assert!(!said.is_empty() && !said.contains('\n'), "{words:?}: {said}");
            assert_eq!(feed.due(now) - now, Duration::from_secs(pause), "{words:?}");
            now = feed.due(now);
        }
    }
}

/// Bytes that this process has read, and the memory that it holds, where the system tells.
fn consumed() -> (Option<u64>, Option<u64>) {
    let field = |file: &str, name: &str| {
        let text = fs::read_to_string(file).ok()?;
        let value = text.lines().find_map(|line| line.strip_prefix(name))?;
        value.split_whitespace().next()?.parse().ok()
    };
    (field("/proc/self/io", "rchar:"), field("/proc/self/status", "VmRSS:"))
}

#[test]
fn ok_a_child_that_prints_without_pause_is_held() {
    if !alone("ok_a_child_that_prints_without_pause_is_held") {
        return;
    }
    let scratch = Scratch::new("flood");
    fs::write(scratch.0.join("lines"), format!("{LINE}\n").repeat(20_000)).unwrap();
    let mut owner = Owner::new(scratch.command("while cat DIR/lines; do :; done"));
    assert!(owner.until(ms(1000), |owner| owner.samples > 0), "{}", owner.trouble());
    let (before, start) = (consumed(), Instant::now());
    owner.until(ms(1000), |_| false);
    let (after, intervals) = (consumed(), start.elapsed().as_millis() as u64 / 100 + 2);
    owner.assert_swift("a flood");
    assert_eq!(owner.trouble(), "", "it prints samples, and is let live");
    assert!(owner.feed.sample(owner.now()).age < Some(ms(300)));
    if let (Some(before), Some(after)) = (before.0, after.0) {
        let read = (after - before) / intervals;
        assert!(read <= 80 * 1024 + 4096, "{read} bytes an interval");
    }
    if let (Some(before), Some(after)) = (before.1, after.1) {
        assert!(after < before + 1024, "memory grew from {before} to {after} kB");
    }
}

#[test]
fn ok_no_descriptor_leaks() {
    if !alone("ok_no_descriptor_leaks") {
        return;
    }
    let scratch = Scratch::new("leak");
    let count = || fs::read_dir("/proc/self/fd").unwrap().count();
    let before = count();
    for script in ["echo LINE", "exec >&-; sleep 60", "printf %020000d 0; sleep 60", "sleep 60 & exit 0"] {
        let (mut owner, mut most) = (Owner::new(scratch.command(script)), 0);
        let earlier = scratch.numbers("starts").len();
        // Five starts take 15 seconds of pauses, and as much of silence.
        owner.speed = 50;
        let started = owner.until(ms(3000), |_| {
            most = most.max(count());
            scratch.numbers("starts").len() >= earlier + 5
        });
        assert!(started, "{script}: {} starts", scratch.numbers("starts").len() - earlier);
        assert!(most <= before + 1, "{script}: {before} descriptors, then {most}");
        drop(owner);
        assert_eq!(count(), before, "{script}");
    }
}
