use super::*;
use std::fs;
use std::path::PathBuf;

fn board(name: &str) -> (PathBuf, Root) {
    let path = std::env::temp_dir().join(format!("jetsonscope-journal-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    let boot = path.join(BOOT);
    fs::create_dir_all(boot.parent().unwrap()).unwrap();
    fs::write(boot, "0f1e\n").unwrap();
    fs::create_dir_all(path.join("run/jetsonscope")).unwrap();
    (path.clone(), Root::at(path))
}

fn records() -> Vec<Record> {
    let write = Undo::Write { path: "sys/a".into(), old: "1\t2\\n".into(), new: "".into() };
    let kinds = [
        write,
        Undo::File { path: "etc/b".into(), old: Some("x\ny\n".into()) },
        Undo::File { path: "etc/c".into(), old: None },
        Undo::Set { value: "MODE 15W".into() },
        Undo::Start { unit: "nvfancontrol.service".into() },
        Undo::Stop { unit: "nvfancontrol.service".into() },
        Undo::Disable { unit: "nvzramconfig.service".into() },
        Undo::Line { path: "etc/fstab".into(), key: "/s".into(), old: "/s\tswap # ours\r".into() },
        Undo::Swap { area: "/s".into(), priority: None },
        Undo::Swap { area: "/dev/zram0".into(), priority: Some(-2) },
        Undo::Unconfirmed,
    ];
    let record = |(n, kind)| Record { group: 1 + n as u32 / 3, ..Record::new("fan", kind) };
    kinds.into_iter().enumerate().map(record).collect()
}

#[test]
fn ok_what_is_noted_is_read_again() {
    let (path, root) = board("read");
    let mut journal = Journal::read(&root);
    for record in records() {
        journal.note(&root, record.clone()).unwrap();
        journal.note(&root, record).unwrap();
    }
    assert_eq!(journal.records(), records());
    assert_eq!(Journal::read(&root).records(), records());
    assert_eq!((journal.next_group(), journal.holds("fan"), journal.holds("nvpmodel")), (5, true, false));
    journal.forget(&root, &|record| record.group == 1).unwrap();
    assert_eq!(Journal::read(&root).records(), &records()[3..]);
    journal.forget(&root, &|_| true).unwrap();
    assert!(!path.join(PATH).exists());
    journal.note(&root, records().remove(0)).unwrap();
    assert_eq!(Journal::read(&root).records(), &records()[..1]);
    fs::remove_dir_all(path).unwrap();
}

#[test]
fn err_broken_journals() {
    let (path, root) = board("broken");
    for (text, records, odd, discarded) in [
        ("", 0, 0, false),
        ("jetsonscope undo 1 0f1e", 0, 0, false),
        ("jetsonscope undo 1 0f1e\n", 0, 0, false),
        ("jetsonscope undo 1 other\n1\tfan\tunconfirmed\n", 0, 0, true),
        ("garbage\n1\tfan\tunconfirmed\n", 0, 0, true),
        ("jetsonscope undo 1 0f1e\n1\tfan\tunconfirmed\n1\tfan\tunconf", 1, 0, false),
        ("jetsonscope undo 1 0f1e\nx\tfan\tunconfirmed\n\n1\tfan\n1\tfan\tset\n", 0, 4, false),
        ("jetsonscope undo 1 0f1e\n1\tfan\tset\ta\\q\n1\tfan\tset\ta\\\n1\tfan\tset\ta\tb\n", 0, 3, false),
        ("jetsonscope undo 1 0f1e\n1\tfan\twrite\ta\tb\n\u{fffd}\n", 0, 2, false),
        ("jetsonscope undo 1 0f1e\n1\ts\tswapon\t/s\n1\ts\tswapon\t/s\tx\n1\ts\tline\ta\n", 0, 3, false),
    ] {
        fs::write(path.join(PATH), text).unwrap();
        let journal = Journal::read(&root);
        let found = (journal.records().len(), journal.odd_lines, journal.discarded);
        assert_eq!(found, (records, odd, discarded), "{text:?}");
        assert_eq!(path.join(PATH).exists(), !discarded, "{text:?}");
    }
    fs::remove_dir_all(path).unwrap();
}
