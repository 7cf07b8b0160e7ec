#![cfg(all(feature = "cli", feature = "emulator", feature = "tui"))]
//! The executable from outside: names, links, exit codes, what it prints and where, and how it
//! ends. Each test runs the real program; nothing here calls into it.

mod program;

use program::{OWN, Scratch, jetsonscope, program as command, run};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

fn names() -> Vec<&'static str> {
    let mut names = vec!["jscope", "jscopectl", "jetsonscopectl"];
    if cfg!(feature = "daemon") {
        names.extend(["jscoped", "jetsonscoped"]);
    }
    names.extend(["jetson_scope_release", "jetson_scope_env", "jetson_scope_snapshot", "jetson_scope_swap"]);
    names.push("jetson_scope_config");
    names.push("tegrastats-emulator");
    names
}

#[test]
fn ok_dispatch_is_by_the_exact_name() {
    let listed = jetsonscope(&["--list"]);
    listed.assert_ok(&"--list");
    assert_eq!(listed.out.lines().collect::<Vec<_>>(), names());
    let scratch = Scratch::new("names");
    for (link, applet) in [
        ("jscope", "jscope"),
        ("jscopectl", "jscopectl"),
        ("jetsonscopectl", "jscopectl"),
        ("tegrastats", "tegrastats-emulator"),
        ("tegrastats-emulator", "tegrastats-emulator"),
        ("xjscopectl", "jetsonscope"),
        ("jscopectl.old", "jetsonscope"),
        ("JSCOPECTL", "jetsonscope"),
        ("ategrastats", "jetsonscope"),
    ] {
        symlink(OWN, scratch.at(link)).unwrap();
        let ran = run(command(scratch.at(link), &["--version"]));
        ran.assert_ok(&link);
        assert_eq!(ran.out, format!("{applet} (jetsonscope) {}\n", env!("CARGO_PKG_VERSION")), "{link}");
    }
    run(command(scratch.at("xjscopectl"), &["stats"])).assert_failed(127, &"xjscopectl stats");
    let mut named = command(OWN, &["stats", "--source", "synthetic"]);
    named.arg0("/no/such/place/jscopectl");
    run(named).assert_ok(&"argv[0] need not be a path that is there");
}

#[test]
fn ok_help_and_version_everywhere() {
    let own = [vec![], vec!["jscopectl", "parse"], vec!["jscopectl", "stats", "--json"], vec!["tegrastats"]];
    for words in names().into_iter().map(|name| vec![name]).chain(own) {
        for option in ["--help", "--version"] {
            let ran = jetsonscope(&[&words[..], &[option]].concat());
            ran.assert_ok(&(&words, option));
            let wanted = if option == "--help" { "usage: " } else { "j" };
            let emulator = words.first().is_some_and(|word| word.starts_with("tegra"));
            assert!(ran.out.starts_with(wanted) || emulator, "{words:?} {option}: {}", ran.out);
            assert!(ran.out.lines().count() <= 24, "{words:?} {option}: fits no terminal");
        }
    }
}

#[test]
fn err_unknown_applets() {
    for name in ["nosuch", "", "stats", "jscopectlx", "/usr/bin/jscopectl", "jscope "] {
        let ran = jetsonscope(&[name, "--help"]);
        ran.assert_failed(127, &name);
        let listed = names().into_iter().all(|name| ran.err.contains(name));
        assert!(listed, "{name:?}: what there is: {}", ran.err);
    }
}

const USAGE: &[&[&str]] = &[
    &["--nosuch"],
    &["-x"],
    &["--list", "more"],
    &["--install"],
    &["--install", ""],
    &["--install", "-s"],
    &["--install", "/nonexistent", "/nonexistent"],
    &["jscopectl", "nosuch"],
    &["jscopectl", ""],
    &["jscopectl", "stats", "more"],
    &["jscopectl", "stats", "--nosuch"],
    &["jscopectl", "stats", "--source"],
    &["jscopectl", "--source", ""],
    &["jscopectl", "--source", "sysfs2"],
    &["jscopectl", "--source", "file:"],
    &["jscopectl", "--source", "command"],
    &["jscopectl", "--source", "command: "],
    &["jscopectl", "--source", "command:'a"],
    &["jscopectl", "--source", "synthetic:nosuch"],
    &["jscopectl", "--source", "synthetic:nano:nosuch"],
    &["jscopectl", "--source", "emulator:nosuch"],
    &["jscopectl", "--source", "Synthetic"],
    &["jscopectl", "--interval", "99"],
    &["jscopectl", "--interval", "3600001"],
    &["jscopectl", "--interval", "-1"],
    &["jscopectl", "--timeout", "0"],
    &["jscopectl", "--timeout", "99999999999999999999"],
    &["jscopectl", "--watch", "0"],
    &["jscopectl", "--watch=NaN"],
    &["jscopectl", "--watch=inf"],
    &["jscopectl", "--watch", "1s"],
    &["jscopectl", "--json=yes"],
    &["jscopectl", "parse", "--format", "xml"],
    &["jscopectl", "meta", "more"],
    &["jscopectl", "meta", "-v"],
    &["jscopectl", "meta", "--root", ""],
    &["jetson_scope_release", "more"],
    &["jetson_scope_release", "--root"],
    &["jetson_scope_release", "--nosuch"],
    &["jetson_scope_env", "more"],
    &["jetson_scope_env", "--config"],
    &["jetson_scope_env", "--root", ""],
    &["jetson_scope_env", "--token", "a"],
    &["jscope", "--color", "blue"],
    &["jscope", "more"],
    &["tegrastats", "--interval", "0"],
    &["tegrastats", "--interval", "1e3"],
    &["tegrastats", "--interval", "3600001"],
    &["tegrastats", "--count", "0"],
    &["tegrastats", "--count", "x"],
    &["tegrastats", "--count", "18446744073709551616"],
    &["tegrastats", "--seed", "-1"],
    &["tegrastats", "--seed", ""],
    &["tegrastats", "--board", "nosuch"],
    &["tegrastats", "--scenario", "nosuch"],
    &["tegrastats", "--release", "R33"],
    &["tegrastats", "--logfile"],
    &["tegrastats", "more"],
];

#[test]
fn err_usage() {
    for words in USAGE {
        let ran = jetsonscope(words);
        ran.assert_failed(64, words);
        assert!(ran.err.contains("try --help"), "{words:?}: {}", ran.err);
    }
}

/// What a caller gave is shown in an error, but neither its line ends nor its escape sequences.
#[test]
fn err_arguments_that_break_the_line() {
    for words in [
        &["no\nsuch"][..],
        &["jscopectl", "a\nb"],
        &["jscopectl", "--source", "x\x1b[2J\ny"],
        &["jscopectl", "--source", "synthetic:\r\n"],
        &["jscopectl", "parse", "/nonexistent/\x1b]0;title\x07"],
        &["tegrastats", "--count", "1\n"],
    ] {
        let ran = jetsonscope(words);
        let code = ran.code.unwrap_or_default();
        assert!([64, 66, 127].contains(&code), "{words:?}: {ran:?}");
        ran.assert_failed(code, &words);
    }
}

/// The executable in a directory of its own: a hard link cannot leave its file system. Another
/// process writes it, as a file that is open for writing here could not be run.
fn copied(scratch: &Scratch) -> String {
    let own = scratch.at("jetsonscope.bin");
    let status = Command::new("/bin/sh").args(["-c", "cat \"$0\" > \"$1\"", OWN, &own]).status().unwrap();
    assert!(status.success(), "a copy of the executable");
    fs::set_permissions(&own, fs::Permissions::from_mode(0o755)).unwrap();
    own
}

/// What a directory holds: names, inodes, and where links lead.
fn listing(directory: &str) -> Vec<(PathBuf, u64, Option<PathBuf>)> {
    let entry = |entry: fs::DirEntry| {
        let path = entry.path();
        (path.clone(), path.symlink_metadata().unwrap().ino(), path.read_link().ok())
    };
    let mut all: Vec<_> = fs::read_dir(directory).unwrap().map(|found| entry(found.unwrap())).collect();
    all.sort();
    all
}

#[test]
fn ok_install() {
    let scratch = Scratch::new("install");
    let (own, directory) = (copied(&scratch), scratch.at("empty"));
    let inode = fs::metadata(&own).unwrap().ino();
    for words in [&["--install", "-s"][..], &["--install"], &["--install", "--symbolic"]] {
        fs::remove_dir_all(&directory).unwrap();
        fs::create_dir(&directory).unwrap();
        run(command(&own, &[words, &[&directory]].concat())).assert_ok(&words);
        let first = listing(&directory);
        for name in names().into_iter().chain(["jetsonscope"]) {
            let (_, _, link) = first.iter().find(|(path, ..)| path.ends_with(name)).expect(name);
            assert_eq!(link.is_some(), words.len() > 1, "{words:?}: the kind of {name}");
            let relative = link.as_deref().is_none_or(|link| link == Path::new("../jetsonscope.bin"));
            assert!(relative, "{words:?}: {name} leads to {link:?}");
            assert_eq!(fs::metadata(Path::new(&directory).join(name)).unwrap().ino(), inode, "{name}");
        }
        assert_eq!(first.len(), names().len() + 1, "{words:?}: nothing else, and no \"tegrastats\"");
        for again in [&["--install"][..], &["--install", "-s"]] {
            run(command(&own, &[again, &[&directory]].concat())).assert_ok(&(words, again));
            assert_eq!(listing(&directory), first, "{words:?} {again:?}: once more changes nothing");
        }
        fs::remove_file(Path::new(&directory).join("jscope")).unwrap();
        run(command(&own, &[words, &[&directory]].concat())).assert_ok(&words);
        assert_eq!(listing(&directory).len(), first.len(), "{words:?}: what is missing comes back");
    }
}

#[test]
fn err_install_over_what_is_not_ours() {
    let scratch = Scratch::new("taken");
    let (own, directory) = (copied(&scratch), scratch.at("empty"));
    type Maker<'a> = (&'a str, &'a dyn Fn(&Path) -> std::io::Result<()>);
    let makers: [Maker; 5] = [
        ("a file", &|path| fs::write(path, "mine")),
        ("a link to another file", &|path| symlink("/bin/sh", path)),
        ("a link to nothing", &|path| symlink("../jetsonscope", path)),
        ("a link to itself", &|path| symlink(path.file_name().unwrap(), path)),
        ("a directory", &|path| fs::create_dir(path)),
    ];
    for (what, make) in makers {
        for options in [&["--install"][..], &["--install", "-s"]] {
            // The last name: all others would have been made before it.
            for name in ["tegrastats-emulator", "jetsonscope"] {
                fs::remove_dir_all(&directory).unwrap();
                fs::create_dir(&directory).unwrap();
                make(&Path::new(&directory).join(name)).unwrap();
                let before = listing(&directory);
                let ran = run(command(&own, &[options, &[&directory]].concat()));
                ran.assert_failed(73, &(what, options, name));
                assert!(ran.err.contains(name), "{what} {options:?}: {}", ran.err);
                assert_eq!(listing(&directory), before, "{what} {options:?} {name}: nothing changed");
            }
        }
    }
    for (missing, code) in [("missing", 73), ("log", 73), ("log/below", 73)] {
        run(command(&own, &["--install", "-s", &scratch.at(missing)])).assert_failed(code, &missing);
    }
}

/// `--install=DIR` is the same option; a directory that is given twice is never one of them.
#[test]
fn err_install_directory_twice() {
    let scratch = Scratch::new("twice");
    let (own, directory) = (copied(&scratch), scratch.at("empty"));
    let with = format!("--install={}", scratch.at("missing"));
    run(command(&own, &[&with, "-s", &directory])).assert_failed(64, &with);
    assert_eq!(listing(&directory), vec![]);
}
