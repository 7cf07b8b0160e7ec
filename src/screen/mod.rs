//! The screen while it is shown: keys and answers in, frames out.

pub mod back;
mod here;
