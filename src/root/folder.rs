//! A directory with many small files, such as /proc: opened once for a sweep over it, so that the
//! kernel resolves short names, and nothing is allocated for each of them.
//!
//! A folder of a root that is a directory is itself the root of its links.

use std::fs::File;
use std::io::{self, Read};

use crate::sys;

/// An open directory.
#[derive(Debug)]
pub struct Folder {
    directory: File,
    inside: bool,
}

impl Folder {
    pub(super) fn of(directory: File, inside: bool) -> io::Result<Folder> {
        match directory.metadata()?.is_dir() {
            true => Ok(Folder { directory, inside }),
            false => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    /// Calls `each` with the names in it, in no order, until it gives false. Names that are not
    /// UTF-8 are left out.
    ///
    /// # Errors
    /// That it cannot be listed.
    pub fn each_name(&self, each: &mut dyn FnMut(&str) -> bool) -> io::Result<()> {
        sys::each_name_in(&self.directory, each)
    }

    /// What one read gives of a file in it: three system calls. Kernel files give all of their
    /// text at once, if it fits.
    ///
    /// # Errors
    /// Those of open(2) and read(2). A path that leads out of a root stays inside it.
    pub fn read<'a>(&self, relative: &str, buffer: &'a mut [u8]) -> io::Result<&'a [u8]> {
        let mut file = sys::open_at(&self.directory, relative, self.inside)?;
        let length = file.read(buffer)?;
        Ok(buffer.get(..length).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use crate::root::Root;

    #[test]
    fn ok_a_folder_of_a_root_is_the_root_of_its_links() {
        let path = std::env::temp_dir().join(format!("jetsonscope-folder-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(path.join("proc/7")).unwrap();
        std::fs::write(path.join("proc/7/stat"), "seven").unwrap();
        std::fs::write(path.join("outside"), "secret").unwrap();
        std::os::unix::fs::symlink("../../outside", path.join("proc/7/up")).unwrap();
        std::os::unix::fs::symlink("/7/stat", path.join("proc/own")).unwrap();
        let root = Root::at(&path);
        let folder = root.folder("proc").unwrap();
        let mut buffer = [0; 16];
        for (relative, wanted) in [
            ("7/stat", Some("seven")),
            ("own", Some("seven")),
            ("7/up", None),
            ("../outside", None),
            ("8/stat", None),
            ("7", None),
        ] {
            let read = folder.read(relative, &mut buffer).ok();
            assert_eq!(read, wanted.map(str::as_bytes), "{relative}");
        }
        let mut names = Vec::new();
        folder
            .each_name(&mut |name| {
                names.push(name.to_owned());
                true
            })
            .unwrap();
        names.sort();
        assert_eq!(names, ["7", "own"]);
        assert!(root.folder("outside").is_err() && root.folder("nowhere").is_err());
        let _ = std::fs::remove_dir_all(&path);
    }
}
