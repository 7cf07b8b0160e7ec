//! Which processes are rows, and in which order.

use std::cmp::Ordering;

use super::super::processes::Kind;
use super::State;
use crate::order::sort;
use crate::process::Process;
use crate::wire::request::MOST_PROCESSES;

impl State {
    /// Makes the rows anew, and finds who was chosen among them.
    pub(super) fn arrange(&mut self) {
        let mut rows = std::mem::take(&mut self.rows);
        rows.clear();
        for (place, process) in self.list.iter().enumerate().take(MOST_PROCESSES as usize) {
            if self.is_shown(process) {
                rows.push((place, 0));
            }
        }
        let list = &*self.list;
        let get = |row: &(usize, u16)| list.get(row.0);
        sort(&mut rows, |a, b| match (get(a), get(b)) {
            (Some(a), Some(b)) => order(self.sort, a, b).is_lt(),
            _ => false,
        });
        self.rows = if self.is_tree { tree(&rows, list) } else { rows };
        let chosen = self.chosen.take();
        if let Some(row) = self.rows.iter().position(|row| list.get(row.0).map(|p| p.pid) == chosen) {
            (self.cursor, self.chosen) = (row, chosen);
        }
        self.cursor = self.cursor.min(self.rows.len().saturating_sub(1));
    }

    fn is_shown(&self, process: &Process) -> bool {
        let of_filter = || {
            // Nobody can type what stands between them.
            let text = [&process.command, "\0", &process.user, "\0", &process.pid.to_string()].concat();
            has(&text, &self.filter)
        };
        (!self.own_only || process.user == self.own) && (self.filter.is_empty() || of_filter())
    }
}

/// Whether the text has the part, which is not empty, with letters of any case.
fn has(text: &str, part: &str) -> bool {
    text.as_bytes().windows(part.len().max(1)).any(|here| here.eq_ignore_ascii_case(part.as_bytes()))
}

/// The most of a number comes first, and names by the alphabet; of equal ones, as in the lists of the
/// server, that with more memory.
fn order(kind: Kind, a: &Process, b: &Process) -> Ordering {
    let first = match kind {
        Kind::Cpu => b.cpu_pm.cmp(&a.cpu_pm),
        Kind::Memory => Ordering::Equal,
        Kind::Gpu => b.gpu_bytes.cmp(&a.gpu_bytes),
        Kind::Pid => a.pid.cmp(&b.pid),
        Kind::User => a.user.cmp(&b.user),
        Kind::Threads => b.threads.cmp(&a.threads),
        Kind::State => a.state.cmp(&b.state),
        // Those of no container come last.
        Kind::Container => {
            (a.container.is_empty(), &a.container).cmp(&(b.container.is_empty(), &b.container))
        }
        Kind::Command => a.command.cmp(&b.command),
    };
    first.then(b.rss_bytes.cmp(&a.rss_bytes)).then(a.pid.cmp(&b.pid))
}

/// Puts each row below that of its parent. Who has none among the rows begins a tree; so does one of
/// those that are each other's parents, which no kernel says, but a stranger may.
fn tree(rows: &[(usize, u16)], list: &[Process]) -> Vec<(usize, u16)> {
    let process = |place: usize| list.get(place).map_or((0, 0), |process| (process.pid, process.ppid));
    // Of those that are left, whether they have a parent.
    let mut left = rows.to_vec();
    for row in &mut left {
        row.1 = u16::from(rows.iter().any(|other| process(other.0).0 == process(row.0).1));
    }
    let (mut done, mut path): (_, Vec<u32>) = (Vec::with_capacity(rows.len()), Vec::new());
    while !left.is_empty() {
        let next = left.iter().position(|row| match path.last() {
            Some(pid) => process(row.0).1 == *pid,
            None => row.1 == 0,
        });
        let at = match next {
            Some(at) => at,
            None if path.pop().is_some() => continue,
            None => 0,
        };
        let (place, _) = left.remove(at); // it has some
        done.push((place, u16::try_from(path.len()).unwrap_or(u16::MAX)));
        path.push(process(place).0);
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: u32, ppid: u32) -> Process {
        Process { pid, ppid, ..Process::default() }
    }

    #[test]
    fn ok_what_a_filter_finds() {
        for (text, part, wanted) in [
            ("/usr/bin/Python3 train.py", "pyTHON", true),
            ("abc", "abc", true),
            ("abc", "abcd", false),
            ("", "a", false),
            ("a b", " ", true),
            ("\u{e4}x\u{e4}", "X", true),
        ] {
            assert_eq!(has(text, part), wanted, "{text:?} {part:?}");
        }
    }

    #[test]
    fn ok_trees() {
        for (list, wanted) in [
            (&[][..], &[][..]),
            (&[(1, 0)], &[(1, 0)]),
            (&[(5, 4), (1, 0), (4, 1), (3, 1), (9, 5)], &[(1, 0), (4, 1), (5, 2), (9, 3), (3, 1)]),
            // Parents that are not shown.
            (&[(5, 4), (2, 7), (6, 5)], &[(5, 0), (6, 1), (2, 0)]),
            (&[(2, 0), (1, 0)], &[(2, 0), (1, 0)]),
            // What no kernel says.
            (&[(1, 1)], &[(1, 0)]),
            (&[(1, 2), (2, 1), (3, 2)], &[(1, 0), (2, 1), (3, 2)]),
            (&[(0, 0), (7, 0)], &[(0, 0), (7, 1)]),
            (&[(4, 1), (4, 1), (5, 4)], &[(4, 0), (5, 1), (4, 0)]),
        ] {
            let processes: Vec<Process> = list.iter().map(|(pid, ppid)| process(*pid, *ppid)).collect();
            let rows: Vec<(usize, u16)> = (0..list.len()).map(|place| (place, 0)).collect();
            let rows = tree(&rows, &processes);
            let found: Vec<_> = rows.iter().map(|(place, depth)| (processes[*place].pid, *depth)).collect();
            assert_eq!(found, wanted, "{list:?}");
        }
    }

    #[test]
    fn ok_the_deepest_tree() {
        let chain: Vec<Process> = (1..=2048).map(|pid| process(pid, pid - 1)).collect();
        let rows: Vec<(usize, u16)> = (0..2048).rev().map(|place| (place, 0)).collect();
        let rows = tree(&rows, &chain);
        assert_eq!((rows.len(), rows.last()), (2048, Some(&(2047, 2047))));
    }
}
