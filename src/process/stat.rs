//! The line of /proc/PID/stat (fs/proc/array.c, proc(5)).
//!
//! The name in it may hold blanks, parentheses and any bytes, so fields count from the last `)`.
//! What the kernel would not write is no process: the file may be a stranger's.

use crate::scan;

/// No real line is as long: 52 fields, and a name of at most 64 bytes.
pub const LONGEST: usize = 2048;

/// What a process list needs of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// `R`, `S`, `D`, `Z`, `T`, `t`, `X`, `I`... as the kernel writes it.
    pub state: char,
    /// The number of its parent; 0 of the first one, and of one from outside of its namespace.
    pub parent: u32,
    /// Time in user and kernel mode since the start, clock ticks.
    pub cpu_ticks: u64,
    /// Threads; a zombie's last one counts.
    pub threads: u32,
    /// When it started, clock ticks after boot: with the number, its identity.
    pub start_ticks: u64,
    /// Resident memory, pages.
    pub rss_pages: u64,
}

/// Reads the line of process `pid`; `None` for anything else.
pub fn parse(line: &[u8], pid: u32) -> Option<Stat> {
    if line.len() >= LONGEST {
        return None;
    }
    let (own, _) = scan::apart::small(line)?;
    let end = line.iter().rposition(|&byte| byte == b')')?;
    let fields = line.get(end + 1..)?.trim_ascii();
    let [state @ (b'A'..=b'Z' | b'a'..=b'z'), b' ', fields @ ..] = fields else { return None };
    // Fields 4, 14, 15, 20, 22 and 24 as proc(5) counts them: the state is the third.
    let [mut parent, mut user_ticks, mut system_ticks, mut threads, mut start_ticks, mut rss_pages] =
        [None; 6];
    for (field, number) in fields.split(|&byte| byte == b' ').zip(4..=24) {
        let into = match number {
            4 => &mut parent,
            14 => &mut user_ticks,
            15 => &mut system_ticks,
            20 => &mut threads,
            22 => &mut start_ticks,
            24 => &mut rss_pages,
            _ => continue,
        };
        let (value, rest) = scan::apart::number(field)?;
        *into = rest.is_empty().then_some(value);
    }
    if own != pid {
        return None;
    }
    Some(Stat {
        state: char::from(*state),
        parent: u32::try_from(parent?).ok()?,
        cpu_ticks: user_ticks?.checked_add(system_ticks?)?,
        threads: u32::try_from(threads?).ok()?,
        start_ticks: start_ticks?,
        rss_pages: rss_pages?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: &str = "1 4242 4242 0 -1 4194304 1 2 3 4 150 50 6 7 20 -5 9 0 123456 1000000 2560 \
        18446744073709551615 1 1 0 0 0 0 0 4096 0 0 0 0 17 3 0 0 0 0 0 0 0 0 0 0 0 0 0\n";

    #[test]
    fn ok_lines() {
        let wanted =
            Stat { state: 'S', parent: 1, cpu_ticks: 200, threads: 9, start_ticks: 123_456, rss_pages: 2560 };
        for name in [
            &b"sh"[..],
            b"",
            b"a b",
            b")",
            b"(sd-pam)",
            b") R 1 2 3",
            b"\xff\xfe\n\t",
            b"kworker/0:1-events_power_efficient",
        ] {
            let line = [b"4242 (", name, b") S ", REST.as_bytes()].concat();
            assert_eq!(parse(&line, 4242), Some(wanted), "{}", line.escape_ascii());
        }
        let short = format!("7 (x) Z {}", REST.split(" 18446").next().unwrap());
        assert_eq!(parse(short.as_bytes(), 7).map(|stat| stat.state), Some('Z'), "{short}");
        let all: Vec<String> = (4..=24).map(|field| field.to_string()).collect();
        let all = format!("7 (x) t {}", all.join(" "));
        let wanted =
            Stat { state: 't', parent: 4, cpu_ticks: 29, threads: 20, start_ticks: 22, rss_pages: 24 };
        assert_eq!(parse(all.as_bytes(), 7), Some(wanted), "{all}");
    }

    #[test]
    fn err_lines() {
        let changed = |from: &str, to: &str| format!("7 (x) S {REST}").replacen(from, to, 1).into_bytes();
        for line in [
            Vec::new(),
            b"7".to_vec(),
            b"7 (x".to_vec(),
            b"7 (x)".to_vec(),
            b"7 (x) S".to_vec(),
            b"7 (x) S 1 4242 4242 0 -1 4194304 1 2 3 4 150 50 6 7 20 -5 9 0 123456 1000000".to_vec(),
            changed("7 (x)", "8 (x)"),
            changed("7 (x)", "(x)"),
            changed("7 (x)", "-7 (x)"),
            changed("S", "SS"),
            changed("S", "\u{e9}"),
            changed("S", "1"),
            changed(" 150 ", " -150 "),
            changed(" 150 ", " 18446744073709551615 "),
            changed(" 150 ", " 99999999999999999999999 "),
            changed(" 150 ", "  "),
            changed(" 9 ", " 4294967296 "),
            changed(" 9 ", " -1 "),
            changed("123456", "0x1e240"),
            changed(" 2560 ", " -1 "),
            changed(" 2560 ", " 2560.5 "),
            b"\x7fELF\0\0(\0)\0S 1 2 3".to_vec(),
            b"7 (x) S 0".repeat(100_000),
            vec![b')'; 1 << 20],
        ] {
            assert_eq!(parse(&line, 7), None, "{:.80}", line.escape_ascii().to_string());
        }
    }
}
