//! jetsonscope-protocol(7) and the README against a daemon: each line that one may type is typed,
//! each dump is sent, and no request or error is missing.
#![cfg(all(feature = "daemon", target_os = "linux"))]

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use jetsonscope::process::Sort;
use jetsonscope::wire::frame::Encoding;
use jetsonscope::wire::reply::Code;
use jetsonscope::wire::request::{Manner, Request, UNITS};
use jetsonscope::wire::{Value, json};

mod copy;

/// Where the documents say that the daemon listens.
const SOCKET: &str = "/run/jetsonscope/jetsonscope.sock";
const PAGE: &str = "man/jetsonscope-protocol.7";

/// A directory with a daemon in it, both gone afterwards.
struct Daemon(PathBuf, Child);

impl Daemon {
    fn start(name: &str) -> Daemon {
        let directory =
            std::env::temp_dir().join(format!("jetsonscope-protocol-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir_all(&directory).unwrap();
        std::fs::write(directory.join("conf"), "").unwrap();
        let board = copy::board("orin-nx-r36", &directory);
        let mut command = Command::new(env!("CARGO_BIN_EXE_jetsonscope"));
        command.arg("jscoped").arg("--root").arg(board).arg("--config").arg(directory.join("conf"));
        command.arg("--socket").arg(directory.join("s")).args(["--interval", "100"]);
        let child = command.stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let daemon = Daemon(directory, child);
        let begin = Instant::now();
        while UnixStream::connect(daemon.socket()).is_err() {
            assert!(begin.elapsed() < Duration::from_secs(10), "it does not start");
            std::thread::sleep(Duration::from_millis(5));
        }
        // It answers once its sensors are open.
        assert!(daemon.send(b"\"Ping\"", false).starts_with(b"{\"Pong\""));
        daemon
    }

    fn socket(&self) -> PathBuf {
        self.0.join("s")
    }

    /// What comes back for these bytes, up to the end; of a stream, what comes first.
    fn send(&self, bytes: &[u8], stream: bool) -> Vec<u8> {
        let mut socket = UnixStream::connect(self.socket()).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        socket.write_all(bytes).unwrap();
        socket.shutdown(Shutdown::Write).unwrap();
        let mut reply = vec![0; 64 * 1024];
        if stream {
            let length = socket.read(&mut reply).unwrap();
            reply.truncate(length);
        } else {
            reply.clear();
            socket.read_to_end(&mut reply).unwrap();
        }
        reply
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.1.kill();
        let _ = self.1.wait();
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn file(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The lines as a reader sees them: those of literal displays, or the indented ones of the README.
fn shown(name: &str) -> Vec<String> {
    let text = file(name);
    if name.ends_with(".md") {
        return text.lines().map(|line| line.strip_prefix("    ").unwrap_or_default().to_owned()).collect();
    }
    let displays = text.split("\n.Bd -literal\n").skip(1).map(|part| part.split(".Ed\n").next().unwrap());
    // A display's end is an end for its last command, too.
    displays.flat_map(|display| display.lines().chain([""])).map(|line| line.replace("\\e", "\\")).collect()
}

/// Commands that are to be typed, each with the lines that stand below it and what follows it alike.
fn sessions(name: &str) -> Vec<(String, Vec<String>)> {
    let (mut sessions, mut open) = (Vec::<(String, Vec<String>)>::new(), 0);
    for line in shown(name).iter().map(String::as_str).chain([""]) {
        let continued = sessions.last().is_some_and(|(command, below)| {
            below.is_empty() && (command.ends_with('|') || command.ends_with('\\'))
        });
        match line.strip_prefix("$ ") {
            Some(command) => {
                if sessions.last().is_some_and(|(_, below)| !below.is_empty()) {
                    open = sessions.len();
                }
                sessions.push((command.to_owned(), Vec::new()));
            }
            None if continued => {
                let command = &mut sessions.last_mut().unwrap().0;
                command.push('\n');
                command.push_str(line);
            }
            None if line.is_empty() => open = sessions.len(),
            None => sessions[open..].iter_mut().for_each(|(_, below)| below.push(line.to_owned())),
        }
    }
    sessions.retain(|(command, _)| command.contains(SOCKET));
    sessions
}

fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    text.split_ascii_whitespace().map(|byte| u8::from_str_radix(byte, 16).ok()).collect()
}

/// The dumps, each with its direction: `>` or `<`.
fn dumps() -> Vec<(char, Vec<u8>)> {
    let (mut dumps, mut last) = (Vec::<(char, Vec<u8>)>::new(), ' ');
    for line in shown(PAGE) {
        let found = line.split_once("  |").filter(|_| line.starts_with("> ") || line.starts_with("< "));
        let Some((bytes, text)) = found else {
            last = ' ';
            continue;
        };
        let direction = if line.starts_with('>') { '>' } else { '<' };
        let bytes = hexadecimal(&bytes[2..]).unwrap_or_else(|| panic!("no dump: {line}"));
        let seen: String =
            bytes.iter().map(|&b| if (32..127).contains(&b) { char::from(b) } else { '.' }).collect();
        assert_eq!(text, format!("{seen}|"), "{line}");
        match dumps.last_mut().filter(|_| last == direction) {
            Some((_, whole)) => whole.extend(bytes),
            None => dumps.push((direction, bytes)),
        }
        last = direction;
    }
    dumps
}

/// The name of a reply, which is its only member.
fn variant(reply: &serde_json::Value) -> String {
    let members = reply.as_object().unwrap_or_else(|| panic!("no reply: {reply}"));
    assert_eq!(members.len(), 1, "{reply}");
    members.keys().next().unwrap().clone()
}

fn cbor(bytes: &[u8]) -> serde_json::Value {
    ciborium::from_reader(bytes).unwrap_or_else(|error| panic!("{error}: {bytes:02x?}"))
}

/// Whether the tool is there, with what its own help has to name.
fn has(tool: &str, option: &str) -> bool {
    let found = Command::new(tool).arg("-h").stdin(Stdio::null()).output();
    let has = found
        .is_ok_and(|help| String::from_utf8_lossy(&[help.stdout, help.stderr].concat()).contains(option));
    if !has {
        eprintln!("skipped: needs {tool}");
    }
    has
}

/// Types the commands with that tool in them; how many there are.
fn type_all(tool: &str, option: &str) -> usize {
    let all = [PAGE, "README.md"].map(sessions).concat();
    let own: Vec<_> = all.iter().filter(|(command, _)| command.contains(&format!("{tool} "))).collect();
    if !has(tool, option) {
        return own.len();
    }
    let daemon = Daemon::start(tool);
    for (command, below) in &own {
        let typed = command.replace(SOCKET, daemon.socket().to_str().unwrap());
        let output = Command::new("sh").args(["-c", &typed]).stdin(Stdio::null()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let wanted = below.first().unwrap_or_else(|| panic!("no reply below: {command}"));
        if let Some(dump) = hexadecimal(&text).filter(|_| wanted.starts_with(' ')) {
            let wanted = hexadecimal(&below.join(" ")).unwrap();
            assert_eq!(dump, wanted, "{command}");
            assert_eq!(variant(&cbor(&dump)), "Pong");
            continue;
        }
        let name = wanted.strip_prefix("{\"").and_then(|rest| rest.split('"').next()).unwrap();
        let replies: Vec<serde_json::Value> =
            text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        let count = if command.contains("head -n 3") { 3 } else { 1 };
        assert_eq!(replies.len(), count, "{command}: {text}");
        for reply in &replies {
            // A change may be refused, on this board or at this time.
            let refused = name == "ControlState" && variant(reply) == "Error";
            assert!(refused || variant(reply) == name, "{command}: {text}");
            if count == 3 {
                let members = reply["Stats"]["data"].as_object().unwrap();
                assert!(members.keys().all(|key| command.contains(key.as_str())), "{command}: {text}");
            }
        }
        if !wanted.contains("...") {
            assert_eq!(text.trim_end(), wanted, "{command}");
        }
    }
    own.len()
}

#[test]
fn what_is_typed_with_socat_gets_the_reply_that_is_shown() {
    assert!(type_all("socat", "socat") >= 13);
}

#[test]
fn what_is_typed_with_nc_gets_the_reply_that_is_shown() {
    assert!(type_all("nc", "-N") >= 12);
}

#[test]
fn dumps_are_what_is_written_and_are_answered() {
    let daemon = Daemon::start("dumps");
    let (mut asked, mut answered, mut last) = (Vec::new(), 0, Vec::new());
    for (direction, bytes) in dumps() {
        let value = cbor(&bytes);
        if direction == '<' {
            assert_eq!(last, bytes, "the reply {value}");
            answered += 1;
            continue;
        }
        let text = value.to_string();
        let tree = json::decode(&text).unwrap();
        let request = Request::read(&tree);
        let stream = matches!(request, Ok(Request::Subscribe { .. }));
        last = daemon.send(&bytes, stream);
        let Ok(request) = request else {
            assert_eq!(variant(&cbor(&last)), "Error", "{text}");
            continue;
        };
        let mut own = Vec::new();
        // A request without members may be written as a map; we write it as a text.
        match (&tree, request.write()) {
            (Value::Map(_), Value::Text(name)) => {
                Encoding::Cbor.write(&Value::variant(&name, Value::Null), &mut own);
            }
            (_, written) => Encoding::Cbor.write(&written, &mut own),
        }
        assert_eq!(own, bytes, "{text}");
        // A change may be refused, on this board or at this time.
        let got = variant(&cbor(&last));
        let refused = reply(&request) == "ControlState" && got == "Error";
        assert!(got == reply(&request) || refused, "{text}: {got}");
        asked.push(request.clone());
    }
    assert!(answered >= 2);
    for wanted in every() {
        let alike = |own: &Request| std::mem::discriminant(own) == std::mem::discriminant(&wanted);
        assert!(asked.iter().any(alike), "no dump of {wanted:?}");
    }
}

/// One of each.
fn every() -> Vec<Request> {
    let units = UNITS.iter().map(|(_, request)| request.clone());
    let others = [
        Request::GetProcesses { sort: Sort::Memory, limit: 3 },
        Request::Subscribe { interval_ms: 500, select: Vec::new() },
        Request::GetHistory { series: vec!["ram.used_bytes".into()], window_s: 60 },
        Request::SetControl {
            control: String::new(),
            value: String::new(),
            token: None,
            manner: Manner::default(),
        },
        Request::Undo { control: None, all: false, token: None },
        Request::Confirm { token: None },
        Request::Forget { control: None, token: None },
    ];
    units.chain(others).collect()
}

/// The reply to it here; the compiler says when a request is new.
fn reply(request: &Request) -> &'static str {
    match request {
        Request::GetStats | Request::Subscribe { .. } => "Stats",
        Request::GetMeta => "Meta",
        Request::ListControls => "Controls",
        Request::GetHealth => "Health",
        Request::GetSources => "Sources",
        Request::Ping => "Pong",
        Request::GetProcesses { .. } => "Processes",
        Request::GetHistory { .. } => "History",
        Request::SetControl { .. }
        | Request::Undo { .. }
        | Request::Confirm { .. }
        | Request::Forget { .. } => "ControlState",
    }
}

#[test]
fn every_request_reply_and_error_has_its_place() {
    let page = file(PAGE);
    let (requests, replies) = page.split_once("\n.Sh REPLIES\n").unwrap();
    for request in every() {
        let written = request.write();
        let (name, members) = match &written {
            Value::Text(name) => (name.as_ref(), &[][..]),
            Value::Map(entries) => {
                let Value::Map(members) = &entries[0].1 else { panic!("{request:?}") };
                (entries[0].0.as_ref(), members.as_slice())
            }
            _ => panic!("{request:?}"),
        };
        let section = requests.split(&format!("\n.Ss {name}\n")).nth(1);
        let section =
            section.unwrap_or_else(|| panic!("no section of {name}")).split("\n.Ss ").next().unwrap();
        for (member, _) in members {
            assert!(section.contains(&format!(".It Li {member} Ta ")), "{name}: {member}");
        }
        assert!(replies.contains(&format!(".Ss {}\n", reply(&request))), "the reply to {name}");
        for tool in ["socat ", "nc -NU "] {
            assert!(section.contains(tool), "{name}: {tool}");
        }
    }
    for (_, code) in Code::ALL {
        assert!(replies.contains(&format!("\n.It Li {code}\n")), "{code}");
    }
}

/// Members of the replies, as deep as they are no names of this board's parts.
#[test]
fn every_member_of_a_reply_stands_in_the_page() {
    let daemon = Daemon::start("members");
    let page = file(PAGE);
    let words: Vec<&str> = page.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).collect();
    let mut checked = 0;
    let mut check = |name: &str, value: &serde_json::Value| {
        checked += 1;
        assert!(words.contains(&name), "{name}: {value}");
    };
    for (request, _) in UNITS {
        let reply = daemon.send(format!("\"{request}\"").as_bytes(), false);
        let reply: serde_json::Value = serde_json::from_slice(&reply).unwrap();
        let held = &reply[variant(&reply)];
        let held = held.get(0).unwrap_or(held).as_object().unwrap();
        for (name, value) in
            held.iter().chain(held.get("data").and_then(|data| data.as_object()).into_iter().flatten())
        {
            check(name, value);
            // Below are members, or parts by name with members or lists of maps in them.
            let by_name =
                !["data", "ram", "emc", "nvpmodel", "libraries", "total_power"].contains(&name.as_str());
            let parts: Vec<&serde_json::Value> = match value {
                serde_json::Value::Object(parts) if by_name && name != "jetson_clocks" => {
                    parts.values().collect()
                }
                serde_json::Value::Array(parts) => parts.iter().collect(),
                serde_json::Value::Object(_) if name != "data" => vec![value],
                _ => Vec::new(),
            };
            for part in
                parts.iter().map(|part| part.get(0).unwrap_or(part)).filter_map(|part| part.as_object())
            {
                part.iter().for_each(|(name, value)| check(name, value));
            }
        }
    }
    assert!(checked > 100, "{checked}");
}
