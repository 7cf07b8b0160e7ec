//! The reply `Processes`: a list of processes, and back.

use super::message::{list, map, optional, per_mille, percent, small, text, unsigned};
use super::{Error, Value};
use crate::process::Process;
use crate::recycled::Recycled;

/// The reply `{"Processes": {"processes": [...], "total": N}}`: those that are listed, and how many
/// there are.
pub fn processes(processes: &[Process], total: u32) -> Value<'_> {
    let list = Value::List(processes.iter().map(process).collect());
    Value::variant("Processes", map([("processes", list), ("total", total.into())]))
}

fn process(process: &Process) -> Value<'_> {
    let state =
        if process.state == '\0' { Value::Null } else { Value::Text(process.state.to_string().into()) };
    map([
        ("pid", process.pid.into()),
        ("ppid", process.ppid.into()),
        ("user", known(&process.user)),
        ("threads", process.threads.into()),
        ("state", state),
        ("cpu_percent", process.cpu_pm.map(percent).into()),
        ("rss_bytes", process.rss_bytes.into()),
        ("gpu_bytes", process.gpu_bytes.into()),
        ("container", known(&process.container)),
        ("command", Value::text(&process.command)),
    ])
}

fn known(text: &str) -> Value<'_> {
    if text.is_empty() { Value::Null } else { Value::text(text) }
}

/// Reads the whole reply; gives the total.
///
/// # Errors
/// It is another reply; those of [`read_processes`].
pub fn read_reply(reply: &Value, into: &mut Recycled<Process>) -> Result<u32, Error> {
    read_processes(reply.member("Processes").ok_or(Error::Member("Processes"))?, into)
}

/// Reads the reply `Processes` (the object inside its variant); gives the total.
///
/// # Errors
/// A member of the wrong kind; a process without number or memory.
pub fn read_processes(reply: &Value, into: &mut Recycled<Process>) -> Result<u32, Error> {
    into.clear();
    for value in list(reply, "processes")? {
        let process = into.add();
        process.pid = optional(value, "pid", small)?.ok_or(Error::Member("pid"))?;
        process.ppid = optional(value, "ppid", small)?.unwrap_or(0);
        process.user.push_str(text(value, "user")?);
        process.threads = optional(value, "threads", small)?.unwrap_or(0);
        process.state = text(value, "state")?.chars().next().unwrap_or('\0');
        process.cpu_pm = optional(value, "cpu_percent", per_mille)?;
        process.rss_bytes = optional(value, "rss_bytes", unsigned)?.ok_or(Error::Member("rss_bytes"))?;
        process.gpu_bytes = optional(value, "gpu_bytes", unsigned)?;
        process.container.push_str(text(value, "container")?);
        process.command.push_str(text(value, "command")?);
    }
    Ok(optional(reply, "total", small)?.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{cbor, json};

    const JSON: &str = r#"{"Processes":{"processes":[{"pid":7,"ppid":1,"user":"root","threads":3,"state":"S","cpu_percent":99.5,"rss_bytes":4096,"gpu_bytes":1024,"container":"0123456789ab","command":"a \u001b[31m \"b\""},{"pid":8,"ppid":0,"user":null,"threads":1,"state":"Z","cpu_percent":null,"rss_bytes":0,"gpu_bytes":null,"container":null,"command":"[x]"}],"total":2077}}"#;

    #[test]
    fn ok_there_and_back_in_both_encodings() {
        let mut list = Recycled::default();
        let tree = json::decode(JSON).unwrap();
        let total = read_processes(tree.member("Processes").unwrap(), &mut list).unwrap();
        assert_eq!((total, list.len()), (2077, 2));
        assert_eq!((list[0].cpu_pm, list[1].cpu_pm, list[1].user.as_str()), (Some(995), None, ""));
        let tree = processes(&list, total);
        assert_eq!(json::encode(&tree), JSON);
        let bytes = cbor::encode(&tree);
        assert_eq!(json::encode(&cbor::decode(&bytes).unwrap().0), JSON);
    }

    #[test]
    fn err_replies() {
        for text in [
            r#"{"processes":1}"#,
            r#"{"processes":[1]}"#,
            r#"{"processes":[{"rss_bytes":1}]}"#,
            r#"{"processes":[{"pid":-1,"rss_bytes":1}]}"#,
            r#"{"processes":[{"pid":1,"rss_bytes":-1}]}"#,
            r#"{"processes":[{"pid":1,"rss_bytes":1,"command":[]}]}"#,
            r#"{"processes":[],"total":"x"}"#,
        ] {
            let tree = json::decode(text).unwrap();
            assert!(read_processes(&tree, &mut Recycled::default()).is_err(), "{text}");
        }
    }
}
