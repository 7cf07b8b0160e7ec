//! `jscopectl meta`: what board this is.

use super::ask::Asking;
use super::{Outcome, print, say};
use crate::board::{self, Board, nvpmodel};
use crate::root::Root;
use crate::snapshot::Snapshot;
use crate::source;
use crate::view::meta as text;
use crate::wire::meta::{Names, meta};
use crate::wire::request::Request;
use crate::wire::{Value, json};

/// What `--help` prints.
pub const HELP: &str = "\
usage: jscopectl meta [--json] [--cbor] [--socket PATH] [--timeout MS]
                      [--no-fallback] [--root DIR]

Tells what board this is, and the versions of what runs on it.
  --json            one JSON message, as on the wire
  --cbor            one CBOR message
  --socket PATH     as of stats
  --timeout MS      how long to wait (5000)
  --no-fallback     do not read in this process
  --root DIR        take a directory for the board
";

/// Runs the verb on what follows it.
pub fn run(mut args: lexopt::Parser) -> Outcome {
    let mut asking = Asking::default();
    asking.read(&mut args, &mut |_, _| Ok(false), None)?;
    let show = |asking: &Asking, reply: &Value| asking.show(reply, &text::page);
    if let Some(code) = asking.ask(&Request::GetMeta, "Meta", &mut |reply| show(&asking, reply))? {
        return Ok(code);
    }
    let root = asking.root()?;
    read("jscopectl", &root, true, &mut |reply| show(&asking, reply))
}

/// The message as one line of JSON.
pub fn as_line(reply: &Value) -> String {
    let mut line = json::encode(reply);
    line.push('\n');
    line
}

/// Prints the board that the root holds in one of the forms; `all` has libraries looked for.
pub fn show(applet: &str, root: &Root, all: bool, form: fn(&Value) -> String) -> Outcome {
    read(applet, root, all, &mut |reply| print(&form(reply)))
}

/// Reads the board that the root holds, and gives the reply about it to `take`.
fn read(applet: &str, root: &Root, all: bool, take: &mut dyn FnMut(&Value) -> Outcome) -> Outcome {
    let board = Board::read(root, all);
    for warning in &board.warnings {
        say(applet, warning);
    }
    let (mut table, mut governors, mut sample) = (String::new(), String::new(), Snapshot::default());
    if all {
        table = nvpmodel::read(root).unwrap_or_default();
        governors = board::governors(root);
        source::look(root, &mut sample);
    }
    let names = Names::of(&sample, &table, &governors);
    let privileged = nix::unistd::geteuid().is_root();
    take(&meta(&board, &names.lists(), privileged))
}
