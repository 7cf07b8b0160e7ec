//! The captures in ../shared/corpus, where there are any, held against what their indexes say.

use std::fs;
use std::path::{Path, PathBuf};

use jetsonscope::board::{Board, clocks, fan, hint, nvpmodel};
use jetsonscope::recycled::Recycled;
use jetsonscope::snapshot::Pinned;

use crate::{BOOT, EEPROM, RELEASE, Tree, told};

fn corpus(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus").join(name);
    path.is_dir().then_some(path)
}

/// The captures that an index lists: name, text, board, release.
fn captures(kind: &str) -> Vec<(String, String, String, String)> {
    let Some(directory) = corpus(kind) else { return Vec::new() };
    let index = fs::read_to_string(directory.join("INDEX.tsv")).unwrap();
    let row = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        let text = fs::read(directory.join(fields[0])).unwrap();
        let text = String::from_utf8_lossy(&text).into_owned();
        (fields[0].to_owned(), text, fields[2].to_owned(), fields[3].to_owned())
    };
    let rows: Vec<_> = index.lines().skip(1).filter(|line| !line.trim().is_empty()).map(row).collect();
    assert!(!rows.is_empty(), "{kind} has captures");
    rows
}

/// Whether the module found is the board of the index: each word of its name stands there, but for
/// sizes; some names stand in brackets.
fn is_board(board: &Board, index: &str) -> bool {
    let carrier = board.carrier_name.as_deref().map(|name| name.trim_end_matches(" carrier"));
    let family = hint::find(&[board.model.as_deref().unwrap_or_default()]).map(|family| family.name);
    let names = [board.module.as_deref(), carrier, family];
    names.into_iter().flatten().any(|name| {
        let mut parts = name.trim_end_matches(" developer kit)").split(" (");
        parts
            .any(|part| part.split(' ').filter(|word| !word.ends_with("GB")).all(|word| index.contains(word)))
    })
}

#[test]
fn captured_device_trees() {
    for (file, text, index, _) in captures("devicetree") {
        let tree = Tree::new("devicetree", &[]);
        for (name, value) in text.lines().filter_map(|line| line.split_once('\t')) {
            let path = match name {
                "tegra_chip_id" => "sys/module/tegra_fuse/parameters/tegra_chip_id".to_owned(),
                name => format!("proc/device-tree/{name}"),
            };
            if !value.starts_with("No such file") {
                tree.write(&path, value.replace("\\0", "\0").as_bytes());
            }
        }
        let board = tree.board();
        assert!(board.is_jetson && is_board(&board, &index), "{file}: {index}: {}", told(&board));
        assert!(board.cuda_arch.is_some(), "{file}: {board:?}");
        let numbers = text.contains("+p");
        assert_eq!(board.board_id.is_some(), numbers, "{file}: {}", told(&board));
        assert_eq!(board.carrier.is_some(), numbers || file.starts_with("tx1"), "{file}: {}", told(&board));
    }
}

#[test]
fn captured_boards_with_several_modules_or_carriers() {
    for (file, wanted) in [
        ("orin_nano_r35_six_entries.txt", "p3767-0005 | compatible | tegra234 | p3768-0000"),
        ("xavier_nx_r35_full.txt", "p3668-0000 | compatible | tegra194 | p3509-0000"),
        ("agx_orin_as_nano4.txt", "p3701-0000 | compatible | tegra234 | p3737-0000"),
        ("thor_r38_2_runtogether.txt", "p3834-0008 | compatible | tegra264 | p4071-0000"),
        ("clara_agx_r34.txt", "p2888-0004 | compatible | tegra194 | e3900-0000"),
        ("tx1_r28_full.txt", "- | - | tegra210 | p2597-2180 | Jetson TX1"),
    ] {
        let Some(directory) = corpus("devicetree") else { return };
        let tree = Tree::new("several", &[]);
        for line in fs::read_to_string(directory.join(file)).unwrap().lines() {
            let (name, value) = line.split_once('\t').unwrap();
            tree.write(&format!("proc/device-tree/{name}"), value.replace("\\0", "\0").as_bytes());
        }
        assert!(told(&tree.board()).starts_with(wanted), "{file}: {}", told(&tree.board()));
    }
}

#[test]
fn captured_releases() {
    for (file, text, _, release) in captures("release") {
        if file == "JETPACK_MAP.tsv" {
            continue;
        }
        let board = Tree::new("captured-release", &[(RELEASE, text.as_bytes())]).board();
        let l4t = board.l4t.map(|told| format!("R{}", told.text)).unwrap_or_default();
        assert!(release.starts_with(&l4t) && l4t.len() > 5, "{file}: {l4t} {release}");
        if let Some((_, jetpack)) = release.trim_end_matches(')').split_once("(JetPack ") {
            assert_eq!(board.jetpack.map(|told| told.text).as_deref(), Some(jetpack), "{file}");
        }
    }
    let Some(directory) = corpus("release") else { return };
    let map = fs::read_to_string(directory.join("JETPACK_MAP.tsv")).unwrap();
    for (l4t, listed) in map.lines().skip(1).filter_map(|line| line.split_once('\t')) {
        let (major, revision) = l4t.split_once('.').unwrap();
        let line = format!("# R{major} (release), REVISION: {revision}, GCID: 1");
        let board = Tree::new("map", &[(RELEASE, line.as_bytes())]).board();
        let jetpack = board.jetpack.map(|told| told.text).unwrap_or_default();
        assert!(!jetpack.is_empty() && listed.starts_with(&jetpack), "{l4t}: {jetpack:?} {listed:?}");
    }
}

#[test]
fn captured_boot_control_and_eeprom() {
    for (file, text, index, _) in captures("bootctl") {
        let board = Tree::new("bootctl", &[(BOOT, text.as_bytes())]).board();
        assert!(board.is_jetson && is_board(&board, &index), "{file}: {index}: {}", told(&board));
    }
    for (file, text, index, _) in captures("eeprom") {
        let row = |line: &str| {
            let line = line.split_once(": ").map_or(line, |(_, rest)| rest);
            let bytes = line.split_whitespace().take(16).map(|byte| u8::from_str_radix(byte, 16));
            bytes.collect::<Result<Vec<u8>, _>>().ok()
        };
        let bytes: Vec<u8> =
            text.lines().filter(|line| !line.starts_with("  ")).filter_map(row).flatten().collect();
        assert!(bytes.len() >= 48, "{file}");
        let board = Tree::new("eeprom", &[(RELEASE, b"# R32"), (EEPROM, &bytes)]).board();
        assert_eq!(board.board_id.as_ref().map(|told| told.source), Some("eeprom"), "{file}");
        let xavier = index.starts_with("Clara") && told(&board).contains("AGX Xavier");
        assert!(xavier || is_board(&board, &index), "{file}: {index}: {}", told(&board));
    }
}

#[test]
fn captured_power_modes() {
    for (file, text, ..) in captures("nvpmodel") {
        let whole = !file.contains("fragment");
        if file.ends_with(".conf") || file.contains("parse") {
            let table = nvpmodel::Table::parse(&text);
            let ids: Vec<u32> = table.modes.iter().map(|mode| mode.id).collect();
            assert!(ids.windows(2).all(|two| two[0] < two[1]) && !ids.is_empty(), "{file}: {ids:?}");
            assert!(table.default.is_some_and(|id| table.mode(id).is_some()), "{file}: {:?}", table.default);
            assert!(table.odd_lines <= 3, "{file}: {}", table.odd_lines);
            for mode in &table.modes {
                assert!(!mode.settings.is_empty() && !mode.name.is_empty(), "{file} {}", mode.name);
                let known = mode.settings.iter().all(|set| table.arg(set.param, set.arg).is_some());
                assert_eq!(known, whole, "{file} {}", mode.name);
            }
            let settings = table.modes.iter().flat_map(|mode| &mode.settings);
            let frequencies = settings.filter(|set| set.arg.ends_with("_FREQ"));
            assert!(
                frequencies.clone().count() > 0 && frequencies.clone().all(|set| set.number().is_some()),
                "{file}"
            );
        } else {
            let query = nvpmodel::parse_query(&text);
            assert!(
                query.name.is_some_and(|name| !name.is_empty()) && query.id.is_some(),
                "{file}: {query:?}"
            );
            assert_eq!(query.errors as usize, text.matches("NVPM ERROR").count(), "{file}");
            assert_eq!(query.values.len(), text.matches("CONF_VAL").count(), "{file}");
        }
    }
}

#[test]
fn captured_fan_tables() {
    for (file, text, ..) in captures("fancontrol") {
        if !file.ends_with(".conf") {
            let status = fan::parse_status(&text);
            assert!(
                status.profile.is_some() && status.governor.is_some() && status.control.is_some(),
                "{file}"
            );
            continue;
        }
        let table = fan::parse(&text);
        assert_eq!((table.fans.len(), table.odd_lines), (1, 0), "{file}");
        for fan in &table.fans {
            let points = fan.profiles.iter().map(|profile| profile.points.len()).min();
            assert!(fan.tmargin && points.is_some_and(|points| points >= 4), "{file}: {fan:?}");
            assert!(fan.profiles.iter().any(|profile| Some(profile.name) == fan.default_profile), "{file}");
            assert_eq!((fan.group_max_c, fan.governors.len()), (Some(105), 1), "{file}");
        }
    }
}

#[test]
fn captured_clocks() {
    for (file, text, ..) in captures("jetson_clocks") {
        let shown = clocks::parse(&text);
        assert_eq!(shown.odd_lines as usize, text.matches("Failed").count(), "{file}");
        assert_eq!(shown.clocks.len(), text.matches("MinFreq=").count(), "{file}");
        assert!(shown.fan.is_some_and(|fan| fan.pwm.is_some()), "{file}");
        let whole = |clock: &clocks::Clock| {
            clock.min_hz.is_some() && clock.max_hz.is_some() && clock.now_hz.is_some()
        };
        assert!(shown.clocks.iter().all(whole), "{file}: {:?}", shown.clocks);
        let on = text.matches("FreqOverride=1").count() == 1;
        assert!(shown.held().any(|clock| clock == ("EMC", on)), "{file}");
        let state = clocks::state(shown.held(), &mut Recycled::default()).expect(&file);
        assert_eq!(state == Pinned::On, on, "{file}: {state:?}");
    }
}
