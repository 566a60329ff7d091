//! A link with a key: the browser gets the key, and goes on to the room.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use protocol::RoomCode;

use super::PageProblem;
use crate::entrance::Caller;
use crate::{AppState, digest};

/// 303 to the room. A key that opens nothing is refused; it is as if nothing had been asked.
pub(crate) async fn claim_key(
    state: &AppState,
    caller: &Caller,
    code: RoomCode,
    secret: &str,
) -> Result<Response, PageProblem> {
    state.lookup_rate.check(caller.address).map_err(|_| PageProblem::Busy)?;
    let key = state.storage.key(&digest::of(secret)).await?;
    let Some(key) = key.filter(|key| key.room == code) else { return Err(PageProblem::KeyUnknown) };
    let (browser, cookie) = caller.browser_or_new();
    state.storage.hold_key(&browser, &key, state.clock.wall()).await?;
    let mut response = (StatusCode::SEE_OTHER, Redirect::to(&format!("/r/{code}"))).into_response();
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}
