//! Changes below the root: of the kernel's files, and of files that are replaced as a whole. Only
//! `control` calls these.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use nix::fcntl::OFlag;
use nix::sys::stat::Mode;

use super::Root;
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
        let written = file
            .write_all(bytes)
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
