//! Replies that are made of hundreds of files: each look counts for all who ask the same in a moment.

use std::time::{Duration, Instant};

use crate::wire::frame::Encoding;
use crate::wire::request::Request;

/// How long a look counts, unless something is changed or there is a new sample.
const MOMENT: Duration = Duration::from_millis(100);
/// Replies that are kept; who asks for many others has the oldest forgotten.
const MOST: usize = 4;

/// The replies of the last looks.
#[derive(Default)]
pub(super) struct Looks {
    kept: Vec<(Instant, Request, Encoding, Vec<u8>)>,
    /// Looks taken since the start.
    pub(super) taken: u64,
}

impl Looks {
    /// The reply to that request in that encoding, if it was made just now.
    pub(super) fn find(&mut self, request: &Request, encoding: Encoding, now: Instant) -> Option<&[u8]> {
        self.kept.retain(|(at, ..)| now.saturating_duration_since(*at) < MOMENT);
        let is_it = |kept: &&(_, Request, Encoding, Vec<u8>)| kept.1 == *request && kept.2 == encoding;
        self.kept.iter().find(is_it).map(|(.., reply)| reply.as_slice())
    }

    /// Keeps a reply that was made.
    pub(super) fn keep(&mut self, request: Request, encoding: Encoding, reply: Vec<u8>, now: Instant) {
        if self.kept.len() >= MOST {
            self.kept.remove(0);
        }
        self.kept.push((now, request, encoding, reply));
    }

    /// Forgets all of them.
    pub(super) fn clear(&mut self) {
        self.kept = Vec::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::Sort;

    #[test]
    fn ok_a_look_counts_for_a_moment() {
        let processes = |limit| Request::GetProcesses { sort: Sort::Cpu, limit };
        let (mut looks, start) = (Looks::default(), Instant::now());
        looks.keep(processes(20), Encoding::Json, b"20".to_vec(), start);
        looks.keep(Request::ListControls, Encoding::Cbor, b"list".to_vec(), start);
        for (request, encoding, after_ms, wanted) in [
            (processes(20), Encoding::Json, 0, Some(&b"20"[..])),
            (processes(20), Encoding::Json, 99, Some(b"20")),
            (processes(20), Encoding::Cbor, 0, None),
            (processes(21), Encoding::Json, 0, None),
            (Request::GetProcesses { sort: Sort::Memory, limit: 20 }, Encoding::Json, 0, None),
            (Request::ListControls, Encoding::Json, 0, None),
            (Request::ListControls, Encoding::Cbor, 50, Some(b"list")),
            (processes(20), Encoding::Json, 100, None),
        ] {
            let found = looks.find(&request, encoding, start + Duration::from_millis(after_ms));
            assert_eq!(found, wanted, "{request:?} {encoding:?} after {after_ms} ms");
        }
        (0..1000).for_each(|limit| looks.keep(processes(limit), Encoding::Json, Vec::new(), start));
        assert_eq!(looks.kept.len(), MOST);
        assert!(looks.find(&processes(999), Encoding::Json, start).is_some());
        looks.clear();
        assert_eq!(looks.find(&processes(999), Encoding::Json, start), None);
    }
}
