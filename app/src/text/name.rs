//! What is wrong with a name or a password, and what to do about it.

use protocol::NameError;

use super::words::name as words;
pub(crate) use super::words::name::*;

/// What to do about a name.
pub(crate) fn problem(error: NameError) -> String {
    match error {
        NameError::Empty => words::ENTER_NAME().to_owned(),
        NameError::TooLong(most) => words::too_long(most),
        NameError::Forbidden(seen @ ('<' | '>')) => words::remove_sign(&seen),
        NameError::Forbidden(hidden) => words::remove_hidden(&format!("U+{:04X}", u32::from(hidden))),
    }
}
