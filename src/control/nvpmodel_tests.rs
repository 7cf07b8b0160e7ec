//! Names of modes, masks, and what waits for the next boot.

use super::*;

const TABLE: &str = "< PARAM TYPE=FILE NAME=TPC >\nTPC_PG_MASK /sys/absent\n\
    < PARAM TYPE=FILE NAME=GATE >\nOLD /sys/old_pg_mask\nOLD_KNEXT /sys/new_pg_mask\nON /sys/control\n\
    < POWER_MODEL ID=0 NAME=MODE_15W >\nTPC TPC_PG_MASK 1\nGATE ON on\nGATE OLD 0x1\n\
    < POWER_MODEL ID=1 NAME=15W >\nTPC TPC_PG_MASK 3\nGATE ON auto\nGATE OLD 16\n\
    < POWER_MODEL ID=2 NAME=15w >\nGATE OLD x\n< POWER_MODEL ID=5 NAME=0 >\n< POWER_MODEL ID=7 >\n";

#[test]
fn ok_and_err_modes_by_name() {
    let table = Table::parse(TABLE);
    for (value, wanted) in [
        ("0", Some(0)),
        ("0001", Some(1)),
        ("MODE_15W", Some(0)),
        ("mode_15w", Some(0)),
        (" 15w ", Some(1)),
        ("7", Some(7)),
        ("", None),
        ("MODE_", None),
        ("15", None),
        ("3", None),
        ("MODE_MODE_15W", None),
        ("-1", None),
        ("m\u{fc}de_15W", None),
    ] {
        assert_eq!(found(&table, value).map(|mode| mode.id), wanted, "{value}");
    }
    let labels: Vec<String> = table.modes.iter().map(|mode| label(&table, mode)).collect();
    assert_eq!(labels, ["MODE_15W", "15W", "2", "5", "7"], "each means its own mode");
}

#[test]
fn ok_masks() {
    for (text, wanted) in
        [("240", Some(240)), ("0xf0", Some(240)), ("", None), ("0x", None), ("on", None), ("1 2", None)]
    {
        assert_eq!(mask(text), wanted, "{text}");
    }
    for (name, wanted) in
        [("TPC_PG_MASK", true), ("/a/fbp_pg_mask", true), ("_pg_mask", true), ("pg_mask", false), ("", false)]
    {
        assert_eq!(ends_in_mask(name), wanted, "{name}");
    }
}

#[test]
fn ok_what_a_mode_gates() {
    let path = std::env::temp_dir().join(format!("jetsonscope-gates-{}", std::process::id()));
    std::fs::create_dir_all(path.join("sys")).unwrap();
    std::fs::write(path.join("sys/old_pg_mask"), "16\n").unwrap();
    let (root, table) = (Root::at(&path), Table::parse(TABLE));
    let of = |id, old| gates(&root, &table, table.mode(id).unwrap(), old);
    for (id, old, wanted) in [
        (1, Some(0), "TPC_PG_MASK from 1 to 3"),
        (1, Some(1), ""),
        (1, None, ""),
        (0, Some(1), "TPC_PG_MASK from 3 to 1, OLD from 16 to 1"),
        (0, Some(9), "OLD from 16 to 1"),
        (2, Some(0), ""),
    ] {
        assert_eq!(of(id, old), wanted, "{id} after {old:?}");
    }
    std::fs::write(path.join("sys/new_pg_mask"), "0x1\n").unwrap();
    assert_eq!(of(1, Some(1)), "OLD from 1 to 16", "the newer kernel's file counts");
    std::fs::remove_dir_all(path).unwrap();
}
