//! The room's key, the safety phrase, and who is verified.

use view::KeyWarnings;

texts! {
    safety_phrase => "Safety phrase";
    read_aloud =>
        "Read these words to each other. If everyone has the same ones, no one can listen in, not even the server. They change when someone joins or leaves.";
    was_granted => "A host gave you the room's key. Compare the words before you say anything private.";
    not_verified => "Not verified";
    key_has_changed => "Their key has changed.";
    mark_as_verified => "Mark as verified";
    no_key => "No key";
    share_key => "Share key";
    admitting_shares => "They don't have the room's key. Admitting them shares it through the server.";
}

/// The button for one person.
pub(crate) fn mark_person_as_verified(name: &str) -> String {
    format!("Mark as verified: {name}")
}

/// The button for one person.
pub(crate) fn share_key_with(name: &str) -> String {
    format!("Share key: {name}")
}

/// Something is wrong.
pub(crate) fn alerts(warnings: KeyWarnings, takes_another: bool) -> impl Iterator<Item = &'static str> {
    let KeyWarnings { was_granted: _, was_passed_on: _, refused_another, room_has_another } = warnings;
    let refused = refused_another.then_some(
        "Someone tried to replace this room's encryption key. Your page refused. The server may be lying, or someone has another link: compare your links.",
    );
    let other = match (room_has_another, takes_another) {
        (false, _) => None,
        (true, true) => Some(
            "You don't have this room's encryption key. Someone in the call can share it with you in People.",
        ),
        (true, false) => Some(
            "The server says that this room has another encryption key than your link. Ask the host for the full link.",
        ),
    };
    refused.into_iter().chain(other)
}

/// Something is to be done.
pub(crate) fn hints(warnings: KeyWarnings) -> impl Iterator<Item = &'static str> {
    let KeyWarnings { was_granted, was_passed_on, refused_another: _, room_has_another: _ } = warnings;
    let granted = was_granted.then_some(
        "You got this room's encryption key through the server. Compare the safety phrase before you say anything private.",
    );
    let passed_on = was_passed_on.then_some(
        "This room's encryption key was passed on to someone who is not verified. Compare the safety phrase.",
    );
    granted.into_iter().chain(passed_on)
}
