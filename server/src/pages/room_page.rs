//! `GET /r/{code}`

use app::RoomPage;
use app::plain::{NoEntry, Preview, PreviewOf};
use app::state::{RoomLookup, provide_room_lookup};
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, Request, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use leptos::prelude::*;
use protocol::{RoomCode, RoomStanding, ValidateRoomResponse};
use serde::Deserialize;

use super::{PICTURE, PageProblem, claim_key, host_link, interactive, plain};
use crate::AppState;
use crate::credential_check;
use crate::http_client::HttpClient;

/// What may stand behind the code in a link.
#[derive(Deserialize)]
pub(crate) struct LinkQuery {
    /// The key of a host, or an invitation.
    key: Option<String>,
}

/// The pre-join screen, or a page that says why there is none. Another spelling of a code leads to the usual one; a link
/// with a key gives the key to the browser and leads to the link without it, so that nobody copies it by accident.
pub(crate) async fn room_page(
    State(state): State<AppState>,
    caller: HttpClient,
    Path(text): Path<String>,
    Query(query): Query<LinkQuery>,
    request: Request<Body>,
) -> Result<Response, PageProblem> {
    state.lookups.question(&caller).map_err(|_| PageProblem::Busy)?;
    let Ok(code) = RoomCode::parse_code_or_link(&text) else {
        state.lookups.guess(caller.address).await.map_err(|_| PageProblem::Busy)?;
        return Ok(show(&state, request, ValidateRoomResponse::UNKNOWN.into(), None).await);
    };
    if let Some(key) = query.key {
        return claim_key(&state, &caller, code, key).await;
    }
    // The page reads its code from the address, which must be the usual one to the letter.
    let path = format!("/r/{code}");
    if request.uri().path() != path {
        return Ok(Redirect::permanent(&path).into_response());
    }
    // A form that asks again sends an empty query. The browser carries what follows the `#` along (RFC 9110 §10.2.2).
    if request.uri().query().is_some() {
        return Ok(Redirect::to(&path).into_response());
    }
    let role = credential_check::role_of_browser(&state, code, caller.keyring()).await?;
    let found = state.rooms.validate(code, role, caller.browser_id().cloned()).await?;
    let exists = found.room.is_some();
    if !exists {
        state.lookups.guess(caller.address).await.map_err(|_| PageProblem::Busy)?;
    }
    let shown_once = host_link::key(&state, &caller, request.headers(), code);
    let host_link = shown_once.as_ref().map(|key| caller.site.link(&format!("{path}?key={key}")));
    let preview = Preview {
        of: PreviewOf::Room(found.room.as_ref().and_then(|room| room.name.as_ref()).map(ToString::to_string)),
        address: caller.site.link(&path),
        picture: caller.site.link(PICTURE),
    };
    let mut response = show(&state, request, RoomLookup { found, host_link }, Some(preview)).await;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // A browser that visits a room gets the cookie by which a host can block it.
    let known_by = if exists { caller.new_browser(&state) } else { None };
    let forgotten = shown_once.and_then(|_| host_link::forget(&caller, code));
    headers.extend(known_by.into_iter().chain(forgotten).map(|cookie| (header::SET_COOKIE, cookie)));
    Ok(response)
}

async fn show(
    state: &AppState,
    request: Request<Body>,
    lookup: RoomLookup,
    preview: Option<Preview>,
) -> Response {
    let status = match lookup.found.standing {
        RoomStanding::Open => {
            let page = move || {
                provide_room_lookup(lookup.clone());
                if let Some(preview) = preview.clone() {
                    provide_context(preview);
                }
                view! { <RoomPage/> }.into_any()
            };
            return interactive(state, request, page).await;
        }
        RoomStanding::Full => StatusCode::CONFLICT,
        RoomStanding::Locked | RoomStanding::NotStarted => StatusCode::FORBIDDEN,
        RoomStanding::Ended => StatusCode::GONE,
        RoomStanding::Unknown => StatusCode::NOT_FOUND,
    };
    plain(state, status, || view! { <NoEntry found=lookup.found/> }.into_any()).await
}
