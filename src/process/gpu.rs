//! GPU memory of processes: debugfs/nvmap/iovmm/clients, which only root may read.
//!
//! Lines are `CLIENT PROCESS PID SIZE` (drivers/video/tegra/nvmap of L4T), sizes in K, M or G, and a last line `total SIZE`. The name of a process is cut at 15
//! characters and may hold blanks, so fields count from the right. On Thor the file is there, but
//! all sizes are 0K: a size of zero says nothing, and is none here. There is no load per process:
//! no kernel tells it.

use std::io::Read;

use crate::root::Root;
use crate::scan;

const PATH: &str = "sys/kernel/debug/nvmap/iovmm/clients";
/// Bytes that are read: about 5000 clients.
const LARGEST: u64 = 256 * 1024;

/// Bytes by process.
#[derive(Debug, Default)]
pub struct Clients {
    text: Vec<u8>,
    sizes: Vec<(u32, u64)>,
}

impl Clients {
    /// Reads the file; nothing is known where it is missing or may not be read.
    pub fn refresh(&mut self, root: &Root) {
        self.text.clear();
        if let Ok(file) = root.open(PATH) {
            let _ = file.take(LARGEST).read_to_end(&mut self.text); // what came before an error counts
        }
        parse(&self.text, &mut self.sizes);
    }

    /// What the process has, bytes; `None` when it is not known, and for one that has none.
    pub fn size_bytes(&self, pid: u32) -> Option<u64> {
        let place = self.sizes.partition_point(|&(other, _)| other < pid);
        self.sizes.get(place).filter(|(other, _)| *other == pid).map(|&(_, size)| size)
    }
}

/// The sizes of a text in order of the processes; those of one process are added.
fn parse(text: &[u8], sizes: &mut Vec<(u32, u64)>) {
    sizes.clear();
    for (pid, size) in text.split(|&byte| byte == b'\n').filter_map(client) {
        let place = sizes.partition_point(|&(other, _)| other < pid);
        match sizes.get_mut(place) {
            Some((other, sum)) if *other == pid => *sum = sum.saturating_add(size),
            _ => sizes.insert(place, (pid, size)),
        }
    }
}

/// Process and bytes of a line; `None` for header and total, and for a size of zero.
fn client(line: &[u8]) -> Option<(u32, u64)> {
    let mut fields = line.trim_ascii().rsplit(|&byte| byte == b' ').filter(|field| !field.is_empty());
    let size = size_bytes(fields.next()?)?;
    let (pid, rest) = scan::apart::small(fields.next()?)?;
    let _client = fields.next()?; // `total SIZE` has none
    (rest.is_empty() && pid > 0 && size > 0).then_some((pid, size))
}

fn size_bytes(field: &[u8]) -> Option<u64> {
    let (value, unit) = scan::apart::number(field)?;
    let scale = match unit {
        b"K" => 1 << 10,
        b"M" => 1 << 20,
        b"G" => 1 << 30,
        _ => return None,
    };
    value.checked_mul(scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_clients() {
        for (line, wanted) in [
            ("user                              gem     4481     118372K", (4481, 118_372 << 10)),
            ("user               Web Content  x    77         12M\r", (77, 12 << 20)),
            ("user   1G 9 5    77  1G", (77, 1 << 30)),
            ("user 77 1K", (77, 1 << 10)),
            ("total total 1 2K", (1, 2 << 10)),
            ("user \u{e9}\u{fffd} 4294967295 17179869183G", (u32::MAX, ((1 << 34) - 1) << 30)),
        ] {
            assert_eq!(client(line.as_bytes()), Some(wanted), "{line}");
        }
    }

    #[test]
    fn err_clients() {
        for line in [
            "",
            "CLIENT                        PROCESS      PID        SIZE",
            "total                                              141896K",
            "user                   nvargus-daemon     1012          0K",
            "gk20a                            kernel        0       512K",
            "user gem 4481",
            "user gem 4481 118372",
            "user gem 4481 118372k",
            "user gem 4481 K",
            "user gem 4481 -1K",
            "user gem -4481 1K",
            "user gem 4481x 1K",
            "user gem 4294967296 1K",
            "user gem 4481 17179869184G",
            "user gem 4481 99999999999999999999K",
            "user gem 44",
        ] {
            assert_eq!(client(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn ok_captures() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/nvmap");
        for file in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = file.path();
            if path.extension().is_none_or(|kind| kind != "txt") {
                continue;
            }
            let text = std::fs::read(&path).unwrap();
            let mut sizes = Vec::new();
            parse(&text, &mut sizes);
            let total = text.split(|&byte| byte == b'\n').find(|line| line.starts_with(b"total")).unwrap();
            let total = total.rsplit(|&byte| byte == b' ').next().and_then(size_bytes);
            assert_eq!(Some(sizes.iter().map(|(_, size)| size).sum()), total, "{}", path.display());
        }
    }

    #[test]
    fn ok_sizes_of_one_process_are_added() {
        let path = std::env::temp_dir().join(format!("jetsonscope-nvmap-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        let file = path.join(PATH);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        let mut clients = Clients::default();
        let root = Root::at(&path);
        for (text, wanted) in [
            (
                "user a 9 1K\nuser b 7 2K\nuser a 9 3M\ntotal 4K\n",
                [Some(2 << 10), None, Some((3 << 20) + 1024)],
            ),
            ("user a 9 17179869183G\nuser a 9 17179869183G\nuser a 9", [None, None, Some(u64::MAX)]),
            ("", [None; 3]),
        ] {
            std::fs::write(&file, text).unwrap();
            clients.refresh(&root);
            assert_eq!([7, 8, 9].map(|pid| clients.size_bytes(pid)), wanted, "{text}");
        }
        std::fs::write(&file, "user a 9 1K").unwrap();
        clients.refresh(&root);
        std::fs::remove_file(&file).unwrap();
        clients.refresh(&root);
        assert_eq!(clients.size_bytes(9), None);
        let _ = std::fs::remove_dir_all(&path);
    }
}
