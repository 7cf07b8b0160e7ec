//! Each page of each simulated board at four sizes as text, and in colours for the documents; and the same
//! of boards and moments that are odd: nothing read, old values, a daemon that is lost, one core or many,
//! forty zones, names that are long or wide. JETSONSCOPE_BLESS=1 writes the files instead.

#![cfg(all(feature = "tui", feature = "emulator"))]

mod scene;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use jetsonscope::sim::{BOARDS, Scenario};
use jetsonscope::snapshot::{Core, Snapshot};
use jetsonscope::source::Sample;
use jetsonscope::view::frame::PAGES;
use jetsonscope::view::more::{More, Topic};
use jetsonscope::view::paint::Paint;
use jetsonscope::view::picture;
use jetsonscope::view::theme::{Depth, Palette};
use scene::{Scene, simulated};

const SIZES: [(u16, u16); 4] = [(40, 24), (80, 24), (120, 40), (200, 50)];
const PLAIN: Paint = Paint { ascii: false, color: false };
const COLOR: Paint = Paint { ascii: false, color: true };

/// Compares with a file, or writes it.
fn compare(path: &Path, picture: &str) {
    if std::env::var_os("JETSONSCOPE_BLESS").is_some_and(|value| value == "1") {
        return fs::write(path, picture).expect("a writable directory");
    }
    let wanted = fs::read_to_string(path).unwrap_or_default();
    let differs = wanted.lines().zip(picture.lines()).enumerate().find(|(_, (a, b))| a != b);
    assert!(wanted == picture, "{} is not as drawn (make screenshots): {differs:?}", path.display());
}

/// All pages at one size, one below the other.
fn pages(scene: &Scene, sample: &Sample, size: (u16, u16)) -> String {
    let mut text = String::new();
    for (number, page) in PAGES.iter().enumerate() {
        text.extend(["==== ", page.name, "\n"]);
        let frame = scene.draw(*sample, number, PLAIN, size);
        let palette = Palette::new(0, false, Depth::Sixteen);
        let rows = String::from_utf8(picture::text(&frame, palette, false)).expect("UTF-8");
        assert_eq!(rows.lines().count(), usize::from(size.1), "{rows}");
        text.push_str(&rows);
    }
    text
}

/// The pictures of all pages at each size; gives the names of the files.
fn pictures(scene: &Scene, sample: &Sample, name: &str) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/screens");
    for (width, height) in SIZES {
        let text = pages(scene, sample, (width, height));
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{name}: {text:?}");
        compare(&directory.join(format!("{name}-{width}x{height}.txt")), &text);
    }
}

#[test]
fn each_page_of_each_board() {
    for board in &BOARDS {
        let scene = simulated(board.name, Scenario::Inference);
        pictures(&scene, &scene.sample(), board.name);
    }
}

const ODD: [&str; 9] =
    ["no-data", "stale", "lost", "bare", "one-core", "many-cores", "many-zones", "long-names", "wide-names"];

/// The scene of an odd board.
fn odd(name: &str) -> Scene {
    let mut scene = simulated("orin-nano", Scenario::ThermalStress);
    let s = &mut scene.snapshot;
    match name {
        // Nothing but what a kernel that knows no Jetson says.
        "bare" => {
            let bare =
                Snapshot { ram: s.ram, uptime_ms: s.uptime_ms, cpus: s.cpus.clone(), ..Snapshot::default() };
            (*s, scene.more) =
                (bare, More { now: scene.more.now, local: scene.more.local, ..More::default() });
        }
        "one-core" => {
            s.cpus.truncate(1);
            s.clusters.iter_mut().for_each(|own| own.cores.retain(|core| *core == 0));
        }
        "many-cores" => {
            let core = Core { load_pm: Some(370), freq_khz: Some(2_201_600), ..Core::default() };
            s.cpus.resize(14, core);
            for (own, first) in s.clusters.iter_mut().zip([0, 7]) {
                own.cores = (first..first + 7).collect();
                own.governor = if first == 0 { "performance" } else { "conservative" }.to_owned();
            }
        }
        "many-zones" => {
            for number in 0..40 {
                let zone = s.temps.entry(&format!("zone{number}-thermal"));
                zone.now_mc = 30_000 + 1_700 * number;
            }
        }
        "long-names" => {
            rename(s, &|name| format!("{name}_of_a_name_that_goes_on_and_on_and_on_and_on_and_on"))
        }
        "wide-names" => rename(s, &|name| format!("{name}\u{6e29}\u{5ea6}\u{30bb}\u{30f3}e\u{301}\u{1f525}")),
        _ => {}
    }
    scene
}

/// Gives what has a name of its own another one.
fn rename(s: &mut Snapshot, name: &dyn Fn(&str) -> String) {
    s.temps.iter_mut().for_each(|own| own.name = name(&own.name));
    s.rails.iter_mut().for_each(|own| own.name = name(&own.name));
    s.engines.iter_mut().filter(|own| own.name != "GR3D").for_each(|own| own.name = name(&own.name));
    s.clusters.iter_mut().for_each(|own| own.governor = name(&own.governor));
    s.gpus.iter_mut().for_each(|own| own.name = name(&own.name));
    s.fans.iter_mut().for_each(|own| own.name = name(&own.name));
    s.zram.iter_mut().for_each(|own| own.name = name(&own.name));
    s.swap_areas.iter_mut().for_each(|own| own.name = name(&own.name));
    s.power_mode.name = name(&s.power_mode.name);
}

#[test]
fn odd_boards_and_moments() {
    for name in ODD {
        let mut scene = odd(name);
        if name == "no-data" {
            for topic in [Topic::Processes, Topic::Held, Topic::Controls, Topic::History, Topic::Meta] {
                scene.more.answered(topic, Err("no daemon is there".to_owned()));
            }
        }
        let sample = scene.sample();
        let trouble = Some("daemon lost, read in this process: closed the connection");
        let sample = match name {
            "no-data" => {
                Sample { snapshot: None, age: None, stale: true, trouble: Some("/run/x: no such file") }
            }
            "stale" => Sample { age: Some(Duration::from_secs(75)), stale: true, ..sample },
            "lost" => Sample { age: Some(Duration::from_secs(4)), stale: true, trouble, ..sample },
            _ => sample,
        };
        pictures(&scene, &sample, name);
    }
}

/// What stands in fixtures/screens is drawn by this.
#[test]
fn no_other_pictures() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/screens");
    let found = fs::read_dir(directory).expect("fixtures").map(|entry| entry.expect("an entry").file_name());
    let found: BTreeSet<String> = found.map(|name| name.into_string().expect("UTF-8")).collect();
    let names = BOARDS.iter().map(|board| board.name).chain(ODD);
    let files = |name: &'static str| SIZES.map(|(width, height)| format!("{name}-{width}x{height}.txt"));
    assert_eq!(found, names.flat_map(files).collect());
}

/// The pictures of the documents: every page of four boards.
#[test]
fn pictures_in_colour() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("man/img");
    let mut made = BTreeSet::new();
    for board in ["nano", "xavier-nx", "agx-orin", "thor"] {
        let scene = simulated(board, Scenario::Training);
        for (number, page) in PAGES.iter().enumerate() {
            let frame = scene.draw(scene.sample(), number, COLOR, (80, 24));
            let svg = picture::svg(&frame, Palette::new(0, true, Depth::Sixteen));
            let name = format!("{board}-{}.svg", page.short.to_ascii_lowercase());
            assert!(svg.len() < 30_000, "{name}: {} bytes", svg.len());
            compare(&directory.join(&name), std::str::from_utf8(&svg).expect("UTF-8"));
            made.insert(name);
        }
    }
    let there = fs::read_dir(directory).expect("man/img").map(|entry| entry.expect("an entry").file_name());
    assert_eq!(there.map(|name| name.into_string().expect("UTF-8")).collect::<BTreeSet<_>>(), made);
}
