//! What is to be done for a change: steps, as data, that can be shown before they are taken.

use std::time::Duration;

use super::journal::{Record, Undo};
use crate::board::nvpmodel::STATUS;
use crate::root::Root;

/// How a control comes from one value to another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The control.
    pub control: &'static str,
    /// What it was; empty when not known.
    pub old: String,
    /// What it is to be.
    pub new: String,
    /// What is done, in that order; nothing when it is so already.
    pub steps: Vec<Step>,
    /// It takes effect with the next boot.
    pub at_next_boot: bool,
    /// What whoever asked should know, a line each.
    pub notes: Vec<String>,
}

/// One step. Paths are those below the root, without a slash in front.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Writes a file of the kernel, after its old text went to the journal, and reads it back. Left
    /// out when it holds that text already.
    Write {
        /// The file.
        path: String,
        /// What it is to hold.
        text: String,
    },
    /// The same for a file that many others lie behind or that may be refused: what cannot be
    /// written is left as it is, and noted.
    Try {
        /// The file.
        path: String,
        /// What it is to hold.
        text: String,
    },
    /// Writes a file of the kernel and reads it back, where a record noted before puts it back: an undo
    /// of the same group sets the control as a whole.
    Put {
        /// The file.
        path: String,
        /// What it is to hold.
        text: String,
        /// A failure ends the change; else it is only noted.
        must: bool,
    },
    /// Puts a file in the place of another one, whose content went to the journal.
    Replace {
        /// The file.
        path: String,
        /// What it is to hold; `None` removes it.
        content: Option<String>,
        /// Its permissions when it is made.
        mode: u32,
        /// Not put back by an undo: it is our own.
        own: bool,
    },
    /// Has our line of a file that is others' be so; the old one went to the journal (src/control/line.rs).
    Line {
        /// The file.
        path: String,
        /// The first word of the line.
        key: String,
        /// The line, without its end; `None` takes it away.
        line: Option<String>,
    },
    /// Makes a file of that length without holes, for its owner alone, where there is none.
    Fill {
        /// The file.
        path: String,
        /// Its length.
        bytes: u64,
        /// Zeros are to be written, since the file system sets aside no blocks that will do.
        zeros: bool,
    },
    /// Runs a program of the board: no shell, no input, as long as it may take; it must end with 0.
    Run {
        /// Its name.
        program: &'static str,
        /// Its arguments.
        arguments: Vec<String>,
        /// After that long it is killed.
        within: Duration,
    },
    /// Waits until a file holds that text (its first word; a number is compared as such), as long as it
    /// may take; an empty one waits until it is there, `None` until it is gone.
    Await {
        /// The file.
        path: String,
        /// What it is to hold.
        text: Option<String>,
        /// How long it may take.
        within: Duration,
        /// What is wrong when it does not.
        failure: String,
    },
    /// Asks whether the steps before have done what they were to do, until it is so, as long as it may
    /// take.
    Check {
        /// The control that is asked about.
        control: &'static str,
        /// What it is to be.
        value: String,
        /// How long it may take.
        within: Duration,
        /// Looks at the board.
        verify: Verify,
    },
    /// Waits until a line of a table begins with that word, or none does.
    Listed {
        /// The table.
        path: &'static str,
        /// The word, or with `*` at its end what it begins with.
        word: String,
        /// Whether it is to be there.
        there: bool,
        /// How long it may take.
        within: Duration,
    },
    /// Sets a control, as it is planned when its turn comes.
    Set {
        /// The control.
        control: String,
        /// What it is to be.
        value: String,
        /// Left out, with a note, where the board has none of the kind.
        optional: bool,
    },
    /// Writes down what undoes the steps that follow, where that is no file.
    Note(Record),
    /// The fan is ours from here on, at that duty, per mille, or on that curve.
    Hold(Hold),
    /// The fan is not ours any more.
    Release,
    /// Forgets what the journal has of a control: it is as the vendor left it.
    Forget(&'static str),
}

/// Looks at the board: is the control at that value?
#[derive(Clone, Copy, Debug)]
pub struct Verify(pub fn(&Root, &str) -> Verdict);

/// A step is known by its control and value; addresses of functions tell nothing.
impl PartialEq for Verify {
    fn eq(&self, _: &Verify) -> bool {
        true
    }
}

impl Eq for Verify {}

/// What a look at the board says of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is made.
    So,
    /// It is made as far as this board lets us: what is to be told.
    Partly(String),
    /// It is not made: why, `what: why`.
    Not(String),
}

/// What the fan is held at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hold {
    /// A duty, per mille.
    Duty(u32),
    /// The curve of that name.
    Curve(String),
}

impl Step {
    /// Writes a file of the kernel.
    pub fn write(path: impl Into<String>, text: impl Into<String>) -> Step {
        Step::Write { path: path.into(), text: text.into() }
    }

    /// Runs a program.
    pub fn run(program: &'static str, arguments: &[&str], within: Duration) -> Step {
        Step::Run { program, arguments: arguments.iter().map(|word| (*word).to_owned()).collect(), within }
    }

    /// The step in one line, as `--dry-run` prints it.
    pub fn line(&self) -> String {
        match self {
            Step::Write { path, text } | Step::Try { path, text } | Step::Put { path, text, .. } => {
                ["write /", path, " ", text].concat()
            }
            Step::Replace { path, content: Some(content), .. } => {
                format!("replace /{path} ({} bytes)", content.len())
            }
            Step::Replace { path, content: None, .. } => ["remove /", path].concat(),
            Step::Line { path, line: Some(line), .. } => ["line in /", path, ": ", line].concat(),
            Step::Line { path, key, line: None } => ["no line in /", path, ": ", key].concat(),
            Step::Fill { path, bytes, zeros: false } => format!("allocate /{path} ({bytes} bytes)"),
            Step::Fill { path, bytes, zeros: true } => format!("write zeros to /{path} ({bytes} bytes)"),
            Step::Run { program, arguments, .. } => {
                let words = ["run", program].into_iter().chain(arguments.iter().map(String::as_str));
                words.collect::<Vec<_>>().join(" ")
            }
            Step::Await { path, text: Some(text), .. } if text.is_empty() => {
                ["wait until /", path, " is there"].concat()
            }
            Step::Await { path, text: Some(text), .. } => ["wait until /", path, " is ", text].concat(),
            Step::Await { path, text: None, .. } => ["wait until /", path, " is gone"].concat(),
            Step::Listed { path, word, there, .. } => {
                let how = if *there { " has " } else { " has no " };
                ["wait until /", path, how, word].concat()
            }
            Step::Check { control, value, .. } => ["check that ", control, " is ", value].concat(),
            Step::Set { control, value, .. } => ["set ", control, " ", value].concat(),
            Step::Note(record) => match &record.kind {
                Undo::Start { unit } => ["note that an undo starts ", unit].concat(),
                Undo::Stop { unit } => ["note that an undo stops ", unit].concat(),
                Undo::Disable { unit } => ["note that an undo disables ", unit].concat(),
                Undo::Swap { area, priority: None } => ["note that an undo turns off ", area].concat(),
                Undo::Swap { area, .. } => ["note that an undo turns on ", area].concat(),
                Undo::Set { value } => ["note that an undo sets ", &record.control, " ", value].concat(),
                Undo::Write { path, old, .. } => ["note that /", path, " is ", old].concat(),
                Undo::File { path, .. } => ["note what /", path, " is"].concat(),
                Undo::NextBoot { .. } => ["note what /", STATUS, " is"].concat(),
                _ => ["note the undo of ", &record.control].concat(),
            },
            Step::Hold(Hold::Duty(duty)) => format!("hold the fan at {} %", duty / 10),
            Step::Hold(Hold::Curve(name)) => ["hold the fan on curve ", name].concat(),
            Step::Release => "release the fan".to_owned(),
            Step::Forget(control) => ["forget the undo of ", control].concat(),
        }
    }
}
