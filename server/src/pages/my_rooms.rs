//! `GET /rooms` and the forms on it.

use app::plain::{MyRoom, MyRooms};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use leptos::prelude::*;
use protocol::RoomCode;

use super::{PageProblem, plain};
use crate::entrance::{self, Caller};
use crate::{AppState, origin};

/// More rooms than this nobody reads through.
const MOST: u32 = 200;

/// The rooms whose host the browser is.
pub(crate) async fn my_rooms(State(state): State<AppState>, caller: Caller) -> Result<Response, PageProblem> {
    state.lookup_rate.check(caller.address).map_err(|_| PageProblem::Busy)?;
    let now = state.clock.wall();
    let rooms = match &caller.browser {
        Some(browser) => state.storage.rooms_of_host(browser, MOST).await?,
        None => Vec::new(),
    };
    let rooms = rooms.into_iter().map(|room| MyRoom {
        code: room.code,
        ended: room.settings.ends_at.is_some_and(|end| end <= now),
        name: room.settings.name,
    });
    let rooms = rooms.collect();
    let page = plain(&state, StatusCode::OK, || view! { <MyRooms rooms/> }.into_any()).await;
    Ok(([(header::CACHE_CONTROL, "no-store")], page).into_response())
}

/// `POST /r/{code}/delete`: 303 back to the list.
pub(crate) async fn delete_form(
    State(state): State<AppState>,
    caller: Caller,
    Path(code): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, PageProblem> {
    if !origin::is_allowed(&headers, &uri, &state.config.server.allowed_origins) {
        return Err(PageProblem::Foreign);
    }
    state.lookup_rate.check(caller.address).map_err(|_| PageProblem::Busy)?;
    let Ok(code) = RoomCode::parse(&code) else { return Err(PageProblem::NotHost) };
    if !entrance::browser_is_host(&state, code, caller.browser.as_ref()).await? {
        return Err(PageProblem::NotHost);
    }
    state.rooms.delete(code).await?;
    Ok(Redirect::to("/rooms").into_response())
}
