//! `GET /r/{code}`

use app::state::RoomLookup;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use protocol::{RoomCode, RoomStanding};

use super::{interactive, plain};
use crate::AppState;

/// The pre-join screen, or a page that says why there is none. Another spelling of a code leads to the usual one.
pub(crate) async fn room_page(
    State(state): State<AppState>,
    Path(text): Path<String>,
    request: Request<Body>,
) -> Response {
    let lookup = match RoomCode::parse(&text) {
        Ok(code) if code.to_string() != text => {
            return Redirect::permanent(&format!("/r/{code}")).into_response();
        }
        Ok(code) => state.rooms.validate(code).await,
        Err(_) => RoomLookup::UNKNOWN,
    };
    match lookup.standing {
        RoomStanding::Open => interactive(&state, request, lookup).await,
        RoomStanding::Full => plain(&state, request, StatusCode::CONFLICT, Some(lookup)).await,
        RoomStanding::Unknown => plain(&state, request, StatusCode::NOT_FOUND, Some(lookup)).await,
    }
}
