//! `POST /api/v1/rooms/{code}/tokens`: an invitation, or a signed access token.

use std::num::NonZeroU64;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use protocol::{CreateTokenRequest, CreatedToken, Credential, Scope, Timestamp, TokenKind};
use storage::KeyRecord;

use super::auth::Asker;
use super::object::Object;
use super::{ProblemResponse, problem};
use crate::AppState;
use crate::tokens::AccessClaims;
use crate::{digest, ids};

/// How long an access token counts when the request does not say.
const USUAL_HOURS: u64 = 24;

/// 201 with the token, which is told this once.
pub(crate) async fn create_token(
    State(state): State<AppState>,
    asker: Asker,
    Path(code): Path<String>,
    Object(request): Object<CreateTokenRequest>,
) -> Result<(StatusCode, Json<CreatedToken>), ProblemResponse> {
    let code = asker.may(&state, &code, Scope::TokensWrite).await?;
    let now = state.clock.wall();
    if request.expires_at.is_some_and(|end| end <= now || request.not_before.is_some_and(|from| end <= from))
    {
        let sentence = "the token would never be valid";
        return Err(problem(StatusCode::UNPROCESSABLE_ENTITY, "token_invalid", sentence));
    }
    let token = match request.kind {
        TokenKind::Invitation => {
            let secret = ids::secret("i");
            let key = KeyRecord {
                digest: digest::of(&secret),
                room: code,
                role: request.role,
                label: request.name.as_ref().map(ToString::to_string),
                not_before: request.not_before,
                expires_at: request.expires_at,
                uses_left: request.uses.map(NonZeroU64::get),
                created_at: now,
            };
            state.storage.add_key(&key).await.map_err(|error| ProblemResponse::storage(&error))?;
            secret
        }
        TokenKind::Access => {
            let end = request.expires_at.unwrap_or(Timestamp(now.0 + USUAL_HOURS * 60 * 60 * 1000));
            let claims = AccessClaims {
                room: code,
                role: request.role,
                name: request.name,
                exp: end.0 / 1000,
                nbf: request.not_before.map(|from| from.0.div_ceil(1000)),
            };
            let internal =
                || problem(StatusCode::INTERNAL_SERVER_ERROR, "internal", "it could not be signed");
            state.tokens.sign_access(claims).ok_or_else(internal)?
        }
    };
    let path = match request.kind {
        TokenKind::Invitation => Some(format!("/r/{code}?key={token}")),
        TokenKind::Access => None,
    };
    let token = Credential::new(token)
        .map_err(|error| problem(StatusCode::INTERNAL_SERVER_ERROR, "internal", error.to_string()))?;
    Ok((StatusCode::CREATED, Json(CreatedToken { token, path })))
}
