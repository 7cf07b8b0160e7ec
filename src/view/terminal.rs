//! The terminal: taken over for a full screen, and given back however the program ends.
//!
//! Keys are read from the terminal itself, so standard input may be a log. Everything that is
//! drawn goes out in one write per frame, as far as the terminal takes it; what it does not take is
//! kept, and nothing is drawn before it is gone. The settings of before are kept where the panic hook
//! finds them, because a panic ends the program without unwinding.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use nix::sys::termios::{self, SetArg, Termios};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;

use super::keys::{Key, key};
use super::theme::{Palette, push_number};
use crate::sys;

/// A lone escape counts as the key after so long: half a sequence takes less, even by SSH.
const ESCAPE_WAIT: Duration = Duration::from_millis(30);
/// The other screen, without cursor, empty; clicks and the wheel are reported. Plain, for a frame that was cut
/// leaves its last look, which the terminal would remember for the screen that comes back.
const ENTER: &[u8] = b"\x1b[0m\x1b[?1049h\x1b[?25l\x1b[?1000h\x1b[?1006h\x1b[2J\x1b[H";
/// Empty.
const CLEAR: &[u8] = b"\x1b[2J";
/// Below what was drawn (for terminals without another screen), plain, back, with cursor.
const LEAVE: &[u8] = b"\x1b[0m\x1b[999;1H\r\n\x1b[?1006l\x1b[?1000l\x1b[?1049l\x1b[?25h";

/// Input is looked for before a frame is drawn that follows the last one sooner.
const FRAME: Duration = Duration::from_millis(50);
/// How long a terminal that takes nothing is waited for at the end.
const LEAVING: Duration = Duration::from_millis(500);

/// The terminal's settings of before, while it is taken over.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// A terminal that is taken over. Not ratatui's, which can also be a part of a screen, asks where the
/// cursor is and waits for the answer in a thread: 30 kB.
pub struct Terminal {
    /// What it shows.
    shown: Buffer,
    /// What it is to show.
    next: Buffer,
    /// What is sent for that, and how much of it has gone.
    pending: Vec<u8>,
    gone: usize,
    drawn: Option<Instant>,
    palette: Palette,
    /// What there is to draw on, and whether it is to be emptied first.
    area: Rect,
    unknown: bool,
    tty: File,
    /// The same terminal, for output that never waits.
    out: File,
    typed: Vec<u8>,
    last_byte: Instant,
}

impl Terminal {
    /// Takes over the terminal that the standard output is.
    pub fn take_over(palette: Palette) -> io::Result<Terminal> {
        let (tty, out) = (File::open("/dev/tty")?, output()?);
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            give_back();
            hook(info);
        }));
        let (shown, next, pending, typed) = Default::default();
        let (gone, drawn, last_byte, area, unknown) = (0, None, Instant::now(), Rect::ZERO, true);
        let mut terminal = Terminal {
            shown,
            next,
            pending,
            gone,
            drawn,
            palette,
            area,
            unknown,
            tty,
            out,
            typed,
            last_byte,
        };
        terminal.enter()?;
        Ok(terminal)
    }

    /// Takes it over again, after [`Terminal::leave`] or when somebody else has used it meanwhile.
    pub fn enter(&mut self) -> io::Result<()> {
        let mut before = BEFORE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let present = termios::tcgetattr(&self.tty)?;
        let mut raw = before.get_or_insert(present).clone();
        termios::cfmakeraw(&mut raw);
        termios::tcsetattr(&self.tty, SetArg::TCSANOW, &raw)?;
        drop(before);
        self.pending.clear();
        self.gone = 0;
        self.pending.extend_from_slice(ENTER);
        self.forget();
        self.resized()?;
        self.flush()
    }

    /// Looks how large it is; to be called on SIGWINCH. Whatever size it has now, it may have had another in
    /// between, or have got a frame for another: what it shows is not known.
    ///
    /// # Errors
    /// It does not say.
    pub fn resized(&mut self) -> io::Result<()> {
        self.area = area()?;
        self.unknown = true;
        Ok(())
    }

    /// Gives it back for a while.
    pub fn leave(&mut self) {
        give_back();
    }

    /// Draws with other colours from now on.
    pub fn set_palette(&mut self, palette: Palette) {
        self.palette = palette;
        self.unknown = true;
    }

    /// Nothing is known to stand on it but blanks, and not even these where they have a ground.
    fn forget(&mut self) {
        self.shown.reset();
        if self.palette.has_ground() {
            self.shown.content.iter_mut().for_each(|cell| cell.fg = Color::Indexed(u8::MAX));
        }
    }

    /// Whether something is still to be sent.
    pub fn is_sending(&self) -> bool {
        self.gone < self.pending.len()
    }

    /// Where there is to be room for that.
    pub fn output(&self) -> Option<BorrowedFd<'_>> {
        self.is_sending().then(|| self.out.as_fd())
    }

    /// Sends as much as the terminal takes now.
    pub fn flush(&mut self) -> io::Result<()> {
        while let Some(rest) = self.pending.get(self.gone..).filter(|rest| !rest.is_empty()) {
            match self.out.write(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(sent) => self.gone += sent,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.pending.clear();
        self.gone = 0;
        Ok(())
    }

    /// Whether a frame may be drawn now: the last one is gone, and nothing that was typed meanwhile
    /// makes it an old one.
    pub fn is_free(&self) -> io::Result<bool> {
        let is_early = self.drawn.is_some_and(|drawn| drawn.elapsed() < FRAME);
        Ok(!(self.is_sending() || is_early && sys::readable_within(&self.tty, 0)?))
    }

    /// Draws a frame; what has not changed is not sent.
    pub fn draw(&mut self, frame: impl FnOnce(Rect, &mut Buffer)) -> io::Result<()> {
        if std::mem::take(&mut self.unknown) {
            self.shown.resize(self.area);
            self.forget();
            self.next.resize(self.area);
            self.pending.extend_from_slice(CLEAR);
        }
        self.next.reset();
        frame(self.area, &mut self.next);
        self.send_changes();
        std::mem::swap(&mut self.shown, &mut self.next);
        self.drawn = Some(Instant::now());
        self.flush()
    }

    fn send_changes(&mut self) {
        let out = &mut self.pending;
        let (mut at, mut last) = (None, None);
        for (x, y, cell) in self.shown.diff_iter(&self.next) {
            if at != Some((x, y)) {
                out.extend_from_slice(b"\x1b[");
                push_number(u32::from(y) + 1, out);
                out.push(b';');
                push_number(u32::from(x) + 1, out);
                out.push(b'H');
            }
            let look = self.palette.look(cell);
            if last != Some(look) {
                self.palette.push(look, out);
            }
            out.extend_from_slice(cell.symbol().as_bytes());
            let next = takes_one(cell.symbol()).then_some((x.saturating_add(1), y));
            (at, last) = (next, Some(look));
        }
        if last.is_some() {
            out.extend_from_slice(b"\x1b[m");
        }
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

/// Whether all terminals move one column on for it: they disagree about wide characters and accents. Latin
/// letters do, lines and blocks, and the dots of charts.
fn takes_one(symbol: &str) -> bool {
    symbol.chars().all(|c| matches!(c, ..'\u{300}' | '\u{2500}'..='\u{25ff}' | '\u{2800}'..='\u{28ff}'))
}

/// The terminal that is the standard output, opened anew: the shell shares the one that it has given us,
/// and would be surprised by output that does not wait.
fn output() -> io::Result<File> {
    let open =
        |path| OpenOptions::new().write(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path);
    open("/dev/stdout").or_else(|_| open("/dev/tty"))
}

/// What there is to draw on. A serial console does not know its size and says 0 x 0.
pub fn area() -> io::Result<Rect> {
    let (columns, rows) = ratatui::termion::terminal_size()?;
    Ok(if columns == 0 || rows == 0 { Rect::new(0, 0, 80, 24) } else { Rect::new(0, 0, columns, rows) })
}

/// Waits until the terminal takes something, also past signals, which end a wait early.
fn has_room(out: BorrowedFd, deadline: Instant) -> bool {
    loop {
        match sys::wait_for_room([Some(out)], 0, deadline) {
            Ok([false]) if Instant::now() < deadline => {}
            waited => return matches!(waited, Ok([true])),
        }
    }
}

/// Puts the terminal back as it was before; once.
fn give_back() {
    let before = BEFORE.try_lock().ok().and_then(|mut before| before.take());
    if let Some(before) = before {
        let mut out = io::stdout();
        if has_room(out.as_fd(), Instant::now() + LEAVING) {
            let _ = out.write_all(LEAVE).and_then(|()| out.flush());
        }
        // The controlling terminal is the one that was changed.
        if let Ok(tty) = File::open("/dev/tty") {
            let _ = termios::tcsetattr(&tty, SetArg::TCSANOW, &before);
        }
    }
}
