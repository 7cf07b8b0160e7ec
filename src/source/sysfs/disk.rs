//! Mounted file systems and their use: the one value here that a system call tells. In a directory
//! that is taken for a board, its file `.jetsonscope/statvfs` does: a line
//! `MOUNT TOTAL USED AVAILABLE` each, in bytes.

use crate::recycled::Recycled;
use crate::root::{Reader, STATVFS};
use crate::scan;
use crate::snapshot::FileSystem;
use crate::sys;

const MOST: usize = 32;

/// Reads them anew.
pub(super) fn refresh(reader: &mut Reader, into: &mut Recycled<FileSystem>) {
    into.clear();
    match reader.root.is_system() {
        true => reader.once("proc/mounts", |text| mounts(text, into, sys::file_system)),
        false => {
            reader.once(STATVFS, |text| text.split(|&byte| byte == b'\n').for_each(|line| stated(line, into)))
        }
    };
}

fn add(into: &mut Recycled<FileSystem>, name: &str, [total, used, available]: [u64; 3]) {
    let entry = into.entry(name);
    (entry.total_bytes, entry.used_bytes, entry.available_bytes) = (total, used, available);
}

fn stated(line: &[u8], into: &mut Recycled<FileSystem>) {
    let mut columns = line.split(|&byte| byte == b' ');
    let name = columns.next().and_then(|name| std::str::from_utf8(name).ok());
    let mut bytes = || Some(scan::apart::number(columns.next()?)?.0);
    if let (Some(name), Some(total), Some(used), Some(available)) = (name, bytes(), bytes(), bytes()) {
        add(into, name, [total, used, available]);
    }
}

/// The lines `DEVICE MOUNT TYPE ...`. Loops hold packages (snap), and a second mount of a device
/// shows the same disk again.
fn mounts(text: &[u8], into: &mut Recycled<FileSystem>, stat: impl Fn(&str) -> Option<[u64; 3]>) {
    let mut devices: [&[u8]; MOST] = [b""; MOST];
    let mut count = 0;
    for line in text.split(|&byte| byte == b'\n') {
        let mut columns = line.split(|&byte| byte == b' ');
        let (Some(device), Some(mount)) = (columns.next(), columns.next()) else { continue };
        let disk = device.starts_with(b"/dev/") && !device.starts_with(b"/dev/loop");
        let mount = unescaped(mount);
        let Ok(mount) = std::str::from_utf8(&mount) else { continue };
        let Some(slot) = devices.get_mut(count) else { break };
        *slot = device;
        let again = devices.iter().position(|other| *other == device) != Some(count)
            || into.iter().any(|system| system.name == mount);
        if again || !(disk || mount == "/") {
            continue;
        }
        if let Some(sizes) = stat(mount) {
            count += 1;
            add(into, mount, sizes);
        }
    }
}

/// A path in which blanks and the like stand as `\\040` (fs/proc_namespace.c).
fn unescaped(path: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    if !path.contains(&b'\\') {
        return path.into();
    }
    let mut found = Vec::new();
    let mut rest = path;
    while let Some((&first, tail)) = rest.split_first() {
        let byte;
        (byte, rest) = match tail {
            [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', tail @ ..] if first == b'\\' => {
                (((a - b'0') << 6) | ((b - b'0') << 3) | (c - b'0'), tail)
            }
            _ => (first, tail),
        };
        found.push(byte);
    }
    found.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_mounts_of_disks() {
        let text = "/dev/root / ext4 rw 0 0\nproc /proc proc rw 0 0\n/dev/loop3 /snap/core squashfs ro 0 0\n\
                    /dev/nvme0n1p1 /data ext4 rw 0 0\n/dev/root /var/lib/docker ext4 rw 0 0\n\
                    /dev/sda1 /gone vfat rw 0 0\n/dev/sda1 /there vfat rw 0 0\n/dev/sdb1 /media/USB\\040DRIVE vfat rw 0 0\n/dev/sdc1 /data ext4 rw 0 0\nbroken\n";
        let mut found = Recycled::default();
        mounts(text.as_bytes(), &mut found, |mount| (mount != "/gone").then_some([9, 5, 3]));
        let names: Vec<_> = found.iter().map(|system| system.name.as_str()).collect();
        assert_eq!(names, ["/", "/data", "/there", "/media/USB DRIVE"]);
        found.clear();
        let overlay = "overlay / overlay rw 0 0\n";
        mounts(overlay.as_bytes(), &mut found, |_| Some([1, 1, 1]));
        assert_eq!(found.last().map(|system| system.total_bytes), Some(1));
        let many: String = (0..100).map(|n| format!("/dev/sd{n} /m{n} ext4 rw 0 0\n")).collect();
        found.clear();
        mounts(many.as_bytes(), &mut found, |_| Some([1, 1, 1]));
        assert_eq!(found.len(), MOST);
    }

    #[test]
    fn ok_stated_lines() {
        let mut found = Recycled::default();
        for line in ["/ 100 60 40", "/data 1 2", "", "/x a b c", "/y -1 2 3", "\u{fffd} 1 2 3"] {
            stated(line.as_bytes(), &mut found);
        }
        assert_eq!(found.iter().map(|system| system.used_bytes).collect::<Vec<_>>(), [60, 2]);
    }
}
