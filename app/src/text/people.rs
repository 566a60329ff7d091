//! People: the list, what hosts can do about somebody, who waits, and how the call connects.

use protocol::{MediaVia, Role, Source, Topology, TopologyReason};
use view::Encryption;

use super::words::people as words;
pub(crate) use super::words::people::*;
use super::words::recording;
use super::{Text, sentences};

/// A mark for a role; guests have none.
pub(crate) fn role(role: Role) -> Option<&'static str> {
    match role {
        Role::Host => Some(words::HOST()),
        Role::CoHost => Some(words::CO_HOST()),
        Role::Guest => None,
    }
}

/// Who is in the waiting room: the first, and how many more.
pub(crate) fn knocking(name: &str, others: usize) -> String {
    match others {
        0 => words::one_wants_to_join(&name),
        others => words::others_want_to_join(others, &name),
    }
}

/// What a host asks for, and the button that does it.
pub(crate) fn asked_for(source: Source) -> (Text, Text) {
    match source {
        Source::Microphone => (words::ASKING_TO_UNMUTE, words::UNMUTE),
        Source::Camera => (words::ASKING_FOR_CAMERA, words::TURN_ON_MY_CAMERA),
        Source::Screen | Source::ScreenAudio => (words::ASKING_FOR_SCREEN, words::SHARE_MY_SCREEN),
    }
}

/// What a host can do about somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Mute,
    AskToUnmute,
    TurnOffCamera,
    AskForCamera,
    StopShare,
    ForbidShare,
    AllowShare,
    ForbidMicrophone,
    AllowMicrophone,
    ForbidCamera,
    AllowCamera,
    ForbidChat,
    AllowChat,
    LowerHand,
    MakeGuest,
    MakeCoHost,
    MakeHost,
    Remove,
    Block,
}

/// Such a thing on its button.
pub(crate) fn action(action: Action) -> Text {
    match action {
        Action::Mute => words::MUTE,
        Action::AskToUnmute => words::ASK_TO_UNMUTE,
        Action::TurnOffCamera => words::TURN_OFF_CAMERA,
        Action::AskForCamera => words::ASK_FOR_CAMERA,
        Action::StopShare => words::STOP_SHARE,
        Action::ForbidShare => words::FORBID_SHARE,
        Action::AllowShare => words::ALLOW_SHARE,
        Action::ForbidMicrophone => words::FORBID_MICROPHONE,
        Action::AllowMicrophone => words::ALLOW_MICROPHONE,
        Action::ForbidCamera => words::FORBID_CAMERA,
        Action::AllowCamera => words::ALLOW_CAMERA,
        Action::ForbidChat => words::FORBID_CHAT,
        Action::AllowChat => words::ALLOW_CHAT,
        Action::LowerHand => words::LOWER_HAND,
        Action::MakeGuest => words::MAKE_GUEST,
        Action::MakeCoHost => words::MAKE_CO_HOST,
        Action::MakeHost => words::MAKE_HOST,
        Action::Remove => words::REMOVE,
        Action::Block => words::BLOCK,
    }
}

/// The button by its whole name.
pub(crate) fn action_on(what: Action, name: &str) -> String {
    words::action_on(&action(what)(), &name)
}

/// How the call connects, and why, and whether it is end-to-end encrypted.
pub(crate) fn topology(topology: Topology, encryption: Encryption) -> String {
    let Topology { epoch: _, via, reason, migration } = topology;
    let way = match via {
        MediaVia::Mesh => words::CONNECTED_DIRECTLY(),
        MediaVia::Sfu(_) => words::CONNECTED_THROUGH_SERVER(),
    };
    let why = match reason {
        TopologyReason::FewPeople => None,
        TopologyReason::ManyPeople => Some(words::BECAUSE_MANY()),
        TopologyReason::NoDirectPath => Some(words::BECAUSE_NO_PATH()),
        TopologyReason::WeakUplink => Some(words::BECAUSE_WEAK_UPLINK()),
        TopologyReason::NoPathToServer => Some(words::BECAUSE_NO_SERVER_PATH()),
        TopologyReason::Recording => Some(recording::BECAUSE_RECORDED()),
    };
    let change = migration.map(|_| words::SWITCHING());
    let sealed = match encryption {
        Encryption::EndToEnd => Some(words::END_TO_END_ENCRYPTED()),
        Encryption::Undecided | Encryption::Transport => None,
    };
    sentences([Some(way), why, sealed, change].into_iter().flatten())
}
