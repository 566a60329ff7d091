//! `/r/{code}/links`: what opens a room, for its host: listed, and taken back. It ships no script.

use app::plain::{RoomLink, RoomLinks};
use axum::extract::{Form, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use leptos::prelude::*;
use serde::Deserialize;

use super::room_of_host::{Links, RoomOfHost};
use super::{PageProblem, plain};
use crate::{AppState, credentials};

/// Nobody reads through more of them; the rest is listed over REST.
const MOST: usize = 500;

/// The page.
pub(crate) async fn links(
    State(state): State<AppState>,
    RoomOfHost { code, authority, .. }: RoomOfHost<Links>,
) -> Result<Response, PageProblem> {
    let now = state.clock.wall();
    let found = credentials::below(&state, code, &authority).await?;
    let newest = found.iter().rev().filter(|key| !authority.holds(key)).take(MOST);
    let links = newest.map(|key| RoomLink {
        ended: !key.expires_at.is_none_or(|end| now < end) || key.uses_left == Some(0),
        what: credentials::resource(key),
    });
    let links = links.collect();
    let page = plain(&state, StatusCode::OK, || view! { <RoomLinks code links/> }.into_any()).await;
    Ok(([(header::CACHE_CONTROL, "no-store")], page).into_response())
}

/// The form beside each of them.
#[derive(Deserialize)]
pub(crate) struct RevokeForm {
    id: String,
}

/// `POST`: 303 back to the list, also when it was gone already.
pub(crate) async fn revoke_form(
    State(state): State<AppState>,
    host: RoomOfHost<Links>,
    Form(RevokeForm { id }): Form<RevokeForm>,
) -> Result<Response, PageProblem> {
    let RoomOfHost { code, authority, .. } = &host;
    if credentials::revoke(&state, *code, authority, &id).await? {
        host.did(&state, "credential.revoked").await;
    }
    Ok(Redirect::to(&format!("/r/{code}/links")).into_response())
}
