//! The tokens, each from its first byte: value and rest, or `None` when it does not read as the
//! tool prints it. The forms are those seen on L4T R21 to R39.

use super::{Cores, Engine, Field, Numbers, at_end, skip_blanks};
use crate::scan::{after, is_name, number, signed, small, thousandths, until};
use crate::snapshot::{FreeBlock, Memory, Unit};

type Parsed<'a, T> = Option<(T, &'a [u8])>;

/// Reads the token at the front of `text`, which begins with no blank.
pub(super) fn parse(text: &[u8]) -> Parsed<'_, Field<'_>> {
    let (name, rest) = until(text, |byte| !is_name(byte));
    match rest {
        [b'@', value @ ..] if !name.is_empty() => temp(name, value),
        [b'-' | b':', ..] => stamp(text).or_else(|| dashed(text)),
        [] => None,
        _ if name.is_empty() => None,
        _ => valued(name, skip_blanks(rest)),
    }
}

/// A name with a value behind a blank. The five names that have a form of their own come first;
/// for the others the value's form decides.
fn valued<'a>(name: &'a [u8], value: &'a [u8]) -> Parsed<'a, Field<'a>> {
    match name {
        b"RAM" => ram(value),
        b"SWAP" => swap(value),
        b"IRAM" => iram(value),
        b"MTS" => mts(value),
        b"EDP" => edp_limit(value),
        _ => match value {
            [b'0'..=b'9', ..] => numeric(name, value),
            [b'-', ..] => rail(name, value),
            [b'[', ..] if name.eq_ignore_ascii_case(b"CPU") => cores(value),
            [b'[', ..] => loads(name, value),
            [b'@', ..] => clocked(name, None, value),
            [b'o', b'f', b'f', rest @ ..] => off(name, rest),
            _ => None,
        },
    }
}

/// A token that is no other: the word, and the next one when that can only be its value.
pub(super) fn unknown(text: &[u8]) -> (Field<'_>, &[u8]) {
    let (name, rest) = until(text, |b| b <= b' ');
    let value = skip_blanks(rest);
    let own = !name.contains(&b'@') && name.first().is_some_and(u8::is_ascii_alphabetic);
    let bare = matches!(value, [b'0'..=b'9' | b'@' | b'[' | b'-', ..]) && stamp(value).is_none();
    if own && (bare || value.starts_with(b"off")) {
        let (text, rest) = until(value, |b| b <= b' ');
        return (Field::Unknown { name, text }, rest);
    }
    (Field::Unknown { name, text: b"" }, rest)
}

/// `MM-DD-YYYY hh:mm:ss`, only before a blank.
pub(super) fn stamp(text: &[u8]) -> Parsed<'_, Field<'_>> {
    let (date, rest) = text.split_at_checked(10)?;
    if !shaped(date, b"dd-dd-dddd") {
        return None;
    }
    let (time, rest) = skip_blanks(rest).split_at_checked(8)?;
    let ends = matches!(rest, [] | [0..=b' ' | b'*', ..]);
    (ends && shaped(time, b"dd:dd:dd")).then_some((Field::Stamp { date, time }, rest))
}

fn shaped(text: &[u8], shape: &[u8]) -> bool {
    text.iter().zip(shape).all(|(byte, form)| match form {
        b'd' => byte.is_ascii_digit(),
        _ => byte == form,
    })
}

/// `used/totalMB` in bytes. The small k is the tool's own; both count in powers of 1024.
fn memory(text: &[u8]) -> Parsed<'_, Memory> {
    let (used, rest) = number(text)?;
    let (total, rest) = number(after(rest, b"/")?)?;
    let (unit, rest) = unit(rest)?;
    let used_bytes = used.checked_mul(unit.bytes())?;
    let total_bytes = total.checked_mul(unit.bytes())?;
    Some((Memory { used_bytes, total_bytes, unit }, rest))
}

fn unit(text: &[u8]) -> Parsed<'_, Unit> {
    match text {
        [b'M', b'B', rest @ ..] => Some((Unit::Mb, rest)),
        [b'k' | b'K', b'B', rest @ ..] => Some((Unit::Kb, rest)),
        _ => None,
    }
}

/// A size with its unit, in bytes.
fn size(text: &[u8]) -> Parsed<'_, u64> {
    let (count, rest) = number(text)?;
    let (unit, rest) = unit(rest)?;
    Some((count.checked_mul(unit.bytes())?, rest))
}

/// The bracket `(word ..)` behind a memory value; `inner` reads what follows the word.
/// Without a bracket of that kind there is no value, and nothing is taken.
fn bracket<'a, T>(
    text: &'a [u8],
    word: &[u8],
    inner: fn(&'a [u8]) -> Parsed<'a, T>,
) -> (Option<T>, &'a [u8]) {
    let read = || {
        let open = after(skip_blanks(text), b"(")?;
        let (value, rest) = inner(skip_blanks(after(open, word)?))?;
        Some((value, after(rest, b")")?))
    };
    match read() {
        Some((value, rest)) if at_end(rest) => (Some(value), rest),
        _ => (None, text),
    }
}

fn ram(text: &[u8]) -> Parsed<'_, Field<'_>> {
    let (memory, rest) = memory(text)?;
    let (block, rest) = bracket(rest, b"lfb", blocks);
    at_end(rest).then_some((Field::Ram(memory, block), rest))
}

/// `98x4MB`, or a size alone.
fn blocks(text: &[u8]) -> Parsed<'_, FreeBlock> {
    let (count, rest) = number(text)?;
    if let Some(rest) = after(rest, b"x") {
        let (size_bytes, rest) = size(rest)?;
        return Some((FreeBlock::Blocks { count, size_bytes }, rest));
    }
    let (size_bytes, rest) = size(text)?;
    Some((FreeBlock::Size { size_bytes }, rest))
}

fn swap(text: &[u8]) -> Parsed<'_, Field<'_>> {
    let (memory, rest) = memory(text)?;
    let (cached, rest) = bracket(rest, b"cached", size);
    at_end(rest).then_some((Field::Swap(memory, cached), rest))
}

fn iram(text: &[u8]) -> Parsed<'_, Field<'_>> {
    let (memory, rest) = memory(text)?;
    let (block, rest) = bracket(rest, b"lfb", size);
    at_end(rest).then_some((Field::Iram(memory, block), rest))
}

/// `fg 0% bg 10%`: four words behind MTS.
fn mts(text: &[u8]) -> Parsed<'_, Field<'_>> {
    let (fg_percent, rest) = percent(skip_blanks(after(text, b"fg")?))?;
    let (bg_percent, rest) = percent(skip_blanks(after(skip_blanks(rest), b"bg")?))?;
    at_end(rest).then_some((Field::Mts { fg_percent, bg_percent }, rest))
}

fn percent(text: &[u8]) -> Parsed<'_, u32> {
    let (value, rest) = small(text)?;
    Some((value, after(rest, b"%")?))
}

fn edp_limit(text: &[u8]) -> Parsed<'_, Field<'_>> {
    let (mhz, rest) = small(skip_blanks(after(text, b"limit")?))?;
    at_end(rest).then_some((Field::EdpLimit(mhz), rest))
}

/// What stands between `[` and `]`.
fn list(text: &[u8]) -> Parsed<'_, &[u8]> {
    let (inner, rest) = until(after(text, b"[")?, |b| b == b']' || b <= b' ');
    Some((inner, after(rest, b"]")?))
}

fn cores(text: &[u8]) -> Parsed<'_, Field<'_>> {
    let (inner, mut rest) = list(text)?;
    let mut common_mhz = None;
    if let [b'@', clock @ ..] = rest {
        let (mhz, tail) = small(clock)?;
        (common_mhz, rest) = (Some(mhz), tail);
    }
    (!inner.is_empty() && at_end(rest)).then_some((Field::Cores(Cores::new(inner, common_mhz)), rest))
}

/// `NAME [l%,l%]@MHz`, documented for the vision accelerators of R36.
fn loads<'a>(name: &'a [u8], text: &'a [u8]) -> Parsed<'a, Field<'a>> {
    let (inner, rest) = list(text)?;
    let loads = Numbers::new(inner, b"%")?;
    clocked(name, loads.max(), rest).map(|(field, rest)| match field {
        Field::Engine(engine) => (Field::Engine(Engine { loads_percent: loads, ..engine }), rest),
        other => (other, rest),
    })
}

/// `NAME off`: the engine is idle, and so at 0 %, without a clock.
fn off<'a>(name: &'a [u8], rest: &'a [u8]) -> Parsed<'a, Field<'a>> {
    let engine = Engine { load_percent: Some(0), ..named(name) };
    at_end(rest).then_some((Field::Engine(engine), rest))
}

/// A value that begins with a digit: a load, a rail or a bare clock.
fn numeric<'a>(name: &'a [u8], text: &'a [u8]) -> Parsed<'a, Field<'a>> {
    let (value, rest) = small(text)?;
    match rest {
        [b'%', rest @ ..] => clocked(name, Some(value), rest),
        [b'/', ..] | [b'm', b'W', ..] => rail(name, text),
        _ if !at_end(rest) => None,
        _ if is_rail(name) => rail(name, text),
        _ if is_engine(name) => Some((Field::Engine(bare(name, value)), rest)),
        _ => None,
    }
}

/// A bare number is MHz, but for the error counter of the camera bus.
fn bare(name: &[u8], value: u32) -> Engine<'_> {
    let freq_mhz = (!name.ends_with(b"_ERR")).then_some(value);
    Engine { freq_mhz, raw: Some(value), ..named(name) }
}

/// What may follow a load: nothing, `@MHz`, or `@[MHz,MHz]` with one clock per cluster.
fn clocked<'a>(name: &'a [u8], load_percent: Option<u32>, text: &'a [u8]) -> Parsed<'a, Field<'a>> {
    let engine = Engine { load_percent, ..named(name) };
    let (engine, rest) = match text {
        [b'@', b'[', ..] => {
            let (inner, rest) = list(after(text, b"@")?)?;
            let freqs_mhz = Numbers::new(inner, b"")?;
            (Engine { freq_mhz: freqs_mhz.max(), freqs_mhz, ..engine }, rest)
        }
        [b'@', clock @ ..] => {
            let (mhz, rest) = small(clock)?;
            (Engine { freq_mhz: Some(mhz), ..engine }, rest)
        }
        _ => (engine, text),
    };
    at_end(rest).then_some((Field::Engine(engine), rest))
}

fn named(name: &[u8]) -> Engine<'_> {
    if let Some(name) = name.strip_suffix(b"_UTIL") {
        return Engine { name, util: true, ..Engine::default() };
    }
    Engine { name: name.strip_suffix(b"_FREQ").unwrap_or(name), ..Engine::default() }
}

/// A zone whose name holds a dash, as the kernel has it.
fn dashed(text: &[u8]) -> Parsed<'_, Field<'_>> {
    let (name, rest) = until(text, |b| b <= b' ' || b == b'@');
    temp(name, after(rest, b"@")?)
}

/// `zone@46.5C`, since R39 `zone@46.5C/47C`.
fn temp<'a>(name: &'a [u8], text: &'a [u8]) -> Parsed<'a, Field<'a>> {
    let (now_mc, mut rest) = degrees(text)?;
    let mut max_mc = None;
    if let [b'/', second @ ..] = rest {
        let (value, tail) = degrees(second)?;
        (max_mc, rest) = (Some(value), tail);
    }
    at_end(rest).then_some((Field::Temp { name, now_mc, max_mc }, rest))
}

fn degrees(text: &[u8]) -> Parsed<'_, i32> {
    let (value, rest) = thousandths(text)?;
    Some((value, after(rest, b"C")?))
}

/// One to three powers. A unit may be missing on any of them: logs lose it.
fn rail<'a>(name: &'a [u8], text: &'a [u8]) -> Parsed<'a, Field<'a>> {
    let (now_mw, mut rest) = milliwatts(text)?;
    let (mut avg_mw, mut max_mw) = (now_mw, None);
    if let [b'/', second @ ..] = rest {
        (avg_mw, rest) = milliwatts(second)?;
        if let [b'/', third @ ..] = rest {
            let (value, tail) = milliwatts(third)?;
            (max_mw, rest) = (Some(value), tail);
        }
    }
    at_end(rest).then_some((Field::Rail { name, now_mw, avg_mw, max_mw }, rest))
}

fn milliwatts(text: &[u8]) -> Parsed<'_, i32> {
    let (value, rest) = signed(text)?;
    Some((value, after(rest, b"mW").unwrap_or(rest)))
}

/// Rails that may stand before a single number without unit.
fn is_rail(name: &[u8]) -> bool {
    let families: [&[u8]; 4] = [b"VDD_", b"VIN", b"POM_", b"VDDQ_"];
    let names: [&[u8]; 7] = [b"GPU", b"CPU", b"SOC", b"CV", b"VDDRQ", b"SYS5V", b"NC"];
    names.contains(&name) || families.iter().any(|family| name.starts_with(family))
}

/// Engines and clocks that print a single number, which a new name alone would not tell.
fn is_engine(name: &[u8]) -> bool {
    let bases: [&[u8]; 23] = [
        b"APE",
        b"AVP",
        b"AXI",
        b"CVNAS",
        b"DLA",
        b"EMC",
        b"GR3D",
        b"ISP",
        b"MC",
        b"MSENC",
        b"NVCSI",
        b"NVCSI_ERR",
        b"NVDEC",
        b"NVDLA",
        b"NVENC",
        b"NVJPG",
        b"NVLINK",
        b"OFA",
        b"PCIE",
        b"PVA",
        b"SE",
        b"VDE",
        b"VIC",
    ];
    let digits = name.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let base = name.get(..name.len() - digits).unwrap_or(name);
    name.ends_with(b"_FREQ") || bases.contains(&base)
}
