//! The scripts for other init systems, run by the small shells that such systems have.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use super::{Place, file, output, until};

const SCRIPTS: &[&str] =
    &["openrc/jscoped", "sysv/jscoped", "busybox/S90jscoped", "scripts/jetsonscope-service.sh", "place.sh"];
const SHELLS: &[&[&str]] = &[&["sh"], &["dash"], &["busybox", "ash"]];

/// A script under a shell, with an environment of its own.
struct Script<'a> {
    shell: &'a [&'a str],
    path: PathBuf,
    environment: Vec<(&'static str, OsString)>,
}

impl Script<'_> {
    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(self.shell[0]);
        command.args(&self.shell[1..]).arg(&self.path).args(arguments);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        super::child::ignoring(&mut command, &[]);
        command.output().unwrap()
    }

    /// Runs it, wants this exit code, and gives what it printed.
    fn wants(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let failed = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{:?} {arguments:?}: {said}{failed}", self.shell);
        said + &failed
    }
}

/// The shells that are here.
fn shells() -> impl Iterator<Item = &'static &'static [&'static str]> {
    SHELLS.iter().filter(|shell| {
        let mut command = Command::new(shell[0]);
        output(command.args(&shell[1..]).args(["-c", "exit 0"]), shell[0]).is_some()
    })
}

#[test]
fn every_shell_can_read_the_scripts() {
    for shell in shells() {
        for name in SCRIPTS {
            let path = format!("{}/packaging/{name}", env!("CARGO_MANIFEST_DIR"));
            let output = Command::new(shell[0]).args(&shell[1..]).arg("-n").arg(path).output().unwrap();
            assert!(output.status.success() && output.stderr.is_empty(), "{shell:?} {name}: {output:?}");
        }
    }
}

#[test]
fn the_script_for_sysv_starts_and_stops() {
    starts_and_stops("sysv", "etc/init.d/jscoped", 1);
}

#[test]
fn the_script_for_busybox_starts_and_stops() {
    starts_and_stops("busybox", "etc/init.d/S90jscoped", 3);
}

/// One life of a daemon; `dead` is the status that a pid file without a process has.
fn starts_and_stops(init: &str, name: &str, dead: i32) {
    for shell in shells() {
        let place = Place::new(&format!("{init}-{}", shell[0]));
        let Some(()) = place.install(&[&format!("INIT={init}")]) else { return };
        let script = Script { shell, path: place.at(name), environment: vec![] };
        let pid = || place.text("run/jscoped.pid").trim().to_owned();
        let calls = || fs::read_to_string(place.at("usr/bin/jscoped.calls")).unwrap_or_default();
        let first = format!("--daemonize --pidfile {}", place.at("run/jscoped.pid").display());

        script.wants(3, &["status"]);
        script.wants(0, &["stop"]);
        script.wants(0, &["start"]);
        assert_eq!(calls().trim(), first);
        let number = pid();
        assert!(script.wants(0, &["status"]).contains(&number));
        assert!(place.at("run/jetsonscope").is_dir());
        script.wants(0, &["start"]);
        assert_eq!((pid(), calls().trim()), (number.clone(), first.as_str()), "{shell:?}: started twice");
        script.wants(0, &["reload"]);
        until("SIGHUP", || calls().ends_with("HUP\n"));
        script.wants(0, &["restart"]);
        assert_ne!(pid(), number, "{shell:?}");
        script.wants(0, &["stop"]);
        script.wants(3, &["status"]);
        assert!(!place.at("run/jscoped.pid").exists() && place.processes().is_empty(), "{shell:?}");

        // A number that is another program's by now, one of nobody, and what is no number.
        for stale in [&std::process::id().to_string(), "4194304", "", "1 2", "../self", "-1"] {
            place.write("run/jscoped.pid", &format!("{stale}\n"));
            script.wants(dead, &["status"]);
            assert_ne!(script.run(&["reload"]).status.code(), Some(0), "{shell:?} {stale:?}");
            script.wants(0, &["stop"]);
            assert!(!place.at("run/jscoped.pid").exists(), "{shell:?} {stale:?}");
        }
        place.write("run/jscoped.pid", "1");
        script.wants(0, &["start"]);
        script.wants(0, &["stop"]);

        place.write("etc/default/jscoped", "JSCOPED_OPTIONS='--interval 2000 --wrong'\n");
        assert_ne!(script.run(&["start"]).status.code(), Some(0), "{shell:?}: the daemon refused");
        assert!(calls().ends_with(" --interval 2000 --wrong\n"), "{shell:?}: {}", calls());
        assert!(script.wants(if init == "sysv" { 2 } else { 1 }, &["fly"]).contains("usage: "));
    }
}

#[test]
fn the_script_for_sysv_has_its_header() {
    let text = file("packaging/sysv/jscoped");
    let header =
        text.split("### BEGIN INIT INFO\n").nth(1).and_then(|rest| rest.split("### END INIT INFO\n").next());
    let lines: Vec<&str> = header.expect("the header").lines().collect();
    for key in
        ["Provides", "Required-Start", "Required-Stop", "Default-Start", "Default-Stop", "Short-Description"]
    {
        assert!(lines.iter().any(|line| line.starts_with(&format!("# {key}: "))), "{key}");
    }
    assert!(lines.contains(&"# Provides:          jscoped"));
}

/// What openrc-run would give to its script, and then the script.
const OPENRC: &str = r#"
need() { echo "need $*"; }
after() { echo "after $*"; }
checkpath() { echo "checkpath $*"; }
ebegin() { :; }
eend() { return "$1"; }
supervise-daemon() { echo "supervise-daemon $*"; }
RC_SVCNAME=jscoped
"#;

#[test]
fn the_script_for_openrc_says_what_openrc_asks() {
    let text = file("packaging/openrc/jscoped");
    assert!(text.starts_with("#!/sbin/openrc-run\n"));
    // A name with a dash is a function in bash and busybox only; openrc-run has a program.
    let stubs = OPENRC.replace("supervise-daemon()", "supervise_daemon()");
    let text = text.replace("supervise-daemon \"", "supervise_daemon \"").replace("@RUNDIR@", "/run");
    let end = "depend; start_pre; reload && echo \"$command $command_args.\"\n";
    for shell in shells() {
        let place = Place::new(&format!("openrc-{}", shell[0]));
        place.write("script", &format!("{stubs}{text}{end}"));
        let environment = vec![("JSCOPED_OPTIONS", "--interval 2000".into())];
        let said = Script { shell, path: place.at("script"), environment }.wants(0, &[]);
        let wanted = "need localmount\nafter bootmisc nvpmodel nvfancontrol\n\
             checkpath --directory --owner root:root --mode 0755 /run/jetsonscope\n\
             supervise-daemon jscoped --signal HUP --pidfile /run/jscoped.pid\n@BINDIR@/jscoped --interval 2000.\n";
        assert_eq!(said, wanted, "{shell:?}");
    }
}

#[test]
fn the_service_script_asks_systemd_or_does_it_itself() {
    for shell in shells() {
        let place = Place::new(&format!("service-{}", shell[0]));
        let Some(()) = place.install(&[]) else { return };
        // No systemctl but this one may be called.
        place.write("usr/bin/systemctl", "#!/bin/sh\necho \"systemctl $*\"\n");
        let mode = fs::metadata(place.at("usr/bin/jetsonscope")).unwrap().permissions();
        fs::set_permissions(place.at("usr/bin/systemctl"), mode).unwrap();
        let path = format!("{}:{}", place.at("usr/bin").display(), std::env::var("PATH").unwrap());
        let script = |manager: &str| Script {
            shell,
            path: place.at("usr/share/jetsonscope/jetsonscope-service.sh"),
            environment: vec![
                ("PATH", path.clone().into()),
                ("JSCOPED_PIDFILE", place.at("run/own.pid").into()),
                ("JETSONSCOPE_SERVICE", manager.into()),
            ],
        };
        for verb in ["start", "stop", "restart", "status"] {
            assert_eq!(script("systemd").wants(0, &[verb]), format!("systemctl {verb} jscoped.service\n"));
        }
        let direct = script("direct");
        let calls = || place.text("usr/bin/jscoped.calls");
        direct.wants(0, &["foreground", "--check"]);
        assert_eq!(calls(), "--check\n");
        direct.wants(3, &["status"]);
        direct.wants(0, &["start", "--interval", "2000"]);
        assert!(calls().ends_with("own.pid --interval 2000\n"), "{}", calls());
        let number = place.text("run/own.pid");
        assert!(direct.wants(0, &["start"]).contains(number.trim()), "{shell:?}: started twice");
        direct.wants(0, &["status"]);
        direct.wants(0, &["restart"]);
        assert_ne!(place.text("run/own.pid"), number);
        direct.wants(0, &["stop"]);
        direct.wants(0, &["stop"]);
        direct.wants(3, &["status"]);
        assert!(place.processes().is_empty());
        direct.wants(78, &["start", "--wrong"]);
        for (wrong, manager) in [(&["fly"][..], "direct"), (&[], "direct"), (&["start"], "upstart")] {
            script(manager).wants(64, wrong);
        }
        assert!(direct.wants(0, &["--help"]).starts_with("usage: "));
    }
}
