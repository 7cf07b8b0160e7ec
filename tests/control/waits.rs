//! A power mode that waits for the next boot, while the one before is in force.

use super::*;

const LATER: Wishes = Wishes { reboot: false, at_next_boot: true, attended: true };

/// Value and next boot, as the list shows them.
fn shown(board: &Board) -> (String, Option<String>) {
    let range = range(board, "nvpmodel").unwrap();
    (range.value.unwrap_or_default(), range.next_boot)
}

#[test]
fn ok_a_mode_that_waits_for_the_boot() {
    let board = Board::of("agx-orin-r36", "waits");
    board.tool("nvpmodel", PROMPTS);
    let mut desk = board.desk();
    assert!(set(&mut desk, "nvpmodel", "15W", LATER, REAL).unwrap().at_next_boot);
    let before = board.tree();
    for wishes in [NOW, LATER] {
        let again = set(&mut desk, "nvpmodel", "15W", wishes, REAL).unwrap();
        let note = "nvpmodel: MODE_15W is in force after the next boot".to_owned();
        assert_eq!((again.at_next_boot, again.steps, again.notes), (true, vec![], vec![note]));
        assert_eq!((again.old, again.new), ("MODE_50W".to_owned(), "MODE_15W".to_owned()));
    }
    assert_eq!(shown(&board), ("MODE_50W".to_owned(), Some("MODE_15W".to_owned())));
    assert_eq!(board.changes(&before), [""; 0]);
}

/// What is asked for at once while another mode waits, and what an undo leaves; each row begins with
/// 15W in force and MAXN_SUPER for the next boot.
#[test]
fn ok_another_mode_while_one_waits() {
    for (value, wishes, is, boot) in [
        // It is in force: only the boot is to bring nothing else.
        ("25W", NOW, "25W", None),
        ("MAXN_SUPER", LATER, "25W", Some("MAXN_SUPER")),
        ("MAXN_SUPER", NOW, "MAXN_SUPER", None),
        ("15W", NOW, "15W", None),
        ("15W", LATER, "25W", Some("15W")),
        ("25W", LATER, "25W", None),
    ] {
        let row = format!("{value} {wishes:?}");
        let board = Board::of(ORIN, "while");
        board.tool("nvpmodel", &format!("touch $root/asked\n{NVPMODEL}"));
        let fresh = board.tree();
        let mut desk = board.desk();
        assert_eq!(shown(&board), ("25W".to_owned(), None), "{row}");
        set(&mut desk, "nvpmodel", "MAXN_SUPER", LATER, REAL).unwrap();
        set(&mut desk, "jetson_clocks", "on", NOW, REAL).unwrap();
        set(&mut desk, "jetson_clocks", "off", NOW, REAL).expect("the store is of the mode in force");
        set(&mut desk, "nvpmodel", value, wishes, REAL).expect(&row);
        assert_eq!(shown(&board), (is.to_owned(), boot.map(str::to_owned)), "{row}");
        assert_eq!(board.0.join("asked").exists(), is != "25W", "{row}: the tool is not asked for a boot");
        undo(&mut desk);
        // The rate of the memory is the kernel's own.
        let own = ["run/", "asked", EMC];
        let apart = |line: &String| !own.iter().any(|own| line.starts_with(own));
        let left: Vec<String> = board.changes(&fresh).into_iter().filter(apart).collect();
        assert_eq!(left, [""; 0], "{row}: undone");
    }
}

/// The vendor's tool has set a mode since: that one is in force, and no undo touches it.
#[test]
fn ok_a_mode_set_by_hand_while_one_waits() {
    let board = Board::of(ORIN, "hand");
    board.tool("nvpmodel", NVPMODEL);
    let mut desk = board.desk();
    set(&mut desk, "nvpmodel", "MAXN_SUPER", LATER, REAL).unwrap();
    board.write(STATUS, "pmode:0000\n");
    assert_eq!(shown(&board), ("15W".to_owned(), None));
    undo(&mut desk);
    assert_eq!(board.text(STATUS), "pmode:0000");
}
