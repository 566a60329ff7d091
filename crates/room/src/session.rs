//! Stays that outlive their sockets.

use protocol::{
    DisplayName, IceServers, ParticipantId, RecordingId, Role, SessionId, SessionToken, Timestamp,
};

/// What a session token says, once its signature is found right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionClaims {
    /// The participant concerned.
    pub participant: ParticipantId,
    /// Which stay.
    pub session: SessionId,
    /// Their role when it was signed. A room that knows nothing of them gives none for it: it may have been taken away.
    pub role: Role,
    /// Which of the tokens of this stay. Using one ends those before it.
    pub generation: u32,
    /// What their credential has said of them.
    pub credential_claims: CredentialClaims,
}

/// What a credential says of its bearer, for as long as they stay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CredentialClaims {
    /// What they are called, whatever they say.
    pub name: Option<DisplayName>,
    /// Until when they may come back.
    pub until: Option<Timestamp>,
    /// Which credential gave them their role. They lose their seat when it is taken back.
    pub credential: Option<String>,
}

/// Makes, for each participant anew, what opens the servers that help to get through.
pub trait GiveIceServers: Send {
    /// The servers, with credentials of this participant's.
    fn ice_servers(&self, to: ParticipantId) -> IceServers;
}

/// Names recordings. A room has one of these where the server has a recorder.
pub trait DrawRecordings: Send {
    /// A name that no recording had.
    fn draw(&self) -> RecordingId;
}

/// Makes session tokens of claims. The same claims may make different tokens, as time goes on.
pub trait SignTokens: Send {
    /// The token that says so.
    fn sign(&self, claims: &SessionClaims) -> SessionToken;
}
