//! `POST /api/v1/connection-test`: what a browser tries to find out which ways to this server are open.

use axum::Json;
use axum::extract::State;
use protocol::ConnectionTest;

use super::ProblemResponse;
use crate::AppState;
use crate::http_client::HttpClient;

/// As often as rooms are asked about.
pub(crate) async fn start_connection_test(
    State(state): State<AppState>,
    caller: HttpClient,
) -> Result<Json<ConnectionTest>, ProblemResponse> {
    state.lookups.guess(caller.address).await.map_err(ProblemResponse::rate_limited)?;
    Ok(Json(state.ice_servers.connection_test(state.config.rooms.anyone_creates)))
}
