use super::*;
use std::fs;
use std::os::unix::fs::symlink;

fn board(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("jetsonscope-change-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(path.join("etc")).unwrap();
    path
}

#[test]
fn ok_and_err_writes() {
    let path = board("write");
    let root = Root::at(&path);
    fs::write(path.join("etc/f"), "a longer text").unwrap();
    root.write("etc/f", b"60").unwrap();
    assert_eq!(fs::read(path.join("etc/f")).unwrap(), b"60");
    for absent in ["etc/absent", "absent/f", "etc", ""] {
        root.write(absent, b"1").expect_err(absent);
        assert!(!path.join("etc/absent").exists() && !path.join("absent").exists());
    }
    symlink("/etc/passwd", path.join("etc/out")).unwrap();
    root.write("etc/out", b"1").expect_err("a link leads nowhere else");
    fs::remove_dir_all(path).unwrap();
}

#[test]
fn ok_records_are_added() {
    let path = board("append");
    let root = Root::at(&path);
    root.append("run/jetsonscope/undo", b"one\n").unwrap();
    root.append("run/jetsonscope/undo", b"two\n").unwrap();
    let file = path.join("run/jetsonscope/undo");
    assert_eq!(fs::read(&file).unwrap(), b"one\ntwo\n");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    root.append("etc/../../x", b"").unwrap();
    assert!(path.join("x").exists(), "the root is where `..` ends");
    fs::remove_dir_all(path).unwrap();
}

#[test]
fn ok_files_are_replaced_behind_their_links() {
    let path = board("replace");
    let root = Root::at(&path);
    fs::create_dir_all(path.join("etc/nvpower/fan")).unwrap();
    fs::write(path.join("etc/nvpower/fan/a.conf"), "old").unwrap();
    for (link, to) in
        [("etc/1", "nvpower/fan/a.conf"), ("etc/2", "/etc/nvpower/fan/a.conf"), ("etc/3", "../etc/1")]
    {
        symlink(to, path.join(link)).unwrap();
        root.replace(link, link.as_bytes(), 0o644).unwrap();
        assert!(path.join(link).is_symlink(), "{link}");
        assert_eq!(fs::read(path.join("etc/nvpower/fan/a.conf")).unwrap(), link.as_bytes());
    }
    root.replace("var/lib/jetsonscope/store", b"x", 0o600).unwrap();
    let mode = fs::metadata(path.join("var/lib/jetsonscope/store")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    symlink("loop", path.join("etc/loop")).unwrap();
    root.replace("etc/loop", b"", 0o600).expect_err("a loop");
    root.replace("etc/nvpower", b"", 0o600).expect_err("a directory");
    assert_eq!(fs::read_dir(path.join("etc")).unwrap().count(), 5, "nothing is left beside");
    root.remove("var/lib/jetsonscope/store").unwrap();
    root.remove("var/lib/jetsonscope/store").unwrap();
    root.remove("absent/file").unwrap();
    root.remove("etc/nvpower").expect_err("a directory");
    fs::remove_dir_all(path).unwrap();
}

#[test]
fn ok_a_file_keeps_its_permissions() {
    let path = board("permissions");
    let root = Root::at(&path);
    let mode = |mode| fs::set_permissions(path.join("etc/f"), fs::Permissions::from_mode(mode)).unwrap();
    fs::write(path.join("etc/f"), "old").unwrap();
    for wanted in [0o644, 0o640, 0o600, 0o664] {
        mode(wanted);
        root.replace("etc/f", b"new", 0o644).unwrap();
        let found = fs::metadata(path.join("etc/f")).unwrap().permissions().mode();
        assert_eq!(found & 0o7777, wanted, "{wanted:o}");
    }
    fs::remove_dir_all(path).unwrap();
}

#[test]
fn ok_and_err_new_files() {
    let path = board("create");
    let root = Root::at(&path);
    drop(root.create("etc/f").unwrap());
    let status = root.status("etc/f").unwrap();
    assert_eq!((status.st_mode & 0o7777, status.st_size), (0o600, 0));
    symlink("nowhere", path.join("etc/link")).unwrap();
    for (name, kind) in [
        ("etc/f", io::ErrorKind::AlreadyExists),
        ("etc/link", io::ErrorKind::AlreadyExists),
        ("absent/f", io::ErrorKind::NotFound),
    ] {
        assert_eq!(root.create(name).expect_err(name).kind(), kind, "{name}");
    }
    let is_link = |status: FileStat| status.st_mode & libc::S_IFMT == libc::S_IFLNK;
    assert_eq!(root.status("etc/link").map(is_link), Some(true));
    assert_eq!(root.status("").map(is_link), Some(false));
    assert!(root.status("etc/absent").is_none() && root.status("absent/f").is_none());
    fs::remove_dir_all(path).unwrap();
}

#[test]
fn ok_locks() {
    let path = board("lock");
    let root = Root::at(&path);
    let held = root.lock("run/jetsonscope/lock").unwrap().expect("nobody has it");
    assert!(root.lock("run/jetsonscope/lock").unwrap().is_none());
    drop(held);
    assert!(root.lock("run/jetsonscope/lock").unwrap().is_some());
    fs::remove_dir_all(path).unwrap();
}

#[test]
fn ok_room() {
    let text = "/ 100 50 40\n/mnt/ssd 7 6 1\nodd 1 2 3\n/mnt/short 1 2\n/mnt/ssd/in 9 8 7\n";
    for (directory, wanted) in [
        ("", Some([100, 50, 40])),
        ("mnt", Some([100, 50, 40])),
        ("mnt/ssd", Some([7, 6, 1])),
        ("mnt/ssd2", Some([100, 50, 40])),
        ("mnt/short", Some([100, 50, 40])),
        ("mnt/ssd/in/x", Some([9, 8, 7])),
    ] {
        assert_eq!(stated_room(text, directory), wanted, "{directory}");
    }
    assert_eq!(stated_room("", ""), None);
    let path = board("room");
    assert!(Root::at(&path).room("etc").is_some_and(|[total, _, _]| total > 0));
    assert_eq!(Root::at(&path).room("absent"), None);
    fs::remove_dir_all(path).unwrap();
}

#[test]
fn ok_where_links_lead() {
    for (directory, link, wanted) in [
        ("etc", "a", "etc/a"),
        ("etc/b", "../a", "etc/a"),
        ("etc", "/x/./y", "x/y"),
        ("etc", "../../../x", "x"),
        ("", "a//b/", "a/b"),
    ] {
        assert_eq!(follow(directory, OsStr::new(link)).as_deref(), Some(wanted), "{directory} {link}");
    }
    assert_eq!(follow("", OsStr::from_bytes(b"\xff")), None);
}

#[test]
fn ok_and_err_programs() {
    let path = board("program");
    let root = Root::at(&path);
    fs::create_dir_all(path.join("usr/sbin/tool")).unwrap();
    fs::create_dir_all(path.join("usr/bin")).unwrap();
    fs::write(path.join("usr/bin/plain"), "").unwrap();
    fs::write(path.join("usr/bin/tool"), "").unwrap();
    fs::set_permissions(path.join("usr/bin/tool"), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(root.program("tool"), Some(path.join("usr/bin/tool")), "a directory is no program");
    assert_eq!((root.program("plain"), root.program("absent")), (None, None));
    symlink("/usr/bin/tool", path.join("usr/sbin/link")).unwrap();
    symlink("/bin/sh", path.join("usr/sbin/out")).unwrap();
    let real = fs::canonicalize(path.join("usr/bin/tool")).unwrap();
    assert_eq!((root.program("link"), root.program("out")), (Some(real), None));
    fs::remove_dir_all(path).unwrap();
}
