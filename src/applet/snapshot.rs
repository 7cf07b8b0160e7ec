//! `jetson_scope_snapshot`: one sample in a file, for cron and for those who look at it later.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use super::ask::{self, Asking};
use super::{Applet, Failure, Outcome, code, print, stats};
use crate::append::{self, Error, Locked, Log};
use crate::log::column::Column;
use crate::log::csv::{Columns, Writer};
use crate::log::table::Table;
use crate::snapshot::Snapshot;
use crate::utc;
use crate::wire::request::Request;
use crate::wire::{Value, health, json, message};

/// The applet.
pub static APPLET: Applet =
    Applet { name: "jetson_scope_snapshot", aliases: &[], answers_to: &[], help: HELP, verbs: &[], run };

const HELP: &str = "\
usage: jetson_scope_snapshot [--append] [--format json|csv|text] [--max-size N]
                             [--keep N] [--socket PATH] [--timeout MS]
                             [--source S] [--root DIR] [FILE|-]

Writes the board's values into FILE (snapshot.json), which is replaced as a
whole; - is the standard output. Prints nothing on success. The values are the
server's; without it, or simulated ones, they are read here, off a Jetson too.
  --append      add a record to FILE; several programs may do so at once
  --format F    json: a line as on the wire, with the time; csv: a header only
                where the file is new; text: the same of a short table (json)
  --max-size N  with --append: begin a new file before this one is larger than N
                bytes; K, M or G may stand at the end
  --keep N      files to keep besides, FILE.1 to FILE.N (4); 0 keeps none
  --socket PATH, --timeout MS
                as of jscopectl stats (5000)
  --source S    read here, as jscopectl stats does
  --root DIR    take DIR for the board (JETSONSCOPE_ROOT, or this machine)
  --help, --version
exit codes: 0, 64 usage, 65 no sample in the input, or no header in FILE, 66 no
such input, 69 source unavailable, 73 cannot create, 74 reading or writing
failed, 75 no sample, or no lock, in time, or a stale one
";

const DEFAULT_FILE: &str = "snapshot.json";
const DEFAULT_KEEP: u32 = 4;
/// How long to wait for those who append at the same time.
const LOCK: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Csv,
    Text,
}

struct Options {
    file: OsString,
    append: bool,
    format: Format,
    max_size: Option<u64>,
    keep: u32,
    reading: stats::Options,
}

fn options(mut args: lexopt::Parser) -> Result<Options, Failure> {
    use lexopt::prelude::*;
    let (mut file, mut append, mut format) = (None, false, Format::Json);
    let (mut max_size, mut keep, mut root) = (None, None, None);
    let mut reading = stats::Options::default();
    let asking = &mut reading.asking;
    while let Some(arg) = args.next()? {
        match arg {
            Long("append") => append = true,
            Long("format") => format = self::format(&args.value()?.string()?)?,
            Long("max-size") => max_size = Some(size(&args.value()?.string()?)?),
            Long("keep") => keep = Some(count(&args.value()?.string()?)?),
            Long("socket") => asking.socket = Some(ask::socket(args.value()?)?),
            Long("timeout") => asking.timeout = ask::timeout(&args.value()?.string()?)?,
            Long("source") => reading.source = Some(args.value()?.string()?),
            Long("root") => root = Some(args.value()?),
            Value(value) if file.is_none() && !value.is_empty() => file = Some(value),
            _ => return Err(arg.unexpected().into()),
        }
    }
    let file = file.unwrap_or_else(|| DEFAULT_FILE.into());
    if append && file == "-" {
        return Err(Failure::usage("--append: not on the standard output"));
    }
    if !append && max_size.is_some() {
        return Err(Failure::usage("--max-size: only with --append"));
    }
    if max_size.is_none() && keep.is_some() {
        return Err(Failure::usage("--keep: only with --max-size"));
    }
    asking.quiet = true;
    asking.take_root(root);
    reading.read_here();
    let keep = keep.unwrap_or(DEFAULT_KEEP);
    Ok(Options { file, append, format, max_size, keep, reading })
}

fn format(text: &str) -> Result<Format, Failure> {
    match text {
        "json" => Ok(Format::Json),
        "csv" => Ok(Format::Csv),
        "text" => Ok(Format::Text),
        _ => Err(Failure::usage(format_args!("--format: \"{text}\" is not json, csv or text"))),
    }
}

/// A number of bytes, of which K, M and G make 1024, its square and its cube.
fn size(text: &str) -> Result<u64, Failure> {
    let (digits, shift) = match text.as_bytes().last() {
        Some(b'K' | b'k') => (text.get(..text.len() - 1), 10),
        Some(b'M' | b'm') => (text.get(..text.len() - 1), 20),
        Some(b'G' | b'g') => (text.get(..text.len() - 1), 30),
        _ => (Some(text), 0),
    };
    let plain = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let bytes = plain.and_then(|digits| digits.parse::<u64>().ok()?.checked_mul(1 << shift));
    let wrong = || Failure::usage(format_args!("--max-size: \"{text}\" is no size (like 500K, 10M, 1G)"));
    bytes.filter(|&bytes| bytes > 0).ok_or_else(wrong)
}

fn count(text: &str) -> Result<u32, Failure> {
    let number = text.parse().ok().filter(|&number| number <= 1000);
    number.ok_or_else(|| Failure::usage(format_args!("--keep: \"{text}\" is not 0 to 1000")))
}

fn run(args: lexopt::Parser) -> Outcome {
    let mut options = options(args)?;
    let sampled = match served(&options.reading.asking, options.format)? {
        Some(sampled) => Ok(sampled),
        None => read_here(&mut options)?,
    };
    let (text, snapshot) = match sampled {
        Ok(sampled) => sampled,
        Err(code) => return Ok(code),
    };
    let path = Path::new(&options.file);
    let failure = |error: Error| failure(path, &error);
    if options.append {
        return append(&options, &text, &snapshot).map(|()| 0).map_err(failure);
    }
    let header = text.header(&snapshot);
    let bytes = [header.as_slice(), &text.record(&snapshot, &header)].concat();
    match options.file == "-" {
        true => print(&String::from_utf8_lossy(&bytes)),
        false => append::replace(path, &bytes).map(|()| 0).map_err(failure),
    }
}

/// A sample with its texts.
type Sampled = (Text, Snapshot);

/// The server's sample; none where this process is to read the board: without a server, and where
/// that simulates.
fn served(asking: &Asking, format: Format) -> Result<Option<Sampled>, Failure> {
    let mut sampled = None;
    asking.ask(&Request::GetStats, "Stats", &mut |reply| {
        let read = message::read_stats(reply.member("Stats").unwrap_or(&Value::Null));
        let (about, snapshot) = read.map_err(|error| Failure::new(code::DATA, error))?;
        if about.simulated {
            return Ok(0);
        }
        let none = |what: &str| {
            Failure::new(code::TRY_AGAIN, ["source ", &about.source, " of jscoped: ", what].concat())
        };
        let snapshot = snapshot.ok_or_else(|| none("no sample"))?;
        if about.stale {
            return Err(none("its last sample is stale"));
        }
        sampled = Some(texts(reply.clone(), snapshot, format));
        Ok(0)
    })?;
    Ok(sampled)
}

/// A sample that is read in this process, or the exit code of a signal that ended the wait.
fn read_here(options: &mut Options) -> Result<Result<Sampled, u8>, Failure> {
    let root = options.reading.asking.root()?;
    let feed = match stats::look(options.reading.source.take(), options.reading.asking.timeout, &root)? {
        Ok(feed) => feed,
        Err(code) => return Ok(Err(code)),
    };
    let sample = feed.sample(Instant::now());
    // A look that has ended without a failure has a sample.
    let snapshot = sample.snapshot.cloned().unwrap_or_default();
    let about = stats::about(&feed, &sample);
    Ok(Ok(texts(message::stats(&about, sample.snapshot), snapshot, options.format)))
}

/// A sample with the time in what is written of it.
fn texts(mut reply: Value, mut snapshot: Snapshot, format: Format) -> Sampled {
    let mut text = Text { format, json: Vec::new() };
    if format == Format::Json {
        health::add_time(&mut reply, utc::stamp());
        text.json = json::encode(&reply).into_bytes();
        text.json.push(b'\n');
    } else if snapshot.timestamp.is_empty() {
        snapshot.timestamp = utc::stamp();
    }
    (text, snapshot)
}

fn failure(path: &Path, error: &Error) -> Failure {
    let code = match error {
        Error::Open(_) => code::CANNOT_CREATE,
        Error::Busy => code::TRY_AGAIN,
        Error::Write(error) if error.kind() == io::ErrorKind::InvalidData => code::DATA,
        Error::Write(_) => code::IO,
    };
    Failure::new(code, format_args!("{}: {error}", path.display()))
}

/// Appends a record; a file that is new, or has been begun anew, gets a header before it.
fn append(options: &Options, text: &Text, snapshot: &Snapshot) -> Result<(), Error> {
    let mut log = Log::new(&options.file, false);
    let own_header = text.header(snapshot);
    loop {
        let mut locked = log.lock(LOCK)?;
        locked.mend(&[&own_header, &text.record(snapshot, &own_header)])?;
        let new = locked.is_empty();
        let bytes = match new {
            true => [own_header.as_slice(), &text.record(snapshot, &own_header)].concat(),
            false => text.record(snapshot, &header_of(&locked, options.format)?),
        };
        let full = options.max_size.is_some_and(|most| locked.len() + bytes.len() as u64 > most);
        if new || !full {
            return locked.write(&bytes);
        }
        locked.rotate(options.keep)?;
    }
}

/// The header that the columns of a file follow.
fn header_of(locked: &Locked, format: Format) -> Result<Vec<u8>, Error> {
    if format != Format::Csv {
        return Ok(Vec::new());
    }
    let header = locked.first_line()?.into_bytes();
    match columns(&header).iter().any(|column| *column != no_column()) {
        true => Ok(header),
        false => {
            let why = "its first line is no header of columns";
            Err(Error::Write(io::Error::new(io::ErrorKind::InvalidData, why)))
        }
    }
}

/// A sample in one of the formats.
struct Text {
    format: Format,
    json: Vec<u8>,
}

// Writing into memory does not fail.
impl Text {
    fn header(&self, snapshot: &Snapshot) -> Vec<u8> {
        let mut to = Vec::new();
        let _ = match self.format {
            Format::Json => Ok(()),
            Format::Csv => {
                let mut columns = Columns::default();
                columns.add(snapshot);
                Writer::new(columns.into_list()).header(&mut to)
            }
            Format::Text => Table::default().header(&mut to),
        };
        to
    }

    /// The record; of CSV with the columns of `header`. One that the header has and nobody knows
    /// stays empty, and what the header lacks is left out.
    fn record(&self, snapshot: &Snapshot, header: &[u8]) -> Vec<u8> {
        let mut to = Vec::new();
        let _ = match self.format {
            Format::Json => {
                to.extend_from_slice(&self.json);
                Ok(())
            }
            Format::Csv => Writer::new(columns(header)).sample(snapshot, &mut to),
            Format::Text => Table::default().sample(snapshot, &mut to),
        };
        to
    }
}

/// The columns of a header. A name with a comma or a quote in it is not one that a board has.
fn columns(header: &[u8]) -> Vec<Column> {
    let text = String::from_utf8_lossy(header);
    let names = text.trim_end().split(',').map(|name| name.trim_matches('"'));
    names.map(|name| name.parse().unwrap_or_else(|()| no_column())).collect()
}

/// A column that never holds a value: no zone is without a name.
fn no_column() -> Column {
    Column::Temp(String::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_sizes() {
        for (text, bytes) in [("1", 1), ("500K", 512_000), ("10m", 10 << 20), ("1G", 1 << 30)] {
            assert_eq!(size(text).ok(), Some(bytes), "{text}");
        }
    }

    #[test]
    fn err_sizes_and_counts() {
        for text in ["", "0", "K", "-1", "+1", "1.5M", "1T", "1KB", "99999999999G", "1 K", "\u{e9}"] {
            assert!(size(text).is_err(), "{text}");
        }
        for text in ["", "-1", "1001", "x"] {
            assert!(count(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ok_columns_of_a_header() {
        let mut snapshot = Snapshot { timestamp: "now".into(), ..Snapshot::default() };
        let temp = snapshot.temps.entry("cpu");
        temp.now_mc = 45_500;
        let text = Text { format: Format::Csv, json: Vec::new() };
        assert_eq!(text.header(&snapshot), b"timestamp,temps.cpu\r\n");
        for (header, wanted) in [
            ("timestamp,temps.cpu", "now,45.5\r\n"),
            ("temps.cpu,ram.used_bytes,strange,timestamp\r\n", "45.5,,,now\r\n"),
            ("timestamp", "now\r\n"),
            ("\"timestamp\"", "now\r\n"),
            ("x", "\r\n"),
        ] {
            let record = text.record(&snapshot, header.as_bytes());
            assert_eq!(String::from_utf8(record).unwrap(), wanted, "{header}");
        }
    }
}
