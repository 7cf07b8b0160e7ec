//! The history that is kept and asked for.

use std::time::{Duration, Instant};

use super::client::Client;
use crate::history::{History, Moment};
use crate::snapshot::Snapshot;
use crate::sys;
use crate::wire::frame::Encoding;
use crate::wire::reply::Code;
use crate::wire::request::Refusal;
use crate::wire::{Value, history};

/// So many bytes are sent at once.
const PIECE: usize = 4096;

/// Most bytes of long replies that peers have not taken: while they do not read, nobody gets another.
const MOST_WAITING: usize = 192 * 1024;

/// Why a long reply is not sent.
pub const CROWDED: &str = "others do not take their replies (try again)";

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
        self.kept.get_or_insert_with(|| History::every(interval));
        is_new
    }

    /// Takes the values of a new sample.
    pub fn record(&mut self, snapshot: Option<&Snapshot>) {
        if let (Some(history), Some(snapshot)) = (&mut self.kept, snapshot) {
            history.record(Moment::now(), snapshot);
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
            return Err((Code::Busy, CROWDED.to_owned()));
        }
        let asked = history::asked(kept, names, window_s, Moment::now())?;
        let encoding = client.encoding();
        // What closes an empty map of series and all around it; of CBOR a map is left open, too.
        let (empty, open, comma, close): (usize, &[u8], &[u8], &[u8]) = match encoding {
            Encoding::Json => (b"}}}\n".len(), b"", b",", b"}}}\n"),
            Encoding::Cbor => (1, b"\xbf", b"", b"\xff"),
        };
        let mut bytes = Vec::new();
        encoding.write(&history::history(asked.step_ms, asked.end_ms, Value::Map(Vec::new())), &mut bytes);
        bytes.truncate(bytes.len().saturating_sub(empty));
        bytes.extend_from_slice(open);
        let (mut alive, mut member) = (true, Vec::new());
        for (number, series) in asked.series.iter().enumerate() {
            bytes.extend_from_slice(if number == 0 { b"" } else { comma });
            // A map of one member, without what is around it: of CBOR, that is one byte in front.
            member.clear();
            encoding.write(&Value::Map(vec![(series.name().into(), asked.points(series))]), &mut member);
            let end = member.len().saturating_sub(if comma.is_empty() { 0 } else { b"}\n".len() });
            bytes.extend_from_slice(member.get(1..end).unwrap_or_default());
            if bytes.len() > PIECE {
                alive = alive && client.send(&[&bytes], now);
                bytes.clear();
            }
        }
        alive = alive && client.send(&[&bytes, close], now);
        self.sent(client);
        Ok(alive)
    }

    /// Takes note of a long reply that was sent.
    pub fn sent(&mut self, client: &mut Client) {
        client.tighten();
        self.waiting = self.waiting.saturating_add(client.waits());
    }

    /// Bytes of long replies that peers have not taken.
    pub fn waiting(&self) -> usize {
        self.waiting
    }
}
