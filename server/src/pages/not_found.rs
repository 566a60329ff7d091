//! Any path that leads nowhere.

use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, StatusCode};
use axum::response::Response;

use super::plain;
use crate::AppState;

/// 404, as a page.
pub(crate) async fn not_found(State(state): State<AppState>, request: Request<Body>) -> Response {
    plain(&state, request, StatusCode::NOT_FOUND, None).await
}
