//! Keys of programs. The operator makes them with `veranda api-key`; only their digests are kept.

use protocol::{Scope, Timestamp};
use storage::{ApiKeyRecord, Storage, StorageError};
use uuid::Uuid;

use crate::rate_limit::RetryAfter;
use crate::{AppState, digest, ids};

/// What the secrets of API keys begin with.
const PREFIX: &str = "a";

/// A key that was shown and may do what it was shown for.
pub(crate) struct ApiKey {
    pub(crate) id: String,
    pub(crate) expires_at: Option<Timestamp>,
}

/// Why a key may not.
pub(crate) enum KeyRefusal {
    /// There is none, or it is expired or revoked; which, is nobody's business.
    Unknown,
    Scope,
    TooOften(RetryAfter),
    Storage(StorageError),
}

/// Whether a secret looks like that of an API key.
pub(crate) fn is_one(secret: &str) -> bool {
    secret.strip_prefix(PREFIX).is_some_and(|rest| rest.starts_with('_'))
}

/// Finds a key by its secret.
pub(crate) async fn open(state: &AppState, secret: &str, scope: Scope) -> Result<ApiKey, KeyRefusal> {
    let found = state.storage.api_key(&digest::of(secret)).await.map_err(KeyRefusal::Storage)?;
    let now = state.clock.wall();
    let is_valid =
        |key: &ApiKeyRecord| key.revoked_at.is_none() && key.expires_at.is_none_or(|end| now < end);
    let key = found.filter(is_valid).ok_or(KeyRefusal::Unknown)?;
    state.key_rate.check(&key.id).await.map_err(KeyRefusal::TooOften)?;
    if key.scopes.split(' ').any(|one| one == scope.as_str()) {
        Ok(ApiKey { id: key.id, expires_at: key.expires_at })
    } else {
        Err(KeyRefusal::Scope)
    }
}

/// A key that was made.
pub struct NewApiKey {
    /// By which it is listed and revoked.
    pub id: String,
    /// What is told this once.
    pub secret: String,
}

/// Makes a key.
///
/// # Errors
///
/// When it cannot be kept.
pub async fn create(
    storage: &dyn Storage,
    label: String,
    scopes: &[Scope],
    now: Timestamp,
    expires_at: Option<Timestamp>,
) -> Result<NewApiKey, StorageError> {
    create_as(storage, ids::uuid(), label, scopes, (now, expires_at)).await
}

/// The same, with an id that whoever wants the key has drawn. There is no second one with it.
pub(crate) async fn create_as(
    storage: &dyn Storage,
    id: Uuid,
    label: String,
    scopes: &[Scope],
    (now, expires_at): (Timestamp, Option<Timestamp>),
) -> Result<NewApiKey, StorageError> {
    let secret = ids::secret(PREFIX);
    let scopes: Vec<_> = scopes.iter().map(|scope| scope.as_str()).collect();
    let record = ApiKeyRecord {
        id: id.simple().to_string(),
        digest: digest::of(&secret),
        label,
        scopes: scopes.join(" "),
        created_at: now,
        expires_at,
        revoked_at: None,
    };
    storage.add_api_key(&record).await?;
    Ok(NewApiKey { id: record.id, secret })
}
