//! Requests, good and bad, in both directions.

use super::*;
use crate::wire::json;

fn read(text: &str) -> Result<Request, String> {
    Request::read(&json::decode(text).unwrap()).map_err(|(code, why)| format!("{}: {why}", code.name()))
}

#[test]
fn ok_requests() {
    let set = |token: Option<&str>| Request::SetControl {
        control: "fan".into(),
        value: "60".into(),
        token: token.map(str::to_owned),
        manner: Manner::default(),
    };
    let manner = Manner { dry_run: true, confirm_s: 30, ..Manner::default() };
    let try_out =
        |manner| Request::SetControl { control: "fan".into(), value: "auto".into(), token: None, manner };
    let list = |sort, limit| Request::GetProcesses { sort, limit };
    let stream = |interval_ms, select: &[&str]| Request::Subscribe {
        interval_ms,
        select: select.iter().map(|name| name.to_string()).collect(),
    };
    let past = |series: &[&str], window_s| Request::GetHistory {
        series: series.iter().map(|name| name.to_string()).collect(),
        window_s,
    };
    for (text, wanted) in [
        (r#""GetStats""#, Request::GetStats),
        (r#"{"GetStats":null}"#, Request::GetStats),
        (r#"{"GetMeta":{}}"#, Request::GetMeta),
        (r#""ListControls""#, Request::ListControls),
        (r#"{"GetHealth":null}"#, Request::GetHealth),
        (r#""Ping""#, Request::Ping),
        (r#"{"SetControl":{"control":"fan","value":"60","token":null}}"#, set(None)),
        (r#"{"SetControl":{"token":"x","value":"60","control":"fan","more":1}}"#, set(Some("x"))),
        (
            r#"{"SetControl":{"control":"fan","value":"auto","dry_run":true,"reboot":false,"confirm_s":30}}"#,
            try_out(manner),
        ),
        (r#"{"Undo":null}"#, Request::Undo { control: None, all: false, token: None }),
        (
            r#"{"Undo":{"control":"fan","all":true}}"#,
            Request::Undo { control: Some("fan".into()), all: true, token: None },
        ),
        (r#"{"Confirm":{"token":"x"}}"#, Request::Confirm { token: Some("x".into()) }),
        (r#"{"Forget":{"control":"fan"}}"#, Request::Forget { control: Some("fan".into()), token: None }),
        (r#""GetProcesses""#, list(Sort::default(), 20)),
        (r#"{"GetProcesses":{"sort":"memory","limit":99999}}"#, list(Sort::Memory, 2048)),
        (r#"{"Subscribe":{}}"#, stream(1000, &[])),
        (r#"{"GetHistory":null}"#, past(&[], 300)),
        (r#"{"GetHistory":{"window_s":86400,"series":["temps.cpu"]}}"#, past(&["temps.cpu"], 86400)),
        (
            r#"{"Subscribe":{"interval_ms":100,"select":["ram","temps.cpu"]}}"#,
            stream(100, &["ram", "temps.cpu"]),
        ),
    ] {
        let request = read(text);
        assert_eq!(request, Ok(wanted.clone()), "{text}");
        assert_eq!(Request::read(&wanted.write()), Ok(wanted), "{text} written and read");
    }
}

#[test]
fn err_requests() {
    for (text, why) in [
        (r#""GetNothing""#, "no request \"GetNothing\""),
        (r#""getstats""#, "no request \"getstats\""),
        ("[]", "a text or a map"),
        ("1", "a text or a map"),
        ("null", "a text or a map"),
        ("{}", "a map of one name"),
        (r#"{"GetStats":null,"GetMeta":null}"#, "a map of one name"),
        (r#"{"GetStats":{"a":1}}"#, "takes no members: \"GetStats\""),
        (r#"{"GetStats":1}"#, "takes no members"),
        (r#"{"SetControl":{"control":"fan"}}"#, "missing member \"value\""),
        (r#"{"SetControl":{"control":1,"value":"x"}}"#, "no text in member \"control\""),
        (r#"{"SetControl":null}"#, "missing member \"control\""),
        (r#"{"SetControl":{"control":"f","value":"x","confirm_s":3601}}"#, "confirm_s is not"),
        (
            r#"{"SetControl":{"control":"f","value":"x","dry_run":1}}"#,
            "neither true nor false in member \"dry_run\"",
        ),
        (r#"{"Undo":{"all":"yes"}}"#, "neither true nor false"),
        (r#"{"GetProcesses":{"sort":"beauty"}}"#, "no sort \"beauty\""),
        (r#"{"GetProcesses":{"limit":-1}}"#, "no whole number in member \"limit\""),
        (r#"{"Subscribe":{"interval_ms":99}}"#, "interval_ms is not"),
        (r#"{"Subscribe":{"interval_ms":1.5}}"#, "no whole number"),
        (r#"{"Subscribe":{"select":"ram"}}"#, "select is a list"),
        (r#"{"Subscribe":{"select":[1]}}"#, "select is a list"),
        (r#"{"GetHistory":{"series":"a"}}"#, "series is a list"),
        (r#"{"GetHistory":{"series":[1]}}"#, "series is a list"),
        (r#"{"GetHistory":{"series":["","","","","","","","","","","","","","","","",""]}}"#, "at most 16"),
        (r#"{"GetHistory":{"window_s":9}}"#, "window_s is not 10 to 86400"),
        (r#"{"GetHistory":{"window_s":86401}}"#, "window_s is not"),
        (r#"{"GetHistory":{"window_s":"1h"}}"#, "no whole number in member \"window_s\""),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.starts_with("bad_request: ") && error.contains(why), "{text}: {error}");
    }
    let long = format!("\"{}\"", "é".repeat(10_000));
    assert!(read(&long).unwrap_err().len() < 200);
}
