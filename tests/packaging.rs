//! What starts and serves the daemon: units, scripts and files of packaging/, as `make install`
//! puts them into place. A stand-in takes the place of the executable; of the service manager only
//! systemd's own checks of files are asked.
#![cfg(target_os = "linux")]

#[allow(dead_code, reason = "other tests use the rest")]
mod child;
#[path = "packaging/script.rs"]
mod script;
#[path = "packaging/unit.rs"]
mod unit;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// In the place of the executable. As a daemon it notes how it was called and its signals beside
/// itself, and removes its pid file at the end, as jscoped does.
const STAND_IN: &str = r#"#!/bin/sh
echo "$*" >>"$0.calls"
case "$*" in *--wrong*) exit 78 ;; esac
[ "$1" = --daemonize ] || exit 0
(
  trap 'rm -f "$3"; exit 0' TERM
  trap 'echo HUP >>"$0.calls"' HUP
  : >"$3.ready"
  while :; do sleep 0.05; done
) </dev/null >/dev/null 2>&1 &
until [ -e "$3.ready" ]; do sleep 0.02; done
rm "$3.ready"
echo $! >"$3"
"#;

/// A directory of one test, with all that is installed in it and a stand-in for the executable.
struct Place(PathBuf);

impl Place {
    fn new(test: &str) -> Place {
        let path = std::env::temp_dir().join(format!("jetsonscope-packaging-{test}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("run")).unwrap();
        let place = Place(path);
        place.write("stand-in", STAND_IN);
        fs::set_permissions(place.at("stand-in"), fs::Permissions::from_mode(0o755)).unwrap();
        place
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn text(&self, name: &str) -> String {
        let path = self.at(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.at(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// `make TARGET` with all paths in this directory; `None` where there is no make.
    fn make(&self, target: &str, more: &[&str]) -> Option<Output> {
        let mut make = Command::new("make");
        make.current_dir(env!("CARGO_MANIFEST_DIR")).args(["-s", target]);
        for (variable, path) in
            [("BINARY", "stand-in"), ("PREFIX", "usr"), ("SYSCONFDIR", "etc"), ("RUNDIR", "run")]
        {
            make.arg(format!("{variable}={}", self.at(path).display()));
        }
        // Of a make that runs the tests, nothing may pass to this one.
        make.args(more).env_remove("MAKEFLAGS").env_remove("MAKELEVEL").env_remove("MFLAGS");
        output(&mut make, "make")
    }

    /// Installs with these further variables; `None`, and says so, where there is no make.
    fn install(&self, more: &[&str]) -> Option<()> {
        let output = self.make("install", more)?;
        assert!(output.status.success(), "make install {more:?}: {output:?}");
        Some(())
    }

    /// All that is in a directory below, except directories.
    fn files(&self, name: &str) -> Vec<PathBuf> {
        let mut files = Vec::new();
        for entry in fs::read_dir(self.at(name)).into_iter().flatten().flatten() {
            match entry.file_type().unwrap().is_dir() {
                true => files.extend(self.files(Path::new(name).join(entry.file_name()).to_str().unwrap())),
                false => files.push(entry.path()),
            }
        }
        files
    }

    /// Processes with this directory in their command line.
    fn processes(&self) -> Vec<String> {
        let own = self.0.to_str().unwrap().as_bytes();
        let all = fs::read_dir("/proc").unwrap().flatten();
        let names = all.filter_map(|entry| entry.file_name().into_string().ok());
        names
            .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
            .filter(|name| {
                let line = fs::read(format!("/proc/{name}/cmdline")).unwrap_or_default();
                line.windows(own.len()).any(|part| part == own)
            })
            .collect()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        for number in self.processes() {
            let _ = Command::new("kill").args(["-KILL", &number]).status();
        }
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A file of the project.
fn file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Runs a tool, with no signal ignored; `None`, and says so, where it is missing.
fn output(command: &mut Command, tool: &str) -> Option<Output> {
    child::ignoring(command, &[]);
    match command.stdin(Stdio::null()).output() {
        Ok(output) => Some(output),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("skipped: needs {tool}");
            None
        }
        Err(error) => panic!("{tool}: {error}"),
    }
}

/// Waits for what must come soon.
fn until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !done() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn uninstall_leaves_nothing_of_what_install_brought() {
    let place = Place::new("install");
    let staged = format!("DESTDIR={}", place.at("staged").display());
    for init in ["systemd", "openrc", "sysv", "busybox", "none"] {
        let variables = [&staged, "PREFIX=/usr", "SYSCONFDIR=/etc", "RUNDIR=/run", &format!("INIT={init}")];
        let Some(()) = place.install(&variables) else { return };
        let files = place.files("staged");
        assert!(files.len() > 12, "{init}: {files:?}");
        for path in files.iter().filter(|path| !path.is_symlink()) {
            let text = fs::read_to_string(path).unwrap();
            assert!(!text.contains("@BINDIR") && !text.contains("@RUN"), "{init}: {}", path.display());
            let mode = fs::metadata(path).unwrap().permissions().mode() & 0o7777;
            let wanted = if text.starts_with("#!") { 0o755 } else { 0o644 };
            assert_eq!(mode, wanted, "{init}: {}", path.display());
            assert!(!text.contains(place.0.to_str().unwrap()), "{init}: {} has DESTDIR", path.display());
        }
        let output = place.make("uninstall", &variables).unwrap();
        assert!(output.status.success(), "{init}: {output:?}");
        assert_eq!(place.files("staged"), Vec::<PathBuf>::new(), "{init}");
        assert!(!place.at("staged/etc/jetsonscope").exists(), "{init}");
    }
    let output = place.make("install", &["INIT=upstart"]).unwrap();
    assert!(!output.status.success(), "{output:?}");
}

#[test]
fn what_was_edited_below_etc_stays() {
    let place = Place::new("edited");
    let Some(()) = place.install(&[]) else { return };
    for name in ["etc/jetsonscope/jetsonscope.conf", "etc/cron.d/jetsonscope"] {
        place.write(name, "# mine\n");
        place.install(&[]).unwrap();
        assert_eq!(place.text(name), "# mine\n", "{name} after install");
        let output = place.make("uninstall", &[]).unwrap();
        assert!(String::from_utf8_lossy(&output.stdout).contains(name), "{name}: {output:?}");
        assert_eq!(place.text(name), "# mine\n", "{name} after uninstall");
    }
    assert!(!place.at("etc/logrotate.d/jetsonscope").exists());
}

#[test]
fn the_default_configuration_sets_nothing() {
    let text = file("packaging/jetsonscope.conf");
    let keys: Vec<&str> = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with("# "))
        .map(|line| line.strip_prefix('#').unwrap_or_else(|| panic!("not commented out: {line:?}")))
        .map(|line| line.split_once(" = ").unwrap_or_else(|| panic!("no key: {line:?}")).0)
        .collect();
    for key in [
        "socket",
        "compat_tmp_socket",
        "socket_mode",
        "group",
        "token_file",
        "max_clients",
        "idle_timeout",
        "interval",
        "idle_interval",
        "source",
        "tegrastats",
        "root",
        "telemetry_log",
        "telemetry_interval",
        "http",
        "history",
        "restore_on_exit",
    ] {
        assert_eq!(keys.iter().filter(|name| **name == key).count(), 1, "{key} in {keys:?}");
    }
    assert_eq!(keys.len(), 17, "{keys:?}");
}

/// Debian policy 9.5: cron passes over a file with a dot in its name, and over one that others may
/// write to.
#[test]
fn cron_takes_the_file_and_does_nothing_yet() {
    let place = Place::new("cron");
    let Some(()) = place.install(&[]) else { return };
    let names: Vec<_> = place.files("etc/cron.d");
    assert_eq!(names, [place.at("etc/cron.d/jetsonscope")]);
    let mode = fs::metadata(&names[0]).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o644);
    let text = place.text("etc/cron.d/jetsonscope");
    assert!(text.ends_with('\n') && !text.contains('%'), "cron needs the line end, and % ends a command");
    let (live, dead): (Vec<&str>, Vec<&str>) =
        text.lines().filter(|line| !line.is_empty()).partition(|line| !line.starts_with('#'));
    assert!(live.iter().all(|line| line.starts_with("SHELL=") || line.starts_with("PATH=")), "{live:?}");
    let jobs: Vec<&str> = dead.into_iter().filter(|line| !line.starts_with("# ")).collect();
    assert_eq!(jobs.len(), 2);
    let guard = format!("[ -x {} ] && ", place.at("usr/bin/jetson_scope_snapshot").display());
    for job in jobs {
        let mut fields = job[1..].splitn(7, ' ');
        assert!(fields.by_ref().take(5).all(|field| field.starts_with('*')), "{job}");
        assert_eq!(fields.next(), Some("root"), "{job}");
        assert!(fields.next().unwrap().starts_with(&guard), "{job}");
    }
}

#[test]
fn logrotate_takes_the_file() {
    let place = Place::new("logrotate");
    let text = file("packaging/logrotate.d/jetsonscope");
    assert!(!text.contains("copytruncate"), "lines would be lost");
    assert!(text.contains(" 0640 root jetsonscope\n"));
    // The group need not exist here.
    let group = Command::new("id").arg("-gn").output().unwrap().stdout;
    let group = String::from_utf8(group).unwrap();
    place.write("log/health.jsonl", "{}\n");
    let text = text.replace("/var/log/jetsonscope", place.at("log").to_str().unwrap());
    let text = text.replace("root jetsonscope", &format!("root {}", group.trim()));
    place.write("rotate", &text.replace("@RUNDIR@", "/run"));
    fs::set_permissions(place.at("rotate"), fs::Permissions::from_mode(0o644)).unwrap();
    let mut logrotate = Command::new("logrotate");
    // Debian has it where only root looks.
    let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
    logrotate.env("PATH", path).arg("-d").arg("-s").arg(place.at("state")).arg(place.at("rotate"));
    let Some(output) = output(&mut logrotate, "logrotate") else { return };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !said.contains("error:"), "{said}");
    assert!(said.contains("health.jsonl"), "{said}");
}
