//! `POST /api/v1/rooms`: makes a room.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol::{CreatedRoom, Credential, RoomResource, RoomSettingsPatch};

use super::{ProblemResponse, problem};
use crate::AppState;
use crate::entrance::Caller;
use crate::rooms::{CreationError, NewRoom};

/// 201 with the room, its host's key, and its address in `Location`.
pub(crate) async fn create_room(
    State(state): State<AppState>,
    caller: Caller,
    request: Result<Json<RoomSettingsPatch>, JsonRejection>,
) -> Result<Response, ProblemResponse> {
    let Json(patch) =
        request.map_err(|rejection| problem(rejection.status(), "malformed", rejection.body_text()))?;
    state.room_rate.check(caller.address).map_err(ProblemResponse::rate_limited)?;
    let creation = state.rooms.create(NewRoom { patch, ..NewRoom::default() }).await.map_err(refusal)?;
    let host_key = Credential::new(creation.host_secret)
        .map_err(|error| problem(StatusCode::INTERNAL_SERVER_ERROR, "internal", error.to_string()))?;
    let room = RoomResource {
        code: creation.record.code,
        password: creation.record.password_hash.is_some(),
        settings: creation.record.settings,
        present: 0,
        created_at: creation.record.created_at,
    };
    let location = format!("/api/v1/rooms/{}", room.code);
    let body = Json(CreatedRoom { room, host_key });
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], body).into_response())
}

fn refusal(error: CreationError) -> ProblemResponse {
    match error {
        CreationError::TooMany => {
            problem(StatusCode::SERVICE_UNAVAILABLE, "too_many_rooms", error.to_string())
        }
        CreationError::Settings(_) => {
            problem(StatusCode::UNPROCESSABLE_ENTITY, "settings_invalid", error.to_string())
        }
        CreationError::Password => problem(StatusCode::INTERNAL_SERVER_ERROR, "internal", error.to_string()),
        CreationError::Storage(error) => ProblemResponse::storage(&error),
    }
}
