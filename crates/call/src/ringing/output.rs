//! What a device of a call identity wants done, and how it shows itself.

use std::time::Duration;

use protocol::{
    CallId, ChallengeNonce, Credential, IncomingRing, OpeningMessage, PublicKey, PushKey, RingFrame, RingId,
    RingSide, RoomCode, SealedNote,
};
use view::RingPhase;

/// One effect, to be carried out in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RingOutput {
    /// Open a socket to the server. Answered by `SocketOpened` or `SocketClosed`.
    Dial,
    /// Close it. `SocketClosed` need not follow.
    CloseSocket,
    /// Send the first message of the socket.
    Open(OpeningMessage),
    /// Send a message.
    Send(RingFrame),
    /// Make a proof with the identity's private key. Answered by `Proven`.
    Prove {
        /// What it is about.
        nonce: ChallengeNonce,
        /// Whom it is for.
        key: PublicKey,
    },
    /// Seal the secret of the call's room with one's own name: one that is drawn for it, or that of the call that there is. Answered by `Sealed` or `NotSealed`.
    Seal {
        /// For which ring.
        ring: RingId,
        /// For whom.
        callee: CallId,
        /// With which key.
        key: PublicKey,
        /// The ring of the call that they are rung into.
        into: Option<RingId>,
    },
    /// The call is or will be in this room. Whoever is there already stays. Before `GoAhead` nothing is sent to anybody there, and nothing of
    /// anybody is shown.
    EnterRoom {
        /// The ring.
        ring: RingId,
        /// The room.
        room: RoomCode,
        /// The caller's key of it.
        credential: Option<Credential>,
        /// Of a ring that came: the invitation, with the room's secret in it.
        invitation: Option<Box<IncomingRing>>,
    },
    /// The person answers the ring whose room this is already: their devices open while the server confirms it. Nothing is sent before
    /// `GoAhead`.
    OpenDevices {
        /// The ring.
        ring: RingId,
    },
    /// It was answered: what is on is sent.
    GoAhead {
        /// The ring.
        ring: RingId,
    },
    /// The call is over: its room is left, and devices are let go.
    LeaveRoom {
        /// The ring.
        ring: RingId,
    },
    /// Have the browser subscribe to pushes, unless it has with this key. Answered by `PushSubscribed` or `PushFailed`.
    SubscribePush {
        /// The server's.
        key: PushKey,
    },
    /// Have the browser give up its subscription. Answered by `PushGivenUp`, where it has one.
    GiveUpPush,
}

/// One direct call as a screen shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RingView {
    /// The ring.
    pub ring: RingId,
    /// The other one.
    pub peer: CallId,
    /// Which end this is.
    pub side: RingSide,
    /// How far it is.
    pub phase: RingPhase,
    /// Since when it is so; of an answered one, when it was answered. A call that was answered before the driver's zero has begun at zero.
    pub since: Duration,
    /// The key of the other one's identity: the one that the invitation is sealed to, or that it opens with. Not known before the server has
    /// named it.
    pub key: Option<PublicKey>,
    /// Of a ring that came: what the page opens to learn who calls.
    pub invitation: Option<IncomingRing>,
    /// What the other one wrote who declined.
    pub message: Option<SealedNote>,
}
