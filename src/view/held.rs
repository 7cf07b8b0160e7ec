//! Who holds the memory of the GPU: the last part of the page of memory.

use std::time::Duration;

use super::more::{Topic, Want};
use super::page::Page;
use super::sheet::{Head, Kind, Sheet};
use super::unit::size;
use crate::process::{Process, Sort};
use crate::recycled::Recycled;
use crate::wire::Value;
use crate::wire::process::read_reply;
use crate::wire::request::Request;

/// How many are shown, and how often they are asked for.
const MOST: u32 = 12;
const EVERY: Duration = Duration::from_secs(2);
const HEADS: [Head; 4] =
    [("process", Kind::Left), ("pid", Kind::Right), ("user", Kind::Left), ("GPU memory", Kind::Right)];

/// The processes that hold most of it.
#[derive(Default)]
pub struct State {
    list: Recycled<Process>,
    /// Why they are not known.
    error: String,
}

impl State {
    /// Asks for them.
    pub fn wants(&self) -> Want {
        Some((Topic::Held, Request::GetProcesses { sort: Sort::Gpu, limit: MOST }, EVERY))
    }

    /// Takes them; without an answer, none are shown.
    pub fn answered(&mut self, result: Result<Value<'static>, String>) {
        self.error.clear();
        let list = &mut self.list;
        let read = |reply| read_reply(&reply, list).map_err(|error| error.to_string());
        if let Err(why) = result.and_then(read) {
            self.list.clear();
            self.error = why;
        }
    }

    /// Draws them, if one holds any.
    pub fn draw(&self, page: &mut Page) {
        let mut sheet = Sheet::new(&HEADS);
        for process in self.list.iter() {
            let Some(bytes) = process.gpu_bytes.filter(|&bytes| bytes > 0) else { continue };
            sheet.row(&process.command);
            sheet.text(Some(process.pid.to_string()));
            sheet.word(&process.user);
            sheet.text(Some(size(bytes)));
        }
        sheet.draw("GPU memory by process", page);
        if !self.error.is_empty() {
            page.note(&["processes: ", &self.error].concat());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::page::test::all;
    use super::*;
    use crate::wire::json;

    fn shown(answers: &[Result<&str, &str>], width: u16) -> Vec<String> {
        let mut state = State::default();
        for answer in answers {
            let value = answer.map(|text| json::decode(text).expect("JSON").into_owned());
            state.answered(value.map_err(str::to_owned));
        }
        all(&|page| state.draw(page), width)
    }

    const TWO: &str = r#"{"Processes":{"processes":[
        {"pid":4481,"ppid":1,"user":"root","threads":9,"state":"R","cpu_percent":70,"rss_bytes":9,"gpu_bytes":271581184,"container":null,"command":"python3 /app/\u001b[31minfer.py --engine model.plan --and a --long tail"},
        {"pid":9,"ppid":1,"user":null,"threads":1,"state":"S","cpu_percent":null,"rss_bytes":9,"gpu_bytes":1024,"container":null,"command":"x"},
        {"pid":10,"ppid":1,"user":null,"threads":1,"state":"S","cpu_percent":null,"rss_bytes":9,"gpu_bytes":null,"container":null,"command":"none"},
        {"pid":11,"ppid":1,"user":null,"threads":1,"state":"S","cpu_percent":null,"rss_bytes":9,"gpu_bytes":0,"container":null,"command":"zero"}],"total":40}}"#;

    #[test]
    fn ok_who_holds_some() {
        let wanted = [
            "GPU memory by process",
            "process                              pid user GPU memory",
            "python3 /app/ [31minfer.py --engine 4481 root     259 MB",
            "x                                      9 -          1024 B",
        ];
        let found = shown(&[Ok(TWO)], 56);
        assert_eq!(found.len(), wanted.len(), "{found:#?}");
        assert!(!found.concat().contains(['\u{1b}', '+']) && !found.concat().contains("none"), "{found:#?}");
        assert!(found[2].starts_with("python3 ") && found[2].ends_with("259 MB"), "{found:#?}");
        for width in [1, 8, 20, 30, 200] {
            let _ = shown(&[Ok(TWO)], width.max(30));
        }
    }

    #[test]
    fn err_answers() {
        for (answers, wanted) in [
            (&[][..], &[][..]),
            (&[Ok(r#"{"Processes":{"processes":[],"total":0}}"#)], &[]),
            (&[Ok(TWO), Err("daemon lost")], &["processes: daemon lost"]),
            (
                &[Ok(r#"{"Pong":1}"#)],
                &["processes: message: member \"Processes\" has the wrong kind of", "value"],
            ),
            (&[Err("daemon lost"), Ok(r#"{"Processes":{"processes":[],"total":0}}"#)], &[]),
        ] {
            assert_eq!(shown(answers, 60), wanted, "{answers:?}");
        }
    }
}
