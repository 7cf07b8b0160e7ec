//! `jscopectl meta`: what board this is, read in this process.

use super::{Outcome, print, root, say};
use crate::board::{self, Board, nvpmodel};
use crate::root::Root;
use crate::snapshot::Snapshot;
use crate::source;
use crate::view::meta as text;
use crate::wire::meta::{Names, meta};
use crate::wire::{Value, json};

/// What `--help` prints.
pub const HELP: &str = "\
usage: jscopectl meta [--json] [--root DIR]

Tells what board this is, and the versions of what runs on it.
  --json       one JSON message, as on the wire
  --root DIR   take a directory for the board
";

/// Runs the verb on what follows it.
pub fn run(mut args: lexopt::Parser) -> Outcome {
    use lexopt::prelude::*;
    let (mut as_json, mut directory) = (false, None);
    while let Some(arg) = args.next()? {
        match arg {
            Long("json") => as_json = true,
            Long("root") => directory = Some(args.value()?),
            _ => return Err(arg.unexpected().into()),
        }
    }
    let form = if as_json { as_line } else { text::page };
    show("jscopectl", &root::root(directory)?, true, form)
}

/// The message as one line of JSON.
pub fn as_line(reply: &Value) -> String {
    let mut line = json::encode(reply);
    line.push('\n');
    line
}

/// Prints the board that the root holds in one of the forms; `all` has libraries looked for.
pub fn show(applet: &str, root: &Root, all: bool, form: fn(&Value) -> String) -> Outcome {
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
    print(&form(&meta(&board, &names.lists(), privileged)))
}
