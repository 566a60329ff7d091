//! Counts answers over HTTP, by what was asked and by how it ended.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;

use crate::AppState;
use crate::metrics::{Label, add};

/// Counts one answer.
pub(crate) async fn count(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let surface = surface(request.uri().path());
    let response = next.run(request).await;
    add(&state.metrics.http, [("surface", surface), ("status", status(response.status()))], 1);
    response
}

fn surface(path: &str) -> Label {
    let is_in = |folder: &str| path.starts_with(folder);
    match path {
        "/api/v1/ws" => "websocket",
        "/healthz" | "/readyz" => "health",
        _ if is_in("/api/v1/") => "rest",
        _ if is_in("/builds/") || is_in("/pkg/") || is_in("/icons/") => "file",
        _ => "page",
    }
}

fn status(status: StatusCode) -> Label {
    match status.as_u16() {
        429 => "429",
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    }
}
