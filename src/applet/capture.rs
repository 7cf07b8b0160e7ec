//! `jscopectl capture`: a board in a directory, to send to somebody or to test against.

use std::ffi::OsString;
use std::path::Path;

use super::{Failure, Outcome, code, print, root};
use crate::capture;

/// What `--help` prints.
pub const HELP: &str = "\
usage: jscopectl capture [--anonymous] [--root DIR] DIRECTORY
       jscopectl capture --check DIRECTORY

Copies the files of the board that are read into a directory, with what they
give. Serial numbers, MAC addresses and the host's name are replaced.
  --anonymous   leave out the network's addresses and names of mounts, too
  --root DIR    take a directory for the board
  --check       does a captured board still give the same? exit code 1 if not
";

/// Runs the verb on what follows it.
pub fn run(mut args: lexopt::Parser) -> Outcome {
    use lexopt::prelude::*;
    let (mut anonymous, mut check) = (false, false);
    let (mut source, mut directory): (Option<OsString>, Option<OsString>) = (None, None);
    while let Some(arg) = args.next()? {
        match arg {
            Long("anonymous") => anonymous = true,
            Long("check") => check = true,
            Long("root") => source = Some(args.value()?),
            Value(value) if directory.is_none() => directory = Some(value),
            _ => return Err(arg.unexpected().into()),
        }
    }
    let directory = directory.ok_or_else(|| Failure::usage("capture: no directory given"))?;
    match check {
        true => compare(directory.as_ref()),
        false => {
            let root = root::root(source)?;
            let files = capture::take(&root, directory.as_ref(), anonymous)
                .map_err(|failed| Failure::io(code::CANNOT_CREATE, failed.path.display(), &failed.error))?;
            print(&format!("{files} files in {}\n", directory.display()))
        }
    }
}

fn compare(directory: &Path) -> Outcome {
    let differences = capture::check(directory)
        .map_err(|failed| Failure::io(code::NO_INPUT, failed.path.display(), &failed.error))?;
    let same = differences.is_empty();
    let lines: String = differences.iter().map(|line| format!("{line}\n")).collect();
    print(&lines).map(|_| if same { 0 } else { code::DIFFERS })
}
