//! The swap file that is ours, and the compressed swap of the vendor.
//!
//! Not among the controls of the daemon: its unit may not swap, and a file of gigabytes takes its time.
//! A program of its own makes the [`Plan`] and has a desk take the steps, with a journal of its own
//! ([`JOURNAL`]) under a lock, so that a change that was killed in the middle is put back by the next
//! one. What is changed: one file called [`NAME`], its line in /etc/fstab, and what is on of it.
//! All functions that plan only read.

mod area;
mod fstab;
mod medium;
mod zram;

use std::os::unix::fs::FileExt;
use std::time::Duration;

use nix::sys::stat::FileStat;

use self::area::Area;
use super::journal::{Record, Undo};
use super::plan::{Plan, Step};
use super::run::failed;
use super::{Kind, Refusal};
use crate::root::{Lock, Root};

/// The journal of changes of the swap.
pub const JOURNAL: &str = "run/jetsonscope/undo-swap";
/// Held by the program that changes it.
const LOCK: &str = "run/jetsonscope/swap.lock";
/// What the file is called, in the directory where it is to be.
pub const NAME: &str = "jetsonscope.swap";
/// The least size, bytes; mkswap(8) wants ten pages, and less than this is of no use.
pub const LEAST: u64 = 64 << 20;
/// The most that is taken unless a size is named, bytes.
const MOST: u64 = 8 << 30;
/// How long mkswap(8) and swapon(8) may take: they write one page.
const SHORT: Duration = Duration::from_secs(60);
/// How long swapoff(8) may take: it reads back all that is swapped out, from a slow card.
const LONG: Duration = Duration::from_secs(1800);
/// How long /proc/swaps may take to show it.
const SHOWN: Duration = Duration::from_secs(2);

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Make the file, and turn it on.
    Create {
        /// Its size, bytes; as large as RAM, up to 8 GiB, when none is named.
        size_bytes: Option<u64>,
        /// It may be on a card that swapping wears out.
        wear: bool,
    },
    /// Turn it on, now and at each boot.
    On,
    /// Turn it off, now and at each boot; the file stays.
    Off,
    /// Turn it off and remove it.
    Remove,
    /// Turn compressed swap in RAM on or off, now and at each boot.
    Zram(bool),
}

/// What there is of the file.
struct Found {
    /// Its path, with a slash in front.
    path: String,
    status: Option<FileStat>,
    areas: Vec<Area>,
    table: Vec<u8>,
}

/// How to do it on a board as it is; `directory` is where the file is, or is to be, unless it is known.
///
/// # Errors
/// Why it is not done.
pub fn plan(root: &Root, request: &Request, directory: Option<&str>) -> Result<Plan, Refusal> {
    let areas = area::read(root)?;
    if let Request::Zram(on) = request {
        return zram::plan(root, &areas, *on);
    }
    let table = super::wanted::table(root, fstab::PATH)?;
    let known =
        fstab::ours(&table).or_else(|| areas.iter().map(|area| area.name.clone()).find(|n| is_ours(n)));
    let asked = directory.map(path_in).transpose()?;
    if let (Some(known), Some(asked)) = (&known, &asked)
        && known != asked
    {
        let why = ["swap: there is ", known, " already, and one file is all (jetson_scope_swap remove)"];
        return Err(Refusal::new(Kind::Conflict, why.concat()));
    }
    let path = known.or(asked).unwrap_or_else(|| ["/", NAME].concat());
    let status = root.status(below(&path));
    let found = Found { path, status, areas, table };
    found.is_sound()?;
    match request {
        Request::Create { size_bytes, wear } => found.create(root, *size_bytes, *wear),
        Request::On => found.on(root),
        Request::Off => found.off(root, false),
        _ => found.off(root, true),
    }
}

/// Takes the lock of those who change the swap, until it is dropped.
///
/// # Errors
/// Another program has it, or it cannot be made.
pub fn lock(root: &Root) -> Result<Lock, Refusal> {
    let busy = || Refusal::new(Kind::Busy, "busy: another program changes the swap");
    root.lock(LOCK).map_err(|error| failed(LOCK, &error))?.ok_or_else(busy)
}

impl Found {
    /// What has the name must be a file of ours.
    fn is_sound(&self) -> Result<(), Refusal> {
        let Some(status) = &self.status else { return Ok(()) };
        let wrong = if status.st_mode & libc::S_IFMT != libc::S_IFREG {
            "is no file, and stays"
        } else if status.st_uid != nix::unistd::geteuid().as_raw() && status.st_uid != 0 {
            "belongs to somebody else, and stays"
        } else {
            return Ok(());
        };
        Err(Refusal::new(Kind::Conflict, [&self.path, ": ", wrong].concat()))
    }

    fn area(&self) -> Option<&Area> {
        self.areas.iter().find(|area| area.name == self.path)
    }

    fn word(&self) -> &'static str {
        match (self.area(), &self.status) {
            (Some(_), _) => "on",
            (None, Some(_)) => "off",
            (None, None) => "absent",
        }
    }

    fn create(&self, root: &Root, size_bytes: Option<u64>, wear: bool) -> Result<Plan, Refusal> {
        if let Some(status) = &self.status {
            let has_bytes = u64::try_from(status.st_size).unwrap_or_default();
            let why = if size_bytes.is_some_and(|bytes| bytes != has_bytes) {
                format!(" is there already, with {} MB", has_bytes >> 20)
            } else if self.area().is_none() && !is_swap(root, below(&self.path)) {
                " is there already, and is no swap".to_owned()
            } else {
                return self.on(root);
            };
            let why = [self.path.as_str(), ":", &why, " (jetson_scope_swap remove)"].concat();
            return Err(Refusal::new(Kind::Conflict, why));
        }
        programs(root, &["mkswap", "swapon"])?;
        let (directory, _) = self.path.rsplit_once('/').unwrap_or_default();
        let directory = directory.strip_prefix('/').unwrap_or_default();
        is_plain(root, directory)?;
        let medium = medium::of(root, directory, wear)?;
        let bytes = size_bytes.unwrap_or_else(|| usual_bytes(root));
        medium::fits(root, directory, bytes)?;
        let (path, mut plan) = (below(&self.path).to_owned(), self.planned("on"));
        plan.steps =
            vec![Step::Fill { path, bytes, zeros: medium.zeros }, Step::run("mkswap", &[&self.path], SHORT)];
        plan.steps.extend(turned_on(&self.path));
        plan.notes.push(format!("{}: {} MB", self.path, bytes >> 20));
        self.in_table(Some(true), &mut plan);
        Ok(ended(plan))
    }

    fn on(&self, root: &Root) -> Result<Plan, Refusal> {
        let mut plan = self.planned("on");
        if self.area().is_none() {
            let Some(status) = &self.status else {
                let why = [&self.path, ": there is none (jetson_scope_swap create)"].concat();
                return Err(Refusal::new(Kind::Unsupported, why));
            };
            if status.st_mode & 0o077 != 0 {
                let why =
                    [&self.path, ": others may read it, and so all that is swapped (chmod 600)"].concat();
                return Err(Refusal::new(Kind::Conflict, why));
            }
            programs(root, &["swapon"])?;
            plan.steps.extend(turned_on(&self.path));
        }
        self.in_table(Some(true), &mut plan);
        Ok(ended(plan))
    }

    fn off(&self, root: &Root, remove: bool) -> Result<Plan, Refusal> {
        let there = self.status.is_some() && !remove;
        let mut plan = self.planned(if there { "off" } else { "absent" });
        if let Some(area) = self.area() {
            programs(root, &["swapoff"])?;
            area::fit_elsewhere(root, &self.areas, &|other| other.name == area.name)?;
            plan.steps.extend(turned_off(area));
        }
        self.in_table(if remove { None } else { Some(false) }, &mut plan);
        if remove && self.status.is_some() {
            let path = below(&self.path).to_owned();
            // The last step: it alone cannot be taken back.
            plan.steps.push(Step::Replace { path, content: None, mode: 0o600, own: true });
        }
        Ok(ended(plan))
    }

    fn planned(&self, new: &str) -> Plan {
        Plan { control: "swap", old: self.word().to_owned(), new: new.to_owned(), ..Plan::default() }
    }

    /// Has the line of the table say whether it is on at each boot, or takes it away.
    fn in_table(&self, on: Option<bool>, plan: &mut Plan) {
        if fstab::is_others(&self.table, &self.path) {
            plan.notes
                .push(["/etc/fstab has a line for ", &self.path, " that is not ours, and stays"].concat());
            return;
        }
        let old = super::line::ours(&self.table, &self.path);
        let new = match on {
            Some(true) => Some(fstab::line(&self.path, old.as_deref(), true)),
            // What has no line is not on at boot either.
            Some(false) => old.as_deref().map(|old| fstab::line(&self.path, Some(old), false)),
            None => None,
        };
        if new != old {
            let (path, key) = (fstab::PATH.to_owned(), self.path.clone());
            plan.steps.push(Step::Line { path, key, line: new });
        }
    }
}

/// The plan, with what is left of the journal forgotten once it is done.
fn ended(mut plan: Plan) -> Plan {
    if !plan.steps.is_empty() {
        plan.steps.push(Step::Forget(plan.control));
        if plan.old == plan.new {
            // So it is now, but not with the next boot.
            plan.old.clear();
        }
    }
    plan
}

fn turned_on(path: &str) -> [Step; 3] {
    let undo = Undo::Swap { area: path.to_owned(), priority: None };
    let word = path.to_owned();
    [
        Step::Note(Record::new("swap", undo)),
        Step::run("swapon", &[path], SHORT),
        Step::Listed { path: area::PATH, word, there: true, within: SHOWN },
    ]
}

fn turned_off(area: &Area) -> [Step; 3] {
    let word = area.name.clone();
    let undo = Undo::Swap { area: word.clone(), priority: Some(area.priority) };
    [
        Step::Note(Record::new(if word.starts_with("/dev/zram") { "zram" } else { "swap" }, undo)),
        Step::run("swapoff", &[&word], LONG),
        Step::Listed { path: area::PATH, word, there: false, within: SHOWN },
    ]
}

/// The step that brings an area back to what it was, if it is not so.
pub(super) fn undone(root: &Root, name: &str, priority: Option<i32>) -> Option<Step> {
    let on = area::read(root).is_ok_and(|areas| areas.iter().any(|area| area.name == name));
    match priority {
        None if on => Some(Step::run("swapoff", &[name], LONG)),
        Some(0..) if !on => {
            let priority = priority.unwrap_or_default().to_string();
            Some(Step::run("swapon", &["-p", &priority, name], SHORT))
        }
        Some(_) if !on => Some(Step::run("swapon", &[name], SHORT)),
        _ => None,
    }
}

fn programs(root: &Root, names: &[&str]) -> Result<(), Refusal> {
    match names.iter().find(|name| root.program(name).is_none()) {
        None => Ok(()),
        Some(name) => Err(Refusal::unsupported(name, "no such program on this board")),
    }
}

/// The path without the slash in front.
fn below(path: &str) -> &str {
    path.trim_start_matches('/')
}

fn is_ours(path: &str) -> bool {
    path.starts_with('/') && path.rsplit('/').next() == Some(NAME)
}

/// The path of the file in a directory.
fn path_in(directory: &str) -> Result<String, Refusal> {
    let wrong = |why| Err(Refusal::value("--dir", directory, why));
    // Blanks and the like would have to be written otherwise in each table that names the file.
    if !directory.bytes().all(|byte| byte.is_ascii_graphic() && !b"\\\"'#".contains(&byte)) {
        return wrong("a path without blanks, quotes and the like");
    }
    if !directory.starts_with('/') || directory.split('/').any(|part| part == "." || part == "..") {
        return wrong("an absolute path without dots");
    }
    let mut path = String::new();
    for part in directory.split('/').filter(|part| !part.is_empty()).chain([NAME]) {
        path.push('/');
        path.push_str(part);
    }
    Ok(path)
}

/// A directory that is none is no place, nor one behind a link, which may lead elsewhere tomorrow, nor
/// one where everybody may put another file in the place of ours.
fn is_plain(root: &Root, directory: &str) -> Result<(), Refusal> {
    let mut ends: Vec<usize> = directory.match_indices('/').map(|(at, _)| at).collect();
    ends.push(directory.len());
    for part in ends.into_iter().filter_map(|end| directory.get(..end)) {
        let mode = root.status(part).map(|status| status.st_mode);
        let wrong = match mode.map(|mode| mode & libc::S_IFMT) {
            Some(libc::S_IFDIR) if mode.is_some_and(|mode| mode & 0o1002 == 0o002) => {
                "everybody may change what is in it"
            }
            Some(libc::S_IFDIR) => continue,
            Some(libc::S_IFLNK) => "is a link (name the directory that it leads to)",
            Some(_) => "is no directory",
            None => "no such directory",
        };
        return Err(Refusal::new(Kind::Invalid, ["/", part, ": ", wrong].concat()));
    }
    Ok(())
}

/// As large as RAM, in whole GiB, up to [`MOST`].
fn usual_bytes(root: &Root) -> u64 {
    let ram = area::memory_bytes(root, "MemTotal:").unwrap_or(MOST);
    ram.div_ceil(1 << 30).clamp(1, MOST >> 30) << 30
}

/// Whether mkswap(8) has written its mark at the end of the first page (include/linux/swap.h).
fn is_swap(root: &Root, path: &str) -> bool {
    const MARK: &[u8; 10] = b"SWAPSPACE2";
    let mut bytes = [0; 10];
    let read = root.open(path).and_then(|file| file.read_exact_at(&mut bytes, root.page_bytes() - 10));
    read.is_ok() && bytes == *MARK
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_and_err_directories() {
        for (directory, wanted) in [
            ("/", Some("/jetsonscope.swap")),
            ("//", Some("/jetsonscope.swap")),
            ("/mnt", Some("/mnt/jetsonscope.swap")),
            ("//mnt//ssd/", Some("/mnt/ssd/jetsonscope.swap")),
            ("/mnt/a-b_c.d@1", Some("/mnt/a-b_c.d@1/jetsonscope.swap")),
            ("", None),
            ("mnt", None),
            (".", None),
            ("/mnt/..", None),
            ("/./mnt", None),
            ("/a b", None),
            ("/a\tb", None),
            ("/a\nb", None),
            ("/a#b", None),
            ("/a\\040b", None),
            ("/a\"b", None),
            ("/\u{e9}", None),
        ] {
            assert_eq!(path_in(directory).ok().as_deref(), wanted, "{directory:?}");
        }
    }
}
