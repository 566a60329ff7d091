//! The rooms that this node owns, and which of them is on offer.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::{Fence, NodeId, Question, RoomKey, Settings};

/// While leases are not renewed, PostgreSQL is asked so often whether rooms are still this node's. Raised, a room that somebody else has
/// taken stays open here for longer.
const VERIFY_EACH: Duration = Duration::from_secs(3);

/// A room of this node.
#[derive(Clone, Debug)]
struct Owned {
    fence: Fence,
    /// Whom it was offered to, and until when an answer is waited for.
    offered: Option<(NodeId, Duration)>,
    /// Who has refused it last.
    refused_by: Option<NodeId>,
    /// When it may be offered.
    offer_at: Duration,
}

#[derive(Debug, Default)]
pub(crate) struct OwnedRooms {
    rooms: BTreeMap<RoomKey, Owned>,
    /// The question that is on its way, and since when.
    verifying: Option<(Question, Duration)>,
    verify_at: Duration,
    /// Whether somebody may have taken them without this node's knowledge, since leases were not renewed for a while.
    is_in_doubt: bool,
    /// Whether that has been so again since PostgreSQL was last asked: its answer does not settle it.
    is_in_doubt_again: bool,
}

impl OwnedRooms {
    pub(crate) fn len(&self) -> usize {
        self.rooms.len()
    }

    pub(crate) fn fence(&self, room: RoomKey) -> Option<Fence> {
        self.rooms.get(&room).map(|one| one.fence)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (RoomKey, Fence)> {
        self.rooms.iter().map(|(room, one)| (*room, one.fence))
    }

    pub(crate) fn insert(&mut self, room: RoomKey, fence: Fence) {
        let one = Owned { fence, offered: None, refused_by: None, offer_at: Duration::ZERO };
        self.rooms.insert(room, one);
    }

    /// Forgets a room, if it is owned with that token.
    pub(crate) fn remove(&mut self, room: RoomKey, fence: Fence) -> bool {
        let is_owned = self.fence(room) == Some(fence);
        if is_owned {
            self.rooms.remove(&room);
        }
        is_owned
    }

    /// Forgets all.
    pub(crate) fn take_all(&mut self) -> Vec<(RoomKey, Fence)> {
        std::mem::take(&mut self.rooms).into_iter().map(|(room, one)| (room, one.fence)).collect()
    }

    /// How many are on offer.
    pub(crate) fn offered(&self) -> usize {
        self.rooms.values().filter(|one| one.offered.is_some()).count()
    }

    /// How many are not.
    pub(crate) fn left_to_offer(&self) -> usize {
        self.len() - self.offered()
    }

    /// The next room to offer, and who has refused it last.
    pub(crate) fn next_to_offer(&self, now: Duration) -> Option<(RoomKey, Fence, Option<NodeId>)> {
        let mut waiting = self.rooms.iter().filter(|(_, one)| one.offered.is_none() && one.offer_at <= now);
        waiting.next().map(|(room, one)| (*room, one.fence, one.refused_by))
    }

    /// When the first room that waits may be offered.
    pub(crate) fn first_offer_at(&self) -> Option<Duration> {
        self.rooms.values().filter(|one| one.offered.is_none()).map(|one| one.offer_at).min()
    }

    pub(crate) fn offer(&mut self, room: RoomKey, to: NodeId, until: Duration) {
        if let Some(one) = self.rooms.get_mut(&room) {
            one.offered = Some((to, until));
        }
    }

    /// Whether it is on offer to that node.
    pub(crate) fn is_offered_to(&self, room: RoomKey, node: NodeId) -> bool {
        self.rooms.get(&room).and_then(|one| one.offered).is_some_and(|(to, _)| to == node)
    }

    /// Nothing came of an offer.
    pub(crate) fn keep(&mut self, room: RoomKey, again_at: Duration) {
        if let Some(one) = self.rooms.get_mut(&room) {
            one.refused_by = one.offered.take().map(|(to, _)| to);
            one.offer_at = again_at;
        }
    }

    /// The rooms whose offers nobody has answered.
    pub(crate) fn unanswered(&self, now: Duration) -> Vec<RoomKey> {
        let late = |one: &Owned| one.offered.is_some_and(|(_, until)| until <= now);
        self.rooms.iter().filter(|(_, one)| late(one)).map(|(room, _)| *room).collect()
    }

    pub(crate) fn first_unanswered_at(&self) -> Option<Duration> {
        self.rooms.values().filter_map(|one| Some(one.offered?.1)).min()
    }

    /// Somebody may have taken rooms without this node's knowledge.
    pub(crate) fn doubt(&mut self) {
        self.is_in_doubt = !self.rooms.is_empty();
        self.is_in_doubt_again = self.is_in_doubt;
    }

    /// Whether PostgreSQL is to be asked, given for how long leases were not renewed.
    pub(crate) fn is_verification_due(
        &mut self,
        now: Duration,
        unrenewed: Duration,
        settings: &Settings,
    ) -> bool {
        self.verifying.take_if(|(_, since)| now.saturating_sub(*since) > settings.storage_timeout);
        if unrenewed >= settings.lease {
            self.doubt();
        }
        self.is_in_doubt && self.verifying.is_none() && now >= self.verify_at
    }

    /// PostgreSQL is asked now.
    pub(crate) fn verifying(&mut self, now: Duration, question: Question) {
        self.verifying = Some((question, now));
        self.is_in_doubt_again = false;
        self.verify_at = now + VERIFY_EACH;
    }

    /// Whether that was the question, which is answered now.
    pub(crate) fn verified(&mut self, question: Question) -> bool {
        let is_answered = self.verifying.take_if(|(one, _)| *one == question).is_some();
        if is_answered {
            self.is_in_doubt = self.is_in_doubt_again;
        }
        is_answered
    }

    /// When it is to be looked at.
    pub(crate) fn poll_timeout(&self, settings: &Settings) -> Option<Duration> {
        let expires =
            self.verifying.map(|(_, since)| since + settings.storage_timeout + Duration::from_millis(1));
        expires.or(self.is_in_doubt.then_some(self.verify_at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ClusterTag;

    #[test]
    fn an_answer_settles_nothing_that_has_come_up_since_it_was_asked_for() {
        let settings = Settings::new(NodeId(1), ClusterTag([0; 16]), String::new());
        let at = Duration::from_secs;
        let mut owned = OwnedRooms::default();
        owned.insert(RoomKey(1), Fence(1));
        assert!(!owned.is_verification_due(at(10), at(1), &settings), "leases are renewed");
        assert!(owned.is_verification_due(at(10), at(3), &settings));
        owned.verifying(at(10), Question(1));
        owned.insert(RoomKey(2), Fence(1));
        owned.doubt();
        assert!(owned.verified(Question(1)));
        assert!(!owned.is_verification_due(at(11), at(1), &settings), "not at once");
        assert!(owned.is_verification_due(at(13), at(1), &settings));
        owned.verifying(at(13), Question(2));
        assert!(owned.verified(Question(2)) && !owned.verified(Question(2)));
        assert!(!owned.is_verification_due(at(20), at(1), &settings));
    }
}
