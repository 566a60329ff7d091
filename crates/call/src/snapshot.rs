//! A call as a page shows it.

use std::collections::BTreeSet;
use std::time::Duration;

use protocol::{
    DisplayName, MediaKey, Participant, RoomSettings, RoomSummary, Source, Topology, WaitingPerson,
};

use stage::{Corner, Layout, Mode};
use view::{Encryption, KeyWarnings, LinkStatus, Phase, Secrecy, Signalling};

use crate::{Publications, RecordingSnapshot};

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
    /// Whether others see the person less well than they could, because the uplink carries no more.
    pub uplink_is_weak: bool,
    /// How media travels.
    pub topology: Topology,
    /// Whether the person waits because they have not the room's secret.
    pub lacks_secret: bool,
    /// Whether the call is end-to-end encrypted.
    pub encryption: Encryption,
    /// What the person should know of the room's secret.
    pub key_warnings: KeyWarnings,
    /// Whether somebody is inside who can let the person in, while they wait.
    pub host_inside: bool,
    /// The recording on the server that goes on.
    pub recording: Option<RecordingSnapshot>,
    /// What is shown where.
    pub stage: StageSnapshot,
    /// The others, in the order in which they came.
    pub participants: Vec<RemoteParticipant>,
}

/// Since when a call goes on. It may have begun before the page was opened, so it is said from when it was learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Began {
    /// When it was learned, since the driver's origin.
    pub learned_at: Duration,
    /// For how long it had gone on by then.
    pub running: Duration,
}

/// What is shown where, and what the person has chosen of it.
#[derive(Clone, Debug, PartialEq)]
pub struct StageSnapshot {
    /// The tiles, with their places.
    pub layout: Layout,
    /// What is pinned by hand.
    pub pins: Vec<MediaKey>,
    /// How people are to be arranged.
    pub mode: Mode,
    /// Whether the person sees themselves.
    pub shows_self: bool,
    /// Where they float over one other.
    pub corner: Corner,
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
