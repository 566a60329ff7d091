//! The bodies of direct calls under `/api/v1`: a program rings somebody. What it seals and proves, and how, is in `docs/protocol.md`.

use serde::{Deserialize, Serialize};

use crate::{
    CallId, ChallengeNonce, Credential, IdentityProof, Invitation, PublicKey, RingId, RoomCode, Timestamp,
};

/// The answer to `GET /api/v1/call-ids/{id}`: what a program needs to ring somebody. Whether there is such an ID is not said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CalleeKey {
    /// Whose.
    pub call_id: CallId,
    /// The public key to which the invitation is sealed. Of an ID that is nobody's it is one that opens nothing.
    pub key: PublicKey,
    /// What `proof` answers. It is the same for all calls of one API key.
    pub challenge: CallChallenge,
}

/// What a program answers to show that it has the private key of the identity that rings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CallChallenge {
    /// The salt of the proof.
    pub nonce: ChallengeNonce,
    /// The server's public key (X25519), with which the identity's key agrees.
    pub key: PublicKey,
}

/// `POST /api/v1/calls`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateCallRequest {
    /// The call's id, which the program draws at random (UUID). The same one again is the same call, and rings nobody twice.
    pub id: RingId,
    /// Whom.
    pub callee: CallId,
    /// The public key of the identity that rings (X25519), which the program makes and may keep. It gets a call ID with its first call.
    pub caller_key: PublicKey,
    /// Shows that the program has the private key of it.
    pub proof: IdentityProof,
    /// For the person called alone: the secret of the room and the name of the caller.
    pub invitation: Invitation,
    /// The room of the call, one that the API key has made. Without, a small one is made, which goes with the call.
    #[serde(default)]
    pub room: Option<RoomCode>,
}

/// The answer to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CreatedCall {
    /// The call.
    #[serde(flatten)]
    pub call: CallResource,
    /// Makes whoever has it a host of the room that was made for the call. Told this once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_key: Option<Credential>,
}

/// A direct call, as the program sees it that has placed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CallResource {
    /// Its id.
    pub id: RingId,
    /// How it goes, or how it ended.
    pub status: CallStatus,
    /// Who rings: the call ID that belongs to `caller_key`.
    pub caller: CallId,
    /// Whom.
    pub callee: CallId,
    /// Where it is. One that was made for the call is deleted when the call is over and nobody is in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomCode>,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// When it was answered, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Timestamp>,
    /// When it ended. Without, it rings, or the person called is in the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

/// How a direct call goes, or how it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CallStatus {
    /// Nobody has answered yet.
    Ringing,
    /// The person called has answered; with `ended_at`, one of the two has hung up since.
    Answered,
    /// The person called does not want to talk.
    Declined,
    /// It rang until its end.
    NoAnswer,
    /// The person called is in another call, and did not take this one.
    Busy,
    /// It reached nobody: there is no such ID, or no device, or no wish to be reached. Which of them is not said.
    Unreachable,
    /// The program has given it up.
    Cancelled,
    /// It was answered, and the connection of the person called broke for good, or nobody was in the room with them for 30 seconds.
    Lost,
    /// The person called takes calls only from people they know: it became a request.
    Asked,
}
