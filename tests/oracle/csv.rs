//! A small strict reader of RFC 4180: what a spreadsheet would have to guess is an error here.

/// The records of a text, or what is wrong with it. Line ends may be CR LF or LF.
pub fn read_csv(text: &str) -> Result<Vec<Vec<String>>, String> {
    let mut records = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let mut record = Vec::new();
        loop {
            let (field, behind) = read_field(rest)?;
            record.push(field);
            match behind.strip_prefix(',') {
                Some(next) => rest = next,
                None => {
                    rest = line_end(behind)?;
                    break;
                }
            }
        }
        records.push(record);
    }
    Ok(records)
}

fn line_end(text: &str) -> Result<&str, String> {
    let next = text.strip_prefix("\r\n").or_else(|| text.strip_prefix('\n'));
    match next {
        Some(next) => Ok(next),
        None if text.is_empty() => Ok(text),
        None => Err(format!("no comma and no line end behind a field: {:?}", first_words(text))),
    }
}

fn read_field(text: &str) -> Result<(String, &str), String> {
    let Some(mut rest) = text.strip_prefix('"') else {
        let end = text.find([',', '\r', '\n']).unwrap_or(text.len());
        let (field, behind) = text.split_at(end);
        return match field.contains('"') {
            true => Err(format!("a quote in a field without quotes: {field:?}")),
            false => Ok((field.to_string(), behind)),
        };
    };
    let mut field = String::new();
    loop {
        let end = rest.find('"').ok_or("a quoted field never ends")?;
        field.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(behind) => {
                field.push('"');
                rest = behind;
            }
            None => return Ok((field, rest)),
        }
    }
}

fn first_words(text: &str) -> String {
    text.chars().take(40).collect()
}
