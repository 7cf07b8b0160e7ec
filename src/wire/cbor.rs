//! [`Value`]s as CBOR (RFC 8949) with text keys, through minicbor.

use std::borrow::Cow;
use std::convert::Infallible;

use minicbor::data::Type;
use minicbor::encode::{self, Encode, Write};
use minicbor::{Decoder, Encoder};

use super::{Error, MAX_DEPTH, Value};

/// One CBOR item.
pub fn encode(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    let written: Result<(), encode::Error<Infallible>> = minicbor::encode(value, &mut out);
    // Writing to memory cannot fail, and `Encode` below reports nothing of its own.
    debug_assert!(written.is_ok());
    out
}

/// Reads one CBOR item off the front of `bytes`; gives the item and its length.
pub fn decode(bytes: &[u8]) -> Result<(Value<'_>, usize), Error> {
    let mut decoder = Decoder::new(bytes);
    let value = read(&mut decoder, MAX_DEPTH).map_err(|error| match error.is_end_of_input() {
        true => Error::Incomplete,
        false => Error::Syntax("CBOR"),
    })?;
    Ok((value, decoder.position()))
}

impl<C> Encode<C> for Value<'_> {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, ctx: &mut C) -> Result<(), encode::Error<W::Error>> {
        match self {
            Value::Null => e.null()?.ok(),
            Value::Bool(value) => e.bool(*value)?.ok(),
            Value::Int(value) => e.i64(*value)?.ok(),
            Value::Float(value) => e.f64(*value)?.ok(),
            Value::Text(text) => e.str(text)?.ok(),
            Value::List(values) => {
                e.array(values.len() as u64)?;
                values.iter().try_for_each(|value| value.encode(e, ctx))
            }
            Value::Map(members) => {
                e.map(members.len() as u64)?;
                members.iter().try_for_each(|(name, value)| value.encode(e.str(name)?, ctx))
            }
        }
    }
}

type Read<T> = Result<T, minicbor::decode::Error>;

fn read<'b>(d: &mut Decoder<'b>, levels: u8) -> Read<Value<'b>> {
    Ok(match d.datatype()? {
        Type::Null | Type::Undefined => {
            pass(d, 1);
            Value::Null
        }
        Type::Bool => Value::Bool(d.bool()?),
        Type::F16 => Value::Float(half(d)?),
        Type::F32 | Type::F64 => Value::Float(d.f64()?),
        Type::String => Value::Text(Cow::Borrowed(d.str()?)),
        Type::StringIndef => Value::Text(Cow::Owned(d.str_iter()?.collect::<Read<String>>()?)),
        Type::Array | Type::ArrayIndef => {
            let length = d.array()?;
            Value::List(entries(d, length, levels, read)?)
        }
        Type::Map | Type::MapIndef => {
            let length = d.map()?;
            Value::Map(entries(d, length, levels, member)?)
        }
        _ => Value::Int(d.i64()?),
    })
}

/// Passes over bytes that were looked at. Not skip(), which finds the end of any item: 5 kB.
fn pass(d: &mut Decoder, bytes: usize) {
    d.set_position(d.position() + bytes);
}

/// A float of 16 bits: the shortest form, which other encoders choose (RFC 8949, appendix D).
fn half(d: &mut Decoder) -> Read<f64> {
    let at = d.position() + 1;
    let bytes = d.input().get(at..).and_then(|rest| rest.first_chunk::<2>());
    let bits = u16::from_be_bytes(*bytes.ok_or_else(minicbor::decode::Error::end_of_input)?);
    pass(d, 3);
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    let size = match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (fraction + 1024.0) * 2f64.powi(exponent - 25),
    };
    Ok(if bits & 0x8000 == 0 { size } else { -size })
}

fn member<'b>(d: &mut Decoder<'b>, levels: u8) -> Read<(Cow<'b, str>, Value<'b>)> {
    Ok((Cow::Borrowed(d.str()?), read(d, levels)?))
}

/// Reads the entries of a list or map. A length that the peer states is never reserved.
fn entries<'b, T>(
    d: &mut Decoder<'b>,
    length: Option<u64>,
    levels: u8,
    entry: fn(&mut Decoder<'b>, u8) -> Read<T>,
) -> Read<Vec<T>> {
    let inner = levels.checked_sub(1).ok_or_else(|| minicbor::decode::Error::message("nested too deep"))?;
    let mut found = Vec::new();
    for _ in 0..length.unwrap_or(u64::MAX) {
        if length.is_none() && d.datatype()? == Type::Break {
            pass(d, 1);
            break;
        }
        found.push(entry(d, inner)?);
    }
    Ok(found)
}
