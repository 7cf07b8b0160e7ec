//! `jetson_scope_swap`: the swap areas, and what is compressed in RAM; makes and removes a swap file.
//!
//! Changes are made in this process, which waits for them: [`swap`] plans, a desk takes the
//! steps, and takes them back when one fails or a signal comes.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::{Applet, Failure, Outcome, Verb, ask, code, print, root, run_verb, say};
use crate::control::desk::{Desk, Which};
use crate::control::journal::Journal;
use crate::control::plan::Plan;
use crate::control::swap::{self, Request};
use crate::control::{Kind, Refusal, desk};
use crate::root::Root;
use crate::snapshot::Snapshot;
use crate::source;
use crate::sys::Signals;
use crate::view::controls::state;
use crate::view::swap as view;
use crate::wire::{Value, control, json, message};

/// The applet.
pub static APPLET: Applet =
    Applet { name: "jetson_scope_swap", aliases: &[], answers_to: &[], help: HELP, verbs: VERBS, run };

const HELP: &str = "\
usage: jetson_scope_swap [--json] [--root DIR]
       jetson_scope_swap create|on|off|remove|zram [OPTION...]

Shows the swap that is on: each area, and how much of it is compressed in RAM
(zram). With a verb, as root: makes a swap file, turns it on or off, removes it.
  --json      one JSON message: swap, swaps and zram as in the reply Stats
  --root DIR  take DIR for the board (JETSONSCOPE_ROOT, or this machine)
  --help      also behind a verb
  --version
exit codes: 0, 64 usage, 66 no such directory, 74 output failed
";

const CREATE: &str = "\
usage: jetson_scope_swap create [--size SIZE] [--dir DIR] [--yes] [--dry-run]

Makes the file jetsonscope.swap and turns it on, now and at each boot.
  --size SIZE  with K, M or G, 64M or more; RAM, in GiB, up to 8G, unless given
  --dir DIR    where it is to be (/)
  --yes        also on an SD card or eMMC, which swap wears out
  --dry-run    print what would be done, and do nothing
  --root DIR   take DIR for the board (JETSONSCOPE_ROOT, or this machine)
exit codes: 0 done, or so already; 64 usage, 66 no such directory, 69 cannot be
there, 74 refused, or failed and taken back, 75 busy or too slow, 77 needs root
";

const FILE: &str = "\
usage: jetson_scope_swap on|off|remove [--dir DIR] [--dry-run] [--root DIR]

Turns the swap file of `create` on or off, now and at each boot; remove turns
it off and removes it.
  --dir DIR   where it is, if /etc/fstab does not say (/)
  --dry-run   print what would be done, and do nothing
  --root DIR  take DIR for the board (JETSONSCOPE_ROOT, or this machine)
exit codes: as of create
";

const ZRAM: &str = "\
usage: jetson_scope_swap zram on|off [--dry-run] [--root DIR]

Turns the compressed swap in RAM on or off, now and at each boot: the service
nvzramconfig of L4T. Without that one it can only be turned off.
  --dry-run   print what would be done, and do nothing
  --root DIR  take DIR for the board (JETSONSCOPE_ROOT, or this machine)
exit codes: as of create
";

const VERBS: &[Verb] = &[
    Verb { name: "create", help: CREATE, run: create },
    Verb { name: "on", help: FILE, run: |args| change(args, &["dir"], |_| Ok(Request::On)) },
    Verb { name: "off", help: FILE, run: |args| change(args, &["dir"], |_| Ok(Request::Off)) },
    Verb { name: "remove", help: FILE, run: |args| change(args, &["dir"], |_| Ok(Request::Remove)) },
    Verb { name: "zram", help: ZRAM, run: zram },
];

/// How long a change may take: the slowest card has written the largest file by then.
const WITHIN: Duration = Duration::from_secs(24 * 3600);

/// Said when there is a journal.
const LEFT: &str = "an earlier run was ended in the middle; what it did ";

fn run(args: lexopt::Parser) -> Outcome {
    run_verb(VERBS, args, show)
}

fn show(mut args: lexopt::Parser) -> Outcome {
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

#[derive(Default)]
struct Options {
    size_bytes: Option<u64>,
    directory: Option<String>,
    wear: bool,
    dry_run: bool,
    words: Vec<String>,
}

fn create(args: lexopt::Parser) -> Outcome {
    change(args, &["size", "dir", "yes"], |options| {
        Ok(Request::Create { size_bytes: options.size_bytes, wear: options.wear })
    })
}

fn zram(args: lexopt::Parser) -> Outcome {
    change(args, &[], |options| match options.words.pop().as_deref() {
        Some("on") => Ok(Request::Zram(true)),
        Some("off") => Ok(Request::Zram(false)),
        _ => Err(Failure::usage("zram: neither on nor off")),
    })
}

/// Reads the arguments, of whose options the verb takes those that are named, and makes the change.
fn change(
    mut args: lexopt::Parser,
    takes: &[&str],
    request: fn(&mut Options) -> Result<Request, Failure>,
) -> Outcome {
    use lexopt::prelude::*;
    let (mut options, mut board) = (Options::default(), None);
    while let Some(arg) = args.next()? {
        match arg {
            Long("dry-run") => options.dry_run = true,
            Long("root") => board = Some(args.value()?),
            Long("size") if takes.contains(&"size") => {
                options.size_bytes = Some(size(&args.value()?.string()?)?)
            }
            Long("dir") if takes.contains(&"dir") => options.directory = Some(args.value()?.string()?),
            Long("yes") if takes.contains(&"yes") => options.wear = true,
            Value(word) => options.words.push(word.string()?),
            _ => return Err(arg.unexpected().into()),
        }
    }
    let request = request(&mut options)?;
    if let Some(word) = options.words.first() {
        return Err(Failure::usage(format_args!("one argument too many \"{word}\"")));
    }
    let root = root::root(board)?;
    let outcome = changed(&root, &request, &options)?;
    print(&state(&control::state(&outcome)))
}

/// A size with its unit, bytes; 64M or more.
fn size(text: &str) -> Result<u64, Failure> {
    let wrong = || Failure::usage(format_args!("--size: \"{text}\" is no size of 64M or more (512M, 4G)"));
    let scale = match text.bytes().last() {
        Some(b'k' | b'K') => 10,
        Some(b'm' | b'M') => 20,
        Some(b'g' | b'G') => 30,
        _ => return Err(wrong()),
    };
    let digits = text.get(..text.len() - 1).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let number = digits.and_then(|digits| digits.parse::<u64>().ok());
    // Whole pages, the largest ones that a kernel has.
    let bytes = number.and_then(|number| number.checked_mul(1 << scale)).map(|bytes| bytes & !0xffff);
    bytes.filter(|bytes| (swap::LEAST..1 << 50).contains(bytes)).ok_or_else(wrong)
}

/// Makes the change. Before anything is written it is planned without the lock, so that whoever may
/// only read is told what there is to be told.
fn changed(root: &Root, request: &Request, options: &Options) -> Result<desk::Outcome, Failure> {
    let planned = || swap::plan(root, request, options.directory.as_deref()).map_err(refused);
    let is_left = !Journal::read_at(root, swap::JOURNAL).records().is_empty();
    let is_busy = || swap::lock(root).is_err_and(|refusal| refusal.kind == Kind::Busy);
    if is_left && options.dry_run && !is_busy() {
        say(APPLET.name, &[LEFT, "would be taken back first"].concat());
    }
    if !is_left || options.dry_run {
        let plan = planned()?;
        if plan.steps.is_empty() || options.dry_run {
            let begun = Desk::open_at(root.clone(), swap::JOURNAL).run(plan, options.dry_run);
            return begun.map_err(refused).map(Option::unwrap_or_default);
        }
    }
    if root.is_system() && !nix::unistd::geteuid().is_root() {
        return Err(Failure::new(code::NO_PERMISSION, "only root may change the swap (sudo)"));
    }
    let _lock = swap::lock(root).map_err(refused)?;
    let mut desk = Desk::open_at(root.clone(), swap::JOURNAL);
    let mut waiting = Waiting::new()?;
    if desk.undo(&Which::All, None).is_ok() {
        say(APPLET.name, &[LEFT, "is taken back"].concat());
        waiting.finish(&mut desk)?;
    }
    made(&mut desk, planned()?, &mut waiting)
}

fn made(desk: &mut Desk, plan: Plan, waiting: &mut Waiting) -> Result<desk::Outcome, Failure> {
    match desk.run(plan, false).map_err(refused)? {
        Some(outcome) => Ok(outcome),
        None => waiting.finish(desk),
    }
}

/// Waits for a desk, unless a signal comes.
struct Waiting {
    signals: Signals,
    came: Option<Signal>,
}

impl Waiting {
    fn new() -> Result<Waiting, Failure> {
        let signals = Signals::watch(&[Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP]);
        let failed = |error| Failure::io(code::INTERNAL, "signals", &error);
        Ok(Waiting { signals: signals.map_err(failed)?, came: None })
    }

    fn finish(&mut self, desk: &mut Desk) -> Result<desk::Outcome, Failure> {
        let mut stop = || {
            self.came = self.came.or(self.signals.take());
            self.came.map(|_| Refusal::new(Kind::Failed, "interrupted, and taken back"))
        };
        let finished = desk.finish_unless(Instant::now() + WITHIN, &mut stop);
        finished.map_err(|refusal| match self.came {
            Some(signal) => Failure::new(128 + signal as u8, refusal),
            None => refused(refusal),
        })
    }
}

fn refused(refusal: Refusal) -> Failure {
    Failure::new(ask::exit_code(control::code(refusal.kind).name()), refusal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_and_err_sizes() {
        for (text, wanted) in [
            ("64M", Some(64 << 20)),
            ("65536K", Some(64 << 20)),
            ("65537k", Some(64 << 20)),
            ("4G", Some(4 << 30)),
            ("8g", Some(8 << 30)),
            ("512m", Some(512 << 20)),
            ("63M", None),
            ("0G", None),
            ("", None),
            ("G", None),
            ("4", None),
            ("4T", None),
            ("-4G", None),
            ("+4G", None),
            ("4.5G", None),
            ("4 G", None),
            ("4GB", None),
            ("99999999999999999999G", None),
            ("18446744073709551615K", None),
            ("9999999G", None),
            ("4\u{e9}", None),
        ] {
            assert_eq!(size(text).ok(), wanted, "{text:?}");
        }
    }
}
