//! What board a root holds: roots made of a few files, and of captures.
#![cfg(feature = "cli")]

#[path = "detect/captured.rs"]
mod captured;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use jetsonscope::board::{Board, clocks, fan, nvpmodel};
use jetsonscope::recycled::Recycled;
use jetsonscope::root::Root;
use serde_json::Value;

/// A root of one test.
struct Tree(PathBuf);

impl Tree {
    fn new(test: &str, files: &[(&str, &[u8])]) -> Tree {
        let path = std::env::temp_dir().join(format!("jetsonscope-detect-{test}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        let tree = Tree(path);
        fs::create_dir_all(&tree.0).unwrap();
        files.iter().for_each(|(name, content)| tree.write(name, content));
        tree
    }

    fn write(&self, name: &str, content: &[u8]) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn board(&self) -> Board {
        Board::read(&Root::at(&self.0), true)
    }

    fn run(&self, words: &[&str]) -> (Option<i32>, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_jetsonscope"));
        command.args(words).arg("--root").arg(&self.0).stdin(Stdio::null());
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Files of a root, and what is wanted of it.
type Row<'a> = (&'a [(&'a str, &'a [u8])], &'a str);

const COMPATIBLE: &str = "proc/device-tree/compatible";
const MODEL: &str = "proc/device-tree/model";
const RELEASE: &str = "etc/nv_tegra_release";
const BOOT: &str = "etc/nv_boot_control.conf";
const EEPROM: &str = "sys/bus/i2c/devices/7-0050/eeprom";

/// The values of a board that a row names, `-` for what is unknown.
fn told(board: &Board) -> String {
    let or = |text: Option<&str>| text.unwrap_or("-").to_owned();
    let id = board.board_id.as_ref();
    [
        or(id.map(|id| id.text.as_str())),
        or(id.map(|id| id.source)),
        or(board.soc.as_deref()),
        or(board.carrier.as_deref()),
        or(board.module.as_deref()),
    ]
    .join(" | ")
}

#[test]
fn ok_boards_of_a_few_files() {
    let part = b"\x01\x00\x0d\x00xxxxxxxxxxxxxxxx699-13636-0001-300 H.0";
    let rows: &[Row] = &[
        (&[], "- | - | - | - | -"),
        (&[(RELEASE, b"# R36 (release), REVISION: 4.3")], "- | - | - | - | -"),
        (&[(RELEASE, b"# R32 (release), REVISION: 7.1, BOARD: t210ref")], "- | - | tegra210 | - | -"),
        (
            &[(COMPATIBLE, b"nvidia,p3768-0000+p3767-0005-super\0nvidia,p3767-0005\0nvidia,tegra234\0")],
            "p3767-0005 | compatible | tegra234 | p3768-0000 | Jetson Orin Nano 8GB (developer kit)",
        ),
        (
            &[(COMPATIBLE, b"nvidia,p3740-0002+p3701-0008\0nvidia,tegra234\0")],
            "p3701-0008 | compatible | tegra234 | p3740-0002 | Jetson AGX Orin Industrial 64GB",
        ),
        // A module and a SoC of tomorrow.
        (
            &[(COMPATIBLE, b"nvidia,p5000-0000+p4900-0001\0nvidia,p4900-0001\0nvidia,tegra999\0")],
            "p4900-0001 | compatible | tegra999 | p5000-0000 | -",
        ),
        // A new SKU: the family is known.
        (
            &[(COMPATIBLE, b"nvidia,p3737-0000+p3701-0042\0")],
            "p3701-0042 | compatible | tegra234 | p3737-0000 | Jetson AGX Orin",
        ),
        (&[(COMPATIBLE, b"nvidia,tegra23x\0")], "- | - | tegra234 | - | -"),
        (&[(COMPATIBLE, b"\xff\xfe\0nvidia,tegra186")], "- | - | tegra186 | - | -"),
        (&[("sys/firmware/devicetree/base/model", b"quill\0")], "- | - | tegra186 | - | Jetson TX2"),
        (&[(COMPATIBLE, b"xiaomi,thor\0"), (MODEL, b"Xiaomi thor\0")], "- | - | - | - | -"),
        // Of two kinds of Orin Nano 8GB, the boot control file knows which; else the model string.
        (
            &[
                (COMPATIBLE, b"nvidia,p3767-0003\0nvidia,p3767-0005\0nvidia,tegra234\0"),
                (MODEL, b"NVIDIA Orin Nano Developer Kit\0"),
                (BOOT, b"TNSPEC 3767-300-0003-L.2-1-1-jetson-orin-nano-devkit-\n"),
            ],
            "p3767-0003 | compatible | tegra234 | - | Jetson Orin Nano 8GB",
        ),
        (
            &[
                (COMPATIBLE, b"nvidia,p3767-0003\0nvidia,p3767-0005\0nvidia,tegra234\0"),
                (MODEL, b"NVIDIA Orin Nano Developer Kit\0"),
                (BOOT, b"TNSPEC 3701-300-0005-L.2-1-1-other-\n"),
            ],
            "p3767-0005 | compatible | tegra234 | - | Jetson Orin Nano 8GB (developer kit)",
        ),
        (
            &[(COMPATIBLE, b"nvidia,p3767-0003\0nvidia,p3767-0005\0nvidia,tegra234\0")],
            "p3767-0003 | compatible | tegra234 | - | Jetson Orin Nano 8GB",
        ),
        (
            &[("proc/device-tree/nvidia,boardids", b"2595:0000:A0\0"), (RELEASE, b"# R32")],
            "p2595-0000 | boardids | tegra210 | - | Nintendo Switch",
        ),
        // A container: half of a board.
        (
            &[("sys/devices/soc0/family", b"Tegra\n"), ("sys/devices/soc0/soc_id", b"35\n")],
            "- | - | tegra234 | - | -",
        ),
        (
            &[("sys/devices/soc0/family", b"i.MX\n"), ("sys/devices/soc0/soc_id", b"35\n")],
            "- | - | - | - | -",
        ),
        (&[("sys/module/tegra_fuse/parameters/tegra_chip_id", b"33\n")], "- | - | tegra210 | - | -"),
        // The EEPROM is asked last, and on a Jetson alone.
        (
            &[(COMPATIBLE, b"nvidia,tegra186"), (EEPROM, part)],
            "p3636-0001 | eeprom | tegra186 | - | Jetson TX2 NX",
        ),
        (
            &[(COMPATIBLE, b"nvidia,tegra186"), (BOOT, b"TNSPEC 3310-B01-1000-A"), (EEPROM, part)],
            "p3310-1000 | boot control | tegra186 | - | Jetson TX2",
        ),
        (&[(EEPROM, part)], "- | - | - | - | -"),
        (&[(COMPATIBLE, b"nvidia,tegra186"), (EEPROM, b"699-")], "- | - | tegra186 | - | -"),
    ];
    for (files, wanted) in rows {
        let board = Tree::new("few", files).board();
        let names: Vec<_> = files.iter().map(|(name, content)| (name, content.escape_ascii())).collect();
        assert_eq!(told(&board), *wanted, "{names:?}");
        let jetson = board.soc.is_some() || files.iter().any(|(name, _)| *name == RELEASE);
        assert_eq!(board.is_jetson, jetson, "{names:?}");
    }
}

fn package(name: &str, version: &str) -> String {
    format!("Package: {name}\nStatus: install ok installed\nPriority: standard\nVersion: {version}\n\n")
}

#[test]
fn ok_releases() {
    const CORE: &str = "var/lib/dpkg/info/nvidia-l4t-core.list";
    const JETPACK: &str = "var/lib/dpkg/info/nvidia-jetpack.list";
    const STATUS: &str = "var/lib/dpkg/status";
    let status = [package("nvidia-jetpack", "6.2.1+b38"), package("nvidia-l4t-core", "36.4.4-2025")].concat();
    let status = status.as_bytes();
    let release = "# R36 (release), REVISION: 2.0, GCID: 1".as_bytes();
    let rows: &[Row] = &[
        (&[], "- - - -"),
        (&[(RELEASE, release)], "36.2.0 release file 6.0 DP table"),
        (&[(RELEASE, b"# R36 (release), REVISION: 99.0")], "36.99.0 release file - -"),
        (&[(RELEASE, release), (JETPACK, b""), (STATUS, status)], "36.2.0 release file 6.2.1 package"),
        (&[(RELEASE, b"?"), (CORE, b""), (STATUS, status)], "36.4.4 package 6.2.1 package"),
        (&[(CORE, b""), (JETPACK, b""), (STATUS, status)], "36.4.4 package 6.2.1 package"),
        (&[(CORE, b""), (JETPACK, b"")], "- - - -"),
        (&[(BOOT, b"L4T_RELEASE 36.4.3\n")], "36.4.3 boot control 6.2 table"),
    ];
    for (files, wanted) in rows {
        let board = Tree::new("release", files).board();
        let both = [&board.l4t, &board.jetpack].map(|told| match told {
            Some(told) => format!("{} {}", told.text, told.source),
            None => "- -".to_owned(),
        });
        assert_eq!(both.join(" "), *wanted, "{:?}", files.iter().map(|(name, _)| name).collect::<Vec<_>>());
    }
}

#[test]
fn ok_libraries() {
    let status = [
        package("cuda-cudart-12-6", "12.6.68-1"),
        package("libcudnn9-cuda-12", "9.3.0.75-1"),
        package("libnvinfer10", "10.3.0.30-1+cuda12.5"),
        package("libnvvpi3", "3.2.4"),
        package("libopencv-core4.5d", "4.5.4+dfsg-9ubuntu4"),
        package("libvulkan1", "1.3.204.1-2"),
    ];
    let tree = Tree::new("libraries", &[("var/lib/dpkg/status", status.concat().as_bytes())]);
    let wanted = ["12.6.68", "9.3.0.75", "10.3.0.30", "3.2.4", "4.5.4", "1.3.204.1"];
    assert_eq!(tree.board().libraries, wanted.map(|version| Some(version.to_owned())));
    tree.write("usr/local/cuda/version.json", br#"{"cuda": {"name": "CUDA SDK", "version": "12.6.11"}}"#);
    tree.write(
        "usr/include/cudnn_version.h",
        b"#define CUDNN_MAJOR 9\n#define CUDNN_MINOR 4\n#define CUDNN_PATCHLEVEL 0\n",
    );
    let libraries = tree.board().libraries;
    assert_eq!([&libraries[0], &libraries[1]].map(|v| v.as_deref()), [Some("12.6.11"), Some("9.4.0")]);
    assert_eq!(Board::read(&Root::at(&tree.0), false).libraries, [const { None }; 6], "only when asked for");
}

#[test]
fn ok_tables_of_the_user() {
    let tree = Tree::new(
        "tables",
        &[
            (COMPATIBLE, b"nvidia,p3768-0000+p4900-0001\0nvidia,tegra999\0"),
            (RELEASE, b"# R40 (release), REVISION: 1.0"),
            ("etc/jetsonscope/modules.tsv", b"p4900-0001\tmodule\tMine\nbroken line\n"),
            (
                "usr/share/jetsonscope/modules.tsv",
                b"p4900-0001\tmodule\tTheirs\np3768-0000\tcarrier\tBetter name\n",
            ),
            ("usr/share/jetsonscope/l4t-jetpack.tsv", b"# ours\n40.1.0\t8.0\t\tDP\n40\t8\n"),
            ("etc/jetsonscope/cuda-arch.tsv", b"soc\taliases\tgpu\tcuda_arch\ntegra999\t\tgx\t12.1\n"),
        ],
    );
    let board = tree.board();
    assert_eq!((board.module.as_deref(), board.carrier_name.as_deref()), (Some("Mine"), Some("Better name")));
    assert_eq!(board.cuda_arch.as_deref(), Some("12.1"));
    assert_eq!(board.jetpack.map(|told| told.text).as_deref(), Some("8.0 DP"));
    assert_eq!(
        board.warnings,
        [
            "etc/jetsonscope/modules.tsv:2: no board number \"broken line\"",
            "usr/share/jetsonscope/l4t-jetpack.tsv:3: release is not three numbers \"40\t8\"",
        ]
    );
    let (code, out, err) = tree.run(&["jetson_scope_release"]);
    assert_eq!((code, err.lines().count()), (Some(0), 2), "{err}");
    assert_eq!(
        out,
        "unknown model: Mine (p4900-0001), tegra999\nL4T 40.1.0, JetPack 8.0 DP, CUDA arch 12.1\n"
    );
}

#[test]
fn ok_the_programs() {
    let none = Tree::new("pc", &[("etc/os-release", b"ID=debian\n")]);
    let tree = Tree::new(
        "faces",
        &[
            (COMPATIBLE, b"nvidia,p3737-0000+p3701-0000-as-p3767-0004\0nvidia,tegra234\0"),
            (RELEASE, b"# R36 (release), REVISION: 98.7, GCID: 1, BOARD: generic, EABI: aarch64"),
            ("etc/nvpmodel.conf", b"< POWER_MODEL ID=0 NAME=15W >\n< POWER_MODEL ID=1 NAME=7W >\n"),
            ("proc/device-tree/serial-number", b"1420021\0"),
        ],
    );
    for words in [&["jetson_scope_release"][..], &["jetson_scope_release", "-v"], &["jscopectl", "meta"]] {
        let (code, out, err) = none.run(words);
        assert_eq!((code, err.as_str()), (Some(0), ""), "{words:?}");
        assert!(out.starts_with("this is no Jetson ("), "{words:?}: {out}");
        let (code, out, err) = tree.run(words);
        assert_eq!((code, err.as_str()), (Some(0), ""), "{words:?}");
        assert!(out.contains("unknown JetPack (L4T 36.98.7)"), "{words:?}: {out}");
        assert!(out.contains("p3767-0004") && out.contains("p3701-0000"), "{words:?}: {out}");
        assert_eq!(out.lines().count() == 2, words.len() == 1, "{words:?}: {out}");
    }
    for words in [&["jetson_scope_release", "--json"], &["jscopectl", "meta", "--json"][..]] {
        let (_, out, _) = tree.run(words);
        let reply: Value = serde_json::from_str(&out).unwrap();
        let meta = &reply["Meta"];
        assert_eq!(meta["nvpmodel_modes"], serde_json::json!(["15W", "7W"]), "{words:?}");
        assert_eq!((&meta["emulates"], &meta["jetpack_version"]), (&"p3767-0004".into(), &"Unknown".into()));
        assert_eq!(meta["is_jetson"], true, "{words:?}");
        let serial = if nix::unistd::geteuid().is_root() { "1420021" } else { "" };
        assert_eq!(meta["serial_number"], serial, "{words:?}");
        let (_, out, _) = none.run(words);
        let reply: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(reply["Meta"]["is_jetson"], false, "{words:?}");
    }
    let missing = tree.0.join("missing");
    let missing = missing.to_str().unwrap();
    for words in [&["jetson_scope_release", "--root", missing][..], &["jscopectl", "meta", "--root", missing]]
    {
        let output = Command::new(env!("CARGO_BIN_EXE_jetsonscope")).args(words).output().unwrap();
        assert_eq!(output.status.code(), Some(66), "{words:?}");
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_jetsonscope"));
    let output = command.arg("jetson_scope_release").env("JETSONSCOPE_ROOT", &tree.0).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("36.98.7"), "the variable names the root");
}

/// Damaged files give fewer values, or wrong ones, and nothing else happens.
#[test]
fn err_damaged_files() {
    let files = [
        (COMPATIBLE, "nvidia,p3737-0000+p3701-0000-as-p3767-0004\0nvidia,p3701-0000\0nvidia,tegra234\0"),
        (MODEL, "NVIDIA Jetson AGX Orin Super\0"),
        (RELEASE, "# R36 (release), REVISION: 4.3, GCID: 1, BOARD: generic, EABI: aarch64\n"),
        (BOOT, "TNSPEC 3701-500-0005-M.0-1-1-jetson-agx-\nTEGRA_CHIPID 0x23\n"),
        (EEPROM, "xxxxxxxxxxxxxxxxxxxx699-13701-0000-300 L.3"),
        ("etc/jetsonscope/modules.tsv", "p3701-0000\tmodule\tName\tOrin\ttegra234\n"),
        ("var/lib/dpkg/status", "Package: libnvinfer8\nStatus: a b installed\nVersion: 1:8.5-1\n\n"),
        ("usr/local/cuda/version.json", "{\"cuda\" : {\"version\" : \"12.6\"}}"),
        ("etc/nvpmodel.conf", "< PARAM TYPE=FILE NAME=A >\nB_KNEXT /c\n< POWER_MODEL ID=1 NAME=X >\nA B 1\n"),
        ("fan", "<FAN 1>\nTMARGIN ENABLED\nFAN_PROFILE a {\n1 2 3 4\n}\n</FAN 1>\nFAN1:FAN_PROFILE:cool\n"),
        ("clocks", "cpu0: Online=1 MinFreq=1 MaxFreq=2\nEMC MinFreq=1 FreqOverride=0\nFan: speed=2\n"),
    ];
    let tree = Tree::new("damaged", &[]);
    let mut state = 1u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize % below
    };
    for round in 0..1500 {
        for (name, text) in files {
            let mut bytes = text.as_bytes().to_vec();
            for _ in 0..random(6) {
                let at = random(bytes.len());
                match random(3) {
                    0 => bytes[at] = random(256) as u8,
                    1 => drop(bytes.drain(at..(at + random(8)).min(bytes.len()))),
                    _ => bytes.insert(at, b"\n<>{}=:-+.\t #9\0"[random(15)]),
                }
                bytes.push(b'\n');
            }
            let text = String::from_utf8_lossy(&bytes);
            let _ =
                (nvpmodel::Table::parse(&text), nvpmodel::parse_query(&text), nvpmodel::parse_status(&text));
            let (_, _, shown) = (fan::parse(&text), fan::parse_status(&text), clocks::parse(&text));
            let _ = clocks::state(shown.held(), &mut Recycled::default());
            if round % 10 == 0 {
                tree.write(name, &bytes);
            }
        }
        if round % 10 == 0 {
            let board = tree.board();
            let shown = jetsonscope::wire::meta::meta(&board, &Default::default(), true);
            assert_eq!(
                jetsonscope::view::meta::short(&shown).lines().count(),
                2 - usize::from(!board.is_jetson)
            );
        }
    }
}

/// An image's worth of packages costs nothing unless JetPack may be among them, and then little.
#[test]
fn ok_a_large_status_file_is_quick() {
    let tree = Tree::new(
        "quick",
        &[
            (COMPATIBLE, b"nvidia,p3737-0000+p3701-0005\0nvidia,tegra234\0"),
            (RELEASE, b"# R36 (release), REVISION: 4.3"),
            ("var/lib/dpkg/info/nvidia-jetpack.list", b"/.\n"),
        ],
    );
    let entry = "Package: lib-some-package-0\nStatus: install ok installed\nSection: libs\nDepends: a, b, c\n\
        Description: a text of the usual length, which fills a line of a terminal\n more of it\n more of it\n\n";
    let mut status = entry.repeat(5_000_000 / entry.len());
    status.push_str(&package("nvidia-jetpack", "6.2+b77"));
    tree.write("var/lib/dpkg/status", status.as_bytes());
    let mut best = Duration::MAX;
    for _ in 0..10 {
        let start = Instant::now();
        let (_, out, _) = tree.run(&["jetson_scope_release"]);
        best = best.min(start.elapsed());
        assert!(out.contains("JetPack 6.2,"), "{out}");
    }
    println!("jetson_scope_release with a status file of 5 MB: {best:?}");
    assert!(cfg!(debug_assertions) || best < Duration::from_millis(10), "{best:?}");
}
