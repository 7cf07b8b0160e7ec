//! What people see. A view takes a snapshot and cannot tell where it came from; text and units
//! are made here and nowhere else.

mod board;
#[cfg(feature = "cli")]
pub mod controls;
#[cfg(feature = "tui")]
pub mod dashboard;
#[cfg(feature = "tui")]
pub mod help;
pub mod keys;
pub mod meta;
pub mod origin;
#[cfg(feature = "tui")]
pub mod paint;
#[cfg(feature = "cli")]
pub mod processes;
#[cfg(feature = "cli")]
pub mod swap;
#[cfg(feature = "tui")]
pub mod terminal;
pub mod text;
pub mod unit;
