//! What a list of 2000 processes costs, beside `busybox top` on the same ones: CPU time of one
//! iteration of each, by the kernel's account. Fails beyond twice that of busybox.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use jetsonscope::process::{Processes, Sort};
use jetsonscope::recycled::Recycled;
use jetsonscope::root::Root;

const COUNT: usize = 2000;
const ROUNDS: usize = 40;
const LIMIT: f64 = 2.0;

/// CPU time in ms that this process and its children (those waited for) have had.
fn cpu_ms() -> (f64, f64) {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<f64> = stat
        .rsplit(')')
        .next()
        .unwrap()
        .split_whitespace()
        .map(|field| field.parse().unwrap_or(0.0))
        .collect();
    ((fields[11] + fields[12]) * 10.0, (fields[13] + fields[14]) * 10.0)
}

/// One iteration of `busybox top -b`: what so many more of them cost.
fn busybox_ms() -> Option<f64> {
    let run = |rounds: usize| {
        let before = cpu_ms().1;
        let rounds = rounds.to_string();
        let mut top = Command::new("busybox");
        top.args(["top", "-b", "-d", "0", "-n", &rounds]).stdin(Stdio::null()).stdout(Stdio::null());
        top.status().ok().filter(|status| status.success()).map(|_| cpu_ms().1 - before)
    };
    Some((run(ROUNDS + 1)? - run(1)?) / ROUNDS as f64)
}

fn own_ms(listed: usize) -> f64 {
    let mut processes = Processes::new(&Root::system());
    let mut list = Recycled::default();
    let mut now = Instant::now();
    let before = cpu_ms().0;
    for _ in 0..ROUNDS {
        now += Duration::from_secs(1);
        let total = processes.sample(now, Sort::Cpu, listed, &mut list).unwrap();
        assert!(total as usize >= COUNT);
    }
    (cpu_ms().0 - before) / ROUNDS as f64
}

fn main() {
    if !std::path::Path::new("/proc/self/stat").exists() {
        return println!("skipped: needs /proc");
    }
    let sleep = || Command::new("sleep").arg("600").stdin(Stdio::null()).spawn();
    let sleeping: Result<Vec<Child>, _> = (0..COUNT).map(|_| sleep()).collect();
    let mut sleeping = sleeping.expect("processes to look at");
    let (few, many, top) = (own_ms(20), own_ms(1024), busybox_ms());
    for child in &mut sleeping {
        let _ = child.kill();
    }
    for child in &mut sleeping {
        let _ = child.wait();
    }
    println!("{COUNT} processes, CPU ms a list: {few:.1} with 20 listed, {many:.1} with 1024");
    let Some(top) = top else { return println!("skipped: needs busybox") };
    println!("busybox top -b, an iteration: {top:.1}; ratio {:.2} and {:.2}", few / top, many / top);
    assert!(few <= LIMIT * top, "a list costs more than {LIMIT} times busybox top");
}
