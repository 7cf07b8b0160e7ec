//! What all verbs that read the board share: their options, the server that is asked first, and
//! how a reply is printed.

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use lexopt::{Arg, Parser, ValueExt};

use super::{Failure, Outcome, code, say, written};
use crate::client::{self, Address, Connection, Encoding, Why};
use crate::env;
use crate::root::Root;
use crate::wire::request::Request;
use crate::wire::{Value, cbor, json};

/// How long to wait for a reply, and for a sample, unless told otherwise.
const TIMEOUT: Duration = Duration::from_millis(5000);

/// The shared options.
pub struct Asking {
    /// Print messages as JSON.
    pub json: bool,
    /// Print messages as CBOR.
    pub cbor: bool,
    /// How long to wait.
    pub timeout: Duration,
    /// Never read in this process.
    pub no_fallback: bool,
    /// Read in this process, ask no server.
    pub here: bool,
    /// Say nothing when the server does not answer.
    pub quiet: bool,
    /// The socket of the server.
    pub socket: Option<OsString>,
    root: Option<OsString>,
}

impl Default for Asking {
    fn default() -> Self {
        Asking {
            json: false,
            cbor: false,
            timeout: TIMEOUT,
            no_fallback: false,
            here: false,
            quiet: false,
            socket: None,
            root: None,
        }
    }
}

/// Takes an option of the verb's own, by its name; false when it has none of that name.
pub type Own<'a> = &'a mut dyn FnMut(&str, &mut Parser) -> Result<bool, Failure>;

impl Asking {
    /// Reads all arguments; those that are no options go to `values`, where the verb takes any.
    pub fn read(
        &mut self,
        args: &mut Parser,
        own: Own,
        mut values: Option<&mut Vec<String>>,
    ) -> Result<(), Failure> {
        while let Some(arg) = args.next()? {
            let name = match arg {
                Arg::Long(name) => name.to_owned(),
                Arg::Value(value) if values.is_some() => {
                    let value = value.string()?;
                    values.iter_mut().for_each(|values| values.push(value.clone()));
                    continue;
                }
                other => return Err(other.unexpected().into()),
            };
            match name.as_str() {
                "json" => self.json = true,
                "cbor" => self.cbor = true,
                "no-fallback" => self.no_fallback = true,
                "timeout" => self.timeout = timeout(&args.value()?.string()?)?,
                "socket" => self.socket = Some(socket(args.value()?)?),
                "root" => self.root = Some(args.value()?),
                name if own(name, args)? => {}
                name => return Err(lexopt::Error::UnexpectedOption(["--", name].concat()).into()),
            }
        }
        let root = self.root.take();
        self.take_root(root);
        Ok(())
    }

    /// Keeps the directory that was given to be taken for the board. That, or the one of the
    /// variable, is read in this process.
    pub fn take_root(&mut self, root: Option<OsString>) {
        self.here |= root.is_some() || env::root().is_some();
        self.root = root;
    }

    /// The root to read when it is read in this process.
    pub fn root(&self) -> Result<Root, Failure> {
        super::root::root(self.root.clone())
    }

    /// Where the server may be.
    pub fn addresses(&self) -> Vec<Address> {
        let uid = nix::unistd::geteuid().as_raw();
        client::addresses(self.socket.as_deref().map(Path::new), &|name| std::env::var_os(name), uid)
    }

    /// The encoding to speak.
    pub fn encoding(&self) -> Result<Encoding, Failure> {
        if self.cbor {
            return Ok(Encoding::Cbor);
        }
        Encoding::chosen().map_err(Failure::usage)
    }

    /// A connection to the server; none when this process is to read the board, after a line that
    /// says why.
    pub fn connect(&self) -> Result<Option<Connection>, Failure> {
        if self.here {
            return Ok(None);
        }
        let deadline = Instant::now() + self.timeout;
        match Connection::open(&self.addresses(), self.encoding()?, deadline) {
            Ok(connection) => Ok(Some(connection)),
            Err(error) => self.fall_back(error).map(|()| None),
        }
    }

    /// Asks the server and gives its reply, which has the member `name`, to `take`. None when this
    /// process is to read the board.
    pub fn ask(
        &self,
        request: &Request,
        name: &str,
        take: &mut dyn FnMut(&Value) -> Outcome,
    ) -> Result<Option<u8>, Failure> {
        let deadline = Instant::now() + self.timeout;
        let Some(mut connection) = self.connect()? else { return Ok(None) };
        let failed = match connection.request(request, deadline) {
            Ok(reply) if reply.member(name).is_some() => return take(&reply).map(Some),
            Ok(_) => None,
            Err(error) => Some(error),
        };
        let other = || connection.error(Why::Broken, "reply is not what was asked for");
        self.fall_back(failed.unwrap_or_else(other)).map(|()| None)
    }

    /// Says that this process reads the board; a failure where it must not, or where the server
    /// has answered that it does not do it.
    fn fall_back(&self, error: client::Error) -> Result<(), Failure> {
        if self.no_fallback || matches!(error.why, Why::Refused(_)) {
            return Err(failure(&error));
        }
        if !self.quiet {
            say("jscopectl", &[&error.to_string(), "; reading in this process"].concat());
        }
        Ok(())
    }

    /// Prints a reply: as it is on the wire, or as text.
    pub fn show(&self, reply: &Value, form: &dyn Fn(&Value) -> String) -> Outcome {
        put(&self.bytes(reply, form)).map(|_| 0)
    }

    /// What [`Asking::show`] prints.
    pub fn bytes(&self, reply: &Value, form: &dyn Fn(&Value) -> String) -> Vec<u8> {
        match (self.cbor, self.json) {
            (true, _) => cbor::encode(reply),
            (false, true) => (json::encode(reply) + "\n").into_bytes(),
            (false, false) => form(reply).into_bytes(),
        }
    }
}

/// Writes to the standard output; false when nobody reads any more.
pub fn put(bytes: &[u8]) -> Result<bool, Failure> {
    let mut out = std::io::stdout().lock();
    written(out.write_all(bytes).and_then(|()| out.flush()))
}

/// How a program ends that got no reply.
pub fn failure(error: &client::Error) -> Failure {
    let code = match &error.why {
        Why::Absent | Why::Broken => code::UNAVAILABLE,
        Why::Silent => code::TRY_AGAIN,
        Why::Refused(code) => exit_code(code),
    };
    Failure::new(code, error)
}

/// The exit code for an error of the server.
pub fn exit_code(word: &str) -> u8 {
    match word {
        "busy" | "timeout" => code::TRY_AGAIN,
        "permission_denied" | "auth_failed" => code::NO_PERMISSION,
        "reboot_required" => code::REBOOT,
        "invalid_control" => code::USAGE,
        "control_error" => code::IO,
        _ => code::UNAVAILABLE,
    }
}

/// The value of an option for the server's socket.
pub fn socket(path: OsString) -> Result<OsString, Failure> {
    if path.is_empty() { Err(Failure::usage("--socket: no path given")) } else { Ok(path) }
}

/// Reads how long to wait: 1 ms to an hour.
pub fn timeout(text: &str) -> Result<Duration, Failure> {
    milliseconds("--timeout", text, 1)
}

/// Reads a time in milliseconds, up to an hour.
pub fn milliseconds(option: &str, text: &str, least: u64) -> Result<Duration, Failure> {
    let wrong =
        || Failure::usage(format_args!("{option}: \"{text}\" is not {least} to 3600000 milliseconds"));
    let value: u64 = text.parse().map_err(|_| wrong())?;
    if (least..=3_600_000).contains(&value) { Ok(Duration::from_millis(value)) } else { Err(wrong()) }
}
