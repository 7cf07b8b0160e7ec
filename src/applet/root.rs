//! The option `--root`: a directory to be taken for a board.

use std::ffi::OsString;

use super::{Failure, code};
use crate::env;
use crate::root::Root;

/// The directory of the option, else that of JETSONSCOPE_ROOT, else this machine.
pub fn root(option: Option<OsString>) -> Result<Root, Failure> {
    let (name, directory) = match (option, env::root()) {
        (Some(directory), _) => ("--root", directory),
        (None, Some(directory)) => (env::ROOT, directory),
        (None, None) => return Ok(Root::system()),
    };
    if directory.is_empty() {
        return Err(Failure::usage(format_args!("{name}: no directory given")));
    }
    let root = Root::at(&directory);
    // What is no directory holds no file: this is the look that finds out, and opens nothing else.
    let wrong = root.open("").err();
    wrong.map_or(Ok(root), |error| {
        let what = format_args!("{name} \"{}\"", directory.display()).to_string();
        Err(Failure::io(code::NO_INPUT, what, &error))
    })
}
