//! Cores: hotplug, clocks, idle states, and the times of /proc/stat.

use std::fmt::{self, Write};

use super::super::board::{Cluster, MAX_CORES};
use super::Scene;
use super::fixed::CPU_GOVERNORS;
use super::sheet::{Handle, Sheet};

/// A list of cores as the kernel writes it: `0-3,6`; with `apart`, `0 1 2 3 6`.
struct Cores {
    mask: u16,
    apart: bool,
}

impl fmt::Display for Cores {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let has = |core: u32| core < 16 && self.mask & (1 << core) != 0;
        let mut first = true;
        let mut core = 0;
        while core < 16 {
            let start = core;
            while has(core) && (!self.apart || core == start) {
                core += 1;
            }
            if core == start {
                core += 1;
                continue;
            }
            if !first {
                out.write_char(if self.apart { ' ' } else { ',' })?;
            }
            first = false;
            write!(out, "{start}")?;
            if core > start + 1 {
                write!(out, "-{}", core - 1)?;
            }
        }
        Ok(())
    }
}

fn online_mask(scene: &Scene) -> u16 {
    let online = scene.state.cpus.iter().enumerate().filter(|(_, core)| core.online);
    online.fold(0, |mask, (n, _)| mask | 1 << n)
}

/// What never changes by itself.
pub(super) fn draw_fixed(scene: &Scene, sheet: &mut Sheet) {
    let (board, place) = (scene.board, scene.place);
    let possible = Cores { mask: ((1u32 << board.cores) - 1) as u16, apart: false };
    sheet.enter(format_args!("sys/devices/system/cpu"));
    sheet.put("possible", format_args!("{possible}\n"));
    sheet.put("present", format_args!("{possible}\n"));
    for core in 0..board.cores {
        for (state, name) in ["WFI", "c7"].into_iter().enumerate() {
            sheet.enter(format_args!("sys/devices/system/cpu/cpu{core}/cpuidle/state{state}"));
            sheet.text("name", name);
            sheet.keep("disable", "0", Handle::Kept(&["0", "1"]));
        }
    }
    for cluster in board.clusters {
        let policy = cluster.core_mask.trailing_zeros();
        let directory = format!("sys/devices/system/cpu/cpufreq/policy{policy}");
        sheet.enter(format_args!("{directory}"));
        let related = Cores { mask: cluster.core_mask, apart: true };
        sheet.put("related_cpus", format_args!("{related}\n"));
        let mut steps = String::new();
        for khz in cluster.steps_khz {
            let _ = write!(steps, "{khz} ");
        }
        sheet.text("scaling_available_frequencies", &steps);
        sheet.text(
            "scaling_available_governors",
            "conservative ondemand userspace powersave performance schedutil ",
        );
        sheet.text("scaling_driver", if place.is_r32() { "tegra-cpufreq" } else { "tegra194" });
        sheet.number("cpuinfo_min_freq", lowest_khz(cluster));
        sheet.number("cpuinfo_max_freq", highest_khz(cluster));
        sheet.keep("scaling_governor", "schedutil", CPU_GOVERNORS);
        for core in (0..board.cores).filter(|core| cluster.core_mask & (1 << core) != 0) {
            sheet.link(format_args!("sys/devices/system/cpu/cpu{core}/cpufreq"), format_args!("{directory}"));
        }
    }
}

pub(super) fn lowest_khz(cluster: &Cluster) -> u32 {
    cluster.steps_khz.first().copied().unwrap_or(0)
}

pub(super) fn highest_khz(cluster: &Cluster) -> u32 {
    cluster.steps_khz.last().copied().unwrap_or(0)
}

/// Clocks, bounds and times as they stand.
pub(super) fn draw(scene: &Scene, sheet: &mut Sheet) {
    let online = online_mask(scene);
    sheet.enter(format_args!("sys/devices/system/cpu"));
    sheet.put("online", format_args!("{}\n", Cores { mask: online, apart: false }));
    for (n, core) in scene.state.cpus.iter().enumerate() {
        sheet.enter(format_args!("sys/devices/system/cpu/cpu{n}"));
        sheet.set("online", i64::from(core.online), Handle::Online(n));
    }
    for (n, cluster) in scene.board.clusters.iter().enumerate() {
        draw_policy(scene, n, cluster, online, sheet);
    }
    draw_cpuinfo(scene, sheet);
    draw_stat(scene, sheet);
}

fn draw_policy(scene: &Scene, n: usize, cluster: &Cluster, online: u16, sheet: &mut Sheet) {
    let (min_khz, max_khz) = scene.cpu_bounds_khz(n, cluster);
    let policy = cluster.core_mask.trailing_zeros();
    sheet.enter(format_args!("sys/devices/system/cpu/cpufreq/policy{policy}"));
    let affected = Cores { mask: cluster.core_mask & online, apart: true };
    sheet.put("affected_cpus", format_args!("{affected}\n"));
    sheet.set("scaling_min_freq", min_khz, Handle::CpuMin(n));
    sheet.set("scaling_max_freq", max_khz, Handle::CpuMax(n));
    let mut cores = scene.state.cpus.iter().enumerate();
    let running = cores.find(|(core, state)| cluster.core_mask & (1 << core) != 0 && state.online);
    for name in ["scaling_cur_freq", "cpuinfo_cur_freq"] {
        match running {
            Some((_, core)) => sheet.number(name, core.freq_khz),
            // The kernel's word for a policy whose cores are all off.
            None => sheet.text(name, "<unknown>"),
        }
    }
}

fn draw_cpuinfo(scene: &Scene, sheet: &mut Sheet) {
    let mut text = String::with_capacity(4096);
    for (n, core) in scene.state.cpus.iter().enumerate() {
        // The first two cores that translate code on TX2 are Denver 2.
        let denver = scene.board.name == "tx2" && scene.board.translating_mask & (1 << n) != 0;
        let (implementer, part) =
            if denver { ("0x4e", "0x003") } else { (scene.place.implementer, scene.place.part) };
        if core.online {
            let _ = write!(
                text,
                "processor\t: {n}\nBogoMIPS\t: 62.50\nFeatures\t: fp asimd evtstrm aes pmull sha1 sha2 crc32\n\
                 CPU implementer\t: {implementer}\nCPU architecture: 8\nCPU variant\t: 0x0\n\
                 CPU part\t: {part}\nCPU revision\t: 1\n\n"
            );
        }
    }
    sheet.enter(format_args!("proc"));
    sheet.bytes("cpuinfo", text.as_bytes());
}

/// Times of the cores since the start, in microseconds.
#[derive(Clone, Debug)]
pub(super) struct Times {
    busy_us: [u64; MAX_CORES],
    online_us: [u64; MAX_CORES],
}

/// A tick of /proc/stat: USER_HZ is 100.
pub(super) const TICK_US: u64 = 10_000;

impl Times {
    pub(super) fn new() -> Times {
        Times { busy_us: [0; MAX_CORES], online_us: [0; MAX_CORES] }
    }

    /// Adds a step of `dt_ms` at the present loads.
    pub(super) fn add(&mut self, state: &super::super::State, dt_ms: u32) {
        let times = self.busy_us.iter_mut().zip(&mut self.online_us);
        for ((busy_us, online_us), core) in times.zip(&state.cpus).filter(|(_, core)| core.online) {
            *busy_us += u64::from(dt_ms) * u64::from(core.load_permille);
            *online_us += u64::from(dt_ms) * 1000;
        }
    }

    /// Busy and idle ticks of a core.
    fn ticks(&self, core: usize) -> [u64; 2] {
        let of = |times: &[u64; MAX_CORES]| times.get(core).copied().unwrap_or(0) / TICK_US;
        [of(&self.busy_us), of(&self.online_us).saturating_sub(of(&self.busy_us))]
    }

    /// Ticks of all cores together, busy and idle.
    pub(super) fn sum(&self) -> [u64; 2] {
        (0..MAX_CORES).fold([0, 0], |[busy, idle], core| {
            let [more_busy, more_idle] = self.ticks(core);
            [busy + more_busy, idle + more_idle]
        })
    }
}

fn draw_stat(scene: &Scene, sheet: &mut Sheet) {
    let times = &scene.counters.times;
    let mut text = String::with_capacity(2048);
    // A quarter of the work is the kernel's.
    let mut line = |name: fmt::Arguments, [busy, idle]: [u64; 2]| {
        let system = busy / 4;
        writeln!(text, "{name} {} 0 {system} {idle} 0 0 0 0 0 0", busy - system)
    };
    let _ = line(format_args!("cpu "), times.sum());
    for (n, _) in scene.state.cpus.iter().enumerate().filter(|(_, core)| core.online) {
        let _ = line(format_args!("cpu{n}"), times.ticks(n));
    }
    let ms = scene.state.uptime_ms;
    let [busy, _] = times.sum();
    let running = scene.state.cpus.iter().filter(|core| core.load_permille > 400).count();
    let _ = write!(
        text,
        "intr {}\nctxt {}\nbtime {}\nprocesses {}\nprocs_running {}\nprocs_blocked 0\n",
        ms + busy * 7,
        ms * 2 + busy * 31,
        super::system::BOOT_S,
        2200 + ms / 4000,
        running + 1,
    );
    sheet.enter(format_args!("proc"));
    sheet.bytes("stat", text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_lists_of_cores() {
        let rows = [
            (0, "", ""),
            (0b1, "0", "0"),
            (0b1111, "0-3", "0 1 2 3"),
            (0b11_1001, "0,3-5", "0 3 4 5"),
            (0b110, "1-2", "1 2"),
            (0x8001, "0,15", "0 15"),
        ];
        for (mask, ranges, single) in rows {
            assert_eq!(Cores { mask, apart: false }.to_string(), ranges, "{mask:b}");
            assert_eq!(Cores { mask, apart: true }.to_string(), single, "{mask:b}");
        }
    }
}
