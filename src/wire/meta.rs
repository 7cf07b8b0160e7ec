//! The reply `Meta`: what board this is. The members of old come first and in their order.

use std::borrow::Cow;

use super::Value;
use super::reply::PROTOCOL;
use crate::board::{Board, Told, library, nvpmodel};
use crate::snapshot::Snapshot;

/// What a text that is not known is called, as ever.
pub const UNKNOWN: &str = "Unknown";

/// Names that other parts of the program know; whoever answers passes them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lists<'a> {
    /// Governors that CPUs may have.
    pub governors: &'a [&'a str],
    /// Thermal zones.
    pub sensors: &'a [&'a str],
    /// Power rails.
    pub power_rails: &'a [&'a str],
    /// Engines.
    pub engines: &'a [&'a str],
    /// Names of power modes, in the order of the table.
    pub nvpmodel_modes: &'a [&'a str],
}

/// The same names, as they are gathered from a sample and the vendor's table.
#[derive(Clone, Debug, Default)]
pub struct Names<'a> {
    governors: Vec<&'a str>,
    sensors: Vec<&'a str>,
    rails: Vec<&'a str>,
    engines: Vec<&'a str>,
    modes: Vec<&'a str>,
}

impl<'a> Names<'a> {
    /// What a sample has, with the text of the table of power modes and of the list of governors.
    pub fn of(sample: &'a Snapshot, table: &'a str, governors: &'a str) -> Names<'a> {
        let off = sample.temps_off.iter().map(String::as_str);
        Names {
            governors: governors.split_ascii_whitespace().collect(),
            sensors: sample.temps.iter().map(|temp| temp.name.as_str()).chain(off).collect(),
            rails: sample.rails.iter().map(|rail| rail.name.as_str()).collect(),
            engines: sample.engines.iter().map(|engine| engine.name.as_str()).collect(),
            modes: nvpmodel::Table::parse(table).modes.iter().map(|mode| mode.name).collect(),
        }
    }

    /// For [`meta`].
    pub fn lists(&self) -> Lists<'_> {
        Lists {
            governors: &self.governors,
            sensors: &self.sensors,
            power_rails: &self.rails,
            engines: &self.engines,
            nvpmodel_modes: &self.modes,
        }
    }
}

/// The reply `{"Meta": {...}}`; its serial number is empty unless the peer is `privileged`.
pub fn meta<'a>(board: &'a Board, lists: &Lists<'a>, privileged: bool) -> Value<'a> {
    let b = board;
    let serial = if privileged { b.serial_number.as_deref() } else { Some("") };
    let mut members = vec![(Cow::Borrowed("is_jetson"), b.is_jetson.into())];
    texts(
        &mut members,
        &[
            ("model", b.model.as_deref()),
            ("codename", b.codename.as_deref()),
            ("soc", b.soc.as_deref()),
            ("module", b.module.as_deref()),
            ("board_id", text(&b.board_id)),
            ("serial_number", serial),
            ("l4t_version", text(&b.l4t)),
            ("jetpack_version", text(&b.jetpack)),
            ("cuda_arch", b.cuda_arch.as_deref()),
        ],
    );
    for (name, names) in [
        ("governors", lists.governors),
        ("sensors", lists.sensors),
        ("power_rails", lists.power_rails),
        ("engines", lists.engines),
        ("nvpmodel_modes", lists.nvpmodel_modes),
    ] {
        let names = names.iter().map(|name| Value::text(name)).collect();
        members.push((Cow::Borrowed(name), Value::List(names)));
    }
    texts(
        &mut members,
        &[
            ("kernel", b.kernel.as_deref()),
            ("hostname", b.hostname.as_deref()),
            ("carrier", b.carrier.as_deref()),
            ("carrier_name", b.carrier_name.as_deref()),
            ("machine", b.machine.as_deref()),
            ("architecture", b.architecture.as_deref()),
            ("l4t_source", source(&b.l4t)),
            ("jetpack_source", source(&b.jetpack)),
            ("board_id_source", source(&b.board_id)),
        ],
    );
    members.push((Cow::Borrowed("super"), b.is_super.into()));
    members.push((Cow::Borrowed("emulates"), or_null(&b.emulates)));
    let libraries = library::NAMES.iter().zip(&b.libraries);
    let libraries = libraries.map(|(name, version)| (Cow::Borrowed(*name), or_null(version))).collect();
    members.push((Cow::Borrowed("libraries"), Value::Map(libraries)));
    members.push((Cow::Borrowed("version"), Value::text(env!("CARGO_PKG_VERSION"))));
    members.push((Cow::Borrowed("protocol"), PROTOCOL.into()));
    Value::variant("Meta", Value::Map(members))
}

type Members<'a> = Vec<(Cow<'a, str>, Value<'a>)>;

#[inline(never)]
fn texts<'a>(members: &mut Members<'a>, texts: &[(&'static str, Option<&'a str>)]) {
    for (name, text) in texts {
        members.push((Cow::Borrowed(name), Value::text(text.unwrap_or(UNKNOWN))));
    }
}

fn text(told: &Option<Told>) -> Option<&str> {
    told.as_ref().map(|told| told.text.as_str())
}

fn source(told: &Option<Told>) -> Option<&str> {
    told.as_ref().map(|told| told.source)
}

fn or_null(text: &Option<String>) -> Value<'_> {
    text.as_deref().map_or(Value::Null, Value::text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::json;

    #[test]
    fn ok_what_is_unknown_and_what_is_private() {
        let unknown = Board::default();
        let text = json::encode(&meta(&unknown, &Lists::default(), true));
        let begin = r#"{"Meta":{"is_jetson":false,"model":"Unknown","codename":"Unknown","soc":"Unknown","#;
        assert!(text.starts_with(begin), "{text}");
        for part in [
            r#""serial_number":"Unknown""#,
            r#""nvpmodel_modes":[],"kernel":"Unknown""#,
            r#""l4t_source":"Unknown""#,
            r#""super":false,"emulates":null"#,
            r#""libraries":{"cuda":null,"cudnn":null,"#,
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        let board = Board { serial_number: Some("142".into()), ..Board::default() };
        for (privileged, wanted) in [(true, "142"), (false, "")] {
            let reply = meta(&board, &Lists::default(), privileged);
            let serial = reply.member("Meta").and_then(|meta| meta.member("serial_number"));
            assert_eq!(serial, Some(&Value::text(wanted)), "{privileged}");
        }
    }
}
