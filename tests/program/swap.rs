//! `jetson_scope_swap`, on boards with and without.

use super::{OWN, program, run};
use serde_json::Value;
use std::path::Path;

#[test]
fn ok_swap() {
    let boards = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/boards");
    let swap = |board: &str, words: &[&str]| {
        let root = boards.join(board);
        let ran =
            run(program(OWN, &[&["jetson_scope_swap", "--root", root.to_str().unwrap()], words].concat()));
        ran.assert_ok(&board);
        ran.out
    };
    let text = swap("tx2nx-r32", &[]);
    assert!(
        text.contains("/dev/zram5") && text.contains("zram0: 100 MB stored in 32 MB of RAM (1:3.1)"),
        "{text}"
    );
    assert!(text.contains("in all 585/1955 MB"), "{text}");
    assert_eq!(swap("tx1-r32", &[]), "no swap is on\n");
    let json: Value = serde_json::from_str(&swap("tx2nx-r32", &["--json"])).unwrap();
    assert_eq!(json["Swap"]["swaps"].as_array().map(Vec::len), Some(6));
    assert_eq!(json["Swap"]["zram"]["zram0"]["memory_bytes"], 33_554_432);
    assert_eq!(swap("tx1-r32", &["--json"]), "{\"Swap\":{\"swap\":null}}\n");
    for (words, code) in [(&["--nothing"][..], 64), (&["more"], 64), (&["--root", "/no/such"], 66)] {
        run(program(OWN, &[&["jetson_scope_swap"], words].concat())).assert_failed(code, &words);
    }
}
