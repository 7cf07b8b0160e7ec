//! The list of processes: on directories that say anything, and on this machine, where /proc is
//! read once more, another way, to judge it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use jetsonscope::process::{MOST_LISTED, Process, Processes, Sort};
use jetsonscope::recycled::Recycled;
use jetsonscope::root::Root;

/// A root with processes, gone afterwards.
struct Board(PathBuf);

impl Board {
    fn new(test: &str) -> Board {
        let path = std::env::temp_dir().join(format!("jetsonscope-processes-{test}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("proc")).unwrap();
        Board(path)
    }

    fn write(&self, file: &str, text: impl AsRef<[u8]>) {
        let path = self.0.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A process with that time of CPU and that start, in ticks, and so many pages and threads.
    fn process(&self, pid: u32, [ticks, start, pages, threads]: [u64; 4]) {
        self.write(&format!("proc/{pid}/stat"), line(pid, [ticks, start, pages, threads]));
        self.write(&format!("proc/{pid}/cmdline"), format!("run\0{pid}\0"));
        self.write(&format!("proc/{pid}/status"), format!("Name:\trun\nUid:\t{pid}\t{pid}\t{pid}\t{pid}\n"));
        self.write(&format!("proc/{pid}/cgroup"), "0::/user.slice\n");
    }

    fn processes(&self) -> Processes {
        Processes::new(&Root::at(&self.0))
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn line(pid: u32, [ticks, start, pages, threads]: [u64; 4]) -> String {
    format!(
        "{pid} (a) b) S 1 1 1 0 -1 4194304 0 0 0 0 {ticks} 0 0 0 20 0 {threads} 0 {start} 9 {pages} 18 1 1 0\n"
    )
}

fn numbers(list: &[Process]) -> Vec<u32> {
    list.iter().map(|process| process.pid).collect()
}

#[test]
fn a_list_of_two_thousand_reads_each_once_and_the_rest_of_those_alone_that_it_lists() {
    let board = Board::new("many");
    let mut all: BTreeMap<u32, [u64; 4]> = BTreeMap::new();
    for number in 0..2000u32 {
        let pid = 1 + number * 7919 % 32749;
        let about =
            [u64::from(number) * 37 % 1009, 5, u64::from(number) * 53 % 4093, 1 + u64::from(number) % 97];
        board.process(pid, about);
        all.insert(pid, about);
    }
    board.write("proc/uptime", "1 1");
    board.write("proc/self/stat", line(1, [1, 1, 1, 1]));
    board.write("proc/007/stat", line(7, [1, 1, 1, 1]));
    let clients: Vec<String> =
        all.keys().step_by(10).map(|pid| format!("user some thing {pid} {}K\n", pid % 500 + 1)).collect();
    board.write("sys/kernel/debug/nvmap/iovmm/clients", clients.concat());
    let mut processes = board.processes();
    let mut list = Recycled::default();
    let start = Instant::now();
    assert_eq!(processes.sample(start, Sort::Cpu, 0, &mut list).unwrap(), 2000);
    assert_eq!((list.len(), processes.reads()), (0, 2000));
    for (pid, about) in &all {
        board.write(
            &format!("proc/{pid}/stat"),
            line(*pid, [about[0] + about[0] % 101, about[1], about[2], about[3]]),
        );
    }
    for (sort, limit) in
        [(Sort::Cpu, 20), (Sort::Memory, 1), (Sort::Gpu, 200), (Sort::Pid, 50), (Sort::Threads, usize::MAX)]
    {
        // Within the least span, all loads count from the first sample.
        let now = start + Duration::from_millis(50);
        let total = processes.sample(now, sort, limit, &mut list).unwrap();
        let listed = limit.min(MOST_LISTED).min(2000);
        assert_eq!((total, list.len()), (2000, listed), "{sort:?}");
        assert_eq!(processes.reads(), 2000 + 3 * listed as u32, "{sort:?}");
        let mut wanted: Vec<(u32, [u64; 4])> = all.iter().map(|(pid, about)| (*pid, *about)).collect();
        let gpu: BTreeMap<u32, u64> =
            all.keys().step_by(10).map(|pid| (*pid, u64::from(pid % 500 + 1))).collect();
        wanted.sort_by_key(|(pid, about)| {
            let first = match sort {
                Sort::Cpu => about[0] % 101,
                Sort::Memory => about[2],
                Sort::Gpu => gpu.get(pid).copied().unwrap_or(0),
                Sort::Pid => u64::from(u32::MAX - pid),
                Sort::Threads => about[3],
            };
            std::cmp::Reverse((first, about[2], u32::MAX - pid))
        });
        for (process, (pid, about)) in list.iter().zip(&wanted) {
            let wanted = Process {
                pid: *pid,
                ppid: 1,
                user: pid.to_string(),
                threads: about[3] as u32,
                state: 'S',
                cpu_pm: Some((about[0] % 101 * 200) as u32),
                rss_bytes: about[2] * 4096,
                gpu_bytes: gpu.get(pid).map(|size| size << 10),
                container: String::new(),
                command: format!("run {pid}"),
            };
            assert_eq!(*process, wanted, "{sort:?}");
        }
    }
}

#[test]
fn a_load_is_that_of_the_same_process_between_two_samples() {
    let board = Board::new("loads");
    let mut processes = board.processes();
    let mut list = Recycled::default();
    let mut now = Instant::now();
    let second = Duration::from_secs(1);
    for (what, ticks, start, span, wanted) in [
        ("first sample", 1000, 5, second, None),
        ("busy", 1100, 5, second, Some(1000)),
        ("idle", 1100, 5, second, Some(0)),
        ("four threads", 1900, 5, second * 2, Some(4000)),
        ("too soon to be a base", 1905, 5, second / 20, Some(1000)),
        ("counts from the one before that", 1920, 5, second / 20, Some(2000)),
        ("counter runs backwards", 1000, 5, second, None),
        ("and goes on", 1010, 5, second, Some(100)),
        ("another process of that number", 1020, 6, second, None),
        ("and goes on", 1030, 6, second, Some(100)),
        ("as the 32 bits end", u64::from(u32::MAX) - 9, 6, second, None),
        ("and behind them", u64::from(u32::MAX) + 41, 6, second, Some(500)),
        ("beyond belief", u64::MAX, 6, second, None),
    ] {
        now += span;
        board.process(9, [ticks, start, 1, 1]);
        processes.sample(now, Sort::Cpu, 20, &mut list).unwrap();
        let loads: Vec<Option<u32>> = list.iter().map(|process| process.cpu_pm).collect();
        assert_eq!(loads, [wanted], "{what}");
    }
    fs::remove_dir_all(board.0.join("proc/9")).unwrap();
    assert_eq!(processes.sample(now + second, Sort::Cpu, 20, &mut list).unwrap(), 0);
    board.process(9, [1, 6, 1, 1]);
    processes.sample(now + second * 2, Sort::Cpu, 20, &mut list).unwrap();
    assert_eq!(list[0].cpu_pm, None, "it was away");
}

#[test]
fn what_no_kernel_writes_is_passed_over() {
    let board = Board::new("lies");
    for (pid, stat) in [
        (2, Vec::new()),
        (3, vec![b'3'; 1 << 20]),
        (4, b"\x7fELF\0\0\0)S 1 2 3 4".to_vec()),
        (5, line(5, [1, 1, 1, 1]).replace(" 20 0 1 ", " 20 0 -1 ").into_bytes()),
        (6, line(7, [1, 1, 1, 1]).into_bytes()),
        (8, line(8, [1, 1, 1, 1]).replace(") S 1 1 1 0", ")").into_bytes()),
    ] {
        board.process(pid, [1; 4]);
        board.write(&format!("proc/{pid}/stat"), stat);
    }
    fs::create_dir_all(board.0.join("proc/9/stat")).unwrap();
    fs::create_dir_all(board.0.join("proc/10")).unwrap();
    let pipe = board.0.join("proc/10/stat");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    board.write("proc/99999999999/stat", line(1, [1; 4]));
    board.write("proc/11/stat", line(11, [1; 4])); // has gone away before its command was read
    board.process(12, [1; 4]);
    board.write("proc/12/cmdline", [&b"\0 \0"[..], &[0; 100]].concat());
    board.write("proc/12/comm", "k\x1bworker/0:1-events\n");
    board.write("proc/12/status", "Name:\tx\n");
    board.process(13, [1; 4]);
    board.write("proc/13/cmdline", "\u{20ac}".repeat(1000));
    board
        .write("proc/13/cgroup", format!("0::/system.slice/docker-{}.scope\n", "0123456789abcdef".repeat(4)));
    board.write("etc/passwd", "root:x:0:0:root:/root:/bin/bash\nrobot:x:13:13::/:/bin/sh\n");
    board.write("sys/kernel/debug/nvmap/iovmm/clients", [0xff; 1 << 16]);
    board.write("proc/self/auxv", [6usize, 65536, 17, 100, 0, 0].map(usize::to_ne_bytes).concat());
    let mut list = Recycled::default();
    let total = board.processes().sample(Instant::now(), Sort::Pid, 20, &mut list).unwrap();
    assert_eq!((total, numbers(&list)), (3, vec![12, 13]));
    assert_eq!((list[0].command.as_str(), list[0].user.as_str()), ("[k\x1bworker/0:1-events]", ""));
    assert_eq!((list[1].command.as_str(), list[1].user.as_str()), (&*"\u{20ac}".repeat(85), "robot"));
    assert_eq!((list[1].container.as_str(), list[1].rss_bytes), ("0123456789ab", 65536));
}

#[test]
fn a_root_without_processes_is_an_error() {
    let board = Board::new("none");
    fs::remove_dir(board.0.join("proc")).unwrap();
    let mut list = Recycled::default();
    assert!(board.processes().sample(Instant::now(), Sort::Cpu, 20, &mut list).is_err());
    board.write("proc", "a file");
    assert!(board.processes().sample(Instant::now(), Sort::Cpu, 20, &mut list).is_err());
}

/// A child that is ended with the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Nanoseconds of CPU that a process of one thread has had, by the scheduler's own account.
fn run_ns(pid: u32) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/schedstat")).ok()?;
    text.split(' ').next()?.parse().ok()
}

fn status_kb(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn a_busy_child_and_our_own_memory_are_what_the_kernel_says() {
    if !Path::new("/proc/self/stat").exists() {
        eprintln!("skipped: needs /proc");
        return;
    }
    let busy = Command::new("sh").args(["-c", "while :; do :; done"]).spawn().unwrap();
    let busy = Ended(busy);
    let pid = busy.0.id();
    let ballast = std::hint::black_box(vec![1u8; 32 << 20]);
    let mut processes = Processes::new(&Root::system());
    let mut list = Recycled::default();
    let before = (Instant::now(), run_ns(pid));
    processes.sample(before.0, Sort::Cpu, 20, &mut list).unwrap();
    assert!(list.iter().all(|process| process.cpu_pm.is_none()));
    std::thread::sleep(Duration::from_secs(1));
    let now = (Instant::now(), run_ns(pid));
    let total = processes.sample(now.0, Sort::Cpu, MOST_LISTED, &mut list).unwrap();
    assert!(total as usize >= list.len() && list.windows(2).all(|pair| pair[0].cpu_pm >= pair[1].cpu_pm));
    let child = list.iter().find(|process| process.pid == pid).expect("the child is listed");
    let load = f64::from(child.cpu_pm.unwrap()) / 10.0;
    let (Some(from), Some(to)) = (before.1, now.1) else {
        eprintln!("skipped: needs /proc/PID/schedstat");
        return;
    };
    let wanted = (to - from) / (now.0 - before.0).as_nanos() as f64 * 100.0;
    println!("load of the child: {load} %, by the scheduler {wanted:.1} %");
    assert!((load - wanted).abs() < 5.0, "{load} % is not {wanted} %");
    assert_eq!((child.command.as_str(), child.threads), ("sh -c while :; do :; done", 1));
    let own = list.iter().find(|process| process.pid == std::process::id()).expect("we are listed");
    let (rss, now) = (own.rss_bytes as f64, status_kb("VmRSS:") as f64 * 1024.0);
    assert!(rss > 32e6 && (0.8..1.25).contains(&(rss / now)), "{rss} is not {now} bytes");
    drop(ballast);
}

/// Runs the program as that user, or as whoever we are.
#[cfg(feature = "cli")]
fn run(arguments: &[&str], user: Option<u32>) -> String {
    use std::os::unix::process::CommandExt;
    // An ordinary user may not reach the directory that the program was built in.
    let program = std::env::temp_dir().join(format!("jetsonscope-processes-{}", std::process::id()));
    if user.is_some() {
        // By a program of its own: a file that this one has open, its other children inherit for a
        // moment, and what is open for writing cannot be run.
        let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_jetsonscope")).arg(&program).status();
        assert!(copied.unwrap().success());
    }
    let mut command = Command::new(if user.is_some() {
        program.as_path()
    } else {
        Path::new(env!("CARGO_BIN_EXE_jetsonscope"))
    });
    command
        .arg("jscopectl")
        .arg("processes")
        .args(arguments)
        .current_dir("/")
        .stdin(std::process::Stdio::null());
    command.env_remove("JETSONSCOPE_ROOT");
    if let Some(user) = user {
        command.uid(user).gid(user);
    }
    let output = command.output().unwrap();
    let _ = fs::remove_file(&program);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[cfg(feature = "cli")]
#[test]
fn the_program_lists_for_root_and_for_an_ordinary_user() {
    if !Path::new("/proc/self/stat").exists() {
        eprintln!("skipped: needs /proc");
        return;
    }
    let mut users = vec![None];
    match nix::unistd::geteuid().is_root() {
        true => users.push(Some(65534)),
        false => eprintln!("skipped: needs root, to become an ordinary user"),
    }
    for user in users {
        let json: serde_json::Value =
            serde_json::from_str(&run(&["--json", "--sort", "pid", "--limit", "2048", "--instant"], user))
                .unwrap();
        let list = json["Processes"]["processes"].as_array().unwrap();
        // One may go away between its two looks.
        let total = json["Processes"]["total"].as_u64().unwrap().min(2048);
        assert!((total.saturating_sub(50)..=total).contains(&(list.len() as u64)), "{user:?}: {total}");
        let own = |process: &&serde_json::Value| {
            process["command"]
                .as_str()
                .is_some_and(|line| line.ends_with("processes --json --sort pid --limit 2048 --instant"))
        };
        let own = list.iter().find(own).expect("the program itself");
        assert!(own["cpu_percent"].is_null() && own["gpu_bytes"].is_null(), "{own}");
        assert!((1 << 20..1 << 26).contains(&own["rss_bytes"].as_u64().unwrap()), "{own}");
        assert_eq!((own["threads"].as_u64(), own["state"].as_str()), (Some(1), Some("R")), "{own}");
        if user.is_some() {
            assert!(["nobody", "65534"].contains(&own["user"].as_str().unwrap()), "{own}");
        }
        let table = run(&["--limit", "5"], user);
        assert!(
            table.lines().count() <= 7 && table.lines().all(|line| line.chars().count() <= 80),
            "{table}"
        );
        assert!(!table.replace('\n', "").contains(char::is_control), "{table}");
    }
}
