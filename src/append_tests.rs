use super::*;

const SHORT: Duration = Duration::from_millis(20);

struct Scratch(PathBuf);

impl Scratch {
    fn new(test: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("jetsonscope-append-{test}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.at(name)).unwrap_or_default()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn ok_mends_what_was_cut_off() {
    let scratch = Scratch::new("mend");
    for (before, wanted) in [
        ("", "{\"a\":1}\n"),
        ("{\"a\":0}\n", "{\"a\":0}\n{\"a\":1}\n"),
        ("{\"a\":0}\n{\"a\"", "{\"a\":0}\n{\"a\":1}\n"),
        ("{\"a\":0}\n{", "{\"a\":0}\n{\"a\":1}\n"),
        ("{\"a\"", "{\"a\":1}\n"),
        ("a stranger's", "a stranger's\n{\"a\":1}\n"),
        ("one\na stranger's", "one\na stranger's\n{\"a\":1}\n"),
        ("one\n\n", "one\n\n{\"a\":1}\n"),
        ("one\nti", "one\n{\"a\":1}\n"),
    ] {
        fs::write(scratch.at("log"), before).unwrap();
        let mut log = Log::new(scratch.at("log"), false);
        let mut locked = log.lock(SHORT).unwrap();
        locked.mend(&[b"{\"a\":1}\n", b"time,ram"]).unwrap();
        locked.write(b"{\"a\":1}\n").unwrap();
        drop(locked);
        assert_eq!(scratch.read("log"), wanted, "{before:?}");
    }
    // A line without an end that is longer than any record of ours is a stranger's.
    fs::write(scratch.at("log"), "{\"a\"".repeat(LONGEST)).unwrap();
    let mut log = Log::new(scratch.at("log"), false);
    log.lock(SHORT).unwrap().mend(&[b"{\"a\":1}\n"]).unwrap();
    assert_eq!(fs::metadata(scratch.at("log")).unwrap().len(), 4 * LONGEST as u64 + 1);
}

#[test]
fn ok_locks_and_gives_up() {
    let scratch = Scratch::new("lock");
    let mut first = Log::new(scratch.at("log"), true);
    let mut second = Log::new(scratch.at("log"), true);
    let held = first.lock(SHORT).unwrap();
    assert!(matches!(second.lock(SHORT), Err(Error::Busy)));
    drop(held);
    second.lock(SHORT).unwrap().write(b"2\n").unwrap();
    first.lock(SHORT).unwrap().write(b"1\n").unwrap();
    assert_eq!(scratch.read("log"), "2\n1\n");
    let mode = fs::metadata(scratch.at("log")).unwrap().mode();
    assert_eq!(mode & 0o7777 & !0o640, 0, "{mode:o}");
}

#[test]
fn ok_holds_or_follows_the_name() {
    let scratch = Scratch::new("name");
    for (hold, old, new) in [(true, "1\n2\n", "3\n"), (false, "1\n", "2\n3\n")] {
        let mut log = Log::new(scratch.at("log"), hold);
        log.lock(SHORT).unwrap().write(b"1\n").unwrap();
        fs::rename(scratch.at("log"), scratch.at("old")).unwrap();
        log.lock(SHORT).unwrap().write(b"2\n").unwrap();
        log.reopen();
        log.lock(SHORT).unwrap().write(b"3\n").unwrap();
        assert_eq!((scratch.read("old"), scratch.read("log")), (old.into(), new.into()), "hold {hold}");
        fs::remove_file(scratch.at("log")).unwrap();
        log.lock(SHORT).unwrap().write(b"4\n").unwrap();
        assert_eq!(scratch.read("log"), "4\n", "hold {hold}: removed");
        fs::remove_file(scratch.at("log")).unwrap();
    }
}

#[test]
fn ok_rotates() {
    let scratch = Scratch::new("rotate");
    let mut log = Log::new(scratch.at("log"), false);
    for number in 1..=5 {
        let mut locked = log.lock(SHORT).unwrap();
        locked.write(format!("{number}\n").as_bytes()).unwrap();
        locked.rotate(2).unwrap();
    }
    assert_eq!((scratch.read("log.1"), scratch.read("log.2")), ("5\n".into(), "4\n".into()));
    assert!(!scratch.at("log").exists() && !scratch.at("log.3").exists());
    log.lock(SHORT).unwrap().write(b"6\n").unwrap();
    log.lock(SHORT).unwrap().rotate(0).unwrap();
    assert_eq!(fs::read(scratch.at("log")).unwrap(), b"");
}

#[test]
fn err_what_cannot_be_written() {
    let scratch = Scratch::new("err");
    let mut log = Log::new(scratch.at("missing/log"), false);
    assert!(matches!(log.lock(SHORT), Err(Error::Open(_))));
    assert!(matches!(Log::new(&scratch.0, false).lock(SHORT), Err(Error::Open(_))));
    nix::unistd::mkfifo(&scratch.at("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert!(matches!(Log::new(scratch.at("pipe"), false).lock(SHORT), Err(Error::Open(_))), "nobody reads");
    if Path::new("/dev/full").exists() {
        let mut log = Log::new("/dev/full", false);
        let mut locked = log.lock(SHORT).unwrap();
        locked.mend(&[b"x"]).unwrap();
        let error = locked.write(b"x\n").unwrap_err();
        assert_eq!(error.to_string(), "no space left on device");
    }
}

#[test]
fn ok_replaces_whole_files() {
    let scratch = Scratch::new("replace");
    replace(&scratch.at("file"), b"one").unwrap();
    fs::set_permissions(scratch.at("file"), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    std::os::unix::fs::symlink("file", scratch.at("link")).unwrap();
    replace(&scratch.at("link"), b"two").unwrap();
    assert_eq!(scratch.read("file"), "two");
    assert_eq!(fs::metadata(scratch.at("file")).unwrap().mode() & 0o777, 0o600);
    assert!(fs::symlink_metadata(scratch.at("link")).unwrap().is_symlink());
    assert!(matches!(replace(&scratch.at("no/file"), b"x"), Err(Error::Open(_))));
    assert!(matches!(replace(&scratch.0, b"x"), Err(Error::Open(_))));
    assert_eq!(fs::read_dir(&scratch.0).unwrap().count(), 2, "nothing is left beside them");
}

#[test]
fn ok_and_err_directories() {
    let scratch = Scratch::new("directories");
    fs::write(scratch.at("file"), "").unwrap();
    std::os::unix::fs::symlink("nowhere", scratch.at("link")).unwrap();
    for (path, wanted) in [
        ("one", None),
        ("one", None),
        ("a/b/c", None),
        ("a/b/d/", None),
        (".", None),
        ("new/sub/../other", None),
        ("file", Some(io::ErrorKind::AlreadyExists)),
        ("link", Some(io::ErrorKind::AlreadyExists)),
        ("file/below", Some(io::ErrorKind::NotADirectory)),
        ("file/below/it", Some(io::ErrorKind::NotADirectory)),
    ] {
        let made = make_directories(&scratch.at(path));
        assert_eq!(made.err().map(|error| error.kind()), wanted, "{path}");
        assert_eq!(scratch.at(path).is_dir(), wanted.is_none(), "{path}");
    }
    assert_eq!(make_directories(Path::new("")).map_err(|e| e.kind()), Err(io::ErrorKind::NotFound));
}
