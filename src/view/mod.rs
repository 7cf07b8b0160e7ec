//! What people see. A view takes a snapshot and cannot tell where it came from; text and units
//! are made here and nowhere else.

#[cfg(feature = "tui")]
pub mod alert;
mod board;
#[cfg(any(feature = "cli", feature = "tui"))]
pub mod chart;
#[cfg(feature = "tui")]
mod clocks;
#[cfg(feature = "tui")]
mod control_page;
#[cfg(any(feature = "cli", feature = "tui"))]
pub mod controls;
#[cfg(feature = "tui")]
pub mod dashboard;
#[cfg(feature = "tui")]
pub mod dialog;
#[cfg(feature = "tui")]
mod engines;
#[cfg(feature = "tui")]
mod fan_curve;
#[cfg(feature = "tui")]
pub mod frame;
#[cfg(feature = "tui")]
mod held;
#[cfg(feature = "tui")]
pub mod help;
#[cfg(feature = "cli")]
pub mod history;
#[cfg(feature = "tui")]
pub mod history_page;
#[cfg(feature = "tui")]
mod info;
pub mod keys;
#[cfg(feature = "tui")]
mod layout;
#[cfg(feature = "tui")]
mod memory;
pub mod meta;
#[cfg(feature = "tui")]
pub mod more;
pub mod origin;
#[cfg(feature = "tui")]
pub mod page;
#[cfg(feature = "tui")]
pub mod paint;
#[cfg(feature = "tui")]
pub mod picture;
#[cfg(feature = "tui")]
mod popup;
#[cfg(feature = "tui")]
mod power;
#[cfg(feature = "tui")]
mod process_page;
#[cfg(any(feature = "cli", feature = "tui"))]
pub mod processes;
#[cfg(feature = "tui")]
mod sheet;
#[cfg(feature = "cli")]
pub mod swap;
#[cfg(feature = "tui")]
pub mod terminal;
pub mod text;
#[cfg(feature = "tui")]
pub mod theme;
#[cfg(feature = "tui")]
mod thermal;
pub mod unit;
