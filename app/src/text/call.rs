//! The call screen: toolbar, tiles, pages of tiles, and the menu of everything else.

use protocol::{MediaVia, Reaction};
use view::{LinkFailure, LinkStatus, Secrecy};

use super::words::call as words;
pub(crate) use super::words::call::*;

/// The server is out of reach.
pub(crate) fn reconnecting(via: MediaVia) -> &'static str {
    match via {
        MediaVia::Mesh => words::RECONNECTING_DIRECT(),
        MediaVia::Sfu(_) => words::RECONNECTING(),
    }
}

/// The switch of a pin: what it will do.
pub(crate) fn pin(name: &str, is_pinned: bool) -> String {
    if is_pinned { words::unpin(&name) } else { words::pin(&name) }
}

/// The switch of one's own picture: what it will do.
pub(crate) fn self_view(is_shown: bool) -> &'static str {
    if is_shown { words::HIDE_SELF_VIEW() } else { words::SHOW_SELF_VIEW() }
}

/// The switch of one's own hand: what it will do.
pub(crate) fn hand(is_up: bool) -> &'static str {
    if is_up { words::LOWER_HAND() } else { words::RAISE_HAND() }
}

/// The switch of the room's lock: what it will do.
pub(crate) fn lock(is_locked: bool) -> &'static str {
    if is_locked { words::UNLOCK_ROOM() } else { words::LOCK_ROOM() }
}

/// A reaction by its name.
pub(crate) fn reaction(reaction: Reaction) -> &'static str {
    match reaction {
        Reaction::ThumbsUp => words::THUMBS_UP(),
        Reaction::Applause => words::APPLAUSE(),
        Reaction::Heart => words::HEART(),
        Reaction::Laughter => words::LAUGHTER(),
        Reaction::Surprise => words::SURPRISE(),
        Reaction::Celebration => words::CELEBRATION(),
    }
}

/// What is to be said of the link to somebody. Media goes on while the server has lost them; whoever looks on should still know.
pub(crate) fn link(status: LinkStatus, is_away: bool) -> Option<&'static str> {
    match status {
        LinkStatus::Connected if is_away => Some(words::RECONNECTING()),
        LinkStatus::Connected => None,
        LinkStatus::Connecting => Some(words::CONNECTING()),
        LinkStatus::Reconnecting => Some(words::RECONNECTING()),
        LinkStatus::Failed(LinkFailure::NoPath) => Some(words::NO_PATH()),
        LinkStatus::Failed(LinkFailure::Negotiation) => Some(words::UPDATE_BROWSERS()),
        LinkStatus::Failed(LinkFailure::Disorder) => Some(words::DISORDER()),
    }
}

/// Why somebody is neither seen nor heard.
pub(crate) fn closed(secrecy: Secrecy) -> Option<&'static str> {
    match secrecy {
        Secrecy::Sealed | Secrecy::Waiting | Secrecy::Plaintext => None,
        Secrecy::OtherSecret => Some(words::OTHER_KEY()),
        Secrecy::NotEncrypting => Some(words::NOT_ENCRYPTING()),
    }
}

/// For how long a call goes on: `4:07`, `1:04:07`.
pub(crate) fn clock(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        hours => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::clock;

    #[test]
    fn a_clock_has_hours_once_there_are_some() {
        assert_eq!(["0:00", "4:07", "59:59"], [0, 247, 3599].map(clock).each_ref().map(String::as_str));
        assert_eq!(clock(3_847), "1:04:07");
    }
}
