//! Uptime, load, disks and network.

use super::super::State;
use super::Scene;
use super::cpu::Times;
use super::sheet::Sheet;

/// The board was started on 1 January 2026, 00:00:00 UTC.
pub(super) const BOOT_S: u64 = 1_767_225_600;
const SECTOR: u64 = 512;

/// What adds up over the steps.
#[derive(Clone, Debug)]
pub(super) struct Counters {
    pub times: Times,
    /// Load averages of 1, 5 and 15 minutes, in millionths.
    load_micro: [i64; 3],
    read_bytes: u64,
    written_bytes: u64,
    received_bytes: u64,
    sent_bytes: u64,
}

impl Counters {
    pub(super) fn new() -> Counters {
        Counters {
            times: Times::new(),
            load_micro: [0; 3],
            read_bytes: 600_000_000,
            written_bytes: 90_000_000,
            received_bytes: 4_000_000,
            sent_bytes: 700_000,
        }
    }

    /// Adds a step of `dt_ms` that ended in `state`: a quiet board writes logs and answers, one
    /// that decodes video takes a stream in, one whose GPU works reads its data.
    pub(super) fn add(&mut self, state: &State, dt_ms: u32) {
        self.times.add(state, dt_ms);
        let dt_ms = u64::from(dt_ms);
        let work: u64 = state.cpus.iter().map(|core| u64::from(core.load_permille)).sum();
        let codec: u64 = state.engines.iter().map(|engine| u64::from(engine.load_permille)).sum();
        let gpu = u64::from(state.gpu.load_permille);
        self.read_bytes += dt_ms * (gpu * 4 + work / 8);
        self.written_bytes += dt_ms * (24 + work / 8);
        self.received_bytes += dt_ms * (2 + codec);
        self.sent_bytes += dt_ms * (3 + codec / 8);
        for (load, minutes) in self.load_micro.iter_mut().zip([1, 5, 15]) {
            *load += (work as i64 * 1000 - *load) * dt_ms as i64 / (minutes * 60_000 + dt_ms as i64);
        }
    }
}

/// The files that never change.
pub(super) fn draw_fixed(scene: &Scene, sheet: &mut Sheet) {
    let place = scene.place;
    let (disk, interface) = (place.disk, place.interface);
    let part = if disk.ends_with(|c: char| c.is_ascii_digit()) { "p1" } else { "1" };
    sheet.enter(format_args!("proc"));
    sheet.put(
        "mounts",
        format_args!(
            "/dev/{disk}{part} / ext4 rw,relatime 0 0\ntmpfs /run tmpfs rw,nosuid,nodev,mode=755 0 0\n\
             debugfs /sys/kernel/debug debugfs rw,nosuid,nodev,noexec,relatime 0 0\n"
        ),
    );
    sheet.put(
        "net/route",
        format_args!(
            "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n\
             {interface}\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n\
             {interface}\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n"
        ),
    );
    let addresses = "  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n     \
        +-- 127.0.0.0/8 2 0 2\n        +-- 127.0.0.0/31 1 0 0\n           |-- 127.0.0.0\n              \
        /8 host LOCAL\n           |-- 127.0.0.1\n              /32 host LOCAL\n        \
        |-- 127.255.255.255\n           /32 link BROADCAST\n     +-- 192.168.1.0/24 2 0 2\n        \
        |-- 192.168.1.0\n           /24 link UNICAST\n        |-- 192.168.1.20\n           /32 host LOCAL\n        \
        |-- 192.168.1.255\n           /32 link BROADCAST\n";
    sheet.put("net/fib_trie", format_args!("Main:\n{addresses}Local:\n{addresses}"));
    sheet.put(
        "net/if_inet6",
        format_args!(
            "00000000000000000000000000000001 01 80 10 80       lo\n\
             fe80000000000000020004fffe4b0001 02 40 20 80 {interface:>8}\n"
        ),
    );
    let total = place.disk_sectors * SECTOR;
    let (used, left) = (total / 5 * 2, total / 20 * 11);
    sheet.enter(format_args!(".jetsonscope"));
    sheet.put("statvfs", format_args!("/ {total} {used} {left}\n"));
}

/// Times and counters as they stand.
pub(super) fn draw(scene: &Scene, sheet: &mut Sheet) {
    let counters = scene.counters;
    let ms = scene.state.uptime_ms;
    let [_, idle] = counters.times.sum();
    sheet.enter(format_args!("proc"));
    sheet.put(
        "uptime",
        format_args!("{}.{:02} {}.{:02}\n", ms / 1000, ms % 1000 / 10, idle / 100, idle % 100),
    );
    let [one, five, fifteen] = counters.load_micro.map(|micro| (micro / 10_000).max(0));
    let running = scene.state.cpus.iter().filter(|core| core.load_permille > 400).count() + 1;
    sheet.put(
        "loadavg",
        format_args!(
            "{}.{:02} {}.{:02} {}.{:02} {running}/412 {}\n",
            one / 100,
            one % 100,
            five / 100,
            five % 100,
            fifteen / 100,
            fifteen % 100,
            4481 + ms / 4000
        ),
    );
    draw_disks(scene, sheet);
    draw_network(scene, sheet);
}

fn draw_disks(scene: &Scene, sheet: &mut Sheet) {
    let (counters, disk) = (scene.counters, scene.place.disk);
    let (read, written) = (counters.read_bytes / SECTOR, counters.written_bytes / SECTOR);
    let major = if disk.starts_with("nvme") { 259 } else { 179 };
    // Requests of 64 kB read and of 16 kB written.
    let (reads, writes) = (read / 128, written / 32);
    let rest =
        format!("{reads} 120 {read} {} {writes} 90 {written} {} 0 {} {}", reads / 2, writes, reads, reads);
    sheet.put(
        "diskstats",
        format_args!(
            "   7       0 loop0 0 0 0 0 0 0 0 0 0 0 0\n {major}       0 {disk} {rest}\n \
             {major}       1 {disk}p1 {rest}\n 252       0 zram0 0 0 0 0 0 0 0 0 0 0 0\n"
        ),
    );
}

fn draw_network(scene: &Scene, sheet: &mut Sheet) {
    let (counters, interface) = (scene.counters, scene.place.interface);
    let (received, sent) = (counters.received_bytes, counters.sent_bytes);
    sheet.put(
        "net/dev",
        format_args!(
            "Inter-|   Receive                                                |  Transmit\n \
             face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo \
             colls carrier compressed\n\
             {:>6}: {2:>8} {3:>7}    0    0    0     0          0         0 {2:>8} {3:>7}    0    0    0     0       0          0\n\
             {:>6}: {4:>8} {5:>7}    0    0    0     0          0         0 {6:>8} {7:>7}    0    0    0     0       0          0\n",
            "lo",
            interface,
            sent / 16,
            sent / 16_000,
            received,
            received / 1200,
            sent,
            sent / 600,
        ),
    );
}
