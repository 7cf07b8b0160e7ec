//! One frame on the standard output or in a file: `jscope --once`.

#![cfg(all(feature = "tui", feature = "emulator"))]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const SOURCE: &str = "synthetic:agx-orin:training:1";

fn jscope(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jscope"));
    command.args(arguments).env_clear().envs(variables.iter().copied()).stdin(Stdio::null());
    command.output().expect("a process")
}

fn text(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let output = jscope(&[&["--once", "--source", SOURCE], arguments].concat(), variables);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// A directory of the test's own.
fn directory(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("a directory");
    path
}

#[test]
fn one_frame_as_text() {
    let utf8 = ("LC_ALL", "C.UTF-8");
    for (arguments, variables, size, wanted) in [
        (&[][..], &[utf8][..], (80, 24), "SIMULATED agx-orin"),
        (&[], &[utf8, ("TERM", "dumb")], (80, 24), "\u{2588}"),
        (&["--ascii"], &[utf8], (80, 24), "[####"),
        (&[], &[], (80, 24), "[####"),
        (&["--page", "Power"], &[utf8, ("COLUMNS", "120"), ("LINES", "10")], (120, 10), "VDD_GPU_SOC"),
        (&["--page", "6"], &[utf8, ("COLUMNS", "20"), ("LINES", "5")], (20, 5), "SIMULATED"),
        (&["--color", "always"], &[utf8], (80, 24), "\x1b[0;1;7;33m SIMULATED agx-orin "),
        (&["--color", "always"], &[utf8, ("NO_COLOR", "1")], (80, 24), "\x1b[0;32m"),
        (&["--color", "always", "--theme", "mono"], &[utf8], (80, 24), "\x1b[0;1;7m SIMULATED"),
        (
            &["--color", "always", "--theme", "safe"],
            &[("TERM", "xterm-256color")],
            (80, 24),
            ";38;5;208m SIM",
        ),
    ] {
        let text = text(arguments, variables);
        assert!(text.contains(wanted), "{arguments:?} {variables:?}: {wanted:?} in\n{text}");
        assert_eq!(text.lines().count(), size.1, "{arguments:?} {variables:?}:\n{text}");
        if !arguments.contains(&"always") {
            let longest = text.lines().map(|line| line.chars().count()).max();
            assert!(!text.contains('\x1b') && longest <= Some(size.0), "{arguments:?}:\n{text}");
            assert!(!text.contains(" \n"), "{arguments:?}:\n{text}");
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_frame() {
    let [first, again] = [(); 2].map(|()| text(&["--svg", "-"], &[]));
    assert!(first == again && first.contains("01-01-2026 00:00:00"), "{first}");
    let colorless = text(&["--svg", "-", "--color", "never"], &[]);
    assert!(first.contains("#8cc265") && !colorless.contains("#8cc265"), "{colorless}");
    let page = |theme| text(&["--svg", "-", "--theme", theme], &[]);
    assert!(page("light").contains("height=\"100%\" fill=\"#ffffff\""), "{}", page("light"));
}

#[test]
fn a_picture_is_a_whole_file_or_none() {
    let directory = directory("once");
    let file = directory.join("frame.svg");
    fs::write(&file, "what was there before").expect("a file");
    assert_eq!(text(&["--svg", file.to_str().expect("UTF-8")], &[]), "");
    let picture = fs::read_to_string(&file).expect("a picture");
    assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"), "{picture}");
    assert_eq!(fs::read_dir(&directory).expect("a directory").count(), 1);
    let absent = directory.join("absent/frame.svg");
    let output = jscope(&["--once", "--source", SOURCE, "--svg", absent.to_str().expect("UTF-8")], &[]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(73), "{said}");
    assert_eq!(said, format!("jscope: {}: no such file or directory\n", absent.display()));
}

#[test]
fn what_cannot_be_drawn() {
    for (arguments, code, wanted) in [
        (&["--once", "--source", "file:/nonexistent"][..], 66, "/nonexistent: no such file or directory"),
        (&["--once", "--source", "file:/dev/null"], 65, "source file: "),
        (&["--once", "--source", "synthetic:orin-nano:idle:x"], 64, "the seed \"x\" is no number"),
        (&["--once", "--source", "synthetic:orin-nano:idle:-1"], 64, "the seed \"-1\" is no number"),
        (&["--once", "--source", "command:false"], 69, "source command: "),
    ] {
        let output = jscope(arguments, &[]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.starts_with("jscope: ") && said.contains(wanted), "{arguments:?}: {said}");
        assert_eq!((said.lines().count(), output.stdout.len()), (1, 0), "{arguments:?}: {said}");
    }
}

#[test]
fn a_page_of_a_directory() {
    let board = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/boards/orin-nx-r36");
    let arguments = ["--once", "--root", board.to_str().expect("UTF-8"), "--page", "Thermal/Fan"];
    let output = jscope(&arguments, &[("LC_ALL", "C.UTF-8")]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("source sysfs") && text.contains("tj"), "{output:?}");
}
