//! What the server says to a client.

use serde::{Deserialize, Serialize};

use crate::{
    LeaveReason, MediaState, Participant, ParticipantId, PeerRef, ProtocolError, RoomSummary, SessionId,
    Signal, SignalNumber, Topology,
};

/// A message from the server: one text frame each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// The answer to `join`.
    Joined(Box<Joined>),
    /// Somebody entered. They will offer a link; whoever was there waits for it.
    ParticipantJoined {
        /// The newcomer.
        participant: Participant,
    },
    /// Somebody is gone; their links end.
    ParticipantLeft {
        /// Who.
        id: ParticipantId,
        /// Why.
        reason: LeaveReason,
    },
    /// Somebody sends something else than before.
    ParticipantUpdated {
        /// Who.
        id: ParticipantId,
        /// The new state.
        media: MediaState,
    },
    /// A signal from a peer.
    Signal {
        /// The other end of the link.
        from: PeerRef,
        /// Its place among the signals from that peer to this client.
        number: SignalNumber,
        /// The signal.
        signal: Signal,
    },
    /// The answer to `ping`.
    Pong,
    /// A message was refused. The connection goes on, unless a close frame follows.
    Error(ProtocolError),
}

/// What a newcomer is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Joined {
    /// The newcomer's id.
    pub you: ParticipantId,
    /// The newcomer's stay.
    pub session: SessionId,
    /// The room.
    pub room: RoomSummary,
    /// Who was there already, in the order in which they came. The newcomer offers a link to each.
    pub participants: Vec<Participant>,
    /// How media travels.
    pub topology: Topology,
    /// Servers that help to get through.
    pub ice_servers: Vec<IceServer>,
}

/// A STUN or TURN server (`RTCIceServer`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct IceServer {
    /// Its addresses, as URLs of the schemes `stun`, `turn` or `turns` (RFC 7064, RFC 7065).
    pub urls: Vec<String>,
}
