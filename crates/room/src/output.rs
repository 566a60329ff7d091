//! What a room wants done.

use std::sync::Arc;

use protocol::{
    ChatEntry, ChatNumber, CloseCode, Consent, DisplayName, Forbidden, HandNumber, LeaveReason, LinkId,
    MediaState, MessageId, NodeId, ParticipantId, PublicKey, Reaction, RecordingEnd, RecordingKey,
    RecordingState, Role, RoomSettingsPatch, Sequence, ServerMessage, SessionId, Signal, SignalNumber,
    Subscriptions, Timestamp,
};

use crate::ConnectionId;

/// One effect, to be carried out in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Write a message.
    Send {
        /// To which socket.
        to: ConnectionId,
        /// Its place among those to the same participant.
        seq: Option<Sequence>,
        /// How far the participant's messages were taken, when that is news.
        received: Option<MessageId>,
        /// What. One message to many is the same allocation, so that it need be put into words once.
        message: Arc<ServerMessage>,
    },
    /// Close a socket once everything sent to it before is written. The room has forgotten it already.
    Close {
        /// The connection concerned.
        connection: ConnectionId,
        /// With which code.
        code: CloseCode,
    },
    /// Keep something. Chat is answered by `ChatKept` or `ChatNotKept`.
    Keep(Change),
    /// Read older messages. Answered by `HistoryRead` or `HistoryNotRead`, after everything kept before.
    ReadHistory {
        /// For whom.
        reader: ParticipantId,
        /// Those before this one, or the newest.
        before: Option<ChatNumber>,
    },
    /// Change the rules. Answered by `SettingsChanged` or `SettingsRefused`.
    ChangeSettings {
        /// Who wants it.
        participant: ParticipantId,
        /// The message that said so.
        in_reply_to: Option<MessageId>,
        /// What changes.
        patch: Box<RoomSettingsPatch>,
        /// The name of it in the audit log, where it belongs once it is kept. What a page does by itself does not.
        action: Option<&'static str>,
    },
    /// Tell the forwarding unit of a node something.
    Media {
        /// Which node.
        node: NodeId,
        /// About whom.
        participant: ParticipantId,
        /// The change that media has to follow.
        order: MediaOrder,
    },
    /// Have the recorder do something.
    Recording(RecordingEffect),
    /// Nobody has been here for a while: the room needs no task until somebody comes.
    Unload,
    /// The room was to be deleted when it is empty, and it is.
    Delete,
}

/// What the forwarding unit is told about a participant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MediaOrder {
    /// They say something about their link.
    Signal {
        /// Which link.
        link: LinkId,
        /// The signal's place.
        number: SignalNumber,
        /// The signal.
        signal: Signal,
    },
    /// They say whom they want to see.
    Slots {
        /// Which link.
        link: LinkId,
        /// Whom.
        slots: Subscriptions,
    },
    /// What they send, as far as they may.
    State(MediaState),
    /// They are gone.
    Left,
}

/// What the recorder of the room is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordingEffect {
    /// Begin a recording; or another part of one that went on when a server ended. Everybody who is in, and what they answered, follows.
    Start(RecordingState),
    /// Keep what this participant publishes from now on.
    Consented {
        /// Whose page consented.
        participant: ParticipantId,
    },
    /// Keep nothing more of this participant: they refused, took their consent back, or are gone.
    NoLonger {
        /// Who.
        participant: ParticipantId,
    },
    /// Keep these boxes, and only then the frames sealed by these keys.
    Keys {
        /// Whose keys.
        participant: ParticipantId,
        /// The keys, sealed.
        keys: Vec<RecordingKey>,
    },
    /// Note that something happened.
    Log(RecordedFact),
    /// Finish the recording. Nothing of it follows.
    Stop {
        /// Why.
        reason: RecordingEnd,
    },
    /// Finish the part, and leave the recording as one that goes on: another server has the room now.
    LetGo,
}

/// What happened in a room while it was recorded. Of those who have not consented only that they were there, and what they answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordedFact {
    /// Somebody is there: all who are when a part begins, and whoever comes.
    Joined {
        /// Who.
        participant: ParticipantId,
        /// Under which name.
        name: DisplayName,
        /// As what.
        role: Role,
    },
    /// Somebody is gone.
    Left {
        /// Who.
        participant: ParticipantId,
        /// Why.
        reason: LeaveReason,
    },
    /// What somebody sends is as it says now.
    Media {
        /// Who.
        participant: ParticipantId,
        /// What they send.
        media: MediaState,
    },
    /// Somebody's hand is raised, or is not.
    Hand {
        /// Who.
        participant: ParticipantId,
        /// `None` when it is down.
        hand: Option<HandNumber>,
    },
    /// Somebody reacted.
    Reacted {
        /// Who.
        participant: ParticipantId,
        /// How.
        reaction: Reaction,
    },
    /// Somebody wrote to everyone.
    Chat(ChatEntry),
    /// Somebody's page answered.
    Consent {
        /// Whose.
        participant: ParticipantId,
        /// What it answered.
        consent: Consent,
    },
}

/// A recording that goes on, as it is kept, so that it goes on after a crash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRecording {
    /// The recording.
    pub state: RecordingState,
    /// What the pages of those who have a seat have answered.
    pub answers: Vec<(ParticipantId, Consent)>,
}

/// Something to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Somebody wrote.
    Chat(ChatEntry),
    /// A seat is as it says now.
    Seat(SeatChange),
    /// A browser may not enter any more.
    Blocked(String),
    /// The recording that goes on is as it says now; or none does.
    Recording(Option<KeptRecording>),
    /// Somebody came or went.
    Used(Timestamp),
    /// A host did something.
    Done {
        /// The time of it, in Unix milliseconds.
        at: Timestamp,
        /// The participant who did it.
        by: ParticipantId,
        /// The name of the action in the audit log.
        action: &'static str,
    },
}

/// How a seat is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatChange {
    /// The participant concerned.
    pub participant: ParticipantId,
    /// Their stay.
    pub session: SessionId,
    /// Their name.
    pub name: DisplayName,
    /// Their role.
    pub role: Role,
    /// Their raised hand.
    pub hand: Option<HandNumber>,
    /// What they may not do.
    pub forbidden: Forbidden,
    /// Whether they are in.
    pub state: SeatState,
    /// The number of the last session token they have used.
    pub generation: u32,
    /// The browser they came with, if that is known.
    pub browser: Option<String>,
    /// Their public key, which is nobody else's.
    pub key: Option<PublicKey>,
    /// Since when it is so.
    pub at: Timestamp,
}

/// Whether somebody is in the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeatState {
    /// They are, or were when the server ended.
    Taken,
    /// They left and may come back.
    Left,
    /// A host removed them.
    Removed,
}
