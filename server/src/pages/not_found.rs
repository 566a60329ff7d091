//! Any path that leads nowhere.

use app::Scripts;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, StatusCode};
use axum::response::Response;

use super::render;
use crate::AppState;

/// 404, as a page.
pub(crate) async fn not_found(State(state): State<AppState>, request: Request<Body>) -> Response {
    render(&state, request, StatusCode::NOT_FOUND, Scripts::None, None).await
}
