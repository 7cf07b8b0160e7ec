//! Where the daemon is found: its socket's path is taken away, it is killed and comes back.

use super::*;

/// The path leads to the daemon again, whatever became of its socket; SIGHUP has it look at once.
#[test]
fn the_sockets_path_is_taken_away() {
    let daemon = Daemon::start("path", &[]);
    let before = daemon.held();
    let path = daemon.socket();
    let mut kept = daemon.connect();
    kept.write_all(b"\"Ping\"\n").unwrap();
    line(&mut kept);
    let number = || fs::metadata(&path).ok().map(|metadata| metadata.ino());
    let own = number();
    fs::remove_file(&path).unwrap();
    daemon.signal(Signal::SIGHUP);
    assert!(soon(2, || UnixStream::connect(&path).is_ok()), "not made anew: {}", daemon.log());
    assert_ne!(number(), own);
    daemon.assert_answers("made anew");
    // A dead socket in its place is ours to remove, a file is not.
    fs::remove_file(&path).unwrap();
    drop(UnixListener::bind(&path).unwrap());
    daemon.signal(Signal::SIGHUP);
    assert!(soon(2, || UnixStream::connect(&path).is_ok()), "not made anew: {}", daemon.log());
    fs::remove_file(&path).unwrap();
    fs::write(&path, "precious").unwrap();
    daemon.signal(Signal::SIGHUP);
    assert!(soon(2, || daemon.log().contains("no socket")), "{}", daemon.log());
    assert_eq!(fs::read(&path).unwrap(), b"precious");
    kept.write_all(b"\"Ping\"\n").unwrap();
    assert!(contains(&line(&mut kept), "Pong"), "who is connected stays");
    fs::remove_file(&path).unwrap();
    // Nobody says anything: it looks by itself.
    assert!(soon(12, || UnixStream::connect(&path).is_ok()), "not made anew: {}", daemon.log());
    drop(kept);
    daemon.assert_as_before(before, "its path");
}

/// Who was subscribed has samples again when another daemon comes after one that was killed.
#[test]
fn killed_and_started_again() {
    let mut daemon = Daemon::start("again", &[]);
    let mut watch = command(OWN);
    watch.args(["jscopectl", "watch", "--json", "--no-fallback", "--interval", "100", "--socket"]);
    watch.arg(daemon.socket()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut watch = watch.spawn().unwrap();
    let out = watch.stdout.take().unwrap();
    let count = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let lines = count.clone();
    let reader = std::thread::spawn(move || {
        for _ in BufReader::new(out).lines().map_while(Result::ok) {
            lines.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    });
    let count = || count.load(std::sync::atomic::Ordering::Relaxed);
    assert!(soon(5, || count() >= 3));
    daemon.child.kill().unwrap();
    daemon.child.wait().unwrap();
    assert!(daemon.socket().exists(), "nobody could remove it");
    std::thread::sleep(Duration::from_millis(100));
    let before = count();
    let mut anew = command(OWN);
    anew.args(daemon::words(&daemon.directory)).stderr(Stdio::null());
    daemon.child = anew.spawn().unwrap();
    daemon.wait();
    let came = soon(8, || count() >= before + 5);
    let _ = watch.kill();
    let _ = watch.wait();
    reader.join().unwrap();
    assert!(came, "{before} samples, then {}", count());
}
