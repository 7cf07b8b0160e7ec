//! `jscopectl processes`: the processes with the most of something.

use std::time::{Duration, Instant};

use lexopt::{Parser, ValueExt};

use super::ask::Asking;
use super::{Failure, Outcome, code};
use crate::process::{MOST_LISTED, Process, Processes, Sort};
use crate::recycled::Recycled;
use crate::root::Root;
use crate::view::processes::table;
use crate::wire::request::Request;
use crate::wire::{Value, process};

/// Time between the two samples that a load needs. Of a clock of 100 ticks a second, a tick is 5 %
/// of it.
const SPAN: Duration = Duration::from_millis(200);

/// What `--help` prints.
pub const HELP: &str = "\
usage: jscopectl processes [--json] [--cbor] [--sort KEY] [--limit N]
                           [--socket PATH] [--timeout MS] [--no-fallback]
                           [--root DIR] [--instant]

Lists the processes with the most of something.
  --json            one JSON message, as on the wire
  --cbor            one CBOR message
  --sort KEY        cpu, memory, gpu, pid, threads (cpu)
  --limit N         that many at most, 1 to 2048 (20)
  --socket PATH     as of stats
  --timeout MS      how long to wait (5000)
  --no-fallback     do not read in this process
  --root DIR        take a directory for the board
  --instant         do not wait 200 ms to know the load of the CPU
";

/// Runs the verb on what follows it.
pub fn run(mut args: Parser) -> Outcome {
    let mut asking = Asking::default();
    let (mut sort, mut limit, mut instant) = (Sort::default(), 20, false);
    let own = &mut |name: &str, args: &mut Parser| {
        match name {
            "instant" => instant = true,
            "limit" => limit = self::limit(&args.value()?.string()?)?,
            "sort" => {
                let value = args.value()?.string()?;
                sort = Sort::named(&value).ok_or_else(|| wrong("sort", &value, Sort::LIST))?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    };
    asking.read(&mut args, own, None)?;
    let request = Request::GetProcesses { sort, limit: u32::try_from(limit).unwrap_or(u32::MAX) };
    let show = |asking: &Asking, reply: &Value| {
        let bare = asking.json || asking.cbor;
        let page = if bare { String::new() } else { page(reply, sort)? };
        asking.show(reply, &|_| page.clone())
    };
    if let Some(code) = asking.ask(&request, "Processes", &mut |reply| show(&asking, reply))? {
        return Ok(code);
    }
    let root = asking.root()?;
    let mut processes = Processes::new(&root);
    let mut list = Recycled::default();
    if !instant {
        sample(&mut processes, &root, sort, 0, &mut list)?;
        std::thread::sleep(SPAN);
    }
    let total = sample(&mut processes, &root, sort, limit, &mut list)?;
    show(&asking, &process::processes(&list, total))
}

/// The table of a reply; whoever has answered, it is the same.
fn page(reply: &Value, sort: Sort) -> Result<String, Failure> {
    let mut list = Recycled::default();
    let read = process::read_processes(reply.member("Processes").unwrap_or(&Value::Null), &mut list);
    let total = read.map_err(|error| Failure::new(code::DATA, error))?;
    Ok(table(&list, total, sort))
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

fn limit(text: &str) -> Result<usize, Failure> {
    let value: Option<usize> = text.parse().ok().filter(|value| (1..=MOST_LISTED).contains(value));
    value.ok_or_else(|| wrong("limit", text, "1 to 2048"))
}

fn wrong(option: &str, text: &str, right: &str) -> Failure {
    Failure::usage(format_args!("--{option}: \"{text}\" is not {right}"))
}
