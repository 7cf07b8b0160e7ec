//! What gives sample after sample to the screen and to `--watch`: a server, or the board in this
//! process until there is one.

use super::Failure;
use super::stats::{self, Options};
use crate::client::Connection;
use crate::root::Root;
use crate::source::{Choice, Feed, Remote};

/// Opens what gives sample after sample: the server, or the source in this process until there is a
/// server; that alone where it was given.
pub fn open(options: &mut Options) -> Result<Feed, Failure> {
    let root = options.asking.root()?;
    match options.asking.connect()? {
        Some(connection) => serve(connection, options, &root),
        None if !options.asking.here => wait_for_server(options, root),
        None => stats::open(options.source.clone(), options.mode.clone(), &root, options.interval),
    }
}

/// The same for one look: where no server answers, the board is read here and nothing waits for one.
#[cfg(feature = "tui")]
pub fn open_once(options: &mut Options) -> Result<Feed, Failure> {
    let root = options.asking.root()?;
    match options.asking.connect()? {
        Some(connection) => serve(connection, options, &root),
        None => stats::open_once(&root, options),
    }
}

/// Has the server send its samples; without it, they are read here if that is allowed.
fn serve(connection: Connection, options: &Options, root: &Root) -> Result<Feed, Failure> {
    let asking = &options.asking;
    let choice = stats::choose(None, None, stats::is_board(root)).ok().filter(|_| !asking.no_fallback);
    let fallback = choice.clone().map(|choice| (choice, root.clone()));
    let encoding = asking.encoding()?;
    let remote = Remote::subscribe(connection, asking.addresses(), encoding, options.interval, fallback);
    Ok(Feed::serve(remote, choice.unwrap_or(Choice::Auto), options.interval))
}

/// Reads the board here until there is a server.
fn wait_for_server(options: &Options, root: Root) -> Result<Feed, Failure> {
    let choice = stats::choose(None, None, stats::is_board(&root))?;
    let (addresses, encoding) = (options.asking.addresses(), options.asking.encoding()?);
    let remote = Remote::wait(addresses, encoding, options.interval, (choice.clone(), root))?;
    Ok(Feed::serve(remote, choice, options.interval))
}
