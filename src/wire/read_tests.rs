use std::path::Path;
use std::time::{Duration, Instant};

use super::*;
use crate::root::Root;
use crate::source::{Choice, Feed};
use crate::wire::{cbor, json, message};

/// Two samples of a board: levels and rates.
fn sampled(board: &Path) -> Snapshot {
    let mut now = Instant::now();
    let mut feed = Feed::open(Choice::Sysfs, &Root::at(board), Duration::from_secs(1), now).expect("a board");
    for _ in 0..2 {
        assert!(feed.turn(now), "{}", board.display());
        now += Duration::from_secs(1);
    }
    let mut sample = feed.sample(now).snapshot.expect("a sample").clone();
    // The counters behind loads do not go over the wire.
    sample.cpus.iter_mut().for_each(|core| core.ticks = None);
    sample
}

#[test]
fn ok_every_board_there_and_back() {
    let boards = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/boards");
    let mut seen = 0;
    for board in std::fs::read_dir(boards).expect("boards").map(|entry| entry.expect("a board").path()) {
        let sample = sampled(&board);
        let tree = message::data(&sample);
        let (text, bytes) = (json::encode(&tree), cbor::encode(&tree));
        let by_json = message::read_data(&json::decode(&text).expect("JSON"));
        assert_eq!(by_json.as_ref(), Ok(&sample), "JSON, {}", board.display());
        let by_cbor = message::read_data(&cbor::decode(&bytes).expect("CBOR").0);
        assert_eq!(by_cbor.as_ref(), Ok(&sample), "CBOR, {}", board.display());
        seen += 1;
    }
    assert!(seen >= 19, "{seen} boards");
}

#[test]
fn err_members() {
    for (text, name) in [
        (r#"{"clusters":[]}"#, "clusters"),
        (r#"{"clusters":{"a":{"cores":[70000]}}}"#, "cores"),
        (r#"{"clusters":{"a":{"freq_mhz":"x"}}}"#, "freq_mhz"),
        (r#"{"clusters":{"a":{"governor":1}}}"#, "governor"),
        (r#"{"gpus":{"a":{"railgate":1}}}"#, "railgate"),
        (r#"{"gpus":{"a":{"load_percent":-1}}}"#, "load_percent"),
        (r#"{"fans":{"a":{"pwm":1.5}}}"#, "pwm"),
        (r#"{"fans":{"a":{"owner":[]}}}"#, "owner"),
        (r#"{"cooling":{"a":{}}}"#, "state"),
        (r#"{"overcurrent":{"a":{"count":-1}}}"#, "count"),
        (r#"{"zram":{"a":{"stored_bytes":1}}}"#, "compressed_bytes"),
        (r#"{"disks":{"/":5}}"#, "total_bytes"),
        (r#"{"block_io":{"a":{"read_bytes":1,"written_bytes":"x"}}}"#, "written_bytes"),
        (r#"{"drives":{"nvme0":"hot"}}"#, "drives"),
        (r#"{"drives":{"nvme0":1e300}}"#, "drives"),
        (r#"{"network":{"a":{"rx_bytes":1,"tx_bytes":1,"addresses":[1]}}}"#, "addresses"),
        (r#"{"swaps":{}}"#, "swaps"),
        (r#"{"swaps":[{"name":"x","size_bytes":1}]}"#, "used_bytes"),
        (r#"{"cpus":[{"online":"yes"}]}"#, "online"),
        (r#"{"cpus":[{"unread":1}]}"#, "unread"),
        (r#"{"ram":{"used_bytes":1,"total_bytes":2,"gpu_bytes":-1}}"#, "gpu_bytes"),
        (r#"{"power":{"A":{"current_mw":1,"voltage_mv":4294967296}}}"#, "voltage_mv"),
        (r#"{"power":{"A":{"current_mw":1,"energy_mj":1.5}}}"#, "energy_mj"),
        (r#"{"emc":{"locked":1}}"#, "locked"),
        (r#"{"nvpmodel":{"id":"MAXN"}}"#, "id"),
        (r#"{"jetson_clocks":{"state":1}}"#, "state"),
        (r#"{"jetson_clocks":{"differs":[1]}}"#, "differs"),
        (r#"{"uptime_s":-1}"#, "uptime_s"),
        (r#"{"load_average":[1,2]}"#, "load_average"),
        (r#"{"load_average":[1,2,-3]}"#, "load_average"),
        (r#"{"trips":{"a":1}}"#, "trips"),
        (r#"{"temps":{"a":1},"trips":{"a":[{"kind":"hot"}]}}"#, "trips"),
    ] {
        let found = message::read_data(&json::decode(text).expect(text));
        assert_eq!(found, Err(Error::Member(name)), "{text}");
    }
}

#[test]
fn ok_what_is_not_known_is_passed_over() {
    for text in [
        r#"{"clusters":{"a":{"new":1}},"cpus":[{"cluster":"b"}]}"#,
        r#"{"temps":{"a":1},"trips":{"a":[{"kind":"new","celsius":5}],"b":[]}}"#,
        r#"{"fans":{"a":{"owner":"somebody"}},"jetson_clocks":{"state":"perhaps"}}"#,
        r#"{"total_power":5,"emc":null,"nvpmodel":{}}"#,
    ] {
        let found = message::read_data(&json::decode(text).expect(text));
        assert!(
            found.is_ok_and(|s| s.pinned.is_none() && s.cpus.iter().all(|c| c.cluster.is_none())),
            "{text}"
        );
    }
}

/// Any member of a real message replaced by any kind of value: read or refused, never a panic.
#[test]
fn ok_no_tree_breaks_it() {
    fn places(value: &Value) -> usize {
        1 + match value {
            Value::Map(members) => members.iter().map(|(_, value)| places(value)).sum(),
            Value::List(values) => values.iter().map(places).sum(),
            _ => 0,
        }
    }
    fn replace(value: &mut Value<'static>, at: &mut usize, by: &Value<'static>) {
        if *at == 0 {
            *value = by.clone();
        }
        *at = at.wrapping_sub(1);
        match value {
            Value::Map(members) => members.iter_mut().for_each(|(_, value)| replace(value, at, by)),
            Value::List(values) => values.iter_mut().for_each(|value| replace(value, at, by)),
            _ => {}
        }
    }
    let board = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/boards/orin-nx-r36");
    let tree = json::decode(&json::encode(&message::data(&sampled(&board)))).expect("JSON");
    let others = [
        Value::Null,
        Value::Bool(true),
        Value::Int(i64::MIN),
        Value::Int(i64::MAX),
        Value::Float(f64::NAN),
        Value::Float(-1e300),
        Value::Text("\u{1b}".into()),
        Value::List(vec![Value::Null, Value::List(Vec::new())]),
        Value::Map(vec![("".into(), Value::Null)]),
    ];
    let all = places(&tree);
    assert!(all > 200, "{all} places");
    for place in 0..all {
        for other in &others {
            let mut changed = tree.clone();
            replace(&mut changed, &mut place.clone(), other);
            let _ = message::read_data(&changed);
        }
    }
}
