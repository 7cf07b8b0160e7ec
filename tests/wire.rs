//! Both encodings, read and written by libraries that are not ours, and there and back again.

use jetsonscope::snapshot::Snapshot;
use jetsonscope::tegrastats::fill::{self, Reading};
use jetsonscope::wire::message::{self, Stats};
use jetsonscope::wire::{Error, Value, cbor, json};

/// Lines with every kind of value, one for each family of boards.
const LINES: [&str; 7] = [
    "RAM 714/1876MB (lfb 139x4MB) cpu [25%,7%,1%,1%]@2218 EMC 3%@924 AVP 0%@81 VDE 120 GR3D 0%@252 EDP limit 12",
    "RAM 10/20MB (lfb 3x256kB) SWAP 1/2MB (cached 0MB) IRAM 0/252kB(lfb 252kB) CPU [5%@1224,off] EMC_FREQ 0% \
     NVENC 716 APE 25 PMIC@50C AO@-4.5C MTS fg 0% bg 9% POM_5V_IN 1750/-1628",
    "01-03-2023 16:10:22 RAM 2257/30536MB (lfb 1x4MB) CPU [0%@729] GR3D_FREQ 9%@[114,0] CV0@-256C CPU@41.375C \
     NC 0mW/0mW VDDQ 7mW/8mW NC 0mW/0mW",
    "07-23-2026 15:29:26 RAM 9101/125811MB (lfb 19x4MB) CPU [39%@2160] GR3D_FREQ @[314,314,314] VIC 59%@423 \
     PVA0_FREQ [3%,4%]@512 cpu@34.843C/35C VDD_GPU 4925mW/4925mW/4926mW wonder \"quote\\",
    "RAM 1/2kB",
    "RAM 1/2MB CPU [5%@1224,wonder,off]",
    "RAM 9/10MB (lfb 4MB) \u{b0}C@1C tj@\u{fffd}",
];

fn snapshot(line: &str) -> Snapshot {
    let mut found = None;
    let how = Reading { complete: true, lenient: false };
    fill::samples(line.as_bytes(), how, &mut Snapshot::default(), |sample| found = Some(sample.clone()));
    found.expect("each line is a sample")
}

fn about() -> Stats<'static> {
    Stats { source: "file".into(), age_ms: Some(12), stale: false, simulated: true, board: "thor".into() }
}

/// The value as serde_json would have it.
fn plain(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Int(value) => (*value).into(),
        Value::Float(value) => (*value).into(),
        Value::Text(text) => text.to_string().into(),
        Value::List(values) => values.iter().map(plain).collect(),
        Value::Map(members) => serde_json::Value::Object(
            members.iter().map(|(name, value)| (name.to_string(), plain(value))).collect(),
        ),
    }
}

fn from_cbor(value: &ciborium::Value) -> serde_json::Value {
    use ciborium::Value as Cbor;
    match value {
        Cbor::Null => serde_json::Value::Null,
        Cbor::Bool(value) => (*value).into(),
        Cbor::Integer(value) => i64::try_from(*value).expect("our integers are small").into(),
        Cbor::Float(value) => (*value).into(),
        Cbor::Text(text) => text.clone().into(),
        Cbor::Array(values) => values.iter().map(from_cbor).collect(),
        Cbor::Map(members) => {
            let name = |name: &Cbor| name.as_text().expect("names are text").to_owned();
            serde_json::Value::Object(
                members.iter().map(|(key, value)| (name(key), from_cbor(value))).collect(),
            )
        }
        other => panic!("{other:?} is no value of ours"),
    }
}

#[test]
fn other_libraries_read_the_same() {
    for line in LINES {
        let (about, snapshot) = (about(), snapshot(line));
        let value = message::stats(&about, Some(&snapshot));
        let text = json::encode(&value);
        let by_serde: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(by_serde, plain(&value), "{line}");
        let by_ciborium: ciborium::Value = ciborium::from_reader(cbor::encode(&value).as_slice()).unwrap();
        assert_eq!(from_cbor(&by_ciborium), by_serde, "{line}");
    }
}

#[test]
fn what_other_libraries_write_is_read() {
    for line in LINES {
        let (about, snapshot) = (about(), snapshot(line));
        let value = plain(&message::stats(&about, Some(&snapshot)));
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        assert_eq!(plain(&json::decode(&pretty).unwrap()), value, "{line}");
        let mut bytes = Vec::new();
        ciborium::into_writer(&value, &mut bytes).unwrap();
        let (read, length) = cbor::decode(&bytes).unwrap();
        assert_eq!((plain(&read), length), (value, bytes.len()), "{line}");
    }
}

#[test]
fn snapshots_go_there_and_back() {
    for line in LINES {
        let (about, snapshot) = (about(), snapshot(line));
        let value = message::stats(&about, Some(&snapshot));
        let text = json::encode(&value);
        let by_json = json::decode(&text).unwrap();
        let bytes = cbor::encode(&value);
        let (by_cbor, _) = cbor::decode(&bytes).unwrap();
        for read in [by_json, by_cbor] {
            let (about_read, snapshot_read) = message::read_stats(read.member("Stats").unwrap()).unwrap();
            assert_eq!((about_read, snapshot_read), (about.clone(), Some(snapshot.clone())), "{line}");
        }
    }
    let ageless = Stats { age_ms: None, ..about() };
    let nothing = message::stats(&ageless, None);
    assert_eq!(message::read_stats(nothing.member("Stats").unwrap()).unwrap().1, None);
}

/// A core of which nothing was understood is not one that is off.
#[test]
fn cores_that_were_not_read() {
    let sample = snapshot("RAM 1/2MB CPU [5%@1224,wonder,off]");
    let text = json::encode(&message::data(&sample));
    let off = r#"{"load_percent":null,"freq_mhz":null}"#;
    let unread = r#"{"load_percent":null,"freq_mhz":null,"unread":true}"#;
    let wanted = [r#""cpus":[{"load_percent":5,"freq_mhz":1224},"#, unread, ",", off, "]"].concat();
    assert!(text.contains(&wanted), "{text}");
    let read = message::read_data(&json::decode(&text).unwrap()).unwrap();
    assert_eq!(read.cpus.iter().map(|core| core.unread).collect::<Vec<_>>(), [false, true, false]);
}

#[test]
fn what_goes_with_the_values() {
    for (about, wanted) in [
        (about(), r#""file","age_ms":12,"stale":false,"simulated":true,"board":"thor","data":null}}"#),
        (
            Stats { simulated: false, board: "".into(), age_ms: None, ..about() },
            r#""file","age_ms":null,"stale":false,"simulated":false,"data":null}}"#,
        ),
    ] {
        let text = json::encode(&message::stats(&about, None));
        assert_eq!(text, [r#"{"Stats":{"source":"#, wanted].concat());
        let read = json::decode(&text).unwrap();
        assert_eq!(message::read_stats(read.member("Stats").unwrap()), Ok((about, None)), "{text}");
    }
    // A board is named only where it is simulated, and by a text.
    for text in [
        r#"{"source":"x","board":"thor"}"#,
        r#"{"source":"x","simulated":true,"board":5}"#,
        r#"{"source":"x","simulated":true,"board":null}"#,
    ] {
        let read = json::decode(text).unwrap();
        assert_eq!(message::read_stats(&read).unwrap().0.board, "", "{text}");
    }
}

#[test]
fn names_and_order_of_the_members() {
    let snapshot = snapshot(LINES[1]);
    let text = json::encode(&message::data(&snapshot));
    let wanted = r#"{"timestamp":null,"ram":{"used_bytes":10485760,"total_bytes":20971520,"largest_free_block":{"Blocks":{"count":3,"size_bytes":262144}},"unit":"MB"},"swap":{"used_bytes":1048576,"total_bytes":2097152,"cached_bytes":0,"unit":"MB"},"iram":{"used_bytes":0,"total_bytes":258048,"lfb_bytes":258048,"unit":"KB"},"mts":{"fg_percent":0,"bg_percent":9},"cpus":[{"load_percent":5,"freq_mhz":1224},{"load_percent":null,"freq_mhz":null}],"engines":{"EMC":{"usage_percent":0,"freq_mhz":null,"raw_value":null},"NVENC":{"usage_percent":null,"freq_mhz":716,"raw_value":716},"APE":{"usage_percent":null,"freq_mhz":25,"raw_value":25}},"temps":{"PMIC":50.0,"AO":-4.5},"power":{"POM_5V_IN":{"current_mw":1750,"average_mw":-1628}},"raw":"#;
    assert!(text.starts_with(wanted), "{text}");
    assert!(text.ends_with(r#","temps_off":[],"temps_max":{},"edp_limit_mhz":null,"unknown":[]}"#), "{text}");
}

#[test]
fn err_json() {
    let deep = format!("{}1{}", "[".repeat(17), "]".repeat(17));
    let deepest = "[".repeat(60_000);
    for text in ["", "{", "[1", "{\"a\" 1}", "nul", "\"a", "18446744073709551615", "1 2", &deep, &deepest] {
        assert_eq!(json::decode(text), Err(Error::Syntax("JSON")), "{text:.40}");
    }
    assert!(json::decode(&format!("{}1{}", "[".repeat(16), "]".repeat(16))).is_ok());
    assert_eq!(json::decode(" [ -1 , 2.5, null ,true, {} ] ").unwrap().member("x"), None);
}

#[test]
fn err_cbor() {
    for bytes in [
        &b""[..],
        b"\xa1",
        b"\xa1\x61a",
        b"\x82\x01",
        b"\x9f\x01",
        b"\xbf\x61a\x01",
        b"\x63ab",
        b"\xfb\x00",
        b"\x1a\0",
    ] {
        assert_eq!(cbor::decode(bytes), Err(Error::Incomplete), "{bytes:x?}");
    }
    let deep = [vec![0x81; 17], vec![0x01]].concat();
    // A list of 2^64 - 1 entries, a number beyond 63 bits, a map with a number for a name, bytes
    // that are no text, a tag, text that is not UTF-8, a break in the open.
    for bytes in [
        &deep[..],
        b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\xa1\x01\x01",
        b"\x41a",
        b"\xc1\x01",
        b"\x61\xff",
        b"\xff",
    ] {
        assert_eq!(cbor::decode(bytes), Err(Error::Syntax("CBOR")), "{bytes:x?}");
    }
    let endless = b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff\x01\x01";
    assert_eq!(cbor::decode(endless), Err(Error::Incomplete));
    assert_eq!(cbor::decode(b"\x01\x02").unwrap(), (Value::Int(1), 1));
    // Floats of 16 bits: the examples of RFC 8949, appendix A.
    for (bytes, value) in [
        (b"\xf9\x3c\x00", 1.0),
        (b"\xf9\x3e\x00", 1.5),
        (b"\xf9\x7b\xff", 65504.0),
        (b"\xf9\x00\x01", 5.960464477539063e-8),
        (b"\xf9\xc4\x00", -4.0),
        (b"\xf9\xfc\x00", f64::NEG_INFINITY),
    ] {
        assert_eq!(cbor::decode(bytes).unwrap().0, Value::Float(value), "{bytes:x?}");
    }
    assert_eq!(cbor::decode(b"\xf9\x3c"), Err(Error::Incomplete));
}

#[test]
fn err_members_of_the_wrong_kind() {
    for text in [
        r#"{"ram": 1}"#,
        r#"{"ram": {"used_bytes": -1, "total_bytes": 2}}"#,
        r#"{"ram": {"used_bytes": 1}}"#,
        r#"{"cpus": {}}"#,
        r#"{"cpus": [{"load_percent": "x"}]}"#,
        r#"{"engines": []}"#,
        r#"{"engines": {"A": {"freq_mhz": -5}}}"#,
        r#"{"temps": {"A": "hot"}}"#,
        r#"{"temps": {"A": 1e300}}"#,
        r#"{"power": {"A": {}}}"#,
        r#"{"power": {"A": {"current_mw": 4294967296}}}"#,
        r#"{"unknown": [1]}"#,
        r#"{"timestamp": 5}"#,
        r#"{"edp_limit_mhz": -1}"#,
    ] {
        let value = json::decode(text).unwrap();
        assert!(matches!(message::read_data(&value), Err(Error::Member(_))), "{text}");
    }
    let new = json::decode(r#"{"ram": null, "more": {"a": [1]}, "engines": {"A": {"new": 1}}}"#).unwrap();
    assert_eq!(message::read_data(&new).unwrap().engines.len(), 1);
}
