//! The replies `Controls` and `ControlState` for people: as text, and the words that the screen uses, too.

use crate::wire::Value;

/// Options that are shown before the last one.
const MOST_SHOWN: usize = 7;

/// A line for each control: name, value, and what it may be.
pub fn table(reply: &Value) -> String {
    let mut text = format!("{:<16} {:<20} {}\n", "control", "value", "may be");
    for control in each(reply) {
        let line = format!("{:<16} {:<20} {}", word(control, "name"), value(control), may_be(control));
        text.extend(line.trim_end().chars().map(|c| if c.is_control() { ' ' } else { c }));
        text.push('\n');
    }
    text
}

/// The controls of the reply.
pub fn each<'v, 'a>(reply: &'v Value<'a>) -> &'v [Value<'a>] {
    match reply.member("Controls") {
        Some(Value::List(controls)) => controls,
        _ => &[],
    }
}

/// A text of a control; empty where it has none of that name.
pub fn word<'v>(control: &'v Value, name: &str) -> &'v str {
    control.member(name).and_then(of_text).unwrap_or_default()
}

/// What a control is now: a number with its unit, a dash for what was not read.
pub fn value(control: &Value) -> String {
    let (value, unit) = (word(control, "value"), word(control, "unit"));
    match value {
        "" => "-".to_owned(),
        _ if unit.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) => value.to_owned(),
        _ => [value, " ", unit].concat(),
    }
}

/// Why a control cannot be set; `None` where it can.
pub fn fixed<'v>(control: &'v Value) -> Option<&'v str> {
    if control.member("supported") == Some(&Value::Bool(false)) {
        let why = control.member("why").and_then(of_text);
        return Some(why.unwrap_or("cannot be set"));
    }
    (control.member("readonly") == Some(&Value::Bool(true))).then_some("read only")
}

/// The words that a control takes.
pub fn options<'v>(control: &'v Value) -> Vec<&'v str> {
    texts(control, "options")
}

/// Texts of a control's list.
pub fn texts<'v>(control: &'v Value, name: &str) -> Vec<&'v str> {
    match control.member(name) {
        Some(Value::List(options)) => options.iter().filter_map(of_text).collect(),
        _ => Vec::new(),
    }
}

/// The least and the most number that a control takes, in words; empty where it takes none.
pub fn bounds(control: &Value) -> String {
    match (control.member("min"), control.member("max")) {
        (Some(Value::Int(min)), Some(Value::Int(max))) => format!("{min} to {max}"),
        _ => String::new(),
    }
}

/// What a control may be, and what it will be after the next boot; why it cannot be set.
pub fn may_be(control: &Value) -> String {
    let (options, bounds) = (options(control), bounds(control));
    let between = if options.is_empty() || bounds.is_empty() { "" } else { ", " };
    let mut text = match fixed(control) {
        Some(why) => ["(", why, ")"].concat(),
        None => [&shortened(&options), between, &bounds].concat(),
    };
    let next = word(control, "next_boot");
    if !next.is_empty() {
        text.extend(["; ", next, " from the next boot"]);
    }
    text
}

/// What came of a change: from what to what, and what one should know; of one that was only planned,
/// the steps, too.
pub fn state(reply: &Value) -> String {
    let Some(state) = reply.member("ControlState") else { return String::new() };
    let mut text = change(state);
    text.push('\n');
    if state.member("dry_run") == Some(&Value::Bool(true)) {
        lines(state, "steps", "  ", &mut text);
    }
    lines(state, "notes", "note: ", &mut text);
    if state.member("at_next_boot") == Some(&Value::Bool(true)) {
        text.push_str("note: in force with the next boot\n");
    }
    if let Some(Value::Int(seconds)) = state.member("confirm_s") {
        text.push_str(&format!("note: taken back in {seconds} s unless you say: jscopectl confirm\n"));
    }
    text
}

/// From what to what a control was changed, in one line without its end.
pub fn change(state: &Value) -> String {
    let mut text = word(state, "control").to_owned();
    match (word(state, "old"), word(state, "value")) {
        ("", "") => text.push_str(": done"),
        ("", new) => text.extend([": ", new]),
        (old, new) if old == new => text.extend([": ", new, " already"]),
        (old, new) => text.extend([": ", old, " -> ", new]),
    }
    text
}

/// What is set at each start of the server.
pub fn kept(reply: &Value) -> String {
    let mut text = String::new();
    let Some(kept) = reply.member("Persisted") else { return text };
    if let Some(Value::List(controls)) = kept.member("controls") {
        for control in controls {
            text.push_str(&format!("{:<16} {}\n", word(control, "control"), word(control, "value")));
        }
    }
    lines(kept, "odd", "not understood: ", &mut text);
    text
}

/// Adds the lines of a member, each behind that text.
pub(super) fn lines(of: &Value, name: &str, before: &str, text: &mut String) {
    let Some(Value::List(lines)) = of.member(name) else { return };
    for line in lines.iter().filter_map(of_text) {
        text.push_str(before);
        text.extend(line.chars().map(|c| if c.is_control() { ' ' } else { c }));
        text.push('\n');
    }
}

/// The options with commas between them; of many, those in the middle are left out.
fn shortened(options: &[&str]) -> String {
    match options {
        [first @ .., last] if first.len() > MOST_SHOWN => {
            let head = first.get(..MOST_SHOWN).unwrap_or_default();
            [&head.join(", "), " ... ", last].concat()
        }
        options => options.join(", "),
    }
}

/// The text that a value is.
pub(super) fn of_text<'v>(value: &'v Value) -> Option<&'v str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::json;

    #[test]
    fn ok_states() {
        for (text, wanted) in [
            (r#"{"ControlState":{"control":"fan","old":"quiet","value":"60"}}"#, "fan: quiet -> 60\n"),
            (r#"{"ControlState":{"control":"fan","old":"60","value":"60"}}"#, "fan: 60 already\n"),
            (r#"{"ControlState":{"control":"fan","old":"","value":"60"}}"#, "fan: 60\n"),
            (
                r#"{"ControlState":{"control":"undo","steps":["a"],"notes":["b\u001b\nc",1]}}"#,
                "undo: done\nnote: b  c\n",
            ),
            (
                r#"{"ControlState":{"control":"f","old":"a","value":"b","steps":["x"],"dry_run":true,
                "at_next_boot":true,"confirm_s":5}}"#,
                "f: a -> b\n  x\nnote: in force with the next boot\n\
                note: taken back in 5 s unless you say: jscopectl confirm\n",
            ),
            ("{}", ""),
        ] {
            assert_eq!(state(&json::decode(text).expect(text)), wanted, "{text}");
        }
    }

    #[test]
    fn ok_lines() {
        let text = r#"{"Controls":[
            {"name":"fan","value":"auto","unit":"percent","options":["auto","quiet"],"readonly":false,
            "min":0,"max":100,"supported":true},{"name":"fan","value":"43","unit":"percent","supported":false},
            {"name":"nvpmodel","value":"MAXN","options":[],"readonly":true},
            {"name":"nvpmodel","value":"MAXN","options":["MAXN","15W"],"next_boot":"15W"},
            {"name":"gpu_railgate","supported":false,"options":["a"]},{"name":"x\u001b\ny","options":[1]},5]}"#;
        let wanted = "control          value                may be\n\
            fan              auto                 auto, quiet, 0 to 100\n\
            fan              43 percent           (cannot be set)\n\
            nvpmodel         MAXN                 (read only)\n\
            nvpmodel         MAXN                 MAXN, 15W; 15W from the next boot\n\
            gpu_railgate     -                    (cannot be set)\n\
            x  y             -\n                 -\n";
        assert_eq!(table(&json::decode(text).expect(text)), wanted);
        assert_eq!(table(&Value::Null).lines().count(), 1);
    }
}
