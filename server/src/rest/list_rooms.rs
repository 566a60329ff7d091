//! `GET /api/v1/rooms`: the rooms of an API key, a page at a time; with `listed`, those that anybody may find.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use protocol::{ListedRooms, RoomCode, RoomList};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ProblemResponse;
use super::auth::ApiClient;
use super::room::resource;
use crate::AppState;

/// Rooms on a page: 1 to 200, 50 when the request does not say.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(try_from = "u32")]
#[schemars(extend("minimum" = 1, "maximum" = 200))]
pub(super) struct Limit(u32);

impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

impl TryFrom<u32> for Limit {
    type Error = &'static str;

    fn try_from(limit: u32) -> Result<Self, Self::Error> {
        if (1..=200).contains(&limit) { Ok(Self(limit)) } else { Err("a page has 1 to 200 rooms") }
    }
}

/// Which rooms are asked for. The name of the parameter alone, as in `?listed`, says yes.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
enum Whose {
    #[default]
    Keys,
    Anybodys,
}

impl TryFrom<String> for Whose {
    type Error = &'static str;

    fn try_from(listed: String) -> Result<Self, Self::Error> {
        match &*listed {
            "" | "true" => Ok(Self::Anybodys),
            "false" => Ok(Self::Keys),
            _ => Err("listed is true or false"),
        }
    }
}

/// Which page.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageQuery {
    limit: Option<Limit>,
    after: Option<RoomCode>,
    #[serde(default)]
    listed: Whose,
}

/// What is answered, as it is described.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum RoomsAnswer {
    /// Rooms that an API key has made.
    OfKey(RoomList),
    /// With `listed`.
    Listed(ListedRooms),
}

/// 200 with the rooms.
pub(crate) async fn list_rooms(
    State(state): State<AppState>,
    client: ApiClient,
    Query(query): Query<PageQuery>,
) -> Result<Response, ProblemResponse> {
    match query.listed {
        Whose::Keys => rooms_of_key(&state, &client, &query).await,
        Whose::Anybodys => listed_rooms(&state, &client, &query).await,
    }
}

/// Those that the landing page lists.
async fn listed_rooms(
    state: &AppState,
    client: &ApiClient,
    query: &PageQuery,
) -> Result<Response, ProblemResponse> {
    state.lookups.question(&client.caller).map_err(ProblemResponse::rate_limited)?;
    let listed = state.rooms.listed().await.map_err(|error| ProblemResponse::storage(&error))?;
    let Limit(limit) = query.limit.unwrap_or_default();
    let rooms = listed.iter().take(limit as usize).cloned().collect();
    Ok(Json(RoomsAnswer::Listed(ListedRooms { rooms })).into_response())
}

/// A page, and the next one as a `Link` (RFC 8288).
async fn rooms_of_key(
    state: &AppState,
    client: &ApiClient,
    query: &PageQuery,
) -> Result<Response, ProblemResponse> {
    let key = client.own_api_key(state).await?;
    let Limit(limit) = query.limit.unwrap_or_default();
    let found = state.storage.rooms_created_by(&key.id, query.after, limit + 1).await;
    let mut found = found.map_err(|error| ProblemResponse::storage(&error))?;
    let has_more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next = found.last().filter(|_| has_more).map(|room| room.code);
    let codes: Vec<_> = found.iter().map(|record| record.code).collect();
    let counts = state.rooms.counts(&codes).await;
    let rooms = found.into_iter().zip(counts).map(|(record, present)| resource(record, present)).collect();
    let link = next.map(|code| format!("</api/v1/rooms?limit={limit}&after={code}>; rel=\"next\""));
    let mut response = Json(RoomsAnswer::OfKey(RoomList { rooms, next })).into_response();
    let link = link.and_then(|link| HeaderValue::from_str(&link).ok());
    response.headers_mut().extend(link.map(|link| (header::LINK, link)));
    Ok(response)
}
