//! `/api/v1/rooms/{code}/credentials`: what opens a room, listed and taken back.

use app::documents::{ProblemDetail, ProblemType};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use protocol::CredentialResource;

use super::auth::ApiClient;
use super::{ProblemResponse, problem};
use crate::{AppState, credentials};

/// `GET`: what the client has minted, and what came of that; an API key sees everything of the rooms that it has made.
pub(crate) async fn list_credentials(
    State(state): State<AppState>,
    client: ApiClient,
    Path(code): Path<String>,
) -> Result<Json<Vec<CredentialResource>>, ProblemResponse> {
    let (code, authority) = client.authority(&state, &code).await?;
    let found = credentials::below(&state, code, &authority).await;
    let found = found.map_err(|error| ProblemResponse::storage(&error))?;
    Ok(Json(found.iter().map(credentials::resource).collect()))
}

/// `DELETE …/{id}`: 204. Everything that was minted with it goes too, and whoever is inside by any of that.
pub(crate) async fn revoke_credential(
    State(state): State<AppState>,
    client: ApiClient,
    Path((code, id)): Path<(String, String)>,
) -> Result<StatusCode, ProblemResponse> {
    let (code, authority) = client.authority(&state, &code).await?;
    let revoked = credentials::revoke(&state, code, &authority, &id).await;
    if revoked.map_err(|error| ProblemResponse::storage(&error))? {
        client.note(|trail| trail.to(id));
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(problem(StatusCode::NOT_FOUND, ProblemType::CredentialUnknown, ProblemDetail::CredentialUnknown))
    }
}
