//! The terminal: taken over for a full screen, and given back however the program ends.
//!
//! Keys are read from the terminal itself, so standard input may be a log. Everything that is
//! drawn goes out in one write per frame. The settings of before are kept where the panic hook
//! finds them, because a panic ends the program without unwinding.

use std::fs::File;
use std::io::{self, BufWriter, Read, Stdout, Write};
use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use nix::sys::termios::{self, SetArg, Termios};
use ratatui::backend::TermionBackend;
use ratatui::layout::Rect;
use ratatui::{TerminalOptions, Viewport};

use super::keys::{Key, key};

/// A lone escape counts as the key after so long: half a sequence takes less, even by SSH.
const ESCAPE_WAIT: Duration = Duration::from_millis(30);
/// The other screen, without cursor, empty; clicks and the wheel are reported.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l\x1b[?1000h\x1b[?1006h\x1b[2J\x1b[H";
/// Below what was drawn (for terminals without another screen), plain, back, with cursor.
const LEAVE: &[u8] = b"\x1b[0m\x1b[999;1H\r\n\x1b[?1006l\x1b[?1000l\x1b[?1049l\x1b[?25h";

/// The terminal's settings of before, while it is taken over.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// A terminal that is taken over.
pub struct Terminal {
    /// Never dropped: its drop complains on the standard error, and panics when that is gone too.
    screen: ManuallyDrop<ratatui::Terminal<TermionBackend<BufWriter<Stdout>>>>,
    tty: File,
    typed: Vec<u8>,
    last_byte: Instant,
}

impl Terminal {
    /// Takes over the terminal that the standard output is.
    pub fn take_over() -> io::Result<Terminal> {
        let tty = File::open("/dev/tty")?;
        let writer = BufWriter::with_capacity(64 * 1024, io::stdout());
        let viewport = Viewport::Fixed(area()?);
        let screen =
            ratatui::Terminal::with_options(TermionBackend::new(writer), TerminalOptions { viewport })?;
        let screen = ManuallyDrop::new(screen);
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            give_back();
            hook(info);
        }));
        let mut terminal = Terminal { screen, tty, typed: Vec::new(), last_byte: Instant::now() };
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
        // Not its clear(): that asks the terminal for the cursor, waits for the answer in a thread,
        // and fails without one.
        self.screen.resize(area()?)
    }

    /// Gives it back for a while.
    pub fn leave(&mut self) {
        give_back();
    }

    /// Draws a frame; what has not changed is not sent.
    pub fn draw(&mut self, frame: impl FnOnce(&mut ratatui::Frame)) -> io::Result<()> {
        let area = area()?;
        if area != self.screen.get_frame().area() {
            self.screen.resize(area)?;
        }
        self.screen.draw(frame)?;
        Ok(())
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
