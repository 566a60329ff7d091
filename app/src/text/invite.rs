//! How others get in.

use super::words::invite as words;
pub(crate) use super::words::invite::*;

/// What a calendar says of a call with this link.
pub fn calendar_description(link: &str) -> String {
    words::calendar_description(&link)
}

/// What is copied for others. A room without a name is the caller's own.
pub(crate) fn invitation(room: Option<&str>, link: &str) -> String {
    match room {
        Some(name) => words::invitation(&link, &name),
        None => words::invitation_unnamed(&link),
    }
}
