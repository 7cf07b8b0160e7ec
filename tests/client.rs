//! The client against a server that misbehaves.
#![cfg(any(feature = "cli", feature = "tui"))]

#[allow(dead_code, reason = "other tests use the rest")]
mod served;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jetsonscope::client::{Address, Connection, Encoding, Error, Why};
use jetsonscope::wire::request::Request;
use jetsonscope::wire::{Value, cbor, json};
use served::{Peer, Scratch, Server};

const PING: &str = "{\"Pong\":{\"version\":\"1\"}}";
const PATIENCE: Duration = Duration::from_millis(250);

fn ms(time: u64) -> Duration {
    Duration::from_millis(time)
}

/// One request to a server with that script, and how long it took.
fn ask(
    encoding: Encoding,
    script: impl Fn(&mut Peer) + Send + Sync + 'static,
) -> (Result<Value<'static>, Error>, Duration) {
    let scratch = Scratch::new(&format!("ask-{:?}", std::thread::current().id()));
    let server = Server::start(Path::new(&scratch.at("s")), script);
    let address = Address { path: server.path.clone(), open_to_all: true };
    let start = Instant::now();
    let deadline = start + PATIENCE;
    let mut connection = Connection::open(&[address], encoding, deadline).expect("a server");
    let reply = connection.request(&Request::Ping, deadline);
    // Through JSON, so that nothing is borrowed.
    let reply = reply.map(|value| json::decode(&json::encode(&value)).expect("JSON"));
    (reply, start.elapsed())
}

#[test]
fn ok_replies_in_pieces() {
    let wanted = json::decode(PING).expect("JSON");
    let as_cbor = cbor::encode(&wanted);
    for (encoding, bytes) in [
        (Encoding::Json, format!("{PING}\n").into_bytes()),
        (Encoding::Json, format!("\n \r\n{PING}\r\n{PING}\n").into_bytes()),
        (Encoding::Cbor, as_cbor.clone()),
        (Encoding::Cbor, [&as_cbor[..], b"\x00"].concat()),
    ] {
        for size in [1, 2, 7, bytes.len()] {
            let sent = bytes.clone();
            let (reply, _) = ask(encoding, move |peer| {
                peer.hear();
                for piece in sent.chunks(size) {
                    peer.say(piece);
                    peer.goes_on(Duration::from_micros(200));
                }
                peer.linger();
            });
            assert_eq!(reply.as_ref(), Ok(&wanted), "{encoding:?} {size}");
        }
    }
    // The original ends a reply by closing.
    let (reply, _) = ask(Encoding::Json, |peer| {
        peer.hear();
        peer.say(PING.as_bytes());
    });
    assert_eq!(reply, Ok(wanted));
}

#[test]
fn ok_what_is_asked() {
    for (encoding, wanted) in [(Encoding::Json, &b"\"Ping\"\n"[..]), (Encoding::Cbor, b"\x64Ping")] {
        let (reply, _) = ask(encoding, move |peer| {
            assert_eq!(peer.hear(), wanted);
            match wanted[0] {
                b'"' => peer.say(b"{}\n"),
                _ => peer.say(b"\xa0"),
            };
        });
        assert_eq!(reply, Ok(Value::Map(Vec::new())), "{encoding:?}");
    }
}

#[test]
fn err_replies() {
    type Play = fn(&mut Peer);
    let cases: &[(&str, Encoding, Play, Why, &str)] = &[
        ("silence", Encoding::Json, |peer| peer.linger(), Why::Silent, "no reply in time"),
        ("closed at once", Encoding::Json, |_| {}, Why::Broken, ""),
        (
            "closed after the request",
            Encoding::Cbor,
            |peer| drop(peer.hear()),
            Why::Broken,
            "closed the connection",
        ),
        (
            "closed in the middle",
            Encoding::Json,
            |peer| drop((peer.hear(), peer.say(b"{\"Pong\":"))),
            Why::Broken,
            "closed in the middle of a reply",
        ),
        (
            "closed in the middle of CBOR",
            Encoding::Cbor,
            |peer| drop((peer.hear(), peer.say(b"\xa1\x64Po"))),
            Why::Broken,
            "closed in the middle of a reply",
        ),
        ("garbage", Encoding::Json, |peer| drop((peer.hear(), peer.say(b"hello\n"))), Why::Broken, "no JSON"),
        (
            "garbage behind a brace",
            Encoding::Json,
            |peer| drop((peer.hear(), peer.say(b"{\xff\x00\n"))),
            Why::Broken,
            "no valid message",
        ),
        ("a number", Encoding::Cbor, |peer| drop((peer.hear(), peer.say(b"\x01"))), Why::Broken, "no CBOR"),
        (
            "a map of numbers",
            Encoding::Cbor,
            |peer| drop((peer.hear(), peer.say(b"\xa1\x01\x01"))),
            Why::Broken,
            "no CBOR",
        ),
        (
            "JSON for CBOR",
            Encoding::Cbor,
            |peer| drop((peer.hear(), peer.say(b"{\"Pong\":1}\n"))),
            Why::Broken,
            "no CBOR",
        ),
        (
            "CBOR for JSON",
            Encoding::Json,
            |peer| drop((peer.hear(), peer.say(b"\xa1\x64Pong\x01"))),
            Why::Broken,
            "no JSON",
        ),
        (
            "an error",
            Encoding::Json,
            |peer| {
                peer.hear();
                peer.say(b"{\"Error\":{\"code\":\"busy\",\"message\":\"later\"}}\n");
            },
            Why::Refused("busy".into()),
            "busy: later",
        ),
        (
            "endless",
            Encoding::Json,
            |peer| {
                peer.hear();
                peer.say(b"{\"a\":\"");
                while peer.say(&[b'x'; 65536]) {}
            },
            Why::Broken,
            "longer than 1 MB",
        ),
        (
            "endless CBOR",
            Encoding::Cbor,
            |peer| {
                peer.hear();
                peer.say(b"\xbf\x61a\x7f");
                while peer.say(&[&b"\x79\xff\xff"[..], &[b'x'; 65535]].concat()) {}
            },
            Why::Broken,
            "longer than 1 MB",
        ),
        (
            "a slow drip",
            Encoding::Json,
            |peer| {
                peer.hear();
                peer.say(b"{");
                while peer.say(b" ") && peer.goes_on(Duration::from_millis(5)) {}
            },
            Why::Silent,
            "no reply in time",
        ),
        (
            "a slow drip of CBOR",
            Encoding::Cbor,
            |peer| {
                peer.hear();
                peer.say(b"\xbf\x61a\x9f");
                while peer.say(b"\x01") && peer.goes_on(Duration::from_millis(5)) {}
            },
            Why::Silent,
            "no reply in time",
        ),
    ];
    for (name, encoding, script, why, text) in cases {
        let (reply, took) = ask(*encoding, *script);
        let error = reply.expect_err(name);
        assert!(error.why == *why && error.text.contains(text), "{name}: {error:?}");
        assert!(error.to_string().starts_with("socket /"), "{name}: {error:?}");
        assert!(took < PATIENCE + ms(1500), "{name}: {took:?}");
    }
}

#[test]
fn err_no_server() {
    let scratch = Scratch::new("noserver");
    std::fs::write(scratch.at("file"), "").expect("a file");
    drop(std::os::unix::net::UnixListener::bind(scratch.at("stale")).expect("a socket"));
    let long = scratch.at(&"x".repeat(200));
    for (path, text) in [
        (scratch.at("none"), "no such file or directory (is jscoped running?)"),
        (scratch.at("stale"), "connection refused (is jscoped running?)"),
        (scratch.at("file"), "connection refused (is jscoped running?)"),
        (scratch.at("file/below"), "not a directory"),
        (long, "file name too long"),
        (String::new(), ""),
    ] {
        let address = Address { path: path.clone().into(), open_to_all: false };
        let error = Connection::open(&[address], Encoding::Json, Instant::now()).expect_err(&path);
        assert_eq!(error.why, Why::Absent, "{path}");
        let wanted = format!("socket {path}: {text}");
        assert!(error.to_string() == wanted || text.is_empty(), "{error} {wanted}");
    }
    let places: Vec<Address> = ["none", "stale", "other"]
        .into_iter()
        .map(|name| Address { path: scratch.at(name).into(), open_to_all: false })
        .collect();
    let error = Connection::open(&places, Encoding::Json, Instant::now()).expect_err("no server");
    assert!(error.to_string().contains("stale: connection refused"), "what is there is named: {error}");
    assert!(Connection::open(&[], Encoding::Json, Instant::now()).is_err());
}

/// A server that takes nobody: connecting and asking still end in time.
#[test]
fn err_a_server_that_takes_nobody() {
    let scratch = Scratch::new("crowded");
    let path = PathBuf::from(scratch.at("s"));
    let _listener = std::os::unix::net::UnixListener::bind(&path).expect("a socket");
    let address = [Address { path, open_to_all: false }];
    let mut held = Vec::new();
    let start = Instant::now();
    let error = loop {
        match Connection::open(&address, Encoding::Json, Instant::now() + ms(50)) {
            Ok(connection) if held.len() < 10_000 => held.push(connection),
            Ok(_) => return,
            Err(error) => break error,
        }
    };
    assert!(error.text.contains("temporarily unavailable") && start.elapsed() < ms(3000), "{error}");
    let mut first = held.swap_remove(0);
    let error = first.request(&Request::GetStats, Instant::now() + ms(50)).expect_err("nobody answers");
    assert_eq!(error.why, Why::Silent, "{error}");
}
