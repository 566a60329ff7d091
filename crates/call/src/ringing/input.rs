//! What a device of a call identity is told.

use protocol::{
    Activity, CallId, CallRules, ContactRule, HangUpReason, HistoryChange, IdentityProof, Invitation,
    PublicKey, PushEndpoint, PushKey, PushSubscription, Receipt, RingEvent, RingId, SealedNote,
};
use seal::KeyDigest;
use view::PushFault;

use super::OngoingCall;

/// One event.
#[derive(Clone, Debug)]
pub enum RingInput {
    /// The person, or the page for them, wants something.
    Command(RingCommand),
    /// The socket that was dialled is open.
    SocketOpened,
    /// It is closed, or could not be opened.
    SocketClosed,
    /// The network has changed: there is no use in waiting before the next attempt.
    NetworkChanged,
    /// The server says something.
    Server(Box<RingEvent>),
    /// The proof that was asked for.
    Proven(IdentityProof),
    /// The invitation that was asked for.
    Sealed {
        /// For which ring.
        ring: RingId,
        /// The invitation.
        invitation: Invitation,
        /// For one's own history.
        note: Option<SealedNote>,
    },
    /// The browser has subscribed to pushes.
    PushSubscribed {
        /// With this key.
        key: PushKey,
        /// What the server is to have.
        subscription: Box<PushSubscription>,
        /// A subscription of before, which is none any more.
        replaced: Option<PushEndpoint>,
    },
    /// The browser has not subscribed, or its person does not let it.
    PushFailed {
        /// The reason.
        fault: PushFault,
    },
    /// The browser has given up the subscription that it had.
    PushGivenUp {
        /// Which.
        endpoint: PushEndpoint,
    },
    /// The browser may have another subscription than it said, or none.
    PushChanged,
    /// It could not be sealed, because the key is no proper one.
    NotSealed {
        /// For which ring.
        ring: RingId,
    },
}

/// Something that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RingCommand {
    /// Becomes a device: the server is dialled, again and again until [`Self::Detach`].
    Attach,
    /// Is none any more: a ring that it has placed is given up, a call is hung up.
    Detach,
    /// Calls somebody. Nothing while it calls somebody or talks.
    Call {
        /// Drawn at random.
        ring: RingId,
        /// Whom.
        callee: CallId,
        /// The key that they are known to have: from their link, or from an earlier call.
        expected: Option<KeyDigest>,
    },
    /// Rings somebody into the call of this device. Nothing where it is in none, or rings somebody into it already.
    Add {
        /// Drawn at random.
        ring: RingId,
        /// Whom.
        callee: CallId,
        /// The key that they are known to have.
        expected: Option<KeyDigest>,
    },
    /// Gives up the ring of [`Self::Add`].
    TakeBack,
    /// A ring that came sounds, or cannot.
    Receipt {
        /// Which.
        ring: RingId,
        /// What became of it.
        receipt: Receipt,
    },
    /// Enters the room of a ring that came while it rings, so that an answer finds a connection. Whoever calls learns one's addresses by it, if their
    /// page looks: it is for people one knows. Nothing while this device calls somebody or talks.
    ConnectBeforehand {
        /// Which.
        ring: RingId,
    },
    /// Takes a ring that came. A call before it is over.
    Answer {
        /// Which.
        ring: RingId,
    },
    /// Leaves a ring that came to another page of this browser, which answers it: it is not on this one's screen any more.
    HandOver {
        /// Which.
        ring: RingId,
    },
    /// Answers a ring that was on the screen of another page of this browser, as soon as the server says it again.
    TakeOver {
        /// Which.
        ring: RingId,
        /// Who called.
        peer: CallId,
        /// The key that they are known to have: with another one it rings, and is not answered.
        expected: Option<KeyDigest>,
    },
    /// The page before this one in its tab was in a call, as the same device: it goes on here, once the server has said so. Before [`Self::Attach`].
    Resume(Box<OngoingCall>),
    /// Does not take a ring that came.
    Decline {
        /// Which.
        ring: RingId,
        /// A few words, sealed.
        message: Option<SealedNote>,
    },
    /// Ends the call, or gives up calling.
    HangUp {
        /// The reason.
        reason: HangUpReason,
    },
    /// Begins to be in a meeting, or is no longer.
    SetActivity {
        /// From now on.
        activity: Activity,
    },
    /// The person sees what is kept for the identity from now on, or does not: what they see is read, and read again when it changes.
    ShowBook {
        /// Whether they do.
        is_shown: bool,
    },
    /// Reads the next page of the history.
    ReadOlder,
    /// Reads the next page of those who are blocked.
    ReadMoreBlocked,
    /// Changes the history.
    ChangeHistory {
        /// What.
        change: HistoryChange,
    },
    /// Says what somebody is to the identity.
    SetContact {
        /// Who it is.
        peer: PublicKey,
        /// From now on.
        rule: ContactRule,
    },
    /// Says who may ring.
    SetRules {
        /// From now on.
        rules: CallRules,
    },
    /// Has the server push to this browser, or no longer. Said when the page begins, too.
    SwitchPush {
        /// From now on.
        on: bool,
    },
    /// Gives the identity another ID.
    ReplaceCallId,
    /// What has ended need not be shown any more.
    Dismiss,
}
