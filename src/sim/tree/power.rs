//! Power monitors and over-current counters.

use super::super::board::NC;
use super::super::release::Release;
use super::Scene;
use super::sheet::Sheet;

/// Neither limit is set: the driver's largest value.
const NO_LIMIT_MA: i64 = 32_760;
const OC_HWMON: usize = 3;
const VIN_HWMON: usize = 4;
const NVME_HWMON: usize = 7;
/// Milliamperes tried to either side for a product that is exact.
const REACH_MA: i64 = 4_000;

/// A voltage near `near_mv` and a current whose product in microwatts is that many milliwatts,
/// cut or rounded. Only where no voltage gives that, it is just close.
fn split(power_mw: i64, near_mv: i64) -> (i64, i64) {
    let near_mv = near_mv.max(1);
    if power_mw <= 0 {
        return (near_mv, 0);
    }
    let middle_ma = (power_mw * 1000 / near_mv).max(1);
    let exact = |ma: i64| {
        let mv = (power_mw * 1000 + ma - 1) / ma;
        (mv * ma < power_mw * 1000 + 500).then_some((mv, ma))
    };
    let sides = (0..REACH_MA).flat_map(|by| [middle_ma + by, middle_ma - by]);
    sides.filter(|ma| *ma > 0).find_map(exact).unwrap_or((near_mv, middle_ma))
}

/// The voltage that a rail is measured at: modules take 5 V, which sags with the supply.
fn rail_mv(scene: &Scene, name: &str) -> i64 {
    let supply_mv = scene.board.supply_mv.max(1);
    let sag = |mv: i64| mv * i64::from(scene.state.input_mv) / supply_mv;
    match name {
        "VIN" => i64::from(scene.state.input_mv),
        "VDD_IN" if scene.board.name == "tx2" => i64::from(scene.state.input_mv),
        "VDD_IN" | "POM_5V_IN" => sag(5_000),
        _ if name.contains("5V") => 5_000,
        _ if scene.board.name.starts_with("agx") || scene.place.is_thor() => 12_000,
        _ => 5_000,
    }
}

/// Name, and volts, amperes and watts in thousandths; an open channel has the name NC.
fn reading(scene: &Scene, index: usize) -> (&'static str, i64, i64, i64) {
    let named = scene.layout.rails.iter().find(|(_, rail)| *rail == index && index != NC);
    match (named, scene.state.rails.get(index)) {
        (Some((name, _)), Some(rail)) => {
            let power_mw = i64::from(rail.now_mw);
            let (mv, ma) = split(power_mw, rail_mv(scene, name));
            (name, mv, ma, power_mw)
        }
        _ => ("NC", 0, 0, 0),
    }
}

/// What never changes by itself.
pub(super) fn draw_fixed(scene: &Scene, sheet: &mut Sheet) {
    let place = scene.place;
    for (n, (address, channels)) in place.chips.iter().enumerate() {
        let device = device(scene, address);
        let driver = if place.is_r32() { "ina3221x" } else { "ina3221" };
        sheet.link(format_args!("sys/bus/i2c/devices/{address}"), format_args!("{device}"));
        sheet.link(format_args!("sys/bus/i2c/drivers/{driver}/{address}"), format_args!("{device}"));
        sheet.enter(format_args!("{device}"));
        sheet.text("name", driver);
        if place.is_r32() {
            sheet.enter(format_args!("{device}/iio:device{n}"));
            sheet.text("name", driver);
        } else {
            hwmon(&device, n, driver, sheet);
        }
        for (channel, index) in channels.iter().enumerate() {
            draw_limits(scene, channel, reading(scene, *index).0, sheet);
        }
    }
    if place.is_thor() {
        let device = device(scene, "2-0044");
        sheet.link(format_args!("sys/bus/i2c/devices/2-0044"), format_args!("{device}"));
        hwmon(&device, VIN_HWMON, "ina238", sheet);
        sheet.text("in1_label", "VIN");
    }
    if place.release >= Release::R35 {
        hwmon("sys/devices/platform/soctherm-oc-event", OC_HWMON, "soctherm_oc", sheet);
        for n in 1..=3 {
            sheet.number(&format!("oc{n}_throt_en"), 1);
        }
    }
    if place.disk.starts_with("nvme") {
        hwmon("sys/devices/virtual/nvme/nvme0", NVME_HWMON, "nvme", sheet);
        sheet.text("temp1_label", "Composite");
        sheet.number("temp1_input", 38_850);
    }
}

fn device(scene: &Scene, address: &str) -> String {
    let bus = address.split('-').next().unwrap_or_default();
    format!("sys/devices/platform/{}/i2c-{bus}/{address}", scene.place.i2c)
}

/// Enters the hwmon directory of a device, with its name and its link.
fn hwmon(device: &str, n: usize, name: &str, sheet: &mut Sheet) {
    sheet.link(format_args!("sys/class/hwmon/hwmon{n}"), format_args!("{device}/hwmon/hwmon{n}"));
    sheet.link(format_args!("{device}/hwmon/hwmon{n}/device"), format_args!("{device}"));
    sheet.enter(format_args!("{device}/hwmon/hwmon{n}"));
    sheet.text("name", name);
}

fn draw_limits(scene: &Scene, channel: usize, name: &str, sheet: &mut Sheet) {
    if scene.place.is_r32() {
        sheet.text(&format!("rail_name_{channel}"), name);
        sheet.put(&format!("warn_current_limit_{channel}"), format_args!("{NO_LIMIT_MA} ma\n"));
        sheet.put(&format!("crit_current_limit_{channel}"), format_args!("{NO_LIMIT_MA} ma\n"));
        return;
    }
    let n = channel + 1;
    sheet.text(&format!("in{n}_label"), name);
    for limit in ["max", "crit"] {
        sheet.number(&format!("curr{n}_{limit}"), NO_LIMIT_MA);
        sheet.number(&format!("curr{n}_{limit}_alarm"), 0);
    }
    if n == 3 {
        sheet.text("in7_label", "sum of shunt voltages");
    }
}

/// Rails and counters as they stand.
pub(super) fn draw(scene: &Scene, sheet: &mut Sheet) {
    let place = scene.place;
    for (n, (address, channels)) in place.chips.iter().enumerate() {
        let device = device(scene, address);
        match place.is_r32() {
            true => sheet.enter(format_args!("{device}/iio:device{n}")),
            false => sheet.enter(format_args!("{device}/hwmon/hwmon{n}")),
        }
        for (channel, index) in channels.iter().enumerate() {
            draw_channel(scene, channel, *index, sheet);
        }
    }
    if place.is_thor() {
        sheet.enter(format_args!("{}/hwmon/hwmon{VIN_HWMON}", device(scene, "2-0044")));
        let (_, mv, ma, mw) = reading(scene, 3);
        sheet.number("in1_input", mv);
        sheet.number("curr1_input", ma);
        sheet.number("power1_input", mw * 1000);
    }
    if place.release >= Release::R35 {
        draw_overcurrent(scene, sheet);
    }
}

fn draw_channel(scene: &Scene, channel: usize, index: usize, sheet: &mut Sheet) {
    let (_, mv, ma, mw) = reading(scene, index);
    if scene.place.is_r32() {
        sheet.number(&format!("in_voltage{channel}_input"), mv);
        sheet.number(&format!("in_current{channel}_input"), ma);
        sheet.number(&format!("in_power{channel}_input"), mw);
    } else {
        sheet.number(&format!("in{}_input", channel + 1), mv);
        sheet.number(&format!("curr{}_input", channel + 1), ma);
    }
}

/// OC1 is the low voltage and OC3 the high current on Orin and Thor; on Xavier OC2 is the low
/// voltage and OC1 the high current.
fn draw_overcurrent(scene: &Scene, sheet: &mut Sheet) {
    let [low, high] = scene.state.oc_events;
    let counts = match scene.place.chip_id {
        "0x19" => [high, low, 0],
        _ => [low, 0, high],
    };
    sheet.enter(format_args!("sys/devices/platform/soctherm-oc-event/hwmon/hwmon{OC_HWMON}"));
    for (n, count) in counts.into_iter().enumerate() {
        sheet.number(&format!("oc{}_event_cnt", n + 1), count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_exact() {
        for near_mv in [4_000, 5_000, 12_000, 19_000, 28_000] {
            for power_mw in (0..3000).chain((3000..140_000).step_by(37)) {
                let (mv, ma) = split(power_mw, near_mv);
                assert_eq!(mv * ma / 1000, power_mw, "{near_mv} {mv} {ma}");
                assert_eq!((mv * ma + 500) / 1000, power_mw, "{near_mv} {mv} {ma}");
                let far = (mv - near_mv).abs() * 100 / near_mv;
                assert!(power_mw < 1000 || far < 15, "{power_mw}: {mv} of {near_mv}");
            }
        }
        assert_eq!(split(-5, 5000), (5000, 0));
    }
}
