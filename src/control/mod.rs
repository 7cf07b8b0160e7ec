//! What may be changed on a board, and how: the only place that writes the kernel's files or runs the
//! vendor's tools.
//!
//! A [`Control`] looks (what is it, what may it be) and plans (a list of [`plan::Step`]s); both only
//! read. A [`run::Run`] does the steps, writing down in the [`journal`] what was there before each. A
//! [`desk::Desk`] takes requests, one at a time, runs them beside the daemon's loop, puts back what
//! failed or was not confirmed, and looks after what is held (the fan). Permission is decided before
//! anything comes here.

pub mod clocks;
pub mod cores;
pub mod cpu;
pub mod curve;
pub mod desk;
pub mod emc;
pub mod fan;
mod fill;
pub mod gpu;
pub mod journal;
mod line;
pub mod number;
pub mod nvpmodel;
pub mod persist;
pub mod pinned;
pub mod plan;
pub mod preset;
pub mod run;
pub mod swap;
mod tool;
mod undo;
mod wanted;

use std::fmt;

use crate::quote::quoted;
use crate::root::Root;
use journal::Journal;
use plan::Plan;

/// One thing that may be changed.
pub struct Control {
    /// Its name.
    pub name: &'static str,
    /// What it is, in a few words.
    pub description: &'static str,
    /// The unit of numbers.
    pub unit: Option<&'static str>,
    /// What it is and may be on this board.
    pub look: fn(&Scene) -> Result<Range, Refusal>,
    /// How to change it; nothing is written yet.
    pub plan: fn(&Scene, &str) -> Result<Plan, Refusal>,
}

/// All controls, in the order of their list; the first six are those of the original.
pub static CONTROLS: &[&Control] = &[
    &clocks::CONTROL,
    &nvpmodel::CONTROL,
    &fan::CONTROL,
    &cpu::GOVERNOR,
    &gpu::GOVERNOR,
    &gpu::RAILGATE,
    &cpu::MIN_FREQ,
    &cpu::MAX_FREQ,
    &gpu::MIN_FREQ,
    &gpu::MAX_FREQ,
    &gpu::SCALING_3D,
    &emc::CONTROL,
    &cores::CONTROL,
    &preset::CONTROL,
];

/// The control of that name, the one behind `restore-defaults` included.
pub fn named(name: &str) -> Option<&'static Control> {
    CONTROLS.iter().copied().chain([&preset::DEFAULTS]).find(|control| control.name == name)
}

/// What a control is now and may be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// What it is now, in the form that it takes; `None` when that cannot be read.
    pub value: Option<String>,
    /// The words that it takes.
    pub options: Vec<String>,
    /// The least and the most number that it takes, in the control's unit.
    pub bounds: Option<(i64, i64)>,
    /// What it will be after the next boot, where that is something else.
    pub next_boot: Option<String>,
    /// Of a fan on a curve: duties, per mille, at temperatures, milli-degrees.
    pub curve: Vec<(i32, u32)>,
    /// The thermal zones that such a curve goes by; empty for all.
    pub zones: Vec<String>,
}

/// What looking and planning look at.
pub struct Scene<'a> {
    /// The board.
    pub root: &'a Root,
    /// What we have changed on it.
    pub journal: &'a Journal,
    /// What the request allows.
    pub wishes: Wishes,
}

/// What may be done for a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// The board may be booted again at once.
    pub reboot: bool,
    /// The change may wait for the next boot.
    pub at_next_boot: bool,
    /// Somebody stays who looks after what is held: not so in a program that ends at once.
    pub attended: bool,
}

/// Why a change is not made, or failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The kind.
    pub kind: Kind,
    /// One line, `what: why "text" (hint)`.
    pub why: String,
}

/// Kinds of [`Refusal`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// There is no such control, or it takes no such value.
    Invalid,
    /// This board has nothing of the kind.
    Unsupported,
    /// Something in force stands against it.
    Conflict,
    /// The system does not let us.
    Denied,
    /// It was tried and failed; what had been changed is put back.
    Failed,
    /// A tool did not end in time.
    Timeout,
    /// Another change is being made.
    Busy,
    /// It needs a reboot that was not asked for.
    Reboot,
    /// The process or the machine has no descriptor or memory left for it: it may be tried again.
    Want,
}

/// What `look` finds on the board, if there were descriptors and memory for all that it opens: what was not
/// opened for want of them is not absent.
///
/// # Errors
/// Those of `look`; [`Kind::Want`], with nothing written.
pub fn whole<T>(root: &Root, what: &str, look: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
    root.take_want();
    let found = look();
    root.take_want().map_or(found, |error| Err(run::failed(what, &error)))
}

impl Refusal {
    /// A refusal of some kind.
    pub fn new(kind: Kind, why: impl Into<String>) -> Refusal {
        Refusal { kind, why: why.into() }
    }

    /// A value that the control does not take, with what it does.
    pub fn value(control: &str, value: &str, takes: &str) -> Refusal {
        Refusal::new(Kind::Invalid, [control, ": no such value ", &quoted(value), " (", takes, ")"].concat())
    }

    /// What the board lacks.
    pub fn unsupported(control: &str, lacks: &str) -> Refusal {
        Refusal::new(Kind::Unsupported, [control, ": ", lacks].concat())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.why)
    }
}
