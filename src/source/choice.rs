//! Which source: the words of `--source`, the variables, and what `auto` means here.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::merge::Merged;
use super::process::{Process, tegrastats};
use super::replay::Replay;
use super::sysfs::Sysfs;
use super::words;
use super::{Origin, Source};
use crate::root::Root;
use crate::sys;

/// The origin of samples that was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The kernel's files, and the vendor's program for what they lack.
    Auto,
    /// The kernel's files.
    Sysfs,
    /// The vendor's program, and the kernel's files for what it lacks.
    Tegrastats,
    /// A command that prints its lines: the words of its command line.
    Command(Vec<String>),
    /// A log, replayed at one sample an interval; `-` is the standard input, as it comes.
    File(PathBuf),
    /// The simulator's program as a child.
    Emulator(Simulated),
    /// The simulator in this process.
    Synthetic(Simulated),
}

/// Which simulated board, and what it does; empty means the default.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Simulated {
    /// The board's name.
    pub board: String,
    /// The scenario's name.
    pub scenario: String,
    /// The seed: with one, the time is simulated, too, and the same words give the same samples.
    pub seed: String,
}

/// What the choice depends on besides its words.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// The value of `--source`.
    pub option: Option<String>,
    /// The variable that forces a source in the screen, with its name.
    pub mode: Option<(&'static str, String)>,
    /// The variable with a command, and its name.
    pub command: Option<(&'static str, String)>,
    /// This machine is a Jetson, or a directory was given that is to be taken for one.
    pub jetson: bool,
}

/// Why a source cannot be had.
#[derive(Debug)]
pub enum Error {
    /// Its words say nothing.
    Usage(String),
    /// Its file cannot be read.
    Input(PathBuf, io::Error),
    /// This build or this machine lacks it.
    Unavailable(&'static str),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Error::Usage(what) => f.write_str(what),
            Error::Input(path, error) => write!(f, "{}: {}", path.display(), sys::reason(error)),
            Error::Unavailable(what) => f.write_str(what),
        }
    }
}

impl Choice {
    /// Chooses: the option wins over the variables, the variables over what this machine is.
    pub fn make(from: &Surroundings) -> Result<Choice, Error> {
        let command = || {
            let (name, line) = from.command.as_ref()?;
            Some(command(line).map_err(|why| Error::Usage(format!("{name}: {why} \"{line}\""))))
        };
        let auto = || command().unwrap_or_else(|| automatic(from.jetson));
        match (&from.option, &from.mode) {
            (Some(text), _) if text == "auto" => auto(),
            (Some(text), _) if text == "command" => command().unwrap_or_else(|| {
                Err(Error::Usage("--source command: JETSONSCOPE_STATS_CMD is not set".into()))
            }),
            (Some(text), _) => parse(text),
            (None, Some((name, mode))) => match mode.as_str() {
                "emulator" => Ok(Choice::Emulator(Simulated::default())),
                "synthetic" => Ok(Choice::Synthetic(Simulated::default())),
                _ => Err(Error::Usage(format!("{name}: no mode \"{mode}\" (emulator, synthetic)"))),
            },
            (None, None) => auto(),
        }
    }

    /// The source's name.
    pub fn name(&self) -> &'static str {
        match self {
            Choice::Auto | Choice::Sysfs => "sysfs",
            Choice::Tegrastats => "tegrastats",
            Choice::Command(_) => "command",
            Choice::File(_) => "file",
            Choice::Emulator(_) => "emulator",
            Choice::Synthetic(_) => "synthetic",
        }
    }

    /// Whether its values are those of a simulated board.
    pub fn simulated(&self) -> bool {
        matches!(self, Choice::Emulator(_) | Choice::Synthetic(_))
    }

    /// Whether the samples are those of the board itself, as it is now.
    pub fn is_of_board(&self) -> bool {
        matches!(self, Choice::Auto | Choice::Sysfs | Choice::Tegrastats)
    }

    /// The name of the simulated board.
    pub fn board(&self) -> Option<&str> {
        match self {
            Choice::Emulator(simulated) | Choice::Synthetic(simulated) => Some(&simulated.board),
            _ => None,
        }
    }

    /// The same for people.
    pub fn origin(&self) -> Origin<'_> {
        let board = self.board().unwrap_or_default();
        Origin { source: self.name(), simulated: self.simulated(), board, served: false }
    }

    /// Opens the source.
    pub(super) fn open(
        &mut self,
        root: &Root,
        interval: Duration,
        now: Instant,
    ) -> Result<Box<dyn Source>, Error> {
        Ok(match self {
            Choice::Auto => Box::new(Merged::new(root.clone(), false, interval, now)),
            Choice::Sysfs => Box::new(Sysfs::new(root.clone(), true, interval, now)),
            Choice::Tegrastats => Box::new(Merged::new(root.clone(), true, interval, now)),
            Choice::Command(words) => Box::new(Process::new(words.clone(), None, tegrastats, interval, now)),
            Choice::File(path) => match Replay::open(path, interval, now) {
                Ok(replay) => Box::new(replay),
                Err(error) => return Err(Error::Input(path.clone(), error)),
            },
            #[cfg(feature = "emulator")]
            Choice::Emulator(simulated) => {
                let words = super::simulator::program(simulated, interval)?;
                Box::new(Process::new(words, Some(super::simulator::EMULATOR), tegrastats, interval, now))
            }
            #[cfg(feature = "emulator")]
            Choice::Synthetic(simulated) => {
                Box::new(super::simulator::Synthetic::new(simulated, interval, now)?)
            }
            #[cfg(not(feature = "emulator"))]
            Choice::Emulator(_) | Choice::Synthetic(_) => {
                return Err(Error::Unavailable("this build has no simulator (feature emulator)"));
            }
        })
    }
}

/// What `auto` is without a command: the board's own files and program, or off a Jetson the simulator.
fn automatic(jetson: bool) -> Result<Choice, Error> {
    match jetson {
        true => Ok(Choice::Auto),
        false if cfg!(feature = "emulator") => Ok(Choice::Synthetic(Simulated::default())),
        false => {
            Err(Error::Unavailable("this is no Jetson, and this build has no simulator (feature emulator)"))
        }
    }
}

fn parse(text: &str) -> Result<Choice, Error> {
    let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
    match kind {
        "sysfs" if rest.is_empty() => Ok(Choice::Sysfs),
        "tegrastats" if rest.is_empty() => Ok(Choice::Tegrastats),
        "command" => command(rest).map_err(|why| Error::Usage(format!("--source command: {why} \"{rest}\""))),
        "file" if rest.is_empty() => Err(Error::Usage("--source file: no file given (file:FILE)".into())),
        "file" => Ok(Choice::File(rest.into())),
        "emulator" => Ok(Choice::Emulator(simulated(rest))),
        "synthetic" => Ok(Choice::Synthetic(simulated(rest))),
        _ => Err(Error::Usage(format!(
            "--source: no source \"{text}\" (auto, sysfs, tegrastats, command[:CMD], file:FILE, emulator, synthetic)"
        ))),
    }
}

fn command(line: &str) -> Result<Choice, &'static str> {
    match words::split(line)? {
        words if words.is_empty() => Err("no command in"),
        words => Ok(Choice::Command(words)),
    }
}

fn simulated(text: &str) -> Simulated {
    let mut words = text.splitn(3, ':').map(str::to_owned);
    let mut next = || words.next().unwrap_or_default();
    Simulated { board: next(), scenario: next(), seed: next() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(option: &str, mode: &str, command: &str, jetson: bool) -> Result<Choice, String> {
        let set = |name, value: &str| (!value.is_empty()).then(|| (name, value.to_owned()));
        let from = Surroundings {
            option: (!option.is_empty()).then(|| option.to_owned()),
            mode: set("MODE", mode),
            command: set("CMD", command),
            jetson,
        };
        Choice::make(&from).map_err(|error| error.to_string())
    }

    fn named(board: &str, scenario: &str) -> Simulated {
        Simulated { board: board.to_owned(), scenario: scenario.to_owned(), ..Simulated::default() }
    }

    #[test]
    fn ok_choices() {
        let cmd = |words: &[&str]| Choice::Command(words.iter().map(|word| word.to_string()).collect());
        for (option, mode, command, jetson, wanted) in [
            ("", "", "", true, Choice::Auto),
            ("auto", "", "", true, Choice::Auto),
            ("sysfs", "synthetic", "a", false, Choice::Sysfs),
            ("", "", "a b", true, cmd(&["a", "b"])),
            ("auto", "", "a 'b c'", false, cmd(&["a", "b c"])),
            ("command", "synthetic", "a", true, cmd(&["a"])),
            ("command:x -y", "", "a", true, cmd(&["x", "-y"])),
            ("tegrastats", "synthetic", "a", false, Choice::Tegrastats),
            ("", "emulator", "a", true, Choice::Emulator(named("", ""))),
            ("", "synthetic", "", true, Choice::Synthetic(named("", ""))),
            ("synthetic:thor", "", "", true, Choice::Synthetic(named("thor", ""))),
            ("emulator:nano:idle", "", "", true, Choice::Emulator(named("nano", "idle"))),
            ("file:-", "", "", true, Choice::File("-".into())),
            ("file:a:b", "", "", true, Choice::File("a:b".into())),
        ] {
            assert_eq!(make(option, mode, command, jetson), Ok(wanted), "{option} {mode} {command} {jetson}");
        }
    }

    #[test]
    fn err_choices() {
        for (option, mode, command, wanted) in [
            ("sysfs2", "", "", "--source: no source \"sysfs2\""),
            ("tegrastats:x", "", "", "--source: no source \"tegrastats:x\""),
            ("file", "", "", "no file given"),
            ("file:", "", "", "no file given"),
            ("command", "", "", "JETSONSCOPE_STATS_CMD is not set"),
            ("command:", "", "", "no command in"),
            ("", "", "'a", "CMD: a quote is not closed"),
            ("", "rocket", "", "MODE: no mode \"rocket\""),
        ] {
            let error = make(option, mode, command, true).unwrap_err();
            assert!(error.contains(wanted), "{option} {mode} {command}: {error}");
        }
    }
}
