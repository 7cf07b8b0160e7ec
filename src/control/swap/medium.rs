//! Where the file would be: its file system (/proc/self/mountinfo, proc_pid_mountinfo(5)), the device
//! below it, and the room there.

use crate::control::{Kind, Refusal};
use crate::root::Root;
use crate::sys;

const MOUNTS: &str = "proc/self/mountinfo";
/// Bytes taken of it: a host of containers has hundreds of lines.
const LARGEST: u64 = 1024 * 1024;
/// What is left free at the least: this, or a tenth of the file system where that is less, bytes.
const KEPT: u64 = 1 << 30;
/// Devices below one another: encryption on volumes on a disk.
const DEEPEST: u32 = 4;

/// File systems that the kernel does not swap to, or that are no place for it.
const NO_PLACE: &[&str] = &[
    "tmpfs", "ramfs", "devtmpfs", "overlay", "aufs", "squashfs", "erofs", "iso9660", "nfs", "nfs4", "cifs",
    "smb3", "9p", "virtiofs", "zfs", "bcachefs", "ecryptfs", "ubifs", "jffs2", "proc", "sysfs",
];

/// A place for the file.
#[derive(Debug, PartialEq, Eq)]
pub struct Medium {
    /// The file is to be written: blocks that are only set aside count as holes there.
    pub zeros: bool,
}

struct Mount<'a> {
    /// `MAJOR:MINOR`.
    device: &'a str,
    kind: &'a str,
    source: &'a str,
    read_only: bool,
}

/// Whether a directory is on a file system and a device that may hold swap; `wear` allows cards.
///
/// # Errors
/// Why it may not.
pub fn of(root: &Root, directory: &str, wear: bool) -> Result<Medium, Refusal> {
    let refuse = |kind, why: &[&str]| Err(Refusal::new(kind, ["/", directory, ": ", &why.concat()].concat()));
    let text = root.read(MOUNTS, LARGEST).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let Some(mount) = mount_of(&text, directory) else {
        return refuse(
            Kind::Unsupported,
            &["which file system it is on is not known (/proc/self/mountinfo)"],
        );
    };
    if mount.read_only {
        return refuse(Kind::Unsupported, &["is read-only"]);
    }
    if NO_PLACE.contains(&mount.kind) || mount.kind.starts_with("fuse") {
        return refuse(
            Kind::Unsupported,
            &[mount.kind, " cannot hold a swap file (--dir names another place)"],
        );
    }
    let copies = || !root.open(directory).is_ok_and(|directory| sys::is_no_cow(&directory));
    if mount.kind == "btrfs" && copies() {
        let why = "btrfs holds a swap file only where it does not copy (chattr +C on an empty directory)";
        return refuse(Kind::Unsupported, &[why]);
    }
    let named = || mount.source.strip_prefix("/dev/").filter(|name| is_card(name)).map(str::to_owned);
    if let Some(card) = card_below(root, mount.device, DEEPEST).or_else(named)
        && !wear
    {
        return refuse(
            Kind::Conflict,
            &[&card, " is an SD card or eMMC, which swap wears out (--yes, or --dir)"],
        );
    }
    Ok(Medium { zeros: !["ext2", "ext3", "ext4", "btrfs"].contains(&mount.kind) })
}

/// The line of the file system that a directory, without a slash in front, is on: the last one of the
/// longest name.
fn mount_of<'a>(text: &'a str, directory: &str) -> Option<Mount<'a>> {
    let mut found = None;
    let mut longest = 0;
    for line in text.lines() {
        let mut words = line.split(' ');
        let (Some(device), Some(name), Some(options)) = (words.nth(2), words.nth(1), words.next()) else {
            continue;
        };
        let Some((_, tail)) = line.split_once(" - ") else { continue };
        let mut tail = tail.split(' ');
        let (Some(kind), Some(source)) = (tail.next(), tail.next()) else { continue };
        let name = name.trim_matches('/');
        let rest = directory.strip_prefix(name);
        let holds = rest.is_some_and(|rest| name.is_empty() || rest.is_empty() || rest.starts_with('/'));
        if holds && name.len() >= longest {
            longest = name.len();
            let mut options = options.split(',').chain(tail.next().unwrap_or_default().split(','));
            found = Some(Mount { device, kind, source, read_only: options.any(|option| option == "ro") });
        }
    }
    found
}

/// The card that a device, `MAJOR:MINOR`, is on, if it is on one.
fn card_below(root: &Root, device: &str, depth: u32) -> Option<String> {
    let directory = ["sys/dev/block/", device].concat();
    let facts = root.text(&[&directory, "/uevent"].concat()).unwrap_or_default();
    if let Some(name) =
        facts.lines().find_map(|line| line.strip_prefix("DEVNAME=")).filter(|name| is_card(name))
    {
        return Some(name.to_owned());
    }
    let slaves = [&directory, "/slaves"].concat();
    let below = |name: &String| root.text(&[&slaves, "/", name, "/dev"].concat());
    let depth = depth.checked_sub(1)?;
    root.names(&slaves).iter().filter_map(below).find_map(|device| card_below(root, &device, depth))
}

fn is_card(name: &str) -> bool {
    name.starts_with("mmcblk")
}

/// Whether so many bytes may be taken there.
///
/// # Errors
/// They may not, or it is not known what is free.
pub fn fits(root: &Root, directory: &str, bytes: u64) -> Result<(), Refusal> {
    let Some([total, _, free]) = root.room(directory) else {
        return Err(Refusal::new(Kind::Failed, ["/", directory, ": how much is free is not known"].concat()));
    };
    let kept = KEPT.min(total / 10);
    if bytes <= free.saturating_sub(kept) {
        return Ok(());
    }
    let [bytes, free, kept] = [bytes, free, kept].map(|bytes| bytes >> 20);
    let why =
        format!("/{directory}: no room for {bytes} MB: {free} MB are free, and {kept} MB stay so (--size)");
    Err(Refusal::new(Kind::Conflict, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_and_err_mounts() {
        let text = "22 1 179:1 / / rw,noatime shared:1 - ext4 /dev/root rw\n\
            broken\n1 2 3:4 / /broken rw\n30 22 0:24 / /mnt rw - tmpfs tmpfs rw\n\
            31 22 259:1 / /mnt rw - xfs /dev/nvme0n1p1 ro,x\n32 31 8:1 / /mnt/usb ro,x master:1 - vfat /dev/sda1 rw\n\
            33 22 0:9 / /media\\040x rw - fuse.sshfs a rw\n";
        for (directory, kind, device, read_only) in [
            ("", "ext4", "179:1", false),
            ("var/swap", "ext4", "179:1", false),
            ("mnt", "xfs", "259:1", true),
            ("mnt/usb/x", "vfat", "8:1", true),
            ("mnt/usb2", "xfs", "259:1", true),
            ("mnt2", "ext4", "179:1", false),
            ("broken", "ext4", "179:1", false),
        ] {
            let found = mount_of(text, directory).expect(directory);
            assert_eq!((found.kind, found.device, found.read_only), (kind, device, read_only), "{directory}");
        }
        for text in ["", "\n", "22 1 179:1 / /", "22 1 179:1 / / rw -", "22 1 179:1 / / rw - ext4", "x - y z"]
        {
            assert!(mount_of(text, "").is_none(), "{text:?}");
        }
    }
}
