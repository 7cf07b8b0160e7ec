//! Board numbers as NVIDIA writes them: a letter, four digits, and after a dash the SKU
//! (`p3767-0005`) or, on carriers, the revision (`p3509-a02`).

/// The board numbers in a text, in its order and in lower case; a number without SKU is given as
/// it is (`p3740`). What stands behind the SKU (`-b00`, `-super`) is no part of it.
#[inline(never)]
pub fn numbers(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-') {
        let mut words = part.split('-').peekable();
        while let Some(word) = words.next() {
            if is_board(word) {
                let mut number = word.to_ascii_lowercase();
                if let Some(sku) = words.next_if(|word| is_sku(word)) {
                    number.push('-');
                    number.push_str(&sku.to_ascii_lowercase());
                }
                found.push(number);
            }
        }
    }
    found
}

/// Module and SKU where they stand without a letter: in `nvidia,boardids` (`3310:1000:B01`) and,
/// with the fab between them, in a TNSPEC (`3767-301-0005-...`).
#[inline(never)]
pub fn from_digits(board: &str, sku: &str) -> Option<String> {
    let board = board.strip_prefix(['p', 'P']).unwrap_or(board);
    if !is_digits(board, 4) {
        return None;
    }
    let mut number = String::from("p");
    number.push_str(board);
    if is_digits(sku, 4) {
        number.push('-');
        number.push_str(sku);
    }
    Some(number)
}

/// The module of a 699-level part number, `699-13767-0003-300 L.3`: its second group is a digit
/// that tells the kind of part and then the board (L4T developer guide, "EEPROM layout").
pub fn from_part(text: &[u8]) -> Option<String> {
    let start = text.windows(4).position(|window| window == b"699-")?;
    let text = std::str::from_utf8(text.get(start + 4..start + 14)?).ok()?;
    let (board, sku) = text.split_once('-')?;
    let board = board.get(1..).filter(|_| is_digits(board, 5))?;
    from_digits(board, sku)
}

/// A number without its SKU.
pub fn family(number: &str) -> &str {
    number.split('-').next().unwrap_or(number)
}

/// Whether the number names its SKU.
pub fn is_whole(number: &str) -> bool {
    number.contains('-')
}

fn is_board(word: &str) -> bool {
    word.strip_prefix(['p', 'P', 'e', 'E']).is_some_and(|digits| is_digits(digits, 4))
}

fn is_sku(word: &str) -> bool {
    is_digits(word, 4)
        || word.strip_prefix(|c: char| c.is_ascii_alphabetic()).is_some_and(|digits| is_digits(digits, 2))
}

#[inline(never)]
fn is_digits(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_numbers_in_texts() {
        for (text, wanted) in [
            ("nvidia,p3768-0000+p3767-0005-super", &["p3768-0000", "p3767-0005"][..]),
            ("nvidia,p3509-a02+p3767-0000", &["p3509-a02", "p3767-0000"]),
            ("P3449-0000-b00+p3448-0000-b00", &["p3449-0000", "p3448-0000"]),
            ("dts/tegra194-p2888-0004-e3900-0000.dts", &["p2888-0004", "e3900-0000"]),
            ("p3740", &["p3740"]),
            ("p3740+p3701", &["p3740", "p3701"]),
            ("p3737-0000+p3701-0000-as-p3767-0004", &["p3737-0000", "p3701-0000", "p3767-0004"]),
            ("p2597-2180-a01-devkit", &["p2597-2180"]),
        ] {
            assert_eq!(numbers(text), wanted, "{text}");
        }
    }

    #[test]
    fn err_no_numbers() {
        for text in ["", "p", "p376", "p37670", "ep3767", "tegra234", "p376x-0001", "-", "+", "é3767", "3767"]
        {
            assert_eq!(numbers(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn ok_and_err_part_numbers() {
        for (text, wanted) in [
            (&b"699-13767-0003-300 L.3"[..], Some("p3767-0003")),
            (b"\x01\x00\xff699-82888-0004-400 M.0", Some("p2888-0004")),
            (b"699-63701-0001-CS2", Some("p3701-0001")),
            (b"699-13767-0003", Some("p3767-0003")),
            (b"699-13767-000", None),
            (b"699-1376x-0003-300", None),
            (b"699-13767+0003-300", None),
            (b"699-\xff3767-0003-300", None),
            (b"699-", None),
            (b"", None),
        ] {
            assert_eq!(from_part(text).as_deref(), wanted, "{}", text.escape_ascii());
        }
    }
}
