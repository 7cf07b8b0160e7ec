use super::*;

#[test]
fn ok_numbers() {
    for (text, wanted) in [
        ("0", 0),
        (" 42\n", 42),
        ("-256000\n", -256_000),
        ("32760 ma\n", 32_760),
        ("5000mA", 5000),
        ("9223372036854775807", i64::MAX),
        ("12\0", 12),
    ] {
        assert_eq!(number(text.as_bytes()), Some(wanted), "{text:?}");
    }
}

#[test]
fn err_numbers() {
    let long = "1".repeat(1_000_000);
    for text in ["", "\n", "-", "x", "1 2", "1.5", "0x10", "12 %", "9223372036854775808", "\x7fELF", &long] {
        assert_eq!(number(text.as_bytes()), None, "{:.20?}", text);
    }
}

/// A directory with one file, and what reading it gives at each second.
fn seconds(steps: &[(&str, Option<i64>, State, u32)]) {
    let path = std::env::temp_dir().join(format!("jetsonscope-node-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    let start = Instant::now();
    let mut reader = Reader::new(Root::at(&path), start);
    let mut node = Node::new("f");
    for (second, (content, wanted, state, reads)) in (0u64..).zip(steps) {
        reader.tick(start + Duration::from_secs(second));
        match *content {
            "gone" => drop(std::fs::remove_file(path.join("f"))),
            "directory" => {
                let _ = std::fs::remove_file(path.join("f"));
                std::fs::create_dir_all(path.join("f")).unwrap();
            }
            content => {
                let _ = std::fs::remove_dir(path.join("f"));
                std::fs::write(path.join("f"), content).unwrap();
            }
        }
        assert_eq!(reader.number(&mut node), *wanted, "second {second}");
        assert_eq!((node.state(), reader.take_tally().reads), (*state, *reads), "second {second}");
    }
    let _ = std::fs::remove_dir_all(&path);
}

#[test]
fn ok_a_file_that_comes_late_is_found_after_a_growing_pause() {
    use State::*;
    seconds(&[("gone", None, Absent, 0), ("1", Some(1), Good, 1), ("2", Some(2), Good, 1)]);
    seconds(&[
        ("gone", None, Absent, 0),
        ("gone", None, Absent, 0), // looked again: now two seconds
        ("1", None, Absent, 0),
        ("1", Some(1), Good, 1),
    ]);
}

#[test]
fn ok_what_is_no_value_fails_and_comes_back() {
    use State::*;
    seconds(&[
        ("7", Some(7), Good, 1),
        ("", None, Failing, 1),
        ("x", None, Failing, 1),
        ("8", Some(8), Good, 1),
    ]);
    seconds(&[("directory", None, Failing, 1), ("7", Some(7), Good, 1)]);
}

#[test]
#[cfg(target_os = "linux")]
fn ok_a_list_of_the_kernel_is_more_than_a_page() {
    let mut reader = Reader::new(Root::system(), Instant::now());
    let mut node = Node::new("proc/self/smaps");
    for round in 0..2 {
        let lines = reader.lines(&mut node).map(<[u8]>::to_vec).unwrap_or_default();
        assert!(lines.len() > 2 * PAGE, "round {round}: {}", lines.len());
        assert_eq!(lines.last(), Some(&b'\n'), "round {round}");
        assert!(lines.starts_with(reader.bytes(&mut node).unwrap_or_default()), "round {round}");
    }
    let once = reader.once("proc/self/smaps", <[u8]>::len);
    assert!(once.is_some_and(|length| length > 2 * PAGE), "{once:?}");
}

#[test]
fn ok_a_line_that_does_not_fit_is_left_out() {
    let path = std::env::temp_dir().join(format!("jetsonscope-lines-{}", std::process::id()));
    let line = "eth0: 123456789\n";
    for (lines, wanted) in [(1, 1), (PAGE / 32, PAGE / 32), (1023, 1023), (1024, 1023), (5000, 1023)] {
        // A head of one byte, so that the buffer ends within a line.
        std::fs::create_dir_all(&path).unwrap();
        std::fs::write(path.join("f"), format!("\n{}", line.repeat(lines))).unwrap();
        let mut reader = Reader::new(Root::at(&path), Instant::now());
        let wanted = 1 + wanted * line.len();
        let mut node = Node::new("f");
        assert_eq!(reader.lines(&mut node).map(<[u8]>::len), Some(wanted), "{lines}");
        assert_eq!(reader.bytes(&mut node).map(<[u8]>::len), Some(wanted), "{lines}");
        assert_eq!(reader.once("f", <[u8]>::len), Some(wanted), "{lines}");
    }
    let _ = std::fs::remove_dir_all(&path);
}
