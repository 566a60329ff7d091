//! `GET /rooms` and the forms on it.

use app::plain::{MyRoom, MyRooms};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use leptos::prelude::*;
use storage::StorageError;

use super::room_of_host::{RoomOfHost, Rules};
use super::{PageProblem, plain_with_rings};
use crate::http_client::HttpClient;
use crate::{AppState, tasks};

/// More rooms than this nobody reads through.
const MOST: u32 = 200;

/// The rooms whose host the browser is.
pub(crate) async fn my_rooms(
    State(state): State<AppState>,
    caller: HttpClient,
    headers: HeaderMap,
) -> Result<Response, PageProblem> {
    state.lookups.question(&caller).map_err(|_| PageProblem::Busy)?;
    let now = state.clock.wall();
    let rooms = match caller.keyring() {
        Some(keyring) => state.storage.rooms_of_host(keyring, now, MOST).await?,
        None => Vec::new(),
    };
    let rooms = rooms.into_iter().map(|room| MyRoom {
        code: room.code,
        ended: room.settings.ends_at.is_some_and(|end| end <= now),
        name: room.settings.name,
    });
    let rooms = rooms.collect();
    let records = state.config.recording.enabled;
    let page = || view! { <MyRooms rooms records/> }.into_any();
    let mut response = plain_with_rings(&state, &headers, StatusCode::OK, page).await;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// `POST /r/{code}/delete`: 303 back to the list.
pub(crate) async fn delete_form(
    State(state): State<AppState>,
    host: RoomOfHost<Rules>,
) -> Result<Response, PageProblem> {
    tasks::to_the_end(async move {
        if state.rooms.delete(host.code).await? {
            host.did(&state, "room.deleted").await;
        }
        Ok::<_, StorageError>(())
    })
    .await?;
    Ok(Redirect::to("/rooms").into_response())
}
