//! Whom a media link leads to.

use serde::{Deserialize, Serialize};

use crate::ParticipantId;

/// The other end of a link: a participant, or the server's selective forwarding unit, which is one more peer to
/// negotiate with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PeerRef {
    /// Somebody in the same room.
    Participant(ParticipantId),
    /// The server.
    Sfu,
}

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
            Self::Sfu => true,
        }
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
        assert!(PeerRef::Sfu.makes_polite(a) && PeerRef::Sfu.makes_polite(b));
    }
}
