//! `jscopectl`: the command line. One verb a file; each has its own help.

use super::{Applet, Outcome, Verb, capture, get, health, history, list, meta, parse, processes};
use super::{set, sources, stats, watch};

/// The applet.
pub static APPLET: Applet = Applet {
    name: "jscopectl",
    aliases: &["jetsonscopectl"],
    answers_to: &[],
    help: HELP,
    verbs: VERBS,
    run,
};

/// The verbs, in the order of the help.
static VERBS: &[Verb] = &[
    Verb { name: "stats", help: stats::HELP, run: stats::run },
    Verb { name: "meta", help: meta::HELP, run: meta::run },
    Verb { name: "watch", help: watch::HELP, run: watch::run },
    Verb { name: "get", help: get::HELP, run: get::run },
    Verb { name: "health", help: health::HELP, run: health::run },
    Verb { name: "list", help: list::HELP, run: list::run },
    Verb { name: "set", help: set::HELP, run: set::set },
    Verb { name: "undo", help: set::UNDO, run: set::undo },
    Verb { name: "confirm", help: set::CONFIRM, run: set::confirm },
    Verb { name: "persist", help: set::PERSIST, run: set::persist },
    Verb { name: "restore-defaults", help: set::DEFAULTS, run: set::defaults },
    Verb { name: "sources", help: sources::HELP, run: sources::run },
    Verb { name: "history", help: history::HELP, run: history::run },
    Verb { name: "processes", help: processes::HELP, run: processes::run },
    Verb { name: "capture", help: capture::HELP, run: capture::run },
    Verb { name: "parse", help: parse::HELP, run: parse::run },
];

const HELP: &str = "\
usage: jscopectl [VERB] [OPTION]... [ARGUMENT]...

  stats      the board's values (the verb when none is given)
  meta       what board this is, and what runs on it
  watch      the same again and again
  get        single values, bare
  health     how the board and the server do
  list       what can be set
  set        change a control: fan, power mode, clocks, governors
  undo       take changes back; confirm: keep one; restore-defaults: all
  persist    what is set at each start
  sources    how each collector does: state, files, errors, cost
  history    what the server remembers: up to a day, as a table or drawn
  processes  the processes with the most of something
  capture    copy the files of the board that are read into a directory
  parse      turn logs of tegrastats into JSON, CSV or a table

  --help     with a verb, the options of that verb; --version
exit codes: 0, 1 differs or warning, 2 failure, 3 needs a reboot, 64 usage,
65 no sample in the input, 66 no such input, 69 source or server unavailable,
73 cannot create, 74 input or output failed, 75 nothing in time, 77 not
permitted
";

fn run(args: lexopt::Parser) -> Outcome {
    super::run_verb(VERBS, args, stats::run)
}
