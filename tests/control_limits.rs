//! What no control of the clocks can ever do, whatever it is asked for, on any board.
#![cfg(feature = "daemon")]

use std::fs;
use std::path::Path;

use jetsonscope::control::desk::Desk;
use jetsonscope::control::plan::Step;
use jetsonscope::control::{self, Kind, Wishes};
use jetsonscope::root::Root;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/boards");
/// The controls that are looked at here.
const OWN: [&str; 10] = [
    "cpu_governor",
    "gpu_governor",
    "gpu_railgate",
    "cpu_min_freq",
    "cpu_max_freq",
    "gpu_min_freq",
    "gpu_max_freq",
    "gpu_3d_scaling",
    "emc",
    "cpu_cores",
];

/// Files that a control may ever write, by the words between the slashes; `*` stands for one of them.
const WRITABLE: [&str; 12] = [
    "sys/devices/system/cpu/*/online",
    "sys/devices/system/cpu/cpufreq/*/scaling_governor",
    "sys/devices/system/cpu/cpufreq/*/scaling_min_freq",
    "sys/devices/system/cpu/cpufreq/*/scaling_max_freq",
    "sys/class/devfreq/*/governor",
    "sys/class/devfreq/*/min_freq",
    "sys/class/devfreq/*/max_freq",
    "sys/class/devfreq/*/device/railgate_enable",
    "sys/class/devfreq/*/device/enable_3d_scaling",
    "sys/class/devfreq/*/device/power/control",
    "sys/kernel/debug/bpmp/debug/clk/emc/mrq_rate_locked",
    "sys/kernel/debug/bpmp/debug/clk/emc/rate",
];

fn is_writable(path: &str) -> bool {
    WRITABLE.iter().any(|pattern| {
        let same = |(word, pattern): (&str, &str)| pattern == "*" || word == pattern;
        path.split('/').count() == pattern.split('/').count()
            && path.split('/').zip(pattern.split('/')).all(same)
    })
}

/// Whatever the options say: no mask, no trip point, no limit of current, no other clock, no core 0.
#[test]
fn ok_nothing_else_is_ever_written() {
    let mut steps = 0;
    for entry in fs::read_dir(FIXTURES).unwrap().map(Result::unwrap) {
        let desk = Desk::open(Root::at(entry.path()));
        let scene = desk.scene(Wishes { reboot: true, at_next_boot: true, attended: true });
        for control in OWN.map(|name| control::named(name).expect(name)) {
            let Ok(range) = (control.look)(&scene) else { continue };
            let (low, high) = range.bounds.unwrap_or_default();
            let more = ["0", "1", "max", "all", "0-1", "policy0=min"].map(str::to_owned);
            let numbers = (0..=8).map(|part| (low + (high - low) * part / 8).to_string());
            for value in range.options.iter().cloned().chain(range.value).chain(more).chain(numbers) {
                let Ok(plan) = (control.plan)(&scene, &value) else { continue };
                for step in plan.steps {
                    let row = format!("{:?}: {} {value}: {}", entry.file_name(), control.name, step.line());
                    match &step {
                        Step::Write { path, text } => {
                            assert!(is_writable(path), "{row}");
                            assert!(!path.ends_with("cpu0/online") && !path.contains(".."), "{row}");
                            assert!(!text.is_empty() && !text.contains('\n'), "{row}");
                            steps += 1;
                        }
                        Step::Note(_) => {}
                        _ => panic!("{row}"),
                    }
                }
            }
        }
    }
    assert!(steps > 500, "{steps} steps");
}

/// A value that is shown is one that is taken, and sets nothing.
#[test]
fn ok_what_is_shown_is_taken() {
    for entry in fs::read_dir(FIXTURES).unwrap().map(Result::unwrap) {
        let desk = Desk::open(Root::at(entry.path()));
        let scene = desk.scene(Wishes::default());
        for control in OWN.map(|name| control::named(name).expect(name)) {
            let Ok(range) = (control.look)(&scene) else { continue };
            let Some(value) = range.value else { continue };
            match (control.plan)(&scene, &value) {
                Ok(plan) => assert_eq!((plan.steps.len(), &plan.new), (0, &value), "{}", control.name),
                // A limit that the mode has set between two of the list, and a rate of the memory.
                Err(refusal) => {
                    let limit = control.name.ends_with("_freq") || control.name == "emc";
                    assert!(limit && refusal.kind == Kind::Invalid, "{:?}: {refusal}", entry.file_name());
                }
            }
        }
    }
}

#[test]
fn err_what_a_pc_lacks() {
    let desk = Desk::open(Root::at(Path::new(FIXTURES).join("pc")));
    let scene = desk.scene(Wishes::default());
    for (control, part) in [
        ("gpu_governor", "there is no GPU in /sys/class/devfreq"),
        ("gpu_min_freq", "there is no GPU"),
        ("gpu_max_freq", "there is no GPU"),
        ("gpu_railgate", "there is no GPU"),
        ("gpu_3d_scaling", "there is no GPU"),
        ("emc", "has no lock in debugfs"),
    ] {
        let refusal = (control::named(control).unwrap().look)(&scene).expect_err(control);
        assert_eq!(refusal.kind, Kind::Unsupported, "{refusal}");
        assert!(refusal.why.contains(part), "{refusal}");
    }
}
