//! Links from the applets' names to this executable, as busybox makes them.
//!
//! All names are looked at before the first link is made, so a name that is taken leaves nothing
//! half done. A link to this very file is left as it is; any other file is never replaced.

use std::ffi::OsString;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use super::{Failure, Outcome, code, jetsonscope};

/// Links every applet's name in `directory`: hard links, or relative symbolic ones.
pub fn install(directory: &Path, symbolic: bool) -> Outcome {
    let cannot = |what: &Path, error: &io::Error| Failure::io(code::CANNOT_CREATE, what.display(), error);
    let own = std::env::current_exe().and_then(|path| path.canonicalize());
    let own = own.map_err(|error| cannot(Path::new("this executable"), &error))?;
    let directory = directory.canonicalize().map_err(|error| cannot(directory, &error))?;
    let mut missing = Vec::new();
    for name in jetsonscope::links().chain(["jetsonscope"]) {
        let link = directory.join(name);
        match link.symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => missing.push(link),
            Err(error) => return Err(cannot(&link, &error)),
            Ok(_) if is_own(&link, &own) => {}
            Ok(_) => return Err(taken(&link)),
        }
    }
    for link in &missing {
        let made = match symbolic {
            true => std::os::unix::fs::symlink(relative(&directory, &own), link),
            false => std::fs::hard_link(&own, link),
        };
        made.map_err(|error| match error.kind() {
            io::ErrorKind::CrossesDevices => Failure::new(
                code::CANNOT_CREATE,
                format_args!("{}: another file system than {} (use -s)", link.display(), own.display()),
            ),
            _ => cannot(link, &error),
        })?;
    }
    Ok(0)
}

fn taken(link: &Path) -> Failure {
    let what = format_args!("{}: exists and is not a link to this file (remove it first)", link.display());
    Failure::new(code::CANNOT_CREATE, what)
}

/// The same file, by whatever kind of link.
fn is_own(link: &Path, own: &Path) -> bool {
    match (link.metadata(), own.metadata()) {
        (Ok(a), Ok(b)) => (a.dev(), a.ino()) == (b.dev(), b.ino()),
        _ => false,
    }
}

/// The way from `directory` to `file`, both absolute: one `..` for each level that they do not share.
fn relative(directory: &Path, file: &Path) -> PathBuf {
    let (from, to): (Vec<Component>, Vec<Component>) =
        (directory.components().collect(), file.components().collect());
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from.iter().skip(shared).map(|_| OsString::from(".."));
    let down = to.iter().skip(shared).map(|part| part.as_os_str().to_owned());
    up.chain(down).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_relative() {
        for (directory, file, wanted) in [
            ("/usr/bin", "/usr/bin/jetsonscope", "jetsonscope"),
            ("/usr/bin", "/usr/lib/js/jetsonscope", "../lib/js/jetsonscope"),
            ("/", "/bin/jetsonscope", "bin/jetsonscope"),
            ("/a/b/c", "/x", "../../../x"),
        ] {
            assert_eq!(relative(Path::new(directory), Path::new(file)), Path::new(wanted), "{directory}");
        }
    }
}
