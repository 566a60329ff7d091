//! How a connection becomes a device of a call identity: it is challenged, proves that it has the private key, and gets an ID when its key
//! has none. Until then it is nobody's, and nothing but the proof is taken from it.

use std::net::IpAddr;

use protocol::{
    AttachDevice, CallId, ErrorCode, IdentityProof, OpeningFrame, ProtocolError, PublicKey, RingEvent,
    RingFrame, RingMessage, Standing,
};
use ring::{CallRecord, IdentityChallenge};
use storage::CallIdentity;
use tokio::time::timeout;

use super::connection::Connection;
use super::end::End;
use crate::metrics::Forged;
use crate::rings::{ASKS_WITHIN, Newcomer, unavailable};
use crate::{AppState, ids, rings};

/// Who a connection has proven to be.
pub(super) struct Proven {
    pub(super) call_id: CallId,
    pub(super) key: PublicKey,
    pub(super) standing: Standing,
    /// The row of the ring that `standing` names.
    pub(super) row: Option<CallRecord>,
}

/// Asks a device for its proof, and finds out whose it is.
pub(super) async fn prove(
    connection: &mut Connection,
    state: &AppState,
    address: IpAddr,
    attach: &AttachDevice,
) -> Result<Proven, End> {
    let challenge = IdentityChallenge::new(ids::secret_bytes(), ids::secret_bytes());
    let asked = RingEvent::Challenge { nonce: challenge.nonce(), key: challenge.key().clone() };
    let asked = serde_json::to_string(&asked).map_err(|_| End::refused(ErrorCode::Internal))?;
    let answer = connection.ask(asked).await?;
    let RingFrame { id, message } = read(&answer)?;
    state.metrics.received("rings", (&message).into());
    let refused = |code| End::Refused(ProtocolError::new(code, id));
    let (proof, standing) = proof(message).ok_or_else(|| refused(ErrorCode::NotJoined))?;
    if !challenge.accepts(&attach.identity, attach.device, &proof) {
        state.metrics.forged(Forged::Identity);
        let code = match state.ring_rates.failed_proof(address) {
            Ok(()) => ErrorCode::CredentialRefused,
            Err(_) => ErrorCode::RateLimited,
        };
        return Err(refused(code));
    }
    let asking = find(state, address, &attach.identity, standing);
    let found = timeout(ASKS_WITHIN, asking).await.unwrap_or(Err(ErrorCode::StorageUnavailable));
    let (identity, row) = found.map_err(refused)?;
    Ok(Proven { call_id: identity.call_id, key: identity.key, standing, row })
}

/// The message after `ring`. Another first message says that it is none here.
fn read(text: &str) -> Result<RingFrame, End> {
    RingFrame::parse(text).map_err(|error| match OpeningFrame::parse(text) {
        Ok(frame) => End::Refused(ProtocolError::new(ErrorCode::AlreadyJoined, frame.id)),
        Err(_) => End::malformed(text, &error),
    })
}

fn proof(message: RingMessage) -> Option<(IdentityProof, Standing)> {
    match message {
        RingMessage::Prove { proof, standing } => Some((proof, standing)),
        RingMessage::LookUp { .. }
        | RingMessage::Place(_)
        | RingMessage::Receipt { .. }
        | RingMessage::Answer { .. }
        | RingMessage::Decline { .. }
        | RingMessage::Cancel { .. }
        | RingMessage::HangUp { .. }
        | RingMessage::SetActivity { .. }
        | RingMessage::ReadHistory { .. }
        | RingMessage::ChangeHistory { .. }
        | RingMessage::SetContact { .. }
        | RingMessage::ReadBlocked { .. }
        | RingMessage::ReadRules
        | RingMessage::SetRules { .. }
        | RingMessage::ReadPush
        | RingMessage::SubscribePush(_)
        | RingMessage::UnsubscribePush { .. }
        | RingMessage::ReplaceCallId
        | RingMessage::Ping => None,
    }
}

async fn find(
    state: &AppState,
    address: IpAddr,
    key: &PublicKey,
    standing: Standing,
) -> Result<(CallIdentity, Option<CallRecord>), ErrorCode> {
    let identity = rings::identity_of(state, Newcomer::Page(address), key).await?;
    let row = match standing.ring() {
        Some(ring) => state.storage.call(ring).await.map_err(unavailable)?.map(rings::from_storage),
        None => None,
    };
    Ok((identity, row))
}
