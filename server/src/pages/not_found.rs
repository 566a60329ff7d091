//! Any path that leads nowhere.

use app::plain::NotFound;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use leptos::prelude::*;

use super::plain;
use crate::AppState;

/// 404, as a page.
pub(crate) async fn not_found(State(state): State<AppState>) -> Response {
    plain(&state, StatusCode::NOT_FOUND, || view! { <NotFound/> }.into_any()).await
}
