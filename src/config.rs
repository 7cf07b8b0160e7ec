//! The configuration of the server: defaults, files, variables and options, the later ones winning.
//!
//! [`Config::load`] reads it whole, at start and at each reload; it owns nothing afterwards. Files
//! below /etc are those of the root that it is given. `config/key.rs` has the one table of keys,
//! `config/file.rs` the syntax of a line.
//!
//! The order, weakest first: the default; `/etc/jetsonscope/jetsonscope.conf`;
//! `/etc/jetsonscope/conf.d/*.conf`, sorted; the user's own file; variables `TEGRA_*`, then
//! `JETSONSCOPE_*`; options. A value that is wrong is an error wherever it stands, even if a
//! stronger one would win; a key that nobody knows is a warning.

pub mod file;
pub mod key;
#[cfg(test)]
mod tests;
mod token;

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::root::Root;
use crate::{env, order, sys};
use key::{KEYS, Key};

/// The directory of the files, below the root.
const DIRECTORY: &str = "etc/jetsonscope";
/// The name of the file there, and below the user's directory of configuration.
const NAME: &str = "jetsonscope.conf";
/// Most bytes of a file; a full one has two.
const MOST_BYTES: u64 = 64 * 1024;
/// Most characters of a wrong text that a message shows.
const MOST_SHOWN: usize = 80;
/// The directory of the system's socket.
const RUN: &str = "/run/jetsonscope";

/// The settings of the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// The socket that it listens on, an absolute path of at most 107 bytes.
    pub socket: PathBuf,
    /// Listens on the name of older versions in /tmp, too.
    pub compat_tmp_socket: bool,
    /// The permissions of the socket, 0 to 0777.
    pub socket_mode: u32,
    /// The group whose members may change settings of the board.
    pub group: String,
    /// Most connections at a time, 1 to 10000.
    pub max_clients: usize,
    /// A connection that is silent for so long is closed; 0 is never.
    pub idle_timeout: Duration,
    /// The time between two samples, 100 ms to 1 h.
    pub interval: Duration,
    /// The same while nobody asks, 100 ms to 1 h.
    pub idle_interval: Duration,
    /// The origin of samples, as of `--source`; `None` is `auto`.
    pub source: Option<String>,
    /// The directory to be taken for the board.
    pub root: Option<PathBuf>,
    /// The token that a change must carry, whether it stood in a file of its own or not.
    pub token: Option<String>,
    /// The file that the token was read from.
    pub token_file: Option<PathBuf>,
    /// The file that health is appended to.
    pub telemetry_log: Option<PathBuf>,
    /// How often it is, 1 s to 24 h.
    pub telemetry_interval: Duration,
    /// Whether the vendor's program may be run for what the kernel's files lack.
    pub tegrastats: bool,
    /// Whether the last day is kept in memory.
    pub history: bool,
    /// Whether what was changed is put back at the end.
    pub restore_on_exit: bool,
    /// The address of the HTTP endpoint, `host:port`.
    pub http: Option<String>,
}

/// What the command line gave.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The file of `--config`, which is read in place of all others.
    pub file: Option<PathBuf>,
    /// The directory that relative paths of options and variables belong to: that of the start, which
    /// the server may have left when it reads them again. Empty, it is the one of now.
    pub directory: PathBuf,
    /// Keys, as places in [`KEYS`], and their values, of which the last one counts.
    given: Vec<(usize, OsString)>,
}

impl Options {
    /// Whether a long option, without its dashes, sets a key.
    pub fn has(option: &str) -> bool {
        KEYS.iter().any(|key| !key.option.is_empty() && key.option == option)
    }

    /// Takes the value of a long option; one that sets no key is passed over.
    pub fn take(&mut self, option: &str, value: OsString) {
        let place = KEYS.iter().position(|key| !key.option.is_empty() && key.option == option);
        self.given.extend(place.map(|place| (place, value)));
    }
}

/// Where the value of a key came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The key.
    pub key: &'static str,
    /// Its value as it was given; empty when not set. A token is only said to be there.
    pub value: String,
    /// `default`, `FILE:LINE`, the name of a variable or an option.
    pub from: String,
}

/// A configuration, and what is to be said about it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// One line each: keys that nobody knows or that stand twice, tokens that others can read.
    pub warnings: Vec<String>,
    /// All keys, in the order of the table.
    pub origins: Vec<Origin>,
}

/// Why there is no configuration: one line `what: why "text" (hint)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// An option is wrong, and no file or variable.
    pub is_usage: bool,
    message: String,
}

impl Error {
    fn new(message: impl fmt::Display) -> Error {
        Error { is_usage: false, message: message.to_string() }
    }

    fn io(what: impl fmt::Display, error: &io::Error) -> Error {
        Error::new(format_args!("{what}: {}", sys::reason(error)))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl Config {
    /// Reads the configuration. The user's own file counts for all but root, whom `sudo` may have
    /// left the directory of somebody else.
    ///
    /// # Errors
    /// The first value or line that is wrong; a file that is there but cannot be read, is larger
    /// than 64 KiB or, with a token, is open to others.
    pub fn load(
        options: &Options,
        root: &Root,
        environment: &dyn Fn(&str) -> Option<OsString>,
    ) -> Result<Loaded, Error> {
        let uid = nix::unistd::geteuid().as_raw();
        load_as(options, root, environment, uid)
    }
}

/// The same as a user.
fn load_as(
    options: &Options,
    root: &Root,
    environment: &dyn Fn(&str) -> Option<OsString>,
    uid: u32,
) -> Result<Loaded, Error> {
    let mut loaded = Loaded::with_defaults();
    match &options.file {
        Some(path) => {
            let file = open(path).map_err(|error| Error::io(path.display(), &error))?;
            loaded.read(&path.display().to_string(), &file)?;
        }
        None => loaded.read_all(root, environment, uid)?,
    }
    let set = |name: &&str| environment(name).filter(|value| !value.is_empty());
    for (place, key) in KEYS.iter().enumerate() {
        if let Some((name, value)) = key.variables.iter().find_map(|name| Some((name, set(name)?))) {
            loaded.set(place, &absolute(options, key, value), name)?;
        }
    }
    for (place, value) in &options.given {
        let Some(key) = KEYS.get(*place) else { continue };
        let wrong = |error| Error { is_usage: true, ..error };
        let value = absolute(options, key, value.clone());
        loaded.set(*place, &value, &["--", key.option].concat()).map_err(wrong)?;
    }
    if let Some(path) = &loaded.config.token_file {
        loaded.config.token = Some(token::read(path, root, uid)?);
    }
    loaded.find_socket(environment, uid);
    Ok(loaded)
}

/// A path of the command line or a variable, which the directory of the start is put before.
fn absolute(options: &Options, key: &Key, value: OsString) -> OsString {
    let is_path = key.range == key::PATH && !value.is_empty();
    let path = is_path.then(|| std::path::absolute(options.directory.join(&value)).ok()).flatten();
    path.map_or(value, PathBuf::into_os_string)
}

/// Opens a file of the user's without waiting for the other end of a pipe.
fn open(path: &Path) -> io::Result<File> {
    File::options().read(true).custom_flags(libc::O_NONBLOCK).open(path)
}

/// The socket of a server that is told none: of the system for root, or for whom may write to its
/// directory; else the user's own.
pub fn default_socket(environment: &dyn Fn(&str) -> Option<OsString>, uid: u32) -> PathBuf {
    if uid == 0 || nix::unistd::access(RUN, nix::unistd::AccessFlags::W_OK).is_ok() {
        return Path::new(RUN).join("jetsonscope.sock");
    }
    let own = environment("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
    own.map_or_else(
        || PathBuf::from(format!("/tmp/jetsonscope-{uid}.sock")),
        |path| path.join("jetsonscope.sock"),
    )
}

impl Loaded {
    fn with_defaults() -> Loaded {
        let mut config = Config::default();
        let mut origins = Vec::with_capacity(KEYS.len());
        for key in KEYS {
            if !key.default.is_empty() {
                key.set(&mut config, OsStr::new(key.default));
            }
            origins.push(Origin { key: key.name, value: key.default.to_owned(), from: "default".to_owned() });
        }
        Loaded { config, warnings: Vec::new(), origins }
    }

    /// Sets the key in a place of the table.
    fn set(&mut self, place: usize, value: &OsStr, from: &str) -> Result<(), Error> {
        let (Some(key), Some(origin)) = (KEYS.get(place), self.origins.get_mut(place)) else { return Ok(()) };
        let text = value.to_string_lossy();
        let shown = if key.is_secret() && !text.is_empty() { env::masked(&text) } else { text.into_owned() };
        if key.set(&mut self.config, value).is_none() {
            let (name, range, shown) = (key.name, key.range, cut(&shown));
            return Err(Error::new(format_args!("{from}: {name}: bad value \"{shown}\" ({range})")));
        }
        (origin.value, origin.from) = (shown, from.to_owned());
        // Of the two ways to a token, the one that was set last counts; one that is left empty takes
        // nothing away from the other.
        match key.name {
            _ if value.is_empty() => {}
            "token" => self.unset("token_file"),
            "token_file" => self.unset("token"),
            _ => {}
        }
        Ok(())
    }

    /// Takes back an optional key.
    fn unset(&mut self, name: &str) {
        let Some(place) = key::position(name) else { return };
        let (Some(key), Some(origin)) = (KEYS.get(place), self.origins.get_mut(place)) else { return };
        key.set(&mut self.config, OsStr::new(""));
        (origin.value, origin.from) = (String::new(), "default".to_owned());
    }

    /// Reads the files of the system, then the user's.
    fn read_all(
        &mut self,
        root: &Root,
        environment: &dyn Fn(&str) -> Option<OsString>,
        uid: u32,
    ) -> Result<(), Error> {
        let directory = [DIRECTORY, "/conf.d"].concat();
        let mut more = root.names(&directory);
        more.retain(|name| name.ends_with(".conf") && !name.starts_with('.'));
        order::sort(&mut more, |a, b| a < b);
        let more = more.iter().map(|name| [&directory, "/", name].concat());
        for path in std::iter::once([DIRECTORY, "/", NAME].concat()).chain(more) {
            self.read_if_there(&root.path().join(&path).display().to_string(), root.open(&path))?;
        }
        let set = |name| environment(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let own = set("XDG_CONFIG_HOME").or_else(|| Some(set("HOME")?.join(".config")));
        match own {
            Some(own) if uid != 0 => {
                let path = own.join("jetsonscope").join(NAME);
                self.read_if_there(&path.display().to_string(), open(&path))
            }
            _ => Ok(()),
        }
    }

    fn read_if_there(&mut self, name: &str, file: io::Result<File>) -> Result<(), Error> {
        use io::ErrorKind::{NotADirectory, NotFound};
        match file {
            Ok(file) => self.read(name, &file),
            Err(error) if matches!(error.kind(), NotFound | NotADirectory) => Ok(()),
            Err(error) => Err(Error::io(name, &error)),
        }
    }

    /// Reads one file.
    fn read(&mut self, name: &str, file: &File) -> Result<(), Error> {
        let bytes = contents(file, MOST_BYTES).map_err(|error| Error::io(name, &error))?;
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let mut seen = [false; KEYS.len()];
        for (number, line) in (1u32..).zip(bytes.split(|byte| *byte == b'\n')) {
            let wrong = |why| {
                let text = String::from_utf8_lossy(line);
                // Half of a token is still a token.
                let text = if text.trim_start().starts_with("token") { "token" } else { text.trim() };
                Error::new(format_args!("{name}:{number}: {why} \"{}\"", cut(text)))
            };
            let Some((key, value)) = file::setting(line).map_err(wrong)? else { continue };
            let from = format!("{name}:{number}");
            let Some(place) = key::position(key) else {
                self.warnings.push(format!("{from}: no such key \"{}\"", cut(key)));
                continue;
            };
            self.set(place, OsStr::new(value), &from)?;
            let twice = seen.get_mut(place).is_some_and(|seen| std::mem::replace(seen, true));
            if twice {
                self.warnings.push(format!("{from}: key stands twice \"{key}\" (this one counts)"));
            }
            let open = || file.metadata().is_ok_and(|status| status.mode() & 0o004 != 0);
            if key == "token" && !value.is_empty() && open() {
                self.warnings.push(format!("{from}: others can read the token (use token_file)"));
            }
        }
        Ok(())
    }

    /// Fills in the socket where nothing set it.
    fn find_socket(&mut self, environment: &dyn Fn(&str) -> Option<OsString>, uid: u32) {
        if self.config.socket.as_os_str().is_empty() {
            self.config.socket = default_socket(environment, uid);
            let place = key::position("socket").and_then(|place| self.origins.get_mut(place));
            if let Some(origin) = place {
                origin.value = self.config.socket.display().to_string();
            }
        }
    }
}

/// All of a file that is no larger than it may be.
fn contents(file: &File, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::other(format!("larger than {most} bytes")));
    }
    Ok(bytes)
}

/// The beginning of a text that may be long.
fn cut(text: &str) -> &str {
    text.char_indices().nth(MOST_SHOWN).map_or(text, |(at, _)| text.split_at(at).0)
}
