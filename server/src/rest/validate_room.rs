//! `POST /api/v1/rooms/{code}/validate`: whether a room can be entered.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use protocol::{RoomCode, ValidateRoomResponse};

use super::{ProblemResponse, problem};
use crate::AppState;

/// 200 whether or not there is such a room; 400 when the code is none.
pub(crate) async fn validate_room(
    State(state): State<AppState>,
    Path(code): Path<String>,
) -> Result<Json<ValidateRoomResponse>, ProblemResponse> {
    let code = RoomCode::parse(&code)
        .map_err(|error| problem(StatusCode::BAD_REQUEST, "malformed", error.to_string()))?;
    Ok(Json(state.rooms.validate(code).await))
}
