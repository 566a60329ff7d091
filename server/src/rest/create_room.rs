//! `POST /api/v1/rooms`: makes a room.

use std::net::SocketAddr;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{ConnectInfo, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol::CreateRoomRequest;

use super::{ProblemResponse, problem};
use crate::AppState;

/// 201 with the room and its address in `Location`.
pub(crate) async fn create_room(
    State(state): State<AppState>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    request: Result<Json<CreateRoomRequest>, JsonRejection>,
) -> Result<Response, ProblemResponse> {
    let Json(request) =
        request.map_err(|rejection| problem(rejection.status(), "malformed", rejection.body_text()))?;
    state.room_rate.check(address.ip()).map_err(ProblemResponse::rate_limited)?;
    let code = state
        .rooms
        .create(request.name)
        .map_err(|error| problem(StatusCode::SERVICE_UNAVAILABLE, "too_many_rooms", error.to_string()))?;
    let room = state.rooms.validate(code).await.room;
    let location = format!("/api/v1/rooms/{code}");
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(room)).into_response())
}
