//! A busy node gives a room to one that is not. It goes as it does in a drain, and whoever is in it goes with it.

use std::time::Duration;

use super::ClusterNode;
use crate::Output;
use crate::drain::ANSWERED_WITHIN;

impl ClusterNode {
    pub(super) fn go_on_rebalancing(&mut self, now: Duration) {
        // What others carry is known by way of Redis.
        if !self.rebalance.is_due(now) || self.drain.is_some() || !self.may_take() {
            return;
        }
        let Some((room, fence)) = self.owned.next_to_give(now, self.settings.stays_for) else { return };
        let Some(to) = self.placed(now, room, &[]).filter(|to| self.is_other(to)) else { return };
        let is_better_off = self.redis.node(to.node).is_some_and(|node| self.rebalance.is_worth(node.load));
        if is_better_off {
            self.owned.offer(room, to.node, now + ANSWERED_WITHIN);
            self.put(Output::Move { room, fence, to });
        }
    }
}
