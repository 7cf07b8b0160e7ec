//! `jscopectl capture`: a captured board gives what the board gave, without what is private.
#![cfg(feature = "cli")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_jetsonscope")).arg("jscopectl").args(arguments).output().unwrap()
}

fn boards() -> Vec<PathBuf> {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/boards");
    fs::read_dir(place).unwrap().map(|entry| entry.unwrap().path()).collect()
}

struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("jetsonscope-capture-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Scratch(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// All files below a directory.
fn files(of: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(of).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn every_board_can_be_captured_and_checked() {
    for board in boards() {
        let name = board.file_name().unwrap().to_str().unwrap().to_owned();
        let copy = Scratch::new(&name);
        let output = run(&["capture", "--root", board.to_str().unwrap(), copy.path()]);
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        let checked = run(&["capture", "--check", copy.path()]);
        assert_eq!(checked.status.code(), Some(0), "{name}: {}", String::from_utf8_lossy(&checked.stdout));
        let read = |path: PathBuf| -> Value { serde_json::from_slice(&fs::read(path).unwrap()).unwrap() };
        let (mut was, mut is) = (read(board.join("expected.json")), read(copy.0.join("expected.json")));
        for data in [&mut was["data"], &mut is["data"]] {
            // Addresses that the kernel makes hold the MAC address.
            let interfaces = data["network"].as_object_mut().into_iter().flat_map(|of| of.values_mut());
            interfaces.for_each(|interface| drop(interface.as_object_mut().unwrap().remove("addresses")));
        }
        for member in was["data"].as_object().unwrap().keys() {
            assert_eq!(
                without_floats(&was["data"][member]),
                without_floats(&is["data"][member]),
                "{name}: {member}"
            );
        }
        for member in ["soc", "board_id", "l4t_version", "jetpack_version", "libraries", "model", "kernel"] {
            assert_eq!(was["meta"][member], is["meta"][member], "{name}: {member}");
        }
        let bytes: u64 = files(&copy.0).iter().map(|file| file.metadata().unwrap().len()).sum();
        assert!(bytes < 500_000, "{name}: {bytes} bytes");
        assert!(fs::read_to_string(copy.0.join("SOURCE")).unwrap().contains("Captured"), "{name}");
    }
}

/// 45 and 45.0 are one number.
fn without_floats(value: &Value) -> Value {
    match value {
        Value::Number(number) => format!("{:?}", number.as_f64()).into(),
        Value::Array(values) => values.iter().map(without_floats).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), without_floats(value))).collect()
        }
        other => other.clone(),
    }
}

#[test]
fn what_is_private_stays() {
    let board = Scratch::new("private");
    for (file, content) in [
        ("proc/device-tree/compatible", "nvidia,p3768-0000+p3767-0005\0nvidia,tegra234\0"),
        ("proc/device-tree/serial-number", "1421020123456\0"),
        ("proc/sys/kernel/hostname", "secret-robot\n"),
        ("etc/nv_boot_control.conf", "TNSPEC 3767-301-0005-M.1-1-1-secret-robot-\n# 48:b0:2d:aa:bb:cc\n"),
        ("proc/net/if_inet6", "fe800000000000004ab02dfffeaabbcc 02 40 20 80 eth0\n"),
        ("proc/net/dev", "Inter-|\n face |\n  eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"),
    ] {
        let path = board.0.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    for (options, address) in [(&[][..], true), (&["--anonymous"], false)] {
        let copy = Scratch::new(if address { "open" } else { "anonymous" });
        let arguments = [&["capture", "--root", board.path(), copy.path()], options].concat();
        assert!(run(&arguments).status.success());
        let all: Vec<u8> = files(&copy.0).iter().flat_map(|file| fs::read(file).unwrap()).collect();
        let all = String::from_utf8_lossy(&all);
        for word in ["1421020123456", "secret-robot", "48:b0:2d"] {
            assert!(!all.contains(word), "{word} {options:?}");
        }
        assert_eq!(all.contains("fe80000000000000000000fffe000000"), address, "{options:?}");
    }
}

#[test]
fn a_board_that_gives_something_else_is_told() {
    let copy = Scratch::new("changed");
    let board = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/boards/orin-nx-r36");
    assert!(run(&["capture", "--root", board.to_str().unwrap(), copy.path()]).status.success());
    fs::write(copy.0.join("proc/loadavg"), "9.00 9.00 9.00 1/2 3\n").unwrap();
    let output = run(&["capture", "--check", copy.path()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("data.load_average: was "), "{output:?}");
}

#[test]
fn refusals() {
    let full = Scratch::new("full");
    fs::create_dir_all(&full.0).unwrap();
    fs::write(full.0.join("precious"), "x").unwrap();
    for (arguments, code, why) in [
        (&["capture"][..], 64, "no directory given"),
        (&["capture", full.path()], 73, "directory not empty"),
        (&["capture", "/proc/nowhere"], 73, "/proc/nowhere"),
        (&["capture", "--check", "/nowhere"], 66, "/nowhere/expected.json"),
        (&["capture", "--check", full.path()], 66, "expected.json"),
        (&["capture", "--root", "/nowhere", "/tmp/x"], 66, "no such file"),
    ] {
        let output = run(arguments);
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {err}");
        assert!(err.contains(why) && err.lines().count() == 1, "{arguments:?}: {err}");
    }
    assert_eq!(fs::read(full.0.join("precious")).unwrap(), b"x");
}
