//! `POST /rooms`: the form behind *New room*.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Form, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use protocol::{ErrorCode, NameError, RoomName};
use serde::Deserialize;

use crate::rest::{ProblemResponse, problem};
use crate::{AppState, origin};

/// The fields of the form.
#[derive(Deserialize)]
pub(crate) struct CreateForm {
    #[serde(default)]
    name: String,
}

/// 303 to the new room.
pub(crate) async fn create_form(
    State(state): State<AppState>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    uri: Uri,
    Form(form): Form<CreateForm>,
) -> Result<Response, ProblemResponse> {
    if !origin::is_allowed(&headers, &uri, &state.config.server.allowed_origins) {
        let sentence = ErrorCode::OriginRefused.sentence();
        return Err(problem(StatusCode::FORBIDDEN, "origin_refused", sentence));
    }
    let name = match RoomName::parse(&form.name) {
        Ok(name) => Some(name),
        Err(NameError::Empty) => None,
        Err(NameError::TooLong(_) | NameError::Forbidden) => {
            return Ok(Redirect::to("/?problem=name").into_response());
        }
    };
    state.room_rate.check(address.ip()).map_err(ProblemResponse::rate_limited)?;
    let code = state
        .rooms
        .create(name)
        .map_err(|error| problem(StatusCode::SERVICE_UNAVAILABLE, "too_many_rooms", error.to_string()))?;
    Ok(Redirect::to(&format!("/r/{code}")).into_response())
}
