//! `jscopectl sources`: how the parts of the source do.

use super::ask::Asking;
use super::{Outcome, stats};
use crate::view::origin::table;
use crate::wire::Value;
use crate::wire::request::Request;
use crate::wire::source::sources;

/// What `--help` prints.
pub const HELP: &str = "\
usage: jscopectl sources [--json] [--cbor] [--socket PATH] [--timeout MS]
                         [--no-fallback] [--source S] [--root DIR]

Prints how each collector of the source does: state, files, errors, cost.
  --json            one JSON message
  --cbor            one CBOR message
  --socket PATH     as of stats
  --timeout MS      how long to wait (5000)
  --no-fallback     do not read in this process
  --source S        as of stats
  --root DIR        take a directory for the board
";

/// Runs the verb on what follows it.
pub fn run(args: lexopt::Parser) -> Outcome {
    let mut options = stats::Options { instant: true, ..stats::Options::default() };
    options.read(args, &["source"], None)?;
    let show = |asking: &Asking, reply: &Value| asking.show(reply, &table);
    if let Some(code) =
        options.asking.ask(&Request::GetSources, "Sources", &mut |r| show(&options.asking, r))?
    {
        return Ok(code);
    }
    let root = options.asking.root()?;
    let mut feed = stats::open_once(&root, &options)?;
    if let Some(code) = stats::take(&mut feed, &options)? {
        return Ok(code);
    }
    let statuses = feed.statuses();
    show(&options.asking, &sources(&statuses))
}
