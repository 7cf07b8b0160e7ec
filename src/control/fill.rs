//! A file that gets all its blocks before it is used, piece by piece: a file of holes is no place for
//! swap, and a slow card takes minutes, in which whoever waits must be able to give up.

use std::fs::File;
use std::io::{self, Write};

use crate::sys;

/// Bytes that are set aside at a time; that is fast.
const PIECE: u64 = 1 << 30;
/// Bytes of zeros that are written at a time, until they are on the medium.
const ZEROS: usize = 8 << 20;

/// A file that is being filled.
pub struct Filling {
    file: File,
    done: u64,
    bytes: u64,
    zeros: bool,
}

impl Filling {
    /// Fills an empty file up to so many bytes: has the file system set blocks aside, or with `zeros`,
    /// and where it cannot, writes them.
    pub fn new(file: File, bytes: u64, zeros: bool) -> Filling {
        Filling { file, done: 0, bytes, zeros }
    }

    /// Does one piece; true when that was the last one.
    ///
    /// # Errors
    /// Those of fallocate(2), write(2) and fdatasync(2).
    pub fn piece(&mut self) -> io::Result<bool> {
        let left = self.bytes.saturating_sub(self.done);
        if left == 0 {
            return Ok(true);
        }
        self.done += if self.zeros { self.write(left)? } else { self.set_aside(left.min(PIECE))? };
        Ok(self.done >= self.bytes)
    }

    fn set_aside(&mut self, piece: u64) -> io::Result<u64> {
        match sys::allocate(&self.file, self.done, piece) {
            Ok(()) => Ok(piece),
            Err(error) => match error.raw_os_error() {
                Some(libc::EINTR) => Ok(0),
                Some(libc::EOPNOTSUPP | libc::ENOSYS) => {
                    // From the first byte: what it claims to have set aside would be a hole.
                    (self.zeros, self.done) = (true, 0);
                    Ok(0)
                }
                _ => Err(error),
            },
        }
    }

    fn write(&mut self, left: u64) -> io::Result<u64> {
        let empty = vec![0; 64 * 1024];
        let mut written = 0;
        while written < ZEROS {
            let most = usize::try_from(left).unwrap_or(usize::MAX).saturating_sub(written).min(empty.len());
            let piece = empty.get(..most).unwrap_or_default();
            if piece.is_empty() {
                break;
            }
            self.file.write_all(piece)?;
            written += most;
        }
        self.file.sync_data()?;
        Ok(written as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn ok_files_without_holes() {
        let path = std::env::temp_dir().join(format!("jetsonscope-fill-{}", std::process::id()));
        for (bytes, zeros) in [(0, true), (1, true), (1, false), (20 << 20, true), (3 << 20, false)] {
            let mut filling = Filling::new(File::create(&path).unwrap(), bytes, zeros);
            while !filling.piece().unwrap() {}
            let metadata = std::fs::metadata(&path).unwrap();
            assert_eq!(metadata.len(), bytes, "{bytes} {zeros}");
            assert!(metadata.blocks() * 512 >= bytes, "{bytes} {zeros}");
        }
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn err_a_file_that_takes_nothing() {
        for zeros in [false, true] {
            let file = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
            let mut filling = Filling::new(file, 1 << 20, zeros);
            let mut last = filling.piece();
            for _ in 0..3 {
                if last.is_ok() {
                    last = filling.piece();
                }
            }
            last.expect_err("a full device");
        }
    }
}
