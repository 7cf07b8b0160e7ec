//! The files of one process, and what the machine's units are.

use std::fmt::Write;
use std::time::Duration;

use super::Seen;
use crate::root::{Folder, Root};
use crate::scan;

/// Bytes taken of a file. The longest that must be whole is the cgroup file of a Kubernetes pod
/// under version 1: 13 lines of about 200 bytes.
const LARGEST: usize = 4096;

/// Reads files of processes into one buffer.
#[derive(Debug)]
pub struct Files {
    path: String,
    buffer: Box<[u8]>,
    /// Files that were read.
    pub reads: u32,
}

impl Default for Files {
    fn default() -> Files {
        Files { path: String::new(), buffer: vec![0; LARGEST].into_boxed_slice(), reads: 0 }
    }
}

impl Files {
    /// What the file of that process holds; `None` when the process or the file is gone, or may
    /// not be read.
    pub fn read(&mut self, folder: &Folder, pid: u32, name: &str) -> Option<&[u8]> {
        self.path.clear();
        let _ = write!(self.path, "{pid}/{name}");
        self.reads += 1;
        folder.read(&self.path, &mut self.buffer).ok()
    }
}

/// The units that the kernel counts processes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Machine {
    /// Bytes of a page: 4096, on some arm64 kernels 16384 or 65536.
    pub page_bytes: u64,
    /// Clock ticks a second.
    pub ticks_per_s: u64,
}

impl Machine {
    /// Those of the root, as the kernel tells them to each program in proc/self/auxv (getauxval(3));
    /// 4096 and 100, which all L4T kernels have, for a root without it.
    pub fn of(root: &Root) -> Machine {
        Machine::parse(&root.read("proc/self/auxv", 4096).unwrap_or_default())
    }

    fn parse(auxv: &[u8]) -> Machine {
        const PAGE_SIZE: usize = 6; // AT_PAGESZ, include/uapi/linux/auxvec.h
        const CLOCK_TICKS: usize = 17; // AT_CLKTCK
        let mut machine = Machine { page_bytes: 4096, ticks_per_s: 100 };
        let mut words = auxv.chunks_exact(size_of::<usize>()).filter_map(|word| {
            let word: [u8; size_of::<usize>()] = word.try_into().ok()?;
            Some(usize::from_ne_bytes(word))
        });
        while let (Some(kind), Some(value)) = (words.next(), words.next()) {
            match kind {
                PAGE_SIZE if value.is_power_of_two() && (1024..=1 << 20).contains(&value) => {
                    machine.page_bytes = value as u64;
                }
                CLOCK_TICKS if (1..=10_000).contains(&value) => machine.ticks_per_s = value as u64,
                _ => {}
            }
        }
        machine
    }

    /// The load between two looks at a number, per mille of one core. Another process of that
    /// number, a counter that runs backwards, and no time between them give none.
    pub fn load_pm(self, before: &Seen, now: &Seen, span: Duration) -> Option<u32> {
        if before.start_ticks != now.start_ticks {
            return None;
        }
        // The counters wrap at 32 bits, so one that runs backwards is a difference below zero.
        let ticks = u64::try_from(now.cpu_ticks.wrapping_sub(before.cpu_ticks) as i32).ok()?;
        let span_us = u64::try_from(span.as_micros()).ok()?;
        let whole = self.ticks_per_s.checked_mul(span_us)?;
        // 31 bits of ticks times 30 of the scale.
        u32::try_from((ticks * 1_000_000_000).checked_div(whole)?).ok()
    }
}

/// The effective user of a status file: the second number behind `Uid:` (proc(5)). The name above
/// it cannot fake that line: its line ends are escaped.
pub fn effective_user(status: &[u8]) -> Option<u32> {
    let line = status.split(|&byte| byte == b'\n').find_map(|line| line.strip_prefix(b"Uid:"))?;
    let (user, rest) =
        scan::apart::small(line.split(u8::is_ascii_whitespace).filter(|n| !n.is_empty()).nth(1)?)?;
    rest.is_empty().then_some(user)
}

/// Writes bytes of a stranger as text of at most `most` bytes: a NUL becomes a blank, what is not
/// UTF-8 is replaced, control characters stay.
pub fn write_text(bytes: &[u8], most: usize, into: &mut String) {
    let end = into.len() + most;
    // What lies further back cannot be shown; a character has four bytes at most.
    for chunk in bytes.get(..most + 4).unwrap_or(bytes).utf8_chunks() {
        into.extend(chunk.valid().chars().map(|c| if c == '\0' { ' ' } else { c }));
        if !chunk.invalid().is_empty() {
            into.push(char::REPLACEMENT_CHARACTER);
        }
    }
    while into.len() > end || !into.is_char_boundary(into.len().min(end)) {
        into.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_units_of_the_kernel() {
        let auxv = |pairs: &[(usize, usize)]| {
            pairs
                .iter()
                .flat_map(|&(kind, value)| [kind, value])
                .flat_map(usize::to_ne_bytes)
                .collect::<Vec<u8>>()
        };
        for (pairs, page_bytes, ticks_per_s) in [
            (&[][..], 4096, 100),
            (&[(6, 65536), (17, 250), (0, 0)], 65536, 250),
            (&[(33, 1), (17, 1000), (25, 7), (6, 16384)], 16384, 1000),
            (&[(6, 0), (17, 0)], 4096, 100),
            (&[(6, 4095), (17, 10_001)], 4096, 100),
            (&[(6, 1 << 40), (17, usize::MAX)], 4096, 100),
            (&[(1, 6), (65536, 17)], 4096, 100),
        ] {
            let wanted = Machine { page_bytes, ticks_per_s };
            assert_eq!(Machine::parse(&auxv(pairs)), wanted, "{pairs:?}");
        }
        let cut = auxv(&[(6, 65536)]);
        assert_eq!(Machine::parse(&cut[..cut.len() - 1]).page_bytes, 4096);
    }

    #[test]
    fn loads() {
        let machine = Machine { page_bytes: 4096, ticks_per_s: 100 };
        let seen = |start_ticks, cpu_ticks| Seen { pid: 1, start_ticks, cpu_ticks };
        for (before, now, ms, wanted) in [
            (seen(5, 100), seen(5, 200), 1000, Some(1000)),
            (seen(5, 100), seen(5, 100), 1000, Some(0)),
            (seen(5, 100), seen(5, 101), 200, Some(50)),
            (seen(5, 0), seen(5, 1200), 1000, Some(12_000)),
            (seen(5, u32::MAX), seen(5, 9), 1000, Some(100)),
            (seen(5, 0), seen(5, i32::MAX as u32), 3_600_000, Some(5_965_232)),
            (seen(5, 100), seen(6, 200), 1000, None),
            (seen(5, 100), seen(5, 99), 1000, None),
            (seen(5, 100), seen(5, 0), 1000, None),
            (seen(5, 100), seen(5, 200), 0, None),
            (seen(5, 0), seen(5, i32::MAX as u32), 1, None),
            (seen(5, 0), seen(5, 1), u64::MAX, None),
        ] {
            let load = machine.load_pm(&before, &now, Duration::from_millis(ms));
            assert_eq!(load, wanted, "{before:?} {now:?} {ms} ms");
        }
    }

    #[test]
    fn effective_users() {
        for (status, wanted) in [
            ("Name:\tsudo\nUmask:\t0022\nUid:\t1000\t0\t0\t0\nGid:\t5\t6\t7\t8\n", Some(0)),
            ("Uid:\t1\t4294967295\t1\t1", Some(u32::MAX)),
            ("Uid: 1 2 3 4", Some(2)),
            ("Name:\tUid:\t3\t3\nUid:\t1\t2\t1\t1\n", Some(2)),
            ("", None),
            ("Uid:", None),
            ("Uid:\t1\n\t2", None),
            ("Uid:\t1\t-2\t1\t1", None),
            ("Uid:\t1\t2x\t1\t1", None),
            ("Uid:\t1\t4294967296\t1\t1", None),
            ("Gid:\t1\t2\t1\t1", None),
        ] {
            assert_eq!(effective_user(status.as_bytes()), wanted, "{status:?}");
        }
    }

    #[test]
    fn ok_texts() {
        for (bytes, most, wanted) in [
            (&b"sh\0-c\0true"[..], 256, "sh -c true"),
            (b"a\xffb\xe2\x82", 256, "a\u{fffd}b\u{fffd}"),
            (b"\x1b[31m\nx", 256, "\u{1b}[31m\nx"),
            (b"", 256, ""),
            (b"abcdef", 3, "abc"),
            ("\u{20ac}\u{20ac}".as_bytes(), 5, "\u{20ac}"),
            (b"\xff\xff\xff", 7, "\u{fffd}\u{fffd}"),
            (b"abc", 0, ""),
        ] {
            let mut text = "x".to_owned();
            write_text(bytes, most, &mut text);
            assert_eq!(text.strip_prefix('x'), Some(wanted), "{}", bytes.escape_ascii());
        }
        let mut text = String::new();
        write_text(&vec![b'y'; 1 << 20], 256, &mut text);
        assert_eq!(text.len(), 256);
    }
}
