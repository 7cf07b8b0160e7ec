//! Thermal zones, cooling devices and the fan.

use super::super::board::PMIC;
use super::super::fill::CRITICAL_ABOVE_MC;
use super::super::release::Release;
use super::super::state::Zone;
use super::Scene;
use super::sheet::{Handle, Sheet};

/// What R36 and R38 say of a zone whose block has no power.
const NO_POWER_MC: i64 = -256_000;
/// More of these stand for /sys/class/hwmon/hwmonN.
const FAN_HWMON: usize = 5;
const TACHOMETER_HWMON: usize = 6;

/// The kernel's type of a zone that tegrastats calls `name`.
fn zone_type(name: &str, release: Release) -> String {
    match name {
        "PMIC" => "PMIC-Die".into(),
        "thermal" => "thermal-fan-est".into(),
        "Tboard" | "Tdiode" => format!("{name}_tegra"),
        name if release >= Release::R36 => format!("{name}-thermal"),
        name => format!("{name}-therm"),
    }
}

fn link_class(class: &str, name: &str, sheet: &mut Sheet) {
    sheet.link(format_args!("sys/class/{class}/{name}"), format_args!("sys/devices/virtual/{class}/{name}"));
}

/// What never changes by itself.
pub(super) fn draw_fixed(scene: &Scene, sheet: &mut Sheet) {
    for (n, (name, index)) in scene.layout.temps.iter().enumerate() {
        link_class("thermal", &format!("thermal_zone{n}"), sheet);
        sheet.enter(format_args!("sys/devices/virtual/thermal/thermal_zone{n}"));
        sheet.text("type", &zone_type(name, scene.place.release));
        sheet.text("policy", "step_wise");
        sheet.text("mode", "enabled");
        if *index != PMIC {
            let throttle_mc = scene.board.throttle_mc;
            let trips = [("passive", throttle_mc), ("critical", throttle_mc + CRITICAL_ABOVE_MC)];
            for (trip, (kind, mc)) in trips.into_iter().enumerate() {
                sheet.text(&format!("trip_point_{trip}_type"), kind);
                sheet.number(&format!("trip_point_{trip}_temp"), mc);
                sheet.number(&format!("trip_point_{trip}_hyst"), 0);
            }
        }
    }
    if scene.place.is_r32() {
        sheet.enter(format_args!("sys/devices/pwm-fan"));
        sheet.number("tach_enable", i64::from(scene.board.fan.has_tachometer));
        sheet.number("pwm_cap", 255);
        return;
    }
    let fan = "sys/devices/platform/pwm-fan/hwmon";
    for (directory, name, n) in
        [(fan.to_owned(), "pwmfan", FAN_HWMON), (tachometer(scene), "pwm_tach", TACHOMETER_HWMON)]
    {
        sheet.enter(format_args!("{directory}/hwmon{n}"));
        sheet.text("name", name);
        sheet.link(format_args!("sys/class/hwmon/hwmon{n}"), format_args!("{directory}/hwmon{n}"));
    }
}

fn tachometer(scene: &Scene) -> String {
    let bus = if scene.place.release >= Release::R36 { "bus@0/" } else { "" };
    format!("sys/devices/platform/{bus}39c0000.tachometer/hwmon")
}

/// Temperatures and the fan as they stand.
pub(super) fn draw(scene: &Scene, sheet: &mut Sheet) {
    for (n, (_, index)) in scene.layout.temps.iter().enumerate() {
        sheet.enter(format_args!("sys/devices/virtual/thermal/thermal_zone{n}"));
        sheet.number("temp", zone_mc(scene, *index));
    }
    draw_cooling(scene, sheet);
    draw_fan(scene, sheet);
}

fn zone_mc(scene: &Scene, index: usize) -> i64 {
    match scene.state.zones.get(index) {
        Some(Zone { off: true, .. }) => NO_POWER_MC,
        Some(zone) => i64::from(zone.now_mc),
        // The constant that the driver makes up.
        None if scene.place.is_r32() => 100_000,
        None => 50_000,
    }
}

fn draw_cooling(scene: &Scene, sheet: &mut Sheet) {
    let curve = scene.board.fan.curve;
    let step = curve.iter().filter(|(_, pwm)| *pwm <= scene.state.fan_pwm).count().saturating_sub(1);
    let throttled = usize::from(scene.state.throttled);
    let mut devices: Vec<(String, usize, usize)> =
        vec![("pwm-fan".into(), step, curve.len().saturating_sub(1))];
    let alerts: &[&str] = match scene.place.chip_id {
        "0x23" => &["cpu", "gpu", "cv0", "cv1", "cv2", "soc0", "soc1", "soc2"],
        "0x26" => &["cpu", "gpu", "soc012", "soc345"],
        _ => &[],
    };
    for name in alerts {
        let state = if matches!(*name, "cpu" | "gpu") { throttled } else { 0 };
        devices.push((format!("{name}-throttle-alert"), state, 1));
    }
    match scene.place.is_thor() {
        true => devices.extend(["gpu-gpc-0", "gpu-nvd-0"].map(|name| (format!("devfreq-{name}"), 0, 12))),
        false => devices.push((format!("devfreq-{}", scene.place.devfreq), 0, 10)),
    }
    for cluster in scene.board.clusters {
        devices.push((format!("cpufreq-cpu{}", cluster.core_mask.trailing_zeros()), 0, 10));
    }
    for (n, (name, state, most)) in devices.iter().enumerate() {
        link_class("thermal", &format!("cooling_device{n}"), sheet);
        sheet.enter(format_args!("sys/devices/virtual/thermal/cooling_device{n}"));
        sheet.text("type", name);
        sheet.number("cur_state", *state as i64);
        sheet.number("max_state", *most as i64);
    }
}

/// Where the control groups are: JetPack 5 mounts those of both kinds.
pub(super) fn groups(scene: &Scene) -> &'static str {
    if scene.place.release == Release::R35 { "sys/fs/cgroup/systemd" } else { "sys/fs/cgroup" }
}

fn draw_fan(scene: &Scene, sheet: &mut Sheet) {
    let state = scene.state;
    if scene.place.is_r32() {
        sheet.enter(format_args!("sys/devices/pwm-fan"));
        sheet.set("target_pwm", state.fan_pwm, Handle::Pwm);
        sheet.number("cur_pwm", state.fan_pwm);
        sheet.set("temp_control", i64::from(scene.knobs.fan_pwm.is_none()), Handle::TempControl);
        if scene.board.fan.has_tachometer {
            sheet.number("rpm_measured", state.fan_rpm);
        }
        return;
    }
    sheet.enter(format_args!("sys/devices/platform/pwm-fan/hwmon/hwmon{FAN_HWMON}"));
    sheet.set("pwm1", state.fan_pwm, Handle::Pwm);
    sheet.set("pwm1_enable", scene.held.pwm_enable, Handle::PwmEnable);
    sheet.enter(format_args!("{}/hwmon{TACHOMETER_HWMON}", tachometer(scene)));
    sheet.number("rpm", state.fan_rpm);
    sheet.enter(format_args!("{}/system.slice", groups(scene)));
    sheet.text("cgroup.procs", "");
    sheet.set("nvfancontrol.service/cgroup.procs", 1187, Handle::Service);
    sheet.there("nvfancontrol.service/cgroup.procs", scene.knobs.fan_pwm.is_none());
}
