//! The server: one thread, one poll, and what an init system wants of it.

pub mod background;
pub mod journal;
pub mod notify;
