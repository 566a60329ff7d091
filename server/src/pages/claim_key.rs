//! A link with a key: the browser gets the key, and goes on to the room.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use protocol::{Credential, RoomCode};

use super::PageProblem;
use crate::AppState;
use crate::credentials::{self, Shown};
use crate::http_client::HttpClient;

/// 303 to the room. A key that opens nothing is refused; it is as if nothing had been asked.
pub(crate) async fn claim_key(
    state: &AppState,
    caller: &HttpClient,
    code: RoomCode,
    secret: String,
) -> Result<Response, PageProblem> {
    let shown = match Credential::new(secret) {
        Ok(secret) if !secret.expose().contains('.') => credentials::look_up(state, code, &secret).await?,
        Ok(_) | Err(_) => Shown::Nothing,
    };
    let key = match shown {
        Shown::Opens(key) => key,
        Shown::Early => return Err(PageProblem::KeyEarly),
        Shown::Nothing => {
            state.lookups.guess(caller.address).await.map_err(|_| PageProblem::Busy)?;
            return Err(PageProblem::KeyUnknown);
        }
    };
    let cookie = caller.give_key(state, &key).await?;
    let mut response = (StatusCode::SEE_OTHER, Redirect::to(&format!("/r/{code}"))).into_response();
    response.headers_mut().extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok(response)
}
