//! `jetson_scope_swap`: the swap areas, and what is compressed in RAM.

use super::{Applet, Outcome, print, root};
use crate::snapshot::Snapshot;
use crate::source;
use crate::view::swap as view;
use crate::wire::{Value, json, message};

/// The applet.
pub static APPLET: Applet =
    Applet { name: "jetson_scope_swap", aliases: &[], answers_to: &[], help: HELP, verbs: &[], run };

const HELP: &str = "\
usage: jetson_scope_swap [--json] [--root DIR]

Shows the swap that is on: each area, and how much of it is compressed in RAM
(zram).
  --json      one JSON message: swap, swaps and zram as in the reply Stats
  --root DIR  take DIR for the board (JETSONSCOPE_ROOT, or this machine)
  --help, --version
exit codes: 0, 64 usage, 66 no such directory, 74 output failed
";

fn run(mut args: lexopt::Parser) -> Outcome {
    use lexopt::prelude::*;
    let (mut as_json, mut directory) = (false, None);
    while let Some(arg) = args.next()? {
        match arg {
            Long("json") => as_json = true,
            Long("root") => directory = Some(args.value()?),
            _ => return Err(arg.unexpected().into()),
        }
    }
    let root = root::root(directory)?;
    let mut sample = Snapshot::default();
    source::look(&root, &mut sample);
    print(&if as_json { line(&sample) } else { view::table(&sample) })
}

fn line(sample: &Snapshot) -> String {
    let mut data = message::data(sample);
    if let Value::Map(members) = &mut data {
        members.retain(|(name, _)| ["swap", "swaps", "zram"].contains(&name.as_ref()));
    }
    let mut line = json::encode(&Value::variant("Swap", data));
    line.push('\n');
    line
}
