//! Clocks that somebody else has pinned, and what lets go of them all the same.

use super::*;

/// What the vendor's jetson_clocks does by somebody's hand.
fn pin(board: &Board) {
    let copy = |from: &str, to: &str| board.write(to, &board.text(from));
    for policy in ["policy0", "policy4"] {
        let file = |end: &str| format!("sys/devices/system/cpu/cpufreq/{policy}/scaling_{end}_freq");
        copy(&file("max"), &file("min"));
    }
    let gpu = "sys/class/devfreq/17000000.gpu";
    copy(&format!("{gpu}/max_freq"), &format!("{gpu}/min_freq"));
    board.write(&format!("{EMC}/mrq_rate_locked"), "1\n");
}

/// The defaults and the presets that want free clocks let go, and an undo pins again.
#[test]
fn ok_clocks_of_others_are_let_go() {
    for (control, value) in [("defaults", ""), ("preset", "balanced"), ("preset", "powersave")] {
        let board = Board::of(ORIN, "let-go");
        board.tool("nvpmodel", NVPMODEL);
        // The mode's own lower limit counts, not the kernel's.
        let table = board.text("etc/nvpmodel.conf").replace("MIN_FREQ 0", "MIN_FREQ 729600");
        board.write("etc/nvpmodel.conf", &table);
        pin(&board);
        assert_eq!(range(&board, "jetson_clocks").unwrap().value.as_deref(), Some("on"));
        let pinned = board.tree();
        let mut desk = board.desk();
        let refused = set(&mut desk, "jetson_clocks", "off", NOW, REAL).unwrap_err();
        assert_eq!(refused.kind, Kind::Conflict);
        set(&mut desk, control, value, NOW, REAL).unwrap_or_else(|refusal| panic!("{value}: {refusal}"));
        assert_eq!(range(&board, "jetson_clocks").unwrap().value.as_deref(), Some("off"), "{value}");
        assert_eq!(board.text(&format!("{CPU0}min_freq")), "729600", "{value}");
        undo(&mut desk);
        let rest = |line: &String| !line.starts_with("run/");
        let left: Vec<String> = board.changes(&pinned).into_iter().filter(rest).collect();
        assert_eq!(left, [""; 0], "{value}: undone");
    }
}
