//! A terminal multiplexer with a server of the test's own, and one window with a shell in it.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::daemon::child;

/// Longer than anything takes, even on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// Of the shell.
const PROMPT: &str = "ready$";

/// A server and its window of 80 columns and 24 rows; gone when this is dropped.
pub struct Tmux {
    directory: PathBuf,
    name: String,
    ascii: bool,
    size: (usize, usize),
    /// How many commands the shell was told.
    told: u32,
}

impl Tmux {
    /// A shell with these variables in a directory, where the server's socket is, too; nothing may be shown
    /// but ASCII, if that is so. `None`, and says so, without the program.
    pub fn start(directory: &Path, variables: &[&str], ascii: bool) -> Option<Tmux> {
        let name = format!("jetsonscope-{}", std::process::id());
        let tmux = Tmux { directory: directory.to_owned(), name, ascii, size: (80, 24), told: 0 };
        match tmux.command(&["-V"]).output() {
            Ok(output) => assert!(output.status.success(), "tmux -V: {}", output.status),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                eprintln!("skipped: needs tmux");
                return None;
            }
            Err(error) => panic!("tmux: {error}"),
        }
        let terminal = ["start-server", ";", "set-option", "-g", "default-terminal", "screen-256color", ";"];
        let window = ["new-session", "-d", "-x", "80", "-y", "24", "env", "PS1=ready$ "];
        tmux.tell(&[&terminal[..], &window, variables, &["sh", "-i"]].concat());
        tmux.until("a prompt", is_prompt);
        Some(tmux)
    }

    /// With the programs under test first of all, and nothing of the caller's environment.
    fn command(&self, words: &[&str]) -> Command {
        let programs = Path::new(env!("CARGO_BIN_EXE_jscope")).parent().expect("a directory").display();
        let mut command = Command::new("tmux");
        command.args(["-u", "-L", &self.name, "-f", "/dev/null"]).args(words).current_dir(&self.directory);
        let path = std::env::var("PATH").unwrap_or_default();
        command.env_clear().env("PATH", format!("{programs}:{path}"));
        command.env("TMUX_TMPDIR", &self.directory).env("HOME", &self.directory);
        command.env("LC_ALL", "C.UTF-8").env("SHELL", "/bin/sh").stdin(Stdio::null());
        child::ignoring(&mut command, &[]);
        command
    }

    /// What a command of the multiplexer prints.
    fn tell(&self, words: &[&str]) -> String {
        let output = self.command(words).output().expect("tmux");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "tmux {words:?}: {} {error}", output.status);
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// Types keys by their names, or words.
    pub fn keys(&self, keys: &[&str]) {
        self.tell(&[&["send-keys"], keys].concat());
    }

    /// Types a line.
    pub fn line(&self, text: &str) {
        self.tell(&["send-keys", "-l", text]);
        self.keys(&["Enter"]);
    }

    /// The lines that the window has now: as many as it has rows, none wider than it.
    pub fn lines(&self) -> Vec<String> {
        let text = self.tell(&["capture-pane", "-p"]);
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let widest = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
        assert!(lines.len() == self.size.1 && widest <= self.size.0, "{:?}:\n{text}", self.size);
        assert!(!text.contains('\u{fffd}') && (!self.ascii || text.is_ascii()), "{text}");
        lines
    }

    /// Waits for the window to be so, and gives it.
    pub fn until(&self, what: &str, mut done: impl FnMut(&[String]) -> bool) -> Vec<String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let lines = self.lines();
            if done(&lines) {
                return lines;
            }
            assert!(Instant::now() < deadline, "no {what}:\n{}", lines.join("\n"));
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn see(&self, text: &str) -> Vec<String> {
        self.until(text, |lines| has(lines, text))
    }

    /// Has the shell run a command; gives what the window shows then.
    pub fn shell(&mut self, command: &str) -> Vec<String> {
        self.told += 1;
        self.line(&format!("{command}; echo end-$(({}))", self.told));
        let end = format!("end-{}", self.told);
        self.until(command, |lines| lines.contains(&end) && is_prompt(lines))
    }

    /// What a command of the shell writes.
    pub fn output(&mut self, command: &str) -> String {
        self.shell(&format!("{command} >output"));
        fs::read_to_string(self.directory.join("output")).expect("a file")
    }

    /// Waits for the shell to have the window.
    pub fn prompt(&self) {
        self.until("a prompt", is_prompt);
    }

    /// Another size of the window.
    pub fn resize(&mut self, columns: usize, rows: usize) {
        self.size = (columns, rows);
        self.tell(&["resize-window", "-x", &columns.to_string(), "-y", &rows.to_string()]);
    }

    /// Whether a program has the other screen, no cursor and the mouse; all of that or nothing.
    pub fn is_taken_over(&self) -> bool {
        let flags = self.tell(&["display-message", "-p", "#{alternate_on} #{cursor_flag} #{mouse_any_flag}"]);
        assert!(["1 0 1", "0 1 0"].contains(&flags.trim()), "other screen, cursor, mouse: {flags}");
        flags.starts_with('1')
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let _ = self.command(&["kill-server"]).stderr(Stdio::null()).status();
    }
}

/// Whether some line has that text.
pub fn has(lines: &[String], text: &str) -> bool {
    lines.iter().any(|line| line.contains(text))
}

fn is_prompt(lines: &[String]) -> bool {
    lines.iter().rfind(|line| !line.is_empty()).is_some_and(|line| line == PROMPT)
}
