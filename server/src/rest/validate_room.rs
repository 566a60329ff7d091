//! `POST /api/v1/rooms/{code}/validate`: whether a room can be entered.

use axum::Json;
use axum::extract::{Path, State};
use protocol::ValidateRoomResponse;

use super::{ProblemResponse, auth};
use crate::AppState;
use crate::credential_check;
use crate::http_client::HttpClient;

/// 200 whether or not there is such a room; 400 when the code is none.
pub(crate) async fn validate_room(
    State(state): State<AppState>,
    caller: HttpClient,
    Path(code): Path<String>,
) -> Result<Json<ValidateRoomResponse>, ProblemResponse> {
    state.lookups.question(&caller).map_err(ProblemResponse::rate_limited)?;
    let code = auth::parse(&code)?;
    let role = credential_check::role_of_browser(&state, code, caller.keyring()).await;
    let role = role.map_err(|error| ProblemResponse::storage(&error))?;
    let answer = state.rooms.validate(code, role, caller.browser_id().cloned()).await;
    let answer = answer.map_err(|error| ProblemResponse::storage(&error))?;
    if answer.room.is_none() {
        state.lookups.guess(caller.address).await.map_err(ProblemResponse::rate_limited)?;
    }
    Ok(Json(answer))
}
