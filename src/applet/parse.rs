//! `jscopectl parse`: logs of tegrastats to JSON lines, CSV or a table.

use std::cell::RefCell;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufWriter, Cursor, Read, StdoutLock, Write};
use std::path::Path;

use super::{Failure, Outcome, code, say, written};
use crate::log::column::Column;
use crate::log::csv::{Columns, Writer};
use crate::log::table::Table;
use crate::log::{Reader, Summary};
use crate::snapshot::Snapshot;
use crate::sys;
use crate::wire::{json, message};

/// How much of a stream is looked at for its columns before the header is written.
const LOOK_AHEAD: usize = 1024 * 1024;
/// A stream that is silent for so long, milliseconds, is live: the header is written from what came.
const LIVE_MS: u16 = 250;

#[derive(Clone, Copy, PartialEq)]
enum Format {
    Json,
    Csv,
    Text,
}

struct Options {
    format: Format,
    columns: Option<Vec<Column>>,
    lenient: bool,
    inputs: Vec<OsString>,
}

/// What `--help` prints.
pub const HELP: &str = "\
usage: jscopectl parse [--format json|csv|text] [--columns LIST] [--lenient]
                       [FILE|-]...

Turns logs of tegrastats (standard input without FILE) into another form.
  --format FORMAT   json: one object per sample; csv; text: a short table (json)
  --columns LIST    csv: these columns, separated by commas, and no others
  --lenient         parts without RAM are samples, too
";

/// Runs the verb on what follows it.
pub fn run(args: lexopt::Parser) -> Outcome {
    let mut options = options(args)?;
    let mut inputs = open(std::mem::take(&mut options.inputs))?;
    let mut reader = Reader::new(options.lenient);
    let out = Output(RefCell::new(BufWriter::with_capacity(64 * 1024, io::stdout().lock())));
    let converted = match options.format {
        Format::Json => to_json(&mut inputs, &mut reader, &out),
        Format::Text => to_text(&mut inputs, &mut reader, &out),
        Format::Csv => to_csv(&mut inputs, &options, &mut reader, &out),
    };
    let converted = converted.and_then(|()| (&out).flush().map_err(Stop::Write));
    match converted {
        Ok(()) => {}
        Err(Stop::Write(error)) => {
            // What is left in the buffer has no reader; dropping it must not write again.
            let _ = out.0.into_inner().into_parts();
            return written(Err(error)).map(|_| 0);
        }
        Err(Stop::Read(failure)) => return Err(failure),
    }
    report(&reader.summary)
}

fn options(mut args: lexopt::Parser) -> Result<Options, Failure> {
    use lexopt::prelude::*;
    let mut options = Options { format: Format::Json, columns: None, lenient: false, inputs: Vec::new() };
    while let Some(arg) = args.next()? {
        match arg {
            Long("format") => options.format = format(&args.value()?)?,
            Long("columns") => options.columns = Some(columns(&args.value()?.string()?)?),
            Long("lenient") => options.lenient = true,
            Value(input) => options.inputs.push(input),
            _ => return Err(arg.unexpected().into()),
        }
    }
    if options.columns.is_some() && options.format != Format::Csv {
        return Err(Failure::usage("--columns: only with --format csv"));
    }
    if options.inputs.is_empty() {
        options.inputs.push("-".into());
    }
    Ok(options)
}

fn format(name: &OsString) -> Result<Format, Failure> {
    match name.to_str() {
        Some("json") => Ok(Format::Json),
        Some("csv") => Ok(Format::Csv),
        Some("text") => Ok(Format::Text),
        _ => {
            Err(Failure::usage(format_args!("--format: no format \"{}\" (json, csv, text)", name.display())))
        }
    }
}

fn columns(list: &str) -> Result<Vec<Column>, Failure> {
    let column = |name: &str| {
        let wrong = || {
            Failure::usage(format_args!("--columns: no column \"{name}\" (like engines.GR3D.usage_percent)"))
        };
        name.parse().map_err(|()| wrong())
    };
    list.split(',').map(|name| column(name.trim())).collect()
}

/// The standard output, with a buffer that is shared by what writes samples and by what waits for
/// them.
struct Output(RefCell<BufWriter<StdoutLock<'static>>>);

impl Write for &Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.borrow_mut().flush()
    }
}

/// A stream that others write to. Before it waits, what has been converted is written out, so
/// that a reader of ours sees each sample when it comes.
struct Live<'a> {
    file: &'a File,
    out: &'a Output,
    failed: &'a mut Option<io::Error>,
}

impl Read for Live<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if !sys::readable_within(self.file, 0)? {
            let mut out = self.out;
            if let Err(error) = out.flush() {
                *self.failed = Some(error);
                return Err(io::ErrorKind::Other.into());
            }
        }
        let mut file = self.file;
        file.read(into)
    }
}

/// Why a conversion stopped.
enum Stop {
    Read(Failure),
    Write(io::Error),
}

/// One input. `head` is what was read ahead of a stream.
struct Input {
    name: OsString,
    head: Vec<u8>,
    body: Body,
}

enum Body {
    File(File),
    Stream(File),
}

/// Opens all inputs before the first is read: a missing one leaves no half result.
fn open(names: Vec<OsString>) -> Result<Vec<Input>, Failure> {
    names.into_iter().map(open_one).collect()
}

fn open_one(name: OsString) -> Result<Input, Failure> {
    let cannot = |error: io::Error| Failure::io(code::NO_INPUT, Path::new(&name).display(), &error);
    let file = if name == "-" { sys::standard_input() } else { File::open(&name) };
    let file = file.map_err(cannot)?;
    let kind = file.metadata().map_err(cannot)?;
    if kind.is_dir() {
        return Err(Failure::new(
            code::NO_INPUT,
            format_args!("{}: is a directory", Path::new(&name).display()),
        ));
    }
    // Standard input may be a file that is not at its beginning; it is read once, like a stream.
    let body = if kind.is_file() && name != "-" { Body::File(file) } else { Body::Stream(file) };
    Ok(Input { name, head: Vec::new(), body })
}

impl Input {
    /// Gives each sample to `each`. A file is read from its beginning, so it can be read again.
    fn read(
        &mut self,
        reader: &mut Reader,
        out: &Output,
        mut each: impl FnMut(&Snapshot) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let (mut stop, mut failed) = (None, None);
        let taker = |sample: &Snapshot| {
            each(sample).map_err(|why| {
                stop = Some(why);
                io::Error::from(io::ErrorKind::Other)
            })
        };
        let result = match &self.body {
            Body::File(file) => sys::from_start(file).and_then(|file| reader.read(file, taker)),
            Body::Stream(file) => {
                let live = Live { file, out, failed: &mut failed };
                reader.read(Cursor::new(&self.head).chain(live), taker)
            }
        };
        match (stop.or(failed.map(Stop::Write)), result) {
            (Some(why), _) => Err(why),
            (None, Err(error)) => {
                Err(Stop::Read(Failure::io(code::IO, Path::new(&self.name).display(), &error)))
            }
            (None, Ok(())) => Ok(()),
        }
    }

    /// Reads ahead on a stream: until it ends, falls silent after its first line, or the room is used up.
    fn look_ahead(&mut self) -> io::Result<()> {
        let Body::Stream(file) = &mut self.body else { return Ok(()) };
        let mut piece = [0; 8192];
        while self.head.len() < LOOK_AHEAD {
            if self.head.contains(&b'\n') && !sys::readable_within(file, LIVE_MS)? {
                return Ok(());
            }
            match file.read(&mut piece) {
                Ok(0) => return Ok(()),
                Ok(got) => self.head.extend_from_slice(piece.get(..got).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

fn to_json(inputs: &mut [Input], reader: &mut Reader, mut out: &Output) -> Result<(), Stop> {
    for input in inputs {
        input.read(reader, out, |sample| {
            let mut line = json::encode(&message::data(sample));
            line.push('\n');
            out.write_all(line.as_bytes()).map_err(Stop::Write)
        })?;
    }
    Ok(())
}

fn to_text(inputs: &mut [Input], reader: &mut Reader, mut out: &Output) -> Result<(), Stop> {
    let mut table: Option<Table> = None;
    for input in inputs {
        input.read(reader, out, |sample| {
            let written = match &mut table {
                Some(table) => table.sample(sample, &mut out),
                none => {
                    let table = none.insert(Table::default());
                    table.header(&mut out).and_then(|()| table.sample(sample, &mut out))
                }
            };
            written.map_err(Stop::Write)
        })?;
    }
    Ok(())
}

/// Two passes over files; a stream gives its columns by what it holds at first.
fn to_csv(
    inputs: &mut [Input],
    options: &Options,
    reader: &mut Reader,
    mut out: &Output,
) -> Result<(), Stop> {
    let header = match &options.columns {
        Some(columns) => columns.clone(),
        None => union(inputs, options.lenient, out)?,
    };
    if header.is_empty() {
        // No sample is in sight, and so no header: the second pass counts what was skipped.
        return inputs.iter_mut().try_for_each(|input| input.read(reader, out, |_| Ok(())));
    }
    let mut writer = Writer::new(header.clone());
    let mut seen = Columns::default();
    writer.header(&mut out).map_err(Stop::Write)?;
    for input in inputs {
        let live = matches!(input.body, Body::Stream(_)) && options.columns.is_none();
        input.read(reader, out, |sample| {
            if live {
                seen.add(sample);
            }
            writer.sample(sample, &mut out).map_err(Stop::Write)
        })?;
    }
    let beyond = seen.beyond(&header);
    if !beyond.is_empty() {
        let list = beyond.join(",");
        say(
            "jscopectl",
            &format!("parse: columns that came after the header are missing: {list} (use --columns)"),
        );
    }
    Ok(())
}

fn union(inputs: &mut [Input], lenient: bool, out: &Output) -> Result<Vec<Column>, Stop> {
    let mut columns = Columns::default();
    for input in inputs {
        let name = Path::new(&input.name).display().to_string();
        input.look_ahead().map_err(|error| Stop::Read(Failure::io(code::IO, name, &error)))?;
        let mut reader = Reader::for_columns(lenient);
        match &input.body {
            Body::File(_) => input.read(&mut reader, out, |sample| {
                columns.add(sample);
                Ok(())
            })?,
            Body::Stream(_) => {
                // Memory does not fail to be read, and nothing here ends the reading.
                let _ = reader.read(input.head.as_slice(), |sample| {
                    columns.add(sample);
                    Ok(())
                });
            }
        }
    }
    Ok(columns.into_list())
}

/// Says on the standard error what was not taken; no sample at all is a failure.
fn report(summary: &Summary) -> Outcome {
    let Summary { samples, skipped, first_skipped, unknown } = *summary;
    let mut parts = Vec::new();
    if let Some(line) = first_skipped {
        parts.push(format!("skipped {skipped} lines without a sample (the first is line {line})"));
    }
    if unknown > 0 {
        parts.push(format!("{unknown} tokens not understood (kept as unknown)"));
    }
    if samples == 0 {
        let skipped = parts.first().cloned().unwrap_or_else(|| "the input is empty".to_owned());
        return Err(Failure::new(code::DATA, format_args!("parse: no sample found: {skipped}")));
    }
    if !parts.is_empty() {
        say("jscopectl", &format!("parse: {samples} samples, {}", parts.join(", ")));
    }
    Ok(0)
}
