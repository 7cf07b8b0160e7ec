//! What the files of the tree hold: drawn anew at each beat, written where it changed.
//!
//! A [`Sheet`] is a list of files by path. The parts of the tree put contents into it and
//! know nothing of a disk; [`super::disk`] compares it with the directory.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

/// What a write to a file acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Handle {
    /// Fan speed, 0 to 255.
    Pwm,
    /// hwmon's `pwm1_enable`: 0, 1 for whoever writes `pwm1`, 2 for automatic.
    PwmEnable,
    /// R32's `temp_control`: 1 for automatic.
    TempControl,
    /// The control group of the fan's service: gone when the service is stopped.
    Service,
    /// The state of the power mode, `pmode:0002`.
    Mode,
    /// Bounds of a CPU cluster, kHz.
    CpuMin(usize),
    CpuMax(usize),
    /// One core, 0 or 1.
    Online(usize),
    /// Bounds of the GPU, Hz.
    GpuMin,
    GpuMax,
    /// 0 keeps the GPU powered.
    Railgate,
    /// 1 holds the memory at its rate.
    EmcLocked,
    /// Rate of the memory that was asked for, Hz.
    EmcRate,
    /// Bounds of the memory, Hz.
    EmcMin,
    EmcMax,
    /// One of these texts is kept and acts on nothing.
    Kept(&'static [&'static str]),
    /// A number below 2^32 is kept and acts on nothing.
    Figure,
}

/// One file.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// What it is to hold.
    pub content: Vec<u8>,
    /// Not written since it changed.
    pub dirty: bool,
    /// It is not to be there, nor its directory when nothing else is in it.
    pub absent: bool,
    /// A file that others may write.
    pub handle: Option<Handle>,
    /// What was on the disk when it was last looked at; only of files with a handle.
    pub seen: Option<Vec<u8>>,
    /// Beats for which it has been found empty: somebody is about to write it.
    pub empty: u8,
}

/// All files and links of the tree.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    /// By path below the tree.
    pub pages: BTreeMap<String, Page>,
    /// Symbolic links and where they lead.
    pub links: BTreeMap<String, String>,
    directory: String,
    path: String,
    content: Vec<u8>,
}

/// Hundreds of calls: none of them is worth a copy of the function.
impl Sheet {
    /// The directory that the next files are in.
    #[inline(never)]
    pub(super) fn enter(&mut self, directory: fmt::Arguments) {
        self.directory.clear();
        // Writing to a String cannot fail.
        let _ = self.directory.write_fmt(directory);
    }

    #[inline(never)]
    fn page(&mut self, name: &str) -> &mut Page {
        self.path.clear();
        self.path.push_str(&self.directory);
        if !self.path.is_empty() {
            self.path.push('/');
        }
        self.path.push_str(name);
        let path = std::mem::take(&mut self.path);
        self.pages.entry(path).or_insert_with(|| Page { dirty: true, ..Page::default() })
    }

    /// A file of these bytes.
    #[inline(never)]
    pub(super) fn bytes(&mut self, name: &str, content: &[u8]) {
        let page = self.page(name);
        if page.content != content {
            page.content.clear();
            page.content.extend_from_slice(content);
            page.dirty = true;
        }
    }

    /// A file of this text.
    #[inline(never)]
    pub(super) fn put(&mut self, name: &str, content: fmt::Arguments) {
        let mut bytes = std::mem::take(&mut self.content);
        bytes.clear();
        let _ = std::io::Write::write_fmt(&mut bytes, content);
        self.bytes(name, &bytes);
        self.content = bytes;
    }

    /// A file of one line.
    #[inline(never)]
    pub(super) fn text(&mut self, name: &str, line: &str) {
        self.put(name, format_args!("{line}\n"));
    }

    /// A file of one number.
    pub(super) fn number(&mut self, name: &str, number: impl Into<i64>) {
        self.integer(name, number.into());
    }

    #[inline(never)]
    fn integer(&mut self, name: &str, number: i64) {
        self.put(name, format_args!("{number}\n"));
    }

    /// Says what a write to a file acts on.
    #[inline(never)]
    pub(super) fn handle(&mut self, name: &str, handle: Handle) {
        self.page(name).handle = Some(handle);
    }

    /// Whether the file is to be there.
    #[inline(never)]
    pub(super) fn there(&mut self, name: &str, there: bool) {
        let page = self.page(name);
        page.dirty |= page.absent == there;
        page.absent = !there;
    }

    /// A file of one number that others may set.
    pub(super) fn set(&mut self, name: &str, number: impl Into<i64>, handle: Handle) {
        self.number(name, number);
        self.handle(name, handle);
    }

    /// A file that has this line until somebody writes another one that it may hold.
    #[inline(never)]
    pub(super) fn keep(&mut self, name: &str, line: &str, handle: Handle) {
        self.text(name, line);
        self.handle(name, handle);
    }

    /// A link in the present directory's stead: both paths are below the tree.
    #[inline(never)]
    pub(super) fn link(&mut self, path: fmt::Arguments, to: fmt::Arguments) {
        let (path, to) = (path.to_string(), to.to_string());
        let up = "../".repeat(path.matches('/').count());
        self.links.insert(path, up + &to);
    }
}
