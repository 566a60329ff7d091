//! People: the list, what hosts can do about somebody, who waits, and how the call connects.

use protocol::{MediaVia, Role, Source, Topology, TopologyReason};

texts! {
    heading => "People";
    in_the_call => "In the call";
    waiting_room => "Waiting room";
    admit => "Admit";
    admit_all => "Admit all";
    deny => "Deny";
    raised_hands => "Raised hands";
    mute_all => "Mute all";
    lower_all_hands => "Lower all hands";
    reconnecting => "Reconnecting";
    a_host_asks => "A host asks";
    not_now => "Not now";
}

/// The person at this browser among the others.
pub(crate) fn yourself(name: &str) -> String {
    format!("{name} (you)")
}

/// A mark for a role; guests have none.
pub(crate) fn role(role: Role) -> Option<&'static str> {
    match role {
        Role::Host => Some("Host"),
        Role::CoHost => Some("Co-host"),
        Role::Guest => None,
    }
}

/// Who is in the waiting room: the first, and how many more.
pub(crate) fn knocking(name: &str, others: usize) -> String {
    match others {
        0 => format!("{name} wants to join."),
        1 => format!("{name} and 1 other want to join."),
        others => format!("{name} and {others} others want to join."),
    }
}

/// The button that lets somebody in.
pub(crate) fn admit_person(name: &str) -> String {
    format!("Admit {name}")
}

/// The button that does not.
pub(crate) fn deny_person(name: &str) -> String {
    format!("Deny {name}")
}

/// What a host asks for, and the button that does it.
pub(crate) fn asked_for(source: Source) -> (&'static str, &'static str) {
    match source {
        Source::Microphone => ("A host is asking you to unmute.", "Unmute"),
        Source::Camera => ("A host is asking you to turn on your camera.", "Turn on my camera"),
        Source::Screen | Source::ScreenAudio => {
            ("A host is asking you to share your screen.", "Share my screen")
        }
    }
}

/// What a host can do about somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Mute,
    AskToUnmute,
    TurnOffCamera,
    AskForCamera,
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
pub(crate) fn action(action: Action) -> &'static str {
    match action {
        Action::Mute => "Mute",
        Action::AskToUnmute => "Ask to unmute",
        Action::TurnOffCamera => "Turn off camera",
        Action::AskForCamera => "Ask to turn on camera",
        Action::ForbidMicrophone => "Don't allow microphone",
        Action::AllowMicrophone => "Allow microphone",
        Action::ForbidCamera => "Don't allow camera",
        Action::AllowCamera => "Allow camera",
        Action::ForbidChat => "Don't allow chat",
        Action::AllowChat => "Allow chat",
        Action::LowerHand => "Lower hand",
        Action::MakeGuest => "Remove as co-host",
        Action::MakeCoHost => "Make co-host",
        Action::MakeHost => "Make host",
        Action::Remove => "Remove from call",
        Action::Block => "Remove and block",
    }
}

/// The button by its whole name.
pub(crate) fn action_on(what: Action, name: &str) -> String {
    format!("{}: {name}", action(what))
}

/// The menu of all of them.
pub(crate) fn actions_for(name: &str) -> String {
    format!("Actions for {name}")
}

/// How the call connects, and why.
pub(crate) fn topology(topology: Topology) -> String {
    let Topology { epoch: _, via, reason, migration } = topology;
    let way = match via {
        MediaVia::Mesh => "Connected directly.",
        MediaVia::Sfu(_) => "Connected through the server.",
    };
    let why = match reason {
        TopologyReason::FewPeople => "",
        TopologyReason::ManyPeople => " The call is too large to connect directly.",
        TopologyReason::NoDirectPath => " Two people can't reach each other directly.",
        TopologyReason::WeakUplink => " Someone's upload is too slow to send to everyone.",
        TopologyReason::NoPathToServer => " Someone can't reach this server's media ports.",
    };
    let change = if migration.is_some() { " Switching…" } else { "" };
    format!("{way}{why} End-to-end encrypted.{change}")
}
