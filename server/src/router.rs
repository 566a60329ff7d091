//! Every route, grouped by who calls it.

use axum::Router;
use axum::body::Body;
use axum::handler::Handler as _;
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode, Version, header};
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use axum::response::IntoResponse;
use axum::routing::{any, get, post};
use tower_http::CompressionLevel;
use tower_http::catch_panic::{CatchPanicLayer, ResponseForPanic};
use tower_http::compression::{CompressionLayer, Predicate};
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::config::NodeRole;
use crate::pages::PageProblem;
use crate::security_headers::{CONTENT_SECURITY_POLICY, PERMISSIONS, PERMISSIONS_POLICY, WITHOUT_SCRIPT};
use crate::{
    AppState, admin, build_files, health, languages, pages, passed_request, responses, rest, secure,
    signalling, without_pages,
};

/// The largest body of a request, in bytes. Every form and document is far smaller.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// Pages, forms, REST, signalling and files, as one router.
pub fn router(state: AppState) -> Router {
    let by_query = from_fn_with_state(state.clone(), languages::choose_by_query);
    let from_people = Router::new()
        .route("/", get(pages::landing))
        .route("/rooms", get(pages::my_rooms).post(pages::create_form))
        .route("/new", get(pages::new_room))
        .route("/join", post(pages::join_form))
        .route("/connection-test", get(pages::connection_test))
        .route("/call", get(pages::direct))
        .route("/call/{id}", get(pages::direct))
        .route("/recordings/{id}", get(pages::recording))
        .route("/r/{code}", get(pages::room_page).post(pages::reopen_form))
        .route("/r/{code}/", get(pages::room_page))
        .route("/r/{code}/links", get(pages::links).post(pages::revoke_form))
        .route("/r/{code}/recordings", get(pages::recordings_of_room))
        .route("/r/{code}/recordings/name", post(pages::name_recording_form))
        .route("/r/{code}/recordings/delete", post(pages::delete_recording_form))
        .route("/r/{code}/delete", post(pages::delete_form))
        .route("/r/{code}/reopen", post(pages::reopen_form))
        .route("/r/{code}/host-link", post(pages::make_host_link))
        .route("/r/{code}/calendar.ics", get(pages::calendar))
        .route("/api/docs", get(pages::api_docs))
        .route("/language", post(languages::choose))
        .layer(by_query.clone());
    let from_programs = rest::routes(&state.config.server.allowed_origins)
        // Over HTTP/2, a WebSocket begins with CONNECT (RFC 8441).
        .route("/api/v1/ws", any(signalling::upgrade))
        .layer(answering(|| StatusCode::INTERNAL_SERVER_ERROR))
        .layer(RequestBodyLimitLayer::new(MAX_BODY_BYTES))
        .layer(map_response(rest::as_problem));
    let static_files = Router::new()
        .route("/pkg/{*path}", get(build_files::at_path))
        .route("/favicon.svg", get(build_files::at_path))
        .route("/sw.js", get(build_files::at_path))
        .route("/icons/{*path}", get(build_files::at_path))
        .route("/manifest.webmanifest", get(build_files::at_path))
        .route("/robots.txt", get(build_files::at_path))
        .route("/licenses.txt", get(build_files::licenses))
        .route("/authority.crt", get(pages::authority))
        .route("/builds/{id}/{*path}", get(build_files::file).layer(compression()))
        // What has no build in its address is asked for anew each time, and answered with 304.
        .layer(set_header(header::CACHE_CONTROL, "no-cache"));
    let asked = from_people
        .layer(RequestBodyLimitLayer::new(MAX_BODY_BYTES))
        .merge(admin::routes(&state).layer(RequestBodyLimitLayer::new(MAX_BODY_BYTES)))
        .merge(from_programs);
    // Where this server is alone, nobody is looked at twice.
    let asked = match &state.cluster {
        Some(_) => asked.layer(from_fn_with_state(state.clone(), passed_request::pass_on)),
        None => asked,
    };
    let asked = asked.fallback(pages::not_found.layer(by_query));
    let (asked, static_files) = if state.config.cluster.has(NodeRole::Pages) {
        (asked, static_files)
    } else {
        (asked.layer(from_fn(without_pages::refuse)), static_files.layer(from_fn(without_pages::refuse)))
    };
    asked
        .layer(answering(|| PageProblem::Failed))
        .layer(compression())
        .layer(from_fn(languages::answer))
        .merge(static_files)
        .layer(set_header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(set_header(CONTENT_SECURITY_POLICY, WITHOUT_SCRIPT))
        .layer(set_header(PERMISSIONS_POLICY, PERMISSIONS))
        // Stricter than this, browsers hide the origin of our own forms from us.
        .layer(set_header(header::REFERRER_POLICY, "same-origin"))
        .layer(set_header(header::X_FRAME_OPTIONS, "SAMEORIGIN"))
        .layer(from_fn_with_state(state.clone(), secure::only))
        .merge(health::routes())
        .layer(from_fn_with_state(state.clone(), responses::count))
        .with_state(state)
}

/// Answers also when making the answer panics. Without it, whoever asked would see a connection that ends.
fn answering<A: IntoResponse>(
    answer: impl Fn() -> A + Clone,
) -> CatchPanicLayer<impl ResponseForPanic<ResponseBody = Body>> {
    CatchPanicLayer::custom(move |_| answer().into_response())
}

/// Compresses what is made for each request, and the languages. Modules and sheets are compressed when they are built.
fn compression() -> CompressionLayer<impl Predicate> {
    CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(
        |_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions| {
            let kind =
                headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
            kind.starts_with("text/html") || kind.starts_with("application/json")
        },
    )
}

fn set_header(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

#[cfg(test)]
mod tests {
    use axum::http::Request;
    use hyper::service::Service as _;
    use hyper_util::service::TowerToHyperService;

    use super::*;

    #[tokio::test]
    async fn a_page_that_panics_is_an_answer_and_so_is_a_request_of_a_program() {
        async fn breaks() -> StatusCode {
            panic!("a fault of ours")
        }
        let router = Router::new()
            .route("/api", get(breaks))
            .layer(answering(|| StatusCode::INTERNAL_SERVER_ERROR))
            .layer(map_response(rest::as_problem))
            .route("/", get(breaks))
            .layer(answering(|| PageProblem::Failed));
        for (path, says) in
            [("/", "<h1>Something went wrong</h1>"), ("/api", "\"type\":\"/problems/internal\"")]
        {
            let request = Request::get(path).body(Body::empty()).unwrap();
            let response = TowerToHyperService::new(router.clone()).call(request).await.unwrap();
            assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
            let body = axum::body::to_bytes(response.into_body(), 4096).await.unwrap();
            let body = String::from_utf8(body.to_vec()).unwrap();
            assert!(body.contains(says), "{path}: {body}");
        }
    }
}
