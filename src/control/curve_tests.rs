use super::*;
use std::fs;

#[test]
fn ok_a_curve() {
    let text = "# mine\npoints = 40:25 60:50%\t75:100\r\nhysteresis=5\nminimum = 10\n\
                kick_start = 80 for 500ms # short\nslew = 7\nzones = cpu GPU\n";
    let curve = parse(text.as_bytes()).unwrap();
    assert_eq!(curve.points, [(40_000, 250), (60_000, 500), (75_000, 1000)]);
    let numbers = (curve.hysteresis_mc, curve.minimum_pm, curve.kick_pm, curve.kick.as_millis());
    assert_eq!((numbers, curve.slew_pm), ((5000, 100, 800, 500), 70));
    assert_eq!([curve.counts("CPU"), curve.counts("gpu"), curve.counts("tj")], [true, true, false]);
    let usual = parse(b"points = 0:0 60:1").unwrap();
    assert_eq!(usual, Curve { points: usual.points.clone(), ..Curve::usual() });
    assert!(usual.counts("tj"));
}

#[test]
fn ok_duties_between_points() {
    let curve = parse(b"points = 40:20 60:50 75:100").unwrap();
    for (mc, wanted) in [
        (i32::MIN, 200),
        (0, 200),
        (40_000, 200),
        (50_000, 350),
        (59_999, 499),
        (60_000, 500),
        (61_500, 550),
        (75_000, 1000),
        (i32::MAX, 1000),
    ] {
        assert_eq!(curve.duty(mc), wanted, "{mc}");
    }
    assert_eq!([Curve::flat(130).duty(-5), Curve::flat(130).duty(99_000)], [130, 130]);
}

#[test]
fn err_curves() {
    for (text, line, wanted) in [
        (&b""[..], 1, "no points"),
        (b"# only\n\n", 3, "no points"),
        (b"points\n", 1, "no \"=\""),
        (b"\nhum = 1\n", 2, "no such key \"hum\""),
        (b"points = 0:10 50:20\npoints = 0:10 50:20\n", 2, "points: stands twice"),
        (b"points =", 1, "points: bad value \"\""),
        (b"points = 40:25", 1, "2 to 16"),
        (b"points = 40:25 40:50", 1, "rising"),
        (b"points = 40:50 60:25", 1, "rising"),
        (b"points = 60:25 40:50", 1, "rising"),
        (b"points = 40:25 60:101", 1, "bad value \"40:25 60:101\""),
        (b"points = 40:25 121:100", 1, "bad value"),
        (b"points = -5:25 60:100", 1, "bad value"),
        (b"points = +5:25 60:100", 1, "bad value"),
        (b"points = 40.5:25 60:100", 1, "bad value"),
        (b"points = 40 60", 1, "bad value"),
        (b"points = 40: :50", 1, "bad value"),
        (b"points = 40:25,60:50", 1, "bad value"),
        (b"points = 40:0 60:0", 1, "never 0 %"),
        (b"points = 40:0 70:0 80:100", 1, "never 0 % from 70 C on"),
        (b"points = 40:0 99999999999:100", 1, "bad value"),
        (
            b"points = 1:1 2:2 3:3 4:4 5:5 6:6 7:7 8:8 9:9 10:10 11:11 12:12 13:13 14:14 15:15 16:16 17:17",
            1,
            "2 to 16",
        ),
        (b"points = 0:10 50:20\nhysteresis = 21", 2, "hysteresis: bad value \"21\" (0 to 20 C)"),
        (b"points = 0:10 50:20\nhysteresis = x", 2, "hysteresis: bad value"),
        (b"points = 0:10 50:20\nminimum = -1", 2, "minimum: bad value"),
        (b"points = 0:10 50:20\nslew = 0", 2, "slew: bad value"),
        (b"points = 0:10 50:20\nslew = 101", 2, "slew: bad value"),
        (b"points = 0:10 50:20\nkick_start = 100", 2, "kick_start: bad value"),
        (b"points = 0:10 50:20\nkick_start = 100 for 1", 2, "kick_start: bad value"),
        (b"points = 0:10 50:20\nkick_start = 100 for 99ms", 2, "kick_start: bad value"),
        (b"points = 0:10 50:20\nkick_start = 100 for 11s", 2, "kick_start: bad value"),
        (b"points = 0:10 50:20\nkick_start = 100 for 99999999s", 2, "kick_start: bad value"),
        (b"points = 0:10 50:20\nkick_start = 101 for 1s", 2, "kick_start: bad value"),
        (b"points = 0:10 50:20\nzones =", 2, "zones: bad value"),
        (b"points = 0:10 50:20\n\xff = 1", 2, "not UTF-8"),
        (b"\0\0\0", 1, "control character"),
    ] {
        let shown = String::from_utf8_lossy(text);
        let (found, why) = parse(text).expect_err(&shown);
        assert!(found == line && why.contains(wanted), "{shown:?}: {found}: {why}");
    }
}

#[test]
fn ok_and_err_files() {
    let path = std::env::temp_dir().join(format!("jetsonscope-curves-{}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    for (place, name, text) in [
        (0, "own.conf", "points = 0:10 50:20\n"),
        (0, "both.conf", "points = 0:30 50:40\n"),
        (0, "wrong.conf", "points = 0:10 50:20\n\nslew = fast\n"),
        (0, "no way.conf", ""),
        (0, ".hidden.conf", ""),
        (0, "own.conf~", ""),
        (1, "both.conf", "points = 0:10 50:20\n"),
        (1, "shipped.conf", "points = 0:10 50:20\n"),
    ] {
        let directory = path.join(PLACES[place]);
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join(name), text).unwrap();
    }
    let large = vec![b'\n'; LARGEST as usize + 1];
    fs::write(path.join(PLACES[1]).join("large.conf"), large).unwrap();
    let root = Root::at(&path);
    let own = ["both", "large", "own", "shipped", "wrong"];
    let mut all: Vec<&str> = own.into_iter().chain(SHIPPED.map(|(name, _)| name)).collect();
    all.sort_unstable();
    assert_eq!(names(&root), all);
    assert_eq!(load(&root, "both").map(|curve| curve.duty(0)), Ok(300));
    assert!(load(&root, "shipped").is_ok());
    for (name, wanted) in [
        ("wrong", "/etc/jetsonscope/curves/wrong.conf:3: slew: bad value \"fast\" (1 to 100 % a second)"),
        ("large", "/usr/share/jetsonscope/curves/large.conf: larger than 16 KiB"),
        ("absent", "curve \"absent\": no such curve (/etc/jetsonscope/curves)"),
        ("../curves/own", "curve \"../curves/own\": no such curve (/etc/jetsonscope/curves)"),
        ("", "curve \"\": no such curve (/etc/jetsonscope/curves)"),
    ] {
        assert_eq!(load(&root, name), Err(wanted.to_owned()), "{name}");
    }
    fs::remove_dir_all(path).unwrap();
}

#[test]
fn ok_the_curves_that_come_along() {
    let place = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/curves");
    let mut count = 0;
    for entry in fs::read_dir(place).unwrap() {
        let path = entry.unwrap().path();
        let curve = parse(&fs::read(&path).unwrap()).unwrap_or_else(|why| panic!("{path:?}: {why:?}"));
        assert!(curve.duty(80_000) >= 900, "{path:?}");
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert_eq!(load(&Root::at("/nonexistent"), name), Ok(curve), "{path:?}");
        count += 1;
    }
    assert_eq!(count, 3);
}
