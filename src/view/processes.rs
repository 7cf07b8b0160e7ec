//! A list of processes as a table for people, in 80 columns.

use std::fmt::Write;

use super::unit::{block, or_dash, percent};
use crate::process::{Process, Sort};
use crate::quote::is_odd;

const WIDTH: usize = 80;
const USER: usize = 8;
const CONTAINER: usize = 12;

/// The table: a line that says what it is, a header, and a line for each process. The column of
/// containers is there when one of the processes is in one.
pub fn table(processes: &[Process], total: u32, sort: Sort) -> String {
    let contained = processes.iter().any(|process| !process.container.is_empty());
    let mut text = format!("{total} processes, {} shown by {}\n", processes.len(), sort.name());
    let mut line = "    PID USER      THR S  CPU %       RSS       GPU ".to_owned();
    if contained {
        let _ = write!(line, "{:<CONTAINER$} ", "CONTAINER");
    }
    line.push_str("COMMAND");
    for process in processes {
        text.push_str(line.trim_end());
        text.push('\n');
        row(process, contained, &mut line);
    }
    text.push_str(line.trim_end());
    text.push('\n');
    text
}

fn row(process: &Process, contained: bool, line: &mut String) {
    line.clear();
    let _ = write!(line, "{:>7} ", process.pid);
    cell(&process.user, USER, line);
    let load = or_dash(process.cpu_pm.map(percent));
    let (rss, gpu) = (block(process.rss_bytes), or_dash(process.gpu_bytes.map(block)));
    let state = if process.state.is_ascii_graphic() { process.state } else { '?' };
    let _ =
        write!(line, " {:>4} {state} {:>6} {rss:>9} {gpu:>9} ", process.threads, load.trim_end_matches(" %"));
    if contained {
        cell(&process.container, CONTAINER, line);
        line.push(' ');
    }
    let used: usize = line.chars().map(columns).sum();
    fit(&process.command, WIDTH.saturating_sub(used), line);
}

/// A text of that width, filled up with blanks; a plus at its end says that it was cut, a dash
/// that there is none.
fn cell(text: &str, width: usize, line: &mut String) {
    let used = fit(if text.is_empty() { "-" } else { text }, width, line);
    line.extend(std::iter::repeat_n(' ', width.saturating_sub(used)));
}

/// Writes what fits into `width` columns; gives how many it took. Names and commands are a
/// stranger's, and this may be read on a terminal: what it would obey is escaped.
fn fit(text: &str, width: usize, line: &mut String) -> usize {
    let mut safe = String::new();
    for c in text.chars() {
        if is_odd(c) { safe.extend(c.escape_default()) } else { safe.push(c) }
    }
    let (mut used, mut cut) = (0, (0, 0));
    for (place, c) in safe.char_indices() {
        if used < width {
            cut = (place, used); // a plus fits here
        }
        used += columns(c);
    }
    if used > width {
        safe.truncate(cut.0);
        safe.push('+');
        used = cut.1 + 1;
    }
    line.push_str(&safe);
    used
}

/// Columns of a character. Han, Hangul, kana and most signs beyond take two.
fn columns(c: char) -> usize {
    if c < '\u{1100}' { 1 } else { 2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_what_fits() {
        for (text, width, wanted, used) in [
            ("", 4, "", 0),
            ("abcd", 4, "abcd", 4),
            ("abcde", 4, "abc+", 4),
            ("a\u{1b}[31m", 20, "a\\u{1b}[31m", 11),
            ("a\u{1b}[31m", 5, "a\\u{+", 5),
            ("a\nb", 20, "a\\nb", 4),
            ("\u{202e}x", 20, "\\u{202e}x", 9),
            ("\u{65e5}\u{672c}", 4, "\u{65e5}\u{672c}", 4),
            ("\u{65e5}\u{672c}", 3, "\u{65e5}+", 3),
            ("\u{e9}t\u{e9}", 3, "\u{e9}t\u{e9}", 3),
            ("abc", 1, "+", 1),
        ] {
            let mut line = String::new();
            assert_eq!((fit(text, width, &mut line), line.as_str()), (used, wanted), "{text:?}");
        }
    }

    #[test]
    fn ok_tables() {
        let process = |pid, user: &str, command: &str| Process {
            pid,
            user: user.into(),
            threads: 3,
            state: 'S',
            command: command.into(),
            ..Process::default()
        };
        let mut list =
            [process(1, "root", "/sbin/init splash"), process(4_194_304, "systemd-resolve", "[x]")];
        list[0].cpu_pm = Some(1205);
        list[0].rss_bytes = 12 << 20;
        list[1].gpu_bytes = Some(4096);
        assert_eq!(
            table(&list, 2077, Sort::Gpu),
            "2077 processes, 2 shown by gpu\n    \
                PID USER      THR S  CPU %       RSS       GPU COMMAND\n      \
                  1 root        3 S    121     12 MB         - /sbin/init splash\n\
            4194304 systemd+    3 S      -      0 kB      4 kB [x]\n"
        );
        list[0].container = "0123456789ab".into();
        list[0].command = "x".repeat(256);
        list[1].user = "\u{65e5}".repeat(9);
        list[1].command = "\u{1b}]0;\u{65e5}\u{7}".repeat(9);
        for line in table(&list, 1, Sort::Cpu).lines() {
            assert!(line.chars().map(columns).sum::<usize>() <= WIDTH, "{line}");
            assert!(!line.contains(is_odd) && line.trim_end() == line, "{line:?}");
        }
        assert_eq!(table(&[], 0, Sort::Pid).lines().count(), 2);
    }
}
