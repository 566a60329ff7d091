//! What the links between nodes tell: who answers, and whose process is gone.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::{Incarnation, LinkState, NodeAt, NodeId};

/// For so long what a link has told is believed. Raised, less is tried; lowered, a node is tried for each room of it.
const BELIEVED_FOR: Duration = Duration::from_secs(2);

/// A link that was reset and then refused within this time says that the process is gone, until its lease says so, too.
const GONE_WITHIN: Duration = Duration::from_secs(3);

#[derive(Clone, Copy, Debug)]
enum Told {
    Up(Incarnation),
    /// It was up, and was reset then.
    Reset {
        incarnation: Incarnation,
        at: Duration,
    },
    /// It was reset, and nobody listened any more.
    Gone {
        incarnation: Incarnation,
        at: Duration,
    },
    /// It was tried without success.
    Down {
        at: Duration,
    },
}

/// The link to each node that there ever was one to.
#[derive(Debug, Default)]
pub(crate) struct Links {
    of: BTreeMap<NodeId, Told>,
}

impl Links {
    pub(crate) fn note(&mut self, now: Duration, node: NodeId, state: &LinkState) {
        let before = self.of.get(&node).copied();
        let told = match state {
            LinkState::Up { at: NodeAt { incarnation, .. } } => Told::Up(*incarnation),
            LinkState::Reset => match before {
                Some(Told::Up(incarnation)) => Told::Reset { incarnation, at: now },
                Some(told @ (Told::Reset { .. } | Told::Gone { .. } | Told::Down { .. })) => told,
                None => Told::Down { at: now },
            },
            LinkState::Refused => match before {
                Some(Told::Reset { incarnation, at }) if now.saturating_sub(at) <= GONE_WITHIN => {
                    Told::Gone { incarnation, at: now }
                }
                Some(told @ Told::Gone { .. }) => told,
                Some(Told::Up(_) | Told::Reset { .. } | Told::Down { .. }) | None => Told::Down { at: now },
            },
            LinkState::Silent => Told::Down { at: now },
        };
        self.of.insert(node, told);
    }

    /// Who answers at the other end.
    pub(crate) fn up(&self, node: NodeId) -> Option<Incarnation> {
        match self.of.get(&node)? {
            Told::Up(incarnation) => Some(*incarnation),
            Told::Reset { .. } | Told::Gone { .. } | Told::Down { .. } => None,
        }
    }

    /// Whether the process of that start is gone, and was a moment ago.
    pub(crate) fn is_gone(&self, now: Duration, node: NodeId, incarnation: Incarnation) -> bool {
        match self.of.get(&node) {
            Some(Told::Gone { incarnation: gone, at }) => {
                *gone == incarnation && now.saturating_sub(*at) <= GONE_WITHIN
            }
            Some(Told::Up(_) | Told::Reset { .. } | Told::Down { .. }) | None => false,
        }
    }

    /// Whether it was tried a moment ago, and nobody answered.
    pub(crate) fn was_tried(&self, now: Duration, node: NodeId) -> bool {
        match self.of.get(&node) {
            Some(Told::Down { at } | Told::Gone { at, .. }) => now.saturating_sub(*at) <= BELIEVED_FOR,
            Some(Told::Up(_) | Told::Reset { .. }) | None => false,
        }
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
