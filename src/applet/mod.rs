//! The programs: one file each, which parses arguments and wires parts together.
//!
//! One executable holds them all. [`main`] picks an applet by the file name that it was called by,
//! exactly, or by its first argument. An applet reports how it ended as [`Outcome`]; only this
//! module prints errors, as one line `applet: what: why`.

#[cfg(any(feature = "cli", feature = "tui"))]
pub mod ask;
#[cfg(feature = "emulator")]
mod background;
#[cfg(feature = "cli")]
mod capture;
#[cfg(feature = "cli")]
pub mod config;
#[cfg(feature = "emulator")]
pub mod emulator;
#[cfg(feature = "cli")]
pub mod env;
#[cfg(any(feature = "cli", feature = "tui"))]
pub mod feed;
#[cfg(feature = "cli")]
pub mod get;
#[cfg(feature = "cli")]
pub mod health;
#[cfg(feature = "cli")]
pub mod history;
pub mod install;
pub mod jetsonscope;
#[cfg(feature = "tui")]
pub mod jscope;
#[cfg(feature = "cli")]
pub mod jscopectl;
#[cfg(feature = "daemon")]
pub mod jscoped;
#[cfg(feature = "cli")]
pub mod list;
#[cfg(feature = "cli")]
pub mod meta;
#[cfg(feature = "cli")]
pub mod parse;
#[cfg(feature = "cli")]
pub mod processes;
#[cfg(feature = "cli")]
pub mod release;
#[cfg(any(feature = "cli", feature = "tui", feature = "daemon"))]
pub mod root;
#[cfg(feature = "cli")]
pub mod set;
#[cfg(feature = "emulator")]
pub mod simulate;
#[cfg(feature = "cli")]
pub mod snapshot;
#[cfg(feature = "cli")]
pub mod sources;
#[cfg(any(feature = "cli", feature = "tui"))]
pub mod stats;
#[cfg(feature = "cli")]
pub mod swap;
#[cfg(any(feature = "cli", feature = "tui"))]
mod time;
#[cfg(feature = "cli")]
pub mod watch;

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::{self, Write};
use std::path::Path;

use crate::source;
use crate::sys;

/// Exit codes, those of sysexits.h where it has one.
pub mod code {
    /// The answer is no: something differs.
    pub const DIFFERS: u8 = 1;
    /// The answer is that something has failed.
    pub const FAILING: u8 = 2;
    /// It is done after the next start of the board.
    pub const REBOOT: u8 = 3;
    /// A wrong option or argument.
    pub const USAGE: u8 = 64;
    /// The input holds no sample.
    pub const DATA: u8 = 65;
    /// An input file is missing or cannot be opened.
    pub const NO_INPUT: u8 = 66;
    /// A program or service that is needed is not there.
    pub const UNAVAILABLE: u8 = 69;
    /// A file cannot be created.
    pub const CANNOT_CREATE: u8 = 73;
    /// Reading or writing failed.
    pub const IO: u8 = 74;
    /// Something that cannot be, is.
    pub const INTERNAL: u8 = 70;
    /// Nothing came in time; try again.
    pub const TRY_AGAIN: u8 = 75;
    /// The server does not let this user do it.
    pub const NO_PERMISSION: u8 = 77;
    /// The configuration is wrong.
    pub const CONFIG: u8 = 78;
    /// There is no applet of that name.
    pub const NO_APPLET: u8 = 127;
}

/// Why an applet ends without success.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub code: u8,
    /// One line, without the applet's name; nothing is printed when it is empty.
    pub message: String,
}

impl Failure {
    /// A failure with its exit code.
    pub fn new(code: u8, message: impl fmt::Display) -> Self {
        Failure { code, message: message.to_string() }
    }

    /// A wrong option or argument; the hint says where the right ones stand.
    pub fn usage(message: impl fmt::Display) -> Self {
        Failure::new(code::USAGE, format_args!("{message} (try --help)"))
    }

    /// An operation on `what` failed.
    pub fn io(code: u8, what: impl fmt::Display, error: &io::Error) -> Self {
        Failure::new(code, format_args!("{what}: {}", sys::reason(error)))
    }
}

impl From<lexopt::Error> for Failure {
    fn from(error: lexopt::Error) -> Self {
        Failure::usage(error)
    }
}

impl From<crate::config::Error> for Failure {
    fn from(error: crate::config::Error) -> Self {
        if error.is_usage { Failure::usage(error) } else { Failure::new(code::CONFIG, error) }
    }
}

impl From<source::Error> for Failure {
    fn from(error: source::Error) -> Self {
        match error {
            source::Error::Usage(_) => Failure::usage(error),
            source::Error::Input(..) => Failure::new(code::NO_INPUT, error),
            source::Error::Unavailable(_) => Failure::new(code::UNAVAILABLE, error),
        }
    }
}

/// How an applet ended: an exit code, or a failure to report.
pub type Outcome = Result<u8, Failure>;

/// One program.
pub struct Applet {
    /// The name that it is called by.
    pub name: &'static str,
    /// Other names of the same program.
    pub aliases: &'static [&'static str],
    /// Names that it runs under, but that are neither listed nor installed.
    pub answers_to: &'static [&'static str],
    /// What `--help` prints.
    pub help: &'static str,
    /// What its first argument may name.
    pub verbs: &'static [Verb],
    /// Runs it on what follows its name.
    pub run: fn(lexopt::Parser) -> Outcome,
}

/// One thing that a program does.
pub struct Verb {
    /// Its first argument.
    pub name: &'static str,
    /// What `--help` behind it prints.
    pub help: &'static str,
    /// Runs it on what follows its name.
    pub run: fn(lexopt::Parser) -> Outcome,
}

/// The programs of this build.
pub static APPLETS: &[&Applet] = &[
    #[cfg(feature = "tui")]
    &jscope::APPLET,
    #[cfg(feature = "cli")]
    &jscopectl::APPLET,
    #[cfg(feature = "daemon")]
    &jscoped::APPLET,
    #[cfg(feature = "cli")]
    &release::APPLET,
    #[cfg(feature = "cli")]
    &env::APPLET,
    #[cfg(feature = "cli")]
    &snapshot::APPLET,
    #[cfg(feature = "cli")]
    &swap::APPLET,
    #[cfg(feature = "cli")]
    &config::APPLET,
    #[cfg(feature = "emulator")]
    &emulator::APPLET,
];

/// What only the executable itself runs, by its first argument: no names to be linked or listed.
pub static SUBCOMMANDS: &[&Applet] = &[
    #[cfg(feature = "emulator")]
    &simulate::APPLET,
];

/// Runs the verb that comes first, `otherwise` where there is none.
#[cfg(feature = "cli")]
pub fn run_verb(
    verbs: &[Verb],
    mut args: lexopt::Parser,
    otherwise: fn(lexopt::Parser) -> Outcome,
) -> Outcome {
    let first = args.try_raw_args().and_then(|raw| raw.peek().map(|verb| verb.to_owned()));
    let Some(name) = first.filter(|verb| !verb.as_encoded_bytes().starts_with(b"-")) else {
        return otherwise(args);
    };
    let Some(verb) = verbs.iter().find(|verb| name == verb.name) else {
        let names: Vec<&str> = verbs.iter().map(|verb| verb.name).collect();
        let message = format_args!("no verb \"{}\" ({})", name.display(), names.join(", ")).to_string();
        return Err(Failure::usage(message));
    };
    let _ = args.next()?;
    (verb.run)(args)
}

/// The applet of that exact name.
pub fn find(applets: &[&'static Applet], name: &OsStr) -> Option<&'static Applet> {
    let is = |applet: &&&Applet| {
        let other = applet.aliases.iter().chain(applet.answers_to);
        std::iter::once(&applet.name).chain(other).any(|own| name == *own)
    };
    applets.iter().find(is).copied()
}

/// Runs the program: the one of `applets` that the file name of the first argument names, or else
/// `own`. Gives its exit code.
pub fn main(own: &Applet, applets: &[&'static Applet], arguments: Vec<OsString>) -> u8 {
    sys::keep_descriptors();
    let mut arguments = arguments.into_iter();
    let called = arguments.next().unwrap_or_default();
    let called = Path::new(&called).file_name().unwrap_or_default();
    let applet = find(applets, called).unwrap_or(own);
    finish(applet, start(applet, arguments.collect()))
}

/// What a program of one applet holds beside it: the emulator, which it starts as a child.
pub static COMPANIONS: &[&Applet] = &[
    #[cfg(feature = "emulator")]
    &emulator::APPLET,
];

/// Runs an applet, but for the options that all of them have, wherever these stand. Before the
/// name of another applet they belong to the executable itself, behind it to that applet.
pub fn start(applet: &Applet, arguments: Vec<OsString>) -> Outcome {
    let own = arguments.iter().take_while(|argument| *argument != "--");
    let own = own.take(if applet.name == jetsonscope::APPLET.name { 1 } else { usize::MAX });
    match own.filter_map(|argument| argument.to_str()).find(|text| ["--help", "--version"].contains(text)) {
        Some("--help") => print(help(applet, arguments.first())),
        Some(_) => print(&format!("{} (jetsonscope) {}\n", applet.name, env!("CARGO_PKG_VERSION"))),
        None => (applet.run)(lexopt::Parser::from_args(arguments)),
    }
}

/// The help of the verb that the first argument names, or of the applet.
fn help(applet: &Applet, first: Option<&OsString>) -> &'static str {
    let verb = applet.verbs.iter().find(|verb| first.is_some_and(|first| first == verb.name));
    verb.map_or(applet.help, |verb| verb.help)
}

fn finish(applet: &Applet, outcome: Outcome) -> u8 {
    match outcome {
        Ok(code) => code,
        Err(failure) => {
            if !failure.message.is_empty() {
                say(applet.name, &failure.message);
            }
            failure.code
        }
    }
}

/// Writes one line for people to the standard error; that it cannot be written is no reason to stop.
pub fn say(applet: &str, message: &str) {
    let mut line = format!("{applet}: ");
    for c in message.chars() {
        // Names and arguments are a stranger's: no line ends, no escape sequences.
        if c.is_control() { line.extend(c.escape_default()) } else { line.push(c) }
    }
    line.push('\n');
    let _ = io::stderr().write_all(line.as_bytes());
}

/// Prints a result. A reader that has gone away is a quiet end, any other failure is one.
pub fn print(text: &str) -> Outcome {
    let mut out = io::stdout().lock();
    written(out.write_all(text.as_bytes()).and_then(|()| out.flush())).map(|_| 0)
}

/// What a failed write to the standard output means: `Ok(false)` says that its reader has gone
/// away, and that the program ends quietly.
pub fn written(result: io::Result<()>) -> Result<bool, Failure> {
    written_to("standard output", result)
}

/// The same of an output with another name.
pub fn written_to(name: impl fmt::Display, result: io::Result<()>) -> Result<bool, Failure> {
    match result {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::io(code::IO, name, &error)),
    }
}
