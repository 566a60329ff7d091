//! Whether this person's uplink carries what is sent to everybody directly. Where it does not for a while, the room is told,
//! and goes by way of the server, to which everything is sent once.

use std::collections::BTreeMap;
use std::time::Duration;

use protocol::ParticipantId;

/// How long links have to be short of bandwidth. A browser that has just connected takes some seconds to find out what it can
/// send.
const WEAK_FOR: Duration = Duration::from_secs(15);

/// With fewer links the server would not be sent less.
pub(crate) const LEAST_LINKS: usize = 2;

/// Since when each direct link has been short of bandwidth, in one stay on direct links.
#[derive(Debug, Default)]
pub(crate) struct Uplink {
    epoch: u32,
    short_since: BTreeMap<ParticipantId, Duration>,
    is_reported: bool,
}

impl Uplink {
    /// Notes what a link says of several in this epoch. True when the room is to be told that the uplink is too weak: once.
    pub(crate) fn note(
        &mut self,
        now: Duration,
        epoch: u32,
        peer: ParticipantId,
        is_short: bool,
        links: &[ParticipantId],
    ) -> bool {
        if self.epoch != epoch {
            *self = Self { epoch, ..Self::default() };
        }
        self.short_since.retain(|id, _| links.contains(id));
        let is_news = self.hear(now, peer, is_short, links.len()) && !self.is_reported;
        self.is_reported |= is_news;
        is_news
    }

    /// Notes what a link says. True when the uplink is too weak for `links` links: half of them have been short for long.
    fn hear(&mut self, now: Duration, peer: ParticipantId, is_short: bool, links: usize) -> bool {
        if is_short {
            self.short_since.entry(peer).or_insert(now);
        } else {
            self.short_since.remove(&peer);
        }
        let short = self.short_since.values().filter(|since| now.saturating_sub(**since) >= WEAK_FOR).count();
        links >= LEAST_LINKS && short * 2 >= links
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: ParticipantId = ParticipantId::new(uuid::Uuid::from_u128(1));
    const BOB: ParticipantId = ParticipantId::new(uuid::Uuid::from_u128(2));
    const CLEO: ParticipantId = ParticipantId::new(uuid::Uuid::from_u128(3));

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn an_uplink_is_weak_when_half_of_the_links_are_short_for_long() {
        let mut uplink = Uplink::default();
        assert!(!uplink.hear(at(0), ADA, true, 3));
        assert!(!uplink.hear(at(15), ADA, true, 3), "one of three is the other end's affair");
        assert!(!uplink.hear(at(15), BOB, true, 3));
        assert!(!uplink.hear(at(29), CLEO, false, 3));
        assert!(uplink.hear(at(30), BOB, true, 3));
    }

    #[test]
    fn a_link_that_recovers_begins_anew_and_a_single_one_does_not_count() {
        let mut uplink = Uplink::default();
        assert!(!uplink.hear(at(0), ADA, true, 2));
        assert!(!uplink.hear(at(10), ADA, false, 2));
        assert!(!uplink.hear(at(11), ADA, true, 2));
        assert!(!uplink.hear(at(20), ADA, true, 2));
        assert!(uplink.hear(at(26), ADA, true, 2));
        assert!(!uplink.hear(at(27), ADA, true, 1));
    }
}
