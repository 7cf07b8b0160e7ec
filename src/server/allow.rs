//! Who may control the board: root, and members of the group; and with a token, only who has it.
//! Users and groups are those of this machine, whatever directory is taken for the board.

use std::os::fd::AsFd;

use crate::config::Config;
use crate::root::Root;
use crate::sys::daemon::{self, Peer};
use crate::wire::reply::Code;

/// Most of /etc/group and /etc/passwd that is read.
const LARGEST: u64 = 1024 * 1024;

/// The number of a group, from /etc/group.
pub fn group(root: &Root, name: &str) -> Option<u32> {
    let text = root.read("etc/group", LARGEST).ok()?;
    entry(&String::from_utf8_lossy(&text), name).map(|(number, _)| number)
}

/// A group's number and its members.
fn entry(text: &str, name: &str) -> Option<(u32, String)> {
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        let own = fields.next() == Some(name);
        let number = fields.nth(1)?.parse().ok().filter(|_| own)?;
        Some((number, fields.next().unwrap_or_default().to_owned()))
    })
}

/// Whether the peer may change something.
///
/// # Errors
/// `permission_denied` for its user, `auth_failed` for its token.
pub fn control(
    config: &Config,
    root: &Root,
    stream: &impl AsFd,
    peer: Peer,
    token: Option<&str>,
) -> Result<(), (Code, &'static str)> {
    if !may_control(config, root, stream, peer) {
        return Err((Code::PermissionDenied, "only root and members of the daemon's group may control"));
    }
    match (&config.token, token) {
        (None, _) => Ok(()),
        (Some(wanted), Some(given)) if same(wanted.as_bytes(), given.as_bytes()) => Ok(()),
        (Some(_), _) => Err((Code::AuthFailed, "the token is missing or wrong")),
    }
}

/// Whether the peer may control by who it is, whatever token it has.
pub fn may_control(config: &Config, root: &Root, stream: &impl AsFd, peer: Peer) -> bool {
    peer.uid == 0 || is_member(root, &config.group, stream, peer)
}

/// Whether the peer is in the group: by its own group, its supplementary ones where the kernel tells
/// them (Linux 4.13), or by /etc/group.
fn is_member(root: &Root, group: &str, stream: &impl AsFd, peer: Peer) -> bool {
    let text = root.read("etc/group", LARGEST).unwrap_or_default();
    let Some((number, members)) = entry(&String::from_utf8_lossy(&text), group) else { return false };
    if peer.gid == number || daemon::peer_groups(stream).contains(&number) {
        return true;
    }
    let users = root.read("etc/passwd", LARGEST).unwrap_or_default();
    let users = String::from_utf8_lossy(&users).into_owned();
    let mut names = users.lines().filter_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(peer.uid)).then_some(name)
    });
    names.any(|name| members.split(',').any(|member| member == name))
}

/// Compares in a time that tells nothing but the length.
fn same(a: &[u8], b: &[u8]) -> bool {
    let differs = a.iter().zip(b).fold(0, |differs, (a, b)| differs | (a ^ b));
    a.len() == b.len() && std::hint::black_box(differs) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_entries() {
        let text = "root:x:0:\nvideo:x:44:ann,bob\njetsonscope:x:990:carl\nbroken\njetsonscope2:x:x:\n";
        assert_eq!(entry(text, "video"), Some((44, "ann,bob".into())));
        assert_eq!(entry(text, "jetsonscope"), Some((990, "carl".into())));
        for name in ["", "vide", "broken", "jetsonscope2", "x"] {
            assert_eq!(entry(text, name), None, "{name}");
        }
    }

    #[test]
    fn ok_tokens() {
        for (a, b, wanted) in
            [("abc", "abc", true), ("abc", "abd", false), ("abc", "ab", false), ("", "", true)]
        {
            assert_eq!(same(a.as_bytes(), b.as_bytes()), wanted, "{a} {b}");
        }
    }
}
