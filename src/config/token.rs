//! The file that holds the token, which must be nobody else's to read.

use std::ffi::OsStr;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::key::{self, KEYS};
use super::{Config, Error, contents};
use crate::root::Root;

/// Most bytes of the file.
const MOST_BYTES: u64 = 4096;

/// The token of a file, a path of the root: its text without the line end.
///
/// # Errors
/// Those of reading it; that it is no regular file, gives others any permission, belongs to another
/// than root and the user, or holds no line of text.
pub(super) fn read(path: &Path, root: &Root, uid: u32) -> Result<String, Error> {
    let name = path.display();
    let refused = |why: &str| Error::new(format_args!("token_file: {name}: {why}"));
    let failed = |error: io::Error| Error::io(format_args!("token_file: {name}"), &error);
    let relative = path.to_str().map(|path| path.trim_start_matches('/')).unwrap_or_default();
    let file = root.open(relative).map_err(failed)?;
    let status = file.metadata().map_err(failed)?;
    if !status.is_file() {
        return Err(refused("no regular file"));
    }
    if status.mode() & 0o007 != 0 {
        return Err(refused("open to others (chmod 600)"));
    }
    if status.uid() != 0 && status.uid() != uid {
        return Err(refused("belongs to somebody else (chown it)"));
    }
    let bytes = contents(&file, MOST_BYTES).map_err(failed)?;
    let text = std::str::from_utf8(&bytes).unwrap_or_default().trim_end_matches(['\r', '\n']);
    let mut read = Config::default();
    let key = key::position("token").and_then(|place| KEYS.get(place));
    key.and_then(|key| key.set(&mut read, OsStr::new(text)));
    read.token.ok_or_else(|| refused("holds no token (one line of text)"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{ETC, Place, origin};
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    #[test]
    fn ok_tokens() {
        let place = Place::new("tokens");
        let file = place.write("etc/jetsonscope/token", "geheim\r\n");
        let uid = file.metadata().unwrap().uid();
        let allow = |mode| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        let load = |text: &str, set: &[(&str, &str)]| {
            place.write(ETC, text);
            place.load_as(uid, set, &[], None)
        };
        // The path is one of the root.
        let text = "token_file = /etc/jetsonscope/token";
        for mode in [0o600, 0o400, 0o640, 0o660] {
            allow(mode);
            let loaded = load(text, &[]).unwrap_or_else(|error| panic!("{mode:o}: {error}"));
            assert_eq!(loaded.config.token.as_deref(), Some("geheim"), "{mode:o}");
            assert_eq!(origin(&loaded, "token_file").0, "/etc/jetsonscope/token");
            assert!(!format!("{:?}", loaded.origins).contains("geheim"));
        }
        for (text, set, wanted) in [
            ("token = a\ntoken_file = /etc/jetsonscope/token", &[][..], Some("geheim")),
            ("token_file = /etc/jetsonscope/token\ntoken = a", &[], Some("a")),
            (text, &[("JETSONSCOPE_AUTH_TOKEN", "b"), ("TEGRA_AUTH_TOKEN", "c")], Some("b")),
            (text, &[("TEGRA_AUTH_TOKEN", "c")], Some("c")),
            ("token_file = /etc/jetsonscope/token\ntoken =", &[], Some("geheim")),
            ("token_file = /absent\ntoken_file =", &[], None),
        ] {
            let loaded = load(text, set).unwrap();
            assert_eq!(loaded.config.token.as_deref(), wanted, "{text} {set:?}");
            let place = |name| !origin(&loaded, name).0.is_empty();
            assert_eq!(u8::from(place("token")) + u8::from(place("token_file")), u8::from(wanted.is_some()));
        }
        for mode in [0o604, 0o666, 0o602, 0o601] {
            allow(mode);
            let error = load(text, &[]).map(|loaded| loaded.config).expect_err("open to others").to_string();
            assert_eq!(error, "token_file: /etc/jetsonscope/token: open to others (chmod 600)", "{mode:o}");
        }
        allow(0o600);
        for (content, wanted) in [
            (&b""[..], "holds no token"),
            (b"\n", "holds no token"),
            (b"a\nb\n", "holds no token"),
            (b"\xff\xfe", "holds no token"),
            (&[b'a'; 1100], "holds no token"),
            (&[b'a'; 5000], "larger than 4096 bytes"),
        ] {
            std::fs::write(&file, content).unwrap();
            let error = load(text, &[]).map(|loaded| loaded.config).expect_err(wanted).to_string();
            assert!(error.contains(wanted), "{error}");
        }
        if uid != 0 {
            return;
        }
        std::fs::write(&file, "geheim").unwrap();
        std::os::unix::fs::chown(&file, Some(65534), None).unwrap();
        let error = load(text, &[]).map(|loaded| loaded.config).expect_err("a stranger's").to_string();
        assert!(error.contains("somebody else"), "{error}");
    }

    #[test]
    fn err_token_files_that_are_none() {
        let place = Place::new("token-files");
        for (path, wanted) in [
            ("/absent", "token_file: /absent: no such file or directory"),
            ("/etc", "token_file: /etc: no regular file"),
            ("/", "token_file: /: no regular file"),
        ] {
            place.write(ETC, format!("token_file = {path}"));
            let error = place.load(&[], &[]).map(|loaded| loaded.config).expect_err(path).to_string();
            assert_eq!(error, wanted);
        }
    }
}
