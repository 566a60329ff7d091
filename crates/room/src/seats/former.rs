//! People who had a seat: they come back to what they were, and who was removed does not.

use std::time::Duration;

use protocol::{DisplayName, Forbidden, ParticipantId, PublicKey, Role, SessionId, Timestamp};

use crate::{CredentialClaims, SeatChange, SeatState, SessionClaims};

/// Somebody who had a seat.
#[derive(Clone, Debug)]
pub(crate) struct Former {
    pub(super) name: DisplayName,
    pub(super) session: SessionId,
    pub(super) role: Role,
    /// Their public key, which is nobody else's.
    pub(super) key: Option<PublicKey>,
    /// By what they came by their role; not known of somebody whom another server knew.
    pub(super) credential_claims: Option<CredentialClaims>,
    pub(super) forbidden: Forbidden,
    pub(super) generation: u32,
    pub(super) state: SeatState,
    pub(super) browser: Option<String>,
    /// Until when nobody else gets their place.
    pub(super) reserved_until: Option<Duration>,
    /// Their number among those who left.
    pub(super) departure: u64,
}

impl Former {
    /// As it was kept by a server that ended.
    pub(super) fn restored(kept: SeatChange) -> Self {
        Self {
            name: kept.name,
            session: kept.session,
            role: kept.role,
            key: kept.key,
            credential_claims: None,
            forbidden: kept.forbidden,
            generation: kept.generation,
            state: kept.state,
            browser: kept.browser,
            reserved_until: None,
            departure: 0,
        }
    }

    pub(crate) fn role(&self) -> Role {
        self.role
    }

    pub(crate) fn browser(&self) -> Option<&str> {
        self.browser.as_deref()
    }

    pub(crate) fn forbidden(&self) -> Forbidden {
        self.forbidden
    }

    pub(crate) fn into_terms(self) -> Option<CredentialClaims> {
        self.credential_claims
    }

    pub(crate) fn was_removed(&self) -> bool {
        self.state == SeatState::Removed
    }

    /// Whether a token is of that stay, none before the last that was used, and of somebody who was not removed.
    pub(super) fn fits(&self, claims: &SessionClaims) -> bool {
        self.session == claims.session && claims.generation >= self.generation && !self.was_removed()
    }

    /// What is kept of them.
    pub(crate) fn change(&self, id: ParticipantId, at: Timestamp) -> SeatChange {
        SeatChange {
            participant: id,
            session: self.session,
            name: self.name.clone(),
            role: self.role,
            hand: None,
            forbidden: self.forbidden,
            state: self.state,
            generation: self.generation,
            browser: self.browser.clone(),
            key: self.key.clone(),
            at,
        }
    }
}
