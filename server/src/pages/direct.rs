//! `GET /call` and `GET /call/{id}`

use app::DirectPage;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, Request, header};
use axum::response::Response;
use leptos::prelude::*;

use super::interactive;
use crate::AppState;

/// Calling a person, and being called. Whom an address leads to the browser reads itself: the server is not told who was looked at, and
/// cannot be asked which IDs there are.
pub(crate) async fn direct(State(state): State<AppState>, request: Request<Body>) -> Response {
    let mut response = interactive(&state, request, || view! { <DirectPage/> }.into_any()).await;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
