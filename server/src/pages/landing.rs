//! `GET /`

use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, StatusCode};
use axum::response::Response;

use super::plain;
use crate::AppState;

/// The front door. Ships no script.
pub(crate) async fn landing(State(state): State<AppState>, request: Request<Body>) -> Response {
    // A form that was sent with something that cannot be leads back here and says so.
    let status = if request.uri().query().is_some_and(|query| query.contains("problem=")) {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    plain(&state, request, status, None).await
}
