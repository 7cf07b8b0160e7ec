//! Any bytes as a message: no panic, and what is read is written so that it can be read again; in
//! CBOR as the same. (The last digit of a long decimal fraction may differ in JSON.)
#![no_main]

use jetsonscope::wire::{cbor, json, message};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok((value, length)) = cbor::decode(data) {
        assert!(length <= data.len());
        let bytes = cbor::encode(&value);
        let (again, _) = cbor::decode(&bytes).expect("our own CBOR");
        assert_eq!(cbor::encode(&again), bytes);
        let _ = message::read_data(&value);
        let _ = message::read_stats(&value);
    }
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(value) = json::decode(text)
    {
        json::decode(&json::encode(&value)).expect("our own JSON");
        let _ = message::read_data(&value);
    }
});
