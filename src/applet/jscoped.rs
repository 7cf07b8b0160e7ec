//! `jscoped`: the daemon that everybody asks.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::{Applet, Failure, Outcome, code, print, say};
use crate::config::{self, Config, Loaded};
use crate::control::Kind;
use crate::control::desk::Desk;
use crate::root::Root;
use crate::server::answer::Answers;
use crate::server::background::PidFile;
use crate::server::journal::{Journal, Level};
use crate::server::listen::{self, Listener};
use crate::server::notify::{self, Notify};
use crate::server::{self, Reserve, Server, Turn, allow};
use crate::source::{Choice, Feed, Surroundings};
use crate::sys::Signals;
use crate::sys::daemon::{self, Detached, Starting};

/// The applet.
pub static APPLET: Applet =
    Applet { name: "jscoped", aliases: &["jetsonscoped"], answers_to: &[], help: HELP, verbs: &[], run };

const HELP: &str = "\
usage: jscoped [--config FILE] [--socket PATH] [--source S] [--interval MS]
               [--root DIR] [--check] [--pidfile FILE] [--daemonize]

Reads the board and answers whoever asks on a UNIX socket.
  --config FILE   read this file in place of those in /etc/jetsonscope
  --socket PATH   the socket (/run/jetsonscope/jetsonscope.sock)
  --source S      auto, sysfs, tegrastats, command[:CMD], file:FILE,
                  emulator[:BOARD[:SCENARIO]], synthetic[:BOARD[:SCENARIO]]
  --interval MS   time between samples, 100 to 3600000 (1000)
  --root DIR      take a directory for the board
  --check         say what it would do, and do nothing
  --restore       put back what a server that is gone has left, and end
  --pidfile FILE  write the process number there
  --daemonize     go to the background (for old init systems)
  --help, --version
exit codes: 0 ended by a signal, 64 usage, 66 no such input, 69 source
unavailable, 73 cannot create, 74 reading or writing failed, 75 another daemon
runs, 78 configuration
";

/// The old sockets that `compat_tmp_socket` brings back.
const OLD_SOCKET: &str = "/tmp/jetsonscope.sock";
/// How long a source may take for its first sample before the server counts as ready without one; the
/// loop wakes up every ten seconds at least.
const FIRST_SAMPLE: Duration = Duration::from_secs(9);
const SIGNALS: [Signal; 4] = [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP, Signal::SIGCHLD];

#[derive(Default)]
struct Options {
    config: config::Options,
    check: bool,
    restore: bool,
    daemonize: bool,
    pidfile: Option<PathBuf>,
}

fn run(args: lexopt::Parser) -> Outcome {
    let options = options(args)?;
    let loaded = load(&options.config)?;
    for warning in &loaded.warnings {
        say(APPLET.name, warning);
    }
    if options.check {
        return print(&told(&loaded));
    }
    if options.restore {
        return restore(&loaded.config);
    }
    serve(&options, loaded.config)
}

fn options(mut args: lexopt::Parser) -> Result<Options, Failure> {
    use lexopt::prelude::*;
    let mut options = Options::default();
    // In the background it is another, also for what is looked for later.
    let here = std::env::current_dir().unwrap_or_default();
    options.config.directory.clone_from(&here);
    while let Some(arg) = args.next()? {
        match arg {
            Long("check") => options.check = true,
            Long("restore") => options.restore = true,
            Long("daemonize") => options.daemonize = true,
            Long("pidfile") => options.pidfile = Some(here.join(args.value()?)),
            Long("config") => options.config.file = Some(here.join(args.value()?)),
            Long(name) if config::Options::has(name) => {
                let name = name.to_owned();
                let value = args.value()?;
                options.config.take(&name, value);
            }
            _ => return Err(arg.unexpected().into()),
        }
    }
    Ok(options)
}

fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

fn load(options: &config::Options) -> Result<Loaded, Failure> {
    Config::load(options, &Root::system(), &variable).map_err(|error| {
        let code = if error.is_usage { code::USAGE } else { code::CONFIG };
        Failure::new(code, error)
    })
}

/// What it would do.
fn told(loaded: &Loaded) -> String {
    let mut text = String::new();
    for origin in &loaded.origins {
        text.push_str(&format!("{:<20} {:<40} {}\n", origin.key, origin.value, origin.from));
    }
    text
}

fn board(config: &Config) -> Result<Root, Failure> {
    match &config.root {
        Some(path) => super::root::root(Some(path.clone().into_os_string())),
        None => Ok(Root::system()),
    }
}

/// Puts back what must be (the fan, what nobody has confirmed), and the rest if the configuration says
/// so. That there is nothing to put back is no failure.
fn restore(config: &Config) -> Outcome {
    let mut desk = Desk::open(board(config)?);
    let put_back = desk.restore(config.restore_on_exit, server::TO_RESTORE);
    for news in desk.take_news() {
        say(APPLET.name, &news);
    }
    put_back.map(|()| 0).map_err(|refusal| {
        let code = if matches!(refusal.kind, Kind::Busy | Kind::Want) { code::TRY_AGAIN } else { code::IO };
        Failure::new(code, ["restore: ", &refusal.why].concat())
    })
}

fn serve(options: &Options, config: Config) -> Outcome {
    let (handed, notify) = (notify::take_listeners(), Notify::take());
    daemon::raise_descriptors();
    let root = board(&config)?;
    let choice = choose(&config, &root)?;
    let listeners = listeners(&config, handed)?;
    let starting = match options.daemonize {
        false => None,
        true => match daemon::detach().map_err(|error| Failure::io(code::IO, "fork", &error))? {
            Detached::Caller(code) => {
                // They are the server's now, with their files.
                std::mem::forget(listeners);
                return Ok(code);
            }
            Detached::Server(starting) => Some(starting),
        },
    };
    let (server, _pidfile) = match begin(options, config, (choice, root), listeners, notify) {
        Ok(begun) => begun,
        Err(failure) => return Err(told_of(failure, starting)),
    };
    serve_on(server, options, starting)
}

/// Serves until a signal ends it. Who waits for it to be ready hears so with the first sample, or when
/// there is a reason that none comes.
fn serve_on(mut server: Server, options: &Options, mut starting: Option<Starting>) -> Outcome {
    let mut unready_until = Some(Instant::now() + FIRST_SAMPLE);
    loop {
        if unready_until.is_some_and(|until| server.is_settled() || Instant::now() >= until) {
            unready_until = None;
            if let Some(starting) = starting.take() {
                starting.tell(0).map_err(|error| Failure::io(code::IO, "/dev/null", &error))?;
            }
            server.begin();
        }
        match server.turn() {
            Ok(Turn::On) => {}
            Ok(Turn::Reload) => reload(&mut server, options),
            // Asked to end, it has done what it was to do.
            Ok(Turn::End) => {
                server.end();
                return Ok(0);
            }
            Err(error) => {
                server.end();
                return Err(Failure::io(code::INTERNAL, "poll", &error));
            }
        }
    }
}

/// A failure of which the caller in the foreground knows, too.
fn told_of(failure: Failure, starting: Option<Starting>) -> Failure {
    let Some(starting) = starting else { return failure };
    say(APPLET.name, &failure.message);
    let _ = starting.tell(failure.code);
    Failure::new(failure.code, "")
}

/// A server that is ready, and its file with the process number.
fn begin(
    options: &Options,
    config: Config,
    (choice, root): (Choice, Root),
    listeners: Vec<Listener>,
    notify: Notify,
) -> Result<(Server, Option<PidFile>), Failure> {
    let pidfile = pidfile(options)?;
    let signals = Signals::watch_lasting(&SIGNALS, &[Signal::SIGHUP])
        .map_err(|error| Failure::io(code::IO, "signals", &error))?;
    let reserve = Reserve::take().map_err(|error| Failure::io(code::IO, "descriptors", &error))?;
    let now = Instant::now();
    let feed = Feed::open(choice, &root, config.interval, now)?;
    let (mut answers, journal) =
        (Answers::new(feed, root, reserve, now), Journal::new(APPLET.name, &variable));
    answers.turn(now);
    let mut server = Server::new(config, answers, listeners, signals, journal, notify);
    server.recover();
    Ok((server, pidfile))
}

/// Reads the configuration again; one that is wrong changes nothing.
fn reload(server: &mut Server, options: &Options) {
    server.reloading();
    let refused = load(&options.config).and_then(|loaded| adopt(server, loaded)).err();
    server.reloaded(refused.as_ref().map(|failure| failure.message.as_str()));
}

fn adopt(server: &mut Server, Loaded { config, warnings, .. }: Loaded) -> Result<(), Failure> {
    let old = server.config();
    let same =
        (old.interval, old.tegrastats, &old.source) == (config.interval, config.tegrastats, &config.source);
    let feed = if same {
        None
    } else {
        let choice = choose(&config, server.root())?;
        Some(Feed::open(choice, server.root(), config.interval, Instant::now())?)
    };
    for warning in &warnings {
        server.journal().log(Level::Warning, warning);
    }
    server.reload(config, feed);
    Ok(())
}

fn pidfile(options: &Options) -> Result<Option<PidFile>, Failure> {
    let Some(path) = &options.pidfile else { return Ok(None) };
    PidFile::create(path).map(Some).map_err(|error| Failure::io(code::CANNOT_CREATE, path.display(), &error))
}

/// The source; never the simulator by itself: off a Jetson there are the kernel's files.
fn choose(config: &Config, root: &Root) -> Result<Choice, Failure> {
    let command = crate::env::variable(crate::env::STATS_CMD);
    let from = Surroundings { option: config.source.clone(), mode: None, command, jetson: true };
    let choice = Choice::make(&from).map_err(Failure::from)?;
    let alone = choice == Choice::Auto && (!config.tegrastats || !root.is_jetson());
    Ok(if alone { Choice::Sysfs } else { choice })
}

fn listeners(config: &Config, handed: Vec<std::os::fd::OwnedFd>) -> Result<Vec<Listener>, Failure> {
    if !handed.is_empty() {
        let taken: std::io::Result<Vec<Listener>> = handed.into_iter().map(Listener::handed).collect();
        return taken.map_err(|error| Failure::io(code::IO, "LISTEN_FDS", &error));
    }
    let group = allow::group(&Root::system(), &config.group);
    let bind = |path: &std::path::Path| Listener::bind(path, config.socket_mode, group).map_err(refused);
    let mut listeners = vec![bind(&config.socket)?];
    if config.compat_tmp_socket {
        listeners.push(bind(OLD_SOCKET.as_ref())?);
    }
    Ok(listeners)
}

fn refused(error: listen::Error) -> Failure {
    let code = match error {
        listen::Error::Taken(_) => code::TRY_AGAIN,
        listen::Error::Foreign(..) | listen::Error::Io(..) => code::CANNOT_CREATE,
    };
    Failure::new(code, error)
}
