//! Direct calls: one's own ID, whom to call, who calls, and the call itself.

mod call_history;
mod dial;
mod ended;
mod incoming_ring;
mod move_identity;
mod notifications;
mod own_id;
mod push;
mod reachability;
mod ring_mark;
mod rings_over;
mod talk;

pub(crate) use call_history::CallHistory;
pub(crate) use dial::Dial;
pub(crate) use ended::Ended;
pub(crate) use incoming_ring::IncomingRings;
use move_identity::MoveIdentity;
pub(crate) use notifications::NotificationChoice;
pub(crate) use own_id::OwnId;
use push::PushChoice;
pub(crate) use reachability::Reachability;
pub(crate) use rings_over::RingsOver;
pub(crate) use talk::Talk;
