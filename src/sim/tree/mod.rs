//! A simulated board as a directory that looks like its /sys, /proc and /etc.
//!
//! The owner makes a [`Tree`] and calls [`Tree::beat`] as often as it likes. Each beat reads what
//! others have written into the files that a kernel lets them write, turns that into knobs, moves
//! the board on and writes what has changed. Paths, names and forms are those of one release for
//! each board; units are those of the kernel's files. The directory belongs to the tree alone
//! while it lives, and nothing outside it is written.

mod cpu;
mod disk;
mod fixed;
mod gpu;
mod heat;
mod knob;
mod memory;
mod place;
mod power;
mod process;
mod sheet;
mod system;
mod tool;

#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::board::{Board, Cluster, Layout, Mode};
use super::state::{Knobs, State};
use super::{Scenario, Sim, fill};
use crate::sys;
use disk::Disk;
use knob::{Held, Turn};
use place::Place;
use sheet::{Handle, Sheet};
use system::Counters;

/// Why there is no tree, or no longer.
#[derive(Debug)]
pub enum Error {
    /// The board has no files.
    NoPlace(&'static str),
    /// The directory cannot be made or taken.
    Create(PathBuf, io::Error),
    /// It holds what no simulator has put there.
    Foreign(PathBuf),
    /// It holds another board.
    Other(PathBuf, String),
    /// Another simulator is at work in it.
    Busy(PathBuf),
    /// It is gone, or another one stands in its place.
    Gone(PathBuf),
    /// A file cannot be written.
    Write(PathBuf, io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Error::NoPlace(board) => write!(out, "{board}: a board without files"),
            Error::Create(path, error) | Error::Write(path, error) => {
                write!(out, "{}: {}", path.display(), sys::reason(error))
            }
            Error::Foreign(path) => {
                write!(out, "{}: not empty and not made by simulate (name a new directory)", path.display())
            }
            Error::Other(path, board) => {
                write!(out, "{}: holds the board \"{board}\" (name another directory)", path.display())
            }
            Error::Busy(path) => write!(out, "{}: another simulator is at work there", path.display()),
            Error::Gone(path) => write!(out, "{}: the directory is gone", path.display()),
        }
    }
}

/// A board that lives in a directory.
#[derive(Debug)]
pub struct Tree {
    sim: Sim,
    place: &'static Place,
    layout: &'static Layout,
    identity: [u64; 2],
    disk: Disk,
    sheet: Sheet,
    held: Held,
    counters: Counters,
}

/// What the parts of the tree draw from.
struct Scene<'a> {
    board: &'static Board,
    place: &'static Place,
    layout: &'static Layout,
    state: &'a State,
    knobs: &'a Knobs,
    held: &'a Held,
    counters: &'a Counters,
    /// Bits for what is unique in each boot.
    identity: [u64; 2],
}

impl Scene<'_> {
    fn mode(&self) -> Option<&'static Mode> {
        self.board.mode(self.knobs.mode)
    }

    /// Bounds that a policy's files show: what was asked for, under the mode's cap.
    fn cpu_bounds_khz(&self, n: usize, cluster: &Cluster) -> (u32, u32) {
        fill::bounds(self.knobs, n, cluster, self.mode())
    }

    fn gpu_bounds_khz(&self) -> (u32, u32) {
        let cap_khz = self.mode().map_or(u32::MAX, |mode| mode.gpu_max_khz);
        let max_khz = self.knobs.gpu_max_khz.unwrap_or(cap_khz).min(cap_khz);
        let lowest_khz = self.board.gpu.steps_khz.first().copied().unwrap_or(0);
        (self.knobs.gpu_min_khz.unwrap_or(lowest_khz).min(max_khz), max_khz)
    }

    fn emc_bounds_khz(&self) -> (u32, u32) {
        let cap_khz = self.mode().map_or(u32::MAX, |mode| mode.emc_max_khz);
        // A lock is shown by its own file, not as a cap.
        let asked_khz = if self.held.emc_locked { None } else { self.knobs.emc_max_khz };
        let max_khz = asked_khz.unwrap_or(cap_khz).min(cap_khz);
        let lowest_khz = self.board.emc_steps_khz.first().copied().unwrap_or(0);
        (self.knobs.emc_min_khz.unwrap_or(lowest_khz).min(max_khz), max_khz)
    }

    /// The file of the power mode's cap for the memory.
    fn emc_cap(&self) -> &'static str {
        match self.place.chip_id {
            "0x23" | "0x26" => "sys/kernel/nvpmodel_clk_cap/emc",
            _ => "sys/kernel/nvpmodel_emc_cap/emc_iso_cap",
        }
    }

    /// The profile of a stock install: small kits are quiet.
    fn fan_profile(&self) -> &'static str {
        super::fill::fan_profile(self.board)
    }
}

impl Tree {
    /// A board that has just begun with `scenario`, in the directory `path`, which is made or
    /// must be empty or a tree of the same board. Its files come with the first beat.
    ///
    /// # Errors
    /// The directory cannot be used.
    pub fn new(board: &'static Board, scenario: Scenario, seed: u64, path: &Path) -> Result<Tree, Error> {
        let place = Place::of(board).ok_or(Error::NoPlace(board.name))?;
        let layout = place.layout(board).ok_or(Error::NoPlace(board.name))?;
        let disk = Disk::take(path, board.name)?;
        let mut tree = Tree {
            sim: Sim::new(board, scenario, seed),
            place,
            layout,
            identity: [seed.wrapping_mul(0x9e37_79b9_7f4a_7c15), seed ^ 0x5bd1_e995_0f0f_3c3c],
            disk,
            sheet: Sheet::default(),
            held: Held::new(),
            counters: Counters::new(),
        };
        tree.draw(true);
        Ok(tree)
    }

    /// The board in it.
    pub fn sim(&self) -> &Sim {
        &self.sim
    }

    /// Takes what others have written, moves the board on by `dt_ms` and writes the files.
    ///
    /// # Errors
    /// The directory is gone or a file cannot be written; the tree is of no more use then.
    pub fn beat(&mut self, dt_ms: u32) -> Result<(), Error> {
        self.look()?;
        self.sim.step(dt_ms);
        self.counters.add(self.sim.state(), dt_ms);
        self.draw(false);
        self.disk.write(&mut self.sheet)
    }

    fn look(&mut self) -> Result<(), Error> {
        let (board, state) = (self.sim.board(), self.sim.state());
        let (emc_khz, fan_pwm) = (state.emc.freq_khz, state.fan_pwm);
        let mut turn = Turn {
            board,
            knobs: self.sim.knobs_mut(),
            held: &mut self.held,
            emc_khz,
            fan_pwm,
            zero_stops: self.place.is_thor(),
        };
        self.disk.look(&mut self.sheet, |bytes, page| turn.take(bytes, page))
    }

    /// Puts the state into the sheet; with `all`, also what never changes.
    fn draw(&mut self, all: bool) {
        let scene = Scene {
            board: self.sim.board(),
            place: self.place,
            layout: self.layout,
            state: self.sim.state(),
            knobs: self.sim.knobs(),
            held: &self.held,
            counters: &self.counters,
            identity: self.identity,
        };
        let sheet = &mut self.sheet;
        if all {
            fixed::draw(&scene, sheet);
            cpu::draw_fixed(&scene, sheet);
            gpu::draw_fixed(&scene, sheet);
            heat::draw_fixed(&scene, sheet);
            power::draw_fixed(&scene, sheet);
            system::draw_fixed(&scene, sheet);
            tool::draw(&scene, sheet);
        }
        cpu::draw(&scene, sheet);
        gpu::draw(&scene, sheet);
        heat::draw(&scene, sheet);
        power::draw(&scene, sheet);
        memory::draw(&scene, sheet);
        process::draw(&scene, sheet);
        system::draw(&scene, sheet);
        sheet.enter(format_args!("var/lib/nvpmodel"));
        sheet.put("status", format_args!("pmode:{:04}\n", scene.knobs.mode));
        sheet.handle("status", Handle::Mode);
    }
}
