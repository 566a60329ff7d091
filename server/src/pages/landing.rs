//! `GET /` and `GET /new`: where rooms are made. They ship no script; the front door does to browsers with a call identity, for rings.

use app::plain::{FormProblem, Landing, NewRoom, Preview, PreviewOf};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use leptos::prelude::*;
use serde::Deserialize;

use super::{PICTURE, plain, plain_with_rings};
use crate::AppState;
use crate::build_files::LICENSES;
use crate::http_client::HttpClient;

/// A form that was sent with something that cannot be leads back to its page, which says so.
#[derive(Deserialize)]
pub(crate) struct Back {
    problem: Option<String>,
}

impl Back {
    fn problem(&self) -> Option<FormProblem> {
        self.problem.as_deref().and_then(FormProblem::parse)
    }

    fn status(&self) -> StatusCode {
        if self.problem().is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
    }
}

/// The front door.
pub(crate) async fn landing(
    State(state): State<AppState>,
    caller: HttpClient,
    Query(back): Query<Back>,
    headers: HeaderMap,
) -> Response {
    let status = back.status();
    let anyone_creates = state.config.rooms.anyone_creates;
    // Without a database there is a landing page, and no list.
    let rooms = state.rooms.listed().await.unwrap_or_default();
    let has_licenses = state.build.files().has(LICENSES);
    let (address, picture) = (caller.site.link("/"), caller.site.link(PICTURE));
    let page = || {
        provide_context(Preview { of: PreviewOf::Landing, address, picture });
        view! { <Landing problem=back.problem() anyone_creates has_licenses rooms=rooms.to_vec()/> }
            .into_any()
    };
    plain_with_rings(&state, &headers, status, page).await
}

/// The form with all rules.
pub(crate) async fn new_room(State(state): State<AppState>, Query(back): Query<Back>) -> Response {
    let capacity = state.config.room_settings().capacity;
    plain(&state, back.status(), || view! { <NewRoom problem=back.problem() capacity/> }.into_any()).await
}
