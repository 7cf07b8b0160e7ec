//! Uptime, load, disks and the network.

use super::Collector;
use super::address::Addresses;
use super::disk;
use super::hwmon;
use super::thermal::unique;
use crate::recycled::Recycled;
use crate::root::{Node, Reader};
use crate::scan;
use crate::snapshot::{FileSystem, Snapshot};

const SECTOR_BYTES: u64 = 512;

pub(super) struct System {
    uptime: Node,
    load: Node,
    disks: Node,
    network: Node,
    drives: Vec<(String, Node)>,
    addresses: Addresses,
    file_systems: Recycled<FileSystem>,
}

impl System {
    pub(super) fn new() -> System {
        System {
            uptime: Node::new("proc/uptime"),
            load: Node::new("proc/loadavg"),
            disks: Node::new("proc/diskstats"),
            network: Node::new("proc/net/dev"),
            drives: Vec::new(),
            addresses: Addresses::default(),
            file_systems: Recycled::default(),
        }
    }
}

impl Collector for System {
    fn about(&self) -> (&'static str, &'static str) {
        ("system", "/proc/uptime, /proc/loadavg, /proc/diskstats, /proc/net/dev")
    }

    fn probe(&mut self, reader: &mut Reader) {
        let root = &reader.root;
        self.drives.clear();
        for sensor in hwmon::all(root).into_iter().filter(|sensor| sensor.name == "nvme") {
            let directory = format!("{}/device", sensor.path);
            let own = root.names(&directory).into_iter().find(|name| name.starts_with("nvme"));
            let own = own.map(|name| name.split('n').take(2).collect::<Vec<_>>().join("n"));
            let name =
                own.filter(|name| name.len() > 4).unwrap_or_else(|| format!("nvme{}", self.drives.len()));
            let name = unique(self.drives.iter().map(|(name, _)| name.as_str()), &name);
            self.drives.push((name, Node::new(format!("{}/temp1_input", sensor.path))));
        }
    }

    fn refresh(&mut self, reader: &mut Reader) {
        self.addresses.refresh(reader);
        disk::refresh(reader, &mut self.file_systems);
    }

    fn read(&mut self, reader: &mut Reader, into: &mut Snapshot) {
        into.uptime_ms = reader.value(&mut self.uptime, |text| hundredths(text)?.0.checked_mul(10));
        into.load_average = reader.value(&mut self.load, load_average);
        if let Some(text) = reader.lines(&mut self.disks) {
            text.split(|&byte| byte == b'\n').for_each(|line| read_disk(line, into));
        }
        if let Some(text) = reader.lines(&mut self.network) {
            text.split(|&byte| byte == b'\n')
                .for_each(|line| read_interface(line, &self.addresses.found, into));
        }
        for (name, node) in &mut self.drives {
            if let Some(temp_mc) = reader.number(node).and_then(|mc| i32::try_from(mc).ok()) {
                into.drives.entry(name).temp_mc = temp_mc;
            }
        }
        for system in self.file_systems.iter() {
            let entry = into.file_systems.entry(&system.name);
            (entry.total_bytes, entry.used_bytes) = (system.total_bytes, system.used_bytes);
            entry.available_bytes = system.available_bytes;
        }
    }
}

/// A number with two decimals (or one), in hundredths: `350735.47`.
fn hundredths(text: &[u8]) -> Option<(u64, &[u8])> {
    let (whole, rest) = scan::apart::number(text)?;
    let (parts, rest) = match rest {
        [b'.', tens @ b'0'..=b'9', ones @ b'0'..=b'9', rest @ ..] => {
            ((tens - b'0') * 10 + (ones - b'0'), rest)
        }
        [b'.', tens @ b'0'..=b'9', rest @ ..] => ((tens - b'0') * 10, rest),
        _ => return None,
    };
    let parts = u64::from(parts);
    Some((whole.checked_mul(100)?.checked_add(parts)?, rest))
}

fn load_average(text: &[u8]) -> Option<[u32; 3]> {
    let mut loads = [0; 3];
    let mut rest = text;
    for load in &mut loads {
        let (value, tail) = hundredths(rest.trim_ascii_start())?;
        *load = u32::try_from(value).ok()?;
        rest = tail;
    }
    Some(loads)
}

/// `major minor name reads merged sectors ms writes merged sectors ...`.
fn read_disk(line: &[u8], into: &mut Snapshot) {
    let mut columns = line.split(u8::is_ascii_whitespace).filter(|column| !column.is_empty()).skip(2);
    let name = columns.next().and_then(|name| std::str::from_utf8(name).ok());
    let Some(name) = name.filter(|name| is_disk(name)) else { return };
    let mut bytes = |skip| scan::apart::number(columns.nth(skip)?)?.0.checked_mul(SECTOR_BYTES);
    if let (Some(read), Some(written)) = (bytes(2), bytes(3)) {
        let disk = into.block_devices.entry(name);
        (disk.read_bytes, disk.written_bytes) = (read, written);
    }
}

/// Whole disks: `mmcblk0`, `nvme0n1`, `sda`; no partitions, no boot areas.
fn is_disk(name: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(rest) = name.strip_prefix("mmcblk") {
        return number(rest);
    }
    if let Some(rest) = name.strip_prefix("nvme") {
        return rest.split_once('n').is_some_and(|(drive, space)| number(drive) && number(space));
    }
    let rest = name.strip_prefix("sd").or_else(|| name.strip_prefix("vd"));
    rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_lowercase()))
}

/// `  eth0: rx_bytes packets errs drop fifo frame compressed multicast tx_bytes ...`.
fn read_interface(line: &[u8], addresses: &[(String, String)], into: &mut Snapshot) {
    let (name, rest) = scan::until(line, |byte| byte == b':');
    let Some(columns) = rest.strip_prefix(b":") else { return };
    let name = std::str::from_utf8(name.trim_ascii()).ok().filter(|name| !name.is_empty() && *name != "lo");
    let mut columns = columns.split(|&byte| byte == b' ').filter(|column| !column.is_empty());
    let mut bytes = |skip| Some(scan::apart::number(columns.nth(skip)?)?.0);
    if let (Some(name), Some(rx), Some(tx)) = (name, bytes(0), bytes(7)) {
        let interface = into.interfaces.entry(name);
        (interface.rx_bytes, interface.tx_bytes) = (rx, tx);
        for (_, address) in addresses.iter().filter(|(of, _)| of == name) {
            if !interface.addresses.is_empty() {
                interface.addresses.push(' ');
            }
            interface.addresses.push_str(address);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_uptime_and_load() {
        assert_eq!(hundredths(b"350735.47 234388.90"), Some((35_073_547, &b" 234388.90"[..])));
        assert_eq!(load_average(b"0.20 1.18 12.12 1/80 11206"), Some([20, 118, 1212]));
        for text in ["", "1", "1.", "x", "-1.00", "1.00 2.00", "99999999999.00 0.00 0.00"] {
            assert_eq!(load_average(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn ok_disks() {
        for (name, wanted) in [
            ("mmcblk0", true),
            ("mmcblk0p1", false),
            ("mmcblk0boot0", false),
            ("nvme0n1", true),
            ("nvme0n1p2", false),
            ("sda", true),
            ("sda1", false),
            ("loop0", false),
            ("zram0", false),
            ("ram1", false),
            ("", false),
            ("sd", false),
        ] {
            assert_eq!(is_disk(name), wanted, "{name}");
        }
        let mut s = Snapshot::default();
        read_disk(b" 179       0 mmcblk0 5 1 10 9 7 2 20 8 0 1 1", &mut s);
        read_disk(b" 179       0 mmcblk1 5 1 10", &mut s);
        read_disk(b"garbage \xff", &mut s);
        assert_eq!(s.block_devices.len(), 1);
        assert_eq!((s.block_devices[0].read_bytes, s.block_devices[0].written_bytes), (5120, 10240));
    }

    #[test]
    fn ok_interfaces() {
        let mut s = Snapshot::default();
        let addresses =
            [("eth0".to_owned(), "10.0.0.2".to_owned()), ("eth0".to_owned(), "fe80::1".to_owned())];
        for line in [
            "  face |bytes    packets errs drop",
            "    lo: 1 2 3 4 5 6 7 8 9 10",
            "  eth0: 100 2 3 4 5 6 7 8 900 10",
            "wlan0:1 2 3 4 5 6 7 8 9",
            " bad: 1 2 3",
            " : 1 2 3 4 5 6 7 8 9",
        ] {
            read_interface(line.as_bytes(), &addresses, &mut s);
        }
        let found: Vec<_> = s
            .interfaces
            .iter()
            .map(|i| (i.name.as_str(), i.rx_bytes, i.tx_bytes, i.addresses.as_str()))
            .collect();
        assert_eq!(found, [("eth0", 100, 900, "10.0.0.2 fe80::1"), ("wlan0", 1, 9, "")]);
    }
}
