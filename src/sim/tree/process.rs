//! A few processes: the system's, a display, and a network that runs in a container.

use super::Scene;
use super::cpu::TICK_US;
use super::sheet::Sheet;
use crate::sim::fill::{DISPLAY_KB, worker_kb};

/// One process.
#[derive(Debug)]
pub(super) struct Process {
    pub pid: u32,
    /// As the kernel cuts it, 15 characters at most.
    pub name: &'static str,
    /// With a NUL behind each word.
    command: &'static str,
    user: u32,
    /// Its part of all work, per mille.
    share_permille: u64,
    /// Its part of the memory in use, per mille.
    memory_permille: u64,
    threads: u32,
    /// Runs in the container.
    contained: bool,
}

const CONTAINER: &str = "5e1f0a7c9d3b48e26f7a0c4d8b1e93f25a6c7d0e4f8b2a1c3d5e7f9081726354";

const fn process(pid: u32, name: &'static str, command: &'static str, shares: [u64; 2]) -> Process {
    let [share_permille, memory_permille] = shares;
    Process { pid, name, command, user: 0, share_permille, memory_permille, threads: 1, contained: false }
}

const DISPLAY: Process = process(1731, "Xorg", "/usr/lib/xorg/Xorg\0-core\0:0\0", [40, 30]);
/// The one that works on the GPU, and its share of the memory in use.
const WORKER: Process = Process {
    threads: 9,
    contained: true,
    ..process(4481, "python3", "python3\0/app/infer.py\0--engine\0model.plan\0", [700, 400])
};

static PROCESSES: [Process; 7] = [
    process(1, "systemd", "/sbin/init\0", [10, 8]),
    process(412, "systemd-journal", "/lib/systemd/systemd-journald\0", [10, 10]),
    process(871, "dockerd", "/usr/bin/dockerd\0-H\0fd://\0", [20, 40]),
    process(1012, "nvargus-daemon", "/usr/sbin/nvargus-daemon\0", [10, 10]),
    DISPLAY,
    Process { user: 1000, threads: 3, ..process(2831, "gnome-shell", "/usr/bin/gnome-shell\0", [60, 120]) },
    WORKER,
];

/// Memory that the GPU's clients hold: the display always, the worker while the GPU is busy.
pub(super) fn gpu_kb(scene: &Scene) -> Vec<(&'static Process, u64)> {
    let worker = worker_kb(scene.state).map(|kb| (&WORKER, kb));
    worker.into_iter().chain([(&DISPLAY, DISPLAY_KB)]).collect()
}

/// The processes as they stand.
pub(super) fn draw(scene: &Scene, sheet: &mut Sheet) {
    for process in &PROCESSES {
        draw_process(scene, process, sheet);
    }
}

fn draw_process(scene: &Scene, process: &Process, sheet: &mut Sheet) {
    let Process { pid, name, user, threads, .. } = *process;
    let [busy, _] = scene.counters.times.sum();
    let ticks = busy * process.share_permille / 1000;
    let rss_kb = u64::from(scene.state.ram_used_mb) * 1024 * process.memory_permille / 1000;
    let size_kb = rss_kb * 3 + 65_536;
    let (parent, started) = if pid == 1 { (0, 0) } else { (1, u64::from(pid) * 1000 / TICK_US) };
    let running = process.share_permille > 500 && scene.state.gpu.load_permille > 0;
    let (letter, word) = if running { ('R', "running") } else { ('S', "sleeping") };
    sheet.enter(format_args!("proc/{pid}"));
    sheet.put(
        "stat",
        format_args!(
            "{pid} ({name}) {letter} {parent} {pid} {pid} 0 -1 4194560 1000 0 10 0 {} {} 0 0 20 0 {threads} 0 \
             {started} {} {} 18446744073709551615 1 1 0 0 0 0 0 4096 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n",
            ticks - ticks / 4,
            ticks / 4,
            size_kb * 1024,
            rss_kb / 4,
        ),
    );
    sheet.put(
        "status",
        format_args!(
            "Name:\t{name}\nUmask:\t0022\nState:\t{letter} ({word})\nTgid:\t{pid}\nPid:\t{pid}\nPPid:\t{parent}\n\
             Uid:\t{user}\t{user}\t{user}\t{user}\nGid:\t{user}\t{user}\t{user}\t{user}\n\
             VmSize:\t{size_kb:>8} kB\nVmRSS:\t{rss_kb:>8} kB\nVmSwap:\t       0 kB\nThreads:\t{threads}\n"
        ),
    );
    sheet.put("statm", format_args!("{} {} {} 1 0 {} 0\n", size_kb / 4, rss_kb / 4, rss_kb / 8, rss_kb / 4));
    sheet.text("comm", name);
    sheet.bytes("cmdline", process.command.as_bytes());
    // JetPack 4 and 5 mount the first control groups, later ones the second.
    match (scene.place.release >= super::super::release::Release::R36, process.contained) {
        (true, true) => sheet.put("cgroup", format_args!("0::/system.slice/docker-{CONTAINER}.scope\n")),
        (true, false) => sheet.text("cgroup", "0::/system.slice"),
        (false, true) => {
            sheet.put(
                "cgroup",
                format_args!("4:memory:/docker/{CONTAINER}\n1:name=systemd:/docker/{CONTAINER}\n"),
            );
        }
        (false, false) => sheet.text("cgroup", "4:memory:/system.slice\n1:name=systemd:/system.slice"),
    }
}
