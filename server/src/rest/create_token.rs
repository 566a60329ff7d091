//! `POST /api/v1/rooms/{code}/tokens`: an invitation, or a signed access token.

use std::num::NonZeroU64;

use app::documents::{ProblemDetail, ProblemType};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use protocol::{CreateTokenRequest, CreatedToken, Credential, CredentialKind, TokenKind};

use super::auth::ApiClient;
use super::object::Object;
use super::{ProblemResponse, problem};
use crate::credentials::{self, MintError, Order};
use crate::{AppState, digest};

/// 201 with the token, which is told this once.
pub(crate) async fn create_token(
    State(state): State<AppState>,
    client: ApiClient,
    Path(code): Path<String>,
    Object(request): Object<CreateTokenRequest>,
) -> Result<(StatusCode, Json<CreatedToken>), ProblemResponse> {
    let (code, authority) = client.authority(&state, &code).await?;
    let order = Order {
        kind: match request.kind {
            TokenKind::Invitation => CredentialKind::Invitation,
            TokenKind::Access => CredentialKind::AccessToken,
        },
        role: request.role,
        name: request.name,
        not_before: request.not_before,
        expires_at: request.expires_at,
        uses: request.uses.map(NonZeroU64::get),
    };
    let (key, token) = credentials::mint(&state, code, &authority, order).await.map_err(refusal)?;
    let path = match request.kind {
        TokenKind::Invitation => Some(format!("/r/{code}?key={token}")),
        TokenKind::Access => None,
    };
    let token = Credential::new(token).map_err(|error| {
        problem(StatusCode::INTERNAL_SERVER_ERROR, ProblemType::Internal, error.to_string())
    })?;
    let id = digest::id_of(&key.digest);
    client.note(|trail| trail.to(id.clone()));
    Ok((StatusCode::CREATED, Json(CreatedToken { token, id, expires_at: key.expires_at, path })))
}

/// Why nothing was minted, as a problem document.
pub(crate) fn refusal(error: MintError) -> ProblemResponse {
    let sentence = error.to_string();
    match error {
        MintError::Orphan => problem(StatusCode::FORBIDDEN, ProblemType::CredentialRefused, sentence),
        MintError::Never | MintError::TooDeep => {
            problem(StatusCode::UNPROCESSABLE_ENTITY, ProblemType::TokenInvalid, sentence)
        }
        MintError::TooMany => {
            problem(StatusCode::CONFLICT, ProblemType::TooManyCredentials, ProblemDetail::TooManyCredentials)
        }
        MintError::Unsigned => problem(StatusCode::INTERNAL_SERVER_ERROR, ProblemType::Internal, sentence),
        MintError::Storage(error) => ProblemResponse::storage(&error),
    }
}
