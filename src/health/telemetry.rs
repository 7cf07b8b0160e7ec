//! Health as a log: a line of JSON from time to time (JETSONSCOPE_TELEMETRY_LOG).
//!
//! The server calls [`Telemetry::append`] when a line is due, and [`Telemetry::reopen`] when it is
//! told to begin a new file (SIGHUP). A line that cannot be written is lost, and the file holds
//! whole lines all the same; that it begins or ends to fail is told once.

use std::path::PathBuf;
use std::time::Duration;

use super::{Check, Counters};
use crate::append::{Error, Log};
use crate::utc;
use crate::wire::{health, json};

/// How long the server waits for others who append to the same file.
const WAIT: Duration = Duration::from_millis(20);

/// The log.
pub struct Telemetry {
    log: Log,
    failing: bool,
}

impl Telemetry {
    /// The log in that file, which is opened with the first line.
    pub fn new(path: impl Into<PathBuf>) -> Telemetry {
        Telemetry { log: Log::new(path, true), failing: false }
    }

    /// Has the next line open the file by its name.
    pub fn reopen(&mut self) {
        self.log.reopen();
    }

    /// Appends the line `{"Health":{...,"time":S}}`. Gives a line for people when writing begins to
    /// fail, and when it works again.
    pub fn append(&mut self, counters: &Counters, checks: &[Check]) -> Option<String> {
        self.append_at(counters, checks, utc::stamp())
    }

    /// The same with a time, which is written and compared with nothing: it may be any.
    fn append_at(&mut self, counters: &Counters, checks: &[Check], stamp: String) -> Option<String> {
        let mut reply = health::health(counters, checks);
        health::add_time(&mut reply, stamp);
        let mut line = json::encode(&reply);
        line.push('\n');
        let result = self.write(line.as_bytes());
        let news = match (&result, self.failing) {
            (Err(error), false) => Some(error.to_string()),
            (Ok(()), true) => Some("written again".to_owned()),
            _ => None,
        };
        self.failing = result.is_err();
        news.map(|news| format!("telemetry {}: {news}", self.log.path().display()))
    }

    fn write(&mut self, line: &[u8]) -> Result<(), Error> {
        let mut locked = self.log.lock(WAIT)?;
        locked.mend(&[line])?;
        locked.write(line)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::health::Level;

    #[test]
    fn ok_telemetry_of_a_clock_that_is_set() {
        let file = std::env::temp_dir().join(format!("jetsonscope-telemetry-clock-{}", std::process::id()));
        let _ = fs::remove_file(&file);
        let mut log = Telemetry::new(&file);
        let begin = UNIX_EPOCH + Duration::from_secs(1_795_250_192);
        let wanted = [
            (begin, "2026-11-21T08:36:32Z"),
            (begin - Duration::from_secs(3600), "2026-11-21T07:36:32Z"),
            (UNIX_EPOCH - Duration::from_secs(1), "1970-01-01T00:00:00Z"),
            (begin + Duration::from_secs(1 << 40), "36869-01-09T09:12:48Z"),
            (begin, "2026-11-21T08:36:32Z"),
        ];
        for (time, _) in wanted {
            assert_eq!(log.append_at(&Counters::default(), &[], utc::at(time)), None, "{time:?}");
        }
        let text = fs::read_to_string(&file).unwrap();
        for (line, (time, wanted)) in text.lines().zip(wanted) {
            assert!(line.ends_with(&format!(",\"time\":\"{wanted}\"}}}}")), "{time:?}: {line}");
        }
        assert_eq!(text.lines().count(), wanted.len());
        fs::remove_file(&file).unwrap();
    }

    #[test]
    fn ok_telemetry_says_once_that_it_fails() {
        let place = std::env::temp_dir().join(format!("jetsonscope-telemetry-{}", std::process::id()));
        let _ = fs::remove_dir_all(&place);
        fs::create_dir_all(&place).unwrap();
        let checks = [Check { name: "fan", level: Level::Ok, text: "turns".into() }];
        let (file, mut log) = (place.join("health.jsonl"), Telemetry::new(place.join("health.jsonl")));
        let append = |log: &mut Telemetry| log.append(&Counters::default(), &checks);
        let lines = |name: &str| {
            let text = fs::read_to_string(place.join(name)).unwrap_or_default();
            assert!(text.is_empty() || text.ends_with("Z\"}}\n"), "{text}");
            assert!(text.lines().all(|line| line.starts_with(r#"{"Health":{"uptime_secs":0,"#)), "{text}");
            text.lines().count()
        };
        assert_eq!((append(&mut log), append(&mut log)), (None, None));
        // Renamed: the old file until it is told to open the new one.
        fs::rename(&file, place.join("old")).unwrap();
        assert_eq!(append(&mut log), None);
        log.reopen();
        assert_eq!(append(&mut log), None);
        assert_eq!((lines("old"), lines("health.jsonl")), (3, 1));
        // Cut off, as by a crash of the machine.
        fs::write(&file, &fs::read(&file).unwrap()[..20]).unwrap();
        assert_eq!(append(&mut log), None);
        assert_eq!(lines("health.jsonl"), 1);
        // The directory vanishes and comes back.
        fs::remove_dir_all(&place).unwrap();
        let news = append(&mut log).expect("a line");
        assert!(
            news.starts_with("telemetry /") && news.ends_with("health.jsonl: no such file or directory"),
            "{news}"
        );
        assert_eq!((append(&mut log), append(&mut log)), (None, None));
        fs::create_dir_all(&place).unwrap();
        assert!(append(&mut log).expect("a line").ends_with(": written again"));
        assert_eq!((append(&mut log), lines("health.jsonl")), (None, 2));
        fs::remove_dir_all(&place).unwrap();
        if Path::new("/dev/full").exists() {
            let mut full = Telemetry::new("/dev/full");
            assert_eq!(append(&mut full).as_deref(), Some("telemetry /dev/full: no space left on device"));
            assert_eq!(append(&mut full), None);
        }
    }
}
