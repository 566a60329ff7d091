//! From the engine's snapshot to the page's view. The one file that converts.

use app::state::{
    ChatLineView, DeliveryView, Fault, KeyWarnings as KeyWarningsView, LinkView, MediaView, ParticipantView,
    PathKind, PathView, Phase as PhaseView, SecrecyView, SourceView, TopologyView,
};
use call::{
    Call, CaptureFault, ChatLine, ChatText, Delivery, KeyWarnings, LinkFailure, LinkStatus, Notice, Phase,
    Publication, RemoteParticipant, ScheduleError, Secrecy, SecretOrigin,
};
use protocol::{
    ChatTarget, ErrorCode, MediaVia, ParticipantId, PeerRef, Presence, Reaction, Source, Timestamp, Topology,
    TopologyReason,
};

use crate::stats::SelectedPath;
use crate::web;

pub(crate) fn phase(phase: Phase) -> PhaseView {
    match phase {
        Phase::Preparing => PhaseView::Preparing,
        Phase::Joining => PhaseView::Joining,
        Phase::PasswordAsked { wrong } => PhaseView::PasswordAsked { wrong },
        Phase::Waiting => PhaseView::Waiting,
        Phase::Joined => PhaseView::Joined,
        Phase::Left => PhaseView::Left,
        Phase::Refused(code) => PhaseView::Refused(code),
        Phase::Unreachable => PhaseView::Unreachable,
    }
}

pub(crate) fn media(publication: Publication) -> MediaView {
    match publication {
        Publication::Off => MediaView::Off,
        Publication::Starting => MediaView::Starting,
        Publication::On => MediaView::On,
        Publication::Failed(fault) => MediaView::Failed(self::fault(fault)),
    }
}

pub(crate) fn source(source: Source) -> Option<SourceView> {
    match source {
        Source::Microphone => Some(SourceView::Microphone),
        Source::Camera => Some(SourceView::Camera),
        Source::Screen | Source::ScreenAudio => None,
    }
}

pub(crate) fn participant(other: &RemoteParticipant) -> ParticipantView {
    let who = &other.participant;
    ParticipantView {
        id: who.id,
        name: who.name.to_string(),
        role: who.role,
        hand: who.hand.map(|hand| hand.0),
        away: who.presence == Presence::Away,
        forbidden: who.forbidden,
        microphone: who.media.microphone.is_on(),
        camera: who.media.camera.is_on(),
        speaking: other.speaking,
        link: link(other.link),
        secrecy: match other.secrecy {
            Secrecy::Waiting => SecrecyView::Waiting,
            Secrecy::Sealed => SecrecyView::Sealed,
            Secrecy::OtherSecret => SecrecyView::OtherSecret,
            Secrecy::NotEncrypting => SecrecyView::NotEncrypting,
        },
        paused: other.paused.contains(&Source::Camera),
        unverified: other.unverified,
        key_changed: other.key_changed,
    }
}

pub(crate) fn key_warnings(warnings: KeyWarnings, origin: SecretOrigin) -> KeyWarningsView {
    KeyWarningsView {
        was_granted: warnings.was_granted,
        was_passed_on: warnings.was_passed_on,
        refused_another: warnings.refused_another,
        room_has_another: warnings.room_has_another,
        takes_another: matches!(origin, SecretOrigin::Granted | SecretOrigin::Provisional),
    }
}

pub(crate) fn path(peer: PeerRef, path: SelectedPath, people: &[RemoteParticipant]) -> PathView {
    let name_of = |id| people.iter().find(|one| one.participant.id == id);
    let with = match peer {
        PeerRef::Sfu(_) => None,
        PeerRef::Participant(id) => name_of(id).map(|one| one.participant.name.to_string()),
    };
    let kind = if path.is_relayed { PathKind::Relayed } else { PathKind::Direct };
    PathView { with, kind, over: path.over }
}

pub(crate) fn chat(call: &Call, me: Option<ParticipantId>) -> Vec<ChatLineView> {
    let people = call.snapshot().participants;
    let name_of = |id: ParticipantId| {
        let known = people.iter().find(|one| one.participant.id == id);
        known.map_or_else(|| "someone who left".to_owned(), |one| one.participant.name.to_string())
    };
    call.chat().iter().map(|line| chat_line(line, me, name_of)).collect()
}

fn chat_line(
    line: &ChatLine,
    me: Option<ParticipantId>,
    name_of: impl Fn(ParticipantId) -> String,
) -> ChatLineView {
    let mine = Some(line.from) == me;
    ChatLineView {
        key: format!("{}{}", line.from, line.id.0),
        id: line.id,
        name: line.name.to_string(),
        mine,
        only_for: match line.to {
            ChatTarget::Everyone => None,
            ChatTarget::Participant(id) if Some(id) == me => Some("you".to_owned()),
            ChatTarget::Participant(id) => Some(name_of(id)),
        },
        text: match &line.text {
            ChatText::Sealed(text) | ChatText::Open(text) => Some(text.clone()),
            ChatText::Closed => None,
        },
        open: matches!(line.text, ChatText::Open(_)),
        time: line.place.map(|(_, at)| time_of_day(at)),
        delivery: match line.delivery {
            Delivery::Sending => DeliveryView::Sending,
            Delivery::Delivered => DeliveryView::Delivered,
            Delivery::Kept => DeliveryView::Kept,
            Delivery::Failed(None) => DeliveryView::Failed("The server couldn't save it."),
            Delivery::Failed(Some(code)) => DeliveryView::Failed(not_sent(code)),
        },
    }
}

/// As this browser's owner writes it, with the day when that is another one.
fn time_of_day(at: Timestamp) -> String {
    let date = js_sys::Date::new(&(at.0 as f64).into());
    let today = js_sys::Date::new_0();
    let time = web::local_time(&date);
    if date.to_date_string() == today.to_date_string() {
        time
    } else {
        format!("{} {time}", web::local_date(&date))
    }
}

pub(crate) fn notice(notice: &Notice) -> String {
    match notice {
        Notice::ParticipantJoined(name) => format!("{name} joined"),
        Notice::ParticipantLeft(name) => format!("{name} left"),
        Notice::SignallingLost => "Reconnecting to the server…".to_owned(),
        Notice::SignallingBack => "Connected to the server again".to_owned(),
        Notice::HandRaised(name) => format!("{name} raised a hand"),
        Notice::Reacted { from: None, reaction, .. } => format!("You: {}", reaction_words(*reaction)),
        Notice::Reacted { name, reaction, .. } => format!("{name}: {}", reaction_words(*reaction)),
        Notice::Wrote(name) => format!("New message from {name}"),
        Notice::Knocked(name) => format!("{name} asks to join"),
        Notice::TurnedOff(Source::Microphone) => "A host turned off your microphone".to_owned(),
        Notice::TurnedOff(Source::Camera) => "A host turned off your camera".to_owned(),
        Notice::TurnedOff(Source::Screen | Source::ScreenAudio) => "A host stopped your sharing".to_owned(),
        Notice::AskedToTurnOn(Source::Microphone) => "A host asks you to turn on your microphone".to_owned(),
        Notice::AskedToTurnOn(Source::Camera) => "A host asks you to turn on your camera".to_owned(),
        Notice::AskedToTurnOn(Source::Screen | Source::ScreenAudio) => {
            "A host asks you to share your screen".to_owned()
        }
        Notice::MigrationAborted { via: MediaVia::Sfu(_), .. } => {
            "The call could not move to the server and stays direct: somebody cannot reach its media port"
                .to_owned()
        }
        Notice::MigrationAborted { via: MediaVia::Mesh, .. } => {
            "The call stays on the server: somebody cannot be reached directly".to_owned()
        }
        Notice::NotSealed { .. } => {
            "Message not sent. It's too long, or the recipient can't read encrypted messages.".to_owned()
        }
        Notice::KeyRefused => {
            "Someone tried to replace this room's encryption key. Your page refused.".to_owned()
        }
        Notice::KeyGranted => "You were given this room's encryption key".to_owned(),
        Notice::KeyNotShared => {
            "This room's key was passed on too often. Send them the full link instead.".to_owned()
        }
        Notice::KeyChanged(name) => format!("{name}'s key has changed. Compare the safety phrase."),
        Notice::Refused(code) => refusal(*code).to_owned(),
    }
}

/// Why a message was not sent.
#[expect(clippy::wildcard_enum_match_arm, reason = "of all others a person can only try again")]
fn not_sent(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::ChatTooFast | ErrorCode::RateLimited => "You're sending too fast.",
        ErrorCode::ParticipantUnknown | ErrorCode::PeerUnknown => "They've left the call.",
        ErrorCode::NotAllowed => "Chat is off for you.",
        ErrorCode::ChatFull => "This room can't hold more messages.",
        _ => "The server couldn't save it.",
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "of all others a person can only try again")]
fn refusal(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::NotAllowed => "You can't do that in this room",
        ErrorCode::SettingsTooFast | ErrorCode::RateLimited => "Too many changes. Try again in a moment.",
        ErrorCode::ParticipantUnknown => "They've left.",
        ErrorCode::SettingsInvalid => "Those settings don't work together.",
        ErrorCode::StorageUnavailable => "Can't save right now. Try again in a minute.",
        _ => "Something went wrong. Try again.",
    }
}

/// Why a moment cannot be a rule of the room.
pub(crate) fn schedule_error(error: ScheduleError) -> &'static str {
    match error {
        ScheduleError::Unreadable => "Enter a date and a time.",
        ScheduleError::EndInThePast => "Choose an end in the future.",
        ScheduleError::EndBeforeStart => "Choose an end after the start.",
    }
}

fn reaction_words(reaction: Reaction) -> &'static str {
    match reaction {
        Reaction::ThumbsUp => "thumbs up",
        Reaction::Applause => "applause",
        Reaction::Heart => "heart",
        Reaction::Laughter => "laughter",
        Reaction::Surprise => "surprise",
        Reaction::Celebration => "celebration",
    }
}

fn link(status: LinkStatus) -> LinkView {
    match status {
        LinkStatus::Connecting => LinkView::Connecting,
        LinkStatus::Connected => LinkView::Connected,
        LinkStatus::Reconnecting => LinkView::Reconnecting,
        LinkStatus::Failed(LinkFailure::NoPath) => LinkView::Failed("no network path was found"),
        LinkStatus::Failed(LinkFailure::Negotiation) => {
            LinkView::Failed("the browsers could not agree how to send")
        }
        LinkStatus::Failed(LinkFailure::Disorder) => {
            LinkView::Failed("their messages could not be put in order")
        }
    }
}

fn fault(fault: CaptureFault) -> Fault {
    match fault {
        CaptureFault::Blocked => Fault::Blocked,
        CaptureFault::Dismissed => Fault::Dismissed,
        CaptureFault::NotFound => Fault::NotFound,
        CaptureFault::InUse => Fault::InUse,
        CaptureFault::Insecure => Fault::Insecure,
        CaptureFault::Ended => Fault::Ended,
        CaptureFault::Unknown => Fault::Unknown,
    }
}

/// How media travels, in words, with the reason.
pub(crate) fn topology(topology: Topology) -> TopologyView {
    let why = match topology.reason {
        TopologyReason::FewPeople => "few enough people to talk directly",
        TopologyReason::ManyPeople => "there are many people",
        TopologyReason::NoDirectPath => "two people cannot reach each other directly",
        TopologyReason::WeakUplink => "somebody cannot send to everybody at once",
        TopologyReason::NoPathToServer => "the media server cannot be used",
    };
    TopologyView { direct: topology.via == MediaVia::Mesh, why, moving: topology.migration.is_some() }
}
