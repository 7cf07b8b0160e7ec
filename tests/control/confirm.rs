//! Changes that are to be confirmed, and the boot that some of them take.

use std::time::{Duration, Instant};

use super::*;
use jetsonscope::control::desk::Change;

/// The journal is gone with the boot, so nothing that waits for one can be taken back.
#[test]
fn ok_and_err_confirmed_and_a_boot() {
    let (now, reboot) = (NOW, Wishes { reboot: true, ..NOW });
    let later = Wishes { at_next_boot: true, ..NOW };
    for (control, value, wishes, refused) in [
        ("nvpmodel", "15W", now, false),
        ("nvpmodel", "15W", reboot, true),
        ("nvpmodel", "15W", later, true),
        ("nvpmodel", "25W", later, false), // so already
        ("preset", "powersave", reboot, true),
        ("preset", "powersave", later, false), // takes no boot on this board
        ("cpu_governor", "powersave", reboot, true),
        ("cpu_governor", "powersave", later, false),
    ] {
        let row = format!("{control} {value} {wishes:?}");
        let board = Board::of(ORIN, "confirm");
        board.tool("nvpmodel", NVPMODEL);
        board.tool("systemctl", "exit 0");
        let (before, mut desk) = (board.tree(), board.desk());
        for dry_run in [true, false] {
            let confirm = Some(Duration::from_secs(60));
            let asked = Change { dry_run, confirm, ..change(control, value, wishes) };
            match desk.set(asked, None, Instant::now()) {
                Err(refusal) => {
                    let why = format!("{control}: --confirm cannot take back a reboot (leave it out)");
                    assert_eq!((refusal.kind, refusal.why), (Kind::Conflict, why), "{row}");
                    assert!(refused && board.changes(&before).is_empty(), "{row}");
                }
                Ok(begun) => assert!(!refused && (begun.is_some() || !dry_run), "{row}"),
            }
        }
    }
}
