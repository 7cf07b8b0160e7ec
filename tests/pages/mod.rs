//! Pages of boards as text, for all tests of pages.

use std::path::Path;
use std::time::{Duration, Instant};

use jetsonscope::root::Root;
use jetsonscope::snapshot::Snapshot;
use jetsonscope::source::{Choice, Feed, Sample};
use jetsonscope::view::frame::{self, View};
use jetsonscope::view::more::More;
use jetsonscope::view::paint::Paint;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;

pub const PLAIN: Paint = Paint { ascii: false, color: false };
const BOARDS: [&str; 5] = ["orin-nx-r36", "agx-orin-r36", "thor-r38", "nano-r32", "user-r36"];
const WIDTHS: [u16; 4] = [40, 80, 120, 200];
/// As many rows as any page has.
const TALL: u16 = 120;

/// The first sample of a board of fixtures/boards.
pub fn board(name: &str) -> Snapshot {
    let (now, second) = (Instant::now(), Duration::from_secs(1));
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/boards").join(name);
    let mut feed = Feed::open(Choice::Sysfs, &Root::at(&place), second, now).expect("a board");
    assert!(feed.turn(now), "{name}");
    feed.sample(now).snapshot.expect("a sample").clone()
}

/// The page of that name, without what stands around it.
pub fn page(name: &str, snapshot: &Snapshot, paint: Paint, width: u16) -> Vec<String> {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, TALL));
    let sample = Sample { snapshot: Some(snapshot), age: Some(Duration::ZERO), stale: false, trouble: None };
    let page = frame::page_named(name).expect("a page");
    let more = More::default();
    let view =
        View { origin: Choice::Sysfs.origin(), sample, paint, notice: None, page, scroll: 0, more: &more };
    let places = frame::draw(&view, buffer.area, &mut buffer);
    let row = |cells: &[Cell]| cells.iter().map(Cell::symbol).collect::<String>().trim_end().to_owned();
    let mut rows: Vec<String> = buffer.content.chunks(usize::from(width).max(1)).map(row).collect();
    rows.truncate(rows.len() - 1);
    rows.drain(..=usize::from(places.tabs.expect("a bar").0));
    let used = rows.iter().rposition(|row| !row.is_empty()).map_or(0, |last| last + 1);
    rows.truncate(used);
    rows
}

/// Compares the page of each board at each width with fixtures/pages/FILE-BOARD-WIDTH.txt.
pub fn pictures(name: &str, file: &str) {
    for board in BOARDS {
        let snapshot = self::board(board);
        for width in WIDTHS {
            let picture = page(name, &snapshot, PLAIN, width).join("\n") + "\n";
            compare(&format!("{file}-{board}-{width}.txt"), &picture);
        }
    }
}

/// Compares a picture with a file of fixtures/pages. With JETSONSCOPE_BLESS=1 the file is written instead.
pub fn compare(file: &str, picture: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pages").join(file);
    if std::env::var_os("JETSONSCOPE_BLESS").is_some_and(|value| value == "1") {
        return std::fs::write(&path, picture).expect("a writable directory");
    }
    let wanted = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(picture == wanted, "{}:\n{wanted}\nis now\n{picture}", path.display());
}
