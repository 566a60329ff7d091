//! `GET /api/v1/call-ids/{id}`: what a program needs to ring somebody.

use app::documents::ProblemType;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use protocol::{CallChallenge, CallId, CalleeKey};

use super::auth::ApiClient;
use super::calls::refusal;
use super::{ProblemResponse, problem};
use crate::{AppState, rings};

/// 200 for every ID, whether or not it is somebody's. Each is counted, so that nobody tries them all.
pub(crate) async fn look_up(
    State(state): State<AppState>,
    client: ApiClient,
    Path(id): Path<String>,
) -> Result<Json<CalleeKey>, ProblemResponse> {
    let key = client.own_api_key(&state).await?;
    let call_id = CallId::parse(&id)
        .map_err(|error| problem(StatusCode::BAD_REQUEST, ProblemType::Malformed, error.to_string()))?;
    state.ring_rates.look_up_of_program(&key.id).await.map_err(ProblemResponse::rate_limited)?;
    let looking = tokio::time::timeout(rings::ASKS_WITHIN, rings::look_up(&state, call_id));
    let found = looking.await.unwrap_or(Err(protocol::ErrorCode::StorageUnavailable));
    let challenge = state.tokens.call_challenge(&key.id);
    let challenge = CallChallenge { nonce: challenge.nonce(), key: challenge.key().clone() };
    Ok(Json(CalleeKey { call_id, key: found.map_err(refusal)?, challenge }))
}
