//! What the links between nodes tell: who answers, and whose process is gone.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::{Incarnation, LinkState, NodeAt, NodeId};

/// For so long what a link has told is believed. Raised, less is tried; lowered, a node is tried for each room of it.
const BELIEVED_FOR: Duration = Duration::from_secs(2);

/// A link that was reset and then refused within this time says that the process is gone, until its lease says so, too.
const GONE_WITHIN: Duration = Duration::from_secs(3);

/// What is known of one link.
#[derive(Clone, Copy, Debug, Default)]
struct Link {
    /// Who answered last.
    last: Option<Incarnation>,
    is_up: bool,
    reset_at: Option<Duration>,
    refused_at: Option<Duration>,
    /// When the process that answered last was known to be gone.
    gone_at: Option<Duration>,
    /// When it was last tried without success.
    tried_at: Option<Duration>,
}

impl Link {
    /// A reset and a refusal together say that the process is gone, in whichever order the driver has noticed them.
    fn conclude(&mut self, now: Duration) {
        if let (Some(reset), Some(refused), None) = (self.reset_at, self.refused_at, self.gone_at)
            && reset.abs_diff(refused) <= GONE_WITHIN
        {
            self.gone_at = Some(now);
        }
    }

    /// Nobody answers where it was: whoever was gone still is.
    fn refused(&mut self, now: Duration) {
        self.gone_at = self.gone_at.and(Some(now));
        self.conclude(now);
    }
}

/// The link to each node that there ever was one to.
#[derive(Debug, Default)]
pub(crate) struct Links {
    of: BTreeMap<NodeId, Link>,
}

impl Links {
    pub(crate) fn note(&mut self, now: Duration, node: NodeId, state: &LinkState) {
        let link = self.of.entry(node).or_default();
        match state {
            LinkState::Up { at: NodeAt { incarnation, .. } } => {
                *link = Link { last: Some(*incarnation), is_up: true, ..Link::default() };
            }
            LinkState::Reset => {
                link.is_up = false;
                link.reset_at = Some(now);
                link.conclude(now);
            }
            LinkState::Refused => {
                link.is_up = false;
                link.refused_at = Some(now);
                link.tried_at = Some(now);
                link.refused(now);
            }
            LinkState::Silent => {
                link.is_up = false;
                link.tried_at = Some(now);
            }
        }
    }

    /// Who answers at the other end.
    pub(crate) fn up(&self, node: NodeId) -> Option<Incarnation> {
        self.of.get(&node).filter(|link| link.is_up)?.last
    }

    /// The latest start that has answered, whether or not it does now.
    pub(crate) fn latest(&self, node: NodeId) -> Option<Incarnation> {
        self.of.get(&node)?.last
    }

    /// Whether the process of that start is gone, and was a moment ago.
    pub(crate) fn is_gone(&self, now: Duration, node: NodeId, incarnation: Incarnation) -> bool {
        let link = self.of.get(&node).filter(|link| link.last == Some(incarnation));
        link.and_then(|link| link.gone_at).is_some_and(|at| now.saturating_sub(at) <= GONE_WITHIN)
    }

    /// Whether it was tried a moment ago, and nobody answered.
    pub(crate) fn was_tried(&self, now: Duration, node: NodeId) -> bool {
        let link = self.of.get(&node).filter(|link| !link.is_up);
        link.and_then(|link| link.tried_at).is_some_and(|at| now.saturating_sub(at) <= BELIEVED_FOR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODE: NodeId = NodeId(7);

    fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn up(incarnation: u64) -> LinkState {
        let incarnation = Incarnation(incarnation);
        LinkState::Up { at: NodeAt { node: NODE, incarnation, address: String::new() } }
    }

    #[test]
    fn a_process_is_gone_when_its_link_is_reset_and_then_refused() {
        let mut links = Links::default();
        links.note(at(0), NODE, &up(2));
        links.note(at(10), NODE, &LinkState::Reset);
        assert!(!links.is_gone(at(10), NODE, Incarnation(2)));
        links.note(at(20), NODE, &LinkState::Refused);
        assert!(links.is_gone(at(20), NODE, Incarnation(2)));
        assert!(!links.is_gone(at(20), NODE, Incarnation(3)), "the next start is another process");
        assert!(!links.is_gone(at(5_000), NODE, Incarnation(2)), "by then its lease has run out");
        links.note(at(2_900), NODE, &LinkState::Refused);
        assert!(links.is_gone(at(5_000), NODE, Incarnation(2)), "where it is tried all the time");
    }

    #[test]
    fn a_driver_may_notice_the_refusal_before_the_reset() {
        let mut links = Links::default();
        links.note(at(0), NODE, &up(2));
        links.note(at(10), NODE, &LinkState::Refused);
        assert!(!links.is_gone(at(10), NODE, Incarnation(2)) && links.up(NODE).is_none());
        links.note(at(20), NODE, &LinkState::Reset);
        assert!(links.is_gone(at(20), NODE, Incarnation(2)));
    }

    #[test]
    fn a_refusal_alone_and_a_silence_say_nothing_of_a_process() {
        let mut links = Links::default();
        links.note(at(0), NODE, &LinkState::Refused);
        assert!(!links.is_gone(at(0), NODE, Incarnation(1)) && links.was_tried(at(0), NODE));
        links.note(at(10), NODE, &up(1));
        links.note(at(20), NODE, &LinkState::Silent);
        links.note(at(30), NODE, &LinkState::Refused);
        assert!(!links.is_gone(at(30), NODE, Incarnation(1)));
        links.note(at(40), NODE, &up(1));
        links.note(at(50), NODE, &LinkState::Reset);
        links.note(at(9_000), NODE, &LinkState::Refused);
        assert!(!links.is_gone(at(9_000), NODE, Incarnation(1)), "a reset of long ago is another story");
    }
}
