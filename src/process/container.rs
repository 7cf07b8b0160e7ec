//! The container of a process, from the text of /proc/PID/cgroup (cgroups(7)).
//!
//! Lines are `NUMBER:CONTROLLERS:PATH` for each hierarchy of version 1, `0::PATH` for version 2.
//! Docker, containerd, CRI-O, podman and Kubernetes put an id of 64 hex digits into the path, LXC
//! and systemd-nspawn a name. Seen from inside a container the path says nothing.

use super::file::write_text;

/// Digits that `docker ps` shows of an id.
const SHORT: usize = 12;
/// Digits of a whole one.
const WHOLE: usize = 64;
/// Longest name that is shown, bytes.
const LONGEST_NAME: usize = 64;

/// Writes the short id or the name of the container into an empty text; nothing for a process outside of any.
pub fn write(cgroup: &[u8], into: &mut String) {
    let Some(name) = cgroup.split(|&byte| byte == b'\n').find_map(of_line) else { return };
    // systemd writes a dash of a name as `\x2d`, systemd.unit(5).
    for (place, part) in name.split(|&byte| byte == b'\\').enumerate() {
        let rest = part.strip_prefix(b"x2d").filter(|_| place > 0);
        into.push_str(match rest {
            _ if place == 0 => "",
            Some(_) => "-",
            None => "\\",
        });
        write_text(rest.unwrap_or(part), LONGEST_NAME.saturating_sub(into.len()), into);
    }
}

/// The last component that names a container is the innermost one.
fn of_line(line: &[u8]) -> Option<&[u8]> {
    let path = line.splitn(3, |&byte| byte == b':').nth(2)?;
    let mut found = None;
    let mut before: &[u8] = b"";
    for (depth, part) in path.split(|&byte| byte == b'/').enumerate() {
        // `ctr` of containerd: /NAMESPACE/NAME, its own namespace being the default.
        let named = matches!(before, b"lxc" | b"lxc.payload") || (depth == 2 && before == b"default");
        found = id(part).or_else(|| name(part)).or((named && !part.is_empty()).then_some(part)).or(found);
        before = part;
    }
    found
}

/// The id in `docker-ID.scope`, `cri-containerd-ID.scope`, `crio-ID`, `libpod-ID.scope`, `ID`.
fn id(part: &[u8]) -> Option<&[u8]> {
    let part = part.strip_suffix(b".scope").unwrap_or(part);
    let start = part.len().checked_sub(WHOLE)?;
    let (before, id) = part.split_at_checked(start)?;
    let hex = id.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    // conmon watches a container from outside.
    let inside = before.is_empty() || (before.ends_with(b"-") && !before.ends_with(b"-conmon-"));
    (hex && inside).then(|| id.get(..SHORT)).flatten()
}

/// The name in `machine-NAME.scope`, `systemd-nspawn@NAME.service`, `lxc.payload.NAME`.
fn name(part: &[u8]) -> Option<&[u8]> {
    let between = |from: &[u8], to: &[u8]| part.strip_prefix(from)?.strip_suffix(to);
    between(b"machine-", b".scope")
        .or_else(|| between(b"systemd-nspawn@", b".service"))
        .or_else(|| between(b"lxc.payload.", b""))
        // libvirt has its virtual machines there, too.
        .filter(|name| !name.is_empty() && !name.starts_with(b"qemu"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn container(text: &str) -> String {
        let mut name = String::new();
        write(text.replace("ID", ID).as_bytes(), &mut name);
        name
    }

    #[test]
    fn ok_containers() {
        for (text, wanted) in [
            ("0::/system.slice/docker-ID.scope", "0123456789ab"),
            (
                "12:memory:/docker/ID\n11:cpu,cpuacct:/docker/ID\n0::/system.slice/containerd.service",
                "0123456789ab",
            ),
            ("13:name=systemd:/\n4:memory:/docker/ID", "0123456789ab"),
            ("0::/docker/ID/init.scope", "0123456789ab"),
            ("0::/system.slice/nerdctl-ID.scope", "0123456789ab"),
            (
                "0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod1f.slice/cri-containerd-ID.scope",
                "0123456789ab",
            ),
            ("5:devices:/kubepods/burstable/pod7e0f2f6c-4d1a-11ee-be56-0242ac120002/ID", "0123456789ab"),
            ("0::/kubepods.slice/kubepods-pod1.slice/crio-ID.scope/container", "0123456789ab"),
            ("0::/machine.slice/libpod-ID.scope/container", "0123456789ab"),
            ("0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-ID.scope", "0123456789ab"),
            ("0::/default/demo", "demo"),
            ("0::/lxc/web/init.scope", "web"),
            ("0::/lxc.payload.web/system.slice/cron.service", "web"),
            ("0::/lxc.payload/web", "web"),
            ("0::/lxc/web/docker/ID", "0123456789ab"),
            ("0::/machine.slice/machine-deb\\x2d12.scope/payload", "deb-12"),
            ("0::/machine.slice/systemd-nspawn@focal.service/payload", "focal"),
        ] {
            assert_eq!(container(text), wanted, "{text}");
        }
    }

    #[test]
    fn err_no_containers() {
        for text in [
            "",
            "\n\n",
            "0::/",
            "0::",
            "/docker/ID",
            "0:/docker/ID",
            "0::/init.scope",
            "0::/system.slice/docker.service",
            "0::/user.slice/user-1000.slice/session-2.scope",
            "0::/machine.slice/libpod-conmon-ID.scope",
            "0::/machine.slice/crio-conmon-ID.scope",
            "0::/system.slice/docker-IDx.scope",
            "0::/system.slice/dockerID",
            "0::/docker/0123456789abcdef",
            "0::/docker/0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF",
            "0::/lxc.monitor.web",
            "0::/lxc.monitor/web",
            "0::/lxc/",
            "0::/lxc",
            "0::/a/default/demo",
            "0::/machine.slice/machine-.scope",
            "0::/machine.slice/machine-qemu\\x2d1\\x2dwin.scope",
        ] {
            assert_eq!(container(text), "", "{text}");
        }
    }

    #[test]
    fn ok_odd_names_are_text_and_short() {
        let mut name = String::new();
        write(b"0::/lxc/\xffa\xfe\xe2\x82\xac\x1b", &mut name);
        assert_eq!(name, "\u{fffd}a\u{fffd}\u{20ac}\u{1b}");
        let long = container(&format!("0::/lxc/{}", "\u{20ac}".repeat(1000)));
        assert_eq!(long, "\u{20ac}".repeat(21));
    }
}
