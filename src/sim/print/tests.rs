//! Tests of the printed lines: token names and their order, and the numbers.
//!
//! The wanted sequences are written from captures of each board and release. A
//! token is named by its first word, temperatures with their `@`.

use super::super::*;
use print::{Stamp, line};

const STAMP: Stamp = Stamp { year: 2026, month: 7, day: 3, hour: 5, minute: 9, second: 6 };
const STAMP_TEXT: &str = "07-03-2026 05:09:06 ";

fn text(sim: &Sim, release: Release, user: bool) -> String {
    let mut out = Vec::new();
    line(sim, release, user, STAMP, &mut out);
    assert!(out.is_ascii());
    String::from_utf8(out).expect("ASCII is UTF-8")
}

/// Names of the tokens behind the stamp.
fn names(text: &str) -> Vec<String> {
    let body = text.strip_prefix(STAMP_TEXT).unwrap_or(text);
    let words = body.split(' ').filter(|word| {
        let letter = word.starts_with(|c: char| c.is_ascii_alphabetic());
        letter && !matches!(*word, "off" | "fg" | "bg")
    });
    words
        .map(|word| match word.split_once('@') {
            Some((zone, _)) => format!("{zone}@"),
            None => word.to_string(),
        })
        .collect()
}

fn board(name: &str) -> &'static Board {
    Board::find(name).expect("a name from the table")
}

const R36_ENGINES: &str = "NVENC NVDEC NVJPG NVJPG1 VIC OFA NVDLA0 NVDLA1 PVA0_FREQ";
const R39_ENGINES: &str = "NVENC0 NVDEC0 NVJPG0 NVJPG1 VIC OFA NVDLA0 NVDLA1 PVA0_FREQ";
const THOR_ROOT: &str = "EMC_FREQ GR3D_FREQ NVENC0_FREQ NVENC1_FREQ NVDEC0_FREQ NVDEC1_FREQ \
     NVJPG0_FREQ VIC OFA_FREQ PVA0_FREQ APE";
const THOR_TAIL: &str = "cpu@ tj@ soc012@ gpu@ soc345@ VDD_GPU VDD_CPU_SOC_MSS VIN_SYS_5V0 VIN";
const NX_RAILS: &str = "VDD_IN VDD_CPU_GPU_CV VDD_SOC";
const NX_R35: &str = "CV0@ CPU@ SOC2@ SOC0@ CV1@ GPU@ tj@ SOC1@ CV2@";
const NX_R36: &str = "cv0@ cpu@ soc2@ soc0@ cv1@ gpu@ tj@ soc1@ cv2@";
const NANO_R36: &str = "cpu@ soc2@ soc0@ gpu@ tj@ soc1@";
const AGX_R34: &str = "CV0@ CPU@ Tboard@ SOC2@ Tdiode@ SOC0@ CV1@ GPU@ tj@ SOC1@ CV2@";
const AGX_R34_RAILS: &str = "VDD_GPU_SOC VDD_CPU_CV VIN_SYS_5V0 NC VDDQ_VDD2_1V8AO NC";
const AGX_R36: &str = "cpu@ tboard@ soc2@ tdiode@ soc0@ tj@ soc1@ \
     VDD_GPU_SOC VDD_CPU_CV VIN_SYS_5V0 VDDQ_VDD2_1V8AO";
const AGX_R39: &str = "cpu@ soc2@ soc0@ tj@ soc1@ VDD_GPU_SOC VDD_CPU_CV VIN_SYS_5V0";
const XAVIER_RAILS: &str = "GPU CPU SOC CV VDDRQ SYS5V";
const NANO_TAIL: &str = "PLL@ CPU@ PMIC@ GPU@ AO@ thermal@ POM_5V_IN POM_5V_GPU POM_5V_CPU";
const TX2_R28: &str = "BCPU@ MCPU@ GPU@ PLL@ Tboard@ Tdiode@ PMIC@ thermal@ \
     VDD_IN VDD_CPU VDD_GPU VDD_SOC VDD_WIFI VDD_DDR";
const TX2_R32: &str = "PLL@ MCPU@ PMIC@ Tboard@ GPU@ BCPU@ thermal@ Tdiode@ \
     VDD_SYS_GPU VDD_SYS_SOC VDD_4V0_WIFI VDD_IN VDD_SYS_CPU VDD_SYS_DDR";
const XNX_R32: &str = "AO@ GPU@ PMIC@ AUX@ CPU@ thermal@";
const XNX_R35: &str = "AUX@ CPU@ thermal@ AO@ GPU@ PMIC@";
const XAGX_R31: &str = "AO@ GPU@ Tboard@ Tdiode@ AUX@ CPU@ thermal@ PMIC@";
const XAGX_R32: &str = "AO@ GPU@ Tdiode@ PMIC@ AUX@ CPU@ thermal@ Tboard@";
const XAGX_R35: &str = "AUX@ CPU@ thermal@ Tboard@ AO@ GPU@ Tdiode@ PMIC@";

/// Board, release, user, and the parts of the sequence for an idle board.
#[rustfmt::skip]
const WANTED: &[(&str, Release, bool, &[&str])] = &[
    ("nano", Release::R32, false, &["RAM SWAP IRAM CPU EMC_FREQ GR3D_FREQ APE", NANO_TAIL]),
    ("nano", Release::R32, true, &["RAM SWAP CPU EMC_FREQ GR3D_FREQ", NANO_TAIL]),
    ("tx2", Release::R28, false, &["RAM CPU EMC_FREQ GR3D_FREQ APE", TX2_R28]),
    ("tx2", Release::R28, true, &["RAM CPU", TX2_R28]),
    ("tx2", Release::R32, false, &["RAM SWAP CPU EMC_FREQ GR3D_FREQ APE", TX2_R32]),
    ("tx2", Release::R32, true, &["RAM SWAP CPU EMC_FREQ GR3D_FREQ", TX2_R32]),
    ("xavier-nx", Release::R32, false, &["RAM SWAP CPU EMC_FREQ GR3D_FREQ APE MTS", XNX_R32, NX_RAILS]),
    ("xavier-nx", Release::R32, true, &["RAM SWAP CPU EMC_FREQ GR3D_FREQ", XNX_R32, NX_RAILS]),
    ("xavier-nx", Release::R35, false, &["RAM SWAP CPU EMC_FREQ GR3D_FREQ VIC_FREQ APE", XNX_R35, NX_RAILS]),
    ("xavier-nx", Release::R35, true, &["RAM SWAP CPU EMC_FREQ GR3D_FREQ", XNX_R35]),
    ("agx-xavier", Release::R31, false, &["RAM CPU EMC_FREQ GR3D_FREQ APE MTS", XAGX_R31, XAVIER_RAILS]),
    ("agx-xavier", Release::R31, true, &["RAM CPU EMC_FREQ GR3D_FREQ", XAGX_R31, XAVIER_RAILS]),
    ("agx-xavier", Release::R32, false, &["RAM SWAP CPU EMC_FREQ GR3D_FREQ APE MTS", XAGX_R32, XAVIER_RAILS]),
    ("agx-xavier", Release::R32, true, &["RAM SWAP CPU EMC_FREQ GR3D_FREQ", XAGX_R32, XAVIER_RAILS]),
    ("agx-xavier", Release::R35, false, &["RAM SWAP CPU EMC_FREQ GR3D_FREQ VIC_FREQ APE", XAGX_R35, XAVIER_RAILS]),
    ("agx-xavier", Release::R35, true, &["RAM SWAP CPU EMC_FREQ GR3D_FREQ", XAGX_R35]),
    ("orin-nano", Release::R35, false, &["RAM SWAP CPU EMC_FREQ GR3D_FREQ VIC_FREQ APE", NX_R35, NX_RAILS]),
    ("orin-nano", Release::R35, true, &["RAM SWAP CPU EMC_FREQ GR3D_FREQ", NX_R35]),
    ("orin-nano", Release::R36, false, &["RAM SWAP CPU EMC_FREQ GR3D_FREQ NVDEC NVJPG NVJPG1 VIC OFA APE", NANO_R36, NX_RAILS]),
    ("orin-nano", Release::R36, true, &["RAM SWAP CPU GR3D_FREQ", NANO_R36, NX_RAILS]),
    ("orin-nano", Release::R39, false, &["RAM CPU EMC_FREQ GR3D_FREQ NVDEC0 NVJPG0 NVJPG1 VIC OFA APE", NANO_R36, NX_RAILS]),
    ("orin-nano", Release::R39, true, &["RAM CPU GR3D_FREQ", NANO_R36, NX_RAILS]),
    ("orin-nx", Release::R35, false, &["RAM SWAP CPU EMC_FREQ GR3D_FREQ GR3D2_FREQ VIC_FREQ APE", NX_R35, NX_RAILS]),
    ("orin-nx", Release::R35, true, &["RAM SWAP CPU EMC_FREQ GR3D_FREQ GR3D2_FREQ", NX_R35]),
    ("orin-nx", Release::R36, false, &["RAM SWAP CPU EMC_FREQ GR3D_FREQ", R36_ENGINES, "APE", NX_R36, NX_RAILS]),
    ("orin-nx", Release::R36, true, &["RAM SWAP CPU GR3D_FREQ", NX_R36, NX_RAILS]),
    ("orin-nx", Release::R39, false, &["RAM CPU EMC_FREQ GR3D_FREQ", R39_ENGINES, "APE", NX_R36, NX_RAILS]),
    ("orin-nx", Release::R39, true, &["RAM CPU GR3D_FREQ", NX_R36, NX_RAILS]),
    ("agx-orin", Release::R34, false, &["RAM SWAP CPU EMC_FREQ GR3D_FREQ GR3D2_FREQ VIC_FREQ APE", AGX_R34, AGX_R34_RAILS]),
    ("agx-orin", Release::R34, true, &["RAM SWAP CPU EMC_FREQ GR3D_FREQ", AGX_R34]),
    ("agx-orin", Release::R35, false, &["RAM SWAP CPU EMC_FREQ GR3D_FREQ GR3D2_FREQ VIC_FREQ APE", AGX_R34, AGX_R34_RAILS]),
    ("agx-orin", Release::R35, true, &["RAM SWAP CPU EMC_FREQ GR3D_FREQ GR3D2_FREQ", AGX_R34]),
    ("agx-orin", Release::R36, false, &["RAM SWAP CPU EMC_FREQ GR3D_FREQ", R36_ENGINES, "APE", AGX_R36]),
    ("agx-orin", Release::R36, true, &["RAM SWAP CPU GR3D_FREQ", AGX_R36]),
    ("agx-orin", Release::R39, false, &["RAM CPU EMC_FREQ GR3D_FREQ", R39_ENGINES, "APE", AGX_R39]),
    ("agx-orin", Release::R39, true, &["RAM CPU GR3D_FREQ", AGX_R39]),
    ("thor", Release::R38, false, &["RAM CPU", THOR_ROOT, THOR_TAIL]),
    ("thor", Release::R38, true, &["RAM CPU", THOR_TAIL]),
    ("thor", Release::R39, false, &["RAM SWAP CPU", THOR_ROOT, THOR_TAIL]),
    ("thor", Release::R39, true, &["RAM SWAP CPU", THOR_TAIL]),
];

#[test]
fn tokens_in_order() {
    for (name, release, user, parts) in WANTED {
        let mut sim = Sim::new(board(name), Scenario::Idle, 3);
        (0..10).for_each(|_| sim.step(1000));
        let text = text(&sim, *release, *user);
        let wanted: Vec<&str> = parts.iter().flat_map(|p| p.split_whitespace()).collect();
        assert_eq!(names(&text), wanted, "{name} {release:?} {user} {text}");
        let stamped = text.starts_with(STAMP_TEXT);
        assert_eq!(stamped, *release >= Release::R34, "{text}");
        assert!(stamped || text.starts_with("RAM "), "{text}");
    }
}

#[test]
fn every_layout_is_wanted() {
    let layouts: usize = BOARDS.iter().map(|b| b.layouts.len()).sum();
    assert_eq!(WANTED.len(), 2 * layouts);
}

#[test]
fn clean_lines_in_every_scenario() {
    for board in &BOARDS {
        for scenario in Scenario::ALL {
            let mut sim = Sim::new(board, scenario, 5);
            for _ in 0..60 {
                sim.step(1000);
                for user in [false, true] {
                    for release in Release::all() {
                        let text = text(&sim, release, user);
                        let clean = !text.contains("  ") && text.trim() == text;
                        assert!(clean && !text.contains('\n'), "{text:?}");
                    }
                }
            }
        }
    }
}

/// Fragments that a busy board must show, and how: board, release, user, scenario.
#[test]
fn forms_under_load() {
    let rows: &[(&str, Release, bool, Scenario, &[&str])] = &[
        (
            "nano",
            Release::R32,
            false,
            Scenario::Inference,
            &[" NVDEC 716 VIC_FREQ ", "%@627 APE 25 ", "PMIC@100C"],
        ),
        ("nano", Release::R32, true, Scenario::Inference, &["] EMC_FREQ 0% GR3D_FREQ "]),
        ("tx2", Release::R28, false, Scenario::Inference, &[",off,off,", " NVDEC 1203 APE 150 BCPU@"]),
        (
            "xavier-nx",
            Release::R35,
            false,
            Scenario::Inference,
            &["%@[", " NVDEC 793 VIC_FREQ 601 NVDLA0_FREQ @1100 APE 150 ", "PMIC@50C", "mW/"],
        ),
        ("agx-xavier", Release::R32, false, Scenario::Training, &["%@675 APE 150 MTS fg ", "% bg "]),
        (
            "orin-nx",
            Release::R35,
            false,
            Scenario::Training,
            &["%@611 GR3D2_FREQ ", "%@0 VIC_FREQ 115 APE 174"],
        ),
        ("orin-nano", Release::R36, false, Scenario::Training, &["GR3D_FREQ 100%@[917] NVDEC off "]),
        (
            "agx-orin",
            Release::R36,
            false,
            Scenario::Inference,
            &["%@[611,611] NVENC off NVDEC ", "%@1369 NVDLA1 off PVA0_FREQ off", " cv0@", " gpu@"],
        ),
        (
            "agx-orin",
            Release::R35,
            false,
            Scenario::Idle,
            &[" CV0@-256C ", " GPU@-256C ", " NC 0mW/0mW VDDQ_"],
        ),
        ("agx-orin", Release::R39, false, Scenario::ThermalStress, &["PVA0_FREQ [", "%]@704 APE 174"]),
        (
            "thor",
            Release::R39,
            false,
            Scenario::Inference,
            &[" GR3D_FREQ @[", " NVENC0_FREQ @314 ", " NVDEC0_FREQ @1556 ", "%@423 OFA_FREQ @315"],
        ),
    ];
    for (name, release, user, scenario, fragments) in rows {
        let mut sim = Sim::new(board(name), *scenario, 3);
        (0..10).for_each(|_| sim.step(1000));
        let text = text(&sim, *release, *user);
        for fragment in *fragments {
            assert!(text.contains(fragment), "{fragment:?} is not in {text}");
        }
    }
}

/// Milli-degrees of a printed temperature.
fn read_degrees(text: &str) -> i32 {
    let text = text.strip_suffix('C').expect("a unit");
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let rest = format!("{rest:0<3}");
    let part = |digits: &str| digits.parse::<i32>().expect("digits");
    sign * (part(whole) * 1000 + part(&rest))
}

#[test]
fn temperatures_and_rails_read_back_exactly() {
    for board in &BOARDS {
        let mut sim = Sim::new(board, Scenario::Inference, 9);
        for _ in 0..50 {
            sim.step(1000);
            for layout in board.layouts {
                let text = text(&sim, layout.release, false);
                for (name, index) in layout.temps.iter().filter(|t| t.1 != PMIC) {
                    check_zone(&text, name, sim.state().zones[*index], layout.release);
                }
                for (name, index) in layout.rails.iter().filter(|r| r.1 != NC) {
                    check_rail(&text, name, sim.state().rails[*index]);
                }
            }
        }
    }
}

fn check_zone(text: &str, name: &str, zone: Zone, release: Release) {
    let word = text.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('@'));
    if zone.off {
        let shown = (release <= Release::R35).then_some("-256C");
        assert_eq!(word, shown, "{name} in {text}");
        return;
    }
    let word = word.expect("a zone that is on");
    let (now, max) = word.split_once('/').unwrap_or((word, ""));
    assert_eq!(read_degrees(now), zone.now_mc, "{name} in {text}");
    assert_eq!(max.is_empty(), release < Release::R39, "{text}");
    assert!(max.is_empty() || read_degrees(max) == zone.max_mc, "{text}");
}

fn check_rail(text: &str, name: &str, rail: Rail) {
    // The last one: on AGX Xavier `CPU` is a core list, a zone and a rail.
    let (_, behind) = text.rsplit_once(&format!(" {name} ")).expect("a rail");
    let value = behind.split(' ').next().unwrap_or("");
    let shown: Vec<i32> =
        value.split('/').map(|n| n.trim_end_matches("mW").parse().expect("milliwatts")).collect();
    let wanted = [rail.now_mw, rail.avg_mw, rail.max_mw];
    assert_eq!(Some(&shown[..]), wanted.get(..shown.len()), "{name} in {text}");
}

#[test]
fn mts_needs_a_translating_core() {
    let mut sim = Sim::new(board("tx2"), Scenario::Idle, 1);
    sim.step(1000);
    assert!(!text(&sim, Release::R32, false).contains(" MTS "));
    sim.knobs_mut().mode = 0;
    sim.step(1000);
    let all = text(&sim, Release::R28, false);
    assert!(all.contains(" APE 150 MTS fg ") && !all.contains("off"), "{all}");
    assert!(!text(&sim, Release::R28, true).contains(" MTS "));
}

#[test]
fn foreign_releases_fall_back() {
    let mut sim = Sim::new(board("nano"), Scenario::Idle, 1);
    sim.step(1000);
    let own = text(&sim, Release::R32, false);
    for release in Release::all() {
        assert_eq!(text(&sim, release, false), own, "{}", release.name());
    }
}

#[test]
fn line_allocates_nothing_when_there_is_room() {
    let mut out = Vec::with_capacity(2048);
    let before = out.as_ptr();
    for board in &BOARDS {
        let mut sim = Sim::new(board, Scenario::ThermalStress, 1);
        sim.step(60_000);
        for release in board.releases {
            out.clear();
            line(&sim, *release, false, STAMP, &mut out);
            assert!(out.len() < 1024, "{} {}", board.name, out.len());
            assert_eq!(out.as_ptr(), before);
        }
    }
}
