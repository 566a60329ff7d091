//! The endpoints as a router, for programs on this server's pages and on those that the configuration names.

use std::time::Duration;

use app::documents::{ProblemDetail, ProblemType};
use axum::Router;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::routing::{any, get};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::{ProblemResponse, endpoints, openapi, problem};
use crate::AppState;
use crate::origin;
use crate::site::Origin;

/// Browsers ask anew whether they may after this time.
const PREFLIGHT_KEPT: Duration = Duration::from_secs(60 * 60);

/// Every endpoint, their description, and a problem document for what is none.
pub(crate) fn routes(allowed_origins: &[String]) -> Router<AppState> {
    let mut router = Router::new()
        .route("/api/v1/openapi.json", get(openapi::serve_document))
        .route("/api/{*path}", any(no_such_endpoint));
    for endpoint in endpoints::all() {
        router = router.route(endpoint.path, endpoint.route);
    }
    router.layer(cross_origin(allowed_origins))
}

async fn no_such_endpoint() -> ProblemResponse {
    problem(StatusCode::NOT_FOUND, ProblemType::Unknown, ProblemDetail::EndpointUnknown)
}

/// Pages of other origins show keys and never cookies, so nothing of theirs is done in somebody's name.
fn cross_origin(allowed: &[String]) -> CorsLayer {
    let allowed = allowed.to_vec();
    let is_named = move |origin: &HeaderValue, _: &Parts| {
        let origin = origin.to_str().ok().and_then(Origin::parse);
        origin.is_some_and(|origin| origin::is_named(&origin, &allowed))
    };
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(is_named))
        .allow_methods([Method::GET, Method::POST, Method::PATCH, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_MATCH,
            header::IF_NONE_MATCH,
            HeaderName::from_static("idempotency-key"),
        ])
        .expose_headers([header::ETAG, header::LINK, header::LOCATION, header::RETRY_AFTER])
        .max_age(PREFLIGHT_KEPT)
}
