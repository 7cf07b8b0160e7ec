//! What is to be set at each start.

use super::Refusal;
use crate::root::Root;

/// Writes down that a control is to be set at each start.
///
/// # Errors
/// Those of writing.
pub fn store(_root: &Root, _control: &str, _value: &str) -> Result<(), Refusal> {
    Ok(())
}

/// Does not set a control at each start any more; all when none is named.
///
/// # Errors
/// Those of writing.
pub fn forget(_root: &Root, _control: Option<&str>) -> Result<(), Refusal> {
    Ok(())
}

/// What is set at each start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Persisted {
    /// The module that it is meant for.
    pub board: String,
    /// Controls and what they are set to, in the order of the file.
    pub wishes: Vec<(String, String)>,
    /// Lines that are not understood, with their place.
    pub odd: Vec<String>,
}

/// Reads what is set at each start.
pub fn read(_root: &Root) -> Persisted {
    Persisted::default()
}
