//! A second reading of one clean tegrastats line, made of nothing but string splitting.
//!
//! It knows undamaged lines only and panics on anything else: the tests call it for captures that
//! are whole and for the plain table, where a surprise is a fault of the test and should be loud.
//! It shares no code and no idea with the program under test, so that both are seldom wrong together.

use serde_json::{Map, Value, json};

/// The members every data object has, before a word of the line is read.
fn empty(line: &str) -> Value {
    json!({
        "timestamp": null, "ram": null, "swap": null, "iram": null, "mts": null,
        "cpus": [], "engines": {}, "temps": {}, "power": {}, "raw": line,
        "temps_off": [], "temps_max": {}, "unknown": [], "edp_limit_mhz": null,
    })
}

/// What the line means, as the data object of the messages.
pub fn read_line(line: &str) -> Value {
    let mut data = empty(line);
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut at = 0;
    while at < words.len() {
        at += read_token(&mut data, &words[at..]);
    }
    data
}

/// Reads the token in front and tells how many words it had.
fn read_token(data: &mut Value, words: &[&str]) -> usize {
    let name = words[0];
    // A name at the very end stands for an empty value.
    let value = words.get(1).copied().unwrap_or("");
    match name {
        "RAM" => read_ram(data, words),
        "SWAP" => read_swap(data, words),
        "IRAM" => read_iram(data, words),
        "MTS" => {
            data["mts"] = json!({"fg_percent": number(words[2], "%"), "bg_percent": number(words[4], "%")});
            5
        }
        "EDP" => {
            data["edp_limit_mhz"] = number(words[2], "");
            3
        }
        "CPU" | "cpu" if value.starts_with('[') => {
            data["cpus"] = cores(value);
            2
        }
        // Only a stamp has two colons in its second word.
        _ if name.matches('-').count() == 2 && value.matches(':').count() == 2 => {
            data["timestamp"] = json!(format!("{name} {value}"));
            2
        }
        _ if name.contains('@') => {
            read_temp(data, name);
            1
        }
        _ if is_power(name, value) => {
            let entry = power(value);
            insert_new(data["power"].as_object_mut().unwrap(), name, entry);
            2
        }
        _ => {
            read_engine(data, name, value);
            2
        }
    }
}

fn number(text: &str, unit: &str) -> Value {
    let digits = text.strip_suffix(unit).unwrap_or_else(|| panic!("no {unit:?} behind {text:?}"));
    json!(digits.parse::<f64>().unwrap_or_else(|_| panic!("no number: {text:?}")))
}

/// `12MB` or `12kB` as bytes and the name of the unit.
fn bytes(text: &str) -> (f64, &'static str) {
    match text.strip_suffix("MB") {
        Some(digits) => (digits.parse::<f64>().unwrap() * 1_048_576.0, "MB"),
        None => (number(text, "kB").as_f64().unwrap() * 1024.0, "KB"),
    }
}

/// `used/totalUNIT`: the unit is printed once and holds for both.
fn used_total(text: &str) -> (f64, f64, &'static str) {
    let (used, total) = text.split_once('/').unwrap();
    let unit = &total[total.len() - 2..];
    (bytes(&format!("{used}{unit}")).0, bytes(total).0, bytes(total).1)
}

fn read_ram(data: &mut Value, words: &[&str]) -> usize {
    let (used, total, unit) = used_total(words[1]);
    let mut block = Value::Null;
    let mut length = 2;
    if words.get(2) == Some(&"(lfb") {
        let text = words[3].strip_suffix(')').unwrap();
        block = match text.split_once('x') {
            Some((n, size)) => {
                json!({"Blocks": {"count": number(n, ""), "size_bytes": bytes(size).0}})
            }
            None => json!({"Size": {"size_bytes": bytes(text).0}}),
        };
        length = 4;
    }
    data["ram"] =
        json!({"used_bytes": used, "total_bytes": total, "unit": unit, "largest_free_block": block});
    length
}

fn read_swap(data: &mut Value, words: &[&str]) -> usize {
    let (used, total, unit) = used_total(words[1]);
    let cached = (words.get(2) == Some(&"(cached")).then(|| bytes(words[3].strip_suffix(')').unwrap()).0);
    data["swap"] = json!({"used_bytes": used, "total_bytes": total, "cached_bytes": cached, "unit": unit});
    if cached.is_some() { 4 } else { 2 }
}

/// The bracket clings to the total: `0/252kB(lfb 252kB)`.
fn read_iram(data: &mut Value, words: &[&str]) -> usize {
    let (used, total, unit) = used_total(words[1].strip_suffix("(lfb").unwrap());
    let lfb = bytes(words[2].strip_suffix(')').unwrap()).0;
    data["iram"] = json!({"used_bytes": used, "total_bytes": total, "lfb_bytes": lfb, "unit": unit});
    3
}

/// New form `[a%@MHz,off]` and old form `[a%,b%]@MHz`.
fn cores(text: &str) -> Value {
    let (list, behind) = text[1..].split_once(']').unwrap();
    let shared = behind.strip_prefix('@');
    let core = |item: &str| {
        if item == "off" {
            return json!({"load_percent": null, "freq_mhz": null});
        }
        let (load, clock) = match shared {
            Some(clock) => (item, clock),
            None => item.split_once('@').unwrap(),
        };
        json!({"load_percent": number(load, "%"), "freq_mhz": number(clock, "")})
    };
    list.split(',').map(core).collect()
}

fn read_temp(data: &mut Value, word: &str) {
    let (zone, text) = word.split_once('@').unwrap();
    let mut values = text.split('/').map(|value| number(value, "C"));
    let now = values.next().unwrap();
    if now == json!(-256.0) {
        data["temps_off"].as_array_mut().unwrap().push(json!(zone));
        return;
    }
    insert_new(data["temps"].as_object_mut().unwrap(), zone, now);
    if let Some(max) = values.next() {
        insert_new(data["temps_max"].as_object_mut().unwrap(), zone, max);
    }
}

/// A slash or the unit makes a rail; a bare number does so only behind a supply's name.
fn is_power(name: &str, value: &str) -> bool {
    let supply = ["VDD", "VIN", "POM"].iter().any(|start| name.starts_with(start));
    value.contains('/') || value.ends_with("mW") || supply
}

fn power(text: &str) -> Value {
    let values: Vec<Value> = text.split('/').map(|v| number(v.strip_suffix("mW").unwrap_or(v), "")).collect();
    let mut entry = json!({"current_mw": values[0], "average_mw": values.get(1).unwrap_or(&values[0])});
    if let Some(max) = values.get(2) {
        entry["max_mw"] = max.clone();
    }
    entry
}

/// The second of two equal names gets `#2` behind it.
fn insert_new(map: &mut Map<String, Value>, name: &str, value: Value) {
    let copies = (2..).map(|n| format!("{name}#{n}"));
    let free = std::iter::once(name.to_string()).chain(copies).find(|key| !map.contains_key(key));
    map.insert(free.unwrap(), value);
}

fn read_engine(data: &mut Value, name: &str, value: &str) {
    let (key, util) = match name.strip_suffix("_UTIL") {
        Some(key) => (key, true),
        None => (name.strip_suffix("_FREQ").unwrap_or(name), false),
    };
    let engines = data["engines"].as_object_mut().unwrap();
    // The load of NAME_UTIL joins the clock of NAME_FREQ in one entry.
    if util && engines.contains_key(key) {
        engines[key]["usage_percent"] = number(value, "%");
        return;
    }
    engines.insert(key.to_string(), engine(value));
}

fn engine(text: &str) -> Value {
    let mut entry = json!({"usage_percent": null, "freq_mhz": null, "raw_value": null});
    let (load, clock) = match text.split_once('@') {
        Some((load, clock)) => (load, clock),
        None => (text, ""),
    };
    if text == "off" {
        entry["usage_percent"] = json!(0);
    } else if !text.contains(['%', '@']) {
        entry["freq_mhz"] = number(text, "");
        entry["raw_value"] = number(text, "");
    } else {
        several(&mut entry, load, "%", "usage_percent", "loads_percent");
        several(&mut entry, clock, "", "freq_mhz", "freqs_mhz");
    }
    entry
}

/// One number, or a list whose highest goes to `one` and which as a whole goes to `all`.
fn several(entry: &mut Value, text: &str, unit: &str, one: &str, all: &str) {
    if let Some(list) = text.strip_prefix('[') {
        let list = list.strip_suffix(']').unwrap();
        let numbers: Vec<f64> = list.split(',').map(|n| number(n, unit).as_f64().unwrap()).collect();
        entry[one] = json!(numbers.iter().copied().fold(f64::MIN, f64::max));
        entry[all] = json!(numbers);
    } else if !text.is_empty() {
        entry[one] = number(text, unit);
    }
}
