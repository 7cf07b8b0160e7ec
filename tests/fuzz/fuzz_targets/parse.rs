//! Any bytes as a log: no panic, progress with each field, and the same samples whether the log
//! is read as a whole or its lines one by one.
#![no_main]

use jetsonscope::log::Reader;
use jetsonscope::snapshot::Snapshot;
use jetsonscope::tegrastats::fields;
use jetsonscope::tegrastats::fill::{self, Reading};
use jetsonscope::wire::{json, message};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut tokens = fields(data, false);
    let mut left = usize::MAX;
    while tokens.next().is_some() {
        assert!(tokens.rest().len() < left);
        left = tokens.rest().len();
    }
    let mut whole = Vec::new();
    let mut reader = Reader::new(true);
    let read = reader.read(data, |sample| {
        whole.push(sample.clone());
        Ok(())
    });
    read.expect("memory can be read");
    let (mut scratch, mut single) = (Snapshot::default(), Vec::new());
    let mut lines = data.split(|&byte| byte == b'\n').peekable();
    while let Some(line) = lines.next() {
        let complete = lines.peek().is_some();
        let line = if complete { line.strip_suffix(b"\r").unwrap_or(line) } else { line };
        let how = Reading { complete, lenient: true };
        fill::samples(line, how, &mut scratch, |sample| single.push(sample.clone()));
    }
    assert_eq!(whole, single);
    for sample in &whole {
        let text = json::encode(&message::data(sample));
        let back = message::read_data(&json::decode(&text).expect("our own JSON")).expect("our own data");
        assert_eq!(json::encode(&message::data(&back)), text);
    }
});
