//! The terminal: taken over for a full screen, and given back however the program ends.
//!
//! Keys are read from the terminal itself, so standard input may be a log. Everything that is
//! drawn goes out in one write per frame. The settings of before are kept where the panic hook
//! finds them, because a panic ends the program without unwinding.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use nix::sys::termios::{self, SetArg, Termios};
use ratatui::backend::{Backend, TermionBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::keys::{Key, key};

/// A lone escape counts as the key after so long: half a sequence takes less, even by SSH.
const ESCAPE_WAIT: Duration = Duration::from_millis(30);
/// The other screen, without cursor, empty; clicks and the wheel are reported.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l\x1b[?1000h\x1b[?1006h\x1b[2J\x1b[H";
/// Empty.
const CLEAR: &[u8] = b"\x1b[2J";
/// Below what was drawn (for terminals without another screen), plain, back, with cursor.
const LEAVE: &[u8] = b"\x1b[0m\x1b[999;1H\r\n\x1b[?1006l\x1b[?1000l\x1b[?1049l\x1b[?25h";

/// The terminal's settings of before, while it is taken over.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// A terminal that is taken over. Not ratatui's, which can also be a part of a screen, asks where the
/// cursor is and waits for the answer in a thread: 30 kB.
pub struct Terminal {
    /// What it shows.
    shown: Buffer,
    /// What it is to show.
    next: Buffer,
    /// What is sent for that.
    sent: Vec<u8>,
    tty: File,
    typed: Vec<u8>,
    last_byte: Instant,
}

impl Terminal {
    /// Takes over the terminal that the standard output is.
    pub fn take_over() -> io::Result<Terminal> {
        let tty = File::open("/dev/tty")?;
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            give_back();
            hook(info);
        }));
        let (shown, next, sent, typed) = Default::default();
        let mut terminal = Terminal { shown, next, sent, tty, typed, last_byte: Instant::now() };
        terminal.enter()?;
        Ok(terminal)
    }

    /// Takes it over again, after [`Terminal::leave`] or when somebody else has used it meanwhile.
    pub fn enter(&mut self) -> io::Result<()> {
        let mut before = BEFORE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let present = termios::tcgetattr(&self.tty)?;
        let mut raw = before.get_or_insert(present).clone();
        termios::cfmakeraw(&mut raw);
        termios::tcsetattr(&self.tty, SetArg::TCSADRAIN, &raw)?;
        drop(before);
        let mut out = io::stdout();
        out.write_all(ENTER)?;
        out.flush()?;
        self.shown.reset();
        Ok(())
    }

    /// Gives it back for a while.
    pub fn leave(&mut self) {
        give_back();
    }

    /// Draws a frame; what has not changed is not sent.
    pub fn draw(&mut self, frame: impl FnOnce(Rect, &mut Buffer)) -> io::Result<()> {
        let area = area()?;
        self.sent.clear();
        if area != self.shown.area {
            self.shown.resize(area);
            self.shown.reset();
            self.next.resize(area);
            self.sent.extend_from_slice(CLEAR);
        }
        self.next.reset();
        frame(area, &mut self.next);
        TermionBackend::new(&mut self.sent).draw(self.shown.diff_iter(&self.next))?;
        std::mem::swap(&mut self.shown, &mut self.next);
        let mut out = io::stdout();
        out.write_all(&self.sent)?;
        out.flush()
    }

    /// Reads what was typed; to be called when the terminal has input.
    pub fn read(&mut self) -> io::Result<()> {
        let mut bytes = [0; 4096];
        let got = self.tty.read(&mut bytes)?;
        if got == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.typed.extend_from_slice(bytes.get(..got).unwrap_or_default());
        self.last_byte = Instant::now();
        Ok(())
    }

    /// The next key that was typed.
    pub fn key(&mut self) -> Option<Key> {
        let (key, length) = key(&self.typed, self.last_byte.elapsed() >= ESCAPE_WAIT)?;
        self.typed.drain(..length);
        Some(key)
    }

    /// When to ask for a key again, if half of one is there.
    pub fn key_due(&self) -> Option<Instant> {
        (!self.typed.is_empty()).then(|| self.last_byte + ESCAPE_WAIT)
    }
}

impl AsFd for Terminal {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.tty.as_fd()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
    }
}

/// What there is to draw on. A serial console does not know its size and says 0 x 0.
fn area() -> io::Result<Rect> {
    let (columns, rows) = ratatui::termion::terminal_size()?;
    Ok(if columns == 0 || rows == 0 { Rect::new(0, 0, 80, 24) } else { Rect::new(0, 0, columns, rows) })
}

/// Puts the terminal back as it was before; once.
fn give_back() {
    let before = BEFORE.try_lock().ok().and_then(|mut before| before.take());
    if let Some(before) = before {
        let mut out = io::stdout();
        let _ = out.write_all(LEAVE).and_then(|()| out.flush());
        // The controlling terminal is the one that was changed.
        if let Ok(tty) = File::open("/dev/tty") {
            let _ = termios::tcsetattr(&tty, SetArg::TCSADRAIN, &before);
        }
    }
}
