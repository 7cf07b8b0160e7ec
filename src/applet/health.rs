//! `jscopectl health`: how the board and the server do, for people and for monitoring.

use super::ask::Asking;
use super::{Outcome, code, stats};
use crate::health;
use crate::wire::request::Request;
use crate::wire::{self, Value};

/// What `--help` prints.
pub const HELP: &str = "\
usage: jscopectl health [--json] [--cbor] [--socket PATH] [--timeout MS]
                        [--no-fallback] [--root DIR]

Prints a line for each check: OK, WARN, FAIL or SKIP, its name, what it found.
  --json            one JSON message
  --cbor            one CBOR message
  --socket PATH     as of stats
  --timeout MS      how long to wait (5000)
  --no-fallback     do not read in this process
  --root DIR        take a directory for the board
exit codes: 0 all is well, 1 a warning, 2 a failure
";

/// Runs the verb on what follows it.
pub fn run(mut args: lexopt::Parser) -> Outcome {
    let mut asking = Asking::default();
    asking.read(&mut args, &mut |_, _| Ok(false), None)?;
    match asking.ask(&Request::GetHealth, "Health", &mut |reply| show(&asking, reply))? {
        Some(code) => Ok(code),
        None => in_process(&mut asking),
    }
}

/// The checks without a server: of two samples, as counters say more than what they stand at.
fn in_process(asking: &mut Asking) -> Outcome {
    let root = asking.root()?;
    let feed = match stats::look(None, asking.timeout, &root)? {
        Ok(feed) => feed,
        Err(code) => return Ok(code),
    };
    let sample = feed.sample(std::time::Instant::now());
    let statuses = feed.statuses();
    let input = health::Input::of(&feed, &sample, &statuses, false);
    let checks = health::checks(&input, &mut health::Before::default());
    show(asking, &wire::health::health(&health::Counters::default(), &checks))
}

/// Prints the reply; gives the worst of its levels.
fn show(asking: &Asking, reply: &Value) -> Outcome {
    asking.show(reply, &page)?;
    let worst = checks(reply).iter().map(|check| match text(check, "level") {
        "OK" | "SKIP" => 0,
        "WARN" => code::DIFFERS,
        _ => code::FAILING,
    });
    Ok(worst.max().unwrap_or(0))
}

fn checks<'v, 'a>(reply: &'v Value<'a>) -> &'v [Value<'a>] {
    match reply.member("Health").and_then(|health| health.member("checks")) {
        Some(Value::List(checks)) => checks,
        _ => &[],
    }
}

fn text<'v>(check: &'v Value, name: &str) -> &'v str {
    match check.member(name) {
        Some(Value::Text(text)) => text,
        _ => "",
    }
}

/// A line for each check.
fn page(reply: &Value) -> String {
    let mut page = String::new();
    for check in checks(reply) {
        let (level, name) = (text(check, "level"), text(check, "name"));
        let line = format!("{level:<4} {name:<12} {}", text(check, "text"));
        page.extend(line.trim_end().chars().map(|c| if c.is_control() { ' ' } else { c }));
        page.push('\n');
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::json;

    #[test]
    fn ok_lines() {
        for (text, wanted) in [
            (r#"{"Health":{}}"#, ""),
            (
                r#"{"Health":{"checks":[{"name":"disk","level":"WARN","text":"90 %"},{"name":"fan","level":"OK"}]}}"#,
                "WARN disk         90 %\nOK   fan\n",
            ),
            (r#"{"Health":{"checks":[1,{"name":"a\u001b\nb","level":"LONGER"}]}}"#, "\nLONGER a  b\n"),
        ] {
            assert_eq!(page(&json::decode(text).expect(text)), wanted, "{text}");
        }
    }
}
