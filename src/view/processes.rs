//! Processes as rows of a table for people: what stands in each column, cleaned, and the whole table in
//! 80 columns.

use super::unit::{block, or_dash, percent};
use crate::process::Process;
#[cfg(feature = "cli")]
use crate::process::Sort;
use crate::quote::is_odd;

#[cfg(feature = "cli")]
const WIDTH: usize = 80;

/// What stands in a column; in the order in which a key goes through them to sort by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    #[default]
    Cpu,
    Memory,
    Gpu,
    Pid,
    User,
    Threads,
    State,
    Container,
    Command,
}

/// A column: what it holds, its heading and width, and in how narrow a table it is left out.
pub(super) struct Column {
    pub kind: Kind,
    pub name: &'static str,
    pub width: usize,
    pub least: u16,
}

const fn column(kind: Kind, name: &'static str, width: usize, least: u16) -> Column {
    Column { kind, name, width, least }
}

/// Those before the command, which has the room that they leave.
pub(super) const COLUMNS: [Column; 8] = [
    column(Kind::Pid, "PID", 7, 0),
    column(Kind::User, "USER", 8, 56),
    column(Kind::Threads, "THR", 4, 72),
    column(Kind::State, "S", 1, 48),
    column(Kind::Cpu, "CPU %", 6, 0),
    column(Kind::Memory, "RSS", 9, 32),
    column(Kind::Gpu, "GPU", 9, 64),
    column(Kind::Container, "CONTAINER", 12, 0),
];
/// The command.
pub(super) const COMMAND: Column = column(Kind::Command, "COMMAND", 0, 0);

impl Column {
    /// Writes a text in its column and the blank behind it; gives the width of the column. One that is
    /// too wide ends with a plus, a dash says that there is none.
    pub fn cell(&self, text: &str, line: &mut String) -> usize {
        let mut safe = String::new();
        let used = fit(if text.is_empty() { "-" } else { text }, self.width, &mut safe);
        // Names begin together, numbers end together.
        let (free, is_left) =
            (self.width.saturating_sub(used), matches!(self.kind, Kind::User | Kind::Container));
        blanks(if is_left { 0 } else { free }, line);
        line.push_str(&safe);
        blanks(if is_left { free + 1 } else { 1 }, line);
        self.width
    }

    fn text(&self, process: &Process) -> String {
        match self.kind {
            Kind::Cpu => or_dash(process.cpu_pm.map(percent)).trim_end_matches(" %").to_owned(),
            Kind::Memory => block(process.rss_bytes),
            Kind::Gpu => or_dash(process.gpu_bytes.map(block)),
            Kind::Pid => process.pid.to_string(),
            Kind::User => process.user.clone(),
            Kind::Threads => process.threads.to_string(),
            Kind::State => if process.state.is_ascii_graphic() { process.state } else { '?' }.to_string(),
            Kind::Container => process.container.clone(),
            Kind::Command => process.command.clone(),
        }
    }
}

/// The table: a line that says what it is, a header, and a line for each process. The column of
/// containers is there when one of the processes is in one.
#[cfg(feature = "cli")]
pub fn table(processes: &[Process], total: u32, sort: Sort) -> String {
    let contained = processes.iter().any(|process| !process.container.is_empty());
    let mut text = format!("{total} processes, {} shown by {}\n", processes.len(), sort.name());
    let mut line = String::new();
    for column in shown(u16::MAX, contained) {
        column.cell(column.name, &mut line);
    }
    line.push_str(COMMAND.name);
    for process in processes {
        text.push_str(line.trim_end());
        text.push('\n');
        line.clear();
        cells(process, u16::MAX, contained, &mut line);
        let used: usize = line.chars().map(columns).sum();
        fit(&process.command, WIDTH.saturating_sub(used), &mut line);
    }
    text.push_str(line.trim_end());
    text.push('\n');
    text
}

/// The columns of a table that wide.
pub(super) fn shown(width: u16, contained: bool) -> impl Iterator<Item = &'static Column> {
    COLUMNS
        .iter()
        .filter(move |column| column.least <= width && (contained || column.kind != Kind::Container))
}

/// Writes what stands before the command.
pub(super) fn cells(process: &Process, width: u16, contained: bool, line: &mut String) {
    for column in shown(width, contained) {
        column.cell(&column.text(process), line);
    }
}

/// Writes blanks.
pub(super) fn blanks(count: usize, line: &mut String) {
    for _ in 0..count {
        line.push(' ');
    }
}

/// Writes what fits into `width` columns; gives how many it took. Names and commands are a
/// stranger's, and this may be read on a terminal: what it would obey is escaped.
pub(super) fn fit(text: &str, width: usize, line: &mut String) -> usize {
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
pub(super) fn columns(c: char) -> usize {
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
    #[cfg(feature = "cli")]
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
