//! `jscopectl`: the command line.

use super::{Applet, Failure, Outcome, meta, parse, processes, stats};

/// The applet.
pub static APPLET: Applet =
    Applet { name: "jscopectl", aliases: &["jetsonscopectl"], answers_to: &[], help: HELP, run };

const HELP: &str = "\
usage: jscopectl [stats] [--json] [--source S] [--interval MS] [--timeout MS]
                 [--watch [SECONDS]]
       jscopectl meta [--json] [--root DIR]
       jscopectl parse [--format json|csv|text] [--columns LIST] [--lenient]
                 [FILE|-]...
       jscopectl processes [--json] [--sort KEY] [--limit N] [...]
stats reads the board and prints what it found, meta tells what board it is.
  --json            one JSON message per sample, as on the wire
  --source S        auto, tegrastats, command[:CMD], file:FILE (- is stdin),
                    emulator[:BOARD[:SCENARIO]], synthetic[:BOARD[:SCENARIO]]
  --interval MS     sampling interval, 100 to 3600000 (1000)
  --timeout MS      how long to wait for the first sample (5000)
  --watch [SECONDS] print again every SECONDS (1) until interrupted
parse turns logs of tegrastats (standard input without FILE) into
  --format FORMAT   json: one object per sample; csv; text: a short table (json)
  --columns LIST    csv: these columns, separated by commas, and no others
  --lenient         parts without RAM are samples, too
processes lists what runs; --instant does not wait 200 ms to know its CPU load
  --sort KEY        cpu, memory, gpu, pid, threads (cpu)
  --limit N         that many at most, 1 to 1024 (20)
  --root DIR        the board whose files are below DIR (/)
  --help, --version
exit codes: 0, 64 usage, 65 no sample in the input, 66 no such input, 69 source
unavailable, 74 input or output failed, 75 no sample in time
";

fn run(mut args: lexopt::Parser) -> Outcome {
    let verb = args.try_raw_args().and_then(|raw| raw.peek().map(|verb| verb.to_owned()));
    match verb.as_ref().and_then(|verb| verb.to_str()) {
        Some(verb) if verb.starts_with('-') => stats::run(args),
        None if verb.is_none() => stats::run(args),
        Some(verb @ ("stats" | "meta" | "parse" | "processes")) => {
            let _ = args.next()?;
            match verb {
                "parse" => parse::run(args),
                "meta" => meta::run(args),
                "processes" => processes::run(args),
                _ => stats::run(args),
            }
        }
        _ => {
            let verb = verb.unwrap_or_default();
            Err(Failure::usage(format_args!(
                "no verb \"{}\" (stats, meta, parse, processes)",
                verb.display()
            )))
        }
    }
}
