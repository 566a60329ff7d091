//! What can happen to a call: the person's commands, the server's messages, and what the browser reports.

use crate::LinkKey;
use protocol::{
    ChatId, ChatTarget, DisplayName, IceCandidate, Moderation, ParticipantId, Password, Reaction,
    RoomEncryption, Sdp, SectionMap, ServerFrame, Source, Switch,
};
use stage::StageInput;
use view::CaptureFault;

use crate::Switches;

/// One event, in the order in which the driver saw it.
#[derive(Clone, Debug)]
pub enum Input {
    /// The person wants something.
    Command(Command),
    /// The socket asked for with `OpenSocket` is open.
    SocketOpened,
    /// The socket is gone, or never opened.
    SocketClosed,
    /// The browser has another network, or has one again, or the page was asleep.
    NetworkChanged,
    /// A message came.
    Server(Box<ServerFrame>),
    /// The browser reports on one link.
    Link {
        /// The link concerned.
        link: LinkKey,
        /// The event of its peer connection.
        event: LinkEvent,
    },
    /// A device delivers.
    Captured(Source),
    /// A device does not deliver, or has stopped to.
    CaptureFailed {
        /// The source concerned.
        source: Source,
        /// The fault of the device.
        fault: CaptureFault,
    },
    /// How loud somebody is.
    Level {
        /// Who: `None` is the person at this browser.
        participant: Option<ParticipantId>,
        /// How loud.
        level: Level,
    },
    /// How loud it is in an audio slot of a link to a node.
    SlotLevel {
        /// Which link.
        link: LinkKey,
        /// Which slot.
        slot: usize,
        /// How loud.
        level: Level,
    },
}

/// What the person wants.
#[derive(Clone, Debug)]
pub enum Command {
    /// Turn a source on or off.
    Switch {
        /// The source concerned.
        source: Source,
        /// To what.
        to: Switch,
    },
    /// Turn the microphone on for as long as a key is held, or off again.
    Talk {
        /// Where to.
        to: Switch,
    },
    /// Begin with these on. It is no choice of the person's.
    Begin {
        /// What is to be on.
        switches: Switches,
    },
    /// The ring that led here was answered: what is on is sent from now on, and these come on besides.
    GoAhead {
        /// What comes on.
        switches: Switches,
    },
    /// Enter the room.
    Join {
        /// Under this name.
        name: DisplayName,
        /// With this password, if the room wants one.
        password: Option<Password>,
    },
    /// Go back into the room without being asked to by anybody: the page was loaded again in the middle of the call.
    Rejoin {
        /// Under this name.
        name: DisplayName,
    },
    /// The call is recorded on this device, or no longer: everybody is told.
    TellRecording {
        /// Whether it is.
        to: Switch,
    },
    /// Raise or lower one's own hand.
    SetHand {
        /// `on` raises it.
        hand: Switch,
    },
    /// Show a reaction.
    React {
        /// The reaction that is shown.
        reaction: Reaction,
    },
    /// Write to the room or to one person.
    Write {
        /// An id that was never used.
        id: ChatId,
        /// For whom.
        to: ChatTarget,
        /// The text, as it is written.
        text: String,
    },
    /// Send a message again that failed.
    WriteAgain {
        /// The id that its author gave the message.
        id: ChatId,
    },
    /// Read older messages.
    ReadOlderChat,
    /// Decide something as a host.
    Moderate {
        /// The decision of a host.
        moderation: Moderation,
    },
    /// The stage has another size, or the person has chosen something of it.
    Stage(StageInput),
    /// A screen has so many pixels for one of CSS.
    SetPixelRatio {
        /// From 0.5 to 4; what is beyond counts as these.
        ratio: f32,
    },
    /// Somebody looks at the page, or nobody does.
    SetSeen {
        /// `on` when it can be seen.
        seen: Switch,
    },
    /// The person has made sure that somebody is who they say.
    Verify {
        /// The participant concerned.
        participant: ParticipantId,
    },
    /// Pass the room's secret on to somebody inside who lacks it.
    ShareSecret {
        /// To whom.
        with: ParticipantId,
    },
    /// Do not turn on what a host asks for.
    DeclineAsking,
    /// The page shows this of the room, to somebody who has not joined.
    LobbyShows {
        /// What it shows.
        encryption: RoomEncryption,
    },
    /// The address of the page carries its secret now, as links that are copied do.
    SecretIsInLink,
    /// Continue without end-to-end encryption, having been asked.
    AcceptTransport,
    /// Record the call on the server, as a host.
    StartRecording,
    /// Stop that, as a host.
    StopRecording,
    /// The person answers whether they are recorded, or takes their answer back.
    BeRecorded {
        /// `on` to be recorded.
        recorded: Switch,
    },
    /// Leave the call and let go of every device.
    Leave,
}

/// What the browser reports on a link.
#[derive(Clone, Debug)]
pub enum LinkEvent {
    /// `negotiationneeded`.
    NegotiationNeeded,
    /// A description was made and set locally.
    LocalDescription {
        /// The description.
        sdp: Sdp,
        /// Which sections carry which sources, when it is an offer.
        sections: SectionMap,
    },
    /// A description of the peer was set.
    RemoteDescriptionApplied,
    /// A description could not be made or set.
    NegotiationFailed,
    /// A local candidate was found.
    Candidate(IceCandidate),
    /// There are no more local candidates.
    EndOfCandidates,
    /// `connectionstatechange`.
    ConnectionState(ConnectionState),
    /// How many keyframes were decoded so far of each source of the person at the other end.
    Keyframes(Vec<(Source, u32)>),
    /// How many keyframes were decoded so far in each video slot.
    SlotKeyframes(Vec<u32>),
    /// Whether pictures are sent smaller than they should be for want of bandwidth.
    Short(bool),
}

/// The state of a peer connection (W3C WebRTC §4.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionState {
    /// `new` or `connecting`
    Connecting,
    /// `connected`
    Connected,
    /// `disconnected`: may come back by itself
    Disconnected,
    /// `failed`: will not
    Failed,
    /// `closed`
    Closed,
}

/// A loudness from 0 (silence) to 1 (full scale), linear.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Level(pub f32);
