//! Changes below the root: of the kernel's files, and of files that are replaced as a whole. Only
//! `control` calls these.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use nix::fcntl::{AtFlags, Flock, FlockArg, OFlag};
use nix::sys::stat::{FileStat, Mode};

use super::{Root, STATVFS};
use crate::sys;

/// Directories where programs of the board are.
const PROGRAMS: [&str; 4] = ["usr/sbin", "usr/bin", "sbin", "bin"];
/// Links that are followed to find the file that is to be replaced.
const MOST_LINKS: usize = 16;
/// What the file is called until it is whole.
const BESIDE: &str = ".jetsonscope-new";

impl Root {
    /// Writes a file that is there by one write(2): of the kernel's files, each write is a request.
    ///
    /// # Errors
    /// Those of open(2) and write(2); `WriteZero` where the kernel took only a part.
    pub fn write(&self, relative: &str, bytes: &[u8]) -> io::Result<()> {
        self.fault(relative)?;
        // A file system that is mounted to be read alone still gives its files.
        self.fault(&["> ", relative].concat())?;
        let mut file = self.open_for(relative, OFlag::O_WRONLY | OFlag::O_TRUNC)?;
        match file.write(bytes)? {
            taken if taken == bytes.len() => Ok(()),
            _ => Err(io::ErrorKind::WriteZero.into()),
        }
    }

    /// Adds a whole record at the end of a file by one write(2); makes the file, for its owner alone,
    /// and its directory.
    ///
    /// # Errors
    /// Those of mkdir(2), open(2) and write(2). After a part was taken, the file is as it was.
    pub fn append(&self, relative: &str, record: &[u8]) -> io::Result<()> {
        self.fault(relative)?;
        let (directory, name) = split(relative);
        let directory = self.directory(directory)?;
        let access = OFlag::O_WRONLY | OFlag::O_APPEND | OFlag::O_CREAT | OFlag::O_NOFOLLOW;
        let mut file =
            sys::open_at_for(directory.as_fd(), name, false, access, Mode::from_bits_truncate(0o600))?;
        let before = file.metadata()?.len();
        match file.write(record)? {
            taken if taken == record.len() => Ok(()),
            _ => {
                file.set_len(before)?;
                Err(io::ErrorKind::WriteZero.into())
            }
        }
    }

    /// Puts a file in the place of another, or where none was: after a crash there is the old one or
    /// the new one. Where the name is a link, the file that it leads to is replaced, as packages put
    /// their tables behind links. The directory is made if need be.
    ///
    /// # Errors
    /// Those of the calls; then nothing is changed.
    pub fn replace(&self, relative: &str, bytes: &[u8], mode: u32) -> io::Result<()> {
        self.fault(relative)?;
        let target = self.target(relative)?;
        let (directory, name) = split(&target);
        let directory = self.directory(directory)?;
        let beside = [name, BESIDE].concat();
        let access = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_TRUNC | OFlag::O_NOFOLLOW;
        let fd = directory.as_fd();
        let mut file =
            sys::open_at_for(fd, &beside, false, access, Mode::from_bits_truncate(mode as libc::mode_t))?;
        let written = keep_owner(fd, name, &file)
            .and_then(|()| file.write_all(bytes))
            .and_then(|()| file.sync_all())
            .and_then(|()| Ok(nix::fcntl::renameat(fd, beside.as_str(), fd, name)?));
        if written.is_err() {
            let _ = nix::unistd::unlinkat(fd, beside.as_str(), nix::unistd::UnlinkatFlags::NoRemoveDir);
        }
        written.and_then(|()| directory.sync_all())
    }

    /// Removes a file; that there is none is no failure.
    ///
    /// # Errors
    /// Those of unlink(2).
    pub fn remove(&self, relative: &str) -> io::Result<()> {
        self.fault(relative)?;
        let (directory, name) = split(relative);
        let removed = self.open(directory).and_then(|directory| {
            Ok(nix::unistd::unlinkat(&directory, name, nix::unistd::UnlinkatFlags::NoRemoveDir)?)
        });
        removed.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
    }

    /// Makes a file that only its owner may read, where nothing has that name, not even a link; its
    /// directory must be there.
    ///
    /// # Errors
    /// Those of open(2); `AlreadyExists`.
    pub fn create(&self, relative: &str) -> io::Result<File> {
        self.fault(relative)?;
        let (directory, name) = split(relative);
        let directory = self.open(directory)?;
        let access = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW;
        sys::open_at_for(directory.as_fd(), name, false, access, Mode::S_IRUSR | Mode::S_IWUSR)
    }

    /// What has that name, be it a link; `None` where nothing has.
    pub fn status(&self, relative: &str) -> Option<FileStat> {
        let (directory, name) = split(relative);
        let directory = self.open(directory).ok()?;
        let name = if name.is_empty() { "." } else { name };
        nix::sys::stat::fstatat(&directory, name, AtFlags::AT_SYMLINK_NOFOLLOW).ok()
    }

    /// The room of the file system that a directory is in, bytes: all, in use, to be had. Of a directory
    /// that is taken for a board, its file [`STATVFS`] tells, if it does: the line of the longest name.
    pub fn room(&self, relative: &str) -> Option<[u64; 3]> {
        let stated = if self.is_system() { None } else { self.text(STATVFS) };
        let stated = stated.as_deref().and_then(|text| stated_room(text, relative));
        stated.or_else(|| sys::file_system_of(&self.open(relative).ok()?))
    }

    /// Takes a file as a lock, until what is returned is dropped or the program ends, by whatever.
    ///
    /// # Errors
    /// Those of making the file; `WouldBlock` when another program has it.
    pub fn lock(&self, relative: &str) -> io::Result<Flock<File>> {
        self.append(relative, b"")?;
        Flock::lock(self.open(relative)?, FlockArg::LockExclusiveNonblock).map_err(|(_, error)| error.into())
    }

    /// Where a program of the board is, to be run; `None` when there is none of that name.
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        let runs = |relative: &String| {
            let file = self.open(relative).and_then(|file| file.metadata());
            file.is_ok_and(|file| {
                file.is_file() && std::os::unix::fs::PermissionsExt::mode(&file.permissions()) & 0o111 != 0
            })
        };
        let found = PROGRAMS.iter().map(|directory| [directory, "/", name].concat()).find(runs)?;
        Some(self.path.join(found))
    }

    fn open_for(&self, relative: &str, access: OFlag) -> io::Result<File> {
        let directory = self.directory.as_deref().map_err(|&number| io::Error::from_raw_os_error(number))?;
        sys::open_at_for(directory.as_fd(), relative, !self.is_system(), access, Mode::empty())
    }

    /// Opens a directory, after making it where it is missing (for all to read).
    fn directory(&self, relative: &str) -> io::Result<File> {
        match self.open(relative) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && !relative.is_empty() => {}
            result => return result,
        }
        let (parent, name) = split(relative);
        let parent = self.directory(parent)?;
        match nix::sys::stat::mkdirat(&parent, name, Mode::from_bits_truncate(0o755)) {
            Ok(()) | Err(nix::errno::Errno::EEXIST) => self.open(relative),
            Err(error) => Err(error.into()),
        }
    }

    /// The path behind the links of the last part of a path.
    fn target(&self, relative: &str) -> io::Result<String> {
        let mut path = relative.to_owned();
        for _ in 0..MOST_LINKS {
            let (directory, name) = split(&path);
            let Ok(parent) = self.open(directory) else { return Ok(path) };
            let Ok(link) = nix::fcntl::readlinkat(&parent, name) else { return Ok(path) };
            path = follow(directory, &link).ok_or(io::ErrorKind::InvalidData)?;
        }
        Err(io::Error::from_raw_os_error(libc::ELOOP))
    }
}

/// Gives a new file the permissions and the owner of the one that has the name, if one has.
fn keep_owner(directory: BorrowedFd, name: &str, new: &File) -> io::Result<()> {
    let Ok(old) = nix::sys::stat::fstatat(directory, name, AtFlags::AT_SYMLINK_NOFOLLOW) else {
        return Ok(());
    };
    let own = new.metadata()?;
    if (own.uid(), own.gid()) != (old.st_uid, old.st_gid) {
        std::os::unix::fs::fchown(new, Some(old.st_uid), Some(old.st_gid))?;
    }
    // After the owner: a change of that takes bits away.
    Ok(nix::sys::stat::fchmod(new, Mode::from_bits_truncate(old.st_mode & 0o7777))?)
}

/// Of lines `MOUNT TOTAL USED AVAILABLE`, the one that a directory is below.
fn stated_room(text: &str, directory: &str) -> Option<[u64; 3]> {
    let numbers = |line: &str| {
        let mut words = line.split(' ');
        let mount = words.next()?.strip_prefix('/')?.to_owned();
        let mut number = || words.next()?.parse::<u64>().ok();
        Some((mount, [number()?, number()?, number()?]))
    };
    let below = |mount: &str| {
        let rest = directory.strip_prefix(mount);
        rest.is_some_and(|rest| mount.is_empty() || rest.is_empty() || rest.starts_with('/'))
    };
    let found = text.lines().filter_map(numbers).filter(|(mount, _)| below(mount));
    found.max_by_key(|(mount, _)| mount.len()).map(|(_, room)| room)
}

/// What a link in a directory leads to, as a path below the root; `..` of the root is the root.
fn follow(directory: &str, link: &OsStr) -> Option<String> {
    let link = std::str::from_utf8(link.as_bytes()).ok()?;
    let from = if link.starts_with('/') { "" } else { directory };
    let mut parts: Vec<&str> = Vec::new();
    for part in from.split('/').chain(link.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The directory of a path, and the name in it.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn board(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("jetsonscope-change-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("etc")).unwrap();
        path
    }

    #[test]
    fn ok_and_err_writes() {
        let path = board("write");
        let root = Root::at(&path);
        fs::write(path.join("etc/f"), "a longer text").unwrap();
        root.write("etc/f", b"60").unwrap();
        assert_eq!(fs::read(path.join("etc/f")).unwrap(), b"60");
        for absent in ["etc/absent", "absent/f", "etc", ""] {
            root.write(absent, b"1").expect_err(absent);
            assert!(!path.join("etc/absent").exists() && !path.join("absent").exists());
        }
        symlink("/etc/passwd", path.join("etc/out")).unwrap();
        root.write("etc/out", b"1").expect_err("a link leads nowhere else");
        fs::remove_dir_all(path).unwrap();
    }

    #[test]
    fn ok_records_are_added() {
        let path = board("append");
        let root = Root::at(&path);
        root.append("run/jetsonscope/undo", b"one\n").unwrap();
        root.append("run/jetsonscope/undo", b"two\n").unwrap();
        let file = path.join("run/jetsonscope/undo");
        assert_eq!(fs::read(&file).unwrap(), b"one\ntwo\n");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        root.append("etc/../../x", b"").unwrap();
        assert!(path.join("x").exists(), "the root is where `..` ends");
        fs::remove_dir_all(path).unwrap();
    }

    #[test]
    fn ok_files_are_replaced_behind_their_links() {
        let path = board("replace");
        let root = Root::at(&path);
        fs::create_dir_all(path.join("etc/nvpower/fan")).unwrap();
        fs::write(path.join("etc/nvpower/fan/a.conf"), "old").unwrap();
        for (link, to) in
            [("etc/1", "nvpower/fan/a.conf"), ("etc/2", "/etc/nvpower/fan/a.conf"), ("etc/3", "../etc/1")]
        {
            symlink(to, path.join(link)).unwrap();
            root.replace(link, link.as_bytes(), 0o644).unwrap();
            assert!(path.join(link).is_symlink(), "{link}");
            assert_eq!(fs::read(path.join("etc/nvpower/fan/a.conf")).unwrap(), link.as_bytes());
        }
        root.replace("var/lib/jetsonscope/store", b"x", 0o600).unwrap();
        let mode = fs::metadata(path.join("var/lib/jetsonscope/store")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        symlink("loop", path.join("etc/loop")).unwrap();
        root.replace("etc/loop", b"", 0o600).expect_err("a loop");
        root.replace("etc/nvpower", b"", 0o600).expect_err("a directory");
        assert_eq!(fs::read_dir(path.join("etc")).unwrap().count(), 5, "nothing is left beside");
        root.remove("var/lib/jetsonscope/store").unwrap();
        root.remove("var/lib/jetsonscope/store").unwrap();
        root.remove("absent/file").unwrap();
        root.remove("etc/nvpower").expect_err("a directory");
        fs::remove_dir_all(path).unwrap();
    }

    #[test]
    fn ok_a_file_keeps_its_permissions() {
        let path = board("permissions");
        let root = Root::at(&path);
        let mode = |mode| fs::set_permissions(path.join("etc/f"), fs::Permissions::from_mode(mode)).unwrap();
        fs::write(path.join("etc/f"), "old").unwrap();
        for wanted in [0o644, 0o640, 0o600, 0o664] {
            mode(wanted);
            root.replace("etc/f", b"new", 0o644).unwrap();
            let found = fs::metadata(path.join("etc/f")).unwrap().permissions().mode();
            assert_eq!(found & 0o7777, wanted, "{wanted:o}");
        }
        fs::remove_dir_all(path).unwrap();
    }

    #[test]
    fn ok_and_err_new_files() {
        let path = board("create");
        let root = Root::at(&path);
        drop(root.create("etc/f").unwrap());
        let status = root.status("etc/f").unwrap();
        assert_eq!((status.st_mode & 0o7777, status.st_size), (0o600, 0));
        symlink("nowhere", path.join("etc/link")).unwrap();
        for (name, kind) in [
            ("etc/f", io::ErrorKind::AlreadyExists),
            ("etc/link", io::ErrorKind::AlreadyExists),
            ("absent/f", io::ErrorKind::NotFound),
        ] {
            assert_eq!(root.create(name).expect_err(name).kind(), kind, "{name}");
        }
        let is_link = |status: FileStat| status.st_mode & libc::S_IFMT == libc::S_IFLNK;
        assert_eq!(root.status("etc/link").map(is_link), Some(true));
        assert_eq!(root.status("").map(is_link), Some(false));
        assert!(root.status("etc/absent").is_none() && root.status("absent/f").is_none());
        fs::remove_dir_all(path).unwrap();
    }

    #[test]
    fn ok_locks() {
        let path = board("lock");
        let root = Root::at(&path);
        let held = root.lock("run/jetsonscope/lock").unwrap();
        assert_eq!(root.lock("run/jetsonscope/lock").unwrap_err().kind(), io::ErrorKind::WouldBlock);
        drop(held);
        root.lock("run/jetsonscope/lock").unwrap();
        fs::remove_dir_all(path).unwrap();
    }

    #[test]
    fn ok_room() {
        let text = "/ 100 50 40\n/mnt/ssd 7 6 1\nodd 1 2 3\n/mnt/short 1 2\n/mnt/ssd/in 9 8 7\n";
        for (directory, wanted) in [
            ("", Some([100, 50, 40])),
            ("mnt", Some([100, 50, 40])),
            ("mnt/ssd", Some([7, 6, 1])),
            ("mnt/ssd2", Some([100, 50, 40])),
            ("mnt/short", Some([100, 50, 40])),
            ("mnt/ssd/in/x", Some([9, 8, 7])),
        ] {
            assert_eq!(stated_room(text, directory), wanted, "{directory}");
        }
        assert_eq!(stated_room("", ""), None);
        let path = board("room");
        assert!(Root::at(&path).room("etc").is_some_and(|[total, _, _]| total > 0));
        assert_eq!(Root::at(&path).room("absent"), None);
        fs::remove_dir_all(path).unwrap();
    }

    #[test]
    fn ok_where_links_lead() {
        for (directory, link, wanted) in [
            ("etc", "a", "etc/a"),
            ("etc/b", "../a", "etc/a"),
            ("etc", "/x/./y", "x/y"),
            ("etc", "../../../x", "x"),
            ("", "a//b/", "a/b"),
        ] {
            assert_eq!(follow(directory, OsStr::new(link)).as_deref(), Some(wanted), "{directory} {link}");
        }
        assert_eq!(follow("", OsStr::from_bytes(b"\xff")), None);
    }

    #[test]
    fn ok_and_err_programs() {
        let path = board("program");
        let root = Root::at(&path);
        fs::create_dir_all(path.join("usr/sbin/tool")).unwrap();
        fs::create_dir_all(path.join("usr/bin")).unwrap();
        fs::write(path.join("usr/bin/plain"), "").unwrap();
        fs::write(path.join("usr/bin/tool"), "").unwrap();
        fs::set_permissions(path.join("usr/bin/tool"), fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(root.program("tool"), Some(path.join("usr/bin/tool")), "a directory is no program");
        assert_eq!((root.program("plain"), root.program("absent")), (None, None));
        fs::remove_dir_all(path).unwrap();
    }
}
