//! Logs and pipes as sources, and the age of a sample; the time is the test's own.

use super::{INTERVAL, LINE, LONGEST_TURN, Owner, Scratch, ms, soon};
use jetsonscope::root::Root;
use jetsonscope::source::{Choice, Error, Feed, KEPT, Surroundings};
use std::fs;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

fn used(feed: &Feed, now: Instant) -> Option<u64> {
    Some(feed.sample(now).snapshot?.ram?.used_bytes >> 20)
}

#[test]
fn ok_a_log_gives_a_sample_an_interval() {
    let scratch = Scratch::new("log");
    let noise = "noise\n\n\0\u{fffd}\nRAM\nRAM x/9MB\n".to_owned() + &"x".repeat(100_000) + "\n";
    let samples: Vec<String> = (1..=4).map(|n| format!("RAM {n}/99MB CPU [1%@2]")).collect();
    let between = |separator: &str| noise.clone() + &samples.join(separator);
    for (case, content, skipped) in [
        ("noise", between(&format!("\n{noise}")) + "\n" + &noise, false),
        ("carriage returns", between("\r\n"), false),
        ("no end of the last line", between("\n"), false),
        ("an owner that comes late", between("\n"), true),
    ] {
        let begin = Instant::now();
        let mut feed = Feed::open(scratch.file("log", content), &Root::system(), INTERVAL, begin).unwrap();
        for n in 1..=4 {
            // Late by many intervals, an owner gets one sample, not all that it missed.
            let now = begin + INTERVAL * (n - 1) * if skipped { 7 } else { 1 };
            assert!(feed.due(now) <= now && feed.turn(now), "{case}: sample {n}");
            assert_eq!(used(&feed, now), Some(n.into()), "{case}");
            for early in [0, 50, 99] {
                assert!(!feed.turn(now + ms(early)), "{case}: {early} ms behind sample {n}");
            }
            assert!(!feed.ended() && feed.sample(now).trouble.is_none(), "{case}: after sample {n}");
        }
        let now = begin + INTERVAL * 100;
        assert!(!feed.turn(now) && feed.ended() && !feed.turn(now + INTERVAL), "{case}: the end");
        let sample = feed.sample(now);
        assert!(sample.stale && sample.trouble.is_some_and(|why| why.contains("end")), "{case}: {sample:?}");
        assert_eq!(used(&feed, now), Some(4), "{case}: the last values stay");
        assert!(feed.due(now) > now && feed.descriptor().is_none(), "{case}: nothing more to wait for");
    }
}

#[test]
fn err_files_that_cannot_be_read() {
    let scratch = Scratch::new("files");
    scratch.file("log", LINE);
    scratch.file("secret", LINE);
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o000);
    fs::set_permissions(scratch.0.join("secret"), mode).unwrap();
    std::os::unix::fs::symlink("loop", scratch.0.join("loop")).unwrap();
    for name in ["", "missing", "log/below", "loop", "secret", "missing\0"] {
        let path = scratch.0.join(name);
        if name == "secret" && fs::File::open(&path).is_ok() {
            eprintln!("skipped: this user reads every file");
            continue;
        }
        let error = Feed::open(Choice::File(path.clone()), &Root::system(), INTERVAL, Instant::now()).err();
        let Some(Error::Input(named, why)) = error else { panic!("{name:?}: {error:?}") };
        assert_eq!(named, path, "{why}");
        assert!(!Error::Input(named, why).to_string().contains('\n'), "{name:?}");
    }
    for content in ["", "\n\n\n", "no sample\n", "RAM"] {
        let now = Instant::now();
        let mut feed = Feed::open(scratch.file("log", content), &Root::system(), INTERVAL, now).unwrap();
        assert!(!feed.turn(now) && feed.ended(), "{content:?}");
        let sample = feed.sample(now);
        assert!(sample.snapshot.is_none() && sample.trouble.is_some() && !sample.stale, "{content:?}");
    }
}

#[test]
fn ok_a_named_pipe_without_writer_holds_nobody() {
    let scratch = Scratch::new("fifo");
    let path = scratch.0.join("fifo");
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let start = Instant::now();
    let mut owner = Owner::new(Choice::File(path.clone()));
    assert!(!owner.until(ms(150), |owner| owner.samples > 0 || owner.feed.ended()), "nobody has written");
    assert!(start.elapsed() < ms(600), "it waited {:?}", start.elapsed());
    // The next writer comes before the one before has gone, or the pipe would have an end.
    let mut writers = Vec::new();
    for round in 1..=3 {
        let mut writer = fs::File::options().write(true).open(&path).unwrap();
        writer
            .write_all(format!("RAM {round}/9MB CPU [1%@2]\nRAM {}/9MB CPU", round + 4).as_bytes())
            .unwrap();
        assert!(owner.until(ms(500), |owner| owner.samples >= round), "sample {round}");
        assert_eq!(owner.used(), Some(round as u64), "half a line is none yet");
        writer.write_all(b" [1%@2]\nnoise\n").unwrap();
        assert!(owner.until(ms(500), |owner| owner.used() == Some(round as u64 + 4)), "the other half");
        owner.samples = round;
        writers.push(writer);
    }
    drop(writers);
    assert!(owner.until(ms(500), |owner| owner.feed.ended()), "the last writer has gone");
    owner.assert_swift("a pipe");
}

#[test]
fn ok_a_pipe_ends_with_its_writer() {
    let (reader, mut writer) = std::io::pipe().unwrap();
    let path = format!("/proc/self/fd/{}", reader.as_raw_fd());
    let mut owner = Owner::new(Choice::File(path.into()));
    // Behind a line without end, the next line counts, and the end of that one does not.
    writer.write_all(&[b'x'; 30_000]).unwrap();
    owner.until(ms(100), |_| false);
    writer.write_all(b" RAM 6/9MB CPU [1%@2]\n").unwrap();
    owner.until(ms(100), |_| false);
    assert_eq!(owner.used(), None, "the end of a line that was too long is no line");
    writer.write_all(format!("{LINE}\n").as_bytes()).unwrap();
    assert!(owner.until(ms(500), |owner| owner.used() == Some(7)), "{}", owner.trouble());
    drop(writer);
    assert!(owner.until(ms(500), |owner| owner.feed.ended()), "its end");
    owner.assert_swift("a pipe");
}

/// However long a log is without a sample, one turn takes one piece of it.
#[test]
fn ok_no_turn_waits_for_a_long_log() {
    let scratch = Scratch::new("long");
    let choice = scratch.file("log", "");
    let sized = fs::File::options().write(true).open(scratch.0.join("log")).and_then(|f| f.set_len(1 << 28));
    if sized.is_err() {
        eprintln!("skipped: no sparse files here");
        return;
    }
    let mut feed = Feed::open(choice, &Root::system(), INTERVAL, Instant::now()).unwrap();
    let start = Instant::now();
    feed.turn(start);
    let took = start.elapsed();
    // Several times what is a long turn elsewhere, as this is one turn on a machine that may be busy.
    assert!(took < LONGEST_TURN * 4, "a turn took {took:?}");
}

#[test]
fn ok_values_age_and_go() {
    let scratch = Scratch::new("age");
    let begin = Instant::now();
    let mut feed = Feed::open(scratch.file("log", LINE), &Root::system(), INTERVAL, begin).unwrap();
    let sample = feed.sample(begin);
    assert!(sample.snapshot.is_none() && sample.age.is_none() && !sample.stale, "before the first turn");
    assert!(feed.turn(begin));
    let nano = Duration::from_nanos(1);
    for (age, stale, kept) in [
        (Duration::ZERO, false, true),
        (INTERVAL * 3, false, true),
        (INTERVAL * 3 + nano, true, true),
        (KEPT - nano, true, true),
        (KEPT, true, true),
        (KEPT + nano, true, false),
        (KEPT * 1000, true, false),
    ] {
        feed.turn(begin + age);
        let sample = feed.sample(begin + age);
        assert_eq!((sample.stale, sample.snapshot.is_some()), (stale, kept), "{age:?}");
        assert_eq!(sample.age, kept.then_some(age), "{age:?}");
    }
    // An owner may ask with a moment from before the sample was taken.
    let earlier = begin.checked_sub(ms(5)).unwrap_or(begin);
    assert_eq!(feed.sample(earlier).age, Some(Duration::ZERO));
    assert_eq!(KEPT, Duration::from_secs(60));
}

#[test]
fn ok_what_is_chosen_is_opened() {
    let scratch = Scratch::new("choice");
    scratch.file("log", format!("{LINE}\n"));
    let log = scratch.0.join("log").display().to_string();
    let cat = ("VARIABLE", format!("cat '{log}'"));
    for (option, command, name) in [
        (Some(format!("file:{log}")), Some(cat.clone()), "file"),
        (Some(format!("command:cat '{log}'")), None, "command"),
        (None, Some(cat), "command"),
    ] {
        let from = Surroundings { option, command, ..Surroundings::default() };
        let mut owner = Owner::new(Choice::make(&from).unwrap());
        assert_eq!((owner.feed.choice.name(), owner.feed.choice.simulated()), (name, false), "{from:?}");
        assert!(owner.until(ms(1000), |owner| owner.samples == 1), "{from:?}: {}", owner.trouble());
        assert!(soon(|| owner.used() == Some(7)), "{from:?}");
    }
}
