//! `jscopectl watch`: the board's values again and again.

use super::{Outcome, feed, stats};

/// What `--help` prints.
pub const HELP: &str = "\
usage: jscopectl watch [--json] [--cbor] [--interval MS] [--socket PATH]
                       [--timeout MS] [--no-fallback] [--source S] [--root DIR]

Prints the board's values again and again until interrupted. A server that goes
away is waited for; meanwhile the board is read in this process.
  --json            one JSON message per sample
  --cbor            one CBOR message per sample
  --interval MS     time between samples, 100 to 3600000 (1000)
  --socket PATH     as of stats
  --timeout MS      how long to wait for the server (5000)
  --no-fallback     do not read in this process
  --source S        as of stats
  --root DIR        take a directory for the board
";

/// Runs the verb on what follows it.
pub fn run(args: lexopt::Parser) -> Outcome {
    let mut options = stats::Options::default();
    options.read(args, &["source", "interval"], None)?;
    let period = options.interval;
    stats::watch(feed::open(&mut options)?, &options, period)
}
