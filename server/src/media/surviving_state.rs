//! What outlives a shard that ends, so that the next one goes on with it.

use std::sync::Arc;

use super::news::NewsSender;
use super::orders::Orders;
use super::roster::Roster;
use super::shard_links::ShardReceivers;
use crate::recordings::Inboxes;

/// What outlives a shard that ends.
pub(super) struct SurvivingState {
    pub(super) orders: Arc<Orders>,
    pub(super) news: NewsSender,
    pub(super) incoming: ShardReceivers,
    pub(super) roster: Roster,
    pub(super) recordings: Inboxes,
}
