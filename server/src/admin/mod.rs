//! `/admin`: the server as its operator sees it, and what they do about it. Plain pages and forms. One handler a file.

mod api_keys;
mod audit_log;
mod chart;
mod known_sessions;
mod live_rooms;
mod overview;
mod page;
mod rooms;
mod server;
mod session;
mod sign_in;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use tower_http::set_header::SetResponseHeaderLayer;

pub(crate) use known_sessions::KnownSessions;
pub use session::new_link;

use crate::{AppState, languages};

/// The pages. Nothing of them is kept by a cache or found by a search.
pub(crate) fn routes(state: &AppState) -> Router<AppState> {
    let set = |name, value| SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value));
    Router::new()
        .route("/admin", get(overview::overview))
        .route("/admin/sign-in", get(sign_in::look).post(sign_in::sign_in))
        .route("/admin/sign-out", post(sign_in::sign_out))
        .route("/admin/rooms", get(rooms::list))
        .route("/admin/rooms/{code}", get(rooms::one))
        .route("/admin/rooms/{code}/lock", post(rooms::lock))
        .route("/admin/rooms/{code}/unlock", post(rooms::unlock))
        .route("/admin/rooms/{code}/end", post(rooms::end))
        .route("/admin/api-keys", get(api_keys::list).post(api_keys::create))
        .route("/admin/api-keys/revoke", post(api_keys::revoke))
        .route("/admin/audit-log", get(audit_log::list))
        .route("/admin/server", get(server::server))
        .layer(from_fn_with_state(state.clone(), languages::choose_by_query))
        .layer(set(header::CACHE_CONTROL, "no-store"))
        .layer(set(header::HeaderName::from_static("x-robots-tag"), "noindex"))
}
