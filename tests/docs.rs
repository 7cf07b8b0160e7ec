//! Documents are true: help, manuals, Makefile and README say what the programs do.
#![cfg(all(feature = "daemon", feature = "tui", feature = "cli", feature = "emulator"))]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

use jetsonscope::applet::{APPLETS, Applet, SUBCOMMANDS, jetsonscope as own};
use jetsonscope::config::key::KEYS;
use jetsonscope::env;

fn file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_jetsonscope")).args(arguments).output().unwrap()
}

/// Its page in man/: section 8 for the server, else 1.
fn manual(applet: &Applet) -> Option<String> {
    // A server that does not serve yet has not the options of its page either.
    if applet.help.contains("This release has none") {
        return None;
    }
    let section = if applet.name == "jscoped" { 8 } else { 1 };
    Some(file(&format!("man/{}.{section}", applet.name)))
}

fn applets() -> impl Iterator<Item = &'static Applet> {
    APPLETS.iter().copied().chain([&own::APPLET])
}

/// What `--help` prints: of the program, and of each of its verbs.
fn helps(applet: &Applet) -> Vec<(Vec<&'static str>, &'static str)> {
    let verbs = applet.verbs.iter().map(|verb| (vec![applet.name, verb.name], verb.help));
    let own = applet.name == own::APPLET.name;
    let commands: &[&Applet] = if own { SUBCOMMANDS } else { &[] };
    let commands = commands.iter().map(|command| (vec![command.name], command.help));
    std::iter::once((vec![applet.name], applet.help)).chain(verbs).chain(commands).collect()
}

fn help(applet: &Applet) -> String {
    helps(applet).into_iter().map(|(_, help)| help).collect()
}

/// The long options of a help text.
fn options_of_help(help: &str) -> BTreeSet<String> {
    let words = help.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'));
    words
        .filter_map(|word| word.strip_prefix("--"))
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The long options that an mdoc page lists as items.
fn options_of_manual(page: &str) -> BTreeSet<String> {
    let items = page.lines().filter(|line| line.starts_with(".It Fl"));
    let words = items.flat_map(|line| line.split_whitespace());
    words.filter_map(|word| word.strip_prefix('-')).map(str::to_owned).collect()
}

#[test]
fn help_and_manual_have_the_same_options() {
    for applet in applets() {
        let Some(page) = manual(applet) else { continue };
        assert_eq!(options_of_help(&help(applet)), options_of_manual(&page), "{}", applet.name);
    }
}

#[test]
fn help_and_manual_have_the_same_defaults() {
    for (applet, option, default) in [
        ("jscope", "interval", "1000"),
        ("jscope", "color", "auto"),
        ("jscopectl", "interval", "1000"),
        ("jscopectl", "timeout", "5000"),
        ("jscopectl", "watch", "1"),
        ("jscopectl", "format", "json"),
        ("jscopectl", "sort", "cpu"),
        ("jscopectl", "limit", "20"),
        ("jscopectl", "window", "1h"),
        ("tegrastats-emulator", "interval", "1000"),
        ("tegrastats-emulator", "board", "orin-nano"),
        ("tegrastats-emulator", "scenario", "inference"),
    ] {
        let applet = applets().find(|a| a.name == applet).unwrap();
        let all = help(applet);
        let help = all.split(&format!("\n  --{option}")).nth(1).unwrap();
        let help = help.split("\n  -").next().unwrap();
        assert!(help.contains(&format!("({default})")), "--{option} in the help of {}", applet.name);
        let page = manual(applet).unwrap();
        let page = page.split(&format!(".It Fl -{option}")).nth(1).unwrap();
        let page: String = page.split("\n.It ").next().unwrap().replace('\n', " ");
        let said = [
            format!("default is {default}"),
            format!("default is .Cm {default}"),
            format!("by default {default}"),
        ];
        let first = option == "format" && page.contains("This is the default")
            || page.contains(".Cm auto , the default");
        assert!(
            first || said.iter().any(|said| page.contains(said)),
            "-{option} in the page of {}",
            applet.name
        );
    }
}

#[test]
fn programs_know_the_options_of_their_help() {
    for (applet, (words, help)) in
        applets().flat_map(|applet| helps(applet).into_iter().map(move |h| (applet, h)))
    {
        for option in options_of_help(help) {
            // Options that take nothing and then act are tried elsewhere.
            if ["start", "stop", "list", "watch", "json"].contains(&option.as_str()) {
                continue;
            }
            // A word that nobody knows ends the program before it does anything; the first may be a value.
            let words = if words == ["jetsonscope"] { &[][..] } else { &words };
            let option = format!("--{option}");
            let arguments = [words, &[option.as_str(), "--nobody-knows-this", "--nor-this"][..]].concat();
            let output = run(&arguments);
            let known =
                !String::from_utf8_lossy(&output.stderr).contains(&format!("invalid option '{option}'"));
            assert!(known, "{} --{option}", applet.name);
        }
    }
}

#[test]
fn help_fits_a_small_screen() {
    for (words, help) in applets().flat_map(helps) {
        let lines: Vec<&str> = help.lines().collect();
        assert!(lines.len() <= 24, "{words:?}: {} lines", lines.len());
        assert!(lines.iter().all(|line| line.len() <= 80 && line.is_ascii()), "{words:?}");
        assert!(help.starts_with("usage: "), "{words:?}");
    }
}

#[test]
fn the_makefile_installs_the_names_of_the_program() {
    let names: BTreeSet<String> =
        String::from_utf8(run(&["--list"]).stdout).unwrap().lines().map(str::to_owned).collect();
    let makefile = file("Makefile");
    let links = makefile.lines().find_map(|line| line.strip_prefix("LINKS = ")).unwrap();
    assert_eq!(links.split_whitespace().map(str::to_owned).collect::<BTreeSet<_>>(), names);
    let pages = makefile.lines().find_map(|line| line.strip_prefix("MAN = ")).unwrap();
    for page in pages.split_whitespace() {
        let (name, section) = page.rsplit_once('.').unwrap();
        let title = format!("\n.Dt {} {section}\n", name.to_uppercase());
        let text = file(&format!("man/{page}"));
        assert!(text.starts_with(".Dd ") && text.contains(&title), "{page}");
    }
    let made = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("man")).unwrap();
    let made = made.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let made: BTreeSet<String> = made.filter(|name| name != "img").collect();
    assert_eq!(pages.split_whitespace().map(str::to_owned).collect::<BTreeSet<_>>(), made);
}

#[test]
fn the_pictures_of_the_readme_are_there() {
    let readme = file("README.md");
    let pictures: Vec<&str> =
        readme.split("](man/img/").skip(1).filter_map(|rest| rest.split(')').next()).collect();
    assert!(!pictures.is_empty());
    for picture in pictures {
        assert!(file(&format!("man/img/{picture}")).starts_with("<svg "), "{picture}");
    }
}

/// jscope(1) has the themes and the keys of its file.
#[test]
fn the_manual_has_the_themes() {
    let page = file("man/jscope.1");
    let themes = page.split("\n.It Fl -theme").nth(1).unwrap().split("\n.El\n").next().unwrap();
    let named = named(themes, ".It Cm ");
    assert_eq!(named, jetsonscope::view::theme::THEMES.each_ref().map(|theme| theme.name));
}

/// The words behind a macro in an mdoc text, without the commas between them.
fn named<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let lines = text.lines().filter_map(|line| line.strip_prefix(name));
    lines.flat_map(|line| line.split_whitespace().filter(|word| word.len() > 1)).collect()
}

/// jetsonscope.conf(5) and the table that the server reads its files by have the same keys, with the
/// same ranges, defaults, variables and options.
#[test]
fn the_manual_of_the_configuration_has_its_keys() {
    let page = file("man/jetsonscope.conf.5");
    let keys = page.split("\n.Ss Keys\n").nth(1).unwrap().split("\n.El\n").next().unwrap();
    let items: Vec<&str> = keys.split(".It Cm ").skip(1).collect();
    let names: Vec<&str> = items.iter().map(|item| item.split(' ').next().unwrap()).collect();
    assert_eq!(names, KEYS.iter().map(|key| key.name).collect::<Vec<_>>());
    for (key, item) in KEYS.iter().zip(items) {
        let words = item.replace("\n.Cm ", " ").replace('\n', " ").to_lowercase();
        let range = if key.range == "yes or no" { "= cm yes | no" } else { key.range };
        assert!(words.contains(&range.to_lowercase()), "{}: {range}", key.name);
        let default = format!("the default is {} .", key.default);
        let default = if key.default.is_empty() { "not set by default" } else { &default };
        assert!(words.contains(default), "{}: {default}", key.name);
        assert_eq!(named(item, ".Ev "), key.variables, "{}", key.name);
        let option = format!("-{}", key.option);
        let options = if key.option.is_empty() { vec![] } else { vec![option.as_str()] };
        assert_eq!(named(item, ".Fl "), options, "{}", key.name);
        let known = |name: &&str| env::ALL.iter().any(|names| names.contains(name));
        assert!(key.variables.iter().all(known), "{}: src/env.rs has all variables", key.name);
    }
}

/// jscopectl(1) has the checks of the board in their order, and the numbers of each.
#[test]
fn the_manual_has_the_limits_of_the_checks() {
    use jetsonscope::health::{self, limit};
    let page = file("man/jscopectl.1");
    let items = page.split("\n.Ss health\n").nth(1).unwrap().split("\n.El\n").next().unwrap();
    let items: Vec<String> = items.split("\n.It Cm ").skip(1).map(|item| item.replace('\n', " ")).collect();
    let degrees = |mc: i32| format!("{} C", mc / 1000);
    let percent = |per_mille: u32| format!("{} %", per_mille / 10);
    let nothing = health::Input {
        snapshot: None,
        age: None,
        stale: false,
        simulated: false,
        source: "",
        trouble: None,
        statuses: &[],
        interval: std::time::Duration::ZERO,
        is_daemon: true,
    };
    let checks = health::checks(&nothing, &mut health::Before::default());
    assert_eq!(items.len(), checks.len());
    for (check, item) in checks.iter().zip(&items) {
        let wanted = match check.name {
            "temperature" => vec![
                format!("at {} or less below", degrees(limit::NEAR_MC)),
                format!("of {} and more", degrees(limit::LOWEST_TRIP_MC)),
                format!("of {} below that", degrees(limit::BEFORE_SHUTDOWN_MC)),
            ],
            "overcurrent" => vec![
                format!("Warns above {} events a second", limit::USUAL_EVENTS_PER_S),
                format!("fails for {} seconds after", limit::TOLD_MS / 1000),
            ],
            "memory" => vec![
                format!("Warns when less than {}", percent(limit::MEMORY_WARN_PM)),
                format!("fails below {}", percent(limit::MEMORY_FAIL_PM)),
            ],
            "swap" => vec![format!("Warns when more than {}", percent(limit::SWAP_WARN_PM))],
            "disk" => vec![
                format!("Warns when more than {}", percent(limit::DISK_WARN_PM)),
                format!("fails above {}", percent(limit::DISK_FAIL_PM)),
            ],
            "fan" => vec![format!("at more than {}", percent(limit::FAN_TURNS_PM))],
            _ => vec![],
        };
        assert!(item.starts_with(&format!("{} ", check.name)), "{}: {item}", check.name);
        for words in &wanted {
            assert!(item.contains(words.as_str()), "{}: \"{words}\" in {item}", check.name);
        }
        let numbers = item.split(|c: char| !c.is_ascii_digit()).filter(|word| !word.is_empty()).count();
        let macros = item.matches(".Xr df 1").count();
        assert_eq!(numbers - macros, wanted.len(), "{}: no other numbers in {item}", check.name);
    }
}

#[test]
fn the_readme_begins_with_the_two_commands() {
    let readme = file("README.md");
    let commands: Vec<&str> = readme.lines().filter(|line| line.starts_with("    cargo ")).collect();
    assert_eq!(
        commands.first().map(|line| line.trim().split("  ").next().unwrap()),
        Some("cargo run --release")
    );
    assert_eq!(commands.get(1).map(|line| line.trim().split("  ").next().unwrap()), Some("cargo test"));
    for word in readme.split_whitespace().filter(|word| word.starts_with("--") && word.len() > 2) {
        let option = word.trim_start_matches('-').trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let cargo =
            ["release", "version", "bin", "no-default-features", "features", "target"].contains(&option);
        assert!(cargo || applets().any(|applet| options_of_help(&help(applet)).contains(option)), "{word}");
    }
}

#[test]
fn every_dependency_has_its_reason() {
    let manifest = file("Cargo.toml");
    let section = manifest.split("[dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
    let hacking = file("HACKING.md");
    for name in section.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name) {
        assert!(hacking.contains(&format!("| {name} |")), "{name} in HACKING.md");
    }
}
