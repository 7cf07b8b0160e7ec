//! The reply `Meta` as text for people; it makes no difference who has answered.

use crate::wire::Value;
use crate::wire::meta::UNKNOWN;

/// What a machine that is no Jetson is told.
const NO_JETSON: &str = "this is no Jetson (no Tegra in the device tree, no L4T)\n";

/// Two lines: the board, and what runs on it.
pub fn short(reply: &Value) -> String {
    let Some(meta) = reply.member("Meta") else { return String::new() };
    if !is(meta, "is_jetson") {
        return NO_JETSON.to_owned();
    }
    let mut text = String::new();
    let l4t = or(meta, "l4t_version", "");
    let parts = [
        or(meta, "model", "unknown model"),
        ": ",
        or(meta, "module", "unknown module"),
        " (",
        or(meta, "board_id", "unknown number"),
        "), ",
        or(meta, "soc", "unknown SoC"),
        if is(meta, "super") { ", Super" } else { "" },
        if meta.member("emulates").is_some() { ", emulates " } else { "" },
        or(meta, "emulates", ""),
    ];
    parts.iter().for_each(|part| add(&mut text, part));
    text.push('\n');
    let l4t = [if l4t.is_empty() { "unknown L4T" } else { "L4T " }, l4t, ", "];
    l4t.iter().for_each(|part| add(&mut text, part));
    jetpack(meta, &mut text);
    add(&mut text, ", CUDA arch ");
    add(&mut text, or(meta, "cuda_arch", "unknown"));
    text.push('\n');
    text
}

/// All members, a line for each.
pub fn page(reply: &Value) -> String {
    let Some(meta) = reply.member("Meta") else { return String::new() };
    let mut text = String::new();
    if !is(meta, "is_jetson") {
        text.push_str(NO_JETSON);
    }
    rows(meta, meta, &mut text);
    text
}

/// The width of the longest name and its colon.
const WIDTH: usize = "jetpack_version: ".len();

fn rows(members: &Value, meta: &Value, text: &mut String) {
    let Value::Map(members) = members else { return };
    for (name, value) in members {
        if let Value::Map(_) = value {
            rows(value, meta, text);
            continue;
        }
        add(text, name);
        text.push(':');
        for _ in name.len() + 1..WIDTH {
            text.push(' ');
        }
        match value {
            Value::Bool(value) => text.push_str(if *value { "yes" } else { "no" }),
            Value::Text(_) if name == "jetpack_version" && or(meta, name, "").is_empty() => {
                jetpack(meta, text)
            }
            // Only a serial number that is kept back is empty.
            Value::Text(serial) if serial.is_empty() => text.push_str("hidden (for root only)"),
            Value::Text(value) => add(text, value),
            Value::List(values) if !values.is_empty() => list(values, text),
            Value::Int(number) => text.push_str(&number.to_string()),
            _ => text.push('-'),
        }
        text.push('\n');
    }
}

fn list(values: &[Value], text: &mut String) {
    for (n, value) in values.iter().enumerate() {
        if let Value::Text(value) = value {
            add(text, if n > 0 { " " } else { "" });
            add(text, value);
        }
    }
}

/// Adds a text; names come from files, and this may be read on a terminal.
#[inline(never)]
fn add(text: &mut String, part: &str) {
    for c in part.chars().filter(|c| !c.is_control()) {
        text.push(c);
    }
}

fn is(meta: &Value, name: &str) -> bool {
    meta.member(name) == Some(&Value::Bool(true))
}

/// A text, or what stands for one that is not known.
#[inline(never)]
fn or<'a>(meta: &'a Value, name: &str, unknown: &'static str) -> &'a str {
    match meta.member(name) {
        Some(Value::Text(text)) if text != UNKNOWN => text,
        _ => unknown,
    }
}

/// A JetPack of tomorrow is no error: L4T says which.
fn jetpack(meta: &Value, text: &mut String) {
    let version = or(meta, "jetpack_version", "");
    add(text, if version.is_empty() { "unknown JetPack (L4T " } else { "JetPack " });
    add(text, if version.is_empty() { or(meta, "l4t_version", "unknown") } else { version });
    add(text, if version.is_empty() { ")" } else { "" });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::{Board, Told};
    use crate::wire::meta::{Lists, meta};

    fn told(text: &str) -> Option<Told> {
        Some(Told { text: text.into(), source: "test" })
    }

    #[test]
    fn ok_short_and_long() {
        let known = Board {
            is_jetson: true,
            model: Some("A \x1bmodel".into()),
            module: Some("Jetson X".into()),
            board_id: told("p1000-0001"),
            soc: Some("tegra999".into()),
            l4t: told("36.4.3"),
            jetpack: told("6.2"),
            cuda_arch: Some("8.7".into()),
            ..Board::default()
        };
        let new = Board { jetpack: None, is_super: true, emulates: Some("p2".into()), ..known.clone() };
        let bare = Board { is_jetson: true, ..Board::default() };
        for (board, wanted) in [
            (&known, "A model: Jetson X (p1000-0001), tegra999\nL4T 36.4.3, JetPack 6.2, CUDA arch 8.7\n"),
            (
                &new,
                "A model: Jetson X (p1000-0001), tegra999, Super, emulates p2\n\
                L4T 36.4.3, unknown JetPack (L4T 36.4.3), CUDA arch 8.7\n",
            ),
            (
                &bare,
                "unknown model: unknown module (unknown number), unknown SoC\n\
                unknown L4T, unknown JetPack (L4T unknown), CUDA arch unknown\n",
            ),
            (&Board::default(), NO_JETSON),
        ] {
            assert_eq!(short(&meta(board, &Lists::default(), false)), wanted);
        }
        let lists = Lists { nvpmodel_modes: &["15W", "7W"], ..Lists::default() };
        let reply = meta(&new, &lists, false);
        let page = page(&reply);
        for line in [
            "is_jetson:       yes\n",
            "serial_number:   hidden (for root only)\n",
            "jetpack_version: unknown JetPack (L4T 36.4.3)\n",
            "nvpmodel_modes:  15W 7W\n",
            "engines:         -\n",
            "hostname:        Unknown\n",
            "cudnn:           -\n",
        ] {
            assert!(page.contains(line), "{line} in {page}");
        }
    }
}
