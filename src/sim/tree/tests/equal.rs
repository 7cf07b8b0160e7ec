//! Every value that a tree holds, read back and compared with the state.

use super::*;
use crate::sim::{BOARDS, NC, PMIC};

pub(super) fn compare(tree: &Tree) {
    compare_cores(tree);
    compare_gpu(tree);
    compare_zones(tree);
    compare_rails(tree);
    compare_memory(tree);
}

fn compare_cores(tree: &Tree) {
    let (board, state) = (tree.sim.board(), tree.sim.state());
    for (n, core) in state.cpus.iter().enumerate() {
        let online = number(tree, &format!("sys/devices/system/cpu/cpu{n}/online"));
        assert_eq!(online == 1, core.online, "{} cpu{n}", board.name);
        if core.online {
            let khz = number(tree, &format!("sys/devices/system/cpu/cpu{n}/cpufreq/scaling_cur_freq"));
            assert_eq!(khz, i64::from(core.freq_khz));
        }
        assert_eq!(field(tree, "proc/stat", &format!("cpu{n}")).len(), if core.online { 10 } else { 0 });
    }
    let uptime: f64 = text(tree, "proc/uptime").split(' ').next().unwrap().parse().unwrap();
    assert_eq!((uptime * 100.0).round() as u64, state.uptime_ms / 10);
}

fn compare_gpu(tree: &Tree) {
    let (place, state) = (tree.place, tree.sim.state());
    let directory = format!("sys/class/devfreq/{}", place.devfreq);
    assert_eq!(number(tree, &format!("{directory}/cur_freq")), i64::from(state.gpu.freq_khz) * 1000);
    if !place.is_thor() {
        assert_eq!(number(tree, &format!("{directory}/device/load")), i64::from(state.gpu.load_permille));
    }
    let emc = match place.chip_id {
        "0x21" => "sys/kernel/debug/clk/emc/clk_rate",
        "0x26" => "sys/class/devfreq/bwmgr/cur_freq",
        _ => "sys/kernel/debug/bpmp/debug/clk/emc/rate",
    };
    let hz = number(tree, emc);
    assert_eq!(hz, i64::from(state.emc.freq_khz) * 1000);
    let files = [
        "sys/kernel/debug/cactmon/mc_all",
        "sys/kernel/debug/bpmp/debug/actmon/mc_all_avg_activity",
        "sys/kernel/actmon_avg_activity/mc_all",
    ];
    let activity = files.into_iter().find(|name| path(tree, name).exists()).unwrap();
    let load_permille = number(tree, activity) * 10 * 1000 / hz;
    assert_eq!(load_permille, i64::from(state.emc.load_permille));
    for engine in &state.engines {
        let directory = format!("sys/kernel/debug/clk/{}", gpu::clock_name(engine.kind));
        let (count, rate) = (format!("{directory}/clk_enable_count"), format!("{directory}/clk_rate"));
        assert_eq!(number(tree, &count), i64::from(engine.on));
        assert_eq!(number(tree, &rate), i64::from(engine.freq_khz) * 1000);
    }
}

fn compare_zones(tree: &Tree) {
    let state = tree.sim.state();
    for (n, (name, index)) in tree.layout.temps.iter().enumerate() {
        let kind = text(tree, &format!("sys/class/thermal/thermal_zone{n}/type"));
        assert_eq!(kind.split(['-', '_']).next(), Some(*name));
        let now_mc = number(tree, &format!("sys/class/thermal/thermal_zone{n}/temp"));
        match state.zones.get(*index) {
            None => assert_eq!(*index, PMIC),
            Some(zone) if zone.off => assert_eq!(now_mc, -256_000, "{name}"),
            Some(zone) => assert_eq!(now_mc, i64::from(zone.now_mc), "{name}"),
        }
    }
    let fan = tree.sim.board().fan.has_tachometer.then_some(i64::from(state.fan_rpm));
    let (pwm, rpm) = match tree.place.is_r32() {
        true => {
            let rpm = fan.map(|_| number(tree, "sys/devices/pwm-fan/rpm_measured"));
            (number(tree, "sys/devices/pwm-fan/target_pwm"), rpm)
        }
        false => {
            let pwm = class(tree, "sys/class/hwmon", "name", "pwmfan");
            let rpm = class(tree, "sys/class/hwmon", "name", "pwm_tach");
            (number(tree, &format!("{pwm}/pwm1")), Some(number(tree, &format!("{rpm}/rpm"))))
        }
    };
    assert_eq!((pwm, rpm), (i64::from(state.fan_pwm), fan));
}

fn compare_rails(tree: &Tree) {
    let mut found = BTreeMap::new();
    for (n, (address, channels)) in tree.place.chips.iter().enumerate() {
        for channel in 0..channels.len() {
            let (directory, [name, voltage, current]) = match tree.place.is_r32() {
                true => (
                    format!("sys/bus/i2c/drivers/ina3221x/{address}/iio:device{n}"),
                    ["rail_name_N", "in_voltageN_input", "in_currentN_input"]
                        .map(|name| name.replace('N', &channel.to_string())),
                ),
                false => (
                    format!("sys/bus/i2c/devices/{address}/hwmon/hwmon{n}"),
                    ["inN_label", "inN_input", "currN_input"]
                        .map(|name| name.replace('N', &(channel + 1).to_string())),
                ),
            };
            let name = text(tree, &format!("{directory}/{name}"));
            let uw = number(tree, &format!("{directory}/{voltage}"))
                * number(tree, &format!("{directory}/{current}"));
            if tree.place.is_r32() {
                assert_eq!(number(tree, &format!("{directory}/in_power{channel}_input")), uw / 1000);
            }
            found.insert(name, uw / 1000);
        }
    }
    if tree.place.is_thor() {
        let vin = class(tree, "sys/class/hwmon", "name", "ina238");
        found.insert("VIN".into(), number(tree, &format!("{vin}/power1_input")) / 1000);
    }
    found.remove("NC");
    let rails = tree.layout.rails.iter().filter(|(_, index)| *index != NC);
    let wanted: BTreeMap<_, _> =
        rails.map(|(name, n)| (name.to_string(), i64::from(tree.sim.state().rails[*n].now_mw))).collect();
    assert_eq!(found, wanted, "{}", tree.sim.board().name);
    if !tree.place.is_r32() {
        let counters = class(tree, "sys/class/hwmon", "name", "soctherm_oc");
        let count: i64 = (1..=3).map(|n| number(tree, &format!("{counters}/oc{n}_event_cnt"))).sum();
        assert_eq!(count, tree.sim.state().oc_events.iter().map(|n| i64::from(*n)).sum::<i64>());
    }
}

fn compare_memory(tree: &Tree) {
    let state = tree.sim.state();
    let kb = |name: &str| field(tree, "proc/meminfo", name).first().copied();
    assert_eq!(kb("MemTotal:"), Some(u64::from(state.ram_total_mb) << 10));
    let used_kb = kb("MemTotal:").unwrap() - kb("MemAvailable:").unwrap();
    assert_eq!(used_kb, u64::from(state.ram_used_mb) << 10);
    assert!(kb("MemFree:").unwrap() < kb("MemAvailable:").unwrap());
    let swap_kb = if tree.layout.swap { u64::from(state.swap_total_mb) << 10 } else { 0 };
    assert_eq!(kb("SwapTotal:"), Some(swap_kb));
    if swap_kb > 0 {
        assert_eq!(swap_kb - kb("SwapFree:").unwrap(), u64::from(state.swap_used_mb) << 10);
        let swaps = text(tree, "proc/swaps");
        let sizes = swaps.lines().skip(1).map(|line| line.split_whitespace().nth(2).unwrap());
        assert_eq!(sizes.map(|size| size.parse::<u64>().unwrap()).sum::<u64>(), swap_kb);
    }
    let zones = text(tree, "proc/buddyinfo");
    let mut blocks = [0; 11];
    for line in zones.lines() {
        let counts = line.split_whitespace().skip(4).map(|word| word.parse::<u32>().unwrap());
        blocks.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
    }
    let top = blocks.iter().rposition(|count| *count > 0).unwrap();
    assert_eq!((blocks[top], 4u32 << top), (state.lfb_count, state.lfb_size_kb));
    assert_eq!(path(tree, "sys/kernel/debug/nvmap/iovmm/clients").exists(), !tree.place.is_thor());
}

#[test]
fn every_file_equals_the_state() {
    let scratch = Scratch::new("equal");
    for board in &BOARDS {
        for scenario in Scenario::ALL {
            // The files of the scenario before are taken over.
            let directory = scratch.0.join(board.name);
            let mut tree = Tree::new(board, scenario, 3, &directory).unwrap();
            for dt_ms in [0, 250, 1000, 60_000, 120_000] {
                tree.beat(dt_ms).unwrap();
                compare(&tree);
            }
            let root = crate::root::Root::at(&directory);
            assert!(root.is_jetson(), "{}", board.name);
            assert_eq!(root.text("proc/device-tree/model").as_deref(), Some(board.title));
        }
    }
}

#[test]
fn loads_are_in_the_times_of_the_cores() {
    let scratch = Scratch::new("times");
    for board in ["tx2", "orin-nx"] {
        let mut tree = scratch.tree(board);
        seconds(&mut tree, 2);
        let before = field(&tree, "proc/stat", "cpu0");
        tree.beat(100_000).unwrap();
        let after = field(&tree, "proc/stat", "cpu0");
        let gone: Vec<u64> = before.iter().zip(&after).map(|(before, after)| after - before).collect();
        let (idle, all) = (gone[3], gone.iter().sum::<u64>());
        assert!(all.abs_diff(10_000) <= 1, "{gone:?}");
        let load = (all - idle) * 1000 / all;
        assert!(load.abs_diff(tree.sim.state().cpus[0].load_permille.into()) <= 1, "{gone:?}");
    }
}

#[test]
fn same_seed_same_tree() {
    let (one, two) = (Scratch::new("one"), Scratch::new("two"));
    for board in ["nano", "xavier-nx", "agx-orin"].map(|name| Board::find(name).unwrap()) {
        let [first, second] = [&one, &two].map(|scratch| {
            let mut tree = scratch.tree(board.name);
            seconds(&mut tree, 5);
            let (mut found, base) = (BTreeMap::new(), scratch.0.join(board.name));
            contents(&base, &mut found, &base);
            found
        });
        assert_eq!(first, second, "{}", board.name);
        assert!(first.len() > 250, "{}: {}", board.name, first.len());
    }
}
