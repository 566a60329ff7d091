//! Links to other nodes: who may have one, and what follows from what happens to it.

use std::time::Duration;

use super::ClusterNode;
use crate::searches::Step;
use crate::{LinkRefusal, LinkState, NodeId, NodeRecord, Output};

impl ClusterNode {
    /// What became of a link. Who has waited for it goes on.
    pub(super) fn link(&mut self, now: Duration, node: NodeId, state: &LinkState) {
        self.links.note(now, node, state);
        match state {
            LinkState::Up { .. } => {
                for room in self.searches.probing(node) {
                    self.look(now, room);
                }
            }
            LinkState::Refused | LinkState::Silent => {
                for room in self.searches.probing(node) {
                    self.probed_in_vain(now, room);
                }
            }
            LinkState::Reset => {}
        }
    }

    /// Another node has said who it is.
    pub(super) fn hello(&mut self, record: &NodeRecord) {
        let (node, incarnation) = record.at.key();
        let known = self.redis.node(node).map(|known| known.at.incarnation);
        let refusal = if record.cluster != self.settings.cluster {
            Some(LinkRefusal::OtherCluster)
        } else if node == self.settings.node {
            // Which of the two goes on is decided where both are seen, in Redis.
            Some(LinkRefusal::SameId)
        } else if known.is_some_and(|known| known > incarnation) {
            Some(LinkRefusal::Superseded)
        } else if !record.version.is_compatible(self.settings.version) {
            Some(LinkRefusal::IncompatibleVersion)
        } else {
            None
        };
        match refusal {
            None => self.put(Output::AcceptLink(node)),
            Some(reason) => self.put(Output::RefuseLink { node, reason }),
        }
    }

    /// The owner of a room, whose record is not in Redis, does not answer.
    fn probed_in_vain(&mut self, now: Duration, room: crate::RoomKey) {
        if let Some(Step::Probing { owner, incarnation, fence }) = self.searches.step(room) {
            self.claim(now, room, fence, crate::searches::Grounds::RanOut { owner, incarnation });
        }
    }
}
