//! `jscoped`: the server. This release holds its name and its place in the build; it does not
//! serve, and says so instead of pretending.

use super::{Applet, Failure, Outcome, code};

/// The applet.
pub static APPLET: Applet =
    Applet { name: "jscoped", aliases: &["jetsonscoped"], answers_to: &[], help: HELP, verbs: &[], run };

const HELP: &str = "\
usage: jscoped --help | --version

The server of JetsonScope. This release has none: jscope and jscopectl read the
board themselves.
";

fn run(mut args: lexopt::Parser) -> Outcome {
    if let Some(arg) = args.next()? {
        return Err(arg.unexpected().into());
    }
    Err(Failure::new(
        code::UNAVAILABLE,
        "this release has no server (jscope and jscopectl read the board themselves)",
    ))
}
