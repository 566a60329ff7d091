//! A call as a page shows it.

use std::collections::BTreeSet;

use protocol::{
    DisplayName, ErrorCode, Participant, RoomSettings, RoomSummary, Source, Topology, WaitingPerson,
};

use crate::{KeyWarnings, Publications};

/// Everything a page shows of a call, at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// How far the call is.
    pub phase: Phase,
    /// Whether the server is in reach.
    pub signalling: Signalling,
    /// The person as the room knows them, once joined.
    pub you: Option<Participant>,
    /// The person's own name, once chosen.
    pub name: Option<DisplayName>,
    /// Whether the person is speaking.
    pub speaking: bool,
    /// The room, once joined.
    pub room: Option<RoomSummary>,
    /// Its rules, once joined.
    pub settings: Option<RoomSettings>,
    /// Whether it has a password.
    pub has_password: bool,
    /// Who waits to be let in, for those who can let them in.
    pub waiting: Vec<WaitingPerson>,
    /// What a host asks to turn on.
    pub asked_for: Option<Source>,
    /// What is sent.
    pub publications: Publications,
    /// How media travels.
    pub topology: Topology,
    /// Whether the person waits because they have not the room's secret.
    pub lacks_secret: bool,
    /// What the person should know of the room's secret.
    pub key_warnings: KeyWarnings,
    /// Whether somebody is inside who can let the person in, while they wait.
    pub host_inside: bool,
    /// The others, in the order in which they came.
    pub participants: Vec<RemoteParticipant>,
}

/// How far a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Choosing devices and a name.
    Preparing,
    /// On the way in.
    Joining,
    /// Outside, because the room wants a password.
    PasswordAsked {
        /// Whether one was given, and was not the right one.
        wrong: bool,
    },
    /// At the door, until a host decides.
    Waiting,
    /// Inside.
    Joined,
    /// Outside, by choice.
    Left,
    /// Outside, because the server refused.
    Refused(ErrorCode),
    /// Outside, because the server could not be reached.
    Unreachable,
}

/// Whether the server is in reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signalling {
    /// Not asked for.
    Idle,
    /// It is.
    Connected,
    /// It no longer is.
    Lost,
}

/// Somebody else in the call.
#[derive(Clone, Debug, PartialEq)]
pub struct RemoteParticipant {
    /// Who, as the room knows them.
    pub participant: Participant,
    /// How the link is over which they are heard.
    pub link: LinkStatus,
    /// Whether they are speaking.
    pub speaking: bool,
    /// Whether only the two ends can open what is sent.
    pub secrecy: Secrecy,
    /// Which of their pictures are left out for now, because the connection of this browser does not carry them.
    pub paused: BTreeSet<Source>,
    /// They were given the room's secret through the server, or their key was exchanged, and nobody here has made sure that
    /// they are who they say.
    pub unverified: bool,
    /// Their key is another one than before, and nothing shows that it is theirs.
    pub key_changed: bool,
}

/// How far end-to-end encryption with somebody is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Secrecy {
    /// Their key has not come yet.
    #[default]
    Waiting,
    /// What they send is sealed, and can be opened here.
    Sealed,
    /// Their letters are sealed with another secret: they have come with another link.
    OtherSecret,
    /// Their client takes no part in it.
    NotEncrypting,
}

/// How a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkStatus {
    /// Not there yet.
    Connecting,
    /// There.
    Connected,
    /// It was there and is being repaired.
    Reconnecting,
    /// It is given up.
    Failed(LinkFailure),
}

/// Why a link was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkFailure {
    /// No path was found, also after an ICE restart.
    #[error("no network path to the other person was found")]
    NoPath,
    /// The two browsers could not agree on how to send.
    #[error("the two browsers could not agree on how to send")]
    Negotiation,
    /// The peer sent signals that cannot be put in order.
    #[error("the other browser's messages could not be put in order")]
    Disorder,
}
