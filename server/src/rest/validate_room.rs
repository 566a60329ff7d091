//! `POST /api/v1/rooms/{code}/validate`: whether a room can be entered.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use protocol::{RoomCode, ValidateRoomResponse};

use super::{ProblemResponse, problem};
use crate::AppState;
use crate::entrance::{self, Caller};

/// 200 whether or not there is such a room; 400 when the code is none.
pub(crate) async fn validate_room(
    State(state): State<AppState>,
    caller: Caller,
    Path(code): Path<String>,
) -> Result<Json<ValidateRoomResponse>, ProblemResponse> {
    let code = RoomCode::parse(&code)
        .map_err(|error| problem(StatusCode::BAD_REQUEST, "malformed", error.to_string()))?;
    state.lookup_rate.check(caller.address).map_err(ProblemResponse::rate_limited)?;
    let role = entrance::role_of_browser(&state, code, caller.browser.as_ref()).await;
    let role = role.map_err(|error| ProblemResponse::storage(&error))?;
    let answer = state.rooms.validate(code, role, caller.browser).await;
    answer.map(Json).map_err(|error| ProblemResponse::storage(&error))
}
