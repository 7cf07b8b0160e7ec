//! What is written into the files, and what the board does about it.

use std::fs;

use super::equal::compare;
use super::*;
use crate::sim::Release;

fn fan_files(tree: &Tree) -> [String; 2] {
    match tree.place.is_r32() {
        true => ["target_pwm", "temp_control"].map(|name| format!("sys/devices/pwm-fan/{name}")),
        false => {
            let directory = class(tree, "sys/class/hwmon", "name", "pwmfan");
            ["pwm1", "pwm1_enable"].map(|name| format!("{directory}/{name}"))
        }
    }
}

#[test]
fn a_faster_fan_cools() {
    let scratch = Scratch::new("fan");
    for board in ["nano", "xavier-nx", "orin-nano", "thor"].map(|name| Board::find(name).unwrap()) {
        let mut tree = scratch.tree(board.name);
        tree.beat(1).unwrap();
        let [pwm, switch] = fan_files(&tree);
        let hot = |tree: &Tree| crate::sim::thermal::hottest_mc(&tree.sim.state().zones);
        write(&tree, &pwm, "0");
        tree.beat(300_000).unwrap();
        let still_mc = hot(&tree);
        assert_eq!(number(&tree, &switch), if tree.place.is_r32() { 0 } else { 1 });
        assert!(!service(&tree).exists());
        write(&tree, &pwm, "255\n");
        tree.beat(300_000).unwrap();
        assert!(hot(&tree) < still_mc - 3000, "{}: {still_mc} {}", board.name, hot(&tree));
        write(&tree, &switch, if tree.place.is_r32() { "1" } else { "2" });
        tree.beat(60_000).unwrap();
        assert_eq!(tree.sim.knobs().fan_pwm, None, "{}", board.name);
        assert!(number(&tree, &pwm) < 255, "{}", board.name);
        assert_eq!(service(&tree).exists(), !tree.place.is_r32());
    }
}

fn service(tree: &Tree) -> PathBuf {
    let groups = if tree.place.release == Release::R35 { "sys/fs/cgroup/systemd" } else { "sys/fs/cgroup" };
    path(tree, groups).join("system.slice/nvfancontrol.service")
}

/// Whoever stops the service removes its control group, and owns the fan then.
#[test]
fn the_service_owns_the_fan_while_it_is_there() {
    let scratch = Scratch::new("service");
    for board in ["xavier-nx", "orin-nano"] {
        let mut tree = scratch.tree(board);
        seconds(&mut tree, 60);
        let [pwm, _] = fan_files(&tree);
        let before = number(&tree, &pwm);
        fs::remove_dir_all(service(&tree)).unwrap();
        seconds(&mut tree, 5);
        assert!(!service(&tree).exists() && number(&tree, &pwm) == before, "{board}");
        write(&tree, &pwm, "200\n");
        seconds(&mut tree, 5);
        assert_eq!(number(&tree, &pwm), 200, "{board}");
        fs::create_dir(service(&tree)).unwrap();
        fs::write(service(&tree).join("cgroup.procs"), "7").unwrap();
        tree.beat(60_000).unwrap();
        assert!(number(&tree, &pwm) < 200 && tree.sim.knobs().fan_pwm.is_none(), "{board}");
        compare(&tree);
    }
}

#[test]
fn a_lower_mode_lowers_the_clocks() {
    let scratch = Scratch::new("mode");
    for (board, mode) in [("nano", 1), ("tx2", 1), ("agx-xavier", 1), ("orin-nano", 3), ("thor", 1)] {
        let mut tree = scratch.tree(board);
        tree.beat(1).unwrap();
        write(&tree, "var/lib/nvpmodel/status", "pmode:0000\n");
        seconds(&mut tree, 2);
        write(&tree, &format!("{CPUFREQ}/scaling_min_freq"), "99999999");
        seconds(&mut tree, 5);
        let before_khz = number(&tree, &format!("{CPUFREQ}/scaling_cur_freq"));
        write(&tree, "var/lib/nvpmodel/status", &format!("pmode:{mode:04}\n"));
        seconds(&mut tree, 5);
        let table = tree.sim.board().mode(mode).unwrap();
        assert_eq!(number(&tree, &format!("{CPUFREQ}/scaling_max_freq")), i64::from(table.cpu_max_khz));
        assert!(number(&tree, &format!("{CPUFREQ}/scaling_cur_freq")) < before_khz, "{board}");
        assert!(number(&tree, &format!("{CPUFREQ}/scaling_min_freq")) < before_khz, "{board}");
        let online = tree.sim.state().cpus.iter().filter(|core| core.online).count();
        assert_eq!(online as u32, table.online_mask.count_ones());
        compare(&tree);
    }
}

#[test]
fn equal_bounds_pin_the_clocks() {
    let scratch = Scratch::new("pin");
    for board in ["tx2", "agx-xavier", "orin-nx", "thor"].map(|name| Board::find(name).unwrap()) {
        let mut tree = scratch.tree(board.name);
        tree.beat(1).unwrap();
        write(&tree, "var/lib/nvpmodel/status", "pmode:0000\n");
        tree.beat(1).unwrap();
        let khz = board.clusters[0].steps_khz[1];
        let gpu_hz = i64::from(board.gpu.steps_khz[1]) * 1000;
        let gpu = format!("sys/class/devfreq/{}", tree.place.devfreq);
        for (file, value) in [
            (format!("{CPUFREQ}/scaling_min_freq"), i64::from(khz)),
            (format!("{CPUFREQ}/scaling_max_freq"), i64::from(khz)),
            (format!("{gpu}/min_freq"), gpu_hz),
            (format!("{gpu}/max_freq"), gpu_hz),
        ] {
            write(&tree, &file, &format!("{value}\n"));
        }
        for _ in 0..8 {
            tree.beat(1500).unwrap();
            if tree.sim.state().uptime_ms > 3000 {
                assert_eq!(tree.sim.state().cpus[0].freq_khz, khz, "{}", board.name);
                assert_eq!(i64::from(tree.sim.state().gpu.freq_khz) * 1000, gpu_hz, "{}", board.name);
            }
        }
        assert_eq!(number(&tree, &format!("{gpu}/max_freq")), gpu_hz);
        compare(&tree);
    }
}

#[test]
fn memory_railgate_and_cores_act() {
    let scratch = Scratch::new("act");
    let mut tree = scratch.tree("agx-orin");
    tree.beat(1).unwrap();
    let emc = "sys/kernel/debug/bpmp/debug/clk/emc";
    write(&tree, &format!("{emc}/rate"), "3199000000");
    write(&tree, &format!("{emc}/mrq_rate_locked"), "1");
    write(&tree, "sys/devices/system/cpu/cpu3/online", "0");
    write(&tree, "sys/devices/system/cpu/cpu0/online", "0");
    write(&tree, "sys/devices/platform/gpu.0/railgate_enable", "0");
    write(&tree, &format!("{CPUFREQ}/scaling_governor"), "performance");
    for _ in 0..10 {
        tree.beat(1000).unwrap();
        assert_eq!(tree.sim.state().emc.freq_khz, 3_199_000);
        assert!(!tree.sim.state().cpus[3].online && tree.sim.state().cpus[0].online);
    }
    assert!(tree.sim.knobs().gpu_powered);
    assert_eq!(text(&tree, "sys/devices/system/cpu/online"), "0-2,4-7");
    assert_eq!(text(&tree, &format!("{CPUFREQ}/scaling_governor")), "performance");
    write(&tree, &format!("{emc}/mrq_rate_locked"), "0");
    write(&tree, "sys/devices/system/cpu/cpu8/online", "1");
    seconds(&mut tree, 10);
    assert!(tree.sim.state().emc.freq_khz < 3_199_000 && tree.sim.state().cpus[8].online);
    compare(&tree);
}

#[test]
fn garbage_is_written_over() {
    let scratch = Scratch::new("garbage");
    let mut tree = scratch.tree("orin-nx");
    tree.beat(1).unwrap();
    let [pwm, switch] = fan_files(&tree);
    let (gpu, min) = ("sys/class/devfreq/17000000.gpu/max_freq", format!("{CPUFREQ}/scaling_min_freq"));
    let emc = "sys/kernel/debug/bpmp/debug/clk/emc/mrq_rate_locked";
    let governor = format!("{CPUFREQ}/scaling_governor");
    let long = "1".repeat(100_000);
    let files = [&pwm, &switch, "var/lib/nvpmodel/status", &min, gpu, emc, &governor];
    let more = ["sys/devices/system/cpu/cpu1/online", "sys/devices/platform/gpu.0/tpc_pg_mask"];
    let files: Vec<&str> = files.into_iter().chain(more).collect();
    for content in ["", "x", "-1", "1 2", "pmode:", "pmode:0099", "pmode:x", "\0\0", "\u{fffd}", &long] {
        for name in &files {
            write(&tree, name, content);
        }
        tree.beat(1).unwrap();
        tree.beat(1).unwrap();
        let wanted = ["0", "1", "pmode:0002", "729600", "612000000", "0", "schedutil", "1", "240"];
        for (name, wanted) in files.iter().zip(wanted) {
            assert_eq!(&text(&tree, name), wanted, "{name} after {content:.20?}");
        }
        compare(&tree);
    }
    assert_eq!(tree.sim.knobs(), &Knobs::new(tree.sim.board()));
}
