//! The history that is kept and asked for.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::client::Client;
use crate::history::{History, Moment, Series, Span};
use crate::snapshot::Snapshot;
use crate::sys;
use crate::wire::frame::Encoding;
use crate::wire::reply::Code;
use crate::wire::request::{Refusal, bad};
use crate::wire::{Value, history};

/// So many bytes are sent at once.
const PIECE: usize = 4096;

/// Most bytes of long replies that peers have not taken: while they do not read, nobody gets another.
const MOST_WAITING: usize = 192 * 1024;

/// What was before now, where the configuration has it kept.
#[derive(Default)]
pub struct Past {
    kept: Option<History>,
    /// Bytes of long replies that wait for their peers.
    waiting: usize,
}

impl Past {
    /// Keeps a history of samples with that interval from now on, or none; true when it is a new one.
    pub fn keep(&mut self, interval: Option<Duration>) -> bool {
        let Some(interval) = interval else {
            if self.kept.take().is_some() {
                sys::daemon::give_back();
            }
            return false;
        };
        let is_new = self.kept.is_none();
        let interval_ms = i64::from(u32::try_from(interval.as_millis()).unwrap_or(u32::MAX));
        self.kept.get_or_insert_with(|| History::new(interval_ms));
        is_new
    }

    /// Takes the values of a new sample.
    pub fn record(&mut self, snapshot: Option<&Snapshot>) {
        if let (Some(history), Some(snapshot)) = (&mut self.kept, snapshot) {
            history.record(moment(), snapshot);
        }
    }

    /// How far apart samples may be for its sake.
    pub fn longest_pause(&self) -> Duration {
        self.kept.as_ref().map_or(Duration::MAX, |_| Duration::from_millis(History::longest_pause_ms()))
    }

    /// Takes note of what waits; what was taken goes back to the system.
    pub fn weigh(&mut self, waiting: usize) {
        if self.waiting > 0 && waiting == 0 {
            sys::daemon::give_back();
        }
        self.waiting = waiting;
    }

    /// Sends the reply `History`, a series at a time, so that a client that reads costs no more than one
    /// of them; false when the connection is gone.
    ///
    /// # Errors
    /// No history is kept, or none of that name; too much waits for peers that do not read.
    pub fn send(
        &mut self,
        client: &mut Client,
        names: &[String],
        window_s: u32,
        now: Instant,
    ) -> Result<bool, Refusal> {
        let off = || (Code::Unsupported, "no history is kept (history = no)".to_owned());
        let kept = self.kept.as_ref().ok_or_else(off)?;
        if self.waiting > MOST_WAITING {
            return Err((Code::Busy, "others do not take their replies (try again)".to_owned()));
        }
        let mut all: Vec<&Series> = Vec::new();
        for name in names {
            let series = kept.find(name).ok_or_else(|| bad("no series", name))?;
            // A map has each name once.
            if !all.iter().any(|known| std::ptr::eq(*known, series)) {
                all.push(series);
            }
        }
        let span = kept.span(window_s, moment());
        let (step_ms, end_ms) = span.map_or((0, unix_ms()), |span| (span.step_ms, span.end_ms));
        let asked = span.filter(|_| !all.is_empty());
        if all.is_empty() {
            all.extend(kept.series());
        }
        let encoding = client.encoding();
        // What closes an empty map of series and all around it; of CBOR a map is left open, too.
        let (empty, open, comma, close): (usize, &[u8], &[u8], &[u8]) = match encoding {
            Encoding::Json => (b"}}}\n".len(), b"", b",", b"}}}\n"),
            Encoding::Cbor => (1, b"\xbf", b"", b"\xff"),
        };
        let mut bytes = Vec::new();
        encoding.write(&history::history(step_ms, end_ms, Value::Map(Vec::new())), &mut bytes);
        bytes.truncate(bytes.len().saturating_sub(empty));
        bytes.extend_from_slice(open);
        let (mut alive, mut member) = (true, Vec::new());
        for (number, series) in all.into_iter().enumerate() {
            bytes.extend_from_slice(if number == 0 { b"" } else { comma });
            // A map of one member, without what is around it: of CBOR, that is one byte in front.
            member.clear();
            let points = asked.map_or(Vec::new(), |span| points(kept, series, &span));
            encoding.write(&Value::Map(vec![(series.name().into(), Value::List(points))]), &mut member);
            let end = member.len().saturating_sub(if comma.is_empty() { 0 } else { b"}\n".len() });
            bytes.extend_from_slice(member.get(1..end).unwrap_or_default());
            if bytes.len() > PIECE {
                alive = alive && client.send(&[&bytes], now);
                bytes.clear();
            }
        }
        alive = alive && client.send(&[&bytes, close], now);
        client.tighten();
        self.waiting = self.waiting.saturating_add(client.waits());
        Ok(alive)
    }
}

fn points(kept: &History, series: &Series, span: &Span) -> Vec<Value<'static>> {
    let point = |number| history::point(kept.point(series, span, number), series.unit());
    (0..span.points).map(point).collect()
}

fn moment() -> Moment {
    Moment { boot_ms: sys::since_boot_ms(), unix_ms: unix_ms() }
}

fn unix_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
