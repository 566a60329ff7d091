//! `GET /api/v1/rooms`: the rooms of an API key, a page at a time.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use protocol::{RoomCode, RoomList, Scope};
use serde::Deserialize;

use super::ProblemResponse;
use super::auth::Asker;
use super::room::resource;
use crate::AppState;

/// Rooms on a page when the request does not say.
pub(super) const USUAL_LIMIT: u32 = 50;

/// Rooms on a page at the most.
pub(super) const MOST: u32 = 200;

/// Which page.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageQuery {
    limit: Option<u32>,
    after: Option<RoomCode>,
}

/// 200 with the page, and the next one as a `Link` (RFC 8288).
pub(crate) async fn list_rooms(
    State(state): State<AppState>,
    asker: Asker,
    Query(query): Query<PageQuery>,
) -> Result<Response, ProblemResponse> {
    let Some(key) = asker.api_key(&state, Scope::RoomsRead).await? else {
        return Err(ProblemResponse::unauthorized());
    };
    let limit = query.limit.unwrap_or(USUAL_LIMIT).clamp(1, MOST);
    let found = state.storage.rooms_created_by(&key.id, query.after, limit + 1).await;
    let mut found = found.map_err(|error| ProblemResponse::storage(&error))?;
    let has_more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next = found.last().filter(|_| has_more).map(|room| room.code);
    let mut rooms = Vec::with_capacity(found.len());
    for record in found {
        let present = state.rooms.present(record.code).await;
        rooms.push(resource(record, present));
    }
    let link = next.map(|code| format!("</api/v1/rooms?limit={limit}&after={code}>; rel=\"next\""));
    let mut response = Json(RoomList { rooms, next }).into_response();
    let link = link.and_then(|link| HeaderValue::from_str(&link).ok());
    response.headers_mut().extend(link.map(|link| (header::LINK, link)));
    Ok(response)
}
