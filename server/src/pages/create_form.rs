//! `POST /rooms`: the form behind *New room*.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Form, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use protocol::{ErrorCode, NameError, RoomName};
use serde::Deserialize;

use crate::rest::{ProblemResponse, problem};
use crate::rooms::TooManyRooms;
use crate::{AppState, origin};

/// The fields of the form.
#[derive(Deserialize)]
pub(crate) struct CreateForm {
    #[serde(default)]
    name: String,
}

/// 303 to the new room, or back to the form with what is wrong.
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
    if state.room_rate.check(address.ip()).is_err() {
        return Ok(Redirect::to("/?problem=busy").into_response());
    }
    Ok(match state.rooms.create(name) {
        Ok(code) => Redirect::to(&format!("/r/{code}")),
        Err(TooManyRooms) => Redirect::to("/?problem=busy"),
    }
    .into_response())
}
