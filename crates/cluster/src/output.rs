//! What a node wants done.

use std::time::Duration;

use crate::{
    ClusterTag, Fence, Incarnation, NodeAt, NodeId, NodeRecord, OfferAnswer, Question, RequestId, RoomKey,
    RoomLease,
};

/// One effect, to be carried out in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Count this start in PostgreSQL, in one transaction: the first node writes the cluster's tag, and one of another tag is refused.
    Register {
        /// Which node starts.
        node: NodeId,
        /// Its cluster.
        cluster: ClusterTag,
    },
    /// Renew in Redis, by one script, and read who is there.
    Renew(Box<Renewal>),
    /// Write one lease at once, unless there is one with a higher token.
    Announce(RoomLease),
    /// Delete a lease, if it is still this one.
    WithdrawLease(RoomLease),
    /// Delete this node's record, if it is still of this start.
    WithdrawNode(NodeAt),
    /// Read from Redis, at one moment, a room's lease and the record of a node.
    FindLease {
        /// Goes back with the answer.
        question: Question,
        /// The room.
        room: RoomKey,
        /// The node whose record is wanted, too.
        owner: Option<NodeId>,
    },
    /// Read a room's owner from PostgreSQL.
    FindOwner {
        /// Goes back with the answer.
        question: Question,
        /// The room.
        room: RoomKey,
    },
    /// Make a node the owner of a room, if its token is still the expected one, and raise the token by one. Of a room without a row that
    /// is 0.
    Take {
        /// Goes back with the answer.
        question: Question,
        /// The room.
        room: RoomKey,
        /// The token that it is to have.
        expected: Fence,
        /// The new owner: this node.
        owner: NodeAt,
    },
    /// Leave a room without an owner, if its token is still this one, and raise the token by one. Nothing is said back, and it is not tried
    /// again: where it fails, the room's next owner has to look longer.
    Release {
        /// The room.
        room: RoomKey,
        /// The token that it was owned with.
        fence: Fence,
    },
    /// Read the owners of rooms that this node owns, as far as it knows.
    Verify {
        /// Goes back with the answer.
        question: Question,
        /// The rooms.
        rooms: Vec<RoomKey>,
    },
    /// Try whether a node is there, on a new link where there is none: [`Input::Link`](crate::Input::Link) within a second.
    Probe(NodeAt),
    /// These nodes are there: have a link to each, and to no other. Without this node.
    Nodes(Vec<NodeAt>),
    /// The node that has said who it is is one of the cluster.
    AcceptLink(NodeId),
    /// The node that has said who it is is not: close its link.
    RefuseLink {
        /// Who.
        node: NodeId,
        /// The reason.
        reason: LinkRefusal,
    },
    /// A room is this node's: read what is kept of it, and start it. Each write carries the token.
    Begin {
        /// The room.
        room: RoomKey,
        /// The token.
        fence: Fence,
    },
    /// A room is not this node's any more: end its task, write nothing more of it, and close all its sockets with *moved*.
    /// Where it has just ended by itself, and that is not known here yet, there is nothing to do.
    LetGo {
        /// The room.
        room: RoomKey,
        /// The token that it was owned with.
        fence: Fence,
        /// The reason.
        reason: LetGoReason,
    },
    /// Let somebody into a room of this node, which has begun.
    Admit {
        /// Who.
        request: RequestId,
        /// The room.
        room: RoomKey,
        /// Its token.
        fence: Fence,
    },
    /// Pass somebody on, over the link to another node, for which they are [`Arrival::PassedOn`](crate::Arrival::PassedOn). Where that does
    /// not work, or comes to nothing, they are wanted again ([`Arrival::Returned`](crate::Arrival::Returned)).
    PassOn {
        /// Who.
        request: RequestId,
        /// Where they want to.
        room: RoomKey,
        /// Who has the room, or is to take it.
        to: NodeAt,
    },
    /// Turn somebody away. They may try again, here or elsewhere.
    Refuse {
        /// Who.
        request: RequestId,
        /// Where they wanted to.
        room: RoomKey,
        /// The reason.
        reason: RefuseReason,
    },
    /// Offer a room to another node, with everything that it needs to go on with it, and hold the room's writes back until its answer
    /// ([`Input::OfferAnswered`](crate::Input::OfferAnswered)). Media goes on.
    Move {
        /// The room.
        room: RoomKey,
        /// Its token.
        fence: Fence,
        /// To whom.
        to: NodeAt,
    },
    /// Nothing came of an offer: the room goes on here.
    KeepRoom {
        /// The room.
        room: RoomKey,
        /// Its token.
        fence: Fence,
    },
    /// Answer the node that has offered a room.
    AnswerOffer {
        /// The room.
        room: RoomKey,
        /// Who has offered it.
        to: NodeId,
        /// The answer.
        answer: OfferAnswer,
    },
    /// How limits and rings work from now on.
    Coordination(Coordination),
    /// The node drains, and there is no other that could take its rooms: they go on until they end by themselves, or the drain's time is up.
    DrainingAlone,
    /// The drain is over. [`Output::Stop`] follows.
    Drained {
        /// The cause.
        cause: DrainEnd,
        /// How many rooms were closed, not moved.
        closed: usize,
    },
    /// The node's part in the cluster is over. With [`StopReason::Drained`] the program ends as it was asked to, once those have gone whose rooms
    /// were moved; with another one it has nothing to do in this cluster.
    Stop(StopReason),
}

/// A renewal. The script leaves a record of another start alone, unless [`Claim::Overwrite`] says otherwise and it is an older one, and leases
/// with a higher token in any case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewal {
    /// Goes back with the answer.
    pub question: Question,
    /// What to do with the node's own record.
    pub claim: Claim,
    /// What to write.
    pub record: NodeRecord,
    /// The leases of this node's rooms.
    pub rooms: Vec<RoomLease>,
    /// For how long Redis keeps them.
    pub lease: Duration,
}

/// What a node does with the record under its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It only looks: another start may be there that could not announce itself yet.
    Look,
    /// Write it where there is none, or its own.
    IfFree,
    /// Write it, also in place of one of an older start.
    Overwrite,
}

/// Why a link is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkRefusal {
    /// It is of a cluster of another name or secret.
    OtherCluster,
    /// It has this node's id.
    SameId,
    /// There is a later start of it.
    Superseded,
    /// The two do not understand each other's version.
    IncompatibleVersion,
    /// This node has left the cluster.
    Stopping,
}

/// Why a room is let go of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetGoReason {
    /// Somebody has it with a higher token: a write was refused, or Redis or PostgreSQL says so. At once.
    Fenced,
    /// It was deleted.
    Deleted,
    /// It was moved by a drain: its sockets are told where to, and media stays until it is there.
    Moved {
        /// To which node.
        to: NodeId,
    },
    /// The drain is over and the room is still here.
    Closed,
    /// A later start of this node is there.
    Superseded,
}

/// Why somebody is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefuseReason {
    /// They were passed on, and this node neither has the room nor takes it. Said to the node that has passed them on, not to them.
    NotHere,
    /// The node has only just started and has not heard yet who has which room.
    Starting,
    /// Redis is away, or was until a moment ago, and the room is not known to be anybody's.
    RedisAway,
    /// PostgreSQL does not answer.
    StorageAway,
    /// The room's owner cannot be reached.
    OwnerUnreachable,
    /// No node takes rooms.
    NoNode,
    /// The node has left the cluster.
    Stopping,
}

/// How limits and rings work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coordination {
    /// By way of Redis: limits are shared, and rings get to other nodes.
    Shared,
    /// Redis is away: each node has its share of each limit, and people on other nodes cannot be rung (*unavailable*).
    Alone {
        /// One in how many: the nodes that were there last, at least 1.
        share_of: u32,
    },
}

/// Why a drain is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DrainEnd {
    /// Every room is elsewhere or has ended.
    Empty,
    /// Its time was up.
    TimeUp,
    /// It was asked for again.
    Forced,
}

/// Why a node leaves the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// It has drained.
    Drained,
    /// PostgreSQL belongs to a cluster of another name or secret.
    OtherCluster,
    /// Another node with this id is there and renews its record. The operator has given an id twice.
    IdInUse,
    /// A later start of this id is there.
    Superseded {
        /// Which.
        by: Incarnation,
    },
}
