//! The call screen: toolbar, tiles, pages of tiles, and the menu of everything else.

use protocol::{MediaVia, Reaction};
use view::{LinkFailure, LinkStatus, Secrecy};

texts! {
    untitled => "Call";
    controls => "Call controls";
    chat => "Chat";
    people => "People";
    more => "More";
    leave => "Leave";
    react => "React";
    reactions => "Reactions";
    only_you => "You're the only one here. Share the link to invite people.";
    copy_link => "Copy link";
    invite_people => "Invite people";
    call_details => "Call details";
    room_settings => "Room settings";
    end_for_everyone => "End for everyone";
    end_question => "End the call for everyone?";
    end_hint => "You can reopen the room later.";
    cancel => "Cancel";
    layout => "Layout";
    grid => "Grid";
    speaker => "Speaker";
    move_yourself => "Your video. Move it with the arrow keys.";
    pages => "Pages of people";
    previous => "Previous";
    next => "Next";
    hand_raised => "Hand raised";
    microphone_on => "Microphone on";
    microphone_off => "Microphone off";
    camera_on => "Camera on";
    camera_off => "Camera off";
    video_paused => "Video paused: your connection is slow.";
}

/// The server is out of reach.
pub(crate) fn reconnecting(via: MediaVia) -> &'static str {
    match via {
        MediaVia::Mesh => "Reconnecting… You can keep talking, but no one else can join right now.",
        MediaVia::Sfu(_) => "Reconnecting…",
    }
}

/// Which page of tiles is shown.
pub(crate) fn page_of(page: usize, pages: usize) -> String {
    format!("{page} of {pages}")
}

/// The switch of a pin: what it will do.
pub(crate) fn pin(name: &str, is_pinned: bool) -> String {
    if is_pinned { format!("Unpin {name}") } else { format!("Pin {name}") }
}

/// The switch of one's own picture: what it will do.
pub(crate) fn self_view(is_shown: bool) -> &'static str {
    if is_shown { "Hide self view" } else { "Show self view" }
}

/// A tile that shows somebody's screen.
pub(crate) fn screen_of(name: &str) -> String {
    format!("{name}'s screen")
}

/// The switch of one's own hand: what it will do.
pub(crate) fn hand(is_up: bool) -> &'static str {
    if is_up { "Lower hand" } else { "Raise hand" }
}

/// The switch of the room's lock: what it will do.
pub(crate) fn lock(is_locked: bool) -> &'static str {
    if is_locked { "Unlock room" } else { "Lock room" }
}

/// A reaction by its name.
pub(crate) fn reaction(reaction: Reaction) -> &'static str {
    match reaction {
        Reaction::ThumbsUp => "Thumbs up",
        Reaction::Applause => "Applause",
        Reaction::Heart => "Heart",
        Reaction::Laughter => "Laughter",
        Reaction::Surprise => "Surprise",
        Reaction::Celebration => "Celebration",
    }
}

/// What is to be said of the link to somebody. Media goes on while the server has lost them; whoever looks on should still know.
pub(crate) fn link(status: LinkStatus, is_away: bool) -> Option<&'static str> {
    match status {
        LinkStatus::Connected if is_away => Some("Reconnecting…"),
        LinkStatus::Connected => None,
        LinkStatus::Connecting => Some("Connecting…"),
        LinkStatus::Reconnecting => Some("Reconnecting…"),
        LinkStatus::Failed(LinkFailure::NoPath) => Some("Couldn't connect. Try the connection test."),
        LinkStatus::Failed(LinkFailure::Negotiation) => Some("Couldn't connect. Update both browsers."),
        LinkStatus::Failed(LinkFailure::Disorder) => Some("Connection error. Leave and rejoin."),
    }
}

/// Why somebody is neither seen nor heard.
pub(crate) fn closed(secrecy: Secrecy) -> Option<&'static str> {
    match secrecy {
        Secrecy::Sealed | Secrecy::Waiting => None,
        Secrecy::OtherSecret => Some("No key: you can't see or hear each other."),
        Secrecy::NotEncrypting => Some("Not using end-to-end encryption. You can't see or hear each other."),
    }
}
