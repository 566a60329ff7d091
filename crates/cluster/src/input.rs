//! What can happen to a node.

use crate::{
    Fence, Incarnation, Load, NodeAt, NodeId, NodeRecord, OwnerRow, Question, RedisIdentity, RequestId,
    RoomKey, RoomLease,
};

/// One event, in the order in which the driver saw it. An answer that is late or was never asked for is nothing.
#[derive(Clone, Debug)]
pub enum Input {
    /// PostgreSQL has counted this start ([`Output::Register`](crate::Output::Register)).
    Registered {
        /// Higher than of every start before.
        incarnation: Incarnation,
    },
    /// The database belongs to a cluster of another name or secret.
    RegistrationRefused,
    /// PostgreSQL did not answer, or with an error: it is asked again.
    RegistrationFailed,
    /// Redis has answered [`Output::Renew`](crate::Output::Renew).
    Renewed {
        /// The question's number.
        question: Question,
        /// The answer.
        answer: Box<Renewed>,
    },
    /// Redis has answered [`Output::FindLease`](crate::Output::FindLease).
    LeaseFound {
        /// The question's number.
        question: Question,
        /// The answer.
        answer: Box<LeaseFound>,
    },
    /// Redis did not answer a question, or with an error, or the connection to it broke: the node counts it as away until it answers again.
    RedisFailed {
        /// The question's number.
        question: Question,
    },
    /// PostgreSQL has answered [`Output::FindOwner`](crate::Output::FindOwner).
    OwnerFound {
        /// The question's number.
        question: Question,
        /// The row, if there is one.
        row: Option<OwnerRow>,
    },
    /// PostgreSQL has answered [`Output::Take`](crate::Output::Take).
    TakeAnswered {
        /// The question's number.
        question: Question,
        /// The room that was to be taken.
        room: RoomKey,
        /// The answer.
        result: TakeResult,
    },
    /// PostgreSQL has answered [`Output::Verify`](crate::Output::Verify).
    Verified {
        /// The question's number.
        question: Question,
        /// The rows of the rooms that were asked about. Of a room that was deleted there is none.
        rows: Vec<(RoomKey, Option<OwnerRow>)>,
    },
    /// PostgreSQL did not answer a question, or with an error. Whether a compare-and-swap was done is not known.
    StorageFailed {
        /// The question's number.
        question: Question,
    },
    /// PostgreSQL has refused a write of a room, because its token is older than the last.
    WriteRefused {
        /// The room.
        room: RoomKey,
        /// The token of the write.
        fence: Fence,
    },
    /// Somebody wants to get into a room.
    Wanted {
        /// Who.
        request: RequestId,
        /// Where to.
        room: RoomKey,
        /// How they got here.
        arrival: Arrival,
    },
    /// They are gone, and an answer is of no use any more.
    Abandoned {
        /// Who.
        request: RequestId,
        /// Where they wanted to.
        room: RoomKey,
    },
    /// The last person has left a room of this node, and everything of it is written.
    RoomEnded {
        /// The room.
        room: RoomKey,
        /// The token that it was owned with.
        fence: Fence,
    },
    /// What became of the link to another node, or of an attempt to have one.
    Link {
        /// Which node.
        node: NodeId,
        /// What is so now.
        state: LinkState,
    },
    /// Another node has opened a link and said who it is: [`Output::AcceptLink`](crate::Output::AcceptLink) or
    /// [`Output::RefuseLink`](crate::Output::RefuseLink) follows.
    Hello(Box<NodeRecord>),
    /// Another node, which drains, offers a room over its link.
    Offered {
        /// The room.
        room: RoomKey,
        /// The token that it is owned with.
        fence: Fence,
        /// Who offers.
        from: NodeId,
    },
    /// The node that a room was offered to ([`Output::Move`](crate::Output::Move)) has answered, or cannot be reached.
    OfferAnswered {
        /// The room.
        room: RoomKey,
        /// Whom it was offered to.
        by: NodeId,
        /// Their answer.
        answer: OfferAnswer,
    },
    /// How busy this node is; it is told with the next renewal.
    LoadChanged(Load),
    /// The node is to leave. Said again, it ends at once.
    DrainAsked,
}

/// What Redis says to a renewal, all at one moment (a script).
#[derive(Clone, Debug)]
pub struct Renewed {
    /// Which Redis it is.
    pub identity: RedisIdentity,
    /// What there is under this node's own id, as it is after the renewal.
    pub own: OwnKey,
    /// All nodes that have a record, this one included.
    pub nodes: Vec<NodeRecord>,
    /// The leases with a higher token than that of a room that was to be renewed. They stay as they are.
    pub newer: Vec<RoomLease>,
}

/// What is under a node's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnKey {
    /// Nothing: it was only looked at ([`Claim::Look`](crate::Claim::Look)).
    Free,
    /// This node's record, as it was just written.
    Written,
    /// A record of another start, which was left alone.
    Occupied {
        /// Which start.
        by: Incarnation,
        /// How often it was renewed.
        beat: u64,
    },
}

/// What Redis says of a room, all at one moment.
#[derive(Clone, Debug)]
pub struct LeaseFound {
    /// Which Redis it is.
    pub identity: RedisIdentity,
    /// Where to ask, if anybody has announced it.
    pub lease: Option<RoomLease>,
    /// The record of the node that was asked about, if it has one.
    pub owner: Option<NodeRecord>,
}

/// What became of a compare-and-swap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TakeResult {
    /// The room is this node's.
    Taken {
        /// The new token.
        fence: Fence,
    },
    /// The token was another one.
    Lost {
        /// What there is instead; nothing where the room was deleted.
        row: Option<OwnerRow>,
    },
}

/// How somebody got to this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Over a connection of their own.
    Client,
    /// Another node has passed them on: they are not passed on once more.
    PassedOn,
    /// They were passed on to a node that refused them ([`RefuseReason::NotHere`](crate::RefuseReason::NotHere)) or could not be reached.
    Returned {
        /// Which node.
        by: NodeId,
    },
}

/// What is so of the link to a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// It is open, and the other end has said who it is and answers pings.
    Up {
        /// Who is at the other end.
        at: NodeAt,
    },
    /// It was closed by a reset.
    Reset,
    /// An attempt to have one, made after the last that was told of it, was refused: nobody listens there.
    Refused,
    /// Nothing was heard for a second, of a ping or of an attempt.
    Silent,
}

/// What a node says to an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfferAnswer {
    /// The room is theirs.
    Taken {
        /// With this token.
        fence: Fence,
    },
    /// They do not take it now.
    Refused,
}
