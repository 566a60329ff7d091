//! `GET /connection-test`

use app::ConnectionTestPage;
use axum::body::Body;
use axum::extract::State;
use axum::http::Request;
use axum::response::Response;
use leptos::prelude::*;

use super::interactive;
use crate::AppState;

/// What gets through to this server; the browser finds out.
pub(crate) async fn connection_test(State(state): State<AppState>, request: Request<Body>) -> Response {
    interactive(&state, request, || view! { <ConnectionTestPage/> }.into_any()).await
}
