//! Pictures of screens.

use super::*;

/// A picture of each screen, so that a change of the layout is seen in its review. With
/// JETSONSCOPE_BLESS=1 the files are written instead.
#[test]
fn pictures_of_boards() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/screens");
    let bless = std::env::var_os("JETSONSCOPE_BLESS").is_some_and(|value| value == "1");
    for (name, (width, height)) in ["tx2", "orin-nano", "agx-orin", "thor"]
        .into_iter()
        .flat_map(|name| [(80, 24), (40, 12)].map(|s| (name, s)))
    {
        let board = Board::find(name).expect("a board");
        let snapshot = simulated(board, board.default_release(), false, 7);
        let source = format!("synthetic:{name}");
        let mut picture = rows(&drawn(&source, fresh(&snapshot), PLAIN, (width, height))).join("\n");
        picture.push('\n');
        let path = directory.join(format!("{name}-{width}x{height}.txt"));
        if bless {
            std::fs::write(&path, picture).expect("a writable directory");
            continue;
        }
        let wanted = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(picture == wanted, "{}:\n{wanted}\nis now\n{picture}", path.display());
    }
}
