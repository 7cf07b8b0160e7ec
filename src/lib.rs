//! JetsonScope: monitor and controller for NVIDIA Jetson boards.
//!
//! The library exists so that the programs and the tests share it; it is not a public interface.
//! Data flows one way: `source` and `tegrastats` fill a `snapshot`, `wire` encodes it, `view`
//! shows it. `applet` holds one file per program.

#![warn(missing_docs)]
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod append;
pub mod applet;
pub mod beat;
pub mod board;
pub mod capture;
mod child;
#[cfg(any(feature = "cli", feature = "tui"))]
pub mod client;
pub mod config;
#[cfg(any(feature = "daemon", feature = "cli", feature = "tui"))]
pub mod control;
pub mod derive;
pub mod env;
pub mod health;
pub mod history;
pub mod log;
pub mod order;
pub mod process;
pub mod quote;
pub mod recycled;
pub mod root;
pub mod scan;
#[cfg(feature = "tui")]
pub mod screen;
#[cfg(feature = "daemon")]
pub mod server;
#[cfg(feature = "emulator")]
pub mod sim;
pub mod snapshot;
pub mod source;
pub mod sys;
pub mod tegrastats;
pub mod utc;
pub mod view;
pub mod wire;
