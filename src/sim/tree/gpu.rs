//! GPU, memory controller and engines: devfreq and the clocks below debugfs.

use std::fmt::Write;

use super::super::board::EngineKind;
use super::super::state::Engine;
use super::Scene;
use super::sheet::{Handle, Sheet};

/// debugfs, below the tree.
const DEBUG: &str = "sys/kernel/debug";

fn hz(khz: u32) -> i64 {
    i64::from(khz) * 1000
}

fn steps_hz(steps_khz: &[u32]) -> String {
    let mut text = String::new();
    for khz in steps_khz {
        // Writing to a String cannot fail.
        let _ = write!(text, "{}{}", if text.is_empty() { "" } else { " " }, hz(*khz));
    }
    text
}

/// What never changes by itself.
pub(super) fn draw_fixed(scene: &Scene, sheet: &mut Sheet) {
    let (place, gpu) = (scene.place, scene.place.gpu);
    for link in place.gpu_links {
        sheet.link(format_args!("{link}"), format_args!("{gpu}"));
    }
    sheet.enter(format_args!("{gpu}"));
    sheet.keep("power/control", "auto", Handle::Kept(&["auto", "on"]));
    if !place.is_thor() {
        // The kernel's name of the unit; the entry's is address.name.
        let name = place.devfreq.split('.').next_back().unwrap_or_default();
        sheet.put("of_node/name", format_args!("{name}\0"));
        sheet.keep("enable_3d_scaling", "1", Handle::Kept(&["0", "1"]));
        sheet.keep("tpc_pg_mask", &place.tpc_pg_mask.to_string(), Handle::Figure);
        sheet.link(format_args!("{gpu}/devfreq_dev"), format_args!("{gpu}/devfreq/{}", place.devfreq));
    }
    if place.chip_id == "0x23" {
        sheet.keep("fbp_pg_mask", if place.tpc_pg_mask == 0 { "0" } else { "2" }, Handle::Figure);
    }
    devfreq(scene, place.devfreq, scene.board.gpu.steps_khz, sheet);
    if place.is_thor() {
        devfreq(scene, "gpu-nvd-0", &[314_000, 1_556_000], sheet);
        sheet.enter(format_args!("proc/driver/nvidia/gpus/0000:01:00.0"));
        sheet.text("power", "Runtime D3 status:          Disabled by default");
        sheet.enter(format_args!("sys/devices/platform/bwmgr/devfreq/bwmgr"));
        sheet.text("available_frequencies", &steps_hz(scene.board.emc_steps_khz));
        link_devfreq("sys/devices/platform/bwmgr", "bwmgr", sheet);
    }
}

fn link_devfreq(device: &str, name: &str, sheet: &mut Sheet) {
    sheet.link(format_args!("sys/class/devfreq/{name}"), format_args!("{device}/devfreq/{name}"));
    sheet.link(format_args!("{device}/devfreq/{name}/device"), format_args!("{device}"));
}

fn devfreq(scene: &Scene, name: &str, steps_khz: &[u32], sheet: &mut Sheet) {
    let gpu = scene.place.gpu;
    link_devfreq(gpu, name, sheet);
    sheet.enter(format_args!("{gpu}/devfreq/{name}"));
    sheet.text("name", name);
    sheet.text("available_frequencies", &steps_hz(steps_khz));
    sheet.text("available_governors", "nvhost_podgov userspace performance simple_ondemand");
    let governors = &["nvhost_podgov", "userspace", "performance", "simple_ondemand"];
    sheet.keep("governor", "nvhost_podgov", Handle::Kept(governors));
}

/// Loads and clocks as they stand.
pub(super) fn draw(scene: &Scene, sheet: &mut Sheet) {
    draw_gpu(scene, sheet);
    draw_gpc(scene, sheet);
    if scene.place.is_thor() {
        draw_bwmgr(scene, sheet);
    } else {
        draw_emc(scene, sheet);
    }
    draw_activity(scene, sheet);
    draw_engines(scene, sheet);
}

fn draw_gpu(scene: &Scene, sheet: &mut Sheet) {
    let (place, gpu) = (scene.place, &scene.state.gpu);
    let (min_khz, max_khz) = scene.gpu_bounds_khz();
    sheet.enter(format_args!("{}", place.gpu));
    if !place.is_thor() {
        sheet.number("load", gpu.load_permille);
        sheet.set("railgate_enable", i64::from(!scene.knobs.gpu_powered), Handle::Railgate);
    }
    sheet.enter(format_args!("{}/devfreq/{}", place.gpu, place.devfreq));
    sheet.number("cur_freq", hz(gpu.freq_khz));
    sheet.number("target_freq", hz(gpu.freq_khz));
    sheet.set("min_freq", hz(min_khz), Handle::GpuMin);
    sheet.set("max_freq", hz(max_khz), Handle::GpuMax);
    if place.is_thor() {
        let decoder = scene.state.engines.iter().find(|engine| engine.kind == EngineKind::Nvdec0);
        sheet.enter(format_args!("{}/devfreq/gpu-nvd-0", place.gpu));
        sheet.number("cur_freq", hz(decoder.map_or(0, |engine| engine.freq_khz)));
        sheet.number("min_freq", hz(314_000));
        sheet.number("max_freq", hz(1_556_000));
    }
}

/// Clocks of the graphics clusters, which are not the devfreq clock.
fn draw_gpc(scene: &Scene, sheet: &mut Sheet) {
    let [first_khz, ..] = scene.state.gpu.gpc_khz;
    match scene.place.chip_id {
        "0x23" => {
            let gpcs = scene.state.gpu.gpc_khz.iter().take(scene.board.gpu.gpcs);
            for (n, khz) in gpcs.enumerate() {
                sheet.enter(format_args!("{DEBUG}/bpmp/debug/clk/nafll_gpc{n}"));
                sheet.number("pto_counter", hz(*khz));
            }
        }
        "0x21" => {
            sheet.enter(format_args!("{DEBUG}/clk/gpcclk"));
            sheet.number("clk_rate", hz(first_khz));
        }
        "0x26" => {}
        _ => {
            sheet.enter(format_args!("{DEBUG}/bpmp/debug/clk/gpcclk"));
            sheet.number("rate", hz(first_khz));
        }
    }
}

fn draw_emc(scene: &Scene, sheet: &mut Sheet) {
    let (min_khz, max_khz) = scene.emc_bounds_khz();
    let steps = scene.board.emc_steps_khz;
    let top_khz = steps.last().copied().unwrap_or(0);
    let rate = hz(scene.state.emc.freq_khz);
    let locked = i64::from(scene.held.emc_locked);
    if scene.board.iram_total_kb > 0 {
        // T210: the override holds what somebody asked for.
        sheet.enter(format_args!("{DEBUG}/clk/override.emc"));
        sheet.number("clk_rate", rate);
        sheet.set("clk_update_rate", rate, Handle::EmcRate);
        sheet.set("clk_state", locked, Handle::EmcLocked);
        sheet.enter(format_args!("{DEBUG}/clk/emc"));
        sheet.number("clk_rate", rate);
        sheet.enter(format_args!("{DEBUG}/tegra_bwmgr"));
        sheet.number("emc_min_rate", hz(min_khz));
        sheet.number("emc_max_rate", hz(top_khz));
    } else {
        sheet.enter(format_args!("{DEBUG}/bpmp/debug/clk/emc"));
        sheet.set("rate", rate, Handle::EmcRate);
        sheet.number("min_rate", hz(steps.first().copied().unwrap_or(0)));
        sheet.number("max_rate", hz(top_khz));
        sheet.set("mrq_rate_locked", locked, Handle::EmcLocked);
        sheet.number("state", 1);
    }
    let (directory, name) = scene.emc_cap().rsplit_once('/').unwrap_or_default();
    sheet.enter(format_args!("{directory}"));
    // 0 is no cap.
    sheet.set(name, if max_khz == top_khz { 0 } else { hz(max_khz) }, Handle::EmcMax);
}

/// Thor shows its memory as one more devfreq entry.
fn draw_bwmgr(scene: &Scene, sheet: &mut Sheet) {
    let (min_khz, max_khz) = scene.emc_bounds_khz();
    sheet.enter(format_args!("sys/devices/platform/bwmgr/devfreq/bwmgr"));
    sheet.number("cur_freq", hz(scene.state.emc.freq_khz));
    sheet.set("min_freq", hz(min_khz), Handle::EmcMin);
    sheet.set("max_freq", hz(max_khz), Handle::EmcMax);
    let cap = scene.emc_cap();
    let (directory, name) = cap.rsplit_once('/').unwrap_or_default();
    sheet.enter(format_args!("{directory}"));
    sheet.number(name, 0);
}

/// Memory's load: percent of the clock, times the clock in kHz.
fn draw_activity(scene: &Scene, sheet: &mut Sheet) {
    let emc = &scene.state.emc;
    let (directory, name) = match scene.place.chip_id {
        "0x21" => ("sys/kernel/actmon_avg_activity", "mc_all"),
        "0x18" | "0x19" => ("sys/kernel/debug/cactmon", "mc_all"),
        _ => ("sys/kernel/debug/bpmp/debug/actmon", "mc_all_avg_activity"),
    };
    sheet.enter(format_args!("{directory}"));
    sheet.number(name, i64::from(emc.load_permille) * i64::from(emc.freq_khz) / 10);
}

/// The name of an engine's clock.
pub(super) fn clock_name(kind: EngineKind) -> &'static str {
    match kind {
        EngineKind::Nvenc0 => "nvenc",
        EngineKind::Nvenc1 => "nvenc1",
        EngineKind::Nvdec0 => "nvdec",
        EngineKind::Nvdec1 => "nvdec1",
        EngineKind::Nvjpg0 => "nvjpg",
        EngineKind::Nvjpg1 => "nvjpg1",
        EngineKind::Vic => "vic",
        EngineKind::Ofa => "ofa",
        EngineKind::Dla0 => "dla0_core",
        EngineKind::Dla1 => "dla1_core",
        EngineKind::Pva0 => "pva0_vps",
    }
}

fn draw_engines(scene: &Scene, sheet: &mut Sheet) {
    for (engine, def) in scene.state.engines.iter().zip(scene.board.engines) {
        draw_clock(scene, clock_name(engine.kind), engine.on, engine.freq_khz, def.max_khz, sheet);
    }
    let ape_khz = scene.layout.ape_mhz * 1000;
    draw_clock(scene, "ape", true, ape_khz, ape_khz, sheet);
    draw_clock(scene, "se", false, 0, 0, sheet);
    if scene.place.chip_id == "0x21" {
        draw_clock(scene, "nvjpg", false, 0, 627_200, sheet);
    }
    if let Some(vic) = scene.state.engines.iter().find(|engine| engine.kind == EngineKind::Vic) {
        draw_vic(scene, vic, sheet);
    }
}

fn draw_clock(scene: &Scene, name: &str, on: bool, freq_khz: u32, max_khz: u32, sheet: &mut Sheet) {
    sheet.enter(format_args!("{DEBUG}/clk/{name}"));
    sheet.number("clk_enable_count", i64::from(on));
    sheet.number("clk_rate", hz(freq_khz));
    sheet.number("clk_min_rate", 0);
    sheet.put("clk_max_rate", format_args!("{}\n", if max_khz == 0 { u64::MAX } else { hz(max_khz) as u64 }));
    if scene.place.chip_id != "0x21" {
        sheet.enter(format_args!("{DEBUG}/bpmp/debug/clk/{name}"));
        sheet.number("rate", hz(freq_khz));
    }
}

/// The image compositor is the one engine whose load can be read.
fn draw_vic(scene: &Scene, vic: &Engine, sheet: &mut Sheet) {
    match scene.place.chip_id {
        "0x23" => {
            sheet.enter(format_args!("sys/devices/platform/13e40000.host1x/15340000.vic"));
            sheet.number("load", vic.load_permille);
        }
        "0x26" => {}
        _ => {
            sheet.enter(format_args!("{DEBUG}/vic"));
            sheet.number("actmon_avg_norm", vic.load_permille);
        }
    }
}
