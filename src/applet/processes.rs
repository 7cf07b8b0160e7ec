//! `jscopectl processes`: the processes with the most of something, read in this process.

use std::ffi::OsString;
use std::time::{Duration, Instant};

use super::{Failure, Outcome, code, print, root};
use crate::process::{MOST_LISTED, Process, Processes, Sort};
use crate::recycled::Recycled;
use crate::root::Root;
use crate::view::processes::table;
use crate::wire::{json, process};

/// Time between the two samples that a load needs. Of a clock of 100 ticks a second, a tick is 5 %
/// of it.
const SPAN: Duration = Duration::from_millis(200);

/// What `--help` prints.
pub const HELP: &str = "\
usage: jscopectl processes [--json] [--sort KEY] [--limit N] [--root DIR]
                           [--instant]

Lists the processes with the most of something.
  --json       one JSON message, as on the wire
  --sort KEY   cpu, memory, gpu, pid, threads (cpu)
  --limit N    that many at most, 1 to 1024 (20)
  --root DIR   take a directory for the board
  --instant    do not wait 200 ms to know the load of the CPU
";

struct Options {
    json: bool,
    sort: Sort,
    limit: usize,
    root: Option<OsString>,
    instant: bool,
}

/// Runs the verb on what follows it.
pub fn run(args: lexopt::Parser) -> Outcome {
    let mut options = options(args)?;
    let root = root::root(options.root.take())?;
    let mut processes = Processes::new(&root);
    let mut list = Recycled::default();
    if !options.instant {
        sample(&mut processes, &root, options.sort, 0, &mut list)?;
        std::thread::sleep(SPAN);
    }
    let total = sample(&mut processes, &root, options.sort, options.limit, &mut list)?;
    if options.json {
        return print(&(json::encode(&process::processes(&list, total)) + "\n"));
    }
    print(&table(&list, total, options.sort))
}

fn sample(
    processes: &mut Processes,
    root: &Root,
    sort: Sort,
    limit: usize,
    list: &mut Recycled<Process>,
) -> Result<u32, Failure> {
    let sampled = processes.sample(Instant::now(), sort, limit, list);
    sampled.map_err(|error| Failure::io(code::UNAVAILABLE, root.path().join("proc").display(), &error))
}

fn options(mut args: lexopt::Parser) -> Result<Options, Failure> {
    use lexopt::prelude::*;
    let mut options = Options { json: false, sort: Sort::default(), limit: 20, root: None, instant: false };
    while let Some(arg) = args.next()? {
        match arg {
            Long("json") => options.json = true,
            Long("instant") => options.instant = true,
            Long("root") => options.root = Some(args.value()?),
            Long("limit") => options.limit = limit(&args.value()?.string()?)?,
            Long("sort") => {
                let value = args.value()?.string()?;
                options.sort = Sort::named(&value).ok_or_else(|| wrong("sort", &value, Sort::LIST))?;
            }
            _ => return Err(arg.unexpected().into()),
        }
    }
    Ok(options)
}

fn limit(text: &str) -> Result<usize, Failure> {
    let value: Option<usize> = text.parse().ok().filter(|value| (1..=MOST_LISTED).contains(value));
    value.ok_or_else(|| wrong("limit", text, "1 to 1024"))
}

fn wrong(option: &str, text: &str, right: &str) -> Failure {
    Failure::usage(format_args!("--{option}: \"{text}\" is not {right}"))
}
