//! What is wrong with a name or a password, and what to do about it.

use protocol::NameError;

/// What to do about a name.
pub(crate) fn problem(error: NameError) -> String {
    match error {
        NameError::Empty => "Enter a name.".to_owned(),
        NameError::TooLong(most) => format!("Use up to {most} characters."),
        NameError::Forbidden(seen @ ('<' | '>')) => format!("Remove “{seen}” from the name."),
        NameError::Forbidden(hidden) => {
            format!("Remove the hidden character U+{:04X} from the name.", u32::from(hidden))
        }
    }
}

texts! {
    password_too_long => "That password is too long. Choose a shorter one.";
}
