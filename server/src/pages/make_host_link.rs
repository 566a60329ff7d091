//! `POST /r/{code}/host-link`: a host makes a link for another host, or for another device of theirs.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use protocol::{HostLink, RoomCode};

use crate::entrance::{self, Caller};
use crate::rest::{ProblemResponse, problem};
use crate::{AppState, origin};

/// A link with a new key. Its digest is kept; the key itself is told this once.
pub(crate) async fn make_host_link(
    State(state): State<AppState>,
    caller: Caller,
    Path(code): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Json<HostLink>, ProblemResponse> {
    let refused = |sentence: &str| problem(StatusCode::FORBIDDEN, "not_allowed", sentence);
    if !origin::is_allowed(&headers, &uri, &state.config.server.allowed_origins) {
        return Err(refused("pages of other sites may not do that"));
    }
    state.room_rate.check(caller.address).map_err(ProblemResponse::rate_limited)?;
    let code = RoomCode::parse(&code)
        .map_err(|error| problem(StatusCode::BAD_REQUEST, "malformed", error.to_string()))?;
    let is_host = entrance::browser_is_host(&state, code, caller.browser.as_ref()).await;
    if !is_host.map_err(|error| ProblemResponse::storage(&error))? {
        return Err(refused("only a host may do that"));
    }
    let secret = state.rooms.new_host_key(code).await.map_err(|error| ProblemResponse::storage(&error))?;
    Ok(Json(HostLink { path: format!("/r/{code}?key={secret}") }))
}
