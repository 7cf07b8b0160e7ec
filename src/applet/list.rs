//! `jscopectl list`: what can be set.

use super::ask::Asking;
use super::{Failure, Outcome, code};
use crate::view::controls::table;
use crate::wire::request::Request;

/// What `--help` prints.
pub const HELP: &str = "\
usage: jscopectl list [--json] [--cbor] [--socket PATH] [--timeout MS]

Lists what can be set: name, value, and what it may be. Only the server knows.
  --json            one JSON message
  --cbor            one CBOR message
  --socket PATH     as of stats
  --timeout MS      how long to wait (5000)
  --no-fallback     is always so
";

/// Runs the verb on what follows it.
pub fn run(mut args: lexopt::Parser) -> Outcome {
    let mut asking = Asking::default();
    asking.read(&mut args, &mut |_, _| Ok(false), None)?;
    if asking.here {
        return Err(Failure::new(code::UNAVAILABLE, "list: unsupported without the server"));
    }
    asking.no_fallback = true;
    let shown = asking.ask(&Request::ListControls, "Controls", &mut |reply| asking.show(reply, &table))?;
    Ok(shown.unwrap_or(0))
}
