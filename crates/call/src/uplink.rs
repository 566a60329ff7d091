//! Whether this person's uplink carries what they send. Where it does not for a while, they are told; and where everything is sent to
//! everybody directly, the room is told too, and goes by way of the server, to which everything is sent once.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::LinkKey;

/// How long links have to be short of bandwidth. A browser that has just connected takes some seconds to find out what it can
/// send.
const WEAK_FOR: Duration = Duration::from_secs(15);

/// How long none of them has to be short until the uplink counts as strong again: what is said of it does not come and go.
const STRONG_FOR: Duration = Duration::from_secs(10);

/// With fewer links the server would not be sent less.
const LEAST_LINKS: usize = 2;

/// Since when each link has been short of bandwidth, in one stay on one path.
#[derive(Debug, Default)]
pub(crate) struct Uplink {
    epoch: u32,
    short_since: BTreeMap<LinkKey, Duration>,
    none_short_since: Option<Duration>,
    is_weak: bool,
    is_reported: bool,
}

/// The links over which media is sent, and what they are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SentOver<'a> {
    /// To several people directly, or to one.
    Direct(&'a [LinkKey]),
    /// To the server.
    Node(&'a [LinkKey]),
}

impl Uplink {
    /// Notes what a link says in this epoch. True when the room is to be told that the uplink is too weak: once.
    pub(crate) fn note(
        &mut self,
        now: Duration,
        epoch: u32,
        link: LinkKey,
        is_short: bool,
        over: SentOver<'_>,
    ) -> bool {
        if self.epoch != epoch {
            *self = Self { epoch, is_weak: self.is_weak, ..Self::default() };
        }
        let (SentOver::Direct(links) | SentOver::Node(links)) = over;
        self.short_since.retain(|link, _| links.contains(link));
        let is_weak = self.hear(now, link, is_short, links.len());
        self.follow(now, is_weak);
        let is_news = is_weak && !self.is_reported && is_one_of_several(over);
        self.is_reported |= is_news;
        is_news
    }

    /// Whether others get less than there is, and the person can do something about it.
    pub(crate) fn is_weak(&self) -> bool {
        self.is_weak
    }

    /// Notes what a link says. True when the uplink is too weak for `links` links: half of them have been short for long.
    fn hear(&mut self, now: Duration, link: LinkKey, is_short: bool, links: usize) -> bool {
        if is_short {
            self.short_since.entry(link).or_insert(now);
        } else {
            self.short_since.remove(&link);
        }
        let short = self.short_since.values().filter(|since| now.saturating_sub(**since) >= WEAK_FOR).count();
        short > 0 && short * 2 >= links
    }

    fn follow(&mut self, now: Duration, is_weak: bool) {
        if !self.short_since.is_empty() {
            self.none_short_since = None;
            self.is_weak |= is_weak;
        } else if now.saturating_sub(*self.none_short_since.get_or_insert(now)) >= STRONG_FOR {
            self.is_weak = false;
        }
    }
}

fn is_one_of_several(over: SentOver<'_>) -> bool {
    match over {
        SentOver::Direct(links) => links.len() >= LEAST_LINKS,
        SentOver::Node(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::{LinkId, NodeId, ParticipantId, PeerRef};
    use uuid::Uuid;

    fn to(who: u128) -> LinkKey {
        let peer = PeerRef::Participant(ParticipantId::new(Uuid::from_u128(who)));
        LinkKey { peer, id: LinkId::default() }
    }

    fn to_node() -> LinkKey {
        LinkKey { peer: PeerRef::Sfu(NodeId::NIL), id: LinkId::default() }
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn an_uplink_is_weak_when_half_of_the_links_are_short_for_long() {
        let mut uplink = Uplink::default();
        let links = [to(1), to(2), to(3)];
        let mut says =
            |seconds, link, is_short| uplink.note(at(seconds), 1, link, is_short, SentOver::Direct(&links));
        assert!(!says(0, to(1), true));
        assert!(!says(15, to(1), true), "one of three is the other end's affair");
        assert!(!says(15, to(2), true));
        assert!(!says(29, to(3), false));
        assert!(says(30, to(2), true));
        assert!(!says(31, to(2), true), "that is said once");
    }

    #[test]
    fn a_link_that_recovers_begins_anew_and_a_single_one_does_not_move_the_room() {
        let mut uplink = Uplink::default();
        let links = [to(1), to(2)];
        assert!(!uplink.note(at(0), 1, to(1), true, SentOver::Direct(&links)));
        assert!(!uplink.note(at(10), 1, to(1), false, SentOver::Direct(&links)));
        assert!(!uplink.note(at(11), 1, to(1), true, SentOver::Direct(&links)));
        assert!(!uplink.note(at(20), 1, to(1), true, SentOver::Direct(&links)));
        assert!(uplink.note(at(26), 1, to(1), true, SentOver::Direct(&links)));
        let mut pair = Uplink::default();
        assert!(!pair.note(at(0), 1, to(1), true, SentOver::Direct(&links[..1])));
        assert!(!pair.note(at(60), 1, to(1), true, SentOver::Direct(&links[..1])));
        assert!(pair.is_weak(), "but the person is told");
    }

    #[test]
    fn a_weak_link_to_the_server_is_told_to_the_person_until_it_has_been_well_for_a_while() {
        let mut uplink = Uplink::default();
        let links = [to_node()];
        let mut says = |seconds, is_short| {
            assert!(!uplink.note(at(seconds), 1, to_node(), is_short, SentOver::Node(&links)));
            uplink.is_weak()
        };
        assert!(!says(0, true));
        assert!(!says(14, true));
        assert!(says(15, true));
        assert!(says(16, false), "what is said does not come and go");
        assert!(says(20, true));
        assert!(says(21, false));
        assert!(says(30, false));
        assert!(!says(31, false));
    }

    #[test]
    fn who_is_told_of_a_weak_uplink_is_told_while_the_room_moves() {
        let mut uplink = Uplink::default();
        let links = [to(1), to(2)];
        assert!(!uplink.note(at(0), 1, to(1), true, SentOver::Direct(&links)));
        assert!(uplink.note(at(15), 1, to(1), true, SentOver::Direct(&links)));
        let node = [to_node()];
        assert!(!uplink.note(at(16), 2, to_node(), false, SentOver::Node(&node)));
        assert!(uplink.is_weak());
        assert!(!uplink.note(at(26), 2, to_node(), false, SentOver::Node(&node)));
        assert!(!uplink.is_weak());
    }
}
