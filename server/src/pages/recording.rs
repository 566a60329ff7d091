//! `GET /recordings/{id}`

use app::PlayerPage;
use axum::body::Body;
use axum::extract::State;
use axum::http::Request;
use axum::response::Response;
use leptos::prelude::*;

use super::interactive;
use crate::AppState;

/// The frame of a recording's page. It is the same for each: the browser finds out what there is, and opens it.
pub(crate) async fn recording(State(state): State<AppState>, request: Request<Body>) -> Response {
    interactive(&state, request, || view! { <PlayerPage/> }.into_any()).await
}
