//! `jscopectl get`: single values, bare, for scripts and monitoring.

use std::borrow::Cow;

use super::ask::{Asking, put};
use super::{Failure, Outcome, code, say, stats};
use crate::wire::request::Request;
use crate::wire::{Value, cbor, json};

/// What `--help` prints.
pub const HELP: &str = "\
usage: jscopectl get KEY... [--json] [--cbor] [--socket PATH] [--timeout MS]
                     [--no-fallback] [--source S] [--root DIR] [--instant]

Prints single values, a line each: ram.used_bytes, temps.cpu, power.VDD_IN,
cpus.0.load_percent, engines.GR3D.usage_percent, age_ms.
  --json            values as JSON, texts in quotes
  --cbor            values as CBOR, one after the other
  --socket PATH     as of stats
  --timeout MS      how long to wait (5000)
  --no-fallback     do not read in this process
  --source S        as of stats
  --root DIR        take a directory for the board
  --instant         as of stats
exit codes: 1 a key is unknown, or its value is (nothing is printed for it)
";

/// Runs the verb on what follows it.
pub fn run(args: lexopt::Parser) -> Outcome {
    let mut options = stats::Options::default();
    let mut keys = Vec::new();
    options.read(args, &["source", "instant"], Some(&mut keys))?;
    if keys.is_empty() {
        return Err(Failure::usage("get: no key given"));
    }
    stats::reply(&mut options, &Request::GetStats, &mut |asking, reply| show(asking, reply, &keys))
}

fn show(asking: &Asking, reply: &Value, keys: &[String]) -> Outcome {
    let mut out = Vec::new();
    let mut missing = 0;
    let stats = reply.member("Stats").unwrap_or(&Value::Null);
    let data = stats.member("data").unwrap_or(&Value::Null);
    for key in keys {
        match find(data, key).or_else(|| find(stats, key)) {
            Some(Value::Null) => missing = code::DIFFERS,
            Some(value) => bare(value, asking, &mut out),
            None => {
                say("jscopectl", &["get: no key \"", key, "\""].concat());
                missing = code::DIFFERS;
            }
        }
    }
    put(&out).map(|_| missing)
}

fn bare(value: &Value, asking: &Asking, out: &mut Vec<u8>) {
    if asking.cbor {
        return out.extend(cbor::encode(value));
    }
    match value {
        Value::Text(text) if !asking.json => {
            // A name or a line may hold anything: one line it is, and nothing that a terminal obeys.
            let text = text.chars().map(|c| if c.is_control() { ' ' } else { c });
            out.extend(text.collect::<String>().into_bytes());
        }
        value => out.extend(json::encode(value).into_bytes()),
    }
    out.push(b'\n');
}

/// The value that a key leads to. Names may have dots in them: all that fit are tried.
fn find<'v, 'a>(value: &'v Value<'a>, key: &str) -> Option<&'v Value<'a>> {
    let within = |name: &str, value: &'v Value<'a>| match key.strip_prefix(name)? {
        "" => Some(value),
        rest => find(value, rest.strip_prefix('.')?),
    };
    match value {
        Value::Map(members) => {
            let named = |(name, value): &'v (Cow<str>, Value<'a>)| within(name, value);
            members.iter().find_map(named)
        }
        Value::List(values) => {
            let number = key.split('.').next().filter(|number| number.bytes().all(|b| b.is_ascii_digit()))?;
            within(number, values.get(number.parse::<usize>().ok()?)?)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_keys() {
        let text = r#"{"ram":{"used_bytes":5,"unit":"MB"},"cpus":[{"load_percent":1.5},{"load_percent":null}],
            "temps":{"cpu":45.0,"cpu.a":1,"a.b":{"c":2}},"gpus":{"17000000.gpu":{"railgate":true}},
            "disks":{"/":{"total_bytes":9}},"x":{"":3},"swap":null}"#;
        let tree = json::decode(text).expect(text);
        for (key, wanted) in [
            ("ram.used_bytes", Some("5")),
            ("ram.unit", Some("\"MB\"")),
            ("cpus.0.load_percent", Some("1.5")),
            ("cpus.1.load_percent", Some("null")),
            ("cpus.1", Some("{\"load_percent\":null}")),
            ("temps.cpu", Some("45.0")),
            ("temps.cpu.a", Some("1")),
            ("temps.a.b.c", Some("2")),
            ("gpus.17000000.gpu.railgate", Some("true")),
            ("disks./.total_bytes", Some("9")),
            ("swap", Some("null")),
            ("swap.used_bytes", None),
            ("", None),
            (".", None),
            ("ram.", None),
            ("ram..used_bytes", None),
            ("ramused_bytes", None),
            ("ram.used", None),
            ("cpus.2.load_percent", None),
            ("cpus.+1.load_percent", None),
            ("cpus..load_percent", None),
            ("cpus.99999999999999999999", None),
            ("RAM.used_bytes", None),
        ] {
            assert_eq!(find(&tree, key).map(json::encode).as_deref(), wanted, "{key}");
        }
        assert_eq!(find(&Value::Null, "a"), None);
    }
}
