//! A program on a pseudo-terminal of its own, as the leader of a session, and what it does there.

#[allow(dead_code, reason = "other tests use the rest")]
#[path = "../child/mod.rs"]
mod child;

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout};
use nix::pty::{PtyMaster, grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

/// Longer than anything takes, even on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The program, its terminal, and all that it wrote.
pub struct Pty {
    master: Option<PtyMaster>,
    pub pid: Pid,
    pub before: Termios,
    pub bytes: Vec<u8>,
    pub screen: vt100::Parser,
    reaped: bool,
}

impl Pty {
    /// Starts `words` on a terminal of that many columns and rows, in an environment of nothing but
    /// `variables` and those without which nothing runs.
    #[expect(clippy::zombie_processes, reason = "it is waited for by its number, also when it only stops")]
    pub fn start(words: &[&str], variables: &[(&str, &str)], (columns, rows): (u16, u16)) -> Pty {
        // Not openpty(3): its descriptors would leak into the children of other tests, and the
        // terminal of a closed master would stay open.
        let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK;
        let master = posix_openpt(flags).expect("a pseudo-terminal");
        grantpt(&master).and_then(|()| unlockpt(&master)).expect("a usable pseudo-terminal");
        let path = ptsname_r(&master).expect("its name");
        let slave = OpenOptions::new().read(true).write(true).custom_flags(libc::O_NOCTTY).open(path);
        let slave = slave.expect("its other end");
        set_size(&master, columns, rows);
        let mut before = tcgetattr(&slave).expect("its settings");
        // A Ctrl-Z that is typed just as the program gives the terminal back would have the kernel throw away
        // what it wrote last, and nobody has read yet.
        before.local_flags |= LocalFlags::NOFLSH;
        tcsetattr(&slave, SetArg::TCSANOW, &before).expect("settings");
        let end = || Stdio::from(slave.try_clone().expect("a descriptor"));
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).stdin(end()).stdout(end()).stderr(end());
        command.env_clear().envs([
            ("TERM", "xterm-256color"),
            ("LANG", "C.UTF-8"),
            ("PATH", "/usr/bin:/bin"),
        ]);
        command.envs(variables.iter().copied());
        child::ignoring(&mut command, &[]);
        // SAFETY: between fork and exec only two system calls, both async-signal-safe.
        unsafe {
            command.pre_exec(|| match libc::setsid() >= 0 && libc::ioctl(0, libc::TIOCSCTTY, 0) >= 0 {
                true => Ok(()),
                false => Err(std::io::Error::last_os_error()),
            });
        }
        let child = command.spawn().expect("a process");
        let pid = Pid::from_raw(i32::try_from(child.id()).expect("a process number"));
        let screen = vt100::Parser::new(rows.max(1), columns.max(1), 0);
        Pty { master: Some(master), pid, before, bytes: Vec::new(), screen, reaped: false }
    }

    /// `jscope` with the simulated board, ten samples a second, and once its first screen stands.
    pub fn jscope(arguments: &[&str], variables: &[(&str, &str)], size: (u16, u16)) -> Pty {
        let fixed = [env!("CARGO_BIN_EXE_jscope"), "--source", "synthetic:orin-nano", "--interval", "100"];
        let mut pty = Pty::start(&[&fixed, arguments].concat(), variables, size);
        pty.see("RAM");
        pty
    }

    fn master(&self) -> &PtyMaster {
        self.master.as_ref().expect("an open terminal")
    }

    /// Takes what comes within `time`; false at the end of the terminal.
    pub fn take(&mut self, time: Duration) -> bool {
        let deadline = Instant::now() + time;
        loop {
            let left = deadline.saturating_duration_since(Instant::now()).as_millis();
            let timeout = PollTimeout::from(u16::try_from(left).unwrap_or(u16::MAX));
            let mut polled = [PollFd::new(std::os::fd::AsFd::as_fd(self.master()), PollFlags::POLLIN)];
            if nix::poll::poll(&mut polled, timeout).expect("poll") == 0 {
                return true;
            }
            let mut part = [0; 4096];
            // EIO: nobody has the other end open any more.
            let Ok(got) = self.master.as_mut().expect("an open terminal").read(&mut part) else {
                return false;
            };
            self.feed(&part[..got]);
        }
    }

    /// Takes at most so many bytes of what has come.
    pub fn take_some(&mut self, most: usize) {
        let mut part = vec![0; most];
        if let Ok(got) = self.master.as_mut().expect("an open terminal").read(&mut part) {
            self.bytes.extend_from_slice(&part[..got]);
            self.screen.process(&part[..got]);
        }
    }

    /// Takes output until `done`; panics if that does not come.
    pub fn until(&mut self, what: &str, mut done: impl FnMut(&mut Pty) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !done(self) {
            let open = self.take(Duration::from_millis(10));
            let late = Instant::now() > deadline;
            assert!(open && !late, "no {what}: {open}\n{}\n{:?}", self.text(), self.tail());
        }
    }

    pub fn see(&mut self, text: &str) {
        self.until(text, |pty| pty.text().contains(text));
    }

    pub fn text(&self) -> String {
        self.screen.screen().contents()
    }

    pub fn tail(&self) -> String {
        let start = self.bytes.len().saturating_sub(200);
        String::from_utf8_lossy(&self.bytes[start..]).into_owned()
    }

    /// Forgets what was written so far.
    pub fn forget(&mut self) {
        self.bytes.clear();
    }

    pub fn wrote(&self, text: &str) -> Option<usize> {
        self.bytes.windows(text.len()).position(|part| part == text.as_bytes())
    }

    /// Types. What the program writes meanwhile is taken: blocked in writing, it would not read.
    pub fn send(&mut self, mut bytes: &[u8]) {
        let deadline = Instant::now() + 2 * PATIENCE;
        while !bytes.is_empty() {
            assert!(Instant::now() < deadline, "it does not read: {} bytes are left", bytes.len());
            match self.master.as_mut().expect("an open terminal").write(bytes) {
                Ok(written) => bytes = &bytes[written..],
                Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock),
            }
            self.take(Duration::from_millis(u64::from(!bytes.is_empty())));
        }
    }

    /// Types without taking any output.
    pub fn send_blindly(&mut self, bytes: &[u8]) {
        let _ = self.master.as_mut().expect("an open terminal").write(bytes);
    }

    pub fn signal(&self, signal: Signal) {
        kill(self.pid, signal).expect("a signal");
    }

    /// Gives the terminal another size, whatever the program makes of it.
    pub fn set_size(&self, columns: u16, rows: u16) {
        set_size(self.master(), columns, rows);
    }

    /// Gives the terminal another size, and waits until the program empties it for that. What comes before is
    /// for the old size, and is shown in that: elsewhere it would wrap.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.forget();
        self.set_size(columns, rows);
        let deadline = Instant::now() + PATIENCE;
        while !self.bytes.ends_with(b"\x1b[2J") {
            assert!(Instant::now() < deadline, "it draws nothing for {columns}x{rows}: {}", self.text());
            let mut part = [0];
            match self.master.as_mut().expect("an open terminal").read(&mut part) {
                Ok(got) => self.feed(&part[..got]),
                Err(_) => std::thread::sleep(Duration::from_millis(1)),
            }
        }
        self.screen.screen_mut().set_size(rows, columns);
    }

    fn feed(&mut self, part: &[u8]) {
        self.bytes.extend_from_slice(part);
        self.screen.process(part);
    }

    pub fn settings(&self) -> Termios {
        tcgetattr(self.master()).expect("settings")
    }

    /// Nobody at the other end any more.
    pub fn hang_up(&mut self) {
        self.master = None;
    }

    /// What has become of the process, without waiting for anything.
    pub fn look(&mut self) -> WaitStatus {
        let flags = WaitPidFlag::WNOHANG | WaitPidFlag::WUNTRACED;
        let status = waitpid(self.pid, Some(flags)).expect("our child");
        self.reaped = !matches!(status, WaitStatus::StillAlive | WaitStatus::Stopped(..));
        status
    }

    /// Waits for the process to end or to stop, whatever it writes meanwhile.
    pub fn wait(&mut self) -> WaitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if self.master.is_none() || !self.take(Duration::from_millis(5)) {
                std::thread::sleep(Duration::from_millis(5));
            }
            match self.look() {
                WaitStatus::StillAlive => assert!(Instant::now() < deadline, "it goes on: {:?}", self.tail()),
                status => return status,
            }
        }
    }

    /// It ends within `time` although nobody takes its output.
    pub fn ends_unread(mut self, time: Duration) {
        let deadline = Instant::now() + time;
        while waitpid(self.pid, Some(WaitPidFlag::WNOHANG)).expect("our child") == WaitStatus::StillAlive {
            assert!(Instant::now() < deadline, "it goes on");
            std::thread::sleep(Duration::from_millis(5));
        }
        self.reaped = true;
    }

    /// It ends with that code, the terminal is as before, and the screen and cursor are given back.
    pub fn ends(mut self, code: i32) {
        assert_eq!(self.wait(), WaitStatus::Exited(self.pid, code), "{:?}", self.tail());
        self.drain();
        self.is_given_back();
    }

    /// Takes what a program that has ended left behind, up to the end of the terminal: a busy kernel brings it
    /// late.
    pub fn drain(&mut self) {
        self.take(Duration::from_secs(2));
    }

    pub fn is_given_back(&self) {
        assert!(settings_equal(&self.settings(), &self.before), "{:?}\n{:?}", self.settings(), self.before);
        let screen = self.screen.screen();
        assert!(!screen.alternate_screen() && !screen.hide_cursor(), "{:?}", self.tail());
        assert!(!screen.bold() && !screen.inverse(), "{:?}", self.tail());
    }

    pub fn is_taken_over(&self) {
        let raw = self.settings().local_flags;
        assert!(!raw.intersects(LocalFlags::ICANON | LocalFlags::ECHO | LocalFlags::ISIG), "{raw:?}");
        assert!(self.screen.screen().alternate_screen() && self.screen.screen().hide_cursor());
    }

    /// A number from /proc about the process.
    pub fn figure(&self, file: &str, name: &str) -> Option<u64> {
        let mut text = String::new();
        File::open(format!("/proc/{}/{file}", self.pid)).ok()?.read_to_string(&mut text).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim_start_matches(':').trim().parse().ok()
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        if !self.reaped {
            let _ = kill(self.pid, Signal::SIGKILL);
            self.master = None;
            let _ = waitpid(self.pid, None);
        }
    }
}

/// All settings that a user sees.
pub fn settings_equal(a: &Termios, b: &Termios) -> bool {
    let flags = |t: &Termios| (t.input_flags, t.output_flags, t.control_flags, t.local_flags);
    flags(a) == flags(b) && a.control_chars == b.control_chars
}

fn set_size(master: &PtyMaster, columns: u16, rows: u16) {
    let size = libc::winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: TIOCSWINSZ reads a winsize, which lives until the call returns.
    let done = unsafe { libc::ioctl(master.as_raw_fd(), libc::TIOCSWINSZ, std::ptr::from_ref(&size)) };
    assert_eq!(done, 0, "a size");
}
