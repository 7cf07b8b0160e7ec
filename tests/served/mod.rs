//! A stand-in for the server: a thread that listens where it is told and plays a script to each
//! connection.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

/// A directory of one test.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new(test: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("jetsonscope-served-{test}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(path.join("empty")).expect("a directory");
        Scratch(path)
    }

    pub fn at(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("a path").to_owned()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What is done with a connection.
pub type Script = dyn Fn(&mut Peer) + Send + Sync;

/// The server, until it is dropped.
pub struct Server {
    pub path: PathBuf,
    pub connections: Arc<AtomicU32>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// The other end of a connection.
pub struct Peer {
    pub stream: UnixStream,
    stop: Arc<AtomicBool>,
}

impl Server {
    pub fn start(path: &Path, script: impl Fn(&mut Peer) + Send + Sync + 'static) -> Server {
        let listener = UnixListener::bind(path).expect("a socket");
        listener.set_nonblocking(true).expect("a listener");
        let (stop, connections) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
        let (ends, count) = (stop.clone(), connections.clone());
        let script: Arc<Script> = Arc::new(script);
        let thread = std::thread::spawn(move || {
            let mut peers = Vec::new();
            while !ends.load(Ordering::Relaxed) {
                match listener.accept() {
                    Ok((stream, _)) => {
                        count.fetch_add(1, Ordering::Relaxed);
                        stream.set_nonblocking(false).expect("a stream");
                        let mut peer = Peer { stream, stop: ends.clone() };
                        let script = script.clone();
                        peers.push(std::thread::spawn(move || script(&mut peer)));
                    }
                    Err(_) => sleep(Duration::from_millis(2)),
                }
            }
            drop(listener);
            peers.into_iter().for_each(|peer| peer.join().expect("a script"));
        });
        Server { path: path.to_path_buf(), connections, stop, thread: Some(thread) }
    }

    /// One that gives the same answer to each connection, whatever is asked.
    pub fn answering(path: &Path, answer: &'static [u8]) -> Server {
        Server::start(path, move |peer| {
            peer.hear();
            peer.say(answer);
            peer.linger();
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(JoinHandle::join);
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Peer {
    /// What has been asked: whatever comes first.
    pub fn hear(&mut self) -> Vec<u8> {
        let mut bytes = [0; 4096];
        self.stream.set_read_timeout(Some(Duration::from_secs(4))).expect("a timeout");
        let got = self.stream.read(&mut bytes).unwrap_or(0);
        bytes[..got].to_vec()
    }

    /// Sends; false when nobody is there any more.
    pub fn say(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).is_ok()
    }

    /// Keeps the connection until the server ends.
    pub fn linger(&mut self) {
        while self.goes_on(Duration::from_millis(5)) {}
    }

    /// Waits; false when the server ends meanwhile.
    pub fn goes_on(&self, time: Duration) -> bool {
        let deadline = Instant::now() + time;
        while !self.stop.load(Ordering::Relaxed) && Instant::now() < deadline {
            sleep(Duration::from_millis(2).min(time));
        }
        !self.stop.load(Ordering::Relaxed)
    }
}

/// The reply `Stats` of a server: so much RAM is used, MB.
pub fn stats(used_mb: u64) -> String {
    let used = used_mb << 20;
    let data = format!(
        r#"{{"ram":{{"used_bytes":{used},"total_bytes":8589934592,"unit":"MB"}},"temps":{{"cpu":45.5}}}}"#
    );
    format!(r#"{{"Stats":{{"source":"sysfs","age_ms":10,"stale":false,"simulated":false,"data":{data}}}}}"#)
        + "\n"
}
