//! `jscopectl list`: what can be set.

use super::Outcome;
use super::ask::Asking;
use crate::control::Wishes;
use crate::control::desk::Desk;
use crate::view::controls::table;
use crate::wire::control;
use crate::wire::request::Request;

/// What `--help` prints.
pub const HELP: &str = "\
usage: jscopectl list [--json] [--cbor] [--socket PATH] [--timeout MS]
                      [--no-fallback] [--root DIR]

Lists what can be set: name, value, and what it may be; or why this board has
nothing of the kind.
  --json            one JSON message
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
    let shown = asking.ask(&Request::ListControls, "Controls", &mut |reply| asking.show(reply, &table))?;
    if let Some(code) = shown {
        return Ok(code);
    }
    let desk = Desk::open(asking.root()?);
    asking.show(&control::controls(&desk.scene(Wishes::default())), &table)
}
