//! The reply `Controls` as a table for people.

use crate::wire::Value;

/// A line for each control: name, value, and what it may be.
pub fn table(reply: &Value) -> String {
    let mut text = format!("{:<16} {:<20} {}\n", "control", "value", "may be");
    let Some(Value::List(controls)) = reply.member("Controls") else { return text };
    for control in controls {
        let word = |name| control.member(name).and_then(of_text).unwrap_or_default();
        let mut line = format!("{:<16} {:<20} ", word("name"), word("value"));
        if control.member("supported") == Some(&Value::Bool(false)) {
            line.push_str("(not on this board)");
        } else if control.member("readonly") == Some(&Value::Bool(true)) {
            line.push_str("(read only)");
        } else if let Some(Value::List(options)) = control.member("options") {
            let options: Vec<&str> = options.iter().filter_map(of_text).collect();
            line.push_str(&options.join(", "));
        }
        text.extend(line.trim_end().chars().map(|c| if c.is_control() { ' ' } else { c }));
        text.push('\n');
    }
    text
}

fn of_text<'v>(value: &'v Value) -> Option<&'v str> {
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
    fn ok_lines() {
        let text = r#"{"Controls":[
            {"name":"fan","value":"auto","options":["auto","quiet"],"readonly":false,"supported":true},
            {"name":"nvpmodel","value":"MAXN","options":[],"readonly":true},
            {"name":"gpu_railgate","supported":false,"options":["a"]},{"name":"x\u001b\ny","options":[1]},5]}"#;
        let wanted = "control          value                may be\n\
            fan              auto                 auto, quiet\n\
            nvpmodel         MAXN                 (read only)\n\
            gpu_railgate                          (not on this board)\nx  y\n\n";
        assert_eq!(table(&json::decode(text).expect(text)), wanted);
        assert_eq!(table(&Value::Null).lines().count(), 1);
    }
}
