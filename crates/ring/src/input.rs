//! What can happen to rings.

use protocol::{
    CallId, Credential, DeviceId, MessageId, PlaceRing, PublicKey, RingId, RingMessage, RoomCode, Standing,
};

use crate::{Admission, CallRecord};

/// One connection. Given by the driver, never twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u128);

/// One event, in the order in which the driver saw it.
#[derive(Clone, Debug)]
pub enum Input {
    /// A device has proven its identity.
    Attach(Box<Attachment>),
    /// A device or a program rings somebody, and storage was asked about it.
    Place {
        /// From where. Of a program it is good for the answer alone.
        connection: ConnectionId,
        /// The message's number.
        id: Option<MessageId>,
        /// The message, and what storage says.
        placement: Box<Placement>,
    },
    /// A program gives up a ring that it has placed, or ends the call that came of it.
    Withdraw {
        /// To where the answer goes, if there is one.
        connection: ConnectionId,
        /// The ID of the program's identity.
        call_id: CallId,
        /// Which ring.
        ring: RingId,
    },
    /// Any other message of a device that has attached. `prove`, `look_up`, `place` and those about what is kept need storage and are the
    /// driver's, and so is `ping`; here they are refused.
    Message {
        /// From where.
        connection: ConnectionId,
        /// The message's number.
        id: Option<MessageId>,
        /// The message.
        message: RingMessage,
    },
    /// Storage did not take the row of a ring that is being placed. The ring was never there, unless there was one before this server, which is
    /// over then; its caller is the driver's to tell. Said before another effect is read: those of the ring itself are not to be carried out,
    /// and all others are.
    Unkept {
        /// Which ring.
        ring: RingId,
    },
    /// What is kept for a person has changed: their devices read it again.
    Changed {
        /// Whose.
        call_id: CallId,
    },
    /// A person has another ID.
    Renumbered {
        /// The one that they had.
        before: CallId,
    },
    /// A socket is gone.
    Disconnect {
        /// The connection concerned.
        connection: ConnectionId,
        /// The way in which it ended.
        departure: Departure,
    },
}

/// A device that has proven its identity.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// Its connection.
    pub connection: ConnectionId,
    /// The ID of its identity.
    pub call_id: CallId,
    /// Which of the identity's devices it is.
    pub device: DeviceId,
    /// The identity's public key.
    pub identity: PublicKey,
    /// What it is in the middle of.
    pub standing: Standing,
    /// The row of the ring that [`Self::standing`] names, if storage has one.
    pub row: Option<CallRecord>,
}

/// A ring that somebody wants to place, and what storage says of it.
#[derive(Clone, Debug)]
pub struct Placement {
    /// The message.
    pub place: PlaceRing,
    /// The public key that the person called has, or one that opens nothing where there is no such person.
    pub callee_key: PublicKey,
    /// What the rules of the person called say.
    pub admission: Admission,
    /// Whether a device of theirs can be woken where none is there.
    pub waking: Waking,
    /// The room of the call: that of [`Self::row`] where there is one, a new one otherwise. It is made whatever [`Self::admission`] is.
    pub room: RoomCode,
    /// The caller's key of that room.
    pub credential: Credential,
    /// The row of the ring, if storage has one.
    pub row: Option<CallRecord>,
    /// Who places it, where that is no device that has attached.
    pub program: Option<Program>,
}

/// A caller that is no device: it has no connection that could break, is shown no rings, and holds its end of a call until somebody ends that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The ID of its identity.
    pub call_id: CallId,
    /// The public key of its identity.
    pub identity: PublicKey,
    /// The API key that it has shown.
    pub api_key: String,
}

/// How a socket ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Departure {
    /// The page went: it was closed, or is being loaded anew.
    Closed,
    /// The connection broke.
    Broken,
}

/// Whether something can wake a device of somebody who has none that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waking {
    /// Nothing can: who does not come at once does not come.
    Impossible,
    /// They have asked to be woken: a ring waits for them for as long as it lasts.
    Possible,
}
