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
