//! What is wrong with a name, and what to do about it.

use protocol::{NameError, name_of_character};

/// One sentence.
pub(crate) fn name_problem(error: NameError) -> String {
    match error {
        NameError::Empty => "Enter a name.".to_owned(),
        NameError::TooLong(most) => format!("Use up to {most} characters."),
        NameError::Forbidden(character) => format!("Remove {} from the name.", name_of_character(character)),
    }
}
