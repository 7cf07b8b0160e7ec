//! The processes of the machine, for whoever asks.
//!
//! A [`Processes`] is sampled only on request; it has no part in the steady tick. A sample costs
//! one listing of /proc and three system calls a process (its stat file); user, command and
//! container are read for those alone that are listed. Between samples it keeps twelve bytes a
//! process in each of two tables, so the CPU load is that of the time between them, and not, as ps
//! has it, of the whole life. It never waits. A process that goes away meanwhile, or whose files
//! say what no kernel writes, is passed over.

mod container;
mod file;
mod gpu;
mod stat;
mod users;

use std::io;
use std::time::{Duration, Instant};

use crate::recycled::{Recycle, Recycled};
use crate::root::{Folder, Root};
use crate::scan;
use file::{Files, Machine};

/// Processes that are looked at; the default limit of the kernel (pid_max).
pub const MOST: usize = 32 * 1024;
/// Processes that are listed.
pub const MOST_LISTED: usize = 2048;
/// Of so many listed ones the room is kept from one list to the next.
pub const FEW: usize = 64;
/// Bytes of a command line.
pub const LONGEST_COMMAND: usize = 256;
/// Samples that follow one another faster share the earlier one as their base: of a clock of 100
/// ticks a second less says nothing.
pub const LEAST: Duration = Duration::from_millis(100);

/// One process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// That of its parent; 0 when it has none.
    pub ppid: u32,
    /// The name of the effective user, or the number of one without a name; empty when it is not
    /// known.
    pub user: String,
    /// Threads.
    pub threads: u32,
    /// `R` running, `S` sleeping, `D` waiting for a device, `Z` ended, `T` stopped, `I` idle... as
    /// the kernel writes it.
    pub state: char,
    /// Load since the sample before, per mille of one core; `None` in a first sample, and for a
    /// process that was not in the one before.
    pub cpu_pm: Option<u32>,
    /// Resident memory, bytes, by the page size of the kernel.
    pub rss_bytes: u64,
    /// Memory of the GPU, bytes; `None` when it is not known, and for one that has none.
    pub gpu_bytes: Option<u64>,
    /// Short id or name of its container; empty outside of one.
    pub container: String,
    /// The command line with blanks between the arguments, at most 256 bytes, control characters
    /// as they are; `[name]` for a thread of the kernel and a process that has ended.
    pub command: String,
}

impl Recycle for Process {
    fn name(&self) -> &str {
        &self.command
    }

    fn name_mut(&mut self) -> &mut String {
        &mut self.command
    }

    fn recycle(&mut self) {
        self.user.clear();
        self.container.clear();
    }
}

/// What a list begins with: the most of it, but for pid the lowest. Where two have the same, the
/// one with more memory comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Sort {
    /// CPU load.
    #[default]
    Cpu,
    /// Resident memory.
    Memory,
    /// GPU memory.
    Gpu,
    /// Number.
    Pid,
    /// Threads.
    Threads,
}

impl Sort {
    /// All of them, by name.
    pub const NAMES: [(&'static str, Sort); 5] = [
        ("cpu", Sort::Cpu),
        ("memory", Sort::Memory),
        ("gpu", Sort::Gpu),
        ("pid", Sort::Pid),
        ("threads", Sort::Threads),
    ];

    /// The order of that name.
    pub fn named(name: &str) -> Option<Sort> {
        Sort::NAMES.iter().find(|(own, _)| *own == name).map(|&(_, sort)| sort)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Sort::NAMES.iter().find(|(_, sort)| *sort == self).map_or("", |&(name, _)| name)
    }

    /// All of them, for people.
    pub const LIST: &str = "cpu, memory, gpu, pid, threads";

    /// The higher comes first; a value that is not known comes last.
    fn key(self, entry: &Entry) -> u64 {
        match self {
            Sort::Cpu => entry.cpu_pm.map_or(0, |load| u64::from(load) + 1),
            Sort::Memory => entry.stat.rss_pages,
            Sort::Gpu => entry.gpu_bytes.unwrap_or(0),
            Sort::Pid => u64::from(!entry.pid),
            Sort::Threads => u64::from(entry.stat.threads),
        }
    }
}

/// What is kept of a process until the next sample. Of start and time the low 32 bits do: the
/// difference of two samples has room in them for eight months of one core.
#[derive(Clone, Copy, Debug)]
struct Seen {
    pid: u32,
    start_ticks: u32,
    cpu_ticks: u32,
}

/// A process that may be listed.
#[derive(Clone, Copy, Debug)]
struct Entry {
    pid: u32,
    stat: stat::Stat,
    cpu_pm: Option<u32>,
    gpu_bytes: Option<u64>,
    /// By what it is put in order, see [`Sort::key`].
    key: u64,
}

/// Samples the processes of a root.
#[derive(Debug)]
pub struct Processes {
    root: Root,
    machine: Machine,
    /// The sample that loads count from, in order of the numbers, and its time.
    base: Vec<Seen>,
    taken: Option<Instant>,
    /// The sample that is being taken.
    seen: Vec<Seen>,
    /// Those that will be listed, in their order.
    best: Vec<Entry>,
    gpu: gpu::Clients,
    users: users::Users,
    files: Files,
}

impl Processes {
    /// A collector of that root. Reads its page size and clock; nothing else before it is asked.
    pub fn new(root: &Root) -> Processes {
        Processes {
            root: root.clone(),
            machine: Machine::of(root),
            base: Vec::new(),
            taken: None,
            seen: Vec::new(),
            best: Vec::new(),
            gpu: gpu::Clients::default(),
            users: users::Users::default(),
            files: Files::default(),
        }
    }

    /// Time since the sample that the loads of the next one will count from. Who lists only now
    /// and then takes two samples, lest the load be that of an hour.
    pub fn age(&self, now: Instant) -> Option<Duration> {
        self.taken.map(|taken| now.saturating_duration_since(taken))
    }

    /// Files that the last sample read.
    pub fn reads(&self) -> u32 {
        self.files.reads
    }

    /// Puts the first `limit` (at most [`MOST_LISTED`]) of that order into the list; gives how
    /// many processes there are. A limit of 0 only begins the span of the next sample's loads.
    ///
    /// # Errors
    /// `proc` cannot be listed.
    pub fn sample(
        &mut self,
        now: Instant,
        sort: Sort,
        limit: usize,
        into: &mut Recycled<Process>,
    ) -> io::Result<u32> {
        into.clear();
        self.files.reads = 0;
        self.best.clear();
        self.seen.clear();
        // Growing by doubling would leave up to twice as much for ever.
        self.seen.reserve_exact(self.base.len().saturating_add(self.base.len() / 64));
        let folder = self.root.folder("proc")?;
        if limit > 0 {
            self.gpu.refresh(&self.root);
        }
        let span = self.age(now).unwrap_or_default();
        let limit = limit.min(MOST_LISTED);
        folder.each_name(&mut |name| {
            if let Some(entry) = self.look_at(&folder, name, span) {
                let key = sort.key(&entry);
                keep(&mut self.best, Entry { key, ..entry }, limit);
            }
            self.seen.len() < MOST
        })?;
        let total = u32::try_from(self.seen.len()).unwrap_or(u32::MAX);
        if self.taken.is_none() || span >= LEAST {
            self.taken = Some(now);
            std::mem::swap(&mut self.base, &mut self.seen);
        }
        if !self.best.is_empty() {
            self.users.refresh(&self.root);
        }
        for entry in &self.best {
            let _ = list(&mut self.files, &folder, &self.users, self.machine, entry, into);
        }
        self.best.clear();
        self.best.shrink_to(FEW);
        Ok(total)
    }

    fn look_at(&mut self, folder: &Folder, name: &str, span: Duration) -> Option<Entry> {
        let pid = pid(name)?;
        let line = self.files.read(folder, pid, "stat")?;
        let stat = stat::parse(line, pid)?;
        let seen = Seen { pid, start_ticks: stat.start_ticks as u32, cpu_ticks: stat.cpu_ticks as u32 };
        // Linux lists them in their order; of a number that comes twice, the first counts.
        match self.seen.last() {
            Some(last) if last.pid >= pid => {
                let place = self.seen.binary_search_by_key(&pid, |seen| seen.pid).err()?;
                self.seen.insert(place, seen);
            }
            _ => self.seen.push(seen),
        }
        let place = self.base.binary_search_by_key(&pid, |seen| seen.pid).ok();
        let before = place.and_then(|place| self.base.get(place));
        let cpu_pm = before.and_then(|before| self.machine.load_pm(before, &seen, span));
        Some(Entry { pid, stat, cpu_pm, gpu_bytes: self.gpu.size_bytes(pid), key: 0 })
    }
}

/// Whether the process of that number still has that command, as lists have it: after it has ended,
/// another one may have its number.
pub fn is_still(root: &Root, pid: u32, command: &str) -> bool {
    let Ok(folder) = root.folder("proc") else { return false };
    let mut found = String::new();
    self::command(&mut Files::default(), &folder, pid, &mut found).is_some() && found == command
}

/// The name of a user, as lists have it.
pub fn user_name(root: &Root, user: u32) -> String {
    let (mut users, mut name) = (users::Users::default(), String::new());
    users.refresh(root);
    users.write(user, &mut name);
    name
}

/// Puts an entry at its place in a list of at most `limit`.
fn keep(best: &mut Vec<Entry>, entry: Entry, limit: usize) {
    let rank = |entry: &Entry| (entry.key, entry.stat.rss_pages, !entry.pid);
    let own = rank(&entry);
    if best.len() >= limit {
        if best.last().is_none_or(|last| rank(last) > own) {
            return;
        }
        best.pop();
    }
    let place = best.partition_point(|other| rank(other) > own);
    best.insert(place, entry);
}

/// Adds a process with all that is shown of it, unless it has gone away.
fn list(
    files: &mut Files,
    folder: &Folder,
    users: &users::Users,
    machine: Machine,
    entry: &Entry,
    into: &mut Recycled<Process>,
) -> Option<()> {
    let pid = entry.pid;
    let process = into.add();
    if command(files, folder, pid, &mut process.command).is_none() {
        into.drop_last();
        return None;
    }
    process.pid = pid;
    process.ppid = entry.stat.parent;
    process.threads = entry.stat.threads;
    process.state = entry.stat.state;
    process.cpu_pm = entry.cpu_pm;
    process.rss_bytes = entry.stat.rss_pages.saturating_mul(machine.page_bytes);
    process.gpu_bytes = entry.gpu_bytes;
    if let Some(user) = files.read(folder, pid, "status").and_then(file::effective_user) {
        users.write(user, &mut process.user);
    }
    container::write(files.read(folder, pid, "cgroup").unwrap_or_default(), &mut process.container);
    Some(())
}

/// Writes what a process was started as, or its name between brackets; `None` when it is gone.
fn command(files: &mut Files, folder: &Folder, pid: u32, into: &mut String) -> Option<()> {
    let line = files.read(folder, pid, "cmdline").unwrap_or_default();
    // Programs that rename themselves leave NULs behind the new text.
    let end = line.iter().rposition(|byte| !b"\0 ".contains(byte)).map_or(0, |last| last + 1);
    let line = line.get(..end).unwrap_or_default();
    if !line.is_empty() {
        file::write_text(line, LONGEST_COMMAND, into);
        return Some(());
    }
    let name = files.read(folder, pid, "comm")?;
    into.push('[');
    file::write_text(name.strip_suffix(b"\n").unwrap_or(name), LONGEST_COMMAND - 2, into);
    into.push(']');
    Some(())
}

/// The number that a directory of /proc is called by.
fn pid(name: &str) -> Option<u32> {
    let (pid, rest) = scan::apart::small(name.as_bytes())?;
    (rest.is_empty() && !name.starts_with('0')).then_some(pid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_orders_by_name() {
        for (name, sort) in Sort::NAMES {
            assert_eq!((Sort::named(name), sort.name()), (Some(sort), name));
        }
        assert_eq!(Sort::NAMES.map(|(name, _)| name).join(", "), Sort::LIST);
        for name in ["", "CPU", "cpu ", "mem"] {
            assert_eq!(Sort::named(name), None, "{name:?}");
        }
        assert_eq!((size_of::<Seen>(), MOST_LISTED), (12, 2048));
    }

    #[test]
    fn numbers_of_directories() {
        for (name, wanted) in [
            ("1", Some(1)),
            ("4294967295", Some(u32::MAX)),
            ("0", None),
            ("007", None),
            ("", None),
            ("self", None),
            ("1x", None),
            ("-1", None),
            ("4294967296", None),
        ] {
            assert_eq!(pid(name), wanted, "{name:?}");
        }
    }
}
