//! Who may do something over REST: the bearer (RFC 6750) of a room's host key, of an access token of a host, or of an API
//! key with the scope for it.

use app::documents::{ProblemDetail, ProblemType};
use axum::Extension;
use axum::extract::FromRequestParts;
use axum::extract::rejection::ExtensionRejection;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use protocol::{Credential, Role, RoomCode, Scope};

use super::audited::AuditTrail;
use super::endpoint::RequiredScope;
use super::{ProblemResponse, problem};
use crate::api_keys::{self, ApiKey};
use crate::credentials::{self, Authority, Shown};
use crate::http_client::HttpClient;
use crate::metrics::Forged;
use crate::{AppState, api_keys::KeyRefusal};

/// Who asks, what they show, and what the endpoint requires: an extractor. An endpoint without a scope has none and answers 500.
pub(crate) struct ApiClient {
    pub(super) caller: HttpClient,
    bearer: Option<Credential>,
    required: Scope,
    trail: Option<AuditTrail>,
}

impl FromRequestParts<AppState> for ApiClient {
    type Rejection = ExtensionRejection;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ExtensionRejection> {
        let Extension(RequiredScope(required)) = Extension::from_request_parts(parts, state).await?;
        let Ok(caller) = HttpClient::from_request_parts(parts, state).await;
        let value = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let shown = value.and_then(|value| value.split_once(' '));
        let token = shown.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let bearer = token.and_then(|(_, token)| Credential::new(token.trim().to_owned()).ok());
        let trail = parts.extensions.get::<AuditTrail>().cloned();
        Ok(Self { caller, bearer, required, trail })
    }
}

impl ApiClient {
    /// The code in a path, once the client is known to be allowed this with the room. An API key is allowed what its scopes
    /// say with rooms that it has made; of others it learns nothing.
    pub(super) async fn may(&self, state: &AppState, code: &str) -> Result<RoomCode, ProblemResponse> {
        self.authority(state, code).await.map(|(code, _)| code)
    }

    /// The same, with what the client may mint and take back.
    pub(super) async fn authority(
        &self,
        state: &AppState,
        code: &str,
    ) -> Result<(RoomCode, Authority), ProblemResponse> {
        let (code, authority) = self.find_authority(state, code).await?;
        self.concerns(code);
        if let (Some(trail), Some(actor)) = (&self.trail, authority.actor()) {
            trail.by(state, actor);
        }
        Ok((code, authority))
    }

    /// What is done is about this room.
    pub(super) fn concerns(&self, room: RoomCode) {
        self.note(|trail| trail.about(room));
    }

    /// Says more of what is done, where that is kept.
    pub(super) fn note(&self, say: impl FnOnce(&AuditTrail)) {
        if let Some(trail) = &self.trail {
            say(trail);
        }
    }

    async fn find_authority(
        &self,
        state: &AppState,
        code: &str,
    ) -> Result<(RoomCode, Authority), ProblemResponse> {
        if let Some(key) = self.api_key(state).await? {
            let code = parse(code)?;
            let room = state.storage.room(code).await.map_err(|error| ProblemResponse::storage(&error))?;
            return room
                .filter(|room| room.created_by.as_ref() == Some(&key.id))
                .map(|room| (room.code, Authority::ApiKey(key.id, key.expires_at)))
                .ok_or_else(ProblemResponse::room_unknown);
        }
        state.lookups.question(&self.caller).map_err(ProblemResponse::rate_limited)?;
        let Some(credential) = &self.bearer else { return Err(ProblemResponse::unauthorized()) };
        let code = parse(code)?;
        let shown = credentials::look_up(state, code, credential).await;
        match shown.map_err(|error| ProblemResponse::storage(&error))? {
            // One whose uses are counted is for people.
            Shown::Opens(key) if key.role == Role::Host && key.uses_left.is_none() => {
                if credentials::may(&key, self.required) {
                    Ok((code, Authority::Host(vec![key])))
                } else {
                    Err(ProblemResponse::scope_missing(self.required))
                }
            }
            Shown::Early => Err(ProblemResponse::early_credential()),
            Shown::Opens(_) | Shown::Nothing => {
                // Guessing is limited.
                state.lookups.guess(self.caller.address).await.map_err(ProblemResponse::rate_limited)?;
                let detail = ProblemDetail::NotHostKey;
                Err(problem(StatusCode::FORBIDDEN, ProblemType::CredentialRefused, detail))
            }
        }
    }

    /// The API key that the client shows, if it is one, and if it may do this now.
    pub(super) async fn api_key(&self, state: &AppState) -> Result<Option<ApiKey>, ProblemResponse> {
        let Some(secret) = self.bearer.as_ref().filter(|bearer| api_keys::is_one(bearer.expose())) else {
            return Ok(None);
        };
        match api_keys::open(state, secret.expose(), self.required).await {
            Ok(key) => {
                if let Some(trail) = &self.trail {
                    trail.by(state, key.id.clone());
                }
                Ok(Some(key))
            }
            Err(KeyRefusal::Unknown) => {
                state.metrics.forged(Forged::ApiKey);
                state.lookups.guess(self.caller.address).await.map_err(ProblemResponse::rate_limited)?;
                Err(ProblemResponse::bad_api_key())
            }
            Err(KeyRefusal::Scope) => Err(ProblemResponse::scope_missing(self.required)),
            Err(KeyRefusal::TooOften(wait)) => Err(ProblemResponse::rate_limited(wait)),
            Err(KeyRefusal::Storage(error)) => Err(ProblemResponse::storage(&error)),
        }
    }

    /// The API key of a client that must have one.
    pub(super) async fn own_api_key(&self, state: &AppState) -> Result<ApiKey, ProblemResponse> {
        self.api_key(state).await?.ok_or_else(ProblemResponse::unauthorized)
    }

    /// Whether anything was shown at all.
    pub(super) fn shows_something(&self) -> bool {
        self.bearer.is_some()
    }
}

pub(super) fn parse(code: &str) -> Result<RoomCode, ProblemResponse> {
    RoomCode::parse(code)
        .map_err(|error| problem(StatusCode::BAD_REQUEST, ProblemType::Malformed, error.to_string()))
}
