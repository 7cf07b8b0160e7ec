//! The files that tell which board this is: device tree, release, packages, tables, names.

use std::fmt::Write;

use super::Scene;
use super::sheet::{Handle, Sheet};

/// The files that never change.
pub(super) fn draw(scene: &Scene, sheet: &mut Sheet) {
    device_tree(scene, sheet);
    release(scene, sheet);
    packages(scene, sheet);
    names(scene, sheet);
    power_table(scene, sheet);
    if !scene.place.is_r32() {
        fan_table(scene, sheet);
    }
}

fn device_tree(scene: &Scene, sheet: &mut Sheet) {
    let place = scene.place;
    sheet.enter(format_args!("sys/firmware/devicetree/base"));
    sheet.put("model", format_args!("{}\0", scene.board.title));
    sheet.put("compatible", format_args!("{}", place.compatible));
    sheet.put("serial-number", format_args!("1421400000000\0"));
    sheet.link(format_args!("proc/device-tree"), format_args!("sys/firmware/devicetree/base"));
    if place.is_r32() {
        // As /sys/module/tegra_fuse has it on R32: decimal.
        let id = i64::from_str_radix(place.chip_id.trim_start_matches("0x"), 16).unwrap_or(0);
        sheet.enter(format_args!("sys/module/tegra_fuse/parameters"));
        sheet.number("tegra_chip_id", id);
    }
}

fn release(scene: &Scene, sheet: &mut Sheet) {
    let place = scene.place;
    let major = place.release.name().trim_start_matches('R');
    let reference = match place.chip_id {
        "0x21" => "t210ref",
        "0x18" | "0x19" => "t186ref",
        _ => "generic",
    };
    let more = match reference {
        "generic" => "# KERNEL_VARIANT: oot\nTARGET_USERSPACE_LIB_DIR=nvidia\n",
        _ => "",
    };
    sheet.enter(format_args!("etc"));
    sheet.put(
        "nv_tegra_release",
        format_args!(
            "# R{major} (release), REVISION: {}, GCID: 40000000, BOARD: {reference}, EABI: aarch64, \
             DATE: Thu Jan  1 00:00:00 UTC 2026\n{more}",
            place.revision
        ),
    );
    sheet.put(
        "nv_boot_control.conf",
        format_args!(
            "TNSPEC {}\nTEGRA_CHIPID {}\nTEGRA_OTA_BOOT_DEVICE /dev/mtdblock0\n",
            place.tnspec, place.chip_id
        ),
    );
}

fn packages(scene: &Scene, sheet: &mut Sheet) {
    let place = scene.place;
    let major = place.release.name().trim_start_matches('R');
    sheet.enter(format_args!("var/lib/dpkg"));
    sheet.put(
        "status",
        format_args!(
            "Package: nvidia-l4t-core\nStatus: install ok installed\nArchitecture: arm64\n\
             Version: {major}.{}-{}\nDescription: NVIDIA Core Package\n\n\
             Package: nvidia-jetpack\nStatus: install ok installed\nArchitecture: arm64\n\
             Version: {}\nDescription: NVIDIA Jetpack Meta Package\n\n",
            place.revision, place.build, place.jetpack
        ),
    );
    sheet.text("info/nvidia-l4t-core.list", "/.");
}

fn names(scene: &Scene, sheet: &mut Sheet) {
    sheet.enter(format_args!("proc/sys/kernel"));
    sheet.text("osrelease", scene.place.kernel);
    sheet.text("hostname", scene.board.name);
    let [high, low] = scene.identity;
    let (a, b, c) = (high >> 32, high >> 16 & 0xffff, high & 0xfff);
    let (d, e) = (low >> 48 & 0x3fff | 0x8000, low & 0xffff_ffff_ffff);
    sheet.put("random/boot_id", format_args!("{a:08x}-{b:04x}-4{c:03x}-{d:04x}-{e:012x}\n"));
    sheet.enter(format_args!("etc"));
    sheet.text("hostname", scene.board.name);
    sheet.put(
        "passwd",
        format_args!(
            "root:x:0:0:root:/root:/bin/bash\nmessagebus:x:103:106::/nonexistent:/usr/sbin/nologin\n\
             nvidia:x:1000:1000:NVIDIA:/home/nvidia:/bin/bash\n"
        ),
    );
}

/// The power modes as nvpmodel's own table says them; paths begin with a slash in it.
fn power_table(scene: &Scene, sheet: &mut Sheet) {
    let (board, place) = (scene.board, scene.place);
    let mut table = String::with_capacity(8192);
    // Writing to a String cannot fail.
    let _ = write_parameters(scene, &mut table).and_then(|()| write_modes(scene, &mut table));
    let _ = writeln!(table, "< PM_CONFIG DEFAULT={} >", board.default_mode);
    sheet.enter(format_args!("etc/nvpmodel"));
    let name = format!("nvpmodel_{}.conf", place.table);
    sheet.bytes(&name, table.as_bytes());
    sheet.link(format_args!("etc/nvpmodel.conf"), format_args!("etc/nvpmodel/{name}"));
}

fn write_parameters(scene: &Scene, table: &mut String) -> std::fmt::Result {
    let (board, place) = (scene.board, scene.place);
    writeln!(table, "# Power modes of a simulated {}\n\n< PARAM TYPE=FILE NAME=CPU_ONLINE >", board.name)?;
    for core in 0..board.cores {
        writeln!(table, "CORE_{core} /sys/devices/system/cpu/cpu{core}/online")?;
    }
    for cluster in board.clusters {
        let core = cluster.core_mask.trailing_zeros();
        let directory = format!("/sys/devices/system/cpu/cpu{core}/cpufreq");
        writeln!(table, "\n< PARAM TYPE=CLOCK NAME={} >", cluster.name)?;
        writeln!(table, "FREQ_TABLE {directory}/scaling_available_frequencies")?;
        writeln!(table, "MAX_FREQ {directory}/scaling_max_freq\nMIN_FREQ {directory}/scaling_min_freq")?;
    }
    let directory = format!("/{}/devfreq/{}", place.gpu, place.devfreq);
    writeln!(table, "\n< PARAM TYPE=CLOCK NAME=GPU >\nFREQ_TABLE {directory}/available_frequencies")?;
    writeln!(table, "MAX_FREQ {directory}/max_freq\nMIN_FREQ {directory}/min_freq")?;
    writeln!(table, "\n< PARAM TYPE=CLOCK NAME=EMC >\nMAX_FREQ /{}\n", scene.emc_cap())
}

fn write_modes(scene: &Scene, table: &mut String) -> std::fmt::Result {
    let board = scene.board;
    for (id, mode) in board.modes.iter().enumerate() {
        writeln!(table, "< POWER_MODEL ID={id} NAME={} >", mode.name)?;
        for core in 0..board.cores {
            writeln!(table, "CPU_ONLINE CORE_{core} {}", mode.online_mask >> core & 1)?;
        }
        for cluster in board.clusters.iter().filter(|c| c.core_mask & mode.online_mask != 0) {
            let lowest_khz = cluster.steps_khz.first().copied().unwrap_or(0);
            let most_khz = mode.cpu_max_khz;
            writeln!(table, "{0} MIN_FREQ {lowest_khz}\n{0} MAX_FREQ {most_khz}", cluster.name)?;
        }
        let cap_hz = match board.emc_steps_khz.last() {
            Some(top) if *top == mode.emc_max_khz => 0,
            _ => u64::from(mode.emc_max_khz) * 1000,
        };
        let gpu_hz = u64::from(mode.gpu_max_khz) * 1000;
        writeln!(table, "GPU MIN_FREQ 0\nGPU MAX_FREQ {gpu_hz}\nEMC MAX_FREQ {cap_hz}\n")?;
    }
    Ok(())
}

/// The fan's table and state. Without TMARGIN the first column is a temperature.
fn fan_table(scene: &Scene, sheet: &mut Sheet) {
    let (board, fan) = (scene.board, &scene.board.fan);
    let mut table = String::with_capacity(2048);
    let _ = writeln!(table, "# Fan of a simulated {}\nPOLLING_INTERVAL 2\n\n<FAN 1>", board.name);
    let _ = writeln!(table, "\tTMARGIN DISABLED\n\tFAN_GOVERNOR cont {{\n\t\tSTEP_SIZE 10\n\t}}");
    let _ = writeln!(table, "\tFAN_CONTROL close_loop {{\n\t\tRPM_TOLERANCE 100\n\t}}");
    for profile in ["quiet", "cool"] {
        let _ = writeln!(table, "\tFAN_PROFILE {profile} {{\n\t\t#TEMP\tHYST\tPWM\tRPM");
        for (mc, pwm) in fan.curve {
            let rpm = u64::from(fan.max_rpm) * u64::from(*pwm) / 255;
            let _ = writeln!(table, "\t\t{}\t{}\t{pwm}\t{rpm}", mc / 1000, fan.hysteresis_mc / 1000);
        }
        let _ = writeln!(table, "\t}}");
    }
    let profile = scene.fan_profile();
    let _ = writeln!(table, "\tFAN_DEFAULT_CONTROL close_loop\n\tFAN_DEFAULT_PROFILE {profile}");
    let _ = writeln!(table, "\tFAN_DEFAULT_GOVERNOR cont\n\tKICKSTART_PWM 64");
    let name = format!("nvfancontrol_{}.conf", scene.place.fan_table);
    sheet.enter(format_args!("etc/nvpower/nvfancontrol"));
    sheet.bytes(&name, table.as_bytes());
    sheet.link(format_args!("etc/nvfancontrol.conf"), format_args!("etc/nvpower/nvfancontrol/{name}"));
    sheet.enter(format_args!("var/lib/nvfancontrol"));
    sheet.put(
        "status",
        format_args!("FAN1:FAN_PROFILE:{profile}\nFAN1:FAN_GOVERNOR:cont\nFAN1:FAN_CONTROL:close_loop\n"),
    );
}

/// What the governor files of a kernel may hold, as [`Handle::Kept`].
pub(super) const CPU_GOVERNORS: Handle =
    Handle::Kept(&["schedutil", "performance", "powersave", "userspace", "ondemand", "conservative"]);
