//! What board this is, how it is reached, how the server does, and what reading it costs.

use std::time::{Duration, Instant};

use super::keys::Key;
use super::more::{Act, Topic, Want};
use super::page::Page;
use super::paint::Tone;
use super::sheet::{Head, Kind, Sheet};
use super::unit::span;
use super::{controls, meta};
use crate::snapshot::Snapshot;
use crate::wire::Value;
use crate::wire::meta::UNKNOWN;
use crate::wire::request::Request;

/// What the help says of the page.
pub const HELP: &[&str] = &[
    "x shows the serial number, and hides it again. What is not",
    "known is a dash; checks are those of jscopectl health.",
];

/// How often what changes is asked for.
const AGAIN: Duration = Duration::from_secs(5);
/// Values stand in one column, where there is room for one.
const NAME: u16 = 18;
const BESIDE: u16 = 34;
const SERIAL: &str = "serial_number";

const HEADS: [Head; 6] = [
    ("collector", Kind::Left),
    ("state", Kind::Left),
    ("files", Kind::Right),
    ("denied", Kind::Right),
    ("cost", Kind::Right),
    ("path", Kind::Left),
];

/// What was asked for, and whether the serial number is shown.
#[derive(Default)]
pub struct State {
    meta: Option<Value<'static>>,
    health: Option<Value<'static>>,
    sources: Option<Value<'static>>,
    /// Why something is missing, and when the last answer came.
    why: Option<String>,
    at: [Option<Instant>; 2],
    shows_serial: bool,
}

impl State {
    /// What board it is, once that is known.
    pub fn meta(&self) -> Option<&Value<'static>> {
        self.meta.as_ref()?.member("Meta")
    }

    /// What is missing or old, one after the other.
    pub fn wants(&self, now: Instant) -> Want {
        let is_old = |at: &Option<Instant>| at.is_none_or(|at| now.saturating_duration_since(at) >= AGAIN);
        let [health, sources] = &self.at;
        let (topic, request) = match (&self.meta, is_old(health), is_old(sources)) {
            (None, ..) => (Topic::Meta, Request::GetMeta),
            (_, true, _) => (Topic::Health, Request::GetHealth),
            (.., true) => (Topic::Sources, Request::GetSources),
            _ => return None,
        };
        Some((topic, request, AGAIN))
    }

    /// What board it is, until that is known.
    pub fn wants_meta(&self) -> Want {
        self.meta.is_none().then_some((Topic::Meta, Request::GetMeta, AGAIN))
    }

    /// Takes an answer.
    pub fn answered(&mut self, topic: Topic, result: Result<Value<'static>, String>, now: Instant) {
        let slot = match topic {
            Topic::Meta => &mut self.meta,
            Topic::Health => &mut self.health,
            _ => &mut self.sources,
        };
        match result {
            Ok(value) => (*slot, self.why) = (Some(value), None),
            Err(why) => self.why = Some(why),
        }
        let [health, sources] = &mut self.at;
        match topic {
            Topic::Meta => {}
            Topic::Health => *health = Some(now),
            _ => *sources = Some(now),
        }
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key) -> Act {
        if key != Key::Char('x') {
            return Act::Pass;
        }
        self.shows_serial = !self.shows_serial;
        Act::Draw
    }
}

/// Draws the page.
pub fn draw(page: &mut Page, s: &Snapshot) {
    let more = page.more;
    let state = &more.info;
    page.heading(if more.simulated { "This machine, which is not the simulated board" } else { "Board" });
    match &state.meta {
        Some(reply) => {
            for line in meta::page(reply).lines() {
                let Some((name, value)) = line.split_once(':') else {
                    page.note(line);
                    continue;
                };
                let is_masked = name == SERIAL && !state.shows_serial && !value.contains("hidden");
                let value = match value.trim_start() {
                    _ if is_masked => "******** (x shows it)",
                    value if value == UNKNOWN || value.ends_with("(L4T unknown)") => "-",
                    value => value,
                };
                row(page, &name.replace('_', " "), value, Tone::Plain);
            }
        }
        None => page.note(state.why.as_deref().unwrap_or("asking ...")),
    }
    page.heading("Network");
    for interface in s.interfaces.iter() {
        let addresses = if interface.addresses.is_empty() { "-" } else { &interface.addresses };
        row(page, &interface.name, addresses, Tone::Plain);
    }
    if s.interfaces.is_empty() {
        page.note("no interface is read");
    }
    if let Some(health) = state.health.as_ref().and_then(|reply| reply.member("Health")) {
        server(page, health);
    }
    if let Some(Value::List(sources)) = state.sources.as_ref().and_then(|reply| reply.member("Sources")) {
        draw_sources(page, sources);
    }
}

/// A name, and behind it words that fold in a column of their own.
fn row(page: &mut Page, name: &str, value: &str, tone: Tone) {
    let wide = page.width >= BESIDE;
    let (from, mut at) = if wide { (NAME, NAME) } else { (2, u16::MAX) };
    page.text(0, if wide { NAME - 1 } else { u16::MAX }, name, Tone::Name);
    for word in value.split_ascii_whitespace() {
        let width = super::layout::width_of(word);
        if at > from && at.saturating_add(width) > page.width {
            page.next();
            at = from;
        }
        page.text(at, u16::MAX, word, tone);
        at = at.saturating_add(width).saturating_add(1);
    }
    page.next();
}

fn server(page: &mut Page, health: &Value) {
    page.heading("Health");
    let number = |of: &Value, name: &str| match of.member(name) {
        Some(Value::Int(number)) => Some(*number),
        _ => None,
    };
    if let Some(secs) = number(health, "uptime_secs").filter(|secs| *secs > 0) {
        page.fact("server up", Some(span(u128::from(secs.unsigned_abs()) * 1000)));
        for (name, member) in
            [("clients", "connected_clients"), ("requests", "total_requests"), ("errors", "errors")]
        {
            page.fact(name, number(health, member).map(|number| number.to_string()));
        }
        let changes = health.member("changes");
        page.fact("changes", changes.and_then(|own| number(own, "done")).map(|number| number.to_string()));
        page.end();
    }
    let Some(Value::List(checks)) = health.member("checks") else { return };
    for check in checks {
        let word = |name| check.member(name).and_then(controls::of_text).unwrap_or_default();
        let tone = match word("level") {
            "OK" => Tone::Plain,
            "SKIP" => Tone::Off,
            "WARN" => Tone::High,
            _ => Tone::Alarm,
        };
        row(page, word("name"), &[word("level"), " ", word("text")].concat(), tone);
    }
}

fn draw_sources(page: &mut Page, sources: &[Value]) {
    let mut sheet = Sheet::new(&HEADS);
    for source in sources {
        let word = |name| source.member(name).and_then(controls::of_text).unwrap_or_default();
        let number = |name| match source.member(name) {
            Some(Value::Int(number)) => Some(number.to_string()),
            _ => None,
        };
        sheet.row(word("name"));
        sheet.word(word("state"));
        sheet.text(number("files"));
        sheet.text(number("denied"));
        sheet.text(number("cost_us").map(|us| us + " us"));
        sheet.word(word("path"));
    }
    sheet.draw("Sources", page);
}

#[cfg(test)]
mod tests {
    use super::super::page::test::all_with;
    use super::*;
    use crate::view::more::More;
    use crate::wire::json;

    fn reply(text: &str) -> Result<Value<'static>, String> {
        Ok(json::decode(text).expect(text))
    }

    fn shown(more: &More, width: u16) -> Vec<String> {
        let mut s = Snapshot::default();
        let interface = s.interfaces.add();
        interface.name.push_str("eth0");
        interface.addresses.push_str("192.168.1.2 2001:db8::aaaa:bbbb:cccc:dddd");
        all_with(&|page| draw(page, &s), more, width)
    }

    #[test]
    fn ok_one_after_the_other() {
        let (mut state, now) = (State::default(), Instant::now());
        let topic = |state: &State, now| state.wants(now).map(|(topic, ..)| topic);
        for (at, answer, wanted) in [
            (0, Err("gone".to_owned()), Topic::Meta),
            (0, reply("{}"), Topic::Meta),
            (0, reply("{}"), Topic::Health),
            (1, Err("gone".to_owned()), Topic::Sources),
            (5, reply("{}"), Topic::Health),
            (6, reply("{}"), Topic::Sources),
        ] {
            let now = now + Duration::from_secs(at);
            assert_eq!(topic(&state, now), Some(wanted), "{at}");
            state.answered(wanted, answer, now);
        }
        assert_eq!(topic(&state, now + Duration::from_secs(9)), None);
    }

    #[test]
    fn ok_pages() {
        let mut more = More::default();
        more.info.why = Some("socket /x: no such file".to_owned());
        assert_eq!(shown(&more, 80)[1], "socket /x: no such file");
        for (topic, text) in [
            (
                Topic::Meta,
                r#"{"Meta":{"is_jetson":true,"serial_number":"1421","soc":"Unknown","protocol":1}}"#,
            ),
            (
                Topic::Health,
                r#"{"Health":{"uptime_secs":90,"errors":2,"checks":[{"name":"fan","level":"WARN","text":"a\u001bb"},7]}}"#,
            ),
            (Topic::Sources, r#"{"Sources":[{"name":"cpu","state":"ok","files":3,"cost_us":12},7]}"#),
        ] {
            more.answered(topic, reply(text));
        }
        let rows = shown(&more, 80);
        for wanted in [
            "serial number     ******** (x shows it)",
            "soc               -",
            "protocol          1",
            "eth0              192.168.1.2 2001:db8::aaaa:bbbb:cccc:dddd",
            "server up 90 s   errors 2",
            "fan               WARN ab",
        ] {
            assert!(rows.iter().any(|row| row == wanted), "{wanted}: {rows:#?}");
        }
        assert!(rows.iter().any(|row| row.starts_with("cpu") && row.contains("12 us")), "{rows:#?}");
        assert_eq!((more.info.key(Key::Char('x')), more.info.key(Key::Char('y'))), (Act::Draw, Act::Pass));
        assert!(shown(&more, 33).contains(&"  1421".to_owned()));
    }
}
