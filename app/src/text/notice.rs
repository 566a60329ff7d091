//! What is said once, on the page and aloud.

use protocol::{MediaVia, Reaction, Source};
use view::{AnyNotice, Copied, Notice, PageNotice};

use super::refusal;

/// Whatever has happened.
pub(crate) fn said(said: &AnyNotice) -> String {
    match said {
        AnyNotice::Call(notice) => of_call(notice),
        AnyNotice::Page(notice) => of_page(*notice).to_owned(),
    }
}

fn of_call(notice: &Notice) -> String {
    match notice {
        Notice::ParticipantJoined(name) => format!("{name} joined"),
        Notice::ParticipantLeft(name) => format!("{name} left"),
        Notice::SignallingLost => "Reconnecting to the server…".to_owned(),
        Notice::SignallingBack => "Reconnected".to_owned(),
        Notice::HandRaised(name) => format!("{name} raised a hand"),
        Notice::Reacted { from: None, name: _, reaction } => {
            format!("You reacted: {}", in_sentence(*reaction))
        }
        Notice::Reacted { from: Some(_), name, reaction } => {
            format!("{name} reacted: {}", in_sentence(*reaction))
        }
        Notice::Wrote(name) => format!("New message from {name}"),
        Notice::Knocked(name) => format!("{name} wants to join"),
        Notice::TurnedOff(source) => turned_off(*source).to_owned(),
        Notice::AskedToTurnOn(source) => asked_to_turn_on(*source).to_owned(),
        // Whatever the reason, it is the new path of somebody that did not come about.
        Notice::MigrationAborted { via, reason: _ } => migration_aborted(*via).to_owned(),
        Notice::KeyRefused => {
            "Someone tried to replace this room's encryption key. Your page refused.".to_owned()
        }
        Notice::KeyGranted => "You were given this room's encryption key".to_owned(),
        Notice::KeyNotShared => {
            "This room's key was passed on too often. Send them the full link instead.".to_owned()
        }
        Notice::KeyChanged(name) => format!("{name}'s key has changed. Compare the safety phrase."),
        Notice::NotSealed { text: _ } => {
            "Message not sent. It's too long, or the recipient can't read encrypted messages.".to_owned()
        }
        Notice::Refused(code) => refusal::of_request(*code).to_owned(),
    }
}

fn of_page(notice: PageNotice) -> &'static str {
    match notice {
        PageNotice::Copied(Copied::Link) => "Link copied",
        PageNotice::Copied(Copied::Invitation) => "Invitation copied",
        PageNotice::Copied(Copied::HostLink) => "Host link copied",
        PageNotice::NotCopied => "Couldn't copy. Select the text and copy it yourself.",
        PageNotice::DeviceNotSwitched => "Couldn't switch. Still using the previous device.",
        PageNotice::CalendarFailed => "Couldn't create the calendar file. Try again.",
        PageNotice::HostLinkFailed => "Couldn't create the host link. Try again.",
        PageNotice::PhraseFailed => "Couldn't load the safety phrase. Close it and open it again.",
        PageNotice::SealingFailed => "Encryption didn't start, so nothing is sent. Reload this page.",
        PageNotice::NoRandomness => "This browser gives no random numbers, so nothing can be encrypted",
    }
}

fn turned_off(source: Source) -> &'static str {
    match source {
        Source::Microphone => "A host muted you",
        Source::Camera => "A host turned off your camera",
        Source::Screen => "A host stopped your screen share",
        Source::ScreenAudio => "A host stopped the sound of your screen share",
    }
}

fn asked_to_turn_on(source: Source) -> &'static str {
    match source {
        Source::Microphone => "A host is asking you to unmute",
        Source::Camera => "A host is asking you to turn on your camera",
        Source::Screen | Source::ScreenAudio => "A host is asking you to share your screen",
    }
}

fn migration_aborted(via: MediaVia) -> &'static str {
    match via {
        MediaVia::Sfu(_) => "The call stays direct: someone can't reach the server's media ports",
        MediaVia::Mesh => "The call stays on the server: someone can't be reached directly",
    }
}

fn in_sentence(reaction: Reaction) -> &'static str {
    match reaction {
        Reaction::ThumbsUp => "thumbs up",
        Reaction::Applause => "applause",
        Reaction::Heart => "heart",
        Reaction::Laughter => "laughter",
        Reaction::Surprise => "surprise",
        Reaction::Celebration => "celebration",
    }
}
