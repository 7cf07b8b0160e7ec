//! What follows from two samples: loads, rates, energy; and from one: whether clocks are pinned.
//!
//! [`Derive`] keeps what it needs of the sample before, and works over the monotonic clock. A
//! counter that went backwards (a device that came back, a core that was off) gives no rate this
//! once; the first sample has none at all.

use std::time::{Duration, Instant};

use crate::board::clocks;
use crate::snapshot::{Core, Snapshot, Ticks};

/// A gap of more intervals than that is no ground for energy: nobody knows what was drawn.
const LONGEST_GAP: u32 = 3;

/// The sample before.
#[derive(Debug, Default)]
pub struct Derive {
    taken: Option<Instant>,
    cores: Vec<Option<Ticks>>,
    disks: Counters,
    interfaces: Counters,
    rails: Vec<Drawn>,
}

/// Energy drawn through a rail.
#[derive(Debug)]
struct Drawn {
    name: String,
    last_mw: i32,
    energy_uj: i64,
    over_ms: i64,
    /// It was in the last sample.
    fresh: bool,
}

impl Derive {
    /// Completes a sample that was taken at `now`, some `interval` after the one before.
    pub fn complete(&mut self, now: Instant, interval: Duration, s: &mut Snapshot) {
        let elapsed = self.taken.replace(now).map(|taken| now.saturating_duration_since(taken));
        let elapsed_ms = elapsed.and_then(|elapsed| u64::try_from(elapsed.as_millis()).ok());
        self.loads(&mut s.cpus);
        let disks = s.block_devices.iter_mut();
        self.disks.rates(
            elapsed_ms,
            disks.map(|d| {
                (d.name.as_str(), [d.read_bytes, d.written_bytes], [&mut d.read_rate, &mut d.write_rate])
            }),
        );
        let interfaces = s.interfaces.iter_mut();
        self.interfaces.rates(
            elapsed_ms,
            interfaces.map(|i| (i.name.as_str(), [i.rx_bytes, i.tx_bytes], [&mut i.rx_rate, &mut i.tx_rate])),
        );
        let gap = elapsed.filter(|&elapsed| elapsed <= interval * LONGEST_GAP);
        self.energy(gap.and_then(|gap| i64::try_from(gap.as_millis()).ok()), s);
        pinned(s);
    }

    fn loads(&mut self, cpus: &mut [Core]) {
        self.cores.resize(cpus.len(), None);
        for (core, before) in cpus.iter_mut().zip(&mut self.cores) {
            if let (Some(before), Some(ticks)) = (*before, core.ticks) {
                core.load_pm = load_pm(before, ticks);
            }
            *before = core.ticks;
        }
    }

    fn energy(&mut self, gap_ms: Option<i64>, s: &mut Snapshot) {
        for rail in s.rails.iter_mut() {
            let known = self.rails.iter_mut().find(|drawn| drawn.name == rail.name);
            let Some(drawn) = known else {
                let (name, last_mw) = (rail.name.clone(), rail.now_mw);
                self.rails.push(Drawn { name, last_mw, energy_uj: 0, over_ms: 0, fresh: true });
                continue;
            };
            // Milliwatts times milliseconds; the mean of both ends.
            if let Some(gap_ms) = gap_ms.filter(|_| drawn.fresh) {
                let mean_mw = (i64::from(drawn.last_mw) + i64::from(rail.now_mw)) / 2;
                drawn.energy_uj = drawn.energy_uj.saturating_add(mean_mw.saturating_mul(gap_ms));
                drawn.over_ms = drawn.over_ms.saturating_add(gap_ms);
            }
            (drawn.last_mw, drawn.fresh) = (rail.now_mw, true);
            if drawn.over_ms > 0 {
                rail.energy_mj = Some(drawn.energy_uj / 1000);
                rail.avg_mw = i32::try_from(drawn.energy_uj / drawn.over_ms).unwrap_or(rail.now_mw);
            }
        }
        for drawn in &mut self.rails {
            drawn.fresh = s.rails.iter().any(|rail| rail.name == drawn.name);
        }
    }
}

fn load_pm(before: Ticks, now: Ticks) -> Option<u32> {
    let total = now.total.checked_sub(before.total).filter(|&total| total > 0)?;
    let busy = now.busy.checked_sub(before.busy)?.min(total);
    u32::try_from(busy.checked_mul(1000)?.checked_add(total / 2)? / total).ok()
}

/// Pairs of counters by name.
#[derive(Debug, Default)]
struct Counters(Vec<(String, [u64; 2])>);

impl Counters {
    /// Puts the rates, a second, of each entry where it says.
    fn rates<'a>(
        &mut self,
        elapsed_ms: Option<u64>,
        entries: impl Iterator<Item = (&'a str, [u64; 2], [&'a mut Option<u64>; 2])>,
    ) {
        // Names of containers' interfaces never come again: what is gone is forgotten, which also
        // gives no rate over the time that it was away.
        let mut kept = 0;
        for (name, now, rates) in entries {
            let known = self.0.iter().skip(kept).position(|(known, _)| known == name);
            match known {
                Some(place) => self.0.swap(kept, kept + place),
                None => self.0.insert(kept, (name.to_owned(), now)),
            }
            let Some((_, before)) = self.0.get_mut(kept) else { continue };
            kept += 1;
            if known.is_none() {
                continue;
            }
            for ((before, now), rate) in before.iter_mut().zip(now).zip(rates) {
                let since = now.checked_sub(*before);
                let rate_of = |since: u64| since.checked_mul(1000)?.checked_div(elapsed_ms?);
                *rate = since.and_then(rate_of);
                *before = now;
            }
        }
        self.0.truncate(kept);
    }
}

/// Whether clocks are held at their upper limit, as jetson_clocks does: clusters with a core that
/// is on, GPUs, and the memory where its lock can be read.
fn pinned(s: &mut Snapshot) {
    // A PC has cpufreq, too.
    if s.gpus.is_empty() && s.engine("EMC").is_none() {
        return;
    }
    let at_top = |min: Option<u32>, max: Option<u32>| Some(min? >= max?);
    let on = |core: &u16| s.cpus.get(usize::from(*core)).is_none_or(|core| core.online != Some(false));
    let clusters = s.clusters.iter().filter(|cluster| cluster.cores.iter().any(on));
    let clusters = clusters.filter_map(|c| Some((c.name.as_str(), at_top(c.min_khz, c.max_khz)?)));
    let gpus = s.gpus.iter().filter_map(|gpu| Some((gpu.name.as_str(), at_top(gpu.min_khz, gpu.max_khz)?)));
    let items = clusters.chain(gpus).chain(s.emc.locked.map(|locked| ("EMC", locked)));
    s.pinned = clocks::state(items, &mut s.unpinned);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Pinned;

    const SECOND: Duration = Duration::from_secs(1);

    /// Completes samples at these seconds, each built by the function, and collects what it finds.
    fn run<T>(
        seconds: &[u64],
        mut build: impl FnMut(usize, &mut Snapshot),
        find: impl Fn(&Snapshot) -> T,
    ) -> Vec<T> {
        let start = Instant::now();
        let (mut derive, mut s) = (Derive::default(), Snapshot::default());
        let each = seconds.iter().enumerate().map(|(number, second)| {
            s.clear();
            build(number, &mut s);
            derive.complete(start + SECOND * u32::try_from(*second).unwrap(), SECOND, &mut s);
            find(&s)
        });
        each.collect()
    }

    #[test]
    fn ok_loads() {
        let ticks = [(0, 100), (50, 200), (50, 200), (40, 300), (240, 400), (u64::MAX, u64::MAX)];
        let found = run(
            &[0, 1, 2, 3, 4, 5],
            |n, s| {
                s.cpus.push(Core {
                    ticks: Some(Ticks { busy: ticks[n].0, total: ticks[n].1 }),
                    ..Core::default()
                })
            },
            |s| s.cpus[0].load_pm,
        );
        assert_eq!(found, [None, Some(500), None, None, Some(1000), None]);
    }

    #[test]
    fn ok_a_core_that_was_off_has_no_load_at_first() {
        let ticks = [
            Some(Ticks { busy: 1, total: 10 }),
            None,
            Some(Ticks { busy: 2, total: 20 }),
            Some(Ticks { busy: 3, total: 30 }),
        ];
        let found = run(
            &[0, 1, 2, 3],
            |n, s| s.cpus.push(Core { ticks: ticks[n], ..Core::default() }),
            |s| s.cpus[0].load_pm,
        );
        assert_eq!(found, [None, None, None, Some(100)]);
    }

    #[test]
    fn ok_rates() {
        let bytes = [0u64, 1000, 500, 500, u64::MAX, 0];
        let found = run(
            &[0, 2, 3, 4, 5, 6],
            |n, s| s.interfaces.entry("eth0").rx_bytes = bytes[n],
            |s| s.interfaces[0].rx_rate,
        );
        assert_eq!(found, [None, Some(500), None, Some(0), None, None]);
    }

    #[test]
    fn ok_rates_go_by_name() {
        let names = [["a", "b"], ["b", "a"], ["c", "a"]];
        let found = run(
            &[0, 1, 2],
            |n, s| {
                for name in names[n] {
                    s.block_devices.entry(name).read_bytes = n as u64 * if name == "a" { 10 } else { 7 };
                }
            },
            |s| s.block_devices.iter().map(|disk| disk.read_rate).collect::<Vec<_>>(),
        );
        assert_eq!(found, [vec![None, None], vec![Some(7), Some(10)], vec![None, Some(10)]]);
    }

    #[test]
    fn ok_what_was_away_has_no_rate_and_is_forgotten() {
        let bytes = [Some(0), None, Some(9000), Some(9100)];
        let found = run(
            &[0, 1, 2, 3],
            |n, s| {
                if let Some(bytes) = bytes[n] {
                    s.interfaces.entry("usb0").rx_bytes = bytes;
                }
            },
            |s| s.interfaces.first().and_then(|interface| interface.rx_rate),
        );
        assert_eq!(found, [None, None, None, Some(100)]);
        let mut counters = Counters::default();
        for number in 0..1000 {
            let name = format!("veth{number}");
            counters.rates(Some(1000), [(name.as_str(), [0, 0], [&mut None, &mut None])].into_iter());
        }
        assert_eq!(counters.0.len(), 1, "names that never come again");
    }

    #[test]
    fn ok_energy() {
        for (what, seconds, power, energy, mean) in [
            ("steady", &[0, 1, 2][..], &[1000, 1000, 1000][..], Some(2000), 1000),
            ("trapezoid", &[0, 1], &[0, 1000], Some(500), 500),
            ("first", &[0], &[700], None, 700),
            ("gap", &[0, 1, 9, 10], &[100, 100, 100, 100], Some(200), 100),
            ("three intervals are none", &[0, 3], &[100, 100], Some(300), 100),
            ("below zero", &[0, 1], &[-100, -300], Some(-200), -200),
        ] {
            let found = run(
                seconds,
                |n, s| {
                    let rail = s.rails.entry("VDD_IN");
                    (rail.now_mw, rail.avg_mw) = (power[n], power[n]);
                },
                |s| (s.rails[0].energy_mj, s.rails[0].avg_mw),
            );
            assert_eq!(found.last(), Some(&(energy, mean)), "{what}");
        }
    }

    #[test]
    fn ok_a_rail_that_was_away_draws_nothing_meanwhile() {
        let found = run(
            &[0, 1, 2, 3],
            |n, s| {
                if n != 1 {
                    s.rails.entry("VDD_IN").now_mw = 1000;
                }
            },
            |s| s.rails.first().and_then(|rail| rail.energy_mj),
        );
        assert_eq!(found, [None, None, None, Some(1000)]);
    }

    #[test]
    fn ok_pinned_clocks() {
        for (cpu, gpu, emc, wanted, unpinned) in [
            (Some((5, 5)), Some((9, 9)), Some(true), Some(Pinned::On), &[][..]),
            (Some((1, 5)), Some((3, 9)), Some(false), Some(Pinned::Off), &[]),
            (Some((5, 5)), Some((3, 9)), None, Some(Pinned::Partial), &["gpu"]),
            (Some((5, 5)), Some((9, 9)), Some(false), Some(Pinned::Partial), &["EMC"]),
            (Some((5, 5)), None, None, None, &[]),
            (None, None, None, None, &[]),
        ] {
            let mut s = Snapshot::default();
            if let Some((min, max)) = cpu {
                let cluster = s.clusters.entry("policy0");
                cluster.cores.push(0);
                (cluster.min_khz, cluster.max_khz) = (Some(min), Some(max));
            }
            if let Some((min, max)) = gpu {
                let gpu = s.gpus.entry("gpu");
                (gpu.min_khz, gpu.max_khz) = (Some(min), Some(max));
            }
            s.emc.locked = emc;
            pinned(&mut s);
            let names: Vec<_> = s.unpinned.iter().map(String::as_str).collect();
            assert_eq!((s.pinned, names.as_slice()), (wanted, unpinned), "{cpu:?} {gpu:?} {emc:?}");
        }
    }
}
