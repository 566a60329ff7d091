//! Stays that outlive their sockets.

use protocol::{ParticipantId, Role, SessionId, SessionToken};

/// What a session token says, once its signature is found right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionClaims {
    /// Who.
    pub participant: ParticipantId,
    /// Which stay.
    pub session: SessionId,
    /// Their role when it was signed, for a room that knows no better.
    pub role: Role,
    /// Which of the tokens of this stay. Using one ends those before it.
    pub generation: u32,
}

/// Makes session tokens of claims. The same claims may make different tokens, as time goes on.
pub trait SignTokens: Send {
    /// The token that says so.
    fn sign(&self, claims: &SessionClaims) -> SessionToken;
}
