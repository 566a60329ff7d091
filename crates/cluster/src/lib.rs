//! Several nodes that are one server: who is there, who owns which room, who takes a room whose owner is gone, and how a node leaves.
mod cluster_node;
mod drain;
mod ids;
mod input;
mod links;
mod output;
mod owned;
pub mod placement;
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
pub use records::{Load, NodeAt, NodeRecord, OwnerRow, Roles, RoomLease, Taking, Versions};
pub use redis_view::RedisContact;
pub use settings::Settings;
