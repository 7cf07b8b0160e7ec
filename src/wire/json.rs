//! [`Value`]s as JSON text, through miniserde.

use std::borrow::Cow;

use miniserde::de::{self, Deserialize, Visitor};
use miniserde::ser::{self, Fragment, Serialize};

use super::{Error, MAX_DEPTH, Value};

/// One line of JSON, without the line's end.
pub fn encode(value: &Value) -> String {
    miniserde::json::to_string(value)
}

/// Reads one JSON text.
pub fn decode(text: &str) -> Result<Value<'static>, Error> {
    let slot: Slot = miniserde::json::from_str(text).map_err(|_| Error::Syntax("JSON"))?;
    Ok(slot.value)
}

impl Serialize for Value<'_> {
    fn begin(&self) -> Fragment<'_> {
        match self {
            Value::Null => Fragment::Null,
            Value::Bool(value) => Fragment::Bool(*value),
            Value::Int(value) => Fragment::I64(*value),
            Value::Float(value) => Fragment::F64(*value),
            Value::Text(text) => Fragment::Str(Cow::Borrowed(text)),
            Value::List(values) => Fragment::Seq(Box::new(Elements(values.iter()))),
            Value::Map(members) => Fragment::Map(Box::new(Members(members.iter()))),
        }
    }
}

struct Elements<'a>(std::slice::Iter<'a, Value<'a>>);

impl ser::Seq for Elements<'_> {
    fn next(&mut self) -> Option<&dyn Serialize> {
        let value = self.0.next()?;
        Some(value)
    }
}

struct Members<'a>(std::slice::Iter<'a, (Cow<'a, str>, Value<'a>)>);

impl ser::Map for Members<'_> {
    fn next(&mut self) -> Option<(Cow<'_, str>, &dyn Serialize)> {
        let (name, value) = self.0.next()?;
        Some((Cow::Borrowed(name), value))
    }
}

/// Where the value that is being read goes, and how many levels may still open inside it.
struct Slot {
    value: Value<'static>,
    levels: u8,
}

impl Slot {
    fn new(levels: u8) -> Self {
        Slot { value: Value::Null, levels }
    }

    fn set(&mut self, value: Value<'static>) -> miniserde::Result<()> {
        self.value = value;
        Ok(())
    }

    fn inner(&self) -> miniserde::Result<Slot> {
        Ok(Slot::new(self.levels.checked_sub(1).ok_or(miniserde::Error)?))
    }
}

impl Deserialize for Slot {
    fn begin(out: &mut Option<Self>) -> &mut dyn Visitor {
        out.insert(Slot::new(MAX_DEPTH))
    }
}

impl Visitor for Slot {
    fn null(&mut self) -> miniserde::Result<()> {
        self.set(Value::Null)
    }

    fn boolean(&mut self, value: bool) -> miniserde::Result<()> {
        self.set(Value::Bool(value))
    }

    fn string(&mut self, text: &str) -> miniserde::Result<()> {
        self.set(Value::Text(Cow::Owned(text.to_owned())))
    }

    fn negative(&mut self, value: i64) -> miniserde::Result<()> {
        self.set(Value::Int(value))
    }

    fn nonnegative(&mut self, value: u64) -> miniserde::Result<()> {
        self.set(Value::Int(i64::try_from(value).map_err(|_| miniserde::Error)?))
    }

    fn float(&mut self, value: f64) -> miniserde::Result<()> {
        self.set(Value::Float(value))
    }

    fn seq(&mut self) -> miniserde::Result<Box<dyn de::Seq + '_>> {
        Ok(Box::new(ListReader {
            slot: self.inner()?,
            pending: false,
            values: Vec::new(),
            out: &mut self.value,
        }))
    }

    fn map(&mut self) -> miniserde::Result<Box<dyn de::Map + '_>> {
        Ok(Box::new(MapReader { slot: self.inner()?, name: None, members: Vec::new(), out: &mut self.value }))
    }
}

/// Gathers a list; `pending` says that the slot holds an element.
struct ListReader<'a> {
    slot: Slot,
    pending: bool,
    values: Vec<Value<'static>>,
    out: &'a mut Value<'static>,
}

impl ListReader<'_> {
    fn keep(&mut self) {
        if std::mem::take(&mut self.pending) {
            self.values.push(std::mem::replace(&mut self.slot.value, Value::Null));
        }
    }
}

impl de::Seq for ListReader<'_> {
    fn element(&mut self) -> miniserde::Result<&mut dyn Visitor> {
        self.keep();
        self.pending = true;
        Ok(&mut self.slot)
    }

    fn finish(&mut self) -> miniserde::Result<()> {
        self.keep();
        *self.out = Value::List(std::mem::take(&mut self.values));
        Ok(())
    }
}

/// Gathers a map; `name` is that of the member in the slot.
struct MapReader<'a> {
    slot: Slot,
    name: Option<String>,
    members: Vec<(Cow<'static, str>, Value<'static>)>,
    out: &'a mut Value<'static>,
}

impl MapReader<'_> {
    fn keep(&mut self) {
        if let Some(name) = self.name.take() {
            let value = std::mem::replace(&mut self.slot.value, Value::Null);
            self.members.push((Cow::Owned(name), value));
        }
    }
}

impl de::Map for MapReader<'_> {
    fn key(&mut self, name: &str) -> miniserde::Result<&mut dyn Visitor> {
        self.keep();
        self.name = Some(name.to_owned());
        Ok(&mut self.slot)
    }

    fn finish(&mut self) -> miniserde::Result<()> {
        self.keep();
        *self.out = Value::Map(std::mem::take(&mut self.members));
        Ok(())
    }
}
