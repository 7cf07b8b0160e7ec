//! A server in the background, as old init systems want it: the file with its process number.
//! [`crate::sys::daemon::detach`] is the way there, and comes first: a lock is a process' own.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::sys;

/// A file that holds the number of this process as long as it runs, and a lock that says so: a file
/// without a lock is that of a process that has ended. Dropped, it is removed.
#[derive(Debug)]
pub struct PidFile {
    path: PathBuf,
    _lock: File,
}

impl PidFile {
    /// Writes the file (mode 0644), in place of one that nobody holds.
    ///
    /// # Errors
    /// Those of open(2), a symbolic link among them; `WouldBlock` when another process holds it.
    pub fn create(path: &Path) -> io::Result<PidFile> {
        // Between opening and locking, the one before may have removed the file that was opened.
        for _ in 0..8 {
            let mut file = File::options()
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o644)
                .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
                .open(path)?;
            if !sys::lock(&file)? {
                return Err(held());
            }
            let own = file.metadata()?;
            let there = std::fs::symlink_metadata(path);
            if !there.is_ok_and(|there| (there.dev(), there.ino()) == (own.dev(), own.ino())) {
                continue;
            }
            if !own.is_file() {
                return Err(io::Error::other("no regular file"));
            }
            file.set_len(0)?;
            file.write_all([&std::process::id().to_string(), "\n"].concat().as_bytes())?;
            return Ok(PidFile { path: path.to_owned(), _lock: file });
        }
        Err(held())
    }
}

fn held() -> io::Error {
    io::Error::new(io::ErrorKind::WouldBlock, "another process holds it")
}

impl Drop for PidFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_one_process_at_a_time() {
        let directory = std::env::temp_dir().join(format!("jetsonscope-pid-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir_all(&directory).unwrap();
        let path = directory.join("pid");
        std::fs::write(&path, "an old number that is longer\n").unwrap();
        let held = PidFile::create(&path).unwrap();
        let own = format!("{}\n", std::process::id());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), own);
        let second = PidFile::create(&path).unwrap_err();
        assert_eq!(second.kind(), io::ErrorKind::WouldBlock);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), own, "the second leaves it alone");
        drop(held);
        assert!(!path.exists());
        drop(PidFile::create(&path).unwrap());

        let target = directory.join("target");
        std::os::unix::fs::symlink(&target, &path).unwrap();
        PidFile::create(&path).expect_err("a link");
        assert!(!target.exists(), "links are not followed");
        std::fs::remove_file(&path).unwrap();
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        PidFile::create(&path).expect_err("a pipe");
        PidFile::create(&directory.join("absent/pid")).expect_err("no directory");
        std::fs::remove_dir_all(&directory).unwrap();
    }
}
