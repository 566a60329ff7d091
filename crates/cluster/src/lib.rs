//! Several nodes that are one server: who is there, who owns which room, who takes a room whose owner is gone, and how a node leaves.
//!
//! A [`ClusterNode`] decides for one node. It reads no clock and no socket and keeps nothing: what Redis, PostgreSQL and links have said comes
//! in as an [`Input`], what is to be done goes out as an [`Output`]. It does not forward media, knows nothing of what goes on in a room, and
//! makes no links: those are its driver's.
//!
//! ```text
//!                        ┌───────────────────────────── this node ─────────────────────────────┐
//!   people ── Wanted ──▶ │ searches ──▶ placement ──▶ turns ──▶ Take ─────────┐                │
//!                        │    │ ▲                                             ▼                │
//!   other  ◀── PassOn ── │ ◀──┘ │        Redis: where to ask,     PostgreSQL: whose it is      │
//!   nodes  ── Link ────▶ │ links│        who is there             (room, owner, fence)         │
//!                        │      └──────────── view ◀── Renew ◀── owned ◀─────┘                 │
//!                        │                                         │ a write is refused        │
//!                        │                       drain ──▶ Move    └─▶ LetGo                   │
//!                        └─────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! # What holds
//!
//! * **One owner's writes count.** A room is taken by a compare-and-swap that raises its [`Fence`], every write carries the owner's, and an
//!   older one is refused. No promise about who owns a room rests on a clock, on Redis, or on a link.
//! * **An owner whose write is refused lets go at once**, and so does one that hears of a higher token in Redis, or in PostgreSQL, which it asks
//!   whenever its leases were not renewed for as long as they last.
//! * **Nobody takes a room from an owner who is there.** Its record and the room's lease have to be gone from a Redis that is believed, and it must
//!   not answer over a link; and Redis is asked for that once more right before. Or its process is gone (a link that was reset and is then refused), or a
//!   later start of the node has answered, or it has offered the room. What a node has decided and sends only after it stood still for a while is
//!   the exception: then nothing but the token decides, and an owner that loses so lets go as any.
//! * **Redis away changes no room**: owned ones go on, and nobody takes any. When it is back, or another one answers, or it has started anew,
//!   nobody takes a room for [`Settings::quiet`], in which owners announce themselves.
//! * **PostgreSQL away changes no room either**: none can change hands.
//! * **A drain ends** within [`Settings::drain_within`], whatever others do.
//! * **Of two nodes with one id** the second looks for a whole quiet time first, sees the other's record renewed and leaves. Where the two could not see
//!   each other, the one with the smaller [`Incarnation`] lets go of everything as soon as it can.
//! * **A node of another name or secret** finds that PostgreSQL belongs to another cluster, and leaves; its links are refused, and what it has in Redis
//!   is not looked at.
//!
//! `tests/simulation` plays all of that over seeds, and finds it out when fences are not checked or the quiet time is left out.
//!
//! # How it is driven
//!
//! By one asynchronous task, in a loop over one enum of events:
//!
//! 1. Feed an event, or [`ClusterNode::handle_timeout`], with what a monotonic clock shows.
//! 2. Poll [`ClusterNode::poll_output`] until it is empty, and carry everything out in order. What waits for Redis, PostgreSQL or another node is
//!    a task of its own, whose answer is an event; the loop waits for none of them.
//! 3. Sleep until the next event or [`ClusterNode::poll_timeout`], and never longer than a second: a clock that has jumped back has made a long
//!    sleep of a short one.
//!
//! **Redis**: keys begin with the [`ClusterTag`], so that two clusters in one Redis do not meet; what is read is compared all the same.
//! Each question is one script (or one transaction), whose answer is of one moment:
//!
//! | output | script |
//! | --- | --- |
//! | [`Output::Renew`] | read the key of the node; write it by the [`Claim`] with `PX`; for each room `SET … PX` unless a higher fence is there, which is collected; read all nodes (a set of ids, and a key each) |
//! | [`Output::FindLease`] | `GET` of the room, and of the node that is named |
//! | [`Output::Announce`] | the part of a renewal that is about one room |
//! | [`Output::WithdrawLease`], [`Output::WithdrawNode`] | delete if it is still this value |
//!
//! The leases of many rooms may go in portions of a few hundred, so that no script keeps others waiting; the answer is put together.
//! With each answer goes the [`RedisIdentity`] of the connection. An error, a connection that breaks, and no answer within
//! [`Settings::redis_timeout`] are [`Input::RedisFailed`]; a driver that connects again by itself must not hide that. It tries again at least
//! every two seconds, so that an owner is back before the quiet time is over.
//!
//! **PostgreSQL**: three tables, `cluster (tag)` of one row, `nodes (id, starts)`, and beside the fence of a
//! room its owner: id, incarnation and address.
//!
//! | output | statement |
//! | --- | --- |
//! | [`Output::Register`] | insert the tag if there is none, refuse another; `starts = starts + 1 … RETURNING starts` |
//! | [`Output::Take`] | `UPDATE … SET owner = …, fence = fence + 1 WHERE code = … AND fence = expected RETURNING fence`; where no row is changed, read the row |
//! | [`Output::Release`] | the same, with no owner; after everything of the room is written |
//! | [`Output::FindOwner`], [`Output::Verify`] | `SELECT` of owner and fence |
//!
//! An error, and no answer within [`Settings::storage_timeout`], are [`Input::StorageFailed`]; that the statement was carried out all the same is
//! provided for. A room's row has to outlive its code: a code that is given again begins with a fence that is higher, or is never given again.
//!
//! **Rooms**: [`Output::Begin`] starts the room's task with its fence, [`Output::LetGo`] ends it and closes its sockets. A write that comes back as fenced
//! is [`Input::WriteRefused`], from wherever it was made. [`Output::Move`] hands the room's state over and holds back its writes until the answer.
//!
//! **Links**: one to each of [`Output::Nodes`], under mutual TLS from the cluster's secret, with a ping each second. What becomes of one is
//! [`Input::Link`]; *up* is said once both ends have accepted each other's [`NodeRecord`]. [`LinkState::Refused`] is said of an attempt after
//! the last news, never of one of before. Somebody who was passed on is [`Arrival::PassedOn`] at the other end; *not here*, a link that is
//! down and an attempt that fails bring them back as [`Arrival::Returned`]. Who returns for too long is the driver's to turn away.
//!
//! **Health**: [`ClusterNode::health`] is for readiness, and says *degraded* while Redis is not trusted; whether the process lives never depends on it.
//! A load balancer sends nobody to a node that is [`Standing::Starting`].

mod cluster_node;
mod drain;
mod ids;
mod input;
mod links;
mod output;
mod owned;
mod placement;
mod records;
mod redis_view;
mod searches;
mod settings;
mod stage;
mod steady_clock;
mod take_queue;

pub use cluster_node::{ClusterNode, Health, Standing};
pub use ids::{ClusterTag, Fence, Incarnation, NodeId, Question, RedisIdentity, RequestId, RoomKey};
pub use input::{Arrival, Input, LeaseFound, LinkState, OfferAnswer, OwnKey, Renewed, TakeResult};
pub use output::{
    Claim, Coordination, DrainEnd, LetGoReason, LinkRefusal, Output, RefuseReason, Renewal, StopReason,
};
pub use placement::{Need, place};
pub use records::{Load, NodeAt, NodeRecord, OwnerRow, Roles, RoomLease, Taking, Versions};
pub use redis_view::RedisContact;
pub use settings::Settings;
