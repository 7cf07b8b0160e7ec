//! `jetson_scope_release`: model, module, SoC, L4T, JetPack and CUDA architecture in two lines.

use super::{Applet, Outcome, meta, root};
use crate::view::meta as text;

/// The applet.
pub static APPLET: Applet =
    Applet { name: "jetson_scope_release", aliases: &[], answers_to: &[], help: HELP, verbs: &[], run };

const HELP: &str = "\
usage: jetson_scope_release [-v] [--json] [--root DIR]

Tells what Jetson this is and what runs on it: model, module, its number, SoC;
L4T, JetPack, CUDA architecture. What cannot be found out is unknown, which is
no error. Runs no program and asks no server.

  -v, --verbose     all that is known, a line for each; libraries, too
  --json            one JSON message, as on the wire
  --root DIR        take DIR for the board (JETSONSCOPE_ROOT, or this machine)
  --help, --version

The serial number is shown to root only, with -v or --json.
exit codes: 0, 64 usage, 66 no such directory, 74 output failed
";

fn run(mut args: lexopt::Parser) -> Outcome {
    use lexopt::prelude::*;
    let (mut verbose, mut json, mut directory) = (false, false, None);
    while let Some(arg) = args.next()? {
        match arg {
            Short('v') | Long("verbose") => verbose = true,
            Long("json") => json = true,
            Long("root") => directory = Some(args.value()?),
            _ => return Err(arg.unexpected().into()),
        }
    }
    let form = match (json, verbose) {
        (true, _) => meta::as_line,
        (false, true) => text::page,
        (false, false) => text::short,
    };
    meta::show(APPLET.name, &root::root(directory)?, json || verbose, form)
}
