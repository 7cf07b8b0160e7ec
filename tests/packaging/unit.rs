//! The units of systemd: what the oldest release makes of them, and what the present one says.

use std::fs;
use std::process::Command;

use super::{Place, file, output};

/// The systemd of the oldest L4T that is supported: R32 on Ubuntu 18.04.
const OLDEST: u32 = 237;

/// Every directive of the units, with the release of systemd that brought it (systemd.unit(5),
/// .service(5), .socket(5), .exec(5), .kill(5), .resource-control(5)), and for those newer than
/// the oldest why nothing is lost where it is left out. 0 stands for older than anything here.
const DIRECTIVES: &[(&str, u32, &str)] = &[
    ("After", 0, ""),
    ("Also", 0, ""),
    ("Backlog", 0, ""),
    ("CapabilityBoundingSet", 0, ""),
    ("Description", 0, ""),
    ("DirectoryMode", 0, ""),
    ("Documentation", 0, ""),
    ("ExecReload", 0, ""),
    ("ExecStart", 0, ""),
    ("ExecStopPost", 0, ""),
    ("KillMode", 0, ""),
    ("ListenStream", 0, ""),
    ("LockPersonality", 235, ""),
    ("MemoryDenyWriteExecute", 231, ""),
    ("MemoryMax", 231, ""),
    ("Nice", 0, ""),
    ("NoNewPrivileges", 187, ""),
    ("NotifyAccess", 0, ""),
    ("OOMPolicy", 243, "older releases go on when a child is killed for want of memory"),
    ("OOMScoreAdjust", 0, ""),
    ("PrivateTmp", 0, ""),
    ("ProtectControlGroups", 232, ""),
    ("ProtectHome", 214, ""),
    ("ProtectHostname", 242, "the capability to set it is not in the bounding set either"),
    ("ProtectKernelLogs", 244, "nor is the one to read them"),
    ("ProtectKernelModules", 232, ""),
    ("ProtectSystem", 214, ""),
    ("ReadWritePaths", 231, ""),
    ("RemoveOnStop", 214, ""),
    ("Restart", 0, ""),
    ("RestartPreventExitStatus", 189, ""),
    ("RestartSec", 0, ""),
    ("RestrictAddressFamilies", 211, ""),
    ("RestrictNamespaces", 233, ""),
    ("RestrictRealtime", 231, ""),
    ("RestrictSUIDSGID", 242, "the daemon makes no such file, and what it may write is limited"),
    ("RuntimeDirectory", 211, ""),
    ("RuntimeDirectoryMode", 211, ""),
    ("RuntimeDirectoryPreserve", 235, ""),
    ("SocketGroup", 214, ""),
    ("SocketMode", 0, ""),
    ("SocketUser", 214, ""),
    ("StartLimitBurst", 0, ""),
    ("StartLimitIntervalSec", 230, ""),
    ("StateDirectory", 235, ""),
    ("SystemCallArchitectures", 209, ""),
    ("SystemCallErrorNumber", 209, ""),
    ("SystemCallFilter", 187, ""),
    ("TasksMax", 227, ""),
    ("TimeoutStartSec", 188, ""),
    ("TimeoutStopSec", 188, ""),
    ("Type", 0, ""),
    ("UMask", 0, ""),
    ("WantedBy", 0, ""),
    ("Wants", 0, ""),
    ("WatchdogSec", 183, ""),
];

/// What closes /sys or the devices, with which a board is controlled, or changes the user.
const FORBIDDEN: &[&str] = &[
    "ProtectKernelTunables",
    "PrivateDevices",
    "ProtectClock",
    "PrivateUsers",
    "DynamicUser",
    "ProcSubset",
    "DeviceAllow",
    "DevicePolicy",
];

/// Groups of system calls that the oldest release knows.
const CALLS: &[&str] = &[
    "@clock",
    "@cpu-emulation",
    "@debug",
    "@module",
    "@mount",
    "@obsolete",
    "@raw-io",
    "@reboot",
    "@resources",
    "@swap",
];

/// Directives and their values.
fn directives(unit: &str) -> Vec<(String, String)> {
    let text = file(&format!("packaging/systemd/{unit}"));
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with(['#', '[']));
    lines
        .map(|line| line.split_once('=').unwrap_or_else(|| panic!("{unit}: {line:?}")))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn value(unit: &str, name: &str) -> String {
    let all = directives(unit).into_iter().filter(|(known, _)| known == name);
    all.map(|(_, value)| value).collect::<Vec<_>>().join(" ")
}

#[test]
fn what_the_oldest_systemd_leaves_out_is_no_loss() {
    let all: Vec<_> = ["jscoped.service", "jscoped.socket"].into_iter().flat_map(directives).collect();
    for (name, _) in &all {
        let row = DIRECTIVES.iter().find(|(known, ..)| known == name);
        let (_, since, why) = row.unwrap_or_else(|| panic!("{name}: since which release?"));
        assert_eq!(*since > OLDEST, !why.is_empty(), "{name}: why may {OLDEST} leave it out?");
    }
    for (name, ..) in DIRECTIVES {
        assert!(all.iter().any(|(used, _)| used == name), "{name} is in no unit");
    }
}

#[test]
fn the_board_stays_open() {
    for unit in ["jscoped.service", "jscoped.socket"] {
        for (name, _) in directives(unit) {
            assert!(!FORBIDDEN.contains(&name.as_str()), "{unit}: {name}");
        }
    }
    // With strict, the vendor's tools could not keep their state.
    assert_eq!(value("jscoped.service", "ProtectSystem"), "full");
}

/// A group that a release does not know is left out: of a list of what is denied that is no harm;
/// a list of what is allowed (@system-service is of 239) would kill the daemon.
#[test]
fn the_filter_of_system_calls_holds_on_the_oldest_systemd() {
    let filter = value("jscoped.service", "SystemCallFilter");
    let groups = filter.strip_prefix('~').expect("a list of what is denied");
    for group in groups.split(' ') {
        assert!(CALLS.contains(&group), "{group}");
    }
    assert_eq!(value("jscoped.service", "SystemCallErrorNumber"), "EPERM");
}

#[test]
fn service_and_socket_fit_together() {
    for (unit, name, wanted) in [
        ("jscoped.service", "Type", "notify"),
        ("jscoped.service", "NotifyAccess", "main"),
        ("jscoped.service", "ExecReload", "/bin/kill -HUP $MAINPID"),
        ("jscoped.service", "RuntimeDirectory", "jetsonscope"),
        ("jscoped.service", "RuntimeDirectoryMode", "0755"),
        // Or stopping the service would remove the socket under systemd.
        ("jscoped.service", "RuntimeDirectoryPreserve", "yes"),
        ("jscoped.service", "After", "jscoped.socket nvpmodel.service nvfancontrol.service"),
        ("jscoped.service", "Wants", "jscoped.socket"),
        ("jscoped.service", "RestartPreventExitStatus", "64 78"),
        ("jscoped.socket", "ListenStream", "/run/jetsonscope/jetsonscope.sock"),
        ("jscoped.socket", "SocketUser", "root"),
        ("jscoped.socket", "SocketGroup", "jetsonscope"),
        ("jscoped.socket", "SocketMode", "0666"),
        ("jscoped.socket", "DirectoryMode", "0755"),
    ] {
        assert_eq!(value(unit, name), wanted, "{unit}: {name}");
    }
    assert!(value("jscoped.service", "WatchdogSec").parse::<u32>().is_ok_and(|seconds| seconds >= 20));
    // Owner and mode are those of RuntimeDirectory: systemd would change all that is below.
    let lines = file("packaging/tmpfiles.d/jetsonscope.conf");
    assert!(lines.lines().any(|line| line == "d /run/jetsonscope 0755 root root -"), "{lines}");
}

#[test]
fn systemd_has_nothing_to_say_against_the_units() {
    let place = Place::new("verify");
    let Some(()) = place.install(&[]) else { return };
    let units =
        ["jscoped.service", "jscoped.socket"].map(|unit| place.at("usr/lib/systemd/system").join(unit));
    let mut analyze = Command::new("systemd-analyze");
    let Some(output) = output(analyze.args(["--man=no", "verify"]).args(&units), "systemd-analyze") else {
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr);
    let ours: Vec<&str> = said.lines().filter(|line| line.contains("jscoped")).collect();
    assert!(output.status.success() && ours.is_empty(), "{said}");

    let mut analyze = Command::new("systemd-analyze");
    analyze.args(["--no-pager", "--offline=true", "--threshold=40", "security"]).arg(&units[0]);
    let output = analyze.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    if said.contains("unrecognized option") {
        return eprintln!("skipped: needs systemd-analyze 250");
    }
    let table = String::from_utf8_lossy(&output.stdout);
    let level = table.lines().last().unwrap_or_default();
    assert!(output.status.success(), "more than 4.0: {level} {said}");
    println!("{}", level.trim());
}

#[test]
fn group_and_directories_are_made() {
    let place = Place::new("tmpfiles");
    fs::create_dir(place.at("etc")).unwrap();
    let manifest = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    // As root only: both set owners.
    if !nix::unistd::geteuid().is_root() {
        return eprintln!("skipped: needs root, to make a group in a directory");
    }
    for (tool, create, name) in [
        ("systemd-sysusers", None, "packaging/sysusers.d/jetsonscope.conf"),
        ("systemd-tmpfiles", Some("--create"), "packaging/tmpfiles.d/jetsonscope.conf"),
    ] {
        let mut command = Command::new(tool);
        command.arg(format!("--root={}", place.0.display())).args(create).arg(manifest.join(name));
        let Some(output) = output(&mut command, tool) else { return };
        assert!(output.status.success(), "{tool}: {output:?}");
    }
    assert!(place.text("etc/group").starts_with("jetsonscope:x:"));
    for name in ["run/jetsonscope", "var/lib/jetsonscope", "var/log/jetsonscope"] {
        assert!(place.at(name).is_dir(), "{name}");
    }
}
