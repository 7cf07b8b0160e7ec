//! The curve that a fan is held on, as a chart: duty over temperature, and where the board is on it.

use super::controls;
use super::page::Page;
use super::paint::Tone;
use super::unit::{celsius, percent};
use crate::snapshot::Snapshot;
use crate::wire::Value;

/// Lines of the chart: a tenth of the duty each.
const HEIGHT: u32 = 10;
/// Columns of a point, where there is room, and left of the chart.
const WIDE: u16 = 3;
const NARROW: u16 = 1;
const LEFT: u16 = 6;
/// The first and the last temperature need so much room below.
const AXIS: u16 = 16;

/// Draws the curve of the control `fan`; nothing where it is on none.
pub fn draw(page: &mut Page, control: &Value, s: &Snapshot) {
    let points = points(control);
    let (Some((first_mc, _)), Some((last_mc, _))) = (points.first(), points.last()) else { return };
    let count = u16::try_from(points.len()).unwrap_or(u16::MAX);
    let each = if page.width >= LEFT.saturating_add(count.saturating_mul(WIDE)) { WIDE } else { NARROW };
    page.heading(&["Fan on ", controls::word(control, "value")].concat());
    let now_mc = hottest(s, controls::texts(control, "zones"));
    let duty_pm = s.fans.first().and_then(|fan| fan.duty_pm());
    let here = now_mc.and_then(|now| points.iter().rposition(|(mc, _)| *mc <= now));
    let bar = if page.paint.ascii { "###" } else { "\u{2592}\u{2592}\u{2592}" };
    let bar: String = bar.chars().take(usize::from(each)).collect();
    for line in (0..HEIGHT).rev() {
        let least_pm = line * 1000 / HEIGHT;
        let label = if line % 3 == 0 { percent(least_pm) } else { String::new() };
        page.right(0, LEFT - 1, &label, Tone::Name);
        for (number, (_, pm)) in points.iter().enumerate() {
            let x = LEFT.saturating_add(u16::try_from(number).unwrap_or(u16::MAX).saturating_mul(each));
            let is_here = here == Some(number);
            let is_now = is_here && duty_pm.is_some_and(|duty| duty.min(999) * HEIGHT / 1000 == line);
            if *pm > least_pm {
                page.text(x, each, &bar, if is_here { Tone::Strong } else { Tone::Off });
            }
            if is_now {
                page.text(x, 1, "o", Tone::Full);
            }
        }
        page.next();
    }
    let end = LEFT.saturating_add(count.saturating_mul(each));
    if end.saturating_sub(LEFT) >= AXIS {
        page.text(LEFT, end, &celsius(*first_mc), Tone::Name);
        page.right(LEFT, end.saturating_sub(LEFT), &celsius(*last_mc), Tone::Name);
        page.next();
    }
    page.fact("now", now_mc.map(celsius));
    page.fact("duty", duty_pm.map(percent));
    page.end();
}

/// Temperatures, milli-degrees, and the duties there, per mille.
fn points(control: &Value) -> Vec<(i32, u32)> {
    let Some(Value::List(points)) = control.member("curve") else { return Vec::new() };
    let milli = |value: &Value| match value {
        Value::Int(whole) => i32::try_from(*whole).ok()?.checked_mul(1000),
        // Within 200 degrees and 100 %, which is all that a server says.
        Value::Float(value) if value.abs() < 1000.0 => Some((value * 1000.0) as i32),
        _ => None,
    };
    let point = |value: &Value| match value {
        Value::List(pair) => match pair.as_slice() {
            [temp, duty] => Some((milli(temp)?, u32::try_from(milli(duty)? / 100).ok()?.min(1000))),
            _ => None,
        },
        _ => None,
    };
    points.iter().take(100).filter_map(point).collect()
}

/// The hottest of these zones, or of all.
fn hottest(s: &Snapshot, zones: Vec<&str>) -> Option<i32> {
    let counts = |name: &str| zones.is_empty() || zones.iter().any(|zone| zone.eq_ignore_ascii_case(name));
    let counting = s.temps.iter().filter(|temp| counts(&temp.name));
    counting.filter_map(|temp| temp.reading_mc()).max()
}

#[cfg(test)]
mod tests {
    use super::super::page::test::all;
    use super::*;
    use crate::wire::json;

    fn shown(text: &str, width: u16) -> Vec<String> {
        let mut s = Snapshot::default();
        for (name, mc) in [("cpu", 52_000), ("gpu", 71_000), ("PMIC", 100_000)] {
            s.temps.entry(name).now_mc = mc;
        }
        s.fans.entry("pwm").pwm = Some(102);
        let control = json::decode(text).expect(text);
        all(&|page| draw(page, &control, &s), width)
    }

    #[test]
    fn ok_charts() {
        let text = r#"{"value":"curve cold","curve":[[40,0],[50,35.5],[60,60],[70,100]],"zones":["CPU"]}"#;
        let rows = shown(text, 40);
        assert_eq!(rows[0], "Fan on curve cold");
        assert_eq!(rows[1], " 90 %          ###", "full at 70 C");
        assert_eq!(rows[4], " 60 %          ###", "60 % reach no further");
        assert_eq!(rows[6], "         o  ######", "40 % now, above the curve at 52 C");
        assert_eq!(rows.last().map(String::as_str), Some("now 52.0 C   duty 40 %"));
        assert_eq!(shown(text, 17)[1], " 90 %    #");
        let text = text.replace(r#","zones":["CPU"]"#, "");
        assert_eq!(shown(&text, 40).last().map(String::as_str), Some("now 71.0 C   duty 40 %"));
    }

    #[test]
    fn err_curves() {
        for text in [
            "{}",
            r#"{"curve":1}"#,
            r#"{"curve":[]}"#,
            r#"{"curve":[[1],[1,2,3],["a",1],[1e300,1],[1,-1],7]}"#,
        ] {
            assert!(shown(text, 40).is_empty(), "{text}");
        }
    }
}
