use super::*;
use std::fs;
use std::path::PathBuf;

/// A board of that module, gone afterwards.
struct Place(PathBuf);

impl Place {
    fn new(name: &str, module: &str) -> Place {
        let path = std::env::temp_dir().join(format!("jetsonscope-persist-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        let place = Place(path);
        place.is(module);
        place
    }

    /// It becomes another board.
    fn is(&self, module: &str) {
        let tree = self.0.join("proc/device-tree");
        fs::create_dir_all(&tree).unwrap();
        fs::write(tree.join("compatible"), format!("nvidia,p3768-0000+{module}\0nvidia,tegra234\0")).unwrap();
    }

    fn root(&self) -> Root {
        Root::at(&self.0)
    }

    fn text(&self) -> Option<String> {
        fs::read_to_string(self.0.join(PATH)).ok()
    }

    fn put(&self, text: &[u8]) {
        fs::create_dir_all(self.0.join("etc/jetsonscope")).unwrap();
        fs::write(self.0.join(PATH), text).unwrap();
    }

    fn lines(&self) -> String {
        let steps = plan(&self.root()).unwrap();
        let lines: Vec<String> = steps.iter().map(|step| step.line().replacen("set ", "", 1)).collect();
        lines.join("; ")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn ok_stored_replaced_and_forgotten() {
    let place = Place::new("stored", "p3767-0005");
    let root = place.root();
    assert_eq!(read(&root), Persisted::default());
    assert_eq!(plan(&root), Ok(Vec::new()));
    store(&root, "fan", "cool").unwrap();
    store(&root, "nvpmodel", "15W").unwrap();
    store(&root, "fan", "curve it's #1").unwrap();
    let kept = "board = p3767-0005\nfan = \"curve it's #1\"\nnvpmodel = 15W\n";
    assert_eq!(place.text(), Some([HEAD, kept].concat()));
    let mode = fs::metadata(place.0.join(PATH)).unwrap();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode.permissions()) & 0o777, 0o644);
    let persisted = read(&root);
    assert_eq!(persisted.board.as_deref(), Some("p3767-0005"));
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(persisted.wishes, [pair("fan", "curve it's #1"), pair("nvpmodel", "15W")]);
    assert_eq!(persisted.odd, [""; 0]);
    assert_eq!(place.lines(), "nvpmodel 15W; fan curve it's #1");
    forget(&root, Some("fan")).unwrap();
    assert_eq!(place.lines(), "nvpmodel 15W");
    let refusal = forget(&root, Some("fan")).unwrap_err();
    assert!(refusal.why.starts_with("fan: nothing is kept"), "{refusal}");
    forget(&root, Some("nvpmodel")).unwrap();
    assert_eq!(place.text(), None);
    store(&root, "emc", "max").unwrap();
    forget(&root, None).unwrap();
    assert_eq!(place.text(), None);
    forget(&root, None).expect_err("nothing left");
}

#[test]
fn ok_order_of_the_steps() {
    let place = Place::new("order", "p3767-0005");
    for (text, wanted) in [
        (
            "fan = quiet\njetson_clocks = on\ncpu_governor = performance\ncpu_cores = 0-3\nnvpmodel = 2\n",
            "nvpmodel 2; cpu_cores 0-3; cpu_governor performance; jetson_clocks on; fan quiet",
        ),
        (
            "cpu_min_freq = 729600\ncpu_max_freq = policy0=1190400\ngpu_max_freq = 306000\n",
            "cpu_min_freq min; cpu_max_freq policy0=1190400; cpu_min_freq 729600; gpu_max_freq 306000",
        ),
        ("cpu_min_freq = 729600\n", "cpu_min_freq 729600"),
        ("emc = max\npreset = balanced\n", "preset balanced; emc max"),
        ("# nothing\n", ""),
    ] {
        place.put(text.as_bytes());
        assert_eq!(place.lines(), wanted, "{text:?}");
    }
    assert!(crate::control::CONTROLS.iter().all(|control| ORDER.contains(&control.name)), "each has a place");
}

#[test]
fn ok_another_board() {
    let place = Place::new("other", "p3767-0005");
    let root = place.root();
    store(&root, "fan", "cool").unwrap();
    place.is("p3767-0000");
    let why = plan(&root).unwrap_err();
    assert!(why.contains("is for board \"p3767-0005\", and this is \"p3767-0000\""), "{why}");
    store(&root, "emc", "max").unwrap();
    let wanted = "# of another board: fan = cool\nboard = p3767-0000\nemc = max\n";
    assert_eq!(place.text(), Some([HEAD, wanted].concat()));
    assert_eq!(place.lines(), "emc max");
    fs::remove_file(place.0.join("proc/device-tree/compatible")).unwrap();
    let why = plan(&root).unwrap_err();
    assert!(why.contains("this is \"unknown\""), "{why}");
    place.put(b"emc = auto\n");
    assert_eq!(place.lines(), "emc auto", "without a number it is for any board");
}

#[test]
fn ok_edited_by_hand() {
    let place = Place::new("edited", "p3767-0005");
    let root = place.root();
    let text =
        "# mine\n\nfan = quiet # at night\nnonsense\nwarp = 9\nfan = cool\n\tnvpmodel=2\nemc =\nend = 'x";
    place.put(text.as_bytes());
    let persisted = read(&root);
    assert_eq!(persisted.wishes.len(), 2);
    assert_eq!(place.lines(), "nvpmodel 2; fan cool");
    for (odd, part) in persisted.odd.iter().zip([
        ":4: no \"=\" behind the key \"nonsense\"",
        ":5: no such control \"warp = 9\"",
        ":6: the control stands here before; this one counts \"fan = cool\"",
        ":8: no value \"emc =\"",
        ":9: quote without an end \"end = 'x\"",
    ]) {
        assert_eq!(*odd, ["/", PATH, part].concat());
    }
    assert_eq!(persisted.odd.len(), 5);
    store(&root, "fan", "auto").unwrap();
    let wanted =
        "# mine\n\nfan = auto\nnonsense\nwarp = 9\n\tnvpmodel=2\nemc =\nend = 'x\nboard = p3767-0005\n";
    assert_eq!(place.text().as_deref(), Some(wanted));
}

#[test]
fn err_broken_files_and_values() {
    let place = Place::new("broken", "p3767-0005");
    let root = place.root();
    for value in ["", "a\nb", "a\rb", "\"'", "a\u{1b}b", " a'\""] {
        store(&root, "fan", value).expect_err(value);
        assert_eq!(place.text(), None, "{value:?}");
    }
    for (text, part, wanted) in
        [(&b"fan = \xff\nemc = max\n"[..], "not UTF-8", "emc max"), (&[b'#'; 70_000], "too long", "")]
    {
        place.put(text);
        let persisted = read(&root);
        assert_eq!(persisted.odd.len(), 1, "{part}");
        assert!(persisted.odd.iter().all(|odd| odd.contains(part)), "{persisted:?}");
        assert_eq!(place.lines(), wanted, "{part}");
        store(&root, "fan", "auto").expect_err(part);
        assert_eq!(fs::read(place.0.join(PATH)).unwrap(), text, "what is not understood stays");
    }
    let full = root.failing(|path| path.starts_with("etc/").then_some(libc::EROFS));
    let refusal = store(&full, "fan", "auto").unwrap_err();
    assert_eq!(refusal.kind, Kind::Denied, "{refusal}");
}
