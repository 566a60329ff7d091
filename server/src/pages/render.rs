//! Renders the Leptos application for one request.

use app::state::{RoomLookup, provide_room_lookup};
use app::{Scripts, shell};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::Response;

use crate::AppState;

/// The page of the request's path, with this status.
pub(crate) async fn render(
    state: &AppState,
    request: Request<Body>,
    status: StatusCode,
    scripts: Scripts,
    lookup: Option<RoomLookup>,
) -> Response {
    let options = state.leptos.clone();
    let context = move || {
        if let Some(lookup) = lookup.clone() {
            provide_room_lookup(lookup);
        }
    };
    let handler = leptos_axum::render_app_async_with_context(context, move || shell(options.clone(), scripts));
    let mut response = handler(request).await;
    *response.status_mut() = status;
    response
}
