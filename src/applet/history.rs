//! `jscopectl history`: what the server remembers, as a table, CSV, messages or charts.

use lexopt::{Parser, ValueExt};

use super::ask::{Asking, put};
use super::{Failure, Outcome, code};
use crate::config::key;
use crate::env;
use crate::history::series::{begins, usual};
use crate::history::{LONGEST_S, SHORTEST_S};
use crate::view::history as view;
use crate::wire::Value;
use crate::wire::history::{History, MOST_ASKED, read_history};
use crate::wire::request::Request;

const WINDOW_S: u32 = 3600;
/// Columns of a chart, unless COLUMNS says how many.
const COLUMNS: usize = 80;

/// What `--help` prints.
pub const HELP: &str = "\
usage: jscopectl history [--series S]... [--window TIME] [--csv] [--json]
                         [--cbor] [--plot] [--list] [--socket PATH]
                         [--timeout MS]

Prints what the server remembers: for each point the mean of each series.
  --series S        a series, or all that begin so: temps.cpu, power
  --window TIME     the last 10s to 24h: 90s, 5min (1h)
  --csv             all points, with lowest value, mean and highest
  --json            one JSON message
  --cbor            one CBOR message
  --plot            a chart for each series, as wide as COLUMNS says (80)
  --list            only the names of all series
  --socket PATH     as of stats
  --timeout MS      how long to wait (5000)
exit codes: 64 no such series, 69 no server, or one that keeps none
";

/// Runs the verb on what follows it.
pub fn run(mut args: Parser) -> Outcome {
    // The history is in the server alone.
    let mut asking = Asking::default();
    asking.no_fallback = true;
    let (mut asked, mut window_s) = (Vec::new(), WINDOW_S);
    let (mut csv, mut plot, mut list) = (false, false, false);
    let own = &mut |name: &str, args: &mut Parser| {
        match name {
            "series" => asked.push(args.value()?.string()?),
            "window" => window_s = window(&args.value()?.string()?)?,
            "csv" => csv = true,
            "plot" => plot = true,
            "list" => list = true,
            _ => return Ok(false),
        }
        Ok(true)
    };
    asking.read(&mut args, own, None)?;
    let mut names = Vec::new();
    ask(&asking, Vec::new(), window_s, &mut |_, history| {
        names = history.series.into_iter().map(|(name, _)| name).collect();
        Ok(0)
    })?;
    if list {
        let lines: Vec<String> = names.iter().map(|name| view::plain(name) + "\n").collect();
        return put(lines.concat().as_bytes()).map(|_| 0);
    }
    ask(&asking, chosen(&asked, &names)?, window_s, &mut |reply, history| {
        asking.show(reply, &|_| match plot && !csv {
            true => view::charts(&history, columns(), !env::is_utf8(&|name| std::env::var_os(name))),
            false => view::rows(&history, csv),
        })
    })
}

/// Asks for these series, or for the names of all, and gives the reply to `take`.
fn ask(
    asking: &Asking,
    series: Vec<String>,
    window_s: u32,
    take: &mut dyn FnMut(&Value, History) -> Outcome,
) -> Outcome {
    let answered = asking.ask(&Request::GetHistory { series, window_s }, "History", &mut |reply| {
        let history = read_history(reply.member("History").unwrap_or(&Value::Null));
        take(reply, history.map_err(|error| Failure::new(code::DATA, error))?)
    })?;
    let nobody = "history: a directory has none, the server has (is jscoped running?)";
    answered.ok_or_else(|| Failure::new(code::UNAVAILABLE, nobody))
}

/// The names of what was asked for: a name, or the beginning of some up to a dot.
fn chosen(asked: &[String], names: &[String]) -> Result<Vec<String>, Failure> {
    let mut chosen: Vec<String> = Vec::new();
    for word in asked {
        let mut found = names.iter().filter(|name| begins(name, word)).peekable();
        if found.peek().is_none() {
            return Err(Failure::usage(format_args!("--series: no series \"{word}\" (--list names them)")));
        }
        for name in found {
            if !chosen.contains(name) {
                chosen.push(name.clone());
            }
        }
    }
    if asked.is_empty() {
        chosen = usual(names);
    }
    match chosen.len() {
        0 => Err(Failure::new(code::UNAVAILABLE, "history: the server has no sample yet")),
        1..=MOST_ASKED => Ok(chosen),
        _ => Err(Failure::usage("--series: more than 16 series")),
    }
}

/// Reads a time in seconds.
fn window(text: &str) -> Result<u32, Failure> {
    let seconds = key::seconds(text).and_then(|ms| u32::try_from(ms / 1000).ok());
    let wrong = || Failure::usage(format_args!("--window: \"{text}\" is not 10s to 24h"));
    seconds.filter(|seconds| (SHORTEST_S..=LONGEST_S).contains(seconds)).ok_or_else(wrong)
}

/// How wide a chart is: 20 to 500 columns.
fn columns() -> usize {
    let said = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    said.filter(|columns| (20..=500).contains(columns)).unwrap_or(COLUMNS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_windows() {
        for (text, wanted) in [
            ("10", Some(10)),
            ("90s", Some(90)),
            ("5m", None),
            ("60000ms", Some(60)),
            ("5min", Some(300)),
            ("24h", Some(86_400)),
            ("9", None),
            ("25h", None),
            ("", None),
            ("h", None),
            ("-5m", None),
            ("+5m", None),
            ("1.5h", None),
            ("1 h", None),
            ("99999999999s", None),
            ("4294967295h", None),
            ("1d", None),
        ] {
            assert_eq!(window(text).ok(), wanted, "{text}");
        }
    }

    #[test]
    fn ok_names() {
        let all = ["cpu.load_percent", "ram.used_bytes", "temps.cpu", "temps.gpu", "temps.gpu2", "temp"];
        let all: Vec<String> = all.iter().map(|name| name.to_string()).collect();
        for (asked, wanted) in [
            (&[][..], Some("cpu.load_percent ram.used_bytes temps.cpu")),
            (&["temps"], Some("temps.cpu temps.gpu temps.gpu2")),
            (&["temps.gpu", "temps", "temps.gpu"], Some("temps.gpu temps.cpu temps.gpu2")),
            (&["temps."], None),
            (&["temp", "TEMPS"], None),
            (&[""], None),
        ] {
            let asked: Vec<String> = asked.iter().map(|name| name.to_string()).collect();
            assert_eq!(
                chosen(&asked, &all).ok().map(|names| names.join(" ")).as_deref(),
                wanted,
                "{asked:?}"
            );
        }
        let many: Vec<String> = (0..17).map(|n| format!("temps.{n}")).collect();
        assert_eq!(chosen(&["temps".into()], &many).unwrap_err().code, code::USAGE);
        assert_eq!(chosen(&[], &[]).unwrap_err().code, code::UNAVAILABLE);
    }
}
