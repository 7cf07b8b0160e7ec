//! What is on: /proc/swaps (mm/swapfile.c), and whether what is swapped out fits elsewhere.

use crate::control::{Kind, Refusal};
use crate::root::Root;

pub const PATH: &str = "proc/swaps";
/// Bytes taken of a file of the kernel.
const LARGEST: u64 = 64 * 1024;

/// One area that is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Area {
    /// The device or file; blanks in it stand as `\040`.
    pub name: String,
    pub size_bytes: u64,
    pub used_bytes: u64,
    pub priority: i32,
}

/// The areas; a line that is not understood is left out.
///
/// # Errors
/// The kernel cannot swap.
pub fn read(root: &Root) -> Result<Vec<Area>, Refusal> {
    let Ok(text) = root.read(PATH, LARGEST) else {
        return Err(Refusal::unsupported("swap", "no /proc/swaps (this kernel cannot swap)"));
    };
    let text = String::from_utf8_lossy(&text);
    Ok(text.lines().skip(1).filter_map(of).collect())
}

fn of(line: &str) -> Option<Area> {
    let mut words = line.split_whitespace();
    let (name, _kind) = (words.next()?.to_owned(), words.next()?);
    let mut bytes = || words.next()?.parse::<u64>().ok()?.checked_mul(1024);
    let (size_bytes, used_bytes) = (bytes()?, bytes()?);
    Some(Area { name, size_bytes, used_bytes, priority: words.next()?.parse().ok()? })
}

/// A value of /proc/meminfo, named with its colon, bytes.
pub fn memory_bytes(root: &Root, name: &str) -> Option<u64> {
    let text = root.read("proc/meminfo", LARGEST).ok()?;
    let text = String::from_utf8_lossy(&text);
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

/// Whether what these areas hold fits into RAM and the other areas: the kernel would end programs to
/// make room. That a device in RAM gets smaller meanwhile is not counted on.
///
/// # Errors
/// It does not, or that cannot be known.
pub fn fit_elsewhere(root: &Root, areas: &[Area], goes: &dyn Fn(&Area) -> bool) -> Result<(), Refusal> {
    let sum = |area: &mut dyn Iterator<Item = u64>| area.fold(0, u64::saturating_add);
    let used = sum(&mut areas.iter().filter(|area| goes(area)).map(|area| area.used_bytes));
    let left = areas.iter().filter(|area| !goes(area));
    let free = sum(&mut left.map(|area| area.size_bytes.saturating_sub(area.used_bytes)));
    let room = memory_bytes(root, "MemAvailable:").unwrap_or(0).saturating_add(free);
    if used <= room {
        return Ok(());
    }
    let why = format!("off: {} MB are swapped out, and {} MB fit elsewhere", used >> 20, room >> 20);
    Err(Refusal::new(Kind::Conflict, [&why, " (end programs first)"].concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_and_err_lines() {
        let area = |name: &str, size_bytes, used_bytes, priority| {
            Some(Area { name: name.to_owned(), size_bytes, used_bytes, priority })
        };
        for (line, wanted) in [
            ("/dev/zram0   partition\t8\t\t4\t\t5", area("/dev/zram0", 8192, 4096, 5)),
            ("/a\\040b file 8 0 -2", area("/a\\040b", 8192, 0, -2)),
            ("/a file 8 0", None),
            ("/a file 8 -1 0", None),
            ("/a file 18446744073709551615 0 0", None),
            ("/a file 8 0 x", None),
            ("", None),
        ] {
            assert_eq!(of(line), wanted, "{line:?}");
        }
    }

    #[test]
    fn ok_and_err_room_elsewhere() {
        let path = std::env::temp_dir().join(format!("jetsonscope-area-{}", std::process::id()));
        std::fs::create_dir_all(path.join("proc")).unwrap();
        let root = Root::at(&path);
        let area = |name: &str, size_bytes, used_bytes| Area {
            name: name.to_owned(),
            size_bytes,
            used_bytes,
            priority: 0,
        };
        for (info, used, other, fits) in [
            ("MemAvailable:  8 kB\n", 8192, (0, 0), true),
            ("MemAvailable:  8 kB\n", 8193, (0, 0), false),
            ("MemAvailable:  8 kB\n", 8193, (2, 1), true),
            ("MemAvailable:  8 kB\n", 8194, (2, 1), false),
            ("MemAvailable:  8 kB\n", 8193, (1, 9), false),
            ("MemFree: 8 kB\n", 1, (0, 0), false),
            ("MemFree: 8 kB\n", 0, (0, 0), true),
        ] {
            std::fs::write(path.join("proc/meminfo"), info).unwrap();
            let areas = [area("a", 1 << 20, used), area("b", other.0, other.1)];
            let found = fit_elsewhere(&root, &areas, &|area| area.name == "a");
            assert_eq!(found.is_ok(), fits, "{info:?} {used} {other:?}");
        }
        std::fs::remove_dir_all(path).unwrap();
    }
}
