//! `jetson_scope_config`: what can be set, and sets of settings. The verbs of `jscopectl` under the
//! names that they have always had here.

use super::{Applet, Outcome, Verb, list, set};

/// The applet.
pub static APPLET: Applet =
    Applet { name: "jetson_scope_config", aliases: &[], answers_to: &[], help: HELP, verbs: VERBS, run };

static VERBS: &[Verb] = &[
    Verb { name: "list", help: list::HELP, run: list::run },
    Verb { name: "set", help: set::HELP, run: set::set },
    Verb { name: "preset", help: PRESET, run: set::preset },
];

const HELP: &str = "\
usage: jetson_scope_config [list] | set CONTROL VALUE... | preset NAME

  list    what can be set (the verb when none is given)
  set     change a control, as jscopectl does
  preset  performance, balanced or powersave: shows the plan, then changes what
          belongs together, all of it or nothing
  --help     with a verb, the options of that verb
  --version
exit codes: as of jscopectl set
";

const PRESET: &str = "\
usage: jetson_scope_config preset NAME [--dry-run] [--confirm SECONDS]

Sets what belongs together: performance, balanced or powersave. The plan comes
first; when a step fails, all are taken back.
  --dry-run          only show the plan
  --confirm SECONDS  take it back unless `jscopectl confirm` comes in time
  --reboot           boot again at once if the change takes that
  --at-next-boot     leave the power mode to the next boot if it takes one
  --wait SECONDS     how long it may take, others' changes included (60)
  --json, --cbor     one message for the plan, one for what was done
  --socket PATH      as of jscopectl stats
  --no-fallback      do nothing without the server
  --root DIR         take a directory for the board, and no server
exit codes: as of jscopectl set
";

fn run(args: lexopt::Parser) -> Outcome {
    super::run_verb(VERBS, args, list::run)
}
