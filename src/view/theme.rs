//! Themes: with which colours and marks each tone is shown. A cell of the screen holds the number of its
//! tone as its colour; what becomes of that is decided here, when it is sent or written.

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

/// A colour by its number: below 16 those of the terminal's own palette, above them the rows of [`RICH`].
type Ink = u8;

/// As the terminal has it.
const OWN: Ink = 255;

const BOLD: u8 = 1;
const DIM: u8 = 2;
const UNDERLINED: u8 = 8;
const REVERSED: u8 = 64;

/// How one tone looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// The colour of the text.
    ink: Ink,
    /// The colour behind it.
    ground: Ink,
    /// Bits, those of ratatui's `Modifier`.
    marks: u8,
}

/// How many colours a terminal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// The sixteen.
    Sixteen,
    /// 256.
    Many,
    /// All.
    True,
}

/// Tones that have a number: [`super::paint::Tone`] says which.
const TONES: usize = 14;

/// A table of looks.
pub struct Theme {
    /// Its name, for `--theme`.
    pub name: &'static str,
    /// Behind a picture, as red, green and blue, and the text on it.
    page: [u32; 2],
    /// By the number of the tone; 0 is all other text.
    looks: [Look; TONES],
}

/// The themes, in the order of `t`.
pub static THEMES: [Theme; 5] = [
    Theme { name: "default", page: DARK, looks: DEFAULT },
    Theme { name: "neon", page: [0, 0xff_ffff], looks: NEON },
    Theme { name: "light", page: [0xff_ffff, 0x1f_2328], looks: LIGHT },
    Theme { name: "safe", page: DARK, looks: SAFE },
    Theme { name: "mono", page: DARK, looks: MONO },
];

const DARK: [u32; 2] = [0x10_1418, 0xd0_d4d8];

const fn marked(marks: u8) -> Look {
    Look { ink: OWN, ground: OWN, marks }
}

const fn ink(ink: Ink) -> Look {
    Look { ink, ground: OWN, marks: 0 }
}

const fn bold(ink: Ink) -> Look {
    Look { ink, ground: OWN, marks: BOLD }
}

/// Other text, name, heading, strong, off, calm, high, full, alarm, and five parts of a whole; what is behind
/// these looks as other text does.
const DEFAULT: [Look; TONES] = [
    marked(0),
    ink(6),
    marked(BOLD | UNDERLINED),
    marked(BOLD),
    marked(DIM),
    ink(2),
    ink(3),
    bold(1),
    Look { ink: 3, ground: OWN, marks: REVERSED | BOLD },
    ink(6),
    ink(2),
    ink(5),
    ink(4),
    ink(3),
];

const MONO: [Look; TONES] = [
    marked(0),
    marked(0),
    marked(BOLD | UNDERLINED),
    marked(BOLD),
    marked(DIM),
    marked(0),
    marked(BOLD),
    marked(BOLD | UNDERLINED),
    marked(REVERSED | BOLD),
    marked(0),
    marked(BOLD),
    marked(DIM),
    marked(0),
    marked(BOLD),
];

/// Bright on black.
const NEON: [Look; TONES] = [
    Look { ink: 15, ground: 0, marks: 0 },
    ink(16),
    Look { ink: 17, ground: OWN, marks: BOLD | UNDERLINED },
    bold(15),
    ink(21),
    ink(18),
    ink(19),
    bold(20),
    Look { ink: 0, ground: 19, marks: BOLD },
    ink(16),
    ink(18),
    ink(17),
    ink(22),
    ink(19),
];

/// For a white ground.
const LIGHT: [Look; TONES] = [
    marked(0),
    ink(23),
    marked(BOLD | UNDERLINED),
    marked(BOLD),
    marked(DIM),
    ink(24),
    ink(25),
    bold(26),
    Look { ink: 15, ground: 26, marks: BOLD },
    ink(27),
    ink(24),
    ink(28),
    ink(23),
    ink(25),
];

/// No red and no green: who cannot tell these sees blue, yellow and orange.
const SAFE: [Look; TONES] = [
    marked(0),
    ink(6),
    marked(BOLD | UNDERLINED),
    marked(BOLD),
    marked(DIM),
    ink(29),
    ink(30),
    Look { ink: 31, ground: OWN, marks: BOLD | UNDERLINED },
    Look { ink: 31, ground: OWN, marks: REVERSED | BOLD },
    ink(29),
    ink(31),
    ink(7),
    ink(6),
    ink(30),
];

/// The sixteen in a picture.
const PALETTE: [u32; 16] = [
    0x00_0000, 0xe0_5561, 0x8c_c265, 0xd1_8f52, 0x4a_a5f0, 0xc1_62de, 0x42_b3c2, 0xd7_dae0, 0x6b_7280,
    0xff_616e, 0xa5_e075, 0xf0_a45d, 0x4d_c4ff, 0xde_73ff, 0x4c_d1e0, 0xff_ffff,
];

/// Colours from 16 on: the one of the sixteen that comes next to it, the one of the 256, and the colour.
const RICH: [(u8, u8, u32); 16] = [
    (14, 51, 0x00_ffff),
    (13, 201, 0xff_00ff),
    (10, 46, 0x39_ff14),
    (11, 226, 0xff_ff00),
    (9, 197, 0xff_005f),
    (8, 244, 0x80_8080),
    (12, 75, 0x5f_afff),
    (4, 25, 0x00_5faf),
    (2, 28, 0x00_8700),
    (3, 130, 0xaf_5f00),
    (1, 124, 0xaf_0000),
    (6, 30, 0x00_8787),
    (5, 90, 0x87_0087),
    (12, 39, 0x00_afff),
    (11, 228, 0xff_ff87),
    (3, 208, 0xff_8700),
];

fn rich(ink: Ink) -> Option<&'static (u8, u8, u32)> {
    RICH.get(usize::from(ink.checked_sub(16)?))
}

/// A theme on a terminal.
#[derive(Clone, Copy)]
pub struct Palette {
    /// The theme.
    pub theme: &'static Theme,
    /// What the terminal has.
    pub depth: Depth,
}

/// The number of the theme of that name.
pub fn named(name: &str) -> Option<usize> {
    THEMES.iter().position(|theme| theme.name == name)
}

impl Palette {
    /// A theme by its number, the last one without colours where there are none.
    pub fn new(number: usize, color: bool, depth: Depth) -> Palette {
        let [first, .., mono] = &THEMES;
        let theme = if color { THEMES.get(number).unwrap_or(first) } else { mono };
        Palette { theme, depth }
    }

    fn base(self) -> Look {
        let [base, ..] = self.theme.looks;
        base
    }

    /// Whether the theme has a ground of its own, which is to be sent for empty cells, too.
    pub fn has_ground(self) -> bool {
        self.base().ground != OWN
    }

    /// How a cell looks.
    pub fn look(self, cell: &Cell) -> Look {
        let base = self.base();
        let number = if let Color::Indexed(number) = cell.fg { usize::from(number) } else { 0 };
        let mut look = self.theme.looks.get(number).copied().unwrap_or(base);
        if look.ink == OWN {
            look.ink = base.ink;
        }
        if look.ground == OWN {
            look.ground = base.ground;
        }
        if cell.modifier.contains(Modifier::REVERSED) {
            look.marks |= REVERSED;
        }
        look
    }

    /// The sequence that sets a look, whatever was set before.
    pub fn push(self, look: Look, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\x1b[0");
        for (bit, code) in [(BOLD, b";1"), (DIM, b";2"), (UNDERLINED, b";4"), (REVERSED, b";7")] {
            if look.marks & bit != 0 {
                out.extend_from_slice(code);
            }
        }
        self.push_ink(look.ink, 30, out);
        self.push_ink(look.ground, 40, out);
        out.push(b'm');
    }

    /// A colour: of the text from 30, behind it from 40.
    fn push_ink(self, ink: Ink, from: u8, out: &mut Vec<u8>) {
        let mut push = |code: u8| {
            out.push(b';');
            push_number(code.into(), out);
        };
        match (rich(ink), self.depth) {
            (None, _) if ink == OWN => {}
            (None, _) => push(basic(ink, from)),
            (Some((number, ..)), Depth::Sixteen) => push(basic(*number, from)),
            (Some((_, number, _)), Depth::Many) => [from + 8, 5, *number].into_iter().for_each(push),
            (Some((.., rgb)), Depth::True) => {
                let [_, red, green, blue] = rgb.to_be_bytes();
                [from + 8, 2, red, green, blue].into_iter().for_each(push);
            }
        }
    }

    /// The same in a picture: the text's colour, the colour behind it unless that is the picture's own.
    pub fn colors(self, look: Look) -> (u32, Option<u32>) {
        let [page, text] = self.page();
        let rgb = |ink: Ink, own: u32| match rich(ink) {
            Some((.., rgb)) => *rgb,
            None => PALETTE.get(usize::from(ink)).copied().unwrap_or(own),
        };
        let (ink, ground) = (rgb(look.ink, text), rgb(look.ground, page));
        let (ink, ground) = if look.is_reversed() { (ground, ink) } else { (ink, ground) };
        (ink, Some(ground).filter(|ground| *ground != page))
    }

    /// What is behind a picture, and the text on it.
    pub fn page(self) -> [u32; 2] {
        self.theme.page
    }
}

impl Look {
    /// Nothing of it is seen where there is no character.
    pub fn is_clear(self) -> bool {
        self.marks & (REVERSED | UNDERLINED) == 0 && self.ground == OWN
    }

    /// Bold.
    pub fn is_bold(self) -> bool {
        self.marks & BOLD != 0
    }

    /// Dim.
    pub fn is_dim(self) -> bool {
        self.marks & DIM != 0
    }

    /// Underlined.
    pub fn is_underlined(self) -> bool {
        self.marks & UNDERLINED != 0
    }

    fn is_reversed(self) -> bool {
        self.marks & REVERSED != 0
    }
}

/// The code of one of the sixteen.
fn basic(number: u8, from: u8) -> u8 {
    if number < 8 { from + number } else { from + 52 + number }
}

/// A number in digits.
pub(super) fn push_number(number: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(number.to_string().as_bytes());
}

/// How many colours a terminal says that it has, by TERM and COLORTERM.
pub fn depth(term: &str, colorterm: &str) -> Depth {
    match () {
        () if matches!(colorterm, "truecolor" | "24bit") || term.ends_with("-direct") => Depth::True,
        () if term.contains("256color") => Depth::Many,
        () => Depth::Sixteen,
    }
}

#[cfg(test)]
#[path = "theme_tests.rs"]
mod tests;
