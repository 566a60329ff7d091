//! Whom a media link leads to.

use serde::{Deserialize, Serialize};

use crate::{NodeId, ParticipantId};

/// The other end of a link: a participant, or the selective forwarding unit of a node, which is one more peer to negotiate
/// with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PeerRef {
    /// Somebody in the same room.
    Participant(ParticipantId),
    /// A node of the server.
    Sfu(NodeId),
}

/// Tells apart the links that two ends have one after another, so that one that is closed cannot speak for its successor.
///
/// Between two participants it is the epoch for which the link was opened. Of links to the server it is the generation: the
/// client counts its own, over all nodes; a higher number ends the link to the same node before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct LinkId(pub u32);

impl From<ParticipantId> for PeerRef {
    fn from(id: ParticipantId) -> Self {
        Self::Participant(id)
    }
}

impl PeerRef {
    /// Whether `me` gives way to this peer when both offer at once (perfect negotiation, W3C WebRTC §10.7).
    ///
    /// Of two participants the one with the lower id is polite; the server never is, so whoever talks to it is.
    pub fn makes_polite(self, me: ParticipantId) -> bool {
        match self {
            Self::Participant(peer) => me < peer,
            Self::Sfu(_) => true,
        }
    }

    /// Whether it is a node of the server's: what a page says to it is read by the forwarding unit there.
    pub fn is_node(self) -> bool {
        match self {
            Self::Participant(_) => false,
            Self::Sfu(_) => true,
        }
    }

    /// Whether `me` adds the media sections and offers first, so that both do not.
    ///
    /// Of two participants it is the one with the lower id; to the server it is always the client.
    pub fn makes_initiator(self, me: ParticipantId) -> bool {
        self.makes_polite(me)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn of_two_participants_exactly_one_is_polite() {
        let [a, b] = [1, 2].map(|n| ParticipantId::new(Uuid::from_u128(n)));
        assert!(PeerRef::Participant(b).makes_polite(a));
        assert!(!PeerRef::Participant(a).makes_polite(b));
        assert!(PeerRef::Sfu(NodeId::NIL).makes_polite(a) && PeerRef::Sfu(NodeId::NIL).makes_polite(b));
    }
}
