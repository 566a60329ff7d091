//! `POST /r/{code}/host-link`: a host makes a link for another host, or for another device of theirs.

use app::documents::{ProblemDetail, ProblemType};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use protocol::{HostLink, RoomCode, Scope};

use crate::audit::{self, Deed};
use crate::credentials::{self, Order};
use crate::http_client::HttpClient;
use crate::rest::{ProblemResponse, mint_refusal, problem};
use crate::{AppState, digest, origin};

/// A link with a new key. Its digest is kept; the key itself is told this once.
pub(crate) async fn make_host_link(
    State(state): State<AppState>,
    caller: HttpClient,
    Path(code): Path<String>,
    headers: HeaderMap,
) -> Result<Json<HostLink>, ProblemResponse> {
    let refused = |detail| problem(StatusCode::FORBIDDEN, ProblemType::NotAllowed, detail);
    if !origin::is_allowed(&headers, &caller.site, &state.config.server.allowed_origins) {
        return Err(refused(ProblemDetail::OriginRefused));
    }
    state.room_rate.check(caller.address).await.map_err(ProblemResponse::rate_limited)?;
    let code = RoomCode::parse(&code)
        .map_err(|error| problem(StatusCode::BAD_REQUEST, ProblemType::Malformed, error.to_string()))?;
    let authority = credentials::of_browser(&state, code, caller.keyring(), Scope::TokensWrite).await;
    let authority = authority.map_err(|error| ProblemResponse::storage(&error))?;
    let authority = authority.ok_or_else(|| refused(ProblemDetail::NotHost))?;
    let minted = credentials::mint(&state, code, &authority, Order::HOST_KEY).await;
    let (key, secret) = minted.map_err(mint_refusal)?;
    if let Some(actor) = authority.actor() {
        let id = digest::id_of(&key.digest);
        let deed = Deed { room: Some(code), subject: Some(&id), ..Deed::of(&actor, "credential.created") };
        audit::note(&*state.storage, state.clock.wall(), deed).await;
    }
    Ok(Json(HostLink { path: format!("/r/{code}?key={secret}") }))
}
