//! `jscopectl set`, and what belongs to it: `undo`, `confirm`, `persist`, `restore-defaults`.
//!
//! The server makes the changes; without one, this process does, as far as nobody has to stay and look
//! after what was changed.

use std::time::{Duration, Instant};

use super::ask::{self, Asking};
use super::{Failure, Outcome};
use crate::client::{Connection, Why};
use crate::control::desk::{self, Desk};
use crate::control::{Kind, Refusal, persist};
use crate::env;
use crate::root::Root;
use crate::view::controls::{kept, state};
use crate::wire::control;
use crate::wire::request::{Manner, Request};

/// What `set --help` prints.
pub const HELP: &str = "\
usage: jscopectl set CONTROL VALUE... [--dry-run] [--confirm SECONDS]
                     [--persist] [--reboot] [--at-next-boot] [--wait SECONDS]

Changes something on the board; `jscopectl list` has the controls.
  --dry-run          print what would be done, and do nothing
  --confirm SECONDS  take it back unless `jscopectl confirm` comes in time
  --persist          do it again at each start of the server
  --reboot           boot again at once if the change takes that
  --at-next-boot     leave it to the next boot if the change takes one
  --wait SECONDS     how long it may take, others' changes included (60)
  --json, --cbor     one message
  --socket PATH      as of stats
  --no-fallback      do nothing without the server
  --root DIR         take a directory for the board, and no server
exit codes: 0 done, 3 needs a reboot, 64 no such control or value, 69 not on
this board, 74 failed and taken back, 75 busy or too slow, 77 not permitted
";

/// What `undo --help` prints.
pub const UNDO: &str = "\
usage: jscopectl undo [CONTROL|--all] [--wait SECONDS] [--json] [--socket PATH]

Takes back the last change, all changes of a control, or all there are.
  --all           all changes
  --wait SECONDS  how long it may take (60)
  --json, --cbor  one message
  --socket PATH   as of stats
  --no-fallback   do nothing without the server
  --root DIR      take a directory for the board, and no server
exit codes: as of set; 69 there is nothing to undo
";

/// What `confirm --help` prints.
pub const CONFIRM: &str = "\
usage: jscopectl confirm [--json] [--socket PATH]

Keeps a change that is taken back otherwise (option confirm of set).
  --wait SECONDS  how long it may take (60)
  --json, --cbor  one message
  --socket PATH   as of stats
  --no-fallback   is always so
  --root DIR      take a directory for the board, and no server
exit codes: as of set; 69 nothing waits to be confirmed
";

/// What `persist --help` prints.
pub const PERSIST: &str = "\
usage: jscopectl persist [list|forget CONTROL|forget --all] [--json]

Lists what is set at each start of the server, or has it forgotten.
  --all           everything is forgotten
  --wait SECONDS  how long it may take (60)
  --json, --cbor  one message
  --socket PATH   as of stats
  --no-fallback   do nothing without the server
  --root DIR      take a directory for the board, and no server
";

/// What `restore-defaults --help` prints.
pub const DEFAULTS: &str = "\
usage: jscopectl restore-defaults [--dry-run] [--wait SECONDS] [--json]

Brings back the vendor's state: fan, power mode, clocks and governors. What is
kept for each start is forgotten.
  --dry-run          print what would be done, and do nothing
  --reboot           boot again at once if that takes it
  --at-next-boot     leave the power mode to the next boot if it takes one
  --wait SECONDS     how long it may take (60)
  --json, --cbor     one message
  --socket PATH      as of stats
  --no-fallback      do nothing without the server
  --root DIR         take a directory for the board, and no server
exit codes: as of set
";

/// How long a change may take.
const WAIT: Duration = Duration::from_secs(60);
/// How long after the server was busy it is asked again.
const AGAIN: Duration = Duration::from_millis(200);

#[derive(Default)]
struct Options {
    asking: Asking,
    manner: Manner,
    all: bool,
    wait: Option<Duration>,
    words: Vec<String>,
}

/// Reads the arguments, of whose own options the verb takes those that are named.
fn options(mut args: lexopt::Parser, takes: &[&str]) -> Result<Options, Failure> {
    let mut options = Options::default();
    let Options { asking, manner, all, wait, words } = &mut options;
    let mut own = |name: &str, args: &mut lexopt::Parser| {
        if name != "wait" && !takes.contains(&name) {
            return Ok(false);
        }
        match name {
            "wait" => *wait = Some(Duration::from_secs(seconds(name, args)?.into())),
            "confirm" => manner.confirm_s = seconds(name, args)?,
            "dry-run" => manner.dry_run = true,
            "persist" => manner.persist = true,
            "reboot" => manner.reboot = true,
            "at-next-boot" => manner.at_next_boot = true,
            _ => *all = true,
        }
        Ok(true)
    };
    asking.read(&mut args, &mut own, Some(words))?;
    Ok(options)
}

fn seconds(name: &str, args: &mut lexopt::Parser) -> Result<u32, Failure> {
    use lexopt::ValueExt;
    let text = args.value()?.string()?;
    let value = text.parse().ok().filter(|seconds| (1..=3600).contains(seconds));
    value.ok_or_else(|| Failure::usage(format_args!("--{name}: \"{text}\" is not 1 to 3600 seconds")))
}

/// `set`.
pub fn set(args: lexopt::Parser) -> Outcome {
    let mut options = options(args, &["dry-run", "confirm", "persist", "reboot", "at-next-boot"])?;
    let (control, value) =
        options.words.split_first().ok_or_else(|| Failure::usage("set: no control given"))?;
    if value.is_empty() {
        return Err(Failure::usage(format_args!("set: no value given for \"{control}\"")));
    }
    let (control, value) = (control.clone(), value.join(" "));
    let request = Request::SetControl { control, value, token: env::token(), manner: options.manner };
    change(&mut options, request)
}

/// `jetson_scope_config preset`: shows the plan, then makes the changes.
pub fn preset(args: lexopt::Parser) -> Outcome {
    let mut options = options(args, &["dry-run", "confirm", "reboot", "at-next-boot"])?;
    let mut words = std::mem::take(&mut options.words);
    let value = words.pop().filter(|_| words.is_empty());
    let value = value
        .ok_or_else(|| Failure::usage("preset: not one name given (performance, balanced, powersave)"))?;
    let set = |manner| Request::SetControl {
        control: "preset".to_owned(),
        value: value.clone(),
        token: env::token(),
        manner,
    };
    let manner = options.manner;
    let code = change(&mut options, set(Manner { dry_run: true, confirm_s: 0, ..manner }))?;
    if manner.dry_run || code != 0 {
        return Ok(code);
    }
    change(&mut options, set(manner))
}

/// `restore-defaults`.
pub fn defaults(args: lexopt::Parser) -> Outcome {
    let mut options = options(args, &["dry-run", "reboot", "at-next-boot"])?;
    none(&options.words, "restore-defaults")?;
    let (control, value) = ("defaults".to_owned(), "vendor".to_owned());
    let request = Request::SetControl { control, value, token: env::token(), manner: options.manner };
    change(&mut options, request)
}

/// `undo`.
pub fn undo(args: lexopt::Parser) -> Outcome {
    let mut options = options(args, &["all"])?;
    let control = options.words.pop();
    none(&options.words, "undo")?;
    let request = Request::Undo { control, all: options.all, token: env::token() };
    change(&mut options, request)
}

/// `confirm`.
pub fn confirm(args: lexopt::Parser) -> Outcome {
    let mut options = options(args, &[])?;
    none(&options.words, "confirm")?;
    options.asking.no_fallback = true;
    change(&mut options, Request::Confirm { token: env::token() })
}

/// `persist`.
pub fn persist(args: lexopt::Parser) -> Outcome {
    let mut options = options(args, &["all"])?;
    let mut words = std::mem::take(&mut options.words).into_iter();
    match (words.next().as_deref(), words.next(), words.next()) {
        (None | Some("list"), None, None) => {
            let root = options.asking.root()?;
            let found = persist::read(&root);
            options.asking.show(&control::persisted(&found), &kept)
        }
        (Some("forget"), control, None) if control.is_some() != options.all => {
            change(&mut options, Request::Forget { control, token: env::token() })
        }
        _ => Err(Failure::usage("persist: neither list, nor forget with a control or --all")),
    }
}

fn none(words: &[String], verb: &str) -> Result<(), Failure> {
    let more = |word: &String| Failure::usage(format_args!("{verb}: one argument too many \"{word}\""));
    words.first().map_or(Ok(()), |word| Err(more(word)))
}

/// Has the change made, by the server or here, and shows what came of it.
fn change(options: &mut Options, request: Request) -> Outcome {
    let wait = options.wait.unwrap_or(WAIT);
    let until = Instant::now() + wait;
    options.asking.timeout = wait;
    if let Some(mut connection) = options.asking.connect()? {
        return asked(&mut connection, &request, until, &options.asking);
    }
    let root = options.asking.root()?;
    let refused =
        |refusal: Refusal| Failure::new(ask::exit_code(control::code(refusal.kind).name()), refusal.why);
    let outcome = here(root, request, until).map_err(refused)?;
    options.asking.show(&control::state(&outcome), &state)
}

/// Shows the server's reply; while it is busy, it is asked again.
fn asked(connection: &mut Connection, request: &Request, until: Instant, asking: &Asking) -> Outcome {
    loop {
        match connection.request(request, until) {
            Ok(reply) => return asking.show(&reply, &state),
            Err(error) => match &error.why {
                Why::Refused(code) if code == "busy" && Instant::now() + AGAIN < until => {
                    std::thread::sleep(AGAIN);
                }
                _ => return Err(ask::failure(&error)),
            },
        }
    }
}

/// Makes the change in this process.
fn here(root: Root, request: Request, until: Instant) -> Result<desk::Outcome, Refusal> {
    if matches!(&request, Request::SetControl { manner, .. } if manner.confirm_s > 0) {
        let why = "--confirm: needs the daemon, which takes the change back (start jscoped)";
        return Err(Refusal::new(Kind::Unsupported, why));
    }
    let mut desk = Desk::open(root);
    desk.attended = false;
    match control::begin(&mut desk, request, None, Instant::now())? {
        Some(outcome) => Ok(outcome),
        None => desk.finish(until).map_err(|refusal| desk.give_up(refusal, WAIT)),
    }
}
