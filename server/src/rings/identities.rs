//! Call identities of those who ring: each key has one ID, which it is given with its first word.

use std::net::IpAddr;
use std::time::Duration;

use protocol::{ErrorCode, PublicKey};
use storage::{CallIdentity, StorageError};

use super::rates::Newcomer;
use crate::{AppState, ids};

/// How long storage may take to say who somebody is, or what there is of a ring.
pub(crate) const ASKS_WITHIN: Duration = Duration::from_secs(5);

/// IDs that are drawn until one is free. With half of all given, this many in a row are taken once in four billion times.
const DRAWS: u32 = 32;

/// The identity of a key, which is given an ID when it has none.
pub(crate) async fn identity_of(
    state: &AppState,
    newcomer: Newcomer<'_>,
    key: &PublicKey,
) -> Result<CallIdentity, ErrorCode> {
    match state.storage.identity(key).await.map_err(unavailable)? {
        Some(identity) => {
            state.storage.note_seen(key, state.clock.wall()).await.map_err(unavailable)?;
            Ok(identity)
        }
        None => {
            state.ring_rates.identity(newcomer).map_err(|_| ErrorCode::RateLimited)?;
            give_id(state, key).await
        }
    }
}

async fn give_id(state: &AppState, key: &PublicKey) -> Result<CallIdentity, ErrorCode> {
    for _ in 0..DRAWS {
        match state.storage.give_call_id(key, ids::call_id(), state.clock.wall()).await {
            Ok(identity) => return Ok(identity),
            Err(StorageError::Exists) => {}
            Err(error) => return Err(unavailable(error)),
        }
    }
    tracing::error!("no call ID is free");
    Err(ErrorCode::StorageUnavailable)
}

/// Gives an identity another ID than the one that it has.
pub(crate) async fn replace_id(state: &AppState, address: IpAddr, key: &PublicKey) -> Result<(), ErrorCode> {
    if state.storage.is_in_call(key).await.map_err(unavailable)? {
        return Err(ErrorCode::CallerBusy);
    }
    state.ring_rates.identity(Newcomer::Page(address)).map_err(|_| ErrorCode::RateLimited)?;
    for _ in 0..DRAWS {
        match state.storage.replace_call_id(key, ids::call_id()).await {
            Ok(Some(_)) => return Ok(()),
            Ok(None) => return Err(ErrorCode::StorageUnavailable),
            Err(StorageError::Exists) => {}
            Err(error) => return Err(unavailable(error)),
        }
    }
    tracing::error!("no call ID is free");
    Err(ErrorCode::StorageUnavailable)
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` passes on")]
pub(crate) fn unavailable(error: StorageError) -> ErrorCode {
    tracing::error!(%error, "storage was asked about a ring and did not answer");
    ErrorCode::StorageUnavailable
}
